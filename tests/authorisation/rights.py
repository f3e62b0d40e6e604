"""Rights over one's own data, and those who answer."""

from __future__ import annotations

import datetime as dt

from doorstep.base.time import now
from doorstep.people.models import Erasure, Export, Person, RightsRequest
from doorstep.people.rights import actions, rules
from tests.authorisation.answers import (
    BY_GET,
    BY_POST,
    DONE,
    ON,
    Each,
    NotSwept,
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
    # The files themselves are tested in tests/test_rights_export.py; here they are gone again.
    files = {"file_name": "exports/gone.sealed", "page_name": "exports/gone.sealed"}
    ready = {"state": Export.State.READY, "made_at": at, "expires_at": at + dt.timedelta(days=1)}
    own = Export.objects.create(person=world.owner, **files, **ready)
    world.put("copy", key=own.key, part="zip")
    printed = Export.objects.create(person=world.owner, asked_by=world.officer, **files, **ready)
    world.put("printed_copy", handle=world.owner.handle, key=printed.key)
    world.put("right_kind", kind="correction")
    world.put("person_right", handle=world.owner.handle, kind="correction")
    gone = Person.objects.create(known_as="A neighbour who left", state=Person.State.AWAY)
    erasure = Erasure.objects.create(person=gone, due_at=at, done_at=at)
    world.put("certificate", key=erasure.number)


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
    *rows("export_file", "copy", get=seen_by("owner", page=ON), post=BY_GET),
    *rows("left", "certificate", get=everyone(), post=BY_GET),
    *rows("rights_worklist", get=only(*WORK), post=BY_GET),
    *rows("rights_request rights_extend", "right", get=seen_by(*WORK)),
    *rows("rights_take_on", "right", get=BY_POST, post=seen_by(*WORK, page=DONE)),
    *rows("rights_for", "person", get=seen_by(*WORK), post=BY_GET),
    *rows("rights_ask_for", "person_right", get=seen_by(*WORK)),
    *rows("rights_leave_for", "person", get=seen_by(*WORK)),
    *rows("rights_export_for", "person", get=BY_POST, post=seen_by(*WORK, page=DONE)),
    *rows("rights_export_page_for", "printed_copy", get=BY_POST, post=seen_by(*WORK, page=ON)),
    # There is no restriction, hold or erasure of the owner to act on.
    *rows("rights_stay_for", "person", get=BY_POST, post=seen_by()),
    *rows("rights_lift", "person", get=seen_by()),
    *rows("rights_hold", "person", get=seen_by("safeguarding")),
    *rows("rights_release", "person", get=BY_POST, post=seen_by()),
    *rows("retention processing assessment", get=only("administrator"), post=BY_GET),
]

FOR_ADMINISTRATORS = ("people:retention", "people:processing", "people:assessment")


def _answers(me: Person | None, row: RightsRequest) -> bool:
    return rules.can_act_for(me, row.person)


EACH = [
    *(
        Each(f"people:{name}", Person.objects.all, rules.can_act_for, _handle)
        for name in ("rights_for", "rights_leave_for")
    ),
    Each("people:rights_export_for", Person.objects.all, rules.can_act_for, _handle, post=True),
    Each("people:rights_request", RightsRequest.objects.all, _answers),
    Each("people:rights_extend", RightsRequest.objects.all, _answers),
    Each("people:rights_take_on", RightsRequest.objects.all, _answers, post=True),
    Each(
        "people:withdraw_right",
        RightsRequest.objects.all,
        lambda me, row: me is not None and me.pk == row.person_id,
        post=True,
    ),
    Each(
        "people:rights_hold",
        Person.objects.all,
        lambda me, them: rules.can_act_for(me, them) and rules.can_hold(me),
        _handle,
    ),
]

NOT_SWEPT = [
    NotSwept("a kind of request, one of two", ("people:ask_right",)),
    NotSwept(
        "a person and a kind, asked of everybody as rights_for is", ("people:rights_ask_for",)
    ),
    NotSwept(
        "there is nothing to lift, release or undo in this world",
        ("people:rights_lift", "people:rights_release", "people:rights_stay_for"),
    ),
    NotSwept(
        "a key nobody can guess; tests/test_rights_export.py asks as others",
        ("people:export_file", "people:rights_export_page_for", "people:left"),
    ),
]
