"""Asking, paired: at the start and after 3, 6 and 12 months; what is missing is shown missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.time import local, now
from doorstep.connect import rules
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.instruments import instruments
from doorstep.connect.models import Asking, FollowUp, Relationship, months_on
from doorstep.notices.actions import send
from doorstep.people.models import Person


def plan(relationship: Relationship) -> None:
    """Write down what is to be asked when. Safe to repeat."""
    day = local(relationship.started_at).date()
    Asking.objects.bulk_create(
        [
            Asking(
                relationship=relationship,
                instrument=name,
                point=point,
                due_on=months_on(day, point) if point else day + dt.timedelta(days=14),
            )
            for name, _instrument in instruments.items()
            for point in Asking.Point.values
        ],
        ignore_conflicts=True,
    )


def answer(
    asking: Asking,
    *,
    by: Person,
    at: dt.datetime,
    how: str,
    answers: Mapping[str, int],
) -> None:
    """Write down what was answered. Raises NotNow for a number that is no answer."""
    instrument = instruments.get(asking.instrument)
    if instrument is None:
        raise NotNow(_("We don't ask this any more."))
    _may(asking, by)
    items = {item.key: item for item in instrument.items}
    given = {key: int(value) for key, value in answers.items() if value is not None}
    if not given:
        raise NotNow(_("Answer at least one, or say why there is no answer."))
    if any(key not in items or v not in instrument.allowed(items[key]) for key, v in given.items()):
        raise NotNow(_("Choose one of the answers."))
    Asking.objects.filter(pk=asking.pk).update(
        answers=given, how=how, asked_at=at, missing="", by=by
    )


def leave_out(asking: Asking, *, by: Person, at: dt.datetime, why: str) -> None:
    """Say why there is no answer: it counts as missing, never as zero."""
    _may(asking, by)
    if why not in Asking.Missing.values:
        raise NotNow(_("Say why there is no answer."))
    Asking.objects.filter(pk=asking.pk, asked_at=None).update(missing=why, by=by)


def _may(asking: Asking, by: Person) -> None:
    relationship = asking.relationship
    if by.pk != relationship.person_id and not rules.can_work(by, relationship):
        raise NotNow(_("Only the person, and whoever walks alongside, answer this."))
    if relationship.has_died:
        raise NotNow(_("They died. Nobody asks any more."))


def remind(at: dt.datetime | None = None) -> int:
    """Tell catalysts what is to be asked this week, once each. Safe to repeat."""
    at = at or now()
    day = local(at).date()
    told = 0
    due = (
        Asking.objects.filter(due_on__lte=day, asked_at=None, missing="", reminded_at=None)
        .filter(relationship__state__in=("open", "ending"))
        .select_related("relationship")
    )
    after = (
        FollowUp.objects.filter(due_on__lte=day, answer="", reminded_at=None)
        .exclude(relationship__ended_for="died")
        .select_related("relationship")
    )
    for rows, what in ((due[:500], "ask"), (after[:500], "after")):
        by_relationship: dict[int, list] = {}
        for row in rows:
            by_relationship.setdefault(row.relationship_id, []).append(row)
        for found in by_relationship.values():
            relationship: Relationship = found[0].relationship
            for walk in relationship.walks.filter(until=None).select_related("person"):  # type: ignore[attr-defined]
                if not rules.can_work(walk.person, relationship):
                    continue
                send(
                    "connect",
                    walk.person,
                    key=f"relationship:{relationship.pk}:{what}:{found[0].due_on}",
                    title=gettext_lazy("It's time to ask how things are"),
                    path=relationship.get_absolute_url(),
                    at=at,
                )
                told += 1
            type(found[0]).objects.filter(pk__in=[row.pk for row in found]).update(reminded_at=at)
    return told


def plots(askings: list[Asking]) -> list[dict]:
    """Return what the page draws for each instrument: points in order, missing ones as missing.

    Each is {"instrument", "items": [{"words", "better", "points": [{"point", "value" (None where
    missing), "said", "why", "x", "y"}], "line": SVG points}], "score": the same for the sum}.
    """
    by_instrument: dict[str, dict[int, Asking]] = {}
    for one in askings:
        by_instrument.setdefault(one.instrument, {})[one.point] = one
    made = []
    for name, instrument in instruments.items():
        rows = by_instrument.get(name)
        if rows is None:
            continue
        series = (
            [("", instrument.short, lambda a: instrument.score(a.answers))]  # noqa: B023
            if instrument.scoring == "sum"
            else [
                (item.key, item.words, lambda a, key=item.key: (a.answers or {}).get(key))
                for item in instrument.items
            ]
        )
        lines = []
        for key, words, value_of in series:
            points = []
            for at, (point, label) in enumerate(Asking.Point.choices):
                row = rows.get(point)
                value = value_of(row) if row is not None else None
                low, high = instrument.span
                y = 74 - 64 * (min(value, high) - low) / (high - low) if value is not None else None
                item = next((i for i in instrument.items if i.key == key), None)
                said = ""
                if value is not None:
                    said = str(dict(item.answers).get(value, value)) if item else str(value)
                points.append(
                    {
                        "label": label,
                        "value": value,
                        "said": said,
                        "why": row.get_missing_display() if row and row.missing else "",
                        "is_due": bool(row and not row.is_done),
                        "x": 24 + at * 90,
                        "y": round(y, 1) if y is not None else None,
                    }
                )
            lines.append(
                {
                    "words": words,
                    "better": instrument.better_for(key),
                    "points": points,
                    "line": " ".join(f"{p['x']},{p['y']}" for p in points if p["y"] is not None),
                    "span": instrument.span,
                }
            )
        made.append({"name": name, "instrument": instrument, "lines": lines})
    return made
