"""A card kept says what a card drawn afresh would say, whatever was changed under it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import F

from doorstep.base import stamps
from doorstep.base.time import now
from doorstep.organisations import showing
from doorstep.organisations.models import (
    Address,
    Contact,
    CostOption,
    Language,
    Location,
    Phone,
    Schedule,
    Service,
    ServiceAtLocation,
    State,
)
from doorstep.organisations.tests.making import a_house, a_place, an_entry
from doorstep.places.models import Area

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="cards are kept on SQLite alone"),
]


@pytest.fixture(autouse=True)
def _stamped(settings):
    settings.KEEP_PAGES = True
    stamps.mend()
    showing._kept.clear()
    yield
    showing._kept.clear()


@pytest.fixture
def service(borough):
    made = an_entry(a_house(name="Kingsley Hall"), name="Tea and toast")
    made.phones.all().delete()  # the desk's is the only one
    place = a_place(made, name="The hall", area=borough.ward, latitude=51.5, longitude=0.1)
    Address.objects.create(location=place, address_1="1 Parsloes Avenue")
    at = ServiceAtLocation.objects.get()
    Schedule.objects.create(at_location=at, freq="WEEKLY", byday="TU", opens_at=dt.time(10))
    Schedule.objects.create(service=made, freq="WEEKLY", byday="MO", opens_at=dt.time(11))
    CostOption.objects.create(service=made, amount=2)
    Language.objects.create(service=made, name="Romanian")
    contact = Contact.objects.create(service=made, name="Desk")
    Phone.objects.create(contact=contact, number="020 7946 0001")
    return made


def told(card):
    return [
        str(one)
        for one in (
            card.about, card.facts, card.ring, card.link, card.whose, card.keep_url, card.is_open,
            card.fresh.words,
            card.service.name, card.service.organisation, card.point, card.cost, card.when,
        )
    ]  # fmt: skip


def kept(service):
    return [told(one) for one in showing.cards(Service.objects.public(), [service.pk], now())]


def afresh(service, settings):
    # Through Django's own rows, not through `parts`.
    rows = showing.in_order(showing.with_cards(Service.objects.public()), [service.pk])
    return [told(showing.card(one, now())) for one in rows]


def test_a_card_read_in_one_go_says_what_one_read_row_by_row_says(service, settings):
    settings.KEEP_PAGES = False
    again = Contact.objects.create(service=service, name="Second", title="Manager")
    Phone.objects.create(contact=again, number="020 7946 0002")
    a_place(service, name="", area=None, latitude=None, longitude=None)
    assert kept(service) == afresh(service, settings)
    Phone.objects.create(service=service, number="020 7946 0003", description="office")
    CostOption.objects.create(service=service, amount=0, option="concession")
    Schedule.objects.create(service=service, description="every now and then")
    Location.objects.filter(name="The hall").update(name="")
    assert kept(service) == afresh(service, settings)


def test_what_others_wrote_is_escaped_on_a_card(service):
    nasty = '<script>alert(1)</script>&"'
    Service.objects.filter(pk=service.pk).update(
        name=nasty, description=nasty, alert=nasty, fees=nasty
    )
    CostOption.objects.all().delete()
    type(service.organisation).objects.update(name=nasty)
    Language.objects.update(name=nasty)
    Phone.objects.update(number=nasty[:60])
    Location.objects.update(name=nasty)
    (card,) = showing.cards(Service.objects.public(), [service.pk], now())
    card.reasons, card.number, card.distance = [nasty], 1, nasty
    html = showing.drawn(card, level=2, back=f"/directory/?q={nasty}", token=nasty)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 8


CHANGES = {
    "the entry": lambda one: Service.objects.filter(pk=one.pk).update(description="Toast only"),
    "its proof": lambda one: Service.objects.filter(pk=one.pk).update(
        confirmed_at=now() - dt.timedelta(days=400)
    ),
    "its organisation": lambda one: type(one.organisation).objects.update(name="The Hall Trust"),
    "its times": lambda one: Schedule.objects.filter(service=one).update(byday="FR"),
    "a time less": lambda one: Schedule.objects.filter(service=one).delete(),
    "its cost": lambda one: CostOption.objects.update(amount=9),
    "its languages": lambda one: Language.objects.update(name="Bengali"),
    "another language": lambda one: Language.objects.create(service=one, name="Urdu"),
    "its number": lambda one: Phone.objects.update(number="020 7946 0099"),
    "its contact": lambda one: Contact.objects.all().delete(),
    "its place": lambda one: Location.objects.update(name="The annexe"),
    "where its place is": lambda one: Location.objects.update(latitude=F("latitude") + 0.01),
    "the address": lambda one: (
        Location.objects.update(name=""), Address.objects.update(address_1="2 Heathway")
    ),
    "the ward's name": lambda one: Area.objects.update(name=F("slug")),
    "one place less": lambda one: ServiceAtLocation.objects.all().delete(),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_seen_at_the_next_look(what, service, settings):
    before = kept(service)
    assert before == afresh(service, settings)
    CHANGES[what](service)
    after = kept(service)
    assert after == afresh(service, settings)
    assert after != before


def test_what_is_taken_off_is_gone_at_the_next_look(service):
    assert len(kept(service)) == 1
    Service.objects.filter(pk=service.pk).update(state=State.DRAFT)
    assert kept(service) == []


def test_a_kept_card_costs_two_queries_and_is_nobody_elses(service, django_assert_num_queries):
    kept(service)
    with django_assert_num_queries(2):
        (mine,) = showing.cards(Service.objects.public(), [service.pk], now())
    mine.number, mine.reasons, mine.distance, mine.is_kept = 7, ["near you"], "a mile", True
    (theirs,) = showing.cards(Service.objects.public(), [service.pk], now())
    assert (theirs.number, theirs.reasons, theirs.distance, theirs.is_kept) == (0, (), "", False)


def test_each_table_a_card_is_read_from_raises_a_stamp(service):
    tables = {model._meta.db_table for model in apps.get_models()}
    assert set(showing.TABLES) <= tables
    with connection.execute_wrapper(seen := Seen()):
        showing._kept.clear()
        kept(service)
    read = {table for table in tables if any(f'FROM "{table}"' in sql for sql in seen)}
    joined = {table for table in tables if any(f'JOIN "{table}"' in sql for sql in seen)}
    assert (read | joined) <= {showing.SERVICES, *showing.TABLES}


class Seen(list):
    def __call__(self, execute, sql, params, many, context):
        self.append(sql)
        return execute(sql, params, many, context)
