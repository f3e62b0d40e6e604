"""Surge: the time between the borough's lead flipping the switch and standing down."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from doorstep.base.sealed_fields import SealedTextField
from doorstep.people.models import Person


class Surge(models.Model):
    """One crisis, or one drill. At most one of each is on at a time.

    `name` and `banner` are public. `script` is what officers and callers say. `why` (sealed) is
    for those who look back. `hub_holds`: how many open requests a hub may have while it is on.
    `thanks` is what volunteers were told at the end; `told` how many.
    """

    name = models.CharField(max_length=80)
    banner = models.CharField(max_length=300)
    script = models.TextField(max_length=3000, blank=True)
    why = SealedTextField(blank=True)
    hub_holds = models.PositiveIntegerField(default=400)
    is_drill = models.BooleanField(default=False)
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    thanks = models.TextField(max_length=1000, blank=True)
    told = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    converted = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_drill"], condition=Q(ended_at=None), name="one_surge_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return self.name
