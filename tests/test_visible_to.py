"""What somebody may see is told twice: as a rule of one thing, and as a query. Here they agree.

Everything with a `visible_to` is found by looking; one without a line in PROOFS fails the suite.
The world is the matrix's own (`tests/authorisation/`), changed at random: roles come and go, people
block each other, doors close, things are taken down.
"""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import doorstep
from doorstep.connect import rules as connect
from doorstep.connect.calls import rules as calls
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.diary import rules as diaries
from doorstep.connect.diary.models import Diary
from doorstep.connect.models import Referral, Relationship
from doorstep.feed import rules as feed
from doorstep.feed.models import Post, Readers
from doorstep.gatherings import rules as gatherings
from doorstep.gatherings.models import Gathering, Session, Welcome
from doorstep.grants import rules as grants
from doorstep.grants.models import Fund, Idea
from doorstep.learning import rules as learning
from doorstep.learning.models import Booklet, Carry, Community, Member, Thing
from doorstep.learning.models import Meeting as LearningMeeting
from doorstep.organisations import rules as organisations
from doorstep.organisations.models import Organisation, Position, Service
from doorstep.organisations.models import State as EntryState
from doorstep.people import rules as people
from doorstep.people.consents import rules as consents
from doorstep.people.merging import rules as merging
from doorstep.people.models import (
    Block,
    Consent,
    Merge,
    Override,
    Pair,
    Person,
    Reliance,
    RightsRequest,
    RoleHolding,
    Sheet,
)  # fmt: skip
from doorstep.people.records import rules as records
from doorstep.people.rights import rules as rights
from doorstep.places.models import Area
from doorstep.safeguarding import rules as safeguarding
from doorstep.safeguarding.models import Alert
from doorstep.support.models import Assignment, Request, Round, RoundPlan, Task, Volunteer
from doorstep.support.requests import rules as support
from doorstep.support.rounds import rules as rounds
from doorstep.support.tasks import rules as tasks
from doorstep.support.volunteers import rules as volunteers
from doorstep.teams import rules as teams
from doorstep.teams.models import Membership, Team
from doorstep.watch import rules as watch
from doorstep.watch.models import Concern, Signal
from doorstep.watch.signals import rules as signals
from tests.authorisation.world import afresh
from tests.test_authorisation import _in_this_world, site  # noqa: F401

pytestmark = pytest.mark.django_db

# The query -> (its model, the rule it tells again).
PROOFS = {
    people.people_visible_to: (Person, people.can_see_person),
    records.records_visible_to: (Person, records.can_open_record),
    merging.pairs_visible_to: (Pair, merging.can_see_pair),
    merging.merges_visible_to: (Merge, merging.can_see_merge),
    consents.consents_visible_to: (Consent, consents.can_see_consent),
    consents.overrides_visible_to: (Override, consents.can_see_override),
    consents.sheets_visible_to: (Sheet, consents.can_see_sheet),
    consents.reliances_visible_to: (
        Reliance,
        lambda me, row: me is not None and row.by_id == me.pk,
    ),
    rights.requests_visible_to: (RightsRequest, rights.can_see_request),
    safeguarding.alerts_visible_to: (Alert, safeguarding.can_see),
    watch.concerns_visible_to: (Concern, watch.can_see),
    signals.signals_visible_to: (Signal, signals.can_see),
    organisations.organisations_visible_to: (Organisation, organisations.can_see_organisation),
    organisations.services_visible_to: (Service, organisations.can_see_service),
    grants.funds_visible_to: (Fund, grants.can_see_fund),
    grants.ideas_visible_to: (Idea, grants.can_see_idea),
    teams.teams_visible_to: (Team, teams.can_see_team),
    feed.posts_visible_to: (Post, feed.can_see_post),
    gatherings.gatherings_visible_to: (Gathering, gatherings.can_see_gathering),
    gatherings.sessions_visible_to: (
        Session,
        lambda me, row: gatherings.can_see_gathering(me, row.gathering),
    ),
    gatherings.welcomes_visible_to: (Welcome, gatherings.can_see_welcome),
    connect.referrals_visible_to: (Referral, connect.can_see_referral),
    connect.relationships_visible_to: (Relationship, connect.can_see),
    diaries.diaries_visible_to: (Diary, diaries.can_see_diary),
    calls.calls_visible_to: (Call, calls.can_see_call),
    calls.asks_visible_to: (CallAsk, calls.can_see_ask),
    learning.communities_visible_to: (Community, learning.can_see_community),
    learning.meetings_visible_to: (LearningMeeting, learning.can_see_meeting),
    learning.things_visible_to: (Thing, learning.can_see_thing),
    learning.carries_visible_to: (Carry, learning.can_see_carry),
    learning.booklets_visible_to: (Booklet, learning.can_see_booklet),
    support.requests_visible_to: (Request, support.can_see),
    support.tasks_visible_to: (Task, support.can_see_task),
    rounds.plans_visible_to: (RoundPlan, rounds.can_see_plan),
    rounds.rounds_visible_to: (Round, rounds.can_see_round),
    tasks.assignments_visible_to: (Assignment, tasks.can_see),
    volunteers.volunteers_visible_to: (Volunteer, volunteers.can_see),
}


def rule_modules():
    for one in pkgutil.walk_packages(doorstep.__path__, "doorstep."):
        if one.name.rsplit(".", 1)[-1] == "rules":
            yield importlib.import_module(one.name)


def test_everything_told_as_a_query_is_proved_here():
    told = {
        thing
        for module in rule_modules()
        for name, thing in vars(module).items()
        if name.endswith("_visible_to") and getattr(thing, "__module__", "") == module.__name__
    }
    assert {f"{one.__module__}.{one.__name__}" for one in told - PROOFS.keys()} == set()


def test_every_queryset_with_visible_to_is_proved_here():
    proved = {model for model, _rule in PROOFS.values()}
    without = {
        model.__name__
        for model in apps.get_models()
        if hasattr(model._default_manager.get_queryset(), "visible_to") and model not in proved
    }
    assert without == set()


# --- The world, changed at random ------------------------------------------------------------

_some = st.integers(min_value=0, max_value=40)


def _change(kind, **words):
    return st.fixed_dictionaries({"kind": st.just(kind), **words})


CHANGES = st.lists(
    st.one_of(
        _change("role", who=_some, role=st.sampled_from(RoleHolding.Role.values), where=_some),
        _change("unrole", who=_some),
        _change("offer", who=_some),
        _change("block", who=_some, other=_some),
        _change("born", who=_some, years=st.integers(min_value=1, max_value=90)),
        _change("state", who=_some, state=st.sampled_from(Person.State.values)),
        _change("home", who=_some, where=_some),
        _change("team", which=_some, is_private=st.booleans()),
        _change("member", who=_some, which=_some, state=st.sampled_from(Membership.State.values)),
        _change(
            "post",
            which=_some,
            state=st.sampled_from(Post.State.values),
            readers=st.sampled_from(Readers.values),
            who=_some,
        ),
        _change(
            "gathering",
            which=_some,
            state=st.sampled_from(Gathering.State.values),
            who=st.sampled_from(Gathering.Who.values),
            host=_some,
        ),
        _change("welcome", which=_some, state=st.sampled_from(Welcome.State.values), who=_some),
        _change("learns", who=_some, which=_some),
        _change("thing", which=_some, state=st.sampled_from(["live", "down"]), who=_some),
        _change("carried", which=_some, state=st.sampled_from(Carry.State.values)),
        _change("argued", who=_some),
        _change("alert", which=_some, who=_some),
        _change("entry", which=_some, state=st.sampled_from(EntryState.values)),
        _change(
            "position",
            which=_some,
            who=_some,
            role=st.sampled_from(Position.Role.values),
            is_taken_on=st.booleans(),
        ),
    ),
    max_size=7,
)


def _pick(rows, number):
    found = list(rows.order_by("pk"))
    return found[number % len(found)]


def apply(change):
    """Do one change to the world; what cannot be (a second membership) is left as it is."""
    everybody, areas = Person.objects.all(), Area.objects.all()
    who = _pick(everybody, change["who"]) if isinstance(change.get("who"), int) else None
    match change["kind"]:
        case "role":
            area = _pick(areas, change["where"])
            if not RoleHolding.objects.filter(person=who, role=change["role"], area=area).exists():
                RoleHolding.objects.create(person=who, role=change["role"], area=area)
        case "unrole":
            RoleHolding.objects.filter(person=who).update(ends_at=timezone.now())
        case "offer":
            RoleHolding.objects.filter(person=who).update(accepted_at=None)
        case "block":
            other = _pick(everybody, change["other"])
            if other != who:
                Block.objects.get_or_create(blocker=who, blocked=other)
        case "born":
            born = timezone.now().date().replace(day=1)
            Person.objects.filter(pk=who.pk).update(
                born_on=born.replace(year=born.year - change["years"])
            )
        case "state":
            Person.objects.filter(pk=who.pk).update(state=change["state"])
        case "home":
            Person.objects.filter(pk=who.pk).update(home=_pick(areas, change["where"]))
        case "team":
            team = _pick(Team.objects.all(), change["which"])
            Team.objects.filter(pk=team.pk).update(is_private=change["is_private"])
        case "member":
            team = _pick(Team.objects.all(), change["which"])
            Membership.objects.update_or_create(
                team=team, person=who, defaults={"state": change["state"]}
            )
        case "post":
            post = _pick(Post.objects.all(), change["which"])
            Post.objects.filter(pk=post.pk).update(
                state=change["state"], readers=change["readers"], author=who
            )
        case "gathering":
            one = _pick(Gathering.objects.all(), change["which"])
            Gathering.objects.filter(pk=one.pk).update(
                state=change["state"], who=change["who"], host=_pick(everybody, change["host"])
            )
        case "welcome":
            one = _pick(Welcome.objects.all(), change["which"])
            hoped = change["state"] == Welcome.State.HOPED
            Welcome.objects.filter(pk=one.pk).update(
                state=change["state"], greeter=None if hoped else who
            )
        case "learns":
            Member.objects.create(
                community=_pick(Community.objects.all(), change["which"]), person=who
            )
        case "thing":
            one = _pick(Thing.objects.exclude(kind="story"), change["which"])
            Thing.objects.filter(pk=one.pk).update(state=change["state"], made_by=who)
        case "carried":
            one = _pick(Carry.objects.all(), change["which"])
            Carry.objects.filter(pk=one.pk).update(
                state=change["state"], answered_at=timezone.now()
            )
        case "argued":
            Person.objects.filter(pk=who.pk).update(restricted_at=timezone.now())
        case "alert":
            one = _pick(Alert.objects.all(), change["which"])
            Alert.objects.filter(pk=one.pk).update(about=who)
        case "entry":
            for model in (Organisation, Service):
                one = _pick(model.objects.all(), change["which"])
                model.objects.filter(pk=one.pk).update(state=change["state"])
        case "position":
            Position.objects.create(
                organisation=_pick(Organisation.objects.all(), change["which"]),
                person=who,
                role=change["role"],
                accepted_at=timezone.now() if change["is_taken_on"] else None,
            )


@settings(
    max_examples=50,
    deadline=None,
    # Making a failing world smaller costs minutes here; its few changes are short enough to read.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=CHANGES, viewers=st.lists(_some, min_size=3, max_size=3))
def test_the_rule_and_the_query_tell_the_same(site, changes, viewers):  # noqa: F811
    with transaction.atomic():
        for change in changes:
            try:
                with transaction.atomic():
                    apply(change)
            except IntegrityError:
                pass  # the database knows that this can't be
        people_now = list(Person.objects.order_by("pk"))
        for viewer in (None, *(people_now[number % len(people_now)] for number in viewers)):
            for query, (model, rule) in PROOFS.items():
                by_query = set(
                    query(model.objects.all(), afresh(viewer)).values_list("pk", flat=True)
                )
                me = afresh(viewer)
                by_rule = {row.pk for row in model.objects.all() if rule(me, row)}
                assert by_query == by_rule, (query.__name__, viewer)
        transaction.set_rollback(True)


def test_the_world_holds_some_of_everything(site):  # noqa: F811
    empty = [model.__name__ for model, _rule in PROOFS.values() if not model.objects.exists()]
    assert empty == []
