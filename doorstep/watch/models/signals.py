"""Signal: several concerns that mean something together, found by a scan or joined by a human."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.sealed_fields import SealedTextField
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.watch.models.concerns import Concern, Theme


class Scan(models.Model):
    """One look over all concerns: by night, or because somebody asked."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to begin")
        RUNNING = "running", _("looking")
        DONE = "done", _("done")
        FAILED = "failed", _("it didn't work")

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="scans_asked"
    )
    # The last day looked at; with `asked_by` empty there is one scan for each day.
    until = models.DateField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # How far it has come, for whoever waits: weeks and themes done, of so many.
    done = models.PositiveIntegerField(default=0)
    out_of = models.PositiveIntegerField(default=0)
    concerns = models.PositiveIntegerField(default=0)
    series = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    # Where nothing could be said: a list of {"area", "theme", "why", "since", "until"}.
    cannot = models.JSONField(default=list)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["until"], condition=Q(asked_by=None), name="one_scan_a_night"
            )
        ]
        indexes = [models.Index(fields=["-asked_at"], name="scan_by_time")]

    def __str__(self) -> str:
        return f"scan until {self.until}"

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)


class SignalQuerySet(models.QuerySet["Signal"]):
    """Narrowings of signals."""

    def visible_to(self, viewer: Person | None) -> SignalQuerySet:
        """Signals `viewer` may open; tells `rules.can_see` again."""
        from doorstep.watch.signals import rules

        return rules.signals_visible_to(self, viewer)

    def open(self) -> SignalQuerySet:
        return self.filter(state__in=Signal.OPEN)


class Signal(models.Model):
    """More concerns of a theme, in a place, than usual; or what a human sees in several of them.

    It is about places and themes, never about a person.
    """

    class State(models.TextChoices):
        NEW = "new", _("nobody has looked yet")
        WATCHED = "watched", _("somebody keeps an eye on it")
        JOINED = "joined", _("it means something, and somebody acts on it")
        DISMISSED = "dismissed", _("put away")

    OPEN = (State.NEW, State.WATCHED, State.JOINED)

    class How(models.TextChoices):
        SEASON = "season", _("against the same time of earlier years")
        LEVEL = "level", _("against the weeks before")
        CLUSTER = "cluster", _("one corner against the rest of the borough")
        HUMAN = "human", _("a human saw it")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    theme = models.ForeignKey(Theme, models.PROTECT, related_name="signals")
    # The smallest area around all of it.
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    areas = models.ManyToManyField(Area, related_name="+")
    begins_on = models.DateField()
    until = models.DateField()
    how = models.CharField(max_length=10, choices=How)
    observed = models.PositiveIntegerField()
    # What is usual in as many days, and what a usual time exceeds once in a hundred.
    expected = models.FloatField(null=True, blank=True)
    usual_at_most = models.FloatField(null=True, blank=True)
    # How often chance alone gives as much, and how often we would speak of something for nothing.
    p = models.FloatField(null=True, blank=True)
    # What somebody called it who joined concerns by hand.
    title = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    found_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    scan = models.ForeignKey(Scan, models.SET_NULL, null=True, blank=True, related_name="signals")
    # After this day it is looked at afresh, though somebody put it away.
    quiet_until = models.DateField(null=True, blank=True)
    concerns = models.ManyToManyField(Concern, related_name="signals")

    objects = SignalQuerySet.as_manager()

    class Meta:
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(how="human", p=None)
                | ~Q(how="human") & Q(p__isnull=False, expected__isnull=False),
                name="a_found_signal_says_how_unusual",
            ),
            models.CheckConstraint(
                condition=Q(begins_on__lte=F("until")), name="a_signal_begins_before_it_ends"
            ),
        ]
        indexes = [models.Index(fields=["state", "-found_at"], name="signal_by_state")]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("watch:signal", args=[self.ref])

    @property
    def days(self) -> int:
        return (self.until - self.begins_on).days + 1

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class SignalStepQuerySet(models.QuerySet["SignalStep"]):
    """What was done stays written down."""

    def update(self, **kwargs: Any) -> int:
        raise TypeError("steps are added, never changed")


class SignalStep(models.Model):
    """One thing that happened to a signal. Only ever added."""

    class Kind(models.TextChoices):
        FOUND = "found", _("Found")
        RISEN = "risen", _("More of it came")
        WATCHED = "watched", _("Kept an eye on")
        JOINED = "joined", _("Joined: it means something")
        DISMISSED = "dismissed", _("Put away")
        REOPENED = "reopened", _("Opened again")

    signal = models.ForeignKey(Signal, models.CASCADE, related_name="steps")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    reason = SealedTextField(blank=True)
    observed = models.PositiveIntegerField(null=True, blank=True)

    objects = SignalStepQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.signal_id}: {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("steps are added, never changed")
        super().save(*args, **kwargs)


class Threshold(models.Model):
    """How many false signals in a month are bearable. One proposes, another agrees; all is kept.

    The latest that was agreed to is in force.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for somebody else to agree")
        AGREED = "agreed", _("agreed")
        REFUSED = "refused", _("not agreed")

    MOST = Decimal(4)
    LEAST = Decimal("0.1")

    per_month = models.DecimalField(_("false signals in a month"), max_digits=4, decimal_places=2)
    why = models.CharField(max_length=300)
    proposed_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, related_name="thresholds_proposed"
    )
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="thresholds_decided"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="nobody_agrees_to_their_own_threshold",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None)
                | ~Q(state="waiting") & Q(decided_at__isnull=False),
                name="a_decided_threshold_says_when",
            ),
            models.CheckConstraint(
                condition=Q(per_month__gte=Decimal("0.1"), per_month__lte=Decimal(4)),
                name="a_threshold_is_sensible",
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="waiting"), name="one_threshold_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plain} a month"

    @property
    def plain(self) -> str:
        """The number without the zeros nobody says."""
        return f"{self.per_month.normalize():f}"
