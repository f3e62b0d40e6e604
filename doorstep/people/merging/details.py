"""What the joined record says of somebody: chosen detail by detail, and never wider than before."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from doorstep.people import rules
from doorstep.people.models import Person

# What an officer chooses between, where the two differ.
CHOICES: dict[str, Any] = {
    "known_as": _("What people call them"),
    "full_name": _("Full name"),
    "born_on": _("Date of birth"),
    "phone": _("Phone number"),
    "email": _("E-mail"),
    "postcode": _("Postcode"),
    "about": _("A little about them"),
    "can_share": _("What they can share"),
    "would_like": _("What they would like"),
    "reads": _("Language of letters"),
}
# Shown only after a reason was given.
CONTACT = ("phone", "email", "postcode")
# What people with an account say about themselves, nobody else chooses.
THEIRS = ("known_as", "about", "can_share", "would_like", "reads")
MOST_NEEDS = 600


def differing(kept: Person, gone: Person) -> list[str]:
    """Return the names in CHOICES in which both say something, and not the same."""
    has_account = hasattr(kept, "account")
    return [
        name
        for name in CHOICES
        if getattr(kept, name)
        and getattr(gone, name)
        and getattr(kept, name) != getattr(gone, name)
        and not (has_account and name in THEIRS)
        and not (name == "born_on" and (kept.is_child or gone.is_child))
    ]


def joined(kept: Person, gone: Person, chosen: dict[str, str]) -> dict[str, Any]:
    """Return what the kept record says after joining: field -> value, all of them."""
    has_account = hasattr(kept, "account")
    new: dict[str, Any] = {}
    for name in CHOICES:
        mine, theirs = getattr(kept, name), getattr(gone, name)
        takes = not mine or (bool(theirs) and chosen.get(name) == "gone")
        if has_account and name in THEIRS:
            takes = not mine and name != "known_as"
        new[name] = theirs if takes and theirs else mine
    # A child stays a child, the younger of two.
    births = [person.born_on for person in (kept, gone) if person.born_on and person.is_child]
    if births:
        new["born_on"] = max(births)
    new["home_id"] = gone.home_id if new["postcode"] != kept.postcode else kept.home_id
    if not new["postcode"]:
        new["home_id"] = kept.home_id or gone.home_id
    new["languages"] = [
        *kept.languages,
        *(one for one in gone.languages if one not in kept.languages),
    ]
    new["access_needs"] = _both(kept.access_needs, gone.access_needs)
    new["shown_to"] = _shown(kept, gone)
    new["created_at"] = min(kept.created_at, gone.created_at)
    since = [one.restricted_at for one in (kept, gone) if one.restricted_at]
    new["restricted_at"] = min(since) if since else None
    return new


def _both(mine: str, theirs: str) -> str:
    if not theirs or theirs in mine:
        return mine
    if not mine or mine in theirs:
        return theirs
    # Where both don't fit, what the person was asked last is not ours to cut.
    both = f"{mine}\n{theirs}"
    return both if len(both) <= MOST_NEEDS else mine


def _shown(kept: Person, gone: Person) -> dict[str, str]:
    """Neighbours see a part where both let them. Team-mates of the one never met the other."""
    members = Person.Sees.MEMBERS
    return dict(kept.shown_to) | {
        part: members.value
        if rules.sees_part(kept, part) == rules.sees_part(gone, part) == members
        else Person.Sees.ME.value
        for part in rules.PARTS
    }


def as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def from_json(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "born_on":
        return dt.date.fromisoformat(value)
    return parse_datetime(value) if name in ("created_at", "restricted_at") else value
