"""From an idea to a team, to quiet and back, to an end with its history kept."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import booleans, integers

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams import actions, rules
from doorstep.teams.models import QUORUM, Membership, Mentoring, Team, TeamEvent
from doorstep.teams.tests.factories import TeamFactory, add_member, add_mentor, start

pytestmark = pytest.mark.django_db


def happened(team):
    return list(team.events.order_by("id").values_list("what", flat=True))


def join(team, person, **more):
    return actions.join(team, by=person, at=now(), agreed_version=team.agreement_version, **more)


def test_three_neighbours_make_a_team(cast, borough):
    team = start(cast.dev, borough.ward)
    assert (team.state, team.still_needs) == ("idea", 2)
    join(team, cast.amina)
    team.refresh_from_db()
    assert (team.state, team.still_needs) == ("gathering", 1)
    join(team, cast.bryn)
    team.refresh_from_db()
    assert (team.state, team.still_needs) == ("live", 0)
    assert team.live_at is not None
    assert happened(team) == ["started", "joined", "gathering", "joined", "live"]
    assert Notice.objects.filter(key=f"team-live:{team.pk}").count() == QUORUM


def test_one_neighbour_beside_a_mentor_is_a_team(cast, borough):
    team = start(cast.dev, borough.ward, wants_mentor=True)
    assert actions.take_on(team, by=cast.carys, at=now()) is not None
    team.refresh_from_db()
    assert team.state == "live"
    assert happened(team) == ["started", "mentor", "live"]


def test_asking_neighbours_is_gathering_them(cast, borough):
    team = start(cast.dev, borough.ward)
    actions.invite(team, by=cast.dev, at=now())
    team.refresh_from_db()
    assert team.state == "gathering"


def test_a_team_goes_quiet_after_four_weeks_once(cast, borough):
    team = TeamFactory(active_at=now() - dt.timedelta(days=29))
    add_member(team, cast.dev, role="host")
    add_mentor(team, cast.carys)
    fresh = TeamFactory(active_at=now() - dt.timedelta(days=27))
    assert actions.find_quiet(at=now()) == 1
    assert actions.find_quiet(at=now()) == 0
    team.refresh_from_db()
    fresh.refresh_from_db()
    assert (team.state, fresh.state) == ("quiet", "live")
    told = Notice.objects.filter(kind="team-news").values_list("person__known_as", flat=True)
    assert sorted(told) == ["Carys", "Dev"]
    assert happened(team) == ["quiet"]


def test_something_happening_wakes_a_quiet_team(cast, borough):
    team = TeamFactory(state="quiet", active_at=now() - dt.timedelta(days=40))
    actions.touch(team, at=now())
    team.refresh_from_db()
    assert team.state == "live"
    assert actions.find_quiet(at=now()) == 0
    assert happened(team) == ["back"]


def test_a_post_between_reading_and_writing_keeps_a_team_awake(cast, borough, monkeypatch):
    team = TeamFactory(active_at=now() - dt.timedelta(days=29))
    real = actions._move

    def somebody_posts_first(found, *args, **more):
        Team.objects.filter(pk=found.pk).update(active_at=now())
        return real(found, *args, **more)

    monkeypatch.setattr(actions, "_move", somebody_posts_first)
    assert actions.find_quiet(at=now()) == 0
    team.refresh_from_db()
    assert team.state == "live"


def test_touching_costs_one_update_an_hour(cast, borough, django_assert_num_queries):
    at = now()
    team = TeamFactory(active_at=at - dt.timedelta(hours=2))
    with django_assert_num_queries(1):
        actions.touch(team, at=at)
        actions.touch(team, at=at + dt.timedelta(minutes=59))
    with django_assert_num_queries(1):
        actions.touch(team, at=at + dt.timedelta(minutes=61))


def test_touching_does_not_reopen_a_closed_team(cast, borough):
    team = TeamFactory(state="closed", active_at=now() - dt.timedelta(days=2))
    actions.touch(team, at=now())
    team.refresh_from_db()
    assert team.state == "closed"


def test_a_closed_team_keeps_its_history_and_lets_nobody_in(cast, borough, client):
    team = TeamFactory(joining="ask")
    add_member(team, cast.dev, role="host")
    add_member(team, cast.amina)
    invitation = actions.invite(team, by=cast.dev, at=now())
    join(team, cast.bryn)
    assert actions.end(team, why="The hall closed.", by=cast.dev, at=now())
    assert not actions.end(team, why="Again.", by=cast.dev, at=now())
    team.refresh_from_db()
    assert (team.state, team.ended_why, team.asked_count) == ("closed", "The hall closed.", 0)
    with pytest.raises(actions.TeamOver):
        join(team, cast.ewan)
    with pytest.raises(actions.TeamOver):
        actions.invite(team, by=cast.dev, at=now())
    invitation.refresh_from_db()
    assert not invitation.opens(now())
    assert not rules.can_post_in(cast.dev, team)
    assert rules.can_read_inside(cast.amina, team)
    client.force_login(cast.amina.account)
    assert "The hall closed." in client.get(f"/teams/{team.slug}/about/").content.decode()
    assert Notice.objects.filter(kind="team-ended").get().person == cast.amina


def test_a_team_handed_over_says_where_it_goes_on(cast, borough, client):
    team, heir = TeamFactory(), TeamFactory(name="The heirs")
    stranger = TeamFactory(name="Not theirs")
    add_member(team, cast.dev, role="host")
    add_member(heir, cast.dev)
    client.force_login(cast.dev.account)
    answers = {"how": "over", "why": "We join the heirs.", "sure": "on"}
    page = client.post(f"/teams/{team.slug}/host/end/", answers | {"handed_to": stranger.pk})
    assert page.status_code == 422
    assert client.post(f"/teams/{team.slug}/host/end/", answers | {"handed_to": heir.pk}).url
    team.refresh_from_db()
    assert (team.state, team.handed_to) == ("handed_over", heir)
    assert "The heirs" in client.get(f"/teams/{team.slug}/").content.decode()


def test_a_team_does_not_close_by_accident(cast, borough, client):
    team = TeamFactory()
    add_member(team, cast.dev, role="host")
    client.force_login(cast.dev.account)
    page = client.post(f"/teams/{team.slug}/host/end/", {"how": "close", "why": "Bye"})
    assert page.status_code == 422
    team.refresh_from_db()
    assert team.state == "live"


class TeamLife(RuleBasedStateMachine):
    """Whatever neighbours do, in whatever order, what is true of a team stays true."""

    def __init__(self):
        super().__init__()
        from doorstep.places.models import Area

        self.people = [PersonFactory(account=False) for _n in range(5)]
        self.at = now()
        self.team = start(
            self.people[0], Area.objects.filter(kind="ward").first(), key=self.people[0].handle
        )
        self.seen_states = ["idea"]

    def fresh(self):
        self.team = Team.objects.get(pk=self.team.pk)
        return self.team

    @rule(who=integers(0, 4))
    def joins(self, who):
        try:
            join(self.fresh(), self.people[who])
        except actions.TeamProblem:
            pass

    @rule(who=integers(0, 4))
    def leaves(self, who):
        try:
            actions.leave(self.fresh(), by=self.people[who], at=self.at)
        except actions.LastHost:
            pass

    @rule(who=integers(0, 4), back=booleans())
    def keys_change_hands(self, who, back):
        team, person = self.fresh(), self.people[who]
        row = Membership.objects.filter(team=team, person=person, state="member").first()
        if team.is_over:
            return
        if back:
            try:
                actions.step_down(team, by=person, at=self.at)
            except actions.LastHost:
                pass
        elif row is not None:
            actions.make_host(row, by=self.people[0], at=self.at)

    @rule(days=integers(1, 40))
    def time_passes(self, days):
        self.at += dt.timedelta(days=days)
        actions.find_quiet(at=self.at)

    @rule()
    def something_happens(self):
        actions.touch(self.fresh(), at=self.at)

    @rule()
    def a_mentor_comes(self):
        actions.ask_for_mentor(self.fresh(), by=self.people[0], at=self.at) if (
            not self.fresh().is_over
        ) else None
        actions.take_on(self.fresh(), by=self.people[4], at=self.at)

    @precondition(lambda self: len(self.seen_states) > 2)
    @rule(over=booleans())
    def ends(self, over):
        actions.end(
            self.fresh(), why="Thank you.", by=self.people[0], at=self.at, is_handed_over=over
        )

    @invariant()
    def what_is_true_stays_true(self):
        team = self.fresh()
        members = Membership.objects.filter(team=team, state="member")
        assert team.member_count == members.count()
        if not team.is_over:
            assert members.filter(role="host").exists()
        if team.state != self.seen_states[-1]:
            # One step may pass through gathering on its way to live.
            was = self.seen_states[-1]
            assert team.state in actions.MOVES[was] or (was, team.state) == ("idea", "live")
            self.seen_states.append(team.state)
        if team.is_starting:
            assert team.member_count < QUORUM
            assert not Mentoring.objects.filter(team=team, ended_at=None).exists()
        if team.is_over:
            assert team.ended_at is not None
        moves = {"gathering", "live", "quiet", "back", "closed", "handed_over"}
        noted = [what for what in happened(team) if what in moves]
        last = {"back": "live"}.get(noted[-1], noted[-1]) if noted else "idea"
        assert last == team.state


@pytest.mark.usefixtures("borough")
def test_what_is_true_of_a_team_stays_true_whatever_neighbours_do():
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        TeamLife,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert TeamEvent.objects.exists()
