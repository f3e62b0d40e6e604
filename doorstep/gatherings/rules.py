"""Who may see and do what at a gathering."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from doorstep.base.time import today
from doorstep.feed.rules import teams_inside
from doorstep.gatherings.models import (
    Feeling,
    Gathering,
    GatheringQuerySet,
    Place,
    RoomMessage,
    Session,
    SessionQuerySet,
    Welcome,
    WelcomeQuerySet,
)
from doorstep.people.children import may_have_a_word
from doorstep.people.models import ADULT_AT, Person
from doorstep.people.rules import blocked_ids
from doorstep.teams import rules as team_rules
from doorstep.teams.models import Membership, Team


def can_see_gathering(person: Person | None, gathering: Gathering) -> bool:
    """Open ones for everybody, a team's own for the team; not across a block with the host.

    A private team keeps all of its gatherings to itself. What moderators took down is gone.
    """
    if gathering.state == Gathering.State.HIDDEN or gathering.host_id in blocked_ids(person):
        return False
    if gathering.team is None:
        return gathering.who == Gathering.Who.EVERYONE
    if gathering.who == Gathering.Who.EVERYONE and not gathering.team.is_private:
        return True
    # Members and the mentor: the same people as `teams_inside`, for one team.
    return team_rules.can_read_inside(person, gathering.team)


def gatherings_visible_to(
    gatherings: GatheringQuerySet, person: Person | None
) -> GatheringQuerySet:
    """`can_see_gathering` as a query."""
    gatherings = gatherings.filter(visible(teams_inside(person)))
    blocked = blocked_ids(person)
    return gatherings.exclude(host__in=blocked) if blocked else gatherings


def sessions_visible_to(sessions: SessionQuerySet, person: Person | None) -> SessionQuerySet:
    """Sessions of the gatherings the person may see."""
    sessions = sessions.filter(visible(teams_inside(person), "gathering__"))
    blocked = blocked_ids(person)
    return sessions.exclude(gathering__host__in=blocked) if blocked else sessions


def visible(inside: Collection[int], prefix: str = "") -> Q:
    """What somebody inside these teams may see, blocks aside; `prefix` leads to the gathering."""
    open_to_all = Q(**{f"{prefix}who": Gathering.Who.EVERYONE}) & (
        Q(**{f"{prefix}team": None}) | Q(**{f"{prefix}team__is_private": False})
    )
    theirs = open_to_all | Q(**{f"{prefix}team__in": inside}) if inside else open_to_all
    return theirs & ~Q(**{f"{prefix}state": Gathering.State.HIDDEN})


def can_plan(person: Person | None, team: Team | None = None) -> bool:
    """Plan a gathering: grown-ups for everyone, a team's hosts in its name."""
    if person is None or person.state != Person.State.ACTIVE or person.is_child:
        return False
    return team is None or team_rules.can_run_team(person, team)


def can_run(person: Person | None, gathering: Gathering) -> bool:
    """Change it, keep its register, see who comes: its host, or a host of its team."""
    if person is None:
        return False
    if gathering.host_id == person.pk:
        return True
    return gathering.team is not None and team_rules.is_host(person, gathering.team)


def can_come(person: Person | None, session: Session) -> bool:
    """Take a place: before it ends, while it is on."""
    return (
        person is not None
        and person.state == Person.State.ACTIVE
        and not session.is_called_off
        and session.gathering.state != Gathering.State.CALLED_OFF
        and session.ends_at > timezone.now()
        and can_see_gathering(person, session.gathering)
    )


def can_post_about(person: Person | None, gathering: Gathering) -> bool:
    """Write under a gathering: everyone with an account who may see it; children in teams'."""
    return (
        person is not None
        and person.state == Person.State.ACTIVE
        and can_see_gathering(person, gathering)
        and (not person.is_child or is_among_friends(person, gathering))
    )


def is_among_friends(child: Person, gathering: Gathering) -> bool:
    """Whether a gathering is for a team the child is in, and for nobody else."""
    return (
        gathering.team_id is not None
        and gathering.who != Gathering.Who.EVERYONE
        and gathering.team_id in teams_inside(child)
    )


def can_change(person: Person | None, session: Session) -> bool:
    """Move it, call it off, or take that back: who runs it, until it begins."""
    return can_run(person, session.gathering) and session.starts_at > timezone.now()


def can_see_names(person: Person | None, session: Session) -> bool:
    """Who else is coming: for those coming and the hosts; everyone else sees a number."""
    return is_coming(person, session) or can_run(person, session.gathering)


# --- During a session: welcomes, jobs, register, faces, live room ---------------------------

IS_ON = (Gathering.State.ON, Gathering.State.ENDED)
ROOM_OPENS = dt.timedelta(minutes=30)  # before the session starts
ROOM_CLOSES = dt.timedelta(hours=2)  # after it ends
REGISTER_OPENS = dt.timedelta(hours=3)  # before; the first ones always come early
ARRIVING_FROM = dt.timedelta(hours=1)  # before
LEAVING_UNTIL = dt.timedelta(hours=24)  # after


def is_on(session: Session) -> bool:
    """Neither this session nor the whole gathering is called off or taken down."""
    return not session.is_called_off and session.gathering.state in IS_ON


def place_at(person: Person | None, session: Session) -> Place | None:
    """Return the person's place at the session, asked once per Session object and person."""
    if person is None:
        return None
    known: dict[int, Place | None] = session.__dict__.setdefault("_place_of", {})
    if person.pk not in known:
        known[person.pk] = Place.objects.filter(session=session, person=person).first()
    return known[person.pk]


def is_coming(person: Person | None, session: Session) -> bool:
    place = place_at(person, session)
    return place is not None and place.state == Place.State.GOING


def can_ask_for_a_welcome(person: Person | None, session: Session) -> bool:
    """Be expected: somebody who comes for the first time, until the session is over.

    A child only where a host knows them: nobody else may promise it.
    """
    place = place_at(person, session)
    return (
        person is not None
        and place is not None
        and place.state == Place.State.GOING
        and place.is_first_time
        and is_on(session)
        and session.ends_at > timezone.now()
        and (not person.is_child or _is_known_here(person, session.gathering))
    )


def _is_known_here(child: Person, gathering: Gathering) -> bool:
    if may_have_a_word(gathering.host, child):
        return True
    if gathering.team is None:
        return False
    hosts = Membership.objects.filter(
        team=gathering.team, role=Membership.Role.HOST, state=Membership.State.MEMBER
    ).select_related("person")
    return any(may_have_a_word(row.person, child) for row in hosts)


def can_offer_to_greet(person: Person | None, session: Session) -> bool:
    """“I'll look out for newcomers”: a grown-up who comes and has come before."""
    place = place_at(person, session)
    return (
        person is not None
        and place is not None
        and place.state == Place.State.GOING
        and not place.is_first_time
        and not person.is_child
        and is_on(session)
        and session.ends_at > timezone.now()
    )


def is_greeter(person: Person | None, session: Session) -> bool:
    """Hosts, and those coming who said they look out for newcomers."""
    if can_run(person, session.gathering):
        return True
    place = place_at(person, session)
    return (
        person is not None
        and place is not None
        and place.is_greeter
        and place.state == Place.State.GOING
        and not place.is_first_time
        and not person.is_child
    )


def can_promise(person: Person | None, welcome: Welcome) -> bool:
    """Take on the welcome of a newcomer nobody expects yet; a child's is for hosts alone."""
    place = welcome.place
    session = place.session
    if person is None or welcome.state != Welcome.State.HOPED:
        return False
    if place.person_id == person.pk or place.person_id in blocked_ids(person):
        return False
    if place.state != Place.State.GOING or not is_on(session) or session.ends_at <= timezone.now():
        return False
    if place.person is not None and place.person.is_child:
        return can_run(person, session.gathering) and may_have_a_word(person, place.person)
    return is_greeter(person, session)


def can_keep_promise(person: Person | None, welcome: Welcome) -> bool:
    """Mark met or not, hand it back, see the number, note the call: the greeter alone."""
    return (
        person is not None
        and welcome.greeter_id == person.pk
        and welcome.state != Welcome.State.HOPED
        and welcome.place.state == Place.State.GOING
        and welcome.place.person_id not in blocked_ids(person)
    )


def can_see_welcome(person: Person | None, welcome: Welcome) -> bool:
    """The newcomer, their greeter, the hosts; while nobody promised, everyone who could.

    Of a gathering that moderators took down nobody but the newcomer: there is a number in it.
    """
    if person is None:
        return False
    place = welcome.place
    if place.person_id == person.pk:
        return True
    if place.session.gathering.state == Gathering.State.HIDDEN:
        return False
    if place.person_id in blocked_ids(person) or place.state != Place.State.GOING:
        return False
    if can_run(person, place.session.gathering) or can_keep_promise(person, welcome):
        return True
    return can_promise(person, welcome)


def welcomes_visible_to(welcomes: WelcomeQuerySet, person: Person | None) -> WelcomeQuerySet:
    """`can_see_welcome` as a query."""
    if person is None:
        return welcomes.none()
    hosted = Q(place__session__gathering__host=person) | Q(
        place__session__gathering__team__in=_teams_hosted(person)
    )
    kept = Q(greeter=person) & ~Q(state=Welcome.State.HOPED)
    looking = Q(
        state=Welcome.State.HOPED,
        place__session__is_called_off=False,
        place__session__ends_at__gt=timezone.now(),
        place__session__gathering__state__in=IS_ON,
    )
    offered = Place.objects.filter(
        session=OuterRef("place__session"),
        person=person,
        state=Place.State.GOING,
        is_greeter=True,
        is_first_time=False,
    )
    grown_up = (
        Q(place__person=None)
        | Q(place__person__born_on=None)
        | Q(place__person__born_on__lte=_adult_since())
    )
    looking = Q(pk__in=[]) if person.is_child else looking & Exists(offered) & grown_up
    theirs = (
        Q(place__state=Place.State.GOING)
        & ~Q(place__session__gathering__state=Gathering.State.HIDDEN)
        & (hosted | kept | looking)
    )
    return welcomes.filter(
        Q(place__person=person)
        | theirs & (Q(place__person=None) | ~Q(place__person__in=blocked_ids(person)))
    )


def _teams_hosted(person: Person) -> models.QuerySet[Membership, int]:
    return Membership.objects.filter(
        person=person, state=Membership.State.MEMBER, role=Membership.Role.HOST
    ).values_list("team_id", flat=True)


def _adult_since() -> dt.date:
    day = today()
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28)
    return day.replace(year=day.year - ADULT_AT)


def can_keep_register(person: Person | None, session: Session) -> bool:
    """Mark who came: hosts, while the session is not called off."""
    return is_on(session) and can_run(person, session.gathering)


def can_take_job(person: Person | None, session: Session) -> bool:
    """Those who come, and the hosts, until it is over."""
    return (
        person is not None
        and is_on(session)
        and session.ends_at > timezone.now()
        and (is_coming(person, session) or can_run(person, session.gathering))
    )


def moments_open(session: Session) -> list[Feeling.Moment]:
    """Return which faces are asked for now: arriving, leaving, both or none."""
    now = timezone.now()
    if not is_on(session):
        return []
    open_now = []
    if session.starts_at - ARRIVING_FROM <= now < session.ends_at:
        open_now.append(Feeling.Moment.ARRIVING)
    if session.starts_at <= now < session.ends_at + LEAVING_UNTIL:
        open_now.append(Feeling.Moment.LEAVING)
    return open_now


def can_say_how_they_feel(person: Person | None, session: Session) -> bool:
    """One's own face: those coming, while it is asked for."""
    return is_coming(person, session) and bool(moments_open(session))


def room_is_open(session: Session, at: dt.datetime | None = None) -> bool:
    """Whether the live room is open: half an hour before until two hours after."""
    moment = at or timezone.now()
    return (
        is_on(session) and session.starts_at - ROOM_OPENS <= moment < session.ends_at + ROOM_CLOSES
    )


def can_join_room(person: Person | None, session: Session) -> bool:
    """The live room (when open) is for those coming, the hosts, and the team's own people."""
    if person is None or not can_see_gathering(person, session.gathering):
        return False
    gathering = session.gathering
    if person.is_child and not is_among_friends(person, gathering):
        return False  # grown-ups they don't know would talk to them there
    return (
        is_coming(person, session)
        or can_run(person, gathering)
        or (gathering.team_id is not None and gathering.team_id in teams_inside(person))
    )


def can_see_message(person: Person | None, message: RoomMessage) -> bool:
    """Read a message: whoever may join the room, but across no block; hidden ones the hosts."""
    if message.is_taken_down or message.person_id in blocked_ids(person):
        return False
    if not can_join_room(person, message.session):
        return False
    return not message.is_hidden or can_run(person, message.session.gathering)
