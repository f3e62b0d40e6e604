"""Write down every try, and never let a wrong number be the end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.notices.actions import send_to_all
from doorstep.people.models import Person, RoleHolding
from doorstep.places.models import Area
from doorstep.support.contacts import rules
from doorstep.support.models import ContactAttempt, Reach, Request, RequestStep, Task
from doorstep.support.requests import working

Outcome, State = ContactAttempt.Outcome, Reach.State
KIND_KNOCK = "support-knock"
_KNOCK = _("Somebody isn't answering. Please knock at their door.")


@transaction.atomic
def record(
    person: Person,
    *,
    by: Person,
    at: dt.datetime,
    outcome: str,
    channel: str = ContactAttempt.Channel.PHONE,
    direction: str = ContactAttempt.Direction.OUT,
    words: str = "",
    call_back_at: dt.datetime | None = None,
    request: Request | None = None,
    task: Task | None = None,
    client_key: str | None = None,
) -> ContactAttempt:
    """Write down one try to reach somebody; the missed-contact rule is asked at once.

    The same `client_key` again returns the row made before.
    """
    if client_key:
        made = ContactAttempt.objects.filter(client_key=client_key).first()
        if made is not None:
            return made
    attempt = ContactAttempt.objects.create(
        person=person,
        request=request,
        task=task,
        by=by,
        at=at,
        channel=channel,
        direction=direction,
        outcome=outcome,
        words=words,
        call_back_at=call_back_at if outcome == Outcome.CALL_BACK else None,
        client_key=client_key,
    )
    # Whoever was waited for has been rung.
    ContactAttempt.objects.filter(
        person=person, call_back_at__isnull=False, called_back_at=None
    ).exclude(pk=attempt.pk).update(called_back_at=at)
    _count(attempt, at)
    if request is not None:
        working.step(
            request,
            RequestStep.Kind.CONTACT,
            by=by,
            at=at,
            task=task,
            words=f"{attempt.get_channel_display()}: {attempt.get_outcome_display()}"
            + (f"\n{words}" if words else ""),
        )
        Request.objects.filter(pk=request.pk).update(changed_at=at, version=F("version") + 1)
    return attempt


def _count(attempt: ContactAttempt, at: dt.datetime) -> None:
    person = attempt.person
    if person is None:
        return
    locality = working.locality_of(person.home)
    if attempt.request is not None and attempt.request.locality is not None:
        locality = attempt.request.locality
    reach, _made = Reach.objects.get_or_create(
        person=person, defaults={"locality": locality, "since": at}
    )
    # Counted in the row itself: two tries at once are two.
    if attempt.direction == ContactAttempt.Direction.IN or attempt.outcome in (
        ContactAttempt.REACHED
    ):
        Reach.objects.filter(pk=reach.pk).update(
            missed=0,
            answered=F("answered") + 1,
            last_reached_at=at,
            last_tried_at=at,
            locality=locality,
            state=State.FINE,
            since=at,
            due_at=None,
        )
        return
    if attempt.outcome not in ContactAttempt.MISSED:
        Reach.objects.filter(pk=reach.pk).update(last_tried_at=at)
        return
    Reach.objects.filter(pk=reach.pk).update(
        missed=F("missed") + 1, last_tried_at=at, locality=locality,
        request=attempt.request or reach.request,
    )  # fmt: skip
    reach.refresh_from_db()
    was = reach.state
    # A helper before a shut door has missed somebody once; only the knock itself ends the tries.
    if attempt.channel == ContactAttempt.Channel.VISIT and was == State.CHECK:
        _set(reach, State.UNREACHABLE, at, at + rules.LOOK_AGAIN)
    elif was == State.UNREACHABLE:
        _set(reach, was, at, at + rules.LOOK_AGAIN)
    elif was == State.CHECK or rules.is_missed_enough(reach):
        is_pressing = attempt.request is not None and attempt.request.priority == 1
        wait = rules.KNOCK_TODAY if is_pressing else rules.KNOCK
        if was != State.CHECK:
            _set(reach, State.CHECK, at, at + wait)
            _tell_knock(reach, at=at)
    else:
        again = rules.AGAIN[min(reach.missed, len(rules.AGAIN)) - 1]
        _set(reach, State.TRYING, at, at + again)


def _set(reach: Reach, state: str, at: dt.datetime, due: dt.datetime) -> None:
    changes: dict[str, Any] = {"state": state, "due_at": due}
    if reach.state != state:
        changes["since"] = at
    Reach.objects.filter(pk=reach.pk).update(**changes)
    reach.refresh_from_db()


def _tell_knock(reach: Reach, *, at: dt.datetime) -> None:
    """Tell the hub nearest; where it has nobody, the borough's officers."""
    people = _who(reach.locality, RoleHolding.Role.ORGANISER, reach)
    if not people:
        people = _who(reach.locality, RoleHolding.Role.OFFICER, reach)
    send_to_all(
        KIND_KNOCK,
        people,
        key=f"knock:{reach.pk}:{reach.since:%Y%m%d%H%M}",
        title=_KNOCK,
        path=reverse("support:contacts"),
        at=at,
    )


def _who(locality: Area | None, role: RoleHolding.Role, reach: Reach) -> list[Person]:
    people = working.workers(role, within=locality)
    return [one for one in people if one.pk != reach.person_id]


@transaction.atomic
def settle(reach: Reach, *, by: Person, at: dt.datetime) -> None:
    """Take somebody off the worklist: they were found another way."""
    Reach.objects.filter(pk=reach.pk).update(state=State.FINE, since=at, due_at=None, missed=0)
