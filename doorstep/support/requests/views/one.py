"""One request: everything at a glance, and all that can be done with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.notices.models import Channel, SafeContact
from doorstep.notices.safe import Book
from doorstep.people import numbers
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_read
from doorstep.people.records import rules as records
from doorstep.people.records.views import opened
from doorstep.people.tongues import NAMES
from doorstep.support.contacts import actions as contacts
from doorstep.support.contacts.forms import AttemptForm
from doorstep.support.models import ContactAttempt, Looking, Reach, Repeat, Request, Task
from doorstep.support.models.requests import RequestQuerySet
from doorstep.support.requests import rules, showing, working
from doorstep.support.requests.forms import (
    CloseForm,
    HandOverForm,
    MergeForm,
    NoteForm,
    ReasonForm,
    SplitForm,
    TaskForm,
    TriageForm,
)
from doorstep.support.requests.things import worried_about
from doorstep.support.requests.views.desk import HERE_FOR, me_at_the_desk

# So many of what else they asked for are shown.
_OTHERS = 12


def _seen(me: Person, at: dt.datetime) -> RequestQuerySet:
    """Requests with all that their page asks, and whether there is more to ask the database."""
    person = OuterRef("person")
    here = Looking.objects.filter(request=OuterRef("pk"), seen_at__gt=at - HERE_FOR)
    return (
        Request.objects.visible_to(me)
        .select_related("person__account", "person__home", "locality", "ward", "owner", "taken_by",
                        "asked_by", "came_of", "merged_into")
        .annotate(
            comes_again=Exists(Repeat.objects.filter(request=OuterRef("pk")).exclude(next_on=None)),
            reach_state=Subquery(
                Reach.objects.filter(person=person).order_by("pk").values("state")[:1]
            ),
            has_rules=Exists(SafeContact.objects.current().filter(person=person)),
            has_lookers=Exists(here.exclude(person=me)),
        )
    )  # fmt: skip


def _fetch(request: HttpRequest, ref: str) -> tuple[Request, Person]:
    me = me_at_the_desk(request)
    row = _seen(me, now()).filter(ref=ref).first()
    if row is None:
        raise Http404
    return row, me


def _fetch_with_others(me: Person, ref: str, at: dt.datetime) -> tuple[Request, list[Request]]:
    """Return a request and what else that person asked for: one question for both."""
    same = Request.objects.filter(ref=ref).values("person")
    rows = list(
        _seen(me, at)
        .filter(person__in=same)
        .annotate(place=Case(When(ref=ref, then=Value(0)), default=Value(1)))
        .open_first("place")[: _OTHERS + 1]
    )
    if not rows or rows[0].ref != ref:
        raise Http404
    return rows[0], rows[1:]


def _others_of(row: Request, me: Person) -> list[Request]:
    return list(
        Request.objects.visible_to(me)
        .select_related("locality")
        .filter(person=row.person)
        .exclude(pk=row.pk)
        .open_first()[:_OTHERS]
    )


@never_cache
@require_http_methods(["GET", "HEAD"])
def request_page(request: HttpRequest, ref: str) -> HttpResponse:
    """One request. Opening it is written down, and the person can read that."""
    me, at = me_at_the_desk(request), now()
    row, others = _fetch_with_others(me, ref, at)
    log_read(by=me, about=row.person, what="request", reason="helping", thing=row.ref, at=at)
    _be_here(row, me, at)
    return _page(request, row, me, at, others)


def _be_here(row: Request, me: Person, at: dt.datetime) -> None:
    Looking.objects.bulk_create(
        [Looking(request=row, person=me, seen_at=at)],
        update_conflicts=True, unique_fields=["request", "person"], update_fields=["seen_at"],
    )  # fmt: skip


def _others_here(row: Request, me: Person, at: dt.datetime) -> list[str]:
    if not getattr(row, "has_lookers", True):
        return []
    return list(
        Looking.objects.filter(request=row, seen_at__gt=at - HERE_FOR)
        .exclude(person=me)
        .order_by("person__known_as")
        .values_list("person__known_as", flat=True)
    )


def _plain(words: str) -> str:
    """Return words without line breaks and without how they end, to see if two say the same."""
    return " ".join(words.split()).rstrip(" .!?…").casefold()


def _page(
    request: HttpRequest, row: Request, me: Person, at: dt.datetime,
    others: list[Request] | None = None, *, status: int = 200, **bound: forms.BaseForm,
) -> HttpResponse:  # fmt: skip
    # What is still to do first, on every database.
    tasks = list(row.tasks.order_by(F("ended_at").asc(nulls_first=True), "starts_at", "pk")[:60])
    others = _others_of(row, me) if others is None else others
    mergeable = [one for one in others if one.is_open]
    may = {verb.replace("-", "_"): rules.may(me, row, verb) for verb in rules.VERBS}
    open_tasks = [task for task in tasks if task.is_unfinished]
    all_forms: dict[str, forms.BaseForm] = {
        "triage": TriageForm.of(row),
        "decline": ReasonForm(prefix="decline"),
        "hand_over": HandOverForm(prefix="over"),
        "note": NoteForm(prefix="note"),
        "task": TaskForm(prefix="task", initial=_task_start(row)),
        "close": CloseForm(prefix="close"),
        "contact": AttemptForm(prefix="contact", initial={"client_key": working.new_key()}),
        "split": SplitForm(
            prefix="split", tasks=open_tasks, initial={"client_key": working.new_key()}
        ),
    }
    if mergeable:
        all_forms["merge"] = MergeForm(prefix="merge", others=mergeable)
    all_forms |= bound
    held = Book.of([row.person_id] if getattr(row, "has_rules", True) else [])
    verdict = held.may_reach(row.person_id, Channel.PHONE, at)
    account = getattr(row.person, "account", None)
    reach_state = getattr(row, "reach_state", None)
    drawn = showing.row(row, at)
    phone = row.phone or row.person.phone or (account.phone if account else "") or ""
    context = {
        "row": drawn,
        "one": row,
        "says_more": _plain(row.words) != _plain(row.line),
        "me": me,
        "at": at,
        "left": showing.left(row.due_at, at),
        "phone": phone,
        "phone_shown": numbers.shown(phone),
        "verdict": verdict,
        "language": NAMES.get(row.language, row.language),
        "kinds": drawn.kinds,
        "tasks": [(showing.KIND_ICONS[task.kind], task, _task_url(task)) for task in tasks],  # type: ignore[index]
        "repeats": list(Repeat.objects.filter(request=row, next_on__isnull=False))
        if getattr(row, "comes_again", True)
        else [],
        "others": others,
        "steps": list(row.steps.select_related("by").order_by("-at", "-pk")[:60]),
        "danger": row.danger,
        "may": may,
        "forms": all_forms,
        "opened_form": next(iter(bound), ""),
        "form": next(iter(bound.values()), None),
        "reach": {"state": reach_state},
        "reach_late": reach_state in (Reach.State.CHECK, "unreachable"),
        "lookers": _others_here(row, me, at),
        "has_record": records.can_open_record(me, row.person),
    }
    return render(request, "support/desk/request.html", context, status=status)


def _task_start(row: Request) -> dict[str, Any]:
    return {
        "client_key": working.new_key(),
        "kind": row.kinds[0] if row.kinds else "",
        "minutes": 60,
        "language": row.language if row.language != "en-gb" else "",
        "weeks": 0,
    }


def _task_url(task: Task) -> str:
    try:
        return reverse("support:task", args=[task.ref])
    except NoReverseMatch:
        return ""


@never_cache
@require_http_methods(["GET", "HEAD"])
def request_now(request: HttpRequest, ref: str) -> HttpResponse:
    """What a poll asks of an open request: who else is here, and whether it changed."""
    row, me = _fetch(request, ref)
    at = now()
    _be_here(row, me, at)
    return render(
        request,
        "support/desk/_looking.html",
        {
            "lookers": _others_here(row, me, at),
            "is_changed": request.GET.get("v", "") not in ("", str(row.version)),
            "one": row,
        },
    )


# --- Verbs -----------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def work(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """Do one thing with a request; what can't be done says why and keeps what was typed."""
    row, me = _fetch(request, ref)
    if verb not in rules.VERBS:
        raise Http404
    if not rules.may(me, row, verb):
        raise PermissionDenied
    if request.method != "POST":
        return redirect("support:request", ref=ref)
    at = now()
    try:
        answer = _VERBS[verb](request, row, me, at)
    except working.NotNow as problem:
        messages.error(request, str(problem))
        answer = None
    except working.Stale as stale:
        return _stale(request, stale.now, me, at)
    if answer is not None:
        return answer
    if not rules.can_see(me, Request.objects.select_related("person", "locality").get(pk=row.pk)):
        return redirect("support:desk")
    return redirect("support:request", ref=ref)


_Answer = HttpResponse | None


def _wrong(
    request: HttpRequest, row: Request, me: Person, at: dt.datetime, name: str, form: forms.BaseForm
) -> HttpResponse:
    return _page(request, row, me, at, None, status=422, **{name: form})


def _triage(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    form = TriageForm(request.POST)
    if not form.is_valid():
        return _wrong(request, row, me, at, "triage", form)
    data = dict(form.cleaned_data)
    version = data.pop("version")
    if not rules.is_officer(me):
        # A hub changes what it is; where it belongs is handed over, never taken.
        data["locality"] = row.locality
    elif row.state == Request.State.NEW and (
        "postcode" in form.changed_data or data["locality"] is None
    ):
        by_code = working.place_of(data["postcode"])["locality"]
        if data["locality"] in (None, row.locality) and data["postcode"] != row.postcode:
            data["locality"] = by_code
    try:
        done = working.triage(row, by=me, at=at, version=version, **data)
    except working.NotNow as problem:
        form.add_error(None, str(problem))
        return _wrong(request, row, me, at, "triage", form)
    if request.POST.get("then") == "route" and rules.may(me, done, "route"):
        working.route(done, by=me, at=at)
        messages.success(
            request, _("Sent to %(hub)s.") % {"hub": done.locality.name if done.locality else ""}
        )
        return redirect("support:desk")
    messages.success(request, _("Saved."))
    return None


def _stale(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> HttpResponse:
    """Both versions, side by side; nothing is lost and nothing overwritten unseen."""
    mine = TriageForm(request.POST)
    mine.is_valid()
    data = dict(request.POST.items())
    again = TriageForm(request.POST.copy())
    again.data["version"] = str(row.version)  # type: ignore[index]
    said = {
        "gist": (_("In one line"), row.gist, data.get("gist", "")),
        "priority": (
            _("How soon?"),
            row.get_priority_display(),
            dict(Request.Priority.choices).get(mine.cleaned_data.get("priority") or 0, ""),
        ),
        "kinds": (
            _("What would help?"),
            ", ".join(str(label) for _icon, label in showing.row(row, at).kinds),
            ", ".join(
                str(label)
                for _icon, label in showing.row(
                    Request(
                        kinds=mine.cleaned_data.get("kinds", []), person=row.person, words="-",
                        due_at=row.due_at,
                    ),
                    at,
                ).kinds
            ),
        ),
        "postcode": (_("Postcode"), row.postcode, data.get("postcode", "")),
        "address": (_("House number and street"), row.address, data.get("address", "")),
        "locality": (
            _("Locality"),
            row.locality.name if row.locality else "",
            getattr(mine.cleaned_data.get("locality"), "name", ""),
        ),
    }  # fmt: skip
    last = row.steps.select_related("by").order_by("-at", "-pk").first()
    return render(
        request,
        "support/desk/stale.html",
        {
            "one": row,
            "rows": [
                (label, theirs, ours, str(theirs) != str(ours))
                for label, theirs, ours in said.values()
            ],
            "again": again,
            "last": last,
            "bare": True,
        },
        status=409,
    )


def _route(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    working.route(row, by=me, at=at)
    messages.success(
        request, _("Sent to %(hub)s.") % {"hub": row.locality.name if row.locality else ""}
    )
    return redirect("support:desk")


def _take_back(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    working.take_back(row, by=me, at=at)
    messages.success(request, _("It is back at the borough's desk."))
    return None


def _accept(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    working.accept(row, by=me, at=at)
    messages.success(request, _("Thank you. You have it in hand."))
    return None


def _decline(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    form = ReasonForm(request.POST, prefix="decline")
    if not form.is_valid():
        return _wrong(request, row, me, at, "decline", form)
    working.decline(row, by=me, at=at, words=form.cleaned_data["words"])
    messages.success(request, _("Given back, with your reason. The borough finds another way."))
    return None


def _hand_over(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    form = HandOverForm(request.POST, prefix="over")
    if not form.is_valid():
        return _wrong(request, row, me, at, "hand_over", form)
    working.hand_over(row, by=me, at=at, **form.cleaned_data)
    messages.success(request, _("Handed over to %(hub)s.") % {"hub": form.cleaned_data["to"].name})
    return None


def _take(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    working.take(row, by=me, at=at)
    messages.success(request, _("You have it in hand."))
    return None


def _wait(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    working.wait_for_person(row, by=me, at=at)
    messages.success(request, _("It waits for them now, with a clock."))
    return None


def _note(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    form = NoteForm(request.POST, prefix="note")
    if not form.is_valid():
        return _wrong(request, row, me, at, "note", form)
    working.note(row, by=me, at=at, words=form.cleaned_data["words"])
    messages.success(request, _("Written down."))
    return None


def _task(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    form = TaskForm(request.POST, prefix="task")
    if not form.is_valid():
        return _wrong(request, row, me, at, "task", form)
    given = form.task()
    weeks = form.cleaned_data["weeks"]
    if weeks:
        start, end = form.times()
        if not row.repeats.filter(kind=given["kind"], created_at__gt=at - dt.timedelta(seconds=20),
                                  weekday=form.cleaned_data["on"].weekday()).exists():  # fmt: skip
            working.repeat(
                row,
                by=me,
                at=at,
                kind=given["kind"],
                what=given["what"],
                weekday=form.cleaned_data["on"].weekday(),
                first_on=form.cleaned_data["on"],
                from_time=start,
                to_time=end,
                every_weeks=weeks,
                minutes=given["minutes"],
                language=given["language"],
                money_cap=given["money_cap"],
            )
        messages.success(request, _("It comes again by itself from now on."))
        return None
    working.add_task(row, by=me, at=at, **given)
    messages.success(request, _("The task is made."))
    return None


def _cancel_task(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    task = get_object_or_404(row.tasks.all(), ref=request.POST.get("task", ""))
    working.cancel_task(task, by=me, at=at)
    messages.success(request, _("Called off. Whoever had it hears of it."))
    return None


def _stop_repeat(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    given = request.POST.get("rule", "")
    rule = get_object_or_404(row.repeats.all(), pk=int(given) if given.isdigit() else 0)
    working.stop_repeat(rule, by=me, at=at)
    messages.success(request, _("It doesn't come again."))
    return None


def _split(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    tasks = [task for task in row.tasks.all() if task.is_unfinished]
    form = SplitForm(request.POST, prefix="split", tasks=tasks)
    if not form.is_valid():
        return _wrong(request, row, me, at, "split", form)
    chosen = set(form.cleaned_data.get("tasks", []))
    part = working.split(
        row,
        by=me,
        at=at,
        words=form.cleaned_data["words"],
        client_key=form.cleaned_data["client_key"],
        tasks=[task for task in tasks if task.ref in chosen],
    )
    messages.success(request, _("There are two requests now. This is the second."))
    return redirect("support:request", ref=part.ref) if rules.can_see(me, part) else None


def _merge(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    others = [
        one
        for one in Request.objects.visible_to(me).filter(person=row.person).exclude(pk=row.pk)
        if one.is_open
    ]
    form = MergeForm(request.POST, prefix="merge", others=others)
    if not form.is_valid():
        return _wrong(request, row, me, at, "merge", form)
    into = next(one for one in others if one.ref == form.cleaned_data["into"])
    working.merge(row, into, by=me, at=at)
    messages.success(request, _("Put together. You can take them apart again from the other one."))
    return redirect("support:request", ref=into.ref)


def _part(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    working.part(row, by=me, at=at)
    messages.success(request, _("It stands on its own again."))
    return None


def _close(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    form = CloseForm(request.POST, prefix="close")
    if not form.is_valid():
        return _wrong(request, row, me, at, "close", form)
    working.close(row, by=me, at=at, **form.cleaned_data)
    messages.success(request, _("Closed. You can open it again."))
    return None


def _reopen(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    working.reopen(row, by=me, at=at)
    messages.success(request, _("Open again."))
    return None


def _contact(request: HttpRequest, row: Request, me: Person, at: dt.datetime) -> _Answer:
    form = AttemptForm(request.POST, prefix="contact")
    if not form.is_valid():
        return _wrong(request, row, me, at, "contact", form)
    contacts.record(row.person, by=me, at=at, request=row, **form.attempt())
    if form.cleaned_data["outcome"] == ContactAttempt.Outcome.SEEN_WORRY:
        messages.success(request, _("Written down. Now tell the people who keep others safe."))
        return redirect(worried_about(row))
    messages.success(request, _("Written down."))
    return None


_VERBS: dict[str, Callable[[HttpRequest, Request, Person, dt.datetime], _Answer]] = {
    "triage": _triage,
    "route": _route,
    "take-back": _take_back,
    "accept": _accept,
    "decline": _decline,
    "hand-over": _hand_over,
    "take": _take,
    "wait": _wait,
    "note": _note,
    "task": _task,
    "cancel-task": _cancel_task,
    "stop-repeat": _stop_repeat,
    "split": _split,
    "merge": _merge,
    "part": _part,
    "close": _close,
    "reopen": _reopen,
    "contact": _contact,
}


# --- On paper, and all of one person ----------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD"])
def letter(request: HttpRequest, ref: str) -> HttpResponse:
    """How far it has got, as a letter for somebody offline. Printing it is logged."""
    row, me = _fetch(request, ref)
    at = now()
    log_read(by=me, about=row.person, what="request", reason="helping", thing=row.ref, at=at)
    return render(
        request,
        "support/desk/letter.html",
        {**showing.for_the_person(row, at), "at": at, "bare": True},
    )


@never_cache
@require_http_methods(["GET", "HEAD"])
def history(request: HttpRequest, handle: str) -> HttpResponse:
    """All one person asked for, what was tried and done, on one page; a reason is given first."""
    me = me_at_the_desk(request)
    person, kept = opened(request, handle)
    if kept is None:
        return redirect("people:record", handle=handle)
    at = now()
    rows = list(
        Request.objects.visible_to(me)
        .select_related("locality", "ward", "owner", "person")
        .filter(Q(person=person) | Q(asked_by=person))
        .open_first()[:100]
    )
    log_read(
        by=me,
        about=person,
        what="requests",
        reason=kept["reason"],
        words=kept["words"],
        at=at,
    )
    return render(
        request,
        "support/desk/history.html",
        {
            "person": person,
            "rows": showing.rows(rows, at),
            "attempts": list(
                ContactAttempt.objects.filter(person=person)
                .filter(Q(request=None) | Q(request__in=[row.pk for row in rows]))
                .select_related("by", "request")
                .order_by("-at", "-pk")[:60]
            ),
            "tasks": list(
                Task.objects.filter(request__in=[row.pk for row in rows])
                .select_related("request")
                .order_by("-created_at", "-pk")[:60]
            ),
            "at": at,
        },
    )
