"""What a safeguarding alert from a request is about: for whoever works on it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.people.models import Person
from doorstep.safeguarding.things import Subject, Thing, about_address, things
from doorstep.support.models import Request
from doorstep.support.requests import rules


def find(viewer: Person | None, pk: int) -> Subject | None:
    """Return whom a request is about, where the viewer works on it."""
    row = Request.objects.select_related("person", "locality").filter(pk=pk).first()
    if row is None or not rules.can_see(viewer, row):
        return None
    return Subject(row.person.known_as, row.person, row.get_absolute_url())


def worried_about(row: Request) -> str:
    """Return the address of the alert's form, filled with whom this request is about."""
    return about_address("request", row.pk)


def register() -> None:
    things.add("request", Thing(_("a request for help"), find))
