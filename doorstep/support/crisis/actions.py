"""Surge on, surge off, and drills with made-up calls."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.notices.actions import send_to_all
from doorstep.people.models import Person, RoleHolding
from doorstep.places.models import Postcode
from doorstep.support.crisis import rules
from doorstep.support.models import (
    Assignment,
    Outreach,
    Repeat,
    Request,
    RequestStep,
    Surge,
    Task,
    Volunteer,
)
from doorstep.support.requests import clocks, finding, working

KIND_SWITCH = "support-crisis"
KIND_THANKS = "support-thanks"
_ON = gettext_lazy("The crisis switch is on")
_OFF = gettext_lazy("The crisis switch is off")
_THANKS = gettext_lazy("Thank you for helping in the crisis")
_GO_ON = gettext_lazy("You can go on helping in ordinary weeks, if you like.")
_STOOD_BY = gettext_lazy("Thank you for standing by in the crisis")
_STAY_ON = gettext_lazy(
    "No task came your way this time. You stay on the list for ordinary weeks, if you like."
)
MOST_CALLS = 200


class NotYours(Exception):
    """Only the borough's lead flips the switch."""


class Already(Exception):
    """It is on already."""


def switch_on(
    *, by: Person, at: dt.datetime, name: str, banner: str, script: str = "", why: str = "",
    hub_holds: int = 400, is_drill: bool = False,
) -> Surge:  # fmt: skip
    """Begin a crisis or a drill; everybody at a desk hears of it. Raises Already, NotYours."""
    if not rules.can_flip(by):
        raise NotYours
    try:
        with transaction.atomic():
            surge = Surge.objects.create(
                name=name,
                banner=banner,
                script=script,
                why=why,
                hub_holds=hub_holds,
                is_drill=is_drill,
                started_at=at,
                started_by=by,
            )
    except IntegrityError as problem:
        raise Already from problem
    _tell_desks(surge, _ON, "on", by=by, at=at)
    return surge


def _tell_desks(surge: Surge, title: Any, key: str, *, by: Person, at: dt.datetime) -> None:
    held = RoleHolding.objects.held().filter(
        role__in=[RoleHolding.Role.OFFICER, RoleHolding.Role.ORGANISER]
    )
    people = Person.objects.active().filter(pk__in=held.values("person")).exclude(pk=by.pk)
    send_to_all(
        KIND_SWITCH,
        list(people.order_by("pk")),
        key=f"surge:{surge.pk}:{key}",
        title=title,
        body=surge.name,
        path=reverse("support:desk"),
        at=at,
    )


# --- Standing down ---------------------------------------------------------------------------


def before_standing_down(surge: Surge) -> dict[str, int]:
    """Return what standing down would do: {"closes": …, "goes_on": …, "thanks": …}."""
    open_ones = _open_of(surge)
    found = open_ones.aggregate(
        all=Count("pk"), closes=Count("pk", filter=Q(pk__in=_all_done(open_ones).values("pk")))
    )
    return {
        "closes": found["closes"],
        "goes_on": found["all"] - found["closes"],
        "thanks": Person.objects.active()
        .filter(Q(pk__in=_took(surge)) | Q(pk__in=_came(surge)))
        .count(),
    }


def _open_of(surge: Surge) -> Any:
    return Request.objects.filter(
        closed_at=None, created_at__gte=surge.started_at, is_drill=surge.is_drill
    )


def _all_done(requests: Any) -> Any:
    """Those for which something was done, and nothing is left to do."""
    return (
        requests.filter(pk__in=Task.objects.filter(state=Task.State.DONE).values("request"))
        .exclude(pk__in=Task.objects.unfinished().values("request"))
        .exclude(pk__in=Repeat.objects.filter(next_on__isnull=False).values("request"))
    )


def helpers(surge: Surge) -> list[Person]:
    """Return everybody who took on a task since the crisis began."""
    return list(Person.objects.active().filter(pk__in=_took(surge)).order_by("pk"))


def stood_by(surge: Surge) -> list[Person]:
    """Return who signed up since the crisis began, and had no task in it."""
    return list(
        Person.objects.active()
        .filter(pk__in=_came(surge))
        .exclude(pk__in=_took(surge))
        .order_by("pk")
    )


def _came(surge: Surge) -> Any:
    came = Volunteer.objects.helping().filter(signed_up_at__gte=surge.started_at)
    return came.values("person")


def _took(surge: Surge) -> Any:
    return Assignment.objects.filter(accepted_at__gte=surge.started_at).values("volunteer__person")


@transaction.atomic
def stand_down(surge: Surge, *, by: Person, at: dt.datetime, thanks: str = "") -> Surge:
    """End a crisis: close what is done, let the rest go on as ordinary work, thank everybody.

    A drill leaves nothing behind. Raises NotYours.
    """
    if not rules.can_flip(by):
        raise NotYours
    # A conditional update: of two who press, one does it.
    if not Surge.objects.filter(pk=surge.pk, ended_at=None).update(
        ended_at=at, ended_by=by, thanks=thanks[:1000]
    ):
        surge.refresh_from_db()
        return surge
    if surge.is_drill:
        Surge.objects.filter(pk=surge.pk).update(closed=_wipe_drill())
        surge.refresh_from_db()
        return surge
    done = list(_all_done(_open_of(surge)))
    for request in done:
        working.close(request, by=by, at=at, outcome=Request.Outcome.HELPED)
    rest = _open_of(surge)
    many = 0
    for priority in Request.Priority.values:
        for state in Request.OPEN:
            # Their clocks begin afresh, in ordinary time.
            many += rest.filter(priority=priority, state=state).update(
                due_at=clocks.due(state, priority, at), since=at, changed_at=at
            )
    Outreach.objects.filter(state=Outreach.State.READY, made_at__gte=surge.started_at).update(
        state=Outreach.State.CLOSED, closed_at=at
    )
    helped, waited = helpers(surge), stood_by(surge)
    for people, title, body in ((helped, _THANKS, thanks or _GO_ON), (waited, _STOOD_BY, _STAY_ON)):
        send_to_all(
            KIND_THANKS,
            people,
            key=f"surge:{surge.pk}:thanks",
            title=title,
            body=body,
            path=reverse("support:volunteering"),
            at=at,
        )
    Surge.objects.filter(pk=surge.pk).update(
        told=len(helped) + len(waited), closed=len(done), converted=many
    )
    _tell_desks(surge, _OFF, "off", by=by, at=at)
    surge.refresh_from_db()
    return surge


# --- Drills ----------------------------------------------------------------------------------

_CALLS = (
    ("I've run out of milk and bread and I can't get to the shop.", 2, "shopping"),
    ("My tablets are at the chemist and I'm not to go out.", 1, "prescription"),
    ("There's nothing in the fridge for the children tonight.", 1, "parcel"),
    ("I haven't spoken to anybody since Sunday.", 3, "call"),
    ("I need to get to the hospital on Thursday.", 2, "transport"),
    ("The form has to go off this week and I can't read it.", 3, "forms"),
    ("The dog needs walking while my leg mends.", 4, "dog"),
    ("The tap in the kitchen won't stop.", 3, "repairs"),
)
_NAMES = ("Ada", "Bola", "Chen", "Dana", "Emeka", "Farah", "Gita", "Hugh", "Ines", "Jo")


@transaction.atomic
def made_up_calls(surge: Surge, *, by: Person, at: dt.datetime, many: int, seed: int = 0) -> int:
    """Make synthetic calls for a drill; each says that it is one. Return how many."""
    if not surge.is_drill or surge.ended_at is not None or not rules.can_flip(by):
        raise NotYours
    many = min(many, MOST_CALLS)
    dice = random.Random(seed or surge.pk * 1000 + Request.objects.filter(is_drill=True).count())  # noqa: S311
    codes = list(Postcode.objects.order_by("pk").values_list("pk", flat=True)[:4000:7])
    for number in range(many):
        words, priority, kind = dice.choice(_CALLS)
        working.ask(
            words=words,
            at=at,
            client_key=f"drill-{surge.pk}-{at:%H%M%S%f}-{number}",
            taken_by=by,
            called=_("Drill: %(name)s") % {"name": dice.choice(_NAMES)},
            postcode=dice.choice(codes) if codes else "",
            kinds=[kind],
            priority=priority,
            came_by=Request.CameBy.PHONE,
            is_drill=True,
        )
    return many


def _wipe_drill() -> int:
    """Take every trace of a drill's made-up people away; return how many calls there were."""
    drill = Request.objects.filter(is_drill=True)
    people = list(drill.values_list("person", flat=True))
    many = drill.count()
    Task.objects.filter(request__in=drill).delete()
    RequestStep.objects.filter(request__in=drill)._raw_delete(drill.db)
    drill.delete()
    Person.objects.filter(pk__in=people, account=None, requests=None).delete()
    return many


def remember(request: Request) -> None:
    finding.remember(request)
