"""Nobody but a lead with no part in it finds a trace of an alert: every page, notice, log, copy."""

import re

import pytest
from django.urls import reverse

from doorstep.base.time import now
from doorstep.notices import safe
from doorstep.notices.models import Notice
from doorstep.people.models import Person, Reading, RoleHolding
from doorstep.people.readings import showing
from doorstep.people.rights import erasing, exporting
from doorstep.people.tests.factories import PersonFactory
from doorstep.safeguarding import actions, rules
from doorstep.safeguarding.models import Alert
from doorstep.safeguarding.tests.factories import alert, give_role, make_lead

WORDS = "PLANTEDWORDS"
HREF = re.compile(r'href="(/[^"#]*)')


@pytest.fixture
def planted(cast, borough):
    """An alert about Amina, worked on by Lena, with words planted in every field."""
    lead = make_lead(borough)
    row = alert(
        by=cast.bryn, about=cast.amina, what=WORDS, about_words=f"{WORDS} Amina", where=WORDS,
        reach=WORDS, heard_from=WORDS, at=now(),
    )  # fmt: skip
    soon = rules.next_working_day(now())
    actions.look(row, by=lead, at=now())
    actions.take(row, by=lead, next_step=WORDS, due_at=soon, at=now())
    actions.add_step(row, by=lead, kind="call", words=WORDS, next_step=WORDS, due_at=soon, at=now())
    actions.record_told(row, by=lead, told="not", words=WORDS, at=now())
    return row, lead


def every_page(client, start=("/", "/people/me/", "/notices/"), most=120):
    """Open whatever links lead to; yield (path, words)."""
    waiting, seen = list(start), set()
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        if path in seen or path.startswith(("/static/", "/account/logout", "/worried/leave")):
            continue
        seen.add(path)
        answer = client.get(path, follow=True)
        if answer.status_code >= 500 or getattr(answer, "streaming", False):
            continue
        page = answer.content.decode(errors="replace")
        yield path, page
        waiting += [link.replace("&amp;", "&") for link in HREF.findall(page)]


@pytest.mark.parametrize("role", ["", "safeguarding", "administrator", "officer", "moderator"])
def test_the_person_it_is_about_finds_no_word_of_it_whatever_role_they_hold(
    role, planted, cast, borough, client
):
    row, lead = planted
    client.force_login(lead.account)
    assert WORDS in client.get(row.get_absolute_url()).content.decode()  # it could leak
    if role:
        give_role(cast.amina, borough, role)
    client.force_login(cast.amina.account)
    paths = 0
    for path, page in every_page(client):
        paths += 1
        assert WORDS not in page, path
        assert row.ref not in page, path
        assert row.get_absolute_url() not in page, path
    assert paths > 15
    for path in ("/safeguarding/", "/safeguarding/closed/", f"/search/?q={WORDS[:7]}"):
        assert WORDS not in client.get(path).content.decode()
    assert client.get(row.get_absolute_url()).status_code == 404
    assert not Notice.objects.filter(person=cast.amina, kind__startswith="safeguarding").exists()


def test_another_leads_alert_and_a_missing_one_answer_alike(planted, cast, borough, client):
    row, _lead = planted
    give_role(cast.amina, borough, "safeguarding")
    client.force_login(cast.amina.account)
    mine = client.get(f"/safeguarding/{row.ref}/")
    missing = client.get("/safeguarding/bcdfghjkmn/")
    assert (mine.status_code, missing.status_code) == (404, 404)
    assert len(mine.content) == len(missing.content)


@pytest.mark.parametrize(
    "role", [role for role in RoleHolding.Role.values if role != "safeguarding"]
)
def test_no_other_role_opens_the_queue_or_an_alert(role, planted, cast, borough, client):
    row, _lead = planted
    give_role(cast.ewan, borough, role)
    client.force_login(cast.ewan.account)
    for path in ("/safeguarding/", row.get_absolute_url(), f"/safeguarding/{row.ref}/take/",
                 f"/safeguarding/{row.ref}/around/", "/safeguarding/figures/"):  # fmt: skip
        assert client.get(path).status_code == 404
        assert client.post(path).status_code in (404, 405)


def test_opening_one_is_logged_and_never_in_the_persons_own_log(planted, cast, client):
    row, lead = planted
    client.force_login(lead.account)
    client.get(row.get_absolute_url())
    client.get(row.get_absolute_url())
    rows = Reading.objects.filter(what="safeguarding_alert", thing=row.ref)
    assert rows.count() == 2
    assert {one.subject_id for one in rows} == {cast.amina.pk}
    client.force_login(cast.amina.account)
    page = client.get(reverse("people:my_record")).content.decode()
    assert "Lena" not in page
    assert "safeguarding alert" not in page


def test_a_copy_of_everything_and_a_leaving_are_the_same_with_an_alert_and_without(
    planted, cast, client
):
    row, lead = planted
    amina = cast.amina

    def told():
        copy = exporting.collect(amina, at=now())
        goes = [(one["name"], one["count"]) for one in erasing.preview(amina)]
        return [(one["name"], one["count"]) for one in copy["sections"]], goes

    before = told()
    client.force_login(lead.account)
    client.get(row.get_absolute_url())
    client.post(f"/safeguarding/{row.ref}/around/", {"reason": "To see who else might know her"})
    assert Reading.objects.filter(subject=amina, what="safeguarding_alert").count() == 2
    assert told() == before
    words = exporting.as_json(exporting.collect(amina, at=now()))
    for planted_words in ("Lena", "safeguarding_alert", "who else might know"):
        assert planted_words not in words


def test_whoever_raised_it_hears_that_we_looked_and_no_more(planted, cast):
    row, lead = planted
    actions.answer(row, by=lead, say=True, words=WORDS, at=now())
    notice = Notice.objects.get(person=cast.bryn, kind="safeguarding-answer")
    assert WORDS not in notice.title + notice.body
    assert "Amina" not in notice.title + notice.body
    assert notice.path == ""


def test_what_is_around_them_opens_with_a_reason_alone_and_is_written_down(planted, client):
    row, lead = planted
    client.force_login(lead.account)
    path = f"/safeguarding/{row.ref}/around/"
    assert client.post(path, {"reason": "hm"}).status_code == 422
    assert client.post(path, {"reason": "To see who else might know her"}).status_code == 200
    step = row.steps.get(kind="around")
    assert (step.by, step.words) == (lead, "To see who else might know her")
    assert Reading.objects.get(what="safeguarding_alert").words == step.words


def test_a_lead_can_reach_them_without_a_trace_in_their_own_log(planted, cast, client):
    row, lead = planted
    Person.objects.filter(pk=cast.amina.pk).update(phone="+447700900731", postcode="RM8 2AA")
    safe.set_rules(
        cast.amina, by=cast.amina, at=now(), forbidden=["email"], windows=[], no_voicemail=True
    )
    client.force_login(lead.account)
    page = client.post(
        f"/safeguarding/{row.ref}/around/", {"reason": "To ring her while he is out"}
    ).content.decode()
    assert "07700 900731" in page
    assert "RM8 2AA" in page
    assert "Never leave a message" in page
    assert "It isn&#x27;t safe to reach them this way" in page
    assert list(Reading.objects.values_list("what", flat=True)) == ["safeguarding_alert"]
    assert showing.looks(cast.amina) == []


def test_whoever_raised_it_hears_nothing_once_it_is_against_them(planted, cast):
    row, lead = planted
    actions.name_party(row, by=lead, person=cast.bryn, part="against", at=now())
    actions.answer(row, by=lead, say=True, words="looked", at=now())
    assert not Notice.objects.filter(person=cast.bryn, kind="safeguarding-answer").exists()


def test_their_data_must_not_go_while_an_alert_needs_it(planted, cast):
    assert rules.holds_on(cast.amina)
    assert not rules.holds_on(cast.ewan)


def test_small_numbers_are_never_shown(planted, client):
    _row, lead = planted
    client.force_login(lead.account)
    page = client.get("/safeguarding/figures/").content.decode()
    assert "fewer than 5" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_queue_costs_no_more_queries(rows, borough, client, django_assert_num_queries):
    lead = make_lead(borough)
    for number in range(rows):
        alert(about=PersonFactory(known_as=f"Neighbour {number}"))
    client.force_login(lead.account)
    client.get("/safeguarding/")
    with django_assert_num_queries(3):  # the session, the roles, the alerts
        client.get("/safeguarding/")


def test_every_verb_has_a_page_that_works_without_script(planted, client, borough):
    row, lead = planted
    other = alert(about_words="Another")
    client.force_login(lead.account)
    soon = f"{rules.next_working_day(now()):%Y-%m-%dT%H:%M}"
    base = f"/safeguarding/{row.ref}/"
    more = {"next_step": "Ring", "due_at": soon}
    for verb, data in (
        ("take", {"owner": lead.handle, **more}),
        ("step", {"kind": "visit", "words": "Saw her.", **more}),
        ("told", {"told": "told", "words": "By me."}),
        ("pass-on", {"to": "adults", "sent": "Her words.", **more}),
        ("came-back", {"row": "", "answer": "They go.", **more}),
        ("answer", {"say": "no", "words": "unsafe"}),
        ("link", {"other": other.ref}),
        ("unlink", {"other": other.ref}),
        ("join", {"other": other.ref}),
        ("part", {}),
        ("close", {"outcome": "safe", "words": "She is."}),
        ("reopen", {"words": "Again."}),
        ("parties", {"who": "me", "part": "close"}),
    ):
        page = client.get(f"{base}{verb}/")
        assert page.status_code == 200, verb
        if verb == "came-back":
            data["row"] = str(row.passed_on.get().pk)
        if verb != "part":
            assert client.post(f"{base}{verb}/", {}).status_code == 422, verb
        answer = client.post(f"{base}{verb}/", data)
        assert answer.status_code == 302, (verb, answer.content.decode()[:2000])
    assert Alert.objects.get(pk=row.pk).state == "reopened"
    assert client.get(base).status_code == 404  # she stepped back
    assert Person.objects.filter(pk=lead.pk).exists()
