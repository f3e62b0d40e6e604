"""What pages show of entries, made ready with a fixed number of queries."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Prefetch
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from doorstep.base import stamps
from doorstep.base.prepared import Ids, Prepared
from doorstep.base.time import local
from doorstep.design.templatetags.design import digits, icon, tag
from doorstep.organisations import freshness, parts, when
from doorstep.organisations.models import (
    PUBLIC_STATES,
    Location,
    Offer,
    Phone,
    Schedule,
    Service,
    ServiceAtLocation,
)
from doorstep.places import shapes
from doorstep.places.atlas import Atlas
from doorstep.places.models import Area

METRES_IN_A_MILE = 1609.344
FREE = ("free", "free of charge", "no charge")  # what fees say where there is nothing to pay
STEP_FREE = ("step-free", "step free", "level", "ramp", "lift", "wheelchair", "ground floor")


@dataclass
class Card:
    """One entry in a list."""

    service: Service
    fresh: freshness.Freshness
    where: str
    when: str
    cost: str
    phone: str
    is_open: bool | None
    languages: str
    number: int = 0
    reasons: Sequence[Any] = ()
    distance: str = ""
    point: tuple[float, float] | None = None
    is_kept: bool = False
    # What is the same for everybody until the entry changes, drawn once.
    about: SafeString = field(default_factory=SafeString)
    facts: SafeString = field(default_factory=SafeString)
    ring: SafeString = field(default_factory=SafeString)
    link: SafeString = field(default_factory=SafeString)
    whose: SafeString = field(default_factory=SafeString)
    keep_url: str = ""
    times: Sequence[Schedule] = ()

    @property
    def fresh_tag(self) -> SafeString:
        """How true it is, as a tag; many entries say the same words."""
        return _fresh_tag(self.fresh.tag, self.fresh.icon, self.fresh.words, self.fresh.advice)


@lru_cache(500)
def _fresh_tag(tag: str, icon: str, words: str, advice: str) -> SafeString:
    fresh = {"tag": tag, "icon": icon, "words": words, "advice": advice}
    return render_to_string("organisations/_fresh.html", {"fresh": fresh})


@dataclass
class Times:
    """One line of when."""

    words: str
    bounds: str
    note: str
    link: str = ""


@dataclass
class Spot:
    """One place of an entry, with its own times and what it is like to get in."""

    location: Location
    address: str
    times: list[Times]
    description: str
    access: list[str]
    photos: list[Any] = field(default_factory=list)

    @property
    def has_welcome(self) -> bool:
        return bool(self.location.way_in or self.location.way_in_on_wheels or self.photos)


def with_cards(services: Any) -> Any:
    """Return the query with all that `card` reads: eight queries, however many entries."""
    return services.select_related("organisation").prefetch_related(
        "schedules",
        "costs",
        "languages",
        "phones",
        "contacts__phones",
        Prefetch(
            "at_locations",
            ServiceAtLocation.objects.select_related("location__area").order_by("id"),
        ),
        "at_locations__schedules",
        "at_locations__location__addresses",
    )


def in_order(services: Any, ids: Sequence[int]) -> list[Service]:
    """Return the services with these ids, in the order of the ids."""
    found = {service.pk: service for service in services.filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]


def _rows(service: Service, name: str) -> Any:
    """Return what was read beside an entry; a manager for each takes longer than all the rest."""
    held = service.__dict__.get("_prefetched_objects_cache", {}).get(name)
    return getattr(service, name).all() if held is None else held


def schedules_of(service: Service) -> list[Schedule]:
    """Return all times of an entry, those of its places too."""
    return [
        *_rows(service, "schedules"),
        *(one for at in _rows(service, "at_locations") for one in at.schedules.all()),
    ]


def card(service: Service, at: dt.datetime) -> Card:
    """Make the card of one entry read by `with_cards`."""
    schedules = schedules_of(service)
    today = local(at).date()
    times = [one for one in schedules if not when.is_over(one, today)]
    said = [words for one in times if (words := when.in_words(one))]
    places = [row.location for row in _rows(service, "at_locations")]
    physical = [one for one in places if one.location_type == Location.Kind.PHYSICAL]
    pointed = next((one for one in physical if one.latitude is not None), None)
    made = Card(
        service=service,
        fresh=freshness.state(service, at),
        where=where_of(physical),
        when=said[0] + ("…" if len(said) > 1 else "") if said else "",
        cost=cost_of(service),
        phone=next(iter(numbers_of(service)), ("", ""))[0],
        is_open=when.is_open(times, at),
        languages=languages_of(service),
        point=(pointed.latitude, pointed.longitude) if pointed else None,  # type: ignore[arg-type]
        link=format_html(
            '<a href="{}" dir="auto">{}</a>', _path("directory:service", service.slug), service.name
        ),
        keep_url=_path("directory:keep", service.slug),
        times=times,
    )
    if service.organisation:
        made.whose = format_html('<p class="muted" dir="auto">{}</p>', service.organisation.name)
    made.about, made.facts, made.ring = _about(made), _facts(made), _ring(made)
    return made


def _path(name: str, slug: str) -> str:
    """Return the address of an entry's page; asking Django each time takes a tenth of a card."""
    before, after = _around(name)
    return f"{before}{slug}{after}"


@lru_cache(8)
def _around(name: str) -> tuple[str, str]:
    before, _slug, after = reverse(name, args=["a-slug-of-ours"]).partition("a-slug-of-ours")
    return before, after


# What is drawn many times a page is put together here, with every word of others escaped: a
# template takes ten times as long.


def _about(card: Card) -> SafeString:
    """What an entry is."""
    alert = ""
    if card.service.alert:
        alert = format_html(
            '<p class="strong row row-link">{}<span dir="auto">{}</span></p>',
            icon("info"),
            card.service.alert,
        )
    words = Truncator(card.service.description).words(34, truncate=" …")
    return format_html('{}<p dir="auto">{}</p>', alert, words)


def _facts(card: Card) -> SafeString:
    """When, where and for how much."""
    found = []
    if card.when:
        found.append(format_html("<li>{}<span>{}</span></li>", icon("clock", "s"), card.when))
    if card.where:
        found.append(format_html("<li>{}<bdi>{}</bdi></li>", icon("map-pin", "s"), card.where))
    if card.cost:
        cost = card.cost if len(card.cost) <= 60 else Truncator(card.cost).chars(60)
        found.append(format_html('<li>{}<span dir="auto">{}</span></li>', icon("coins", "s"), cost))
    if card.languages:
        found.append(
            format_html("<li>{}<span>{}</span></li>", icon("languages", "s"), card.languages)
        )
    return SafeString("".join(found))


def _ring(card: Card) -> SafeString:
    """The button that rings an entry."""
    if not card.phone:
        return SafeString()
    return format_html(
        '<a class="btn btn-s" href="tel:{}">{}<span>{} <bdi dir="ltr">{}</bdi></span></a>',
        digits(card.phone),
        icon("phone"),
        _("Ring"),
        card.phone,
    )


def drawn(card: Card, *, level: int, back: str, token: str) -> SafeString:
    """Return a card as it stands in a list; what isn't HTML of ours is escaped.

    `level` is that of its heading, `back` the address to come back to ("" for none), `token` the
    page's own against forged forms.
    """
    number, say = card.number, conditional_escape
    anchor = f' id="r{number}"' if number else ""
    sign = f'<span class="svc-no" aria-hidden="true">{number}</span>' if number else ""
    pieces = [
        f'<article class="card svc stack stack-s{" svc-old" if card.fresh.is_stale else ""}"'
        f'{anchor} data-shop="services"><div class="svc-top">{sign}<div class="grow">'
        f'<h{level} class="h-s">{say(card.link)}</h{level}>{say(card.whose)}</div></div>'
        f'{say(card.about)}<ul class="facts small">'
    ]
    if card.distance:
        pieces.append(f"<li>{icon('footprints', 's')}{say(card.distance)}</li>")
    pieces += [say(card.facts), "</ul>"]
    if card.reasons:
        why = " · ".join(map(say, card.reasons))
        pieces.append(f'<p class="small svc-why">{icon("lightbulb", "s")}<span>{why}</span></p>')
    off = '<input type="hidden" name="off" value="1">' if card.is_kept else ""
    word, picture = (_("Off my list"), "x") if card.is_kept else (_("Keep it"), "bookmark")
    to = f'<input type="hidden" name="back" value="{say(back)}">' if back else ""
    is_open = tag(_("Open now"), "go", "door-open") if card.is_open else ""
    pieces.append(
        f'<p class="row row-tags">{is_open}{card.fresh_tag}</p><div class="row">{say(card.ring)}'
        f'<form method="post" action="{say(card.keep_url)}">'
        f'<input type="hidden" name="csrfmiddlewaretoken" value="{say(token)}">{to}{off}'
        f'<button class="btn btn-s btn-line">{icon(picture)}{say(word)}'
        f'<span class="vh">: {say(card.service.name)}</span></button></form></div></article>'
    )
    return SafeString("".join(pieces))


# --- Cards kept ------------------------------------------------------------------------------

# Every table a card is made from; the entry's own row raises a stamp of its own.
SERVICES = "organisations_service"
TABLES = (
    "places_area",
    "organisations_organisation",
    "organisations_schedule",
    "organisations_costoption",
    "organisations_language",
    "organisations_phone",
    "organisations_contact",
    "organisations_serviceatlocation",
    "organisations_location",
    "organisations_address",
)
_MOST_KEPT = 4_000
_kept: OrderedDict[tuple[str, str, dt.date, int], tuple[tuple[int, ...], Card]] = OrderedDict()
_lock = threading.Lock()


def watch_cards() -> None:
    """Have the database say when a card must be drawn again; called once, when the app is ready."""
    stamps.watch(SERVICES, ("id", "row.id"))
    for table in TABLES:
        if table not in stamps.watches:
            stamps.watch(table)


# Found by their ids alone: told of the state and an order too, SQLite may well read every entry.
_ALL = Prepared(
    lambda ids: (
        Service.objects.filter(pk__in=ids)
        .select_related("organisation")
        # No card shows it, and taking it apart takes as long as all else.
        .defer("extra", "organisation__extra")
        .order_by()
    ),
    ids=Ids,
)


def _read(services: Any, ids: Sequence[int], *, are_public: bool = False) -> list[Service]:
    """Return the services with these ids, in order, with all that `card` reads."""
    if not ids:
        return []
    if are_public:
        there = {one.pk: one for one in _ALL(ids=ids) if one.state in PUBLIC_STATES}
        found = [there[pk] for pk in ids if pk in there]
    else:
        found = in_order(services.select_related("organisation"), ids)
    parts.fill(found)
    return found


def cards(
    services: Any, ids: Sequence[int], at: dt.datetime, *, are_seen: bool = False
) -> list[Card]:
    """Return the cards of those of `ids` that `services` (who may see what) still has, in order.

    A card is drawn once and kept in this process while no row under it changes and the day is the
    same: two queries, or one where `are_seen` says that all of `ids` are public. On PostgreSQL,
    which raises no stamps, all are drawn each time.
    """
    if not (settings.KEEP_PAGES and stamps.are_in_place()):
        return [card(one, at) for one in _read(services, ids, are_public=are_seen)]
    if not are_seen:
        there = set(services.filter(pk__in=ids).values_list("pk", flat=True))
        ids = [pk for pk in ids if pk in there]
    raised = stamps.read([*TABLES, *(f"{SERVICES}:id:{pk}" for pk in ids)])
    common = tuple(raised.get(table, 0) for table in TABLES)
    where = (str(connection.settings_dict["NAME"]), get_language() or "", local(at).date())
    now = {pk: (*common, raised.get(f"{SERVICES}:id:{pk}", 0)) for pk in ids}
    found: dict[int, Card] = {}
    with _lock:
        for pk in ids:
            held = _kept.get((*where, pk))
            if held is not None and held[0] == now[pk]:
                _kept.move_to_end((*where, pk))
                found[pk] = held[1]
    # Each asker gets its own: a number, reasons and a distance are written on it.
    own = {
        pk: replace(
            one, fresh=freshness.state(one.service, at), is_open=when.is_open(one.times, at)
        )
        for pk, one in found.items()
    }
    # The stamps were read before the rows: what changes between is drawn again next time.
    for one in _read(services, [pk for pk in ids if pk not in found], are_public=are_seen):
        drawn = card(one, at)
        own[one.pk] = replace(drawn)
        with _lock:
            _kept[(*where, one.pk)] = (now[one.pk], drawn)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
    return [own[pk] for pk in ids if pk in own]


def where_of(places: Sequence[Location]) -> str:
    """Return “Kingsley Hall, RM9 5NB”, and how many more."""
    if not places:
        return ""
    first = places[0]
    words = first.name or next((str(one) for one in first.addresses.all()), "")
    area = first.area.name if first.area else first.postcode
    said = ", ".join([words] * bool(words) + [area] * bool(area and area not in words))
    if len(places) > 1:
        more = ngettext("and %(n)d more place", "and %(n)d more places", len(places) - 1)
        said += " " + more % {"n": len(places) - 1}
    return said


def cost_of(service: Service) -> str:
    """Return “Free”, the price in words, or "" where nobody says."""
    options = list(_rows(service, "costs"))
    if options and all(one.amount == 0 for one in options):
        return _("Free")
    if service.fees:
        return service.fees
    priced = [one for one in options if one.amount]
    if priced:
        one = min(priced, key=lambda option: option.amount or 0)
        amount = f"£{one.amount:.2f}".removesuffix(".00")
        return " ".join(part for part in (amount, one.option or one.amount_description) if part)
    return next((one.option for one in options if one.option), "")


def is_free(service: Service) -> bool:
    options = list(_rows(service, "costs"))
    if options:
        return all(one.amount == 0 for one in options)
    return service.fees.strip().casefold() in FREE


def languages_of(service: Service) -> str:
    return ", ".join(one.name or one.code for one in _rows(service, "languages"))


def numbers_of(service: Service) -> list[tuple[str, str]]:
    """Return (number, whose or what for), no number twice; the organisation's where it has none."""
    found: dict[str, str] = {}
    phones: Iterable[Phone] = _rows(service, "phones")
    for phone in phones:
        found.setdefault(phone.number, phone.description)
    for contact in _rows(service, "contacts"):
        for phone in contact.phones.all():
            who = ", ".join(part for part in (contact.name, contact.title) if part)
            found.setdefault(phone.number, who or phone.description)
    return list(found.items())


def ages_of(service: Service) -> str:
    """Return “From 16 to 25 years”, "" for any age."""
    low, high = service.minimum_age, service.maximum_age
    if low and high:
        return _("From %(low)d to %(high)d years old") % {"low": low, "high": high}
    if low:
        return _("From %(low)d years old") % {"low": low}
    if high:
        return _("Up to %(high)d years old") % {"high": high}
    return ""


def access_of(location: Location) -> list[str]:
    """Return what is said of getting into a place."""
    return [
        words
        for one in location.access.all()
        if (words := ". ".join(part for part in (one.description, one.details) if part))
    ]


def spots_of(service: Service, today: dt.date) -> list[Spot]:
    """Return the places of an entry read by `Service.objects.with_parts()`."""
    spots = []
    for row in service.at_locations.all():
        place = row.location
        address = next((str(one) for one in place.addresses.all() if str(one)), place.postcode)
        spots.append(
            Spot(
                location=place,
                address=address,
                times=times_of(row.schedules.all(), today),
                description=row.description,
                access=access_of(place),
                photos=list(place.photos.all()),
            )
        )
    return spots


def times_of(schedules: Iterable[Schedule], today: dt.date) -> list[Times]:
    """Return when, line by line; what is over is left out."""
    return [
        Times(words, when.bounds_in_words(one, today), one.notes, one.schedule_link)
        for one in schedules
        if not when.is_over(one, today) and (words := when.in_words(one))
    ]


def miles(metres: float | None, *, is_rough: bool = False) -> str:
    """Return “5 minutes’ walk” or “1.4 miles away”, "" for nowhere.

    In miles alone where it is rough: from the middle of an area, say.
    """
    if metres is None:
        return ""
    if metres < 1600 and not is_rough:
        minutes = max(1, round(metres * 1.25 / 80))
        return ngettext("%(n)d minute’s walk", "%(n)d minutes’ walk", minutes) % {"n": minutes}
    return _("%(n).1f miles away") % {"n": max(0.1, metres / METRES_IN_A_MILE)}


# --- The map beside the list -----------------------------------------------------------------


def pin_map(book: Atlas, cards: Sequence[Card], here: Area | None = None) -> SafeString:
    """Return the drawn borough with a numbered pin for each card that lies in it.

    The list beside it says the same in words; "" where there is nothing to show.
    """
    wards = [ward for ward in book.wards if ward.pk in book.drawn]
    pinned = [one for one in cards if one.point is not None]
    if not wards or not pinned:
        return mark_safe("")
    if "directory" not in book.kept:
        book.kept["directory"] = (
            shapes.Sheet(shapes.box([part for ward in wards for part in book.shapes[ward.pk]])),
            mark_safe("".join(f'<path d="{book.drawn[ward.pk]}"/>' for ward in wards)),
        )
    sheet, ground = book.kept["directory"]
    placed: dict[tuple[int, int], list[Card]] = {}
    for one in pinned:
        latitude, longitude = one.point  # type: ignore[misc]
        x, y = sheet.at(longitude, latitude)
        if not (0 <= x <= book.width and 0 <= y <= book.height):
            continue
        near = next((at for at in placed if abs(at[0] - x) < 20 and abs(at[1] - y) < 20), (x, y))
        placed.setdefault(near, []).append(one)
    if not placed:
        return mark_safe("")
    # Numbers of ours, and names escaped.
    pins = mark_safe(
        "".join(
            f'<a href="#r{found[0].number}" aria-label="{_names(found)}">'
            f'<circle cx="{x}" cy="{y}" r="{16 if len(found) == 1 else 20}"/>'
            f'<text x="{x}" y="{y + 6}">{found[0].number}{"+" * (len(found) > 1)}</text></a>'
            for (x, y), found in placed.items()
        )
    )
    return format_html(
        '<div class="map map-pins"><svg viewBox="0 0 {} {}" role="group" aria-label="{}">'
        '<g aria-hidden="true">{}</g>{}</svg></div>',
        book.width,
        book.height,
        _("Map of what was found"),
        ground,
        pins,
    )


def _names(cards: Sequence[Card]) -> str:
    return escape(", ".join(f"{one.number} {one.service.name}" for one in cards))


def offers_of(organisation: Any, day: dt.date) -> list[Offer]:
    """Return what people can call on an organisation for today."""
    return list(
        Offer.objects.open_on(day).filter(organisation=organisation).select_related("answered_by")
    )
