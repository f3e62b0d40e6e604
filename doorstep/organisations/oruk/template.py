"""The CSV that somebody without a system fills in: one row for a service."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from typing import Any

Thing = dict[str, Any]

# Column -> an example of what goes in it.
COLUMNS: dict[str, str] = {
    "id": "lunch-club",
    "name": "Lunch club",
    "organisation": "Quayside Neighbours",
    "organisation_email": "hello@quayside.example",
    "organisation_website": "https://quayside.example",
    "description": "A hot meal and company. You can come by yourself.",
    "eligibility": "Anybody over 60 in the borough",
    "minimum_age": "60",
    "maximum_age": "",
    "cost": "£3.50 for a meal",
    "phone": "020 7946 0123",
    "email": "lunch@quayside.example",
    "web_page": "https://quayside.example/lunch",
    "place": "Quayside Hall",
    "address": "1 Quay Road",
    "town": "Barking",
    "postcode": "IG11 7AA",
    "getting_in": "No steps. A ramp by the side door.",
    "days": "Tuesday, Thursday",
    "opens": "12:00",
    "closes": "14:00",
    "when_in_words": "Not in August",
    "languages": "English, Romanian",
    "area_served": "Barking and Dagenham",
    "kinds": "Food, Company",
    "confirmed_on": "2026-11-01",
}
NEEDED = ("name", "description")


def text() -> str:
    """Return the template: the columns and one row to show how."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerow(COLUMNS.values())
    return out.getvalue()


def is_template(columns: list[str]) -> bool:
    """Whether a CSV file has our columns (any order, some may be missing)."""
    names = {one.strip().lower() for one in columns}
    return (
        names >= set(NEEDED)
        and "organization_id" not in names
        and bool(names & {"organisation", "web_page", "days", "getting_in", "place"})
    )


def _key(*words: str) -> str:
    said = "|".join(re.sub(r"\s+", " ", one.strip().lower()) for one in words)
    return "row-" + hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def _split(words: str) -> list[str]:
    return [one.strip() for one in re.split(r"[,;/]", words) if one.strip()]


def as_service(given: dict[str, str]) -> Thing:
    """Return a row of the template as a service of the standard."""
    row = {name.strip().lower(): (value or "").strip() for name, value in given.items() if name}

    def of(name: str) -> str:
        return row.get(name, "")

    owner = of("organisation")
    key = of("id") or _key(of("name"), owner, of("postcode"))
    thing: Thing = {
        "id": key,
        "name": of("name"),
        "description": of("description"),
        "status": "active",
        "url": of("web_page"),
        "email": of("email"),
        "eligibility_description": of("eligibility"),
        "minimum_age": of("minimum_age"),
        "maximum_age": of("maximum_age"),
        "fees": of("cost"),
        "assured_date": of("confirmed_on"),
    }
    if owner:
        thing["organization"] = {
            "id": _key("organisation", owner),
            "name": owner,
            "description": "",
            "email": of("organisation_email"),
            "website": of("organisation_website"),
        }
    if of("phone"):
        thing["phones"] = [{"number": one} for one in re.split(r"[;/]", of("phone")) if one.strip()]
    schedule = {
        "freq": "WEEKLY" if of("days") else "",
        "byday": ",".join(_split(of("days"))),
        "opens_at": of("opens"),
        "closes_at": of("closes"),
        "description": of("when_in_words"),
    }
    times = [schedule] if any(schedule.values()) else []
    if of("place") or of("address") or of("postcode"):
        place = _key("place", of("place"), of("address"), of("postcode"))
        location: Thing = {
            "id": place,
            "location_type": "physical",
            "name": of("place"),
            "addresses": [
                {
                    "address_1": of("address"),
                    "city": of("town"),
                    "state_province": "",
                    "postal_code": of("postcode"),
                    "country": "GB",
                    "address_type": "physical",
                }
            ],
        }
        if of("getting_in"):
            location["accessibility"] = [{"description": of("getting_in")}]
        thing["service_at_locations"] = [
            {"id": f"{key}-{place}"[:100], "location": location, "schedules": times}
        ]
    else:
        thing["schedules"] = times
    thing["languages"] = [{"name": one} for one in _split(of("languages"))]
    if of("area_served"):
        thing["service_areas"] = [{"name": of("area_served")}]
    thing["attributes"] = [
        {
            "link_type": "service",
            "taxonomy_term": {
                "id": _key("kind", one),
                "name": one,
                "description": one,
                "taxonomy": "kinds",
            },
        }
        for one in _split(of("kinds"))
    ]
    return thing
