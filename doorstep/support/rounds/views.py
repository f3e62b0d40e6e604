"""Pages around rounds: planning, looking through, changing; and the volunteer's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base.pages import read_key
from doorstep.base.time import local, now, today
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.support.matching.ranking import loads
from doorstep.support.models import Depot, Kind, Round, RoundPlan, Stop
from doorstep.support.models.volunteers import How
from doorstep.support.requests.showing import waited
from doorstep.support.rounds import actions, drawing, inputs, outing, rules, wording
from doorstep.support.rounds import forms as our
from doorstep.support.rounds.actions import CannotPlan, Stale
from doorstep.support.tasks import keeping

import datetime as dt  # isort: skip


MOST_SHOWN = 200  # volunteers to tick


def _me(request: HttpRequest) -> Person:
    me: Person = request.user.person  # type: ignore[union-attr]
    return me


def _planner(request: HttpRequest) -> Person:
    """Whoever plans rounds; for everybody else there is no such page."""
    me = _me(request)
    if not rules.may_plan(me):
        raise PermissionDenied
    return me


def _areas(me: Person) -> list[Area]:
    """Return the borough and localities the person may plan for, the widest first."""
    areas = Area.objects.filter(kind__in=[Area.Kind.BOROUGH, Area.Kind.LOCALITY]).order_by(
        "path", "name"
    )
    return [area for area in areas if rules.can_plan_in(me, area)]


# --- The list, and a new one ---------------------------------------------------------------------


@never_cache
@require_safe
def rounds(request: HttpRequest) -> HttpResponse:
    """Plans, the newest day first."""
    me = _planner(request)
    plans = list(
        RoundPlan.objects.visible_to(me)
        .exclude(state=RoundPlan.State.DROPPED)
        .select_related("area", "by")
        .order_by("-day", "-pk")[:40]
    )
    used: dict[int, set[int]] = {}
    served: Counter[int] = Counter()
    behind: Counter[int] = Counter()
    for plan_id, round_id, is_out in Stop.objects.filter(plan__in=plans).values_list(
        "plan_id", "round_id", "is_out"
    ):
        if round_id:
            served[plan_id] += 1
            used.setdefault(plan_id, set()).add(round_id)
        elif not is_out:
            behind[plan_id] += 1
    rows = [
        {
            "plan": plan,
            "rounds": len(used.get(plan.pk, ())),
            "stops": served[plan.pk],
            "left": behind[plan.pk],
        }
        for plan in plans
    ]
    return render(
        request,
        "support/rounds/rounds.html",
        {"rows": rows, "has_depot": Depot.objects.filter(is_open=True).exists()},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Plan a day: first the day and the patch, then who comes and what is brought."""
    me = _planner(request)
    areas = _areas(me)
    if not areas:
        raise PermissionDenied
    asked = request.GET if "day" in request.GET else None
    when = our.WhenForm(
        asked,
        areas=areas,
        initial={"area": areas[0].pk, "day": today() + dt.timedelta(days=1)},
    )
    context: dict[str, Any] = {"when": when, "form": None}
    if asked is None or not when.is_valid():
        return render(
            request, "support/rounds/new.html", context, status=422 if asked is not None else 200
        )
    area, day = when.cleaned_data["area"], when.cleaned_data["day"]
    tasks = list(actions.open_tasks(area, day, me)[: actions.MOST_STOPS * 2])
    counted = Counter(task.kind for task in tasks)
    kinds = [
        (kind.value, f"{kind.label.capitalize()} ({counted[kind.value]})")
        for kind in Kind
        if counted[kind.value]
    ]
    volunteers, on_day, full = _who_could(area, day, me)
    form = our.PlanForm(
        request.POST or None,
        kinds=kinds,
        volunteers=volunteers,
        full=full,
        initial={"volunteers": on_day},
    )
    context |= {
        "form": form,
        "area": area,
        "day": day,
        "tasks": len(tasks),
        "nowhere": sum(task.latitude is None for task in tasks),
        "depots": Depot.objects.filter(is_open=True).count(),
    }
    if form.is_valid():
        data = form.cleaned_data
        cool = data["cool_minutes"]
        wanted = [task for task in tasks if task.kind in data["kinds"]]
        try:
            plan = actions.make_plan(
                area,
                day=day,
                starts_at=data["starts_at"],
                ends_at=data["ends_at"],
                volunteers=list(data["volunteers"]),
                tasks=wanted,
                cool_minutes=cool,
                seconds=data["seconds"],
                by=me,
                at=now(),
                client_key=data["client_key"],
            )
        except CannotPlan as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("We are planning it. You get a notice when it's ready."))
            return redirect(plan)
    return render(request, "support/rounds/new.html", context, status=422 if form.is_bound else 200)


def _who_could(area: Area, day: dt.date, me: Person) -> tuple[Any, list[int], set[int]]:
    """Return the volunteers to choose from, ids of those to tick, and of those with enough.

    Of many, those who said that they can on that day; whoever waited longest first.
    """
    rows = list(actions.could_come(area, me))
    load = loads([one.pk for one in rows], inputs.moment_of(day, 12 * 3600))
    full = {one.pk for one in rows if load.get(one.pk, 0) >= one.weekly_cap}
    bits = 0b111 << 3 * day.weekday()
    on_day = [one.pk for one in rows if one.pk not in full and one.availability & bits]
    first = on_day[: actions.MOST_ROUNDS]
    others = [one.pk for one in rows if one.pk not in set(first)]
    shown = [*first, *others][:MOST_SHOWN]
    return actions.could_come(area, me).filter(pk__in=shown), first, full


# --- Places to start from ------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def depots(request: HttpRequest) -> HttpResponse:
    """Where rounds begin; add one, or change one (`?place=REF`)."""
    me = _planner(request)
    rows: list[dict[str, Any]] = [
        {"depot": depot, "is_mine": rules.can_change_depot(me, depot)}
        for depot in Depot.objects.select_related("area").order_by("-is_open", "name", "pk")
    ]
    wanted = request.GET.get("place", "")
    mine = [row["depot"] for row in rows if row["is_mine"]]
    chosen = next((depot for depot in mine if depot.ref == wanted), None)
    if wanted and chosen is None:
        raise Http404
    form = our.DepotForm(
        request.POST or None,
        instance=chosen,
        may_be_in=lambda area: rules.can_plan_in(me, area),
    )
    if form.is_valid():
        saved = form.save()
        messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
        return redirect("support:depots")
    return render(
        request,
        "support/rounds/depots.html",
        {"rows": rows, "form": form, "chosen": chosen},
        status=422 if form.is_bound else 200,
    )


# --- One plan ------------------------------------------------------------------------------------


def _plan(request: HttpRequest, ref: str) -> tuple[Person, RoundPlan]:
    me = _me(request)
    seen = RoundPlan.objects.visible_to(me).select_related("area", "by")
    return me, get_object_or_404(seen, ref=ref)


@never_cache
@require_safe
def plan(request: HttpRequest, ref: str) -> HttpResponse:
    """The plan: map, each round with its stops, what stays behind and why."""
    me, one = _plan(request, ref)
    return _show(request, me, one)


def _show(
    request: HttpRequest,
    me: Person,
    one: RoundPlan,
    *,
    form: Any = None,
    status: int = 200,
    stop: str = "",
    round_ref: str = "",
) -> HttpResponse:
    at, travel = now(), one.figures.get("travel", 0)
    wanted_stop = stop or request.GET.get("stop", "")
    wanted_round = round_ref or request.GET.get("round", "")
    unwanted = rules.hidden_from(me)
    all_rounds = list(one.rounds.select_related("volunteer__person", "depot").order_by("pk"))
    stops = list(
        one.stops.select_related("task__request__person", "task__request__ward").order_by(
            "order", "pk"
        )
    )
    faults = one.figures.get("faults", {})
    groups: list[dict[str, Any]] = []
    of_round: dict[int | None, list[Stop]] = {}
    for each in stops:
        person = each.task.request.person
        each.who = _("somebody") if person.pk in unwanted else person.known_as  # type: ignore[attr-defined]
        each.why_words = wording.why_left(each) if each.round_id is None else ""  # type: ignore[attr-defined]
        each.mark = outing.mark_of(each)  # type: ignore[attr-defined]
        of_round.setdefault(each.round_id, []).append(each)
    number = 0
    for row in all_rounds:
        mine = of_round.get(row.pk, [])
        if not mine:
            continue
        groups.append(
            {
                "round": row,
                "letter": wording.letter(number),
                "ink": drawing.INKS[number % len(drawing.INKS)],
                "dash": number // len(drawing.INKS) % 3,
                "stops": mine,
                "faults": wording.faults(faults.get(row.ref, [])),
                "done": sum(stop.state == Stop.State.DONE for stop in mine),
                "not_done": sum(stop.state == Stop.State.NOT_DONE for stop in mine),
                "reloads": len({stop.trip for stop in mine}) - 1,
            }
        )
        number += 1
    left = of_round.get(None, [])
    why_idle = one.figures.get("idle", {})
    for row in all_rounds:
        row.why_idle = wording.idle(why_idle.get(row.ref, ""))  # type: ignore[attr-defined]
    chosen = next((s for s in stops if str(s.pk) == wanted_stop), None)
    chosen_round = next((r for r in all_rounds if r.ref == wanted_round), None)
    if chosen is not None and form is None:
        form = our.StopForm(initial={"size": chosen.size, "cool_minutes": chosen.cool_minutes})
    if chosen_round is not None and form is None:
        form = our.RoundForm(instance=chosen_round)
    return render(
        request,
        "support/rounds/plan.html",
        {
            "plan": one,
            "groups": groups,
            "left": [stop for stop in left if not stop.is_out],
            "reasons": Counter(
                wording.why_left(stop) for stop in left if not stop.is_out
            ).most_common(),
            "out": [stop for stop in left if stop.is_out],
            "idle": [row for row in all_rounds if not of_round.get(row.pk)],
            "rounds": all_rounds,
            "picture": drawing.rounds_map(
                groups,
                [stop for stop in left if not stop.is_out],
                list({row.depot_id: row.depot for row in all_rounds}.values()),
            )
            if not one.is_busy
            else "",
            "progress": actions.progress_of(one, at),
            "trouble": wording.trouble(one.trouble),
            "served": sum(len(group["stops"]) for group in groups),
            "way": waited(at, at + dt.timedelta(seconds=travel)) if travel < 3600 else "",
            "hours": round(travel / 3600, 1),
            "has_faults": bool(faults),
            "chosen": chosen,
            "chosen_round": chosen_round,
            "form": form,
            "can_change": one.can_change,
        },
        status=status,
    )


def _stop_of(request: HttpRequest, one: RoundPlan) -> Stop:
    pk = read_key(request.POST.get("stop"))
    if pk is None:
        raise Http404
    return get_object_or_404(Stop, pk=pk, plan=one)


def _round_of(request: HttpRequest, one: RoundPlan) -> Round:
    ref = request.POST.get("round", "")
    return get_object_or_404(
        Round.objects.select_related("plan", "volunteer__person"), ref=ref, plan=one
    )


@require_POST
def work(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """Do something about a plan."""
    me, one = _plan(request, ref)
    act = _VERBS.get(verb)
    if act is None:
        raise Http404
    version = read_key(request.POST.get("version")) or 0
    try:
        answer = act(request, me, one, version)
    except Stale:
        messages.warning(
            request, _("Somebody changed this plan meanwhile. This is how it stands now.")
        )
        return redirect(one)
    except (CannotPlan, outing.TooLate) as problem:
        messages.warning(request, str(problem))
        return redirect(one)
    return answer or redirect(one)


def _again(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> None:
    actions.plan_again(one, by=me, version=version, at=now())
    messages.success(request, _("We are planning it again, round what you fixed."))


def _move(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> None:
    stop, to = _stop_of(request, one), _round_of(request, one)
    place = read_key(request.POST.get("place"))
    found = actions.move(one, stop, to, by=me, version=version, place=place - 1 if place else None)
    name = to.volunteer.person.known_as
    if found:
        messages.warning(
            request,
            _("It is with %(name)s now. Mind: %(what)s.")
            % {"name": name, "what": wording.faults(found)},
        )
    else:
        messages.success(request, _("It is with %(name)s now, and stays there.") % {"name": name})


def _shift(later: bool) -> Callable[..., None]:
    def act(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> None:
        stop = _stop_of(request, one)
        if stop.round_id is None:
            raise Http404
        actions.shift(one, stop, by=me, version=version, later=later)
        messages.success(request, _("Moved."))

    return act


def _hold(on: bool) -> Callable[..., None]:
    def act(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> None:
        thing: Any = _stop_of(request, one) if request.POST.get("stop") else _round_of(request, one)
        actions.hold(one, thing, on=on, by=me, version=version)
        messages.success(
            request,
            _("Fixed. Planning again leaves it alone.") if on else _("Free to be planned again."),
        )

    return act


def _out(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> None:
    actions.take_out(one, _stop_of(request, one), by=me, version=version)
    messages.success(request, _("Taken out. It stands at the foot, to be put back."))


def _back(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> None:
    actions.put_back(one, _stop_of(request, one), by=me, version=version)
    messages.success(request, _("Put back. Plan again, or move it onto a round."))


def _stop(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> HttpResponse | None:
    stop = _stop_of(request, one)
    form = our.StopForm(request.POST)
    if not form.is_valid():
        return _show(request, me, one, form=form, status=422, stop=str(stop.pk))
    actions.change_stop(one, stop, by=me, version=version, **form.cleaned_data)
    messages.success(request, _("Saved. Plan again to make use of it."))
    return None


def _round(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> HttpResponse | None:
    row = _round_of(request, one)
    form = our.RoundForm(request.POST, instance=row)
    if not form.is_valid():
        return _show(request, me, one, form=form, status=422, round_ref=row.ref)
    actions.change_round(one, row, by=me, version=version, **form.cleaned_data)
    messages.success(request, _("Saved. Plan again to make use of it."))
    return None


def _send(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> None:
    count = actions.send_out(one, by=me, version=version, at=now())
    messages.success(
        request,
        ngettext("%(n)d volunteer is asked.", "%(n)d volunteers are asked.", count) % {"n": count},
    )


def _drop(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> HttpResponse:
    if not actions.drop(one, by=me, at=now()):
        raise CannotPlan(_("It was sent already. Call its rounds off one by one."))
    messages.success(request, _("Thrown away. Its tasks are free again."))
    return redirect("support:rounds")


def _said_yes(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> None:
    row = _round_of(request, one)
    gone = outing.accept(row, by=me, at=now(), how=How.PHONE)
    messages.success(request, _("%(name)s has said yes.") % {"name": row.volunteer.person.known_as})
    if gone:
        messages.warning(request, _("Some stops fell away. They stand below."))


def _said_no(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> None:
    row = _round_of(request, one)
    outing.decline(row, by=me, at=now())
    messages.success(request, _("Written down. Its stops stand below."))


def _call_off(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> None:
    outing.call_off(_round_of(request, one), by=me, at=now())
    messages.success(request, _("Called off, and they are told."))


def _paper(request: HttpRequest, me: Person, one: RoundPlan, version: int) -> None:
    """Type in what came back on paper."""
    row = _round_of(request, one)
    try:
        changed = outing.save_marks(row, _marks(request), by=me, at=now())
    except Stop.DoesNotExist:
        raise Http404 from None
    if request.POST.get("finish"):
        outing.finish(row, by=me, at=now())
    messages.success(
        request, ngettext("Saved: %(n)d stop.", "Saved: %(n)d stops.", changed) % {"n": changed}
    )


_VERBS: dict[str, Callable[..., HttpResponse | None]] = {
    "again": _again,
    "move": _move,
    "earlier": _shift(False),
    "later": _shift(True),
    "fix": _hold(True),
    "free": _hold(False),
    "out": _out,
    "back": _back,
    "stop": _stop,
    "round": _round,
    "send": _send,
    "drop": _drop,
    "yes": _said_yes,
    "no": _said_no,
    "call-off": _call_off,
    "paper": _paper,
}


# --- On paper ------------------------------------------------------------------------------------


@never_cache
@require_safe
def sheet(request: HttpRequest, ref: str) -> HttpResponse:
    """One round on paper: the volunteer's own once they said yes, or printed by the desk."""
    me = _me(request)
    row = (
        Round.objects.select_related("plan__area", "volunteer__person", "depot")
        .filter(ref=ref)
        .first()
    )
    if row is None or not (rules.can_see_round(me, row) or rules.can_see_plan(me, row.plan)):
        raise Http404
    at = now()
    is_mine = row.volunteer.person_id == me.pk
    if is_mine and not rules.sees_addresses(me, row, at):
        raise PermissionDenied
    stops = outing.doors(row, by=me, at=at, reason="task" if is_mine else "helping")
    return render(
        request, "support/rounds/sheet.html", {"round": row, "plan": row.plan, "stops": stops}
    )


# --- The volunteer's own -------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_round(request: HttpRequest, ref: str) -> HttpResponse:
    """A volunteer's round: yes or no first; then doors, in order, to be ticked off."""
    me = _me(request)
    row = get_object_or_404(
        Round.objects.visible_to(me).select_related("plan__by", "volunteer__person", "depot"),
        ref=ref,
    )
    if request.method == "POST":
        return _answer(request, me, row)
    return _my_round(request, me, row)


def _my_round(
    request: HttpRequest, me: Person, row: Round, problem: str = "", status: int = 200
) -> HttpResponse:
    at = now()
    if row.state == Round.State.TAKEN and rules.sees_addresses(me, row, at):
        stops = outing.doors(row, by=me, at=at, reason="task")
        for stop in stops:
            stop.mark = outing.mark_of(stop)  # type: ignore[attr-defined]
        return render(
            request,
            "support/rounds/my_round.html",
            {
                "round": row,
                "plan": row.plan,
                "stops": stops,
                "tally": _tally(stops),
                "problem": problem,
                "room": f"{row.ref}:{me.handle}",
                "keep": keeping.keep(me, at) if row.plan.day == local(at).date() else None,
            },
            status=status,
        )
    wards = Counter(
        Stop.objects.filter(round=row).values_list("task__request__ward__name", flat=True)
    )
    return render(
        request,
        "support/rounds/asked.html",
        {
            "round": row,
            "plan": row.plan,
            "stops": sum(wards.values()),
            "wards": sorted(name for name in wards if name),
            "problem": problem,
            "parcels": sum(Stop.objects.filter(round=row).values_list("size", flat=True)),
        },
        status=status,
    )


def _tally(stops: list[Stop]) -> dict[str, int]:
    done = sum(stop.state == Stop.State.DONE for stop in stops)
    not_done = sum(stop.state == Stop.State.NOT_DONE for stop in stops)
    return {"done": done, "not_done": not_done, "left": len(stops) - done - not_done}


def _answer(request: HttpRequest, me: Person, row: Round) -> HttpResponse:
    wants_json = request.headers.get("Accept") == "application/json"
    at = now()
    then = request.POST.get("then", "")
    try:
        if then == "yes":
            outing.accept(row, by=me, at=at)
            messages.success(request, _("Thank you! Here are the doors, in order."))
            return redirect(row)
        if then == "no":
            outing.decline(row, by=me, at=at)
            messages.success(request, _("That's fine. We ask somebody else."))
            return redirect("/")
        if then == "out":
            outing.set_out(row, by=me, at=at)
            messages.success(request, _("We have told them that you're on your way."))
            return redirect(row)
        changed = outing.save_marks(row, _marks(request), by=me, at=_when(request))
    except Stop.DoesNotExist:
        raise Http404 from None
    except outing.TooLate as problem:
        if wants_json:
            return JsonResponse({"said": str(problem)}, status=409)
        return _my_round(request, me, row, problem=str(problem), status=409)
    if wants_json:
        return JsonResponse(
            {"said": "", **_tally(list(Stop.objects.filter(round=row)))}, status=200
        )
    if request.POST.get("close"):
        outing.finish(row, by=me, at=at)
        messages.success(request, _("That's the round. Thank you! The hub knows how it went."))
        return redirect("/")
    messages.success(
        request, ngettext("Saved: %(n)d stop.", "Saved: %(n)d stops.", changed) % {"n": changed}
    )
    return redirect(row)


def _marks(request: HttpRequest) -> list[outing.Mark]:
    """The stops whose mark was changed in this form."""
    marks = []
    for name, value in request.POST.items():
        if not name.startswith("mark-"):
            continue
        pk = read_key(name.removeprefix("mark-"))
        if pk is None or value not in outing.MARKS:
            raise Http404
        if value != request.POST.get(f"was-{pk}"):
            marks.append(outing.Mark(pk, value))
    return marks


def _when(request: HttpRequest) -> dt.datetime:
    """The moment of the tap, as a phone without signal noted it; never later than now."""
    moment = now()
    try:
        tapped = parse_datetime(request.POST.get("at") or "")
    except ValueError:
        tapped = None
    if tapped is None or tapped.tzinfo is None:
        return moment
    return tapped if moment - dt.timedelta(days=3) < tapped < moment else moment
