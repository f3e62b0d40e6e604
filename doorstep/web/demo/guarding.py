"""Safeguarding alerts in every state, people with safe-contact rules, and calls that wait."""

from __future__ import annotations

import datetime as dt

from doorstep.base.time import LONDON
from doorstep.notices import safe
from doorstep.notices.actions import send
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import holds
from doorstep.safeguarding import actions
from doorstep.safeguarding.models import Alert
from doorstep.web.demo.cast import CAST

KIND = "gathering-changed"


def fill(*, day: dt.date) -> int:
    """Write them; return how many alerts. The same day gives the same ones."""
    noon = dt.datetime.combine(day, dt.time(), LONDON) - dt.timedelta(hours=12)
    cast = _cast()
    lead, neighbour, officer = cast.get("lead"), cast.get("neighbour"), cast.get("officer")
    if lead is None or neighbour is None or officer is None or Alert.objects.exists():
        return 0
    assert holds(lead, RoleHolding.Role.SAFEGUARDING)  # noqa: S101 - the cast says so
    others = list(Person.objects.active().filter(account=None).order_by("pk")[:3])
    ours = [person.pk for person in cast.values()]
    neighbours = Person.objects.active().exclude(account=None).exclude(pk__in=ours)
    others += list(neighbours.order_by("pk")[30:33])
    _alerts(lead, neighbour, officer, others, noon)
    _rules(officer, others, noon)
    _calls(others, noon)
    return Alert.objects.count()


def _cast() -> dict[str, Person]:
    keys = {part.email: part.key for part in CAST}
    found = Person.objects.filter(account__email__in=list(keys)).select_related("account")
    return {keys[str(person.account.email)]: person for person in found}


def _alerts(
    lead: Person, neighbour: Person, officer: Person, others: list[Person], noon: dt.datetime
) -> None:
    hour, day = dt.timedelta(hours=1), dt.timedelta(days=1)
    ahead = noon + 2 * day
    # Nobody has looked yet, and its time is over.
    actions.raise_alert(
        by=None,
        about_words="The lady at the end of Tall Trees Close",
        what="He shouts every night, and since Sunday she has a bandage on her arm.",
        where="Tall Trees Close",
        how_urgent="today",
        at=noon + 4 * hour,
    )
    seen = actions.raise_alert(
        by=neighbour,
        about=others[0],
        about_words=others[0].known_as,
        what="His curtains are shut all day and his nephew answers the door now. He looked thin.",
        where="his flat",
        how_urgent="ordinary",
        child="no",
        may_name=True,
        at=noon - 2 * hour,
    )
    actions.look(seen, by=lead, at=noon)
    taken = actions.raise_alert(
        by=officer,
        about_words="Two children from the breakfast club",
        what="The little one said there is nothing to eat at weekends, and not to tell.",
        where="the breakfast club",
        how_urgent="today",
        child="yes",
        heard_from="Their teacher, by phone",
        is_typed_for_another=True,
        at=noon - 2 * day,
    )
    actions.look(taken, by=lead, at=noon - 2 * day + hour)
    actions.take(
        taken, by=lead, next_step="Ring the school's own lead", due_at=ahead,
        at=noon - 2 * day + hour,
    )  # fmt: skip
    actions.add_step(
        taken, by=lead, kind="call", words="Spoke to the head. They are in school today and fed.",
        next_step="Speak with the children's front door", due_at=ahead, at=noon - day,
    )  # fmt: skip
    passed = actions.raise_alert(
        by=neighbour,
        about=others[3] if len(others) > 3 else None,
        about_words=others[3].known_as if len(others) > 3 else "A neighbour",
        what="She told me somebody has her bank card and says she owes him.",
        how_urgent="ordinary",
        child="no",
        at=noon - 6 * day,
    )
    actions.look(passed, by=lead, at=noon - 5 * day)
    actions.take(passed, by=lead, next_step="Ring her", due_at=ahead, at=noon - 5 * day)
    actions.record_told(
        passed, by=lead, told="asked", words="By phone on her own. She said yes, please do.",
        at=noon - 4 * day,
    )  # fmt: skip
    actions.pass_on(
        passed, by=lead, to="adults", to_words="Duty desk",
        sent="What she said, in her words. That she wants her sister there.",
        next_step="Ask the duty desk what came of it", due_at=ahead, at=noon - 4 * day,
    )  # fmt: skip
    ended = actions.raise_alert(
        by=None, about_words="The old man at number 7", how_urgent="now", child="no",
        what="The door is open and he doesn't answer.", at=noon - 20 * day,
    )  # fmt: skip
    actions.look(ended, by=lead, at=noon - 20 * day + hour / 6)
    actions.take(
        ended, by=lead, next_step="Stay on the phone", due_at=noon - 19 * day,
        at=noon - 20 * day + hour / 6,
    )  # fmt: skip
    actions.record_told(
        ended, by=lead, told="told", words="By the ambulance crew.", at=noon - 20 * day + hour
    )
    actions.close(
        ended, by=lead, outcome="safe", words="He had fallen. He is home again, with a pendant.",
        at=noon - 16 * day,
    )  # fmt: skip


def _rules(officer: Person, others: list[Person], noon: dt.datetime) -> None:
    weekdays = [0, 1, 2, 3, 4]
    review = (noon + dt.timedelta(days=180)).date()
    if others:
        safe.set_rules(
            others[0], by=officer, at=noon - dt.timedelta(days=9), forbidden=[],
            windows=[{"days": weekdays, "from": "09:30", "until": "12:00"}],
            no_voicemail=True, say_as="from the library", review_on=review,
        )  # fmt: skip
    if len(others) > 4:
        safe.set_rules(
            others[3], by=others[3], at=noon - dt.timedelta(days=5), forbidden=["phone", "visit"],
            windows=[], is_discreet=True, review_on=review,
        )  # fmt: skip
        safe.set_rules(
            others[4], by=officer, at=noon - dt.timedelta(days=3), forbidden=["letter", "text"],
            windows=[{"days": [1, 3], "from": "13:00", "until": "15:00"}],
            via_name="Her sister Leila", via_phone="07700 900199", review_on=review,
        )  # fmt: skip


def _calls(others: list[Person], noon: dt.datetime) -> None:
    rung = [person for person in others[:3] if person.phone][:2]
    for number, person in enumerate(rung):
        send(
            KIND,
            person,
            key=f"demo-call-{number}",
            title=(
                "The lunch on Thursday begins at one o'clock, not at noon.",
                "The chair exercises are in the small hall this week.",
            )[number],
            at=noon,
        )
