"""Weak signs: small things that routine contact shows, for a human to weigh up.

A missed call, an unusual silence, a failed visit, the same request again: none of them says
anything for sure. A higher floor that sees such things hangs up a source in
`AppConfig.ready()`; whoever shows them to a human (`watch`) reads all sources.

    from doorstep.people.signs import Sign, sign_sources

    def missed_contacts(*, areas, people, at):
        yield Sign(
            key=f"support:missed:{task.pk}", kind=MISSED, why=_("Three calls, nobody answered."),
            at=attempt.at, expires_at=attempt.at + dt.timedelta(days=21),
            person_id=person.pk, area_id=person.home_id, path=task.get_absolute_url(),
        )

    sign_sources.add("support: missed contacts", missed_contacts)

Nothing of it is ever written onto the person: a sign runs out by itself, and what a human made
of it is kept by whoever shows it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Registry


class SignKind(models.TextChoices):
    MISSED = "missed", _("Missed contact")
    SILENCE = "silence", _("Unusual silence")
    VISIT = "visit", _("A visit that found nobody")
    REPEATED = "repeated", _("The same request again")


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One weak sign, about a person (`person_id`), a place (`area_id`), or both.

    `key` names it and stays the same each time it is asked for (at most 80 characters). `why` is
    a plain sentence without names, numbers or what was asked for. `at` and `expires_at` are
    aware. `path` leads to the row behind it, for whoever may open that.
    """

    key: str
    kind: str
    why: Any
    at: dt.datetime
    expires_at: dt.datetime
    person_id: int | None = None
    area_id: int | None = None
    path: str = ""


# `source(areas=…, people=…, at=…)` yields Signs that have not run out at `at`. `areas` are ids of
# areas (with all in them named too; None is everywhere), `people` ids of people (None is all).
SignSource = Callable[..., Iterable[Sign]]
sign_sources: Registry[SignSource] = Registry("sources of weak signs")


def signs(
    *,
    at: dt.datetime,
    areas: Collection[int] | None = None,
    people: Collection[int] | None = None,
    most: int = 500,
) -> list[Sign]:
    """Return the signs of all sources that count at `at`, newest first, at most `most`.

    A sign is of an area when its `area_id` is in `areas`, of a person when its `person_id` is in
    `people`; sources may narrow for themselves, and are narrowed here all the same.
    """
    found = [sign for sign in _all(at, areas, people) if sign.at <= at < sign.expires_at]
    return sorted(found, key=lambda sign: (sign.at, sign.key), reverse=True)[:most]


def _all(
    at: dt.datetime, areas: Collection[int] | None, people: Collection[int] | None
) -> Iterator[Sign]:
    for source in sign_sources:
        for sign in source(areas=areas, people=people, at=at):
            if areas is not None and sign.area_id not in areas:
                continue
            if people is not None and sign.person_id not in people:
                continue
            yield sign
