"""An entry as the people who look after it read and change it: plain values, in and out.

`values_of(service)` → {"name": "…", "when": [{"days": ["TU"], "opens": "10:00", …}], …}: what the
form shows, what the history keeps, what `write` puts back.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from doorstep.organisations.models import (
    Address,
    CostOption,
    Language,
    Location,
    Phone,
    Schedule,
    Service,
)
from doorstep.places.models import find_postcode

PLAIN = (
    "name",
    "description",
    "eligibility",
    "minimum_age",
    "maximum_age",
    "fees",
    "application_process",
    "email",
    "url",
    "alert",
    "first_visit",
    "who_meets_you",
)
OF_THE_PLACE = ("way_in", "way_in_on_wheels", "transportation")

LABELS: dict[str, Any] = {
    "name": _("Name"),
    "description": _("What it is"),
    "eligibility": _("Who it is for"),
    "minimum_age": _("Youngest age"),
    "maximum_age": _("Oldest age"),
    "is_free": _("Free"),
    "fees": _("What it costs"),
    "application_process": _("How to join"),
    "phone": _("Telephone"),
    "email": _("E-mail"),
    "url": _("Web page"),
    "alert": _("Something to know just now"),
    "first_visit": _("What happens when you first come"),
    "who_meets_you": _("Who meets you"),
    "languages": _("Languages"),
    "when": _("When"),
    "way_in": _("How to find the door"),
    "way_in_on_wheels": _("Getting in with a wheelchair or a pushchair"),
    "transportation": _("How to get there"),
}


def place_of(service: Service) -> Location | None:
    """Return the place the entry's form speaks of: its first."""
    first = service.at_locations.select_related("location").order_by("id").first()
    return first.location if first else None


# Names of values that are a whole place: "place-" and its number; None takes it away.
PLACE = "place-"
WHERE = ("kind", "name", "address", "town", "postcode")


def places_of(service: Service) -> list[Location]:
    """Return every place of an entry, the first first."""
    rows = service.at_locations.select_related("location__area").order_by("id")
    return [one.location for one in rows]


def is_shared(place: Location, service: Service) -> bool:
    """Whether entries of other organisations are given there too."""
    rows = place.services_here.exclude(service=service)
    if service.organisation_id:
        rows = rows.exclude(service__organisation=service.organisation_id)
    return rows.exists()


def place_values(place: Location) -> dict[str, Any]:
    """Return what the form of a place holds."""
    address = place.addresses.order_by("id").first()
    lines = (address.address_1, address.address_2) if address else ()
    return {
        "kind": place.location_type,
        "name": place.name,
        # Many lists put the name of the house there once more.
        "address": ", ".join(one for one in lines if one and one != place.name),
        "town": address.city if address else "",
        "postcode": place.postcode or (address.postal_code if address else ""),
        **{name: getattr(place, name) for name in OF_THE_PLACE},
    }


def place_in_words(values: dict[str, Any] | None) -> str:
    """Return a place of the history as people read it."""
    if not values:
        return ""
    lines = [", ".join(values[one] for one in WHERE[1:] if values.get(one))]
    lines += [values[name] for name in OF_THE_PLACE if values.get(name)]
    return "\n".join(line for line in lines if line)


def _write_place(service: Service, number: str, values: dict[str, Any] | None, at: Any) -> None:
    place = Location.objects.filter(pk=number).first() if number.isdigit() else None
    if place is None:
        return
    if values is None:
        service.at_locations.filter(location=place).delete()
        return
    service.at_locations.get_or_create(location=place)
    before = place_values(place)
    place.location_type, place.name = values["kind"], values["name"]
    for name in OF_THE_PLACE:
        setattr(place, name, values[name])
    if values["postcode"] != before["postcode"]:
        place.postcode = values["postcode"][:8]
        found = find_postcode(values["postcode"]) if values["postcode"] else None
        place.latitude = found.latitude if found else None
        place.longitude = found.longitude if found else None
        place.is_by_postcode = found is not None
        place.area_id = found.ward_id if found else None  # type: ignore[attr-defined]
    place.changed_at = at
    place.save()
    if any(values[name] != before[name] for name in ("address", "town", "postcode")):
        address = place.addresses.order_by("id").first() or Address(location=place)
        if values["address"] != before["address"]:
            address.address_1, address.address_2 = values["address"], ""
        address.city = values["town"]
        address.postal_code = values["postcode"]
        address.country = address.country or "GB"
        address.save()


def is_plain(schedule: Schedule) -> bool:
    """Whether the form can show a schedule: certain days each week, from one time to another."""
    return (
        schedule.is_possible
        and schedule.freq == "WEEKLY"
        and (schedule.interval or 1) == 1
        and not schedule.count
        and not schedule.byweekno
        and not schedule.bymonthday
        and not schedule.byyearday
        and bool(schedule.byday)
        and all(day in _DAYS for day in schedule.byday.split(","))
    )


_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def schedules_of(service: Service) -> list[Schedule]:
    """Return all times of an entry, also those said of one place."""
    return list(service.schedules.all()) + [
        schedule for at in service.at_locations.all() for schedule in at.schedules.all()
    ]


def values_of(service: Service) -> dict[str, Any]:
    """Return what the entry's form holds."""
    values: dict[str, Any] = {name: getattr(service, name) for name in PLAIN}
    values["is_free"] = service.costs.filter(amount=0).exists()
    phone = _first_phone(service)
    values["phone"] = phone.number if phone else ""
    values["languages"] = ", ".join(one.name or one.code for one in service.languages.all())
    values["when"] = [
        {
            "days": sorted(schedule.byday.split(","), key=_DAYS.index),
            "opens": f"{schedule.opens_at:%H:%M}" if schedule.opens_at else "",
            "closes": f"{schedule.closes_at:%H:%M}" if schedule.closes_at else "",
            "note": schedule.description,
        }
        for schedule in schedules_of(service)
        if is_plain(schedule)
    ]
    place = place_of(service)
    for name in OF_THE_PLACE:
        values[name] = getattr(place, name) if place else ""
    return values


def _first_phone(service: Service) -> Phone | None:
    return service.phones.order_by("id").first() or (
        Phone.objects.filter(contact__service=service).order_by("id").first()
    )


@transaction.atomic
def write(service: Service, values: dict[str, Any], *, at: dt.datetime) -> None:
    """Put values (all, or some of `values_of`) into the entry and its parts."""
    for name in PLAIN:
        if name in values:
            setattr(service, name, values[name])
    service.changed_at = at
    service.last_modified = at
    service.save()
    if "is_free" in values and values["is_free"] != service.costs.filter(amount=0).exists():
        if values["is_free"]:
            CostOption.objects.create(service=service, amount=0)
        else:
            service.costs.filter(amount=0).delete()
    if "phone" in values:
        _write_phone(service, values["phone"])
    if "languages" in values:
        _write_languages(service, values["languages"])
    if "when" in values:
        _write_when(service, values["when"])
    for name in values:
        if name.startswith(PLACE):
            _write_place(service, name.removeprefix(PLACE), values[name], at)
    place = place_of(service)
    if place is not None and any(name in values for name in OF_THE_PLACE):
        for name in OF_THE_PLACE:
            if name in values:
                setattr(place, name, values[name])
        place.changed_at = at
        place.save()
    # What was read along with the entry may be another now.
    service._prefetched_objects_cache = {}  # type: ignore[attr-defined]


def _write_phone(service: Service, number: str) -> None:
    phone = _first_phone(service)
    if phone is None:
        if number:
            Phone.objects.create(service=service, number=number)
    elif not number:
        phone.delete()
    elif phone.number != number:
        phone.number = number
        phone.save(update_fields=["number"])


def _write_languages(service: Service, words: str) -> None:
    wanted = [one for part in words.replace(";", ",").split(",") if (one := part.strip())]
    have = {(one.name or one.code).casefold(): one for one in service.languages.all()}
    for key, spoken in have.items():
        if key not in {word.casefold() for word in wanted}:
            spoken.delete()
    known = set(have)
    for word in wanted:
        if word.casefold() not in known:
            known.add(word.casefold())
            Language.objects.create(service=service, name=word[:100])


def _write_when(service: Service, rows: list[dict[str, Any]]) -> None:
    """Change only what differs: a time that stays keeps its id for other systems."""
    plain = [one for one in schedules_of(service) if is_plain(one)]
    for number, row in enumerate(rows):
        opens, closes = (_time(row.get(name)) for name in ("opens", "closes"))
        fields = {
            "byday": ",".join(sorted(row["days"], key=_DAYS.index)),
            "opens_at": opens,
            "closes_at": closes,
            "description": row.get("note", ""),
        }
        if number < len(plain):
            one = plain[number]
            if any(getattr(one, name) != value for name, value in fields.items()):
                for name, value in fields.items():
                    setattr(one, name, value)
                one.save()
        else:
            Schedule.objects.create(service=service, freq="WEEKLY", **fields)
    for one in plain[len(rows) :]:
        one.delete()


def _time(text: str | None) -> dt.time | None:
    return dt.time.fromisoformat(text) if text else None
