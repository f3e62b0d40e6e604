"""The desk: queues with clocks, search, bulk work, kept views; the same page for a hub."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q, Subquery, Value
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.text import clean_line
from doorstep.base.time import now
from doorstep.people.models import Person, RoleHolding
from doorstep.people.readings.actions import log_reads
from doorstep.people.rules import blocked_ids
from doorstep.places.models import Area
from doorstep.support.contacts.rules import reaches_of
from doorstep.support.crisis import rules as crisis
from doorstep.support.models import (
    ContactAttempt,
    Kind,
    Looking,
    Reach,
    Request,
    RequestStep,
    SavedView,
    Task,
)
from doorstep.support.models.requests import RequestQuerySet
from doorstep.support.requests import drawing, finding, rules, showing, working
from doorstep.support.requests.forms import localities

Role = RoleHolding.Role
PAGE = 40
# In a crisis an officer sees more at once.
PAGE_IN_SURGE = 80
MOST_AT_ONCE = 200
HERE_FOR = dt.timedelta(seconds=45)
_COUNTS_FOR = 4  # seconds a viewer's counts are kept


@dataclass(frozen=True)
class Queue:
    """One queue of the desk."""

    name: str
    label: Any
    icon: str
    empty: Any


_ALL = {
    "new": Queue("new", gettext_lazy("New"), "inbox", gettext_lazy("Nobody waits for a look.")),
    "back": Queue(
        "back", gettext_lazy("Come back"), "undo-2", gettext_lazy("No hub gave anything back.")
    ),
    "today": Queue(
        "today", gettext_lazy("Today"), "triangle-alert", gettext_lazy("Nothing is for today.")
    ),
    "late": Queue("late", gettext_lazy("Late"), "clock", gettext_lazy("Nothing is late.")),
    "hub": Queue(
        "hub",
        gettext_lazy("Waiting for a yes"),
        "hourglass",
        gettext_lazy("Every hub has answered."),
    ),
    "mine": Queue("mine", gettext_lazy("Mine"), "user", gettext_lazy("You have nothing in hand.")),
    "in_hand": Queue(
        "in_hand", gettext_lazy("In hand"), "hand-heart", gettext_lazy("Nothing is in hand.")
    ),
    "waiting": Queue(
        "waiting",
        gettext_lazy("Waiting for them"),
        "phone",
        gettext_lazy("Nobody is waited for."),
    ),
    "ended": Queue(
        "ended", gettext_lazy("Ended"), "circle-check", gettext_lazy("Nothing has ended yet.")
    ),
}
_OFFICERS = ("new", "back", "today", "late", "hub", "in_hand", "waiting", "mine", "ended")
_HUBS = ("hub", "today", "late", "in_hand", "waiting", "mine", "ended")


def me_at_the_desk(request: HttpRequest) -> Person:
    """Return the officer or organiser; 403 for everybody else."""
    me: Person = request.user.person  # type: ignore[union-attr]
    if not rules.is_worker(me):
        raise PermissionDenied
    return me


def _q_of(queue: str, me: Person, at: dt.datetime) -> Q:
    State = Request.State
    return {
        "new": Q(state=State.NEW, closed_at=None),
        "back": Q(state=State.NEW, closed_at=None, climbed_at__isnull=False),
        "today": Q(priority=1, closed_at=None),
        # Each priority named: so the index of what presses is taken, in its order.
        "late": Q(priority__in=Request.Priority.values, due_at__lt=at, closed_at=None),
        "hub": Q(state=State.HUB, closed_at=None),
        "mine": Q(owner=me, closed_at=None),
        "in_hand": Q(state=State.IN_HAND, closed_at=None),
        "waiting": Q(state=State.WAITING, closed_at=None),
        "ended": Q(closed_at__isnull=False),
    }[queue]


def _counts(me: Person, at: dt.datetime) -> dict[str, int]:
    """Return how many are in each queue. Kept for a few seconds: many polls ask the same.

    Everybody with the same roles sees the same, but for what they are part of themselves: who is
    part of nothing open shares the counts of the others.
    """
    own = {me.pk, *blocked_ids(me)}
    open_ones = Request.objects.filter(closed_at=None).order_by()

    def count(what: str, rows: RequestQuerySet) -> Any:
        return rows.values(what=Value(what)).annotate(many=Count("pk")).values_list("what", "many")

    # Three parts of one question, each by an index of its own.
    facts = dict(
        count("mine", open_ones.filter(owner=me)).union(
            count("person", open_ones.filter(person__in=own)),
            count("asked_by", open_ones.filter(asked_by__in=own)),
            all=True,
        )
    )
    is_apart = not facts.get("person") and not facts.get("asked_by")
    scope = str(
        (rules.paths_of(me, Role.OFFICER), rules.paths_of(me, Role.ORGANISER))
        if is_apart
        else me.pk
    )
    key = f"support-counts:{hashlib.blake2b(scope.encode(), digest_size=12).hexdigest()}"
    kept = cache.get(key)
    if kept is None:
        rows = Request.objects.visible_to(me).filter(closed_at=None)
        kept = rows.aggregate(
            **{name: Count("pk", filter=_q_of(name, me, at)) for name in _ALL if name != "ended"}
        )
        cache.set(key, kept, _COUNTS_FOR)
    return dict(kept) | ({"mine": facts.get("mine", 0)} if is_apart else {})


def _queues(me: Person) -> list[Queue]:
    return [_ALL[name] for name in (_OFFICERS if rules.is_officer(me) else _HUBS)]


@dataclass
class Asked:
    """The filters of the address."""

    queue: str
    locality: Area | None
    kind: str
    priority: int | None
    page: int

    def address(self, **changes: Any) -> str:
        given = {
            "q": self.queue,
            "in": self.locality.slug if self.locality else "",
            "kind": self.kind,
            "soon": self.priority or "",
            **changes,
        }
        return "?" + urlencode({name: value for name, value in given.items() if value})


def _asked(me: Person, given: QueryDict | dict[str, str]) -> Asked:
    names = [queue.name for queue in _queues(me)]
    queue = given.get("q", "")
    page = given.get("page", "")
    soon = given.get("soon", "")
    slug = given.get("in", "")
    return Asked(
        queue=queue if queue in names else names[0],
        locality=Area.objects.filter(kind=Area.Kind.LOCALITY, slug=slug).first() if slug else None,
        kind=given.get("kind", "") if given.get("kind", "") in Kind.values else "",
        priority=int(soon) if soon in ("1", "2", "3", "4") else None,
        page=min(int(page), 400) if page.isdigit() and page.isascii() else 0,
    )


def _rows(me: Person, asked: Asked, at: dt.datetime) -> RequestQuerySet:
    rows = Request.objects.visible_to(me).filter(_q_of(asked.queue, me, at))
    if asked.locality is not None:
        rows = rows.filter(locality=asked.locality)
    if asked.kind:
        # A list in JSON, found as text: the names of kinds are no part of each other.
        rows = rows.filter(kinds__icontains=f'"{asked.kind}"')
    if asked.priority:
        rows = rows.filter(priority=asked.priority)
    if asked.queue == "ended":
        return rows.order_by("-closed_at", "-pk")
    return rows.order_by("priority", "due_at", "pk")


def _page(me: Person, asked: Asked, at: dt.datetime) -> dict[str, Any]:
    surge, drill = crisis.both()
    size = PAGE_IN_SURGE if surge else PAGE
    first = asked.page * size
    found = drawing.light(_rows(me, asked, at)[first : first + size + 1])
    counts = _counts(me, at)
    shown = found[:size]
    looking: dict[int, list[str]] = {}
    for row in (
        Looking.objects.filter(request__in=[one[0] for one in shown], seen_at__gt=at - HERE_FOR)
        .exclude(person=me)
        .select_related("person")
    ):
        looking.setdefault(row.request_id, []).append(row.person.known_as)
    return {
        "me": me,
        "asked": asked,
        "queue": _ALL[asked.queue],
        "queues": [(one, counts.get(one.name), asked.address(q=one.name, page=""))
                   for one in _queues(me)],
        "rows": drawing.rows(shown, looking, at),
        "surge": surge,
        "drill": drill if rules.is_officer(me) else None,
        "more": asked.address(page=asked.page + 1) if len(found) > size else "",
        "earlier": asked.address(page=asked.page - 1 or "") if asked.page else "",
        "late": counts.get("late", 0),
        "waits": counts.get(_queues(me)[0].name, 0),
        "at": at,
    }  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """The desk; POST searches, works on many at once, or keeps a view."""
    me = me_at_the_desk(request)
    at = now()
    if request.method == "POST":
        return _work(request, me, at)
    asked = _asked(me, request.GET)
    context = _page(me, asked, at)
    context |= _around(me, asked)
    context["etag"] = _etag(me, asked)
    return render(request, "support/desk/desk.html", context)


def _around(me: Person, asked: Asked) -> dict[str, Any]:
    is_officer = rules.is_officer(me)
    return {
        "is_officer": is_officer,
        "localities": localities() if is_officer else [],
        "kinds": [(kind.value, kind.label) for kind in Kind],
        "priorities": Request.Priority.choices,
        "views": list(SavedView.objects.filter(person=me).order_by("name")[:20]),
        "here": asked.address(page=""),
        "places": ", ".join(sorted(rules.names_of(me))),
    }


def _etag(me: Person, asked: Asked) -> str:
    """Changes with any request, with who looks where, and with each half minute's clocks."""
    here = (
        Looking.objects.filter(seen_at__gt=now() - HERE_FOR)
        .order_by()
        .annotate(all=Value(1))
        .values("all")
    )
    facts = (
        Request.objects.order_by("-changed_at")
        .annotate(
            many=Subquery(here.annotate(many=Count("pk")).values("many")),
            last=Subquery(here.annotate(last=Max("pk")).values("last")),
        )
        .values_list("changed_at", "many", "last")
        .first()
    )
    parts = (facts, int(now().timestamp()) // 30, me.pk,
             asked.address(page=asked.page or ""), get_language())  # fmt: skip
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=9).hexdigest()}"'


@never_cache
@require_http_methods(["GET", "HEAD"])
def desk_now(request: HttpRequest) -> HttpResponse:
    """What a poll asks: 304 when nothing changed, else the queues and rows afresh."""
    me = me_at_the_desk(request)
    asked = _asked(me, request.GET)
    etag = _etag(me, asked)
    if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
        answer = HttpResponse(status=304)
    else:
        context = _page(me, asked, now())
        answer = render(request, "support/desk/_now.html", context)
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    return answer


# --- What the desk does ----------------------------------------------------------------------


def _work(request: HttpRequest, me: Person, at: dt.datetime) -> HttpResponse:
    then = request.POST.get("then", "")
    asked = _asked(me, QueryDict(request.POST.get("here", "").lstrip("?")))
    back = redirect(f"{request.path}{asked.address(page='')}")
    if then == "find":
        return _find(request, me, asked, at)
    if then == "keep":
        name = clean_line(request.POST.get("name", ""))[:60]
        if not name:
            messages.error(request, _("Give the view a name first."))
            return back
        SavedView.objects.update_or_create(
            person=me, name=name, defaults={"query": asked.address(page="")[:400]}
        )
        messages.success(request, _("Kept."))
        return back
    if then == "forget":
        SavedView.objects.filter(person=me, pk=request.POST.get("view") or 0).delete()
        messages.success(request, _("The view is gone. The requests are all still here."))
        return back
    return _bulk(request, me, then, at, back)


def _find(request: HttpRequest, me: Person, asked: Asked, at: dt.datetime) -> HttpResponse:
    typed = clean_line(request.POST.get("find", ""))[:120]
    found: list[Request] = []
    if typed:
        found = list(
            finding.search(Request.objects.visible_to(me), typed)
            .select_related("person", "locality", "ward", "owner")
            .open_first()[: PAGE + 1]
        )
    context = _page(me, asked, at) | _around(me, asked)
    context |= {
        "typed": typed,
        "found": [(row, []) for row in showing.rows(found[:PAGE], at)],
        "is_more": len(found) > PAGE,
        "has_searched": True,
    }
    return render(request, "support/desk/desk.html", context, status=200 if typed else 422)


def _bulk(
    request: HttpRequest, me: Person, then: str, at: dt.datetime, back: HttpResponse
) -> HttpResponse:
    refs = request.POST.getlist("ref")[:MOST_AT_ONCE]
    if not refs:
        messages.error(request, _("Tick the requests first."))
        return back
    rows = list(
        Request.objects.visible_to(me).select_related("person", "locality").filter(ref__in=refs)
    )
    done, problems = 0, []
    for row in rows:
        try:
            if then == "route" and rules.is_officer(me):
                working.route(row, by=me, at=at)
            elif then == "take":
                working.take(row, by=me, at=at)
            elif then == "accept" and rules.may(me, row, "accept"):
                working.accept(row, by=me, at=at)
            elif then in ("soon-1", "soon-2", "soon-3", "soon-4"):
                working.triage(row, by=me, at=at, version=row.version, priority=int(then[-1]))
            else:
                raise PermissionDenied
            done += 1
        except (working.NotNow, working.Stale) as problem:
            problems.append(f"{row.reference}: {problem}")
    if done:
        messages.success(
            request, ngettext("Done for %(n)d request.", "Done for %(n)d requests.", done)
            % {"n": done},
        )  # fmt: skip
    for said in problems[:5]:
        messages.error(request, said)
    if len(problems) > 5:
        messages.error(request, _("And %(n)d more that stand differently.") % {
            "n": len(problems) - 5})  # fmt: skip
    return back


# --- For the next shift ----------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD"])
def handover(request: HttpRequest) -> HttpResponse:
    """The handover pack: what is open, what is late, what was promised; on paper."""
    me = me_at_the_desk(request)
    at = now()
    mine = Request.objects.visible_to(me).filter(closed_at=None)
    if not rules.is_officer(me):
        mine = mine.exclude(state=Request.State.NEW)
    pressing = list(
        mine.filter(
            Q(priority=1)
            | Q(due_at__lt=at + dt.timedelta(hours=12))
            # Given back by a hub, or climbed from it: nobody has it yet.
            | Q(state=Request.State.NEW, climbed_at__isnull=False)
        )
        .select_related("person", "locality", "ward", "owner")
        .order_by("priority", "due_at", "pk")[:80]
    )
    notes: dict[int, RequestStep] = {}
    for step in RequestStep.objects.filter(
        request__in=pressing, kind__in=[RequestStep.Kind.NOTE, RequestStep.Kind.CONTACT]
    ).order_by("at", "pk"):
        notes[step.request_id] = step
    day = at + dt.timedelta(hours=24)
    tasks = list(
        Task.objects.visible_to(me)
        .unfinished()
        .filter(ends_at__lt=day)
        .select_related("request__person", "locality")
        .order_by("starts_at", "pk")[:80]
    )
    reaches = list(reaches_of(me).order_by("due_at", "pk")[:60])
    backs = list(call_backs(me).order_by("call_back_at", "pk")[:60])
    log_reads(
        by=me,
        about=[row.person for row in pressing],
        what="request",
        reason="helping",
        things=[row.ref for row in pressing],
        at=at,
    )
    return render(
        request,
        "support/desk/handover.html",
        {
            "rows": [(row, notes.get(row.request.pk)) for row in showing.rows(pressing, at)],
            "tasks": tasks,
            "reaches": [one for one in reaches if one.state != Reach.State.FINE],
            "backs": backs,
            "at": at,
            "me": me,
            "places": ", ".join(sorted(rules.names_of(me))),
            "bare": True,
        },
    )


def call_backs(me: Person) -> Any:
    """Return call-backs that were asked for and not made yet, of requests the viewer sees."""
    return ContactAttempt.objects.filter(
        call_back_at__isnull=False, called_back_at=None, person__isnull=False
    ).filter(
        Q(request__in=Request.objects.visible_to(me).values("pk"))
        | Q(request=None, by=me)
    ).select_related("person", "request")  # fmt: skip
