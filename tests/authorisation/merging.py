"""Records that may be one person's, joined ones, and the question to the person."""

from doorstep.base.time import now
from doorstep.people.merging import rules
from doorstep.people.models import Merge, Pair, Person
from doorstep.people.records.rules import can_open_record
from doorstep.people.tests.factories import PersonFactory
from tests.authorisation.answers import BY_GET, Each, members, only, seen_by, within
from tests.authorisation.world import World

ORDER = 26


def furnish(world: World) -> None:
    twin = PersonFactory(
        known_as="A neighbour's twin", home=world.owner.home, born_on=None, account=False
    )
    merge = Merge.objects.create(
        kept=world.owner,
        gone=twin,
        state=Merge.State.ASKED,
        by=world.officer,
        asked_at=now(),
        why="They look alike",
        client_key="authorisation-merge",
    )
    one, other = sorted((world.owner, twin), key=lambda person: person.pk)
    Pair.objects.create(one=one, other=other, points=60)
    world.put("merge", handle=merge.handle)
    world.put("merge_pair", kept=world.owner.handle, gone=twin.handle)


def _handle(thing: Person | Merge) -> dict[str, str]:
    return {"handle": thing.handle}


def _may_look_for_twin(me: Person | None, person: Person) -> bool:
    return person.state == Person.State.ACTIVE and can_open_record(me, person)


rows = within("people")
OPEN = ("safeguarding", "officer", "organiser")

ROWS = [
    *rows("own_accounts", get=members()),
    *rows("duplicates", get=only(*OPEN, "far_organiser"), post=BY_GET),
    *rows("same_as", "person", get=seen_by(*OPEN)),
    *rows("compare", "merge_pair", get=seen_by(*OPEN)),
    *rows("merge", "merge", get=seen_by(*OPEN)),
    *rows("merge_question", "merge", get=seen_by("owner")),
]

EACH = [
    Each(
        "people:compare",
        Pair.objects.all,
        rules.can_see_pair,
        lambda pair: {"kept": pair.one.handle, "gone": pair.other.handle},
    ),
    Each("people:same_as", Person.objects.all, _may_look_for_twin, _handle),
    Each("people:merge", Merge.objects.all, rules.can_see_merge, _handle),
    Each("people:merge_question", Merge.objects.all, rules.can_answer, _handle),
]
