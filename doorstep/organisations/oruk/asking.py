"""What another system may ask of the lists: parameters in, rows out.

The names are those of the standard's OpenAPI. What is not understood is refused with a sentence
rather than passed over: a filter that is not applied would be an answer to another question.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from doorstep.organisations.models import (
    Attribute,
    Location,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    TaxonomyTerm,
)
from doorstep.places.models import Postcode, tidy_postcode

PER_PAGE = 50
MOST_PER_PAGE = 200
FARTHEST = 100_000  # metres
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_METRES_PER_DEGREE = 111_195.0


class NotUnderstood(Exception):
    """A parameter that can't be used: which, and a sentence."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(said)
        self.name, self.said = name, said


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    rows: list[Any]
    total: int
    number: int
    per_page: int

    def envelope(self, contents: list[Any]) -> dict[str, Any]:
        """Return the standard's Page around `contents`."""
        pages = -(-self.total // self.per_page)
        return {
            "total_items": self.total,
            "total_pages": pages,
            "page_number": self.number,
            "size": len(contents),
            "first_page": self.number == 1,
            "last_page": self.number >= pages,
            "empty": not contents,
            "contents": contents,
        }


def _given(asked: Mapping[str, str], name: str) -> str:
    return asked.get(name, "").strip()


def whole_number(asked: Mapping[str, str], name: str, default: int, most: int) -> int:
    """Return a number from 1 on; more than `most` is `most`."""
    text = _given(asked, name)
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        raise NotUnderstood(name, _("Give a whole number from 1 on."))
    return min(int(text), most)


def _number(asked: Mapping[str, str], name: str) -> float | None:
    text = _given(asked, name)
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text):
        raise NotUnderstood(name, _("Give a number, such as 18."))
    return float(text)


def yes(asked: Mapping[str, str], name: str) -> bool:
    """Return whether a yes-or-no parameter says yes."""
    text = _given(asked, name).lower()
    if text in ("", "false", "0", "no"):
        return False
    if text in ("true", "1", "yes"):
        return True
    raise NotUnderstood(name, _("Give true or false."))


def _time(asked: Mapping[str, str], name: str) -> dt.time | None:
    text = _given(asked, name)
    if not text:
        return None
    try:
        return dt.time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise NotUnderstood(name, _("Give a time, such as 09:30.")) from None


def _moment(asked: Mapping[str, str], name: str) -> dt.datetime | None:
    # A plus in an address is a space to most who forget to write it as %2B.
    text = _given(asked, name).replace(" ", "+")
    if not text:
        return None
    try:
        found = parse_datetime(text) or dt.datetime.combine(dt.date.fromisoformat(text), dt.time())
    except ValueError:
        raise NotUnderstood(name, _("Give a moment, such as 2026-11-22T09:30:00Z.")) from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _days(asked: Mapping[str, str]) -> list[str]:
    found = []
    for word in re.split(r"[,\s]+", _given(asked, "day").upper()):
        if word:
            if word[:2] not in DAYS or not word.isalpha():
                raise NotUnderstood("day", _("Give a day as MO, TU, WE, TH, FR, SA or SU."))
            found.append(word[:2])
    return found


# --- Filters of services ---------------------------------------------------------------------


def services(asked: Mapping[str, str]) -> QuerySet[Service]:
    """Return the public services the parameters ask for, except those of `search`."""
    found = Service.objects.public()
    if term := _given(asked, "taxonomy_term_id"):
        found = found.filter(_with_term(_uids("taxonomy_term_id", term, "uid")))
    if taxonomy := _given(asked, "taxonomy_id"):
        found = found.filter(_with_term(_uids("taxonomy_id", taxonomy, "taxonomy__uid")))
    if organisation := _given(asked, "organization_id"):
        found = found.filter(_uids("organization_id", organisation, "organisation__uid"))
    if (youngest := _number(asked, "minimum_age")) is not None:
        found = found.filter(minimum_age__gte=youngest)
    if (oldest := _number(asked, "maximum_age")) is not None:
        found = found.filter(maximum_age__lte=oldest)
    if (since := _moment(asked, "modified_after")) is not None:
        found = found.filter(changed_at__gte=since)
    times = _times(asked)
    if times is not None:
        # Two look-ups rather than one OR, which no index serves.
        found = found.filter(
            Q(pk__in=times.filter(service__isnull=False).values("service"))
            | Q(pk__in=times.filter(at_location__isnull=False).values("at_location__service"))
        )
    if (near := _near(asked)) is not None:
        found = found.filter(
            pk__in=ServiceAtLocation.objects.filter(location__in=near).values("service")
        )
    elif (postcode := _postcode(asked)) is not None:
        found = found.filter(_serves(postcode))
    return found


def services_at_locations(asked: Mapping[str, str]) -> QuerySet[ServiceAtLocation]:
    """Return the public services at locations the parameters ask for."""
    most = {name: value for name, value in asked.items() if name not in ("postcode", "proximity")}
    found = ServiceAtLocation.objects.filter(service__state__in=("live", "stale"))
    if set(most) - {"page", "per_page", "search", "full", "format"}:
        found = found.filter(service__in=services(most).order_by())
    if (near := _near(asked)) is not None:
        found = found.filter(location__in=near)
    elif (postcode := _postcode(asked)) is not None:
        found = found.filter(service__in=Service.objects.public().filter(_serves(postcode)))
    return found


def _uids(name: str, text: str, path: str) -> Q:
    import uuid

    try:
        return Q(**{f"{path}__in": [uuid.UUID(one) for one in text.split(",")]})
    except ValueError:
        raise NotUnderstood(name, _("Give an id as our answers do.")) from None


def _with_term(which: Q) -> Q:
    terms = set(TaxonomyTerm.objects.filter(which).values_list("pk", flat=True))
    # A feed's own term counts for the one of ours it means.
    terms |= set(TaxonomyTerm.objects.filter(same_as__in=terms).values_list("pk", flat=True))
    return Q(pk__in=Attribute.objects.filter(term__in=terms).values("service"))


def _times(asked: Mapping[str, str]) -> QuerySet[Schedule] | None:
    days, opens, closes = _days(asked), _time(asked, "start_time"), _time(asked, "end_time")
    if not days and opens is None and closes is None:
        return None
    found = Schedule.objects.filter(is_possible=True)
    if days:
        on = Q()
        for day in days:
            on |= Q(byday__contains=day)
        found = found.filter(on)
    if opens is not None:
        found = found.filter(opens_at__gte=opens)
    if closes is not None:
        found = found.filter(closes_at__lte=closes)
    return found.order_by()


def _postcode(asked: Mapping[str, str]) -> Postcode | None:
    text = _given(asked, "postcode")
    if not text:
        if _given(asked, "proximity"):
            raise NotUnderstood("proximity", _("Give a postcode with it."))
        return None
    found = Postcode.find(text)
    if found is None:
        raise NotUnderstood(
            "postcode",
            _("We know the postcodes of this borough only.")
            if tidy_postcode(text)
            else _("Give a postcode, such as RM10 7FH."),
        )
    return found


def _near(asked: Mapping[str, str]) -> list[int] | None:
    metres = _number(asked, "proximity")
    postcode = _postcode(asked)
    if metres is None or postcode is None:
        return None
    return locations_near(postcode.latitude, postcode.longitude, min(metres, FARTHEST))


def locations_near(latitude: float, longitude: float, metres: float) -> list[int]:
    """Return the ids of locations at most `metres` from a point."""
    up = metres / _METRES_PER_DEGREE
    along = up / max(0.01, math.cos(math.radians(latitude)))
    rows = Location.objects.filter(
        latitude__range=(latitude - up, latitude + up),
        longitude__range=(longitude - along, longitude + along),
    ).values_list("pk", "latitude", "longitude")
    return [pk for pk, lat, lon in rows if metres_between(latitude, longitude, lat, lon) <= metres]


def metres_between(lat: Any, lon: Any, other_lat: Any, other_lon: Any) -> float:
    """Return the distance between two points in metres, along the earth."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * 6_371_000 * math.asin(math.sqrt(half))


def _serves(postcode: Postcode) -> Q:
    """Those that serve where the postcode lies, and those that do not say whom they serve."""
    around = [*postcode.ward.path_ids]
    if postcode.neighbourhood is not None:
        around += postcode.neighbourhood.path_ids
    known = ServiceArea.objects.filter(service=OuterRef("pk"), area__isnull=False)
    return Q(~Exists(known)) | Q(Exists(known.filter(area__in=around)))


# --- Full text -------------------------------------------------------------------------------

_WORD = re.compile(r"\w+", re.UNICODE)
MOST_WORDS = 12


def ranked_ids(text: str) -> list[int]:
    """Return the ids of public services with any of these words, the best match first."""
    words = list(dict.fromkeys(_WORD.findall(text.lower())))[:MOST_WORDS]
    if not words:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            match = " OR ".join(f'"{word}"' + ("*" if len(word) > 2 else "") for word in words)
            cursor.execute(
                "SELECT rowid FROM organisations_service_fts WHERE organisations_service_fts "
                "MATCH %s ORDER BY bm25(organisations_service_fts, 8, 6, 1, 2, 3), rowid",
                [match],
            )
        else:
            match = " | ".join(f"{word}:*" if len(word) > 2 else word for word in words)
            cursor.execute(
                "SELECT id FROM organisations_service WHERE words @@ to_tsquery('simple', %s) "
                "AND state IN ('live', 'stale') "
                "ORDER BY ts_rank_cd(words, to_tsquery('simple', %s)) DESC, id",
                [match, match],
            )
        return [row[0] for row in cursor.fetchall()]


def page_of(
    found: QuerySet[Any], asked: Mapping[str, str], *, by: str = "pk", most: int = MOST_PER_PAGE
) -> Page:
    """Return the page asked for of `found`; `by` is the field the search's ids stand in."""
    number = whole_number(asked, "page", 1, 10**9)
    per_page = whole_number(asked, "per_page", PER_PAGE, most)
    first = (number - 1) * per_page
    text = _given(asked, "search")
    if not text:
        total = found.order_by().count()
        # Too far on for any database's numbers is past the end all the same.
        # Ids first: a page far on then skips over small index rows, not over whole ones.
        some = found.order_by("pk").values_list("pk", flat=True)
        chosen = list(some[first : first + per_page]) if first < total else []
        by_pk = found.in_bulk(chosen) if chosen else {}
        return Page([by_pk[pk] for pk in chosen if pk in by_pk], total, number, per_page)
    place = {pk: rank for rank, pk in enumerate(ranked_ids(text))}
    keys = found.order_by().values_list("pk", by) if place else []
    order = sorted((place[key], pk) for pk, key in keys if key in place)
    chosen = [pk for _rank, pk in order[first : first + per_page]]
    by_pk = found.in_bulk(chosen)
    return Page([by_pk[pk] for pk in chosen], len(order), number, per_page)
