"""The desk of those who look into concerns, and one concern with everything done about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.private_files import answer
from doorstep.base.time import local, now
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_read
from doorstep.watch import pins, rules
from doorstep.watch.actions import care, passing
from doorstep.watch.forms import care as forms
from doorstep.watch.models import Concern, Theme
from doorstep.watch.reading import READABLE, REASON
from doorstep.watch.similar import similar
from doorstep.watch.views.guarding import second_step
from doorstep.watch.views.telling import counted_words, own

State = Concern.State
MOST = 150


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


@never_cache
@require_safe
@second_step
def desk(request: HttpRequest) -> HttpResponse:
    """What waits, the latest due first; with filters by theme and state."""
    me = _me(request)
    if not rules.has_a_desk(me):
        raise PermissionDenied
    today = local(now()).date()
    show = request.GET.get("show", "")
    theme = Theme.objects.filter(slug=request.GET.get("theme", "")).first()
    rows = (
        rules.cared_for_by(Concern.objects.all(), me)
        .on_their_own()
        .select_related("theme", "area", "owner")
    )
    if theme is not None:
        rows = rows.filter(theme=theme) | rows.filter(theme__parent=theme)
    if show == "away":
        found = list(rows.exclude(state__in=Concern.OPEN).order_by("-closed_at", "-pk")[:MOST])
        groups = [("away", _("Put away"), found)]
    else:
        found = list(rows.open().order_by("due_on", "pk")[: MOST + 1])
        groups = _groups(found[:MOST], me, today)
    context = {
        "groups": [row for row in groups if row[2]],
        "show": show,
        "theme": theme,
        "themes": Theme.objects.leaves(),
        "today": today,
        "is_more": len(found) > MOST,
        "is_carer": rules.is_carer(me),
        "can_arrange": rules.can_arrange(me),
    }
    return render(request, "watch/desk.html", context)


def _groups(rows: list[Concern], me: Person, today: dt.date) -> list[tuple[str, str, list]]:
    groups: dict[str, list[Concern]] = {name: [] for name in ("late", "new", "mine", "others")}
    for row in rows:
        if row.is_late(today):
            groups["late"].append(row)
        elif row.owner_id is None:
            groups["new"].append(row)
        else:
            groups["mine" if row.owner_id == me.pk else "others"].append(row)
    titles = {
        "late": _("Waiting too long"),
        "new": _("Nobody has these yet"),
        "mine": _("You have these"),
        "others": _("Others have these"),
    }
    return [(name, titles[name], found) for name, found in groups.items()]


def _concern(request: HttpRequest, ref: str) -> tuple[Person, Concern]:
    me = _me(request)
    seen = Concern.objects.visible_to(me).select_related(
        "theme", "area", "owner", "spotter", "person", "typed_by", "merged_into", "office"
    )
    return me, get_object_or_404(seen, ref=ref)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@second_step
def concern(request: HttpRequest, ref: str) -> HttpResponse:
    """One concern. Whoever cares for it sees all; whoever told it, their own words and what came.

    Opening one that is about somebody we know is written down, for them to read.
    """
    me, row = _concern(request, ref)
    if not rules.can_care(me, row):
        return own(request, row)
    if request.method == "POST":
        return own(request, row) if rules.told_it(me, row) else redirect(row)
    if row.person is not None:
        log_read(
            by=me, about=row.person, what=READABLE, reason=REASON, words="", thing=row.ref, at=now()
        )
    # Asked again by what is offered: once is enough.
    prefetch_related_objects([row], "escalations")
    escalations = list(row.escalations.all())
    context = {
        "concern": row,
        "today": local(now()).date(),
        "steps": list(row.steps.select_related("by", "to", "other__theme")),
        "escalations": [(one, passing.link_of(one)) for one in escalations],
        "joined": list(row.joined.select_related("theme", "area").order_by("pk")),
        "alike": similar(row, me) if row.is_open and row.merged_into_id is None else [],
        "pin": pins.to_sheet(row.pin),
        "repeats": counted_words(row.repeats) if row.repeats else "",
        "verbs": [(name, verb) for name, verb in VERBS.items() if verb.offered(row)],
    }
    return render(request, "watch/concern.html", context)


@require_safe
@second_step
def photo(request: HttpRequest, ref: str) -> HttpResponseBase:
    """The photo, for whoever may open the concern."""
    me, row = _concern(request, ref)
    if not row.photo or not (rules.can_care(me, row) or rules.told_it(me, row)):
        raise Http404
    if row.person is not None and rules.can_care(me, row):
        log_read(by=me, about=row.person, what="file", reason=REASON, words="", thing=row.ref,
                 at=now())  # fmt: skip
    return answer(row.photo, called="photo.webp")


# --- What can be done -----------------------------------------------------------------------------


_WRITE = gettext_lazy("Write it down")


@dataclass(frozen=True)
class Verb:
    """One thing to do with a concern: its words, its form, and when it is offered."""

    label: Any
    form: type[forms.CareForm]
    act: Callable[..., Any]
    offered: Callable[[Concern], bool]
    done: Any
    hint: Any = ""
    is_main: bool = False
    button: Any = _WRITE


def _works(row: Concern) -> bool:
    return row.is_open and row.merged_into_id is None


def _came_back(concern: Concern, /, *, row: Any, **values: Any) -> None:
    row.concern = concern
    passing.came_back(row, **values)


def _is_person(row: Concern) -> bool:
    return row.about == Concern.About.PERSON


VERBS: dict[str, Verb] = {
    "give": Verb(
        gettext_lazy("Take it, or give it to somebody"), forms.GiveForm, care.give, _works,
        gettext_lazy("Written down: who has it."), is_main=True,
    ),
    "step": Verb(
        gettext_lazy("Write down what was done"), forms.StepForm, care.add_step, _works,
        gettext_lazy("Written down."), is_main=True,
    ),
    "not-us": Verb(
        gettext_lazy("Not us, try…"), forms.NotUsForm, care.not_us, _works,
        gettext_lazy("Passed along. Thank you for not letting it lie."), is_main=True,
    ),
    "pass-on": Verb(
        gettext_lazy("Pass it to a service"), forms.PassOnForm, passing.pass_on, _works,
        gettext_lazy("Passed on. It stays yours until they answer."), is_main=True,
        button=gettext_lazy("Pass it on"),
    ),
    "came-back": Verb(
        gettext_lazy("What came back"), forms.CameBackForm, _came_back,
        lambda row: _works(row) and row.escalations.exists(),  # type: ignore[attr-defined]
        gettext_lazy("Written down."), is_main=True,
    ),
    "close": Verb(
        gettext_lazy("Put it away"), forms.CloseForm, care.close, _works,
        gettext_lazy("Put away. Whoever told us hears that it was looked into."), is_main=True,
        button=gettext_lazy("Put it away"),
    ),
    "reopen": Verb(
        gettext_lazy("Take it up again"), forms.WordsForm, care.reopen,
        lambda row: row.state in (State.CLOSED, State.EXPIRED) and row.merged_into_id is None,
        gettext_lazy("Open again."), is_main=True,
    ),
    "we-did": Verb(
        gettext_lazy("“You said, we did”"), forms.WeDidForm, care.tell_everybody,
        lambda row: row.state == State.CLOSED and not _is_person(row),
        gettext_lazy("Everybody reads it so on the area's page."), is_main=True,
    ),
    "yes": Verb(
        gettext_lazy("They said yes"), forms.YesForm, care.record_yes,
        lambda row: _works(row) and row.agreed == Concern.Agreed.NOT_ASKED,
        gettext_lazy("Written down. Now it may be passed on."),
        hint=gettext_lazy("Without their yes, nothing about them leaves this page."),
    ),
    "link": Verb(
        gettext_lazy("Whose record is it?"), forms.LinkForm, care.link_person,
        lambda row: _works(row) and row.agreed == Concern.Agreed.YES and row.person_id is None,
        gettext_lazy("It stands with their record now. They can read it."),
        hint=gettext_lazy("They can read what is here, and that you opened it."),
    ),
    "join": Verb(
        gettext_lazy("It's the same as another"), forms.JoinForm, care.join, _works,
        gettext_lazy("Joined. You can part them again."),
        hint=gettext_lazy("Two people told us of one thing: it counts once, and goes on there."),
        button=gettext_lazy("Join them"),
    ),
    "part": Verb(
        gettext_lazy("Part it from the other again"), forms.NothingForm, care.part,
        lambda row: row.merged_into_id is not None,
        gettext_lazy("They stand by themselves again."), is_main=True,
        button=gettext_lazy("Part them"),
    ),
    "renew": Verb(
        gettext_lazy("Keep it for longer"), forms.WordsForm, care.renew, _works,
        gettext_lazy("Kept for longer."),
        hint=gettext_lazy("What nobody renews runs out by itself, so that nothing sticks."),
    ),
    "harm": Verb(
        gettext_lazy("Somebody may come to harm"), forms.SafeguardingForm, care.to_safeguarding,
        _works,
        gettext_lazy("The safeguarding team has it now. Here it is put away."),
        hint=gettext_lazy("It goes to the safeguarding team with its words. In danger: 999."),
        button=gettext_lazy("Tell the safeguarding team"),
    ),
}  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@second_step
def work(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """One thing to do with a concern, on a page of its own."""
    me, row = _concern(request, ref)
    chosen = VERBS.get(verb)
    if chosen is None or not rules.can_care(me, row):
        raise Http404
    if not chosen.offered(row):
        messages.info(request, _("That can't be done as it stands. Look again."))
        return redirect(row)
    form = chosen.form(request.POST if request.method == "POST" else None, concern=row, me=me)
    if form.is_valid():
        try:
            chosen.act(row, by=me, at=now(), **form.values())
        except care.NotNow as problem:
            form.add_error(None, str(problem))
        except care.NotYours:
            raise Http404 from None
        else:
            messages.success(request, str(chosen.done))
            row.refresh_from_db()
            return redirect(row if rules.can_see(me, row) else "watch:desk")
    context = {"concern": row, "verb": chosen, "form": form, "bare": True}
    return render(request, "watch/work.html", context, status=422 if form.errors else 200)
