"""Places: nobody takes the last seat twice, and the waiting list keeps its order."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.urls import reverse
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from doorstep.base.time import now
from doorstep.gatherings import wording
from doorstep.gatherings.actions import calendar_links, places, planning
from doorstep.gatherings.models import Place, Session
from doorstep.gatherings.tests.factories import in_days, one_session, plan
from doorstep.notices.models import Notice
from doorstep.people.models import Block
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


def take(session, person, **choice):
    return places.take_place(session, by=person, at=now(), **choice)


def states(session):
    return dict(session.places.values_list("person__known_as", "state"))


def counters(session):
    session.refresh_from_db()
    return session.seats_taken, session.waiting_count


def test_saying_it_twice_gives_one_place(cast):
    session = one_session(cast.dev, guests_each=2)
    take(session, cast.amina, guests=1)
    take(session, cast.amina, guests=1)
    assert (session.places.count(), counters(session)) == (1, (2, 0))


def test_guests_take_seats_and_can_be_changed(cast):
    session = one_session(cast.dev, guests_each=3, capacity=4)
    take(session, cast.amina, guests=3)
    assert counters(session) == (4, 0)
    take(session, cast.amina, guests=0)
    assert counters(session) == (1, 0)


def test_more_guests_than_allowed_are_cut_to_what_is_allowed(cast):
    session = one_session(cast.dev, guests_each=1)
    assert take(session, cast.amina, guests=20).guests == 1


def test_guests_who_do_not_fit_leave_the_place_as_it_was(cast):
    session = one_session(cast.dev, guests_each=3, capacity=3)
    take(session, cast.amina)
    take(session, cast.bryn)
    with pytest.raises(places.NoRoomForGuests) as problem:
        take(session, cast.amina, guests=2)
    assert problem.value.seats_left == 1
    assert (counters(session), session.places.get(person=cast.amina).guests) == ((2, 0), 0)


def test_when_it_is_full_people_wait_and_the_first_gets_in_when_someone_cancels(cast):
    session = one_session(cast.dev, capacity=1)
    for person in (cast.amina, cast.bryn, cast.carys):
        take(session, person)
    assert states(session) == {"Amina": "going", "Bryn": "waiting", "Carys": "waiting"}
    places.give_up_place(session, by=cast.amina, at=now())
    assert states(session) == {"Amina": "cancelled", "Bryn": "going", "Carys": "waiting"}
    assert counters(session) == (1, 1)
    told = Notice.objects.filter(kind="gathering-place")
    assert [(one.person, one.path) for one in told] == [(cast.bryn, session.get_absolute_url())]
    assert told[0].title.startswith("You've got a place: Tea and toast")


def test_a_party_too_large_keeps_its_turn_without_holding_up_the_next(cast):
    session = one_session(cast.dev, capacity=2, guests_each=1)
    take(session, cast.amina)
    take(session, cast.ewan)
    take(session, cast.bryn, guests=1)
    take(session, cast.carys)
    places.give_up_place(session, by=cast.amina, at=now())
    assert states(session)["Carys"] == "going"
    assert states(session)["Bryn"] == "waiting"
    for person in (cast.ewan, cast.carys):
        places.give_up_place(session, by=person, at=now())
    assert states(session)["Bryn"] == "going"
    assert counters(session) == (2, 0)


def test_coming_back_after_cancelling_means_the_end_of_the_line(cast):
    session = one_session(cast.dev, capacity=1)
    for person in (cast.amina, cast.bryn, cast.carys):
        take(session, person)
    places.give_up_place(session, by=cast.bryn, at=now())
    take(session, cast.bryn)
    places.give_up_place(session, by=cast.amina, at=now())
    assert states(session) == {"Amina": "cancelled", "Bryn": "waiting", "Carys": "going"}


def test_more_room_lets_people_in_from_the_list(cast):
    gathering = plan(cast.dev, capacity=1)
    session = gathering.sessions.get()
    for person in (cast.amina, cast.bryn, cast.carys):
        take(session, person)
    planning.change_gathering(gathering, by=cast.dev, at=now(), capacity=2)
    assert states(session) == {"Amina": "going", "Bryn": "going", "Carys": "waiting"}


def test_room_cannot_be_made_smaller_than_those_who_are_coming(cast):
    gathering = plan(cast.dev, capacity=3)
    session = gathering.sessions.get()
    take(session, cast.amina)
    take(session, cast.bryn)
    with pytest.raises(planning.TooSmall):
        planning.change_gathering(gathering, by=cast.dev, at=now(), capacity=1)
    gathering.refresh_from_db()
    assert gathering.capacity == 3


def test_nobody_takes_a_place_at_what_is_over_or_called_off(cast):
    over = one_session(cast.dev)
    Session.objects.filter(pk=over.pk).update(
        starts_at=now() - dt.timedelta(hours=2), ends_at=now() - dt.timedelta(hours=1)
    )
    off = one_session(cast.dev)
    planning.call_off_session(off, by=cast.dev, at=now())
    all_off = plan(cast.dev)
    planning.call_off_gathering(all_off, by=cast.dev, at=now())
    for session in (over, off, all_off.sessions.get()):
        with pytest.raises(places.Closed):
            take(session, cast.amina)


def test_someone_marked_as_there_cannot_have_been_away(cast):
    session = one_session(cast.dev)
    place = take(session, cast.amina)
    Place.objects.filter(pk=place.pk).update(came=True)
    assert places.give_up_place(session, by=cast.amina, at=now()) is False


def test_the_first_time_is_known(cast):
    gathering = plan(cast.dev, rrule="FREQ=WEEKLY;COUNT=2")
    first, second = gathering.sessions.order_by("starts_at")
    place = take(first, cast.amina)
    assert place.is_first_time is True
    Place.objects.filter(pk=place.pk).update(came=True)
    assert take(second, cast.amina).is_first_time is False


# --- Two people, one seat --------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_ten_at_once_only_as_many_get_in_as_fit(borough, on_disk):
    host = PersonFactory(home=borough.ward)
    session = one_session(host, capacity=3, guests_each=0)
    people = [PersonFactory(home=borough.ward) for _ in range(10)]

    def come(person):
        try:
            return places.take_place(session, by=person, at=now()).state
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        found = sorted(pool.map(come, people))
    assert found == ["going"] * 3 + ["waiting"] * 7
    assert (counters(session), session.places.count()) == ((3, 7), 10)


def test_a_seat_is_not_taken_on_what_somebody_read_before(cast):
    """The condition stands in the UPDATE: a stale page can't take a seat that has gone."""
    session = one_session(cast.dev, capacity=1)
    stale = Session.objects.select_related("gathering").get(pk=session.pk)
    take(session, cast.amina)
    assert (stale.seats_taken, places._take_seats(stale, 1)) == (0, False)
    assert take(stale, cast.bryn).state == "waiting"


# --- Anything people may do, in any order ----------------------------------------------------


class SeatsHold(RuleBasedStateMachine):
    """Whatever people do: never more than fit, counters tell the rows, the list in order."""

    @initialize(capacity=st.one_of(st.none(), st.integers(1, 6)), guests=st.integers(0, 3))
    def begin(self, capacity, guests):
        from doorstep.places.tests.factories import small_borough

        self.borough = small_borough()
        self.host = PersonFactory(home=self.borough.ward, account=False)
        self.people = [PersonFactory(home=self.borough.ward, account=False) for _ in range(6)]
        self.gathering = plan(self.host, capacity=capacity, guests_each=guests)
        self.session = self.gathering.sessions.get()
        self.clock = now()

    def tick(self):
        self.clock += dt.timedelta(seconds=1)
        return self.clock

    @rule(who=st.integers(0, 5), guests=st.integers(0, 3))
    def come(self, who, guests):
        try:
            places.take_place(self.session, by=self.people[who], at=self.tick(), guests=guests)
        except places.NoRoomForGuests:
            pass

    @rule(who=st.integers(0, 5))
    def cancel(self, who):
        places.give_up_place(self.session, by=self.people[who], at=self.tick())

    @rule(capacity=st.one_of(st.none(), st.integers(1, 8)))
    def resize(self, capacity):
        try:
            self.gathering = planning.change_gathering(
                self.gathering, by=self.host, at=self.tick(), capacity=capacity
            )
        except planning.TooSmall:
            pass

    @invariant()
    def seats_and_lists_agree(self):
        if not hasattr(self, "session"):
            return
        self.session.refresh_from_db()
        self.gathering.refresh_from_db()
        rows = list(self.session.places.order_by("asked_at", "id"))
        going = [row for row in rows if row.state == "going"]
        waiting = [row for row in rows if row.state == "waiting"]
        assert self.session.seats_taken == sum(1 + row.guests for row in going)
        assert self.session.waiting_count == len(waiting)
        capacity = self.gathering.capacity
        assert capacity is None or self.session.seats_taken <= capacity
        free = None if capacity is None else capacity - self.session.seats_taken
        # Nobody waits who could sit down: so nobody was passed over by a party as small.
        assert free is not None or not waiting
        assert all(1 + row.guests > free for row in waiting)


@pytest.mark.django_db
def test_seats_hold_whatever_people_do(db):
    from django.db import transaction
    from hypothesis.stateful import run_state_machine_as_test

    class Isolated(SeatsHold):
        def __init__(self):
            super().__init__()
            self.point = transaction.savepoint()

        def teardown(self):
            transaction.savepoint_rollback(self.point)

    run_state_machine_as_test(
        Isolated,
        settings=settings(
            max_examples=25,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


# --- Pages -----------------------------------------------------------------------------------


def test_coming_and_not_after_all_by_the_page(cast, client):
    session = one_session(cast.dev, guests_each=2)
    client.force_login(cast.amina.account)
    url = reverse("gatherings:coming", args=[session.pk])
    answer = client.post(url, {"guests": "2"}, follow=True)
    assert answer.status_code == 200
    assert "You're coming, with 2 guests" in answer.content.decode()
    client.post(url, {"guests": "2"})
    assert counters(session) == (3, 0)
    client.post(reverse("gatherings:not_coming", args=[session.pk]))
    assert (states(session), counters(session)) == ({"Amina": "cancelled"}, (0, 0))


def test_forged_guests_and_ways_are_refused_and_nothing_is_taken(cast, client):
    session = one_session(cast.dev, guests_each=1, is_online=True, dial_in="020 7946 0000")
    client.force_login(cast.amina.account)
    url = reverse("gatherings:coming", args=[session.pk])
    for data in ({"guests": "99"}, {"guests": "-1"}, {"guests": "1", "how": "room"}):
        assert client.post(url, data).status_code == 422
    assert counters(session) == (0, 0)
    assert client.get(url).status_code == 302


def test_guests_that_do_not_fit_are_said_beside_the_field(cast, client):
    session = one_session(cast.dev, guests_each=3, capacity=2)
    client.force_login(cast.amina.account)
    url = reverse("gatherings:coming", args=[session.pk])
    client.post(url, {"guests": "0"})
    answer = client.post(url, {"guests": "3"})
    assert answer.status_code == 422
    assert "Only 1 more seat is free" in answer.content.decode()


def test_names_are_for_those_who_come_and_never_across_a_block(cast, client):
    session = one_session(cast.dev)
    child = PersonFactory(known_as="Mia", born_on=dt.date(2016, 1, 1), home=cast.dev.home)
    for person in (cast.amina, cast.bryn, child):
        take(session, person)
    Block.objects.create(blocker=cast.amina, blocked=cast.bryn)
    page = session.get_absolute_url()

    def names(person):
        client.logout()
        if person:
            client.force_login(person.account)
        text = client.get(page).content.decode()
        return {name for name in ("Amina", "Bryn", "Mia") if f">{name}<" in text}

    assert names(None) == set()
    assert names(cast.ewan) == set()
    assert names(cast.amina) == {"Amina"}
    assert names(cast.bryn) == {"Bryn"}
    assert names(child) == {"Amina", "Bryn", "Mia"}
    assert names(cast.dev) == {"Amina", "Bryn", "Mia"}


def test_the_online_link_is_for_those_who_come(cast, client):
    session = one_session(cast.dev, is_online=True, online_url="https://meet.example.org/secret")
    client.force_login(cast.amina.account)
    page = session.get_absolute_url()
    assert "meet.example.org" not in client.get(page).content.decode()
    take(session, cast.amina)
    assert "https://meet.example.org/secret" in client.get(page).content.decode()


def test_a_place_at_a_gathering_one_may_not_see_cannot_be_forged(cast, client):
    from doorstep.teams.tests.factories import TeamFactory, add_member

    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    session = one_session(cast.dev, team=team, who="team", starts_at=in_days(2))
    client.force_login(cast.ewan.account)
    for name in ("coming", "not_coming"):
        assert client.post(reverse(f"gatherings:{name}", args=[session.pk])).status_code == 404
    assert session.places.count() == 0


def test_the_made_up_room_is_told_to_those_who_come_only(cast, client):
    gathering = plan(cast.dev, is_online=True, capacity=1)
    session = gathering.sessions.get()
    take(session, cast.amina)
    take(session, cast.bryn)
    room = wording.online_link(session)
    assert gathering.uid not in room
    planning.change_session(
        session, by=cast.dev, at=now(), starts_at=in_days(5), duration_minutes=60
    )
    told = Notice.objects.filter(kind="gathering-changed")
    assert {notice.person for notice in told} == {cast.amina, cast.bryn}
    assert not [notice for notice in told if room in notice.body]
    for person, knows in ((cast.amina, True), (cast.bryn, False)):
        client.force_login(person.account)
        assert (room in client.get(session.get_absolute_url()).content.decode()) is knows
        link = calendar_links.link_of(person, at=now())
        mine = client.get(reverse("gatherings:my_ics", args=[link.key])).content
        assert (room in mine.replace(b"\r\n ", b"").decode()) is knows
    open_to_all = reverse("gatherings:gathering_ics", args=[gathering.slug])
    client.logout()
    assert room not in client.get(open_to_all).content.replace(b"\r\n ", b"").decode()
