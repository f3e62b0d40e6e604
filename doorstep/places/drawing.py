"""The drawn map: true shapes of the wards as SVG, each a link. Made once and kept."""

from __future__ import annotations

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from doorstep.places.atlas import Atlas
from doorstep.places.models import Area


def ward_map(book: Atlas, here: Area | None = None) -> SafeString:
    """Return the map as SVG; with `here` only that area wears its colour."""
    key = ("map", here.pk if here else None, get_language())
    if key not in book.kept:
        book.kept[key] = _draw(book, here)
    return book.kept[key]


def _draw(book: Atlas, here: Area | None) -> SafeString:
    wards = [ward for ward in book.wards if ward.pk in book.drawn]
    if not wards:
        return mark_safe("")
    short = _short_names([ward.name for ward in wards], book.borough.name if book.borough else "")
    whole = here is None or here.kind == Area.Kind.BOROUGH
    lit = {ward.pk for ward in wards if whole or (here and ward.path.startswith(here.path))}
    if not lit and here is not None:
        ward = book.of_kind(here, Area.Kind.WARD)
        lit = {ward.pk} if ward else set()
    pieces = []
    # The names come after all shapes, so that no neighbour covers the end of one.
    names = []
    for ward in wards:
        locality = book.of_kind(ward, Area.Kind.LOCALITY)
        x, y = book.labels.get(ward.pk, (0, 0))
        lines = _lines(ward.name)
        top = y - 7 * (len(lines) - 1) + 5
        spans = "".join(
            f'<tspan x="{x}" y="{top + 15 * number}">{escape(line)}</tspan>'
            for number, line in enumerate(lines)
        )
        said = (
            _("%(ward)s, in %(locality)s") % {"ward": ward.name, "locality": locality.name}
            if locality
            else ward.name
        )
        ink = f' data-shop="{book.ink(ward)}"' if ward.pk in lit else ""
        now = ' aria-current="true"' if here is not None and here.pk == ward.pk else ""
        pieces.append(
            f'<a href="{escape(ward.get_absolute_url())}" aria-label="{escape(said)}"{ink}{now}>'
            f'<path d="{book.drawn[ward.pk]}"/></a>'
        )
        names.append(
            f'<g{ink}><text class="full">{spans}</text>'
            f'<text class="abbr" x="{x}" y="{y + 8}">{escape(short[ward.name])}</text></g>'
        )
    if here is not None and here.kind == Area.Kind.NEIGHBOURHOOD and here.pk in book.drawn:
        pieces.append(f'<path class="map-spot" d="{book.drawn[here.pk]}"/>')
    view, near = f"0 0 {book.width} {book.height}", ""
    if here is not None and here.kind == Area.Kind.NEIGHBOURHOOD:
        # A few streets are a dot on the whole borough: come nearer.
        ward = book.of_kind(here, Area.Kind.WARD)
        if ward is not None and ward.pk in book.drawn:
            view, near = near_by(book, ward), " map-near"
    title = ngettext("Map of %(count)d ward", "Map of the %(count)d wards", len(wards)) % {
        "count": len(wards)
    }
    return mark_safe(
        f'<div class="map map-wards{near}"><svg viewBox="{view}" role="group" '
        f'aria-label="{escape(title)}">{"".join(pieces)}'
        f'<g class="map-names" aria-hidden="true">{"".join(names)}</g></svg></div>'
    )


def names(book: Atlas, wards: list[Area]) -> str:
    """Return the wards' names as SVG text, whole and short, where each lies on the sheet."""
    short = _short_names([ward.name for ward in wards], book.borough.name if book.borough else "")
    found = []
    for ward in wards:
        x, y = book.labels.get(ward.pk, (0, 0))
        lines = _lines(ward.name)
        top = y - 7 * (len(lines) - 1) + 5
        spans = "".join(
            f'<tspan x="{x}" y="{top + 15 * number}">{escape(line)}</tspan>'
            for number, line in enumerate(lines)
        )
        found.append(
            f'<text class="full">{spans}</text>'
            f'<text class="abbr" x="{x}" y="{y + 8}">{escape(short[ward.name])}</text>'
        )
    return "".join(found)


def near_by(book: Atlas, ward: Area) -> str:
    """Return the window of the sheet that shows a ward and what is round it."""
    numbers = [int(number) for number in re.findall(r"\d+", book.drawn[ward.pk])]
    xs, ys = numbers[::2], numbers[1::2]
    side = max(200, round(1.5 * max(max(xs) - min(xs), max(ys) - min(ys))))
    side = min(side, book.width, book.height)
    left = min(max(0, (min(xs) + max(xs) - side) // 2), book.width - side)
    top = min(max(0, (min(ys) + max(ys) - side) // 2), book.height - side)
    return f"{left} {top} {side} {side}"


def _lines(name: str) -> list[str]:
    """Return a name on lines of about twelve letters; "&" begins a line."""
    lines: list[str] = []
    for word in re.sub(r"& ", "&\N{NO-BREAK SPACE}", name).split(" "):
        if lines and len(lines[-1]) + len(word) < 8:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def _short_names(names: list[str], borough: str) -> dict[str, str]:
    """Return three or four letters for each name, no two alike."""
    common = set(borough.split())
    short: dict[str, str] = {}
    for name in sorted(names):
        words = name.split(" ")
        if "&" in words or "and" in words:
            tries = [f"{words[0][0]}&{words[-2 if len(words) > 3 else -1][0]}"]
        else:
            own = [word for word in words if word not in common] or words
            tries = [own[0] if len(own[0]) <= 4 else own[0][:3], own[0][:4]]
        tries += [name[:length] for length in range(3, len(name) + 1)]
        short[name] = next((one for one in tries if one not in short.values()), name)
    return short
