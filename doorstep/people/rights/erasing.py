"""Forgetting a person: what goes, what stays and why, and the certificate of it.

Each holding says what happens to its rows (`base.declaring.Erase`); the highest floor goes first,
the person's own row last. It stays as an empty shell, so that what neighbours wrote to each other
does not fall apart.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction

from doorstep.base import keys
from doorstep.base.declaring import Erase, Holding, all_holdings
from doorstep.base.registry import Registry
from doorstep.people.models import Erasure, Person

# What else forgets somebody, after the rows are gone: `function(person id)`. Search indexes and
# other copies that no row stands for.
afterwards: Registry[Callable[[int], Any]] = Registry("what forgets a person besides their rows")

LEFT = "A neighbour who left"


class Wishes:
    """What the eraser of a holding is told: `takes_posts`, and the name to take out of words."""

    def __init__(self, person: Person, *, takes_posts: bool) -> None:
        self.takes_posts = takes_posts
        self.known_as = person.known_as


def preview(person: Person) -> list[dict[str, Any]]:
    """Return [{"label", "count", "what", "because", "is_kept"}] of all that is held now."""
    rows = []
    for one in all_holdings():
        if not one.subjects or one.withhold:
            continue
        count = one.rows(person).count()
        if count:
            rows.append(
                {
                    "label": one.label,
                    "name": one.name,
                    "count": count,
                    "what": one.erase,
                    "because": one.kept_because,
                    "is_kept": one.erase == Erase.KEEP,
                    "is_choice": one.name in ("feed.post", "feed.comment", "feed.photo"),
                }
            )
    return rows


def never_told() -> list[dict[str, Any]]:
    """Return [{"label", "because"}] of what stays and is never shown.

    The same for everybody, whether there is any or not: that there is some would tell.
    """
    return [
        {"label": one.label, "because": one.withhold}
        for one in all_holdings()
        if one.subjects and one.withhold and one.erase == Erase.KEEP
    ]


def erase(person: Person, *, takes_posts: bool) -> list[dict[str, Any]]:
    """Do it; return [{"name", "what", "count"}] for the certificate. Harmless twice."""
    wishes = Wishes(person, takes_posts=takes_posts)
    counts = []
    with _leaving_no_trace(), transaction.atomic():
        for one in _in_order():
            many = _erase_rows(one, person, wishes)
            # What may not be shown may not be counted for them either.
            if many and not one.withhold:
                counts.append({"name": one.name, "what": str(one.erase.value), "count": many})
        _empty_shell(person)
    for _name, forget in afterwards.items():
        forget(person.pk)
    return counts


def _in_order() -> list[Holding]:
    """Higher floors first: they point at lower ones. The person and their account come last."""
    last = {"people.person": 2, "people.account": 1}
    from django.apps import apps

    floor = {config.label: number for number, config in enumerate(apps.get_app_configs())}
    held = [one for one in all_holdings() if one.subjects]
    return sorted(
        held, key=lambda one: (last.get(one.name, 0), floor[one.model._meta.app_label], one.name)
    )


def _erase_rows(one: Holding, person: Person, wishes: Wishes) -> int:
    if one.erase_with is not None:
        return one.erase_with(person, wishes)
    rows = one.rows(person)
    if one.erase == Erase.DELETE:
        ids = list(rows.values_list("pk", flat=True))
        for start in range(0, len(ids), 500):
            _by_pk(one, ids[start : start + 500]).delete()
        return len(ids)
    if one.erase == Erase.EMPTY:
        ids = list(rows.values_list("pk", flat=True))
        _by_pk(one, ids).update(**one.empties)
        return len(ids)
    return rows.count()


def _by_pk(one: Holding, ids: list[Any]) -> models.QuerySet:
    return one.model._base_manager.filter(pk__in=ids)


def _empty_shell(person: Person) -> None:
    """What is left of a person: a row without a word, so that others' words have an author."""
    person.refresh_from_db()
    person.follows.clear()
    person.known_as, person.full_name = LEFT, ""
    person.phone = person.email = person.postcode = ""
    person.about = person.can_share = person.would_like = person.access_needs = ""
    person.languages, person.shown_to = [], {}
    person.born_on = person.home = person.away_since = person.looked_at = None
    person.restricted_at = None
    person.unseen_notices = 0
    person.state = Person.State.AWAY
    # The old one stands in links that other people keep.
    person.handle = keys.handle()
    person.save()


@contextmanager
def _leaving_no_trace():  # type: ignore[no-untyped-def]
    """On SQLite, write zeros over what is deleted: its pages would keep the words for a while."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        before = cursor.fetchone()[0]
        cursor.execute("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA secure_delete={int(before)}")


def settle() -> None:
    """After erasures, fold what the database still has in its drawers: nightly.

    Full-text indexes keep a deleted word until their pieces are merged, SQLite's journal until it
    is emptied. PostgreSQL's vacuum does its part by itself.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type='table' AND sql LIKE '%USING fts5(%'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'INSERT INTO "{table}"("{table}") VALUES (\'optimize\')')  # noqa: S608
        if not connection.in_atomic_block:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def certificate(erasure: Erasure) -> list[dict[str, Any]]:
    """Return [{"label", "what", "count", "because"}] of a finished erasure, in words."""
    by_name = {one.name: one for one in all_holdings()}
    rows = []
    for row in erasure.counts:
        one = by_name.get(row["name"])
        rows.append(
            {
                "label": one.label if one else row["name"],
                "what": Erase(row["what"]).label,
                "is_kept": row["what"] == Erase.KEEP,
                "count": row["count"],
                "because": one.kept_because if one else "",
            }
        )
    return rows
