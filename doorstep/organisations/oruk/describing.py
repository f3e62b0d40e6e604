"""The API described: for machines as OpenAPI 3.1, and the same rows for the page people read."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

_SCHEMAS = "https://raw.githubusercontent.com/openreferral/uk-profile/main/schema/compiled/"

# Name -> (type, what it does).
PARAMETERS: dict[str, tuple[str, Any]] = {
    "search": ("string", _("Any of these words; the best match comes first.")),
    "page": ("integer", _("Which page, from 1 on.")),
    "per_page": ("integer", _("How many on a page: 50, if you don't say, and 200 at most.")),
    "taxonomy_term_id": ("string", _("Services with this term. Several ids with commas between.")),
    "taxonomy_id": ("string", _("Services with any term of this list of terms.")),
    "organization_id": ("string", _("Services of this organisation.")),
    "minimum_age": ("number", _("Services whose youngest age is at least this.")),
    "maximum_age": ("number", _("Services whose oldest age is at most this.")),
    "start_time": ("string", _("Open from this time on, such as 09:30.")),
    "end_time": ("string", _("Closed by this time.")),
    "day": ("string", _("On this day: MO, TU, WE, TH, FR, SA or SU.")),
    "postcode": (
        "string",
        _("A postcode of this borough: services that serve it, or that don't say whom they serve."),
    ),
    "proximity": ("string", _("With a postcode: given at a place within so many metres of it.")),
    "modified_after": ("string", _("Changed since this moment.")),
    "full": ("boolean", _("Everything nested, at most 50 on a page.")),
    "full_service": ("boolean", _("With their services in full, at most 50 on a page.")),
    "minimal": ("boolean", _("Only ids and when each was changed, all on one page.")),
    "format": ("string", _("json, or ndjson for all of them, one on a line.")),
}
_PAGES = ("page", "per_page")
_SERVICES = (
    "search",
    *_PAGES,
    "taxonomy_term_id",
    "taxonomy_id",
    "organization_id",
    "minimum_age",
    "maximum_age",
    "start_time",
    "end_time",
    "day",
    "postcode",
    "proximity",
    "modified_after",
    "full",
)
# Path -> (what it gives, parameters, schema of one thing, whether it is a list).
PATHS: dict[str, tuple[Any, tuple[str, ...], str, bool]] = {
    "/services": (
        _("Services, page by page."),
        (*_SERVICES, "minimal", "format"),
        "service_list.json",
        True,
    ),
    "/services/{id}": (_("One service with everything about it."), (), "service.json", False),
    "/service_at_locations": (
        _("Services at the places where they are given."),
        _SERVICES,
        "service_at_location_list.json",
        True,
    ),
    "/service_at_locations/{id}": (
        _("One service at one place, with everything about both."),
        (),
        "service_at_location.json",
        False,
    ),
    "/organizations": (
        _("Organisations."),
        (*_PAGES, "full", "full_service"),
        "organization_list.json",
        True,
    ),
    "/organizations/{id}": (
        _("One organisation with its services."),
        (),
        "organization.json",
        False,
    ),
    "/taxonomies": (_("Lists of terms."), _PAGES, "taxonomy.json", True),
    "/taxonomies/{id}": (_("One list of terms."), (), "taxonomy.json", False),
    "/taxonomy_terms": (_("Terms."), (*_PAGES, "taxonomy_id"), "taxonomy_term.json", True),
    "/taxonomy_terms/{id}": (_("One term."), (), "taxonomy_term.json", False),
}


def for_people() -> list[dict[str, Any]]:
    """Return {"path", "what", "parameters"} of each, in order."""
    return [
        {"path": path, "what": what, "parameters": parameters}
        for path, (what, parameters, _schema, _many) in PATHS.items()
    ]


def openapi(server: str) -> dict[str, Any]:
    """Return the OpenAPI document; `server` is the address the paths begin with."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Open Referral UK Profile",
            "version": "3.0",
            "description": "A directory of services, as Open Referral UK (HSDS-UK 3.0) has it.",
        },
        "servers": [{"url": server}],
        "paths": {
            "/": {
                "get": {
                    "operationId": "getAPIMetaInformation",
                    "summary": "What this API is.",
                    "responses": {"200": _json({"type": "object", "properties": _META})},
                }
            },
            **{path: {"get": _get(path)} for path in PATHS},
        },
        "components": {
            "schemas": {"Page": {"type": "object", "properties": _PAGE}},
            "parameters": {
                name: {
                    "name": name,
                    "in": "query",
                    "required": False,
                    "description": str(what),
                    "schema": {"type": kind},
                }
                for name, (kind, what) in PARAMETERS.items()
            },
        },
    }


_META = {
    "version": {"type": "string"},
    "profile": {"type": "string", "format": "uri"},
    "openapi_url": {"type": "string", "format": "uri"},
}
_PAGE = {
    **{name: {"type": "integer"} for name in ("total_items", "total_pages", "page_number", "size")},
    **{name: {"type": "boolean"} for name in ("first_page", "last_page", "empty")},
}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "JSON", "content": {"application/json": {"schema": schema}}}


def _get(path: str) -> dict[str, Any]:
    what, parameters, schema, is_many = PATHS[path]
    one: dict[str, Any] = {"$ref": _SCHEMAS + schema}
    got: list[dict[str, Any]] = [{"$ref": f"#/components/parameters/{name}"} for name in parameters]
    if "{id}" in path:
        got.append({"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
    body = (
        {
            "allOf": [{"$ref": "#/components/schemas/Page"}],
            "properties": {"contents": {"type": "array", "items": one}},
        }
        if is_many
        else one
    )
    words = path.strip("/").replace("{id}", "by id").replace("/", " ").replace("_", " ")
    return {
        "operationId": "get" + "".join(word.title() for word in words.split()),
        "summary": str(what),
        "parameters": got,
        "responses": {"200": _json(body)},
    }
