"""Looking into a concern: owners, what was done, joining, passing on, closing. All written down."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.base.time import local
from doorstep.notices.actions import send
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.safeguarding.actions import raise_alert
from doorstep.safeguarding.models import Alert
from doorstep.watch import closing, rules
from doorstep.watch.actions.telling import KIND_WAITS, tell_carers
from doorstep.watch.models import Concern, Escalation, Step, Theme

KIND_ANSWER = "watch-answer"
State, Kind = Concern.State, Step.Kind
MOST_RENEWALS = 6


class NotYours(Exception):
    """Whoever asks may not work on this concern."""


class NotNow(Exception):
    """The concern stands differently by now, or it can't be done; the message says why."""


def _mine(concern: Concern, by: Person) -> None:
    if not rules.can_care(by, concern):
        raise NotYours


def _change(concern: Concern, *, states: tuple[str, ...] = Concern.OPEN, **changes: Any) -> None:
    """Change the row if it still stands in one of `states`; the row in hand follows."""
    if not Concern.objects.filter(pk=concern.pk, state__in=states).update(**changes):
        raise NotNow(_("Somebody else was first. Look again at where it stands."))
    for name, value in changes.items():
        setattr(concern, name, value)


def _step(concern: Concern, kind: str, *, by: Person | None, at: dt.datetime, **more: Any) -> Step:
    return Step.objects.create(concern=concern, kind=kind, by=by, at=at, **more)


# --- Owners --------------------------------------------------------------------------------------


@transaction.atomic
def give(
    concern: Concern, *, to: Person, by: Person, at: dt.datetime, due_on: dt.date | None = None,
    words: str = "", kind: str = Kind.GIVEN,
) -> None:  # fmt: skip
    """Give it to somebody (or take it), with a day by which they look. Raises NotNow, NotYours."""
    _mine(concern, by)
    if to.pk == concern.person_id or to.state != Person.State.ACTIVE or to.is_child:
        raise NotNow(_("That person can't look into this one. Choose somebody else."))
    due_on = due_on or rules.dates_for(concern.theme, at)[0]
    state = State.PASSED_ON if concern.state == State.PASSED_ON else State.IN_HAND
    _change(concern, owner=to, state=state, due_on=due_on)
    _step(concern, kind, by=by, at=at, to=to, words=words)
    if to.pk != by.pk:
        send(
            KIND_WAITS, to, key=f"watch:{concern.pk}:given:{concern.steps.count()}",
            title=_("Something somebody noticed was given to you"),
            path=reverse("watch:concern", args=[concern.ref]), about=by, at=at,
        )  # fmt: skip


@transaction.atomic
def not_us(
    concern: Concern, *, by: Person, words: str, at: dt.datetime, to: Person | None = None,
    theme: Theme | None = None, area: Area | None = None,
) -> None:  # fmt: skip
    """“Not us, try…”: to a person, or by another theme or area to whoever looks after that.

    Where nobody does, it goes back to those whose work the area is, with a new day.
    """
    _mine(concern, by)
    theme, area = theme or concern.theme, area or concern.area
    if theme.archived_at is not None or theme.parent_id is None:
        raise NotNow(_("That theme is no longer used. Choose another one."))
    to = to or rules.owner_for(theme, area, but={by.pk, concern.person_id})
    if to is not None and (to.pk == by.pk or to.pk == concern.person_id):
        raise NotNow(_("That person can't look into this one. Choose somebody else."))
    due_on, _expires = rules.dates_for(theme, at)
    _change(
        concern, theme=theme, area=area, owner=to,
        state=State.IN_HAND if to else State.NEW, due_on=due_on,
    )  # fmt: skip
    _step(concern, Kind.NOT_US, by=by, at=at, to=to, words=words)
    tell_carers(concern, at=at, key=f"not-us:{concern.steps.count()}")


# --- What was done -------------------------------------------------------------------------------


@transaction.atomic
def add_step(
    concern: Concern, *, kind: str, words: str, by: Person, at: dt.datetime,
    due_on: dt.date | None = None,
) -> None:  # fmt: skip
    """Write down a visit, a call or a note, and by when the next look comes."""
    _mine(concern, by)
    if kind not in Step.BY_HAND:
        raise ValueError(kind)
    changes: dict[str, Any] = {"state": concern.state}
    if concern.state == State.NEW:
        changes = {"state": State.IN_HAND, "owner": by}
    if due_on is not None:
        changes["due_on"] = due_on
    _change(concern, **changes)
    _step(concern, kind, by=by, at=at, words=words)


@transaction.atomic
def renew(concern: Concern, *, by: Person, words: str, at: dt.datetime) -> None:
    """Keep it for longer, with a reason; not for ever."""
    _mine(concern, by)
    if concern.renewals >= MOST_RENEWALS:
        raise NotNow(_("It was kept for longer so often that it can't be only small. Close it, "
                       "pass it on, or tell the safeguarding team."))  # fmt: skip
    today = local(at).date()
    _change(
        concern, renewals=concern.renewals + 1,
        expires_on=today + dt.timedelta(days=concern.theme.keep_days),
    )  # fmt: skip
    _step(concern, Kind.RENEWED, by=by, at=at, words=words)


@transaction.atomic
def link_person(concern: Concern, *, person: Person, by: Person, at: dt.datetime) -> None:
    """Say whose record it belongs to. Only a human does this, and only after a yes."""
    _mine(concern, by)
    if concern.agreed != Concern.Agreed.YES:
        raise NotNow(_("They haven't said yes, so it isn't written to anybody's record."))
    if person.pk in (by.pk, concern.owner_id):
        raise NotNow(_("Nobody looks into what is about themselves. Give it to somebody else."))
    _change(concern, person=person)
    _step(concern, Kind.LINKED, by=by, at=at, to=person)


@transaction.atomic
def record_yes(concern: Concern, *, words: str, by: Person, at: dt.datetime) -> None:
    """Somebody asked the person, and they said yes."""
    _mine(concern, by)
    if concern.agreed != Concern.Agreed.NOT_ASKED:
        raise NotNow(_("Somebody else was first. Look again at where it stands."))
    _change(concern, agreed=Concern.Agreed.YES)
    _step(concern, Kind.NOTE, by=by, at=at, words=words)


# --- The same thing told twice -------------------------------------------------------------------


@transaction.atomic
def join(concern: Concern, *, other: Concern, by: Person, at: dt.datetime) -> None:
    """Say that this one and `other` tell the same thing: the other goes on for both."""
    _mine(concern, by)
    _mine(other, by)
    root = other.merged_into or other
    if root.pk == concern.pk or concern.merged_into_id is not None:
        raise NotNow(_("Those two are joined already."))
    if concern.about != root.about or concern.person_id != root.person_id:
        raise NotNow(_("One is about a person and the other isn't. They stay apart."))
    if not Concern.objects.filter(pk=root.pk, state__in=Concern.OPEN).exists():
        raise NotNow(_("The other one is put away already. Open it again first."))
    _change(concern, merged_into=root)
    # Nothing hangs on a concern that is itself part of another.
    Concern.objects.filter(merged_into=concern).update(merged_into=root)
    _step(concern, Kind.JOINED, by=by, at=at, other=root)
    _step(root, Kind.JOINED, by=by, at=at, other=concern)


@transaction.atomic
def part(concern: Concern, *, by: Person, at: dt.datetime) -> None:
    """Undo a joining: it stands, and counts, by itself again."""
    _mine(concern, by)
    root = concern.merged_into
    if root is None:
        raise NotNow(_("It stands by itself already."))
    Concern.objects.filter(pk=concern.pk).update(merged_into=None)
    concern.merged_into = None
    _step(concern, Kind.PARTED, by=by, at=at, other=root)
    _step(root, Kind.PARTED, by=by, at=at, other=concern)


# --- The end -------------------------------------------------------------------------------------


@transaction.atomic
def close(
    concern: Concern, *, outcome: str, words: str, by: Person, at: dt.datetime,
    say: str = closing.LOOKED, closing_words: str = "", we_did: str = "",
) -> None:  # fmt: skip
    """Put it away, with how it ended (for the file) and what whoever told it hears.

    `say` is one of `closing.choices_for(concern)`. `we_did` is a sentence for everybody, for a
    place only. Those joined with it end with it. Links to services die.
    """
    _mine(concern, by)
    if concern.merged_into_id is not None:
        raise NotNow(_("It is joined with another one. Close that, or part them first."))
    if say not in closing.choices_for(concern):
        raise ValueError(say)
    if concern.about == Concern.About.PERSON:
        closing_words = we_did = ""
    same = list(concern.joined.filter(state__in=Concern.OPEN))
    end: dict[str, Any] = {
        "state": State.CLOSED, "closed_at": at, "outcome": outcome, "closing": say,
    }  # fmt: skip
    _change(
        concern, closing_words=closing_words, we_did=we_did, we_did_at=at if we_did else None, **end
    )
    for row in same:
        _change(row, **end)
        _step(row, Kind.CLOSED, by=by, at=at, other=concern)
    _step(concern, Kind.CLOSED, by=by, at=at, words=words)
    Escalation.objects.filter(concern=concern, ended_at=None).update(ended_at=at)
    for row in (concern, *same):
        tell_spotter(row, at=at)


@transaction.atomic
def reopen(concern: Concern, *, words: str, by: Person, at: dt.datetime) -> None:
    """Take it up again."""
    _mine(concern, by)
    due_on, expires_on = rules.dates_for(concern.theme, at)
    _change(
        concern, states=(State.CLOSED, State.EXPIRED),
        state=State.IN_HAND if concern.owner_id else State.NEW, closed_at=None, outcome="",
        due_on=due_on, expires_on=expires_on,
    )  # fmt: skip
    _step(concern, Kind.REOPENED, by=by, at=at, words=words)


@transaction.atomic
def tell_everybody(concern: Concern, *, we_did: str, by: Person, at: dt.datetime) -> None:
    """Write, change or take down “you said, we did” of a closed concern about a place."""
    _mine(concern, by)
    if concern.about == Concern.About.PERSON:
        raise NotNow(_("This is never about a person."))
    _change(concern, states=(State.CLOSED,), we_did=we_did, we_did_at=at if we_did else None)
    _step(concern, Kind.WE_DID, by=by, at=at, words=we_did)


@transaction.atomic
def to_safeguarding(
    concern: Concern, *, urgency: str, words: str, by: Person, at: dt.datetime
) -> Alert:
    """Harm, after all: raise a safeguarding alert with what is here, and put this away.

    From then on it is the other team's; nothing of theirs shows here.
    """
    _mine(concern, by)
    _change(
        concern, closing=closing.LOOKED, state=State.CLOSED, closed_at=at,
        outcome=Concern.Outcome.ELSEWHERE,
    )  # fmt: skip
    alert = raise_alert(
        by=by, about=concern.person, at=at, how_urgent=urgency,
        about_words=concern.person_words or str(_("somebody we don't know by name")),
        what="\n\n".join(part for part in (words, concern.what) if part),
        where=" · ".join(part for part in (concern.where, concern.area.name) if part),
        client_key=f"watch-{concern.ref}-{concern.steps.count()}",
    )  # fmt: skip
    _step(concern, Kind.SAFEGUARDING, by=by, at=at)
    Escalation.objects.filter(concern=concern, ended_at=None).update(ended_at=at)
    tell_spotter(concern, at=at)
    return alert


def tell_spotter(concern: Concern, *, at: dt.datetime) -> None:
    """Let whoever told it know that somebody looked; the notice itself says nothing."""
    if concern.spotter is None:
        return
    send(
        KIND_ANSWER,
        concern.spotter,
        key=f"watch-answer:{concern.pk}:{concern.state}:{local(at):%Y%m%d}",
        title=_("Something you noticed was looked into"),
        body=_("Thank you for telling us. Open it to read what we can say."),
        path=reverse("watch:concern", args=[concern.ref]),
        at=at,
    )
