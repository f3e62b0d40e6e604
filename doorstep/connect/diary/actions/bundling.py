"""A bundle: asked for, made by the worker with its progress, sealed, thrown away."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from functools import partial

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from doorstep.base import printing
from doorstep.base.private_files import private_files
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.diary import drawing, packing, rules, seals
from doorstep.connect.diary.models import Bundle, Diary, Share
from doorstep.people.models import Person

FOLDER = "evidence"
MOST = 200 * 2**20  # bytes of one bundle's attachments
AT_ONCE = 3  # bundles of a diary that wait or are being made
LOST_AFTER = dt.timedelta(minutes=10)
_State = Bundle.State
log = logging.getLogger(__name__)


def begin(
    diary: Diary,
    *,
    by: Person,
    at: dt.datetime,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
    has_feelings: bool = True,
    client_key: str,
) -> Bundle:
    """Ask for a bundle of the diary as it stands; the worker makes it. Raises NotNow."""
    twin = Bundle.objects.filter(client_key=client_key).first()
    if twin is not None:
        if twin.diary_id != diary.pk:
            raise NotNow(_("This page is out of date. Load it again, then send it."))
        return twin
    if not rules.can_see_diary(by, diary):
        raise NotNow(_("Only whoever keeps this diary makes a bundle of it."))
    rows = diary.entries.all()  # type: ignore[attr-defined]
    if starts_on:
        rows = rows.filter(happened_on__gte=starts_on)
    if ends_on:
        rows = rows.filter(happened_on__lte=ends_on)
    if not rows.exists():
        raise NotNow(_("Nothing was written in those days. Write something first."))
    if diary.bundles.filter(state__in=[_State.WAITING, _State.MAKING]).count() >= AT_ONCE:  # type: ignore[attr-defined]
        raise NotNow(_("Some are being made already. Wait for them first."))
    try:
        with transaction.atomic():
            made = Bundle.objects.create(
                diary=diary,
                starts_on=starts_on,
                ends_on=ends_on,
                has_feelings=has_feelings,
                made_by=by,
                made_at=at,
                client_key=client_key,
            )
            _enqueue(made.pk)
    except IntegrityError:
        raise NotNow(_("This page is out of date. Load it again, then send it.")) from None
    return made


def _enqueue(pk: int) -> None:
    from doorstep.connect.diary.tasks import make_bundle

    transaction.on_commit(partial(make_bundle.enqueue, pk))


def make(pk: int, *, at: dt.datetime) -> bool:
    """Make a bundle's files. Survives running twice, and a diary that is deleted meanwhile."""
    claimed = Bundle.objects.filter(
        Q(state=_State.WAITING) | Q(state=_State.MAKING, began_at__lt=at - LOST_AFTER), pk=pk
    ).update(state=_State.MAKING, percent=5, problem="", began_at=at)
    if not claimed:
        return False
    bundle = Bundle.objects.select_related("diary__person", "diary__relationship").get(pk=pk)
    mine = Bundle.objects.filter(pk=pk, state=_State.MAKING, began_at=at)
    try:
        fields = _make(bundle, lambda percent: mine.update(percent=percent))
    except (printing.CannotPrint, NotNow) as problem:
        mine.update(state=_State.FAILED, percent=0, problem=str(problem)[:300])
        return False
    except Exception:
        # Never the words: only that it failed, and which bundle.
        log.exception("an evidence bundle could not be made: %s", bundle.ref)
        mine.update(state=_State.FAILED, percent=0, problem=_("Something went wrong. Try again."))
        return False
    if not mine.update(state=_State.READY, percent=100, **fields):
        _forget(fields["file"], fields["pdf_file"])  # type: ignore[arg-type]
        return False
    return True


def _make(bundle: Bundle, tell) -> dict[str, object]:  # type: ignore[no-untyped-def]
    drawn = drawing.contents(bundle)
    if sum(row.size for row, _path in drawn.exhibits) > MOST:
        raise NotNow(_("That is too much for one bundle. Choose fewer days, and make two."))
    attached: list[tuple[str, bytes]] = []
    rows = []
    for row, path in drawn.exhibits:
        with private_files.open(row.file) as file:
            data = file.read()
        if hashlib.sha256(data).hexdigest() != row.sha256:
            raise NotNow(_("A photo or letter isn't as it was kept. Ring us, please."))
        attached.append((path, data))
        rows.append(drawing.file_row(path, data, entry=row.entry.number, kind=row.kind))
    tell(15)
    last = 15

    def photos(done: int, of: int) -> None:
        nonlocal last
        percent = 15 + 35 * done // max(1, of)
        if percent >= last + 5:
            last = percent
            tell(percent)

    manifest = {**drawing.listed(drawn), "files": rows}
    html = drawing.paper(drawn, key=seals.own_key(), progress=photos)
    tell(50)
    inside = seals.seal_manifest(manifest)
    pdf = seals.seal_pdf(printing.pdf(html, attachments={"manifest.json": inside}))
    tell(90)
    whole = {**manifest, "files": [drawing.file_row("evidence.pdf", pdf, kind="pdf"), *rows]}
    packed = packing.pack(
        [("evidence.pdf", pdf), *attached, ("manifest.json", seals.seal_manifest(whole))]
    )
    kept: list[str] = []
    try:
        for data in (packed, pdf):
            kept.append(private_files.save(FOLDER, ContentFile(data)))
    except BaseException:
        _forget(*kept)
        raise
    return {
        "file": kept[0],
        "pdf_file": kept[1],
        "size": len(packed),
        "sha256": hashlib.sha256(packed).hexdigest(),
        "entry_count": len(drawn.entries),
        "exhibit_count": len(drawn.exhibits),
    }


def make_what_waits(at: dt.datetime) -> int:
    """Make what the queue lost, or a worker that stopped left half-made."""
    lost = Bundle.objects.filter(
        Q(state=_State.WAITING, made_at__lt=at - dt.timedelta(minutes=1))
        | Q(state=_State.MAKING, began_at__lt=at - LOST_AFTER)
    ).order_by("pk")
    return sum(make(pk, at=at) for pk in lost.values_list("pk", flat=True)[:3])


@transaction.atomic
def again(bundle: Bundle, *, by: Person, at: dt.datetime) -> None:
    """Try once more to make one that failed."""
    if not rules.can_see_diary(by, bundle.diary):
        raise NotNow(_("Only whoever keeps this diary makes a bundle of it."))
    if not Bundle.objects.filter(pk=bundle.pk, state=_State.FAILED).update(
        state=_State.WAITING, problem="", made_at=at, began_at=None
    ):
        raise NotNow(_("It has changed meanwhile. Look again."))
    _enqueue(bundle.pk)


@transaction.atomic
def throw_away(bundle: Bundle, *, by: Person, at: dt.datetime) -> None:
    """Throw a bundle away with its files; every link to it is dead. The diary stays."""
    if not rules.can_see_diary(by, bundle.diary):
        raise NotNow(_("Only whoever keeps this diary throws a bundle away."))
    # Read at the moment it goes: a worker may have finished it just now.
    row = Bundle.objects.select_for_update().get(pk=bundle.pk)
    Bundle.objects.filter(pk=row.pk).update(state=_State.GONE, file="", pdf_file="", percent=0)
    Share.objects.filter(bundle=row, stopped_at=None).update(stopped_at=at)
    transaction.on_commit(partial(_forget, row.file, row.pdf_file))


def _forget(*names: str) -> None:
    from doorstep.connect.diary.wiring import forget

    forget([name for name in names if name])
