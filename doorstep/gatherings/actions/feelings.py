"""Five faces, arriving and leaving. No row leads to a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.crypto import salted_hmac

from doorstep.gatherings.models import Feeling, Session
from doorstep.people.models import Person

MOST_AT_THE_TABLE = 500  # taps per session and moment
MOST_ON_PAPER = 200  # of one face


class TooMany(Exception):
    """More faces than a gathering has people: something is wrong with the button."""


def _once(*parts: object) -> str:
    """A keyed hash: without the site's secret it says nothing about its parts."""
    return salted_hmac(
        "doorstep.gatherings.feelings", "/".join(map(str, parts)), algorithm="sha256"
    ).hexdigest()


@transaction.atomic
def say(session: Session, moment: str, face: int, *, by: Person, at: dt.datetime) -> None:
    """A person's own face at this moment; saying again changes it."""
    Feeling.objects.update_or_create(
        once=_once("own", by.pk, session.pk, moment),
        defaults={"face": face},
        create_defaults={"session": session, "moment": moment, "face": face},
    )


def said(session: Session, person: Person) -> dict[str, int]:
    """Return the person's own faces so far, for their own eyes: {"arriving": 4, …}."""
    hashes = {_once("own", person.pk, session.pk, moment): moment for moment in Feeling.Moment}
    rows = Feeling.objects.filter(once__in=hashes).values_list("once", "face")
    return {hashes[once]: face for once, face in rows}


@transaction.atomic
def tap_at_table(session: Session, moment: str, face: int, *, key: str, at: dt.datetime) -> None:
    """One tap on the shared tablet. The page's random `key` makes a double tap one row."""
    once = _once("table", session.pk, moment, key)
    at_table = Feeling.objects.filter(session=session, moment=moment, way=Feeling.Way.TABLE)
    if at_table.count() >= MOST_AT_THE_TABLE:
        raise TooMany
    Feeling.objects.update_or_create(
        once=once,
        defaults={"face": face},
        create_defaults={
            "session": session,
            "moment": moment,
            "face": face,
            "way": Feeling.Way.TABLE,
        },
    )


@transaction.atomic
def set_paper_counts(
    session: Session, moment: str, counts: Sequence[int], *, by: Person, at: dt.datetime
) -> None:
    """Type in the ticks of the printed register: how many of each face, 1 to 5.

    These replace what was typed before, so typing twice counts once.
    """
    Session.objects.select_for_update().get(pk=session.pk)
    paper = Feeling.objects.filter(session=session, moment=moment, way=Feeling.Way.PAPER)
    paper.delete()
    Feeling.objects.bulk_create(
        Feeling(
            session=session,
            moment=moment,
            way=Feeling.Way.PAPER,
            face=face,
            once=_once("paper", session.pk, moment, face, number),
        )
        for face, count in enumerate(counts, start=1)
        for number in range(min(count, MOST_ON_PAPER))
    )


def paper_counts(session: Session) -> dict[str, list[int]]:
    """Return what was typed from paper: {"arriving": [of face 1, …, of face 5], …}."""
    found = {str(moment): [0] * 5 for moment in Feeling.Moment}
    for moment, face in Feeling.objects.filter(session=session, way=Feeling.Way.PAPER).values_list(
        "moment", "face"
    ):
        found[moment][face - 1] += 1
    return found
