"""Pages of signals: all of them, one of them, joining by hand, and how sensitive the scan is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.places.atlas import atlas
from doorstep.watch import rules as watch_rules
from doorstep.watch.models import Concern, Scan, Signal, Theme, Threshold
from doorstep.watch.signals import actions, forms, rules, showing

State = Signal.State
MOST = 60
MOST_TO_JOIN = 60
AGO = dt.timedelta(days=90)


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


# --- All of them -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One signal of a list: where it is and what it says, in words."""

    signal: Signal
    place: str
    line: str
    unusual: str


def _row(signal: Signal) -> Row:
    areas = list(signal.areas.all())
    return Row(
        signal,
        showing.place_of(signal, areas),
        showing.headline(signal),
        showing.how_unusual(signal),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signals(request: HttpRequest) -> HttpResponse:
    """What is more than usual, and when we looked last. POST: look now."""
    me = _me(request)
    if not rules.reads_signals(me):
        raise PermissionDenied
    if request.method == "POST":
        actions.ask_for_scan(by=me, at=now())
        messages.success(request, _("We are looking. It takes up to a minute."))
        return redirect("watch:signals")
    away = request.GET.get("show") == "away"
    rows = Signal.objects.visible_to(me).select_related("theme", "area").prefetch_related("areas")
    if away:
        found = list(rows.filter(state=State.DISMISSED)[:MOST])
        groups = [("away", _("Put away"), [_row(one) for one in found])]
    else:
        found = list(rows.open()[: 3 * MOST])
        groups = [
            (state, title, [_row(one) for one in found if one.state == state])
            for state, title in (
                (State.NEW, _("Nobody has looked yet")),
                (State.JOINED, _("It means something")),
                (State.WATCHED, _("Somebody keeps an eye on it")),
            )
        ]
    scans = list(Scan.objects.order_by("-asked_at", "-pk")[:5])
    busy = next((one for one in scans if not one.is_over), None)
    last = next((one for one in scans if one.state == Scan.State.DONE), None)
    book = atlas()
    cannot = (
        showing.cannot(_mine(last.cannot, me), book, _theme_names()) if last is not None else []
    )
    context = {
        "groups": [row for row in groups if row[2]],
        "away": away,
        "busy": busy,
        "last": last,
        "failed": scans[0] if scans and scans[0].state == Scan.State.FAILED else None,
        "cannot": cannot,
        "per_month": showing.plain(actions.per_month()),
    }
    return render(request, "watch/signals/list.html", context)


def _theme_names() -> dict[str, str]:
    return {str(theme.pk): theme.label for theme in Theme.objects.all()}


def _mine(rows: list[dict[str, Any]], me: Person) -> list[dict[str, Any]]:
    """Return what can't be judged in the areas that are the person's work, gaps before others."""
    book = atlas()
    reach = watch_rules.reach(me)
    found = []
    for row in rows:
        area = book.areas.get(int(row["area"])) if str(row["area"]).isdigit() else None
        path = area.path if area else ""
        if any(path.startswith(one) for one in reach):
            found.append(row)
    order = {"gone": 0, "gap": 1, "new": 2, "short": 3}
    return sorted(found, key=lambda row: order.get(row["why"], 9))


# --- One of them -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verb:
    """One thing to do with a signal."""

    label: Any
    button: Any
    form: type[forms.ReasonForm]
    act: Callable[..., Any]
    offered: Callable[[Signal], bool]
    done: Any
    style: str = "btn-line"


VERBS: dict[str, Verb] = {
    "join": Verb(
        gettext_lazy("It means something"), gettext_lazy("Join them"), forms.JoinForm,
        actions.join, lambda row: row.is_open and row.how != Signal.How.HUMAN,
        gettext_lazy("Joined. It stands with what means something now."), "",
    ),
    "watch": Verb(
        gettext_lazy("Keep an eye on it"), gettext_lazy("Keep an eye on it"), forms.WatchForm,
        actions.watch, lambda row: row.state in (State.NEW, State.JOINED),
        gettext_lazy("We'll say so if more of it comes."),
    ),
    "dismiss": Verb(
        gettext_lazy("It means nothing"), gettext_lazy("Put it away"), forms.DismissForm,
        actions.dismiss, lambda row: row.is_open,
        gettext_lazy("Put away. You can open it again."),
    ),
    "reopen": Verb(
        gettext_lazy("Look again"), gettext_lazy("Open it again"), forms.ReopenForm,
        actions.reopen, lambda row: row.state == State.DISMISSED,
        gettext_lazy("Open again."), "",
    ),
}  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signal(request: HttpRequest, ref: str) -> HttpResponse:
    """One signal: its rows, the usual level, how unusual, plot and map; and what to make of it."""
    me = _me(request)
    row = get_object_or_404(
        Signal.objects.visible_to(me).select_related("theme", "area").prefetch_related("areas"),
        ref=ref,
    )
    asked = request.POST.get("verb", "") if request.method == "POST" else ""
    status = 200
    offered = []
    for name, verb in VERBS.items():
        if not verb.offered(row):
            continue
        form = verb.form(request.POST if name == asked else None, signal=row, me=me)
        if name == asked:
            answer = _act(request, me, row, verb, form)
            if answer is not None:
                return answer
            status = 422
        offered.append((name, verb, form))
    if request.method == "POST" and status == 200:
        messages.info(request, _("That can't be done as it stands. Look again."))
        return redirect(row)
    areas = list(row.areas.all())
    book = atlas()
    # All of them count; shown are those this reader may open.
    joined = list(row.concerns.select_related("area", "theme").order_by("-seen_on", "-pk"))
    places = [(one.area_id, one.ref) for one in joined]
    mine = [one for one in joined if watch_rules.can_care(me, one)]
    table = showing.by_area(places, areas, book)
    context = {
        "signal": row,
        "place": showing.place_of(row, areas),
        "line": showing.headline(row),
        "unusual": showing.how_unusual(row),
        "how": showing.how_seen(row),
        "span": showing.span(row),
        "usual": showing.number(row.expected) if row.expected is not None else "",
        "at_most": round(row.usual_at_most) if row.usual_at_most is not None else None,
        "plot": showing.plot(row, areas),
        "table_weeks": showing.TABLE_WEEKS,
        "map": showing.drawn(row, areas, {one["area"].pk: one["count"] for one in table}, book),
        "by_area": table,
        "concerns": [(one, forms.line_of(one)) for one in mine],
        "others": len(places) - len(mine),
        "trail": showing.trail(list(row.steps.select_related("by"))),
        "verbs": offered,
        "asked": asked,
    }
    return render(request, "watch/signals/signal.html", context, status=status)


def _act(
    request: HttpRequest, me: Person, row: Signal, verb: Verb, form: forms.ReasonForm
) -> HttpResponse | None:
    """Do what was asked; None where the form has to be shown again."""
    if not form.is_valid():
        return None
    try:
        verb.act(row, by=me, at=now(), **form.cleaned_data)
    except actions.CannotDo as problem:
        form.add_error(None, str(problem))
        return None
    messages.success(request, str(verb.done))
    return redirect(row)


# --- Joining by hand ---------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join_concerns(request: HttpRequest) -> HttpResponse:
    """Tick concerns that belong together: a signal that no scan found."""
    me = _me(request)
    if not rules.reads_signals(me):
        raise PermissionDenied
    theme = Theme.objects.filter(slug=request.GET.get("theme", "")).first()
    rows = (
        watch_rules.cared_for_by(Concern.objects.counted(), me)
        .filter(logged_at__gte=now() - AGO)
        .select_related("area")
        .order_by("-seen_on", "-pk")
    )
    if theme is not None:
        rows = rows.filter(theme=theme)
    newest = Concern.objects.filter(
        pk__in=list(rows.values_list("pk", flat=True)[:MOST_TO_JOIN])
    ).select_related("area")
    newest = newest.order_by("-seen_on", "-pk")
    form = forms.MakeForm(request.POST if request.method == "POST" else None, rows=newest)
    if form.is_valid():
        try:
            made = actions.make(by=me, at=now(), **form.cleaned_data)
        except actions.CannotDo as problem:
            form.add_error("concerns", str(problem))
        else:
            messages.success(request, _("Joined. It stands with what means something now."))
            return redirect(made)
    context = {
        "form": form,
        "theme": theme,
        "themes": Theme.objects.leaves(),
        "is_empty": not form.fields["concerns"].queryset.exists(),  # type: ignore[attr-defined]
    }
    return render(request, "watch/signals/join.html", context, status=422 if form.errors else 200)


# --- How sensitive -----------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sensitivity(request: HttpRequest) -> HttpResponse:
    """What is in force, what somebody proposes, and everything that was decided before."""
    me = _me(request)
    if not rules.sees_threshold(me):
        raise PermissionDenied
    if request.method == "POST" and not rules.can_propose(me):
        raise PermissionDenied
    waiting = (
        Threshold.objects.filter(state=Threshold.State.WAITING)
        .select_related("proposed_by")
        .first()
    )
    form = forms.ProposeForm(
        request.POST if request.method == "POST" and "propose" in request.POST else None
    )
    problem = ""
    try:
        if waiting is not None and request.POST.get("decide") in ("agree", "refuse"):
            agree = request.POST["decide"] == "agree"
            actions.decide(waiting, agree=agree, by=me, at=now())
            messages.success(
                request,
                _("Agreed. It counts from the next scan.") if agree else _("Not agreed."),
            )
            return redirect("watch:sensitivity")
        if form.is_valid():
            values = form.cleaned_data
            actions.propose(values["per_month"], why=values["why"], by=me, at=now())
            messages.success(request, _("Proposed. Somebody else has to agree to it."))
            return redirect("watch:sensitivity")
    except actions.CannotDo as refused:
        problem = str(refused)
        if form.is_bound:
            form.add_error(None, problem)
    context = {
        "form": form,
        "problem": "" if form.is_bound else problem,
        "waiting": waiting,
        "can_agree": waiting is not None and rules.can_agree(me, waiting),
        "can_propose": rules.can_propose(me),
        "per_month": showing.plain(actions.per_month()),
        "history": list(
            Threshold.objects.exclude(state=Threshold.State.WAITING).select_related(
                "proposed_by", "decided_by"
            )[:50]
        ),
        "tally": _tally(),
    }
    status = 422 if form.errors or problem else 200
    return render(request, "watch/signals/sensitivity.html", context, status=status)


def _tally() -> dict[str, int]:
    """Return what became of the signals of a year that the scan found."""
    since = now() - dt.timedelta(days=365)
    found = (
        Signal.objects.exclude(how=Signal.How.HUMAN)
        .filter(found_at__gte=since)
        .values_list("state")
        .annotate(many=Count("pk"))
    )
    counts = {str(state): int(many) for state, many in found.order_by("state")}
    return {
        "all": sum(counts.values()),
        "joined": counts.get(State.JOINED, 0),
        "dismissed": counts.get(State.DISMISSED, 0),
    }
