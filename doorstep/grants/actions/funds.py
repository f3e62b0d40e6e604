"""Making a fund with its people, opening it, moving it on; who keeps it and who decides."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy

from doorstep.base import keys
from doorstep.gatherings.models import Session
from doorstep.grants import rules
from doorstep.grants.actions.log import Refused, note
from doorstep.grants.models import Ballots, Fund, Idea, Stage
from doorstep.grants.sentences import Said
from doorstep.grants.sentences import said as _
from doorstep.notices import actions as notices
from doorstep.people.models import Person, RoleEvent, RoleHolding
from doorstep.places.models import Area

_What = RoleEvent.What
Method = Fund.Method
# Which ballots a method counts; the first is what it is made for.
COUNTS: dict[str, tuple[str, ...]] = {
    Method.EQUAL_SHARES: (Ballots.APPROVAL, Ballots.ORDINAL, Ballots.CUMULATIVE),
    Method.EQUAL_THEN_VOTES: (Ballots.APPROVAL, Ballots.ORDINAL, Ballots.CUMULATIVE),
    Method.PHRAGMEN: (Ballots.APPROVAL,),
    Method.MOST_VOTES: (Ballots.APPROVAL, Ballots.ORDINAL, Ballots.CUMULATIVE),
    Method.MOST_POINTS: (Ballots.ORDINAL, Ballots.CUMULATIVE, Ballots.SCORING),
    Method.AVERAGE: (Ballots.SCORING,),
    Method.CONSENSUS: (Ballots.SCORING,),
}


@transaction.atomic
def start(
    *, by: Person, at: dt.datetime, name: str, area: Area, client_key: str, **words: Any
) -> Fund:
    """Start a fund; who starts it keeps it. The same `client_key` again is the same fund."""
    already = Fund.objects.filter(client_key=client_key, made_by=by).first()
    if already is not None:
        return already
    fund = Fund.objects.create(
        name=name,
        slug=keys.slug_from(name, _is_taken),
        area=area,
        made_by=by,
        made_at=at,
        client_key=client_key,
        **words,
    )
    _hold(fund, by, rules.STEWARD, by=by, at=at, is_taken_on=True)
    note(fund, _("The fund was started."), by=by, at=at)
    return fund


def _is_taken(slug: str) -> bool:
    return slug in {"start", "idea"} or Fund.objects.filter(slug=slug).exists()


@transaction.atomic
def design(fund: Fund, *, by: Person, at: dt.datetime, **words: Any) -> None:
    """Change what the fund says and how it decides. Raises Refused once voting is on."""
    fund = Fund.objects.select_for_update().get(pk=fund.pk)
    changed = [name for name, value in words.items() if getattr(fund, name) != value]
    if fund.is_set and set(changed) & set(Fund.FIXED):
        raise Refused(
            _("Voting is open, so how this fund decides stays as it is. Nothing was changed.")
        )
    method, ballots = words.get("method", fund.method), words.get("ballots", fund.ballots)
    if ballots not in COUNTS[method]:
        raise Refused(
            _("“%(method)s” can't count such ballots. Choose: %(ballots)s.")
            % {
                "method": Method(method).label,
                "ballots": [Ballots(one).label for one in COUNTS[method]],
            }
        )
    for name in changed:
        setattr(fund, name, words[name])
    fund.save(update_fields=changed)
    if changed:
        labels: Any = {field.name: field.verbose_name for field in Fund._meta.concrete_fields}
        names = [labels[name] for name in changed]
        note(fund, _("Changed: %(what)s.") % {"what": names}, by=by, at=at)


@dataclass(frozen=True)
class Check:
    """One line of the checklist before opening."""

    words: Said
    is_done: bool


def checklist(fund: Fund) -> list[Check]:
    """Return what should be there before a fund opens; all of it must."""
    dates = [fund.opens_on, fund.ideas_until, fund.read_until, fund.decided_by]
    known = [day for day in dates if day]
    return [
        Check(_("It says how much money there is"), fund.pot_pence > 0),
        Check(_("It says what the money is for"), bool(fund.purpose)),
        Check(_("It says who can send in an idea"), bool(fund.who_applies)),
        Check(_("It says who decides"), bool(fund.who_decides)),
        Check(_("It says what we look for"), bool(fund.guidelines)),
        Check(_("It says who helped to make it"), bool(fund.designed_with)),
        Check(_("It has all its dates, one after the other"),
              all(dates) and known == sorted(known)),
        Check(_("Its ballots fit how they are counted"), fund.ballots in COUNTS[fund.method]),
        Check(_("One idea can't ask for more than there is"),
              fund.most_pence is None or fund.most_pence <= fund.pot_pence),
    ]  # fmt: skip


# What leads from one stage to the next.
NEXT = {
    Stage.DRAFT: Stage.IDEAS,
    Stage.IDEAS: Stage.READING,
    Stage.READING: Stage.VOTING,
    Stage.DECIDED: Stage.CLOSED,
}


@transaction.atomic
def move_on(fund: Fund, *, by: Person, at: dt.datetime, lot: str = "") -> None:
    """Bring the fund to its next stage (from voting on, `voting.decide` does it).

    `lot` is drawn where none is given (the demo gives its own).

    Raises Refused while something is missing.
    """
    fund = Fund.objects.select_for_update().get(pk=fund.pk)
    to = NEXT.get(Stage(fund.stage))
    if to is None:
        raise Refused(_("From here the count leads on. Count the ballots."))
    if to == Stage.IDEAS:
        missing = [one.words for one in checklist(fund) if not one.is_done]
        if missing:
            raise Refused(_("Not yet. Still missing: %(what)s.") % {"what": missing})
    if to == Stage.READING and not fund.ideas.filter(state__in=_WAITING | {_State.READY}).exists():
        raise Refused(_("Nobody has sent in an idea yet. Keep it open a little longer."))
    if to == Stage.VOTING:
        _settle(fund, lot or secrets.token_hex(16))
    was = Stage(fund.stage).label
    fund.stage = to
    fund.save(update_fields=["stage", "lot"])
    words = _("From “%(was)s” to “%(now)s”.") % {"was": was, "now": Stage(to).label}
    note(fund, words, by=by, at=at)


_State = Idea.State
_WAITING = {_State.SENT, _State.MEND}


def _settle(fund: Fund, lot: str) -> None:
    """Give every idea its place among equals, by the rule declared, before anybody votes."""
    waiting = fund.ideas.filter(state__in=_WAITING).count()
    if waiting:
        raise Refused(
            _("%(count)d ideas aren't ready to be read yet. Check them, or take them back first.")
            % {"count": waiting}
        )
    ready = list(fund.ideas.filter(state=_State.READY))
    if not ready:
        raise Refused(_("There is no idea to vote on."))
    fund.lot = lot
    order = {
        Fund.Tie.CHEAPER: lambda one: (one.cost_pence, one.number),
        Fund.Tie.EARLIER: lambda one: (one.number,),
        Fund.Tie.LOT: lambda one: (drawn(fund.lot, one.number),),
    }[Fund.Tie(fund.tie)]
    width = max(2, len(str(len(ready))))
    for place, idea in enumerate(sorted(ready, key=order), start=1):
        idea.tie_id = str(place).rjust(width, "0")
    Idea.objects.bulk_update(ready, ["tie_id"])


def drawn(lot: str, number: int) -> str:
    """Return what the lot gives an idea's number; the lowest comes first. Anybody can check it."""
    import hashlib

    return hashlib.sha256(f"{lot}:{number}".encode()).hexdigest()


@transaction.atomic
def choose_day(fund: Fund, *, by: Person, at: dt.datetime, session: Session | None) -> None:
    """Say at which gathering the ideas are pitched."""
    Fund.objects.filter(pk=fund.pk).update(session=session)
    note(fund, _("The day of the pitches was chosen."), by=by, at=at)


# --- People ------------------------------------------------------------------------------------


def _hold(
    fund: Fund, person: Person, role: str, *, by: Person, at: dt.datetime, is_taken_on: bool
) -> RoleHolding:
    holding = RoleHolding.objects.create(
        person=person,
        role=role,
        scope_kind=rules.SCOPE,
        scope_key=str(fund.pk),
        granted_by=by,
        offered_at=at,
        accepted_at=at if is_taken_on else None,
        starts_at=at,
    )
    RoleEvent.objects.create(holding=holding, what=_What.OFFERED, by=by, at=at)
    if is_taken_on:
        RoleEvent.objects.create(holding=holding, what=_What.ACCEPTED, by=person, at=at)
    _forget(person)
    return holding


def _forget(person: Person) -> None:
    for name in ("_roles_held", "_roles_where", "_reach"):
        person.__dict__.pop(name, None)


def holders(fund: Fund, role: str) -> list[RoleHolding]:
    """Return the open holdings of a role in this fund, offered ones too, oldest first."""
    return list(
        RoleHolding.objects.filter(
            role=role, scope_kind=rules.SCOPE, scope_key=str(fund.pk), ends_at=None
        )
        .select_related("person")
        .order_by("pk")
    )


def deciders(fund: Fund) -> list[Person]:
    """Return who has said yes to deciding."""
    return [one.person for one in holders(fund, rules.DECIDER) if one.accepted_at]


@transaction.atomic
def invite(fund: Fund, *, by: Person, at: dt.datetime, person: Person, role: str) -> RoleHolding:
    """Ask somebody to decide, or to keep the fund too; it counts from their yes. Twice is once."""
    if person.is_child or person.state != Person.State.ACTIVE:
        raise Refused(_("That is for grown-ups with an open account."))
    if role == rules.STEWARD and person.pk == by.pk:
        raise Refused(_("Nobody gives themselves a role."))
    if (
        role == rules.DECIDER
        and fund.ideas.filter(applicant=person)
        .exclude(state__in=[_State.DRAFT, _State.WITHDRAWN])
        .exists()
    ):
        raise Refused(
            _("%(name)s has sent in an idea here, so they can't decide as well.") % {"name": person}
        )
    for one in holders(fund, role):
        if one.person_id == person.pk:
            return one
    holding = _hold(fund, person, role, by=by, at=at, is_taken_on=False)
    notices.send(
        "roles",
        person,
        key=f"role-{holding.pk}-offer",
        title=gettext_lazy("You have been asked to take on a role"),
        body=gettext_lazy("Have a look at what it asks of you, then say yes or no."),
        path=reverse("people:my_roles"),
        at=at,
    )
    words = _("%(name)s was asked: %(role)s.") % {
        "name": person,
        "role": RoleHolding.Role(role).label,
    }
    note(fund, words, by=by, at=at)
    return holding


@transaction.atomic
def end(fund: Fund, holding: RoleHolding, *, by: Person, at: dt.datetime) -> None:
    """End a role in the fund. Its last steward stays."""
    if holding.role == rules.STEWARD:
        taken_on = [one for one in holders(fund, rules.STEWARD) if one.accepted_at]
        if holding.accepted_at and len(taken_on) == 1:
            raise Refused(_("They are the only steward. Ask somebody else first."))
    if RoleHolding.objects.filter(pk=holding.pk, ends_at=None).update(ends_at=at):
        RoleEvent.objects.create(holding=holding, what=_What.ENDED, by=by, at=at)
        _forget(holding.person)
        words = _("%(name)s is no longer: %(role)s.") % {
            "name": holding.person,
            "role": RoleHolding.Role(holding.role).label,
        }
        note(fund, words, by=by, at=at)
