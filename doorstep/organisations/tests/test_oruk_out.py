"""The read API: what other systems may ask, and how they are answered."""

import datetime as dt

import pytest

from doorstep.base import limits
from doorstep.organisations.models import (
    Attribute,
    Location,
    Organisation,
    Phone,
    PrivateContact,
    Schedule,
    Service,
    ServiceArea,
    ServiceAtLocation,
    Taxonomy,
    TaxonomyTerm,
)
from doorstep.organisations.tests.oruk import page_problems
from doorstep.places.models import Postcode

pytestmark = pytest.mark.django_db
API = "/directory/api/"


def make(name, **more):
    owner, _new = Organisation.objects.get_or_create(name="Club", slug="club")
    return Service.objects.create(
        name=name, slug=name.lower().replace(" ", "-"), organisation=owner, **more
    )


def names(client, query):
    response = client.get(f"{API}services?{query}")
    assert response.status_code == 200, response.content
    return [one["name"] for one in response.json()["contents"]]


def test_pages_add_up_to_the_whole(client):
    for number in range(7):
        make(f"Service {number}")
    found = []
    for page in (1, 2, 3, 4):
        told = client.get(f"{API}services?per_page=3&page={page}").json()
        assert page_problems(told) == []
        assert (told["total_items"], told["total_pages"]) == (7, 3)
        found += [one["name"] for one in told["contents"]]
    assert found == [f"Service {number}" for number in range(7)]


def test_only_what_shows_goes_out(client):
    for state in ("draft", "live", "stale", "closed"):
        make(state, state=state)
    assert names(client, "") == ["live", "stale"]
    assert names(client, "search=draft") == []
    whole = b"".join(client.get(API + "bulk.json").streaming_content).decode()
    assert ("stale" in whole, "closed" in whole) == (True, False)


def test_a_private_number_goes_nowhere(client):
    service = make("Lunch")
    PrivateContact.objects.create(organisation=service.organisation, phone="07700 900999")
    Phone.objects.create(service=service, number="020 7946 0123")
    answers = [
        client.get(f"{API}{path}").content
        for path in (
            f"services/{service.uid}",
            "services?full=true",
            "organizations?full_service=true",
            f"organizations/{service.organisation.uid}",
        )
    ]
    answers += [
        b"".join(client.get(f"{API}{path}").streaming_content) for path in ("bulk.json", "bulk.zip")
    ]
    assert b"7946" in answers[0]
    assert not any(b"900999" in answer for answer in answers)


def test_filters_of_age_day_and_time_are_the_standards(client):
    early = make("Early", minimum_age=50, maximum_age=70)
    late = make("Late", minimum_age=16, maximum_age=25)
    Schedule.objects.create(
        service=early, freq="WEEKLY", byday="TU,TH", opens_at=dt.time(9), closes_at=dt.time(11)
    )
    at = ServiceAtLocation.objects.create(service=late, location=Location.objects.create())
    Schedule.objects.create(
        at_location=at, freq="WEEKLY", byday="SA", opens_at=dt.time(18), closes_at=dt.time(21)
    )
    assert names(client, "minimum_age=18") == ["Early"]
    assert names(client, "maximum_age=30") == ["Late"]
    assert names(client, "day=TH") == names(client, "day=thursday") == ["Early"]
    assert names(client, "start_time=17:00") == ["Late"]
    assert names(client, "end_time=12:00") == ["Early"]
    assert names(client, "day=SA&end_time=12:00") == []


def test_terms_and_their_lists_filter(client):
    needs = Taxonomy.objects.create(name="Needs")
    term = TaxonomyTerm.objects.create(name="Food", taxonomy=needs)
    Attribute.objects.create(service=make("Lunch"), term=term)
    make("Choir")
    assert names(client, f"taxonomy_term_id={term.uid}") == ["Lunch"]
    assert names(client, f"taxonomy_id={needs.uid}") == ["Lunch"]
    told = client.get(f"{API}taxonomy_terms?taxonomy_id={needs.uid}").json()
    assert [one["name"] for one in told["contents"]] == ["Food"]


def test_near_a_postcode_and_serving_it(client, borough):
    Postcode.objects.create(code="RM10 7FH", ward=borough.ward, latitude=51.55, longitude=0.15)
    for name, latitude in (("Near", 51.551), ("Far", 51.60)):
        place = Location.objects.create(latitude=latitude, longitude=0.15)
        ServiceAtLocation.objects.create(service=make(name), location=place)
    ServiceArea.objects.create(service=make("Elsewhere"), area=borough.far_ward)
    ServiceArea.objects.create(service=make("Here"), area=borough.locality)
    assert names(client, "postcode=rm107fh&proximity=500") == ["Near"]
    assert names(client, "postcode=RM10 7FH") == ["Near", "Far", "Here"]
    told = client.get(f"{API}service_at_locations?postcode=RM10+7FH&proximity=500").json()
    assert [one["service"]["name"] for one in told["contents"]] == ["Near"]


def test_the_best_match_comes_first(client):
    make("Choir", description="We sing, and there is lunch after.")
    make("Lunch club", description="Lunch, every day lunch.")
    make("Chess")
    assert names(client, "search=lunch please") == ["Lunch club", "Choir"]
    assert names(client, "search=lunch&per_page=1&page=2") == ["Choir"]
    for odd in ('"', "*", "a AND NOT", "-- ;", "éè", "%00", "' OR 1=1"):
        assert client.get(f"{API}services", {"search": odd}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "page=0", "page=x", "per_page=-1", "minimum_age=old", "day=XX", "start_time=25:00",
        "postcode=nowhere", "postcode=SW1A 1AA", "proximity=500", "taxonomy_term_id=1",
        "modified_after=soon", "full=perhaps", "format=xml",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_a_sentence(client, query):
    response = client.get(f"{API}services?{query}")
    assert response.status_code == 400
    told = response.json()
    assert told["parameter"] == query.split("=")[0]
    assert told["error"]


def test_what_has_not_changed_costs_nothing(client):
    service = make("Lunch")
    for path in ("services", f"services/{service.uid}", "", "openapi.json", "taxonomies"):
        first = client.get(API + path)
        assert (first.status_code, bool(first["ETag"])) == (200, True)
        again = client.get(API + path, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    one = client.get(f"{API}services/{service.uid}")
    since = {"If-Modified-Since": one["Last-Modified"]}
    assert client.get(f"{API}services/{service.uid}", headers=since).status_code == 304
    Service.objects.update(name="Dinner")
    changed = client.get(API + "services", headers={"If-None-Match": first["ETag"]})
    assert changed.json()["contents"][0]["name"] == "Dinner"


def test_any_site_may_read_and_none_may_write(client):
    for path in (
        "",
        "services",
        "services/00000000-0000-4000-8000-000000000000",
        "services?page=x",
    ):
        assert client.get(API + path)["Access-Control-Allow-Origin"] == "*"
    asked = client.options(API + "services")
    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (204, "*")
    assert client.post(API + "services").status_code == 405
    assert "Set-Cookie" not in client.get(API + "services").headers


def test_it_is_the_same_for_everybody(client, cast):
    make("Lunch")
    make("Draft", state="draft")
    before = client.get(API + "services").content
    client.force_login(cast.dev.account)
    assert client.get(API + "services").content == before


def test_too_many_questions_wait_with_a_kind_word(client, monkeypatch, settings):
    from doorstep.organisations.oruk import answering

    limits.forget()
    settings.LIMITS_STRETCH = 1
    monkeypatch.setattr(answering, "PER_MINUTE", 2)
    for _again in range(2):
        assert client.get(API).status_code == 200
    refused = client.get(API)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 61
    assert refused.json()["error"] == "That is a lot at once. Ask again a little later."


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_list_costs_no_more_queries(rows, client, django_assert_num_queries):
    for number in range(rows):
        service = make(f"Service {number}")
        place = Location.objects.create()
        ServiceAtLocation.objects.create(service=service, location=place)
        term = TaxonomyTerm.objects.create(name="T", taxonomy=Taxonomy.objects.create(name="X"))
        Attribute.objects.create(service=service, term=term)
    client.get(API + "services")
    for path, queries in (("services", 3), ("services?full=true", 21)):
        with django_assert_num_queries(queries, exact=False) as seen:
            client.get(API + path)
        assert len(seen) <= queries


def test_the_description_names_every_address_and_parameter(client):
    told = client.get(API + "openapi.json").json()
    for path, doing in told["paths"].items():
        assert client.get(API + path.strip("/").split("/")[0]).status_code == 200
        for one in doing["get"].get("parameters", []):
            if "$ref" in one:
                assert one["$ref"].rsplit("/", 1)[1] in told["components"]["parameters"]
    assert client.get(API).json()["openapi_url"].endswith("/directory/api/openapi.json")
    assert client.get(API + "about/").status_code == 200
