"""A catalyst's people, one calm page for each, and one page for each thing to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.pages import read_key
from doorstep.base.time import now, today
from doorstep.connect import forms, rules
from doorstep.connect.actions import circling, measuring, referring, walking
from doorstep.connect.actions import meeting as tables
from doorstep.connect.calls import listing as calls
from doorstep.connect.calls.models import Call
from doorstep.connect.diary.listing import kept_in
from doorstep.connect.diary.models import Diary
from doorstep.connect.first_steps import providers
from doorstep.connect.models import (
    Asking,
    CaseAction,
    CaseGuest,
    Caseload,
    CaseMeeting,
    CircleMember,
    Conversation,
    FirstStep,
    FollowUp,
    Matter,
    MatterWords,
    Referral,
    Relationship,
    Walk,
)
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_read

if TYPE_CHECKING:
    from django.db.models import QuerySet

PAGE = 12
_t = gettext_lazy


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """My people and what is next with each; what waits; for a lead, who has whom."""
    me = _me(request)
    if not rules.works_here(me):
        raise PermissionDenied
    at, day = now(), today()
    mine = list(
        Relationship.objects.visible_to(me)
        .going_on()
        .filter(walks__person=me, walks__until=None)
        .select_related("person", "organisation")
        .order_by("next_on", "pk")
        .distinct()
    )
    waiting = list(
        Referral.objects.visible_to(me)
        .filter(organisation__in=rules.desks(me) | rules.leads(me), state__in=Referral.OPEN)
        .exclude(person=me)
        .select_related("person", "organisation")
        .order_by("made_at", "pk")[:100]
    )
    form = None
    if rules.leads(me):
        form = forms.CatalystForm(request.POST or None, me=me)
        if form.is_valid():
            data = form.cleaned_data
            try:
                referring.name_catalyst(
                    data["handle"], data["organisation"], by=me, at=at, most=data["most"]
                )
                messages.success(request, _("Asked. It opens to them once they have said yes."))
                return redirect("connect:home")
            except referring.NotNow as problem:
                form.add_error(None, str(problem))
    context = {
        "mine": mine,
        "walks": rules.is_catalyst(me),
        "waiting": waiting,
        "caseload": _caseload(me) if rules.leads(me) else [],
        "counts": _counts(me),
        "form": form,
        "day": day,
        "at": at,
    }
    return render(
        request, "connect/home.html", context, status=422 if form and form.errors else 200
    )


def _caseload(me: Person) -> list[dict[str, Any]]:
    """Return for each catalyst of the lead's organisations: how many, what is overdue. No notes.

    [{"person", "with": [{"relationship", "late"}], "overdue", "most"}], most overdue first; who
    has room for somebody stands there too. Somebody who works there themselves isn't named.
    """
    day = today()
    rows: dict[int, dict[str, Any]] = {
        one.pk: {"person": one, "with": [], "overdue": 0, "most": 0}
        for one in rules.catalysts_in(rules.leads(me))
    }
    for case in Caseload.objects.filter(organisation__in=rules.leads(me), person__in=rows):
        rows[case.person_id]["most"] += case.most
    walks = (
        Walk.objects.filter(until=None, relationship__organisation__in=rules.leads(me))
        .exclude(relationship__state=Relationship.State.ENDED)
        .exclude(relationship__person=me)
        .select_related("person", "relationship__person", "relationship__organisation")
        .order_by("person__known_as", "relationship__next_on")
    )
    for walk in walks:
        row = rows.setdefault(
            walk.person_id, {"person": walk.person, "with": [], "overdue": 0, "most": 0}
        )
        late = (
            walk.relationship.next_on < day and walk.relationship.state != Relationship.State.PAUSED
        )
        row["overdue"] += late
        row["with"].append({"relationship": walk.relationship, "late": late})
    return sorted(rows.values(), key=lambda row: -row["overdue"])


def _counts(me: Person) -> dict[str, int]:
    """Return consented referrals and signposts of the viewer's organisations, apart."""
    rows = Referral.objects.filter(organisation__in=rules.desks(me) | rules.leads(me))
    return {
        "referrals": rows.exclude(state=Referral.State.SIGNPOST).count(),
        "signposts": rows.filter(state=Referral.State.SIGNPOST).count(),
    }


# --- One relationship --------------------------------------------------------------------------


def _find(request: HttpRequest, ref: str) -> tuple[Person, Relationship]:
    me = _me(request)
    seen = Relationship.objects.visible_to(me).select_related(
        "person", "person__home", "organisation", "referral"
    )
    return me, get_object_or_404(seen, ref=ref)


@never_cache
@require_safe
def relationship(request: HttpRequest, ref: str) -> HttpResponse:
    """Everything about one person's way, on one calm page. Opening it is logged."""
    me, at = _me(request), now()
    row, walks, works = _opened(ref, me)
    log_read(by=me, about=row.person, what="relationship", reason="walking", thing=row.ref, at=at)
    talks = _talks(row, me, read_key(request.GET.get("before"))) if works else []
    members = list(
        CircleMember.objects.filter(owner=row.person).exclude(state=CircleMember.State.GONE)
    )
    circle = [one for one in members if one.state == CircleMember.State.HERE]
    has = {name for name in _PARTS if getattr(walks[0], f"has_{name}")} if walks else set(_PARTS)
    askings = list(row.askings.all()) if "askings" in has else []
    context = {
        "relationship": row,
        "person": row.person,
        "works": works,
        "groups": groups_of(_matters(row)),
        "circle": circle,
        "members": members,
        "map": people_map(circle),
        "talks": talks[:PAGE],
        "older": talks[PAGE - 1].pk if len(talks) > PAGE else None,
        "plots": measuring.plots(askings),
        # At the start one may ask from the first meeting on.
        "due": [
            one
            for one in askings
            if not one.is_done
            and (one.due_on <= today() or (row.is_open and one.point == Asking.Point.START))
        ],
        "steps": list(row.first_steps.all()) if "steps" in has else [],
        "gives": [word for one in providers for word in one.gives(row.person)] if works else [],
        "meetings": _meetings(row) if works and "meetings" in has else [],
        "follow_ups": list(row.follow_ups.all()) if "follow_ups" in has else [],
        "calls": calls.of(row) if works and "calls" in has else [],
        "walks": walks,
        "diaries": kept_in(row, me) if works and "diaries" in has else [],
        "late": row.is_open and row.next_on < today(),
        "day": today(),
        "at": at,
    }
    return render(request, "connect/relationship.html", context)


# What may hang on a relationship, each by what the page calls it.
_PARTS: dict[str, Any] = {
    name: model.objects.filter(relationship=OuterRef("relationship"))
    for name, model in (
        ("askings", Asking), ("steps", FirstStep), ("meetings", CaseMeeting),
        ("follow_ups", FollowUp), ("calls", Call), ("diaries", Diary),
    )
}  # fmt: skip


def _opened(ref: str, me: Person) -> tuple[Any, list[Any], bool]:
    """Return the relationship, who walks alongside now, and whether the viewer is one of them.

    Whoever walks alongside has it in one query, which also says what there is of each kind, so
    that nobody asks for what isn't there.
    """
    there = Walk.objects.filter(until=None).select_related("person").order_by("pk")
    wanted = Relationship.objects.filter(ref=ref)
    walks: list[Any] = list(
        _with_parts(there.filter(relationship__in=rules.worked_by(wanted, me))).select_related(
            "relationship__person__home", "relationship__organisation", "relationship__referral"
        )
    )
    if walks:
        return walks[0].relationship, walks, True
    seen = wanted.visible_to(me).select_related("person__home", "organisation", "referral")
    row = get_object_or_404(seen)
    return row, list(_with_parts(there.filter(relationship=row))), False


def _with_parts(walks: QuerySet[Walk]) -> QuerySet[Walk]:
    return walks.annotate(**{f"has_{name}": Exists(part) for name, part in _PARTS.items()})


def _talks(row: Relationship, me: Person, before: int | None) -> list[Conversation]:
    """Return a page of conversations, and one more where there is one; those `before` another."""
    said = row.conversations.readable_by(me).select_related("by")  # type: ignore[attr-defined]
    if before is not None:
        # One that isn't theirs to read, or nowhere, is before none of them: the newest show.
        last = Coalesce(Subquery(said.filter(pk=before).order_by().values("at")), Value(_NEVER))
        said = said.filter(Q(at__lt=last) | Q(at=last, pk__lt=before))
    return list(said[: PAGE + 1])


_NEVER = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)


def _matters(row: Relationship) -> list[Matter]:
    """Return the matters with all their words, in one query: each was said at least once."""
    found: dict[int, Any] = {}
    said = MatterWords.objects.filter(matter__relationship=row).select_related("matter")
    for words in said.order_by("matter", "pk"):
        matter = found.setdefault(words.matter_id, words.matter)
        words.matter = matter
        if not hasattr(matter, "_prefetched_objects_cache"):
            matter._prefetched_objects_cache = {"said": []}
        matter._prefetched_objects_cache["said"].append(words)
    return list(found.values())


def _meetings(row: Relationship) -> list[dict[str, Any]]:
    """Return the case meetings, each with its guests and who does what by when. One query.

    An action is owned by one of the guests, so each stands once behind its guest. Only what the
    page shows is brought along: the story of a meeting stays where it is.
    """
    found: dict[int, dict[str, Any]] = {}
    guests: dict[int, CaseGuest] = {}
    rows = row.meetings.order_by("-meets_at", "pk", "guests__pk", "guests__actions__pk")  # type: ignore[attr-defined]
    for one in rows.values(*_OF_MEETINGS):
        meeting = _made(CaseMeeting, one)
        here = found.setdefault(meeting.pk, {"meeting": meeting, "guests": [], "actions": []})
        guest = _made(CaseGuest, one, "guests__")
        if guest.pk is None:
            continue
        if guest.pk not in guests:
            guests[guest.pk] = guest
            here["guests"].append(guest)
        action = _made(CaseAction, one, "guests__actions__")
        if action.pk is not None:
            action.owner = guests[guest.pk]
            here["actions"].append(action)
    for here in found.values():
        here["actions"].sort(key=lambda action: (action.due_on, action.pk))
    return list(found.values())


_OF_MEETINGS = (
    "id", "ref", "question", "meets_at", "state",
    "guests__id", "guests__name", "guests__service", "guests__sees", "guests__learned",
    "guests__actions__id", "guests__actions__words", "guests__actions__due_on",
    "guests__actions__done_at", "guests__actions__outcome",
)  # fmt: skip


def _made(model: type[Any], values: dict[str, Any], behind: str = "") -> Any:
    """Return what stands `behind` a look-up path in a row of values, as an object of its model."""
    return model(
        **{
            name.removeprefix(behind): value
            for name, value in values.items()
            if name.startswith(behind) and "__" not in name.removeprefix(behind)
        }
    )


def groups_of(matters: list[Matter]) -> list[dict[str, Any]]:
    """Return matters by kind, each with its words of now and before."""
    made = []
    for kind, label in Matter.Kind.choices:
        rows: list[dict[str, Any]] = []
        for one in matters:
            if one.kind != kind:
                continue
            words = list(one.said.all())  # type: ignore[attr-defined]
            rows.append({"matter": one, "now": words[-1] if words else None, "before": words[:-1]})
        rows.sort(key=lambda row: (row["matter"].state != "open", row["matter"].pk))
        made.append({"kind": kind, "label": label, "rows": rows})
    return made


def on_the_map(name: str) -> str:
    """Return as many whole words of a name as stand beside a dot: at most 18 letters."""
    said = ""
    for word in name.split():
        if said and len(said) + 1 + len(word) > 18:
            break
        said = f"{said} {word}".strip()
    return said[:18].rstrip(",")


def people_map(circle: list[CircleMember]) -> list[dict[str, Any]]:
    """Return where each stands on the map: three rings round the middle, 400 by 400."""
    from math import cos, pi, sin

    made = []
    for ring, radius in ((1, 70), (2, 122), (3, 172)):
        here = [one for one in circle if one.near == ring]
        for at, one in enumerate(here):
            angle = 2 * pi * at / len(here) - pi / 2 + (ring - 1) * 0.5
            made.append(
                {
                    "member": one,
                    "x": round(200 + radius * cos(angle), 1),
                    "y": round(200 + radius * sin(angle), 1),
                    "label": on_the_map(one.name),
                }
            )
    return made


# --- What a catalyst does ----------------------------------------------------------------------


_WRITE = gettext_lazy("Write it down")


@dataclass(frozen=True)
class Verb:
    """One thing to do: its words, its form, its act. `thing(row, key)` finds what it is about."""

    label: Any
    form: type[forms.WalkForm]
    act: Callable[..., Any]
    done: Any
    hint: Any = ""
    button: Any = _WRITE
    thing: Callable[[Relationship, str], Any] | None = None


def _matter(row: Relationship, key: str) -> Matter | None:
    return row.matters.filter(ref=key).first()  # type: ignore[attr-defined]


def _by_pk(name: str) -> Callable[[Relationship, str], Any]:
    def find(row: Relationship, key: str) -> Any:
        pk = read_key(key)
        return getattr(row, name).filter(pk=pk).first() if pk is not None else None

    return find


def _draft(row: Relationship, key: str) -> Conversation | None:
    pk = read_key(key)
    return row.conversations.filter(pk=pk, final_at=None).first() if pk else None  # type: ignore[attr-defined]


def _member(row: Relationship, key: str) -> CircleMember | None:
    return CircleMember.objects.filter(owner=row.person, ref=key).first()


def _meeting(row: Relationship, key: str) -> CaseMeeting | None:
    return row.meetings.filter(ref=key).first()  # type: ignore[attr-defined]


def _write(row: Relationship, thing: Any, *, form: Any, **more: Any) -> None:
    if thing is not None and thing.by_id != more["by"].pk:
        raise referring.NotNow(_("Only whoever wrote a draft changes it."))
    walking.write(row, **more)


def _ask(row: Relationship, thing: Asking, *, form: Any, why: str, **more: Any) -> None:
    if why:
        measuring.leave_out(thing, by=more["by"], at=more["at"], why=why)
    else:
        measuring.answer(thing, **more)


def _circle(row: Relationship, thing: Any, *, form: Any, **more: Any) -> None:
    if thing is None:
        circling.add(row.person, **more)
    else:
        circling.change(thing, **more)


def _plain(act: Callable[..., Any]) -> Callable[..., Any]:
    """An act about the relationship itself."""
    return lambda row, thing, *, form, **more: act(row, **more)


def _once(act: Callable[..., Any]) -> Callable[..., Any]:
    return lambda row, thing, *, form, **more: act(
        row, client_key=form.cleaned_data["client_key"], **more
    )


def _on(act: Callable[..., Any]) -> Callable[..., Any]:
    """An act about the thing."""
    return lambda row, thing, *, form, **more: act(thing, **more)


def _set(state: str) -> Callable[..., Any]:
    return lambda row, thing, *, form, **more: circling.set_state(thing, state, **more)


_DONE = _t("Written down.")
VERBS: dict[str, Verb] = {
    "next": Verb(
        _t("The next small step"), forms.NextStepForm, _plain(walking.set_next_step), _DONE
    ),
    "matter": Verb(
        _t("What matters, and the like"), forms.MatterForm, _plain(walking.add_matter), _DONE
    ),
    "say": Verb(_t("Say it anew"), forms.SayAnewForm, _on(walking.say_anew), _DONE, thing=_matter),
    "talk": Verb(
        _t("Write down a conversation"),
        forms.ConversationForm,
        _write,
        _t("Kept."),
        button=_t("Keep it"),
    ),
    "draft": Verb(
        _t("Go on with a draft"),
        forms.ConversationForm,
        _write,
        _t("Kept."),
        thing=_draft,
        button=_t("Keep it"),
    ),
    "circle": Verb(_t("Somebody for the circle"), forms.CircleForm, _circle, _DONE),
    "member": Verb(
        _t("Change somebody in the circle"), forms.CircleForm, _circle, _DONE, thing=_member
    ),
    "member-pause": Verb(
        _t("Pause them"),
        forms.SaidForm,
        _set("paused"),
        _t("Paused. They see nothing meanwhile."),
        thing=_member,
        button=_t("Pause"),
    ),
    "member-back": Verb(
        _t("Bring them back"),
        forms.SaidForm,
        _set("here"),
        _t("Back in the circle."),
        thing=_member,
        button=_t("Bring them back"),
    ),
    "member-out": Verb(
        _t("Take them out"),
        forms.SaidForm,
        _set("gone"),
        _t("Taken out."),
        thing=_member,
        button=_t("Take them out"),
    ),
    "ask": Verb(_t("Ask how things are"), forms.AskForm, _ask, _DONE, thing=_by_pk("askings")),
    "first-step": Verb(
        _t("Be expected somewhere"),
        forms.ExpectForm,
        _once(walking.expect),
        _t("They are expected. A greeter looks out for them."),
        hint=_t("A greeter by name meets them at the door and rings them afterwards."),
        button=_t("Yes, expect them"),
    ),
    "called": Verb(
        _t("The call afterwards"),
        forms.CalledForm,
        _on(walking.called_after),
        _DONE,
        thing=_by_pk("first_steps"),
    ),
    "join": Verb(_t("Ask a colleague in"), forms.JoinForm, _plain(walking.join), _t("Asked in.")),
    "leave": Verb(
        _t("Leave it to my colleague"),
        forms.NothingForm,
        _plain(walking.leave),
        _t("It is theirs now."),
        button=_t("Leave it to them"),
    ),
    "pause": Verb(
        _t("Let it rest"),
        forms.NothingForm,
        _plain(walking.pause),
        _t("It rests."),
        button=_t("Let it rest"),
    ),
    "go-on": Verb(
        _t("Go on"), forms.NothingForm, _plain(walking.go_on), _t("It goes on."), button=_t("Go on")
    ),
    "plan-ending": Verb(
        _t("Plan the ending together"), forms.PlanEndingForm, _plain(walking.plan_ending), _DONE
    ),
    "end": Verb(
        _t("End it"),
        forms.EndForm,
        _plain(walking.end),
        _t("Ended. Thank you for walking alongside."),
        hint=_t(
            "If they died, nothing more is asked, sent or reminded, and colleagues hear it gently."
        ),
    ),
    "follow-up": Verb(
        _t("Are the connections still there?"),
        forms.FollowUpForm,
        _on(walking.follow_up),
        _DONE,
        thing=_by_pk("follow_ups"),
    ),
    "meeting": Verb(
        _t("Call services together"),
        forms.MeetingForm,
        _once(tables.call_meeting),
        _t("Now ask people to the table, one by one."),
        hint=_t("One question, one short story without names, and their yes for each service."),
    ),
    "invite": Verb(
        _t("Ask somebody to the table"),
        forms.InviteForm,
        _on(tables.invite),
        _t("Asked. Their yes for this service is written down."),
        thing=_meeting,
    ),
    "agree": Verb(
        _t("Who does what by when"),
        forms.AgreeForm,
        _on(tables.agree_action),
        _DONE,
        thing=_meeting,
    ),
    "held": Verb(
        _t("It took place"),
        forms.NothingForm,
        _on(tables.hold),
        _DONE,
        thing=_meeting,
        button=_t("It took place"),
    ),
    "stop": Verb(
        _t("Stop this meeting"),
        forms.NothingForm,
        _on(tables.stop),
        _t("Stopped. Every link to it is dead."),
        thing=_meeting,
        button=_t("Stop it"),
    ),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def do(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """One thing to do, on a page of its own; what it is about stands in `about`."""
    me, row = _find(request, ref)
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    if not rules.can_work(me, row):
        raise PermissionDenied
    thing = None
    if chosen.thing is not None:
        thing = chosen.thing(row, request.GET.get("about", ""))
        if thing is None:
            raise Http404
    form = chosen.form(
        request.POST if request.method == "POST" else None, relationship=row, me=me, thing=thing
    )
    if form.is_valid():
        values = form.values()
        values.pop("client_key", None)
        try:
            chosen.act(row, thing, form=form, by=me, at=now(), **values)
        except referring.NotNow as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, str(chosen.done))
            return redirect(row if rules.can_see(me, row) else "connect:home")
    context = {"relationship": row, "verb": chosen, "form": form, "thing": thing, "bare": True}
    return render(request, "connect/do.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def paper(request: HttpRequest, ref: str, what: str) -> HttpResponse:
    """Paper in large print: the circle, the questions to fill in, the letter at the end."""
    me, row = _find(request, ref)
    if what not in PAPERS:
        raise Http404
    if not rules.can_work(me, row):
        raise PermissionDenied
    log_read(
        by=me, about=row.person, what="relationship", reason="walking", thing=row.ref, at=now()
    )
    return render(request, "connect/paper.html", paper_of(row.person, what, row))


PAPERS = ("circle", "questions", "ending", "calls")


def paper_of(person: Person, what: str, row: Relationship | None) -> dict[str, Any]:
    """Return what a paper shows."""
    from doorstep.connect.instruments import instruments

    matters = list(row.matters.prefetch_related("said")) if row is not None else []  # type: ignore[attr-defined]
    return {
        "person": person,
        "what": what,
        "relationship": row,
        "circle": list(CircleMember.objects.filter(owner=person, state=CircleMember.State.HERE)),
        "instruments": list(instruments),
        "groups": groups_of(matters),
        "calls": calls.for_person(person) if what == "calls" else [],
        **(_done_together(row) if what == "ending" and row is not None else {}),
        "back": row.get_absolute_url() if row is not None else reverse("connect:mine"),
        "today": today(),
    }


def _done_together(row: Relationship) -> dict[str, Any]:
    """Return where the person went, and whom they met by a call: for the letter at the end."""
    steps = row.first_steps.filter(state__in=(FirstStep.State.WENT, FirstStep.State.GIVES))  # type: ignore[attr-defined]
    made = [one for one in calls.for_person(row.person) if one.relationship_id == row.pk]
    return {"went": list(steps), "met": [ask for one in made for ask in one.met]}  # type: ignore[attr-defined]
