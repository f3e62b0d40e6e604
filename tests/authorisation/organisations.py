"""The directory: what shows is for everybody, drafts are for those who keep them."""

from doorstep.base.time import now
from doorstep.organisations.models import (
    PUBLIC_STATES,
    Location,
    Organisation,
    Position,
    Service,
    ServiceAtLocation,
    State,
    Taxonomy,
    TaxonomyTerm,
)
from tests.authorisation.answers import BY_GET, MISSING, Each, everyone, seen_by, within
from tests.authorisation.world import World

ORDER = 28


def furnish(world: World) -> None:
    shown = Organisation.objects.create(name="Quay Lunch Club", slug="quay-lunch-club")
    draft = Organisation.objects.create(name="Not yet", slug="not-yet", state=State.DRAFT)
    Position.objects.create(
        organisation=draft, person=world.owner, role=Position.Role.OWNER, accepted_at=now()
    )
    hall = Location.objects.create(name="The Hall")
    for number, state in enumerate(State.values):
        for owner in (shown, draft):
            service = Service.objects.create(
                name=f"Lunch {state}",
                slug=f"{owner.slug}-{number}",
                state=state,
                organisation=owner,
            )
            at = ServiceAtLocation.objects.create(service=service, location=hall)
            if owner == shown:
                world.put(f"service_{state}", uid=service.uid)
                world.put(f"service_at_location_{state}", uid=at.uid)
    world.put("organisation_live", uid=shown.uid)
    world.put("organisation_draft", uid=draft.uid)
    world.put("taxonomy", uid=Taxonomy.objects.create(name="Needs").uid)
    world.put("term", uid=TaxonomyTerm.objects.create(name="Food").uid)


def _open(_viewer, _thing) -> bool:
    return True


def _by_uid(thing) -> dict:
    return {"uid": thing.uid}


rows = within("directory")
NOBODY = seen_by(visitor=MISSING)
_lists = "oruk_services oruk_service_at_locations oruk_organisations oruk_taxonomies oruk_terms"
# The API is the same for everybody: not even a keeper reads a draft through it.
ROWS = [
    *rows(
        "oruk_root oruk_openapi oruk_about oruk_bulk_json oruk_bulk_csv",
        get=everyone(),
        post=BY_GET,
    ),
    *rows(_lists, get=everyone(), post=BY_GET),
    *rows("oruk_service", "service_live", get=everyone(), post=BY_GET),
    *rows("oruk_service", "service_draft", get=NOBODY, post=BY_GET),
    *rows("oruk_service", "service_closed", get=NOBODY, post=BY_GET),
    *rows("oruk_service_at_location", "service_at_location_stale", get=everyone(), post=BY_GET),
    *rows("oruk_service_at_location", "service_at_location_draft", get=NOBODY, post=BY_GET),
    *rows("oruk_organisation", "organisation_live", get=everyone(), post=BY_GET),
    *rows("oruk_organisation", "organisation_draft", get=NOBODY, post=BY_GET),
    *rows("oruk_taxonomy", "taxonomy", get=everyone(), post=BY_GET),
    *rows("oruk_term", "term", get=everyone(), post=BY_GET),
]
EACH = [
    Each(
        "directory:oruk_service",
        Service.objects.all,
        lambda _viewer, service: service.is_public,
        lambda service: {"uid": service.uid},
    ),
    Each(
        "directory:oruk_service_at_location",
        lambda: ServiceAtLocation.objects.select_related("service"),
        lambda _viewer, at: at.service.is_public,
        lambda at: {"uid": at.uid},
    ),
    Each(
        "directory:oruk_organisation",
        Organisation.objects.all,
        lambda _viewer, organisation: organisation.state in PUBLIC_STATES,
        lambda organisation: {"uid": organisation.uid},
    ),
    Each("directory:oruk_taxonomy", Taxonomy.objects.all, _open, _by_uid),
    Each("directory:oruk_term", TaxonomyTerm.objects.all, _open, _by_uid),
]
