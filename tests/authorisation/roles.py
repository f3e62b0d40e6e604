"""Who holds which role: for administrators; and each one's own."""

from doorstep.people import rules
from doorstep.people.models import RoleHolding
from tests.authorisation.answers import (
    BY_GET,
    BY_POST,
    DONE,
    ON,
    Each,
    members,
    only,
    seen_by,
    within,
)
from tests.authorisation.world import World

ORDER = 21


def furnish(world: World) -> None:
    held = RoleHolding.objects.get(person=world.people["editor"])
    world.put("holding", pk=held.pk)
    asked = RoleHolding.objects.create(
        person=world.owner, role="mentor", area=world.borough.borough, accepted_at=None,
        granted_by=world.administrator,
    )  # fmt: skip
    world.put("asked_to_mentor", pk=asked.pk)
    waits = RoleHolding.objects.create(
        person=world.owner, role="safeguarding", area=world.borough.borough, accepted_at=None,
        offered_at=None, granted_by=world.administrator,
    )  # fmt: skip
    world.put("needs_a_second", pk=waits.pk)


def is_mine(me, holding):
    return me is not None and me.pk == holding.person_id and holding.offered_at is not None


def may_manage(me, _holding):
    return rules.can_give_roles(me)


rows = within("people")
FOR_ADMINISTRATORS = (
    "people:roles", "people:roles_csv", "people:role", "people:end_role", "people:second_role",
)  # fmt: skip

ROWS = [
    *rows("my_roles", get=members(), post=BY_GET),
    *rows(
        "answer_role give_role_back",
        "asked_to_mentor",
        get=BY_POST,
        post=seen_by("owner", page=DONE),
    ),
    # Not even that it was put forward, before two have agreed.
    *rows("answer_role give_role_back", "needs_a_second", get=BY_POST, post=seen_by()),
    *rows("answer_role give_role_back", "holding", get=BY_POST, post=seen_by("editor", page=DONE)),
    *rows("roles", get=only("administrator")),
    *rows("roles_csv", get=only("administrator"), post=BY_GET),
    *rows("role", "holding", get=only("administrator"), post=BY_GET),
    *rows("end_role", "holding", get=only("administrator", page=ON)),
    *rows("second_role", "needs_a_second", get=BY_POST, post=only("administrator", page=DONE)),
]
EACH = [
    Each("people:answer_role", RoleHolding.objects.all, is_mine, post=True),
    Each("people:give_role_back", RoleHolding.objects.all, is_mine, post=True),
    Each("people:role", RoleHolding.objects.all, may_manage),
    Each("people:end_role", RoleHolding.objects.all, may_manage, post=True),
    Each("people:second_role", RoleHolding.objects.all, may_manage, post=True),
]
