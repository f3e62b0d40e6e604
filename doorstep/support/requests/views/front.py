"""The front door: “What do you need?”, and how far it has got. Open to everybody."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base import limits
from doorstep.base.time import now
from doorstep.people import numbers
from doorstep.people.models import Person
from doorstep.places.models import tidy_postcode
from doorstep.support.crisis import rules as crisis
from doorstep.support.models import Kind, Request
from doorstep.support.requests import clocks, showing, suggesting, working
from doorstep.support.requests.forms import AskForm, StatusForm, WordsForm

# Guesses at one reference, and from one address, in an hour.
TRIES = 10


def me_of(request: HttpRequest) -> Person | None:
    return getattr(request.user, "person", None)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Words first; then what may help, with reasons; then how to reach them."""
    me = me_of(request)
    surge = crisis.current()
    if request.method != "POST":
        whom = "other" if request.GET.get("for") == "other" else "me"
        form: Any = WordsForm(initial={"whom": whom})
        return render(request, "support/front/words.html", {"form": form})
    step = request.POST.get("step", "send")
    if step == "words":
        first = WordsForm(request.POST)
        if not first.is_valid():
            context = {"form": first}
            return render(request, "support/front/words.html", context, status=422)
        form = AskForm(
            me=me,
            whom=first.cleaned_data["whom"],
            short=surge is not None,
            initial={"words": first.cleaned_data["words"]},
        )
        found = suggesting.suggest(first.cleaned_data["words"], viewer=me, at=now(), area=_home(me))
        form.initial["kinds"] = [kind for kind, _why in found.kinds[:1]]
        if found.code in dict(form.fields["language"].choices):  # type: ignore[attr-defined]
            form.initial["language"] = found.code
        return _details(request, form, found, first.cleaned_data["words"], status=200)
    form = AskForm(request.POST, me=me, short=surge is not None)
    if not form.is_valid():
        words = request.POST.get("words", "")
        found = suggesting.suggest(words, viewer=me, at=now(), area=_home(me))
        return _details(request, form, found, words, status=422)
    data = form.request()
    danger = suggesting.danger_of(data["words"], request.POST.get("heard", ""))
    if danger == "emergency" and "priority" not in data:
        data["priority"] = Request.Priority.TODAY
    if surge is not None and not data.get("kinds"):
        data["kinds"] = suggesting.kinds_in(data["words"])[:1]
    # Heard in the words, or asked by a child: the desk takes extra care with it.
    about_child = suggesting.is_about_child(data["words"]) or bool(
        me is not None and me.is_child and data.get("person") == me
    )
    made = working.ask(by=me, at=now(), danger=danger, about_child=about_child, **data)
    if surge is not None:
        crisis.send_on(made, at=now())
    return render(
        request,
        "support/front/thanks.html",
        {
            "made": made,
            "danger": danger,
            "is_outside": bool(made.postcode) and made.ward is None,
            "look_by": clocks.due(Request.State.NEW, made.priority, made.since),
            "me": me,
            "bare": True,
        },
    )


def _home(me: Person | None) -> Any:
    return me.home if me is not None else None


def _details(
    request: HttpRequest, form: AskForm, found: suggesting.Suggestions, words: str, *, status: int
) -> HttpResponse:
    return render(
        request,
        "support/front/details.html",
        {
            "form": form,
            "found": found,
            "heard": suggesting.heard(words, found.danger),
            "kinds": [(Kind(kind).label, why) for kind, why in found.kinds],
            "bare": True,
        },
        status=status,
    )


# --- How far it has got ----------------------------------------------------------------------


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """How far a request has got, for whoever has its reference and knows something about it."""
    form = StatusForm(request.POST or None)
    found: Request | None = None
    if form.is_valid():
        ref = form.cleaned_data["ref"]
        who = limits.address_of(request)
        may = limits.allow("support.status", who, TRIES, limits.HOUR, exact=True)
        may = limits.allow("support.status.ref", ref, TRIES, limits.HOUR, exact=True) and may
        if not may:
            form.add_error(None, _("That was many tries. Wait an hour, or ring us."))
            return _status(request, form, None, status=429)
        row = (
            Request.objects.select_related("person", "locality", "asked_by").filter(ref=ref).first()
        )
        if _knows(row, form.cleaned_data["known"]):
            found = row
        else:
            form.add_error(None, _("We find nothing by these two together. Look at both again."))
    return _status(request, form, found, status=422 if form.errors else 200)


def _status(
    request: HttpRequest, form: StatusForm, found: Request | None, *, status: int
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "bare": True, "is_own": False}
    if found is not None:
        context |= showing.for_the_person(found, at=now())
    return render(request, "support/front/status.html", context, status=status)


def _knows(row: Request | None, typed: str) -> bool:
    """Whether `typed` is something only they (or who asked) know. As long for no row as for one."""
    digits = "".join(one for one in typed if one.isdigit())
    number = ""
    try:
        number = numbers.parse_abroad(typed) if len(digits) >= 7 else ""
    except ValidationError:
        number = ""
    code = tidy_postcode(typed) or ""
    known: list[str] = []
    if row is not None:
        merged = row
        known = [merged.phone, merged.person.phone, merged.postcode, merged.person.postcode,
                 merged.asked_by_reach.lower()]  # fmt: skip
    known += [""] * (5 - len(known))
    good = False
    for one in known:
        for guess in (number, code, typed.strip().lower()):
            same = secrets.compare_digest(one.encode(), guess.encode())
            good = (same and bool(one)) or good
        ends = "".join(letter for letter in one if letter.isdigit())[-4:]
        is_number = one.startswith("+") or one.replace(" ", "").isdigit()
        same = secrets.compare_digest(ends.encode(), digits.encode())
        good = (same and is_number and len(digits) == 4) or good
    return good and row is not None


# --- For people with an account --------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD"])
def mine(request: HttpRequest) -> HttpResponse:
    """What I asked for, for myself or somebody else."""
    me = request.user.person  # type: ignore[union-attr]
    rows = list(Request.objects.own(me).select_related("person", "locality").open_first()[:60])
    return render(
        request,
        "support/front/mine.html",
        {
            "open": [row for row in rows if row.is_open],
            "ended": [row for row in rows if not row.is_open],
            "me": me,
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_request(request: HttpRequest, ref: str) -> HttpResponse:
    """One of mine: how far, what was done, and “I don't need it any more”."""
    me = request.user.person  # type: ignore[union-attr]
    row = get_object_or_404(
        Request.objects.own(me).select_related("person", "locality", "asked_by"), ref=ref
    )
    if request.method == "POST":
        try:
            if request.POST.get("then") == "more":
                working.note(
                    row, by=me, at=now(), words=request.POST.get("words", "").strip()[:4000]
                )
                messages.success(request, _("Thank you. We have added that."))
            elif request.POST.get("then") == "end":
                working.close(row, by=me, at=now(), outcome=Request.Outcome.NOT_NEEDED, tell=False)
                messages.success(request, _("Thank you for telling us. We have ended it."))
            elif request.POST.get("then") == "again":
                working.reopen(row, by=me, at=now(), words=_("They need it after all"))
                messages.success(request, _("It is open again. Somebody looks at it soon."))
        except working.NotNow as problem:
            messages.error(request, str(problem))
        return redirect("support:my_request", ref=ref)
    context = showing.for_the_person(row, at=now())
    return render(
        request,
        "support/front/mine_one.html",
        {**context, "me": me, "is_own": True, "back": "support:mine"},
    )
