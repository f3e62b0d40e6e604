"""Which field of the standard is which column of ours: read by the way out and the way in alike.

Each spec is a tuple of (name in the standard, our attribute, kind). Kinds: "line", "text", "url",
"email", "number", "count" (a whole number), "date", "time", "moment".
What stands in no spec is kept in `extra` and goes out again unless its name begins with "_".
"""

from __future__ import annotations

Spec = tuple[tuple[str, str, str], ...]

ORGANISATION: Spec = (
    ("name", "name", "line"),
    ("description", "description", "text"),
    ("email", "email", "email"),
    ("website", "website", "url"),
    ("logo", "logo", "url"),
    ("uri", "uri", "url"),
)
SERVICE: Spec = (
    ("name", "name", "line"),
    ("alternate_name", "alternate_name", "line"),
    ("description", "description", "text"),
    ("url", "url", "url"),
    ("email", "email", "email"),
    ("status", "status", "line"),
    ("fees", "fees", "text"),
    ("fees_description", "fees", "text"),
    ("accreditations", "accreditations", "text"),
    ("eligibility_description", "eligibility", "text"),
    ("minimum_age", "minimum_age", "number"),
    ("maximum_age", "maximum_age", "number"),
    ("application_process", "application_process", "text"),
    ("assured_date", "assured_date", "date"),
    ("assurer_email", "assurer_email", "email"),
    ("alert", "alert", "text"),
    ("last_modified", "last_modified", "moment"),
)
# The standard of 3.0 says `fees_description`, the UK profile `fees`: we read both, write `fees`.
READ_ONLY = frozenset({"fees_description"})
LOCATION: Spec = (
    ("location_type", "location_type", "line"),
    ("name", "name", "line"),
    ("alternate_name", "alternate_name", "line"),
    ("description", "description", "text"),
    ("transportation", "transportation", "text"),
    ("external_identifier", "external_identifier", "line"),
    ("external_identifier_type", "external_identifier_type", "line"),
)
ADDRESS: Spec = (
    ("attention", "attention", "line"),
    ("address_1", "address_1", "line"),
    ("address_2", "address_2", "line"),
    ("city", "city", "line"),
    ("region", "region", "line"),
    ("state_province", "state_province", "line"),
    ("postal_code", "postal_code", "line"),
    ("country", "country", "line"),
    ("address_type", "address_type", "line"),
)
ACCESSIBILITY: Spec = (
    ("description", "description", "text"),
    ("details", "details", "text"),
    ("url", "url", "url"),
)
SCHEDULE: Spec = (
    ("valid_from", "valid_from", "date"),
    ("valid_to", "valid_to", "date"),
    ("dtstart", "dtstart", "date"),
    ("until", "until", "date"),
    ("count", "count", "count"),
    ("wkst", "wkst", "line"),
    ("freq", "freq", "line"),
    ("interval", "interval", "count"),
    ("byday", "byday", "line"),
    ("byweekno", "byweekno", "line"),
    ("bymonthday", "bymonthday", "line"),
    ("byyearday", "byyearday", "line"),
    ("description", "description", "text"),
    ("opens_at", "opens_at", "time"),
    ("closes_at", "closes_at", "time"),
    ("schedule_link", "schedule_link", "url"),
    ("attending_type", "attending_type", "line"),
    ("notes", "notes", "text"),
)
CONTACT: Spec = (
    ("name", "name", "line"),
    ("title", "title", "line"),
    ("email", "email", "email"),
)
PHONE: Spec = (("number", "number", "line"), ("description", "description", "text"))
COST: Spec = (
    ("valid_from", "valid_from", "date"),
    ("valid_to", "valid_to", "date"),
    ("option", "option", "text"),
    ("amount", "amount", "number"),
    ("amount_description", "amount_description", "text"),
)
SERVICE_AREA: Spec = (
    ("name", "name", "text"),
    ("extent", "extent", "text"),
    ("extent_type", "extent_type", "line"),
    ("uri", "uri", "url"),
)
LANGUAGE: Spec = (("name", "name", "line"), ("code", "code", "line"))
TAXONOMY: Spec = (
    ("name", "name", "line"),
    ("description", "description", "text"),
    ("uri", "uri", "url"),
    ("version", "version", "line"),
)
TERM: Spec = (
    ("name", "name", "line"),
    ("description", "description", "text"),
    ("taxonomy", "taxonomy_name", "line"),
    ("term_uri", "term_uri", "url"),
    ("term", "code", "line"),
)
ATTRIBUTE: Spec = (("link_type", "link_type", "line"),)
AT_LOCATION: Spec = (("description", "description", "text"),)
