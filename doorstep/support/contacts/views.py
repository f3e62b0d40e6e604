"""Ring back, who can't be reached, and outreach lists."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.people import numbers
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_read
from doorstep.people.tongues import NAMES
from doorstep.support.contacts import actions, outreach, reading, rules
from doorstep.support.contacts.forms import AttemptForm, OutreachForm, RingForm
from doorstep.support.models import ContactAttempt, Outreach, OutreachRow, Reach
from doorstep.support.requests import working
from doorstep.support.requests.rules import can_see, is_officer
from doorstep.support.requests.things import worried_about
from doorstep.support.requests.views.desk import call_backs, me_at_the_desk

PAGE = 60


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contacts(request: HttpRequest) -> HttpResponse:
    """Who asked to be rung, at whose door somebody should knock, and whom nobody has reached."""
    me = me_at_the_desk(request)
    at = now()
    if request.method == "POST":
        given = request.POST.get("reach", "")
        if not given:
            messages.error(request, _("Choose somebody first."))
            return redirect("support:contacts")
        reach = get_object_or_404(rules.reaches_of(me), pk=int(given) if given.isdigit() else 0)
        form = AttemptForm(request.POST)
        if form.is_valid():
            row = reach.request
            seen = row if row is not None and can_see(me, row) else None
            actions.record(
                reach.person,
                by=me,
                at=at,
                request=seen if seen is not None and seen.is_open else None,
                **form.attempt(),
            )
            messages.success(request, _("Written down."))
            if form.cleaned_data["outcome"] == ContactAttempt.Outcome.SEEN_WORRY:
                return redirect(worried_about(seen) if seen else "safeguarding:worried")
            return redirect("support:contacts")
        return _contacts(request, me, opened=reach, form=form, status=422)
    shown = request.GET.get("open", "")
    found = rules.reaches_of(me).select_related("request__person", "request__locality")
    opened = found.filter(pk=int(shown)).first() if shown.isdigit() else None
    return _contacts(request, me, opened=opened, form=None, status=200)


def _contacts(
    request: HttpRequest, me: Person, *, opened: Reach | None, form: AttemptForm | None, status: int
) -> HttpResponse:
    at = now()
    rows = list(rules.reaches_of(me).order_by("due_at", "pk")[: 3 * PAGE])
    context: dict[str, Any] = {
        "backs": list(call_backs(me).order_by("call_back_at", "pk")[:PAGE]),
        "groups": [
            (state, [row for row in rows if row.state == state])
            for state in (Reach.State.CHECK, Reach.State.UNREACHABLE, Reach.State.TRYING)
        ],
        "at": at,
        "opened": opened,
        "form": form,
    }
    if opened is not None:
        log_read(by=me, about=opened.person, what="contact", reason="checking", at=at)
        help_request = opened.request
        seen = help_request if help_request is not None and can_see(me, help_request) else None
        context |= {
            "form": form
            or AttemptForm(
                initial={
                    "client_key": working.new_key(),
                    "channel": "visit" if opened.state != Reach.State.TRYING else "phone",
                    "direction": "out",
                }
            ),
            "phone": numbers.shown((seen.phone if seen else "") or opened.person.phone),
            "address": seen.address if seen else "",
            "postcode": (seen.postcode if seen else "") or opened.person.postcode,
            "seen": seen,
            "tries": list(
                ContactAttempt.objects.filter(person=opened.person)
                .select_related("by")
                .order_by("-at", "-pk")[:10]
            ),
        }
    return render(request, "support/contacts/contacts.html", context, status=status)


# --- Outreach --------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lists(request: HttpRequest) -> HttpResponse:
    """The lists; officers bring new ones in."""
    me = me_at_the_desk(request)
    form = None
    if is_officer(me):
        form = OutreachForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = outreach.bring_in(by=me, at=now(), **form.cleaned_data)
                messages.success(request, _("We have the file. It is read within a minute."))
                return redirect("support:outreach_list", pk=made.pk)
            except reading.Unreadable as problem:
                form.add_error("file", str(problem))
    elif request.method == "POST":
        raise PermissionDenied
    rows = list(outreach.lists_of(me).order_by("-made_at", "-pk")[:40])
    counts = outreach.counts_of(rows, me)
    return render(
        request,
        "support/contacts/lists.html",
        {"form": form, "rows": [(row, counts[row.pk]) for row in rows]},
        status=422 if form is not None and form.is_bound else 200,
    )


def _list(request: HttpRequest, pk: int) -> tuple[Outreach, Person]:
    me = me_at_the_desk(request)
    row = outreach.lists_of(me).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row, me


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one_list(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: live counts, who rings, whom nobody reached; POST closes it or rings again."""
    row, me = _list(request, pk)
    at = now()
    if request.method == "POST":
        then = request.POST.get("then", "")
        if then == "close" and is_officer(me):
            outreach.close(row, at=at)
            messages.success(request, _("Closed. What came of it stays."))
        elif then == "again":
            given = request.POST.get("row", "")
            person = get_object_or_404(
                outreach.rows_of(me, row.rows.all()), pk=int(given) if given.isdigit() else 0
            )
            typed = request.POST.get("phone", "").strip()
            if typed:
                try:
                    number = numbers.parse_abroad(typed)
                except ValidationError as problem:
                    messages.error(request, problem.messages[0])
                    return redirect("support:outreach_list", pk=pk)
                person.phone = number
                person.save(update_fields=["phone"])
            outreach.again(person, at=at)
            messages.success(request, _("They are rung again."))
        elif then == "csv":
            return _csv(row, me)
        return redirect("support:outreach_list", pk=pk)
    counts = outreach.counts(row, me)
    states = OutreachRow.State
    context = {
        "one": row,
        "counts": [(states(state), many) for state, many in counts.items() if many],
        "total": sum(counts.values()),
        "done": sum(
            many for state, many in counts.items() if state not in (states.WAITING, states.HELD)
        ),
        "callers": outreach.callers(row, at),
        "is_officer": is_officer(me),
    }
    if request.GET.get("part"):
        return render(request, "support/contacts/_progress.html", context)
    lost = outreach.rows_of(me, row.rows.all()).filter(
        state__in=[states.UNREACHABLE, states.WRONG, states.UNUSABLE]
    )
    context["lost"] = list(lost.select_related("locality").order_by("state", "number")[:PAGE])
    return render(request, "support/contacts/one_list.html", context)


def _csv(row: Outreach, me: Person) -> HttpResponse:
    """What came of a list, as a CSV in which no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["line", "name", "phone", "postcode", "what came of it", "tries"])
    for one in outreach.rows_of(me, row.rows.all()).order_by("number").iterator(2_000):
        writer.writerow(
            [one.number]
            + [
                reading.safe_cell(value)
                # As people write it: a plus in front would have to be made harmless.
                for value in (
                    one.name,
                    numbers.shown(one.phone),
                    one.postcode,
                    one.get_state_display(),
                )
            ]
            + [one.tries]
        )
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="outreach-{row.pk}.csv"'
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ring(request: HttpRequest, pk: int) -> HttpResponse:
    """The next person of a list, and what came of ringing them."""
    row, me = _list(request, pk)
    at = now()
    if row.state != Outreach.State.READY:
        messages.error(request, _("Nobody rings from this list just now."))
        return redirect("support:outreach_list", pk=pk)
    given = request.POST.copy() if request.method == "POST" else None
    if given is not None and given.get("then") == "need" and not given.get("outcome"):
        # Whoever said what they need was spoken to.
        given["outcome"] = ContactAttempt.Outcome.SPOKE
    form = RingForm(given, initial={"channel": "phone", "direction": "out"})
    if request.method == "POST":
        number = request.POST.get("row", "")
        if not number:
            return redirect("support:outreach_ring", pk=pk)
        mine = outreach.rows_of(me, row.rows.all())
        held = mine.filter(pk=int(number) if number.isdigit() else 0).first()
        if held is None:
            raise Http404
        if request.POST.get("then") == "stop":
            outreach.give_back(held, by=me, at=at)
            return redirect("support:outreach_list", pk=pk)
        is_mine = held.held_by_id == me.pk
        sent_before = ContactAttempt.objects.filter(
            client_key=request.POST.get("client_key") or "-"
        ).exists()
        if not is_mine and not sent_before:
            messages.error(request, _("Somebody else has rung them meanwhile. Here is the next."))
            return redirect("support:outreach_ring", pk=pk)
        if form.is_valid():
            data = form.attempt()
            outreach.record(held, by=me, at=at, **data)
            if request.POST.get("then") == "need":
                draft = outreach.they_need(held, by=me, at=at, words=data.get("words") or "")
                return redirect("support:call", key=draft.key)
            messages.success(request, _("Written down. Here is the next."))
            return redirect("support:outreach_ring", pk=pk)
    else:
        try:
            held = outreach.next_row(row, by=me, at=at)
        except outreach.NobodyLeft:
            messages.success(request, _("Nobody is to be rung just now. Thank you."))
            return redirect("support:outreach_list", pk=pk)
    return render(
        request,
        "support/contacts/ring.html",
        {
            "one": row,
            "held": held,
            "phone": numbers.shown(held.phone),
            "language": NAMES.get(held.language, "") if held.language != "en-gb" else "",
            "form": form,
            "bare": True,
            "tries": list(held.attempts.select_related("by").order_by("-at")[:5]),
        },
        status=422 if form.is_bound else 200,
    )
