"""Filters without words look at every entry, by the same rules as beside words."""

from __future__ import annotations

import datetime as dt
from itertools import combinations

import pytest

from doorstep.base.time import LONDON
from doorstep.organisations import searching
from doorstep.organisations.models import (
    Accessibility,
    CostOption,
    Language,
    Schedule,
    Service,
    ServiceAtLocation,
)
from doorstep.organisations.tests.making import a_place, an_entry
from doorstep.places.models import Postcode

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 24, 10, 30, tzinfo=LONDON)  # a Tuesday

TIMES = (
    {"freq": "WEEKLY", "byday": "TU,TH", "opens_at": dt.time(9), "closes_at": dt.time(12)},
    {"freq": "DAILY", "opens_at": dt.time(18), "closes_at": dt.time(20)},
    {"freq": "WEEKLY", "byday": "TU", "opens_at": dt.time(10), "closes_at": dt.time(11),
     "valid_to": dt.date(2026, 10, 1)},
    {"freq": "WEEKLY", "byday": "TU", "interval": 2, "dtstart": dt.date(2026, 11, 17),
     "opens_at": dt.time(10), "closes_at": dt.time(11)},
    {"freq": "WEEKLY", "byday": "TU", "interval": 2, "dtstart": dt.date(2026, 11, 10),
     "opens_at": dt.time(10), "closes_at": dt.time(11)},
    {"freq": "MONTHLY", "byday": "4TU", "opens_at": dt.time(10), "closes_at": dt.time(11)},
    {"freq": "WEEKLY", "byday": "TU", "is_possible": False},
    {"freq": "WEEKLY", "byday": "SA"},
    {"dtstart": dt.date(2026, 11, 24), "opens_at": dt.time(10), "closes_at": dt.time(11)},
    {"freq": "WEEKLY", "byday": "TU", "opens_at": dt.time(10), "closes_at": dt.time(11),
     "valid_from": dt.date(2026, 12, 1)},
)  # fmt: skip
ASKED = (
    {"free": True}, {"open": True}, {"age": 17}, {"age": 70}, {"language": "roman"},
    {"step_free": True}, {"day": "TU"}, {"day": "SA"}, {"time": "morning"}, {"time": "evening"},
    {"miles": 1.0}, {"place": "ward"},
)  # fmt: skip


@pytest.fixture
def street(borough):
    """Two dozen entries, each with something of its own."""
    code = Postcode.objects.create(
        code="RM10 7XJ", ward=borough.ward, latitude=51.54, longitude=0.15
    )
    for number in range(24):
        one = an_entry(
            name=f"Thing {number:02}",
            fees=("", "Free ", "£3")[number % 3],
            minimum_age=(None, 16, 65)[number % 3],
            maximum_age=(None, 25)[number % 2],
        )
        near = number % 4
        if near:
            place = a_place(
                one, latitude=51.54, longitude=0.15 + near / 100,
                area=borough.ward if near == 2 else None,
            )  # fmt: skip
            if near == 3:
                Accessibility.objects.create(location=place, description="A LEVEL floor")
        one.schedules.all().delete()
        if number % 5 == 0:
            CostOption.objects.create(service=one, amount=0)
        if number % 7 == 0:
            CostOption.objects.create(service=one, amount=2.5)
        Language.objects.create(service=one, name=("Romanian", "Urdu")[number % 2])
        time = TIMES[number % len(TIMES)]
        if number % 3 == 1 and near:
            Schedule.objects.create(at_location=ServiceAtLocation.objects.get(service=one), **time)
        else:
            Schedule.objects.create(service=one, **time)
    return code, borough.ward.slug


def test_filters_alone_let_through_what_they_let_through_beside_words(street):
    code, ward = street
    every = list(Service.objects.public().order_by("name").values_list("pk", flat=True))
    for asked in [*((one,) for one in ASKED), *combinations(ASKED, 2)]:
        data = {"near": code, **{name: value for one in asked for name, value in one.items()}}
        if "place" in data:
            data["place"] = ward
        ids, far = searching._everything(data, code, AT)
        beside_words = searching._narrowed(every, code, data, AT)
        assert set(ids) == set(beside_words), data
        assert {pk: round(far[pk] or -1) for pk in ids} == {
            pk: round(metres or -1) for pk, metres in beside_words.items()
        }
    assert searching._everything({"open": True}, None, AT)[0]


def test_filters_alone_page_through_everything_freshest_first(client, borough):
    for number in range(130):
        an_entry(name=f"Club {number:03}", fees="Free")
    an_entry(name="Aardvarks, long unproved", fees="Free", confirmed_at=None, doubts=2)
    found = searching.look({"free": True}, viewer=None, at=AT, first=130)
    assert found.total == 131
    assert [one.service.name for one in found.cards] == ["Aardvarks, long unproved"]
    assert "131 things found" in client.get("/directory/?free=on").content.decode()
    assert "Club 125" in client.get("/directory/?free=on&from=120").content.decode()
