"""What pages of lower floors show of concerns: an area's page, a record."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string

from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.people.records.rules import can_open_record
from doorstep.places.models import Area
from doorstep.watch import closing, rules, weighing
from doorstep.watch.models import Concern


def on_an_area(request: HttpRequest, area: Area) -> str:
    """Lead to telling and to “you said, we did”. No query."""
    return render_to_string("watch/_area_panel.html", {"area": area})


def on_a_record(request: HttpRequest, person: Person) -> str:
    """Type for them on a call, read them what came of what they told, and weigh up weak signs."""
    me = request.user.person  # type: ignore[union-attr]
    if not rules.can_type_for_another(me) or not can_open_record(me, person):
        return ""
    told = (
        Concern.objects.filter(spotter=person)
        .select_related("theme", "area", "merged_into")
        .order_by("-logged_at", "-pk")[:5]
    )
    context = {
        "person": person,
        "told": [(row, *closing.words_for(row)) for row in told],
        "signs": weighing.of_person(me, person, now()),
    }
    return render_to_string("watch/_record_panel.html", context, request=request)
