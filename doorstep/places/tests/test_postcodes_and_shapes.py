"""A postcode however it is typed, and which ward a point is in."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.places import shapes
from doorstep.places.actions import load_borough
from doorstep.places.atlas import atlas
from doorstep.places.importing import DATA
from doorstep.places.models import Area, find_postcode, tidy_postcode


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("RM10 7FH", "RM10 7FH"),
        ("rm107fh", "RM10 7FH"),
        (" rm 10 7 fh ", "RM10 7FH"),
        ("RM1O 7FH", "RM10 7FH"),
        ("rmio7fh", "RM10 7FH"),
        ("IG11 OAB", "IG11 0AB"),
        ("1G11-0AB", "IG11 0AB"),
        ("E15 1AA", "E15 1AA"),
        ("W1A 0AX", "W1A 0AX"),
        ("SW1A 1AA", "SW1A 1AA"),
        ("RM10", None),
        ("", None),
        ("hello there", None),
        ("RM10 7FH RM10 7FH", None),
    ],
)
def test_a_postcode_is_read_however_it_is_typed(typed, meant):
    assert tidy_postcode(typed) == meant


@given(st.text(max_size=30))
def test_whatever_is_typed_the_answer_is_a_tidy_postcode_or_none(typed):
    tidy = tidy_postcode(typed)
    assert tidy is None or tidy_postcode(tidy) == tidy


def test_every_postcode_of_the_file_is_read_as_itself():
    with (DATA / "barking_dagenham_postcodes.csv").open() as file:
        codes = [row["pcds"] for row in csv.DictReader(file)]
    assert [tidy_postcode(code.lower().replace(" ", "")) for code in codes] == codes


@pytest.mark.django_db
def test_nearly_every_postcode_lies_in_its_ward_by_point_in_polygon():
    load_borough()
    book = atlas()
    wards = {
        book.areas[pk].gss_code: shape
        for pk, shape in book.shapes.items()
        if book.areas[pk].kind == Area.Kind.WARD
    }
    with (DATA / "barking_dagenham_postcodes.csv").open() as file:
        rows = list(csv.DictReader(file))
    hits = sum(
        [
            code
            for code, shape in wards.items()
            if shapes.contains(shape, float(row["long"]), float(row["lat"]))
        ]
        == [row["osward"]]
        for row in rows
    )
    assert len(rows) == 3060
    assert hits / len(rows) >= 0.998


@pytest.mark.django_db
def test_a_point_far_away_is_in_no_ward():
    load_borough()
    assert atlas().at(51.5, -0.12) is None
    assert atlas().at(51.5405, 0.08).kind == Area.Kind.WARD


@pytest.mark.django_db
def test_a_postcode_leads_to_its_ward_and_neighbourhood():
    load_borough()
    found = find_postcode("ig11oab")
    assert found.code == "IG11 0AB"
    assert found.ward.gss_code == "E05014055"
    assert found.neighbourhood.gss_code == "E01034478"


HOLED = {
    "type": "Polygon",
    "coordinates": [
        [[0, 50], [4, 50], [4, 54], [0, 54], [0, 50]],
        [[1, 51], [3, 51], [3, 53], [1, 53], [1, 51]],
    ],
}


def test_a_hole_is_not_inside():
    parts = shapes.polygons(HOLED)
    assert shapes.contains(parts, 0.5, 52)
    assert not shapes.contains(parts, 2, 52)
    assert not shapes.contains(parts, 5, 52)


def test_the_middle_of_a_shape_is_inside_it():
    parts = shapes.polygons(HOLED)
    assert shapes.contains(parts, *shapes.middle(parts))


@given(st.floats(0.001, 0.999).filter(lambda x: x != 0.5), st.floats(50.001, 50.999))
def test_a_square_contains_what_is_between_its_sides(x, y):
    parts = shapes.polygons(
        {"type": "Polygon", "coordinates": [[[0, 50], [1, 50], [1, 51], [0, 51], [0, 50]]]}
    )
    assert shapes.contains(parts, x, y)
    assert not shapes.contains(parts, x + 1, y)


@pytest.mark.parametrize(
    "boundary",
    [
        None,
        "here",
        {},
        {"type": "Point", "coordinates": [0, 51]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 51], [1, 51], [0, 51]]]},
        {"type": "Polygon", "coordinates": [[[0, 51], [1, 51], [1, 52], [0, 52]]]},
        {"type": "Polygon", "coordinates": [[["a", 51], [1, 51], [1, 52], ["a", 51]]]},
        {"type": "Polygon", "coordinates": [[[500, 51], [1, 51], [1, 52], [500, 51]]]},
        {"type": "Polygon", "coordinates": [[[float("nan"), 51], [1, 51], [1, 52], [1, 51]]]},
        {"type": "MultiPolygon", "coordinates": [[]]},
    ],
)
def test_a_boundary_that_is_none_is_refused(boundary):
    with pytest.raises(shapes.BadShape):
        shapes.polygons(boundary)
