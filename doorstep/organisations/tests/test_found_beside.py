"""Offers, teams and gatherings in the same finding, within what each may see; and slips mended."""

import datetime as dt

import pytest
from django.urls import reverse

from doorstep.base.time import now
from doorstep.organisations import actions, searching
from doorstep.organisations.beside import kinds
from doorstep.organisations.finding import others, store
from doorstep.organisations.models import Offer
from doorstep.organisations.tests.making import a_house, a_place, an_entry, give_keys
from doorstep.places.models import Postcode

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afresh(settings, tmp_path):
    settings.DATA = tmp_path
    store.forget()
    others.forget()
    yield
    store.forget()
    others.forget()


def find(client, words, **more):
    return client.get(reverse("directory:find"), {"q": words, **more}).content.decode()


@pytest.fixture
def house():
    made = a_house(name="Heath Hands")
    an_entry(made, name="Sewing and mending club", description="Bring something to sew or knit.")
    return made


def test_an_offer_is_found_beside_services_and_leaves_when_it_is_used_up(cast, client, house):
    give_keys(cast.dev, house)
    offer = actions.make_offer(
        house, by=cast.dev, at=now(), client_key="an-offer-1", what="Sewing machine to borrow",
        details="We lend a sewing machine for a month.", answered_by=cast.dev,
    )  # fmt: skip
    words = find(client, "sewing machine to borrow")
    assert "With neighbours, too" in words
    assert "Sewing machine to borrow" in words
    Offer.objects.filter(pk=offer.pk).update(how_many_now=0)
    assert "We lend a sewing machine" not in find(client, "sewing machine to borrow")


def test_what_may_not_be_seen_is_not_found(client, house, monkeypatch):
    seen = []

    def show(viewer, ids, at):
        seen.append((viewer, list(ids)))
        return []

    kind = kinds.get("offers")
    secret = type(kind)(kind.label, kind.icon, lambda: [(7, "Sewing in secret", "", "")], show)
    monkeypatch.setattr(kinds, "_items", {"offers": (10, secret)})
    words = find(client, "sewing in secret")
    assert seen == [(None, [7])]
    assert "With neighbours, too" not in words
    assert "Sewing in secret" not in words


def test_the_workers_index_follows_what_changes(cast, house, django_assert_num_queries):
    give_keys(cast.dev, house)
    assert others.rebuild()
    assert not others.rebuild()
    offer = actions.make_offer(
        house, by=cast.dev, at=now(), client_key="an-offer-2", what="A lift to hospital",
        answered_by=cast.dev,
    )  # fmt: skip
    assert others.rebuild()
    others.forget()
    assert f"offers:{offer.pk}" in others.index().keys
    actions.set_offer(offer, Offer.State.CLOSED, by=cast.dev, at=now())
    assert others.rebuild()
    others.forget()
    assert f"offers:{offer.pk}" not in others.index().keys


def test_filters_of_services_leave_the_others_out(cast, client, house):
    give_keys(cast.dev, house)
    actions.make_offer(
        house, by=cast.dev, at=now(), client_key="an-offer-3", what="Sewing lessons",
        answered_by=cast.dev, until=(now() + dt.timedelta(days=9)).date(),
    )  # fmt: skip
    assert "With neighbours, too" in find(client, "sewing lessons")
    assert "With neighbours, too" not in find(client, "sewing lessons", free="on")


def test_a_slip_of_the_finger_is_mended_and_said(client, house):
    words = find(client, "sewign and mendng club")
    assert "Showing what we found for" in words
    assert "Sewing and mending club" in words
    as_typed = find(client, "mendng club", exact="1")
    assert "Showing what we found for" not in as_typed


@pytest.mark.parametrize(
    "words",
    ["sewing and mending", "boating", "cineva cu care să vorbesc", "RM10 7FH", "they're alone",
     "someone whos kind, and who could come round and sit with my husbnd a bit"],
)  # fmt: skip
def test_what_is_no_slip_is_left_alone(words, client, house):
    assert "Showing what we found for" not in find(client, words)


def test_where_alone_brings_what_is_nearest_however_long_the_list(client, borough, monkeypatch):
    monkeypatch.setattr(searching, "MOST", 3)
    postcode = Postcode.objects.first()
    if postcode is None:
        postcode = Postcode.objects.create(
            code="RM10 7XJ", ward=borough.ward, latitude=51.54, longitude=0.15
        )
    for number in range(6):
        far = a_place(an_entry(name=f"A far club {number}"), latitude=51.5, longitude=0.5)
        assert far.location_type == "physical"
    a_place(
        an_entry(name="Zumba next door"),
        latitude=postcode.latitude, longitude=postcode.longitude, area=borough.ward,
    )  # fmt: skip
    assert "Zumba next door" in find(client, "", near=str(postcode))
    assert "Zumba next door" in find(client, "", place=borough.ward.slug)
    assert "A far club" not in find(client, "", place=borough.ward.slug)


def test_danger_is_heard_through_a_slip(client, house):
    assert 'aria-label="If somebody is in danger"' in find(client, "my husband is hiting me")
