"""Abstract models and the small tables every floor shares."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Spot(models.TextChoices):
    """The six inks (DESIGN-LANGUAGE.md), by the name of their shop."""

    HOME = "home", _("marigold")
    HELP = "help", _("rhubarb")
    MAP = "map", _("creek")
    LEARN = "learn", _("lilac")
    GRANTS = "grants", _("privet")
    SERVICES = "services", _("roding")


class TickRun(models.Model):
    """When a tick of the worker last ran; the row is also the lock between workers."""

    name = models.CharField(max_length=80, primary_key=True)
    ran_at = models.DateTimeField()
    # Until when a worker has this tick in hand; one that died lets go by saying nothing.
    held_until = models.DateTimeField(null=True, blank=True)
    took_ms = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class RateCount(models.Model):
    """How often something was done within one span of time, for all processes together.

    `key` is a keyed digest and the number of the span: the row names nobody. See `base.limits`.
    """

    key = models.CharField(max_length=80, primary_key=True)
    count = models.PositiveIntegerField()
    # Seconds since 1970 after which the row says nothing any more.
    until = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.until}"


class Stamp(models.Model):
    """How often what a name stands for has changed; raised by triggers alone (`base.stamps`)."""

    name = models.CharField(max_length=120, primary_key=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.number}"
