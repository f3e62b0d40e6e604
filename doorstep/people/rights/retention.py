"""Keeping nothing longer than declared: what would go tonight, and taking it away.

Each holding's `kept` is one or two rules (`base.declaring.Kept`). Rows go a few hundred at a time,
each batch in its own transaction, so that a stop half-way loses nothing and a second run goes on.
Rows about somebody who is held are left alone, and so are rows that something kept longer needs.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from typing import Any

from django.db import models, transaction
from django.db.models import Q

from doorstep.base.declaring import Holding, Kept, all_holdings
from doorstep.base.time import local, now
from doorstep.people.models import RetentionRun
from doorstep.people.rights import erasing, rules

log = logging.getLogger("doorstep.retention")

AT_ONCE = 500
# The small hours in London, when nobody is waiting.
HOURS = range(2, 6)


def _rules() -> Iterator[tuple[Holding, Kept]]:
    for one in all_holdings():
        kept: Kept | None = one.kept
        while kept is not None:
            if kept.days is not None:
                yield one, kept
            kept = kept.also


def ripe(one: Holding, kept: Kept, *, at: dt.datetime) -> models.QuerySet:
    """Return the rows that have been kept long enough, held or not."""
    moment: Any = at - dt.timedelta(days=kept.days or 0)
    field: Any = one.model
    *way, last = kept.after.split("__")
    for step in way:
        field = field._meta.get_field(step).related_model
    if not isinstance(field._meta.get_field(last), models.DateTimeField):
        moment = local(moment).date()
    rows = one.model._base_manager.filter(**{f"{kept.after}__lt": moment})
    return rows.filter(kept.where()) if kept.where else rows


def _held(one: Holding, held: set[int]) -> Q:
    """Rows about somebody who is held; whatever the holding calls them."""
    about = Q(pk__in=[])
    for path in _every_subject(one):
        about |= Q(**{f"{path}__in": held})
    return about


def _every_subject(one: Holding) -> set[str]:
    from doorstep.base.declaring import holdings_of

    return {path for sister in holdings_of(one.model) for path in sister.subjects}


def preview(*, at: dt.datetime) -> list[dict[str, Any]]:
    """Return [{"name", "label", "kept", "what", "count", "held"}] of what would go now."""
    held = rules.held_ids()
    rows = []
    for one, kept in _rules():
        due = ripe(one, kept, at=at)
        count = due.values("pk").distinct().count()
        stay = due.filter(_held(one, held)).values("pk").distinct().count() if held else 0
        rows.append(
            {
                "name": one.name,
                "label": one.label,
                "kept": kept.in_words(),
                "what": "emptied" if kept.empties else "deleted",
                "count": count - stay,
                "held": stay,
            }
        )
    return rows


def run(*, at: dt.datetime) -> RetentionRun:
    """Take away what has been kept long enough; the night's row counts it. Harmless twice."""
    report, _made = RetentionRun.objects.get_or_create(
        day=local(at).date(), defaults={"begun_at": at}
    )
    counts = {(row["name"], row["what"]): dict(row) for row in report.counts}
    took_any = False
    for one, kept in _rules():
        held = rules.held_ids()
        what = "emptied" if kept.empties else "deleted"
        row = counts.setdefault(
            (one.name, what), {"name": one.name, "what": what, "count": 0, "held": 0}
        )
        taken = 0
        for many in _batches(one, kept, held, at=at):
            taken += many
            row["count"] += many
            report.counts = list(counts.values())
            report.save(update_fields=["counts"])
        took_any = took_any or bool(taken)
        if held:
            row["held"] = ripe(one, kept, at=at).filter(_held(one, held)).count()
    report.counts = [row for row in counts.values() if row["count"] or row["held"]]
    report.done_at = now()
    report.save(update_fields=["counts", "done_at"])
    if took_any:
        erasing.settle()
    return report


def _batches(one: Holding, kept: Kept, held: set[int], *, at: dt.datetime) -> Iterator[int]:
    last: Any = None
    while True:
        with transaction.atomic():
            due = ripe(one, kept, at=at)
            if last is not None:
                due = due.filter(pk__gt=last)
            if held:
                stay = one.model._base_manager.filter(_held(one, held)).values("pk")
                due = due.exclude(pk__in=stay)
            ids = list(due.order_by("pk").values_list("pk", flat=True).distinct()[:AT_ONCE])
            if kept.empties:
                one.model._base_manager.filter(pk__in=ids).update(**kept.empties)
                gone = len(ids)
            else:
                gone = _delete(one.model, ids)
        if gone < len(ids):
            log.warning("%s: %d rows stay with what is kept longer", one.name, len(ids) - gone)
        if gone:
            yield gone
        if len(ids) < AT_ONCE:
            return
        last = ids[-1]


def _delete(model: type[models.Model], ids: list[Any]) -> int:
    """Delete rows but those that others, kept longer, must not lose; return how many went."""
    while ids:
        try:
            with transaction.atomic():
                model._base_manager.filter(pk__in=ids).delete()
            return len(ids)
        except models.ProtectedError as problem:
            needed = {
                getattr(row, field.attname)
                for row in problem.protected_objects
                for field in row._meta.concrete_fields
                if field.related_model is model
            }
        if not needed & set(ids):  # what is needed is a part of theirs: one after another
            if len(ids) == 1:
                return 0
            half = len(ids) // 2
            return _delete(model, ids[:half]) + _delete(model, ids[half:])
        ids = [pk for pk in ids if pk not in needed]
    return 0


def tick() -> None:
    """The worker's turn: once a night, in the small hours."""
    at = now()
    if local(at).hour not in HOURS:
        return
    if RetentionRun.objects.filter(day=local(at).date(), done_at__isnull=False).exists():
        return
    run(at=at)


def nights(most: int = 14) -> list[dict[str, Any]]:
    """Return the last nights' reports in words: [{"run", "total", "held", "rows"}]."""
    by_name = {one.name: one for one in all_holdings()}
    found = []
    for report in RetentionRun.objects.all()[:most]:
        rows = [
            {**row, "label": by_name[row["name"]].label if row["name"] in by_name else row["name"]}
            for row in report.counts
        ]
        found.append(
            {
                "run": report,
                "total": sum(row["count"] for row in rows),
                "held": sum(row["held"] for row in rows),
                "rows": [row for row in rows if row["count"]],
            }
        )
    return found
