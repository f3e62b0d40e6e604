"""Write the read log, and judge what is odd in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from doorstep.people.models import Person, RoleHolding
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
    held = getattr(person, "_roles_held", set())
    return next((role for role in _BY_REACH if role in held), "")
