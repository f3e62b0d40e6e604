"""Whom a call may go to. Offers, teams and neighbours here; `web` hangs gatherings up.

sources.add("gatherings", Source(label, rows, ("pk", "title"), entries, fetch))
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    Func,
    OuterRef,
    QuerySet,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from doorstep.base.registry import Registry
from doorstep.base.time import local, today
from doorstep.connect.calls.models import CallAsk
from doorstep.notices.models import Channel, Preference
from doorstep.organisations.finding.engine import Entry
from doorstep.organisations.models import Offer, Organisation, Position
from doorstep.people.models import Person
from doorstep.people.rules import PARTS
from doorstep.people.tongues import named
from doorstep.teams.models import Membership, Team

Kind = CallAsk.Kind
NOTICE = "connect-call"  # the kind of notice a receiver gets


@dataclass(frozen=True)
class Candidate:
    """Somebody a call may go to, as they are now.

    `words` is what they say of themselves; `people` hear it and answer, `email` where nobody of
    them has an account; `path` of the area they stand in ("" for the whole borough).
    """

    kind: str
    key: str
    label: str
    words: str
    people: Sequence[Person] = ()
    email: str = ""
    path: str = ""
    languages: Sequence[str] = ()
    note: str = ""
    page: str = ""
    offer: Offer | None = None
    organisation: Organisation | None = None
    team: Team | None = None
    person: Person | None = None


@dataclass(frozen=True)
class Source:
    """A place candidates come from.

    `entries()` gives all for the index, keyed "kind:pk"; it says what stands in `columns` of
    `rows()`, and nothing else. `fetch(keys, viewer, at)` gives those that are open and that the
    viewer may see now, by key: whatever the index says is old.
    """

    label: Any
    rows: Callable[[], QuerySet[Any]]
    columns: Sequence[str]
    entries: Callable[[], Iterable[Entry]]
    fetch: Callable[[Sequence[int], Person, dt.datetime], Mapping[str, Candidate]]

    def word(self) -> str:
        """Return a word that changes with what is listed. PostgreSQL alone, which works it out
        where the rows are: none is brought along."""
        said = (Coalesce(Cast(name, TextField()), Value("")) for name in self.columns)
        row = Func(Value("\x1f"), *said, function="concat_ws", output_field=TextField())
        number = Func(row, Value(0), function="hashtextextended", output_field=BigIntegerField())
        found = self.rows().order_by().aggregate(many=Count("pk"), all=Sum(number))
        return f"{found['many']}.{found['all']}"


# Kind -> Source.
sources: Registry[Source] = Registry("whom a call may go to")


# --- Offers ------------------------------------------------------------------------------------


def _offers() -> QuerySet[Offer]:
    return Offer.objects.open_on(today())


_OF_OFFERS = ("pk", "what", "details", "for_whom", "organisation__name", "area__name")


def offer_entries() -> Iterable[Entry]:
    rows = _offers().select_related("organisation", "area")
    for one in rows.order_by("pk").iterator(500):
        yield Entry(
            key=f"{Kind.OFFER}:{one.pk}",
            name=one.what,
            description=" ".join(part for part in (one.details, one.for_whom) if part),
            organisation=one.organisation.name,
            area=one.area.name if one.area else "",
            kind=Kind.OFFER,
        )


def fetch_offers(pks: Sequence[int], viewer: Person, at: dt.datetime) -> dict[str, Candidate]:
    rows = list(
        Offer.objects.open_on(local(at).date())
        .filter(pk__in=pks)
        .select_related("organisation", "area", "answered_by")
    )
    houses: dict[int, list[Person]] = {}
    for place in (
        Position.objects.held()
        .filter(organisation__in={row.organisation_id for row in rows}, role__in=Position.MAY_EDIT)
        .select_related("person")
        .order_by("pk")
    ):
        if place.person is not None:
            houses.setdefault(place.organisation_id, []).append(place.person)
    found = {}
    for one in rows:
        people = [one.answered_by] if one.answered_by else houses.get(one.organisation_id, [])
        note = ""
        if one.how_many_now is not None:
            note = ngettext("room for %(n)d now", "room for %(n)d now", one.how_many_now) % {
                "n": one.how_many_now
            }
        found[f"{Kind.OFFER}:{one.pk}"] = Candidate(
            kind=Kind.OFFER,
            key=f"{Kind.OFFER}:{one.pk}",
            label=f"{one.organisation.name}: {one.what}",
            words=f"{one.what}. {one.details}",
            people=people,
            email=one.answer_email or one.organisation.email,
            path=one.area.path if one.area else "",
            note=note,
            page=one.organisation.get_absolute_url(),
            offer=one,
            organisation=one.organisation,
        )
    return found


# --- Teams -------------------------------------------------------------------------------------

LIVELY = (Team.State.LIVE, Team.State.GATHERING, Team.State.QUIET)


def _teams() -> Any:
    return Team.objects.filter(is_private=False, state__in=LIVELY)


_OF_TEAMS = ("pk", "name", "purpose", "why", "area__name")


def team_entries() -> Iterable[Entry]:
    for one in _teams().select_related("area").order_by("pk").iterator(500):
        yield Entry(
            key=f"{Kind.TEAM}:{one.pk}",
            name=f"{one.name}: {one.purpose}",
            description=one.why,
            area=one.area.name,
            kind=Kind.TEAM,
        )


def fetch_teams(pks: Sequence[int], viewer: Person, at: dt.datetime) -> dict[str, Candidate]:
    rows = list(_teams().visible_to(viewer).filter(pk__in=pks).select_related("area"))
    hosts: dict[int, list[Person]] = {}
    for row in (
        Membership.objects.filter(team__in=rows, role="host", state="member")
        .select_related("person")
        .order_by("pk")
    ):
        hosts.setdefault(row.team_id, []).append(row.person)
    return {
        f"{Kind.TEAM}:{one.pk}": Candidate(
            kind=Kind.TEAM,
            key=f"{Kind.TEAM}:{one.pk}",
            label=one.name,
            words=f"{one.purpose}. {one.why}",
            people=hosts[one.pk],
            path=one.area.path,
            page=one.get_absolute_url(),
            team=one,
        )
        for one in rows
        # A team without a host has nobody who could answer.
        if hosts.get(one.pk)
    }


# --- Neighbours, by what they say they can share ------------------------------------------------


def _neighbours() -> Any:
    """Grown-ups who show every neighbour what they can share, and can read an answer here."""
    from doorstep.people.rules import _adult_since

    no_thanks = Preference.objects.filter(
        person=OuterRef("pk"), kind=NOTICE, channel=Channel.IN_APP, is_wanted=False
    )
    people = (
        Person.objects.active()
        .filter(restricted_at=None, account__is_active=True)
        .exclude(can_share="")
        .exclude(born_on__gt=_adult_since())
        # Who switched these notices off isn't asked.
        .exclude(Exists(no_thanks))
    )
    assert PARTS["can_share"] == Person.Sees.MEMBERS  # noqa: S101
    return people


def _shows(person: Person) -> bool:
    from doorstep.people.rules import sees_part

    return sees_part(person, "can_share") == Person.Sees.MEMBERS


_OF_PEOPLE = ("pk", "can_share", "languages", "shown_to", "home__name")


def person_entries() -> Iterable[Entry]:
    for one in _neighbours().select_related("home").order_by("pk").iterator(500):
        if _shows(one):
            yield Entry(
                key=f"{Kind.PERSON}:{one.pk}",
                name=one.can_share[:200],
                description=one.can_share[200:],
                languages=tuple(str(tongue) for tongue in named(one.languages)),
                area=one.home.name if one.home else "",
                kind=Kind.PERSON,
            )


def fetch_people(pks: Sequence[int], viewer: Person, at: dt.datetime) -> dict[str, Candidate]:
    rows = _neighbours().visible_to(viewer).filter(pk__in=pks).select_related("home")
    return {
        f"{Kind.PERSON}:{one.pk}": Candidate(
            kind=Kind.PERSON,
            key=f"{Kind.PERSON}:{one.pk}",
            label=one.known_as,
            words=one.can_share,
            people=[one],
            path=one.home.path if one.home else "",
            languages=[str(tongue) for tongue in named(one.languages)],
            page=one.get_absolute_url(),
            person=one,
        )
        for one in rows
        if _shows(one)
    }


def register() -> None:
    """Hang up what this floor and those below know."""
    sources.add(
        Kind.OFFER,
        Source(gettext_lazy("Offers"), _offers, _OF_OFFERS, offer_entries, fetch_offers),
        order=10,
    )
    sources.add(
        Kind.TEAM,
        Source(gettext_lazy("Teams"), _teams, _OF_TEAMS, team_entries, fetch_teams),
        order=20,
    )
    sources.add(
        Kind.PERSON,
        Source(gettext_lazy("Neighbours"), _neighbours, _OF_PEOPLE, person_entries, fetch_people),
        order=40,
    )


def said(kind: str) -> str:
    """Return what somebody of this kind is, in a word."""
    return {
        Kind.OFFER: _("an offer"),
        Kind.TEAM: _("a team"),
        Kind.GATHERING: _("a gathering"),
        Kind.PERSON: _("a neighbour"),
        Kind.KNOWN: _("suggested"),
    }.get(kind, "")  # type: ignore[call-overload]
