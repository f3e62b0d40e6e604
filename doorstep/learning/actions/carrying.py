"""Carrying a question or an insight to another community, and bringing the answer home."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from doorstep.base.text import clean
from doorstep.learning.actions.communities import facilitators
from doorstep.learning.actions.once import made_before
from doorstep.learning.models import Carry, Community, Member, Thing
from doorstep.notices import actions as notices
from doorstep.people.models import Person


class CannotCarry(Exception):
    """Why it can't be carried there, as a sentence."""


@transaction.atomic
def carry(
    thing: Thing, *, to: Community, why: str, by: Person, at: dt.datetime, client_key: str
) -> Carry:
    """Take it to another community with a note of why; its facilitators hear. Once a key."""
    made = made_before(Carry, client_key, by=by, maker="carried_by")
    if made is not None:
        return made
    if thing.kind not in Thing.CARRIED or thing.state != Thing.State.LIVE:
        raise CannotCarry(_("Only a question or an insight is carried."))
    if to.pk == thing.community_id or not to.is_open:
        raise CannotCarry(_("Choose another community, one that is open."))
    try:
        with transaction.atomic():
            made = Carry.objects.create(
                thing=thing,
                to=to,
                why=clean(why),
                carried_by=by,
                carried_at=at,
                client_key=client_key,
            )
    except IntegrityError:
        return Carry.objects.exclude(state=Carry.State.BACK).get(thing=thing, to=to)
    notices.send_to_all(
        "learning",
        facilitators(to, at),
        key=f"learning:carry:{made.pk}",
        title=_("Another community asks yours something")
        if thing.kind == Thing.Kind.QUESTION
        else _("Another community shares an insight with yours"),
        path=made.get_absolute_url(),
        about=by,
        at=at,
    )
    return made


@transaction.atomic
def take_back(carry: Carry) -> bool:
    """Before it is answered: the other community sees it no longer."""
    return bool(
        Carry.objects.filter(pk=carry.pk, state=Carry.State.OPEN).update(state=Carry.State.BACK)
    )


@transaction.atomic
def answer(carry: Carry, *, words: str, answer_from: str, by: Person, at: dt.datetime) -> None:
    """The answer goes home, to who asked; written better later, it goes home again."""
    row = Carry.objects.select_for_update().select_related("thing__community").get(pk=carry.pk)
    if row.state == Carry.State.BACK:
        raise CannotCarry(_("They took it back meanwhile. Nothing was sent."))
    row.answer, row.answer_from, row.answered_by = clean(words), answer_from, by
    row.answered_at, row.state = at, Carry.State.ANSWERED
    row.save(update_fields=["answer", "answer_from", "answered_by", "answered_at", "state"])
    carry.refresh_from_db()
    _tell(
        row,
        who_asked(row, at),
        f"answer:{int(at.timestamp())}",
        _("An answer has come home"),
        by=by,
        at=at,
    )


@transaction.atomic
def say_what_came(carry: Carry, *, words: str, by: Person, at: dt.datetime) -> None:
    """What came of the answer; whoever gave it hears."""
    carry.came_of_it, carry.came_of_it_by, carry.came_of_it_at = clean(words), by, at
    carry.save(update_fields=["came_of_it", "came_of_it_by", "came_of_it_at"])
    people = {one.pk: one for one in facilitators(carry.to, at)}
    if carry.answered_by is not None:
        people[carry.answered_by.pk] = carry.answered_by
    _tell(
        carry,
        list(people.values()),
        f"came:{int(at.timestamp())}",
        _("Something came of your answer"),
        by=by,
        at=at,
    )


def who_asked(carry: Carry, at: dt.datetime) -> list[Person]:
    """Who wrote it, who carried it, and the facilitators at home; as far as they are still in."""
    thing = carry.thing
    people = {one.pk: one for one in facilitators(thing.community, at)}
    still = set(
        Member.objects.filter(community=thing.community, left_at=None).values_list(
            "person_id", flat=True
        )
    )
    for one in (thing.made_by, carry.carried_by):
        if one is not None and one.pk in still:
            people[one.pk] = one
    return list(people.values())


def _tell(
    carry: Carry, people: list[Person], what: str, title: object, *, by: Person, at: dt.datetime
) -> None:
    notices.send_to_all(
        "learning",
        people,
        key=f"learning:carry:{carry.pk}:{what}",
        title=title,
        path=carry.get_absolute_url(),
        about=by,
        at=at,
    )
