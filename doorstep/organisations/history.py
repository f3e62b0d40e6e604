"""What was changed about an entry, by whom, and back again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.people.models import Person


class Change(models.Model):
    """One change of an entry: field name -> [before, after], as people read them."""

    class How(models.TextChoices):
        EDITED = "edited", _("changed")
        UNDONE = "undone", _("put back")
        SUGGESTED = "suggested", _("changed because somebody told us")

    service = models.ForeignKey(
        "organisations.Service", models.CASCADE, related_name="changes_made"
    )
    how = models.CharField(max_length=10, choices=How, default=How.EDITED)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    # What the entry's form held before and after, whole: {"before": {...}, "after": {...}}.
    values = models.JSONField(default=dict)
    client_key = models.CharField(max_length=40, null=True, blank=True, unique=True)

    class Meta:
        app_label = "organisations"
        ordering = ["-id"]
        indexes = [models.Index(fields=["service", "-id"], name="change_by_service")]

    def __str__(self) -> str:
        return f"{self.service_id}: {self.how}"


@dataclass(frozen=True)
class Line:
    """One field that changed."""

    label: Any
    before: str
    after: str


def keep(
    service: Any,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    by: Person | None,
    at: dt.datetime,
    how: str = Change.How.EDITED,
    client_key: str | None = None,
) -> Change | None:
    """Write a change down where there is one."""
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    if not changed:
        return None
    with transaction.atomic():
        return Change.objects.create(
            service=service,
            how=how,
            by=by,
            at=at,
            values={
                "before": {name: before.get(name) for name in sorted(changed)},
                "after": {name: after.get(name) for name in sorted(changed)},
            },
            client_key=client_key,
        )
