"""What people agreed to, what was passed on, and what was shared without a yes."""

import datetime as dt

from doorstep.base import keys
from doorstep.base.time import now
from doorstep.people.consents import actions, kinds, rules, sharing
from doorstep.people.models import Ask, Consent, How, Override, Person, Reliance, Sheet
from doorstep.people.records.rules import can_open_record
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

ORDER = 60
HUB = kinds.Recipient("hub")
SOME = {"purpose": "help", "recipient": HUB, "parts": ["name"]}
# Whose role opens the record of `owner`, who lives in the borough's first ward.
OPENS = ("officer", "safeguarding", "organiser")


def furnish(world: World) -> None:
    at = now()
    key = keys.new_key
    consent = actions.give(
        world.owner, by=world.owner, at=at, how=How.WEB, client_key=key(20), **SOME
    )
    sheet, link = sharing.pass_on(
        world.owner, by=world.people["officer"], at=at, client_key=key(20), **SOME
    )
    asked = actions.ask(
        world.owner,
        by=world.people["officer"],
        at=at,
        client_key=key(20),
        **SOME | {"purpose": "calls"},
    )
    made = actions.override(
        world.owner,
        by=world.people["officer"],
        at=at,
        ground=Override.Ground.VITAL,
        reason="Somebody is in danger.",
        client_key=key(20),
        **SOME | {"purpose": "calls"},
    )
    for name, pk in (("consent", consent.pk), ("ask", asked.pk), ("override", made.pk)):
        world.put(f"their_{name}", pk=pk)
    world.put("sheet", pk=sheet.pk)
    world.put("reliance", pk=Reliance.objects.get(thing=f"sheet:{sheet.pk}").pk)
    world.put("sheet_link", key=link)
    world.put("purpose", purpose="help")
    world.put("record_of_owner", handle=world.owner.handle)
    world.put("record_of_owner_for", handle=world.owner.handle, purpose="help")
    world.put("record_of_owner_ask", handle=world.owner.handle, pk=asked.pk)
    world.put("record_of_owner_consent", handle=world.owner.handle, pk=consent.pk)
    # Somebody else's, so that the sweep meets more than one owner; and one that is over.
    other = actions.give(
        world.elsewhere, by=world.elsewhere, at=at, how=How.WEB, client_key=key(20), **SOME
    )
    actions.withdraw(other, by=world.elsewhere, at=at + dt.timedelta(seconds=1), how=How.WEB)


rows = within("people")

ROWS = [
    *rows("agreements relied", get=members(), post=BY_GET),
    *rows("agree", "purpose", get=members(teenager=seen_by()["owner"])),
    *rows(
        "stop_agreeing agree_again", "their_consent", get=BY_POST, post=seen_by("owner", page=DONE)
    ),
    *rows("answer_ask", "their_ask", get=BY_POST, post=seen_by("owner", page=DONE)),
    *rows("relied_done", "reliance", get=BY_POST, post=seen_by("officer", page=DONE)),
    *rows("overrides", get=only("safeguarding"), post=BY_GET),
    *rows(
        "override",
        "their_override",
        get=seen_by("safeguarding", "officer"),
        post=seen_by("safeguarding", page=DONE, officer=only()["owner"]),
    ),
    *rows(
        "override_tell",
        "their_override",
        get=BY_POST,
        post=seen_by("safeguarding", page=DONE, officer=only()["owner"]),
    ),
    *rows("sheet sheet_print", "sheet", get=seen_by("officer"), post=BY_GET),
    *rows("sheet_link sheet_stop", "sheet", get=BY_POST, post=seen_by("officer", page=DONE)),
    *rows("shared", "sheet_link", get=everyone()),
    # Without a reason, each leads to the page that asks for one.
    *rows(
        "record_agreements record_paper",
        "record_of_owner",
        get=seen_by(*OPENS, page=ON),
        post=BY_GET,
    ),
    *rows(
        "record_agree pass_on make_override", "record_of_owner_for", get=seen_by(*OPENS, page=ON)
    ),
    *rows("ask_later", "record_of_owner_for", get=BY_POST, post=seen_by(*OPENS, page=DONE)),
    *rows("record_no", "record_of_owner_ask", get=BY_POST, post=seen_by(*OPENS, page=DONE)),
    *rows("record_stop", "record_of_owner_consent", get=BY_POST, post=seen_by(*OPENS, page=DONE)),
]


def _is_own(me, row):
    return me is not None and row.person_id == me.pk


def _may_say_again(me, row):
    known = kinds.purposes.get(row.purpose)
    return _is_own(me, row) and known is not None and known.by_oneself


def _opens(me, person):
    return me is not None and can_open_record(me, person)


def _handle(person: Person) -> dict[str, str]:
    return {"handle": person.handle}


def _for_help(person: Person) -> dict[str, str]:
    return {"handle": person.handle, "purpose": "help"}


def _of_their_record(consent: Ask | Consent) -> dict[str, object]:
    return {"handle": consent.person.handle, "pk": consent.pk}


def _people():
    return Person.objects.select_related("home")


EACH = [
    Each("people:stop_agreeing", Consent.objects.all, _is_own, post=True),
    Each("people:agree_again", Consent.objects.all, _may_say_again, post=True),
    Each("people:answer_ask", Ask.objects.all, _is_own, post=True),
    Each(
        "people:relied_done",
        Reliance.objects.all,
        lambda me, row: me is not None and row.by_id == me.pk,
        post=True,
    ),
    Each("people:override", Override.objects.all, rules.can_see_override),
    Each("people:override_tell", Override.objects.all, rules.can_see_override, post=True),
    *(
        Each(
            f"people:{name}", Sheet.objects.select_related("person__home").all, rules.can_see_sheet
        )
        for name in ("sheet", "sheet_print")
    ),
    *(
        Each(
            f"people:{name}",
            Sheet.objects.select_related("person__home").all,
            rules.can_see_sheet,
            post=True,
        )
        for name in ("sheet_link", "sheet_stop")
    ),
    *(
        Each(f"people:{name}", _people, _opens, _handle)
        for name in ("record_agreements", "record_paper")
    ),
    *(
        Each(f"people:{name}", _people, _opens, _for_help)
        for name in ("record_agree", "pass_on", "make_override")
    ),
    Each("people:ask_later", _people, _opens, _for_help, post=True),
    Each(
        "people:record_no",
        Ask.objects.select_related("person__home").all,
        lambda me, row: _opens(me, row.person),
        _of_their_record,
        post=True,
    ),
    Each(
        "people:record_stop",
        Consent.objects.select_related("person__home").all,
        lambda me, row: _opens(me, row.person),
        _of_their_record,
        post=True,
    ),
]
NOT_SWEPT = [
    NotSwept("its argument is the name of a purpose, the same for everybody", ("people:agree",)),
    NotSwept(
        "the argument is itself the key; a dead one is shown to answer like one that never was "
        "in tests/test_passing_on.py",
        ("people:shared",),
    ),
]
