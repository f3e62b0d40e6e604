"""Signing up, checks by kind of task, honest standby; and journeys 8, 9, 13 through the pages."""

from __future__ import annotations

import datetime as dt

import pytest

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people.models import Reading
from doorstep.people.tests.factories import PersonFactory
from doorstep.safeguarding.models import Alert
from doorstep.support.models import (
    Assignment,
    Check,
    HelpReason,
    Kind,
    MoneyLine,
    Offer,
    Reference,
    Standby,
    Task,
    Volunteer,
)
from doorstep.support.requests import working
from doorstep.support.tasks import actions as tasks
from doorstep.support.tests.helping import (
    ALL,
    DAY,
    HOUR,
    PLAIN,
    give,
    task_of,
    volunteer_for,
    world,
)
from doorstep.support.volunteers import actions, lawful, skills, standby

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(borough):
    return world(borough)


def sign_in(client, person):
    client.force_login(person.account)
    session = client.session
    session["second_factor_waived"] = True
    session.save()
    return client


def test_ones_own_page_says_the_way_no_nearer_than_the_offer_does(w, client):
    tasks.offer(w.task, w.helper, by=w.kwame, at=now(), metres=734)
    page = sign_in(client, w.dorina).get("/support/volunteering/").content.decode()
    assert "0.5 km from you" in page
    assert "734 m" not in page
    assert "0.7 km" not in page


# --- The law ------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind.values)
def test_a_barred_list_check_is_asked_for_regulated_activity_and_nothing_else(w, kind):
    if kind in ("shopping", "transport"):
        actions.ask_for_check(w.helper, kind="barred", for_kind=kind, by=w.kwame, at=now())
        return
    with pytest.raises(lawful.NotLawful) as told:
        actions.ask_for_check(w.helper, kind="barred", for_kind=kind, by=w.kwame, at=now())
    assert "age, illness or disability" in str(told.value)
    with pytest.raises(lawful.NotLawful):
        actions.record_check(
            w.helper, kind="barred", for_kind=kind, by=w.kwame, at=now(), is_clear=True
        )


@pytest.mark.parametrize(
    ("kind", "money", "why", "to_care", "is_regulated"),
    [
        ("shopping", True, "care", False, True),
        ("shopping", False, "care", False, True),
        ("shopping", True, "other", False, False),
        ("shopping", True, "", False, True),  # nobody has asked: the careful answer
        ("other", True, "care", False, True),  # paying a bill
        ("call", False, "care", False, False),
        ("dog", False, "care", False, False),
        ("prescription", False, "care", False, False),
        ("transport", False, "care", True, True),
        ("transport", False, "care", False, False),
    ],
)
def test_what_is_regulated_and_what_not(kind, money, why, to_care, is_regulated):
    need = lawful.need_of(kind, money=money, why=why, to_care=to_care)
    assert need.is_regulated == is_regulated
    assert bool(need.papers & lawful.BARRED) == is_regulated
    assert need.why


def test_a_volunteer_without_the_check_does_calls_and_no_shopping(w):
    plain = volunteer_for(PersonFactory(home=w.borough.ward), *PLAIN)
    assert tasks.unfit(plain, task_of(w.request, "call"), now()) == ""
    assert "barred list" in tasks.unfit(plain, w.task, now())


# --- Checks that run out ------------------------------------------------------------


def test_warnings_go_out_60_30_and_7_days_before_and_then_it_stands_still(w):
    at = now().replace(hour=12)  # one day here is one day there, whatever the clocks do
    Check.objects.filter(kind="barred").update(expires_on=(at + 65 * DAY).date())
    shop = tasks.give(w.task, w.helper, by=w.kwame, at=at)
    call = tasks.give(task_of(w.request, "call"), w.helper, by=w.kwame, at=at)
    told = []
    for day in range(70):
        standby.checks(at + day * DAY)
        standby.checks(at + day * DAY)
        many = Notice.objects.filter(person=w.dorina, key__startswith="check:").count()
        if many > len(told):
            told.append(65 - day)
    assert told == [60, 30, 7, -1]
    shop.refresh_from_db()
    call.refresh_from_db()
    assert (shop.state, shop.why, call.state) == ("taken_back", "papers", "accepted")
    w.task.refresh_from_db()
    assert w.task.state == "open"
    assert Notice.objects.filter(person=w.kwame, kind="task-desk").count() >= 4


def test_the_honest_note_follows_when_a_check_runs_out(w):
    at = now()
    standby.say(w.helper, at=at)
    assert [one["code"] for one in Standby.objects.get().reasons] == ["turn"]
    Check.objects.filter(kind="barred").update(expires_on=(at - DAY).date())
    standby.checks(at)
    assert Standby.objects.get(ended_at=None).reasons == [
        {"code": "papers", "n": 1, "bits": [lawful.BARRED]}
    ]


def test_a_renewed_check_is_not_warned_about(w):
    at = now()
    Check.objects.filter(kind="barred").update(expires_on=(at + 5 * DAY).date())
    give(w.helper, "barred", expires_on=(at + 900 * DAY).date())
    assert standby.checks(at) == 0
    assert standby.checks(at + 8 * DAY) == 0


def test_a_check_that_is_not_fine_takes_the_tasks_that_need_it(w):
    mine = tasks.give(w.task, w.helper, by=w.kwame, at=now())
    actions.record_check(
        w.helper, kind="barred", for_kind="shopping", by=w.kwame, at=now(), is_clear=False
    )
    mine.refresh_from_db()
    assert mine.state == "taken_back"


def test_nobody_looks_after_their_own_checks(w):
    kwame = volunteer_for(w.kwame)
    with pytest.raises(actions.NotTheirs):
        actions.record_check(
            kwame, kind="identity", for_kind="other", by=w.kwame, at=now(), is_clear=True
        )
    with pytest.raises(actions.NotTheirs):
        actions.record_check(
            w.helper, kind="identity", for_kind="other", by=w.far, at=now(), is_clear=True
        )


# --- Nobody waits in silence ------------------------------------------------------------


def test_journey_8_a_reply_within_48_hours_used_or_told_why_not(w):
    at = now()
    ana = actions.sign_up(
        PersonFactory(known_as="Ana", home=w.borough.ward), by=w.kwame, at=at,
        came_by="phone", is_grown_up=True, skills=[], availability=0, travel="foot",
        radius_metres=1_500, weekly_cap=2,
    )  # fmt: skip
    moment = at
    while moment <= at + 48 * HOUR:
        standby.tick(moment)
        moment += HOUR / 2
    row = Standby.objects.get(volunteer=ana)
    assert at < row.at <= at + 48 * HOUR
    assert row.next_on > row.at.date()
    words = standby.in_words(row.reasons)
    assert len(words) == 1
    assert words[0].startswith("1 task near you needs something we haven't got from you")
    keys = set(Notice.objects.filter(person=ana.person).values_list("key", flat=True))
    assert keys == {f"volunteer:{ana.pk}:hello", f"standby:{row.pk}"}
    # The organiser was told, once, that somebody waits for a hello.
    assert Notice.objects.filter(person=w.kwame, key=f"volunteer:greet:{ana.pk}").count() == 1


def test_the_note_is_written_again_when_it_was_promised_and_ends_with_a_task(w):
    at = now()
    first = standby.say(w.helper, at=at)
    assert standby.tick(at + 2 * DAY)["standby"] == 0
    assert standby.tick(at + 7 * DAY)["standby"] == 1
    tasks.give(w.task, w.helper, by=w.kwame, at=at + 8 * DAY)
    assert not Standby.objects.filter(ended_at=None).exists()
    assert Standby.objects.count() == 2
    assert first.reasons == [{"code": "turn", "n": 0}]


def test_when_it_is_quiet_the_note_says_so_and_makes_nothing_up(w):
    Task.objects.all().delete()
    assert standby.in_words(standby.why_none(w.helper, at=now())) == [
        "Nobody near you needs a hand just now. It has been quiet for weeks."
    ]


def test_a_rest_ends_on_its_day(w):
    at = now()
    actions.rest(w.helper, by=w.dorina, at=at, until=(at + 3 * DAY).date())
    with pytest.raises(tasks.NotFit):
        tasks.offer(w.task, w.helper, by=w.kwame, at=at)
    standby.tick(at + 3 * DAY)
    w.helper.refresh_from_db()
    assert (w.helper.state, w.helper.rests_until) == ("here", None)


def test_leaving_gives_back_what_they_have(w):
    mine = tasks.give(w.task, w.helper, by=w.kwame, at=now())
    actions.leave(w.helper, by=w.dorina, at=now())
    mine.refresh_from_db()
    w.task.refresh_from_db()
    assert (mine.state, w.task.state, w.helper.state) == ("handed_back", "open", "left")


def test_a_child_is_no_volunteer(borough):
    child = PersonFactory(home=borough.ward, born_on=dt.date(now().year - 15, 1, 1))
    with pytest.raises(actions.CannotJoin):
        actions.sign_up(child, by=child, at=now())


def test_a_window_is_in_its_parts_of_the_week():
    monday = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
    assert skills.parts_between(monday, monday + 2 * HOUR) == 1
    assert skills.parts_between(monday, monday + 3 * HOUR) == 1  # until noon is the morning
    assert skills.parts_between(monday, monday + 4 * HOUR) == 0b11
    assert skills.parts_between(None, None) == 0


# --- Through the pages ------------------------------------------------------------


def test_signing_up_takes_one_form_and_a_second_sending_changes_nothing(client, borough):
    ana = PersonFactory(known_as="Ana", home=borough.ward)
    sign_in(client, ana)
    page = client.get("/support/volunteering/join/")
    key = page.context["form"].initial["client_key"]
    sent = {
        "client_key": key, "skills": ["dogs"], "availability": ["0", "4"], "travel": "bike",
        "radius_metres": "3000", "weekly_cap": "2", "is_grown_up": "on",
    }  # fmt: skip
    for _time in range(2):
        assert client.post("/support/volunteering/join/", sent).status_code == 302
    row = Volunteer.objects.get()
    assert (row.availability, row.skills, row.came_by) == (0b10001, ["dogs"], "web")
    assert "You&#x27;re on the list" in client.get("/support/volunteering/").content.decode()


def test_a_form_without_an_answer_comes_back_with_all_that_was_ticked(client, borough):
    sign_in(client, PersonFactory(home=borough.ward))
    sent = {"client_key": "k" * 20, "availability": ["5"], "weekly_cap": "2"}
    page = client.post("/support/volunteering/join/", sent)
    assert page.status_code == 422
    assert b'value="5" checked' in page.content
    assert b"Choose how you get about." in page.content


def test_an_organiser_signs_up_somebody_who_rang(client, w):
    rang = PersonFactory(known_as="Rose", home=w.borough.ward, account=False)
    sign_in(client, w.kwame)
    sent = {
        "client_key": "k" * 20, "came_by": "phone", "travel": "home", "radius_metres": "500",
        "weekly_cap": "3", "is_grown_up": "on",
    }  # fmt: skip
    address = f"/support/volunteers/{rang.handle}/about/"
    assert client.get(address).status_code == 200
    assert client.post(address, sent).status_code == 302
    rose = Volunteer.objects.get(person=rang)
    assert (rose.signed_up_by, rose.came_by) == (w.kwame, "phone")
    # Every step by phone leads to the same record.
    page = f"/support/volunteers/{rang.handle}/"
    client.post(page, {"do": "greet"})
    for module in ("start", "calls"):
        client.post(page, {"do": "train", "module": module})
    client.post(page, {
        "do": "seen", "kind": "identity", "for_kind": "call", "is_clear": "yes",
        "seen_on": now().date().isoformat(),
    })  # fmt: skip
    for number in range(2):
        client.post(page, {
            "do": "reference", "client_key": f"{'r' * 19}{number}", "name": "Ann",
            "reach": "020 7946 0018",
        })  # fmt: skip
    for row in Reference.objects.all():
        client.post(page, {"do": "said", "reference": row.pk, "state": "good", "words": "Kind"})
    call = task_of(w.request, "call")
    client.post(f"/support/tasks/{call.ref}/", {"do": "give", "volunteer": rose.pk})
    mine = Assignment.objects.get(volunteer=rose)
    here = f"/support/helping/{mine.ref}/"
    client.post(here, {"do": "on_the_way", "how": "phone"})
    client.post(here, {"do": "done", "how": "phone", "minutes": "20"})
    mine.refresh_from_db()
    assert (mine.state, mine.minutes) == ("done", 20)
    assert {step.how for step in mine.steps.all()} == {"phone"}


def test_asking_for_an_unlawful_check_says_why_on_the_page(client, w):
    sign_in(client, w.kwame)
    page = client.post(
        f"/support/volunteers/{w.dorina.handle}/",
        {"do": "ask", "kind": "barred", "for_kind": "call"},
    )
    assert page.status_code == 422
    assert "The law doesn&#x27;t let us ask for a barred-list check" in page.content.decode()
    assert not Check.objects.filter(state="asked").exists()


def test_journey_9_shopping_safely(client, w):
    """The gate, the cap, the receipt, and “I'm worried”."""
    offer = tasks.offer(w.task, w.helper, by=w.kwame, at=now())
    sign_in(client, w.dorina)
    page = client.get(f"/support/offers/{offer.pk}/").content.decode()
    assert "regulated activity" in page
    for secret in ("Heron Court", "Maureen", "7946", "Knock twice"):
        assert secret not in page
    client.post(f"/support/offers/{offer.pk}/", {"answer": "yes"})
    mine = Assignment.objects.get()
    here = f"/support/helping/{mine.ref}/"
    page = client.get(here).content.decode()
    for shown in ("Heron Court", "Maureen", "020 7946 0321", "Knock twice", "Up to £30.00"):
        assert shown in page
    assert Reading.objects.filter(reader=w.dorina, subject=w.maureen, what="address").count() == 1
    sent = {"client_key": "m" * 20, "kind": "given", "pounds": "31"}
    assert client.post(f"{here}money/", sent).status_code == 422
    assert client.post(f"{here}money/", sent | {"pounds": "£20"}).status_code == 302
    assert MoneyLine.objects.get().pence == 2_000
    worried = client.get(here).context["worried"]
    assert "Maureen" in client.get(worried).content.decode()
    client.post(
        worried,
        {
            "what": "There is no food in the house.",
            "client_key": "w" * 20,
            "urgency": "today",
            "about_words": "Maureen",
        },
    )
    assert Alert.objects.get().about == w.maureen
    client.post(here, {"do": "done", "minutes": "45"})
    page = client.get(here).content.decode()
    for secret in ("Heron Court", "Maureen", "7946", "Knock twice", "Milk and bread"):
        assert secret not in page


def test_a_check_that_ran_out_hides_the_address_at_the_next_click(client, w):
    mine = tasks.give(w.task, w.helper, by=w.kwame, at=now())
    Check.objects.filter(kind="barred").update(expires_on=(now() - DAY).date())
    page = sign_in(client, w.dorina).get(f"/support/helping/{mine.ref}/").content.decode()
    assert "so where it is stays hidden" in page
    assert "Heron Court" not in page
    assert not Reading.objects.filter(reader=w.dorina).exists()


def test_updates_kept_on_a_phone_answer_as_json_and_count_once(client, w):
    mine = tasks.give(w.task, w.helper, by=w.kwame, at=now() - HOUR)
    sign_in(client, w.dorina)
    tapped = (now() - HOUR / 2).isoformat()
    sent = {"do": "on_the_way", "key": "phonekey12345", "at": tapped}
    for _time in range(2):
        answer = client.post(f"/support/helping/{mine.ref}/", sent, HTTP_ACCEPT="application/json")
        assert (answer.status_code, answer.json()["state"]) == (200, "on_the_way")
    step = mine.steps.get(kind="on_the_way")
    assert abs(step.at - dt.datetime.fromisoformat(tapped)) < dt.timedelta(seconds=1)
    working.cancel_task(Task.objects.get(pk=w.task.pk), by=w.kwame, at=now())
    answer = client.post(
        f"/support/helping/{mine.ref}/", {"do": "done", "key": "phonekey67890"},
        HTTP_ACCEPT="application/json",
    )  # fmt: skip
    assert answer.status_code == 409
    assert "called off" in answer.json()["said"]


def test_journey_13_an_organiser_matches_the_morning_queue_fairly(client, w):
    """Own patch only; skill, distance, turn; nobody asked before they look."""
    volunteer_for(PersonFactory(known_as="Elsewhere", home=w.borough.far_ward), *ALL)
    longest = volunteer_for(
        PersonFactory(known_as="Longest", home=w.borough.ward), *ALL,
        signed_up_at=now() - 40 * DAY,
    )  # fmt: skip
    sign_in(client, w.kwame)
    page = client.get(f"/support/tasks/{w.task.ref}/")
    assert [one.volunteer for one in page.context["ranking"].best] == [longest, w.helper]
    assert "Elsewhere" not in page.content.decode()
    client.post("/support/match/")
    assert not Offer.objects.exists()
    plan = client.get("/support/match/").context["plans"][0]
    assert "Longest" in client.get(plan.get_absolute_url()).content.decode()
    client.post(plan.get_absolute_url(), {"do": "send"})
    assert Offer.objects.get().volunteer == longest
    assert "Somebody else has been asked" in client.post(
        f"/support/tasks/{w.task.ref}/", {"do": "offer", "volunteer": w.helper.pk}
    ).content.decode()  # fmt: skip
    sign_in(client, w.far)
    assert client.get(f"/support/tasks/{w.task.ref}/").status_code == 404
    assert client.get(plan.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_list_costs_no_more_queries(rows, client, w, django_assert_max_num_queries):
    for _number in range(rows):
        volunteer_for(PersonFactory(home=w.borough.ward), *ALL)
    sign_in(client, w.kwame)
    client.get("/support/volunteers/")
    with django_assert_max_num_queries(16):
        client.get("/support/volunteers/")


def test_the_kettle_every_thursday_and_in_week_three_she_seems_lonely(client, w):
    at = now().replace(hour=9)
    weekday = at.weekday()
    w.task.delete()
    rule = working.repeat(
        w.request, by=w.saima, at=at, kind="shopping", weekday=weekday, from_time=dt.time(10),
        to_time=dt.time(12), money_cap=3_000,
    )  # fmt: skip
    for week in range(4):
        working.make_repeats(at + 7 * week * DAY)
    weeks = list(Task.objects.filter(repeat=rule).order_by("starts_at"))[:3]
    for number, task in enumerate(weeks):
        mine = tasks.give(task, w.helper, by=w.kwame, at=task.starts_at - DAY)
        tasks.set_out(mine, by=w.dorina, at=task.starts_at)
        tasks.finish(mine, by=w.dorina, at=task.starts_at + HOUR, minutes=50)
        if number == len(weeks) - 1:
            sign_in(client, w.dorina)
            client.post(f"/support/helping/{mine.ref}/feedback/", {
                "client_key": "f" * 20, "mood": "4", "more": "call", "said_yes": "yes",
                "more_words": "She seems lonely",
            })  # fmt: skip
    call = Task.objects.get(request=w.request, kind="call")
    assert call.what == "She seems lonely"
    friend = volunteer_for(PersonFactory(known_as="Bryn", home=w.borough.far_ward), *PLAIN)
    mine = tasks.give(call, friend, by=w.saima, at=now())
    tasks.finish(mine, by=friend.person, at=now() + HOUR)
    # Maureen says yes by phone to somebody to talk to; the officer writes it down.
    sign_in(client, w.saima)
    client.post(f"/support/helping/{mine.ref}/feedback/", {
        "client_key": "g" * 20, "mood": "5", "more": "referral", "side": "person",
        "more_words": "I used to sew.", "words": "It was lovely to talk.",
    })  # fmt: skip
    assert [row.more for row in tasks.waiting_for_more(w.saima)] in (["referral"], [])
    assert [row.words for row in friend.thank_yous.all()] == ["It was lovely to talk."]
    assert HelpReason.objects.filter(request=w.request).exists()


def test_nobody_answers_and_the_missed_contact_rule_hears_it_once(w):
    from doorstep.support.models import ContactAttempt

    mine = tasks.give(w.task, w.helper, by=w.kwame, at=now())
    for _time in range(2):
        tasks.not_done(mine, by=w.dorina, at=now(), why="no_answer", words="Knocked twice")
    row = ContactAttempt.objects.get(person=w.maureen)
    assert (row.outcome, row.channel, row.by, row.task) == (
        "nobody_home", "visit", w.dorina, w.task,
    )  # fmt: skip
