"""A service of Open Referral UK 1.0 in the words of 3.0. Nothing is dropped: what 3.0 has no name
for keeps its own."""

from __future__ import annotations

from typing import Any

Thing = dict[str, Any]

# What only 1.0 calls so; one of them is enough to know it by.
_MARKS = frozenset(
    {
        "regular_schedules", "holiday_schedules", "eligibilitys", "service_taxonomys", "fundings",
        "cost_optionss", "attending_access", "deliverable_type", "reviews",
    }
)  # fmt: skip
_BACK = frozenset({"service", "service_id", "organization_services", "location_id", "link_id"})


def is_older(thing: Any) -> bool:
    """Whether this looks like a service of 1.0."""
    return isinstance(thing, dict) and not _MARKS.isdisjoint(thing)


def _list(thing: Thing, *names: str) -> list[Thing]:
    for name in names:
        rows = thing.get(name)
        if isinstance(rows, list):
            return [row for row in rows if isinstance(row, dict)]
    return []


def _without(thing: Thing, *names: str) -> Thing:
    return {name: value for name, value in thing.items() if name not in names and name not in _BACK}


def as_now(thing: Thing) -> Thing:
    """Return a 1.0 service as a 3.0 one."""
    now = _without(
        thing, "regular_schedules", "holiday_schedules", "eligibilitys", "service_taxonomys",
        "fundings", "service_at_locations", "contacts", "languages", "service_areas",
        "organization",
    )  # fmt: skip
    now["schedules"] = _schedules(thing)
    now["funding"] = [_without(row) for row in _list(thing, "fundings")]
    now["service_areas"] = [
        {**_without(row, "service_area"), "name": row.get("service_area") or row.get("extent")}
        for row in _list(thing, "service_areas")
    ]
    now["languages"] = [
        {**_without(row, "language"), "name": row.get("language") or row.get("name")}
        for row in _list(thing, "languages")
    ]
    now["contacts"] = [
        {**_without(row), "phones": [_without(one, "contact_id") for one in _list(row, "phones")]}
        for row in _list(thing, "contacts")
    ]
    now["attributes"] = [
        {**_without(row, "taxonomy"), "taxonomy_term": _term(row["taxonomy"])}
        for row in _list(thing, "service_taxonomys")
        if isinstance(row.get("taxonomy"), dict)
    ]
    now["service_at_locations"] = [_at(row) for row in _list(thing, "service_at_locations")]
    if isinstance(thing.get("organization"), dict):
        now["organization"] = _organisation(thing["organization"])
    _eligibility(thing, now)
    if thing.get("attending_type") or thing.get("attending_access"):
        for row in now["schedules"]:
            row.setdefault("attending_type", thing.get("attending_type"))
    return {name: value for name, value in now.items() if value not in (None, "", [])}


def _eligibility(thing: Thing, now: Thing) -> None:
    rows = _list(thing, "eligibilitys")
    words = [str(row["eligibility"]) for row in rows if row.get("eligibility")]
    if words:
        now.setdefault("eligibility_description", "\n".join(dict.fromkeys(words)))
    for name, choose in (("minimum_age", min), ("maximum_age", max)):
        ages = [row[name] for row in rows if isinstance(row.get(name), int | float)]
        if ages and now.get(name) is None:
            now[name] = choose(ages)
    known = {one.get("taxonomy_term", {}).get("id") for one in now["attributes"]}
    for row in rows:
        for one in _list(row, "taxonomys"):
            if one.get("id") not in known:
                term = one["taxonomy"] if isinstance(one.get("taxonomy"), dict) else one
                now["attributes"].append(
                    {"id": one.get("id"), "link_type": "eligibility", "taxonomy_term": _term(term)}
                )


def _term(row: Thing) -> Thing:
    return {
        **_without(row, "vocabulary", "ServiceTaxonomyCollection"),
        "description": row.get("description") or row.get("name"),
        "taxonomy": row.get("vocabulary"),
    }


def _organisation(row: Thing) -> Thing:
    now = _without(row, "url", "services", "reviews", "contacts")
    now["website"] = row.get("website") or row.get("url")
    now["description"] = row.get("description") or ""
    return now


def _at(row: Thing) -> Thing:
    now = _without(
        row, "location", "regular_schedule", "regular_schedules", "holiday_schedules",
        "holidayScheduleCollection",
    )  # fmt: skip
    now["schedules"] = _schedules(row)
    place = row.get("location")
    if isinstance(place, dict):
        told = _without(
            place, "physical_addresses", "accessibility_for_disabilities", "service_at_locations"
        )
        told.setdefault("location_type", "physical")
        told["addresses"] = [
            {
                **_without(one),
                "state_province": one.get("state_province") or "",
                "country": one.get("country") or "GB",
                "address_type": "physical",
            }
            for one in _list(place, "physical_addresses")
        ]
        told["accessibility"] = [
            {**_without(one, "accessibility"), "description": one.get("accessibility")}
            for one in _list(place, "accessibility_for_disabilities")
        ]
        now["location"] = told
    return now


def _schedules(thing: Thing) -> list[Thing]:
    found = []
    for row in _list(thing, "regular_schedules", "regular_schedule"):
        now = _without(row, "service_at_location_id")
        if isinstance(now.get("interval"), str) and now["interval"].isdigit():
            now["interval"] = int(now["interval"])
        # 1.0 has one row for a day, often without a rule: that is every week.
        if now.get("byday") and not now.get("freq"):
            now["freq"] = "WEEKLY"
        found.append(now)
    for row in _list(thing, "holiday_schedules", "holidayScheduleCollection"):
        if row.get("start_date"):
            words = "closed" if row.get("closed") else "open"
            found.append(
                {
                    "id": row.get("id"),
                    "valid_from": row.get("start_date"),
                    "valid_to": row.get("end_date") or row.get("start_date"),
                    "opens_at": None if row.get("closed") else row.get("opens_at"),
                    "closes_at": None if row.get("closed") else row.get("closes_at"),
                    "notes": words,
                    "holiday": words,
                }
            )
    return found
