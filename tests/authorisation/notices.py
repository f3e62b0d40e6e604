"""Notices: each person's own."""

from doorstep.notices.kinds import kinds
from doorstep.notices.letters import unsubscribe_token
from doorstep.notices.models import Notice
from tests.authorisation.answers import (
    BY_GET,
    BY_POST,
    DONE,
    MISSING,
    ON,
    Each,
    NotSwept,
    everyone,
    members,
    seen_by,
    within,
)
from tests.authorisation.world import World

KIND = next(name for name, _kind in kinds.items())


ORDER = 25


def furnish(world: World) -> None:
    mine = Notice.objects.create(
        person=world.owner, kind=KIND, key="one", title="Somebody asked", path="/teams/"
    )
    world.put("notice", pk=mine.pk)
    world.put("letter", token=unsubscribe_token(world.owner.pk, KIND))
    world.put("forged_letter", token="not-ours")


rows = within("notices")
ROWS = [
    *rows("notices", get=members(), post=BY_GET),
    *rows("follow", "notice", get=seen_by("owner", page=ON), post=BY_GET),
    *rows("read_all", get=BY_POST, post=members(DONE)),
    *rows("preferences", get=members()),
    *rows("unsubscribe", "letter", get=everyone()),
    *rows("unsubscribe", "forged_letter", get=seen_by(visitor=MISSING)),
]

EACH = [
    Each(
        "notices:follow",
        Notice.objects.all,
        lambda me, notice: me is not None and notice.person_id == me.pk,
    )
]
NOT_SWEPT = [NotSwept("the signed word in the address is the key", ("notices:unsubscribe",))]
