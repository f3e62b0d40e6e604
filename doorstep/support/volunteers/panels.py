"""Our part of a person's record page: their helping, and signing them up by phone."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string

from doorstep.people.models import Person
from doorstep.support.models import Volunteer
from doorstep.support.volunteers import rules


def on_record(request: HttpRequest, person: Person) -> str:
    """Say whether they volunteer, with the way to their page, or to sign them up."""
    me: Person | None = getattr(request.user, "person", None)
    if not rules.is_desk(me):
        return ""
    volunteer = Volunteer.objects.visible_to(me).filter(person=person).first()
    if volunteer is None and not rules.may_join(person):
        return ""
    return render_to_string(
        "support/volunteers/_record.html", {"volunteer": volunteer, "person": person}
    )
