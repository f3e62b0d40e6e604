"""Depot, RoundPlan, Round and Stop: one outing of one volunteer serves many tasks.

A plan is for one day. It has a round for each volunteer who is coming and a stop for each task;
a stop without a round stays behind, and says why. Addresses are the request's and never copied.
"""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.sealed_fields import SealedTextField
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.support.models.requests import Task
from doorstep.support.models.volunteers import Volunteer


class Depot(models.Model):
    """Where rounds begin: a hall, a shop, a food bank. A public place, so in the open.

    `area` is the locality (or the borough) whose organisers look after it; `latitude` and
    `longitude` are WGS84; `loading_minutes` is how long it takes to load, each time.
    """

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=200)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    latitude = models.FloatField()
    longitude = models.FloatField()
    opens_at = models.TimeField(default=dt.time(8, 0))
    closes_at = models.TimeField(default=dt.time(18, 0))
    loading_minutes = models.PositiveSmallIntegerField(default=8)
    is_open = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=models.F("opens_at")),
                name="a_depot_closes_after_it_opens",
            )
        ]

    def __str__(self) -> str:
        return self.name


class RoundPlanQuerySet(models.QuerySet["RoundPlan"]):
    """Narrowings of plans."""

    def visible_to(self, viewer: Person | None) -> RoundPlanQuerySet:
        """Plans `viewer` may open; tells `rounds.rules.can_see_plan` again."""
        from doorstep.support.rounds import rules

        return rules.plans_visible_to(self, viewer)


class RoundPlan(models.Model):
    """One day's rounds, planned together.

    - `area`: whose tasks: the borough or a locality. `day`; `starts_at` to `ends_at` on it.
    - `state`: waits (for the worker) → planning → ready → sent → over; failed; dropped.
    - `seconds`: how long to plan. `progress`: 0 to 100. `figures`: counts only.
    - `trouble`: why the routing server was not used, "" when all is well.
    - `version`: raised by every change; one made on an older plan is refused.
    """

    class State(models.TextChoices):
        WAITS = "waits", _("waiting to be planned")
        PLANNING = "planning", _("being planned")
        READY = "ready", _("to look through")
        SENT = "sent", _("sent out")
        OVER = "over", _("over")
        FAILED = "failed", _("could not be planned")
        DROPPED = "dropped", _("dropped")

    LIVE = (State.WAITS, State.PLANNING, State.READY, State.SENT, State.FAILED)
    BUSY = (State.WAITS, State.PLANNING)

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    day = models.DateField()
    starts_at = models.TimeField()
    ends_at = models.TimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITS)
    seconds = models.PositiveSmallIntegerField(default=15)
    progress = models.PositiveSmallIntegerField(default=0)
    figures = models.JSONField(default=dict)
    trouble = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    asked_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    objects = RoundPlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="a_plan_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="progress_is_a_percentage"),
        ]
        indexes = [models.Index(fields=["area", "-day"], name="round_plan_by_day")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.ref}"

    def get_absolute_url(self) -> str:
        return reverse("support:round_plan", args=[self.ref])

    @property
    def is_busy(self) -> bool:
        return self.state in self.BUSY

    @property
    def can_change(self) -> bool:
        return self.state in (self.State.READY, self.State.FAILED)


class RoundQuerySet(models.QuerySet["Round"]):
    """Narrowings of rounds."""

    def visible_to(self, viewer: Person | None) -> RoundQuerySet:
        """Rounds that are `viewer`'s own just now; tells `rounds.rules.can_see_round` again."""
        from doorstep.support.rounds import rules

        return rules.rounds_visible_to(self, viewer)


class Round(models.Model):
    """One volunteer's outing on the day of a plan, with no stops when they aren't needed.

    `mode`, `room` (parcels they can carry), `cool_room` (of these, in a cool box), `opens_at`
    to `closes_at` and `ends_home` are what was planned with. `is_fixed`: planning again leaves
    this round alone. `leaves_at` to `back_at`: None for one without stops.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        SENT = "sent", _("asked")
        TAKEN = "taken", _("said yes")
        DECLINED = "declined", _("said no")
        OVER = "over", _("over")
        CALLED_OFF = "called_off", _("called off")

    ref = models.CharField(max_length=12, unique=True, default=keys.new_key)
    plan = models.ForeignKey(RoundPlan, models.CASCADE, related_name="rounds")
    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="rounds")
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="rounds")
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    mode = models.CharField(max_length=10, choices=Volunteer.Travel)
    room = models.PositiveSmallIntegerField(default=8)
    cool_room = models.PositiveSmallIntegerField(default=0)
    opens_at = models.TimeField()
    closes_at = models.TimeField()
    ends_home = models.BooleanField(default=False)
    is_fixed = models.BooleanField(default=False)
    leaves_at = models.DateTimeField(null=True, blank=True)
    back_at = models.DateTimeField(null=True, blank=True)
    travel_seconds = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "volunteer"], name="a_volunteer_has_one_round_in_a_plan"
            )
        ]
        indexes = [models.Index(fields=["volunteer", "state"], name="round_of_a_volunteer")]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("support:round", args=[self.ref])


class Stop(models.Model):
    """One task on a plan: on whose round, in which order, and how it went.

    - `round`: None while nobody brings it; then `why_left` says why (a code of
      `rounds.wording`), `left_detail` what the sentence needs, or `is_out` that it was taken
      out by hand.
    - `order` counts from 0 over the whole round; `trip` from 0: a new one begins by loading again.
    - `is_fixed`: planning again leaves it with the same volunteer.
    - `size` fills room; `cool_minutes`: longest time out of the hub, 0 where it doesn't matter.
    - `arrives_at`: when they are expected at the door.
    - `state`, `why`, `note`: how it went; `marked_at` is the moment of the tap.
    """

    class State(models.TextChoices):
        TO_DO = "to_do", _("to do")
        DONE = "done", _("done")
        NOT_DONE = "not_done", _("not done")

    class Why(models.TextChoices):
        NONE = "", "—"
        NO_ANSWER = "no_answer", _("Nobody answered")
        NOT_NEEDED = "not_needed", _("They didn't need it")
        OTHER = "other", _("Something else")

    plan = models.ForeignKey(RoundPlan, models.CASCADE, related_name="stops")
    round = models.ForeignKey(Round, models.SET_NULL, null=True, blank=True, related_name="stops")
    task = models.ForeignKey(Task, models.CASCADE, related_name="stops")
    order = models.PositiveSmallIntegerField(default=0)
    trip = models.PositiveSmallIntegerField(default=0)
    size = models.PositiveSmallIntegerField(default=1)
    cool_minutes = models.PositiveSmallIntegerField(default=0)
    is_fixed = models.BooleanField(default=False)
    is_out = models.BooleanField(default=False)
    why_left = models.CharField(max_length=20, blank=True)
    left_detail = models.JSONField(default=dict, blank=True)
    arrives_at = models.DateTimeField(null=True, blank=True)
    leaves_at = models.DateTimeField(null=True, blank=True)
    # When the trip it is on leaves the depot.
    trip_leaves_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.TO_DO)
    why = models.CharField(max_length=12, choices=Why, blank=True)
    note = SealedTextField(blank=True)
    marked_at = models.DateTimeField(null=True, blank=True)
    marked_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "task"], name="a_plan_stops_once_at_a_task"),
            models.CheckConstraint(
                condition=Q(is_out=False) | Q(round=None), name="what_is_taken_out_is_on_no_round"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.task_id}"
