"""The whole directory at once: as JSON, and as the standard's tables in a zip of CSV files."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from doorstep.base.limits import HOUR, address_of, allow, seconds_left
from doorstep.organisations.models import Service, Taxonomy, TaxonomyTerm
from doorstep.organisations.oruk import writing
from doorstep.organisations.oruk.answering import open_to_machines, problem, to_json

BATCH = 250
PER_HOUR = 30

# Where a list stands in a thing -> the name of its table, as the standard's files are called.
TABLES = {
    "organization": "organizations",
    "location": "locations",
    "taxonomy_term": "taxonomy_terms",
}


def every_service(found: QuerySet[Service] | None = None) -> Iterator[dict[str, Any]]:
    """Yield every public service in full, a batch at a time, so that memory stays small."""
    rows = Service.objects.public() if found is None else found
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        some = Service.objects.public().with_parts().filter(pk__in=keys[start : start + BATCH])
        for row in some.order_by("pk"):
            yield writing.service(row)


def _too_often(request: HttpRequest) -> HttpResponseBase | None:
    if request.method == "HEAD" or allow("directory bulk", address_of(request), PER_HOUR, HOUR):
        return None
    wait = seconds_left(HOUR)
    refused = problem(
        429, _("That is often enough for an hour. Ask again later."), retry_after=wait
    )
    refused["Retry-After"] = str(wait)
    return refused


@open_to_machines
def as_json(request: HttpRequest) -> HttpResponseBase:
    """All services in full, in one page of the standard's."""
    if refused := _too_often(request):
        return refused
    pieces: Iterable[bytes] = _pieces()
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = StreamingHttpResponse(
        _gzipped(pieces) if zipped else pieces, content_type="application/json; charset=utf-8"
    )
    if zipped:
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    response["Content-Disposition"] = 'attachment; filename="services.json"'
    response["Cache-Control"] = "public, max-age=300"
    return response


def _pieces() -> Iterator[bytes]:
    total = Service.objects.public().count()
    head = to_json(
        {
            "total_items": total,
            "total_pages": 1 if total else 0,
            "page_number": 1,
            "size": total,
            "first_page": True,
            "last_page": True,
            "empty": not total,
        }
    )
    yield (head[:-1] + ',"contents":[').encode()
    before = "\n"
    for told in every_service():
        yield (before + to_json(told)).encode()
        before = ",\n"
    yield b"\n]}\n"


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(5, zlib.DEFLATED, 31)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()


# --- Tables ----------------------------------------------------------------------------------


class Tables:
    """The standard's nested things, spread over flat tables, each row once."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.files: dict[str, Any] = {}
        self.columns: dict[str, list[str]] = {}
        self.seen: set[tuple[str, str]] = set()

    def put(self, table: str, thing: dict[str, Any], parent: tuple[str, str] | None = None) -> None:
        """Write `thing` into `table`; `parent` is the (column, id) of what it belongs to."""
        table = TABLES.get(table, table)
        row: dict[str, Any] = {}
        if parent is not None:
            row[parent[0]] = parent[1]
        one = thing.get("id", "")
        for name, value in thing.items():
            if isinstance(value, dict):
                self.put(name, value)
                row[f"{name}_id"] = value.get("id", "")
            elif isinstance(value, list):
                self._put_all(table, name, value, one)
            else:
                row[name] = value
        key = (table, f"{one}|{parent[1] if parent and not one else ''}")
        if one and key in self.seen:
            return
        self.seen.add(key)
        self._write(table, row)

    def _put_all(self, table: str, name: str, values: list[Any], one: str) -> None:
        link = "link_id" if name == "attributes" else f"{_ONE.get(table, table)}_id"
        for value in values:
            if isinstance(value, dict):
                more = {"link_entity": _ONE.get(table, table)} if name == "attributes" else {}
                self.put(name, {**value, **more}, (link, one))
            else:
                self._write(name, {link: one, "value": value})

    def _write(self, table: str, row: dict[str, Any]) -> None:
        if table not in self.files:
            self.files[table] = open(f"{self.folder}/{table}.rows", "w+", encoding="utf-8")  # noqa: SIM115
            self.columns[table] = []
        columns = self.columns[table]
        columns += [name for name in row if name not in columns]
        self.files[table].write(to_json(row) + "\n")

    def into(self, packed: zipfile.ZipFile) -> None:
        """Write each table as a CSV file, with the columns that were met."""
        import json

        for table, file in sorted(self.files.items()):
            file.seek(0)
            columns = self.columns[table]
            with packed.open(f"{table}.csv", "w") as raw:
                text = io.TextIOWrapper(raw, "utf-8", newline="")
                writer = csv.writer(text)
                writer.writerow(columns)
                for line in file:
                    row = json.loads(line)
                    writer.writerow([_cell(row.get(name, "")) for name in columns])
                text.flush()
                text.detach()
            file.close()


_ONE = {
    "organizations": "organization",
    "services": "service",
    "locations": "location",
    "service_at_locations": "service_at_location",
    "contacts": "contact",
    "addresses": "address",
    "taxonomies": "taxonomy",
    "phones": "phone",
    "cost_options": "cost_option",
}


def _cell(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value[:1] in ("=", "@", "\t", "\r"):
        return "'" + value
    # A telephone number or a minus sign is no formula unless something is reckoned with it.
    if isinstance(value, str) and value[:1] in ("+", "-") and not _is_plain(value):
        return "'" + value
    return value


def _is_plain(value: str) -> bool:
    return all(one.isdigit() or one in " ()-.+" for one in value)


@open_to_machines
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """A zip of the standard's tables."""
    if refused := _too_often(request):
        return refused
    packed = TemporaryFile()  # noqa: SIM115 - the answer closes it
    with TemporaryDirectory() as folder, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        tables = Tables(folder)
        for told in every_service():
            tables.put("services", told)
        for row in TaxonomyTerm.objects.select_related("taxonomy", "parent").iterator():
            tables.put("taxonomy_terms", writing.term(row))
        for one in Taxonomy.objects.iterator():
            tables.put("taxonomies", writing.taxonomy(one))
        tables.into(out)
    packed.seek(0)
    response = FileResponse(
        packed, as_attachment=True, filename="directory.zip", content_type="application/zip"
    )
    response["Cache-Control"] = "public, max-age=300"
    return response
