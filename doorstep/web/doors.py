"""Doors between floors that stand side by side: the front door leads to a concern."""

from __future__ import annotations

import re

from django.urls import reverse
from django.utils.translation import gettext as _

from doorstep.organisations.finding.text import plain
from doorstep.support.requests.doors import Asked, Door, doors

_UNEASY = re.compile(
    r"\b(worried about|haven't seen|not seen (?:him|her|them)|curtains|looks? thinner|rubbish|"
    r"dumped|damp|mould|street ?lights?|broken glass|rats?|empty (?:house|flat)|something odd|"
    r"strange (?:men|man|people)|drug dealing|fly.?tipping)\b"
)


def concern(asked: Asked) -> Door | None:
    """A low worry about a place or somebody, which is no request for help."""
    if not _UNEASY.search(plain(asked.english)):
        return None
    return Door(
        label=_("Noticed something? Tell us"),
        why=_("because it sounds like something you noticed: somebody looks into it"),
        url=reverse("watch:tell"),
        icon="eye",
    )


def open_doors() -> None:
    """Hang it up; called once when the app is ready."""
    doors.add("concern", concern, order=20)
