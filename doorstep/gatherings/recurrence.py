"""When a gathering happens again: RFC 5545 rules on London's clock.

A rule works on the clock people look at: 12:00 stays 12:00 when the clocks change. So the days
are worked out without any time zone and only then become moments (`base.time.in_london`).
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from dateutil.rrule import rrule, rrulestr
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorstep.base.time import LONDON, in_london, local

MOST_SESSIONS = 400  # of one gathering, ever
AHEAD = dt.timedelta(weeks=26)  # sessions are made this far ahead
LOOK_AHEAD = dt.timedelta(days=5 * 366)  # a rule that fires less often is refused
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_KEYS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"}
_FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}


class BadRule(ValueError):
    """A sentence for the person who wrote the rule."""


def on_the_clock(moment: dt.datetime) -> dt.datetime:
    """Return what London's clocks show at `moment`, without a time zone."""
    return local(moment).replace(tzinfo=None)


def is_skipped(naive: dt.datetime) -> bool:
    """Whether London's clocks jump over `naive` (the last Sunday in March, 1am to 2am)."""
    return in_london(naive).replace(tzinfo=None) != naive


def parse(text: str) -> dict[str, str]:
    """Return the parts of a rule. Raises BadRule with what to do."""
    line = re.sub(r"\s+", "", text).upper().removeprefix("RRULE:").strip(";")
    parts: dict[str, str] = {}
    for piece in line.split(";"):
        key, equals, value = piece.partition("=")
        if not equals or not value:
            raise BadRule(
                _("We can't read “%(piece)s” in that rule. A rule looks like FREQ=WEEKLY;BYDAY=TH.")
                % {"piece": piece[:40]}
            )
        if key in parts:
            raise BadRule(_("That rule says %(key)s twice. Say it once.") % {"key": key})
        parts[key] = value
    if parts.get("FREQ") in ("SECONDLY", "MINUTELY", "HOURLY"):
        raise BadRule(_("That's more often than neighbours can meet. Once a day is the most."))
    if parts.get("FREQ") not in _FREQUENCIES:
        raise BadRule(_("Say how often: FREQ=DAILY, FREQ=WEEKLY, FREQ=MONTHLY or FREQ=YEARLY."))
    for key in parts:
        if key in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            raise BadRule(_("Leave the hours out of the rule: the time has its own box."))
        if key not in _KEYS:
            raise BadRule(_("We can't use %(key)s in a rule. Leave it out.") % {"key": key[:20]})
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRule(_("Say either COUNT or UNTIL in the rule, not both."))
    return parts


def join(parts: dict[str, str]) -> str:
    """Return the parts as a rule, in RFC 5545's own order of habit."""
    order = ("FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST")
    keys = [*order, "COUNT", "UNTIL"]
    return ";".join(f"{key}={parts[key]}" for key in keys if key in parts)


def _until_on_the_clock(value: str) -> dt.datetime:
    """Return UNTIL as London's clocks show it: a date means the end of that day."""
    try:
        if "T" not in value:
            day = dt.datetime.strptime(value, "%Y%m%d")  # noqa: DTZ007 (the clock's own time)
            return day.replace(hour=23, minute=59, second=59)
        moment = dt.datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
        if value.endswith("Z"):
            moment = moment.replace(tzinfo=dt.UTC).astimezone(LONDON).replace(tzinfo=None)
        return moment
    except ValueError:
        raise BadRule(_("UNTIL in that rule isn't a date. It looks like UNTIL=20270331.")) from None


def until_on(day: dt.date) -> str:
    """Return UNTIL for “the last one is on `day` or before”, in UTC as RFC 5545 wants it."""
    end = in_london(dt.datetime.combine(day, dt.time(23, 59, 59)))
    return f"{end.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def make_rule(
    *,
    every: str,
    first_day: dt.date,
    until: dt.date | None = None,
    times: int | None = None,
) -> str:
    """Return the rule for what somebody chose in plain words.

    `every`: "once", "day", "week", "fortnight", "month" (the same weekday of the month, such as
    the first Thursday; a fifth one means the last).
    """
    if every == "once":
        return ""
    parts = {
        "day": {"FREQ": "DAILY"},
        "week": {"FREQ": "WEEKLY"},
        "fortnight": {"FREQ": "WEEKLY", "INTERVAL": "2"},
        "month": {"FREQ": "MONTHLY"},
    }[every]
    if every == "month":
        which = (first_day.day - 1) // 7 + 1
        parts["BYDAY"] = f"{-1 if which == 5 else which}{WEEKDAYS[first_day.weekday()]}"
    if times:
        parts["COUNT"] = str(times)
    elif until:
        parts["UNTIL"] = until_on(until)
    return join(parts)


@lru_cache(512)
def _rule(text: str, first: dt.datetime) -> tuple[rrule, dt.datetime | None]:
    """Return dateutil's rule without its UNTIL, and that UNTIL, both on London's clock."""
    parts = parse(text)
    until = _until_on_the_clock(parts.pop("UNTIL")) if "UNTIL" in parts else None
    try:
        made = rrulestr(join(parts), dtstart=first)
    except (ValueError, TypeError, AttributeError, IndexError):
        raise BadRule(
            _("We can't work that rule out. A rule looks like FREQ=WEEKLY;BYDAY=TH.")
        ) from None
    return made, until


def occurrences(
    rule: str,
    first: dt.datetime,
    *,
    after: dt.datetime | None = None,
    until: dt.datetime,
    most: int = MOST_SESSIONS,
) -> list[dt.datetime]:
    """Return the starts `rule` makes from `first` to `until`, later than `after`; at most `most`.

    All moments are aware; so are those returned. Without a rule it is `first` alone.
    """
    if not rule:
        alone = first <= until and (after is None or first > after)
        return [local(first)] if alone else []
    made, ends = _rule(rule, on_the_clock(first))
    last = on_the_clock(until)
    if ends is not None:
        last = min(last, ends)
    # dateutil looks as far as the year 9999 for a day that never comes, so it gets an end.
    bounded = made.replace(until=last) if not made._count else made  # type: ignore[attr-defined]
    found: list[dt.datetime] = []
    for naive in bounded:
        if naive > last:
            break
        moment = in_london(naive)
        if after is not None and moment <= after:
            continue
        # A time skipped in March can fall on the next one; it happens once.
        if found and moment <= found[-1]:
            continue
        found.append(moment)
        if len(found) >= most:
            break
    return found


def check(rule: str, first: dt.datetime) -> str:
    """Return the rule tidied, or raise BadRule with a sentence: never, too often, or too many."""
    if not rule:
        return ""
    parts = parse(rule)
    for key in ("INTERVAL", "COUNT"):
        if key in parts and (not parts[key].isdigit() or not 1 <= int(parts[key]) <= 10_000_000):
            raise BadRule(_("%(key)s in that rule must be a number from 1 up.") % {"key": key})
    if int(parts.get("COUNT", "1")) > MOST_SESSIONS:
        raise _too_many(int(parts["COUNT"]))
    if int(parts.get("INTERVAL", "1")) > 400:
        raise BadRule(_("That's too long between two times. Plan the next one when it's nearer."))
    if "UNTIL" in parts:
        end = _until_on_the_clock(parts["UNTIL"])
        if end < on_the_clock(first):
            raise BadRule(_("That rule ends before the first day. Choose a later end."))
    tidy = join(parts)
    if _never(parts):
        raise BadRule(_("That rule never lands on a day. Check its days and months."))
    # COUNT would make dateutil look for ever for a day that never comes.
    endless = join({key: value for key, value in parts.items() if key != "COUNT"})
    found = occurrences(endless, first, until=first + LOOK_AHEAD, most=MOST_SESSIONS + 1)
    if not found:
        raise BadRule(_("That rule never lands on a day. Check its days and months."))
    if "UNTIL" in parts and len(found) > MOST_SESSIONS:
        raise _too_many(len(found))
    if found[0] != first:
        raise BadRule(
            _(
                "That rule doesn't land on %(day)s. Its first day is %(first)s. "
                "Change the day or the rule."
            )
            % {"day": day_words(local(first).date()), "first": day_words(local(found[0]).date())}
        )
    return tidy


def _never(parts: dict[str, str]) -> bool:
    """Whether no month has the rule's day (30 February): dateutil would look till year 9999."""
    try:
        months = [int(month) for month in parts.get("BYMONTH", "1").split(",")]
        days = [abs(int(day)) for day in parts.get("BYMONTHDAY", "1").split(",")]
    except ValueError:
        return False  # dateutil says what is wrong
    lengths = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    longest = max((lengths[month - 1] for month in months if 1 <= month <= 12), default=0)
    return min(days) > longest


def _too_many(count: int) -> BadRule:
    return BadRule(
        _("That makes more than %(most)d times. Plan fewer now; you can add more later.")
        % {"most": MOST_SESSIONS}
    )


def without_end(rule: str) -> str:
    """Return the rule without COUNT and UNTIL, to compare how often two gatherings happen."""
    if not rule:
        return ""
    parts = parse(rule)
    return join({key: value for key, value in parts.items() if key not in ("COUNT", "UNTIL")})


def with_count(rule: str, count: int) -> str:
    """Return the rule ending after `count` times."""
    parts = parse(rule)
    parts.pop("UNTIL", None)
    parts["COUNT"] = str(count)
    return join(parts)


def ending_before(rule: str, moment: dt.datetime) -> str:
    """Return the rule ending just before `moment`."""
    parts = parse(rule)
    parts.pop("COUNT", None)
    parts["UNTIL"] = f"{moment.astimezone(dt.UTC) - dt.timedelta(seconds=1):%Y%m%dT%H%M%SZ}"
    return join(parts)


def choice_of(rule: str, first: dt.datetime) -> dict[str, object]:
    """Return what the planning form shows for a rule: every, until, times, rule.

    `every` is "own" for a rule that the plain choices can't say.
    """
    if not rule:
        return {"every": "once", "until": None, "times": None, "rule": ""}
    parts = parse(rule)
    times = int(parts["COUNT"]) if "COUNT" in parts else None
    until = _until_on_the_clock(parts["UNTIL"]).date() if "UNTIL" in parts else None
    bare = without_end(rule)
    day = local(first).date()
    for every in ("day", "week", "fortnight", "month"):
        if bare == make_rule(every=every, first_day=day):
            return {"every": every, "until": until, "times": times, "rule": ""}
    return {"every": "own", "until": until, "times": times, "rule": bare}


# --- In words --------------------------------------------------------------------------------


def day_words(day: dt.date) -> str:
    """“Thursday 26 November 2026”."""
    return formats.date_format(day, "l j F Y")


def weekday_name(number: int) -> str:
    """Return the name of a weekday, 0 for Monday, in the reader's language."""
    return formats.date_format(dt.date(2024, 1, 1 + number), "l")


def in_words(rule: str, first: dt.datetime) -> str:
    """Say a rule the way people do: “Every 2 weeks on Thursday, until 3 March 2027”."""
    return _in_words(rule, on_the_clock(first), translation.get_language() or "")


@lru_cache(2048)
def _in_words(rule: str, first: dt.datetime, language: str) -> str:
    if not rule:
        return _("Just once")
    parts = parse(rule)
    words = _how_often(parts, first)
    if "COUNT" in parts:
        times = int(parts["COUNT"])
        return ngettext("%(often)s, %(times)d time", "%(often)s, %(times)d times", times) % {
            "often": words,
            "times": times,
        }
    if "UNTIL" in parts:
        end = formats.date_format(_until_on_the_clock(parts["UNTIL"]).date(), "j F Y")
        return _("%(often)s, until %(end)s") % {"often": words, "end": end}
    return words


def _how_often(parts: dict[str, str], first: dt.datetime) -> str:
    interval = int(parts.get("INTERVAL", "1"))
    frequency = parts["FREQ"]
    simple = not {"BYSETPOS", "BYMONTH", "BYMONTHDAY"} & parts.keys()
    days = parts.get("BYDAY", "").split(",") if parts.get("BYDAY") else []
    if frequency == "DAILY" and simple and not days:
        return ngettext("Every day", "Every %(count)d days", interval) % {"count": interval}
    if frequency == "WEEKLY" and simple and all(day in WEEKDAYS for day in days):
        numbers = sorted(WEEKDAYS.index(day) for day in days) or [first.weekday()]
        names = _and([weekday_name(number) for number in numbers])
        return ngettext("Every %(days)s", "Every %(count)d weeks on %(days)s", interval) % {
            "count": interval,
            "days": names,
        }
    match = re.fullmatch(r"(-?\d)(MO|TU|WE|TH|FR|SA|SU)", parts.get("BYDAY", ""))
    if frequency == "MONTHLY" and simple and match:
        which = {
            "1": _("first"),
            "2": _("second"),
            "3": _("third"),
            "4": _("fourth"),
            "-1": _("last"),
        }.get(match[1])
        if which:
            said = {"which": which, "day": weekday_name(WEEKDAYS.index(match[2]))}
            if interval == 1:
                return _("The %(which)s %(day)s of every month") % said
            return _("The %(which)s %(day)s, every %(count)d months") % {**said, "count": interval}
    if frequency == "MONTHLY" and not days and "BYMONTH" not in parts and "BYSETPOS" not in parts:
        number = parts.get("BYMONTHDAY", str(first.day))
        if interval == 1 and number.isdigit():
            return _("Day %(day)s of every month") % {"day": number}
    if frequency == "YEARLY" and interval == 1 and simple and not days:
        return _("Every year on %(day)s") % {"day": formats.date_format(first.date(), "j F")}
    return _("Again and again, on the days below")


def _and(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return _("%(some)s and %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}
