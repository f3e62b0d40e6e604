"""Children: who they are to us by age, and who may have a word with them.

Nobody under 13 has an account of their own. From 13 to 17 a person's page is private, what they
write stays in their teams, and no grown-up they don't know reaches them: not by a reply, a
mention, a thank-you, a welcome or a message.

A grown-up is known to a child who is in a running team with them, where they hold the keys, or
mentor it, or where a host lets people in. In a team anyone can walk into, walking in makes nobody
known. Moderators and safeguarding leads may write to a child about what they decided.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db import models
from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Registry
from doorstep.base.time import today
from doorstep.people.models import ADULT_AT, Person, RoleHolding
from doorstep.people.rules import holds

ACCOUNT_FROM = 13

# Whether a child knows a grown-up: `function(grown_up, child) -> bool`, filled by higher floors.
known_grown_ups: Registry[Callable[[Person, Person], bool]] = Registry("how children know adults")


class Band(models.TextChoices):
    """What somebody's age means here. A person who told no date of birth counts as grown up."""

    UNDER_13 = "under-13", _("under 13")
    YOUNGER_TEEN = "13-15", _("13 to 15")
    OLDER_TEEN = "16-17", _("16 or 17")
    ADULT = "adult", _("18 or over")


def band_of(person: Person) -> Band:
    """Return the person's age band today."""
    age = person.age
    if age is None or age >= ADULT_AT:
        return Band.ADULT
    if age < ACCOUNT_FROM:
        return Band.UNDER_13
    return Band.YOUNGER_TEEN if age < 16 else Band.OLDER_TEEN


def adult_since() -> dt.date:
    """Return the latest date of birth of somebody who is grown up today."""
    day = today()
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28)
    return day.replace(year=day.year - ADULT_AT)


def may_have_a_word(by: Person | None, child: Person) -> bool:
    """Whether `by`'s words may reach this person directly. Always, for somebody grown up.

    `by` is None where Doorstep itself speaks. Other children may; a block is asked elsewhere.
    """
    if not child.is_child or by is None or by.pk == child.pk or by.is_child:
        return True
    if holds(by, RoleHolding.Role.MODERATOR, RoleHolding.Role.SAFEGUARDING):
        return True
    return any(knows(by, child) for knows in known_grown_ups)
