"""What is done with signals: look for them, say what they mean, and agree how sensitive to be."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.time import local
from doorstep.notices.actions import send_to_all
from doorstep.people.models import Person
from doorstep.places.atlas import Atlas, atlas
from doorstep.places.models import Area
from doorstep.watch import rules as watch_rules
from doorstep.watch.models import Concern, Scan, Signal, SignalStep, Theme, Threshold
from doorstep.watch.signals import gathering, rules

if TYPE_CHECKING:
    from doorstep.watch.scan.scanning import Alert, Scanned

KIND = "signal"
State, How, Kind = Signal.State, Signal.How, SignalStep.Kind

DEFAULT_PER_MONTH = Decimal(1)
# A rise that was put away stays away this long, unless it doubles.
QUIET = dt.timedelta(days=28)
# A scan that has been running for longer was lost with its worker.
LOST_AFTER = dt.timedelta(minutes=30)
# By night, after the day is over everywhere in the house.
EARLIEST = dt.time(1)
MOST_JOINED = 200
MOST_CANNOT = 400
_BAD = 300


class CannotDo(Exception):
    """Why it can't be done, as a sentence."""


# --- Looking -----------------------------------------------------------------------------------


def ask_for_scan(*, by: Person, at: dt.datetime) -> Scan:
    """Let the worker look over everything now; the scan that is on its way where there is one."""
    waiting = (
        Scan.objects.filter(state__in=[Scan.State.WAITING, Scan.State.RUNNING])
        .filter(asked_at__gt=at - LOST_AFTER)
        .order_by("-asked_at")
        .first()
    )
    if waiting is not None:
        return waiting
    scan = Scan.objects.create(asked_by=by, asked_at=at, until=local(at).date())
    _enqueue(scan.pk)
    return scan


def _enqueue(pk: int) -> None:
    from doorstep.watch.signals.tasks import look

    transaction.on_commit(partial(look.enqueue, pk))


def nightly(at: dt.datetime) -> Scan | None:
    """Look over everything up to yesterday, once a day; None where that is done or too early."""
    here = local(at)
    if here.time() < EARLIEST:
        return None
    until = here.date() - dt.timedelta(days=1)
    scan, _made = Scan.objects.get_or_create(asked_by=None, until=until, defaults={"asked_at": at})
    if scan.is_over:
        return None
    run_scan(scan.pk, at=at)
    scan.refresh_from_db()
    return scan


def run_scan(pk: int, *, at: dt.datetime) -> bool:
    """Run a scan that waits (or was lost); return whether this call did it."""
    free = Q(state=Scan.State.WAITING)
    free |= Q(state=Scan.State.RUNNING, started_at__lt=at - LOST_AFTER)
    claimed = Scan.objects.filter(free, pk=pk).update(
        state=Scan.State.RUNNING, started_at=at, done=0, problem=""
    )
    if not claimed:
        return False
    scan = Scan.objects.get(pk=pk)
    try:
        _look(scan, at)
    except Exception as problem:
        Scan.objects.filter(pk=pk).update(
            state=Scan.State.FAILED, ended_at=at, problem=type(problem).__name__[:_BAD]
        )
        raise
    return True


def _look(scan: Scan, at: dt.datetime) -> None:
    from doorstep.watch.scan import scanning
    from doorstep.watch.scan.deciding import Budget

    book = atlas()
    gathered = gathering.gather(scan.until, book=book)
    found = scanning.Scanned()
    cannot: list[dict[str, str]] = []
    if gathered is not None:
        table = gathered.table
        told: Any = (table.counts > 0).any(axis=1)
        silences = scanning.mark_silences(table, told)
        Scan.objects.filter(pk=scan.pk).update(concerns=gathered.concerns)
        found = scanning.scan(
            table,
            budget=Budget(per_month=float(per_month()), is_nightly=True),
            last_weeks=1,
            progress=partial(_progress, scan.pk),
        )
        cannot = [
            {
                "area": one.area,
                "theme": one.theme,
                "why": one.why,
                "since": one.since.isoformat() if one.since else "",
                "until": one.until.isoformat() if one.until else "",
            }
            for one in [*silences, *found.cannot]
            if one.why != "new" or one.until is None or (scan.until - one.until).days < 400
        ][:MOST_CANNOT]
    with transaction.atomic():
        new = record(found, book=book, scan=scan, at=at)
        Scan.objects.filter(pk=scan.pk).update(
            state=Scan.State.DONE,
            ended_at=at,
            series=found.series,
            found=new,
            cannot=cannot,
        )


def _progress(pk: int, done: int, out_of: int) -> None:
    Scan.objects.filter(pk=pk).update(done=done, out_of=out_of)


def record(found: Scanned, *, book: Atlas, scan: Scan, at: dt.datetime) -> int:
    """Write alerts down as signals; return how many are new.

    One that tells of a signal already here, of the same theme and place, adds to it.
    """
    themes = {str(theme.pk): theme for theme in Theme.objects.all()}
    new = 0
    for alert in found.alerts:
        theme = themes.get(alert.theme)
        areas = _areas_of(alert, book)
        if not alert.alive or theme is None or not areas:
            continue
        new += _record_one(alert, theme, areas, book, scan, at)
    return new


def _areas_of(alert: Alert, book: Atlas) -> list[Area]:
    from doorstep.watch.scan.scanning import EVERYWHERE

    if EVERYWHERE in alert.areas:
        return [book.borough] if book.borough else []
    found = [book.areas.get(int(one)) for one in alert.areas]
    return [area for area in found if area is not None]


_HOW = {"season": How.SEASON, "level": How.LEVEL, "space-time": How.CLUSTER}


def _record_one(
    alert: Alert, theme: Theme, areas: list[Area], book: Atlas, scan: Scan, at: dt.datetime
) -> int:
    rows = list(_rows_of(theme, areas, alert.begins, alert.until).values_list("pk", flat=True))
    if not rows:
        return 0
    old = _the_same(theme, areas, alert)
    if old is None:
        signal = Signal.objects.create(
            theme=theme,
            area=around(areas, book),
            begins_on=alert.begins,
            until=alert.until,
            how=_HOW[alert.how],
            observed=len(rows),
            expected=alert.expected,
            usual_at_most=alert.usual_bound,
            p=alert.p,
            found_at=at,
            seen_at=at,
            scan=scan,
        )
        signal.areas.set(areas)
        signal.concerns.set(rows)
        SignalStep.objects.create(signal=signal, at=at, kind=Kind.FOUND, observed=len(rows))
        _tell(signal, "found", at)
        return 1
    if old.state == State.DISMISSED:
        still_quiet = old.quiet_until is not None and alert.until <= old.quiet_until
        if still_quiet and len(rows) < 2 * old.observed:
            return 0
        Signal.objects.filter(pk=old.pk).update(state=State.NEW, quiet_until=None)
    fresh = set(rows) - set(old.concerns.values_list("pk", flat=True))
    # What a human left out when joining stays out; only what was told since then comes in.
    joined = old.steps.filter(kind=Kind.JOINED).order_by("-at").first()  # type: ignore[attr-defined]
    if joined is not None and old.state != State.DISMISSED:
        since = Concern.objects.filter(pk__in=fresh, logged_at__gt=joined.at)
        fresh = set(since.values_list("pk", flat=True))
    Signal.objects.filter(pk=old.pk).update(seen_at=at)
    if not fresh:
        return 0
    old.concerns.add(*fresh)
    begins, until = min(alert.begins, old.begins_on), max(alert.until, old.until)
    stronger = alert.p <= (old.p or 1) or old.state == State.DISMISSED
    # The whole time is told of now, so what is usual is told for the whole time too.
    days = (until - begins).days + 1
    usual = alert.expected / alert.window if stronger else (old.expected or 0) / old.days
    most = alert.usual_bound / alert.window if stronger else (old.usual_at_most or 0) / old.days
    Signal.objects.filter(pk=old.pk).update(
        begins_on=begins,
        until=until,
        observed=old.concerns.count(),
        expected=usual * days,
        usual_at_most=most * days,
        p=alert.p if stronger else old.p,
        how=_HOW[alert.how] if stronger else old.how,
    )
    old.areas.add(*areas)
    kind = Kind.REOPENED if old.state == State.DISMISSED else Kind.RISEN
    SignalStep.objects.create(signal=old, at=at, kind=kind, observed=old.concerns.count())
    if kind == Kind.REOPENED:
        _tell(old, f"again:{alert.until}", at)
    return 0


def _rows_of(theme: Theme, areas: Iterable[Area], begins: dt.date, until: dt.date):  # type: ignore[no-untyped-def]
    """Return the concerns that were counted: of the theme, in the areas, on those days."""
    inside = Q(pk__in=[])
    for area in areas:
        inside |= Q(area__path__startswith=area.path)
    return Concern.objects.counted().filter(inside, theme=theme, seen_on__range=(begins, until))


def _the_same(theme: Theme, areas: list[Area], alert: Alert) -> Signal | None:
    """Return the signal this alert tells of again: the same theme, around there, lately."""
    lately = alert.begins - QUIET
    candidates = (
        Signal.objects.filter(theme=theme, until__gte=lately)
        .exclude(how=How.HUMAN)
        .order_by("-found_at")
        .prefetch_related("areas")
    )
    for signal in candidates:
        for area in signal.areas.all():
            if any(
                area.path.startswith(one.path) or one.path.startswith(area.path) for one in areas
            ):
                return signal
    return None


def around(areas: list[Area], book: Atlas) -> Area:
    """Return the smallest area that holds them all."""
    if len(areas) == 1:
        return areas[0]
    shared = areas[0].path_ids
    for area in areas[1:]:
        ids = set(area.path_ids)
        shared = [pk for pk in shared if pk in ids]
    found = book.areas.get(shared[-1]) if shared else book.borough
    return found or areas[0]


def _tell(signal: Signal, what: str, at: dt.datetime) -> None:
    """Tell those whose work the area is, and the hub, that something is unusual; never what."""
    people = {one.pk: one for one in (*watch_rules.carers_of(signal.area), *watch_rules.officers())}
    send_to_all(
        KIND, people.values(), key=f"signal:{signal.pk}:{what}",
        title=_("More than usual of something, in one place"),
        body=_("Have a look, and say whether it means something."),
        path=signal.get_absolute_url(), at=at,
    )  # fmt: skip


# --- Saying what it means ----------------------------------------------------------------------


def _lock(signal: Signal) -> Signal:
    return Signal.objects.select_for_update().get(pk=signal.pk)


@transaction.atomic
def watch(signal: Signal, *, by: Person, at: dt.datetime, reason: str) -> None:
    """Keep an eye on it."""
    signal = _lock(signal)
    if not signal.is_open:
        raise CannotDo(_("It was put away. Open it again first."))
    if signal.state == State.WATCHED:
        return
    _change(signal, State.WATCHED, Kind.WATCHED, by, at, reason)


@transaction.atomic
def join(
    signal: Signal, concerns: Iterable[Concern], *, by: Person, at: dt.datetime, reason: str
) -> None:
    """Say that these of its concerns mean something together.

    Those the person may open and did not tick are left out; others stay as they are.
    """
    signal = _lock(signal)
    if not signal.is_open:
        raise CannotDo(_("It was put away. Open it again first."))
    chosen = {one.pk for one in concerns}
    seen = set(rules.concerns_of(signal, by).values_list("pk", flat=True))
    kept = set(signal.concerns.values_list("pk", flat=True)) - (seen - chosen)
    if len(chosen & seen) < 1 or len(kept) < 2:
        raise CannotDo(_("Tick at least two that belong together."))
    signal.concerns.set(kept)
    _change(signal, State.JOINED, Kind.JOINED, by, at, reason)


@transaction.atomic
def dismiss(signal: Signal, *, by: Person, at: dt.datetime, reason: str) -> None:
    """Put it away with a reason. It changes no threshold: that takes two people."""
    if not reason.strip():
        raise CannotDo(_("Say why."))
    signal = _lock(signal)
    if signal.state == State.DISMISSED:
        return
    signal.quiet_until = signal.until + QUIET
    signal.save(update_fields=["quiet_until"])
    _change(signal, State.DISMISSED, Kind.DISMISSED, by, at, reason)


@transaction.atomic
def reopen(signal: Signal, *, by: Person, at: dt.datetime, reason: str) -> None:
    """Open again what was put away."""
    signal = _lock(signal)
    if signal.is_open:
        return
    signal.quiet_until = None
    signal.save(update_fields=["quiet_until"])
    _change(signal, State.NEW, Kind.REOPENED, by, at, reason)


def _change(
    signal: Signal, state: str, kind: str, by: Person, at: dt.datetime, reason: str
) -> None:
    signal.state = state
    signal.save(update_fields=["state"])
    SignalStep.objects.create(signal=signal, at=at, by=by, kind=kind, reason=reason)


@transaction.atomic
def make(
    concerns: Iterable[Concern],
    *,
    by: Person,
    at: dt.datetime,
    title: str,
    reason: str,
    client_key: str | None = None,
) -> Signal:
    """Join concerns by hand into a signal that no scan found. Sent twice it counts once."""
    if client_key and (twin := Signal.objects.filter(client_key=client_key).first()):
        return twin
    rows = list(concerns)
    if not 2 <= len(rows) <= MOST_JOINED:
        raise CannotDo(_("Tick at least two that belong together."))
    if not all(watch_rules.can_care(by, one) for one in rows):
        raise CannotDo(_("One of them is no longer yours to join. Load the page again."))
    book = atlas()
    areas = list({one.area_id: one.area for one in rows}.values())
    theme_id = Counter(one.theme_id for one in rows).most_common(1)[0][0]
    signal = Signal.objects.create(
        client_key=client_key,
        theme_id=theme_id,
        area=around(areas, book),
        begins_on=min(one.seen_on for one in rows),
        until=max(one.seen_on for one in rows),
        how=How.HUMAN,
        observed=len(rows),
        title=title,
        state=State.JOINED,
        found_at=at,
        seen_at=at,
    )
    signal.areas.set(areas)
    signal.concerns.set(rows)
    SignalStep.objects.create(
        signal=signal, at=at, by=by, kind=Kind.JOINED, reason=reason, observed=len(rows)
    )
    return signal


# --- How sensitive -----------------------------------------------------------------------------


def per_month() -> Decimal:
    """Return how many false signals in a month are bearable, as two people last agreed."""
    row = in_force()
    return row.per_month if row else DEFAULT_PER_MONTH


def in_force() -> Threshold | None:
    return (
        Threshold.objects.filter(state=Threshold.State.AGREED)
        .order_by("-decided_at", "-pk")
        .first()
    )


@transaction.atomic
def propose(value: Decimal, *, by: Person, at: dt.datetime, why: str) -> Threshold:
    """Propose another threshold. One proposal waits at a time."""
    if not rules.can_propose(by):
        raise CannotDo(_("That isn't yours to propose."))
    if value == per_month():
        raise CannotDo(_("That is what is in force already."))
    try:
        with transaction.atomic():
            return Threshold.objects.create(
                per_month=value, why=why, proposed_by=by, proposed_at=at
            )
    except IntegrityError:
        raise CannotDo(_("Another proposal waits. Decide about that first.")) from None


@transaction.atomic
def decide(threshold: Threshold, *, agree: bool, by: Person, at: dt.datetime) -> None:
    """Agree, or not, to what somebody else proposed."""
    if not rules.can_agree(by, threshold):
        raise CannotDo(_("Somebody else than who proposed it has to decide."))
    state = Threshold.State.AGREED if agree else Threshold.State.REFUSED
    done = Threshold.objects.filter(pk=threshold.pk, state=Threshold.State.WAITING).update(
        state=state, decided_by=by, decided_at=at
    )
    if not done:
        raise CannotDo(_("Somebody decided about it a moment ago."))
