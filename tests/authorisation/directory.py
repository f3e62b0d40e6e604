"""The directory's pages for people: open to all, changed by those who look after an entry."""

from doorstep.base.time import now
from doorstep.organisations import actions, history, rules
from doorstep.organisations.freshness import links
from doorstep.organisations.models import (
    DoorPhoto,
    ImportRun,
    Location,
    Offer,
    Organisation,
    Position,
    Service,
    ServiceAtLocation,
    Source,
    State,
    Suggestion,
)
from tests.authorisation.answers import (
    BY_GET,
    BY_POST,
    DONE,
    MISSING,
    Each,
    NotSwept,
    everyone,
    members,
    only,
    seen_by,
    within,
)
from tests.authorisation.world import World

ORDER = 27
KEYS = ("owner", "officer", "editor")
KEEPERS = ("officer", "editor")


def furnish(world: World) -> None:
    at = now()
    house = Organisation.objects.create(slug="pantry", name="Pantry", confirmed_at=at)
    Organisation.objects.create(slug="hidden-house", name="Hidden", state=State.DRAFT)
    Position.objects.create(
        organisation=house, person=world.owner, role=Position.Role.OWNER, accepted_at=at
    )
    invited = Position.objects.create(
        organisation=house, invited_email="colleague@example.org", invited_by=world.owner,
        invited_at=at,
    )  # fmt: skip
    entry = Service.objects.create(
        slug="weekly-pantry", name="Weekly pantry", organisation=house, asked_at=at
    )
    draft = Service.objects.create(
        slug="not-yet", name="Not yet", organisation=house, state=State.DRAFT
    )
    place = Location.objects.create(name="Hall")
    ServiceAtLocation.objects.create(service=entry, location=place)
    photo = DoorPhoto.objects.create(
        location=place, name="doors/none.webp", small_name="doors/none.webp", width=1, height=1,
        description="A blue door",
    )  # fmt: skip
    offer = Offer.objects.create(organisation=house, what="A lift", answered_by=world.owner)
    told = actions.suggest(
        kind=Suggestion.Kind.CHANGE, words="The bell is broken.", by=world.resident, at=at,
        client_key="matrix-suggestion", service=entry,
    )  # fmt: skip
    change = history.keep(
        entry, {"name": "Pantry"}, {"name": "Weekly pantry"}, by=world.owner, at=at
    )
    source = Source.objects.create(name="A list", place="https://list.example.org/")
    run = ImportRun.objects.create(source=source, state=ImportRun.State.DROPPED)
    world.put("held_list", pk=run.pk)
    world.put("read_list", pk=source.pk)
    world.put("entry", slug=entry.slug)
    world.put("draft_entry", slug=draft.slug)
    world.put("entry_photo", slug=entry.slug, key=photo.key)
    world.put("door", key=photo.key, size=480)
    world.put("house", slug=house.slug)
    world.put("offer_of_a_house", pk=offer.pk)
    world.put("invited_colleague", pk=invited.pk)
    world.put("join_link", code=invited.code)
    world.put("told_keepers", ref=told.ref)
    world.put("entry_change", pk=change.pk)
    world.put("short_list", ids=f"{entry.pk}")
    world.put("ask_link", token=links.token_for(entry, at))


rows = within("directory")
ROWS = [
    *rows("find", get=everyone(), post=BY_GET),
    *rows("suggest_new list", get=everyone()),
    *rows("service", "entry", get=everyone(), post=BY_GET),
    *rows("service", "draft_entry", get=seen_by(*KEYS, visitor=MISSING), post=BY_GET),
    *rows("organisation", "house", get=everyone(), post=BY_GET),
    *rows("suggest", "entry", get=everyone()),
    *rows("keep told", "entry", get=BY_POST, post=everyone(DONE)),
    *rows("photo", "door", get=everyone(MISSING), post=BY_GET),
    *rows("edit places", "entry", get=only(*KEYS)),
    *rows("edit", "draft_entry", get=seen_by(*KEYS)),
    *rows("photos", "entry", get=only(*KEYS)),
    *rows("changes", "entry", get=only(*KEYS), post=BY_GET),
    *rows("say", "entry", get=BY_POST, post=only(*KEYS, page=DONE)),
    *rows("remove_photo", "entry_photo", get=BY_POST, post=only(*KEYS, page=DONE)),
    *rows("undo", "entry_change", get=BY_POST, post=seen_by(*KEYS, page=DONE)),
    *rows("edit_organisation new new_offer staff", "house", get=only(*KEYS)),
    *rows("ask_letter", "house", get=only(*KEEPERS), post=BY_GET),
    *rows("offer", "offer_of_a_house", get=seen_by(*KEYS)),
    *rows("end_position", "invited_colleague", get=BY_POST, post=seen_by(*KEYS, page=DONE)),
    *rows("shared_list send_list", "short_list", get=everyone()),
    *rows("list_letter", "short_list", get=everyone(), post=BY_GET),
    *rows("true", "ask_link", get=everyone()),
    *rows("join", "join_link", get=members()),
    *rows("ours", get=members(), post=BY_GET),
    *rows("keeping", get=only(*KEEPERS), post=BY_GET),
    *rows("organisations sources", get=only(*KEEPERS)),
    *rows("source", "read_list", get=only(*KEEPERS)),
    *rows("held", "held_list", get=only(*KEEPERS), post=only(*KEEPERS, page=DONE)),
    *rows("suggestion", "told_keepers", get=only(*KEEPERS)),
]


def _slug(thing):
    return {"slug": thing.slug}


def _manages(me, position):
    return me is not None and (
        position.person_id == me.pk or rules.can_manage_positions(me, position.organisation)
    )


EACH = [
    *(
        Each(f"directory:{name}", Service.objects.all, rules.can_see_service, _slug, post=by_post)
        for name, by_post in (
            ("service", False),
            ("suggest", False),
            ("edit", False),
            ("places", False),
            ("photos", False),
            ("changes", False),
            ("keep", True),
            ("say", True),
        )
    ),
    Each(
        "directory:told",
        Service.objects.all,
        lambda _me, service: service.is_public,
        _slug,
        post=True,
    ),
    *(
        Each(f"directory:{name}", Organisation.objects.all, rules.can_see_organisation, _slug)
        for name in ("organisation", "edit_organisation", "new", "new_offer", "staff")
    ),
    Each(
        "directory:ask_letter",
        Organisation.objects.all,
        lambda me, _house: rules.is_keeper(me),
        _slug,
    ),
    Each(
        "directory:offer",
        lambda: Offer.objects.select_related("organisation"),
        lambda me, offer: rules.can_edit(me, offer.organisation),
    ),
    Each(
        "directory:undo",
        lambda: history.Change.objects.select_related("service"),
        lambda me, change: rules.can_edit_service(me, change.service),
        post=True,
    ),
    Each(
        "directory:end_position",
        lambda: Position.objects.select_related("organisation"),
        _manages,
        post=True,
    ),
    Each(
        "directory:held",
        ImportRun.objects.all,
        lambda me, _run: rules.is_keeper(me),
    ),
    Each("directory:source", Source.objects.all, lambda me, _source: rules.is_keeper(me)),
    Each(
        "directory:suggestion",
        Suggestion.objects.all,
        lambda me, _told: rules.is_keeper(me),
        lambda told: {"ref": told.ref},
    ),
]

NOT_SWEPT = [
    NotSwept(
        "A list's address holds the numbers of public entries; each is looked up as any other.",
        ("directory:shared_list", "directory:list_letter", "directory:send_list"),
    ),
    NotSwept("The word in the link is itself the key.", ("directory:true", "directory:join")),
    NotSwept("Pictures of doors are for everybody.", ("directory:photo",)),
    NotSwept("A photo is looked for below an entry that is checked.", ("directory:remove_photo",)),
]
