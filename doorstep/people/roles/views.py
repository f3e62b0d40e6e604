"""Who holds which role, for administrators; and one's own."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base.pages import read_key
from doorstep.base.time import local, now
from doorstep.people import rules
from doorstep.people.models import Person, RoleEvent, RoleHolding, Session
from doorstep.people.roles import actions, kinds, scopes
from doorstep.people.roles.forms import EndForm, FindForm, GiveForm

PAGE = 60


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


def _administrator(request: HttpRequest) -> Person:
    me = _me(request)
    if not rules.can_give_roles(me):
        raise PermissionDenied
    return me


def _rows() -> QuerySet[RoleHolding]:
    seen = (
        Session.objects.filter(account__person=OuterRef("person"))
        .values("account__person")
        .annotate(last=Max("last_seen"))
        .values("last")
    )
    return (
        RoleHolding.objects.select_related("person", "area", "granted_by")
        .defer("area__boundary")
        .annotate(last_seen=Subquery(seen))
    )


def _narrowed(form: FindForm, at: dt.datetime) -> QuerySet[RoleHolding]:
    given = form.cleaned_data if form.is_valid() else {}
    rows = _rows()
    still = Q(ends_at=None) | Q(ends_at__gt=at)
    match given.get("state"):
        case "waiting":
            rows = rows.filter(still, accepted_at=None)
        case "ending":
            rows = rows.filter(
                pk__in=RoleHolding.objects.held(at)
                .filter(ends_at__lte=at + dt.timedelta(days=30))
                .values("pk")
            )
        case "over":
            rows = rows.filter(ends_at__lte=at)
        case _:
            # Given for a later day is shown too: somebody has a promise.
            rows = rows.filter(still, accepted_at__isnull=False)
    if given.get("q"):
        words = given["q"]
        rows = rows.filter(Q(person__known_as__icontains=words) | Q(person__handle=words.lower()))
    if given.get("role"):
        rows = rows.filter(role=given["role"])
    if given.get("area"):
        rows = rows.filter(area=given["area"])
    return rows.order_by("-pk")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def roles(request: HttpRequest) -> HttpResponse:
    """List who holds what, and offer somebody a role."""
    me = _administrator(request)
    form = GiveForm(request.POST if request.method == "POST" else None, me=me)
    if form.is_valid():
        data = form.cleaned_data
        try:
            holding = actions.grant_role(
                data["role"],
                to=data["who"],
                area=data["area"],
                by=me,
                at=now(),
                why=data["why"],
                **form.moments(),
            )
        except actions.CannotGive as problem:
            form.add_error("who", str(problem))
        else:
            messages.success(request, _said(holding))
            return redirect("people:role", holding.pk)
    find = FindForm(request.GET)
    rows = _narrowed(find, now())
    before = read_key(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    looking = {name: request.GET[name] for name in find.fields if request.GET.get(name)}
    waiting = RoleHolding.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now()), accepted_at=None
    ).count()
    return render(
        request,
        "people/roles/roles.html",
        {
            "form": form,
            "find": find,
            "holdings": shown,
            "waiting": waiting,
            "looking": looking,
            "query": urlencode(looking),
            "older": urlencode({**looking, "before": str(shown[-1].pk)})
            if len(found) > PAGE
            else "",
            "elsewhere": _elsewhere(find),
            "at": now(),
        },
        status=422 if form.is_bound else 200,
    )


def _said(holding: RoleHolding) -> str:
    name = {"name": holding.person.known_as, "role": holding.get_role_display()}
    if holding.offered_at is None:
        return _("Put forward. Another administrator has to agree before we ask %(name)s.") % name
    if holding.accepted_at is not None:
        return _("%(name)s is %(role)s there already.") % name
    return _("We've asked %(name)s. They are %(role)s once they say yes.") % name


def _elsewhere(find: FindForm) -> list[scopes.Row]:
    """Hosts, mentors of a team and the like: looked for by name, given where they belong."""
    words = find.cleaned_data.get("q", "") if find.is_valid() else ""
    if not words:
        return []
    return [row for rows in scopes.holdings for row in rows(words)]


@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The list as CSV, safe to open in a spreadsheet."""
    _administrator(request)
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="roles.csv"'
    writer = csv.writer(answer)
    writer.writerow(
        ["person", "handle", "role", "where", "from", "until", "given_by", "said_yes", "last_seen"]
    )
    for row in _narrowed(FindForm(request.GET), now()).iterator(chunk_size=500):
        writer.writerow(
            [
                _cell(row.person.known_as),
                row.person.handle,
                row.role,
                _cell(row.where),
                *(_day(value) for value in (row.starts_at, row.ends_at)),
                _cell(row.granted_by.known_as) if row.granted_by else "",
                _day(row.accepted_at),
                _day(row.last_seen),  # type: ignore[attr-defined]
            ]
        )
    return answer


def _day(value: dt.datetime | None) -> str:
    return f"{local(value):%Y-%m-%d}" if value else ""


def _cell(value: str) -> str:
    """Return text no spreadsheet takes for a formula."""
    return f"'{value}" if value.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _one(pk: int) -> RoleHolding:
    return get_object_or_404(
        _rows().prefetch_related(
            Prefetch("events", RoleEvent.objects.select_related("by").order_by("id"))
        ),
        pk=pk,
    )


def _page(
    request: HttpRequest, me: Person, holding: RoleHolding, form: EndForm, problem: str = ""
) -> HttpResponse:
    at = now()
    return render(
        request,
        "people/roles/role.html",
        {
            "holding": holding,
            "form": form,
            "problem": problem,
            "is_over": holding.is_over(at),
            "is_held": holding.is_held(at),
            "waits_for_second": holding.offered_at is None and not holding.is_over(at),
            "may_second": me.pk not in (holding.granted_by_id, holding.person_id),
            "answer_by": holding.offered_at + actions.OFFER_STANDS if holding.offered_at else None,
            "opens": kinds.offered.get(holding.role),
        },
        status=422 if problem or form.errors else 200,
    )


@never_cache
@require_safe
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """One role of one person: how it stands and what was done about it."""
    me = _administrator(request)
    return _page(request, me, _one(pk), EndForm())


@require_POST
def second(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree, as a second administrator, that it is offered."""
    me = _administrator(request)
    holding = _one(pk)
    try:
        actions.second(holding, by=me, at=now())
    except actions.CannotGive as problem:
        return _page(request, me, holding, EndForm(), str(problem))
    messages.success(request, _said(holding))
    return redirect("people:role", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a role, or take an offer back; asked on the role's own page."""
    me = _administrator(request)
    holding = _one(pk)
    if request.method != "POST":
        return redirect("people:role", pk)
    form = EndForm(request.POST)
    if not form.is_valid():
        return _page(request, me, holding, form)
    try:
        actions.end_role(holding, by=me, at=now(), why=form.cleaned_data["why"])
    except actions.CannotGive as problem:
        return _page(request, me, holding, form, str(problem))
    messages.success(
        request,
        _("%(name)s is no longer %(role)s.")
        % {"name": holding.person.known_as, "role": holding.get_role_display()},
    )
    return redirect("people:my_roles" if holding.person_id == me.pk else "people:roles")


# --- One's own -------------------------------------------------------------------------------


def _own(request: HttpRequest) -> QuerySet[RoleHolding]:
    """What was offered to me; what waits for a second administrator isn't yet."""
    return (
        RoleHolding.objects.filter(person=_me(request), offered_at__isnull=False)
        .select_related("area", "granted_by")
        .defer("area__boundary")
    )


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Roles I am asked to take on, hold, and held."""
    return _mine_page(request)


def _mine_page(request: HttpRequest, problem: str = "") -> HttpResponse:
    at, groups = now(), {"asked": [], "held": [], "over": []}  # type: ignore[var-annotated]
    for row in _own(request).order_by("-pk")[:100]:
        line: dict[str, Any] = {"row": row, "opens": kinds.offered.get(row.role)}
        if actions.waits_for_answer(row, at):
            line["asks"] = kinds.asks_of(row.role)
            line["answer_by"] = row.offered_at + actions.OFFER_STANDS  # type: ignore[operator]
            groups["asked"].append(line)
        elif row.accepted_at is not None and not row.is_over(at):
            groups["held"].append(line)
        else:
            groups["over"].append(line)
    context = {**groups, "problem": problem, "at": at}
    return render(request, "people/roles/mine.html", context, status=422 if problem else 200)


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes or no to a role."""
    me, holding = _me(request), get_object_or_404(_own(request), pk=pk)
    said = request.POST.get("answer")
    if said == "no":
        actions.decline(holding, by=me, at=now())
        messages.success(request, _("Thank you for saying. Nobody minds."))
        return redirect("people:my_roles")
    if said != "yes" or request.POST.get("promise") != "yes":
        return _mine_page(request, _("Tick the box to promise, then press yes."))
    try:
        actions.accept(holding, by=me, at=now())
    except actions.CannotGive as problem:
        return _mine_page(request, str(problem))
    messages.success(
        request, _("Thank you. You are %(role)s now.") % {"role": holding.get_role_display()}
    )
    return redirect("people:my_roles")


@require_POST
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop holding a role of my own."""
    me, holding = _me(request), get_object_or_404(_own(request), pk=pk)
    try:
        actions.give_back(holding, by=me, at=now())
    except actions.CannotGive as problem:
        return _mine_page(request, str(problem))
    messages.success(
        request, _("Thank you for all you did as %(role)s.") % {"role": holding.get_role_display()}
    )
    return redirect("people:my_roles")
