"""Filters look at every entry without words, and at all that answers beside them."""

from __future__ import annotations

import datetime as dt
from itertools import combinations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doorstep.base.time import LONDON, local
from doorstep.organisations import searching, showing, when
from doorstep.organisations.finding import finding, store
from doorstep.organisations.models import (
    Accessibility,
    CostOption,
    Language,
    Schedule,
    Service,
    ServiceAtLocation,
)
from doorstep.organisations.tests.making import a_place, an_entry
from doorstep.places.atlas import atlas
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


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA = tmp_path
    store.forget()
    yield
    store.forget()


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


def test_filters_let_through_what_fits_row_by_row(street):
    code, ward = street
    rows = showing.with_cards(Service.objects.public()).prefetch_related(
        "at_locations__location__access"
    )
    every = list(rows)
    for asked in [*((one,) for one in ASKED), *combinations(ASKED, 2)]:
        data = {"near": code, **{name: value for one in asked for name, value in one.items()}}
        if "place" in data:
            data["place"] = ward
        far = searching._distances([one.pk for one in every], code)
        fitting = {one.pk: far[one.pk] for one in every if _fits(one, data, AT, far[one.pk])}
        alone, metres = searching._everything(data, code, AT)
        assert {pk: round(metres[pk] or -1) for pk in alone} == {
            pk: round(one or -1) for pk, one in fitting.items()
        }, data
        among = searching._fitting(data, AT, among_all=False)
        beside = list(Service.objects.public().filter(among).values_list("pk", flat=True))
        assert sorted(searching._distances(beside, code, searching._most_metres(data))) == sorted(
            fitting
        ), data
    assert searching._everything({"open": True}, None, AT)[0]


def test_beside_words_filters_find_what_stands_behind_the_sixty_best(client, borough):
    for number in range(90):
        an_entry(name=f"Exercise class {number}", description="Gentle exercise for anybody.")
    far_down = an_entry(name="Chair group", description="An exercise class, sitting down.")
    Language.objects.create(service=far_down, name="Romanian")
    store.forget()
    words = "exercise class"
    assert far_down.pk not in {one.pk for one in finding.find(words).results}
    found = searching.look({"q": words, "language": "romanian", "day": "TU"}, viewer=None, at=AT)
    assert [one.service.pk for one in found.cards] == [far_down.pk]
    assert searching.look({"q": words, "day": "TU"}, viewer=None, at=AT).total == 91
    page = client.get("/directory/", {"q": words, "day": "TU", "from": "20"}).content.decode()
    assert "91 things found" in page
    assert "day=TU" in page.partition("Back to the first ones")[0].rpartition("<a")[2]


def test_filters_beside_words_ask_as_much_for_many_as_for_few(borough):
    asked = {"q": "exercise class", "day": "TU", "language": "Romanian", "free": True}
    many = []
    for more in (1, 30):
        for number in range(more):
            one = an_entry(name=f"Exercise class {more}-{number}", fees="Free")
            Language.objects.create(service=one, name="Romanian")
        store.forget()
        searching.look(asked, viewer=None, at=AT)
        with CaptureQueriesContext(connection) as queries:
            found = searching.look(asked, viewer=None, at=AT)
        many.append(len(queries))
    assert found.total == 31
    assert many[0] == many[1] <= 12


def test_half_a_postcode_is_somewhere(client, street):
    code, _ward = street
    Postcode.objects.create(code="RM10 9AA", ward=code.ward, latitude=51.56, longitude=0.15)
    for one in Service.objects.filter(at_locations=None)[:2]:
        a_place(one, latitude=51.9, longitude=0.15)
    store.forget()
    found = searching.look({"q": "soup and company near RM10"}, viewer=None, at=AT)
    assert "near RM10" in found.understood
    measured = [one.distance for one in found.cards if one.distance]
    assert measured
    # From the middle of it nobody can say how many minutes' walk.
    assert all("miles away" in one for one in measured)
    nowhere = searching.look({"q": "soup and company near E99"}, viewer=None, at=AT)
    assert nowhere.cards
    assert not any(one.distance for one in nowhere.cards)


def test_filters_alone_page_through_everything_freshest_first(client, borough):
    for number in range(130):
        an_entry(name=f"Club {number:03}", fees="Free")
    an_entry(name="Aardvarks, long unproved", fees="Free", confirmed_at=None, doubts=2)
    found = searching.look({"free": True}, viewer=None, at=AT, first=130)
    assert found.total == 131
    assert [one.service.name for one in found.cards] == ["Aardvarks, long unproved"]
    assert "131 things found" in client.get("/directory/?free=on").content.decode()
    assert "Club 125" in client.get("/directory/?free=on&from=120").content.decode()


# --- Row by row ------------------------------------------------------------------------------


def _fits(service, data, at, metres):
    if data.get("miles") and data.get("near"):
        far = data["miles"] * showing.METRES_IN_A_MILE
        if metres is None or metres > far:
            return False
    if data.get("free") and not showing.is_free(service):
        return False
    if data.get("open"):
        day = local(at).date()
        times = [one for one in showing.schedules_of(service) if not when.is_over(one, day)]
        if when.is_open(times, at) is not True:
            return False
    age = data.get("age")
    if age is not None:
        low, high = service.minimum_age, service.maximum_age
        if (low is not None and age < low) or (high is not None and age > high):
            return False
    if data.get("language"):
        wanted = data["language"].casefold()
        said = [f"{row.name} {row.code}".casefold() for row in service.languages.all()]
        if not any(wanted in row for row in said):
            return False
    if data.get("step_free") and not _is_step_free(service):
        return False
    area = atlas().by_slug.get(data.get("place") or "")
    if area is not None and not any(
        row.location.area is not None and row.location.area.path.startswith(area.path)
        for row in service.at_locations.all()
    ):
        return False
    weekday, time = data.get("day"), data.get("time")
    return not (weekday or time) or any(
        _is_on(schedule, weekday, time)
        for schedule in showing.schedules_of(service)
        if not when.is_over(schedule, local(at).date())
    )


def _is_on(schedule, day, time):
    if not schedule.is_possible:
        return False
    if day and schedule.freq != "DAILY" and day not in schedule.byday:
        return False
    if time:
        start, end = searching._PARTS_OF_DAY[time]
        opens = schedule.opens_at or dt.time(0)
        closes = schedule.closes_at or dt.time(23, 59)
        return opens < end and closes > start
    return True


def _is_step_free(service):
    said = " ".join(
        f"{one.description} {one.details}".casefold()
        for row in service.at_locations.all()
        for one in row.location.access.all()
    )
    said += " ".join(row.location.way_in_on_wheels for row in service.at_locations.all()).casefold()
    return any(word in said for word in showing.STEP_FREE)
