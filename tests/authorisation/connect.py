"""One-to-one work: whoever walks alongside, the person themselves, and nobody else."""

from doorstep.base.time import now
from doorstep.connect import links, rules
from doorstep.connect.actions import circling, referring
from doorstep.connect.models import Referral, Relationship
from doorstep.organisations.models import Organisation
from doorstep.people.models import RoleHolding
from tests.authorisation.answers import (
    BY_GET,
    Each,
    NotSwept,
    everyone,
    members,
    only,
    seen_by,
    within,
)
from tests.authorisation.world import World

ORDER = 45


def furnish(world: World) -> None:
    at = now()
    desk = Organisation.objects.create(name="Company for you", slug="company-for-you")
    for person in (world.catalyst,):
        RoleHolding.objects.create(
            person=person, role="catalyst", scope_kind="organisation", scope_key=str(desk.pk)
        )
        person.__dict__.pop("_desks", None)
        person.__dict__.pop("_roles_held", None)
    sent = referring.refer(
        desk, by=world.member, person=world.owner, source="neighbour", reach="Ring.",
        hopes="Company.", agreed_words="Yes.", at=at,
    )  # fmt: skip
    referring.accept(sent, by=world.catalyst, at=at)
    made = referring.take_on(
        sent, by=world.catalyst, to=world.catalyst, at=at, next_step="Ring", next_on=at.date()
    )
    member = circling.add(
        world.owner, by=world.owner, at=at, name="Member", person=world.member, sees="who"
    )
    world.put("relationship", ref=made.ref)
    world.put("relationship_next", ref=made.ref, verb="next")
    world.put("relationship_paper", ref=made.ref, what="circle")
    world.put("connect_referral", ref=sent.ref)
    world.put("connect_circle", handle=world.owner.handle)
    world.put("connect_add", verb="add")
    world.put("connect_link", token=links.token_for("sent", sent.ref))
    assert member.pk


rows = within("connect")
ROWS = [
    *rows("home", get=only("catalyst")),
    *rows("refer", get=everyone()),
    *rows("link", "connect_link", get=everyone()),
    *rows("mine", get=members(), post=BY_GET),
    *rows("do_mine", "connect_add", get=members()),
    *rows("circle", "connect_circle", get=seen_by("member"), post=BY_GET),
    *rows("referral", "connect_referral", get=seen_by("owner", "member", "catalyst")),
    *rows("relationship", "relationship", get=seen_by("catalyst"), post=BY_GET),
    *rows("do", "relationship_next", get=seen_by("catalyst")),
    *rows("paper", "relationship_paper", get=seen_by("catalyst"), post=BY_GET),
]

EACH = [
    Each(
        "connect:relationship",
        lambda: Relationship.objects.select_related("person"),
        rules.can_see,
        lambda row: {"ref": row.ref},
    ),
    Each(
        "connect:do",
        lambda: Relationship.objects.select_related("person"),
        rules.can_see,
        lambda row: {"ref": row.ref, "verb": "next"},
    ),
    Each(
        "connect:paper",
        lambda: Relationship.objects.select_related("person"),
        rules.can_see,
        lambda row: {"ref": row.ref, "what": "circle"},
    ),
    Each(
        "connect:referral",
        Referral.objects.all,
        rules.can_see_referral,
        lambda row: {"ref": row.ref},
    ),
]
NOT_SWEPT = [
    NotSwept("the link itself is the key", ("connect:link",)),
    NotSwept("one's own circle, by the name of what is done", ("connect:do_mine",)),
    NotSwept("a circle opens by a place in it, proved in connect's tests", ("connect:circle",)),
]
