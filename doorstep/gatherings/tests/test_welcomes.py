"""Be expected: a named greeter looks out for a named newcomer, and rings after."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from doorstep.base.time import now
from doorstep.gatherings import rules
from doorstep.gatherings.actions import jobs, places, welcomes
from doorstep.gatherings.models import Gathering, Place, Session, Welcome
from doorstep.gatherings.tests.at_the_door import (
    HOUR,
    afresh,
    block,
    call_off,
    coming,
    move,
    session_that,
    sign_in,
)
from doorstep.notices import safe
from doorstep.notices.models import Notice
from doorstep.people.models import Person, Reading
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams.tests.factories import TeamFactory, add_member

pytestmark = pytest.mark.django_db
NUMBER = "07700 900123"


@pytest.fixture
def tea(cast):
    """Dev hosts; Amina comes for the first time; Bryn looks out for newcomers."""
    session = session_that(cast.dev, starts_in=48 * HOUR)
    coming(session, cast.amina, is_first_time=True)
    coming(session, cast.bryn, is_greeter=True)
    return session


def expect(session, person, **words):
    place = Place.objects.get(session=session, person=person)
    words.setdefault("phone", NUMBER)
    return welcomes.ask_to_be_expected(place, by=person, at=now(), **words)


def grow_young(person):
    born = (now() - dt.timedelta(days=14 * 365)).date()
    Person.objects.filter(pk=person.pk).update(born_on=born)
    return Person.objects.get(pk=person.pk)


def titles(person):
    return list(Notice.objects.filter(person=person).order_by("id").values_list("title", flat=True))


# --- Asking ----------------------------------------------------------------------------------


def test_a_newcomer_is_asked_on_the_session_page(cast, tea, client):
    page = sign_in(client, cast.amina).get(tea.get_absolute_url()).content.decode()
    assert "Would you like someone to look out for you?" in page


def test_a_regular_is_not_asked_but_may_offer(cast, tea, client):
    coming(tea, cast.carys)
    page = sign_in(client, cast.carys).get(tea.get_absolute_url()).content.decode()
    assert "Would you like someone" not in page
    assert "I&#x27;ll look out for newcomers" in page or "I'll look out for newcomers" in page


def test_asking_tells_greeters_and_hosts(cast, tea, client):
    address = reverse("gatherings:expect_me", args=[tea.pk])
    sign_in(client, cast.amina).post(address, {"wishes": "Please wave.", "phone": NUMBER})
    welcome = Welcome.objects.get()
    assert (welcome.state, welcome.wishes, welcome.phone) == ("hoped", "Please wave.", NUMBER)
    assert titles(cast.dev) == titles(cast.bryn) == ["Will you look out for Amina?"]
    assert titles(cast.amina) == []


def test_asking_twice_is_once_and_changes_the_words(cast, tea):
    expect(tea, cast.amina, wishes="one")
    expect(tea, cast.amina, wishes="two")
    assert [row.wishes for row in Welcome.objects.all()] == ["two"]
    assert len(titles(cast.bryn)) == 1


def test_a_number_that_is_none_is_refused_and_everything_kept(cast, tea, client):
    address = reverse("gatherings:expect_me", args=[tea.pk])
    answer = sign_in(client, cast.amina).post(address, {"wishes": "Wave", "phone": "0770"})
    assert (answer.status_code, Welcome.objects.count()) == (422, 0)
    assert "Wave" in answer.content.decode()
    assert "Check the number" in answer.content.decode()


def test_a_child_is_not_asked_for_a_number_and_only_hosts_may_promise(cast, tea, client):
    child = grow_young(cast.amina)
    team = TeamFactory(area=tea.gathering.area, joining="ask")
    add_member(team, cast.dev, role="host")
    add_member(team, cast.carys, role="host")
    add_member(team, child)
    Gathering.objects.filter(pk=tea.gathering_id).update(team=team)
    page = sign_in(client, child).get(reverse("gatherings:expect_me", args=[tea.pk]))
    assert page.status_code == 200
    assert 'name="phone"' not in page.content.decode()
    welcome = expect(tea, child, phone="")
    assert not rules.can_promise(cast.bryn, afresh(welcome))
    assert rules.can_promise(cast.dev, afresh(welcome))
    assert titles(cast.bryn) == []


def test_a_child_is_not_expected_where_no_host_knows_them(cast, tea, client):
    child = grow_young(cast.amina)
    sign_in(client, child)
    assert client.get(reverse("gatherings:expect_me", args=[tea.pk])).status_code == 403
    page = client.get(tea.get_absolute_url()).content.decode()
    assert reverse("gatherings:expect_me", args=[tea.pk]) not in page


@pytest.mark.parametrize("who", ["bryn", "ewan"])
def test_only_newcomers_who_come_may_ask(cast, tea, client, who):
    person = getattr(cast, who)
    address = reverse("gatherings:expect_me", args=[tea.pk])
    assert sign_in(client, person).post(address, {"wishes": ""}).status_code == 403


def test_a_visitor_is_sent_to_sign_in(tea, client):
    answer = client.get(reverse("gatherings:welcomes", args=[tea.pk]))
    assert (answer.status_code, "login" in answer.url) == (302, True)


# --- Promising -------------------------------------------------------------------------------


def test_a_promise_tells_the_newcomer_who_and_what_to_look_for(cast, tea, client):
    welcome = expect(tea, cast.amina, wishes="Please wave.")
    sign_in(client, cast.bryn).post(
        reverse("gatherings:welcome_promise", args=[welcome.pk]), {"look_for": "A red scarf"}
    )
    assert afresh(welcome).greeter == cast.bryn
    assert titles(cast.amina) == ["Bryn will look out for you"]
    page = sign_in(client, cast.amina).get(tea.get_absolute_url()).content.decode()
    assert "Bryn will look out for you" in page
    assert "A red scarf" in page


def test_a_double_tap_promises_once(cast, tea, client):
    welcome = expect(tea, cast.amina)
    address = reverse("gatherings:welcome_promise", args=[welcome.pk])
    sign_in(client, cast.bryn)
    assert [client.post(address).status_code for _tap in range(2)] == [302, 302]
    assert titles(cast.amina) == ["Bryn will look out for you"]


def test_only_one_of_two_greeters_gets_the_promise(cast, tea):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    with pytest.raises(welcomes.AlreadyPromised):
        welcomes.promise(welcome, by=cast.dev, at=now())
    assert afresh(welcome).greeter == cast.bryn


def test_the_second_greeter_is_thanked(cast, tea, client):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    answer = sign_in(client, cast.dev).post(
        reverse("gatherings:welcome_promise", args=[welcome.pk]), follow=True
    )
    assert "Somebody else has promised already" in answer.content.decode()


def test_a_blocked_pair_is_never_matched(cast, tea, client):
    block(cast.amina, cast.bryn)
    welcome = expect(tea, cast.amina)
    assert titles(cast.bryn) == []
    sign_in(client, cast.bryn)
    assert "Amina" not in client.get(reverse("gatherings:welcomes", args=[tea.pk])).content.decode()
    address = reverse("gatherings:welcome_promise", args=[welcome.pk])
    assert client.post(address).status_code == 404
    assert afresh(welcome).state == "hoped"


def test_handing_back_asks_the_others_again(cast, tea, client):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    sign_in(client, cast.bryn).post(reverse("gatherings:welcome_back", args=[welcome.pk]))
    assert (afresh(welcome).state, afresh(welcome).greeter) == ("hoped", None)
    assert len(titles(cast.dev)) == 2
    assert len(titles(cast.bryn)) == 1


def test_nobody_but_the_greeter_keeps_the_promise(cast, tea, client):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    codes = {}
    for name in ("dev", "amina", "ewan"):
        sign_in(client, getattr(cast, name))
        codes[name] = client.post(reverse("gatherings:welcome_met", args=[welcome.pk])).status_code
    assert codes == {"dev": 403, "amina": 403, "ewan": 404}


# --- The number ------------------------------------------------------------------------------


def test_only_the_greeter_sees_the_number(cast, tea, client):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    seen = {}
    for name in ("bryn", "dev", "carys", "ewan"):
        if name == "carys":
            coming(tea, cast.carys, is_greeter=True)
        sign_in(client, getattr(cast, name))
        pages = [
            client.get(reverse("gatherings:welcome_call", args=[welcome.pk])),
            client.get(reverse("gatherings:welcomes", args=[tea.pk])),
            client.get(reverse("gatherings:welcomes_mine")),
            client.get(tea.get_absolute_url()),
            client.get(reverse("gatherings:register", args=[tea.pk])),
            client.get(reverse("gatherings:register_paper", args=[tea.pk])),
        ]
        seen[name] = any(NUMBER in page.content.decode() for page in pages)
    assert seen == {"bryn": True, "dev": False, "carys": False, "ewan": False}


def test_the_newcomer_reads_that_their_number_was_opened(cast, tea, client):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    sign_in(client, cast.bryn).get(reverse("gatherings:welcome_call", args=[welcome.pk]))
    rows = Reading.objects.values_list("reader", "subject", "what", "reason", "role")
    assert list(rows) == [(cast.bryn.pk, cast.amina.pk, "phone", "greeting", "greeter")]
    page = sign_in(client, cast.amina).get(reverse("people:my_record")).content.decode()
    assert "looked at <strong>your phone number</strong>" in page


@pytest.mark.parametrize("why", ["unsafe", "not to be used", "away"])
def test_nobody_is_shown_a_number_that_must_not_be_rung(why, cast, tea, client):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    sign_in(client, cast.bryn)
    call = reverse("gatherings:welcome_call", args=[welcome.pk])
    assert NUMBER in client.get(call).content.decode()
    Person.objects.filter(pk=cast.amina.pk).update(
        restricted_at=now() if why == "not to be used" else None,
        state="away" if why == "away" else "active",
    )
    if why == "unsafe":
        safe.set_rules(cast.amina, by=cast.amina, at=now(), forbidden=["phone"], windows=[])
    answer = client.get(call)
    page = answer.content.decode()
    assert NUMBER not in page
    # Not why: that somebody isn't safe is no business of a neighbour's.
    assert "safe to" not in page
    assert Reading.objects.count() == 1


def test_the_number_is_gone_after_the_call(cast, tea, client):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    move(tea, -2 * HOUR)
    sign_in(client, cast.bryn)
    client.post(reverse("gatherings:welcome_met", args=[welcome.pk]))
    client.post(reverse("gatherings:welcome_call", args=[welcome.pk]), {"note": "She loved it"})
    row = afresh(welcome)
    assert (row.state, row.phone, row.call_note) == ("called", "", "She loved it")
    page = client.get(reverse("gatherings:welcome_call", args=[welcome.pk])).content.decode()
    assert NUMBER not in page


def test_a_block_after_the_promise_takes_it_back_without_a_word(cast, tea, client):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    before = titles(cast.bryn)
    block(cast.amina, cast.bryn)
    # At the very next request, before the clock has done anything:
    sign_in(client, cast.bryn)
    assert "Amina" not in client.get(reverse("gatherings:welcomes_mine")).content.decode()
    call = reverse("gatherings:welcome_call", args=[welcome.pk])
    assert client.get(call).status_code == 404
    page = sign_in(client, cast.amina).get(tea.get_absolute_url()).content.decode()
    assert "Bryn will look out" not in page
    assert "finding someone to look out for you" in page
    page = sign_in(client, cast.dev).get(reverse("gatherings:welcomes", args=[tea.pk]))
    assert "Nobody expects them yet" in page.content.decode()
    welcomes.tick()
    assert (afresh(welcome).state, afresh(welcome).greeter) == ("hoped", None)
    assert titles(cast.bryn) == before
    assert titles(cast.dev)[-1] == "Will you look out for Amina?"


def test_another_greeter_may_promise_right_after_a_block(cast, tea, client):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    block(cast.bryn, cast.amina)
    sign_in(client, cast.dev).post(reverse("gatherings:welcome_promise", args=[welcome.pk]))
    assert afresh(welcome).greeter == cast.dev


def test_a_block_after_the_meeting_erases_the_number(cast, tea):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    welcomes.mark_met(welcome, by=cast.bryn, at=now(), met=True)
    block(cast.amina, cast.bryn)
    welcomes.tick()
    assert (afresh(welcome).state, afresh(welcome).phone) == ("met", "")


def test_giving_up_the_place_ends_the_welcome_and_tells_the_greeter(cast, tea):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    places.give_up_place(tea, by=cast.amina, at=now())
    assert Welcome.objects.count() == 0
    assert titles(cast.bryn)[-1] == "Amina doesn't need a welcome after all"


def test_a_greeter_who_does_not_come_hands_the_promise_back(cast, tea):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    places.give_up_place(tea, by=cast.bryn, at=now())
    assert afresh(welcome).state == "hoped"


def test_a_greeter_who_leaves_the_neighbourhood_is_replaced(cast, tea):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    Person.objects.filter(pk=cast.bryn.pk).update(state=Person.State.AWAY)
    welcomes.tick()
    assert (afresh(welcome).state, afresh(welcome).greeter) == ("hoped", None)


def test_a_turn_with_nothing_new_asks_as_little_for_many_newcomers_as_for_one(
    cast, tea, django_assert_max_num_queries
):
    expect(tea, cast.amina)
    welcomes.tick(now() + 25 * HOUR)
    told = Notice.objects.count()
    with CaptureQueriesContext(connection) as one:
        welcomes.tick(now() + 25 * HOUR)
    for person in PersonFactory.create_batch(3):
        coming(tea, person, is_first_time=True)
        expect(tea, person)
    welcomes.tick(now() + 25 * HOUR)
    assert Notice.objects.count() > told + 3
    told = Notice.objects.count()
    with django_assert_max_num_queries(len(one)):
        welcomes.tick(now() + 25 * HOUR)
    assert Notice.objects.count() == told


def test_a_host_who_joins_after_the_others_were_told_is_told_as_well(cast, tea):
    team = TeamFactory(area=tea.gathering.area)
    Gathering.objects.filter(pk=tea.gathering_id).update(team=team)
    expect(tea, cast.amina)
    welcomes.tick(now() + 25 * HOUR)
    before = len(titles(cast.dev))
    add_member(team, cast.carys, role="host")
    welcomes.tick(now() + 25 * HOUR)
    welcomes.tick(now() + 25 * HOUR)
    assert titles(cast.carys).count("Nobody is looking out for Amina yet") == 1
    assert len(titles(cast.dev)) == before


def test_a_host_does_not_read_the_name_of_a_greeter_across_a_block(cast, client):
    team = TeamFactory()
    add_member(team, cast.dev, "host")
    add_member(team, cast.carys, "host")
    session = session_that(cast.dev, team=team)
    coming(session, cast.amina, is_first_time=True)
    coming(session, cast.bryn, is_greeter=True)
    welcomes.promise(expect(session, cast.amina), by=cast.bryn, at=now())
    block(cast.bryn, cast.carys)
    for page in ("welcomes", "register"):
        address = reverse(f"gatherings:{page}", args=[session.pk])
        assert "Bryn" in sign_in(client, cast.dev).get(address).content.decode()
        words = sign_in(client, cast.carys).get(address).content.decode()
        assert ("Amina" in words, "Bryn" in words) == (True, False), page


@pytest.mark.django_db(transaction=True)
def test_of_many_greeters_at_once_one_promises(borough, on_disk):
    host = PersonFactory(home=borough.ward)
    newcomer = PersonFactory(home=borough.ward)
    session = session_that(host)
    place = coming(session, newcomer, is_first_time=True)
    greeters = [PersonFactory(home=borough.ward) for _number in range(6)]
    for person in greeters:
        coming(session, person, is_greeter=True)
    welcome = welcomes.ask_to_be_expected(place, by=newcomer, at=now())
    job = jobs.add_job(session.gathering, by=host, at=now(), name="Tea", needed=2)

    def rush(person):
        results = []
        try:
            welcomes.promise(afresh(welcome), by=person, at=now())
            results.append("promised")
        except welcomes.AlreadyPromised:
            pass
        try:
            jobs.take_job(job, session, by=person, at=now())
            results.append("took the job")
        except jobs.JobTakenAlready:
            pass
        finally:
            connections.close_all()
        return results

    with ThreadPoolExecutor(6) as crowd:
        done = [result for results in crowd.map(rush, greeters) for result in results]
    assert (done.count("promised"), done.count("took the job")) == (1, 2)


# --- The clock -------------------------------------------------------------------------------


def test_a_day_before_the_hosts_get_those_nobody_expects(cast, tea):
    expect(tea, cast.amina)
    welcomes.tick(now())
    assert len(titles(cast.dev)) == 1
    welcomes.tick(now() + 25 * HOUR)
    welcomes.tick(now() + 25 * HOUR)
    assert titles(cast.dev)[1:] == ["Nobody is looking out for Amina yet"]


def test_afterwards_the_greeter_is_asked_to_ring_once(cast, tea):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    welcomes.mark_met(welcome, by=cast.bryn, at=now(), met=True)
    for _tick in range(2):
        welcomes.tick(tea.ends_at + HOUR)
    assert titles(cast.bryn)[1:] == ["Ring Amina: how was it?"]


def test_without_a_mark_the_greeter_is_asked_whether_they_met(cast, tea):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    welcomes.tick(tea.ends_at + HOUR)
    assert titles(cast.bryn)[1:] == ["Did you meet Amina?"]


@pytest.mark.parametrize("what", ["called off", "two weeks later", "nobody promised"])
def test_numbers_nobody_will_ring_are_erased(cast, tea, what):
    welcome = expect(tea, cast.amina)
    at = now()
    if what == "called off":
        welcomes.promise(welcome, by=cast.bryn, at=at)
        call_off(tea)
    elif what == "two weeks later":
        welcomes.promise(welcome, by=cast.bryn, at=at)
        at = tea.ends_at + welcomes.FORGET_AFTER
    else:
        at = tea.ends_at
    assert welcomes.forget_numbers(at=at) == 1
    assert afresh(welcome).phone == ""


def test_a_number_still_needed_is_kept(cast, tea):
    welcome = expect(tea, cast.amina)
    welcomes.promise(welcome, by=cast.bryn, at=now())
    assert welcomes.forget_numbers(at=tea.ends_at + HOUR) == 0


# --- On the telephone ------------------------------------------------------------------------


def caller(**words):
    return {
        "client_key": "caller-key-1", "name": "Maureen", "how": "phone", "guests": "1",
        "wishes": "Bad hip", "phone": NUMBER, **words,
    }  # fmt: skip


def test_a_host_adds_someone_who_rang_and_they_are_expected_alike(cast, tea, client):
    address = reverse("gatherings:expect_a_caller", args=[tea.pk])
    taken = afresh(tea).seats_taken
    sign_in(client, cast.dev)
    assert [client.post(address, caller()).status_code for _tap in range(2)] == [302, 302]
    [place] = [one for one in Place.objects.all() if one.name == "Maureen"]
    assert (place.guests, place.how, place.is_first_time) == (1, "phone", True)
    assert afresh(tea).seats_taken == taken + 2
    assert (place.welcome.state, place.welcome.phone) == ("hoped", NUMBER)
    sign_in(client, cast.bryn).post(reverse("gatherings:welcome_promise", args=[place.welcome.pk]))
    assert afresh(place.welcome).greeter == cast.bryn


def test_a_caller_gets_no_place_in_a_full_room(cast, tea, client):
    Gathering.objects.update(capacity=1)
    Session.objects.update(seats_taken=1)
    answer = sign_in(client, cast.dev).post(
        reverse("gatherings:expect_a_caller", args=[tea.pk]), caller()
    )
    assert answer.status_code == 422
    assert "Every place is taken" in answer.content.decode()
    assert "Bad hip" in answer.content.decode()


@pytest.mark.parametrize("who", ["amina", "bryn", "ewan"])
def test_only_hosts_add_callers(cast, tea, client, who):
    address = reverse("gatherings:expect_a_caller", args=[tea.pk])
    assert sign_in(client, getattr(cast, who)).post(address, caller()).status_code == 403


# --- Two tellings of one rule ----------------------------------------------------------------


def test_can_see_welcome_and_visible_to_tell_the_same(cast):
    team = TeamFactory()
    add_member(team, cast.dev, "host")
    add_member(team, cast.carys, "host")
    other = TeamFactory()
    add_member(other, cast.ewan, "host")
    child = PersonFactory(known_as="Kit", born_on=now().date() - dt.timedelta(days=4000))
    people = [cast.amina, cast.bryn, cast.carys, cast.dev, cast.ewan, child]
    for starts_in in (-2 * HOUR, 5 * HOUR):
        for newcomer in (cast.amina, child):
            session = session_that(cast.dev, starts_in=starts_in, team=team)
            place = coming(session, newcomer, is_first_time=True)
            coming(session, cast.bryn, is_greeter=True)
            if newcomer != child:
                coming(session, child, is_greeter=True)
            Welcome.objects.create(place=place)
            again = session_that(cast.dev, starts_in=starts_in, team=team)
            place = coming(again, newcomer, is_first_time=True)
            coming(again, cast.bryn, is_greeter=True, is_first_time=True)
            Welcome.objects.create(place=place, greeter=cast.bryn, state="promised")
    gone = Place.objects.filter(person=cast.amina).first()
    Place.objects.filter(pk=gone.pk).update(state="cancelled")
    call_off(Session.objects.last())
    for blocked in (False, True):
        if blocked:
            block(cast.amina, cast.bryn)
            block(child, cast.carys)
        for person in [*people, None]:
            person = Person.objects.get(pk=person.pk) if person else None
            told = {row.pk for row in Welcome.objects.visible_to(person)}
            assert told == {
                row.pk
                for row in Welcome.objects.all()
                if rules.can_see_welcome(person, afresh(row))
            }, person


# --- The states, whatever people do ----------------------------------------------------------

_ALLOWED = {
    ("hoped", "promised"), ("promised", "hoped"), ("promised", "met"), ("promised", "missed"),
    ("met", "missed"), ("missed", "met"), ("met", "promised"), ("missed", "promised"),
    ("met", "called"), ("missed", "called"),
}  # fmt: skip


class WelcomeHolds(RuleBasedStateMachine):
    """Two greeters and a host do anything in any order: the record stays true."""

    @initialize()
    def begin(self):
        from doorstep.places.tests.factories import small_borough

        ward = small_borough().ward
        self.people = [PersonFactory(home=ward, account=False) for _ in range(3)]
        newcomer = PersonFactory(home=ward, account=False)
        self.session = session_that(self.people[0])
        for person in self.people[1:]:
            coming(self.session, person, is_greeter=True)
        place = coming(self.session, newcomer, is_first_time=True)
        self.newcomer = newcomer
        self.welcome = welcomes.ask_to_be_expected(place, by=newcomer, at=now(), phone=NUMBER)
        self.was = "hoped"
        self.blocked = set()

    @rule(
        who=st.integers(0, 2),
        what=st.sampled_from(
            ["promise", "back", "met", "missed", "unmark", "call", "tick", "block"]
        ),
    )
    def do(self, who, what):
        person = self.people[who]
        by = {"by": person, "at": now()}
        welcome = afresh(self.welcome)
        try:
            if what == "promise":
                if not rules.can_promise(Person.objects.get(pk=person.pk), welcome):
                    return
                welcomes.promise(welcome, **by)
            elif what == "back":
                welcomes.hand_back(welcome, **by)
            elif what in ("met", "missed"):
                welcomes.mark_met(welcome, met=what == "met", **by)
            elif what == "unmark":
                welcomes.unmark(welcome, **by)
            elif what == "call":
                welcomes.note_call(welcome, **by)
            elif what == "tick":
                welcomes.tick()
            elif who not in self.blocked and len(self.blocked) < 2:
                self.blocked.add(who)
                block(self.newcomer, person)
                welcomes.tick()
        except (welcomes.NotNow, welcomes.AlreadyPromised):
            pass

    @invariant()
    def the_record_is_true(self):
        if not hasattr(self, "welcome"):
            return
        row = Welcome.objects.get(pk=self.welcome.pk)
        assert row.state == self.was or (self.was, row.state) in _ALLOWED
        self.was = row.state
        assert (row.greeter_id is None) == (row.state == "hoped")
        assert (row.promised_at is None) == (row.state == "hoped")
        assert (row.phone == "") if row.state == "called" else True
        assert (row.called_at is not None) == (row.state == "called")
        greeter = next((i for i, p in enumerate(self.people) if p.pk == row.greeter_id), None)
        if row.state == "promised":
            assert greeter not in self.blocked
        if greeter in self.blocked:
            assert row.phone == ""


def test_a_welcome_holds_whatever_people_do():
    from django.db import transaction
    from hypothesis.stateful import run_state_machine_as_test

    class Undone(WelcomeHolds):
        """Each example in a transaction that is rolled back."""

        def __init__(self):
            self.atomic = transaction.atomic()
            self.atomic.__enter__()
            super().__init__()

        def teardown(self):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    run_state_machine_as_test(
        Undone,
        settings=settings(
            max_examples=25,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
