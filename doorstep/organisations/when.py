"""When something is on, in words, and whether it is open now. Asks the database nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from doorstep.base.time import local
from doorstep.design.templatetags.design import clock, day
from doorstep.organisations.models import Schedule

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ONE = re.compile(r"^(-?\d*)(MO|TU|WE|TH|FR|SA|SU)$")
_WEEK_OF_MONTH = {
    "1": gettext_lazy("first"), "2": gettext_lazy("second"), "3": gettext_lazy("third"),
    "4": gettext_lazy("fourth"), "-1": gettext_lazy("last"),
}  # fmt: skip


# What the words of a time are made from, besides the language.
_NAMES = (
    "is_possible", "freq", "interval", "byday", "bymonthday", "dtstart", "opens_at", "closes_at",
    "description",
)  # fmt: skip
_values_of = attrgetter(*_NAMES)


def in_words(schedule: Schedule) -> str:
    """Return “Mondays and Wednesdays, 10am to noon (in term time)”; its own words where it has no
    rule, "" for nothing."""
    if not schedule.freq:
        return _worded(schedule)  # a single day is said with its year, or without
    return _in_words(get_language(), *_values_of(schedule))


@lru_cache(4_000)
def _in_words(_language: str | None, *values: Any) -> str:
    """Many entries are on at the same times, and putting them into words takes a while."""
    return _worded(SimpleNamespace(**dict(zip(_NAMES, values, strict=True))))


def _worded(schedule: Any) -> str:
    if not schedule.is_possible:
        return str(schedule.description)
    days = _days_in_words(schedule)
    times = _times_in_words(schedule)
    said = ", ".join(part for part in (days, times) if part)
    own = schedule.description.strip()
    if not said:
        return own
    if own and own.casefold() not in said.casefold():
        said = f"{said} ({own})" if len(own) < 60 else f"{said}. {own}"
    return said


def bounds_in_words(schedule: Schedule, today: dt.date) -> str:
    """Return “until Friday 18 December” or “from Monday 4 January”, "" for always."""
    if schedule.valid_from and schedule.valid_from > today:
        return _("from %(day)s") % {"day": day(schedule.valid_from)}
    end = schedule.valid_to or schedule.until
    if end and end < today:
        return _("ended %(day)s") % {"day": day(end)}
    if end and (end - today).days < 120:
        return _("until %(day)s") % {"day": day(end)}
    return ""


def is_over(schedule: Schedule, today: dt.date) -> bool:
    """Whether its last day has gone."""
    end = schedule.valid_to or schedule.until
    return end is not None and end < today


def is_open(schedules: Iterable[Schedule], at: dt.datetime) -> bool | None:
    """Whether it is open at this moment; None where its times don't say."""
    here = local(at)
    known = False
    for one in schedules:
        if not one.is_possible or one.opens_at is None or one.closes_at is None:
            continue
        known = True
        if _is_on(one, here.date()) and one.opens_at <= here.time() < one.closes_at:
            return True
    return False if known else None


def _is_on(one: Schedule, today: dt.date) -> bool:
    start = one.valid_from or one.dtstart
    end = one.valid_to or one.until
    if (start and today < start) or (end and today > end):
        return False
    if one.freq == "DAILY":
        return True
    if one.freq == "WEEKLY":
        every = one.interval or 1
        if every > 1:
            first = one.dtstart or one.valid_from
            if first is None:
                return False
            monday = first - dt.timedelta(days=first.weekday())
            if ((today - monday).days // 7) % every:
                return False
        return _DAYS[today.weekday()] in one.byday.split(",")
    if one.freq == "MONTHLY":
        if one.bymonthday:
            return str(today.day) in one.bymonthday.split(",")
        for part in one.byday.split(","):
            found = _ONE.match(part.strip())
            if found and found[2] == _DAYS[today.weekday()]:
                week = (today.day - 1) // 7 + 1
                is_last = (today + dt.timedelta(days=7)).month != today.month
                if found[1] in ("", str(week)) or (found[1] == "-1" and is_last):
                    return True
        return False
    return bool(not one.freq and one.dtstart == today)


def _days_in_words(one: Schedule) -> str:
    parts = [found for part in one.byday.split(",") if (found := _ONE.match(part.strip()))]
    names = [str(WEEKDAYS[_DAYS.index(found[2])]) for found in parts]
    every = one.interval or 1
    if one.freq == "DAILY" or (one.freq == "WEEKLY" and len(set(names)) == 7):
        return _("Every day")
    if one.freq == "WEEKLY" and names:
        order = sorted({_DAYS.index(found[2]) for found in parts})
        if order == [0, 1, 2, 3, 4] and every == 1:
            return _("Monday to Friday")
        said = _and([str(WEEKDAYS[number]) for number in order])
        if every == 2:
            return _("Every other %(days)s") % {"days": said}
        return said if every == 1 else _("%(days)s, every %(count)d weeks") % {
            "days": said, "count": every,
        }  # fmt: skip
    if one.freq == "MONTHLY" and parts:
        said = _and(
            [
                f"{_WEEK_OF_MONTH.get(found[1], '')} {name}".strip()
                for found, name in zip(parts, names, strict=True)
            ]
        )
        return _("The %(days)s of the month") % {"days": said}
    if one.freq == "MONTHLY" and one.bymonthday:
        return _("On day %(days)s of the month") % {"days": one.bymonthday.replace(",", ", ")}
    if not one.freq and one.dtstart:
        return day(one.dtstart)
    return ""


def _times_in_words(one: Schedule) -> str:
    if one.opens_at and one.closes_at:
        return _("%(from)s to %(to)s") % {"from": clock(one.opens_at), "to": clock(one.closes_at)}
    if one.opens_at:
        return _("from %(from)s") % {"from": clock(one.opens_at)}
    return ""


def _and(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("%(some)s and %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}
