"""The leads' own queue, an alert with everything done about it, and the figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.pages import read_key
from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.safeguarding import actions, reading, rules
from doorstep.safeguarding import figures as numbers
from doorstep.safeguarding import forms as lead_forms
from doorstep.safeguarding.around import around as panels
from doorstep.safeguarding.models import Alert

PAGE = 30
State = Alert.State


def _lead(request: HttpRequest) -> Person:
    """The safeguarding lead who asks; for everybody else there is no such page."""
    me: Person = request.user.person  # type: ignore[union-attr]
    if not rules.is_lead(me):
        raise Http404
    return me


def _alert(request: HttpRequest, ref: str) -> tuple[Person, Alert]:
    me = _lead(request)
    seen = Alert.objects.visible_to(me).select_related("about", "owner", "raised_by", "joined_to")
    return me, get_object_or_404(seen, ref=ref)


@never_cache
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, overdue first, then by the clock."""
    me = _lead(request)
    at = now()
    rows = list(
        Alert.objects.visible_to(me)
        .open()
        .on_their_own()
        .select_related("about", "owner")
        .order_by("due_at", "pk")[:200]
    )
    groups: dict[str, list[Alert]] = {"late": [], "look": [], "mine": [], "others": [], "held": []}
    for row in rows:
        if row.is_held:
            groups["held"].append(row)
        elif row.is_overdue(at):
            groups["late"].append(row)
        elif row.state in (State.NEW, State.REOPENED, State.SEEN):
            groups["look"].append(row)
        else:
            groups["mine" if row.owner_id == me.pk else "others"].append(row)
    titles = {
        "late": _("Waiting too long"),
        "look": _("Needs somebody"),
        "mine": _("You have these"),
        "others": _("Others have these"),
        "held": _("Many came at once from one place"),
    }
    context = {
        "groups": [(name, titles[name], found) for name, found in groups.items() if found],
        "at": at,
    }
    return render(request, "safeguarding/queue.html", context)


@never_cache
@require_safe
def closed(request: HttpRequest) -> HttpResponse:
    """What is closed, newest first."""
    me = _lead(request)
    rows = (
        Alert.objects.visible_to(me)
        .filter(state=State.CLOSED)
        .on_their_own()
        .select_related("about")
        .order_by("-pk")
    )
    before = read_key(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    context = {
        "rows": found[:PAGE],
        "next_before": found[PAGE - 1].pk if len(found) > PAGE else None,
    }
    return render(request, "safeguarding/closed.html", context)


@never_cache
@require_safe
def alert(request: HttpRequest, ref: str) -> HttpResponse:
    """One alert: what we were told, what was done, and what comes next. Opening it is logged."""
    me, row = _alert(request, ref)
    at = now()
    reading.opened(row, by=me, at=at)
    actions.look(row, by=me, at=at)
    context = {
        "alert": row,
        "at": at,
        "steps": list(row.steps.select_related("by", "next_owner")),
        "parties": list(row.parties.select_related("person")),
        "passed_on": list(row.passed_on.select_related("sent_by")),
        "linked": actions.linked_to(row, me),
        "joined": list(row.joined.select_related("about")),
        # Once somebody has it, writing down comes first and giving it away last.
        "verbs": sorted(
            ((name, verb) for name, verb in VERBS.items() if verb.offered(row)),
            key=lambda pair: pair[0] == "take" and _is_taken(row),
        ),
    }
    return render(request, "safeguarding/alert.html", context)


# --- What a lead can do -------------------------------------------------------------------------


@dataclass(frozen=True)
class Verb:
    """One thing to do with an alert: its words, its form, and when it is offered."""

    label: Any
    form: type[lead_forms.LeadForm]
    act: Callable[..., Any]
    offered: Callable[[Alert], bool]
    done: Any
    hint: Any = ""
    is_main: bool = False
    initial: Callable[[Alert], dict[str, Any]] = lambda alert: {}


def _is_taken(alert: Alert) -> bool:
    return alert.state in actions.TAKEN


def _is_on_its_own(alert: Alert) -> bool:
    return alert.joined_to_id is None


def _works(alert: Alert) -> bool:
    return alert.is_open and _is_on_its_own(alert)


VERBS: dict[str, Verb] = {
    "take": Verb(
        gettext_lazy("Take it, or give it to somebody"),
        lead_forms.TakeForm,
        actions.take,
        _works,
        gettext_lazy("Written down: who has it, and what comes next."),
        is_main=True,
    ),
    "step": Verb(
        gettext_lazy("Write down what was done"),
        lead_forms.StepForm,
        actions.add_step,
        lambda alert: _works(alert) and _is_taken(alert),
        gettext_lazy("Written down."),
        is_main=True,
    ),
    "told": Verb(
        gettext_lazy("Telling the person"),
        lead_forms.ToldForm,
        actions.record_told,
        _works,
        gettext_lazy("Written down."),
        is_main=True,
        initial=lambda alert: {"told": alert.told},
    ),
    "pass-on": Verb(
        gettext_lazy("Pass it on"),
        lead_forms.PassOnForm,
        actions.pass_on,
        lambda alert: _works(alert) and bool(alert.told),
        gettext_lazy("Written down. It stays yours until they answer."),
        hint=gettext_lazy(
            "Ring or write to them yourself, then write it down here. Nothing is sent from here."
        ),
        is_main=True,
    ),
    "came-back": Verb(
        gettext_lazy("What came back"),
        lead_forms.CameBackForm,
        actions.came_back,
        lambda alert: (
            _works(alert) and _is_taken(alert) and alert.passed_on.filter(answered_at=None).exists()  # type: ignore[attr-defined]
        ),
        gettext_lazy("Written down."),
        is_main=True,
    ),
    "close": Verb(
        gettext_lazy("Close it"),
        lead_forms.CloseForm,
        actions.close,
        lambda alert: _works(alert) and bool(alert.told) and alert.state != State.NEW,
        gettext_lazy("Closed. You can open it again at any time."),
        is_main=True,
    ),
    "reopen": Verb(
        gettext_lazy("Open it again"),
        lead_forms.WordsForm,
        actions.reopen,
        lambda alert: not alert.is_open,
        gettext_lazy("Open again. It waits for somebody to take it."),
        is_main=True,
    ),
    "answer": Verb(
        gettext_lazy("Answer whoever told us"),
        lead_forms.AnswerForm,
        actions.answer,
        lambda alert: not alert.answered and _is_on_its_own(alert),
        gettext_lazy("Written down."),
        hint=gettext_lazy("Never what we found, never about whom."),
    ),
    "parties": Verb(
        gettext_lazy("Somebody must not read this"),
        lead_forms.PartyForm,
        actions.name_party,
        lambda alert: True,
        gettext_lazy("They can't open it any more, whatever their role."),
        hint=gettext_lazy(
            "Name whoever it is about or against, their household, and yourself if you know them. "
            "If no lead is left, an administrator hears that somebody else is needed."
        ),
    ),
    "join": Verb(
        gettext_lazy("It's the same as another"),
        lead_forms.OtherForm,
        actions.join,
        lambda alert: _is_on_its_own(alert) and not alert.joined.exists(),  # type: ignore[attr-defined]
        gettext_lazy("Joined. You can part them again."),
        hint=gettext_lazy("Two people told us of one thing. The other alert goes on for both."),
    ),
    "part": Verb(
        gettext_lazy("Part it from the other again"),
        lead_forms.NothingForm,
        actions.part,
        lambda alert: alert.joined_to_id is not None,
        gettext_lazy("They stand by themselves again."),
    ),
    "link": Verb(
        gettext_lazy("It belongs with another"),
        lead_forms.OtherForm,
        actions.link,
        lambda alert: True,
        gettext_lazy("They stand together now."),
        hint=gettext_lazy("The same person, or the same family, at another time."),
    ),
    "unlink": Verb(
        gettext_lazy("It doesn't belong with another"),
        lead_forms.UnlinkForm,
        actions.unlink,
        lambda alert: alert.links_out.exists() or alert.links_in.exists(),  # type: ignore[attr-defined]
        gettext_lazy("They stand apart now."),
    ),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def work(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """One thing to do with an alert, on a page of its own."""
    me, row = _alert(request, ref)
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    if not chosen.offered(row):
        messages.info(request, _("That can't be done as it stands. Look again."))
        return redirect(row)
    form: forms.Form = chosen.form(
        request.POST if request.method == "POST" else None,
        alert=row,
        lead=me,
        initial=chosen.initial(row),
    )
    if form.is_valid():
        try:
            chosen.act(row, by=me, at=now(), **form.values())  # type: ignore[attr-defined]
        except actions.NotNow as problem:
            form.add_error(None, str(problem))
        except actions.NotYours:
            raise Http404 from None
        else:
            messages.success(request, str(chosen.done))
            return redirect(row if rules.can_see(me, row) else "safeguarding:queue")
    context = {"alert": row, "verb": chosen, "form": form, "bare": True}
    return render(request, "safeguarding/work.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def around(request: HttpRequest, ref: str) -> HttpResponse:
    """What is around the person, for a lead who says why. Each look is written down."""
    _me, row = _alert(request, ref)
    if row.about is None:
        raise Http404
    form = lead_forms.ReasonForm(request.POST or None)
    shown: list[tuple[Any, str]] | None = None
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        reading.looked_around(row, by=_me, reason=reason, at=now())
        found = [(panel.label, panel.render(request, row.about)) for panel in panels]
        shown = [(label, html) for label, html in found if html]
    context = {"alert": row, "form": form, "panels": shown, "bare": True}
    return render(request, "safeguarding/around.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """How many, and how long they waited, by month; small numbers hidden."""
    me = _lead(request)
    return render(request, "safeguarding/figures.html", {"months": numbers.by_month(me, now())})
