"""Signing up, one's own page, training; and for the hub: its volunteers, one by one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.pages import read_key
from doorstep.base.time import local, now
from doorstep.people.models import Person
from doorstep.people.postcodes import ward_of
from doorstep.people.readings.actions import log_read
from doorstep.people.records.rules import records_visible_to
from doorstep.support.matching import planning, ranking
from doorstep.support.models import (
    Assignment,
    Check,
    Feedback,
    Kind,
    Offer,
    Reference,
    Round,
    RoundPlan,
    Standby,
    Stop,
    ThankYou,
    Training,
    Volunteer,
)
from doorstep.support.tasks import actions as tasks
from doorstep.support.tasks import keeping, money
from doorstep.support.volunteers import actions, lawful, rules, standby
from doorstep.support.volunteers.forms import (
    AboutForm,
    AskCheckForm,
    ForSomebodyForm,
    NameReferenceForm,
    NoteForm,
    RestForm,
    SeenCheckForm,
    TakeReferenceForm,
    ThanksForm,
)
from doorstep.support.volunteers.teaching import LESSONS

PAGE = 40
_REFUSED = (tasks.NotNow, actions.CannotJoin, lawful.NotLawful)


def _me(request: HttpRequest) -> Person:
    return request.user.person  # type: ignore[union-attr]


# --- One's own --------------------------------------------------------------------------------


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Lend a hand: what it is, and two minutes of ticking."""
    me: Person | None = getattr(request.user, "person", None)
    if me is None:
        return render(request, "support/volunteers/welcome.html", {"bare": True})
    mine = rules.volunteer_of(me)
    if mine is not None and mine.state == Volunteer.State.HERE:
        return redirect("support:volunteering")
    if not rules.may_join(me):
        return render(request, "support/volunteers/too_young.html", {"bare": True})
    form = (
        AboutForm(request.POST or None, person=me)
        if mine is None
        else AboutForm.of(mine, request.POST or None)
    )
    if form.is_valid():
        try:
            _put_home(me, form.cleaned_data.get("postcode", ""))
            actions.sign_up(
                me, by=me, at=now(), client_key=form.cleaned_data["client_key"],
                languages=form.cleaned_data["languages"] or None,
                is_grown_up=form.cleaned_data.get("is_grown_up", False), **form.said(),
            )  # fmt: skip
        except _REFUSED as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Thank you. You're on the list."))
            return redirect("support:volunteering")
    return render(
        request,
        "support/volunteers/join.html",
        {"form": form, "bare": True},
        status=422 if form.is_bound else 200,
    )


def _put_home(person: Person, code: str) -> None:
    """Keep the postcode of somebody whose home we don't know."""
    if code and person.home_id is None:
        person.postcode, person.home = code, ward_of(code)
        person.save(update_fields=["postcode", "home"])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """My offers and tasks, the honest note, my papers, my hours, my thanks."""
    me = _me(request)
    volunteer = _with_what_there_is(me)
    if volunteer is None or volunteer.state == Volunteer.State.LEFT:
        return redirect("support:join")
    form = RestForm(request.POST if request.POST.get("do") == "rest" else None)
    named = NameReferenceForm(request.POST if request.POST.get("do") == "reference" else None)
    if request.method == "POST" and _did(request, volunteer, form, named):
        return redirect("support:volunteering")
    at = now()
    held = lawful.papers_until([volunteer.pk])[volunteer.pk]
    mine_now = list(
        Assignment.objects.filter(volunteer=volunteer)
        .filter(Q(state__in=Assignment.LIVE) | Q(ended_at__gt=at - dt.timedelta(days=14)))
        .select_related("task__request__person", "task__locality")
        .annotate(
            has_told=Exists(Feedback.objects.filter(assignment=OuterRef("pk"), side="volunteer"))
        )
        .order_by("task__starts_at", "accepted_at")
    )
    waits = _standby_of(volunteer)
    offers = _offers_to(volunteer, expires_at__gt=at)
    for offer in offers:
        # Rounded: an exact way would say whose door it is, before they said yes.
        offer.way = ranking.roughly(offer.metres) if offer.metres is not None else ""  # type: ignore[attr-defined]
    rounds, on_rounds = _rounds_of(me, at) if volunteer.has_rounds else ([], set())  # type: ignore[attr-defined]
    live = [one for one in mine_now if one.is_live and one.task_id not in on_rounds]
    # What their phone may keep for when there is no signal: this page, and today's own.
    stays = [one.get_absolute_url() for one in (*live, *(row["round"] for row in rounds))]
    return render(
        request,
        "support/volunteers/mine.html",
        {
            "volunteer": volunteer,
            "offers": offers,
            "rounds": rounds,
            "live": live,
            "keep": keeping.keep(me, at),
            "only": " ".join(stays),
            "ended": [
                (one, one.has_told)  # type: ignore[attr-defined]
                for one in mine_now
                if not one.is_live
            ],
            "standby": waits,
            "why": standby.in_words(waits.reasons) if waits else [],
            "papers": papers_of(volunteer, held),
            "lessons": [lesson for lesson in LESSONS if lesson.bit not in held],
            "hours": round((volunteer.minutes or 0) / 60, 1),  # type: ignore[attr-defined]
            "done": volunteer.done,  # type: ignore[attr-defined]
            "thanks": list(volunteer.thank_yous.select_related("by")[:3])  # type: ignore[attr-defined]
            if volunteer.has_thanks  # type: ignore[attr-defined]
            else [],
            "references": list(volunteer.references.order_by("pk")),
            "rest_form": form,
            "named": named,
        },
        status=422 if form.is_bound or named.is_bound else 200,
    )


def _with_what_there_is(me: Person) -> Volunteer | None:
    """Return my helping record with its sums, and which of its parts are worth a question."""
    own = {"volunteer": OuterRef("pk")}
    ended = Assignment.objects.filter(state=Assignment.State.DONE, **own).order_by()
    found = (
        Volunteer.objects.filter(person=me)
        .annotate(
            done=Coalesce(
                Subquery(ended.values("volunteer").annotate(n=Count("pk")).values("n")), 0
            ),
            minutes=Subquery(ended.values("volunteer").annotate(n=Sum("minutes")).values("n")),
            has_standby=Exists(Standby.objects.filter(ended_at=None, **own)),
            has_offers=Exists(Offer.objects.waiting().filter(**own)),
            has_thanks=Exists(ThankYou.objects.filter(**own)),
            has_rounds=Exists(Round.objects.visible_to(me).filter(**own)),
        )
        .first()
    )
    if found is not None:
        found.person = me
    return found


def _standby_of(volunteer: Volunteer) -> Standby | None:
    """Return the note that holds now; not asked for where the row says that there is none."""
    if not getattr(volunteer, "has_standby", True):
        return None
    return Standby.objects.filter(volunteer=volunteer, ended_at=None).first()


def _offers_to(volunteer: Volunteer, **which: Any) -> list[Offer]:
    """Return the offers that wait for an answer; not asked for where there are none."""
    if not getattr(volunteer, "has_offers", True):
        return []
    rows = Offer.objects.waiting().filter(volunteer=volunteer, **which)
    return list(rows.select_related("task__request", "task__locality").order_by("expires_at", "pk"))


def _rounds_of(me: Person, at: dt.datetime) -> tuple[list[dict[str, Any]], set[int]]:
    """Return my rounds, the next first ({"round", "doors", "is_today"}), and ids of their tasks."""
    stops = (
        Stop.objects.filter(
            round__in=Round.objects.visible_to(me).filter(plan__state=RoundPlan.State.SENT)
        )
        .select_related("round__plan", "round__depot")
        .order_by("round__plan__day", "round__leaves_at", "round", "pk")
    )
    day = local(at).date()
    found: dict[int, dict[str, Any]] = {}
    tasks_there: set[int] = set()
    for stop in stops:
        one = stop.round
        if one is None:
            continue
        row = found.setdefault(one.pk, {"round": one, "doors": 0, "is_today": one.plan.day == day})
        row["doors"] += 1
        tasks_there.add(stop.task_id)
    return list(found.values()), tasks_there


def _did(request: HttpRequest, volunteer: Volunteer, form: Any, named: Any) -> bool:
    """Do what was pressed on one's own page; False when something is to be put right."""
    me, at, do = _me(request), now(), request.POST.get("do")
    try:
        if do == "rest":
            if not form.is_valid():
                return False
            actions.rest(volunteer, by=me, at=at, until=form.cleaned_data["until"])
            messages.success(request, _("Have a good rest. Nobody asks you meanwhile."))
        elif do == "back":
            actions.come_back(volunteer, by=me, at=at)
            messages.success(request, _("Good to have you back."))
        elif do == "leave":
            actions.leave(volunteer, by=me, at=at)
            messages.success(request, _("Thank you for all you did. You can come back any time."))
        elif do == "reference":
            if not named.is_valid():
                return False
            actions.name_reference(volunteer, by=me, at=at, **named.cleaned_data)
            messages.success(request, _("Thank you. Somebody of the hub rings them."))
        else:
            return False
    except _REFUSED as refused:
        (form if do == "rest" else named).add_error(None, str(refused))
        return False
    me.__dict__.pop("_volunteer", None)
    return True


def papers_of(volunteer: Volunteer, held: dict[int, dt.date]) -> list[dict[str, Any]]:
    """Return what they hold and what not: {"bit", "words", "until", "is_soon", "is_over"}."""
    today = local(now()).date()
    rows = []
    for bit in lawful.PAPERS:
        until = held.get(bit)
        rows.append(
            {
                "bit": bit,
                "words": PAPER_NAMES[bit],
                "has": until is not None and until >= today,
                "until": until if until and until != lawful.FOR_EVER else None,
                "is_soon": bool(until and today <= until <= today + dt.timedelta(days=60)),
                "is_over": bool(until and until < today),
            }
        )
    return rows


class _Names(dict[int, Any]):
    def __missing__(self, bit: int) -> str:
        return {
            lawful.IDENTITY: _("We have seen who you are"),
            lawful.TRAINED: _("Training: helping safely"),
            lawful.REFERENCES: _("Two people said a good word"),
            lawful.BARRED: _("Enhanced check (for shopping and money)"),
            lawful.DRIVING: _("Licence, insurance, MOT (for lifts)"),
            lawful.MONEY: _("Training: other people's money"),
            lawful.CALLS: _("Training: friendly calls"),
        }[bit]


PAPER_NAMES = _Names()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """What I can do, when and how far."""
    me = _me(request)
    volunteer = rules.volunteer_of(me)
    if volunteer is None:
        return redirect("support:join")
    return _change(request, volunteer, "support:volunteering", [])


def _change(request: HttpRequest, volunteer: Volunteer, back: str, args: list[str]) -> HttpResponse:
    form = AboutForm.of(volunteer, request.POST or None)
    if form.is_valid():
        actions.change(
            volunteer, by=_me(request), languages=form.cleaned_data["languages"] or None,
            **form.said(),
        )  # fmt: skip
        messages.success(request, _("Saved."))
        return redirect(back, *args)
    return render(
        request,
        "support/volunteers/change.html",
        {"form": form, "volunteer": volunteer, "back": back, "bare": True},
        status=422 if form.is_bound else 200,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def training(request: HttpRequest, module: str) -> HttpResponse:
    """A short training: read it, and say that you have."""
    volunteer = rules.volunteer_of(_me(request))
    lesson = next((one for one in LESSONS if one.module == module), None)
    if lesson is None:
        raise Http404
    if volunteer is None:
        return redirect("support:join")
    if request.method == "POST":
        actions.train(volunteer, module=module, by=_me(request), at=now())
        messages.success(request, _("Done. Thank you for taking the time."))
        return redirect("support:volunteering")
    done = Training.objects.filter(volunteer=volunteer, module=module).first()
    return render(
        request, "support/volunteers/training.html", {"lesson": lesson, "done": done, "bare": True}
    )


# --- The hub's ----------------------------------------------------------------------------------

SHOWN = ("all", "new", "waiting", "checks", "resting")


@never_cache
@require_safe
def every(request: HttpRequest) -> HttpResponse:
    """The volunteers of my patch, and how fairly the work lies."""
    me = _me(request)
    if not rules.is_desk(me):
        raise PermissionDenied
    at = now()
    show = request.GET.get("show") if request.GET.get("show") in SHOWN else "all"
    typed = request.GET.get("q", "").strip()[:60]
    rows = Volunteer.objects.visible_to(me).select_related("person__home")
    rows = _narrowed(rows, str(show), at)
    if typed:
        rows = rows.filter(person__known_as__icontains=typed)
    waiting = {"rows": rows, "tasks": planning.backlog(me), "money": money.waiting(me)}
    many = _counted(waiting)
    pages = Paginator(rows, PAGE)
    pages.count = many["rows"]
    page = pages.get_page(read_key(request.GET.get("page")) or 1)
    ids = [row.pk for row in page]
    held = lawful.papers_until(ids)
    loads = ranking.loads(ids, at)
    return render(
        request,
        "support/volunteers/every.html",
        {
            "page": page,
            "rows": [
                {
                    "volunteer": row,
                    "load": loads.get(row.pk, 0),
                    "days": max(0, (at - row.waiting_since).days),
                    "lacks": _short_lack(held[row.pk], at),
                    "soon": _soonest(held[row.pk], at),
                }
                for row in page
            ],
            "show": show,
            "q": typed,
            "fair": planning.fairness(me, at),
            "open_tasks": many["tasks"],
            "more": list(tasks.waiting_for_more(me)[:10]),
            "money": many["money"],
        },
    )


def _counted(of: dict[str, Any]) -> dict[str, int]:
    """Return how many rows each of these querysets has: one question for all of them."""
    counted = [
        rows.model.objects.filter(pk__in=rows.order_by().values("pk"))
        .order_by()
        .values(of_these=Value(name))
        .annotate(many=Count("pk"))
        .values_list("of_these", "many")
        for name, rows in of.items()
    ]
    return dict.fromkeys(of, 0) | dict(counted[0].union(*counted[1:], all=True))


def _narrowed(rows: Any, show: str, at: dt.datetime) -> Any:
    if show == "new":
        return rows.filter(greeted_at=None, state="here").order_by("signed_up_at", "pk")
    if show == "waiting":
        return rows.filter(state="here").order_by("last_task_at", "signed_up_at", "pk")
    if show == "checks":
        day = local(at).date() + dt.timedelta(days=60)
        return (
            rows.exclude(state="left")
            .filter(checks__state=Check.State.CLEAR, checks__expires_on__lte=day)
            .distinct()
            .order_by("person__known_as", "pk")
        )
    if show == "resting":
        return rows.exclude(state="here").order_by("person__known_as", "pk")
    return rows.exclude(state="left").order_by("person__known_as", "pk")


def _short_lack(held: dict[int, dt.date], at: dt.datetime) -> str:
    """What stands in the way of the plainest task; "" for nothing."""
    day = local(at).date()
    plain = lawful.need_of(Kind.DOG, money=False)
    return lawful.in_words(lawful.missing(plain, held, day), desk=True)


def _soonest(held: dict[int, dt.date], at: dt.datetime) -> dt.date | None:
    day = local(at).date() + dt.timedelta(days=60)
    return min((until for until in held.values() if until <= day), default=None)


def _volunteer_or_404(request: HttpRequest, handle: str) -> Volunteer:
    own = {"volunteer": OuterRef("pk")}
    rows = (
        Volunteer.objects.visible_to(_me(request))
        .select_related("person__home__parent")
        .annotate(
            has_standby=Exists(Standby.objects.filter(ended_at=None, **own)),
            has_offers=Exists(Offer.objects.waiting().filter(**own)),
            has_live=Exists(Assignment.objects.live().filter(**own)),
        )
    )
    return get_object_or_404(rows, person__handle=handle)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, handle: str) -> HttpResponse:
    """One volunteer: papers, references, what they have, and everything done for them by phone."""
    me = _me(request)
    volunteer = _volunteer_or_404(request, handle)
    at = now()
    forms: dict[str, Any] = {
        "ask": AskCheckForm,
        "seen": SeenCheckForm,
        "reference": NameReferenceForm,
        "said": TakeReferenceForm,
        "note": NoteForm,
        "thank": ThanksForm,
        "rest": RestForm,
    }
    do = request.POST.get("do", "")
    filled = {
        name: form(request.POST if do == name else None, **_first(name, volunteer, do))
        for name, form in forms.items()
    }
    if request.method == "POST":
        refused = _done(volunteer, do, filled.get(do), request, me, at)
        if refused == "":
            return redirect(volunteer)
        if refused and do in filled:
            filled[do].add_error(None, refused)
        elif refused:
            messages.error(request, refused)
            return redirect(volunteer)
    else:
        log_read(
            by=me, about=volunteer.person, what="volunteering", reason="helping",
            thing=volunteer.person.handle, at=at,
        )  # fmt: skip
    held = lawful.papers_until([volunteer.pk])[volunteer.pk]
    waits = _standby_of(volunteer)
    return render(
        request,
        "support/volunteers/one.html",
        {
            "volunteer": volunteer,
            "person": volunteer.person,
            "papers": papers_of(volunteer, held),
            "checks": volunteer.checks.select_related("asked_by", "seen_by").order_by("-pk")[:20],
            "references": list(volunteer.references.select_related("taken_by").order_by("pk")),
            "live": list(
                Assignment.objects.live()
                .filter(volunteer=volunteer)
                .select_related("task__locality")
            )
            if volunteer.has_live  # type: ignore[attr-defined]
            else [],
            "offers": _offers_to(volunteer),
            "load": ranking.loads([volunteer.pk], at).get(volunteer.pk, 0),
            "days": max(0, (at - volunteer.waiting_since).days),
            "standby": waits,
            "why": standby.in_words(waits.reasons) if waits else [],
            "modules": Training.Module.choices,
            "f": filled,
            "problem": filled.get(do) if do in filled and filled[do].errors else None,
        },
        status=422 if do in filled and filled[do].errors else 200,
    )


def _first(name: str, volunteer: Volunteer, do: str) -> dict[str, Any]:
    """What a form says before anything is typed; several forms share names of fields."""
    first: dict[str, Any] = {"auto_id": f"id_{name}_%s"}
    if name == "note":
        first["initial"] = {"words": volunteer.note}
    return first


def _done(
    volunteer: Volunteer, do: str, form: Any, request: HttpRequest, me: Person, at: dt.datetime
) -> str | None:
    """Do what was pressed; return "" when it is done, why not, or None for a form to mend."""
    if form is not None and not form.is_valid():
        return None
    data = form.cleaned_data if form is not None else {}
    said = _("Written down.")
    try:
        if do == "greet":
            actions.greet(volunteer, by=me, at=at)
        elif do == "train" and request.POST.get("module") in Training.Module.values:
            actions.train(volunteer, module=request.POST["module"], by=me, at=at, how="room")
        elif do == "back":
            actions.come_back(volunteer, by=me, at=at)
        elif do == "leave":
            actions.leave(volunteer, by=me, at=at)
        elif do == "rest":
            actions.rest(volunteer, by=me, at=at, until=data["until"])
        elif do == "ask":
            actions.ask_for_check(volunteer, by=me, at=at, **data)
            said = _("Asked for. They are told what and why.")
        elif do == "seen":
            data = dict(data)
            data["is_clear"] = data["is_clear"] == "yes"
            actions.record_check(volunteer, by=me, at=at, **data)
        elif do == "reference":
            actions.name_reference(volunteer, by=me, at=at, **data)
        elif do == "said":
            row = get_object_or_404(Reference, pk=data["reference"], volunteer=volunteer)
            actions.take_reference(row, by=me, at=at, state=data["state"], words=data["words"])
        elif do == "note":
            actions.write_note(volunteer, by=me, words=data["words"])
        elif do == "thank":
            tasks.thank(volunteer, words=data["words"], by=me, at=at)
            said = _("Passed on.")
        elif do == "standby":
            if standby.say(volunteer, at=at) is None:
                return str(_("They have something to do just now."))
            said = _("They are told, with the reason.")
        else:
            return None
    except _REFUSED as refused:
        return str(refused)
    messages.success(request, said)
    return ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_one(request: HttpRequest, handle: str) -> HttpResponse:
    """Sign somebody up who rang or wrote; or put right what they can do."""
    me = _me(request)
    if not rules.is_desk(me):
        raise PermissionDenied
    people = records_visible_to(Person.objects.select_related("home"), me)
    person = get_object_or_404(people, handle=handle)
    volunteer = Volunteer.objects.filter(person=person).first()
    if volunteer is not None and volunteer.state != Volunteer.State.LEFT:
        volunteer.person = person
        if not rules.can_see(me, volunteer):
            raise Http404
        return _change(request, volunteer, "support:volunteer", [handle])
    form = ForSomebodyForm(request.POST or None, person=person)
    if form.is_valid():
        try:
            _put_home(person, form.cleaned_data.get("postcode", ""))
            actions.sign_up(
                person, by=me, at=now(), client_key=form.cleaned_data["client_key"],
                came_by=form.cleaned_data["came_by"],
                languages=form.cleaned_data["languages"] or None,
                is_grown_up=form.cleaned_data.get("is_grown_up", False), **form.said(),
            )  # fmt: skip
        except _REFUSED as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("%(name)s is a volunteer now.") % {"name": person.known_as})
            return redirect("support:volunteer", handle)
    return render(
        request,
        "support/volunteers/sign_up_for.html",
        {"form": form, "person": person, "bare": True},
        status=422 if form.is_bound else 200,
    )
