"""What becomes of every row that names a person, when two records are joined.

Each app says so beside its models, in its own `merging.py`, for every foreign key to Person:

    moves("feed.Post", "author")
    moves("feed.Thanks", "person", twin=LAY_ASIDE)
    stays("people.Reading", "reader", "subject", because="The read log is never changed.")

`moves` lets the row name the person who is kept. Where that can't be (both were in the same team,
say), `twin` tells what happens to the row that can't move: it stays with the record that is gone
(STAY), is laid aside in the journal and put back when they are parted (LAY_ASIDE), or
`twin(mine, theirs)` returns what to change in the kept person's row and in the other one. What is
always true of a row is the database's to say: nothing here knows its constraints.

A `Noun` does more than move rows. `problems()` names each foreign key that nobody spoke for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from django.apps import apps
from django.db import IntegrityError, models, transaction

from doorstep.base.registry import Registry
from doorstep.people.models import Merge, Person

STAY, LAY_ASIDE = "stay", "lay_aside"
# (changes of the kept person's row, changes of the row that can't move)
Twin = Callable[[Any, Any], tuple[dict[str, Any], dict[str, Any]]]
_AT_ONCE = 400


@dataclass(frozen=True)
class Mover:
    """How the rows of one foreign key to Person go over, and back.

    `same` names the fields by which the kept person's twin of a row is found. What is `quiet` is
    never counted or listed for whoever joins the records.
    """

    twin: str | Twin = STAY
    same: tuple[str, ...] = ()
    quiet: bool = False


@dataclass(frozen=True)
class Stays:
    """Rows of this foreign key go on naming whom they name."""

    because: str


class Noun(Protocol):
    """Something that is joined by its own rules."""

    def join(self, kept: Person, gone: Person, *, by: Person, at: dt.datetime) -> Any:
        """Join; return what `part` needs, as JSON without any words."""

    def part(self, merge: Merge, noted: Any, *, by: Person, at: dt.datetime) -> None:
        """Undo exactly that. What was said since stays said."""


movers: Registry[Mover | Stays] = Registry("what becomes of rows when two records are joined")
nouns: Registry[Noun] = Registry("what is joined by its own rules")


def moves(
    model: str,
    *fields: str,
    twin: str | Twin = STAY,
    same: tuple[str, ...] = (),
    quiet: bool = False,
) -> None:
    """Say that rows of `model` ("feed.Post") follow the person named by these fields."""
    for name in fields:
        movers.add(f"{model}.{name}", Mover(twin, same, quiet))


def stays(model: str, *fields: str, because: str) -> None:
    """Say that rows of `model` go on naming the record that is gone, and why that is right."""
    for name in fields:
        movers.add(f"{model}.{name}", Stays(because))


def links() -> dict[str, tuple[type[models.Model], models.Field]]:
    """Return "feed.Post.author" -> (model, field) of every foreign key to Person there is."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            if field.is_relation and field.related_model is Person:
                found[f"{model._meta.label}.{field.name}"] = (model, field)
    return found


def problems() -> list[str]:
    """Return a sentence for every foreign key to Person without a mover, and each without a key."""
    there, known = set(links()), {name for name, _item in movers.items()}
    return [
        f"{name} leads to a person. Say in its app's merging.py whether it moves or stays."
        for name in sorted(there - known)
    ] + [f"{name} is not a foreign key to a person." for name in sorted(known - there)]


# --- Moving -------------------------------------------------------------------------------------


def move_all(merge: Merge, kept: Person, gone: Person) -> None:
    """Move every row that can; write into the merge (unsaved) what was done."""
    there = links()
    for name, mover in movers.items():
        if isinstance(mover, Stays):
            continue
        model, field = there[name]
        rows = model._base_manager
        ids = list(
            rows.filter(**{field.attname: gone.pk}).order_by("pk").values_list("pk", flat=True)
        )
        if not ids:
            continue
        moved, stuck = _move(rows, field.attname, ids, kept.pk)
        if moved:
            merge.moved[name] = moved
        for pk in stuck:
            _settle_twin(merge, mover, model, field, pk, kept)


def mark(merge: Merge) -> None:
    """Note the newest row of each model: what has a higher number came after joining."""
    for name, mover in movers.items():
        model = links_of(name)
        if not isinstance(mover, Stays) and model._meta.label not in merge.marks:
            newest = model._base_manager.aggregate(newest=models.Max("pk"))["newest"]
            merge.marks[model._meta.label] = newest or 0


def links_of(name: str) -> type[models.Model]:
    """Return the model of "feed.Post.author"."""
    return apps.get_model(name.rpartition(".")[0])


def _move(rows: Any, attname: str, ids: list[Any], to: int) -> tuple[list[Any], list[Any]]:
    """Let these rows name `to`; return (ids that do, ids the database refused)."""
    moved: list[Any] = []
    stuck: list[Any] = []
    heaps = [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
    while heaps:
        heap = heaps.pop(0)
        try:
            with transaction.atomic():
                rows.filter(pk__in=heap).update(**{attname: to})
            moved += heap
        except IntegrityError:
            if len(heap) == 1:
                stuck += heap
            else:
                half = len(heap) // 2
                heaps[:0] = [heap[:half], heap[half:]]
    return moved, stuck


def _settle_twin(
    merge: Merge,
    mover: Mover,
    model: type[models.Model],
    field: models.Field,
    pk: Any,
    kept: Person,
) -> None:
    rows = model._base_manager
    if mover.twin == STAY:
        return
    row = rows.get(pk=pk)
    if mover.twin == LAY_ASIDE:
        values = {
            one.attname: one.value_to_string(row) if _is_special(one) else getattr(row, one.attname)
            for one in model._meta.concrete_fields
        }
        merge.laid_aside.append({"model": model._meta.label, "values": values})
        rows.filter(pk=pk).delete()
        return
    same = {name: getattr(row, name) for name in mover.same}
    mine = rows.filter(**{field.attname: kept.pk}, **same).first()
    if mine is None or isinstance(mover.twin, str):
        return
    ours, theirs = mover.twin(mine, row)
    for one, new in ((mine, ours), (row, theirs)):
        change(merge, one, new)


def change(merge: Merge, row: models.Model, new: dict[str, Any]) -> None:
    """Change a row by a conditional note in the journal, so that parting changes it back."""
    was = {name: getattr(row, name) for name in new}
    differing = {name: value for name, value in new.items() if was[name] != value}
    if not differing:
        return
    type(row)._base_manager.filter(pk=row.pk).update(**differing)
    merge.changed.append(
        {
            "model": row._meta.label,
            "pk": row.pk,
            "fields": {
                name: [_as_json(row, name, was[name]), _as_json(row, name, value)]
                for name, value in differing.items()
            },
        }
    )


def _is_special(field: models.Field) -> bool:
    return isinstance(field, models.DateField | models.TimeField | models.DecimalField)


def _as_json(row: models.Model, name: str, value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def _from_json(model: type[models.Model], name: str, value: Any) -> Any:
    field: Any = model._meta.get_field(name)
    return field.to_python(value) if _is_special(field) and value is not None else value


# --- And back -----------------------------------------------------------------------------------


def move_back(merge: Merge) -> None:
    """Put back everything `move_all` did, but what somebody changed or took away since."""
    there = links()
    for name, ids in merge.moved.items():
        if name not in there:
            continue
        model, field = there[name]
        still = list(
            model._base_manager.filter(pk__in=ids, **{field.attname: merge.kept_id}).values_list(
                "pk", flat=True
            )
        )
        _move(model._base_manager, field.attname, still, merge.gone_id)
    for entry in reversed(merge.changed):
        _change_back(entry)
    for entry in merge.laid_aside:
        model = apps.get_model(entry["model"])
        values = {
            field.attname: field.to_python(entry["values"].get(field.attname))
            if _is_special(field) and entry["values"].get(field.attname)
            else entry["values"].get(field.attname)
            for field in model._meta.concrete_fields
        }
        try:
            with transaction.atomic():
                if not model._base_manager.filter(pk=values[model._meta.pk.attname]).exists():
                    model(**values).save_base(raw=True, force_insert=True)
        except IntegrityError:
            pass  # what it belonged to is no longer there


def _change_back(entry: dict[str, Any]) -> None:
    model = apps.get_model(entry["model"])
    row = model._base_manager.filter(pk=entry["pk"]).first()
    if row is None:
        return
    back = {}
    for name, (was, became) in entry["fields"].items():
        if _as_json(row, name, getattr(row, name)) == became:
            back[name] = _from_json(model, name, was)
    if back:
        model._base_manager.filter(pk=row.pk).update(**back)


# --- What came since ----------------------------------------------------------------------------


def since(merge: Merge) -> list[tuple[str, models.Model]]:
    """Return ("feed.Post.author:12", row) of what names the kept person and came after joining."""
    there = links()
    found: list[tuple[str, models.Model]] = []
    for name, mover in movers.items():
        if isinstance(mover, Stays) or mover.quiet:
            continue
        model, field = there[name]
        if model._meta.auto_created or model._meta.label not in merge.marks:
            continue
        rows = model._base_manager.filter(
            **{field.attname: merge.kept_id}, pk__gt=merge.marks[model._meta.label]
        ).order_by("pk")[:50]
        found += [(f"{name}:{row.pk}", row) for row in rows]
    return found


def give(merge: Merge, chosen: set[str]) -> int:
    """Let what came since name the other person, where the officer says so; return how many."""
    there = links()
    count = 0
    for key, row in since(merge):
        if key in chosen:
            name = key.rpartition(":")[0]
            model, field = there[name]
            moved, _stuck = _move(model._base_manager, field.attname, [row.pk], merge.gone_id)
            count += len(moved)
    return count
