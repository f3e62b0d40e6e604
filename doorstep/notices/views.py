"""Pages of notices: what is new, how you want to hear from us, and the way out of e-mails."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.encoding import escape_uri_path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base.pages import read_key
from doorstep.base.time import now, today
from doorstep.notices import actions, calls, safe
from doorstep.notices.forms import (
    CallForm,
    OwnRelayForm,
    PreferencesForm,
    RelayForm,
    SafeContactForm,
)
from doorstep.notices.kinds import kinds
from doorstep.notices.letters import read_door, read_token
from doorstep.notices.models import (
    CHOSEN,
    Channel,
    Delivery,
    Notice,
    Preference,
    QuietHours,
    Relay,
    SafeContact,
)
from doorstep.people.models import Account, Person
from doorstep.people.readings.actions import log_read
from doorstep.people.records.views import opened

PAGE = 20
# Where the last notice that was followed led, in the session.
LED_TO = "led_to"


def _me(request: HttpRequest) -> Person:
    """The signed-in reader; Django's guard has let nobody else in."""
    return request.user.person  # type: ignore[union-attr]


@never_cache
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What neighbours and we have told you, newest first."""
    me = _me(request)
    rules = safe.rules_of(me)
    rows = Notice.objects.shown_to(me, rules, ask=False).select_related("about").order_by("-id")
    before = read_key(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    context = {
        "fresh": [row for row in shown if row.seen_at is None],
        "seen": [row for row in shown if row.seen_at is not None],
        "is_first": before is None,
        "newest": shown[0].pk if shown else 0,
        "next_before": shown[-1].pk if len(found) > PAGE else None,
        "is_discreet": bool(rules and rules.is_discreet),
        "plain_subject": safe.PLAIN_SUBJECT,
    }
    return render(request, "notices/notices.html", context)


@never_cache
@require_safe
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Go where a notice leads; it isn't new any more."""
    notice = get_object_or_404(Notice.objects.shown_to(_me(request)), pk=pk)
    notice.person = _me(request)
    actions.open_notice(notice, at=now())
    if notice.path and url_has_allowed_host_and_scheme(notice.path, None):
        # Should it be out of their sight by now, the page that says so may be plainer than that
        # for somebody who guesses: they were told of it, and so know that it was there.
        request.session[LED_TO] = notice.path.split("?")[0].split("#")[0]
        return redirect(notice.path)
    return redirect("notices:notices")


@login_not_required
@never_cache
@require_safe
def door(request: HttpRequest, word: str, target: str) -> HttpResponse:
    """Go where a letter leads, as a notice on the screen does.

    Whoever the letter was for hears in a sentence that a thing has moved out of their sight. For
    anybody else who holds it this is the bare address, and tells no more than that.
    """
    read = read_door(word, target)
    path = f"/{target}"
    if read is None or not url_has_allowed_host_and_scheme(path, None):
        raise Http404
    notice_id, person_id = read
    query = request.META.get("QUERY_STRING", "")
    there = escape_uri_path(path) + (f"?{query}" if query else "")
    me: Person | None = getattr(request.user, "person", None)
    if me is None:
        if _has_account(person_id) and not _is_open(request, path, query):
            return redirect_to_login(request.get_full_path())
        return redirect(there)
    notice = Notice.objects.shown_to(me).filter(pk=notice_id).first()
    if notice is not None:
        notice.person = me
        actions.open_notice(notice, at=now())
    if notice is not None or me.pk == person_id or me.merged.filter(pk=person_id).exists():
        request.session[LED_TO] = path
    return redirect(there)


def _has_account(person_id: int) -> bool:
    """Whether the letter's reader could sign in, also where their record was joined to another."""
    mine = Q(person=person_id) | Q(person__merged=person_id)
    return Account.objects.filter(mine).exists()


def _is_open(request: HttpRequest, path: str, query: str) -> bool:
    """Whether a visitor finds something there; else whoever has an account signs in first."""
    try:
        match = resolve(path)
    except Resolver404:
        return False
    if getattr(match.func, "login_required", True):
        return False
    asked = copy.copy(request)
    asked.__dict__.pop("GET", None)  # read afresh from the query
    asked.path = asked.path_info = path
    asked.META = request.META | {"PATH_INFO": path, "QUERY_STRING": query}
    asked.resolver_match = match
    try:
        return match.func(asked, *match.args, **match.kwargs).status_code < 400
    except (Http404, PermissionDenied):
        return False


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Everything up to what was on the page is read."""
    upto = read_key(request.POST.get("upto"))
    actions.mark_seen(_me(request), at=now(), upto=upto)
    messages.success(request, _("All read."))
    return redirect("notices:notices")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Which notices reach you, how, and when we keep quiet."""
    me = _me(request)
    chosen = {
        (kind, channel): wanted
        for kind, channel, wanted in Preference.objects.filter(person=me).values_list(
            "kind", "channel", "is_wanted"
        )
    }
    quiet = QuietHours.objects.filter(person=me).first()
    form = PreferencesForm(request.POST or None, person=me, chosen=chosen, quiet=quiet)
    if form.is_valid():
        actions.choose(me, form.choices())
        data = form.cleaned_data
        wanted = data["has_quiet_hours"]
        actions.set_quiet_hours(
            me, data["quiet_from"] if wanted else None, data["quiet_until"] if wanted else None
        )
        messages.success(request, _("Saved. That's how you'll hear from us."))
        return redirect("notices:preferences")
    context = {
        "form": form,
        "channels": [channel.label for channel in CHOSEN],
        "address": actions.address_of(me),
    }
    return render(request, "notices/preferences.html", context, status=422 if form.errors else 200)


@csrf_exempt  # the signed word in the address is the proof; mail programs post without a session
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stop e-mails of one kind: from the e-mail, signed in or not (RFC 8058).

    Opening the page changes nothing, because mail scanners open every link; one press does.
    """
    read = read_token(token)
    person = Person.objects.filter(pk=read[0]).first() if read else None
    kind = kinds.get(read[1]) if read else None
    if person is None or kind is None or read is None:
        return render(request, "notices/unsubscribe_unknown.html", status=404)
    if request.method == "POST":
        wanted = request.POST.get("again") == "yes"
        actions.choose(person, {(read[1], Channel.EMAIL): wanted})
    else:
        choice = Preference.objects.filter(
            person=person, kind=read[1], channel=Channel.EMAIL
        ).first()
        wanted = choice.is_wanted if choice else kind.by_email
    held = safe.rules_of(person)
    context = {
        # Somebody else may have opened the letter.
        "about": safe.PLAIN_SUBJECT if held and held.is_discreet else kind.label,
        "is_on": wanted,
        "did": request.method == "POST",
    }
    return render(request, "notices/unsubscribe.html", context)


# --- Safe contact -------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def safe_contact(request: HttpRequest, handle: str = "") -> HttpResponse:
    """How somebody may be reached without harm: oneself, or a person whose record one may open."""
    me = _me(request)
    person = me
    if handle:
        # The reason given on the record's page holds here too; without one it is asked for there.
        person, kept = opened(request, handle)
        if kept is None:
            return redirect("people:record", handle)
        log_read(
            by=me, about=person, what="contact", reason=kept["reason"], words=kept["words"],
            at=now(),
        )  # fmt: skip
    if request.method == "POST" and request.POST.get("end"):
        safe.end_rules(person, by=me, at=now())
        messages.success(request, _("Taken away. They may be reached as before."))
        return redirect(request.path)
    held = safe.rules_of(person)
    is_about_relay = request.method == "POST" and "relay" in request.POST
    asking = RelayForm(request.POST if is_about_relay else None)
    if is_about_relay and held is not None and held.via_name:
        row = safe.relay_for(held)
        if not safe.can_say_relays_word(me, row):
            raise PermissionDenied  # their yes is not ours to give
        if asking.is_valid():
            said = asking.cleaned_data
            safe.relay_says(
                row, said["answer"], how=said["how"], words=said["words"],
                by=me, at=now(),
            )  # fmt: skip
            messages.success(request, _("Written down. It holds from this minute."))
            return redirect(request.path)
    form = SafeContactForm(
        request.POST if request.method == "POST" and not is_about_relay else None, rules=held
    )
    if form.is_valid():
        safe.set_rules(person, by=me, at=now(), **form.rules())
        messages.success(request, _("Saved. It holds from this minute."))
        return redirect(request.path)
    context = {
        "form": form,
        "person": person,
        "is_me": person.pk == me.pk,
        "held": held,
        **_about_relay(held, asking),
        "is_due": bool(held and held.review_on and held.review_on <= today()),
        "bare": True,
    }
    bad = form.errors or asking.errors
    return render(request, "notices/safe.html", context, status=422 if bad else 200)


def _about_relay(held: SafeContact | None, asking: RelayForm) -> dict[str, Any]:
    """What the page says of whoever passes messages on: their word, and who rang them."""
    if held is None or not held.via_name:
        return {"relay": None}
    relay = safe.relay_for(held)
    return {
        "relay": relay,
        "asking": asking,
        "relay_path": reverse("notices:relay", args=[safe.relay_token(relay)]),
        "uses": list(relay.uses.select_related("by").order_by("-at")[:20]),  # type: ignore[attr-defined]
    }


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def relay(request: HttpRequest, token: str) -> HttpResponse:
    """The page of whoever passes messages on: to say yes, no, or that it is over. And on paper."""
    row = safe.relay_of(token)
    if row is None:
        raise Http404
    form = OwnRelayForm(request.POST or None)
    viewer = getattr(request.user, "person", None)
    can_answer = safe.can_say_relays_word(viewer, row)
    if request.method == "POST" and not can_answer:
        raise PermissionDenied
    if form.is_valid() and request.POST.get("answer") in ("yes", "no"):
        safe.relay_says(
            row, request.POST["answer"], how=Relay.How.WEB, words=form.cleaned_data["words"],
            by=None, at=now(),
        )  # fmt: skip
        return redirect(request.path)
    context = {
        "row": row,
        "form": form,
        "can_answer": can_answer,
        "is_paper": "paper" in request.GET,
        "bare": True,
    }
    return render(request, "notices/relay.html", context, status=422 if form.errors else 200)


# --- Calls --------------------------------------------------------------------------------------


def _caller(request: HttpRequest) -> Person:
    me = _me(request)
    if not calls.can_call(me):
        raise Http404
    return me


@never_cache
@require_safe
def call_list(request: HttpRequest) -> HttpResponse:
    """Messages that somebody must say by phone: what can be said now, what waits for its hour."""
    me = _caller(request)
    at = now()
    rows = list(
        calls.jobs(me)
        .filter(state__in=(Delivery.State.WAITING, Delivery.State.FAILED))
        .order_by("due_at", "pk")[:100]
    )
    book = safe.Book.of({row.notice.person_id for row in rows})
    groups: dict[str, list[Any]] = {"now": [], "ask": [], "later": [], "stuck": []}
    for row in rows:
        verdict = book.may_reach(row.notice.person_id, row.channel, at)
        if verdict.waits_for_yes:
            groups["ask"].append((row, verdict))
        elif row.state == Delivery.State.FAILED:
            groups["stuck"].append((row, verdict))
        elif verdict.ok and row.due_at <= at:
            groups["now"].append((row, verdict))
        else:
            groups["later"].append((row, verdict))
    titles = {
        "now": _("Ring now"),
        "ask": _("Ask first whether they will pass messages on"),
        "later": _("Not yet"),
        "stuck": _("Couldn't be reached"),
    }
    context = {"groups": [(key, titles[key], found) for key, found in groups.items() if found]}
    return render(request, "notices/calls.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """One call: what to know, the number on a press (which is logged), and how it went."""
    me = _caller(request)
    row = get_object_or_404(calls.jobs(me), pk=pk)
    number, problem = "", ""
    form = CallForm(request.POST if "outcome" in request.POST else None)
    try:
        if request.method == "POST" and "open" in request.POST:
            number = calls.open_number(row, by=me, at=now())
        elif request.method == "POST":
            form = CallForm(request.POST)
            if request.POST.get("tries", str(row.tries)) != str(row.tries):
                raise calls.AlreadyDone  # the same form again, or somebody else meanwhile
            if form.is_valid():
                calls.record(row, by=me, at=now(), **form.cleaned_data)
                messages.success(request, _("Written down. Thank you for ringing."))
                return redirect("notices:calls")
    except safe.NotSafe as refused:
        problem = str(refused)
    except calls.AlreadyDone:
        messages.info(request, _("This one is done already, or not wanted any more."))
        return redirect("notices:calls")
    context = {
        "row": row,
        "verdict": calls.verdict_of(row, now()),
        "number": number,
        "problem": problem,
        "form": form,
        "tries": list(row.call_tries.select_related("by")),
        "bare": True,
    }
    status = 422 if form.errors or problem else 200
    return render(request, "notices/call.html", context, status=status)
