"""Who may see and do what among those who learn together.

A member sees what their communities have, and what was carried to them. A draft is its writer's
alone; a story waits for a second reader. Whoever told a story sees it wherever they are.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q

from doorstep.gatherings import rules as gatherings
from doorstep.gatherings.models import Gathering
from doorstep.learning.models import (
    Booklet,
    BookletQuerySet,
    Carry,
    CarryQuerySet,
    Community,
    CommunityQuerySet,
    Meeting,
    MeetingQuerySet,
    Member,
    Telling,
    Thing,
    ThingQuerySet,
)
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import blocked_ids, holds

FACILITATOR = RoleHolding.Role.FACILITATOR
SCOPE = "community"
_Kind, _State = Thing.Kind, Thing.State

# What may lead to what: along the chain, and back to a new question from what was learned.
LEADS_TO: dict[str, tuple[str, ...]] = {
    _Kind.QUESTION: (_Kind.STORY, _Kind.INSIGHT, _Kind.EXPERIMENT, _Kind.CHANGE),
    _Kind.STORY: (_Kind.QUESTION, _Kind.INSIGHT, _Kind.EXPERIMENT, _Kind.CHANGE),
    _Kind.INSIGHT: (_Kind.QUESTION, _Kind.EXPERIMENT, _Kind.CHANGE),
    _Kind.EXPERIMENT: (_Kind.QUESTION, _Kind.INSIGHT, _Kind.CHANGE),
    _Kind.CHANGE: (_Kind.QUESTION,),
}


# --- Communities ------------------------------------------------------------------------------


def facilitated(person: Person | None) -> frozenset[int]:
    """Return the ids of communities the person facilitates."""
    if not holds(person, FACILITATOR) or person is None:
        return frozenset()
    return frozenset(
        int(key)
        for role, _path, kind, key in person.__dict__.get("_roles_where", ())
        if role == FACILITATOR and kind == SCOPE and key.isdigit()
    )


def inside(person: Person | None) -> frozenset[int]:
    """Return the ids of communities the person is in. Asked once per Person object."""
    if person is None or person.is_child:
        return frozenset()
    found = person.__dict__.get("_learning_in")
    if found is None:
        mine = Member.objects.filter(person=person, left_at=None)
        found = frozenset(mine.values_list("community_id", flat=True)) | facilitated(person)
        person.__dict__["_learning_in"] = found
    return found


def is_learning(person: Person | None) -> bool:
    """Whether there is something here for the person: the rule of the link to these pages."""
    return bool(inside(person)) or can_start(person)


def can_start(person: Person | None) -> bool:
    """Begin a community: whoever is a facilitator in the borough or a part of it."""
    if person is None or person.is_child or not holds(person, FACILITATOR):
        return False
    return any(
        role == FACILITATOR and kind == "area"
        for role, _path, kind, _key in person.__dict__.get("_roles_where", ())
    )


def can_see_community(person: Person | None, community: Community) -> bool:
    return community.pk in inside(person)


def communities_visible_to(
    communities: CommunityQuerySet, person: Person | None
) -> CommunityQuerySet:
    """`can_see_community` as a query."""
    return communities.filter(pk__in=inside(person))


def can_facilitate(person: Person | None, community: Community) -> bool:
    return can_see_community(person, community) and community.pk in facilitated(person)


def can_write(person: Person | None, community: Community) -> bool:
    """Add to it: everybody in it, while it is open."""
    return (
        person is not None
        and person.state == Person.State.ACTIVE
        and community.is_open
        and can_see_community(person, community)
    )


# --- Meetings ---------------------------------------------------------------------------------


def can_see_meeting(person: Person | None, meeting: Meeting) -> bool:
    return meeting.community_id in inside(person)


def meetings_visible_to(meetings: MeetingQuerySet, person: Person | None) -> MeetingQuerySet:
    """`can_see_meeting` as a query."""
    return meetings.filter(community__in=inside(person))


def can_run_meeting(person: Person | None, meeting: Meeting) -> bool:
    """Change when and where, call it off: who planned it, and facilitators."""
    return can_write(person, meeting.community) and (
        can_facilitate(person, meeting.community)
        or (person is not None and meeting.made_by_id == person.pk)
    )


def can_bring(person: Person | None, gathering: Gathering) -> bool:
    """Bring a gathering's figures: whoever may read them at home, its hosts."""
    return gatherings.can_run(person, gathering)


# --- Things -----------------------------------------------------------------------------------


def can_see_thing(person: Person | None, thing: Thing) -> bool:
    if person is None:
        return False
    telling = _telling(thing)
    if (
        telling is not None
        and telling.teller_id == person.pk
        and thing.state in (_State.SENT, _State.LIVE, _State.WITHDRAWN)
    ):
        return True
    if telling is not None and telling.teller is not None and telling.teller.restricted_at:
        return False  # argued over: kept, and not used meanwhile
    if thing.community_id in inside(person):
        match thing.state:
            case _State.LIVE | _State.WITHDRAWN:
                return True
            case _State.DRAFT:
                return thing.made_by_id == person.pk
            case _State.DOWN:
                return thing.made_by_id == person.pk or thing.community_id in facilitated(person)
            case _State.SENT:
                return (
                    thing.made_by_id == person.pk
                    or thing.community_id in facilitated(person)
                    or (telling is not None and telling.reader_asked_id == person.pk)
                )
    return is_carried_to(person, thing)


def is_carried_to(person: Person | None, thing: Thing) -> bool:
    """Whether it was carried to a community the person is in."""
    return (
        thing.state == _State.LIVE
        and thing.kind in Thing.CARRIED
        and Carry.objects.filter(thing=thing, to__in=inside(person))
        .exclude(state=Carry.State.BACK)
        .exists()
    )


def things_visible_to(things: ThingQuerySet, person: Person | None) -> ThingQuerySet:
    """`can_see_thing` as a query."""
    if person is None:
        return things.none()
    home, mine = inside(person), Q(made_by=person)
    facilitator = Q(community__in=facilitated(person) & home)
    asked = Exists(Telling.objects.filter(thing=OuterRef("pk"), reader_asked=person))
    told = Exists(Telling.objects.filter(thing=OuterRef("pk"), teller=person))
    kept_apart = Exists(
        Telling.objects.filter(thing=OuterRef("pk"), teller__restricted_at__isnull=False)
    )
    carried = Exists(
        Carry.objects.filter(thing=OuterRef("pk"), to__in=home).exclude(state=Carry.State.BACK)
    )
    here = Q(community__in=home) & (
        Q(state__in=[_State.LIVE, _State.WITHDRAWN])
        | Q(state=_State.DRAFT) & mine
        | Q(state=_State.DOWN) & (mine | facilitator)
        | Q(state=_State.SENT) & (mine | facilitator | asked)
    )
    return things.filter(
        here & ~kept_apart
        | told & Q(state__in=[_State.SENT, _State.LIVE, _State.WITHDRAWN])
        | carried & Q(state=_State.LIVE, kind__in=Thing.CARRIED)
    )


def _telling(thing: Thing) -> Telling | None:
    if thing.kind != _Kind.STORY:
        return None
    try:
        return thing.telling  # type: ignore[attr-defined]
    except Telling.DoesNotExist:
        return None


def is_teller(person: Person | None, thing: Thing) -> bool:
    """Whether it is the person's own story, whoever wrote it down."""
    telling = _telling(thing)
    return person is not None and telling is not None and telling.teller_id == person.pk


def can_change(person: Person | None, thing: Thing) -> bool:
    """Put it in other words: who wrote it; facilitators too, but for a story."""
    if person is None or not can_write(person, thing.community):
        return False
    if thing.state in (_State.WITHDRAWN, _State.DOWN):
        return False
    if thing.made_by_id == person.pk:
        return True
    return thing.kind != _Kind.STORY and can_facilitate(person, thing.community)


def can_take_down(person: Person | None, thing: Thing) -> bool:
    """Take it out of sight, and put it back: who wrote it, and facilitators."""
    if person is None or thing.state not in (_State.LIVE, _State.DOWN):
        return False
    return can_write(person, thing.community) and (
        thing.made_by_id == person.pk or can_facilitate(person, thing.community)
    )


def can_read_second(person: Person | None, thing: Thing) -> bool:
    """Read a story before others do: a facilitator or who was asked, never its writer."""
    telling = _telling(thing)
    return (
        person is not None
        and telling is not None
        and thing.state == _State.SENT
        and thing.made_by_id != person.pk
        and telling.teller_id != person.pk
        and can_write(person, thing.community)
        and (can_facilitate(person, thing.community) or telling.reader_asked_id == person.pk)
    )


def can_withdraw(person: Person | None, thing: Thing) -> bool:
    """Take a story back: who told it; and for them who wrote it down, and facilitators."""
    if person is None or thing.kind != _Kind.STORY or thing.state == _State.WITHDRAWN:
        return False
    return is_teller(person, thing) or (
        thing.community_id in inside(person)
        and (thing.made_by_id == person.pk or can_facilitate(person, thing.community))
    )


def can_see_what_left(person: Person | None, thing: Thing) -> bool:
    """The list of copies that have left us: who told the story, who wrote it, facilitators."""
    if person is None or thing.kind != _Kind.STORY:
        return False
    return is_teller(person, thing) or (
        thing.community_id in inside(person)
        and (thing.made_by_id == person.pk or can_facilitate(person, thing.community))
    )


def can_join_up(person: Person | None, one: Thing, other: Thing) -> bool:
    """Link two things that both show, where one may lead to the other."""
    return (
        one.pk != other.pk
        and one.state == _State.LIVE
        and other.state == _State.LIVE
        and other.kind in LEADS_TO[one.kind]
        and can_see_thing(person, one)
        and can_see_thing(person, other)
        and (can_write(person, one.community) or can_write(person, other.community))
    )


def can_run_experiment(person: Person | None, thing: Thing) -> bool:
    """Say how it goes: its owner, who wrote it, facilitators."""
    if person is None or thing.kind != _Kind.EXPERIMENT:
        return False
    return can_change(person, thing) or (
        thing.state == _State.LIVE
        and thing.experiment.owner_id == person.pk  # type: ignore[attr-defined]
        and can_write(person, thing.community)
    )


# --- Carrying ---------------------------------------------------------------------------------


def can_see_carry(person: Person | None, carry: Carry) -> bool:
    here = inside(person)
    if carry.thing.community_id in here:
        return carry.thing.state == _State.LIVE
    return (
        carry.to_id in here and carry.state != Carry.State.BACK and carry.thing.state == _State.LIVE
    )


def carries_visible_to(carries: CarryQuerySet, person: Person | None) -> CarryQuerySet:
    """`can_see_carry` as a query."""
    here = inside(person)
    return carries.filter(
        Q(thing__community__in=here) | Q(to__in=here) & ~Q(state=Carry.State.BACK),
        thing__state=_State.LIVE,
    )


def can_carry(person: Person | None, thing: Thing) -> bool:
    """Take it to another community: those at home where it was asked."""
    return (
        thing.kind in Thing.CARRIED
        and thing.state == _State.LIVE
        and can_write(person, thing.community)
    )


def where_to(thing: Thing) -> models.QuerySet[Community]:
    """Return the open communities it can still be carried to, by name."""
    there = Carry.objects.filter(thing=thing).exclude(state=Carry.State.BACK).values("to")
    return (
        Community.objects.filter(closed_at=None)
        .exclude(pk=thing.community_id)
        .exclude(pk__in=there)
        .order_by("name", "pk")
    )


def can_answer(person: Person | None, carry: Carry) -> bool:
    """Answer what was carried here, or put the answer better."""
    return (
        carry.state != Carry.State.BACK
        and carry.thing.state == _State.LIVE
        and can_write(person, carry.to)
    )


def can_take_back(person: Person | None, carry: Carry) -> bool:
    """Take it back before it is answered: who carried it, and facilitators at home."""
    home = carry.thing.community
    return (
        person is not None
        and carry.state == Carry.State.OPEN
        and can_write(person, home)
        and (carry.carried_by_id == person.pk or can_facilitate(person, home))
    )


def can_say_what_came(person: Person | None, carry: Carry) -> bool:
    """Say what came of an answer: anybody at home."""
    return carry.state == Carry.State.ANSWERED and can_write(person, carry.thing.community)


# --- Booklets ---------------------------------------------------------------------------------


def can_see_booklet(person: Person | None, booklet: Booklet) -> bool:
    return booklet.community_id in inside(person)


def booklets_visible_to(booklets: BookletQuerySet, person: Person | None) -> BookletQuerySet:
    """`can_see_booklet` as a query."""
    return booklets.filter(community__in=inside(person))


# --- Names ------------------------------------------------------------------------------------


def may_name(viewer: Person | None, person: Person) -> bool:
    """Whether `viewer` reads this person's name here: not across a block."""
    return person.pk not in blocked_ids(viewer)
