"""What is done with a volunteer's record: signing up, changing it, checks, references, training."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.time import local
from doorstep.notices.actions import send
from doorstep.people.models import Person
from doorstep.support.models import (
    Assignment,
    Check,
    HelpReason,
    How,
    Kind,
    Offer,
    Reference,
    Request,
    Standby,
    Training,
    Volunteer,
)
from doorstep.support.requests import rules as requests
from doorstep.support.tasks import actions as tasks
from doorstep.support.volunteers import lawful, rules

KIND_VOLUNTEERING = "volunteering"
# How long each check counts, until somebody says another day.
LASTS = {
    Check.Kind.IDENTITY: None,
    Check.Kind.BASIC: dt.timedelta(days=3 * 365),
    Check.Kind.BARRED: dt.timedelta(days=3 * 365),
    Check.Kind.DRIVING: dt.timedelta(days=365),
}
_WORDS = ("skills", "more_skills", "kinds", "availability", "travel", "radius_metres", "weekly_cap")


class CannotJoin(Exception):
    """Why somebody can't be a volunteer, as a sentence."""


class NotTheirs(PermissionError):
    """This is not theirs to do."""


def _may_change(volunteer: Volunteer, by: Person) -> None:
    if volunteer.person_id != by.pk and not rules.can_see(by, volunteer):
        raise NotTheirs


# --- Coming and going ------------------------------------------------------------


@transaction.atomic
def sign_up(
    person: Person, *, by: Person, at: dt.datetime, came_by: str = How.WEB,
    client_key: str | None = None, languages: list[str] | None = None, is_grown_up: bool = False,
    **said: Any,
) -> Volunteer:  # fmt: skip
    """Make somebody a volunteer, or let somebody who left come back; twice is the same as once.

    `said` are what they can do and when. Raises CannotJoin for somebody who isn't grown up.
    """
    if by.pk != person.pk and not rules.is_desk(by):
        raise NotTheirs
    if not rules.may_join(person):
        raise CannotJoin(
            _("Volunteers are 18 or older. There is a lot to do in the teams, though.")
        )
    if person.born_on is None and not is_grown_up:
        raise CannotJoin(_("Tick that you are 18 or older."))
    if unknown := said.keys() - set(_WORDS):
        raise TypeError(f"no such thing about a volunteer: {sorted(unknown)}")
    _speak(person, languages)
    found = Volunteer.objects.filter(person=person).first()
    if found is None:
        try:
            with transaction.atomic():
                found = Volunteer.objects.create(
                    person=person, signed_up_at=at, came_by=came_by, client_key=client_key,
                    signed_up_by=by if by.pk != person.pk else None, **said,
                )  # fmt: skip
        except IntegrityError:
            found = Volunteer.objects.get(person=person)
            return found
        found.person = person
        send(
            KIND_VOLUNTEERING, person, key=f"volunteer:{found.pk}:hello",
            title=gettext_lazy("Thank you for lending a hand"),
            body=gettext_lazy(
                "Somebody of your hub greets you within two days, and says what comes next."
            ),
            path=reverse("support:volunteering"), at=at,
        )  # fmt: skip
    elif found.state != Volunteer.State.HERE:
        Volunteer.objects.filter(pk=found.pk).update(
            state=Volunteer.State.HERE, rests_until=None, left_at=None, signed_up_at=at,
            last_task_at=None, **said,
        )  # fmt: skip
        found.refresh_from_db()
    person.__dict__.pop("_volunteer", None)
    return found


def _speak(person: Person, languages: list[str] | None) -> None:
    """Languages are the person's own, wherever they are asked."""
    if languages is not None and languages != person.languages:
        person.languages = languages
        Person.objects.filter(pk=person.pk).update(languages=languages)


@transaction.atomic
def change(
    volunteer: Volunteer, *, by: Person, languages: list[str] | None = None, **said: Any
) -> None:
    """Put right what they can do, when, how far and how much."""
    _may_change(volunteer, by)
    if unknown := said.keys() - set(_WORDS):
        raise TypeError(f"no such thing about a volunteer: {sorted(unknown)}")
    _speak(volunteer.person, languages)
    for name, value in said.items():
        setattr(volunteer, name, value)
    volunteer.save(update_fields=list(said))


@transaction.atomic
def rest(volunteer: Volunteer, *, by: Person, at: dt.datetime, until: dt.date | None) -> None:
    """Have a rest: nobody asks until that day, or until they say. Tasks they have stay theirs."""
    _may_change(volunteer, by)
    if until is not None and until <= local(at).date():
        raise tasks.NotNow(_("That day has gone. Choose a later one."))
    Volunteer.objects.filter(pk=volunteer.pk).exclude(state=Volunteer.State.LEFT).update(
        state=Volunteer.State.RESTING, rests_until=until
    )
    _free_offers(volunteer, at=at)
    Standby.objects.filter(volunteer=volunteer, ended_at=None).update(ended_at=at)
    volunteer.refresh_from_db()


@transaction.atomic
def come_back(volunteer: Volunteer, *, by: Person, at: dt.datetime) -> None:
    """Be asked again."""
    _may_change(volunteer, by)
    Volunteer.objects.filter(pk=volunteer.pk).exclude(state=Volunteer.State.HERE).update(
        state=Volunteer.State.HERE, rests_until=None, left_at=None
    )
    volunteer.refresh_from_db()


@transaction.atomic
def leave(volunteer: Volunteer, *, by: Person, at: dt.datetime) -> None:
    """Stop. What they still have goes back to the hub, at once."""
    _may_change(volunteer, by)
    for one in (
        Assignment.objects.live()
        .filter(volunteer=volunteer)
        .select_related("task__request__person", "task__locality", "volunteer__person")
    ):
        tasks.hand_back(one, by=volunteer.person, at=at, why=Assignment.Why.OTHER)
    _free_offers(volunteer, at=at)
    Standby.objects.filter(volunteer=volunteer, ended_at=None).update(ended_at=at)
    Volunteer.objects.filter(pk=volunteer.pk).exclude(state=Volunteer.State.LEFT).update(
        state=Volunteer.State.LEFT, left_at=at, rests_until=None
    )
    volunteer.refresh_from_db()


def _free_offers(volunteer: Volunteer, *, at: dt.datetime) -> None:
    for row in (
        Offer.objects.waiting()
        .filter(volunteer=volunteer)
        .select_related("task__request__person", "volunteer__person", "by")
    ):
        tasks.decline(row, by=volunteer.person, at=at)


@transaction.atomic
def greet(volunteer: Volunteer, *, by: Person, at: dt.datetime) -> None:
    """Somebody of the hub has greeted them."""
    if not rules.can_see(by, volunteer):
        raise NotTheirs
    Volunteer.objects.filter(pk=volunteer.pk, greeted_at=None).update(greeted_at=at)


def write_note(volunteer: Volunteer, *, by: Person, words: str) -> None:
    """Keep a note about a volunteer; they can read it."""
    if not rules.can_see(by, volunteer):
        raise NotTheirs
    volunteer.note = words
    volunteer.save(update_fields=["note"])


# --- Checks ------------------------------------------------------------


@transaction.atomic
def ask_for_check(
    volunteer: Volunteer, *, kind: str, for_kind: str, by: Person, at: dt.datetime
) -> Check:
    """Ask for a check because of a kind of task. Twice is the same as once.

    Raises lawful.NotLawful where the law doesn't let us, with the reason.
    """
    if not rules.can_see(by, volunteer):
        raise NotTheirs
    if for_kind not in Kind.values or kind not in Check.Kind.values:
        raise ValueError("no such check or kind of task")
    lawful.may_ask(kind, for_kind)
    row, made = Check.objects.get_or_create(
        volunteer=volunteer, kind=kind, state=Check.State.ASKED,
        defaults={"for_kind": for_kind, "asked_at": at, "asked_by": by},
    )  # fmt: skip
    if made:
        send(
            KIND_VOLUNTEERING, volunteer.person, key=f"check:{row.pk}",
            title=gettext_lazy("Before your first task we need to see something"),
            body=gettext_lazy("Have a look at what and why. It costs you nothing."),
            path=reverse("support:volunteering"), at=at,
        )  # fmt: skip
    return row


@transaction.atomic
def record_check(
    volunteer: Volunteer, *, kind: str, for_kind: str, by: Person, at: dt.datetime,
    is_clear: bool, seen_on: dt.date | None = None, expires_on: dt.date | None = None,
    number: str = "", note: str = "",
) -> Check:  # fmt: skip
    """Write down that a check was seen, and whether it is fine; only its number is kept.

    What is not fine takes the tasks away that need it, at once. Raises NotLawful as asking does.
    """
    if not rules.can_see(by, volunteer):
        raise NotTheirs
    lawful.may_ask(kind, for_kind)
    seen_on = seen_on or local(at).date()
    if seen_on > local(at).date():
        raise tasks.NotNow(_("That day is still to come. When did you see it?"))
    lasts = LASTS[Check.Kind(kind)]
    if expires_on is None and lasts is not None:
        expires_on = seen_on + lasts
    if expires_on is not None and expires_on <= seen_on:
        raise tasks.NotNow(_("It would run out before it was seen. Choose a later day."))
    state = Check.State.CLEAR if is_clear else Check.State.UNFIT
    if is_clear:
        # A newer clear one answers an older doubt.
        Check.objects.filter(volunteer=volunteer, kind=kind, state=Check.State.UNFIT).update(
            state=Check.State.DROPPED
        )
    row = Check.objects.filter(volunteer=volunteer, kind=kind, state=Check.State.ASKED).first()
    row = row or Check(volunteer=volunteer, kind=kind, asked_at=at, asked_by=by)
    row.state, row.for_kind = state, for_kind
    row.seen_on, row.seen_by, row.expires_on = seen_on, by, expires_on
    row.number, row.note = number, note
    row.save()
    if not is_clear:
        stand_still(volunteer, at=at)
    return row


def stand_still(volunteer: Volunteer, *, at: dt.datetime) -> int:
    """Take back every task and offer whose papers don't count any more; return how many.

    What needs no such check stays theirs: a friendly call goes on.
    """
    count = 0
    held = lawful.papers_until([volunteer.pk])[volunteer.pk]
    today = local(at).date()
    rows = Assignment.objects.live().filter(volunteer=volunteer).select_related(
        "task__request__person", "task__request__help_reason", "task__locality",
        "volunteer__person",
    )  # fmt: skip
    for one in rows:
        if lawful.missing(lawful.need_of_task(one.task), held, today):
            tasks.take_back(one, by=None, at=at, why=Assignment.Why.PAPERS)
            count += 1
    for row in (
        Offer.objects.waiting()
        .filter(volunteer=volunteer)
        .select_related("task__request__person", "task__request__help_reason", "volunteer__person")
    ):
        if lawful.missing(lawful.need_of_task(row.task), held, today) and tasks._end_offer(
            row, Offer.State.WITHDRAWN, at=at
        ):
            tasks._move_on(row, at=at)
            count += 1
    return count


def set_help_reason(
    request: Request, *, why: str, to_care: bool, by: Person, at: dt.datetime
) -> HelpReason:
    """Write down why somebody can't do it themselves: it decides which check is needed."""
    if not requests.can_see(by, request):
        raise NotTheirs
    if why not in HelpReason.Why.values:
        raise ValueError("say why")
    row, _made = HelpReason.objects.update_or_create(
        request=request, defaults={"why": why, "to_care": to_care, "said_by": by, "said_at": at}
    )
    return row


# --- References and training ------------------------------------------------------------


@transaction.atomic
def name_reference(
    volunteer: Volunteer, *, by: Person, at: dt.datetime, name: str, reach: str,
    how_known: str = "", client_key: str | None = None,
) -> Reference:  # fmt: skip
    """Name somebody who says a good word."""
    _may_change(volunteer, by)
    if client_key:
        made = Reference.objects.filter(client_key=client_key, volunteer=volunteer).first()
        if made is not None:
            return made
    if volunteer.references.count() >= 6:  # type: ignore[attr-defined]
        raise tasks.NotNow(_("Six names are enough. Ring the hub to change one."))
    return Reference.objects.create(
        volunteer=volunteer, name=name, reach=reach, how_known=how_known, asked_at=at,
        client_key=client_key,
    )  # fmt: skip


@transaction.atomic
def take_reference(
    row: Reference, *, by: Person, at: dt.datetime, state: str, words: str = ""
) -> None:
    """Write down what they said. Nobody takes their own."""
    if not rules.can_see(by, row.volunteer):
        raise NotTheirs
    if state not in (Reference.State.GOOD, Reference.State.DOUBT, Reference.State.SILENT):
        raise ValueError("say what they said")
    row.state, row.words, row.answered_at, row.taken_by = state, words, at, by
    row.save(update_fields=["state", "words", "answered_at", "taken_by"])
    if state == Reference.State.DOUBT:
        stand_still(row.volunteer, at=at)


@transaction.atomic
def train(
    volunteer: Volunteer, *, module: str, by: Person, at: dt.datetime, how: str = How.WEB
) -> Training:
    """Write down that a part of the training is done. Twice is the same as once."""
    _may_change(volunteer, by)
    row, _made = Training.objects.get_or_create(
        volunteer=volunteer, module=Training.Module(module),
        defaults={"done_at": at, "how": how, "recorded_by": by},
    )  # fmt: skip
    return row
