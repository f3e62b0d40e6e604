"""Parts of other pages: how somebody may be reached, on their record."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string

from doorstep.notices import safe
from doorstep.notices.models import Channel
from doorstep.people.models import Person


def on_a_record(request: HttpRequest, person: Person) -> str:
    """The rules that hold, for whoever opened the record, and the way to change them."""
    held = safe.rules_of(person)
    context = {
        "person": person,
        "held": held,
        "never": [Channel(one).label for one in held.forbidden] if held else [],
        "via": held.via_words() if held else "",
    }
    return render_to_string("notices/_on_a_record.html", context, request)
