"""Pages of places."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from doorstep.base.keeping import part
from doorstep.base.kept_pages import kept_page
from doorstep.base.prepared import Ids, Prepared
from doorstep.design import frame
from doorstep.places import sources
from doorstep.places.atlas import Atlas, atlas
from doorstep.places.drawing import ward_map
from doorstep.places.forms import FindForm
from doorstep.places.models import Area, Venue, area_panels
from doorstep.places.street_map import with_streets

VENUES_ON_AREA = 5
_SOURCES = format_html(
    '<p class="small muted" lang="en">{}. {}.</p>', sources.BOUNDARIES, sources.POSTCODES
)
VENUES_ON_PAGE = 40

_venues_in = Prepared(
    lambda ids: (
        Venue.objects.filter(area__in=ids).select_related("area").order_by("name", "id")[:6]
    ),
    ids=Ids,
)


@login_not_required
@require_safe
def borough_map(request: HttpRequest) -> HttpResponse:
    """The wards, drawn and as a list."""
    return _map_page(request, FindForm(), 200)


def _map_page(request: HttpRequest, form: FindForm, status: int) -> HttpResponse:
    book = atlas()
    key = ("list", get_language())
    if key not in book.kept:
        groups = [
            {
                "locality": locality,
                "ink": book.ink(locality),
                "wards": [ward for ward in book.wards if ward.parent_id == locality.pk],
            }
            for locality in book.localities
        ]
        book.kept[key] = mark_safe(render_to_string("places/_localities.html", {"groups": groups}))
    return render(
        request,
        "places/map.html",
        {
            "form": form,
            "map": with_streets(book, ward_map(book)),
            "list": book.kept[key],
            "wards": book.wards,
            "source": sources.BOUNDARIES,
        },
        status=status,
    )


@login_not_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """A postcode leads to its neighbourhood, else to its ward."""
    form = FindForm(request.GET if "postcode" in request.GET else None)
    if form.is_valid():
        postcode = form.cleaned_data["postcode"]
        return redirect(postcode.neighbourhood or postcode.ward)
    return _map_page(request, form, 422 if form.is_bound else 200)


@login_not_required
@require_safe
@kept_page
def area(request: HttpRequest, slug: str) -> HttpResponse:
    """What there is in one area."""
    book = atlas()
    here = book.by_slug.get(slug)
    if here is None:
        here = get_object_or_404(Area.objects.defer("boundary"), slug=slug)
    venues = _venues_in(ids=book.inside(here) or [here.pk])
    top, side = _made(book, here)
    meeting = part(
        "places/_meeting.html",
        (here.slug, *map(_shown, venues)),
        {
            "area": here,
            "venues": venues[:VENUES_ON_AREA],
            "more_venues": len(venues) > VENUES_ON_AREA,
            "help_phone": settings.HELP_PHONE,
        },
    )
    main = (
        f'{top}<div class="two"><div class="stack stack-xl">{"".join(panels(request, here))}</div>'
        f'<aside class="stack stack-l">{side}{meeting}{_SOURCES}</aside></div>'
    )
    return frame.page(request, title=here.name, main=main)


def _shown(venue: Venue) -> tuple[Any, ...]:
    """Return what a list shows of a venue."""
    return (
        venue.pk, venue.name, venue.address, venue.postcode,
        venue.is_step_free, venue.has_accessible_toilet, venue.has_hearing_loop,
    )  # fmt: skip


def panels(request: HttpRequest, here: Area) -> list[str]:
    """Return what higher floors have to show about an area, each under its heading."""
    found = []
    for name, panel in area_panels.items():
        html = panel.render(request, here)
        if html and "<h2" in html:
            found.append(html)
        elif html:
            found.append(
                format_html(
                    '<section class="stack" aria-labelledby="panel-{}"><h2 id="panel-{}">{}</h2>'
                    "{}</section>",
                    name,
                    name,
                    panel.label,
                    mark_safe(html),
                )
            )
    return found


def _made(book: Atlas, here: Area) -> tuple[SafeString, SafeString]:
    """Return the parts of an area's page that are the same for everybody, made once."""
    key = ("area", here.pk, get_language())
    if key not in book.kept:
        parts = sorted(book.parts.get(here.pk, []), key=lambda part: part.name)
        hoods = [
            other
            for pk in book.inside(here)
            if (other := book.areas[pk]).kind == Area.Kind.NEIGHBOURHOOD and other.imd_decile
        ]
        facts: dict[str, Any] = {
            "area": here,
            "around": book.around(here),
            "locality": book.of_kind(here, Area.Kind.LOCALITY),
            "ward": book.of_kind(here, Area.Kind.WARD),
            "parts": parts,
            "ink": book.ink(here),
            "ward_count": sum(book.areas[pk].kind == Area.Kind.WARD for pk in book.inside(here)),
            "hoods": len(hoods),
            "hard": sum(hood.imd_decile <= 2 for hood in hoods if hood.imd_decile),
            "map": with_streets(book, ward_map(book, here), here),
            "deprivation": sources.DEPRIVATION,
        }
        made = (
            mark_safe(render_to_string("places/_area_top.html", facts)),
            mark_safe(render_to_string("places/_area_side.html", facts)),
        )
        if here.pk not in book.areas:
            return made
        book.kept[key] = made
    return book.kept[key]


@login_not_required
@require_safe
def venues(request: HttpRequest) -> HttpResponse:
    """Places to meet, by name; in one area with ?area=."""
    book = atlas()
    here = book.by_slug.get(request.GET.get("area", ""))
    found = Venue.objects.select_related("area").order_by("name", "id")
    if here is not None and here.kind != Area.Kind.BOROUGH:
        found = found.filter(area__in=book.inside(here))
    after, after_id = request.GET.get("after", "")[:120], request.GET.get("id", "")
    if after and after_id.isascii() and after_id.isdigit():
        found = found.filter(Q(name__gt=after) | Q(name=after, id__gt=int(after_id[:18])))
    page = list(found[: VENUES_ON_PAGE + 1])
    return render(
        request,
        "places/venues.html",
        {
            "area": here,
            "venues": page[:VENUES_ON_PAGE],
            "last": page[VENUES_ON_PAGE - 1] if len(page) > VENUES_ON_PAGE else None,
            "localities": book.localities,
        },
    )


@login_not_required
@require_safe
def venue(request: HttpRequest, pk: int) -> HttpResponse:
    """One place to meet, and what it is like to get in."""
    found = Venue.objects.select_related("area").filter(pk=pk).first()
    if found is None:
        raise Http404
    book = atlas()
    here = book.areas.get(found.area_id, found.area)
    return render(
        request,
        "places/venue.html",
        {
            "venue": found,
            "around": [*book.around(here), here],
            "map": with_streets(
                book, ward_map(book, here), here, (found.latitude, found.longitude)
            ),
            "sources": _SOURCES,
        },
    )
