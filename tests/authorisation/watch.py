"""Concerns: anybody tells; owners, organisers and officers of the area read; others their own."""

from doorstep.base.time import now, today
from doorstep.organisations.models import Organisation, Position
from doorstep.watch import rules
from doorstep.watch.actions import arranging, care, passing, telling
from doorstep.watch.models import Concern, Theme
from doorstep.watch.tests.planting import plant_themes
from tests.authorisation.answers import (
    BY_GET,
    Each,
    NotSwept,
    everyone,
    only,
    seen_by,
    within,
)
from tests.authorisation.world import World

ORDER = 45


def furnish(world: World) -> None:
    plant_themes()

    def told(**more):  # type: ignore[no-untyped-def]
        words = {
            "theme": Theme.objects.get(slug="damp"), "area": world.borough.ward,
            "what": "Black mould.", "seen_on": today(), "at": now(),
        }  # fmt: skip
        return telling.tell(**{**words, **more})[0]

    place = told(by=world.owner)
    far = told(by=None, area=world.borough.far_ward, what="Rats.")
    desk = Organisation.objects.create(name="Office of the MP", slug="office-of-the-mp")
    Position.objects.create(
        organisation=desk, person=world.asker, role=Position.Role.STAFF, accepted_at=now()
    )
    office = arranging.open_office(
        organisation=desk, kind="mp", areas=[world.borough.borough], by=world.officer, at=now()
    )
    told(by=world.asker, office=office, came_by="office", what="Cold.")
    about = told(by=None, about="person", agreed="yes", person_words="Her", what="Alone.")
    care.link_person(about, person=world.organiser, by=world.officer, at=now())
    care.give(about, to=world.member, by=world.officer, at=now())
    sent = passing.pass_on(place, to="Repairs", sent="x", by=world.officer, at=now())
    world.put("concern", ref=place.ref)
    world.put("concern_to_give", ref=place.ref, verb="give")
    world.put("concern_about_the_organiser", ref=about.ref)
    world.put("far_concern", ref=far.ref)
    world.put("watch_link", token=passing.link_of(sent).split("/")[-2])
    world.put("watch_area", slug=world.borough.ward.slug)


# Of the place: `owner` told it. `member` owns the one about the organiser.
CARERS = ("officer", "organiser")
rows = within("watch")
ROWS = [
    *rows("front slip worker", get=everyone(), post=BY_GET),
    *rows("tell told", get=everyone()),
    *rows("did", "watch_area", get=everyone(), post=BY_GET),
    *rows("answer", "watch_link", get=everyone()),
    *rows("desk", get=only(*CARERS, "far_organiser", "member"), post=BY_GET),
    *rows("signs", get=only(*CARERS, "far_organiser")),
    *rows("themes duties offices", get=only("officer", "administrator")),
    *rows("office", get=only("asker"), post=BY_GET),
    *rows("trends", get=only(*CARERS, "far_organiser", "insight", "asker"), post=BY_GET),
    *rows("concern", "concern", get=seen_by(*CARERS, "owner")),
    *rows("concern", "far_concern", get=seen_by(*CARERS, "far_organiser")),
    *rows("concern", "concern_about_the_organiser", get=seen_by("officer", "member")),
    *rows("photo", "concern", get=seen_by(), post=BY_GET),
    *rows("work", "concern_to_give", get=seen_by(*CARERS)),
]
FOR_ADMINISTRATORS = ["watch:themes", "watch:duties", "watch:offices"]


def _all():  # type: ignore[no-untyped-def]
    return Concern.objects.select_related("area")


EACH = [
    Each("watch:concern", _all, rules.can_see, lambda row: {"ref": row.ref}),
    Each("watch:work", _all, rules.can_care, lambda row: {"ref": row.ref, "verb": "step"}),
]
NOT_SWEPT = [
    NotSwept("The link is itself the key; it is dead when the concern is put away.",
             ("watch:answer",)),
    NotSwept("An area is no secret.", ("watch:did",)),
    NotSwept("A photo opens with its concern: proved in test_telling.py.", ("watch:photo",)),
]  # fmt: skip
