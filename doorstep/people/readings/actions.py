"""Write the read log, and judge what is odd in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.time import in_london, local, now
from doorstep.people import telling
from doorstep.people.models import OddReading, Person, RoleHolding
from doorstep.people.models.readings import Reading
from doorstep.people.readings import chains
from doorstep.people.readings.kinds import readables, reasons


class NeedsReason(Exception):
    """Nobody looks without saying why."""


def log_read(
    *,
    by: Person,
    about: Person,
    what: str,
    reason: str,
    words: str = "",
    thing: str = "",
    at: dt.datetime,
    role: str = "",
    scope: str = "",
) -> Reading:
    """Write that `by` opened something of `about`'s: one INSERT, before it is shown.

    `what` and `reason` are names in `readings.kinds`; `words` is what they typed; `thing` the
    opaque id of the case or file. `role` and `scope` (the name of an area) say as what they
    looked; without, the role they are known to hold. Raises ValueError for a name nobody
    registered, NeedsReason where a reason is nothing without words.
    """
    return log_reads(
        by=by,
        about=[about],
        what=what,
        reason=reason,
        words=words,
        things=[thing],
        at=at,
        role=role,
        scope=scope,
    )[0]


# A player asks for a sound in many parts; within this time they are one listening.
LISTENING = dt.timedelta(minutes=30)


def log_listening(*, by: Person, about: Person, what: str, reason: str, thing: str,
                  at: dt.datetime) -> Reading | None:  # fmt: skip
    """Write that `by` listened to something of `about`'s: a row for each listening, not each part.

    Whatever part is asked for first is written down, so none can be heard without a row.
    """
    heard = Reading.objects.since(at - LISTENING, at)
    if heard.filter(reader=by, subject=about, what=what, thing=thing[:40]).exists():
        return None
    return log_read(by=by, about=about, what=what, reason=reason, thing=thing, at=at)


def log_reads(
    *,
    by: Person,
    about: Sequence[Person],
    what: str,
    reason: str,
    words: str = "",
    things: Sequence[str] = (),
    at: dt.datetime,
    role: str = "",
    scope: str = "",
) -> list[Reading]:
    """Write that `by` opened the same thing of several people: one INSERT for all of them.

    Nobody's own things are logged: `by` is left out of `about`. See `log_read`.
    """
    if readables.get(what) is None:
        raise ValueError(f"the read log knows nothing called {what!r}")
    why = reasons.get(reason)
    if why is None:
        raise ValueError(f"the read log knows no reason called {reason!r}")
    if why.needs_words and not words.strip():
        raise NeedsReason
    role = role or _role_known(by)
    rows = [
        Reading(
            at=at,
            reader=by,
            reader_handle=by.handle,
            reader_name=chains.clean(by.known_as),
            role=role,
            scope=chains.clean(scope)[:100],
            subject=person,
            subject_handle=person.handle,
            what=what,
            reason=reason,
            thing=chains.clean(things[index] if things else "")[:40],
            words=words.strip()[:1000],
        )
        for index, person in enumerate(about)
        if person.pk != by.pk or len(about) == 1
    ]
    if rows:
        chains.add(rows)
    return rows


# The first of these that somebody holds is the one they are taken to read as.
_BY_REACH = (
    RoleHolding.Role.SAFEGUARDING,
    RoleHolding.Role.OFFICER,
    RoleHolding.Role.ORGANISER,
    RoleHolding.Role.CATALYST,
    RoleHolding.Role.MODERATOR,
    RoleHolding.Role.ADMINISTRATOR,
)


def _role_known(person: Person) -> str:
    """The role a rule has already asked for; never a query of its own."""
    held: set[str] = getattr(person, "_roles_held", set())
    return next((role for role in _BY_REACH if role in held), "")


# --- Judging what is unusual -----------------------------------------------------------------


class CannotJudge(Exception):
    """Why somebody can't judge this reading, as a sentence."""


@transaction.atomic
def ask_about(reading: Reading, *, by: Person, words: str, at: dt.datetime) -> OddReading:
    """Put a reading of one's own record before those who judge. Twice is the same as once."""
    odd, is_new = OddReading.objects.get_or_create(
        key=f"asked:{reading.pk}",
        defaults={
            "kind": OddReading.Kind.ASKED,
            "reader_id": reading.reader_id,
            "subject": by,
            "reasons": [reading.reason],
            "on": local(reading.at).date(),
            "asked": words,
            "found_at": at,
        },
    )
    if is_new:
        tell("asked", odd)
    return odd


@transaction.atomic
def judge(odd: OddReading, *, by: Person, outcome: str, words: str, at: dt.datetime) -> None:
    """Write what came of looking into unusual reading. Never one's own. Raises CannotJudge."""
    if by.pk == odd.reader_id:
        raise CannotJudge(_("This is your own reading. Somebody else has to look at it."))
    if by.pk == odd.subject_id:
        raise CannotJudge(_("This is about your own record. Somebody else has to look at it."))
    # A conditional update: whoever was first has judged it.
    if not OddReading.objects.filter(pk=odd.pk, outcome="").update(
        outcome=outcome, outcome_words=words, reviewed_by=by, reviewed_at=at
    ):
        raise CannotJudge(_("Somebody has looked at this already."))
    odd.refresh_from_db()
    if odd.kind == OddReading.Kind.ASKED:
        tell("answered", odd)


@transaction.atomic
def hold_back(odd: OddReading, *, by: Person, because: str, at: dt.datetime) -> None:
    """Keep an emergency from the person for now: telling them would be unsafe."""
    if by.pk in (odd.reader_id, odd.subject_id):
        raise CannotJudge(_("Somebody else has to decide this."))
    if odd.told_at is not None:
        raise CannotJudge(_("They have been told already."))
    OddReading.objects.filter(pk=odd.pk).update(held_back_by=by, held_back_because=because)


@transaction.atomic
def let_know(odd: OddReading, *, by: Person, at: dt.datetime) -> None:
    """Tell the person after all."""
    if by.pk in (odd.reader_id, odd.subject_id):
        raise CannotJudge(_("Somebody else has to decide this."))
    OddReading.objects.filter(pk=odd.pk).update(held_back_by=None, tell_at=at)
    tell_people(at=at)


def tell_people(*, at: dt.datetime) -> int:
    """Tell those whose record was opened in an emergency and whose time has come."""
    due = OddReading.objects.filter(
        kind=OddReading.Kind.BREAK_GLASS, told_at=None, tell_at__lte=at, held_back_by=None
    ).select_related("reader", "subject")
    count = 0
    for odd in due:
        with transaction.atomic():
            if OddReading.objects.filter(pk=odd.pk, told_at=None).update(told_at=at):
                tell("tell_person", odd)
                count += 1
    return count


def words_about(odd: OddReading) -> list[str]:
    """Return what the reader typed as the reason, for those who judge; at most ten."""
    start = in_london(dt.datetime.combine(odd.on, dt.time()))
    rows = Reading.objects.since(start, start + dt.timedelta(hours=25)).filter(reader=odd.reader_id)
    if odd.subject_id is not None:
        rows = rows.filter(subject=odd.subject_id)
    if odd.kind == OddReading.Kind.BREAK_GLASS:
        rows = rows.filter(reason="emergency")
    said = rows.order_by("-at").values_list("words", flat=True)[:200]
    return list(dict.fromkeys(words for words in said if words))[:10]


def tell(event: str, odd: OddReading) -> None:
    """Tell those who judge, or the person, that something happened; never what or whose."""
    at = now()
    if event in ("broke_glass", "asked"):
        title = (
            gettext_lazy("A record was opened in an emergency")
            if event == "broke_glass"
            else gettext_lazy("Somebody asks why their record was looked at")
        )
        for person in reviewers(but={odd.reader_id, odd.subject_id}):
            telling.tell(
                "reading-review",
                person,
                key=f"odd-{odd.handle}",
                title=title,
                path=reverse("people:review", args=[odd.handle]),
                at=at,
            )
    elif odd.subject is not None:
        telling.tell(
            "reading",
            odd.subject,
            key=f"{event}-{odd.handle}",
            title=(
                gettext_lazy("We have looked into what you asked")
                if event == "answered"
                else gettext_lazy("Your record was opened in an emergency")
            ),
            path=reverse("people:my_record"),
            at=at,
        )


def reviewers(*, but: set[int | None]) -> list[Person]:
    """Return who judges unusual reading, without those it concerns."""
    held = RoleHolding.objects.held().filter(
        role__in=(RoleHolding.Role.SAFEGUARDING, RoleHolding.Role.ADMINISTRATOR)
    )
    people = Person.objects.active().filter(pk__in=held.values("person"))
    return list(people.exclude(pk__in=[pk for pk in but if pk]).order_by("pk"))
