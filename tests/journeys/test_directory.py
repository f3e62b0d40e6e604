"""Journeys 1 and 21, walked through the pages: something near, and a detail that changed.

Each step is a request as the browser sends it without script; nothing is done behind the pages'
back but the clock and the worker.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from html import unescape

import pytest
from django.urls import reverse

from doorstep.base.time import now, today
from doorstep.gatherings.tests.factories import plan
from doorstep.organisations.finding import others, store
from doorstep.organisations.freshness import actions as freshness
from doorstep.organisations.models import CostOption, ImportRun, Service
from doorstep.organisations.oruk import bringing_in
from doorstep.organisations.tests.making import a_house, a_place, an_entry, give_keys, make_keeper

pytestmark = pytest.mark.django_db
LINK = re.compile(r"https?://[^/\s]+(/directory/true/\S+)")


@pytest.fixture(autouse=True)
def _afresh(settings, tmp_path):
    settings.DATA = tmp_path
    settings.REQUIRE_SECOND_FACTOR = False
    store.forget()
    others.forget()
    yield
    store.forget()
    others.forget()


def read(answer, status=200):
    assert answer.status_code == status
    return unescape(answer.content.decode())


def test_journey_1_somebody_new_finds_five_free_things_near_and_joins_in_two_steps(
    cast, borough, client
):
    house = a_house(name="Heath Neighbours")
    for name in ("Sewing hour", "Sewing for beginners", "Sewing and tea", "Sewing repairs",
                 "Sewing circle"):  # fmt: skip
        service = an_entry(house, name=name, description="Come and sew with others.")
        CostOption.objects.create(service=service, amount=0)
        a_place(service, name="The hall", area=borough.ward, latitude=51.54, longitude=0.13)
    costs = an_entry(house, name="Sewing lessons", description="Learn to sew.", fees="£40 a term")
    gathering = plan(cast.dev, title="Sewing evening", description="We sew together. It's free.")
    # The first page asks; she says it as she would to a neighbour.
    assert "What’s going on?" in read(client.get(reverse("directory:find")))
    page = read(client.get(reverse("directory:find"), {"q": "I'd like to sew with others"}))
    for service in Service.objects.all():
        assert service.get_absolute_url() in page
    assert gathering.get_absolute_url() in page
    free = read(client.get(reverse("directory:find"), {"q": "sew with others", "free": "on"}))
    shown = set(re.findall(r'href="(/directory/service/[^/"]+/)"', free))
    assert len(shown) == 5
    assert costs.get_absolute_url() not in shown
    # Two steps: its page, and the button.
    client.force_login(cast.amina.account)
    page = read(client.get(gathering.get_absolute_url()))
    step = reverse("gatherings:coming", args=[gathering.sessions.first().pk])
    assert f'action="{step}"' in page
    assert client.post(step, {"guests": "0"}).status_code == 302
    assert gathering.sessions.first().places.filter(person=cast.amina).exists()


def test_journey_21_a_changed_detail_is_told_once_and_is_everywhere(
    cast, borough, client, mailoutbox, django_capture_on_commit_callbacks
):
    house = a_house(name="Pantry", email="hello@pantry.example")
    service = an_entry(house, name="Soup kitchen", days=100)
    # The letter of every ninety days comes; opened on a phone, without signing in.
    with django_capture_on_commit_callbacks(execute=True):
        freshness.tick()
    link = LINK.search(mailoutbox[-1].body)
    assert link
    page = read(client.get(link[1]))
    assert "Yes, it’s all still right" in page
    service.refresh_from_db()
    assert service.confirmed_at.date() < today()
    assert "confirmed today" in read(client.post(link[1], {"what": "confirm"}))
    service.refresh_from_db()
    assert (service.confirmed_how, service.confirmed_at.date()) == ("link", now().date())
    assert "Confirmed by its owner today." in read(client.get(service.get_absolute_url()))
    # Later the time changes: somebody there with the keys changes it, once.
    give_keys(cast.dev, house)
    client.force_login(cast.dev.account)
    assert service.get_absolute_url() in read(client.get(reverse("directory:ours")))
    edit = reverse("directory:edit", args=[service.slug])
    page = read(client.get(edit))
    key = re.search(r'name="client_key" value="([^"]+)"', page)
    said = {
        "client_key": key[1], "name": "Soup kitchen", "description": "Hot soup for anybody.",
        "phone": "020 7946 0123", "languages": "English",
        "times-TOTAL_FORMS": "1", "times-INITIAL_FORMS": "0",
        "times-0-days": ["WE"], "times-0-opens": "11:00", "times-0-closes": "13:00",
    }  # fmt: skip
    assert "11am to 1pm" in read(client.post(edit, said))
    assert client.post(edit, said | {"sure": "1"}).status_code == 302
    assert client.post(edit, said | {"sure": "1"}).status_code == 302
    assert service.changes_made.count() == 1
    client.logout()
    # Neighbours, other systems and the whole download say the same at once.
    for words in ("soup",):
        store.forget()
        assert "Wednesday, 11am to 1pm" in read(client.get(reverse("directory:find"), {"q": words}))
    told = json.loads(client.get(f"/directory/api/services/{service.uid}").content)
    assert told["schedules"][0]["byday"] == "WE"
    bulk = client.get("/directory/api/bulk.json")
    body = b"".join(bulk.streaming_content) if bulk.streaming else bulk.content
    assert b'"WE"' in body


def test_journey_21_by_telephone_leads_to_the_same(cast, borough, client):
    make_keeper(cast.carys, borough.borough if hasattr(borough, "borough") else borough)
    service = an_entry(a_house(name="Pantry"), name="Soup kitchen", days=200)
    client.force_login(cast.carys.account)
    page = read(client.get(reverse("directory:organisations"), {"q": "soup"}))
    assert "Pantry" in page
    client.post(reverse("directory:say", args=[service.slug]), {"what": "right"})
    service.refresh_from_db()
    assert (service.confirmed_how, service.doubts) == ("phone", 0)
    assert now() - service.confirmed_at < dt.timedelta(minutes=1)


def test_a_list_of_others_walks_from_its_address_to_the_page(cast, borough, client, tmp_path):
    make_keeper(cast.carys, borough.borough if hasattr(borough, "borough") else borough)
    file = tmp_path / "clubs.csv"
    file.write_text("name,description,organisation,place\nChess club,Chess for all,Rooks,Hall\n")
    report = bringing_in.import_feed(str(file), name="Clubs")
    assert report.state == ImportRun.State.DONE
    assert "Chess club" in read(client.get(reverse("directory:find"), {"q": "chess club"}))
    client.force_login(cast.carys.account)
    page = read(client.get(reverse("directory:keeping")))
    assert reverse("directory:sources") in page
    page = read(client.get(reverse("directory:sources")))
    assert "1 entry shown" in page
    page = read(client.get(reverse("directory:source", args=[report.run.source_id])))
    assert reverse("directory:held", args=[report.run.pk]) in page
    assert "1 new" in read(client.get(reverse("directory:held", args=[report.run.pk])))
