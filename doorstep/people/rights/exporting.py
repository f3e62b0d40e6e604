"""A copy of everything held about a person: a page to read, and JSON for programs.

What is in it follows from the declarations alone (`base.declaring`): each holding's rows about the
person, each field that is theirs to read. Nothing is listed here by hand.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.base import ContentFile
from django.db import models
from django.template.loader import render_to_string
from django.utils import formats, translation
from django.utils.translation import gettext as _

from doorstep.base.declaring import Holding, activities, all_holdings
from doorstep.base.time import local
from doorstep.people.models import Person
from doorstep.people.rights.redacting import Redactor, companions

HTML, JSON = "what-we-hold.html", "what-we-hold.json"
# A page of ten thousand entries is no use to read; the JSON has them all.
MOST_ON_THE_PAGE = 1000


def collect(
    person: Person, *, at: dt.datetime, progress: Callable[[int], None] = lambda percent: None
) -> dict[str, Any]:
    """Return all that is held about the person, without anybody else in it.

    {"person", "made_at", "sections": [{"name", "label", "activity", "purpose", "basis", "kept",
    "withheld", "count", "rows": [{"pk", "fields": [{"name", "label", "value", "shown"}],
    "files": [name in the zip]}]}], "files": [(name in the zip, storage, name in it)]}.
    """
    holdings = [one for one in all_holdings() if one.subjects]
    redact = Redactor(person, _others(person, holdings))
    sections: list[dict[str, Any]] = []
    files: list[Any] = []
    for number, one in enumerate(holdings, 1):
        section = _section(person, one, redact, files)
        if section is not None:
            sections.append(section)
        progress(5 + 80 * number // len(holdings))
    return {"person": person, "made_at": at, "sections": sections, "files": files}


def _section(
    person: Person, one: Holding, redact: Redactor, files: list[Any]
) -> dict[str, Any] | None:
    rows = one.rows(person)
    # What is withheld whole is named in everybody's copy, whether there is any or not: that there
    # is some would tell as much as what it says.
    count = 0 if one.withhold else rows.count()
    if not count and not (one.withhold and one.subjects):
        return None
    activity = activities.get(one.activity)
    section: dict[str, Any] = {
        "name": one.name,
        "label": str(one.label),
        "activity": str(activity.label) if activity else "",
        "purpose": str(one.purpose),
        "basis": f"{one.basis.label} (UK GDPR {one.basis.value})",
        "kept": str(one.kept.in_words()),
        "because": str(one.kept.because),
        "recipients": [str(who) for who in one.recipients],
        "withheld": str(one.withhold),
        "parts_withheld": [],
        "count": count,
        "rows": [],
    }
    if one.withhold:
        return section
    labels = {f.name: str(f.verbose_name) for f in one.model._meta.concrete_fields}
    section["parts_withheld"] = sorted(
        {f"{labels.get(name, name)}: {why}" for name, why in one.withheld.items()}
    )
    exported = one.exported()
    for row in _with_their_links(rows, one, exported).order_by("pk").iterator(chunk_size=500):
        fields = [_field(row, name, label, redact) for name, label in exported]
        fields += [
            {"name": name, "label": words, "value": words, "shown": words, "is_other": True}
            for name, words in _neighbours(one)
            if getattr(row, name, None)
        ]
        section["rows"].append({"pk": row.pk, "fields": fields, "files": _files(row, one, files)})
    return section


def _neighbours(one: Holding) -> list[tuple[str, str]]:
    if isinstance(one.neighbours, dict):
        return [(name, str(words)) for name, words in one.neighbours.items()]
    return [(name, _("a neighbour")) for name in one.neighbours]


def _with_their_links(
    rows: models.QuerySet, one: Holding, exported: Iterable[tuple[str, Any]]
) -> models.QuerySet:
    joined = {path.rpartition("__")[0] for path, _label in exported if "__" in path}
    many = {f.name for f in one.model._meta.local_many_to_many}
    if joined:
        rows = rows.select_related(*joined)
    wanted = [path for path, _label in exported if path in many]
    return rows.prefetch_related(*wanted) if wanted else rows


def _field(row: models.Model, path: str, label: Any, redact: Redactor) -> dict[str, Any]:
    thing: Any = row
    *way, name = path.split("__")
    try:
        for step in way:
            thing = getattr(thing, step)
        value = getattr(thing, name) if thing is not None else None
    except ObjectDoesNotExist:
        value = None
    one = thing._meta.get_field(name) if thing is not None else None
    if one is not None and one.many_to_many and value is not None:
        value = [str(linked) for linked in value.all()]
    elif one is not None and one.is_relation and value is not None:
        value = str(value)
    value = redact.value(value)
    shown = value
    if one is not None and one.choices and value not in (None, ""):
        shown = str(dict(one.flatchoices).get(value, value))
    elif hasattr(thing, f"get_{name}_display"):
        # What is kept as facts is shown in the words its own model has for them.
        shown = redact.value(getattr(thing, f"get_{name}_display")())
    return {"name": path, "label": str(label), "value": _plain(value), "shown": in_words(shown)}


def _plain(value: Any) -> Any:
    """Return a value JSON can hold."""
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    return str(value)


def in_words(value: Any) -> str:
    """Return a value as a person would write it; "" for nothing."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.datetime):
        words = formats.date_format(local(value), "j F Y, g:ia")
        return words.replace("a.m.", "am").replace("p.m.", "pm")
    if isinstance(value, dt.date):
        return formats.date_format(value, "j F Y")
    if isinstance(value, dict):
        return "; ".join(f"{key}: {in_words(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, map(in_words, value)))
    return str(value)


def _files(row: models.Model, one: Holding, files: list[Any]) -> list[str]:
    if one.files_from is None:
        return []
    names = []
    for field in one.files:
        stored = str(getattr(row, field) or "")
        if stored:
            suffix = PurePosixPath(stored).suffix
            name = f"{one.model._meta.model_name}s/{row.pk}{suffix}"
            files.append((name, one.files_from(), stored))
            names.append(name)
    return names


def _others(person: Person, holdings: Iterable[Holding]) -> set[int]:
    """Return the ids of everybody the person's rows point at, or who may be named in them."""
    found: set[int] = set()
    for one in holdings:
        links = [
            f.attname
            for f in one.model._meta.concrete_fields
            if f.related_model is Person and f.name not in one.subjects
        ]
        if links:
            for row in one.rows(person).order_by().values_list(*links):
                found.update(pk for pk in row if pk)
    for known in companions:
        found.update(known(person))
    return found - {person.pk}


# --- The files ---------------------------------------------------------------------------------


def as_json(document: dict[str, Any]) -> str:
    """Return the whole as JSON, by section and row."""
    person = document["person"]
    return json.dumps(
        {
            "about": person.known_as,
            "made_at": document["made_at"].isoformat(),
            "made_by": f"{settings.SITE_NAME}, {settings.BOROUGH}",
            "sections": [
                {
                    "name": section["name"],
                    "what": section["label"],
                    "purpose": section["purpose"],
                    "lawful_basis": section["basis"],
                    "kept": section["kept"],
                    "recipients": section["recipients"],
                    "withheld": section["withheld"],
                    "parts_withheld": section["parts_withheld"],
                    "count": section["count"],
                    "rows": [
                        {field["name"]: field["value"] for field in row["fields"]}
                        | ({"files": row["files"]} if row["files"] else {})
                        for row in section["rows"]
                    ],
                }
                for section in document["sections"]
            ],
        },
        indent=1,
        ensure_ascii=False,
    )


@lru_cache(1)
def _fonts() -> dict[str, str]:
    found = {}
    for name in ("atkinson-next", "gabarito-800"):
        path = finders.find(f"design/fonts/{name}.woff2")
        if path:
            with open(str(path), "rb") as file:
                found[name.replace("-", "_")] = base64.b64encode(file.read()).decode()
    return found


def as_html(document: dict[str, Any]) -> str:
    """Return the whole as one page that needs nothing else: for reading, offline, on paper."""
    person = document["person"]
    with translation.override(person.reads):
        return render_to_string(
            "people/rights/export_page.html",
            document
            | {
                "activities": _by_activity(document["sections"]),
                "most": MOST_ON_THE_PAGE,
                "fonts": _fonts(),
                "borough": settings.BOROUGH,
                "site_name": settings.SITE_NAME,
                "help_phone": settings.HELP_PHONE,
                "language": person.reads,
                "is_rtl": translation.get_language_bidi(),
            },
        )


def _by_activity(sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for section in sections:
        group = found.setdefault(
            section["activity"], {"label": section["activity"], "sections": []}
        )
        group["sections"].append(section | {"page_rows": section["rows"][:MOST_ON_THE_PAGE]})
    return list(found.values())


def as_zip(document: dict[str, Any], page: str) -> ContentFile:
    """Return a zip of the page, the JSON and the person's own files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(HTML, page)
        archive.writestr(JSON, as_json(document))
        for name, storage, stored in document["files"]:
            try:
                with storage.open(stored) as file:
                    archive.writestr(name, file.read(), zipfile.ZIP_STORED)
            except OSError:
                continue  # the row is there, its file is not; the page says what it was
    return ContentFile(out.getvalue())
