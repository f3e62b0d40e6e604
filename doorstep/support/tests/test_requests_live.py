"""A request's life: asked, triaged, sent to a hub, climbed, split, merged, ended; nothing lost."""

import datetime as dt
import itertools

import pytest

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people.models import Person
from doorstep.support.models import Repeat, Request, Task
from doorstep.support.requests import drafts, finding, suggesting, working
from doorstep.support.tests.desk import HOUR, afresh, ask, at_hub, make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(borough):
    return make_desk(borough)


# --- The front door ---------------------------------------------------------------------------


def _send(client, **said):
    given = {"step": "send", "words": "Bread and milk", "whom": "me", "called": "Ada",
             "phone": "07700 900123", "postcode": "rm107fh", "client_key": "a" * 20}  # fmt: skip
    return client.post("/support/ask/", given | said)


def test_a_visitor_asks_and_the_same_form_again_makes_no_second_request(desk, client):
    for _turn in range(2):
        assert b"Thank you" in _send(client).content
    made = Request.objects.get()
    assert (made.locality, made.phone, made.person.known_as) == (
        desk.borough.locality, "+447700900123", "Ada")  # fmt: skip
    assert Person.objects.filter(known_as="Ada").count() == 1


def test_how_far_it_got_takes_the_reference_and_something_they_know(desk, client):
    made = ask(desk)
    right = client.post("/support/status/", {"ref": made.reference, "known": "rm10 7fh"})
    assert made.reference in right.content.decode()
    answers = [
        client.post("/support/status/", {"ref": ref, "known": "9999"})
        for ref in (made.ref, "zzzzzzzz")
    ]
    assert [one.status_code for one in answers] == [422, 422]
    assert "find nothing" in answers[0].content.decode()
    assert made.words not in answers[0].content.decode()


def test_guessing_at_a_reference_ends_after_ten_tries(desk, client, settings):
    settings.LIMITS_STRETCH = 1
    made = ask(desk)
    codes = [
        client.post("/support/status/", {"ref": made.ref, "known": f"{5000 + n}"}).status_code
        for n in range(12)
    ]
    assert codes == [422] * 10 + [429] * 2


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"words": "  "}, "Write a few words"),
        ({"phone": "0770"}, "too few digits"),
        ({"phone": "07700 9001"}, "digits short"),
        ({"postcode": "over there"}, "postcode"),
        ({"phone": "", "postcode": ""}, "one way to reach you"),
        ({"whom": "other", "words": "For my neighbour"}, "Choose how you know them"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence_and_what_was_typed_is_kept(desk, client, said, told):
    answer = _send(client, **said)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert told in page
    assert "Ada" in page
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"phone": "+40 721 234 567"}, {"phone": "+40721234567"}),
        ({"phone": "call the shop", "as_it_is": "on"}, {"phone": "call the shop"}),
        ({"postcode": "SW1A 1AA"}, {"locality": None, "postcode": "SW1A 1AA"}),
        ({"words": "NEED MILK NOW"}, {"words": "NEED MILK NOW"}),
        ({"words": "আমার বাজার লাগবে"}, {"words": "আমার বাজার লাগবে"}),
        ({"words": "milk " * 20_000}, {"words": ("milk " * 20_000).strip()}),
    ],
)
def test_odd_requests_are_kept_as_they_are(desk, client, said, fields):
    assert b"Thank you" in _send(client, **said).content
    made = Request.objects.get()
    assert {name: getattr(made, name) for name in fields} == fields


def test_asking_for_somebody_records_who_asked_and_whether_they_know(desk, cast, client):
    """Journey 3."""
    client.force_login(cast.dev.account)
    _send(client, whom="other", called="Mrs Holloway", phone="", relation="neighbour",
          agreed="not_yet", words="Her curtains have been shut for days")  # fmt: skip
    made = Request.objects.get()
    assert (made.person.known_as, made.asked_by, made.relation, made.agreed) == (
        "Mrs Holloway", cast.dev, "neighbour", "not_yet")  # fmt: skip
    # Who asked sees how far it got; the person's own page shows it as well.
    assert client.get(f"/support/mine/{made.ref}/").status_code == 200
    client.force_login(cast.ewan.account)
    assert client.get(f"/support/mine/{made.ref}/").status_code == 404


def test_danger_leads_the_page_and_makes_it_todays(desk, client):
    words = "My husband hits me and says he will kill me tonight"
    page = client.post("/support/ask/", {"step": "words", "words": words, "whom": "me"})
    text = page.content.decode()
    assert text.index('href="tel:999"') < text.index('name="called"')
    assert "/worried/" in text


def test_danger_is_heard_at_the_end_of_a_long_letter_and_in_capitals():
    long = "I went to the shop and the bus was late and it rained. " * 120
    assert suggesting.danger_in(long) == ""
    assert suggesting.danger_in(long + "My husband beats me every night and I am scared.") != ""
    assert suggesting.danger_in("MY HUSBAND BEATS ME EVERY NIGHT AND I AM SCARED") != ""


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Could somebody fetch me milk and bread from the shop?", "shopping"),
        ("My tablets are at the chemist", "prescription"),
        ("I have nobody to talk to and feel lonely", "call"),
        ("I can't fill in the form for universal credit", "forms"),
        ("The kitchen tap is leaking", "repairs"),
        ("The lift is broken and I can't take the stairs", "repairs"),
        ("Could somebody give me a lift to the clinic", "transport"),
    ],
)
def test_kinds_are_suggested_from_everyday_words(words, kind):
    assert suggesting.kinds_in(words)[0] == kind


@pytest.mark.parametrize(
    "words", ["Water is in my kitchen and I can’t lift the sandbags", "Lifting the cot hurts me"]
)
def test_who_cannot_lift_something_asks_for_no_ride(words):
    assert "transport" not in suggesting.kinds_in(words)


# --- Triage and the hub -----------------------------------------------------------------------


def test_a_stale_save_is_refused_with_both_versions_shown(desk, client):
    made = ask(desk)
    working.triage(
        made, by=desk.second_officer, at=now(), version=made.version, gist="Milk, by Dev"
    )
    client.force_login(desk.officer.account)
    answer = client.post(
        f"/support/requests/{made.ref}/triage/",
        {"version": "1", "gist": "Milk, by me", "priority": "1", "language": "en-gb",
         "postcode": "RM10 7FH"},
    )  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Milk, by Dev" in page
    assert "Milk, by me" in page
    made.refresh_from_db()
    assert made.gist == "Milk, by Dev"


def test_a_save_after_somebody_sent_it_off_shows_how_it_stands_not_a_field_to_mend(desk, client):
    made = ask(desk, postcode="")
    before = made.version
    working.triage(
        made, by=desk.second_officer, at=now(), version=before, locality=desk.borough.locality
    )
    working.route(made, by=desk.second_officer, at=now())
    client.force_login(desk.officer.account)
    answer = client.post(
        f"/support/requests/{made.ref}/triage/",
        {"version": before, "gist": "Milk", "priority": "1", "language": "en-gb", "postcode": "",
         "locality": desk.borough.far_locality.pk, "then": "route"},
    )  # fmt: skip
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Somebody changed this meanwhile" in page
    assert f"<strong>Sent to a hub</strong>: {desk.borough.locality.name}." in page
    made.refresh_from_db()
    assert made.locality == desk.borough.locality


def test_two_who_open_the_same_request_see_each_other(desk, client):
    made = ask(desk)
    client.force_login(desk.second_officer.account)
    client.get(f"/support/requests/{made.ref}/")
    client.force_login(desk.officer.account)
    assert "Second Officer has this open too" in client.get(
        f"/support/requests/{made.ref}/").content.decode()  # fmt: skip


def test_the_officer_can_override_where_the_postcode_leads(desk):
    made = ask(desk)
    working.triage(
        made, by=desk.officer, at=now(), version=made.version, locality=desk.borough.far_locality
    )
    made.refresh_from_db()
    assert (made.locality, made.by_hand) == (desk.borough.far_locality, True)


def test_what_a_hub_leaves_too_long_climbs_once_and_is_told(
    desk, django_capture_on_commit_callbacks
):
    """Journey 14: nothing is ownerless."""
    made = at_hub(desk, priority=1)
    later = now() + 2 * HOUR
    assert (working.climb(later), working.climb(later)) == (1, 0)
    made.refresh_from_db()
    assert (made.state, made.climbs, made.owner) == ("new", 1, None)
    assert Notice.objects.filter(person=desk.officer, kind="support-waits").count() == 1


def test_a_hub_declines_only_with_a_reason_and_it_lies_with_the_borough_at_once(desk):
    made = at_hub(desk)
    with pytest.raises(working.NotNow):
        working.decline(made, by=desk.organiser, at=now(), words=" ")
    working.decline(made, by=desk.organiser, at=now(), words="Both drivers are away.")
    assert made.state == "new"
    assert made.steps.get(kind="declined").words == "Both drivers are away."


def test_of_two_who_accept_at_once_one_has_it(desk):
    made = at_hub(desk)
    other = Request.objects.get(pk=made.pk)
    working.accept(made, by=desk.organiser, at=now())
    with pytest.raises(working.NotNow):
        working.accept(other, by=desk.second_officer, at=now())


def test_every_open_request_has_somebody_it_is_due_with(desk):
    made = at_hub(desk)
    for change in (
        lambda: working.accept(made, by=desk.organiser, at=now()),
        lambda: working.wait_for_person(made, by=desk.organiser, at=now()),
        lambda: working.take_back(made, by=desk.officer, at=now()),
    ):
        change()
        assert made.due_at is not None


# --- Tasks, repeats, split and merge ---------------------------------------------------------


def test_each_weeks_shop_is_its_own_task_however_often_the_tick_runs(desk):
    made = at_hub(desk)
    rule = working.repeat(
        made, by=desk.organiser, at=now(), kind="shopping", weekday=3,
        from_time=dt.time(10), to_time=dt.time(12), money_cap=3000,
    )  # fmt: skip
    at = now()
    for week in range(4):
        for _turn in range(2):
            working.make_repeats(at + dt.timedelta(weeks=week))
    days = list(Task.objects.filter(repeat=rule).order_by("repeat_on").values_list(
        "repeat_on", flat=True))  # fmt: skip
    assert len(days) == len(set(days)) >= 4
    assert {day.weekday() for day in days} == {3}
    assert {(later - day).days for day, later in itertools.pairwise(days)} == {7}
    working.close(made, by=desk.organiser, at=now(), outcome="helped")
    assert not Task.objects.unfinished().exists()
    assert not Repeat.objects.exclude(next_on=None).exists()


def test_split_and_merge_lose_nothing_and_can_be_undone(desk):
    made = at_hub(desk)
    task = working.add_task(made, by=desk.organiser, at=now(), kind="dog", client_key="d" * 9)
    part = working.split(
        made, by=desk.organiser, at=now(), words="The dog.", client_key="s" * 9, tasks=[task]
    )
    again = working.split(
        made, by=desk.organiser, at=now(), words="The dog.", client_key="s" * 9, tasks=[task]
    )
    task.refresh_from_db()
    assert (again, task.request, part.person) == (part, part, made.person)
    working.merge(part, made, by=desk.organiser, at=now())
    task.refresh_from_db()
    assert task.request == made
    part.refresh_from_db()
    working.part(part, by=desk.officer, at=now())
    task.refresh_from_db()
    assert (task.request, part.is_open) == (part, True)


def test_requests_of_two_people_are_never_put_together(desk):
    one, other = ask(desk, called="One"), ask(desk, called="Two")
    with pytest.raises(working.NotNow):
        working.merge(one, other, by=desk.officer, at=now())


def test_a_closed_request_says_how_it_ended_and_opens_again(desk):
    made = at_hub(desk)
    working.close(made, by=desk.organiser, at=now(), outcome="helped")
    assert (made.state, made.outcome) == ("done", "helped")
    working.reopen(made, by=desk.officer, at=now())
    assert (made.state, made.closed_at) == ("new", None)


# --- The desk --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["Tully", "tull", "valence", "14 Valence Ave", "{ref}", "{phone}"]
)
def test_a_request_is_found_by_name_street_phone_and_reference(desk, typed):
    made = ask(desk)
    ask(desk, called="Somebody Else", address="2 Ripple Road")
    typed = typed.format(ref=made.reference, phone="07700 900001")
    assert list(finding.search(Request.objects.visible_to(afresh(desk.officer)), typed)) == [made]


def test_a_reference_of_letters_alone_is_found(desk):
    made = ask(desk)
    Request.objects.filter(pk=made.pk).update(ref="cjzstsgb")
    seen = Request.objects.visible_to(afresh(desk.officer))
    assert list(finding.search(seen, "CJZS-TSGB")) == [made]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_queue_costs_no_more_queries(desk, client, rows, django_assert_max_num_queries):
    for _number in range(rows):
        ask(desk)
    client.force_login(desk.officer.account)
    client.get("/support/desk/")
    with django_assert_max_num_queries(18):
        assert client.get("/support/desk/?q=new").status_code == 200


def test_bulk_work_does_what_it_can_and_says_what_it_could_not(desk, client):
    good, outside = ask(desk), ask(desk, postcode="SW1A 1AA")
    client.force_login(desk.officer.account)
    answer = client.post(
        "/support/desk/", {"then": "route", "ref": [good.ref, outside.ref], "here": ""}, follow=True
    )
    good.refresh_from_db()
    assert good.state == "hub"
    page = answer.content.decode()
    assert "Done for 1 request" in page
    assert outside.reference in page


def test_a_poll_says_nothing_new_until_something_is(desk, client):
    made = ask(desk)
    client.force_login(desk.officer.account)
    first = client.get("/support/desk/now/?q=new")
    same = client.get("/support/desk/now/?q=new", headers={"if-none-match": first["ETag"]})
    working.take(made, by=desk.officer, at=now())
    other = client.get("/support/desk/now/?q=new", headers={"if-none-match": first["ETag"]})
    assert (first.status_code, same.status_code, other.status_code) == (200, 304, 200)


# --- A live call -----------------------------------------------------------------------------


def _typed(**said):
    return {"came_by": "phone", "words": "She needs her shopping", "called": "Maureen Tully",
            "phone": "07700 900001", "postcode": "RM10 7FH", "priority": "3",
            "then": "send"} | said  # fmt: skip


def test_a_call_that_drops_is_kept_and_finished_once(desk, client):
    """Journeys 5 and 15."""
    client.force_login(desk.officer.account)
    where = client.post("/support/calls/", {"came_by": "phone"})["Location"]
    client.post(where, _typed(then="save"), headers={"X-Part": "1"})
    assert "Maureen Tully" in client.get("/support/calls/").content.decode()
    answers = [client.post(where, _typed()) for _turn in range(2)]
    made = Request.objects.get()
    assert {one["Location"] for one in answers} == {f"/support/requests/{made.ref}/"}
    assert (made.taken_by, made.came_by) == (desk.officer, "phone")
    letter = client.get(f"/support/requests/{made.ref}/letter/").content.decode()
    assert made.reference in letter


def test_who_it_may_be_is_suggested_while_typing_and_the_choice_makes_no_second_person(
    desk, client
):
    from doorstep.people.merging import matching

    known = ask(desk, called="Maureen Tully", full_name="Maureen Tully").person
    matching.tick()
    client.force_login(desk.officer.account)
    where = client.post("/support/calls/")["Location"]
    beside = client.post(where, _typed(then="save"), headers={"X-Part": "1"}).content.decode()
    assert f'value="{known.handle}"' in beside
    client.post(where, _typed(person=known.handle))
    assert Request.objects.order_by("-pk")[0].person == known


def test_two_officers_on_one_call_are_told(desk, client):
    other = drafts.start(by=desk.second_officer, at=now())
    drafts.save(other, {"phone": "07700 900001", "words": "x"}, at=now())
    client.force_login(desk.officer.account)
    where = client.post("/support/calls/")["Location"]
    beside = client.post(where, _typed(then="save"), headers={"X-Part": "1"}).content.decode()
    assert "Second Officer is writing down a call from this number too" in beside


def test_the_history_of_one_person_asks_why_and_shows_all_on_one_page(desk, client):
    one = at_hub(desk, words="First thing.")
    ask(desk, words="Second thing.", person=one.person)
    client.force_login(desk.officer.account)
    where = f"/support/people/{one.person.handle}/"
    assert client.get(where).status_code == 302
    client.post(f"/people/records/{one.person.handle}/", {"reason": "helping", "words": ""})
    page = client.get(where).content.decode()
    assert "First thing." in page
    assert "Second thing." in page
    # The record itself names it once, and leads there.
    record = client.get(f"/people/records/{one.person.handle}/").content.decode()
    assert record.count(">Help they asked for<") == 1
    assert "2 requests, 2 open." in record
    assert where in record
