"""Starting organisations and entries on the web, their places, and lists of others that we read."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from doorstep.base.time import now
from doorstep.organisations import entries, history
from doorstep.organisations.models import (
    ImportRow,
    ImportRun,
    Location,
    Organisation,
    Service,
    ServiceAtLocation,
    Source,
    State,
)
from doorstep.organisations.oruk import bringing_in, fetching
from doorstep.organisations.tests.making import a_house, a_place, an_entry, give_keys, make_keeper
from doorstep.organisations.tests.oruk import other_server
from doorstep.places.models import Postcode

pytestmark = pytest.mark.django_db
KEY = "key-for-this-test-1"


@pytest.fixture
def keeper(cast, borough, client):
    make_keeper(cast.carys, borough.borough if hasattr(borough, "borough") else borough)
    client.force_login(cast.carys.account)
    return cast.carys


@pytest.fixture
def open_internet(monkeypatch):
    """Every name is somebody's on the open internet, but for those that say they are ours."""

    class Pretending(fetching.Fetcher):
        def __init__(self):
            super().__init__(
                resolve=lambda host, _port: ["10.0.0.5"] if "inside" in host else ["93.184.216.34"]
            )

    monkeypatch.setattr(fetching, "Fetcher", Pretending)


def a_feed(many, first=0):
    return {
        "contents": [
            {
                "id": f"{number:08d}-0000-4000-8000-000000000000",
                "name": f"Club {number}",
                "description": "A club.",
                "status": "active",
            }
            for number in range(first, first + many)
        ]
    }


# --- Starting --------------------------------------------------------------------------------


def test_a_keeper_starts_an_organisation_and_an_entry_with_its_place(keeper, client, borough):
    page = reverse("directory:organisations")
    assert "Start an organisation" in client.get(page).content.decode()
    told = {"name": "Heath Sewers", "description": "We sew.", "client_key": KEY}
    answer = client.post(page, told)
    made = Organisation.objects.get(name="Heath Sewers")
    assert answer.url == made.get_absolute_url()
    # Sent twice it is still one, and a second of that name is told where the first is.
    again = client.post(page, told)
    assert again.status_code == 422
    assert "already" in again.content.decode()
    assert Organisation.objects.filter(name="Heath Sewers").count() == 1
    client.post(
        reverse("directory:new", args=[made.slug]), {"name": "Sewing", "description": "With tea."}
    )
    service = Service.objects.get(name="Sewing")
    postcode = Postcode.objects.first()
    answer = client.post(
        reverse("directory:places", args=[service.slug]),
        {
            "kind": "physical", "name": "The hall", "address": "1 Heathway", "town": "Dagenham",
            "postcode": str(postcode) if postcode else "RM10 7FH", "client_key": KEY,
        },
    )  # fmt: skip
    assert answer.status_code == 302
    client.post(reverse("directory:say", args=[service.slug]), {"what": "show"})
    service.refresh_from_db()
    assert service.state == State.LIVE
    client.logout()
    words = client.get(service.get_absolute_url()).content.decode()
    assert "1 Heathway" in words
    assert "The hall" in words
    if postcode:
        place = service.at_locations.get().location
        assert (place.latitude, place.area_id) == (postcode.latitude, postcode.ward_id)


def test_a_place_without_postcode_and_street_is_asked_for(keeper, client):
    service = an_entry(a_house())
    page = reverse("directory:places", args=[service.slug])
    for told, said in (
        ({"kind": "physical", "name": "The hall"}, "so people find it"),
        ({"kind": "physical", "postcode": "elsewhere"}, "look like a postcode"),
        ({"kind": "castle"}, "id_kind"),
    ):
        answer = client.post(page, {**told, "client_key": KEY})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert client.post(page, {"kind": "virtual", "client_key": KEY}).status_code == 302


def test_the_second_place_is_changed_and_the_first_stays(cast, client):
    house = a_house()
    give_keys(cast.dev, house)
    client.force_login(cast.dev.account)
    service = an_entry(house)
    first, second = a_place(service, name="First hall"), a_place(service, name="Second hall")
    page = reverse("directory:places", args=[service.slug])
    shown = client.get(f"{page}?at={second.pk}").content.decode()
    assert "Second hall" in shown
    data = entries.place_values(second) | {"address": "2 Heathway", "way_in": "Ring twice."}
    data |= {"name": "The annexe", "client_key": KEY}
    assert client.post(f"{page}?at={second.pk}", data).status_code == 302
    assert client.post(f"{page}?at={second.pk}", data).status_code == 302
    names = [one.name for one in entries.places_of(service)]
    assert names == ["First hall", "The annexe"]
    change = history.Change.objects.get(service=service)
    words = client.get(reverse("directory:changes", args=[service.slug])).content.decode()
    assert "The annexe, 2 Heathway" in words
    client.post(reverse("directory:undo", args=[change.pk]))
    assert [one.name for one in entries.places_of(service)] == ["First hall", "Second hall"]
    assert first.services_here.count() == 1


def test_a_place_taken_away_comes_back_from_the_history(keeper, client):
    service = an_entry(a_house())
    place = a_place(service)
    page = f"{reverse('directory:places', args=[service.slug])}?at={place.pk}"
    client.post(page, {"remove": "1", "client_key": KEY})
    assert entries.places_of(service) == []
    change = history.Change.objects.get(service=service)
    client.post(reverse("directory:undo", args=[change.pk]))
    assert [one.pk for one in entries.places_of(service)] == [place.pk]


def test_a_place_others_use_stays_where_it_is_for_them(cast, client):
    mine, theirs = a_house(), a_house()
    give_keys(cast.dev, mine)
    client.force_login(cast.dev.account)
    service, other = an_entry(mine), an_entry(theirs)
    place = a_place(service, name="Shared hall")
    ServiceAtLocation.objects.create(service=other, location=place)
    page = f"{reverse('directory:places', args=[service.slug])}?at={place.pk}"
    assert "Others meet here too" in client.get(page).content.decode()
    data = entries.place_values(place) | {"address": "9 New Road", "client_key": KEY}
    client.post(page, data)
    assert entries.place_values(entries.places_of(other)[0])["address"] == ""
    assert entries.place_values(entries.places_of(service)[0])["address"] == "9 New Road"
    assert Location.objects.count() == 2


def test_a_place_of_another_entry_is_not_found(keeper, client):
    service, other = an_entry(a_house()), an_entry(a_house())
    place = a_place(other)
    page = reverse("directory:places", args=[service.slug])
    for wanted in (str(place.pk), "999999", "x", "-1", "9" * 30):
        assert client.get(page, {"at": wanted}).status_code == 404


def test_who_holds_the_keys_changes_what_is_said_of_the_organisation(cast, client):
    house = a_house(name="Old name")
    give_keys(cast.dev, house)
    service = an_entry(house, found_by="Old name")
    client.force_login(cast.dev.account)
    page = reverse("directory:edit_organisation", args=[house.slug])
    told = {"name": "New name", "website": "new.example.org", "client_key": KEY}
    assert client.post(page, told).url == house.get_absolute_url()
    house.refresh_from_db()
    service.refresh_from_db()
    assert (house.name, house.website) == ("New name", "https://new.example.org")
    assert "New name" in service.found_by
    assert client.post(page, {**told, "email": "nobody"}).status_code == 422


# --- Lists of others -------------------------------------------------------------------------


def test_a_keeper_adds_a_list_and_the_worker_reads_it(keeper, client, open_internet, monkeypatch):
    page = reverse("directory:sources")
    assert "We read no list yet" in client.get(page).content.decode()
    told = {"place": "http://feed.example/feed.json", "name": "Next door", "every_hours": "168"}
    answer = client.post(page, told)
    source = Source.objects.get()
    assert answer.url == reverse("directory:source", args=[source.pk])
    assert "Not read yet" in client.get(answer.url).content.decode()
    client.post(page, told)
    assert Source.objects.count() == 1
    with other_server() as (server, fetcher):
        server.put("/feed.json", a_feed(4))
        real = bringing_in.import_feed
        monkeypatch.setattr(
            bringing_in, "import_feed", lambda place, **more: real(place, fetcher=fetcher, **more)
        )
        bringing_in.tick(now())
    source.refresh_from_db()
    assert source.runs.get().state == ImportRun.State.DONE
    assert (source.next_run_at - source.last_run_at).days == 7
    assert "4 new" in client.get(answer.url).content.decode()
    assert "4 entries shown" in client.get(page).content.decode()


@pytest.mark.parametrize(
    "place", ["https://inside.example/services", "nonsense with gaps", "ftp://feed.example/", ""]
)
def test_a_list_that_cannot_be_asked_is_refused_with_a_sentence(
    place, keeper, client, open_internet
):
    answer = client.post(reverse("directory:sources"), {"place": place, "name": "It"})
    assert answer.status_code == 422
    assert not Source.objects.exists()


def test_a_list_rests_wakes_and_is_read_at_once_when_asked(keeper, client):
    source = Source.objects.create(
        name="Next door", place="https://feed.example/", every_hours=24, failures=8
    )
    page = reverse("directory:source", args=[source.pk])
    assert "eight times" in client.get(page).content.decode()
    client.post(page, {"what": "pause"})
    source.refresh_from_db()
    assert source.is_paused
    client.post(page, {"what": "go_on"})
    source.refresh_from_db()
    assert (source.is_paused, source.failures) == (False, 0)
    assert source.next_run_at <= timezone.now()
    Source.objects.update(next_run_at=None, every_hours=None)
    client.post(page, {"what": "ask"})
    source.refresh_from_db()
    assert source.next_run_at is not None
    client.post(page, {"name": "Next door", "every_hours": "720"})
    source.refresh_from_db()
    assert source.every_hours == 720


def test_a_list_from_a_file_tells_no_folder_of_this_machine(keeper, client):
    source = Source.objects.create(name="By hand", place="/srv/secret/lists/services.csv")
    for page in (reverse("directory:sources"), reverse("directory:source", args=[source.pk])):
        words = client.get(page).content.decode()
        assert "services.csv" in words
        assert "/srv" not in words


def test_what_came_of_a_list_is_told_row_by_row(keeper, client, tmp_path):
    feed = a_feed(3)
    feed["contents"] += [{"id": "x", "description": "no name"}, feed["contents"][0]]
    feed["contents"][1]["email"] = "not an address <script>"
    file = tmp_path / "feed.json"
    file.write_text(json.dumps(feed))
    report = bringing_in.import_feed(str(file))
    page = reverse("directory:held", args=[report.run.pk])
    words = client.get(page).content.decode()
    rows = ImportRow.objects.filter(run=report.run)
    assert rows.count() >= 2
    for row in rows:
        assert row.place.split(",")[0] in words
    assert "<script> " not in words
    left = client.get(page, {"what": "left_out"}).content.decode()
    assert left.count(">contents[") == rows.filter(what="left_out").count()
    assert client.get(page, {"what": "<b>", "page": "x"}).status_code == 200


@pytest.mark.parametrize(("button", "shown"), [("use", 2), ("drop", 10)])
def test_a_list_held_back_is_used_or_left(button, shown, keeper, client, tmp_path):
    file = tmp_path / "feed.json"
    file.write_text(json.dumps(a_feed(10)))
    bringing_in.import_feed(str(file))
    file.write_text(json.dumps(a_feed(2)))
    run = bringing_in.import_feed(str(file)).run
    assert run.state == ImportRun.State.HELD
    assert "held back" in client.get(reverse("directory:sources")).content.decode()
    page = reverse("directory:held", args=[run.pk])
    assert "8 entries would leave" in client.get(page).content.decode()
    client.post(page, {button: "1"})
    assert Service.objects.public().count() == shown
    assert "Is it right" not in client.get(page).content.decode()
    client.post(page, {"use": "1"})  # decided already
    assert Service.objects.public().count() == shown


@pytest.mark.parametrize("rows", [1, 3])
def test_more_lists_and_readings_cost_no_more_queries(
    rows, keeper, client, django_assert_max_num_queries
):
    for number in range(rows):
        source = Source.objects.create(name=f"List {number}", place=f"https://f.example/{number}")
        for _turn in range(rows):
            ImportRun.objects.create(source=source, state=ImportRun.State.DONE)
    with django_assert_max_num_queries(9):
        client.get(reverse("directory:sources"))
    with django_assert_max_num_queries(9):
        client.get(reverse("directory:source", args=[source.pk]))
