"""Where the evidence diary hangs in the house."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _

from doorstep.base.private_files import private_files
from doorstep.base.registry import Tick, ticks
from doorstep.connect.diary import rules
from doorstep.connect.diary.models import Bundle, Exhibit
from doorstep.notices.kinds import Kind, kinds
from doorstep.people.consents.kinds import Purpose, purposes, reactions
from doorstep.people.models import Consent
from doorstep.people.readings.kinds import Readable, readables

KIND = "evidence"


def register() -> None:
    """Hang everything up; called once when the app is ready."""
    from doorstep.connect.diary import merging, privacy, tasks  # noqa: F401

    kinds.add(
        KIND,
        Kind(
            _("Days to keep, and who opened a bundle, of your evidence diary"),
            by_email=True,
            subject=_("a day to keep in mind"),
        ),
        order=46,
    )
    readables.add("evidence", Readable(_("your evidence diary"), _("an evidence diary")))
    purposes.add(
        rules.GIVE,
        Purpose(
            label=_("Somebody having a bundle of your evidence diary"),
            ask=_("May %(recipient)s have one bundle of your evidence diary?"),
            parts=("asked",),
            recipients=("organisation", "health", "hub", "neighbour"),
            on_withdrawal=_("Their link is dead at once."),
            days=60,
            by_oneself=False,
            can_override=False,
        ),
        order=53,
    )
    reactions.add("evidence", on_withdrawal)
    ticks.add("evidence: days to keep", Tick(tasks.tick, 60 * 60))
    ticks.add("evidence: bundles", Tick(tasks.bundles_tick, 60))
    post_delete.connect(files_go_too, sender=Exhibit, dispatch_uid="evidence-exhibit-gone")
    post_delete.connect(files_go_too, sender=Bundle, dispatch_uid="evidence-bundle-gone")


def on_withdrawal(consent: Consent, at: dt.datetime) -> None:
    """A yes was taken back: the links that stood on it are dead in the same moment."""
    from doorstep.connect.diary.actions import sharing

    if consent.purpose == rules.GIVE:
        sharing.stop_by(consent, at=at)


def files_go_too(instance: Any, **_news: Any) -> None:
    """A row that is deleted, with its diary or by itself, takes its files along."""
    names = [getattr(instance, name, "") for name in ("file", "small_file", "pdf_file")]
    transaction.on_commit(partial(forget, [name for name in names if name]))


def forget(names: list[str]) -> None:
    for name in dict.fromkeys(names):
        try:
            private_files.delete(name)
        except OSError:
            continue
