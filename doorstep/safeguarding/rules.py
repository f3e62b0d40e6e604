"""Who may read and work on an alert, by when something must happen, and what must be kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dateutil.easter import easter
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from doorstep.base.time import in_london, local, now
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import holds
from doorstep.safeguarding.models import Alert, Party

if TYPE_CHECKING:
    from doorstep.safeguarding.models import AlertQuerySet

Role = RoleHolding.Role

# Danger now: somebody looks within a quarter of an hour, and others are called at the hour.
NOW = dt.timedelta(minutes=15)
TODAY = dt.timedelta(hours=4)
DAY_ENDS = dt.time(17)


# --- Who may ----------------------------------------------------------------------------------


def is_lead(person: Person | None) -> bool:
    """Whether the person holds the safeguarding role now."""
    return holds(person, Role.SAFEGUARDING)


def is_administrator(person: Person | None) -> bool:
    return holds(person, Role.ADMINISTRATOR)


def can_type_for_another(person: Person | None) -> bool:
    """Those who answer the phone and open letters write down what others tell them."""
    return holds(person, Role.SAFEGUARDING, Role.OFFICER, Role.ORGANISER)


def can_see(viewer: Person | None, alert: Alert) -> bool:
    """A safeguarding lead who has no part in it. No other role opens an alert, ever."""
    if viewer is None or not is_lead(viewer):
        return False
    return not has_a_part(viewer, alert)


def has_a_part(person: Person, alert: Alert) -> bool:
    """Whether it is about, against or near them, or one joined with it is."""
    return person.pk in _parties_of(alert)


def _parties_of(alert: Alert) -> set[int]:
    """Return the ids of all who must not read this alert, or one joined with it."""
    root = alert.joined_to_id or alert.pk
    whole = Alert.objects.filter(Q(pk=root) | Q(joined_to=root))
    named = set(Party.objects.filter(alert__in=whole).values_list("person_id", flat=True))
    about = whole.exclude(about=None).values_list("about_id", flat=True)
    return named | {pk for pk in about if pk is not None}


def alerts_visible_to(alerts: AlertQuerySet, viewer: Person | None) -> AlertQuerySet:
    """`can_see` as a query: without those that the viewer has a part in, or in one joined."""
    if viewer is None or not is_lead(viewer):
        return alerts.none()
    root = Coalesce(OuterRef("joined_to_id"), OuterRef("pk"))
    named = Party.objects.annotate(root=Coalesce("alert__joined_to_id", "alert_id")).filter(
        person=viewer, root=root
    )
    about = Alert.objects.annotate(root=Coalesce("joined_to_id", "pk")).filter(
        about=viewer, root=root
    )
    return alerts.filter(~Exists(named), ~Exists(about))


def leads(*, but_parties_of: Alert | None = None) -> list[Person]:
    """Return everyone who holds the role now; without those who have a part in the alert."""
    return _holders(Role.SAFEGUARDING, but_parties_of)


def administrators(*, but_parties_of: Alert | None = None) -> list[Person]:
    """Return the administrators, who may hear that something waits but never what."""
    return _holders(Role.ADMINISTRATOR, but_parties_of)


def _holders(role: str, alert: Alert | None) -> list[Person]:
    held = RoleHolding.objects.held().filter(role=role)
    people = Person.objects.active().filter(pk__in=held.values("person"))
    if alert is not None:
        people = people.exclude(pk__in=_parties_of(alert))
    return list(people.order_by("pk"))


# --- By when ----------------------------------------------------------------------------------


def bank_holidays(year: int) -> set[dt.date]:
    """Return England's bank holidays of a year (without the odd royal one)."""
    sunday = easter(year)
    days = {sunday - dt.timedelta(days=2), sunday + dt.timedelta(days=1)}
    days.add(_monday(dt.date(year, 5, 1)))
    days.add(_last_monday(year, 5))
    days.add(_last_monday(year, 8))
    first = dt.date(year, 1, 1)
    days.add(_monday(first) if first.weekday() > 4 else first)
    # Christmas and Boxing Day move to the first working days after them.
    moved = dt.date(year, 12, 25)
    for _number in range(2):
        while moved.weekday() > 4 or moved in days:
            moved += dt.timedelta(days=1)
        days.add(moved)
    return days


def _monday(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=-day.weekday() % 7)


def _last_monday(year: int, month: int) -> dt.date:
    last = dt.date(year, month + 1, 1) - dt.timedelta(days=1)
    return last - dt.timedelta(days=last.weekday())


def is_working_day(day: dt.date) -> bool:
    return day.weekday() < 5 and day not in bank_holidays(day.year)


def next_working_day(at: dt.datetime) -> dt.datetime:
    """Return five o'clock on the next working day after `at`."""
    day = local(at).date() + dt.timedelta(days=1)
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    return in_london(dt.datetime.combine(day, DAY_ENDS))


def deadline(urgency: str, at: dt.datetime) -> dt.datetime:
    """Return by when somebody must have looked at an alert that came in at `at`."""
    if urgency == Alert.Urgency.NOW:
        return at + NOW
    if urgency == Alert.Urgency.TODAY:
        return at + TODAY
    return next_working_day(at)


def patience(urgency: str) -> dt.timedelta:
    """Return how long after its deadline an alert goes to those beyond the leads."""
    if urgency == Alert.Urgency.NOW:
        return dt.timedelta(minutes=45)
    if urgency == Alert.Urgency.TODAY:
        return dt.timedelta(hours=2)
    return dt.timedelta(days=1)


# --- What must be kept ------------------------------------------------------------------------

KEPT_FOR = dt.timedelta(days=6 * 365 + 2)
LAW = _(
    "Some records that keep people safe from harm aren't part of a copy, and can't be taken out "
    "at once: the law lets us keep them where showing or deleting them could put somebody at risk "
    "(Data Protection Act 2018, schedules 1 to 3)."
)


def held_among(people: Iterable[int] | None, at: dt.datetime | None = None) -> set[int]:
    """Return which of these people's (ids) data something here needs, so that it must not go yet.

    None asks about everybody.

    Every open alert about, against or near them does, and a closed one for six years.
    """
    kept = Q(closed_at=None) | Q(closed_at__gt=(at or now()) - KEPT_FOR)
    rows = Alert.objects.filter(kept)
    named = Party.objects.filter(alert__in=rows, person__isnull=False)
    about = rows.filter(about__isnull=False)
    if people is not None:
        ids = list(people)
        named, about = named.filter(person__in=ids), about.filter(about__in=ids)
    return {
        *about.values_list("about_id", flat=True),
        *named.values_list("person_id", flat=True),
    }


def holds_on(person: Person, at: dt.datetime | None = None) -> bool:
    """Whether something here needs what we know of the person; see `held_among`."""
    return bool(held_among([person.pk], at))
