"""Records, the log of who looked, and what was unusual in it."""

from doorstep.base.time import now
from doorstep.people.models import OddReading, Person, Reading
from doorstep.people.readings import chains
from doorstep.people.readings.actions import log_read
from doorstep.people.records import rules
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

ORDER = 25


def furnish(world: World) -> None:
    chains.forget()
    row = log_read(by=world.officer, about=world.owner, what="record", reason="contact", at=now())
    world.put("reading", pk=row.pk)
    odd = OddReading.objects.create(
        key="one",
        kind=OddReading.Kind.BREAK_GLASS,
        reader=world.far_organiser,
        subject=world.owner,
        on=now().date(),
        found_at=now(),
        tell_at=now(),
    )
    world.put("odd_reading", handle=odd.handle)


def _handle(thing: Person | OddReading) -> dict[str, str]:
    return {"handle": thing.handle}


def _judges(me: Person | None, odd: OddReading) -> bool:
    return rules.can_review(me) and me is not None and me.pk not in (odd.reader_id, odd.subject_id)


def _may_ask(me: Person | None, row: Reading) -> bool:
    return me is not None and me.pk == row.subject_id != row.reader_id


rows = within("people")
FOR_ADMINISTRATORS = ("people:reviews", "people:review")
OPEN = ("safeguarding", "officer", "organiser")

ROWS = [
    *rows("my_record my_record_paper work", get=members(), post=BY_GET),
    *rows("ask_about_reading", "reading", get=seen_by("owner")),
    *rows("records", get=only(*OPEN, "far_organiser", catalyst=ON)),
    *rows("new_record", get=only(*OPEN, "far_organiser")),
    *rows("break_glass", get=only(*OPEN, "far_organiser", "catalyst")),
    *rows("reviews", get=only("safeguarding", "administrator"), post=BY_GET),
    *rows("review", "odd_reading", get=only("safeguarding", "administrator")),
    *rows("hold_back", "odd_reading", get=only("safeguarding")),
    *rows("record", "person", get=seen_by(*OPEN)),
    *rows("put_right", "person", get=seen_by(*OPEN, page=ON)),
    *rows("record_log", "person", get=seen_by(*OPEN, page=ON), post=BY_GET),
    *rows("shut_record", "person", get=BY_POST, post=seen_by(*OPEN, page=DONE)),
]

EACH = [
    *(
        Each(f"people:{name}", Person.objects.all, rules.can_open_record, _handle)
        for name in ("record", "put_right", "record_log")
    ),
    Each("people:shut_record", Person.objects.all, rules.can_open_record, _handle, post=True),
    Each("people:ask_about_reading", Reading.objects.all, _may_ask),
    Each("people:review", OddReading.objects.all, _judges, _handle),
    Each(
        "people:hold_back",
        OddReading.objects.all,
        lambda me, odd: _judges(me, odd) and rules.holds(me, "safeguarding"),
        _handle,
    ),
]
