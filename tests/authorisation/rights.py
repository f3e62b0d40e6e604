"""Rights over one's own data, and those who answer."""

from __future__ import annotations

import datetime as dt

from django.core.files.base import ContentFile

from doorstep.base.private_files import private_files
from doorstep.base.time import now
from doorstep.people.models import Erasure, Export, Person, RightsRequest
from doorstep.people.rights import actions, rules
from tests.authorisation.answers import (
    BY_GET,
    BY_POST,
    DONE,
    REFUSED,
    Each,
    everyone,
    members,
    only,
    seen_by,
    within,
)
from tests.authorisation.world import World

ORDER = 26


def furnish(world: World) -> None:
    at = now()
    asked = actions.ask(
        world.owner, "correction", by=world.owner, at=at, client_key="a-right", what="A name"
    )
    world.put("right", pk=asked.pk)
    files = {
        name: private_files.save("exports", ContentFile(b"everything"))
        for name in ("file_name", "page_name")
    }
    ready = {"state": Export.State.READY, "made_at": at, "expires_at": at + dt.timedelta(days=1)}
    own = Export.objects.create(person=world.owner, **files, **ready)
    world.put("copy", key=own.key, part="zip")
    printed = Export.objects.create(person=world.owner, asked_by=world.officer, **files, **ready)
    world.put("printed_copy", handle=world.owner.handle, key=printed.key)
    world.put("right_kind", kind="correction")
    world.put("person_right", handle=world.owner.handle, kind="correction")
    gone = Person.objects.create(known_as="A neighbour who left", state=Person.State.AWAY)
    erasure = Erasure.objects.create(person=gone, due_at=at, done_at=at)
    world.put("certificate", number=erasure.number)


def _handle(person: Person) -> dict[str, str]:
    return {"handle": person.handle}


rows = within("people")
WORK = ("officer", "safeguarding")

ROWS = [
    *rows("rights", get=members(), post=BY_GET),
    *rows("export leave", get=members()),
    *rows("ask_right", "right_kind", get=members()),
    *rows("withdraw_right", "right", get=BY_POST, post=seen_by("owner", page=DONE)),
    # Nobody's record is restricted in this world, so there is nothing to use again.
    *rows("use_again", get=BY_POST, post=seen_by()),
    *rows("export_file", "copy", get=seen_by("owner"), post=BY_GET),
    *rows("left", "certificate", get=everyone(), post=BY_GET),
    *rows("rights_worklist", get=only(*WORK), post=BY_GET),
    *rows("rights_request rights_extend", "right", get=seen_by(*WORK)),
    *rows("rights_take_on", "right", get=BY_POST, post=seen_by(*WORK, page=DONE)),
    *rows("rights_for", "person", get=seen_by(*WORK), post=BY_GET),
    *rows("rights_ask_for", "person_right", get=seen_by(*WORK)),
    *rows("rights_leave_for", "person", get=seen_by(*WORK)),
    *rows("rights_export_for", "person", get=BY_POST, post=seen_by(*WORK, page=DONE)),
    *rows("rights_export_page_for", "printed_copy", get=BY_POST, post=seen_by(*WORK, page=DONE)),
    # There is no restriction, hold or erasure of the owner to act on.
    *rows("rights_stay_for", "person", get=BY_POST, post=seen_by()),
    *rows("rights_lift", "person", get=seen_by()),
    *rows("rights_hold", "person", get=seen_by("safeguarding", officer=REFUSED)),
    *rows("rights_release", "person", get=BY_POST, post=seen_by(officer=REFUSED)),
    *rows("retention processing assessment", get=only("administrator"), post=BY_GET),
]

EACH = [
    *(
        Each(f"people:{name}", Person.objects.all, rules.can_act_for, _handle)
        for name in ("rights_for", "rights_leave_for")
    ),
    Each(
        "people:rights_request",
        RightsRequest.objects.all,
        lambda me, row: rules.can_act_for(me, row.person),
    ),
]
