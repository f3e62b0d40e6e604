"""Where things come from: an address, a file (JSON or CSV) or a folder of the standard's tables."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from doorstep.organisations.oruk import older, template
from doorstep.organisations.oruk.fetching import MOST_BYTES, CannotFetch, Fetcher, too_large
from doorstep.organisations.oruk.reading_json import LISTS, BadJson, JsonFeed

Thing = dict[str, Any]
Found = tuple[str, int, Any]  # place, line, thing
MOST_THINGS = 100_000
MOST_PAGES = 5_000
PER_PAGE = 100


class BadFeed(Exception):
    """The whole feed is no use: a sentence that says why, where, and what to do."""


Note = Callable[[str, str], None]  # (place, sentence)


def is_address(place: str) -> bool:
    return "://" in place


def things(
    place: str,
    *,
    fetcher: Fetcher | None = None,
    known: dict[str, str] | None = None,
    note: Note = lambda _place, _said: None,
) -> Iterator[Found]:
    """Yield every service of a feed, in the words of 3.0.

    `known` is id -> `last_modified` of what we have: such a service is not fetched by itself
    again, and comes as {"id": …, "_same": True}. Raises BadFeed, at any moment.
    """
    try:
        found = _things(place, fetcher or Fetcher(), known or {}, note)
        for number, (where, line, thing) in enumerate(found):
            if number >= MOST_THINGS:
                raise BadFeed(
                    _("It holds more than %(most)s services, which is the most we read.")
                    % {"most": f"{MOST_THINGS:,}"}
                )
            yield where, line, older.as_now(thing) if older.is_older(thing) else thing
    except BadJson as problem:
        raise BadFeed(str(problem)) from None
    except CannotFetch as problem:
        raise BadFeed(str(problem)) from None
    except UnicodeDecodeError as problem:
        raise BadFeed(
            _("It is not text in UTF-8 (byte %(at)s). Save it as UTF-8 and try again.")
            % {"at": problem.start}
        ) from None
    except OSError as problem:
        raise BadFeed(
            _("We can't read %(place)s (%(why)s).")
            % {"place": place, "why": problem.strerror or type(problem).__name__}
        ) from None


def _things(place: str, fetcher: Fetcher, known: dict[str, str], note: Note) -> Iterator[Found]:
    if is_address(place):
        yield from _from_address(place, fetcher, known, note)
        return
    path = Path(place)
    if path.is_dir():
        yield from _from_tables(_Folder(path), note)
        return
    if path.stat().st_size > MOST_BYTES:
        raise BadFeed(too_large(MOST_BYTES))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            yield from _from_tables(_Zip(packed), note)
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        beginning = file.read(4096)
        file.seek(0)
        if not beginning.strip():
            raise BadFeed(_("There is nothing in it."))
        if beginning.lstrip()[:1] in ("{", "["):
            yield from _from_json(file, note)
        else:
            yield from _from_csv(file, path.name)


# --- JSON in a file --------------------------------------------------------------------------


def _from_json(file: IO[str], note: Note) -> Iterator[Found]:
    feed = JsonFeed(file)
    count = 0
    for where, line, thing in feed.things():
        if feed.list_name == "" and isinstance(thing, dict) and "services" in thing:
            yield from _of_organisation(where, line, thing)
            count += 1
            continue
        count += 1
        yield where, line, thing
    _check_envelope(feed.envelope, count, feed.list_name, note)


def _of_organisation(where: str, line: int, thing: Thing) -> Iterator[Found]:
    """An organisation told with its services: each service with the organisation in it."""
    owner = {name: value for name, value in thing.items() if name != "services"}
    for number, one in enumerate(thing["services"] if isinstance(thing["services"], list) else []):
        if isinstance(one, dict):
            one = {**one, "organization": one.get("organization") or owner}
        yield f"{where}.services[{number}]".lstrip("."), line, one


def _whole(told: Any) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None


def _told(envelope: Thing, *names: str) -> int | None:
    for name in names:
        if (found := _whole(envelope.get(name))) is not None:
            return found
    return None


def _check_envelope(envelope: Thing, count: int, name: str, note: Note) -> None:
    """Compare what the feed says it holds with what it holds."""
    if not name:
        return
    total = _told(envelope, "total_items", "totalElements")
    size = _told(envelope, "size", "numberOfElements")
    pages = _told(envelope, "total_pages", "totalPages")
    if pages is not None and pages > 1:
        promised = size if "first_page" in envelope else None
        note(name, _("This is one page of %(pages)s. The others are not in it.") % {"pages": pages})
    else:
        promised = total
    if promised is not None and count < promised:
        raise BadFeed(
            _("It stops half-way: it says it holds %(said)s and has %(count)s. Nothing is kept.")
            % {"said": promised, "count": count}
        )
    if total is not None and count > total:
        note(
            name,
            _("It says it holds %(said)s and has %(count)s. All of them are read.")
            % {"said": total, "count": count},
        )


# --- An address ------------------------------------------------------------------------------


def _from_address(url: str, fetcher: Fetcher, known: dict[str, str], note: Note) -> Iterator[Found]:
    first, told = _answer(url, fetcher)
    if isinstance(told, dict) and "openapi_url" in told and not any(n in told for n in LISTS):
        # The address of the API itself: its services are one step further.
        url = url.rstrip("/") + "/services"
        first, told = _answer(url, fetcher)
    name = next((one for one in LISTS if isinstance(told, dict) and one in told), "")
    if not name or not isinstance(told, dict):
        if isinstance(told, list):
            for number, thing in enumerate(told):
                yield f"[{number}]", 0, thing
            return
        if isinstance(told, dict) and "services" in told:
            yield from _of_organisation("", 0, told)
            return
        yield "", 0, told
        return
    yield from _pages(first, told, name, fetcher, known, note)


def _answer(url: str, fetcher: Fetcher) -> tuple[str, Any]:
    with tempfile.TemporaryFile("w+b") as file:
        final = fetcher.get(url, file)
        file.seek(0)
        text = io.TextIOWrapper(file, "utf-8-sig")
        try:
            told = json.load(text)
        except RecursionError:
            raise BadFeed(
                _("%(url)s: lists in lists in lists, deeper than we read.") % {"url": url}
            ) from None
        except json.JSONDecodeError as problem:
            raise BadFeed(
                _("%(url)s, line %(line)s, is not JSON: %(what)s.")
                % {"url": url, "line": problem.lineno, "what": problem.msg}
            ) from None
        finally:
            text.detach()
    return final, told


def _paged(url: str, number: int) -> str:
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    asked["page"] = str(number)
    return urlunsplit(parts._replace(query=urlencode(asked)))


def _pages(
    url: str, told: Thing, name: str, fetcher: Fetcher, known: dict[str, str], note: Note
) -> Iterator[Found]:
    total = _told(told, "total_items", "totalElements")
    pages = min(_told(told, "total_pages", "totalPages") or 1, MOST_PAGES)
    base = url.split("?", 1)[0].rstrip("/")
    count, seen = 0, 0
    number = _told(told, "page_number", "number")
    number = 1 if number is None else number
    last = number + pages - 1
    while True:
        rows = told.get(name)
        if not isinstance(rows, list):
            raise BadFeed(_("Page %(n)s of %(url)s holds no list.") % {"n": number, "url": url})
        for at, thing in enumerate(rows):
            count += 1
            yield f"page {number}, {name}[{at}]", 0, _full(thing, base, fetcher, known)
        seen += 1
        if number >= last or not rows:
            break
        number += 1
        _url, answer = _answer(_paged(url, number), fetcher)
        if not isinstance(answer, dict):
            raise BadFeed(_("Page %(n)s of %(url)s holds no list.") % {"n": number, "url": url})
        told = answer
    if total is not None and count < total:
        raise BadFeed(
            _("It stops half-way: it says it holds %(said)s and has %(count)s. Nothing is kept.")
            % {"said": total, "count": count}
        )
    if total is not None and count > total:
        note(
            name,
            _("It says it holds %(said)s and has %(count)s. All of them are read.")
            % {"said": total, "count": count},
        )


_NESTED = frozenset(
    {"service_at_locations", "schedules", "contacts", "cost_options", "service_areas",
     "languages", "attributes", "phones", *older._MARKS}
)  # fmt: skip


def _full(thing: Any, base: str, fetcher: Fetcher, known: dict[str, str]) -> Any:
    """Return a service in full: lists hold a few fields of each, and the rest by its id."""
    if not isinstance(thing, dict) or not _NESTED.isdisjoint(thing):
        return thing
    key = thing.get("id")
    if not isinstance(key, str) or not key or not base.lower().endswith("services"):
        return thing
    changed = thing.get("last_modified")
    if changed and known.get(key) == changed:
        return {"id": key, "name": thing.get("name"), "_same": True}
    _url, told = _answer(f"{base}/{quote(key, safe='')}", fetcher)
    if not isinstance(told, dict) or told.get("id") != key:
        raise BadFeed(_("%(base)s/%(key)s answers something else.") % {"base": base, "key": key})
    return told


# --- CSV -------------------------------------------------------------------------------------

csv.field_size_limit(1_000_000)


def _from_csv(file: IO[str], name: str) -> Iterator[Found]:
    reader = csv.DictReader(file)
    columns = [one or "" for one in reader.fieldnames or []]
    if not template.is_template(columns):
        raise BadFeed(
            _(
                "%(name)s has neither JSON nor our columns in it. "
                "“doorstep import services --template” prints them."
            )
            % {"name": name}
        )
    try:
        for row in reader:
            if any(value for value in row.values() if isinstance(value, str)):
                cells = {k: v for k, v in row.items() if isinstance(k, str)}
                line = reader.line_num
                yield "", line, template.as_service({k: _plain(v or "") for k, v in cells.items()})
    except csv.Error as problem:
        raise BadFeed(
            _("Line %(line)s is no CSV: %(what)s.") % {"line": reader.line_num, "what": problem}
        ) from None


def _plain(value: str) -> str:
    """Return a cell without the mark that keeps a spreadsheet from reckoning with it."""
    return value[1:] if value[:2] in ("'=", "'+", "'-", "'@") else value


class _Folder:
    def __init__(self, path: Path) -> None:
        self.files = {one.stem.lower(): one for one in sorted(path.glob("*.csv"))}
        self.json = sorted(path.glob("*.json"))
        if sum(one.stat().st_size for one in [*self.files.values(), *self.json]) > MOST_BYTES:
            raise BadFeed(too_large(MOST_BYTES))

    def names(self) -> list[str]:
        return list(self.files)

    def open(self, name: str) -> IO[str]:
        return self.files[name].open(encoding="utf-8-sig", newline="")


class _Zip:
    json: list[Path] = []

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self.packed = packed
        self.files = {
            Path(one.filename).stem.lower(): one
            for one in packed.infolist()
            if one.filename.lower().endswith(".csv")
        }
        if sum(one.file_size for one in packed.infolist()) > MOST_BYTES:
            raise BadFeed(too_large(MOST_BYTES))

    def names(self) -> list[str]:
        return list(self.files)

    def open(self, name: str) -> IO[str]:
        return io.TextIOWrapper(self.packed.open(self.files[name]), "utf-8-sig", newline="")


# What files of the standard are called, old and new -> what it hangs on, under which name.
_TABLES: dict[str, tuple[str, ...]] = {
    "services": ("services", "service"),
    "organizations": ("organizations", "organization"),
    "locations": ("locations", "location"),
    "service_at_locations": ("service_at_locations", "service_at_location"),
    "schedules": ("schedules", "schedule"),
    "addresses": ("addresses", "address"),
    "accessibility": ("accessibility",),
    "contacts": ("contacts", "contact"),
    "phones": ("phones", "phone"),
    "languages": ("languages", "language"),
    "cost_options": ("cost_options", "cost_option"),
    "service_areas": ("service_areas", "service_area"),
    "funding": ("funding",),
    "required_documents": ("required_documents",),
    "organization_identifiers": ("organization_identifiers",),
    "attributes": ("attributes", "attribute"),
    "taxonomy_terms": ("taxonomy_terms", "taxonomy_term"),
    "taxonomies": ("taxonomies", "taxonomy"),
}
_NUMBERS = frozenset({"latitude", "longitude", "minimum_age", "maximum_age", "amount", "interval"})


def _cells(row: dict[Any, Any]) -> Thing:
    found: Thing = {}
    for name, value in row.items():
        if isinstance(name, str) and isinstance(value, str) and value != "":
            value = _plain(value)
            if name in _NUMBERS:
                try:
                    value = float(value)
                    value = int(value) if value == int(value) else value
                except (ValueError, OverflowError):
                    pass  # told where it is looked at
            found[name.strip()] = value
    return found


def _from_tables(files: _Folder | _Zip, note: Note) -> Iterator[Found]:
    """Join the standard's tables into whole services."""
    if isinstance(files, _Folder) and files.json and not files.files:
        for path in files.json:
            with path.open(encoding="utf-8-sig") as file:
                for where, line, thing in _from_json(file, note):
                    yield f"{path.name} {where}".strip(), line, thing
        return
    tables: dict[str, list[tuple[int, Thing]]] = {}
    for table, names in _TABLES.items():
        name = next((one for one in names if one in files.names()), None)
        if name is None:
            continue
        with files.open(name) as file:
            reader = csv.DictReader(file)
            try:
                tables[table] = [(reader.line_num, _cells(row)) for row in reader]
            except csv.Error as problem:
                raise BadFeed(
                    _("%(name)s.csv, line %(line)s, is no CSV: %(what)s.")
                    % {"name": name, "line": reader.line_num, "what": problem}
                ) from None
    if "services" not in tables:
        raise BadFeed(_("There is no services.csv in it."))
    yield from _joined(tables)


def _joined(tables: dict[str, list[tuple[int, Thing]]]) -> Iterator[Found]:
    def by(table: str, column: str) -> dict[str, list[Thing]]:
        found: dict[str, list[Thing]] = {}
        for _line, row in tables.get(table, []):
            if column in row:
                # What a row hangs on is told by where it stands.
                rest = {name: value for name, value in row.items() if name != column}
                found.setdefault(row[column], []).append(rest)
        return found

    terms = {row.get("id"): row for _line, row in tables.get("taxonomy_terms", [])}
    lists = {row.get("id"): row for _line, row in tables.get("taxonomies", [])}
    attributes = by("attributes", "link_id")

    def with_terms(thing: Thing) -> Thing:
        rows = []
        for row in attributes.get(thing.get("id", ""), []):
            term = terms.get(row.get("taxonomy_term_id"))
            if term is not None:
                told = {**term}
                if told.get("taxonomy_id") in lists:
                    told["taxonomy_detail"] = lists[told["taxonomy_id"]]
                rows.append({**row, "taxonomy_term": told})
        return {**thing, "attributes": rows} if rows else thing

    addresses, access = by("addresses", "location_id"), by("accessibility", "location_id")
    identifiers = by("organization_identifiers", "organization_id")
    organisations: dict[Any, Thing] = {}
    for _line, row in tables.get("organizations", []):
        owner = with_terms(row)
        if rows := identifiers.get(row.get("id", "")):
            owner = {**owner, "organization_identifiers": rows}
        organisations[row.get("id")] = {"description": "", **owner}
    locations: dict[Any, Thing] = {}
    for _line, row in tables.get("locations", []):
        key = row.get("id", "")
        locations[row.get("id")] = {
            **with_terms(row),
            "addresses": addresses.get(key, []),
            "accessibility": access.get(key, []),
        }
    at_location = by("schedules", "service_at_location_id")
    phones = by("phones", "contact_id")
    parts = {
        name: by(name, "service_id")
        for name in ("schedules", "contacts", "languages", "cost_options", "service_areas",
                     "funding", "required_documents", "phones", "service_at_locations")
    }  # fmt: skip
    for line, row in tables["services"]:
        key = row.get("id", "")
        thing = {
            **with_terms(row),
            **{name: list(rows.get(key, [])) for name, rows in parts.items()},
        }
        thing["contacts"] = [
            {**one, "phones": phones.get(one.get("id", ""), [])} for one in thing["contacts"]
        ]
        ats = []
        for one in thing["service_at_locations"]:
            place = locations.get(one.get("location_id"))
            times = at_location.get(one.get("id", ""), [])
            # A row that names both the service and the place is told once, at the place.
            ats.append({**one, "schedules": times, **({"location": place} if place else {})})
        known = {at.get("id") for at in ats}
        thing["schedules"] = [
            one for one in thing["schedules"] if one.get("service_at_location_id") not in known
        ]
        thing["service_at_locations"] = ats
        its_owner = organisations.get(row.get("organization_id"))
        if its_owner is not None:
            thing["organization"] = its_owner
            thing.pop("organization_id", None)
        yield (
            f"services.csv row {key}".strip(),
            line,
            {name: value for name, value in thing.items() if value not in ("", [])},
        )
