"""The map, an area's page, finding an area, venues."""

import re

import pytest
from django.test import override_settings

from doorstep.base.registry import Panel
from doorstep.places import atlas as atlas_module
from doorstep.places.actions import load_borough
from doorstep.places.atlas import atlas
from doorstep.places.drawing import ward_map
from doorstep.places.models import Area, area_panels
from doorstep.places.tests.factories import VenueFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def real():
    """The bundled borough."""
    return load_borough()


@pytest.fixture
def no_panels(monkeypatch):
    """Only this floor's own part of the page."""
    monkeypatch.setattr(area_panels, "_items", {})


def test_the_map_links_each_ward_and_lists_it_again(real, client):
    page = client.get("/places/").content.decode()
    drawing = page[page.index('<div class="map') : page.index("</svg></div>")]
    for ward in Area.objects.filter(kind="ward"):
        assert f'href="{ward.get_absolute_url()}"' in drawing
        assert page.count(f'href="{ward.get_absolute_url()}"') == 2
    assert drawing.count("<path") == 19
    assert "Contains OS data © Crown copyright and database right 2022" in page


def test_touching_localities_wear_different_inks(real):
    book = atlas()
    corners = {}
    for pk, shape in book.shapes.items():
        if book.areas[pk].kind == "ward":
            for polygon in shape:
                for point in polygon[0]:
                    corners.setdefault(point, set()).add(book.areas[pk].parent_id)
    for sharing in corners.values():
        assert len({book.inks[pk] for pk in sharing}) == len(sharing)


def test_the_map_is_small(real):
    assert len(ward_map(atlas())) < 14_000


def test_an_area_page_shows_where_it_is_and_what_is_in_it(real, client):
    page = client.get("/places/gascoigne/").content.decode()
    assert "Barking Town" in page
    assert (
        page.count('href="/places/gascoigne-') == Area.objects.get(slug="gascoigne").parts.count()
    )
    assert "MHCLG, Indices of Deprivation 2025" in page
    assert len(re.findall(r'aria-current="true"', page)) == 1


def test_the_map_of_a_few_streets_comes_nearer_and_marks_them(real, client):
    hood = Area.objects.filter(parent__slug="gascoigne").first()
    page = client.get(hood.get_absolute_url()).content.decode()
    left, top, width, height = map(int, re.search(r'viewBox="([\d ]+)" role', page)[1].split())
    assert 200 <= width == height < 400
    spot = re.search(r'<path class="map-spot" d="([^"]+)"', page)[1]
    xs = [int(number) for number in re.findall(r"\d+", spot)][::2]
    assert left < min(xs) < max(xs) < left + width
    assert 0 <= top <= atlas().height - height


def test_every_area_has_a_page(real, client):
    for kind in ("borough", "locality", "ward", "neighbourhood"):
        area = Area.objects.filter(kind=kind).last()
        assert client.get(area.get_absolute_url()).status_code == 200


def test_a_street_has_a_page_too(borough, client):
    from doorstep.places.tests.factories import make_area

    street = make_area("street", "Quay Street", borough.ward)
    page = client.get(street.get_absolute_url())
    assert page.status_code == 200
    assert "Quay" in page.content.decode()


def test_an_area_that_is_not_is_not_found(borough, client):
    assert client.get("/places/atlantis/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_more_venues_cost_no_more_queries(
    rows, borough, client, no_panels, django_assert_num_queries
):
    VenueFactory.create_batch(rows, area=borough.ward)
    with override_settings(MODE="demo"):
        atlas_module.forget()
        client.get("/places/quay/")
        with django_assert_num_queries(1):
            client.get("/places/quay/")
    atlas_module.forget()


def test_panels_of_higher_floors_come_under_their_heading(borough, client, no_panels):
    area_panels.add("bees", Panel("Bees", lambda request, area: f"<p>Bees of {area.name}</p>"))
    area_panels.add("none", Panel("Nothing", lambda request, area: ""))
    page = client.get("/places/quay/").content.decode()
    assert '<h2 id="panel-bees">Bees</h2><p>Bees of Quay</p>' in page
    assert "Nothing" not in page


def test_a_postcode_leads_to_its_neighbourhood(real, client):
    answer = client.get("/places/find/", {"postcode": "ig11 oab"})
    assert answer.status_code == 302
    assert answer.url == Area.objects.get(gss_code="E01034478").get_absolute_url()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("RM10", "only part of a postcode"),
        ("", "Enter a postcode"),
        ("potatoes!", "look like a postcode"),
        ("SW1A 1AA", "isn’t in our borough"),
        ("<script>", "look like a postcode"),
    ],
)
def test_a_postcode_that_is_none_is_answered_kindly_and_kept(real, client, typed, said):
    answer = client.get("/places/find/", {"postcode": typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "Problem:" in page
    assert "<script>" not in page.replace('<script src="', "")


def test_a_changed_name_shows_after_an_import_and_the_map_is_made_once(real, client):
    with override_settings(MODE="demo"):
        atlas_module.forget()
        assert ward_map(atlas()) is ward_map(atlas())
        Area.objects.filter(slug="beam").update(name="Beam Valley")
        load_borough()
        assert "Beam Valley" not in client.get("/places/").content.decode()
        Area.objects.filter(slug="beam").update(name="Beam Valley")
        atlas_module.forget()
        assert "Beam Valley" in client.get("/places/").content.decode()
    atlas_module.forget()


def test_a_venue_says_how_to_get_in(borough, client):
    venue = VenueFactory(
        area=borough.ward, is_step_free=True, bus="145", way_in="Past <b>the</b> fish tank"
    )
    page = client.get(venue.get_absolute_url()).content.decode()
    assert "No steps to get in" in page
    assert "145" in page
    assert "Past &lt;b&gt;the&lt;/b&gt; fish tank" in page
    assert "We don’t know of a wheelchair toilet" in page
    assert "Contains Royal Mail data © Royal Mail copyright" in page


def test_venues_are_listed_by_name_a_page_at_a_time(borough, client):
    VenueFactory.create_batch(45, area=borough.ward)
    first = client.get("/places/venues/").content.decode()
    assert first.count("<article") == 40
    following = re.search(r'href="(\?after=[^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get("/places/venues/" + following).content.decode()
    assert second.count("<article") == 5
    assert client.get("/places/venues/?area=hilltop").content.decode().count("<article") == 0


def test_an_empty_borough_says_so(db, client):
    assert "There’s no map yet." in client.get("/places/").content.decode()
