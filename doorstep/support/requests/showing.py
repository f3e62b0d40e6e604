"""Rows and pages of requests as they are shown: at the desk, and to whoever asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorstep.people.tongues import NAMES
from doorstep.support.models import Kind, Repeat, Request, RequestStep, Task

KIND_ICONS = {
    Kind.SHOPPING: "shopping-basket",
    Kind.PRESCRIPTION: "pill",
    Kind.PARCEL: "gift",
    Kind.CALL: "phone-call",
    Kind.TRANSPORT: "car",
    Kind.FORMS: "file-text",
    Kind.REPAIRS: "wrench",
    Kind.DOG: "dog",
    Kind.OTHER: "hand-heart",
}


@dataclass
class Row:
    """One request in a queue, ready to be drawn."""

    request: Request
    line: str
    who: str
    where: str
    flag: str  # "now", "soon" or "ok"
    waits: str
    is_late: bool
    kinds: list[tuple[str, Any]]
    language: str
    came_back: bool


def waited(since: dt.datetime, at: dt.datetime) -> str:
    """“26 min”, “2 hours”, “3 days”."""
    minutes = max(0, int((at - since).total_seconds() // 60))
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    if minutes < 48 * 60:
        hours = minutes // 60
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = minutes // (24 * 60)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def left(due: dt.datetime | None, at: dt.datetime) -> str:
    """“2 hours left”, “40 min late”."""
    if due is None:
        return ""
    if due < at:
        return _("%(time)s late") % {"time": waited(due, at)}
    return _("%(time)s left") % {"time": waited(at, due)}


def rows(requests: Iterable[Request], at: dt.datetime) -> list[Row]:
    """Return rows of requests read with person and locality."""
    return [row(one, at) for one in requests]


def row(one: Request, at: dt.datetime) -> Row:
    is_late = one.is_overdue(at)
    flag = "now" if one.priority == 1 or is_late else "soon" if one.priority == 2 else "ok"
    return Row(
        request=one,
        line=one.line,
        who=one.person.known_as,
        where=one.ward.name if one.ward else one.locality.name if one.locality else "",
        flag=flag,
        waits=waited(one.since, at),
        is_late=is_late,
        kinds=[(KIND_ICONS[Kind(kind)], Kind(kind).label) for kind in one.kinds
               if kind in Kind.values],
        language=NAMES.get(one.language, one.language) if one.language != "en-gb" else "",
        came_back=one.climbed_at is not None and one.state == Request.State.NEW,
    )  # fmt: skip


# --- For whoever asked -----------------------------------------------------------------------

# What the trail tells the person; the rest is the desk's own work.
_TOLD = {
    RequestStep.Kind.ASKED: lambda step: _("You asked."),
    RequestStep.Kind.TRIAGED: lambda step: _("Somebody looked at it."),
    RequestStep.Kind.ROUTED: lambda step: _("It went to the helpers near you."),
    RequestStep.Kind.HANDED_OVER: lambda step: _("It went to other helpers near you."),
    RequestStep.Kind.ACCEPTED: lambda step: _("The helpers near you took it on."),
    RequestStep.Kind.TAKEN: lambda step: _("Somebody has it in hand."),
    RequestStep.Kind.DECLINED: lambda step: _("They had no room. We look for another way."),
    RequestStep.Kind.CLIMBED: lambda step: _("It took too long. We look ourselves."),
    RequestStep.Kind.TAKEN_ON: lambda step: _("Somebody said they would do it."),
    RequestStep.Kind.CONTACT: lambda step: _("We got in touch, or tried to."),
    RequestStep.Kind.CLOSED: lambda step: _("It ended."),
    RequestStep.Kind.REOPENED: lambda step: _("It was opened again."),
}

_NEXT = {
    Request.State.NEW: lambda one: _("Somebody reads it and decides who can help."),
    Request.State.HUB: lambda one: _("The helpers near you say whether they can take it on."),
    Request.State.IN_HAND: lambda one: _("Somebody sees to it and gets in touch with you."),
    Request.State.WAITING: lambda one: _("We try to reach you. You can ring us too."),
}


def for_the_person(one: Request, at: dt.datetime) -> dict[str, Any]:
    """Return what the person themselves sees of their request: no notes, no names of others."""
    if one.state == Request.State.MERGED and one.merged_into is not None:
        into = Request.objects.select_related("person", "locality", "asked_by")
        one = into.get(pk=one.merged_into.pk)
    trail: list[tuple[dt.datetime, str]] = []
    for step in one.steps.all():
        said = _TOLD.get(RequestStep.Kind(step.kind))
        if said is not None and (not trail or trail[-1][1] != said(step)):
            trail.append((step.at, said(step)))
    tasks = list(one.tasks.exclude(state=Task.State.CANCELLED).order_by("starts_at", "pk")[:40])
    follows = _NEXT.get(Request.State(one.state))
    return {
        "one": one,
        "trail": trail,
        "tasks": [(KIND_ICONS[Kind(task.kind)], task) for task in tasks if task.is_unfinished],
        "done_tasks": [task for task in tasks if not task.is_unfinished],
        "repeats": list(Repeat.objects.filter(request=one, next_on__isnull=False)),
        "next_words": follows(one) if follows else "",
        "is_late": one.is_overdue(at),
    }
