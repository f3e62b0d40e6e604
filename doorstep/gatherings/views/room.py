"""The live room: talk, who is here, hands up. Whole by reloading; with script it polls."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorstep.base.keeping import part
from doorstep.base.pages import read_key
from doorstep.base.time import now
from doorstep.gatherings import rules, wording
from doorstep.gatherings.actions import room as actions
from doorstep.gatherings.forms.during import SayForm
from doorstep.gatherings.models import Place, Presence, RoomMessage, Session
from doorstep.gatherings.views.session_of import me_of, session_or_404
from doorstep.kindness.asking import NOTHING_NOTICED, ask
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids

PAGE = 60  # messages on one page
CROWDS = 50  # rooms, or states of rooms, that a process remembers
FRESH_AFTER = 60  # seconds after which who is here is told again though nothing else changed


def _enter(request: HttpRequest, pk: int) -> tuple[Session, Person]:
    me = me_of(request)
    session = session_or_404(request, pk)
    if not rules.can_join_room(me, session):
        raise PermissionDenied
    return session, me


def room(request: HttpRequest, pk: int) -> HttpResponse:
    """The room itself; outside its hours, when it opens or that it was."""
    session, me = _enter(request, pk)
    if not rules.room_is_open(session):
        return render(
            request,
            "gatherings/during/room_closed.html",
            {
                "session": session,
                "gathering": session.gathering,
                "opens_at": session.starts_at - rules.ROOM_OPENS,
                "is_early": now() < session.starts_at,
                "is_on": rules.is_on(session),
            },
        )
    actions.be_here(session, by=me, at=now())
    return _page(request, session, me, SayForm())


def _page(
    request: HttpRequest, session: Session, me: Person, form: SayForm, status: int = 200
) -> HttpResponse:
    context = _now_in(session, me, before=read_key(request.GET.get("before")))
    session.refresh_from_db(fields=["room_version"])
    return render(
        request,
        "gatherings/during/room.html",
        {
            **context,
            "form": form,
            "video": wording.online_link(session) if session.gathering.is_online else "",
            "etag": _etag(session.room_version, me),
        },
        status=status,
    )


def _now_in(session: Session, me: Person, before: int | None = None) -> dict[str, Any]:
    """What the viewer may see of the room: messages, who is here, the queue of hands."""
    unwanted = blocked_ids(me)
    is_host = rules.can_run(me, session.gathering)
    said = RoomMessage.objects.filter(session=session, is_taken_down=False)
    said = said.exclude(person__in=unwanted)
    if not is_host:
        said = said.filter(is_hidden=False)
    if before is not None:
        said = said.filter(pk__lt=before)
    newest = list(said.select_related("person").order_by("-id")[: PAGE + 1])
    here = _here_in(session, unwanted)
    mine = next((row for row in here if row.person_id == me.pk), None)
    hands = _hands_of(here)
    return {
        "session": session,
        "gathering": session.gathering,
        "me": me,
        "is_host": is_host,
        "talk": list(reversed(newest[:PAGE])),
        "older": newest[PAGE - 1].pk if len(newest) > PAGE else None,
        "is_older_page": before is not None,
        "here": here,
        "here_rows": None,
        "talk_rows": None,
        "hands": hands,
        "my_hand": mine is not None and mine.hand_up_at is not None,
        "am_muted": mine is not None and mine.is_muted,
    }


def _here_in(session: Session, unwanted: Collection[int] = ()) -> list[Presence]:
    """Return who was seen in the room lately, by name."""
    return list(
        Presence.objects.filter(session=session, seen_at__gt=now() - actions.HERE_FOR)
        .exclude(person__in=unwanted)
        .select_related("person")
        .order_by("person__known_as", "person_id")
    )


def _hands_of(here: list[Presence]) -> list[Presence]:
    """Return the queue of hands, first come first."""
    return sorted(
        (row for row in here if row.hand_up_at is not None),
        key=lambda row: (row.hand_up_at, row.person_id),
    )


@dataclass
class Crowd:
    """What a room looks like to everybody who neither hosts it nor blocks anybody."""

    talk: list[RoomMessage]
    here: list[Presence]
    rows: list[SafeString]  # of `here`, as others see them
    words: list[SafeString]  # of `talk`, as others see them


_crowds: OrderedDict[tuple[Any, ...], Crowd] = OrderedDict()


def _crowd(session: Session, version: int) -> Crowd:
    """Return the room as most see it, read once by each process for all who ask.

    Three hundred people hear of each message within seconds, and each would have the same sixty
    messages and three hundred neighbours drawn. `version` must have been read before this.
    """
    age = int(now().timestamp()) // 10
    key = (session.pk, session.starts_at, version, age, get_language())
    if key in _crowds:
        return _crowds[key]
    said = RoomMessage.objects.filter(session=session, is_taken_down=False, is_hidden=False)
    talk = list(said.select_related("person").order_by("-id")[:PAGE])[::-1]
    here = _here_in(session)
    facts = {"session": session, "me": None, "is_host": False}
    crowd = Crowd(
        talk=talk,
        here=here,
        rows=[
            part(
                "gatherings/during/_here_row.html",
                (one.handle, one.known_as, one.initials, getattr(one, "spot", "")),
                {**facts, "row": row},
            )
            for row in here
            for one in (row.person,)
        ],
        words=[
            part(
                "gatherings/during/_say.html",
                (one.pk, one.person.known_as, one.text, one.said_at),
                {**facts, "message": one},
            )
            for one in talk
        ],
    )
    _crowds[key] = crowd
    while len(_crowds) > CROWDS:
        _crowds.popitem(last=False)
    return crowd


def _seen_by(session: Session, me: Person, crowd: Crowd) -> dict[str, Any]:
    """Return what the poll's template needs: the crowd's, with the viewer's own rows as theirs."""
    facts = {"session": session, "me": me, "is_host": False}
    rows, words = list(crowd.rows), list(crowd.words)
    for at, row in enumerate(crowd.here):
        if row.person_id == me.pk:
            rows[at] = render_to_string("gatherings/during/_here_row.html", {**facts, "row": row})
    for at, one in enumerate(crowd.talk):
        if one.person_id == me.pk:
            words[at] = render_to_string("gatherings/during/_say.html", {**facts, "message": one})
    hands = _hands_of(crowd.here)
    return {
        **facts,
        "gathering": session.gathering,
        "talk": crowd.talk[:1],
        "here": crowd.here,
        "here_rows": mark_safe("".join(rows)),  # drawn by our templates
        "talk_rows": mark_safe("".join(words)),
        "hands": hands,
        "my_hand": any(row.person_id == me.pk for row in hands),
    }


def _etag(version: int, me: Person) -> str:
    """Changes with everything that would look different to this person."""
    parts = (
        version,
        me.pk,
        sorted(blocked_ids(me)),
        # Not the same second for everybody.
        (int(now().timestamp()) + me.pk * 7) // FRESH_AFTER,
        get_language(),
    )
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=9).hexdigest()}"'


@require_safe
def room_now(request: HttpRequest, pk: int) -> HttpResponse:
    """What a poll asks: 304 when nothing changed, for two queries beyond the sign-in.

    Presence is written at most every 20 seconds, however often this is asked.
    """
    me = me_of(request)
    facts = (
        Session.objects.filter(pk=pk, is_called_off=False)
        .filter(gathering__state__in=rules.IS_ON)
        .exclude(gathering__host__in=blocked_ids(me))
        .annotate(
            mine=Exists(
                Place.objects.filter(session=OuterRef("pk"), person=me, state=Place.State.GOING)
            )
        )
        .only("room_version", "starts_at", "ends_at")
        .first()
    )
    if facts is None or not (
        facts.starts_at - rules.ROOM_OPENS <= now() < facts.ends_at + rules.ROOM_CLOSES
    ):
        session_or_404(request, pk)  # one that is hidden answers like one that never was
        return HttpResponse(status=410)  # the page then offers to reload, which says why
    session = None
    if not facts.mine:
        # A host or one of the team: asked the long way.
        session, me = _enter(request, pk)
    is_due = cache.add(f"room-seen:{pk}:{me.pk}", 1, int(actions.TOUCH_EVERY.total_seconds()))
    if is_due and actions.be_here(facts, by=me, at=now()):
        facts.refresh_from_db(fields=["room_version"])
    etag = _etag(facts.room_version, me)
    asked = request.headers.get("If-None-Match", "").removeprefix("W/")
    if asked == etag:
        answer = HttpResponse(status=304)
    else:
        session = session or session_or_404(request, pk)
        if blocked_ids(me) or rules.can_run(me, session.gathering):
            context = _now_in(session, me)
        else:
            context = _seen_by(session, me, _crowd(session, facts.room_version))
        answer = render(request, "gatherings/during/_room_now.html", context)
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _open_room(request: HttpRequest, pk: int) -> tuple[Session, Person]:
    session, me = _enter(request, pk)
    if not rules.room_is_open(session):
        raise PermissionDenied
    return session, me


def _back(request: HttpRequest, session: Session) -> HttpResponse:
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"said": ""})
    return redirect("gatherings:room", session.pk)


@require_POST
def say(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something. Sent again with the same key it counts once."""
    session, me = _open_room(request, pk)
    form = SayForm(request.POST)
    asked = ask(request, form.cleaned_data["text"]) if form.is_valid() else NOTHING_NOTICED
    if asked.page is not None:
        if request.headers.get("Accept") != "application/json":
            return asked.page
        answer = JsonResponse({"said": asked.said}, status=422)
        answer.cookies.update(asked.page.cookies)
        return answer
    if asked.wants_change:
        return _page(request, session, me, form)
    if form.is_valid():
        try:
            actions.say(
                session,
                by=me,
                at=now(),
                text=form.cleaned_data["text"],
                key=form.cleaned_data["client_key"],
            )
            return _back(request, session)
        except actions.Muted:
            form.add_error("text", _("The host has asked you to listen for now."))
        except actions.TooFast:
            form.add_error("text", _("That was a lot at once. Wait a minute, then send it."))
        except RoomMessage.DoesNotExist:
            form.add_error(None, _("This page is out of date. Load it again, then send it."))
    if request.headers.get("Accept") == "application/json":
        words = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return JsonResponse({"said": words}, status=422)
    return _page(request, session, me, form, status=422)


@require_POST
def hand(request: HttpRequest, pk: int) -> HttpResponse:
    """Raise or lower my hand."""
    session, me = _open_room(request, pk)
    actions.raise_hand(session, by=me, at=now(), up=request.POST.get("up") == "yes")
    return _back(request, session)


def _host_only(request: HttpRequest, pk: int) -> tuple[Session, Person]:
    session, me = _open_room(request, pk)
    if not rules.can_run(me, session.gathering):
        raise PermissionDenied
    return session, me


@require_POST
def lower(request: HttpRequest, pk: int) -> HttpResponse:
    """A host has heard one person, or clears all hands."""
    session, me = _host_only(request, pk)
    handle = request.POST.get("person")
    of = None
    if handle:
        of = get_object_or_404(Person, handle=handle, presences__session=session)
    actions.lower_hands(session, by=me, at=now(), of=of)
    return _back(request, session)


@require_POST
def hide(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """Take a message out of sight, or put it back."""
    session, me = _host_only(request, pk)
    row = get_object_or_404(
        RoomMessage.objects.select_related("session"), pk=message, session=session
    )
    hidden = request.POST.get("hidden") != "no"
    actions.hide_message(row, by=me, at=now(), hidden=hidden)
    if request.headers.get("Accept") != "application/json":
        messages.success(
            request, _("Hidden. Only hosts see it now.") if hidden else _("It shows again.")
        )
    return _back(request, session)


@require_POST
def mute(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask somebody to listen only, or let them speak again."""
    session, me = _host_only(request, pk)
    person = get_object_or_404(
        Person.objects.exclude(pk=me.pk),
        handle=request.POST.get("person", ""),
        presences__session=session,
    )
    muted = request.POST.get("muted") == "yes"
    actions.mute(session, person, by=me, at=now(), muted=muted)
    if request.headers.get("Accept") != "application/json":
        messages.success(
            request,
            (_("%(name)s can listen, but not write.") if muted else _("%(name)s can write again."))
            % {"name": person.known_as},
        )
    return _back(request, session)
