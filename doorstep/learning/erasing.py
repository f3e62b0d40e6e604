"""What becomes of learning when somebody leaves for good."""

from __future__ import annotations

from typing import Any

from doorstep.base.time import now
from doorstep.learning.models import Recording, Telling, Thing
from doorstep.people.models import Person


def written(person: Person, erasure: Any) -> int:
    """What was learned stays with the community, without their name; drafts go."""
    mine = Thing.objects.filter(made_by=person)
    gone = mine.filter(state=Thing.State.DRAFT).delete()[0]
    return gone + mine.update(made_by=None)


def told(person: Person, erasure: Any) -> int:
    """Stories of theirs are taken back, with every copy of them that is ours."""
    from doorstep.learning.actions import stories

    count = 0
    for telling in Telling.objects.filter(teller=person).select_related("thing__community"):
        stories.take_out(telling, by=None, at=now())
        count += 1
    Telling.objects.filter(teller=person).update(teller=None, said="", allows=[])
    return count


def recorded(person: Person, erasure: Any) -> int:
    """Recordings they added go, with their files."""
    from doorstep.learning.actions import recordings

    rows = list(Recording.objects.filter(added_by=person))
    for row in rows:
        recordings.drop(row)
    return len(rows)
