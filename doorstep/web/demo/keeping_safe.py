"""Safety records that were looked at, one whose day has come, complaints, and a change told."""

from __future__ import annotations

import datetime as dt

from doorstep.base.time import LONDON
from doorstep.people.models import Person
from doorstep.web.demo.cast import CAST
from doorstep.web.models import Complaint, Review, WordsChange
from doorstep.web.safety import actions
from doorstep.web.safety.drafts import DRAFTS

# Of the entries in their order: looked at so many days ago, to be looked at again after 365.
_LOOKED_AT = {"grooming": 30, "hate": 350, "fraud": 366, "harassment": 60, "unknown-adults": 30,
              "accountable": 90, "complaints": 90}  # fmt: skip


def fill(*, day: dt.date) -> int:
    """Write them; return how many reviews. The same day gives the same ones."""
    noon = dt.datetime.combine(day, dt.time(12), LONDON) - dt.timedelta(days=1)
    keys = {part.email: part.key for part in CAST}
    found = Person.objects.filter(account__email__in=list(keys)).select_related("account")
    cast = {keys[str(person.account.email)]: person for person in found}
    moderator, neighbour = cast.get("moderator"), cast.get("neighbour")
    if moderator is None or neighbour is None or Review.objects.exists():
        return 0
    for draft in DRAFTS:
        ago = _LOOKED_AT.get(draft.key)
        if ago is None:
            continue
        at = noon - dt.timedelta(days=ago)
        actions.review(
            draft.record,
            draft.key,
            number=0,
            by=moderator,
            at=at,
            likely=draft.likely,
            harm=draft.harm,
            why=draft.why,
            measures=draft.measures,
            left=draft.left,
            owner="Rosa Dean, head of neighbourhoods"
            if draft.key == "accountable"
            else moderator.known_as,
            what_changed="Read through with the team.",
            due_on=at.date() + actions.LOOK_AGAIN,
        )
    actions.complain(
        what=Complaint.What.TAKEN_DOWN,
        text="My post about the skip was taken down. It was only a joke.",
        contact="",
        by=neighbour,
        at=noon - dt.timedelta(days=12),
        client_key="demo-complaint-1",
    )
    answered = actions.complain(
        what=Complaint.What.ACCESS,
        text="I can't read the small print on the ticket with my magnifier.",
        contact="Ring me on a weekday morning",
        by=None,
        how=Complaint.How.PHONE,
        at=noon - dt.timedelta(days=20),
        client_key="demo-complaint-2",
    )
    actions.answer(
        answered,
        text="You are right. The words on tickets are larger now, and we have posted you one.",
        is_upheld=True,
        by=moderator,
        at=noon - dt.timedelta(days=15),
    )
    WordsChange.objects.create(
        what=WordsChange.What.PRIVACY,
        text="Addresses and phone numbers now lie locked on our disks.",
        by=moderator,
        at=noon - dt.timedelta(days=9),
        client_key="demo-change-1",
    )
    return Review.objects.count()
