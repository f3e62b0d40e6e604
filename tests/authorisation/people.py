"""People, one's own pages, and roles."""

from doorstep.people import actions, rules
from doorstep.people.models import Block, Person, Session
from tests.authorisation.answers import (
    BY_GET,
    BY_POST,
    DONE,
    MISSING,
    ON,
    Each,
    NotSwept,
    members,
    seen_by,
    within,
)
from tests.authorisation.world import World

ORDER = 20


def furnish(world: World) -> None:
    world.put("person", handle=world.owner.handle)
    world.put("child", handle=world.teenager.handle)
    world.put("suspended", handle=world.suspended.handle)
    world.put("blocked", handle=world.blocked.handle)
    row = Session(session_key="owners-browser", account=world.owner.account, session_data="")
    row.expire_date = world.owner.created_at.replace(year=2100)
    row.save(force_insert=True)
    world.put("browser", ref=actions.session_ref(row))


def _handle(person: Person) -> dict[str, str]:
    return {"handle": person.handle}


rows = within("people")

ROWS = [
    *rows("me sessions blocked", get=members(), post=BY_GET),
    *rows("edit", get=members()),
    *rows("end_other_sessions", get=BY_POST, post=members(DONE)),
    *rows("end_session", "browser", get=BY_POST, post=members(DONE)),
    *rows("claim", get=members(ON)),
    *rows("person", "person", get=members(blocked=MISSING), post=BY_GET),
    *rows("person", "child", get=seen_by("teenager", "moderator"), post=BY_GET),
    *rows("person", "suspended", get=seen_by(), post=BY_GET),
    *rows("person", "blocked", get=members(owner=MISSING, host=MISSING), post=BY_GET),
    *rows("block", "person", get=BY_POST, post=members(DONE, owner=MISSING, blocked=MISSING)),
    *rows("block", "child", get=BY_POST, post=seen_by("moderator", page=DONE)),
    *rows("block", "suspended", get=BY_POST, post=seen_by()),
    *rows("block", "blocked", get=BY_POST, post=members(DONE, blocked=MISSING)),
    *rows("unblock", "person", get=BY_POST, post=seen_by()),
    *rows("unblock", "blocked", get=BY_POST, post=seen_by("owner", "host", page=DONE)),
]

EACH = [
    Each("people:person", Person.objects.all, rules.can_see_person, _handle),
    Each(
        "people:block", Person.objects.all, lambda me, them: may_block(me, them), _handle, post=True
    ),
    Each(
        "people:unblock",
        Person.objects.all,
        lambda me, them: has_blocked(me, them),
        _handle,
        post=True,
    ),
]
NOT_SWEPT = [
    NotSwept(
        "says the same whatever it is given, and ends one's own alone", ("people:end_session",)
    )
]


def has_blocked(me, them):
    return me is not None and Block.objects.filter(blocker=me, blocked=them).exists()


def may_block(me, them):
    return rules.can_block(me, them) or has_blocked(me, them)
