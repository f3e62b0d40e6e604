"""Find pairs among all records: each new or changed one is compared with those it may be."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef

from doorstep.base.time import now
from doorstep.people.merging.suggesting import (
    MOST_WITH_A_KEY,
    SUGGEST,
    Score,
    card_of,
    keys_of,
    score,
)
from doorstep.people.models import MatchKey, Pair, Person, ToMatch
from doorstep.people.models.person import PersonQuerySet

# Fields of Person by which a record meets others.
MEETS_BY = frozenset({"known_as", "full_name", "born_on", "phone", "email", "postcode"})
_AT_ONCE = 200
_MOST_IN_A_TICK = 4_000


def saved(instance: Person, created: bool, update_fields: Any = None, **_news: Any) -> None:
    """A record was written: it waits to be compared. One INSERT, none where nothing counts."""
    if update_fields is not None and MEETS_BY.isdisjoint(update_fields):
        return
    ToMatch.objects.bulk_create(
        [ToMatch(person=instance, since=now())],
        update_conflicts=True, unique_fields=["person"], update_fields=["since"],
    )  # fmt: skip


def tick() -> int:
    """Compare what waits; return how many records that were."""
    _gather()
    done = 0
    while done < _MOST_IN_A_TICK:
        heap = list(
            ToMatch.objects.order_by("since", "pk").values_list("person_id", flat=True)[:_AT_ONCE]
        )
        if not heap:
            break
        compare(heap, at=now())
        done += len(heap)
    return done


def _gather() -> None:
    """Queue records that came another way than `save` (an import, a demo) and have no keys yet."""
    without = (
        Person.objects.active()
        .filter(~Exists(MatchKey.objects.filter(person=OuterRef("pk"))))
        .filter(~Exists(ToMatch.objects.filter(person=OuterRef("pk"))))
        .order_by("pk")
        .values_list("pk", flat=True)[:_MOST_IN_A_TICK]
    )
    ToMatch.objects.bulk_create([ToMatch(person_id=pk) for pk in without], ignore_conflicts=True)


def compare(ids: Iterable[int], *, at: dt.datetime) -> int:
    """Make the keys of these records afresh and note whom they may be; return how many pairs.

    Everybody else's writing waits while a transaction is open, so the two here only write; what
    takes long, finding and comparing, lies between them. A record that changes meanwhile waits
    again; a worker that dies leaves its heap waiting.
    """
    ids, began = list(ids), now()
    people = list(_people().filter(pk__in=ids, state=Person.State.ACTIVE))
    cards = {person.pk: card_of(person) for person in people}
    keys = [
        MatchKey(person_id=pk, key=key[:120])
        for pk, card in cards.items()
        # A record that says nothing still counts as looked at.
        for key in sorted(keys_of(card)) or ["none"]
    ]
    with transaction.atomic():
        MatchKey.objects.filter(person__in=ids).delete()
        MatchKey.objects.bulk_create(keys, batch_size=400)
    met = _who_meets({pk: keys_of(card) for pk, card in cards.items()})
    others = {
        person.pk: person
        for person in _people().filter(
            pk__in={pk for found in met.values() for pk in found}, state=Person.State.ACTIVE
        )
    }
    pairs: dict[tuple[int, int], Score] = {}
    for pk, found in met.items():
        for other in found:
            pair = (min(pk, other), max(pk, other))
            if other in others and pair not in pairs:
                if other not in cards:
                    cards[other] = card_of(others[other])
                pairs[pair] = score(cards[pk], cards[other])
    return _note(ids, pairs, at=at, began=began)


@transaction.atomic
def _note(
    ids: list[int], pairs: dict[tuple[int, int], Score], *, at: dt.datetime, began: dt.datetime
) -> int:
    """Write down whom these records may be; what changed since it `began` waits for a turn."""
    # What no longer looks alike is no longer suggested; what a person said stays said.
    stale = Pair.objects.filter(state=Pair.State.OPEN)
    for row in list(stale.filter(one__in=ids)) + list(stale.filter(other__in=ids)):
        found_now = pairs.get((row.one_id, row.other_id))
        if found_now is None or found_now.points < SUGGEST:
            Pair.objects.filter(pk=row.pk, state=Pair.State.OPEN).delete()
    good = {pair: result for pair, result in pairs.items() if result.points >= SUGGEST}
    # Somebody may have been taken out meanwhile.
    there = set(
        Person.objects.filter(pk__in={pk for pair in good for pk in pair}).values_list(
            "pk", flat=True
        )
    )
    good = {pair: result for pair, result in good.items() if there.issuperset(pair)}
    Pair.objects.bulk_create(
        [
            Pair(
                one_id=one,
                other_id=other,
                points=result.points,
                reasons=list(result.names),
                found_at=at,
            )
            for (one, other), result in good.items()
        ],
        ignore_conflicts=True,
        batch_size=400,
    )
    for (one, other), result in good.items():
        Pair.objects.filter(one=one, other=other, state=Pair.State.OPEN).exclude(
            points=result.points, reasons=list(result.names)
        ).update(points=result.points, reasons=list(result.names))
    ToMatch.objects.filter(person__in=ids, since__lte=began).delete()
    return len(good)


def _people() -> PersonQuerySet:
    return Person.objects.select_related("home", "account")


def _who_meets(keys: dict[int, set[str]]) -> dict[int, set[int]]:
    """Return id -> ids of others that share a key with it; a key that many share meets nobody."""
    wanted = sorted({key[:120] for found in keys.values() for key in found})
    by_key: dict[str, set[int]] = defaultdict(set)
    for start in range(0, len(wanted), 400):
        some = wanted[start : start + 400]
        crowded = set(
            MatchKey.objects.filter(key__in=some)
            .values("key")
            .annotate(many=Count("pk"))
            .filter(many__gt=MOST_WITH_A_KEY)
            .values_list("key", flat=True)
        )
        few = [key for key in some if key not in crowded]
        for key, pk in MatchKey.objects.filter(key__in=few).values_list("key", "person_id"):
            by_key[key].add(pk)
    return {
        pk: {other for key in found for other in by_key.get(key[:120], ()) if other != pk}
        for pk, found in keys.items()
    }


def like(person: Person, people: PersonQuerySet, *, most: int = 3) -> list[tuple[Person, Score]]:
    """Return those among `people` whom this (perhaps unsaved) record may be, likeliest first."""
    card = card_of(person)
    met = _who_meets({person.pk or 0: keys_of(card)})[person.pk or 0] - {person.pk}
    found = [
        (other, score(card, card_of(other)))
        for other in people.select_related("home", "account")
        .filter(pk__in=list(met)[:200], state=Person.State.ACTIVE)
        .order_by("pk")
    ]
    good = [row for row in found if row[1].points >= SUGGEST]
    return sorted(good, key=lambda row: (-row[1].points, row[0].pk))[:most]
