"""What becomes of a volunteer's record when two records are joined.

Where only one of the two helped, the helping record follows the person. Where both did, the two
become one: tasks, hours, checks, references, training and thanks come together; what somebody
said of their time is added up, and of how far and how often the lesser counts. The stricter
standing wins: who rests or left under either is asked for nothing until they say so, and a check
that was seen and not fine under either counts (`lawful.papers_until`). Parting gives each back
theirs; what came since stays with the record that was kept.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F
from django.utils.translation import gettext as _

from doorstep.people.merging.actions import CannotJoin
from doorstep.people.merging.movers import moves, nouns, stays
from doorstep.people.models import Merge, Person
from doorstep.support.models import (
    Assignment,
    Check,
    Offer,
    PlanLine,
    Reference,
    Round,
    RoundPlan,
    Standby,
    Stop,
    ThankYou,
    Training,
    Volunteer,
)

_WHO = "Who did it stays as it was written down."
_HERE, _RESTING, _LEFT = Volunteer.State.HERE, Volunteer.State.RESTING, Volunteer.State.LEFT
# Rows that name a volunteer, by the name they have in the journal.
_ROWS: dict[str, type[models.Model]] = {
    "check": Check,
    "reference": Reference,
    "training": Training,
    "thanks": ThankYou,
    "offer": Offer,
    "assignment": Assignment,
    "line": PlanLine,
    "round": Round,
}
# What is compared and put back as plain values; words are not in the journal.
_FIELDS = (
    "state", "rests_until", "left_at", "skills", "kinds", "availability", "radius_metres",
    "weekly_cap", "signed_up_at", "greeted_at", "last_task_at",
)  # fmt: skip


def _value(name: str, plain: Any) -> Any:
    field: Any = Volunteer._meta.get_field(name)
    return field.to_python(plain)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _together(mine: Volunteer, theirs: Volunteer) -> dict[str, Any]:
    """Return what the one volunteer is: never asked for more than under either record."""
    states = {mine.state, theirs.state}
    state = mine.state if len(states) == 1 else _RESTING
    rests = [row.rests_until for row in (mine, theirs) if row.state == _RESTING]
    until = None if not rests or None in rests or _LEFT in states else max(filter(None, rests))
    left = [row.left_at for row in (mine, theirs) if row.left_at]
    greeted = [row.greeted_at for row in (mine, theirs) if row.greeted_at]
    last = [row.last_task_at for row in (mine, theirs) if row.last_task_at]
    # Nothing ticked is any kind: then what the other record says is the narrower.
    either = mine.kinds and theirs.kinds
    return {
        "state": state,
        "rests_until": until if state == _RESTING else None,
        "left_at": max(left) if state == _LEFT else None,
        "skills": list(dict.fromkeys([*mine.skills, *theirs.skills])),
        "kinds": list(dict.fromkeys([*mine.kinds, *theirs.kinds]))
        if either
        else mine.kinds or theirs.kinds,
        "availability": mine.availability | theirs.availability,
        "radius_metres": min(mine.radius_metres, theirs.radius_metres),
        "weekly_cap": min(mine.weekly_cap, theirs.weekly_cap),
        "signed_up_at": min(mine.signed_up_at, theirs.signed_up_at),
        "greeted_at": min(greeted) if greeted else None,
        "last_task_at": max(last) if last else None,
    }


def _words(theirs: Volunteer) -> str:
    return "\n".join(filter(None, (theirs.more_skills, theirs.note)))


def _not_to_move(mine: Volunteer, theirs: Volunteer) -> dict[str, set[int]]:
    """Return which of their rows stay where they are: mine says the same already."""
    modules = mine.training.values_list("module", flat=True)  # type: ignore[attr-defined]
    asked = mine.checks.filter(state=Check.State.ASKED).values("kind")  # type: ignore[attr-defined]
    # One referee named under both records is one good word, not two.
    known = {_same(row) for row in mine.references.all()}  # type: ignore[attr-defined]
    plans = Round.objects.filter(volunteer=mine).values("plan")
    return {
        "training": set(theirs.training.filter(module__in=modules).values_list("pk", flat=True)),  # type: ignore[attr-defined]
        "check": set(
            theirs.checks.filter(state=Check.State.ASKED, kind__in=asked)  # type: ignore[attr-defined]
            .values_list("pk", flat=True)
        ),
        "reference": {
            row.pk
            for row in theirs.references.all()  # type: ignore[attr-defined]
            if known & {_same(row)}
        },
        "round": set(theirs.rounds.filter(plan__in=plans).values_list("pk", flat=True)),  # type: ignore[attr-defined]
    }  # fmt: skip


def _same(row: Reference) -> str:
    """Return what tells one referee from another: how they are reached, letters and digits."""
    return "".join(one for one in row.reach.casefold() if one.isalnum())


def _free_plans(mine: Volunteer, theirs: Volunteer) -> None:
    """Nobody walks two rounds at once. Raises CannotJoin where both were asked for one day."""
    plans = Round.objects.filter(volunteer=mine).values("plan")
    twins = Round.objects.filter(volunteer=theirs, plan__in=plans)
    if twins.filter(state__in=[Round.State.SENT, Round.State.TAKEN]).exists():
        raise CannotJoin(
            _("They have two rounds of one day, one under each record. Call one of them off first.")
        )
    for one in twins.filter(state=Round.State.PLANNED, plan__state__in=RoundPlan.LIVE):
        Stop.objects.filter(round=one).update(round=None, is_fixed=False, why_left="waits")
        RoundPlan.objects.filter(pk=one.plan_id).update(version=F("version") + 1)


class Volunteers:
    """Two helping records become one; the other one is kept, empty and at rest."""

    def join(self, kept: Person, gone: Person, *, by: Person, at: dt.datetime) -> Any:
        rows = {
            row.person_id: row
            for row in Volunteer.objects.select_for_update().filter(person__in=[kept, gone])
        }
        mine, theirs = rows.get(kept.pk), rows.get(gone.pk)
        if mine is None or theirs is None:
            return None  # there is one: it follows the person
        _free_plans(mine, theirs)
        stay = _not_to_move(mine, theirs)
        moved = {}
        for name, model in _ROWS.items():
            ids = [
                pk
                for pk in model._default_manager.filter(volunteer=theirs).values_list(
                    "pk", flat=True
                )
                if pk not in stay.get(name, ())
            ]
            model._default_manager.filter(pk__in=ids).update(volunteer=mine)
            moved[name] = ids
        notes = list(
            Standby.objects.filter(volunteer__in=[mine, theirs], ended_at=None).values_list(
                "pk", flat=True
            )
        )
        # What was said why there is no task is not true of the one volunteer: said afresh.
        Standby.objects.filter(pk__in=notes).update(ended_at=at)
        new = _together(mine, theirs)
        changed = {
            name: [_plain(getattr(mine, name)), _plain(value)]
            for name, value in new.items()
            if getattr(mine, name) != value
        }
        was = {name: _plain(getattr(theirs, name)) for name in ("state", "rests_until", "left_at")}
        added = _words(theirs)
        for name, value in new.items():
            setattr(mine, name, value)
        if added:
            mine.note = "\n".join(filter(None, (mine.note, added)))
        mine.save(update_fields=[*new, "note"])
        if theirs.state != _LEFT:
            Volunteer.objects.filter(pk=theirs.pk).update(state=_LEFT, left_at=at, rests_until=None)
        return {
            "mine": mine.pk, "theirs": theirs.pk, "moved": moved, "changed": changed, "was": was,
            "standbys": notes,
        }  # fmt: skip

    def part(self, merge: Merge, noted: Any, *, by: Person, at: dt.datetime) -> None:
        if noted is None:
            return
        rows = {
            row.pk: row
            for row in Volunteer.objects.select_for_update().filter(
                pk__in=[noted["mine"], noted["theirs"]]
            )
        }
        mine, theirs = rows.get(noted["mine"]), rows.get(noted["theirs"])
        if mine is None or theirs is None:
            return
        for name, ids in noted["moved"].items():
            _ROWS[name]._default_manager.filter(pk__in=ids, volunteer=mine).update(volunteer=theirs)
        for name, (was, became) in noted["changed"].items():
            # What somebody put right since stays as they said it.
            if _plain(getattr(mine, name)) == became:
                setattr(mine, name, _value(name, was))
        if (mine.state == _LEFT) != (mine.left_at is not None):
            mine.left_at = at if mine.state == _LEFT else None
        added = _words(theirs)
        if added and mine.note.endswith(added):
            mine.note = mine.note[: -len(added)].removesuffix("\n")
        mine.save(update_fields=[*_FIELDS, "note"])
        for name, was in noted["was"].items():
            setattr(theirs, name, _value(name, was))
        theirs.save(update_fields=list(noted["was"]))
        Standby.objects.filter(volunteer__in=[mine, theirs], ended_at=None).update(ended_at=at)


nouns.add("volunteers", Volunteers(), order=40)
moves("support.Volunteer", "person")
stays("support.Volunteer", "signed_up_by", because=_WHO)
stays("support.Check", "asked_by", "seen_by", because=_WHO)
stays("support.Reference", "taken_by", because=_WHO)
stays("support.Training", "recorded_by", because=_WHO)
stays("support.ThankYou", "by", because=_WHO)
stays("support.HelpReason", "said_by", because=_WHO)
stays("support.Offer", "by", because=_WHO)
stays("support.Assignment", "settled_by", because=_WHO)
stays("support.Step", "by", because=_WHO)
stays("support.Feedback", "recorded_by", because=_WHO)
stays("support.MoneyLine", "by", because=_WHO)
stays("support.Plan", "by", because=_WHO)
