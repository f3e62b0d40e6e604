"""Planning a gathering, changing it, calling it off; by the verbs and by the pages."""

import datetime as dt

import pytest
from django.urls import reverse

from doorstep.base.time import local, now, today
from doorstep.feed.models import Channel
from doorstep.gatherings import recurrence
from doorstep.gatherings.actions import jobs as job_actions
from doorstep.gatherings.actions import places, planning
from doorstep.gatherings.models import Gathering, Session
from doorstep.gatherings.tests.factories import in_days, plan
from doorstep.notices.models import Notice
from doorstep.people.tests.factories import PersonFactory
from doorstep.places.models import Venue
from doorstep.places.tests.factories import VenueFactory
from doorstep.teams.tests.factories import TeamFactory, add_member

pytestmark = pytest.mark.django_db


def starts(gathering):
    return [
        f"{local(one.starts_at):%Y-%m-%d %H:%M}" for one in gathering.sessions.order_by("starts_at")
    ]


def come(person, session):
    return places.take_place(session, by=person, at=now())


# --- The verbs -------------------------------------------------------------------------------


def test_a_weekly_gathering_has_half_a_year_of_sessions_at_the_same_time_of_day(cast):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY")
    assert 26 <= gathering.sessions.count() <= 27
    assert {one.split()[1] for one in starts(gathering)} == {"10:00"}


def test_making_sessions_again_changes_nothing_and_the_tick_makes_the_missing_weeks(cast):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY")
    before = starts(gathering)
    assert planning.make_sessions(gathering, at=now()) == 0
    assert planning.extend_all(now()) == 0
    later = now() + dt.timedelta(days=35)
    assert planning.extend_all(later) == 5
    assert planning.extend_all(later) == 0
    assert starts(gathering)[: len(before)] == before


def test_a_gathering_never_has_more_than_400_sessions(cast):
    gathering = plan(cast.dev, rrule="FREQ=DAILY")
    for months in range(1, 24):
        planning.extend_all(now() + dt.timedelta(days=30 * months))
    assert gathering.sessions.count() == 400


def test_days_left_out_are_not_made(cast):
    day = in_days(10).date()
    gathering = plan(cast.dev, days=3, rrule="FREQ=WEEKLY;COUNT=3", left_out=[day])
    assert [one[:10] for one in starts(gathering)] == [
        str(in_days(3).date()),
        str(in_days(17).date()),
    ]


def test_planning_twice_with_the_same_key_makes_one_gathering(cast):
    first = plan(cast.dev, client_key="the-same-key")
    again = plan(cast.dev, client_key="the-same-key")
    assert (first, Gathering.objects.count()) == (again, 1)


def test_a_gathering_has_a_channel_of_its_own(cast):
    gathering = plan(cast.dev)
    channel = Channel.objects.get(about=f"gathering:{gathering.pk}")
    assert (gathering.channel, channel.path) == (channel, gathering.get_absolute_url())


@pytest.mark.parametrize("title", ["start", "Mine", "session", "calendar", "Ёжик", "!!!"])
def test_no_title_takes_the_address_of_another_page(cast, client, title):
    gathering = plan(cast.dev, title=title)
    answer = client.get(gathering.get_absolute_url())
    assert answer.status_code == 200
    assert answer.context["gathering"] == gathering


def test_moving_one_session_moves_only_that_one_and_tells_those_coming(cast):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=3")
    _one, two, three = gathering.sessions.order_by("starts_at")
    come(cast.amina, two)
    come(cast.bryn, three)
    planning.change_session(
        two, by=cast.dev, at=now(), starts_at=in_days(11, 14), duration_minutes=60, note="Upstairs"
    )
    two.refresh_from_db()
    assert (two.rule_starts_at, two.starts_at) == (in_days(10), in_days(11, 14))
    assert two.ends_at - two.starts_at == dt.timedelta(hours=1)
    assert [one.starts_at for one in gathering.sessions.exclude(pk=two.pk)] == [
        in_days(3),
        in_days(17),
    ]
    told = Notice.objects.filter(kind="gathering-changed")
    assert [notice.person for notice in told] == [cast.amina]
    gathering.refresh_from_db()
    assert gathering.sequence == 1


def test_moving_this_and_later_keeps_places_and_what_came_before(cast):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=4")
    one, two, _three, four = gathering.sessions.order_by("starts_at")
    come(cast.amina, four)
    come(cast.bryn, one)
    planning.change_session(
        two, by=cast.dev, at=now(), starts_at=in_days(11, 18), duration_minutes=90, and_later=True
    )
    assert [row.starts_at for row in gathering.sessions.order_by("starts_at")] == [
        in_days(3),
        in_days(11, 18),
        in_days(18, 18),
        in_days(25, 18),
    ]
    four.refresh_from_db()
    assert (four.starts_at, four.places.get().person) == (in_days(25, 18), cast.amina)
    assert [notice.person for notice in Notice.objects.all()] == [cast.amina]


def test_later_ones_cannot_move_before_the_one_that_comes_first(cast):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=3")
    _one, two, _three = gathering.sessions.order_by("starts_at")
    with pytest.raises(recurrence.BadRule, match="before the one on"):
        planning.change_session(
            two, by=cast.dev, at=now(), starts_at=in_days(2), duration_minutes=60, and_later=True
        )
    assert len(starts(gathering)) == 3


def test_changing_all_moves_everything_to_come_and_leaves_what_was(cast):
    gathering = plan(
        cast.dev, at=now() - dt.timedelta(days=20), days=-4, rrule="FREQ=WEEKLY;COUNT=4"
    )
    was = gathering.sessions.order_by("starts_at").first()
    planning.change_gathering(
        gathering, by=cast.dev, at=now(), starts_at=in_days(4, 15), rrule="FREQ=WEEKLY;COUNT=3"
    )
    assert [row.starts_at for row in gathering.sessions.order_by("starts_at")] == [
        was.starts_at,
        in_days(4, 15),
        in_days(11, 15),
        in_days(18, 15),
    ]


def test_going_from_weekly_to_monthly_calls_off_only_what_people_had_a_place_at(cast):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=4")
    one, two, three, _four = gathering.sessions.order_by("starts_at")
    come(cast.amina, two)
    come(cast.bryn, one)
    rule = recurrence.make_rule(every="month", first_day=local(one.starts_at).date(), times=2)
    planning.change_gathering(gathering, by=cast.dev, at=now(), starts_at=one.starts_at, rrule=rule)
    rows = list(gathering.sessions.order_by("starts_at"))
    assert [(row.is_called_off, row.pk in (one.pk, two.pk)) for row in rows] == [
        (False, True),
        (True, True),
        (False, False),
    ]
    assert not Session.objects.filter(pk=three.pk).exists()
    told = {(row.person, row.kind) for row in Notice.objects.all()}
    assert told == {(cast.amina, "gathering-called-off")}


def test_a_session_moved_by_itself_stays_there_when_only_words_change(cast):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=3")
    _one, two, _three = gathering.sessions.order_by("starts_at")
    planning.change_session(
        two, by=cast.dev, at=now(), starts_at=in_days(11, 14), duration_minutes=60
    )
    planning.change_gathering(
        gathering,
        by=cast.dev,
        at=now(),
        title="A new name",
        starts_at=in_days(3),
        duration_minutes=120,
        rrule="FREQ=WEEKLY;COUNT=3",
    )
    two.refresh_from_db()
    assert (two.starts_at, two.ends_at) == (in_days(11, 14), in_days(11, 16))


def test_calling_one_off_and_putting_it_on_again_tells_everyone_each_time_once(cast):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=2")
    session = gathering.sessions.order_by("starts_at").first()
    come(cast.amina, session)
    for _twice in range(2):
        planning.call_off_session(session, by=cast.dev, at=now(), why="The boiler broke.")
    assert [(row.title[:11], row.body) for row in Notice.objects.all()] == [
        ("Called off:", "The boiler broke.")
    ]
    for _twice in range(2):
        planning.put_session_on_again(session, by=cast.dev, at=now())
    assert [row.title.split(":")[0] for row in Notice.objects.order_by("id")] == [
        "Called off",
        "It's on after all",
    ]
    assert session.places.get().state == "going"


def test_what_has_begun_is_not_called_off(cast):
    session = plan(cast.dev).sessions.get()
    with pytest.raises(planning.TooLate):
        planning.call_off_session(session, by=cast.dev, at=session.starts_at)


def test_calling_it_all_off_tells_each_person_once_and_can_be_taken_back(cast):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=3")
    for session in gathering.sessions.all():
        come(cast.amina, session)
    planning.call_off_gathering(gathering, by=cast.dev, at=now())
    assert [row.person for row in Notice.objects.all()] == [cast.amina]
    gathering.refresh_from_db()
    assert gathering.state == "called_off"
    planning.put_gathering_on_again(gathering, by=cast.dev, at=now())
    gathering.refresh_from_db()
    assert (gathering.state, Notice.objects.count()) == ("on", 2)


def test_notices_are_in_the_readers_language_and_the_clock_is_londons(cast):
    cast.amina.reads = "ro"
    cast.amina.save()
    session = plan(cast.dev).sessions.get()
    come(cast.amina, session)
    planning.call_off_session(session, by=cast.dev, at=now())
    from django.utils import formats, translation

    with translation.override("ro"):
        day = formats.date_format(local(session.starts_at), "l j F")
    assert day in Notice.objects.get().title


def test_a_gathering_with_nothing_to_come_has_ended(cast):
    gathering = plan(cast.dev)
    other = plan(cast.dev, rrule="FREQ=WEEKLY")
    assert planning.end_what_is_over(now()) == 0
    assert planning.end_what_is_over(now() + dt.timedelta(days=4)) == 1
    gathering.refresh_from_db()
    other.refresh_from_db()
    assert (gathering.state, other.state) == ("ended", "on")


def test_a_job_somebody_did_stays_as_history_when_it_is_no_longer_needed(cast):
    gathering = plan(cast.dev, jobs=[("Make the tea", 1), ("Wash up", 2)])
    session = gathering.sessions.get()
    tea, _wash = gathering.jobs.all()
    come(cast.amina, session)
    job_actions.take_job(tea, session, by=cast.amina, at=now())
    planning.change_gathering(gathering, by=cast.dev, at=now(), jobs=[("Sing", 3)])
    assert list(gathering.jobs.values_list("name", "people_needed")) == [
        ("Make the tea", 0),
        ("Sing", 3),
    ]


# --- The pages -------------------------------------------------------------------------------


@pytest.fixture
def filled(cast):
    return {
        "client_key": "a-key-of-twenty-letters",
        "title": "Tea and toast",
        "description": "The kettle is on.",
        "when_you_walk_in": "Jean is at the door.",
        "cost": "Free",
        "dial_in": "020 7946 0123",
        "day": str(today() + dt.timedelta(days=3)),
        "clock": "10:00",
        "duration_minutes": "90",
        "every": "week",
        "guests_each": "1",
        "jobs": "make the tea\n- Move chairs x 3\n\nmake the tea",
    }


def post(client, person, data, url=None):
    client.force_login(person.account)
    return client.post(url or reverse("gatherings:start"), data)


def test_planning_by_the_page_makes_one_gathering_however_often_it_is_sent(cast, client, filled):
    for _twice in range(2):
        answer = post(client, cast.dev, filled)
        assert answer.status_code == 302
    gathering = Gathering.objects.get()
    assert answer.url == gathering.get_absolute_url()
    assert (gathering.rrule, gathering.cost, gathering.area) == ("FREQ=WEEKLY", "", cast.dev.home)
    assert list(gathering.jobs.values_list("name", "people_needed")) == [
        ("make the tea", 1),
        ("Move chairs", 3),
    ]


def test_a_new_place_is_made_with_its_access_notes(cast, client, filled):
    filled |= {
        "venue_name": "Kingsley Hall",
        "venue_address": "Parsloes Avenue",
        "venue_postcode": "rm95ah",
        "venue_is_step_free": "on",
        "venue_way_in": "Round the back.",
    }
    assert post(client, cast.dev, filled).status_code == 302
    venue = Venue.objects.get()
    assert (venue.name, venue.postcode, venue.is_step_free) == ("Kingsley Hall", "RM9 5AH", True)
    assert Gathering.objects.get().venue == venue


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"title": ""}, "title", "Give it a name."),
        ({"title": "\u202e\u200b"}, "title", "Give it a name."),
        ({"description": " "}, "description", "Say what happens"),
        ({"day": "2026-02-30"}, "day", "There's no such day"),
        ({"day": "30/02/2027"}, "day", "There's no such day"),
        ({"day": "2020-01-01"}, "day", "That's in the past"),
        ({"day": "0001-01-01"}, "day", "There's no such day"),
        ({"day": "9999-12-31"}, "day", "There's no such day"),
        ({"day": "2040-01-01"}, "day", "more than two years away"),
        ({"day": "2027-03-28", "clock": "01:30"}, "clock", "The clocks go forward"),
        ({"clock": "25:00"}, "clock", "We can't read that time"),
        ({"duration_minutes": "-5"}, "duration_minutes", "valid choice"),
        ({"every": "second"}, "every", "valid choice"),
        ({"times": "10000"}, "times", "400 times is the most"),
        ({"times": "3", "ends_on": "2027-01-01"}, "times", "not both"),
        ({"ends_on": "2026-11-01"}, "ends_on", "before the first day"),
        ({"own_rule": "FREQ=WEEKLY;COUNT=10000"}, "own_rule", "more than 400 times"),
        ({"own_rule": "FREQ=SECONDLY"}, "own_rule", "Once a day is the most"),
        ({"own_rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "own_rule", "never lands"),
        ({"own_rule": "whenever"}, "own_rule", "We can't read"),
        ({"not_on": "Christmas"}, "not_on", "isn't a day"),
        ({"dial_in": ""}, "venue", "Choose where people meet"),
        ({"dial_in": "ring me"}, "dial_in", "in digits"),
        ({"dial_in": "", "dial_in_code": "12"}, "dial_in", "no number to ring"),
        ({"venue": "999999"}, "venue", "valid choice"),
        ({"venue_name": "A hall"}, "venue_address", "Write its address"),
        ({"online_url": "javascript:alert(1)"}, "online_url", "That isn't a link"),
        ({"capacity": "0"}, "capacity", "one person at least"),
        ({"guests_each": "99"}, "guests_each", "20 guests each"),
        ({"jobs": "x" * 90}, "jobs", "too long for a job"),
        ({"client_key": ""}, "client_key", "out of date"),
    ],
)
def test_bad_input_is_explained_beside_its_field_and_nothing_is_lost(
    cast, client, filled, change, field, sentence
):
    answer = post(client, cast.dev, {**filled, **change})
    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert Gathering.objects.count() == 0
    if "title" not in change:
        assert 'value="Tea and toast"' in answer.content.decode()


def test_a_first_day_that_is_left_out_is_noticed(cast, client, filled):
    day = today() + dt.timedelta(days=3)
    answer = post(client, cast.dev, {**filled, "not_on": f"{day:%d/%m/%Y}"})
    assert answer.status_code == 422
    assert "The first day is among these" in answer.content.decode()


def test_who_may_plan_what(cast, client):
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    add_member(team, cast.amina)
    child = PersonFactory(born_on=dt.date(2015, 1, 1), home=cast.dev.home)
    url = reverse("gatherings:start")

    def answers(person):
        client.force_login(person.account)
        return (client.get(url).status_code, client.get(f"{url}?team={team.slug}").status_code)

    assert answers(cast.dev) == (200, 200)
    assert answers(cast.amina) == (200, 403)
    assert answers(child) == (403, 403)
    client.logout()
    assert client.get(url).status_code == 302


def test_a_private_team_plans_for_itself_alone(cast, client, filled):
    team = TeamFactory(is_private=True)
    add_member(team, cast.dev, role="host")
    url = f"{reverse('gatherings:start')}?team={team.slug}"
    assert post(client, cast.dev, {**filled, "who": "everyone"}, url).status_code == 302
    gathering = Gathering.objects.get()
    assert (gathering.who, gathering.team) == ("team", team)
    client.force_login(cast.ewan.account)
    assert client.get(gathering.get_absolute_url()).status_code == 404


def test_opening_the_change_page_and_saving_changes_nothing(cast, client):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=5",
                     venue=VenueFactory(), jobs=[("Wash up", 2)])  # fmt: skip
    before = starts(gathering)
    client.force_login(cast.dev.account)
    url = reverse("gatherings:change", args=[gathering.slug])
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value is not None and value is not False}
    answer = client.post(url, data)
    assert answer.status_code == 302
    gathering.refresh_from_db()
    assert (starts(gathering), gathering.sequence) == (before, 0)
    assert Notice.objects.count() == 0


def test_capacity_below_those_coming_is_refused_with_the_number(cast, client):
    gathering = plan(cast.dev, venue=VenueFactory(), capacity=5)
    session = gathering.sessions.get()
    come(cast.amina, session)
    come(cast.bryn, session)
    client.force_login(cast.dev.account)
    url = reverse("gatherings:change", args=[gathering.slug])
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value()}
    answer = client.post(url, {**data, "capacity": "1"})
    assert answer.status_code == 422
    assert "2 are already coming on" in answer.content.decode()


@pytest.mark.parametrize("name", ["change", "call_off", "on_again"])
def test_only_hosts_change_a_gathering(cast, client, name):
    gathering = plan(cast.dev)
    url = reverse(f"gatherings:{name}", args=[gathering.slug])
    client.force_login(cast.ewan.account)
    assert client.post(url, {}).status_code == 403
    gathering.refresh_from_db()
    assert gathering.state == "on"


@pytest.mark.parametrize("name", ["change_session", "call_off_session", "session_on_again"])
def test_only_hosts_change_a_session(cast, client, name):
    session = plan(cast.dev).sessions.get()
    client.force_login(cast.ewan.account)
    assert client.post(reverse(f"gatherings:{name}", args=[session.pk]), {}).status_code == 403


def test_a_host_of_the_team_may_change_what_another_host_planned(cast, client):
    team = TeamFactory()
    for person in (cast.dev, cast.carys):
        add_member(team, person, role="host")
    gathering = plan(cast.dev, team=team)
    client.force_login(cast.carys.account)
    assert client.get(reverse("gatherings:change", args=[gathering.slug])).status_code == 200


def test_calling_off_asks_first_and_says_how_many_hear_of_it(cast, client):
    gathering = plan(cast.dev)
    session = gathering.sessions.get()
    come(cast.amina, session)
    client.force_login(cast.dev.account)
    url = reverse("gatherings:call_off_session", args=[session.pk])
    assert "the 1 person who is coming" in client.get(url).content.decode()
    client.post(url, {"why": "Snow."})
    session.refresh_from_db()
    assert (session.is_called_off, session.note) == (True, "Snow.")
    client.post(reverse("gatherings:session_on_again", args=[session.pk]))
    session.refresh_from_db()
    assert session.is_called_off is False


def test_changing_a_session_by_the_page_keeps_what_was_typed_when_it_fails(cast, client):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=3")
    session = gathering.sessions.order_by("starts_at")[1]
    client.force_login(cast.dev.account)
    url = reverse("gatherings:change_session", args=[session.pk])
    data = {"day": "2020-01-01", "clock": "10:00", "duration_minutes": "90", "scope": "this"}
    answer = client.post(url, {**data, "note": "Upstairs this time"})
    assert answer.status_code == 422
    assert 'value="Upstairs this time"' in answer.content.decode()
    day = str(in_days(11).date())
    assert client.post(url, {**data, "day": day, "scope": "later"}).status_code == 302
    assert [one[:10] for one in starts(gathering)][1:] == [day, str(in_days(18).date())]


def test_a_new_teams_first_gathering_is_filled_in_until_it_is_planned(cast, client):
    team = TeamFactory(first_gathering="A pot of soup on Sunday")
    add_member(team, cast.dev, role="host")
    client.force_login(cast.dev.account)
    url = f"{reverse('gatherings:start')}?team={team.slug}"
    assert 'value="A pot of soup on Sunday"' in client.get(url).content.decode()
    plan(cast.dev, team=team)
    assert "A pot of soup on Sunday" not in client.get(url).content.decode()
