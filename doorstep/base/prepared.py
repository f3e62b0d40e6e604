"""Queries worded once: Django's own query, compiled the first time and only run after that.

Compiling a query costs Django several times what running it costs the database. The few
queries that every busy page asks are therefore written with the ORM as usual, but kept
compiled per process:

    _team = Prepared(lambda slug: Team.objects.select_related("area").filter(slug=slug), slug=str)
    team = _team.first(slug="stitch-together")

Parameters are declared with their type: int, str, bool, datetime or `Ids` (a list of whole
numbers for `__in`; it may be empty). A query built on a model gives instances, `.values_list()`
gives tuples. What the builder reads besides its parameters is read once, so it must not
depend on the moment or the reader.

Leans on the query compiler of Django 5.2 LTS (`docs/decisions.md` says why);
`test_prepared.py` compares every answer with the ORM's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connections, models
from django.db.models.base import ModelState
from django.db.models.query import RelatedPopulator, get_related_populators
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init

ALIAS = "default"


class Ids:
    """Marks a parameter that is a list of whole numbers."""


def _maker(model: Any, names: list[str]) -> Callable[[Any], Any]:
    """Return what makes an instance of `model` from the values of `names`.

    Django sets one attribute after another, three times as long as putting them in their place.
    Where a model does more than that when it is made, it is made as Django does.
    """
    attributes = [model.__dict__.get(name) or getattr(model, name, None) for name in names]
    if (
        model.__init__ is not models.Model.__init__
        or model.__new__ is not object.__new__
        or model.__setattr__ is not object.__setattr__
        or model.from_db.__func__ is not models.Model.from_db.__func__  # type: ignore[attr-defined]
        or pre_init.has_listeners(model)
        or post_init.has_listeners(model)
        or not all(isinstance(one, DeferredAttribute) for one in attributes)
    ):
        return lambda values: model.from_db(ALIAS, names, values)
    new = object.__new__

    def make(values: Any) -> Any:
        thing = new(model)
        state = ModelState()
        state.adding, state.db = False, ALIAS
        kept = thing.__dict__
        kept["_state"] = state
        kept.update(zip(names, values, strict=True))
        return thing

    return make


class _Beside:
    """Django's populator of what `select_related` brings along, making instances as above."""

    def __init__(self, given: RelatedPopulator) -> None:
        self.make = _maker(given.model_cls, given.init_list)
        self.start, self.end, self.key = given.cols_start, given.cols_end, given.pk_idx
        self.local_setter, self.remote_setter = given.local_setter, given.remote_setter
        self.further = [_Beside(one) for one in given.related_populators]

    def populate(self, row: Any, thing: Any) -> None:
        """Set what `row` brings beside `thing` on it, or None."""
        values = row[self.start : self.end]
        other = None
        if values[self.key] is not None:
            other = self.make(values)
            for one in self.further:
                one.populate(row, other)
        self.local_setter(thing, other)
        if other is not None:
            self.remote_setter(other, thing)


class _Compiled:
    """One query as SQL, with what turns its rows into objects."""

    def __init__(self, queryset: models.QuerySet, slots: dict[Any, tuple[str, int]]) -> None:
        connection = connections[ALIAS]
        compiler = queryset.query.get_compiler(ALIAS)
        self.sql, params = compiler.as_sql()
        # Where each parameter's values go: (name, place in a list) or a constant.
        self.params: list[tuple[str | None, Any]] = []
        for param in params:
            slot = slots.get(param) if isinstance(param, int | str | dt.datetime) else None
            self.params.append(slot if slot is not None else (None, param))
        missing = set(slots.values()) - {row for row in self.params if row[0] is not None}
        if missing:
            raise TypeError(f"the query does not use {sorted({name for name, _i in missing})}")
        select = compiler.select
        self.converters = [
            (position, converter, expression)
            for position, (converters, expression) in compiler.get_converters(
                [column[0] for column in select]
            ).items()
            for converter in converters
        ]
        self.connection = connection
        # `.values_list()` asks for columns; without it each row is an instance.
        self.is_plain = queryset._fields is not None  # type: ignore[attr-defined]
        if self.is_plain:
            return
        self.klass_info = compiler.klass_info
        fields = self.klass_info["select_fields"]
        self.start, self.end = fields[0], fields[-1] + 1
        self.model = self.klass_info["model"]
        self.names = [column[0].target.attname for column in select[self.start : self.end]]
        self.make = _maker(self.model, self.names)
        found = get_related_populators(self.klass_info, select, ALIAS)  # type: ignore[call-arg]
        # One of a parent's table (none of ours) has its columns in another order.
        is_simple = all(map(_is_simple, found))
        self.populators = [_Beside(one) for one in found] if is_simple else found
        self.annotations = list(compiler.annotation_col_map.items())

    def run(self, given: dict[str, Any]) -> Iterator[Any]:
        """Yield an object, or a tuple of values, for each row."""
        params = [
            value if name is None else given[name] if value < 0 else given[name][value]
            for name, value in self.params
        ]
        connection = connections[ALIAS]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            rows = cursor.fetchall()
        if self.is_plain and not self.converters:
            yield from rows
            return
        for row in rows:
            if self.converters:
                row = list(row)
                for position, converter, expression in self.converters:
                    row[position] = converter(row[position], expression, connection)
            if self.is_plain:
                yield tuple(row)
                continue
            thing = self.make(row[self.start : self.end])
            for populator in self.populators:
                populator.populate(row, thing)
            for name, position in self.annotations:
                setattr(thing, name, row[position])
            yield thing


def _is_simple(populator: RelatedPopulator) -> bool:
    return populator.reorder_for_init is None and all(map(_is_simple, populator.related_populators))


class Prepared:
    """A query with named parameters, compiled at its first use; see the module's first lines."""

    def __init__(self, build: Callable[..., models.QuerySet], **parameters: type) -> None:
        self.build, self.parameters = build, parameters
        self._compiled: dict[tuple[Any, ...], _Compiled] = {}

    def __call__(self, **given: Any) -> list[Any]:
        """Return all rows."""
        return list(self._run(given))

    def first(self, **given: Any) -> Any | None:
        """Return the first row, or None."""
        return next(self._run(given), None)

    def _run(self, given: dict[str, Any]) -> Iterator[Any]:
        if given.keys() != self.parameters.keys():
            raise TypeError(f"this query takes {sorted(self.parameters)}")
        ready: dict[str, Any] = {}
        sizes = []
        for name, kind in self.parameters.items():
            value = given[name]
            if kind is Ids:
                value = list(value)
                size = 1 << max(0, (len(value) - 1).bit_length())
                ready[name] = value + [-1] * (size - len(value))
                sizes.append(size)
            else:
                ready[name] = _for_database(value)
        key = (connections[ALIAS].vendor, *sizes)
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = self._compile(iter(sizes))
        return compiled.run(ready)

    def _compile(self, sizes: Iterator[int]) -> _Compiled:
        slots: dict[Any, tuple[str, int]] = {}
        arguments: dict[str, Any] = {}
        for number, (name, kind) in enumerate(self.parameters.items(), 1):
            if kind is Ids:
                marks = [-77_000_000_000 - number * 100_000 - n for n in range(next(sizes))]
                arguments[name] = marks
                slots |= {mark: (name, index) for index, mark in enumerate(marks)}
                continue
            mark = _mark(kind, number)
            arguments[name] = mark
            slots[_for_database(mark)] = (name, -1)
        return _Compiled(self.build(**arguments), slots)


def _mark(kind: type, number: int) -> Any:
    """Return a value that stands for parameter `number` and occurs nowhere else."""
    if kind is int:
        return -66_000_000_000 - number
    if kind is str:
        return f"\N{REPLACEMENT CHARACTER}parameter-{number}"
    if kind is dt.datetime:
        return dt.datetime(1802, 2, number, 3, 4, 5, tzinfo=dt.UTC)
    raise TypeError(f"a prepared query takes no parameter of {kind}")


def _for_database(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return connections[ALIAS].ops.adapt_datetimefield_value(value)
    return value
