"""The read log: who looked at what of whom, when and why; and what was found odd in it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.registry import Panel, Registry
from doorstep.base.sealed_fields import SealedTextField
from doorstep.base.time import local
from doorstep.people.models.person import Person

# Parts of the record page that other parts of the house provide: `render(request, person)`.
record_panels: Registry[Panel] = Registry("a person's record")


class OnlyAdded(Exception):
    """The read log is only ever added to; `readings.closing` ends a whole old month."""


def month_of(at: dt.datetime) -> int:
    """Return the month on London's clock as one number: November 2026 is 202611."""
    here = local(at)
    return here.year * 100 + here.month


class ReadingQuerySet(models.QuerySet["Reading"]):
    """Rows of the log; nothing here changes one."""

    def update(self, **fields: Any) -> int:
        # Rotating keys seals the same words again; the chain is made over the words themselves.
        if fields.keys() <= Reading.SEALED:
            return super().update(**fields)
        raise OnlyAdded("a row of the read log is never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise OnlyAdded("a row of the read log is never taken out")

    def since(self, at: dt.datetime, until: dt.datetime) -> ReadingQuerySet:
        """Rows from `at` until `until`, asking only the months between."""
        return self.filter(month__in=months_between(at, until), at__gte=at, at__lte=until)


def months_between(first: dt.datetime, last: dt.datetime) -> list[int]:
    """Return the months (202611) from one moment to another, the newest first."""
    month, end = month_of(last), month_of(first)
    found = []
    while month >= end:
        found.append(month)
        month = month - 1 if month % 100 > 1 else month - 100 + 11
    return found


class Reading(models.Model):
    """Somebody opened a phone number, an address, a case or a private file.

    One INSERT, made by `readings.actions.log_read` alone. `mac` is made with a key outside the
    database over this row and the `mac` of the row before it in the same chain
    (`readings.chains`). Rows are parted by `month`: real partitions on PostgreSQL, the leading
    column of every index on SQLite. Who and whom are numbers and handles rather than foreign
    keys, so that a row outlives everybody in it.
    """

    # What a key rotation may write anew. Everything else is refused, here and by a trigger.
    SEALED = frozenset({"reader_name", "words"})

    month = models.PositiveIntegerField()
    at = models.DateTimeField()
    chain = models.CharField(max_length=24)
    position = models.PositiveIntegerField()
    mac = models.BinaryField(max_length=32)
    reader = models.ForeignKey(
        Person, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    reader_handle = models.CharField(max_length=12)
    # What the reader was called then: they answer for it, even after they have left.
    reader_name = SealedTextField(blank=True)
    # The role they read as (`RoleHolding.Role`, or one of `readings.kinds.capacities`), and where.
    role = models.CharField(max_length=20, blank=True)
    scope = models.CharField(max_length=100, blank=True)
    subject = models.ForeignKey(
        Person, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    subject_handle = models.CharField(max_length=12)
    # Names in `readings.kinds.readables` and `readings.kinds.reasons`.
    what = models.CharField(max_length=40)
    reason = models.CharField(max_length=30)
    # The opaque id of the case or file, "" when it is the person's own record.
    thing = models.CharField(max_length=40, blank=True)
    words = SealedTextField(blank=True)

    objects = ReadingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "chain", "position"], name="a_place_in_a_chain_is_taken_once"
            )
        ]
        indexes = [
            models.Index(fields=["month", "subject", "at"], name="reading_by_subject"),
            models.Index(fields=["month", "reader", "at"], name="reading_by_reader"),
        ]

    def __str__(self) -> str:
        return f"{self.reader_handle} read {self.what} of {self.subject_handle}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise OnlyAdded("a row of the read log is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise OnlyAdded("a row of the read log is never taken out")


class LogCheckpoint(models.Model):
    """What the log held at a moment, signed, each following from the one before.

    Without it a chain cut short at its end, or taken away whole, would leave no gap.
    """

    class Kind(models.TextChoices):
        HEADS = "heads", _("how far each chain had come")
        CLOSED = "closed", _("a whole month was closed and taken away")

    # From 1, without a gap.
    number = models.PositiveIntegerField(unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.HEADS)
    at = models.DateTimeField()
    # HEADS: {"upto": highest id, "heads": [[month, chain, position, mac in hex], …]}, only the
    # chains that moved; CLOSED: {"month": 202011, "rows": 71234, "why": "…"}.
    content = models.JSONField(default=dict)
    key = models.CharField(max_length=12)
    mac = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"checkpoint {self.number}"


class OddReading(models.Model):
    """Reading that a rule found unusual, or that somebody asked about, for a person to judge."""

    class Kind(models.TextChoices):
        MANY = "many", _("many more than usual in a day")
        OUT_OF_AREA = "out_of_area", _("outside the reader's area")
        NEIGHBOUR = "neighbour", _("the reader's own neighbour")
        ACQUAINTED = "acquainted", _("somebody the reader knows from a team")
        BLOCKED = "blocked", _("one of the two blocked the other")
        ODD_HOURS = "odd_hours", _("in the night")
        ASKED = "asked", _("the person asked about it")
        BREAK_GLASS = "break_glass", _("opened in an emergency, outside the role")

    class Outcome(models.TextChoices):
        FINE = "fine", _("It was fine, because…")
        SPOKE = "spoke", _("We spoke with the reader")
        RAISED = "raised", _("We raised it further")

    handle = models.CharField(max_length=12, unique=True, default=keys.handle)
    # What makes it one row however often the rules run, e.g. "many:17:2026-11-22".
    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=15, choices=Kind)
    reader = models.ForeignKey(Person, models.CASCADE, related_name="odd_readings")
    subject = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="odd_readings_of_them"
    )
    # How many rows of the log it is about, their codes of reasons, and the day.
    count = models.PositiveIntegerField(default=1)
    usual = models.PositiveIntegerField(null=True, blank=True)
    reasons = models.JSONField(default=list)
    on = models.DateField()
    # What the person wrote when they asked about it.
    asked = SealedTextField(blank=True)
    found_at = models.DateTimeField()
    # Break-glass only: when the person is told of it, unless a lead holds that back.
    tell_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    held_back_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    held_back_because = SealedTextField(blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    outcome_words = SealedTextField(blank=True)
    reviewed_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="readings_reviewed"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=models.F("reader")),
                name="nobody_reviews_their_own_reading",
            )
        ]
        indexes = [
            models.Index(fields=["outcome", "-found_at"], name="odd_reading_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reader_id}"


class ContactChange(models.Model):
    """One detail of a record that somebody other than the person put right, and what it was."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="contact_changes")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # "phone", "email", "postcode", …: the name of the field of Person.
    detail = models.CharField(max_length=20)
    was = SealedTextField(blank=True)
    because = SealedTextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "-at"], name="contact_change_by_person")]

    def __str__(self) -> str:
        return f"{self.detail} of {self.person_id}"
