"""A map of streets under a drawn map, for whoever asks for it, where the settings name one.

Without DOORSTEP_TILE_URL the drawn map is all there is and nothing comes from another host. With
it, a drawn map gets a button; only a press on it brings the script (Leaflet, from our own static
files) and the pictures of streets. The drawing stays: it lies on the streets, links and all.

Never under maps of people: rounds, concerns and signals stay drawn, so that nobody who makes maps
learns where somebody is being helped.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from doorstep.design.templatetags.design import icon
from doorstep.places.atlas import Atlas
from doorstep.places.drawing import near_by
from doorstep.places.models import Area


def with_streets(
    book: Atlas,
    drawn: SafeString,
    here: Area | None = None,
    spot: tuple[float | None, float | None] = (None, None),
) -> SafeString:
    """Return a drawn map with its button, script and words; as it is where no tiles are set.

    `drawn` is an SVG in the units of the atlas's sheet. The street map begins with all of it, with
    the ward of `here`, or near by `spot`: the (latitude, longitude) of what the page is about.
    """
    if not settings.TILE_URL or not drawn:
        return drawn
    ward = book.of_kind(here, Area.Kind.WARD) if here else None
    left, top, width, height = 0, 0, book.width, book.height
    if ward is not None and ward.pk in book.drawn:
        left, top, width, height = map(int, near_by(book, ward).split())
    return format_html(
        '<div class="streets" data-behaviour="streets" data-tiles="{}" data-credit="{}" '
        'data-credit-link="{}" data-sheet="{}" data-shown="{}" data-size="0 0 {} {}" '
        'data-spot="{}" data-code="{}" data-style="{}" data-label="{}" data-in="{}" data-out="{}">'
        '{}<div class="streets-bar" hidden>'
        '<button type="button" class="btn btn-line btn-s" data-go>{}{}</button>'
        '<button type="button" class="btn btn-line btn-s" data-back hidden>{}{}</button>'
        '<p class="hint">{}</p><p class="hint" role="status" data-off="{}"></p></div>'
        '</div><script src="{}" defer></script>',
        settings.TILE_URL,
        *_credit(settings.TILE_CREDIT),
        _corners(book, 0, 0, book.width, book.height),
        _corners(book, left, top, width, height),
        book.width,
        book.height,
        "" if None in spot else f"{spot[0]:.6f} {spot[1]:.6f}",
        static("design/leaflet/leaflet.js"),
        static("design/streets.css"),
        _("Map of streets. The arrow keys move it, plus and minus change how near it is."),
        _("Nearer"),
        _("Further away"),
        drawn,
        icon("map-pin"),
        _("Move around on a street map"),
        icon("arrow-left"),
        _("Back to the drawn map"),
        _("The pictures of streets come from %(host)s.")
        % {"host": urlsplit(settings.TILE_URL).netloc},
        _("The streets don’t come just now. The drawn map and the list say the same."),
        static("design/js/streets.js"),
    )


def _credit(text: str) -> tuple[str, str]:
    """Return (words, address) of whose map it is; the address may be ""."""
    words, _space, link = text.rpartition(" ")
    return (words, link) if re.match(r"https?://", link) else (text, "")


def _corners(book: Atlas, left: int, top: int, width: int, height: int) -> SafeString:
    west, north = book.sheet.place(left, top)
    east, south = book.sheet.place(left + width, top + height)
    return mark_safe(f"{south:.6f} {west:.6f} {north:.6f} {east:.6f}")
