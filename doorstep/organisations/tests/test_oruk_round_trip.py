"""What a feed holds comes out again as it went in, and passes the standard's own schemas."""

import copy
import json
import uuid
import zipfile

import pytest

from doorstep.organisations.models import Organisation, Service, ServiceAtLocation
from doorstep.organisations.oruk import feeds
from doorstep.organisations.oruk.bringing_in import import_feed
from doorstep.organisations.tests.oruk import DATA, example, page_problems, problems

pytest.importorskip("jsonschema")
pytestmark = pytest.mark.django_db
API = "/directory/api/"


def bring_in(tmp_path, told, name="feed.json"):
    path = tmp_path / name
    path.write_text(json.dumps(told))
    return import_feed(str(path))


def get(client, path):
    response = client.get(API + path)
    assert response.status_code == 200, response.content
    return response.json()


def test_the_standards_full_service_comes_out_as_it_went_in(client, tmp_path):
    told = example("service_full")
    bring_in(tmp_path, told)
    back = get(client, f"services/{told['id']}")
    # Words are kept without the space at their end.
    told["description"] = told["description"].strip()
    assert back == told
    assert problems(back, "service") == []


def test_the_standards_full_organisation_comes_out_as_it_went_in(client, tmp_path):
    told = example("organization_full")
    bring_in(tmp_path, told)
    back = get(client, f"organizations/{told['id']}")
    told["services"][0]["description"] = told["services"][0]["description"].strip()
    assert back == told
    assert problems(back, "organization") == []


def test_the_standards_service_at_a_location_comes_out_as_it_went_in(client, tmp_path):
    bring_in(tmp_path, example("service_full"))
    told = example("service_at_location_full")
    back = get(client, f"service_at_locations/{told['id']}")
    told["service"]["description"] = told["service"]["description"].strip()
    assert back == told
    assert problems(back, "service_at_location") == []


def test_each_of_the_128_services_comes_out_as_it_went_in(client, tmp_path):
    # In the validator's feed all have one id; here each has its own.
    feed = example("feed_service_list_128")["contents"]
    told = copy.deepcopy(feed)
    for number, one in enumerate(told):
        one["id"] = str(uuid.UUID(int=number + 1))
        if "organization" in one:
            one["organization"]["id"] = str(uuid.UUID(int=number + 1001))
        if "organization_id" in one:
            one["organization_id"] = str(uuid.UUID(int=number + 1001))
    report = bring_in(tmp_path, {"contents": told})
    assert (report.read, report.added, report.left_out) == (128, 128, 0)
    contents = []
    for page in range(1, 4):
        answer = get(client, f"services?page={page}&per_page=50")
        assert page_problems(answer) == []
        contents += answer["contents"]
    assert [problems(one, "service_list") for one in contents] == [[]] * 128
    for one in told:
        for holder in (one, one.get("organization", {})):
            for name, value in holder.items():
                holder[name] = value.strip() if isinstance(value, str) else value
        if "last_modified" in one:  # the same moment in fewer letters
            one["last_modified"] = one["last_modified"].replace(".0Z", "Z")
    differ = [(back, one) for back, one in zip(contents, told, strict=True) if back != one]
    assert differ == []


def test_the_feed_that_says_31_and_holds_128_is_read_to_its_end(tmp_path):
    text = (DATA / "examples" / "feed_service_list_128.json").read_text()
    # The validator's server puts this envelope around it.
    said = '"total_items": 31, "total_pages": 1, "page_number": 1, "size": 31, "contents"'
    path = tmp_path / "feed.json"
    path.write_text(text.replace('"contents"', said, 1))
    report = import_feed(str(path))
    assert (report.read, report.added, report.left_out) == (128, 1, 127)
    first = report.rows[0]
    assert first.what == "left_out"
    assert first.place == "contents[1], line 29"
    assert "was there before (contents[0], line 3)" in first.said
    assert "It says it holds 31 and has 128. All of them are read." in [r.said for r in report.rows]


def test_the_csv_tables_of_the_standard_are_read(client):
    report = import_feed(str(DATA / "examples" / "csv"))
    assert (report.state, report.added) == ("done", 1)
    back = get(client, "services/ac148810-d857-441c-9679-408f346de14b")
    assert problems(back, "service") == []
    told = example("service_full")
    told["description"] = told["description"].strip()
    for name in ("attributes", "languages"):  # the tables give them other links
        told.pop(name)
    told["service_at_locations"][0]["schedules"] = told.pop("schedules")
    assert [one["number"] for one in back["contacts"][0].pop("phones")] == ["+44 1234 234567"]
    assert {name: back.get(name) for name in told if name != "service_at_locations"} == {
        name: value for name, value in told.items() if name != "service_at_locations"
    }


def test_what_we_give_as_csv_and_json_can_be_brought_in_again(client, tmp_path):
    told = example("service_full")
    bring_in(tmp_path, told)
    before = get(client, f"services/{told['id']}")
    packed = tmp_path / "directory.zip"
    packed.write_bytes(b"".join(client.get(API + "bulk.zip").streaming_content))
    assert "services.csv" in zipfile.ZipFile(packed).namelist()
    whole = tmp_path / "services.json"
    whole.write_bytes(b"".join(client.get(API + "bulk.json").streaming_content))
    assert page_problems(json.loads(whole.read_text())) == []
    for path in (packed, whole):
        Service.objects.all().delete()
        Organisation.objects.all().delete()
        ServiceAtLocation.objects.all().delete()
        from doorstep.organisations.models import Location, Source, TaxonomyTerm

        Location.objects.all().delete()
        TaxonomyTerm.objects.all().delete()
        Source.objects.all().delete()
        assert import_feed(str(path)).added == 1
        assert get(client, f"services/{told['id']}") == before


def test_an_older_feed_says_the_same_in_the_words_of_today(client, tmp_path):
    told = {
        "id": "0d3f9a52-6f6c-4a4c-93a1-9a5d5d3c1a11",
        "name": "Chair exercise",
        "description": "Gentle exercise.",
        "status": "active",
        "regular_schedules": [
            {"id": "s1", "byday": "TU", "opens_at": "10:00:00", "closes_at": "11:00:00"}
        ],
        "eligibilitys": [{"id": "e1", "eligibility": "Over 50", "minimum_age": 50}],
        "service_taxonomys": [
            {"id": "t1", "taxonomy": {"id": "term-1", "name": "Exercise", "vocabulary": "needs"}}
        ],
        "service_at_locations": [
            {
                "id": "sal-1",
                "location": {
                    "id": "loc-1",
                    "name": "Hall",
                    "latitude": 51.55,
                    "longitude": 0.13,
                    "physical_addresses": [{"id": "a1", "address_1": "1 Road", "city": "Dagenham",
                                            "postal_code": "RM10 7FH"}],
                    "accessibility_for_disabilities": [{"id": "x1", "accessibility": "Ramp"}],
                },
            }
        ],
        "contacts": [{"id": "c1", "name": "Desk", "phones": [{"id": "p1", "number": "0207"}]}],
        "organization": {"id": "org-1", "name": "Movers", "url": "https://movers.example"},
    }  # fmt: skip
    report = bring_in(tmp_path, {"totalElements": 1, "content": [told]})
    assert (report.added, report.mended) == (1, 0)
    back = get(client, f"services/{told['id']}")
    assert problems(back, "service") == []
    assert back["schedules"][0] | {"id": ""} == {
        "id": "", "freq": "WEEKLY", "byday": "TU", "opens_at": "10:00:00", "closes_at": "11:00:00"
    }  # fmt: skip
    assert (back["minimum_age"], back["eligibility_description"]) == (50, "Over 50")
    assert back["attributes"][0]["taxonomy_term"]["name"] == "Exercise"
    assert back["attributes"][0]["taxonomy_term"]["taxonomy"] == "needs"
    location = back["service_at_locations"][0]["location"]
    assert location["accessibility"][0]["description"] == "Ramp"
    assert location["addresses"][0]["postal_code"] == "RM10 7FH"
    assert back["organization"]["website"] == "https://movers.example"
    assert back["contacts"][0]["phones"][0]["number"] == "0207"


def test_the_template_can_be_filled_in_and_brought_in(client, tmp_path):
    from doorstep.organisations.oruk import template

    path = tmp_path / "ours.csv"
    path.write_text(template.text())
    report = import_feed(str(path))
    assert (report.state, report.added, report.mended, report.left_out) == ("done", 1, 0, 0)
    [told] = get(client, "services?full=true")["contents"]
    assert problems(told, "service") == []
    assert (told["name"], told["organization"]["name"]) == ("Lunch club", "Quayside Neighbours")
    assert told["service_at_locations"][0]["schedules"][0]["byday"] == "TU,TH"
    assert import_feed(str(path)).same == 1


def test_a_file_that_is_neither_says_so(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(feeds.BadFeed, match="neither JSON nor our columns"):
        list(feeds.things(str(path)))
