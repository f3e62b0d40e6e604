"""Bringing a feed in: all of it or nothing, as often as one likes, with a report row by row.

A feed is read and checked in full before anything is written (`cleaning.Staged`), then written in
one transaction. What is the same as last time is left alone; what has gone from the feed is closed,
not deleted; a feed that lost more than a third is held until a keeper has looked.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models as db
from django.db import transaction
from django.utils.translation import gettext as _

from doorstep.base import analysing
from doorstep.base.keys import slug_from
from doorstep.base.registry import Registry
from doorstep.base.time import now
from doorstep.organisations import models
from doorstep.organisations.models import (
    PUBLIC_STATES,
    Confirmation,
    ImportRow,
    ImportRun,
    Location,
    Organisation,
    Service,
    ServiceAtLocation,
    Source,
    State,
    Taxonomy,
    TaxonomyTerm,
)
from doorstep.organisations.oruk import feeds
from doorstep.organisations.oruk.cleaning import Cleaner, Record, Said, Staged, What
from doorstep.organisations.oruk.fetching import Fetcher
from doorstep.people.models import Person
from doorstep.places.atlas import atlas
from doorstep.places.models import Area, Postcode, tidy_postcode

BATCH = 500
FEWEST_TO_HOLD = 3  # a list of two that loses one is no alarm
GIVE_UP_AFTER = 8  # runs refused one after the other, then it waits for somebody
FAR = 5_000  # metres between a point and its postcode that can't both be right

# Called in the same transaction with the ids of services that came, changed or went.
afterwards: Registry[Callable[[list[int]], None]] = Registry("what follows an import")


@dataclass
class Report:
    """What a run did. `state` is one of ImportRun.State; `rows` are told one by one."""

    place: str
    state: str = ImportRun.State.DONE
    said: str = ""
    read: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    left_out: int = 0
    mended: int = 0
    rows: list[Said] = field(default_factory=list)
    run: ImportRun | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON can hold it."""
        counts = ("read", "added", "changed", "same", "gone", "left_out", "mended")
        return {
            "place": self.place,
            "state": str(self.state),
            "said": self.said,
            **{name: getattr(self, name) for name in counts},
            "rows": [
                {"what": str(row.what), "place": row.place, "said": row.said, "name": row.name}
                for row in self.rows
            ],
        }


class _DryRun(Exception):
    """Undo everything: it was only tried out."""


def import_feed(
    place: str,
    *,
    name: str = "",
    licence: str = "",
    attribution: str = "",
    every_hours: int | None = None,
    term_map: dict[str, str] | None = None,
    dry_run: bool = False,
    strict: bool = False,
    allow_fewer: bool = False,
    by: Person | None = None,
    at: dt.datetime | None = None,
    fetcher: Fetcher | None = None,
) -> Report:
    """Bring a feed in and return what was done; never raises for a bad feed (`state` "refused").

    `strict` refuses the whole feed for one row that is left out. `allow_fewer` says that it is
    right that much has gone. With `dry_run` nothing is kept, not even the report.
    """
    at = at or now()
    source = Source.objects.filter(place=place).first()
    cleaner = Cleaner(place)
    try:
        kept = _read(cleaner, place, source, fetcher)
    except feeds.BadFeed as problem:
        return _refused(place, source, cleaner.staged, str(problem), dry_run, by, at)
    staged = cleaner.staged
    if strict and staged.left_out:
        said = _("Some rows can't be used, and you asked for all or nothing.")
        return _refused(place, source, staged, said, dry_run, by, at)
    if not staged.services and not kept:
        said = _("There is no service in it that we can use.")
        return _refused(place, source, staged, said, dry_run, by, at)
    report = Report(place)
    with contextlib.suppress(_DryRun), transaction.atomic():
        if source is None:
            source = Source.objects.create(
                name=(name or _name_of(place))[:120], place=place, every_hours=every_hours
            )
        given = {"licence": licence, "attribution": attribution, "every_hours": every_hours}
        for column, value in {**given, "term_map": term_map}.items():
            if value:
                setattr(source, column, value)
        if name:
            source.name = name[:120]
        source.last_run_at, source.failures = at, 0
        source.next_run_at = _next_run(source, at)
        source.save()
        _write(source, staged, kept, report, at, allow_fewer=allow_fewer)
        _count(report, staged)
        if dry_run:
            report.state = ImportRun.State.DRY
            raise _DryRun
        held = _packed(staged, kept) if report.state == ImportRun.State.HELD else b""
        report.run = _keep_report(source, report, by, at, held)
    if not dry_run:
        _tell_database(report)
    return report


def _tell_database(report: Report) -> None:
    """After very many rows, have the database count them, or it looks things up the long way."""
    if report.added + report.changed + report.gone >= analysing.MANY:
        ours = apps.get_app_config("organisations").get_models(include_auto_created=True)
        analysing.analyse(sorted(model._meta.db_table for model in ours))


def _name_of(place: str) -> str:
    if feeds.is_address(place):
        from urllib.parse import urlsplit

        return urlsplit(place).hostname or place
    return place.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def _read(cleaner: Cleaner, place: str, source: Source | None, fetcher: Fetcher | None) -> set[str]:
    """Read all of it into `cleaner.staged`; return the ids that are as they were."""
    known: dict[str, str] = {}
    if source is not None:
        rows = Service.objects.filter(source=source, last_modified__isnull=False)
        known = {
            feed_id: extra.get("_last_modified", "")
            for feed_id, extra in rows.values_list("feed_id", "extra")
        }
    kept: set[str] = set()

    def note(where: str, said: str) -> None:
        cleaner.staged.say(What.NOTE, where, said)

    for where, line, thing in feeds.things(place, fetcher=fetcher, known=known, note=note):
        if isinstance(thing, dict) and thing.get("_same") is True and feeds.is_address(place):
            cleaner.staged.read += 1
            kept.add(thing["id"])
        else:
            cleaner.take(where, line, thing)
            _remember_stamp(cleaner.staged, thing)
    return kept


def _remember_stamp(staged: Staged, thing: Any) -> None:
    # As the feed wrote it, to see at the next run that nothing changed.
    if isinstance(thing, dict) and isinstance(thing.get("last_modified"), str):
        record = staged.services.get(str(thing.get("id")))
        if record is not None:
            record.extra["_last_modified"] = thing["last_modified"][:40]


def _count(report: Report, staged: Staged) -> None:
    report.read, report.left_out, report.mended = staged.read, staged.left_out, staged.mended
    report.rows = staged.said


def _refused(
    place: str,
    source: Source | None,
    staged: Staged,
    said: str,
    dry_run: bool,
    by: Person | None,
    at: dt.datetime,
) -> Report:
    report = Report(place, ImportRun.State.REFUSED, said)
    _count(report, staged)
    if source is not None and not dry_run:
        with transaction.atomic():
            source.last_run_at, source.failures = at, source.failures + 1
            # Less and less often, so that a server in trouble is left in peace.
            source.next_run_at = _next_run(source, at)
            source.save(update_fields=["last_run_at", "failures", "next_run_at"])
            report.run = _keep_report(source, report, by, at, b"")
    return report


def _next_run(source: Source, at: dt.datetime) -> dt.datetime | None:
    if not source.every_hours or source.is_paused or source.failures >= GIVE_UP_AFTER:
        return None
    return at + dt.timedelta(hours=source.every_hours * 2 ** min(source.failures, 5))


def _keep_report(
    source: Source, report: Report, by: Person | None, at: dt.datetime, held: bytes
) -> ImportRun:
    run = ImportRun.objects.create(
        source=source,
        state=report.state,
        started_at=at,
        ended_at=now(),
        by=by,
        said=report.said,
        read=report.read,
        added=report.added,
        changed=report.changed,
        same=report.same,
        gone=report.gone,
        left_out=report.left_out,
        mended=report.mended,
        held=held,
    )
    ImportRow.objects.bulk_create(
        [
            ImportRow(run=run, what=row.what, place=row.place, said=row.said, name=row.name)
            for row in report.rows
        ],
        batch_size=BATCH,
    )
    return run


# --- Held ------------------------------------------------------------------------------------

_MOMENTS = {"d": dt.date.fromisoformat, "t": dt.time.fromisoformat, "m": dt.datetime.fromisoformat}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return {"_is": "m", "said": value.isoformat()}
    if isinstance(value, dt.date):
        return {"_is": "d", "said": value.isoformat()}
    if isinstance(value, dt.time):
        return {"_is": "t", "said": value.isoformat()}
    if isinstance(value, uuid.UUID):
        return {"_is": "u", "said": str(value)}
    raise TypeError(type(value).__name__)


def _not_plain(value: dict[str, Any]) -> Any:
    kind = value.get("_is")
    if kind == "u":
        return uuid.UUID(value["said"])
    return _MOMENTS[kind](value["said"]) if kind in _MOMENTS else value  # type: ignore[operator]


_KINDS = ("services", "organisations", "locations", "taxonomies", "terms", "at_locations")


def _packed(staged: Staged, kept: set[str]) -> bytes:
    """Return all that using it later needs: what was read, and the ids of what was unchanged."""
    told: dict[str, list[Any]] = {"kept": sorted(kept)}
    for kind in _KINDS:
        told[kind] = [one.as_plain() for one in getattr(staged, kind).values()]
    return zlib.compress(json.dumps(told, default=_plain).encode(), 6)


def _unpacked(held: bytes) -> tuple[Staged, set[str]]:
    told = json.loads(zlib.decompress(bytes(held)), object_hook=_not_plain)
    staged = Staged()
    for kind in _KINDS:
        getattr(staged, kind).update({row["id"]: _record(row) for row in told[kind]})
    staged.read = len(staged.services)
    return staged, set(told.get("kept", ()))


def _record(row: dict[str, Any]) -> Record:
    return Record(
        row["id"],
        row["fields"],
        row["extra"],
        {name: [_record(one) for one in rows] for name, rows in row["parts"].items()},
        row["links"],
    )


@transaction.atomic
def use_held(run: ImportRun, *, by: Person, at: dt.datetime) -> Report | None:
    """Bring in what was held, because somebody looked and it is right. None if decided already."""
    if not ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.HELD).update(
        state=ImportRun.State.DONE, decided_by=by, decided_at=at
    ):
        return None
    staged, kept = _unpacked(bytes(run.held))
    report = Report(run.source.place)
    _write(run.source, staged, kept, report, at, allow_fewer=True)
    ImportRun.objects.filter(pk=run.pk).update(
        held=b"",
        added=report.added,
        changed=report.changed,
        same=report.same,
        gone=report.gone,
        ended_at=at,
    )
    _tell_database(report)
    return report


def leaving(run: ImportRun, most: int) -> list[Service]:
    """Return, by name, at most so many of what a held run would take out of the directory."""
    held = ImportRun.objects.filter(pk=run.pk).values_list("held", flat=True).first()
    if not held:
        return []
    staged, kept = _unpacked(bytes(held))
    there = Service.objects.filter(source=run.source_id, state__in=PUBLIC_STATES)
    gone = _gone(set(there.values_list("feed_id", flat=True)), staged, kept)
    return list(
        there.filter(feed_id__in=sorted(gone)[:5_000])
        .only("name", "slug", "state")
        .order_by("name", "id")[:most]
    )


@transaction.atomic
def drop_held(run: ImportRun, *, by: Person, at: dt.datetime) -> bool:
    """Leave the directory as it is. Returns False if somebody decided already."""
    return bool(
        ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.HELD).update(
            state=ImportRun.State.DROPPED, decided_by=by, decided_at=at, held=b""
        )
    )


# --- Writing ---------------------------------------------------------------------------------


def _write(
    source: Source,
    staged: Staged,
    kept: set[str],
    report: Report,
    at: dt.datetime,
    *,
    allow_fewer: bool,
) -> None:
    there = set(
        Service.objects.filter(source=source, state__in=PUBLIC_STATES).values_list(
            "feed_id", flat=True
        )
    )
    gone = _gone(there, staged, kept)
    report.gone = len(gone)
    if not allow_fewer and len(gone) >= FEWEST_TO_HOLD and 3 * len(gone) > len(there):
        report.state = ImportRun.State.HELD
        report.said = _(
            "%(gone)s of %(there)s services are no longer in it. Nothing is changed until "
            "somebody who keeps the directory has looked."
        ) % {"gone": len(gone), "there": len(there)}
        return
    _Writer(source, staged, report, at).write(kept)


def _gone(there: set[str], staged: Staged, kept: set[str]) -> set[str]:
    """Return the ids of what shows and is no longer in the feed, or is over there."""
    shown = {
        key for key, record in staged.services.items() if not _is_over(record.fields["status"])
    }
    return there - shown - kept


def _is_over(status: str) -> bool:
    return status in (Service.Status.INACTIVE, Service.Status.DEFUNCT)


def _digest(record: Record, *more: Any) -> str:
    plain = json.dumps([record.as_plain(), *more], default=str, sort_keys=True)
    return hashlib.blake2b(plain.encode(), digest_size=12).hexdigest()


class _Writer:
    def __init__(self, source: Source, staged: Staged, report: Report, at: dt.datetime) -> None:
        self.source, self.staged, self.report, self.at = source, staged, report, at
        self.pks: dict[str, dict[str, int]] = {}

    def write(self, kept: set[str]) -> None:
        staged = self.staged
        self._entries(Taxonomy, staged.taxonomies)
        self._terms()
        owners, _new = self._entries(Organisation, staged.organisations, slugs=True)
        self._parents(Organisation, "parent_feed_id")
        self._places()
        locations, _new = self._entries(Location, staged.locations)
        self._parts(Location, staged.locations, locations)
        self._parts(Organisation, staged.organisations, owners)
        changed, new = self._services()
        self._parts(Service, staged.services, changed)
        ats, _new = self._entries(ServiceAtLocation, staged.at_locations)
        self._parts(ServiceAtLocation, staged.at_locations, ats)
        self._drop_old_places(changed)
        gone = self._open_and_close(kept)
        self._prove(changed, new)
        self.report.added, self.report.changed = len(new), len(changed) - len(new)
        self.report.same = len(staged.services) + len(kept) - len(changed)
        for follow in afterwards:
            follow([*changed.values(), *gone])

    # --- One kind of entry -------------------------------------------------------------------

    def _entries(
        self, model: Any, records: dict[str, Record], *, slugs: bool = False
    ) -> tuple[dict[str, int], int]:
        """Add and change rows of one kind; return feed id -> pk of those, and how many are new."""
        name = model.__name__
        there = {
            feed_id: (pk, digest)
            for pk, feed_id, digest in model.objects.filter(source=self.source).values_list(
                "pk", "feed_id", "digest"
            )
        }
        self.pks[name] = {key: pk for key, (pk, _old) in there.items()}
        new, old = [], []
        for key, record in records.items():
            digest = _digest(record, self._depends(name, record))
            columns = self._columns(model, record)
            if key not in there:
                if model is Service:
                    columns |= self._proof(record)
                new.append((key, digest, columns, record))
            elif there[key][1] != digest:
                old.append((key, digest, columns, record))
        taken = self._taken(model, new)
        slugs_there = set(model.objects.values_list("slug", flat=True)) if slugs else set()
        rows = []
        for key, digest, columns, record in new:
            row = model(source=self.source, feed_id=key, digest=digest, extra=record.extra,
                        changed_at=self.at, **columns)  # fmt: skip
            if row.uid in taken:
                row.uid = uuid.uuid5(row.uid, self.source.place)
                self.staged.say(
                    What.NOTE, key, _("Another list has this id too; both are kept."), str(row)
                )
            if slugs:
                row.slug = slug_from(row.name, slugs_there.__contains__)
                slugs_there.add(row.slug)
            rows.append(row)
        model.objects.bulk_create(rows, batch_size=BATCH)
        done = {row.feed_id: row.pk for row in rows}
        self.pks[name].update(done)
        existing = model.objects.in_bulk([there[key][0] for key, *_more in old]) if old else {}
        empty = self._empty(model)
        for key, digest, columns, record in old:
            row = existing[there[key][0]]
            columns.pop("uid", None)
            for column, value in {**empty, **columns}.items():
                setattr(row, column, value)
            row.digest, row.extra, row.changed_at = digest, record.extra, self.at
            row.save()
            done[key] = row.pk
        return done, len(new)

    def _depends(self, name: str, record: Record) -> Any:
        """What else shows in an entry, so that it counts as changed with it."""
        if name != "Service":
            return None
        staged = self.staged
        owner = staged.organisations.get(record.links.get("organisation", ""))
        ats = self._ats.get(record.feed_id, [])
        terms = [
            staged.terms[one.links["term"]].as_plain()
            for one in record.parts.get("attributes", [])
            if one.links["term"] in staged.terms
        ]
        places = [staged.locations.get(one.links["location"]) for one in ats]
        return [
            owner.as_plain() if owner else None,
            [one.as_plain() for one in ats],
            [one.as_plain() for one in places if one],
            terms,
            self._found_by(record),
        ]

    def _columns(self, model: Any, record: Record) -> dict[str, Any]:
        columns = dict(record.fields)
        if model is TaxonomyTerm:
            columns["taxonomy_id"] = self.pks["Taxonomy"].get(record.links.get("taxonomy", ""))
        elif model is Service:
            owner = record.links.get("organisation", "")
            columns["organisation_id"] = self.pks["Organisation"].get(owner)
            columns["found_by"] = self._found_by(record)
        elif model is ServiceAtLocation:
            columns["service_id"] = self.pks["Service"].get(record.links["service"])
            columns["location_id"] = self.pks["Location"].get(record.links["location"])
        return columns

    # What people of ours write on an entry, and what is reckoned: no feed empties it.
    _OURS = frozenset(
        {
            "id", "uid", "source", "feed_id", "slug", "state", "digest", "extra", "changed_at",
            "found_by", "first_visit", "who_meets_you", "confirmed_at", "confirmed_how", "doubts",
            "asked_at", "closed_at", "left_feed_at", "way_in", "way_in_on_wheels",
            "same_as", "parent",
        }
    )  # fmt: skip

    def _empty(self, model: Any) -> dict[str, Any]:
        return {
            one.attname: one.get_default()
            for one in model._meta.concrete_fields
            if one.name not in self._OURS
        }

    def _taken(self, model: Any, new: list[Any]) -> set[uuid.UUID]:
        uids = [columns["uid"] for _key, _digest, columns, _record in new]
        taken: set[uuid.UUID] = set()
        for start in range(0, len(uids), BATCH):
            some = uids[start : start + BATCH]
            taken.update(model.objects.filter(uid__in=some).values_list("uid", flat=True))
        return taken

    def _terms(self) -> None:
        self._entries(TaxonomyTerm, self.staged.terms)
        self._parents(TaxonomyTerm, "parent_feed_id")
        self._map_terms()
        self._same_as = dict(
            TaxonomyTerm.objects.filter(source=self.source, same_as__isnull=False).values_list(
                "feed_id", "same_as__name"
            )
        )

    def _map_terms(self) -> None:
        """Tie the feed's terms to ours, as the mapping file says."""
        mapped = self.source.term_map or {}
        if not mapped:
            return
        ours = {str(uid): pk for uid, pk in TaxonomyTerm.objects.values_list("uid", "pk")}
        by_name = {
            name.lower(): pk
            for name, pk in TaxonomyTerm.objects.filter(source=None).values_list("name", "pk")
        }
        for row in TaxonomyTerm.objects.filter(source=self.source):
            target = next(
                (mapped[key] for key in (row.feed_id, row.term_uri, row.code, row.name)
                 if key and key in mapped),
                None,
            )  # fmt: skip
            same = (ours.get(target) or by_name.get(target.lower())) if target else None
            if target and same is None:
                self.staged.say(
                    What.NOTE, row.feed_id, _("The mapping leads to no term of ours."), target
                )
            if same != row.same_as_id and same != row.pk:
                TaxonomyTerm.objects.filter(pk=row.pk).update(same_as=same)

    def _parents(self, model: Any, column: str) -> None:
        pks = self.pks[model.__name__]
        rows = model.objects.filter(source=self.source, parent=None).exclude(**{column: ""})
        for pk, parent in rows.values_list("pk", column):
            found = pks.get(parent)
            if found is not None and found != pk:
                model.objects.filter(pk=pk).update(parent=found)

    # --- Places ------------------------------------------------------------------------------

    def _places(self) -> None:
        """Find each location's postcode, and the ward it lies in."""
        from doorstep.organisations.oruk.asking import metres_between

        records = self.staged.locations.values()
        codes: dict[int, str] = {}
        for record in records:
            for one in record.parts.get("addresses", []):
                code = tidy_postcode(one.fields.get("postal_code", ""))
                if code:
                    codes.setdefault(id(record), code)
        wanted = list(set(codes.values()))
        known: dict[str, Postcode] = {}
        for start in range(0, len(wanted), BATCH):
            known.update(Postcode.objects.in_bulk(wanted[start : start + BATCH]))
        found = atlas()
        for record in records:
            fields = record.fields
            fields["postcode"] = codes.get(id(record), "")
            postcode = known.get(fields["postcode"])
            point: tuple[Any, Any] = (fields.get("latitude"), fields.get("longitude"))
            if postcode and None not in point:
                away = metres_between(point[0], point[1], postcode.latitude, postcode.longitude)
                if away > FAR:
                    self.staged.say(
                        What.MENDED,
                        record.feed_id,
                        _("Its point is %(km)s km from its postcode; we use the postcode's.")
                        % {"km": round(away / 1000)},
                        fields.get("name", ""),
                    )
                    record.extra["_latitude"], record.extra["_longitude"] = point
                    point = (None, None)
            if None in point and postcode:
                point = (postcode.latitude, postcode.longitude)
                fields["is_by_postcode"] = True
            if None not in point:
                fields["latitude"], fields["longitude"] = point
                ward = found.at(point[0], point[1]) if not postcode else None
                fields["area_id"] = postcode.ward_id if postcode else ward.pk if ward else None

    def _drop_old_places(self, changed: dict[str, int]) -> None:
        """A changed service is no longer where its feed no longer says it is."""
        pks, here = list(changed.values()), self.staged.at_locations.keys()
        for start in range(0, len(pks), BATCH):
            rows = ServiceAtLocation.objects.filter(
                source=self.source, service__in=pks[start : start + BATCH]
            )
            old = [pk for pk, key in rows.values_list("pk", "feed_id") if key not in here]
            ServiceAtLocation.objects.filter(pk__in=old).delete()

    # --- Services ----------------------------------------------------------------------------

    def _services(self) -> tuple[dict[str, int], set[str]]:
        self._ats: dict[str, list[Record]] = {}
        for key, record in list(self.staged.at_locations.items()):
            known = record.links["location"] in self.staged.locations or (
                record.links["location"] in self.pks["Location"]
            )
            if not known:
                self.staged.say(What.MENDED, key, _("It names a place that is told nowhere."))
                del self.staged.at_locations[key]
                continue
            self._ats.setdefault(record.links["service"], []).append(record)
        there = set(Service.objects.filter(source=self.source).values_list("feed_id", flat=True))
        done, _new = self._entries(Service, self.staged.services, slugs=True)
        return done, done.keys() - there

    def _over(self, key: str) -> bool:
        return _is_over(self.staged.services[key].fields["status"])

    def _open_and_close(self, kept: set[str]) -> list[int]:
        """Close what the feed has no longer or calls over, and open what it closed and has again.

        What somebody here closed or keeps as a draft stays so. Returns whose state changed.
        """
        staged = self.staged.services
        shown = {key for key in staged if not self._over(key)} | kept
        close, again = [], []
        for pk, key, state, by_feed in Service.objects.filter(source=self.source).values_list(
            "pk", "feed_id", "state", "left_feed_at"
        ):
            if state in PUBLIC_STATES and key not in shown:
                close.append(pk)
            elif state == State.CLOSED and by_feed and key in shown:
                again.append(pk)
        for pks, columns in (
            (close, {"state": State.CLOSED, "closed_at": self.at, "left_feed_at": self.at}),
            (again, {"state": State.LIVE, "closed_at": None, "left_feed_at": None}),
        ):
            for start in range(0, len(pks), BATCH):
                Service.objects.filter(pk__in=pks[start : start + BATCH]).update(
                    changed_at=self.at, **columns
                )
        return close + again

    # --- Parts -------------------------------------------------------------------------------

    _PARTS: dict[str, tuple[Any, str]] = {
        "schedules": (models.Schedule, "service"),
        "areas_served": (models.ServiceArea, "service"),
        "languages": (models.Language, "service"),
        "costs": (models.CostOption, "service"),
        "contacts": (models.Contact, "service"),
        "phones": (models.Phone, "service"),
        "attributes": (models.Attribute, "service"),
        "addresses": (models.Address, "location"),
        "access": (models.Accessibility, "location"),
    }

    def _parts(self, model: Any, records: dict[str, Record], done: dict[str, int]) -> None:
        """Put the rows that belong to entries that came or changed in place of the old ones."""
        owner = {
            Service: "service",
            Organisation: "organisation",
            Location: "location",
            ServiceAtLocation: "at_location",
        }[model]
        names = {name for record in records.values() for name in record.parts}
        pks = list(done.values())
        for name in sorted(names):
            part = self._PARTS[name][0]
            for start in range(0, len(pks), BATCH):
                part.objects.filter(**{f"{owner}__in": pks[start : start + BATCH]}).delete()
            rows, inside = [], []
            for key, pk in done.items():
                for record in records[key].parts.get(name, []) if key in records else []:
                    row = part(extra=record.extra, **{f"{owner}_id": pk}, **record.fields)
                    if not self._link(row, part, record):
                        continue
                    rows.append(row)
                    inside += [(row, one) for one in record.parts.get("phones", [])]
            part.objects.bulk_create(rows, batch_size=BATCH)
            models.Phone.objects.bulk_create(
                [
                    models.Phone(contact_id=row.pk, extra=one.extra, **one.fields)
                    for row, one in inside
                ],
                batch_size=BATCH,
            )

    def _link(self, row: Any, part: Any, record: Record) -> bool:
        if part is models.Attribute:
            row.term_id = self.pks["TaxonomyTerm"].get(record.links["term"])
            return row.term_id is not None
        if part is models.ServiceArea:
            row.area_id = self._area(record)
        return True

    def _area(self, record: Record) -> int | None:
        """Return the area of ours that a service area names, by its code or its name."""
        if not hasattr(self, "_areas"):
            self._areas: dict[str, int] = {}
            for pk, name, code in Area.objects.exclude(kind="street").values_list(
                "pk", "name", "gss_code"
            ):
                self._areas.setdefault(name.lower(), pk)
                if code:
                    self._areas[code.lower()] = pk
        for name in ("extent", "name"):
            words = str(record.fields.get(name, "")).strip().lower()
            if words in self._areas:
                return self._areas[words]
        uri = str(record.fields.get("uri", "")).rstrip("/").rsplit("/", 1)[-1].lower()
        return self._areas.get(uri)

    # --- Proof and words ---------------------------------------------------------------------

    def _proof(self, record: Record) -> dict[str, Any]:
        """What the list tells is true on the day it says it looked, else today."""
        day, changed = record.fields.get("assured_date"), record.fields.get("last_modified")
        noon = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC) if day else None
        moment = min(noon or changed or self.at, self.at)
        return {"confirmed_at": moment, "confirmed_how": Confirmation.How.IMPORT}

    def _prove(self, changed: dict[str, int], new: set[str]) -> None:
        """Write down that the list tells these now; what was confirmed later stays so."""
        proofs = []
        for key, pk in changed.items():
            if self._over(key):
                continue
            proof = self._proof(self.staged.services[key])
            proofs.append(
                Confirmation(service_id=pk, how=Confirmation.How.IMPORT, at=proof["confirmed_at"])
            )
            if key not in new:
                Service.objects.filter(
                    db.Q(confirmed_at=None) | db.Q(confirmed_at__lt=proof["confirmed_at"]), pk=pk
                ).update(**proof)
        Confirmation.objects.bulk_create(proofs, batch_size=BATCH)

    def _found_by(self, record: Record) -> str:
        """Return the words of other tables that a service is found by.

        `write_words` does the same for rows that are there already."""
        staged = self.staged
        owner = staged.organisations.get(record.links.get("organisation", ""))
        words = [owner.fields["name"] if owner else ""]
        for one in record.parts.get("attributes", []):
            term = staged.terms.get(one.links["term"])
            words += [term.fields["name"] if term else "", self._same_as.get(one.links["term"], "")]
        words += [one.fields.get("name", "") for one in record.parts.get("languages", [])]
        words += [one.fields.get("name", "")[:200] for one in record.parts.get("areas_served", [])]
        for at in self._ats.get(record.feed_id, []):
            place = staged.locations.get(at.links["location"])
            if place is not None:
                ward = atlas().areas.get(place.fields.get("area_id") or 0)
                words += [
                    place.fields.get("name", ""),
                    place.fields.get("postcode", ""),
                    ward.name if ward else "",
                ]
        return "\n".join(dict.fromkeys(word for word in words if word))[:4000]


def write_words(pks: list[int]) -> None:
    """Write the words of other tables that services are found by (`Service.found_by`)."""
    for start in range(0, len(pks), BATCH):
        some = Service.objects.filter(pk__in=pks[start : start + BATCH])
        some = some.select_related("organisation").prefetch_related(
            "attributes__term__same_as",
            "languages",
            "areas_served",
            "at_locations__location__area",
        )
        for row in some:
            words = [row.organisation.name if row.organisation else ""]
            for one in row.attributes.all():
                words += [one.term.name, one.term.same_as.name if one.term.same_as else ""]
            words += [one.name for one in row.languages.all()]
            words += [one.name[:200] for one in row.areas_served.all()]
            for at in row.at_locations.all():
                place = at.location
                words += [place.name, place.postcode, place.area.name if place.area else ""]
            found_by = "\n".join(dict.fromkeys(word for word in words if word))[:4000]
            if found_by != row.found_by:
                Service.objects.filter(pk=row.pk).update(found_by=found_by)


# --- By the clock ----------------------------------------------------------------------------


def tick(at: dt.datetime | None = None) -> None:
    """Ask every feed whose time has come. Safe to repeat: a run claims its feed first."""
    at = at or now()
    due = Source.objects.filter(is_paused=False, next_run_at__lte=at)
    for source in due.order_by("next_run_at")[:5]:
        # One that is never asked by itself was asked for by somebody, this once.
        waits = at + dt.timedelta(hours=source.every_hours) if source.every_hours else None
        claimed = Source.objects.filter(pk=source.pk, next_run_at=source.next_run_at).update(
            next_run_at=waits
        )
        # While a run of it is held, another would only be held again.
        is_held = source.runs.filter(state=ImportRun.State.HELD).exists()
        if claimed and not is_held and feeds.is_address(source.place):
            import_feed(source.place, at=at)
