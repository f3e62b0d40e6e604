"""Everything that is done with a request: asking, triage, routing, the hub's yes, its end.

Each verb writes a step, raises the request's `version`, and says by when the next thing must
have happened. A request that stands otherwise by now raises `NotNow` with a sentence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base import keys
from doorstep.base.registry import Registry
from doorstep.base.time import in_london, local
from doorstep.notices.actions import send_to_all
from doorstep.people import postcodes
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import ask_for_all
from doorstep.places.models import Area, Postcode
from doorstep.support.models import Kind, Repeat, Request, RequestStep, Task
from doorstep.support.requests import clocks, finding, rules

State, Outcome, Step = Request.State, Request.Outcome, RequestStep.Kind
KIND_WAITS = "support-waits"
KIND_ANSWER = "support-answer"

# What others do when a task is called off while somebody has it, or a request ends: filled by
# `tasks`. `fn(task, by=…, at=…)`, inside the verb.
on_cancelled: Registry[Callable[..., None]] = Registry("what happens when a task is called off")


class NotNow(Exception):
    """It stands otherwise by now; the message says how, for whoever asked."""


class NotYours(Exception):
    """This is not theirs to do."""


class Stale(Exception):
    """Somebody changed it since the form was opened. `now` is how it stands."""

    def __init__(self, now: Request) -> None:
        super().__init__(_("Somebody changed this while you had it open."))
        self.now = now


# --- The rows themselves ---------------------------------------------------------------------


def step(
    request: Request,
    kind: str,
    *,
    by: Person | None,
    at: dt.datetime,
    words: str = "",
    task: Task | None = None,
) -> RequestStep:
    """Write one line of the request's trail."""
    return RequestStep.objects.create(
        request=request, task=task, by=by, at=at, kind=kind, words=words
    )


def _change(request: Request, *, at: dt.datetime, among: Iterable[str] = (), **fields: Any) -> None:
    """Change the row if it is (still) in one of these states, as a claim; else NotNow."""
    rows = Request.objects.filter(pk=request.pk)
    if among:
        rows = rows.filter(state__in=list(among))
    if not rows.update(version=F("version") + 1, changed_at=at, **_sealed(fields)):
        raise NotNow(_("Somebody was quicker: this request stands differently now. Look again."))
    request.refresh_from_db()


def _hold_open(request: Request, *, at: dt.datetime) -> None:
    """Hold the row until the verb is done, and read it anew: the page may have been an old one.

    Raises NotNow where it is over.
    """
    rows = Request.objects.filter(pk=request.pk, state__in=list(Request.OPEN))
    if not rows.update(changed_at=at):
        raise NotNow(_("This request is closed. Open it again first."))
    request.refresh_from_db()


def _sealed(fields: dict[str, Any]) -> dict[str, Any]:
    return fields


def _into(request: Request, state: str, at: dt.datetime) -> dict[str, Any]:
    """Return the fields that bring a request into an open state."""
    return {
        "state": state,
        "since": at,
        "due_at": clocks.due(state, request.priority, at),
        "closed_at": None,
        "outcome": "",
    }


# --- Asking ----------------------------------------------------------------------------------


def place_of(code: str) -> dict[str, Any]:
    """Return ward, locality and rounded spot of a tidy postcode; all None outside the borough."""
    row = Postcode.objects.select_related("ward__parent").filter(pk=code).first() if code else None
    if row is None:
        return {"ward": None, "locality": None, "latitude": None, "longitude": None}
    return {
        "ward": row.ward,
        "locality": locality_of(row.ward),
        "latitude": round(row.latitude, 3),
        "longitude": round(row.longitude, 3),
    }


def locality_of(area: Area | None) -> Area | None:
    """Return the locality an area lies in, or is; None above that."""
    while area is not None and area.kind != Area.Kind.LOCALITY:
        area = area.parent
    return area


@transaction.atomic
def ask(
    *,
    words: str,
    at: dt.datetime,
    client_key: str,
    by: Person | None = None,
    taken_by: Person | None = None,
    person: Person | None = None,
    called: str = "",
    full_name: str = "",
    phone: str = "",
    email: str = "",
    address: str = "",
    postcode: str = "",
    kinds: Iterable[str] = (),
    priority: int = Request.Priority.WEEK,
    came_by: str = Request.CameBy.WEB,
    asked_at: dt.datetime | None = None,
    language: str = "en-gb",
    relation: str = "",
    agreed: str = "",
    asked_by: Person | None = None,
    asked_by_name: str = "",
    asked_by_reach: str = "",
    about_child: bool = False,
    danger: str = "",
    gist: str = "",
    born_on: dt.date | None = None,
    is_drill: bool = False,
) -> Request:
    """Write down that somebody needs something. The same `client_key` again makes no second one.

    `by` is whoever sent the form (None: a visitor), `taken_by` an officer who typed for them.
    `person` is whom it is about where that is known; else a record is made of what they said.
    `phone` is E.164, or as they said it where it is no number we can ring.
    """
    made = Request.objects.filter(client_key=client_key).select_related("person").first()
    if made is not None:
        return made
    place = place_of(postcode)
    try:
        with transaction.atomic():
            if person is None:  # inside: of the same form twice at once, one leaves no stray record
                person = _record(
                    client_key, at, called=called, full_name=full_name, phone=phone, email=email,
                    postcode=postcode, language=language, born_on=born_on,
                )  # fmt: skip
            request = Request.objects.create(
                client_key=client_key,
                person=person,
                asked_by=asked_by,
                asked_by_name=asked_by_name[:120],
                asked_by_reach=asked_by_reach[:200],
                relation=relation,
                agreed=agreed,
                taken_by=taken_by,
                words=words,
                gist=gist[:160],
                kinds=[kind for kind in Kind.values if kind in set(kinds)],
                priority=priority,
                came_by=came_by,
                asked_at=asked_at or at,
                language=language,
                about_child=about_child,
                danger=danger,
                address=address,
                postcode=postcode,
                phone=phone[:20],
                state=State.NEW,
                since=at,
                due_at=clocks.due(State.NEW, priority, at),
                created_at=at,
                changed_at=at,
                is_drill=is_drill,
                **place,
            )
    except IntegrityError:  # the same form twice at once: the other one's row stands
        return Request.objects.select_related("person").get(client_key=client_key)
    finding.remember(request)
    step(request, Step.ASKED, by=taken_by or by, at=at)
    return request


def _record(client_key: str, at: dt.datetime, **said: Any) -> Person:
    """Make a record of somebody as they told it; the same form makes one person."""
    phone = said["phone"] if said["phone"].startswith("+") else ""
    return Person.objects.create(
        known_as=said["called"][:60] or _("Somebody who asked"),
        full_name=said["full_name"][:120],
        phone=phone,
        email=said["email"],
        postcode=said["postcode"],
        home=postcodes.ward_of(said["postcode"]),
        languages=[said["language"]] if said["language"] else [],
        born_on=said["born_on"],
        created_at=at,
    )


# --- Triage ----------------------------------------------------------------------------------

# What the triage form may change, and what a stale save is compared by.
TRIAGED = ("gist", "priority", "kinds", "locality", "language", "about_child", "address", "phone")


@transaction.atomic
def triage(
    request: Request, *, by: Person, at: dt.datetime, version: int, postcode: str | None = None,
    **new: Any,
) -> Request:  # fmt: skip
    """Say what a request is and how pressing. Raises Stale when somebody changed it meanwhile.

    `new` holds some of TRIAGED; `locality` None and by hand means: none. Returns the request.
    """
    if unknown := new.keys() - set(TRIAGED):
        raise TypeError(f"triage doesn't change {sorted(unknown)}")
    if not request.is_open:
        raise NotNow(_("This request is closed. Open it again first."))
    if version != request.version:
        # Before any other reason to refuse: what stands there now explains it best.
        raise Stale(Request.objects.select_related("person", "locality").get(pk=request.pk))
    fields: dict[str, Any] = dict(new)
    if postcode is not None and postcode != request.postcode:
        place = place_of(postcode)
        fields |= {"postcode": postcode, **place}
        if "locality" in new and new["locality"] != request.locality:
            fields["locality"] = new["locality"]
    if request.state != State.NEW and request.locality is not None and "locality" in fields:
        # A hub has it: a postcode put right moves nothing quietly, or whoever has it in hand
        # would see it no more and the next hub would never hear of it.
        if "locality" in new and new["locality"] != request.locality:
            raise NotNow(_("It is with a hub. Hand it over, or take it back first."))
        fields["locality"] = request.locality
    if "postcode" in fields or fields.get("locality", request.locality) != request.locality:
        by_postcode = place_of(fields.get("postcode", request.postcode))["locality"]
        fields["by_hand"] = fields.get("locality", request.locality) != by_postcode
    changed = [name for name, value in fields.items() if getattr(request, name) != value]
    if "priority" in changed:
        fields["due_at"] = clocks.due(request.state, fields["priority"], request.since)
    saved = Request.objects.filter(pk=request.pk, version=version).update(
        version=F("version") + 1, changed_at=at, **fields
    )
    if not saved:
        raise Stale(Request.objects.select_related("person", "locality").get(pk=request.pk))
    request.refresh_from_db()
    if changed:
        step(
            request,
            Step.TRIAGED,
            by=by,
            at=at,
            words=", ".join(str(_TELLS[name]) for name in _TELLS if name in changed),
        )
    if {"address", "locality"} & set(changed):
        finding.remember(request)
        _tasks_follow(request)
    return request


# What the trail says was changed.
_TELLS: dict[str, Any] = {
    "priority": gettext_lazy("how soon"),
    "kinds": gettext_lazy("what help"),
    "locality": gettext_lazy("locality"),
    "gist": gettext_lazy("the line for the hub"),
    "address": gettext_lazy("address"),
    "phone": gettext_lazy("phone number"),
    "postcode": gettext_lazy("postcode"),
    "language": gettext_lazy("language"),
}


def _tasks_follow(request: Request) -> None:
    """Tasks nobody has ended lie where their request lies."""
    Task.objects.unfinished().filter(request=request).update(
        locality=request.locality, latitude=request.latitude, longitude=request.longitude
    )


@transaction.atomic
def route(
    request: Request,
    *,
    by: Person | None,
    at: dt.datetime,
    to: Area | None = None,
    words: str = "",
) -> None:
    """Send a request to the hub of its locality, or of another (`to`)."""
    to = to or request.locality
    if to is None:
        raise NotNow(_("We don't know where it lies. Choose a locality first."))
    by_hand = request.by_hand or to != request.locality
    _change(
        request, at=at, among=[State.NEW], locality=to, by_hand=by_hand, owner=None,
        **_into(request, State.HUB, at),
    )  # fmt: skip
    step(request, Step.ROUTED, by=by, at=at, words="\n".join(filter(None, [to.name, words])))
    _tasks_follow(request)
    _tell_hub(request, at=at)


@transaction.atomic
def take_back(request: Request, *, by: Person, at: dt.datetime, words: str = "") -> None:
    """Bring a request from its hub back to the borough's desk."""
    _change(
        request, at=at, among=[State.HUB, State.IN_HAND, State.WAITING], owner=None,
        **_into(request, State.NEW, at),
    )  # fmt: skip
    step(request, Step.ROUTED, by=by, at=at, words=words or _("Back to the borough's desk"))


# --- The hub ---------------------------------------------------------------------------------


@transaction.atomic
def accept(request: Request, *, by: Person, at: dt.datetime) -> None:
    """The hub takes it on; whoever said so has it in hand."""
    _change(request, at=at, among=[State.HUB], owner=by, **_into(request, State.IN_HAND, at))
    step(request, Step.ACCEPTED, by=by, at=at)


@transaction.atomic
def decline(request: Request, *, by: Person, at: dt.datetime, words: str) -> None:
    """The hub gives it back, and says why: it lies at the borough's desk at once."""
    if not words.strip():
        raise NotNow(_("Say in a few words why, so that the borough can find another way."))
    _change(
        request,
        at=at,
        among=[State.HUB, State.IN_HAND, State.WAITING],
        owner=None,
        climbed_at=at,
        **_into(request, State.NEW, at),
    )
    step(request, Step.DECLINED, by=by, at=at, words=words)
    _tell_officers(request, f"declined:{request.pk}:{request.version}", _DECLINED, at=at)


@transaction.atomic
def hand_over(request: Request, *, by: Person, at: dt.datetime, to: Area, words: str) -> None:
    """Hand a request over to another hub, which says yes or no in its turn."""
    if request.locality_id == to.pk:
        raise NotNow(_("It is there already."))
    _change(
        request,
        at=at,
        among=[State.NEW, State.HUB, State.IN_HAND, State.WAITING],
        locality=to,
        by_hand=True,
        owner=None,
        **_into(request, State.HUB, at),
    )
    step(request, Step.HANDED_OVER, by=by, at=at, words="\n".join(filter(None, [to.name, words])))
    _tasks_follow(request)
    _tell_hub(request, at=at)


@transaction.atomic
def take(request: Request, *, by: Person, at: dt.datetime) -> None:
    """Take a request in hand oneself."""
    # As it stands now, not as it stood when the page was opened.
    request.refresh_from_db(fields=["state", "priority", "version"])
    _change(
        request,
        at=at,
        among=[State.NEW, State.HUB, State.IN_HAND, State.WAITING],
        owner=by,
        **(_into(request, State.IN_HAND, at) if request.state != State.IN_HAND else {}),
    )
    step(request, Step.TAKEN, by=by, at=at)


@transaction.atomic
def wait_for_person(request: Request, *, by: Person, at: dt.datetime, words: str = "") -> None:
    """Nothing can be done before they were reached."""
    _change(request, at=at, among=[State.NEW, State.IN_HAND], **_into(request, State.WAITING, at))
    step(request, Step.WAITING, by=by, at=at, words=words)


@transaction.atomic
def note(request: Request, *, by: Person, at: dt.datetime, words: str) -> None:
    """Write something down; the person may ask to read it."""
    _change(request, at=at)
    step(request, Step.NOTE, by=by, at=at, words=words)


def climb(at: dt.datetime) -> int:
    """Bring what its hub did not answer in time to the borough; return how many. For the tick."""
    late = Request.objects.filter(state=State.HUB, closed_at=None, due_at__lte=at)
    done = 0
    for request in late.order_by("due_at", "pk")[:2000]:
        with transaction.atomic():
            # Its own clock starts afresh: somebody at the borough must look now.
            if not Request.objects.filter(pk=request.pk, state=State.HUB, due_at__lte=at).update(
                state=State.NEW,
                since=at,
                due_at=clocks.due(State.NEW, request.priority, at),
                owner=None,
                climbed_at=at,
                climbs=F("climbs") + 1,
                version=F("version") + 1,
                changed_at=at,
            ):
                continue
            step(request, Step.CLIMBED, by=None, at=at)
            _tell_officers(request, f"climbed:{request.pk}:{request.climbs}", _CLIMBED, at=at)
            done += 1
    return done


# --- Tasks -----------------------------------------------------------------------------------


@transaction.atomic
def add_task(
    request: Request,
    *,
    by: Person | None,
    at: dt.datetime,
    kind: str,
    client_key: str | None = None,
    what: str = "",
    door_note: str = "",
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
    minutes: int = 60,
    skills: Iterable[str] = (),
    language: str = "",
    money_cap: int = 0,
    repeat: Repeat | None = None,
    repeat_on: dt.date | None = None,
) -> Task:
    """Make one piece of work for a request. The same `client_key` makes no second one."""
    if client_key:
        made = Task.objects.filter(client_key=client_key).first()
        if made is not None:
            return made
    _hold_open(request, at=at)
    task = Task.objects.create(
        request=request,
        client_key=client_key,
        kind=kind,
        what=what,
        door_note=door_note,
        locality=request.locality,
        latitude=request.latitude,
        longitude=request.longitude,
        starts_at=starts_at,
        ends_at=ends_at,
        minutes=minutes,
        skills=list(skills),
        language=language,
        money_cap=money_cap,
        repeat=repeat,
        repeat_on=repeat_on,
        since=at,
        created_at=at,
    )
    step(request, Step.TASK, by=by, at=at, task=task)
    return task


@transaction.atomic
def change_task(task: Task, *, by: Person, at: dt.datetime, **new: Any) -> None:
    """Change what a task is while nobody has it."""
    allowed = {"kind", "what", "door_note", "starts_at", "ends_at", "minutes", "skills",
               "language", "money_cap"}  # fmt: skip
    if unknown := new.keys() - allowed:
        raise TypeError(f"not to be changed here: {sorted(unknown)}")
    if not Task.objects.filter(pk=task.pk, state=Task.State.OPEN).update(**new):
        raise NotNow(_("Somebody has this task by now. Talk to them first."))
    task.refresh_from_db()
    step(task.request, Step.TASK_CHANGED, by=by, at=at, task=task)


@transaction.atomic
def cancel_task(task: Task, *, by: Person | None, at: dt.datetime, words: str = "") -> None:
    """Call a task off; whoever had it is told by `on_cancelled`."""
    if (
        not Task.objects.unfinished()
        .filter(pk=task.pk)
        .update(state=Task.State.CANCELLED, since=at, ended_at=at)
    ):
        raise NotNow(_("This task has ended already."))
    for tell in on_cancelled:
        tell(task, by=by, at=at)
    task.refresh_from_db()
    step(task.request, Step.CANCELLED, by=by, at=at, task=task, words=words)


# --- What comes again ------------------------------------------------------------------------

# Tasks that come again are made this long before their day, so that somebody can be found.
AHEAD = dt.timedelta(days=9)


@transaction.atomic
def repeat(
    request: Request, *, by: Person, at: dt.datetime, kind: str, weekday: int, from_time: dt.time,
    to_time: dt.time, every_weeks: int = 1, first_on: dt.date | None = None,
    ends_on: dt.date | None = None, **more: Any,
) -> Repeat:  # fmt: skip
    """Let a task come again and again; the next ones are made at once."""
    _hold_open(request, at=at)
    first = first_on or local(at).date()
    first += dt.timedelta(days=(weekday - first.weekday()) % 7)
    rule = Repeat.objects.create(
        request=request,
        kind=kind,
        every_weeks=every_weeks,
        weekday=weekday,
        from_time=from_time,
        to_time=to_time,
        next_on=first,
        ends_on=ends_on,
        created_at=at,
        **more,
    )
    step(request, Step.TASK, by=by, at=at, words=_("Comes again"))
    make_next(rule, at=at)
    return rule


@transaction.atomic
def stop_repeat(rule: Repeat, *, by: Person, at: dt.datetime) -> None:
    """Nothing more comes; what nobody has taken yet of it is called off."""
    Repeat.objects.filter(pk=rule.pk).update(next_on=None, ends_on=local(at).date())
    for task in Task.objects.filter(repeat=rule, state=Task.State.OPEN):
        cancel_task(task, by=by, at=at, words=_("It doesn't come again"))


def make_next(rule: Repeat, *, at: dt.datetime) -> int:
    """Make the tasks of one rule up to AHEAD of now; return how many. Running twice makes none."""
    until = local(at).date() + AHEAD
    made = 0
    while rule.next_on is not None and rule.next_on <= until:
        on = rule.next_on
        following: dt.date | None = on + dt.timedelta(weeks=rule.every_weeks)
        if rule.ends_on is not None and following is not None and following > rule.ends_on:
            following = None
        with transaction.atomic():
            # Whoever moves `next_on` on makes the task: one, however many workers there are.
            if not Repeat.objects.filter(pk=rule.pk, next_on=on).update(next_on=following):
                break
            if rule.request.is_open and (rule.ends_on is None or on <= rule.ends_on):
                add_task(
                    rule.request,
                    by=None,
                    at=at,
                    kind=rule.kind,
                    what=rule.what,
                    starts_at=in_london(dt.datetime.combine(on, rule.from_time)),
                    ends_at=in_london(dt.datetime.combine(on, rule.to_time)),
                    minutes=rule.minutes,
                    skills=rule.skills,
                    language=rule.language,
                    money_cap=rule.money_cap,
                    repeat=rule,
                    repeat_on=on,
                )
                made += 1
        rule.refresh_from_db()
    return made


def make_repeats(at: dt.datetime) -> int:
    """Make what comes again soon; for the tick."""
    until = local(at).date() + AHEAD
    rules_due = Repeat.objects.filter(
        next_on__lte=until, request__state__in=Request.OPEN
    ).select_related("request__locality", "request__person")
    return sum(make_next(rule, at=at) for rule in rules_due.order_by("next_on", "pk")[:2000])


# --- Splitting and merging -------------------------------------------------------------------


@transaction.atomic
def split(
    request: Request, *, by: Person, at: dt.datetime, words: str, client_key: str,
    gist: str = "", kinds: Iterable[str] = (), tasks: Iterable[Task] = (),
) -> Request:  # fmt: skip
    """Make a second request for the same person out of part of this one."""
    made = Request.objects.filter(client_key=client_key).first()
    if made is not None:
        return made
    _change(request, at=at)  # the page may have been an old one: read what stands now
    part = ask(
        words=words,
        at=at,
        client_key=client_key,
        taken_by=by,
        person=request.person,
        phone=request.phone,
        address=request.address,
        postcode=request.postcode,
        kinds=kinds,
        priority=request.priority,
        came_by=request.came_by,
        asked_at=request.asked_at,
        language=request.language,
        relation=request.relation,
        agreed=request.agreed,
        asked_by=request.asked_by,
        asked_by_name=request.asked_by_name,
        asked_by_reach=request.asked_by_reach,
        about_child=request.about_child,
        gist=gist,
        is_drill=request.is_drill,
    )
    Request.objects.filter(pk=part.pk).update(came_of=request, locality=request.locality,
                                              by_hand=request.by_hand)  # fmt: skip
    Task.objects.filter(pk__in=[task.pk for task in tasks], request=request).update(request=part)
    step(request, Step.SPLIT, by=by, at=at, words=part.reference)
    part.refresh_from_db()
    return part


@transaction.atomic
def merge(request: Request, into: Request, *, by: Person, at: dt.datetime) -> None:
    """Put two requests of one person together; the tasks go along. `part` undoes it."""
    if request.pk == into.pk:
        raise NotNow(_("That is the same request."))
    if request.person_id != into.person_id:
        raise NotNow(_("They are about two people. Join the records first."))
    if not Request.objects.filter(pk=into.pk, state__in=list(Request.OPEN)).update(changed_at=at):
        raise NotNow(_("The other request is closed. Open it again first."))
    into.refresh_from_db()
    moved = list(Task.objects.filter(request=request).values_list("ref", flat=True))
    _change(
        request,
        at=at,
        among=Request.OPEN,
        state=State.MERGED,
        since=at,
        merged_into=into,
        outcome=Outcome.MERGED,
        closed_at=at,
        due_at=None,
    )
    Task.objects.filter(request=request).update(request=into, locality=into.locality)
    Repeat.objects.filter(request=request).update(request=into)
    if request.priority < into.priority:
        _change(into, at=at, priority=request.priority,
                due_at=clocks.due(into.state, request.priority, into.since))  # fmt: skip
    step(request, Step.MERGED, by=by, at=at, words=" ".join([into.reference, *moved]))
    step(into, Step.MERGED, by=by, at=at, words=request.reference)


@transaction.atomic
def part(request: Request, *, by: Person, at: dt.datetime) -> None:
    """Take a merged request out again, with the tasks it brought."""
    into = request.merged_into
    if request.state != State.MERGED or into is None:
        raise NotNow(_("It isn't part of another request."))
    told = request.steps.filter(kind=Step.MERGED).order_by("-at", "-pk").first()
    brought = told.words.split()[1:] if told else []
    _change(request, at=at, among=[State.MERGED], merged_into=None, owner=None,
            **_into(request, State.NEW, at))  # fmt: skip
    Task.objects.filter(ref__in=brought, request=into).update(request=request)
    Repeat.objects.filter(tasks__request=request, request=into).update(request=request)
    _tasks_follow(request)
    step(request, Step.PARTED, by=by, at=at)
    step(into, Step.PARTED, by=by, at=at, words=request.reference)


# --- The end ---------------------------------------------------------------------------------


@transaction.atomic
def close(
    request: Request, *, by: Person | None, at: dt.datetime, outcome: str, words: str = "",
    tell: bool = True,
) -> None:  # fmt: skip
    """End a request; what nobody has done of it yet is called off."""
    if outcome not in Outcome.values or outcome in (Outcome.NONE, Outcome.MERGED):
        raise NotNow(_("Choose how it ended."))
    was_helped = outcome in (Outcome.HELPED, Outcome.PARTLY)
    _change(
        request,
        at=at,
        among=Request.OPEN,
        state=State.DONE if was_helped else State.CLOSED,
        since=at,
        due_at=None,
        outcome=outcome,
        closed_at=at,
    )
    for task in Task.objects.unfinished().filter(request=request):
        cancel_task(task, by=by, at=at, words=_("The request has ended"))
    Repeat.objects.filter(request=request, next_on__isnull=False).update(next_on=None)
    step(request, Step.CLOSED, by=by, at=at, words=words)
    if tell:
        _tell_person(request, f"closed:{request.pk}:{request.version}", _ENDED, by=by, at=at)


@transaction.atomic
def reopen(request: Request, *, by: Person | None, at: dt.datetime, words: str = "") -> None:
    """It is not over after all: it lies at the desk, and is nobody's yet."""
    _change(request, at=at, among=[State.DONE, State.CLOSED], owner=None,
            **_into(request, State.NEW, at))  # fmt: skip
    step(request, Step.REOPENED, by=by, at=at, words=words)


def task_ended(task: Task, *, by: Person | None, at: dt.datetime, words: str = "") -> None:
    """Note that a task was done or not done; for the verbs of `tasks`, inside theirs.

    When nothing is left to do, the request is due at once: somebody asks “anything else?”.
    """
    request = Request.objects.get(pk=task.request_id)
    step(request, Step.ENDED, by=by, at=at, task=task, words=words)
    fields: dict[str, Any] = {"changed_at": at}
    still = Task.objects.unfinished().filter(request=request).exists()
    comes_again = Repeat.objects.filter(request=request, next_on__isnull=False).exists()
    if request.is_open and not still and not comes_again:
        fields["due_at"] = at + dt.timedelta(days=1)
    Request.objects.filter(pk=request.pk).update(**fields)


# --- Telling ---------------------------------------------------------------------------------

_WAITS = gettext_lazy("A request waits for your hub's answer")
_DECLINED = gettext_lazy("A hub gave a request back")
_CLIMBED = gettext_lazy("A request waited too long at its hub")
_ENDED = gettext_lazy("Something about the help you asked for")
_COMING = gettext_lazy("News about the help you asked for")


def _tell_hub(request: Request, *, at: dt.datetime) -> None:
    if request.is_drill or request.locality is None:
        return
    send_to_all(
        KIND_WAITS,
        workers(RoleHolding.Role.ORGANISER, within=request.locality, but=request),
        key=f"hub:{request.pk}:{request.version}",
        title=_WAITS,
        path=request.get_absolute_url(),
        at=at,
    )


def _tell_officers(request: Request, key: str, title: Any, *, at: dt.datetime) -> None:
    if request.is_drill:
        return
    send_to_all(
        KIND_WAITS,
        workers(RoleHolding.Role.OFFICER, within=request.locality, but=request),
        key=key,
        title=title,
        path=request.get_absolute_url(),
        at=at,
    )


def _tell_person(
    request: Request, key: str, title: Any, *, by: Person | None, at: dt.datetime
) -> None:
    """Tell whoever asked that there is news; what it is stands on their own page."""
    if request.is_drill:
        return
    to = {one.pk: one for one in (request.person, request.asked_by) if one is not None}
    to = {pk: one for pk, one in to.items() if by is None or pk != by.pk}
    for one in to.values():
        send_to_all(
            KIND_ANSWER, [one], key=f"{key}:{one.pk}", title=title,
            path=reverse("support:my_request", args=[request.ref]), at=at,
        )  # fmt: skip


def tell_news(request: Request, *, key: str, by: Person | None, at: dt.datetime) -> None:
    """Tell whoever asked that something moved; for the verbs of `tasks`."""
    _tell_person(request, key, _COMING, by=by, at=at)


def workers(role: str, *, within: Area | None, but: Request | None = None) -> list[Person]:
    """Return who holds this role there now, without those the request is about."""
    held = RoleHolding.objects.held().filter(role=role)
    if within is not None:
        held = held.within(within)
    people = list(Person.objects.active().filter(pk__in=held.values("person")).order_by("pk"))
    if but is not None:
        ask_for_all(people)
        return [one for one in people if rules.can_see(one, but)]
    return people


def new_key() -> str:
    """Return a fresh key for a form."""
    return keys.new_key(20)
