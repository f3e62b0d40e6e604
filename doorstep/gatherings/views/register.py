"""The register: on a phone at the door, on paper, and typed in afterwards."""

from __future__ import annotations

import datetime as dt
from dataclasses import astuple
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from doorstep.base import keys
from doorstep.base.pages import read_key
from doorstep.base.time import now
from doorstep.gatherings import rules
from doorstep.gatherings.actions import register as actions
from doorstep.gatherings.actions.register import Change, Mark
from doorstep.gatherings.forms.during import WalkInForm
from doorstep.gatherings.models import Place, Session, Welcome
from doorstep.gatherings.views.session_of import me_of, session_or_404
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids

BLANK_LINES = 3  # for people who just turned up, each time the page is loaded
CAME = {"came": True, "not": False, "": None}
AS_TYPED = {True: "came", False: "not", None: ""}


def register(request: HttpRequest, pk: int) -> HttpResponse:
    """Everyone coming with Here and Not here; one form, one save; walk-ins at the foot."""
    me = me_of(request)
    session = session_or_404(request, pk)
    if not rules.can_keep_register(me, session):
        raise PermissionDenied
    wants_json = request.headers.get("Accept") == "application/json"
    if request.method == "POST":
        answer = _save(request, session, me)
        if wants_json:
            code = {"": 200, "closed": 409}.get(answer["problem"], 422)
            return JsonResponse({"said": answer["said"], **_tally(session)}, status=code)
        if not answer["problem"]:
            return redirect("gatherings:register", session.pk)
        session.refresh_from_db(fields=["closed_at"])
        return _page(request, session, me, answer=answer)
    return _page(request, session, me)


def _page(
    request: HttpRequest, session: Session, me: Person, answer: dict[str, Any] | None = None
) -> HttpResponse:
    typed = request.POST if answer else {}
    rows: dict[str, list[dict[str, Any]]] = {"going": [], "waiting": [], "cancelled": []}
    unwanted = blocked_ids(me)
    for place in _places(session, me):
        was = AS_TYPED[place.came]
        guests = place.guests_came if place.came else place.guests
        rows[place.state].append(
            {
                "place": place,
                "name": place.person.known_as if place.person else place.name,
                "mark": typed.get(f"mark-{place.pk}", was),
                "was": was,
                "guests": typed.get(f"guests-{place.pk}", guests),
                "was_guests": guests,
                "greeter": _greeter(place, unwanted),
            }
        )
    blanks = answer["blanks"] if answer and answer["blanks"] else []
    blanks += [{"key": keys.new_key(20)} for _row in range(BLANK_LINES - len(blanks))]
    undo = request.session.get("register_undo") or {}
    return render(
        request,
        "gatherings/during/register.html",
        {
            "session": session,
            "gathering": session.gathering,
            "groups": rows,
            "walk_ins": [
                row
                for group in rows.values()
                for row in group
                if row["place"].walk_in_key and row["place"].person_id is None
            ],
            "blanks": blanks,
            "hows": Place.How.choices,
            "tally": _tally(session),
            "problem": answer["said"] if answer else "",
            "may_undo": undo.get("session") == session.pk and session.closed_at is None,
            "is_early": now() < session.starts_at - rules.REGISTER_OPENS,
        },
        status=409 if answer and answer["problem"] == "closed" else 422 if answer else 200,
    )


def _places(session: Session, me: Person) -> list[Place]:
    """Everybody on the list, by name, but across no block."""
    places = (
        Place.objects.filter(session=session)
        .select_related("person", "welcome__greeter")
        .order_by("id")
    )
    unwanted = blocked_ids(me)
    found = [place for place in places if place.person_id not in unwanted]
    return sorted(
        found,
        key=lambda row: ((row.person.known_as if row.person else row.name).casefold(), row.pk),
    )


def _greeter(place: Place, unwanted: set[int]) -> Person | None:
    """Who meets this newcomer at the door; nobody the reader may not see."""
    welcome: Welcome | None = getattr(place, "welcome", None)
    if welcome is None or welcome.state != Welcome.State.PROMISED:
        return None
    return None if welcome.greeter_id in unwanted else welcome.greeter


def _save(request: HttpRequest, session: Session, me: Person) -> dict[str, Any]:
    """Write what changed in the form; return what to say."""
    at = _when(request.POST.get("at"))
    marks = _marks(request)
    lines, blanks, problem = _walk_ins(request)
    if problem:
        return {"problem": "typed", "said": problem, "blanks": blanks}
    try:
        changes = actions.save_marks(session, marks, by=me, at=at)
        for line in lines:
            actions.add_walk_in(session, by=me, at=at, **line)
    except Place.DoesNotExist:
        raise Http404 from None
    except actions.RegisterClosed:
        return {
            "problem": "closed",
            "said": _("The register was closed in the meantime. Open it again, then save."),
            "blanks": blanks,
        }
    if changes:
        request.session["register_undo"] = {
            "session": session.pk,
            "changes": [astuple(change) for change in changes],
        }
    count = len(changes) + len(lines)
    said = (
        ngettext("Saved: %(count)d person.", "Saved: %(count)d people.", count) % {"count": count}
        if count
        else _("Nothing new to save.")
    )
    if request.POST.get("close"):
        actions.close_register(session, by=me, at=now())
        said = _("That's everyone. Thank you. The register is closed.")
    if request.headers.get("Accept") != "application/json":
        messages.success(request, said)
    return {"problem": "", "said": said, "blanks": []}


def _when(typed: str | None) -> dt.datetime:
    """The moment of the tap, as a phone without signal noted it; never later than now."""
    moment = now()
    try:
        tapped = parse_datetime(typed or "")
    except ValueError:
        tapped = None
    if tapped is None or tapped.tzinfo is None:
        return moment
    return tapped if moment - dt.timedelta(days=3) < tapped < moment else moment


def _marks(request: HttpRequest) -> list[Mark]:
    """The rows that were changed in this form; what others marked meanwhile is left alone."""
    marks = []
    for name, value in request.POST.items():
        if not name.startswith("mark-"):
            continue
        pk = read_key(name.removeprefix("mark-"))
        if pk is None or value not in CAME:
            raise Http404
        guests = read_key(request.POST.get(f"guests-{pk}")) or 0
        was_guests = read_key(request.POST.get(f"wasguests-{pk}")) or 0
        was = request.POST.get(f"was-{pk}")
        if value == was and (value != "came" or guests == was_guests):
            continue
        marks.append(Mark(pk, CAME[value], guests))
    return marks


def _walk_ins(request: HttpRequest) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str]:
    """Lines for people who turned up: (good ones, all as typed, what to fix)."""
    lines, blanks, problem = [], [], ""
    for number in range(60):
        prefix = f"new-{number}-"
        if f"{prefix}key" not in request.POST:
            break
        typed = {
            name: request.POST.get(prefix + name, "")
            for name in ("key", "name", "guests", "how", "first")
        }
        if not typed["name"].strip():
            continue
        blanks.append(typed)
        form = WalkInForm(typed)
        if not form.is_valid():
            problem = _("Check the new names: up to 80 letters, and at most 20 people with them.")
            continue
        clean = form.cleaned_data
        lines.append(
            {
                "key": clean["key"],
                "name": clean["name"],
                "guests": clean["guests"] or 0,
                "how": clean["how"] or Place.How.ROOM,
                "is_first_time": clean["first"],
            }
        )
    return lines, blanks, problem


def _tally(session: Session) -> dict[str, int]:
    """How many are here (guests too), not here, and still to mark."""
    here = guests = absent = left = 0
    for came, extra, state in Place.objects.filter(session=session).values_list(
        "came", "guests_came", "state"
    ):
        if came:
            here, guests = here + 1, guests + extra
        elif came is False:
            absent += 1
        elif state == Place.State.GOING:
            left += 1
    return {"here": here, "guests": guests, "absent": absent, "left": left}


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the last save back as it was."""
    me = me_of(request)
    session = session_or_404(request, pk)
    if not rules.can_keep_register(me, session):
        raise PermissionDenied
    kept = request.session.pop("register_undo", None) or {}
    changes = [Change(*row) for row in kept.get("changes", [])]
    if kept.get("session") == session.pk and actions.undo(session, changes, by=me, at=now()):
        messages.success(request, _("Put back as it was."))
    else:
        messages.info(request, _("There was nothing to put back."))
    return redirect("gatherings:register", session.pk)


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a closed register again."""
    me = me_of(request)
    session = session_or_404(request, pk)
    if not rules.can_keep_register(me, session):
        raise PermissionDenied
    actions.reopen_register(session, by=me, at=now())
    messages.success(request, _("The register is open again."))
    return redirect("gatherings:register", session.pk)


@require_POST
def remove_walk_in(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """Take a name added by mistake off again."""
    me = me_of(request)
    session = session_or_404(request, pk)
    if not rules.can_keep_register(me, session):
        raise PermissionDenied
    row = get_object_or_404(
        Place.objects.select_related("session"),
        pk=place,
        session=session,
        person=None,
        walk_in_key__isnull=False,
    )
    if actions.remove_walk_in(row, by=me, at=now()):
        messages.success(request, _("%(name)s is off the list.") % {"name": row.name})
    else:
        messages.info(request, _("The register is closed. Open it again first."))
    return redirect("gatherings:register", session.pk)


@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The register to print: names, boxes to tick, blank lines, five faces, a code square."""
    me = me_of(request)
    session = session_or_404(request, pk)
    if not rules.can_keep_register(me, session):
        raise PermissionDenied
    coming = [row for row in _places(session, me) if row.state == Place.State.GOING]
    address = f"{settings.SITE_URL}{session.get_absolute_url()}"
    return render(
        request,
        "gatherings/during/register_paper.html",
        {
            "session": session,
            "gathering": session.gathering,
            "venue": session.venue or session.gathering.venue,
            "rows": coming,
            "blank": range(8),
            "code": mark_safe(segno.make(address, error="m").svg_inline(omitsize=True, border=0)),
            "address": address.split("//", 1)[-1],
        },
    )
