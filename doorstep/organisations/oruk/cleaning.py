"""One service of a feed, checked and put in our columns; what can't be is said with its place.

Three things can happen to what a feed says. It goes into a column. It is kept in `extra` as it
came, because no column of ours holds it, and goes out again. Or it can't be (a 25th hour, a place
in the sea): then it is set aside under a name beginning with "_", used nowhere, and reported.
A service without id or name, or with an id that was there before, is left out as a whole.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import math
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import nh3
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from doorstep.base.text import clean, clean_line
from doorstep.organisations.models import ImportRow, Service
from doorstep.organisations.oruk import land, shape

What = ImportRow.What
Thing = dict[str, Any]
IDS = uuid.UUID("6a2d5c5e-7f57-4a4c-9d55-0d1f3c7c2b11")  # from which ids of ours are reckoned
LONGEST_TEXT = 20_000
MOST_EXTRA = 100_000  # characters of what is kept as it came, of one thing
DEEPEST = 8
MOST_SAID = 1_000  # rows of a report kept one by one; the rest are counted


@dataclass(frozen=True)
class Said:
    """One row of the report."""

    what: str
    place: str
    said: str
    name: str = ""


@dataclass
class Record:
    """What becomes one row: columns, the rest, the rows that belong to it, and what it points to
    (name of the link -> id in the feed)."""

    feed_id: str
    fields: Thing = field(default_factory=dict)
    extra: Thing = field(default_factory=dict)
    parts: dict[str, list[Record]] = field(default_factory=dict)
    links: Thing = field(default_factory=dict)

    def as_plain(self) -> Thing:
        return {
            "id": self.feed_id,
            "fields": self.fields,
            "extra": self.extra,
            "links": self.links,
            "parts": {name: [one.as_plain() for one in rows] for name, rows in self.parts.items()},
        }


@dataclass
class Staged:
    """Everything a feed holds, by kind and id, before any of it is in the database."""

    services: dict[str, Record] = field(default_factory=dict)
    organisations: dict[str, Record] = field(default_factory=dict)
    locations: dict[str, Record] = field(default_factory=dict)
    taxonomies: dict[str, Record] = field(default_factory=dict)
    terms: dict[str, Record] = field(default_factory=dict)
    at_locations: dict[str, Record] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    read: int = 0
    left_out: int = 0
    mended: int = 0
    # Where each service stood, to name the first when a second comes.
    stood: dict[str, str] = field(default_factory=dict)

    def say(self, what: str, place: str, said: str, name: str = "") -> None:
        if what == What.LEFT_OUT:
            self.left_out += 1
        elif what == What.MENDED:
            self.mended += 1
        if len(self.said) < MOST_SAID:
            self.said.append(Said(what, place[:200], said[:400], name[:200]))


# --- Words -----------------------------------------------------------------------------------

_TAG = re.compile(r"<[a-zA-Z/!?][^>]*>?")
_SOMETHING_TO_UNDO = re.compile(r"<[a-zA-Z/!?]|&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_BREAK = re.compile(r"<\s*(br|/p|/div|/h[1-6]|/tr|/ul|/ol)\b[^>]*>", re.IGNORECASE)
_ITEM = re.compile(r"<\s*li\b[^>]*>", re.IGNORECASE)


def without_html(text: str) -> str:
    """Return the words of HTML as plain text: paragraphs as lines, list items with a dot."""
    for _again in range(3):  # hidden once more inside itself
        if not _SOMETHING_TO_UNDO.search(text):
            return text
        had_tags = bool(_TAG.search(text))
        if had_tags:
            text = _ITEM.sub("\n• ", _BREAK.sub("\n", text))
            text = nh3.clean(text, tags=set())
        text = html.unescape(text)
        if not had_tags and not _TAG.search(text):
            break
    return _TAG.sub("", text)


def as_words(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return str(value)
    return None


_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+", re.I)
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\]{1,64}@[A-Za-z0-9.-]{1,250}\.[A-Za-z]{2,24}")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


class CannotBe(Exception):
    """A value that can't be true: a sentence."""


def _url(text: str) -> str:
    text = clean_line(text)
    if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", text) and _DOMAIN.match(text):
        text = "https://" + text
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        raise CannotBe(_("That is no web address.")) from None
    if parts.scheme.lower() not in ("http", "https") or not host or len(text) > 1000:
        raise CannotBe(_("That is no web address."))
    return re.sub(r'[\s<>"{}|\\^`]', lambda one: f"%{ord(one[0]):02X}", text)


def _date(text: str) -> dt.date:
    try:
        found = dt.date.fromisoformat(text.strip()[:10])
        rest = text.strip()[10:]
    except ValueError:
        raise CannotBe(_("That is no day: write it as 2026-11-22.")) from None
    if rest and rest[0] not in "T ":
        raise CannotBe(_("That is no day: write it as 2026-11-22."))
    return found


def _time(text: str) -> dt.time:
    text = text.strip()
    # Older feeds write the time with a day in front.
    match = re.fullmatch(
        r"(?:\d{4}-\d\d-\d\d[T ])?(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?", text
    )
    if match:
        hour, minute, second = (int(part or 0) for part in match.groups())
        if (hour, minute, second) == (24, 0, 0):
            return dt.time(23, 59)
        if hour < 24 and minute < 60 and second < 60:
            return dt.time(hour, minute, second)
    raise CannotBe(_("There is no such time of day."))


def _moment(text: str) -> dt.datetime:
    try:
        found = parse_datetime(text.strip())
    except ValueError:
        found = None
    if found is None:
        found = dt.datetime.combine(_date(text), dt.time())
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _number(value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise CannotBe(_("That is no number.")) from None
    if not math.isfinite(found) or abs(found) > 1e12:
        raise CannotBe(_("That is no number."))
    return found


class Cleaner:
    """Takes the things of one feed one after the other, into `staged`."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.staged = Staged()

    # --- Small pieces ------------------------------------------------------------------------

    def uid(self, kind: str, feed_id: str) -> uuid.UUID:
        """Return the id other systems know a thing by: the feed's own, where it is a UUID."""
        if _UUID.fullmatch(feed_id):
            return uuid.UUID(feed_id)
        return uuid.uuid5(IDS, f"{self.source}|{kind}|{feed_id}")

    def _mend(self, place: str, said: str, name: str = "") -> None:
        self.staged.say(What.MENDED, place, said, name)

    def _put(
        self, record: Record, thing: Thing, spec: shape.Spec, model: Any, place: str
    ) -> set[str]:
        """Put what the spec names into columns; return the names that are seen to."""
        seen = {"id"}
        for name, attribute, kind in spec:
            if name not in thing or name in seen:
                continue
            seen.add(name)
            value = thing[name]
            if value is None or value == "":
                continue
            where = f"{place}.{name}"
            try:
                kept = self._value(value, kind, model, attribute, where)
            except CannotBe as problem:
                record.extra[f"_{name}"] = self.rest(value)
                self._mend(where, str(problem))
                continue
            if kept not in ("", None) and (attribute not in record.fields):
                record.fields[attribute] = kept
        return seen

    def _value(self, value: Any, kind: str, model: Any, attribute: str, where: str) -> Any:
        if kind == "number":
            return _number(value)
        if kind == "count":
            number = _number(value)
            if number != int(number) or not 0 <= number <= 10_000:
                raise CannotBe(_("That is no number of times."))
            return int(number)
        text = as_words(value)
        if text is None:
            raise CannotBe(_("That should be words."))
        if kind == "date":
            return _date(text)
        if kind == "time":
            return _time(text)
        if kind == "moment":
            return _moment(text)
        if kind == "url":
            return _url(text)
        if kind == "email":
            text = clean_line(text).removeprefix("mailto:")
            if not _EMAIL.fullmatch(text):
                raise CannotBe(_("That is no e-mail address."))
            return text
        plain = without_html(text)
        if _TAG.search(text) and plain != text:
            self._mend(where, _("The HTML is taken out; the words stay."))
        kept = clean_line(plain) if kind == "line" else clean(plain)
        longest = model._meta.get_field(attribute).max_length if kind == "line" else LONGEST_TEXT
        if longest and len(kept) > longest:
            self._mend(
                where, _("It is longer than %(n)s letters; the rest is cut.") % {"n": longest}
            )
            kept = kept[:longest]
        return kept

    def rest(self, value: Any, depth: int = 0) -> Any:
        """Return what is kept as it came, with its words made safe."""
        if isinstance(value, str):
            return clean(without_html(value))[:LONGEST_TEXT]
        if isinstance(value, dict):
            if depth >= DEEPEST:
                return None
            return {
                clean_line(str(name))[:80]: self.rest(one, depth + 1) for name, one in value.items()
            }
        if isinstance(value, list):
            return [] if depth >= DEEPEST else [self.rest(one, depth + 1) for one in value[:500]]
        if isinstance(value, float) and not math.isfinite(value):
            return None
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
            return str(value)
        return value

    def _keep_rest(self, record: Record, thing: Thing, seen: set[str], place: str) -> None:
        size = 0
        for name, value in thing.items():
            if name in seen or not name or name.startswith("_") or value in (None, "", [], {}):
                continue
            kept = self.rest(value)
            size += len(json.dumps(kept, ensure_ascii=False))
            if size > MOST_EXTRA:
                self._mend(f"{place}.{name}", _("There is more than we keep; this is left out."))
                return
            record.extra[clean_line(str(name))[:80]] = kept

    def _things(self, thing: Thing, name: str, place: str) -> Iterator[tuple[str, Thing]]:
        rows = thing.get(name)
        if rows is None:
            return
        if not isinstance(rows, list):
            self._mend(f"{place}.{name}", _("That should be a list; it is left out."))
            return
        for number, row in enumerate(rows):
            where = f"{place}.{name}[{number}]"
            if not isinstance(row, dict):
                self._mend(where, _("That should be a thing with names; it is left out."))
                continue
            yield where, row

    def _id(self, thing: Thing) -> str:
        return clean_line(as_words(thing.get("id")) or "")[:100]

    def _part(self, parent: str, kind: str, thing: Thing, place: str) -> Record:
        """Return a record for a row that belongs to another; it needs no id of its own."""
        given = self._id(thing)
        if not given:
            given = f"{parent}|{json.dumps(thing, sort_keys=True, default=str)}"
            record = Record("")
            record.fields["uid"] = uuid.uuid5(IDS, f"{self.source}|{kind}|{given}")
            return record
        record = Record(given)
        record.fields["uid"] = self.uid(kind, given)
        return record

    def _simple(
        self, parent: str, name: str, thing: Thing, spec: shape.Spec, model: Any, place: str
    ) -> list[Record]:
        found = []
        links = {"service_id", "location_id", "organization_id", "contact_id", "phone_id"}
        for where, row in self._things(thing, name, place):
            record = self._part(parent, name, row, where)
            seen = self._put(record, row, spec, model, where)
            self._keep_rest(record, row, seen | links, where)
            found.append(record)
        return found

    # --- The things --------------------------------------------------------------------------

    def take(self, place: str, line: int, thing: Any) -> None:
        """Take one service. Its place is told as "contents[3], line 812"."""
        self.staged.read += 1
        at = f"{place or 'the service'}, {_('line')} {line}" if line else place
        if not isinstance(thing, dict):
            self.staged.say(What.LEFT_OUT, at, _("That should be a service, and is none."))
            return
        name = clean_line(without_html(as_words(thing.get("name")) or ""))
        key = self._id(thing)
        if not key:
            self.staged.say(What.LEFT_OUT, at, _("It has no id, so it can't be told apart."), name)
            return
        if not name:
            self.staged.say(What.LEFT_OUT, at, _("It has no name."), key)
            return
        if key in self.staged.services:
            self.staged.say(
                What.LEFT_OUT,
                at,
                _("The id %(id)s was there before (%(place)s). The first one counts.")
                % {"id": key, "place": self.staged.stood[key]},
                name,
            )
            return
        self.staged.stood[key] = at
        self.staged.services[key] = self._service(key, thing, at)

    def _service(self, key: str, thing: Thing, place: str) -> Record:
        from doorstep.organisations import models

        record = Record(key)
        seen = self._put(record, thing, shape.SERVICE, models.Service, place)
        record.fields["uid"] = self.uid("service", key)
        self._status(record, place)
        ages = record.fields
        for one in ("minimum_age", "maximum_age"):
            if one in ages and not 0 <= ages[one] <= 130:
                record.extra[f"_{one}"] = ages.pop(one)
                self._mend(f"{place}.{one}", _("Nobody is that old."))
        if ages.get("minimum_age", 0) > ages.get("maximum_age", 999):
            for one in ("minimum_age", "maximum_age"):
                record.extra[f"_{one}"] = ages.pop(one)
            self._mend(place, _("The youngest age is above the oldest; both are set aside."))
        parts = record.parts
        parts["schedules"] = self._schedules(key, thing, place)
        parts["areas_served"] = self._simple(
            key, "service_areas", thing, shape.SERVICE_AREA, models.ServiceArea, place
        )
        parts["languages"] = self._simple(
            key, "languages", thing, shape.LANGUAGE, models.Language, place
        )
        parts["costs"] = self._simple(
            key, "cost_options", thing, shape.COST, models.CostOption, place
        )
        parts["phones"] = self._phones(key, thing, place)
        parts["contacts"] = self._contacts(key, thing, place)
        parts["attributes"] = self._attributes(key, thing, place)
        for where, row in self._things(thing, "service_at_locations", place):
            self._at_location(key, row, where)
        owner = thing.get("organization")
        if isinstance(owner, dict):
            found = self.organisation(owner, f"{place}.organization")
            if found:
                record.links["organisation"] = found
            else:
                record.extra["_organization"] = self.rest(owner)
        if isinstance(thing.get("organization_id"), str) and thing["organization_id"]:
            # Its organisation may be told elsewhere in the feed, or nowhere.
            told = clean_line(thing["organization_id"])[:100]
            record.links.setdefault("organisation", told)
            record.extra["organization_id"] = told
        nested = {
            "schedules", "service_areas", "languages", "cost_options", "phones", "contacts",
            "attributes", "service_at_locations", "organization", "organization_id",
        }  # fmt: skip
        self._keep_rest(record, thing, seen | nested, place)
        return record

    def _status(self, record: Record, place: str) -> None:
        given = record.fields.get("status", "active")
        known = given.lower().strip()
        if known not in Service.Status.values:
            meant = {"closed": "defunct", "suspended": "temporarily closed", "open": "active"}
            known = meant.get(known, "active")
            record.extra["_status"] = given
            self._mend(
                f"{place}.status",
                _("The standard has no “%(given)s”; we took it for “%(known)s”.")
                % {"given": given, "known": known},
            )
        record.fields["status"] = known

    def organisation(self, thing: Thing, place: str) -> str:
        """Take an organisation; return its id, "" if it can't be one. Told twice it is one, and
        what the first time left out is filled in."""
        from doorstep.organisations import models

        key = self._id(thing)
        name = clean_line(without_html(as_words(thing.get("name")) or ""))
        if not key or not name:
            self._mend(place, _("An organisation needs an id and a name; it is set aside."))
            return ""
        record = Record(key)
        seen = self._put(record, thing, shape.ORGANISATION, models.Organisation, place)
        record.fields["uid"] = self.uid("organisation", key)
        parent = as_words(thing.get("parent_organization_id"))
        if parent:
            record.fields["parent_feed_id"] = clean_line(parent)[:100]
        record.parts["attributes"] = self._attributes(key, thing, place)
        self._keep_rest(
            record, thing, seen | {"parent_organization_id", "attributes", "services"}, place
        )
        self._join(self.staged.organisations, record)
        return key

    def _join(self, rows: dict[str, Record], record: Record) -> None:
        there = rows.setdefault(record.feed_id, record)
        if there is record:
            return
        for name, value in record.fields.items():
            there.fields.setdefault(name, value)
        for name, value in record.extra.items():
            there.extra.setdefault(name, value)
        for name, value in record.links.items():
            there.links.setdefault(name, value)
        for name, parts in record.parts.items():
            known = {one.fields["uid"] for one in there.parts.get(name, [])}
            there.parts.setdefault(name, []).extend(
                one for one in parts if one.fields["uid"] not in known
            )

    def _contacts(self, key: str, thing: Thing, place: str) -> list[Record]:
        from doorstep.organisations import models

        found = []
        for where, row in self._things(thing, "contacts", place):
            record = self._part(key, "contacts", row, where)
            seen = self._put(record, row, shape.CONTACT, models.Contact, where)
            record.parts["phones"] = self._phones(key, row, where)
            self._keep_rest(record, row, seen | {"phones", "service_id", "organization_id"}, where)
            found.append(record)
        return found

    def _phones(self, key: str, thing: Thing, place: str) -> list[Record]:
        from doorstep.organisations import models

        found = []
        for record in self._simple(key, "phones", thing, shape.PHONE, models.Phone, place):
            number = record.fields.get("number", "").strip("\"' ")
            if sum(one.isdigit() for one in number) < 3:
                self._mend(f"{place}.phones", _("A telephone number has digits; it is left out."))
                continue
            record.fields["number"] = number
            found.append(record)
        return found

    def _attributes(self, key: str, thing: Thing, place: str) -> list[Record]:
        from doorstep.organisations import models

        found = []
        for where, row in self._things(thing, "attributes", place):
            record = self._part(key, "attributes", row, where)
            seen = self._put(record, row, shape.ATTRIBUTE, models.Attribute, where)
            told = row.get("taxonomy_term")
            term = self.term(told, f"{where}.taxonomy_term") if isinstance(told, dict) else ""
            if not term and isinstance(row.get("taxonomy_term_id"), str):
                term = clean_line(row["taxonomy_term_id"])[:100]
            if not term:
                self._mend(where, _("It names no term; it is left out."))
                continue
            record.links["term"] = term
            self._keep_rest(
                record,
                row,
                seen | {"taxonomy_term", "taxonomy_term_id", "link_id", "link_entity"},
                where,
            )
            found.append(record)
        return found

    def term(self, thing: Thing, place: str) -> str:
        """Take a term; return its id."""
        from doorstep.organisations import models

        key = self._id(thing)
        record = Record(key)
        seen = self._put(record, thing, shape.TERM, models.TaxonomyTerm, place)
        if not key or "name" not in record.fields:
            self._mend(place, _("A term needs an id and a name; it is left out."))
            return ""
        record.fields["uid"] = self.uid("term", key)
        if parent := as_words(thing.get("parent_id")):
            record.fields["parent_feed_id"] = clean_line(parent)[:100]
        listed = as_words(thing.get("taxonomy_id"))
        if listed:
            record.links["taxonomy"] = clean_line(listed)[:100]
        detail = thing.get("taxonomy_detail")
        if isinstance(detail, dict) and self.taxonomy(detail, f"{place}.taxonomy_detail"):
            record.links["taxonomy"] = self._id(detail)
        self._keep_rest(
            record, thing, seen | {"parent_id", "taxonomy_id", "taxonomy_detail"}, place
        )
        self._join(self.staged.terms, record)
        return key

    def taxonomy(self, thing: Thing, place: str) -> str:
        """Take a list of terms; return its id."""
        from doorstep.organisations import models

        key = self._id(thing)
        record = Record(key)
        seen = self._put(record, thing, shape.TAXONOMY, models.Taxonomy, place)
        if not key or "name" not in record.fields:
            self._mend(place, _("A list of terms needs an id and a name; it is left out."))
            return ""
        record.fields["uid"] = self.uid("taxonomy", key)
        self._keep_rest(record, thing, seen | {"taxonomy_terms"}, place)
        self._join(self.staged.taxonomies, record)
        return key

    # --- Where -------------------------------------------------------------------------------

    def _at_location(self, service: str, thing: Thing, place: str) -> None:
        from doorstep.organisations import models

        told = thing.get("location")
        if not isinstance(told, dict):
            key = as_words(thing.get("location_id")) or ""
            if not key:
                self._mend(place, _("It names no place; it is left out."))
                return
            location = clean_line(key)[:100]
        else:
            location = self.location(told, f"{place}.location")
            if not location:
                return
        given = self._id(thing) or f"{service}|{location}"
        record = Record(given[:100])
        if given in self.staged.at_locations:
            self._mend(place, _("The id %(id)s was there before; it is left out.") % {"id": given})
            return
        seen = self._put(record, thing, shape.AT_LOCATION, models.ServiceAtLocation, place)
        record.fields["uid"] = self.uid("service_at_location", record.feed_id)
        record.links = {"service": service, "location": location}
        record.parts["schedules"] = self._schedules(given, thing, place)
        self._keep_rest(
            record,
            thing,
            seen | {"location", "location_id", "service", "service_id", "schedules"},
            place,
        )
        self.staged.at_locations[record.feed_id] = record

    def location(self, thing: Thing, place: str) -> str:
        """Take a location; return its id."""
        from doorstep.organisations import models

        key = self._id(thing)
        if not key:
            self._mend(place, _("A place needs an id; it is left out."))
            return ""
        if key in self.staged.locations and len(thing) <= 2:
            return key
        record = Record(key)
        seen = self._put(record, thing, shape.LOCATION, models.Location, place)
        record.fields["uid"] = self.uid("location", key)
        kind = record.fields.get("location_type", "physical").lower()
        if kind not in models.Location.Kind.values:
            record.extra["_location_type"] = kind
            self._mend(f"{place}.location_type", _("The standard has no such kind of place."))
            kind = "physical"
        record.fields["location_type"] = kind
        record.parts["addresses"] = self._simple(
            key, "addresses", thing, shape.ADDRESS, models.Address, place
        )
        for one in record.parts["addresses"]:
            one.fields.setdefault("country", "GB")
            if one.fields.get("address_type") not in models.Location.Kind.values:
                one.fields["address_type"] = "physical"
        record.parts["access"] = self._simple(
            key, "accessibility", thing, shape.ACCESSIBILITY, models.Accessibility, place
        )
        record.parts["attributes"] = self._attributes(key, thing, place)
        self._point(record, thing, place)
        self._keep_rest(
            record,
            thing,
            seen | {"addresses", "accessibility", "attributes", "latitude", "longitude"},
            place,
        )
        self._join(self.staged.locations, record)
        return key

    def _point(self, record: Record, thing: Thing, place: str) -> None:
        given = [thing.get("latitude"), thing.get("longitude")]
        if all(one in (None, "") for one in given):
            return
        try:
            if None in given or "" in given:
                raise CannotBe(_("A point needs both latitude and longitude; it is set aside."))
            latitude, longitude = _number(given[0]), _number(given[1])
            land.check(latitude, longitude)
        except (CannotBe, land.NotHere) as problem:
            self._mend(place, str(problem))
            # Numbers go out again as they came; they are on no map of ours.
            for name, value in zip(("latitude", "longitude"), given, strict=True):
                is_number = isinstance(value, int | float) and not isinstance(value, bool)
                record.extra[name if is_number else f"_{name}"] = self.rest(value)
            return
        record.fields["latitude"], record.fields["longitude"] = latitude, longitude

    # --- When --------------------------------------------------------------------------------

    def _schedules(self, key: str, thing: Thing, place: str) -> list[Record]:
        from doorstep.organisations import models

        found = []
        links = {"service_id", "location_id", "service_at_location_id"}
        for where, row in self._things(thing, "schedules", place):
            record = self._part(key, "schedules", row, where)
            seen = self._put(record, row, shape.SCHEDULE, models.Schedule, where)
            impossible = [
                name
                for name in ("opens_at", "closes_at", "interval", "count", "until", "dtstart",
                             "valid_from", "valid_to")
                if f"_{name}" in record.extra
            ]  # fmt: skip
            try:
                if impossible:
                    raise CannotBe(_("These hours can't be, so we show none of them."))
                self._check_rule(record, where)
            except CannotBe as problem:
                self._mend(where, str(problem))
                words = ("uid", "description", "notes", "attending_type", "schedule_link")
                record.extra["_given"] = {
                    name: str(value) for name, value in row.items() if value not in (None, "")
                }
                record.fields = {
                    name: value for name, value in record.fields.items() if name in words
                }
                record.fields["is_possible"] = False
            self._keep_rest(record, row, seen | links, where)
            found.append(record)
        return found

    def _check_rule(self, record: Record, place: str) -> None:
        """Put the rule in order, or raise CannotBe (RFC 5545)."""
        rule = record.fields
        if "freq" in rule:
            rule["freq"] = rule["freq"].upper()
            if rule["freq"] not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
                raise CannotBe(_("There is no rule called %(freq)s.") % {"freq": rule["freq"][:20]})
        if rule.get("interval") == 0 or rule.get("count") == 0:
            raise CannotBe(_("Every nought weeks is never."))
        if "byday" in rule:
            rule["byday"] = _days(rule["byday"])
        if "wkst" in rule:
            rule["wkst"] = _days(rule["wkst"])
        for name, most in (("bymonthday", 31), ("byweekno", 53), ("byyearday", 366)):
            if name in rule:
                rule[name] = _numbers(rule[name], most)
        if re.search(r"\d", rule.get("byday", "")) and rule.get("freq") in ("WEEKLY", "DAILY"):
            raise CannotBe(_("The second Monday of a week can't be: that needs MONTHLY."))
        first = max(
            (rule[name] for name in ("valid_from", "dtstart") if name in rule), default=None
        )
        last = min((rule[name] for name in ("valid_to", "until") if name in rule), default=None)
        if first and last and last < first:
            raise CannotBe(_("It ends before it begins."))
        opens, closes = rule.get("opens_at"), rule.get("closes_at")
        if opens is not None and opens == closes and opens != dt.time():
            raise CannotBe(_("It closes at the moment it opens."))
        if opens and closes and closes < opens:
            self.staged.say(What.NOTE, place, _("It closes after midnight."))
        if rule.get("freq") == "DAILY" and rule.get("interval", 1) == 1 and "byday" not in rule:
            # The UK profile knows weeks and months alone.
            rule["freq"], rule["byday"] = "WEEKLY", "MO,TU,WE,TH,FR,SA,SU"


_DAY_NAMES = {
    name: code
    for code, full in {
        "MO": "monday", "TU": "tuesday", "WE": "wednesday", "TH": "thursday", "FR": "friday",
        "SA": "saturday", "SU": "sunday",
    }.items()
    for name in (code, full.upper(), full[:3].upper(), full[:4].upper(), full.upper() + "S")
}  # fmt: skip


def _days(text: str) -> str:
    found = []
    for word in re.split(r"[,;\s]+", text.upper()):
        if not word:
            continue
        match = re.fullmatch(r"([+-]?[1-5]?)([A-Z]+)", word)
        day = _DAY_NAMES.get(match[2]) if match else None
        if match is None or day is None:
            raise CannotBe(_("There is no day called %(word)s.") % {"word": word[:20]})
        found.append(match[1].removeprefix("+") + day)
    return ",".join(dict.fromkeys(found))


def _numbers(text: str, most: int) -> str:
    found = []
    for word in re.split(r"[,;\s]+", text):
        if not word:
            continue
        if not re.fullmatch(r"-?\d{1,3}", word) or not 1 <= abs(int(word)) <= most:
            raise CannotBe(_("There is no day %(word)s.") % {"word": word[:20]})
        found.append(str(int(word)))
    return ",".join(dict.fromkeys(found))
