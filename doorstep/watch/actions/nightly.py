"""What goes by the clock: what waits too long, what runs out, and what is forgotten."""

from __future__ import annotations

import datetime as dt
import time

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.base.private_files import private_files
from doorstep.base.time import local, now
from doorstep.notices.actions import send, send_to_all
from doorstep.watch import rules
from doorstep.watch.actions.care import tell_spotter
from doorstep.watch.actions.telling import KIND_WAITS
from doorstep.watch.models import Concern, SignDecision, Step

WARN_BEFORE = dt.timedelta(days=7)
SENDER_KEPT = dt.timedelta(days=35)
# A photo goes well before the words do.
PHOTO_KEPT = dt.timedelta(days=90)
_AT_ONCE = 300


def tick(at: dt.datetime | None = None) -> None:
    """Do all of it. Safe to repeat, and to run twice at once."""
    at = at or now()
    climb(at)
    warn(at)
    run_out(at)
    Concern.objects.filter(logged_at__lt=at - SENDER_KEPT).exclude(sender="").update(sender="")
    SignDecision.objects.filter(forget_after__lt=at).delete()
    let_photos_go(at)
    forget_photos()


def climb(at: dt.datetime) -> int:
    """Tell those beyond the owner of what waits past its day; return how many climbed."""
    today = local(at).date()
    late = (
        Concern.objects.open()
        .on_their_own()
        .filter(due_on__lt=today)
        .select_related("area", "theme", "owner")
        .order_by("due_on", "pk")[:_AT_ONCE]
    )
    climbed = 0
    for concern in late:
        beyond = {one.pk: one for one in (*rules.carers_of(concern.area), *rules.officers())}
        if concern.owner is not None:
            beyond.setdefault(concern.owner.pk, concern.owner)
        beyond.pop(concern.person_id or 0, None)
        with transaction.atomic():
            told = send_to_all(
                KIND_WAITS, beyond.values(), key=f"watch:{concern.pk}:late:{concern.due_on}",
                title=_("Something somebody noticed has waited too long"),
                path=reverse("watch:concern", args=[concern.ref]), at=at,
            )  # fmt: skip
            if told:
                climbed += 1
                Step.objects.create(concern=concern, at=at, kind=Step.Kind.LATE)
    return climbed


def warn(at: dt.datetime) -> None:
    """Ask owners about what runs out within a week: renew it, or let it go?"""
    today = local(at).date()
    soon = Concern.objects.open().on_their_own().filter(
        owner__isnull=False, expires_on__range=(today, today + WARN_BEFORE)
    )  # fmt: skip
    for concern in soon.select_related("owner")[:_AT_ONCE]:
        send(
            KIND_WAITS, concern.owner, key=f"watch:{concern.pk}:runs-out:{concern.expires_on}",  # type: ignore[arg-type]
            title=_("Something somebody noticed runs out soon"),
            body=_("Keep it for longer with a reason, close it, or let it go."),
            path=reverse("watch:concern", args=[concern.ref]), at=at,
        )  # fmt: skip


def run_out(at: dt.datetime) -> int:
    """Put away what nobody renewed; whoever told it is thanked. Return how many."""
    today = local(at).date()
    over = Concern.objects.open().on_their_own().filter(expires_on__lt=today)
    gone = 0
    for concern in over.select_related("spotter")[:_AT_ONCE]:
        with transaction.atomic():
            for row in (concern, *concern.joined.filter(state__in=Concern.OPEN)):
                done = Concern.objects.filter(
                    pk=row.pk, state__in=Concern.OPEN, expires_on__lt=today
                ).update(state=Concern.State.EXPIRED, closed_at=at)
                if not done and row.pk != concern.pk:
                    # Joined later than the other: it ends with it all the same.
                    done = Concern.objects.filter(pk=row.pk, state__in=Concern.OPEN).update(
                        state=Concern.State.EXPIRED, closed_at=at
                    )
                if done:
                    gone += 1
                    row.state = Concern.State.EXPIRED
                    Step.objects.create(concern=row, at=at, kind=Step.Kind.EXPIRED)
                    tell_spotter(row, at=at)
    return gone


def let_photos_go(at: dt.datetime) -> int:
    """Delete the photos of what was put away long ago; return how many."""
    old = Concern.objects.filter(closed_at__lt=at - PHOTO_KEPT).exclude(photo="")
    gone = 0
    for pk, name in old.values_list("pk", "photo")[:_AT_ONCE]:
        private_files.delete(name)
        gone += Concern.objects.filter(pk=pk, photo=name).update(photo="")
    return gone


def forget_photos(older_than: int = 86_400) -> int:
    """Delete photos that were sent with a form which never went out; return how many."""
    folder = private_files.root / "watch"
    if not folder.is_dir():
        return 0
    used = set(Concern.objects.exclude(photo="").values_list("photo", flat=True))
    old = time.time() - older_than
    gone = 0
    for path in folder.glob("*.sealed"):
        name = f"watch/{path.name}"
        if name not in used and path.stat().st_mtime < old:
            private_files.delete(name)
            gone += 1
    return gone
