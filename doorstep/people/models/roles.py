"""What was done about a role, kept for good."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base.sealed_fields import SealedTextField
from doorstep.people.models.person import Person, RoleHolding


class NeverChanged(TypeError):
    """A row of a history was to be changed or deleted."""


class RoleEventQuerySet(models.QuerySet["RoleEvent"]):
    """Only ever longer."""

    def update(self, **kwargs: Any) -> int:
        raise NeverChanged("what happened to a role stays as it was written")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise NeverChanged("what happened to a role stays")


class RoleEvent(models.Model):
    """One thing done about a role: who, when, and why. Added to, never changed."""

    class What(models.TextChoices):
        PROPOSED = "proposed", _("put forward")
        SECONDED = "seconded", _("agreed to by a second administrator")
        OFFERED = "offered", _("offered")
        ACCEPTED = "accepted", _("taken on")
        DECLINED = "declined", _("declined")
        LAPSED = "lapsed", _("not answered in time")
        ENDED = "ended", _("ended by an administrator")
        GIVEN_BACK = "given_back", _("given back")
        WARNED = "warned", _("told that it ends soon")
        EXPIRED = "expired", _("came to its end")

    holding = models.ForeignKey(RoleHolding, models.CASCADE, related_name="events")
    what = models.CharField(max_length=12, choices=What)
    # Empty where the clock did it, or somebody at the server's command line.
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    why = SealedTextField(blank=True)

    objects = RoleEventQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["holding", "id"], name="role_event_by_holding")]

    def __str__(self) -> str:
        return f"{self.holding_id}: {self.what}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise NeverChanged("what happened to a role stays as it was written")
        super().save(*args, **kwargs)
