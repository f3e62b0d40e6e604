"""The record page: find a person, say why, see how to reach them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base import limits
from doorstep.base.time import now
from doorstep.people import numbers, postcodes
from doorstep.people.merging.matching import like
from doorstep.people.merging.rules import leads_to
from doorstep.people.models import ContactChange, Person, record_panels
from doorstep.people.readings import showing
from doorstep.people.readings.kinds import reasons
from doorstep.people.records import actions, rules
from doorstep.people.records.forms import (
    EmergencyForm,
    FindForm,
    NewRecordForm,
    PutRightForm,
    ReasonForm,
)
from doorstep.people.tongues import named

# How long a reason given for one record holds, so that nobody on a call is asked at every click.
REASON_HOLDS = dt.timedelta(minutes=30)
MOST_FOUND = 10
_KEPT = "records_open"


# --- Finding ---------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Find a record. What is typed is sent as a form, so that no address holds a number."""
    me = request.user.person  # type: ignore[union-attr]
    if not rules.can_find_records(me):
        if rules.can_break_glass(me):
            return redirect("people:break_glass")
        raise PermissionDenied
    form = FindForm(request.POST or None)
    found: list[Person] | None = None
    is_more = False
    if form.is_valid():
        kind, value = form.cleaned_data["who"]
        found = search(me, kind, value)
        is_more = len(found) > MOST_FOUND
        found = found[:MOST_FOUND]
    return render(
        request,
        "people/records/find.html",
        {
            "form": form,
            "found": found,
            "is_more": is_more,
            "can_review": rules.can_review(me),
            "places": sorted({name for _role, _path, name in rules.reach(me)}),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def search(me: Person, kind: str, value: str) -> list[Person]:
    """Return the people `me` may open who have this number or e-mail, or whose name begins so."""
    people = rules.records_visible_to(Person.objects.select_related("home"), me)
    if kind == "name":
        same = people.filter(known_as__istartswith=value)
    else:
        ids = set(Person.objects.filter(**{kind: value}).values_list("pk", flat=True))
        ids |= set(
            Person.objects.filter(
                **{f"account__{kind}": value, "account__is_pending": False}
            ).values_list("pk", flat=True)
        )
        # A number that only a joined record had still finds the person.
        joined = Person.objects.filter(pk__in=ids, merged_into__isnull=False)
        ids |= {pk for pk in joined.values_list("merged_into", flat=True) if pk is not None}
        same = people.filter(pk__in=ids)
    return list(same.order_by("known_as", "pk")[: MOST_FOUND + 1])


# --- Opening ---------------------------------------------------------------------------------


def _reason_kept(request: HttpRequest, person: Person) -> dict[str, Any] | None:
    """The reason given for this record in this browser, while it holds."""
    kept = request.session.get(_KEPT, {}).get(person.handle)
    return kept if kept and kept["until"] > now().timestamp() else None


def _keep_reason(request: HttpRequest, person: Person, **kept: Any) -> None:
    at = now().timestamp()
    still = {
        handle: row for handle, row in request.session.get(_KEPT, {}).items() if row["until"] > at
    }
    still[person.handle] = kept | {"until": at + REASON_HOLDS.total_seconds()}
    request.session[_KEPT] = still


def opened(request: HttpRequest, handle: str) -> tuple[Person, dict[str, Any] | None]:
    """Return the person and the reason this browser gave for opening their record.

    404 for whom the viewer's role does not reach, unless they broke the glass for this record a
    moment ago. Other parts of the record page (consent, rights) fetch through this.
    """
    me = request.user.person  # type: ignore[union-attr]
    people = Person.objects.select_related("home", "account")
    person = rules.records_visible_to(people, me).filter(handle=handle).first()
    if person is None and rules.can_break_glass(me):
        person = people.exclude(pk=me.pk).filter(handle=handle).first()
        kept = _reason_kept(request, person) if person is not None else None
        if kept is None or kept["reason"] != "emergency":
            person = None
    if person is None:
        stays = leads_to(handle)
        if stays is not None and rules.can_open_record(me, stays):
            raise PartOfAnother(stays)
        raise Http404
    return person, _reason_kept(request, person)


class PartOfAnother(Http404):
    """The record is part of another one by now, which the viewer may open."""

    def __init__(self, kept: Person) -> None:
        super().__init__()
        self.kept = kept


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, handle: str) -> HttpResponse:
    """Ask why, then show how to reach somebody and what else is held."""
    me = request.user.person  # type: ignore[union-attr]
    try:
        person, kept = opened(request, handle)
    except PartOfAnother as found:
        messages.info(request, _("Two records were joined. This is the one that stays."))
        return redirect("people:record", handle=found.kept.handle)
    if kept is None:
        form = ReasonForm(request.POST or None)
        if form.is_valid():
            _keep_reason(request, person, **form.cleaned_data)
            return redirect("people:record", handle=handle)
        context = {"form": form, "person": person, "bare": True}
        status = 422 if form.is_bound else 200
        return render(request, "people/records/why.html", context, status=status)
    if request.method == "POST":
        return redirect("people:record", handle=handle)
    _log(me, person, kept, "record")
    account = getattr(person, "account", None)
    panels = [(panel.label, panel.render(request, person)) for panel in record_panels]
    return render(
        request,
        "people/records/record.html",
        {
            "person": person,
            "phone": numbers.shown(person.phone or (account.phone if account else "") or ""),
            "email": person.email or (account.email if account else "") or "",
            "tongues": named(person.languages),
            "reason": reasons.get(kept["reason"]),
            "kept": kept,
            "is_emergency": kept["reason"] == "emergency",
            "can_change": rules.can_open_record(me, person),
            "has_account": account is not None,
            "changes": ContactChange.objects.filter(person=person)
            .select_related("by")
            .order_by("-at", "-pk")[:5],
            "details": _details(),
            "panels": [(label, html) for label, html in panels if html],
        },
    )


def _log(me: Person, person: Person, kept: dict[str, Any], what: str) -> None:
    if rules.can_open_record(me, person):
        actions.open_record(
            person, by=me, reason=kept["reason"], words=kept["words"], what=what, at=now()
        )
    else:
        actions.break_glass(person, by=me, words=kept["words"], at=now())


def _details() -> dict[str, Any]:
    """What each detail is called."""
    return {
        "known_as": _("name"),
        "full_name": _("full name"),
        "phone": _("phone number"),
        "email": _("e-mail"),
        "postcode": _("postcode"),
        "languages": _("languages"),
        "access_needs": _("what makes it easier"),
    }


@require_http_methods(["POST"])
def shut(request: HttpRequest, handle: str) -> HttpResponse:
    """Put the record away: opening it again asks why again."""
    opened(request, handle)
    still = dict(request.session.get(_KEPT, {}))
    if still.pop(handle, None) is not None:
        request.session[_KEPT] = still
    messages.success(request, _("Put away."))
    return redirect("people:records")


# --- Writing ---------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write_down(request: HttpRequest) -> HttpResponse:
    """Write down somebody new, after looking for whom we know already by number or e-mail."""
    me = request.user.person  # type: ignore[union-attr]
    if not rules.can_write_down(me):
        raise PermissionDenied
    form = NewRecordForm(request.POST or None)
    twins: list[Person] = []
    if form.is_valid():
        data = dict(form.cleaned_data)
        is_sure = data.pop("is_new")
        if not is_sure:
            twins = [
                twin
                for kind in ("phone", "email")
                if data[kind]
                for twin in search(me, kind, data[kind])
            ]
            twins += likely(me, **data)
        if not twins:
            person = actions.write_down(by=me, at=now(), **data)
            _keep_reason(request, person, reason="wrote", words="")
            messages.success(request, _("%(name)s is written down.") % {"name": person.known_as})
            if not rules.can_open_record(me, person):
                return redirect("people:records")
            return redirect("people:record", handle=person.handle)
    return render(
        request,
        "people/records/new.html",
        {"form": form, "twins": list({twin.pk: twin for twin in twins}.values()), "bare": True},
        status=422 if form.is_bound else 200,
    )


def likely(me: Person, **data: Any) -> list[Person]:
    """Return whom `me` may open and what was typed may be about, by name, birth and place."""
    details = {name: data[name] for name in data if name not in ("client_key", "languages")}
    typed = Person(home=postcodes.ward_of(data.get("postcode", "")), **details)
    people = rules.records_visible_to(Person.objects.all(), me)
    return [person for person, _score in like(typed, people)]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def put_right(request: HttpRequest, handle: str) -> HttpResponse:
    """Put a wrong number or a moved house right."""
    me = request.user.person  # type: ignore[union-attr]
    person, kept = opened(request, handle)
    if not rules.can_open_record(me, person):
        raise PermissionDenied
    if kept is None:
        return redirect("people:record", handle=handle)
    form = PutRightForm(request.POST or None, person=person)
    if form.is_valid():
        changed = actions.put_right(person, by=me, at=now(), **form.cleaned_data)
        messages.success(
            request,
            _("Put right. What it said before is kept.") if changed else _("Nothing changed."),
        )
        return redirect("people:record", handle=handle)
    if not form.is_bound:
        _log(me, person, kept, "contact")
    return render(
        request,
        "people/records/put_right.html",
        {"form": form, "person": person, "bare": True},
        status=422 if form.is_bound else 200,
    )


@never_cache
@require_http_methods(["GET", "HEAD"])
def their_log(request: HttpRequest, handle: str) -> HttpResponse:
    """Who looked at this record, on paper for the person; printing it is logged as well."""
    me = request.user.person  # type: ignore[union-attr]
    person, kept = opened(request, handle)
    if kept is None:
        return redirect("people:record", handle=handle)
    _log(me, person, kept, "print")
    return render(
        request,
        "people/records/log_paper.html",
        {
            "person": person,
            "looks": showing.looks(person, limit=400),
            "at": now(),
            "back": person,
            "is_mine": False,
        },
    )


# --- Emergencies -----------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def break_glass(request: HttpRequest) -> HttpResponse:
    """Open a record outside one's role, loudly."""
    me = request.user.person  # type: ignore[union-attr]
    if not rules.can_break_glass(me):
        raise PermissionDenied
    form = EmergencyForm(request.POST or None)
    if form.is_valid():
        kind, value = form.cleaned_data["who"]
        # Exact: what this opens must not be tried number by number.
        is_allowed = limits.allow("people.break_glass", me, 10, limits.HOUR, exact=True)
        person = _by_contact(me, kind, value) if is_allowed else None
        if not is_allowed:
            form.add_error(None, _("That is a lot in one hour. Ring the hub, or 999."))
        elif person is None:
            form.add_error("who", _("We know nobody by that. Ring the hub, or 999."))
        elif rules.can_open_record(me, person):
            _keep_reason(request, person, reason="safety", words=form.cleaned_data["words"][:200])
            return redirect("people:record", handle=person.handle)
        else:
            words = form.cleaned_data["words"]
            # Now, not when the page is shown: that we know the number is told by the way there.
            actions.break_glass(person, by=me, words=words, at=now())
            _keep_reason(request, person, reason="emergency", words=words)
            return redirect("people:record", handle=person.handle)
    return render(
        request,
        "people/records/break_glass.html",
        {"form": form, "bare": True, "can_find": rules.can_find_records(me)},
        status=422 if form.is_bound else 200,
    )


def _by_contact(me: Person, kind: str, value: str) -> Person | None:
    for where in ({kind: value}, {f"account__{kind}": value, "account__is_pending": False}):
        found = (
            Person.objects.exclude(state__in=rules.NO_RECORD)
            .exclude(pk=me.pk)
            .filter(**where)
            .select_related("home")
            .order_by("pk")
            .first()
        )
        if found is not None:
            return found
    return None
