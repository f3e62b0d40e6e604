"""What the house itself holds about people: hardly anything."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult

from doorstep.base.declaring import (
    PARENT,
    Basis,
    Holding,
    Kept,
    about_nobody,
    about_table,
    declare,
)
from doorstep.base.models import RateCount, Stamp, TickRun

about_nobody(TickRun, "When each piece of background work last ran.")
about_nobody(
    RateCount, "Counts of tries under a keyed digest that leads back to nobody; gone within a day."
)
about_nobody(Stamp, "Which kept page stands for which state of things; it names nobody.")
for _label, _why in (
    ("auth.Permission", "Django's own permissions, which nobody holds: our rules are functions."),
    ("auth.Group", "Django's own groups, which nobody is in."),
    ("contenttypes.ContentType", "The names of our tables."),
):
    about_nobody(_label, _why)

about_table(
    "base_shared_cache",
    "Counts of tries, under a keyed hash of an e-mail, number or network address; each is gone "
    "when its time is up, an hour at most.",
)
about_table("django_migrations", "Which changes of the tables have been made.")

declare(
    DBTaskResult,
    Holding(
        label=_("Background work waiting to be done"),
        activity="running",
        purpose=_("To do slow work without keeping anybody waiting."),
        basis=Basis.INTERESTS,
        internal=(
            "args_kwargs",
            "task_path",
            "worker_ids",
            "queue_name",
            "backend_name",
            "return_value",
            "exception_class_path",
            "traceback",
        ),
        kept=Kept.for_days(
            14,
            after="finished_at",
            because=_("Long enough to see what went wrong. It holds numbers of rows, no words."),
            where=lambda: Q(status__in=["SUCCESSFUL", "FAILED"]),
        ),
        erase=PARENT,
    ),
)
