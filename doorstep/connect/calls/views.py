"""A call's pages: writing and sending it, what came back, and what a receiver sees and says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base import limits
from doorstep.base.time import now
from doorstep.connect import rules as connect_rules
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.calls import actions, drafting, forms, rules, sources
from doorstep.connect.calls.figures import figures
from doorstep.connect.calls.models import Call, CallAsk
from doorstep.connect.calls.ranking import rank
from doorstep.connect.models import Relationship
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_read

_t = gettext_lazy
GET_AND_POST = ["GET", "HEAD", "POST"]
State = Call.State
FIRST = 10  # receivers shown before “more that may fit”


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


@never_cache
@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """What waits for my answer, what I answered, my people's calls, and how calls go."""
    me, at = _me(request), now()
    asked = list(
        CallAsk.objects.visible_to(me)
        .select_related("call", "organisation", "team", "person")
        .order_by("-sent_at", "-pk")[:60]
    )
    waiting, answered = [], []
    for ask in asked:
        if ask.answer:
            answered.append(ask)
        elif ask.call.state == State.OUT:
            waiting.append(ask)
    mine = list(
        Call.objects.visible_to(me)
        .exclude(state__in=(State.CLOSED, State.STOPPED))
        .select_related("relationship__person")[:40]
    )
    context = {
        "waiting": waiting,
        "answered": answered[:20],
        "mine": mine,
        "figures": figures(at),
        "works": connect_rules.works_here(me),
        "at": at,
    }
    return render(request, "connect/calls/calls.html", context)


# --- Writing one -------------------------------------------------------------------------------


@never_cache
@require_http_methods(GET_AND_POST)
def new_call(request: HttpRequest, ref: str) -> HttpResponse:
    """Write a call for somebody I walk alongside."""
    me = _me(request)
    row = get_object_or_404(
        Relationship.objects.visible_to(me).select_related(
            "person__home", "organisation", "referral"
        ),
        ref=ref,
    )
    if not connect_rules.can_work(me, row):
        raise PermissionDenied
    matter = row.matters.filter(ref=request.GET.get("about", "")).first()  # type: ignore[attr-defined]
    form = forms.WriteForm(
        request.POST if request.method == "POST" else None,
        relationship=row,
        me=me,
        initial={"matter": matter.ref if matter else ""},
    )
    if form.is_valid():
        try:
            call = actions.write(
                row,
                by=me,
                at=now(),
                client_key=form.cleaned_data["client_key"],
                **form.values(),
            )
        except NotNow as problem:
            form.add_error(None, str(problem))
        else:
            return redirect(call)
    context = {
        "form": form,
        "heading": _("A call"),
        "lead": _("A small ask to the wider network. It never says who it is for."),
        "back": row.get_absolute_url(),
        "back_label": row.person.known_as,
        "button": _("Look at what we mark"),
        "bare": True,
    }
    return render(request, "connect/calls/do.html", context, status=422 if form.errors else 200)


@dataclass(frozen=True)
class Deed:
    """One thing to do with a call that is out: its words, its form, its act."""

    label: Any
    form: type[Any]
    act: Callable[..., Any]
    done: Any
    button: Any
    hint: Any = ""
    about_ask: bool = False


def _record(call: Call, ask: CallAsk | None, **more: Any) -> None:
    assert ask is not None  # noqa: S101
    actions.answer(ask, how=CallAsk.How.TOLD, **more)


def _on_ask(act: Callable[..., Any]) -> Callable[..., Any]:
    return lambda call, ask, **more: act(ask, **more)


def _on_call(act: Callable[..., Any]) -> Callable[..., Any]:
    return lambda call, ask, **more: act(call, **more)


DEEDS: dict[str, Deed] = {
    "record": Deed(
        _t("What they told you"),
        forms.AnswerForm,
        _record,
        _t("Written down."),
        _t("Write it down"),
        _t("By phone, on paper or at the door: it counts the same."),
        about_ask=True,
    ),
    "introduce": Deed(
        _t("Bring them together"),
        forms.IntroduceForm,
        _on_ask(actions.introduce),
        _t("They can get in touch now. Both know how."),
        _t("They said yes: bring them together"),
        _t(
            "Only now does either hear who the other is. Ask the person first, whether this is "
            "whom they want to meet."
        ),
        about_ask=True,
    ),
    "nudge": Deed(
        _t("Remind them once"),
        forms.JustDoIt,
        _on_ask(actions.nudge),
        _t("Reminded."),
        _t("Remind them"),
        about_ask=True,
    ),
    "known": Deed(
        _t("Ask somebody who was suggested"),
        forms.KnownForm,
        _on_call(actions.ask_known),
        _t("Asked."),
        _t("Ask them"),
        _t("They read the same words, and nothing more."),
    ),
    "close": Deed(
        _t("Close it, and say what happened"),
        forms.CloseForm,
        _on_call(actions.close),
        _t("Closed. Those who helped were thanked."),
        _t("Close it"),
    ),
    "stop": Deed(
        _t("Stop this call"),
        forms.JustDoIt,
        lambda call, ask, **more: actions.stop(call, why=Call.Why.US, **more),
        _t("Stopped. Every link to it is dead."),
        _t("Stop it"),
        _t("Those asked hear that it is over, and no more than that."),
    ),
}


@never_cache
@require_http_methods(GET_AND_POST)
def call(request: HttpRequest, ref: str) -> HttpResponse:
    """One call: while it is written its steps, then what came back. Opening it is logged."""
    me = _me(request)
    row = get_object_or_404(
        Call.objects.visible_to(me).select_related(
            "relationship__person__home",
            "relationship__organisation",
            "relationship__referral",
            "near",
            "matter",
            "made_by",
        ),
        ref=ref,
    )
    if request.method != "POST":
        log_read(
            by=me,
            about=row.relationship.person,
            what="relationship",
            reason="walking",
            thing=row.ref,
            at=now(),
        )
    step = request.GET.get("do", "")
    try:
        if row.state == State.DRAFT:
            return _drafting(request, row, me, step)
        if step == "whom" and row.is_out:
            return _whom(request, row, me)
        if step:
            return _deed(request, row, me, step)
        return _came_back(request, row)
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect(row)


def _drafting(request: HttpRequest, row: Call, me: Person, step: str) -> HttpResponse:
    undecided = any(not one["do"] for one in row.marks or []) or not row.words
    if step == "words":
        return _words(request, row, me)
    if step == "drop":
        if request.method == "POST":
            actions.drop(row, by=me, at=now())
            messages.success(request, _("Thrown away. Nothing was sent."))
        return redirect(row.relationship)
    if step == "marks" or undecided:
        return _marks(request, row, me)
    if step == "whom" or not row.asks.exists():  # type: ignore[attr-defined]
        return _whom(request, row, me)
    return _look(request, row, me)


def _words(request: HttpRequest, row: Call, me: Person) -> HttpResponse:
    form = forms.WriteForm(
        request.POST if request.method == "POST" else None,
        relationship=row.relationship,
        me=me,
        thing=row,
    )
    if form.is_valid():
        actions.reword(row, by=me, at=now(), **form.values())
        return redirect(row)
    context = {
        "form": form,
        "heading": _("Write it anew"),
        "back": row.get_absolute_url(),
        "back_label": _("The call"),
        "button": _("Look at what we mark"),
        "bare": True,
    }
    return render(request, "connect/calls/do.html", context, status=422 if form.errors else 200)


def _marks(request: HttpRequest, row: Call, me: Person) -> HttpResponse:
    """Every mark is decided by the writer, one by one."""
    form = forms.MarksForm(request.POST if request.method == "POST" else None, call=row)
    if request.method == "POST" and str(row.version) != request.POST.get("version", ""):
        raise NotNow(_("Your colleague changed it meanwhile. Look again before you go on."))
    if form.is_valid():
        ready = actions.decide(row, by=me, at=now(), decisions=form.decisions())
        if not ready:
            messages.info(request, _("Something in the new words may tell who it is. Look again."))
        return redirect(row)
    context = {
        "call": row,
        "form": form,
        "pieces": drafting.pieces(row.written, row.marks or []),
        "bare": True,
    }
    return render(request, "connect/calls/marks.html", context, status=422 if form.errors else 200)


def _whom(request: HttpRequest, row: Call, me: Person) -> HttpResponse:
    """Who fits, best first; the writer ticks whom."""
    there = set(row.asks.sent().values_list("key", flat=True))  # type: ignore[attr-defined]
    queued = list(row.asks.filter(sent_at=None).values_list("key", flat=True))  # type: ignore[attr-defined]
    fits = rank(row, row.words, me, at=now(), leave_out=there)
    wanted = set(request.POST.getlist("whom")) if request.method == "POST" else set(queued)
    if request.method == "POST":
        chosen = [fit for fit in fits if fit.candidate.key in wanted]
        if chosen:
            actions.choose(row, by=me, at=now(), fits=chosen)
            if row.is_out:
                messages.success(request, _("They are next in line."))
            return redirect(row)
    rows = [
        {
            "fit": fit,
            "said": sources.said(fit.candidate.kind),
            "is_on": fit.candidate.key in wanted,
        }
        for fit in fits
    ]
    context = {
        "call": row,
        "rows": rows[:FIRST],
        "more": rows[FIRST:],
        "more_open": any(one["is_on"] for one in rows[FIRST:]),
        "none_chosen": request.method == "POST",
        "bare": True,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "connect/calls/whom.html", context, status=status)


def _look(request: HttpRequest, row: Call, me: Person) -> HttpResponse:
    """The second look: exactly what goes out, to whom, and when."""
    if request.method == "POST":
        if request.POST.get("version") != str(row.version):
            raise NotNow(_("Your colleague changed it meanwhile. Look again before you go on."))
        if not request.POST.get("looked"):
            return _look_page(request, row, 422)
        asked = actions.send_out(row, by=me, at=now())
        messages.success(request, _("Sent to %(n)d. You hear as soon as somebody says yes.") % {
            "n": asked})  # fmt: skip
        return redirect(row)
    return _look_page(request, row, 200)


def _look_page(request: HttpRequest, row: Call, status: int) -> HttpResponse:
    asks = list(row.asks.select_related("person", "team"))  # type: ignore[attr-defined]
    context = {
        "call": row,
        "first": asks[: row.wave_size],
        "later": asks[row.wave_size :],
        "missed": status == 422,
        "bare": True,
    }
    return render(request, "connect/calls/look.html", context, status=status)


def _deed(request: HttpRequest, row: Call, me: Person, step: str) -> HttpResponse:
    """One thing to do with a call that is out, on a page of its own."""
    deed = DEEDS.get(step)
    if deed is None:
        raise Http404
    if not row.is_out:
        raise NotNow(_("This call is over."))
    ask = None
    if deed.about_ask:
        ask = get_object_or_404(
            row.asks.sent().select_related(  # type: ignore[attr-defined]
                "call__relationship__person",
                "call__relationship__organisation",
                "organisation",
                "person",
                "team",
                "answered_by",
            ),
            code=request.GET.get("about", ""),
        )
    data = request.POST if request.method == "POST" else None
    if ask is not None and deed.form is forms.AnswerForm:
        form: Any = forms.AnswerForm(data, ask=ask, told=True)
    else:
        form = deed.form(data, relationship=row.relationship, me=me, thing=ask)
    if form.is_valid():
        values = form.values() if hasattr(form, "values") else form.cleaned_data
        try:
            deed.act(row, ask, by=me, at=now(), **values)
        except NotNow as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, str(deed.done))
            return redirect(row)
    context = {
        "form": form,
        "heading": deed.label,
        "lead": deed.hint,
        "about": ask.label if ask is not None else "",
        "safe": _safe(row) if step == "introduce" else "",
        "back": row.get_absolute_url(),
        "back_label": _("The call"),
        "button": deed.button,
        "bare": True,
    }
    return render(request, "connect/calls/do.html", context, status=422 if form.errors else 200)


def _safe(row: Call) -> str:
    """When it is safe to get in touch, as the referral said, for whoever writes it down."""
    sent = row.relationship.referral
    return sent.safe_contact if sent is not None else ""


def _came_back(request: HttpRequest, row: Call) -> HttpResponse:
    asks = list(
        row.asks.select_related("person", "team", "organisation", "answered_by")  # type: ignore[attr-defined]
    )
    sent = [one for one in asks if one.sent_at is not None]
    at = now()
    context = {
        "call": row,
        "person": row.relationship.person,
        "good": [one for one in sent if one.answer in ("yes", "knows")],
        "open": [one for one in sent if not one.answer],
        "others": [one for one in sent if one.answer in ("not_now", "no")],
        "later": [one for one in asks if one.sent_at is None],
        "days": (row.first_yes_at - row.sent_at).days if row.first_yes_at and row.sent_at else None,
        "waited": (at - row.sent_at).days if row.sent_at else 0,
        "is_live": rules.is_live(row, at),
    }
    return render(request, "connect/calls/call.html", context)


# --- A receiver --------------------------------------------------------------------------------


_ASK = (
    "call__relationship__person",
    "call__relationship__organisation",
    "call__near",
    "organisation",
    "team",
    "person",
    "answered_by",
)


@never_cache
@require_http_methods(GET_AND_POST)
def asked(request: HttpRequest, code: str) -> HttpResponse:
    """What somebody is asked, for those it went to who have an account."""
    me, at = _me(request), now()
    ask = get_object_or_404(CallAsk.objects.visible_to(me).select_related(*_ASK), code=code)
    live = rules.is_live(ask.call, at)
    # What a colleague or a link's reader answered stays theirs.
    is_mine = not ask.answer or ask.answered_by_id == me.pk
    form = None
    if live and is_mine and ask.introduced_at is None:
        form = forms.AnswerForm(
            request.POST if request.method == "POST" else None,
            ask=ask,
            initial={"name": me.known_as},
        )
        if form.is_valid():
            try:
                actions.answer(ask, at=at, by=me, how=CallAsk.How.HERE, **form.cleaned_data)
            except NotNow as problem:
                messages.error(request, str(problem))
            else:
                messages.success(request, _("Thank you. Whoever asked has been told."))
            return redirect(ask)
    elif request.method == "POST":
        messages.error(request, _("Thank you, but this can’t be answered any more."))
        return redirect(ask)
    shows = ask.answered_by_id == me.pk and rules.introduction_stands(ask, at)
    if shows:
        log_read(
            by=me,
            about=ask.call.relationship.person,
            what="introduction",
            reason="introduced",
            thing=ask.code,
            at=at,
        )
    return _ask_page(request, ask, form=form, live=live, shows=shows, is_mine=is_mine)


def _ask_page(
    request: HttpRequest,
    ask: CallAsk,
    *,
    form: Any,
    live: bool,
    shows: bool = False,
    is_mine: bool = True,
    door: Any = None,
) -> HttpResponse:
    context = {
        "ask": ask,
        "call": ask.call,
        "form": form,
        "live": live,
        "shows": shows,
        "is_mine": is_mine,
        "door": door,
        "figures": figures(now()),
        "bare": True,
    }
    bad = any(one is not None and one.errors for one in (form, door))
    return render(request, "connect/calls/asked.html", context, status=422 if bad else 200)


def by_link(request: HttpRequest, code: str, number: int) -> HttpResponse | None:
    """The same by a signed link, without an account; None where the link is dead.

    Whoever else it was passed to reads the ask, which names nobody, and nothing of the answer
    given before them.
    """
    ask = CallAsk.objects.sent().select_related(*_ASK).filter(code=code, link_number=number).first()
    at = now()
    if ask is None or not _may_open(ask, at):
        return None
    live = rules.is_live(ask.call, at)
    if ask.opened_at is None and request.method == "GET":
        CallAsk.objects.filter(pk=ask.pk).update(opened_at=at)
    if ask.introduced_at is not None:
        return _through_the_door(request, ask)
    form = None
    # What was answered already is changed by ringing us: a second reader changes nothing.
    if live and not ask.answer:
        form = forms.AnswerForm(request.POST if request.method == "POST" else None, ask=ask)
        if form.is_valid():
            try:
                actions.answer(ask, at=at, how=CallAsk.How.LINK, **form.cleaned_data)
                messages.success(request, _("Thank you. Whoever asked has been told."))
            except NotNow as problem:
                messages.error(request, str(problem))
            return redirect(request.path)
    elif request.method == "POST":
        messages.error(request, _("This has been answered. Ring us to change it."))
        return redirect(request.path)
    return _ask_page(request, ask, form=form, live=live)


def _may_open(ask: CallAsk, at: Any) -> bool:
    """A stopped call's links are dead; a closed one's say that it is over."""
    if ask.introduced_at is not None:
        return rules.introduction_stands(ask, at)
    return ask.call.state == State.CLOSED or rules.is_live(ask.call, at)


def _through_the_door(request: HttpRequest, ask: CallAsk) -> HttpResponse:
    """After an introduction: the number or e-mail they gave opens it, five tries an hour."""
    door = forms.DoorForm(request.POST if request.method == "POST" else None)
    shows = False
    maker = ask.introduced_by or ask.call.made_by
    if door.is_valid() and maker is not None:
        limits.check("call-door", ask.code, 5, limits.HOUR, exact=True)
        if _same_reach(door.cleaned_data["reach"], ask.answer_reach):
            shows = True
            log_read(
                by=maker,
                about=ask.call.relationship.person,
                what="introduction",
                reason="introduced",
                words=ask.answer_name,
                thing=ask.code,
                at=now(),
                role="outside",
            )
        else:
            door.add_error("reach", _("That isn’t the one we have. Ring us if you are stuck."))
    return _ask_page(request, ask, form=None, live=True, shows=shows, door=None if shows else door)


def _same_reach(one: str, other: str) -> bool:
    """Whether two say the same number or e-mail, however they are spaced."""
    if "@" in other and "@" in one:
        return one.strip().casefold() in other.casefold().split()
    digits = re.sub(r"\D", "", one)
    return len(digits) >= 7 and digits[-7:] in re.sub(r"\D", "", other)
