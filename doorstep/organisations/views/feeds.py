"""For those who keep the directory: lists of others that we read, and what came of each time."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.organisations import actions
from doorstep.organisations.forms import FeedForm, NewFeedForm
from doorstep.organisations.models import PUBLIC_STATES, ImportRow, ImportRun, Service, Source
from doorstep.organisations.oruk import bringing_in, feeds, fetching
from doorstep.organisations.views.keepers import keeper_of

GET_AND_POST = ["GET", "HEAD", "POST"]
PAGE = 100
RUNS = 20
_TAGS = {
    ImportRun.State.DONE: ("go", "circle-check"),
    ImportRun.State.DRY: ("", "eye"),
    ImportRun.State.HELD: ("soon", "triangle-alert"),
    ImportRun.State.REFUSED: ("now", "x"),
    ImportRun.State.DROPPED: ("", "x"),
}
_LABELS = {
    ImportRun.State.DONE: gettext_lazy("brought in"),
    ImportRun.State.DRY: gettext_lazy("tried out"),
    ImportRun.State.HELD: gettext_lazy("held back: look at it"),
    ImportRun.State.REFUSED: gettext_lazy("no use, nothing changed"),
    ImportRun.State.DROPPED: gettext_lazy("looked at, and left"),
}


def _tag_of(state: str) -> dict[str, Any]:
    kind, sign = _TAGS.get(state, ("", "circle-question-mark"))  # type: ignore[call-overload]
    return {"words": _LABELS.get(state, state), "kind": kind, "icon": sign}  # type: ignore[call-overload]


def _place_of(source: Source) -> str:
    """Return where a list is, without telling the folders of this machine."""
    if feeds.is_address(source.place):
        return source.place
    return source.place.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def _counts(run: ImportRun) -> list[str]:
    """Return what a run did, in words, what is nothing left out."""
    told = (
        (run.read, ngettext("%(n)d read", "%(n)d read", run.read)),
        (run.added, ngettext("%(n)d new", "%(n)d new", run.added)),
        (run.changed, ngettext("%(n)d changed", "%(n)d changed", run.changed)),
        (run.same, ngettext("%(n)d as before", "%(n)d as before", run.same)),
        (run.gone, ngettext("%(n)d gone", "%(n)d gone", run.gone)),
        (run.left_out, ngettext("%(n)d left out", "%(n)d left out", run.left_out)),
        (run.mended, ngettext("%(n)d mended", "%(n)d mended", run.mended)),
    )
    return [words % {"n": many} for many, words in told if many]


@never_cache
@require_http_methods(GET_AND_POST)
def sources(request: HttpRequest) -> HttpResponse:
    """Every list that is read, and adding one."""
    me = keeper_of(request)
    form = NewFeedForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            fetching.Fetcher().check(data["place"])
        except fetching.CannotFetch as problem:
            form.add_error("place", str(problem))
        else:
            made, is_new = actions.add_feed(by=me, at=now(), **form.values())
            messages.success(
                request,
                _("We read it within a quarter of an hour. Look here for what came of it.")
                if is_new
                else _("We read that list already. Here it is."),
            )
            return redirect("directory:source", pk=made.pk)
    newest = ImportRun.objects.filter(source=OuterRef("pk")).order_by("-id")
    rows = (
        Source.objects.annotate(last_state=Subquery(newest.values("state")[:1]))
        .annotate(
            held=Count("runs", filter=Q(runs__state=ImportRun.State.HELD)),
        )
        .order_by("name", "pk")
    )
    shown = dict(
        Service.objects.filter(state__in=PUBLIC_STATES, source__isnull=False)
        .order_by()
        .values_list("source")
        .annotate(many=Count("pk"))
    )
    return render(
        request,
        "organisations/sources.html",
        {
            "rows": [
                {
                    "source": one,
                    "place": _place_of(one),
                    "shown": shown.get(one.pk, 0),
                    "tag": _tag_of(one.last_state) if one.last_state else None,
                }
                for one in rows
            ],
            "form": form,
        },
        status=422 if form.errors else 200,
    )


@never_cache
@require_http_methods(GET_AND_POST)
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: how often it is read, whom to name, and its last readings."""
    me = keeper_of(request)
    found = get_object_or_404(Source, pk=pk)
    is_address = feeds.is_address(found.place)
    if request.method == "POST" and request.POST.get("what") in ("ask", "pause", "go_on"):
        what = request.POST["what"]
        if what == "ask" and is_address:
            actions.ask_feed_soon(found, by=me, at=now())
            messages.success(request, _("We read it within a quarter of an hour."))
        elif what == "pause":
            actions.pause_feed(found, by=me, at=now())
            messages.success(request, _("It rests. What came from it stays as it is."))
        elif what == "go_on":
            actions.resume_feed(found, by=me, at=now())
            messages.success(request, _("It is read again, by the clock."))
        return redirect("directory:source", pk=found.pk)
    form = FeedForm(request.POST or None, initial=FeedForm.initial_of(found), is_address=is_address)
    if form.is_valid():
        actions.change_feed(found, by=me, at=now(), **form.values())
        messages.success(request, _("Changed."))
        return redirect("directory:source", pk=found.pk)
    runs = found.runs.select_related("by", "decided_by").defer("held")[:RUNS]
    return render(
        request,
        "organisations/source.html",
        {
            "source": found,
            "place": _place_of(found),
            "is_address": is_address,
            "gave_up": found.failures >= bringing_in.GIVE_UP_AFTER,
            "form": form,
            "runs": [
                {"run": one, "tag": _tag_of(one.state), "counts": _counts(one)} for one in runs
            ],
        },
        status=422 if form.errors else 200,
    )


@never_cache
@require_http_methods(GET_AND_POST)
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """What came of one reading, row by row; POST decides about one that is held back."""
    me = keeper_of(request)
    found = get_object_or_404(
        ImportRun.objects.select_related("source", "by", "decided_by").defer("held"), pk=pk
    )
    if request.method == "POST":
        if request.POST.get("use"):
            done = bringing_in.use_held(found, by=me, at=now()) is not None
        else:
            done = bringing_in.drop_held(found, by=me, at=now())
        messages.success(
            request, _("Done.") if done else _("Somebody else has decided about it already.")
        )
        return redirect("directory:held", pk=found.pk)
    what = request.GET.get("what", "")
    kinds = dict(found.rows.order_by().values_list("what").annotate(many=Count("pk")))
    rows = found.rows.all()
    if what in ImportRow.What.values:
        rows = rows.filter(what=what)
    else:
        what = ""
    is_held = found.state == ImportRun.State.HELD
    told = found.left_out + found.mended - kinds.get("left_out", 0) - kinds.get("mended", 0)
    return render(
        request,
        "organisations/run.html",
        {
            "run": found,
            "tag": _tag_of(found.state),
            "place": _place_of(found.source),
            "counts": _counts(found),
            "is_held": is_held,
            "leaving": bringing_in.leaving(found, PAGE) if is_held else [],
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "what": what,
            "tabs": [
                {"name": name, "label": label, "count": kinds[name], "is_on": what == name}
                for name, label in ImportRow.What.choices
                if kinds.get(name)
            ],
            "not_told": max(0, told),
        },
    )
