"""Who may see and do what in the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from doorstep.organisations.models import PUBLIC_STATES, Organisation, Position, Service
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import holds

if TYPE_CHECKING:
    from doorstep.organisations.models import OrganisationQuerySet, ServiceQuerySet

_Role = RoleHolding.Role


def is_keeper(person: Person | None) -> bool:
    """Whether the person keeps the directory: officers, and those who edit stories."""
    return holds(person, _Role.OFFICER, _Role.EDITOR)


def editable_ids(person: Person | None) -> set[int]:
    """Return the ids of the organisations whose entries the person looks after by a position.

    Asked once for each Person object.
    """
    if person is None:
        return set()
    if not hasattr(person, "_edits_organisations"):
        person._edits_organisations = set(  # type: ignore[attr-defined]
            Position.objects.held()
            .filter(person=person, role__in=Position.MAY_EDIT)
            .values_list("organisation_id", flat=True)
        )
    return person._edits_organisations  # type: ignore[attr-defined]


def forget(person: Person) -> None:
    """Ask the person's positions afresh, because one came or went."""
    person.__dict__.pop("_edits_organisations", None)


def can_edit(person: Person | None, organisation: Organisation | None) -> bool:
    """Whether the person may change the organisation's entries and offers.

    An entry without an organisation (None) is the keepers' alone.
    """
    if is_keeper(person):
        return True
    return organisation is not None and organisation.pk in editable_ids(person)


def can_edit_service(person: Person | None, service: Service) -> bool:
    if is_keeper(person):
        return True
    return service.organisation_id is not None and service.organisation_id in editable_ids(person)


def can_manage_positions(person: Person | None, organisation: Organisation) -> bool:
    """Whether the person says who works there: its owners, and keepers."""
    if person is None:
        return False
    return (
        is_keeper(person)
        or Position.objects.held()
        .filter(person=person, organisation=organisation, role=Position.Role.OWNER)
        .exists()
    )


def can_see_organisation(viewer: Person | None, organisation: Organisation) -> bool:
    """Anybody sees what shows; drafts and the closed, those who may change them."""
    return organisation.state in PUBLIC_STATES or can_edit(viewer, organisation)


def organisations_visible_to(
    organisations: OrganisationQuerySet, viewer: Person | None
) -> OrganisationQuerySet:
    """`can_see_organisation` as a query."""
    if is_keeper(viewer):
        return organisations
    shown = Q(state__in=PUBLIC_STATES)
    if viewer is None:
        return organisations.filter(shown)
    return organisations.filter(shown | Q(Exists(_edits(viewer, "pk"))))


def can_see_service(viewer: Person | None, service: Service) -> bool:
    """Anybody sees what shows; drafts and the closed, those who may change them."""
    return service.state in PUBLIC_STATES or can_edit_service(viewer, service)


def services_visible_to(services: ServiceQuerySet, viewer: Person | None) -> ServiceQuerySet:
    """`can_see_service` as a query."""
    if is_keeper(viewer):
        return services
    shown = Q(state__in=PUBLIC_STATES)
    if viewer is None:
        return services.filter(shown)
    return services.filter(shown | Q(Exists(_edits(viewer, "organisation"))))


def _edits(viewer: Person, where: str):  # type: ignore[no-untyped-def]
    return Position.objects.held().filter(
        person=viewer, role__in=Position.MAY_EDIT, organisation=OuterRef(where)
    )
