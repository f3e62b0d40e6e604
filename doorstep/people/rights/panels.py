"""The rights panel of a person's record, for those who act for them."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string

from doorstep.people.models import Person, RightsRequest
from doorstep.people.rights import rules


def rights_panel(request: HttpRequest, person: Person) -> str:
    """Return what is asked and in force for this person, with the way to do more."""
    me = getattr(request.user, "person", None)
    if not rules.can_act_for(me, person):
        return ""
    waiting = RightsRequest.objects.filter(person=person).waiting().order_by("due_on")
    return render_to_string(
        "people/rights/_panel.html",
        {"person": person, "waiting": waiting, "is_restricted": rules.is_restricted(person)},
        request=request,
    )
