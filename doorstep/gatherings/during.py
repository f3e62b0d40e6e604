"""What happens around a session, hung up: panels on its page, notices and the clock's work."""

from __future__ import annotations

from typing import Any

from django.db.models import F, FilteredRelation, Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Panel, Tick, ticks
from doorstep.base.time import now
from doorstep.feed import moderation
from doorstep.gatherings import rules
from doorstep.gatherings.actions import feelings, room, welcomes
from doorstep.gatherings.models import (
    Feeling,
    Job,
    RoomMessage,
    Session,
    Welcome,
    session_panels,
)
from doorstep.notices.kinds import Kind, kinds
from doorstep.people.children import adult_since
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids

TICK_SECONDS = 300


def register() -> None:
    """Hang everything up; called once when the app is ready."""
    kinds.add(
        "gathering-welcome",
        Kind(label=_("Being expected: who meets you, and who you meet and ring"), by_email=True),
    )
    kinds.add(
        "gathering-newcomer",
        Kind(label=_("Someone new comes to a gathering where you greet"), by_email=True),
    )
    session_panels.add("expected", Panel(_("Be expected"), expected_panel), order=10)
    session_panels.add("faces", Panel(_("How do you feel?"), faces_panel), order=20)
    session_panels.add("jobs", Panel(_("Jobs to take"), jobs_panel), order=30)
    session_panels.add("room", Panel(_("Live room"), room_panel), order=40)
    session_panels.add("hosts", Panel(_("For hosts"), hosts_panel), order=5)
    moderation.flaggable.add(
        "room-message",
        moderation.Flaggable(
            label=_("message in a live room"),
            fetch=_message_seen_by,
            get=_message,
            snapshot=lambda message: {
                "author": message.person_id,
                "title": message.session.gathering.title,
                "text": message.text,
                "path": _room_path(message),
                "photos": [],
                "state": "taken down" if message.is_taken_down else "up",
            },
            hide=lambda message: room.take_down(message, down=True),
            restore=lambda message, _snapshot: room.take_down(message, down=False),
            author=lambda message: message.person,
            path=_room_path,
        ),
    )
    ticks.add("welcomes", Tick(welcomes.tick, TICK_SECONDS))


def _message(pk: int) -> RoomMessage | None:
    return (
        RoomMessage.objects.select_related("person", "session__gathering__team")
        .filter(pk=pk)
        .first()
    )


def _message_seen_by(viewer: Person | None, pk: int) -> RoomMessage | None:
    message = _message(pk)
    return message if message is not None and rules.can_see_message(viewer, message) else None


def _room_path(message: RoomMessage) -> str:
    return reverse("gatherings:room", args=[message.session_id])


def _me(request: HttpRequest, session: Session) -> Person | None:
    """The viewer; their place, when the page has found it already, isn't asked for again."""
    me: Person | None = getattr(request.user, "person", None)
    if me is not None and "my_place" in session.__dict__:
        session.__dict__.setdefault("_place_of", {})[me.pk] = session.__dict__["my_place"]
    return me


def expected_panel(request: HttpRequest, session: Session) -> str:
    """For a newcomer: be expected, and by whom. For regulars: look out for newcomers."""
    me = _me(request, session)
    if me is None:
        return ""
    may_ask = rules.can_ask_for_a_welcome(me, session)
    may_offer = rules.can_offer_to_greet(me, session)
    if not may_ask and not may_offer:
        return ""
    welcome = None
    if may_ask:
        welcome = (
            Welcome.objects.filter(place__session=session, place__person=me)
            .select_related("greeter")
            .first()
        )
        if welcome is not None and welcome.greeter_id in blocked_ids(me):
            welcome.state, welcome.greeter = Welcome.State.HOPED, None
    return render_to_string(
        "gatherings/during/_expected.html",
        {
            "session": session,
            "may_ask": may_ask,
            "welcome": welcome,
            "may_offer": may_offer,
            "place": rules.place_at(me, session),
        },
        request,
    )


def faces_panel(request: HttpRequest, session: Session) -> str:
    """One tap: how I feel, arriving or leaving."""
    from doorstep.gatherings.views.feelings import FACES

    me = _me(request, session)
    if me is None or not rules.can_say_how_they_feel(me, session):
        return ""
    said = feelings.said(session, me)
    questions = {
        Feeling.Moment.ARRIVING: _("How do you feel as you arrive?"),
        Feeling.Moment.LEAVING: _("How do you feel as you leave?"),
    }
    return render_to_string(
        "gatherings/during/_faces.html",
        {
            "session": session,
            "asks": [
                (str(moment), questions[moment], said.get(str(moment)))
                for moment in _asked_now(session, said)
            ],
            "faces": FACES,
        },
        request,
    )


def _asked_now(session: Session, said: dict[str, int]) -> list[Feeling.Moment]:
    """Arriving in the first half, leaving in the second; both only for those who were quick."""
    open_now = rules.moments_open(session)
    half = session.starts_at + (session.ends_at - session.starts_at) / 2
    if len(open_now) == 2 and now() < half:
        return open_now[:1]
    if len(open_now) == 2 and "arriving" in said:
        return open_now[1:]
    return list(reversed(open_now))


def jobs_at(session: Session, me: Person | None) -> list[dict[str, Any]]:
    """The jobs of a session in one query: name, needed, who took it, free, whether it's mine.

    Children's names and those across a block are left out, and still count.
    """
    rows = (
        Job.objects.filter(gathering=session.gathering_id)
        .annotate(here=FilteredRelation("taken", condition=Q(taken__session=session)))
        .values("id", "name", "people_needed", who=F("here__person"))
        .annotate(called=F("here__person__known_as"), born=F("here__person__born_on"))
        .order_by("id", "here__id")
    )
    hidden = blocked_ids(me)
    grown_up = adult_since()
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        job = found.setdefault(
            row["id"],
            {
                "id": row["id"],
                "name": row["name"],
                "needed": row["people_needed"],
                "taken": 0,
                "names": [],
                "is_mine": False,
            },
        )
        if row["who"] is None:
            continue
        job["taken"] += 1
        if me is not None and row["who"] == me.pk:
            job["is_mine"] = True
        elif row["who"] not in hidden and (row["born"] is None or row["born"] <= grown_up):
            job["names"].append(row["called"])
    for job in found.values():
        job["free"] = max(0, job["needed"] - job["taken"])
    return list(found.values())


def jobs_panel(request: HttpRequest, session: Session) -> str:
    """What wants doing, and who does it (names for those coming and the hosts)."""
    if not rules.is_on(session):
        return ""
    me = _me(request, session)
    jobs = jobs_at(session, me)
    if not jobs:
        return ""
    return render_to_string(
        "gatherings/during/_jobs.html",
        {
            "session": session,
            "jobs": jobs,
            "may_take": rules.can_take_job(me, session),
            "is_over": session.ends_at <= now(),
            "sees_names": rules.can_see_names(me, session),
        },
        request,
    )


def room_panel(request: HttpRequest, session: Session) -> str:
    """The way into the live room, for those who may join it."""
    me = _me(request, session)
    gathering = session.gathering
    if not (gathering.is_online or gathering.dial_in) or not rules.is_on(session):
        return ""
    if not rules.can_join_room(me, session):
        return ""
    return render_to_string(
        "gatherings/during/_room_door.html",
        {
            "session": session,
            "is_open": rules.room_is_open(session),
            "opens_at": session.starts_at - rules.ROOM_OPENS,
            "is_over": session.ends_at + rules.ROOM_CLOSES <= now(),
        },
        request,
    )


def hosts_panel(request: HttpRequest, session: Session) -> str:
    """What hosts and greeters need at the door."""
    me = _me(request, session)
    if me is None:
        return ""
    is_host = rules.can_run(me, session.gathering)
    if not is_host and not rules.is_greeter(me, session):
        return ""
    return render_to_string(
        "gatherings/during/_hosts.html",
        {
            "session": session,
            "gathering": session.gathering,
            "is_host": is_host,
            "may_keep": rules.can_keep_register(me, session),
        },
        request,
    )
