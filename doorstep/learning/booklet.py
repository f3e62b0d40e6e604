"""What stands in a season's booklet: only what may be printed now, drawn afresh each time."""

from __future__ import annotations

import base64
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from django.conf import settings
from django.template.loader import get_template
from django.utils import translation

from doorstep.base.private_files import private_files
from doorstep.learning import agreeing
from doorstep.learning.mapping import KINDS, PLURALS
from doorstep.learning.models import Booklet, Carry, Link, Meeting, Quote, Recording, Telling, Thing


@dataclass
class Entry:
    """One thing as it stands in a booklet."""

    thing: Thing
    led_to: list[Thing] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    photos: list[Recording] = field(default_factory=list)


@dataclass
class Contents:
    """A booklet drawn: its parts in the order of the chain."""

    parts: list[tuple[str, object, list[Entry]]]
    travelled: list[Carry]
    meetings: int
    people_told: int

    @property
    def is_empty(self) -> bool:
        return not self.parts


def contents(booklet: Booklet, at: dt.datetime) -> Contents:
    """Return what may be printed of it now: live things, stories whose yes covers paper."""
    things = {
        one.pk: one
        for one in booklet.things.filter(state=Thing.State.LIVE)
        .select_related("experiment", "telling__teller", "community", "telling__thing__community")
        .order_by("live_at", "pk")
    }
    told: dict[int, bool] = {}
    for one in things.values():
        if one.kind == Thing.Kind.STORY:
            told[one.pk] = _may_print(one, at)
    shown = {pk: one for pk, one in things.items() if told.get(pk, True)}
    entries = {pk: Entry(one) for pk, one in shown.items()}
    for before, after in Link.objects.filter(one__in=shown, other__in=shown).values_list(
        "one_id", "other_id"
    ):
        entries[before].led_to.append(shown[after])
    for quote in Quote.objects.filter(thing__in=shown).select_related(
        "story__telling__teller", "story__community", "story__telling__thing__community"
    ):
        if quote.words and _may_print(quote.story, at):
            entries[quote.thing_id].quotes.append(quote)
    for photo in Recording.objects.filter(thing__in=shown, kind=Recording.Kind.PHOTO):
        entries[photo.thing_id].photos.append(photo)  # type: ignore[index]
    by_kind: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries.values():
        by_kind[entry.thing.kind].append(entry)
    carries = (
        Carry.objects.filter(thing__in=shown)
        .exclude(state=Carry.State.BACK)
        .select_related("thing", "to")
        .order_by("pk")
    )
    return Contents(
        parts=[(kind, PLURALS[kind], by_kind[kind]) for kind in KINDS if by_kind[kind]],
        travelled=list(carries),
        meetings=Meeting.objects.filter(
            community=booklet.community_id,
            called_off_at=None,
            starts_at__date__gte=booklet.starts_on,
            starts_at__date__lte=booklet.ends_on,
        ).count(),
        people_told=sum(told.values()),
    )


def _may_print(story: Thing, at: dt.datetime) -> bool:
    try:
        telling: Telling = story.telling  # type: ignore[attr-defined]
    except Telling.DoesNotExist:
        return False
    teller = telling.teller
    if teller is not None and teller.restricted_at is not None:
        return False
    return story.state == Thing.State.LIVE and agreeing.allowed(telling, at, agreeing.PRINTED)


def stories_in(booklet: Booklet, at: dt.datetime) -> list[Thing]:
    """Return the stories whose words stand in it now: whole, or quoted."""
    drawn = contents(booklet, at)
    found: dict[int, Thing] = {}
    for _kind, _label, entries in drawn.parts:
        for entry in entries:
            if entry.thing.kind == Thing.Kind.STORY:
                found[entry.thing.pk] = entry.thing
            for quote in entry.quotes:
                found[quote.story_id] = quote.story
    return list(found.values())


def paper(booklet: Booklet, *, at: dt.datetime) -> str:
    """Return the document that `base.printing` makes a PDF of."""
    drawn = contents(booklet, at)
    pictures = {
        photo.pk: _as_data(photo)
        for _kind, _label, entries in drawn.parts
        for entry in entries
        for photo in entry.photos
    }
    with translation.override(settings.LANGUAGE_CODE):
        return str(
            get_template("learning/booklet_paper.html").render(
                {
                    "booklet": booklet,
                    "drawn": drawn,
                    "pictures": pictures,
                    "borough": settings.BOROUGH,
                    "help_phone": settings.HELP_PHONE,
                    "language": settings.LANGUAGE_CODE,
                }
            )
        )


def _as_data(photo: Recording) -> str:
    """The picture in the address itself: nothing is fetched to print."""
    try:
        with private_files.open(photo.small_file or photo.file) as file:
            return f"data:image/webp;base64,{base64.b64encode(file.read()).decode()}"
    except OSError:
        return ""
