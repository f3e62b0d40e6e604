"""For those who may open a record: write down a yes, pass on, go ahead without one, review."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base.time import now
from doorstep.people.consents import actions, rules, sharing
from doorstep.people.consents.forms import (
    OverrideForm,
    PassOnForm,
    RecordForm,
    ReviewForm,
    WithdrawForm,
    initial_from,
    question,
)
from doorstep.people.consents.kinds import Purpose, labels, parts, purposes, recipients
from doorstep.people.consents.showing import parted, shown
from doorstep.people.models import Ask, Consent, Override, Person, Sheet
from doorstep.people.readings.actions import log_read

# The reason given for opening a record: {"reason": …, "words": …}.
Kept = dict[str, Any]


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


def _for_record(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view the person whose record is open, and the reason; else ask why first.

    For anybody whose role does not reach the record there is nothing.
    """

    @wraps(view)
    def checked(request: HttpRequest, handle: str, **kwargs: Any) -> HttpResponse:
        from doorstep.people.records.views import opened

        person, kept = opened(request, handle)
        if not rules.can_record(_me(request), person):
            raise Http404
        if kept is None:
            return redirect("people:record", handle=handle)
        return view(request, person, kept, **kwargs)

    return checked


def _log(me: Person, person: Person, kept: Kept) -> None:
    log_read(
        by=me,
        about=person,
        what="agreements",
        reason=kept["reason"],
        words=kept.get("words", ""),
        at=now(),
    )


def _purpose(key: str) -> Purpose:
    known = purposes.get(key)
    if known is None:
        raise Http404
    return known


@never_cache
@require_safe
@_for_record
def agreements(request: HttpRequest, person: Person, kept: Kept) -> HttpResponse:
    """What a person agreed to, for those who may write it down for them. The look is logged."""
    me = _me(request)
    _log(me, person, kept)
    rows = (
        Consent.objects.filter(person=person)
        .select_related("recorded_by", "withdrawn_by")
        .order_by("-recorded_at", "-pk")
    )
    live, past = parted(rows)
    return render(
        request,
        "people/consents/record.html",
        {
            "person": person,
            "live": live,
            "past": past,
            "asks": [
                {
                    "ask": row,
                    "recipient": actions.recipient_of(row),
                    "question": question(row.purpose, actions.recipient_of(row)),
                }
                for row in Ask.objects.filter(person=person, answered_at=None).order_by("-asked_at")
            ],
            "sheets": [
                {"sheet": row, "recipient": actions.recipient_of(row)}
                for row in rules.sheets_visible_to(
                    Sheet.objects.filter(person=person), me
                ).order_by("-made_at")[:20]
            ],
            "purposes": [item for item in purposes.items() if item[1].by_oneself],
            "withdraw_form": WithdrawForm(),
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_for_record
def agree(request: HttpRequest, person: Person, kept: Kept, purpose: str) -> HttpResponse:
    """Write down a yes said by phone or on paper."""
    me = _me(request)
    known = _purpose(purpose)
    beginning = "begin" in request.POST
    # A question that waits for this answer: whom and what it was about need no typing again.
    asked = Ask.objects.filter(
        person=person, purpose=purpose, answered_at=None, client_key=request.GET.get("ask", "")
    ).first()
    if asked is None and not known.by_oneself:
        raise Http404  # answered to a question only
    initial = initial_from(request.POST, ["kind", "name"], ["parts"]) if beginning else {}
    if asked is not None:
        initial = {
            "kind": asked.recipient_kind,
            "name": asked.recipient_name,
            "parts": asked.parts,
        }
    form = RecordForm(
        request.POST if request.method == "POST" and not beginning else None,
        purpose=purpose,
        person=person,
        initial=initial,
    )
    if form.is_valid():
        at = now()
        given = form.cleaned_data
        recipient = form.recipient
        if asked is not None and (recipient.kind, recipient.name) == (
            asked.recipient_kind,
            asked.recipient_name,
        ):
            recipient = actions.recipient_of(asked)
        try:
            actions.give(
                person,
                purpose=purpose,
                recipient=recipient,
                parts=given["parts"],
                by=me,
                at=at,
                how=given["how"],
                words=given["words"],
                asked=form.asked(),
                language=given["language"],
                ends_at=form.ends_at(at),
                on_behalf=form.on_behalf,
                client_key=given["client_key"],
            )
        except actions.CannotAgree as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Written down, in their words."))
            return redirect("people:record_agreements", handle=person.handle)
    return render(
        request,
        "people/consents/record_agree.html",
        {
            "question": question(purpose, actions.recipient_of(asked))
            if asked
            else str(known.ask) % {"recipient": "…"},
            "form": form,
            "purpose": known,
            "purpose_key": purpose,
            "person": person,
            "bare": True,
        },
        status=422 if form.is_bound else 200,
    )


@require_POST
@_for_record
def said_no(request: HttpRequest, person: Person, kept: Kept, pk: int) -> HttpResponse:
    """The answer to a question was no."""
    asked = get_object_or_404(Ask, pk=pk, person=person)
    actions.note_no(asked, by=_me(request), at=now())
    messages.success(request, _("Written down: they said no."))
    return redirect("people:record_agreements", handle=person.handle)


@require_POST
@_for_record
def stop(request: HttpRequest, person: Person, kept: Kept, pk: int) -> HttpResponse:
    """The person rang: it stops now."""
    me = _me(request)
    consent = get_object_or_404(Consent, pk=pk, person=person)
    form = WithdrawForm(request.POST)
    if form.is_valid():
        actions.withdraw(consent, by=me, at=now(), **form.cleaned_data)
        messages.success(request, _("Stopped. Whoever used it is told right now."))
    else:
        messages.error(request, _("Nothing stopped yet: choose how they told you."))
    return redirect("people:record_agreements", handle=person.handle)


@never_cache
@require_safe
@_for_record
def paper(request: HttpRequest, person: Person, kept: Kept) -> HttpResponse:
    """A form on paper, to sign at the kitchen table."""
    me = _me(request)
    _log(me, person, kept)
    return render(
        request,
        "people/consents/paper.html",
        {
            "person": person,
            "purposes": [
                {
                    "purpose": purpose,
                    "recipients": [
                        kind.label
                        for key in purpose.recipients
                        if (kind := recipients.get(key)) is not None
                    ],
                    "parts": [part.heading for key, part in parts.items() if key in purpose.parts],
                    "question": str(purpose.ask) % {"recipient": "……………………………………"},
                }
                for _key, purpose in purposes.items()
                if purpose.by_oneself
            ],
        },
    )


# --- Passing on ----------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_for_record
def pass_on(request: HttpRequest, person: Person, kept: Kept, purpose: str) -> HttpResponse:
    """Choose whom, and exactly which facts; refused in a sentence where nobody said yes."""
    me = _me(request)
    known = _purpose(purpose)
    if not known.by_oneself:
        raise Http404
    beginning = "begin" in request.POST
    form = PassOnForm(
        request.POST if request.method == "POST" and not beginning else None,
        purpose=purpose,
        initial=initial_from(request.POST, ["kind", "name"], ["parts"]) if beginning else None,
    )
    refused = ""
    if form.is_valid():
        given = form.cleaned_data
        try:
            made, key = sharing.pass_on(
                person,
                purpose=purpose,
                recipient=form.recipient,
                parts=given["parts"],
                note=given.get("note", ""),
                by=me,
                at=now(),
                client_key=given["client_key"],
            )
        except actions.NotAgreed as problem:
            refused = str(problem)
        else:
            return _sheet_page(request, made, key)
    return render(
        request,
        "people/consents/pass_on.html",
        {
            "form": form,
            "purpose": known,
            "purpose_key": purpose,
            "person": person,
            "refused": refused,
            "recipient": form.recipient if refused else None,
            "question": question(purpose, form.recipient) if refused else "",
            "agreed": [
                shown(row)
                for row in Consent.objects.live(now()).filter(person=person, purpose=purpose)
            ],
            "bare": True,
        },
        status=422 if form.is_bound else 200,
    )


@require_POST
@_for_record
def ask_later(request: HttpRequest, person: Person, kept: Kept, purpose: str) -> HttpResponse:
    """Put the question to the person, to be answered in their own time."""
    me = _me(request)
    if not _purpose(purpose).by_oneself:
        raise Http404
    form = PassOnForm(request.POST, purpose=purpose)
    if not form.is_valid():
        messages.error(request, _("Choose who may have it and what, then ask."))
        return redirect("people:pass_on", handle=person.handle, purpose=purpose)
    try:
        actions.ask(
            person,
            purpose=purpose,
            recipient=form.recipient,
            parts=form.cleaned_data["parts"],
            by=me,
            at=now(),
            client_key=form.cleaned_data["client_key"],
        )
    except actions.CannotAgree as problem:
        messages.error(request, str(problem))
        return redirect("people:pass_on", handle=person.handle, purpose=purpose)
    messages.success(
        request, _("The question waits on their own page, and here for when you ring them.")
    )
    return redirect("people:record_agreements", handle=person.handle)


def _sheet_page(request: HttpRequest, made: Sheet, key: str) -> HttpResponse:
    """The page of whoever passed it on; with the link, this once."""
    return render(
        request,
        "people/consents/sheet.html",
        {
            "sheet": made,
            "person": made.person,
            "recipient": actions.recipient_of(made),
            "parts": labels(made.parts),
            "label": getattr(purposes.get(made.purpose), "label", ""),
            "openings": list(made.openings.order_by("-at")[:50]),
            "link": request.build_absolute_uri(reverse("people:shared", args=[key])) if key else "",
        },
    )


def _sheet(request: HttpRequest, pk: int) -> Sheet:
    sheets = Sheet.objects.select_related("person__home", "made_by", "consent", "override")
    return get_object_or_404(rules.sheets_visible_to(sheets, _me(request)), pk=pk)


@never_cache
@require_safe
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of something passed on: who opened it, what they answered."""
    return _sheet_page(request, _sheet(request, pk), "")


@never_cache
@require_POST
def sheet_link(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link; the old one is dead."""
    found = _sheet(request, pk)
    try:
        key = sharing.renew_link(found, by=_me(request), at=now())
    except actions.NotAgreed as problem:
        messages.error(request, str(problem))
        return redirect("people:sheet", pk=pk)
    return _sheet_page(request, found, key)


@never_cache
@require_safe
def sheet_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet on paper, for a recipient who is not online. Logged as a reading."""
    me = _me(request)
    found = _sheet(request, pk)
    try:
        opened = sharing.read_own(found, by=me, at=now())
    except sharing.NoLongerShared:
        messages.error(request, _("This is no longer shared, so there is nothing to print."))
        return redirect("people:sheet", pk=pk)
    return render(
        request,
        "people/consents/sheet_print.html",
        {"opened": opened, "recipient": actions.recipient_of(opened.sheet), "sheet": opened.sheet},
    )


@require_POST
def sheet_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back."""
    found = _sheet(request, pk)
    sharing.stop(found, by=_me(request), at=now())
    messages.success(request, _("The link is dead now."))
    return redirect("people:sheet", pk=pk)


# --- Without a yes -------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_for_record
def make_override(request: HttpRequest, person: Person, kept: Kept, purpose: str) -> HttpResponse:
    """Say why it can't wait for a yes."""
    me = _me(request)
    known = _purpose(purpose)
    if not known.can_override:
        raise Http404
    if not rules.can_override(me, person):
        raise PermissionDenied
    beginning = "begin" in request.POST
    form = OverrideForm(
        request.POST if request.method == "POST" and not beginning else None,
        purpose=purpose,
        initial=initial_from(request.POST, ["kind", "name"], ["parts"]) if beginning else None,
    )
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.override(
                person,
                purpose=purpose,
                recipient=form.recipient,
                parts=given["parts"],
                ground=given["ground"],
                reason=given["reason"],
                by=me,
                at=now(),
                client_key=given["client_key"],
            )
        except actions.CannotOverride as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(
                request, _("You may pass it on now, to them alone. A lead looks at it today.")
            )
            return redirect("people:pass_on", handle=person.handle, purpose=purpose)
    return render(
        request,
        "people/consents/make_override.html",
        {"form": form, "purpose": known, "purpose_key": purpose, "person": person, "bare": True},
        status=422 if form.is_bound else 200,
    )


def _leads_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not rules.is_lead(_me(request)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


@require_safe
@_leads_only
def overrides(request: HttpRequest) -> HttpResponse:
    """For the safeguarding leads: what was shared without a yes."""
    me = _me(request)
    seen = rules.overrides_visible_to(Override.objects.all(), me).select_related(
        "person", "made_by", "reviewed_by"
    )
    return render(
        request,
        "people/consents/overrides.html",
        {
            "waiting": [shown(row) for row in seen.filter(reviewed_at=None).order_by("made_at")],
            "looked": [
                shown(row) for row in seen.exclude(reviewed_at=None).order_by("-reviewed_at")[:50]
            ],
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def override(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: for a lead to look at, and for whoever made it to read the answer."""
    me = _me(request)
    made = get_object_or_404(
        rules.overrides_visible_to(Override.objects.all(), me).select_related(
            "person", "made_by", "reviewed_by", "held_back_by"
        ),
        pk=pk,
    )
    may_review = rules.can_review(me, made) and made.reviewed_at is None
    if request.method == "POST" and not rules.can_review(me, made):
        raise PermissionDenied
    form = ReviewForm(request.POST or None) if may_review else None
    if request.method == "POST" and form is None:
        messages.info(request, _("Another lead was a moment faster."))
        return redirect("people:override", pk=pk)
    if form is not None and form.is_valid():
        given = form.cleaned_data
        try:
            actions.review(
                made,
                by=me,
                at=now(),
                outcome=given["outcome"],
                words=given["words"],
                hold_back=given["hold_back"] if given["wait"] else "",
            )
        except actions.CannotReview as problem:
            messages.error(request, str(problem))
        else:
            messages.success(
                request,
                _("It stops now, and they are told.")
                if given["outcome"] == Override.Outcome.STRUCK
                else _("Thank you. Whoever did it reads your words."),
            )
        return redirect("people:override", pk=pk)
    if request.method != "POST":
        log_read(
            by=me,
            about=made.person,
            what="override",
            reason="reviewing",
            thing=f"override-{made.pk}",
            at=now(),
        )
    return render(
        request,
        "people/consents/override.html",
        {
            "shown": shown(made),
            "override": made,
            "form": form,
            "may_tell": rules.can_review(me, made) and made.held_back_at is not None,
            "is_lead": rules.is_lead(me),
        },
        status=422 if form is not None and form.is_bound else 200,
    )


@require_POST
def tell_now(request: HttpRequest, pk: int) -> HttpResponse:
    """The danger is over: the person hears of it."""
    me = _me(request)
    made = get_object_or_404(rules.overrides_visible_to(Override.objects.all(), me), pk=pk)
    if not rules.can_review(me, made):
        raise PermissionDenied
    actions.stop_holding_back(made, by=me, at=now())
    messages.success(request, _("They have been told."))
    return redirect("people:override", pk=pk)
