"""Notices: each person's own."""

from doorstep.notices.calls import can_call
from doorstep.notices.kinds import kinds
from doorstep.notices.letters import door, unsubscribe_token
from doorstep.notices.models import Delivery, Notice, Relay
from doorstep.notices.safe import relay_token
from doorstep.people.models import Person
from doorstep.people.records.rules import can_open_record
from tests.authorisation.answers import (
    BY_GET,
    BY_POST,
    DONE,
    MISSING,
    ON,
    REFUSED,
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
    word, target = door(mine).removeprefix("/notices/door/").split("/", 1)
    world.put("link_in_a_letter", word=word, target=target)
    world.put("forged_link", word="not-ours", target=target)
    world.put("letter", token=unsubscribe_token(world.owner.pk, KIND))
    world.put("forged_letter", token="not-ours")
    world.put("person_to_reach", handle=world.owner.handle)
    relay = Relay.objects.create(person=world.owner)
    world.put("relay", token=relay_token(relay))
    job = Delivery.objects.create(notice=mine, channel="phone")
    world.put("call", pk=job.pk)


rows = within("notices")
ROWS = [
    *rows("notices", get=members(), post=BY_GET),
    *rows("follow", "notice", get=seen_by("owner", page=ON), post=BY_GET),
    *rows("read_all", get=BY_POST, post=members(DONE)),
    *rows("preferences", get=members()),
    *rows("safe", get=members()),
    *rows(
        "safe_for", "person_to_reach", get=seen_by("officer", "organiser", "safeguarding", page=ON)
    ),
    *rows("calls", get=seen_by("officer"), post=BY_GET),
    *rows("call", "call", get=seen_by("officer")),
    *rows("unsubscribe", "letter", get=everyone()),
    *rows("door", "link_in_a_letter", get=everyone(ON), post=BY_GET),
    *rows("door", "forged_link", get=seen_by(visitor=MISSING), post=BY_GET),
    *rows("relay", "relay", get=everyone(), post=everyone(DONE, owner=REFUSED)),
    *rows("relay", "forged_letter", get=seen_by(visitor=MISSING)),
    *rows("unsubscribe", "forged_letter", get=seen_by(visitor=MISSING)),
]

EACH = [
    Each(
        "notices:follow",
        Notice.objects.all,
        lambda me, notice: me is not None and notice.person_id == me.pk,
    ),
    Each(
        "notices:call",
        lambda: Delivery.objects.filter(channel="phone").select_related("notice"),
        lambda me, job: can_call(me) and job.notice.person_id != me.pk,
    ),
    Each(
        "notices:safe_for",
        Person.objects.all,
        can_open_record,
        lambda person: {"handle": person.handle},
    ),
]
NOT_SWEPT = [
    NotSwept(
        "the signed word in the address is the key",
        ("notices:unsubscribe", "notices:relay", "notices:door"),
    )
]
