"""Messages and safe-contact rules of two records that become one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from doorstep.notices.actions import recount
from doorstep.notices.models import Channel, Preference, SafeContact
from doorstep.people.merging.actions import settlers
from doorstep.people.merging.movers import moves, nouns, stays
from doorstep.people.models import Merge, Person

_WHO = "Who did it stays as it was written down."


def _both_want(mine: Preference, theirs: Preference) -> tuple[dict[str, Any], dict[str, Any]]:
    """What either doesn't want is not sent."""
    return {"is_wanted": mine.is_wanted and theirs.is_wanted}, {}


moves("notices.Notice", "person", "about")
moves("notices.Preference", "person", twin=_both_want, same=("kind", "channel"))
moves("notices.QuietHours", "person")
stays(
    "notices.SafeContact",
    "person",
    because="Joined by its own rule: what either forbids is forbidden.",
)
stays("notices.SafeContact", "set_by", "ended_by", because=_WHO)
stays("notices.CallTry", "by", because=_WHO)
stays("notices.Relay", "person", because="It goes with the safe-contact rules that name them.")
stays("notices.Relay", "taken_by", because=_WHO)
stays("notices.RelayUse", "by", because=_WHO)


def stricter(one: SafeContact, other: SafeContact) -> dict[str, Any]:
    """Return rules that allow only what both allow."""
    forbidden = sorted({*one.forbidden, *other.forbidden})
    windows = both_times(one.windows, other.windows)
    if one.windows and other.windows and not windows:
        # No moment is safe for both: then none is, until somebody asks the person.
        forbidden = sorted({*forbidden, *(c.value for c in Channel if c not in _KNOWS_NO_HOUR)})
    # Whoever passes a message on was safe for the one who named them, and stays where both did.
    same_via = one.via_words() == other.via_words()
    return {
        "forbidden": forbidden,
        "windows": windows,
        "no_voicemail": one.no_voicemail or other.no_voicemail,
        "is_discreet": one.is_discreet or other.is_discreet,
        "say_as": one.say_as or other.say_as,
        "via_name": one.via_name if same_via else "",
        "via_phone": one.via_phone if same_via else "",
        # Their yes was for one of the two records; it holds for both where both had it.
        "relay": one.relay if same_via and one.relay_agrees and other.relay_agrees else None,
        "words": "\n".join(dict.fromkeys(filter(None, [one.words, other.words]))),
        "review_on": min(filter(None, [one.review_on, other.review_on]), default=None),
    }


_KNOWS_NO_HOUR = (Channel.IN_APP, Channel.LETTER)


def both_times(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the times inside both; no windows mean any time."""
    if not one or not other:
        return one or other
    found = []
    for mine in one:
        for theirs in other:
            days = sorted({*mine["days"]} & {*theirs["days"]})
            start, until = max(mine["from"], theirs["from"]), min(mine["until"], theirs["until"])
            if days and start < until:
                found.append({"days": days, "from": start, "until": until})
    return found


_FREE = SafeContact(forbidden=[], windows=[])


class SafeRules:
    """Safe-contact rules: the prohibitions of both, the safe times of both at once."""

    def join(self, kept: Person, gone: Person, *, by: Person, at: dt.datetime) -> Any:
        rows = {
            row.person_id: row
            for row in SafeContact.objects.current()
            .filter(person__in=[kept, gone])
            .select_related("relay")
        }
        theirs, mine = rows.get(gone.pk), rows.get(kept.pk)
        if theirs is None:
            return {"made": None, "was": None, "then": mine.pk if mine else None}
        new = stricter(mine or _FREE, theirs)
        if mine is not None:
            SafeContact.objects.filter(pk=mine.pk).update(ended_at=at, ended_by=by)
        made = SafeContact.objects.create(person=kept, set_by=by, set_at=at, **new)
        return {"made": made.pk, "was": mine.pk if mine else None, "then": made.pk}

    def part(self, merge: Merge, noted: Any, *, by: Person, at: dt.datetime) -> None:
        current = SafeContact.objects.current()
        now = current.filter(person=merge.kept_id).first()
        if now is None:
            return
        if now.pk != noted["then"]:
            # What was said while they were one holds for both.
            theirs = current.filter(person=merge.gone_id).first()
            new = stricter(theirs or _FREE, now)
            if theirs is not None:
                SafeContact.objects.filter(pk=theirs.pk).update(ended_at=at, ended_by=by)
            SafeContact.objects.create(person_id=merge.gone_id, set_by=by, set_at=at, **new)
        elif noted["made"]:
            SafeContact.objects.filter(pk=now.pk).update(ended_at=at, ended_by=by)
            SafeContact.objects.filter(pk=noted["was"]).update(ended_at=None, ended_by=None)


def _count(merge: Merge) -> None:
    for person in Person.objects.filter(pk__in=[merge.kept_id, merge.gone_id]):
        recount(person)


nouns.add("safe contact", SafeRules(), order=5)
settlers.add("notices", _count)
