"""What the page of a record shows of consent."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string

from doorstep.base.time import now
from doorstep.people.consents import rules
from doorstep.people.consents.kinds import purposes
from doorstep.people.consents.showing import shown
from doorstep.people.models import Ask, Consent, Person


def agreed(request: HttpRequest, person: Person) -> str:
    """What they agreed to: what holds now, and what waits for an answer. Two queries."""
    me = request.user.person  # type: ignore[union-attr]
    if not rules.can_record(me, person):
        return ""
    live = [
        shown(row)
        for row in Consent.objects.live(now()).filter(person=person).order_by("-recorded_at")
    ]
    return render_to_string(
        "people/consents/_panel_agreed.html",
        {
            "person": person,
            "live": live,
            "waiting": Ask.objects.filter(person=person, answered_at=None).count(),
        },
        request=request,
    )


def pass_on(request: HttpRequest, person: Person) -> str:
    """Lead to passing something on. No query."""
    me = request.user.person  # type: ignore[union-attr]
    if not rules.can_record(me, person):
        return ""
    return render_to_string(
        "people/consents/_panel_pass_on.html",
        {"person": person, "purposes": [item for item in purposes.items() if item[1].by_oneself]},
        request=request,
    )
