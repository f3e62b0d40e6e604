"""Looking into a concern: owners, days, joining, passing on, running out, what a spotter hears."""

import datetime as dt

import pytest
from django.core import mail
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import local, now
from doorstep.notices.models import Notice
from doorstep.people.models import Reading
from doorstep.people.tests.factories import PersonFactory
from doorstep.safeguarding.models import Alert
from doorstep.watch import closing, rules
from doorstep.watch.actions import arranging, care, nightly, passing
from doorstep.watch.models import Concern, Escalation, Step
from doorstep.watch.similar import similar
from doorstep.watch.tests.factories import concern, make, theme

pytestmark = pytest.mark.django_db


@pytest.fixture
def olu(borough):
    return make("officer", borough.borough, "Olu")


def end(row, by, **more):
    how = {"outcome": "put_right", "words": "Mended.", "by": by, "at": now(), **more}
    care.close(row, **how)


# --- Owners and days -----------------------------------------------------------------------------


def test_the_nearest_place_then_the_nearest_theme_finds_the_owner(borough, cast, olu):
    damp = theme()
    give = {"by": olu, "at": now()}
    arranging.give_duty(theme=None, area=borough.borough, person=cast.amina, **give)
    arranging.give_duty(theme=damp.parent, area=borough.borough, person=cast.bryn, **give)
    assert rules.owner_for(damp, borough.ward) == cast.bryn
    arranging.give_duty(theme=None, area=borough.locality, person=cast.carys, **give)
    assert rules.owner_for(damp, borough.ward) == cast.carys
    arranging.give_duty(theme=damp, area=borough.locality, person=cast.dev, **give)
    assert rules.owner_for(damp, borough.ward) == cast.dev
    assert rules.owner_for(damp, borough.far_ward) == cast.bryn
    assert rules.owner_for(theme("food"), borough.ward) == cast.carys
    duty = cast.dev.watch_duties.get()
    arranging.end_duty(duty, at=now())
    assert rules.owner_for(damp, borough.ward) == cast.carys


def test_it_gets_its_owner_and_a_day_and_only_the_owner_is_told(borough, cast, olu):
    arranging.give_duty(theme=theme(), area=borough.ward, person=cast.dev, by=olu, at=now())
    row = concern(borough.ward)
    assert (row.owner, row.state) == (cast.dev, "in_hand")
    assert row.due_on == rules.working_days(local(now()).date(), 5)
    assert [n.person for n in Notice.objects.all()] == [cast.dev]


def test_without_an_owner_the_organisers_of_the_place_are_told_and_else_the_hub(borough, olu):
    mine = make("organiser", borough.locality, "Ola")
    concern(borough.ward)
    concern(borough.far_ward)
    assert [n.person for n in Notice.objects.order_by("pk")] == [mine, olu]


def test_what_waits_past_its_day_climbs_once(borough, cast, olu):
    arranging.give_duty(theme=None, area=borough.ward, person=cast.dev, by=olu, at=now())
    row = concern(borough.ward)
    Notice.objects.all().delete()
    later = now() + dt.timedelta(days=14)
    assert nightly.climb(later) == 1
    assert nightly.climb(later) == 0
    assert {n.person for n in Notice.objects.all()} == {olu, cast.dev}
    assert row.steps.filter(kind=Step.Kind.LATE).count() == 1


def test_not_us_goes_to_another_or_by_theme_and_place(borough, cast, olu):
    arranging.give_duty(theme=theme("food"), area=borough.ward, person=cast.bryn, by=olu, at=now())
    row = concern(borough.ward)
    care.not_us(row, by=olu, words="It is hunger.", at=now(), theme=theme("food"))
    assert (row.owner, row.theme.slug, row.state) == (cast.bryn, "food", "in_hand")
    care.not_us(row, by=cast.bryn, words="Over the border.", at=now(), area=borough.far_ward)
    row.refresh_from_db()
    assert (row.owner, row.area, row.state) == (None, borough.far_ward, "new")
    assert not rules.can_see(cast.bryn, row)
    with pytest.raises(care.NotYours):
        care.not_us(row, by=cast.bryn, words="", at=now())


# --- Who sees ------------------------------------------------------------------------------------


def test_organisers_see_their_own_area_and_spotters_their_own_words_only(borough, cast, olu):
    here, there = (
        make("organiser", area, "O") for area in (borough.locality, borough.far_locality)
    )
    row = concern(borough.ward, by=cast.amina)
    seen = {
        person.known_as + str(person.pk): list(Concern.objects.visible_to(person)) == [row]
        for person in (here, there, olu, cast.amina, cast.ewan)
    }
    assert list(seen.values()) == [True, False, True, True, False]
    care.add_step(row, kind="note", words="The landlord is known to us.", by=olu, at=now())
    client = Client()
    client.force_login(cast.amina.account)
    page = client.get(f"/watch/concern/{row.ref}/").content.decode()
    assert "Black mould" in page
    assert "landlord is known" not in page
    assert client.get(f"/watch/concern/{row.ref}/give/").status_code == 404
    assert client.get("/watch/desk/").status_code == 403


def test_whoever_it_is_about_never_opens_it_whatever_their_role(borough, cast):
    about = make("organiser", borough.locality, "About")
    other = make("officer", borough.borough, "Other")
    row = concern(
        borough.ward, about="person", agreed="yes", person_words="About", by=cast.amina
    )  # fmt: skip
    care.link_person(row, person=about, by=other, at=now())
    assert not rules.can_see(about, row)
    assert list(Concern.objects.visible_to(about)) == []
    with pytest.raises(care.NotNow):
        care.give(row, to=about, by=other, at=now())


def test_opening_one_about_somebody_we_know_is_written_down_for_them(borough, cast, olu, client):
    row = concern(borough.ward, about="person", agreed="yes", person_words="Bryn")
    care.link_person(row, person=cast.bryn, by=olu, at=now())
    client.force_login(olu.account)
    client.get(f"/watch/concern/{row.ref}/")
    read = Reading.objects.filter(what="concern").get()
    assert (read.subject, read.reader) == (cast.bryn, olu)


def test_nobody_is_linked_without_a_yes(borough, cast, olu):
    row = concern(borough.ward, about="person", agreed="not_asked", person_words="The old lady")
    with pytest.raises(care.NotNow):
        care.link_person(row, person=cast.bryn, by=olu, at=now())
    with pytest.raises(care.NotNow):
        passing.pass_on(row, to="Housing", sent="x", by=olu, at=now())
    care.record_yes(row, words="I asked her at the door; she said please do.", by=olu, at=now())
    passing.pass_on(row, to="Housing", sent="x", by=olu, at=now())


# --- The same thing told twice -------------------------------------------------------------------


def test_the_like_is_suggested_and_only_a_human_joins_and_parts(borough, cast, olu):
    told = {"where": "Gale Street", "what": "Mould all over the stairs"}
    one = concern(borough.ward, by=cast.amina, **told)
    two = concern(borough.ward, by=cast.bryn, where="Gale St", what="The stairs are full of mould")
    concern(borough.ward, what="A dripping gutter at the library", where="Ripple Road")
    concern(borough.far_ward, **told)
    assert [like.concern for like in similar(two, olu)] == [one]
    day = local(now()).date()
    assert sum(r["concerns"] for r in Concern.objects.for_scan(day, day)) == 4
    care.join(two, other=one, by=olu, at=now())
    assert sum(r["concerns"] for r in Concern.objects.for_scan(day, day)) == 3
    with pytest.raises(care.NotNow):
        care.close(two, outcome="put_right", words="", by=olu, at=now())
    care.part(two, by=olu, at=now())
    assert sum(r["concerns"] for r in Concern.objects.for_scan(day, day)) == 4
    care.join(two, other=one, by=olu, at=now())
    end(one, olu, say="put_right", closing_words="Bryn told us too.")
    two.refresh_from_db()
    assert (one.state, two.state) == ("closed", "closed")
    # A line of one's own is for whoever told that one.
    assert closing.words_for(one)[1] == "Bryn told us too."
    assert closing.words_for(two)[1] == ""
    told = Notice.objects.filter(kind=care.KIND_ANSWER)
    assert {notice.person for notice in told} == {cast.amina, cast.bryn}


def test_what_is_about_a_person_is_never_joined_with_a_place(borough, cast, olu):
    place = concern(borough.ward)
    person = concern(borough.ward, about="person", agreed="yes", person_words="B", what="Alone")
    with pytest.raises(care.NotNow):
        care.join(person, other=place, by=olu, at=now())


# --- Services ------------------------------------------------------------------------------------


def test_a_service_answers_by_its_link_without_an_account(borough, cast, olu, client):
    row = concern(borough.ward, by=cast.amina, where="Gale Street")
    with_mail = {"to": "Repairs team", "to_email": "repairs@example.org", "by": olu, "at": now()}
    from django.test import TestCase

    with TestCase.captureOnCommitCallbacks(execute=True):
        sent = passing.pass_on(row, sent=passing.draft(row), **with_mail)
    assert row.state == "passed_on"
    letter = mail.outbox[0]
    assert letter.to == ["repairs@example.org"]
    assert "mould" not in letter.body + letter.subject
    link = passing.link_of(sent)
    assert link in letter.body
    assert "Amina" not in sent.sent
    # A scanner that follows the link opens nothing.
    door = client.get(link)
    assert "mould" not in door.content.decode()
    sent.refresh_from_db()
    assert sent.opened_at is None
    assert "mould" in client.post(link).content.decode()
    assert client.post(link, {"answering": "yes"}).status_code == 422
    answer = {"answering": "yes", "answer": "done", "words": "Pipe mended on Tuesday."}
    for _time in range(2):
        assert client.post(link, answer).status_code == 200
    row.refresh_from_db()
    assert (row.state, row.steps.filter(kind="came_back").count()) == ("in_hand", 1)
    end(row, olu)
    assert client.get(link).status_code == 404


def test_a_link_made_up_cut_or_too_old_is_no_link(borough, olu, client):
    row = concern(borough.ward)
    sent = passing.pass_on(row, to="Repairs", sent="x", by=olu, at=now())
    link = passing.link_of(sent)
    for bad in (link[:-2] + "/", f"/watch/answer/{sent.code}/", "/watch/answer/a:b/"):
        assert client.get(bad).status_code == 404
    old = now() - dt.timedelta(days=61)
    Escalation.objects.filter(pk=sent.pk).update(sent_at=old)
    assert client.get(link).status_code == 404


def test_harm_found_later_goes_to_safeguarding_and_leaves_nothing_of_theirs_here(
    borough, cast, olu
):
    row = concern(borough.ward, by=cast.amina, where="Gale Street")
    care.to_safeguarding(row, urgency="today", words="She has bruises.", by=olu, at=now())
    alert = Alert.objects.get()
    assert "bruises" in alert.what
    assert (row.state, row.outcome) == ("closed", "elsewhere")
    assert "bruises" not in "".join(step.words for step in row.steps.all())


# --- The end -------------------------------------------------------------------------------------


def test_what_nobody_renews_runs_out_and_its_spotter_is_thanked(borough, cast, olu):
    row = concern(borough.ward, by=cast.amina)
    care.renew(row, words="Still wet.", by=olu, at=now())
    care.give(row, to=olu, by=olu, at=now())
    soon = now() + dt.timedelta(days=55)
    nightly.warn(soon)
    nightly.warn(soon)
    assert Notice.objects.filter(person=olu, key__contains="runs-out").count() == 1
    assert nightly.run_out(soon) == 0
    over = now() + dt.timedelta(days=61)
    assert nightly.run_out(over) == 1
    assert nightly.run_out(over) == 0
    row.refresh_from_db()
    assert (row.state, closing.words_for(row)[0]) == ("expired", str(closing.EXPIRED))
    # It stays counted: it was noticed.
    assert Concern.objects.counted().count() == 1
    care.reopen(row, words="Seen again.", by=olu, at=now())
    assert row.is_open


def test_it_is_not_kept_for_ever(borough, olu):
    row = concern(borough.ward)
    for _time in range(care.MOST_RENEWALS):
        care.renew(row, words="Still.", by=olu, at=now())
    with pytest.raises(care.NotNow):
        care.renew(row, words="Still.", by=olu, at=now())


def test_a_spotter_of_a_person_hears_that_it_was_looked_into_and_no_more(borough, cast, olu):
    row = concern(
        borough.ward, by=cast.amina, about="person", agreed="yes", person_words="Bryn"
    )  # fmt: skip
    end(row, olu, words="He drinks.", closing_words="He drinks.", we_did="We helped Bryn.")
    assert closing.words_for(row) == (str(closing.FOR_PERSON["looked"]), "")
    assert (row.we_did, row.closing_words) == ("", "")
    notice = Notice.objects.get(kind=care.KIND_ANSWER)
    assert "drinks" not in notice.title + notice.body


def test_a_closing_line_with_somebodys_number_is_asked_to_leave_it_out(borough, olu, client):
    row = concern(borough.ward)
    client.force_login(olu.account)
    sent = {"outcome": "put_right", "words": "Mended.", "say": "looked",
            "we_did": "Ring Mrs Khan on 07700 900123 at 12 Gale Street."}  # fmt: skip
    page = client.post(f"/watch/concern/{row.ref}/close/", sent)
    assert page.status_code == 422
    page = client.post(
        f"/watch/concern/{row.ref}/close/", sent | {"we_did": "The stairs are dry again."}
    )
    assert page.status_code == 302


def test_senders_are_forgotten_after_some_weeks(borough):
    row = concern(borough.ward, sender="x" * 32)
    nightly.tick(now() + dt.timedelta(days=36))
    row.refresh_from_db()
    assert row.sender == ""


# --- Pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 3])
def test_more_concerns_cost_no_more_queries(
    rows, borough, olu, client, django_assert_max_num_queries
):
    first = concern(borough.ward, what="Mould on the stairs 0")
    for number in range(1, rows):
        care.join(concern(borough.ward, what=f"Mould on the stairs {number}"), other=first,
                  by=olu, at=now())  # fmt: skip
        concern(borough.ward, what=f"Mould on the wall {number}")
        passing.pass_on(first, to="Repairs", sent="x", by=olu, at=now())
    client.force_login(olu.account)
    # Once before: the borough's map is read once by each process.
    client.get("/watch/desk/")
    client.get(f"/watch/concern/{first.ref}/")
    with django_assert_max_num_queries(8):
        client.get("/watch/desk/")
    with django_assert_max_num_queries(10):
        client.get(f"/watch/concern/{first.ref}/")


@pytest.mark.parametrize(
    "verb",
    ["give", "step", "not-us", "pass-on", "close", "join", "renew", "harm"],
)
def test_every_verb_opens_and_asks_for_what_is_missing(verb, borough, olu, client):
    row = concern(borough.ward)
    client.force_login(olu.account)
    url = f"/watch/concern/{row.ref}/{verb}/"
    assert client.get(url).status_code == 200
    assert client.post(url, {}).status_code == 422
    row.refresh_from_db()
    assert row.state == "new"


VERBS = st.lists(
    st.sampled_from(
        ["give", "not_us", "step", "pass", "back", "close", "reopen", "renew", "join", "part",
         "night", "take_back"]
    ),
    max_size=12,
)  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(verbs=VERBS)
def test_whatever_is_done_nothing_open_is_without_its_days_and_closed_ones_say_how(verbs, borough):
    from doorstep.watch.actions import telling

    olu = make("officer", borough.borough, "Olu")
    bryn = PersonFactory(known_as="Bryn")
    row, other = concern(borough.ward, by=bryn), concern(borough.ward, what="Other")
    at = now()
    for verb in verbs:
        row = Concern.objects.select_related("theme", "area", "merged_into").get(pk=row.pk)
        try:
            match verb:
                case "give":
                    care.give(row, to=olu, by=olu, at=at)
                case "not_us":
                    care.not_us(row, by=olu, words="x", at=at)
                case "step":
                    care.add_step(row, kind="visit", words="x", by=olu, at=at)
                case "pass":
                    passing.pass_on(row, to="R", sent="x", by=olu, at=at)
                case "back":
                    for sent in row.escalations.all():
                        sent.concern = row
                        passing.came_back(sent, answer="done", words="", at=at, by=olu)
                case "close":
                    end(row, olu)
                case "reopen":
                    care.reopen(row, words="x", by=olu, at=at)
                case "renew":
                    care.renew(row, words="x", by=olu, at=at)
                case "join":
                    care.join(row, other=other, by=olu, at=at)
                case "part":
                    care.part(row, by=olu, at=at)
                case "night":
                    at += dt.timedelta(days=40)
                    nightly.run_out(at)
                case "take_back":
                    telling.take_back(row, by=bryn, at=at)
        except care.NotNow:
            continue
    row.refresh_from_db()
    assert row.is_open == (row.state in ("new", "in_hand", "passed_on"))
    if row.is_open:
        assert None not in (row.due_on, row.expires_on)
        assert row.closed_at is None
    else:
        assert row.closed_at
        assert bool(row.outcome) == (row.state == "closed")
    said, _more = closing.words_for(row)
    assert said
