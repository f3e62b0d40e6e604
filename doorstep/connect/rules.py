"""Who may see and do what: own relationships, own circle, and never by an organisation alone."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast

from doorstep.base.time import now
from doorstep.connect.models import (
    CircleMember,
    Conversation,
    Referral,
    Relationship,
    Walk,
)
from doorstep.organisations.models import Organisation, Position
from doorstep.people.consents.kinds import Recipient, key_of
from doorstep.people.models import Consent, Person, RoleHolding

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from doorstep.connect.models import ConversationQuerySet, ReferralQuerySet, RelationshipQuerySet

# What a person may say yes to here (`people.consents`).
WALK, SEE, MEET = "connect", "connect_see", "case_meeting"
SCOPE = "organisation"
KEPT_FOR = dt.timedelta(days=6 * 365)


def desks(person: Person | None) -> set[int]:
    """Return the ids of the organisations the person is a catalyst of. Asked once per object."""
    if person is None:
        return set()
    if not hasattr(person, "_desks"):
        held = RoleHolding.objects.held().filter(
            person=person, role=RoleHolding.Role.CATALYST, scope_kind=SCOPE
        )
        person._desks = {  # type: ignore[attr-defined]
            int(key) for key in held.values_list("scope_key", flat=True) if key.isdigit()
        }
    return person._desks  # type: ignore[attr-defined]


def _at_the_desk(person: Person, organisation: str) -> Exists:
    """Whether the person is a catalyst of the organisation a column names: `desks`, asked along."""
    key = Cast(OuterRef(organisation), CharField(max_length=40))
    return Exists(
        RoleHolding.objects.held().filter(
            person=person, role=RoleHolding.Role.CATALYST, scope_kind=SCOPE, scope_key=key
        )
    )


def leads(person: Person | None) -> set[int]:
    """Return the ids of the organisations whose one-to-one work the person leads."""
    if person is None:
        return set()
    if not hasattr(person, "_leads"):
        person._leads = set(  # type: ignore[attr-defined]
            Position.objects.held()
            .filter(person=person, role=Position.Role.OWNER)
            .values_list("organisation_id", flat=True)
        )
    return person._leads  # type: ignore[attr-defined]


def is_catalyst(person: Person | None) -> bool:
    return bool(desks(person))


def is_lead(person: Person | None) -> bool:
    """Whether the person leads an organisation that takes people on."""
    ids = leads(person)
    return bool(ids) and takers().filter(pk__in=ids).exists()


def works_here(person: Person | None) -> bool:
    return is_catalyst(person) or is_lead(person)


def takers() -> QuerySet[Organisation]:
    """Return the organisations that take people on: they have a catalyst."""
    keys = (
        RoleHolding.objects.held()
        .filter(role=RoleHolding.Role.CATALYST, scope_kind=SCOPE)
        .values_list("scope_key", flat=True)
    )
    return Organisation.objects.public().filter(pk__in=[int(k) for k in keys if k.isdigit()])


def catalysts_of(organisation: Organisation) -> QuerySet[Person]:
    """Return who walks alongside people for an organisation."""
    return catalysts_in({organisation.pk})


def catalysts_in(organisations: set[int]) -> QuerySet[Person]:
    """Return who walks alongside people for any of these organisations (ids)."""
    held = RoleHolding.objects.held().filter(
        role=RoleHolding.Role.CATALYST,
        scope_kind=SCOPE,
        scope_key__in=[str(pk) for pk in organisations],
        person=OuterRef("pk"),
    )
    return Person.objects.active().filter(Exists(held)).order_by("known_as", "pk")


def belongs_to(person: Person, organisation: Organisation) -> bool:
    """Whether the person works or helps at the organisation: it is kept apart from colleagues."""
    return Position.objects.held().filter(
        person=person, organisation=organisation
    ).exists() or organisation.pk in desks(person)


def recipient_of(organisation: Organisation) -> Recipient:
    """Return the organisation as somebody a person may say yes to."""
    return Recipient("organisation", key_of(organisation.name), organisation.name)


# --- Referrals ---------------------------------------------------------------------------------


def can_see_referral(viewer: Person | None, referral: Referral) -> bool:
    """Its sender, whom it is about, and the receiving organisation's catalysts and leads.

    Somebody who works there sees none about themselves as a worker, only as who they are.
    """
    if viewer is None:
        return False
    if viewer.pk in (referral.sender_id, referral.person_id):
        return True
    return referral.organisation_id in desks(viewer) | leads(viewer)


def referrals_visible_to(referrals: ReferralQuerySet, viewer: Person | None) -> ReferralQuerySet:
    """`can_see_referral` as a query."""
    if viewer is None:
        return referrals.none()
    return referrals.filter(
        Q(sender=viewer) | Q(person=viewer) | Q(organisation__in=desks(viewer) | leads(viewer))
    )


def can_receive(viewer: Person | None, referral: Referral) -> bool:
    """Whether the viewer answers it for the organisation; nobody answers one about themselves."""
    if viewer is None or viewer.pk == referral.person_id:
        return False
    return referral.organisation_id in desks(viewer) | leads(viewer)


# --- Relationships -----------------------------------------------------------------------------


def can_see(viewer: Person | None, relationship: Relationship) -> bool:
    """Whoever walks alongside now, and a catalyst of whom the person said yes to."""
    if viewer is None or viewer.pk == relationship.person_id:
        return False
    if relationship.person.restricted_at is not None:
        return False
    if can_work(viewer, relationship):
        return True
    return bool(_let_in(viewer).filter(person=relationship.person_id).exists())


def relationships_visible_to(
    relationships: RelationshipQuerySet, viewer: Person | None
) -> RelationshipQuerySet:
    """`can_see` as a query."""
    if viewer is None:
        return relationships.none()
    told = _let_in(viewer).filter(person=OuterRef("person"))
    return relationships.filter(
        _walks_alongside(viewer) | Q(Exists(told)), person__restricted_at=None
    ).exclude(person=viewer)


def _walks_alongside(viewer: Person) -> Q:
    mine = Walk.objects.filter(person=viewer, until=None, relationship=OuterRef("pk"))
    return Q(Exists(mine), _at_the_desk(viewer, "organisation_id"))


def worked_by(relationships: RelationshipQuerySet, viewer: Person) -> RelationshipQuerySet:
    """`can_work` as a query: part of what is `visible_to` the viewer, asked without the rest."""
    return relationships.filter(_walks_alongside(viewer), person__restricted_at=None).exclude(
        person=viewer
    )


def _let_in(viewer: Person) -> QuerySet[Consent]:
    """Consents by which the viewer's organisations may look in."""
    names = Organisation.objects.filter(pk__in=desks(viewer)).values_list("name", flat=True)
    return Consent.objects.live(now()).filter(
        purpose=SEE, recipient_kind="organisation", recipient_key__in=[key_of(n) for n in names]
    )


def can_work(viewer: Person | None, relationship: Relationship) -> bool:
    """Whether the viewer walks alongside: writes, and reads what is meant for catalysts."""
    if viewer is None or viewer.pk == relationship.person_id:
        return False
    return (
        relationship.organisation_id in desks(viewer)
        and relationship.person.restricted_at is None
        and relationship.walks.filter(person=viewer, until=None).exists()  # type: ignore[attr-defined]
    )


def can_read_conversation(viewer: Person | None, conversation: Conversation) -> bool:
    """The writer; once final, whoever it says. Not those who only look in."""
    if viewer is None:
        return False
    if conversation.by_id == viewer.pk:
        return True
    if conversation.final_at is None or conversation.readers == Conversation.Readers.WRITER:
        return False
    if viewer.pk == conversation.relationship.person_id:
        return conversation.readers == Conversation.Readers.PERSON
    return can_work(viewer, conversation.relationship)


def conversations_readable_by(
    conversations: ConversationQuerySet, viewer: Person
) -> ConversationQuerySet:
    """`can_read_conversation` as a query."""
    final = Q(final_at__isnull=False) & ~Q(readers=Conversation.Readers.WRITER)
    walks = Walk.objects.filter(
        _at_the_desk(viewer, "relationship__organisation_id"),
        person=viewer,
        until=None,
        relationship=OuterRef("relationship"),
        relationship__person__restricted_at=None,
    ).exclude(relationship__person=viewer)
    own = Q(relationship__person=viewer, readers=Conversation.Readers.PERSON)
    return conversations.filter(Q(by=viewer) | final & (own | Q(Exists(walks))))


# --- Circles -----------------------------------------------------------------------------------


def can_see_circle(viewer: Person | None, owner: Person) -> bool:
    """The person, and a member whom they let see it."""
    if viewer is None:
        return False
    if viewer.pk == owner.pk:
        return True
    return membership(viewer, owner) is not None


def membership(viewer: Person, owner: Person) -> CircleMember | None:
    """Return the place in the circle by which somebody sees it, or None."""
    found = CircleMember.objects.filter(
        owner=owner, person=viewer, state=CircleMember.State.HERE
    ).exclude(sees=CircleMember.Sees.NOTHING)
    if owner.state != Person.State.ACTIVE or owner.restricted_at is not None:
        return None
    return found.first()
