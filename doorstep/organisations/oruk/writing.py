"""Our rows in the words of the standard (HSDS-UK 3.0): plain dicts, ready for JSON."""

from __future__ import annotations

import datetime as dt
from typing import Any

from doorstep.organisations.models import (
    Attribute,
    Location,
    Organisation,
    Schedule,
    Service,
    ServiceAtLocation,
    Taxonomy,
    TaxonomyTerm,
)
from doorstep.organisations.oruk import shape

Told = dict[str, Any]


def _value(value: Any, kind: str) -> Any:
    if kind == "number":
        return int(value) if value == int(value) else value
    if kind == "date":
        return value.isoformat()
    if kind == "time":
        return value.isoformat(timespec="seconds")
    if kind == "moment":
        return moment(value)
    return value


def moment(value: dt.datetime) -> str:
    """Return a moment as the standard's examples write it: "2023-03-15T10:30:45.123Z"."""
    said = value.astimezone(dt.UTC).isoformat(
        timespec="milliseconds" if value.microsecond else "seconds"
    )
    return said.replace("+00:00", "Z")


_KINDS_AS_THEY_ARE = frozenset({"line", "text", "url", "email", "count"})


def _fields(row: Any, spec: shape.Spec, always: tuple[str, ...] = ()) -> Told:
    told: Told = {"id": str(row.uid)}
    for name, attribute, kind in spec:
        value = getattr(row, attribute)
        if value in ("", None):
            if name in always:
                told[name] = ""
        elif name not in shape.READ_ONLY:
            told[name] = value if kind in _KINDS_AS_THEY_ARE else _value(value, kind)
    return told


def _and_the_rest(told: Told, row: Any, leave: tuple[str, ...] = ()) -> Told:
    for name, value in row.extra.items():
        if name[0] != "_" and name not in told and name not in leave:
            told[name] = value
    return told


def _some(told: Told, name: str, rows: list[Told]) -> None:
    if rows:
        told[name] = rows


# Lists and objects of a thing, which the one-to-one form of a list leaves out.
def _is_nested(value: Any) -> bool:
    return isinstance(value, list | dict)


def term(row: TaxonomyTerm) -> Told:
    told = _fields(row, shape.TERM, ("name", "description"))
    if row.parent_id is not None and row.parent is not None:
        told["parent_id"] = str(row.parent.uid)
    elif row.parent_feed_id:
        told["parent_id"] = row.parent_feed_id
    if row.taxonomy_id is not None and row.taxonomy is not None:
        told["taxonomy_id"] = str(row.taxonomy.uid)
        told.setdefault("taxonomy", row.taxonomy.name)
    return _and_the_rest(told, row)


def taxonomy(row: Taxonomy) -> Told:
    return _and_the_rest(_fields(row, shape.TAXONOMY, ("name", "description")), row)


def _attributes(rows: Any) -> list[Told]:
    return [_attribute(row) for row in rows.all()]


def _attribute(row: Attribute) -> Told:
    told = _fields(row, shape.ATTRIBUTE)
    told["taxonomy_term"] = term(row.term)
    return _and_the_rest(told, row)


def organisation(row: Organisation, *, full: bool = False) -> Told:
    """Return an organisation; `full` with its identifiers, attributes and all the rest."""
    told = _fields(row, shape.ORGANISATION, ("name", "description"))
    if row.parent_id is not None and row.parent is not None:
        told["parent_organization_id"] = str(row.parent.uid)
    elif row.parent_feed_id:
        told["parent_organization_id"] = row.parent_feed_id
    if full:
        _and_the_rest(told, row)
        _some(told, "attributes", _attributes(row.attributes))
    else:
        told |= {
            name: value
            for name, value in row.extra.items()
            if name[0] != "_" and name not in told and not _is_nested(value)
        }
    return told


def schedule(row: Schedule) -> Told:
    return _and_the_rest(_fields(row, shape.SCHEDULE), row)


def _schedules(rows: Any) -> list[Told]:
    # What can't be true is kept, and told to nobody.
    return [schedule(row) for row in rows.all() if row.is_possible]


def location(row: Location, *, full: bool = False) -> Told:
    """Return a location; `full` with its addresses, access and attributes."""
    told = _fields(row, shape.LOCATION, ("location_type",))
    # A point that can't be right goes out again (from `extra`) only where we have none better.
    if row.latitude is not None and row.longitude is not None:
        told["latitude"], told["longitude"] = row.latitude, row.longitude
    if not full:
        told |= {
            name: value
            for name, value in row.extra.items()
            if name[0] != "_" and name not in told and not _is_nested(value)
        }
        return told
    _and_the_rest(told, row)
    needed = ("address_1", "city", "state_province", "postal_code", "country", "address_type")
    addresses = row.addresses.all()
    _some(
        told,
        "addresses",
        [_and_the_rest(_fields(one, shape.ADDRESS, needed), one) for one in addresses],
    )
    access = row.access.all()
    _some(
        told,
        "accessibility",
        [_and_the_rest(_fields(one, shape.ACCESSIBILITY), one) for one in access],
    )
    _some(told, "attributes", _attributes(row.attributes))
    return told


def _phone(row: Any) -> Told:
    return _and_the_rest(_fields(row, shape.PHONE, ("number",)), row)


def _contact(row: Any) -> Told:
    told = _and_the_rest(_fields(row, shape.CONTACT), row)
    _some(told, "phones", [_phone(one) for one in row.phones.all()])
    return told


def service_in_a_list(row: Service) -> Told:
    """Return a service's one-to-one fields and its organisation's, as lists hold them."""
    told = _fields(row, shape.SERVICE)
    told["name"] = row.name
    told |= {
        name: value
        for name, value in row.extra.items()
        if name[0] != "_" and name not in told and not _is_nested(value)
    }
    if row.organisation is not None:
        told["organization"] = organisation(row.organisation)
        if "organization_id" in told:
            told["organization_id"] = str(row.organisation.uid)
    return told


def service(row: Service, *, with_organisation: bool = True) -> Told:
    """Return a service with everything that belongs to it; made from `with_parts()`."""
    told = _fields(row, shape.SERVICE)
    _and_the_rest(told, row)
    _some(told, "schedules", _schedules(row.schedules))
    for name, spec, rows in (
        ("service_areas", shape.SERVICE_AREA, row.areas_served),
        ("languages", shape.LANGUAGE, row.languages),
        ("cost_options", shape.COST, row.costs),
    ):
        _some(told, name, [_and_the_rest(_fields(one, spec), one) for one in rows.all()])  # type: ignore[attr-defined]
    _some(told, "service_at_locations", [_at_location(one) for one in row.at_locations.all()])
    if with_organisation and row.organisation is not None:
        told["organization"] = organisation(row.organisation, full=True)
    if row.organisation is not None and "organization_id" in told:
        told["organization_id"] = str(row.organisation.uid)
    _some(told, "contacts", [_contact(one) for one in row.contacts.all()])
    _some(told, "phones", [_phone(one) for one in row.phones.all()])
    _some(told, "attributes", _attributes(row.attributes))
    return told


def _at_location(row: ServiceAtLocation) -> Told:
    told = _fields(row, shape.AT_LOCATION)
    told["location"] = location(row.location, full=True)
    _some(told, "schedules", _schedules(row.schedules))
    return _and_the_rest(told, row)


def service_at_location_in_a_list(row: ServiceAtLocation) -> Told:
    """Return the place and the service in their one-to-one fields."""
    return {
        "id": str(row.uid),
        "location": location(row.location),
        "service": service_in_a_list(row.service),
    }


def service_at_location(row: ServiceAtLocation, whole: Service) -> Told:
    """Return a service at a location with all of both; `whole` is its service `with_parts()`."""
    told = _at_location(row)
    told["service"] = {
        name: value for name, value in service(whole).items() if name != "service_at_locations"
    }
    return told
