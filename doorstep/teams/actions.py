"""What people do with teams: start, join, run, mentor, hand over."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.models import Spot
from doorstep.notices.actions import send, send_to_all
from doorstep.people.children import may_have_a_word
from doorstep.people.models import Person, RoleHolding
from doorstep.places.models import Area
from doorstep.teams import rules
from doorstep.teams.models import (
    QUORUM,
    Invitation,
    Kit,
    Membership,
    Mentoring,
    Question,
    Team,
    TeamEvent,
    on_team_started,
)

QUIET_AFTER = dt.timedelta(days=28)
TOUCH_EVERY = dt.timedelta(hours=1)
ASK_AGAIN_AFTER = dt.timedelta(days=30)
INVITATION_DAYS = 60
KITS = Path(__file__).resolve().parent / "kits"


class TeamProblem(Exception):
    """Something a verb will not do; `str()` is a sentence for the person who tried."""

    sentence: Any = ""

    def __init__(self, sentence: Any = "") -> None:
        super().__init__(sentence or self.sentence)

    def __str__(self) -> str:
        return str(self.args[0])


class TeamOver(TeamProblem):
    sentence = _("This team has closed. You can still read what it did.")


class NotInvited(TeamProblem):
    sentence = _("This team is by invitation. Ask somebody who is in it for a link.")


class NeedsTwoGrownUps(TeamProblem):
    sentence = _(
        "Two grown-ups answer for a team before somebody under 18 can join. "
        "This one has one. Ask its host, or ring us."
    )


class InvitationSpent(TeamProblem):
    sentence = _("This invitation doesn't work any more. Ask whoever gave it to you for a new one.")


class StaleAgreement(TeamProblem):
    sentence = _("The agreement changed while you were reading. Here it is as it stands now.")


class Changed(TeamProblem):
    sentence = _("Somebody else changed this while you were writing. Your words are still here.")


class AskedTooSoon(TeamProblem):
    sentence = _("The hosts said not this time. You can ask again a month after that.")


class LastHost(TeamProblem):
    sentence = _(
        "You hold the only keys. Make someone else a host first, or hand the team over or close it."
    )


class NotAMember(TeamProblem):
    sentence = _("They are not in this team any more.")


class GrownUpsOnly(TeamProblem):
    sentence = _("Hosts are 18 or over.")


class WrongMove(TeamProblem):
    sentence = _("The team can't go from where it is to there.")


# --- Kits ------------------------------------------------------------------------------------

_KIT_FIELDS = (
    "name",
    "purpose",
    "why",
    "first_gatherings",
    "opening_prompts",
    "what_to_bring",
    "risk_note",
    "agreement",
    "icon",
    "spot",
    "order",
)


@transaction.atomic
def load_kits(folder: Path = KITS) -> int:
    """Bring the kits in the database to what the files in `kits/` say; return how many.

    The slug is the file's name. Kits whose file is gone are no longer offered, but stay
    with the teams that began with them. Loading twice changes nothing.
    """
    known = {kit.slug: kit for kit in Kit.objects.all()}
    found = []
    for path in sorted(folder.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        values = {name: data[name] for name in _KIT_FIELDS if name in data}
        kit = known.get(path.stem)
        if kit is None:
            Kit.objects.create(slug=path.stem, is_offered=True, **values)
        elif not kit.is_offered or any(getattr(kit, name) != values[name] for name in values):
            for name, value in values.items():
                setattr(kit, name, value)
            kit.is_offered = True
            kit.save()
        found.append(path.stem)
    Kit.objects.exclude(slug__in=found).filter(is_offered=True).update(is_offered=False)
    return len(found)


# --- The state machine -----------------------------------------------------------------------

State, What = Team.State, TeamEvent.What
MOVES: dict[str, tuple[str, ...]] = {
    State.IDEA: (State.GATHERING, State.LIVE, State.CLOSED, State.HANDED_OVER),
    State.GATHERING: (State.LIVE, State.CLOSED, State.HANDED_OVER),
    State.LIVE: (State.QUIET, State.CLOSED, State.HANDED_OVER),
    State.QUIET: (State.LIVE, State.CLOSED, State.HANDED_OVER),
    State.CLOSED: (),
    State.HANDED_OVER: (),
}
_SAID: dict[str, TeamEvent.What] = {
    State.GATHERING: What.GATHERING,
    State.LIVE: What.LIVE,
    State.QUIET: What.QUIET,
    State.CLOSED: What.CLOSED,
    State.HANDED_OVER: What.HANDED_OVER,
}


def _note(
    team: Team, what: TeamEvent.What, *, by: Person | None, at: dt.datetime, detail: str = ""
) -> None:
    TeamEvent.objects.create(team=team, what=what, by=by, at=at, detail=detail[:300])


def _move(
    team: Team,
    to: Team.State,
    *,
    by: Person | None,
    at: dt.datetime,
    detail: str = "",
    only: dict[str, Any] | None = None,
    **also: Any,
) -> bool:
    """Move the team to a state, once; False when somebody was first.

    `only` narrows the claim further; `also` are fields that change with it.
    Raises WrongMove where there is no way from here to there.
    """
    if to not in MOVES[team.state]:
        raise WrongMove
    was = team.state
    # A conditional update is a claim that holds on SQLite and PostgreSQL alike.
    if not Team.objects.filter(pk=team.pk, state=was, **(only or {})).update(state=to, **also):
        team.refresh_from_db(fields=["state"])
        return False
    team.state = to
    for name, value in also.items():
        setattr(team, name, value)
    what = What.BACK if (was, to) == (State.QUIET, State.LIVE) else _SAID[to]
    _note(team, what, by=by, at=at, detail=detail)
    return True


def _lock(team: Team) -> Team:
    """Hold the team's row until the transaction ends, and see it as it is now."""
    return (
        Team.objects.select_for_update(of=("self",))
        .select_related("area")
        .defer("area__boundary")
        .get(pk=team.pk)
    )


def _members(team: Team) -> list[Person]:
    return list(
        Person.objects.select_related("account").filter(
            memberships__team=team, memberships__state=Membership.State.MEMBER
        )
    )


def _hosts(team: Team) -> list[Person]:
    return list(
        Person.objects.select_related("account").filter(
            memberships__team=team,
            memberships__state=Membership.State.MEMBER,
            memberships__role=Membership.Role.HOST,
        )
    )


def _settle(team: Team, *, by: Person | None, at: dt.datetime) -> None:
    """Count the team's people afresh, and see whether they make a team now.

    Three neighbours do, or one beside a mentor. Call it with the team's row held.
    """
    rows = Membership.objects.filter(team=team)
    team.member_count = rows.filter(state=Membership.State.MEMBER).count()
    team.asked_count = rows.filter(state=Membership.State.ASKED).count()
    Team.objects.filter(pk=team.pk).update(
        member_count=team.member_count, asked_count=team.asked_count
    )
    if not team.is_starting:
        return
    beside_mentor = (
        team.member_count >= 1 and Mentoring.objects.filter(team=team, ended_at=None).exists()
    )
    if team.member_count >= QUORUM or beside_mentor:
        if _move(team, State.LIVE, by=by, at=at, live_at=at, active_at=at):
            send_to_all(
                "team-news",
                _members(team),
                key=f"team-live:{team.pk}",
                title=_Said(_("%(team)s is up and running"), team=team.name),
                body=_("There are enough of you to begin. Plan your first gathering."),
                path=team.get_absolute_url(),
                at=at,
            )
    elif team.member_count > 1 and team.state == State.IDEA:
        _move(team, State.GATHERING, by=by, at=at)


class _Said:
    """A lazy sentence with its values, spoken in the language of whoever reads it."""

    def __init__(self, sentence: Any, **values: Any) -> None:
        self.sentence, self.values = sentence, values

    def __str__(self) -> str:
        return str(self.sentence) % self.values


@transaction.atomic
def recount(team: Team, *, at: dt.datetime) -> Team:
    """Count members and people who asked afresh; for imports that write rows themselves."""
    held = _lock(team)
    _settle(held, by=None, at=at)
    return held


def touch(team: Team, *, at: dt.datetime) -> None:
    """Say that something happened in the team: a post, a comment, a gathering.

    Costs one UPDATE at most once an hour for each team, and wakes a quiet one.
    """
    if team.state == State.QUIET:
        with transaction.atomic():
            _move(team, State.LIVE, by=None, at=at, active_at=at)
        return
    if team.active_at > at - TOUCH_EVERY:
        return
    Team.objects.filter(pk=team.pk, active_at__lte=at - TOUCH_EVERY).update(active_at=at)
    team.active_at = at


def find_quiet(*, at: dt.datetime, most: int = 500) -> int:
    """Mark teams quiet in which nothing happened for four weeks, and tell hosts and mentor.

    Survives running twice: each team is claimed by a conditional update.
    """
    before = at - QUIET_AFTER
    count = 0
    teams = Team.objects.filter(state=State.LIVE, active_at__lt=before).order_by("active_at")
    for team in teams[:most]:
        with transaction.atomic():
            # Somebody may post between our reading and our writing: then it is not quiet.
            if not _move(team, State.QUIET, by=None, at=at, only={"active_at__lt": before}):
                continue
            count += 1
            mentors = Person.objects.select_related("account").filter(
                mentorings__team=team, mentorings__ended_at=None
            )
            send_to_all(
                "team-news",
                {person.pk: person for person in [*_hosts(team), *mentors]}.values(),
                key=f"team-quiet:{team.pk}:{at:%Y-%m-%d}",
                title=_Said(_("It's been quiet in %(team)s"), team=team.name),
                body=_(
                    "Nothing has happened for four weeks. That's all right. Say hello, plan "
                    "something small, or ask a mentor to help."
                ),
                path=team.get_absolute_url(),
                at=at,
            )
    return count


# --- Starting --------------------------------------------------------------------------------


def _own_key(by: Person, client_key: str) -> str:
    """Return the form's key as this person's own, so that nobody lands in another's team."""
    return hashlib.blake2b(f"{by.pk}:{client_key}".encode(), digest_size=16).hexdigest()


def start_team(
    *,
    by: Person,
    at: dt.datetime,
    name: str,
    purpose: str,
    area: Area,
    client_key: str,
    kit: Kit | None = None,
    place: str = "",
    why: str = "",
    joining: str = Team.Joining.OPEN,
    is_private: bool = False,
    first_gathering: str = "",
    agreement: str = "",
    wants_mentor: bool = False,
) -> Team:
    """Start a team with `by` as its host and first member.

    The same `client_key` from the same person is the same team, however often it comes.
    Raises GrownUpsOnly.
    """
    if not rules.can_start_team(by):
        raise GrownUpsOnly
    key = _own_key(by, client_key)
    already = Team.objects.filter(client_key=key).first()
    if already:
        return already
    try:
        return _start(
            by=by,
            at=at,
            kit=kit,
            wants_mentor=wants_mentor,
            name=name,
            purpose=purpose,
            area=area,
            place=place,
            why=why,
            joining=joining,
            is_private=is_private,
            first_gathering=first_gathering,
            agreement=agreement,
            client_key=key,
        )
    except IntegrityError:
        # Two tabs at the same moment: one of them made it.
        already = Team.objects.filter(client_key=key).first()
        if already is None:
            raise
        return already


_RESERVED = {"kits", "start", "mentors", "invited"}


def _slug(name: str, *, is_private: bool) -> str:
    """Return a free slug. A private team's says nothing, nor does it take a name from others."""
    if is_private:
        return keys.new_key(12)
    return keys.slug_from(
        name,
        lambda slug: slug in _RESERVED or Team.objects.filter(slug=slug).exists(),
    )


@transaction.atomic
def _start(
    *, by: Person, at: dt.datetime, kit: Kit | None, wants_mentor: bool, **values: Any
) -> Team:
    colours = Spot.values
    team = Team.objects.create(
        slug=_slug(values["name"], is_private=values["is_private"]),
        kit=kit,
        spot=kit.spot if kit else colours[len(values["name"]) % len(colours)],
        started_by=by,
        started_at=at,
        active_at=at,
        mentor_asked_at=at if wants_mentor else None,
        **values,
    )
    _note(team, What.STARTED, by=by, at=at, detail=kit.name if kit else "")
    Membership.objects.create(
        team=team,
        person=by,
        role=Membership.Role.HOST,
        joined_at=at,
        agreed_version=team.agreement_version,
    )
    rules.forget(by)
    _settle(team, by=by, at=at)
    for hook in on_team_started:
        hook(team)
    if wants_mentor:
        _tell_mentors(team, by=by, at=at)
    return team


def _tell_mentors(team: Team, *, by: Person, at: dt.datetime) -> None:
    mentors = Person.objects.select_related("account").filter(
        pk__in=RoleHolding.objects.held(at)
        .filter(role=RoleHolding.Role.MENTOR, area__in=team.area.path_ids)
        .values("person")
    )
    send_to_all(
        "team-mentoring",
        mentors,
        key=f"team-wants-mentor:{team.pk}:{at:%Y-%m-%d}",
        title=_Said(_("%(team)s would like a mentor"), team=team.name),
        body=team.purpose,
        path=reverse("teams:mentors"),
        about=by,
        at=at,
    )


# --- Joining and leaving ---------------------------------------------------------------------


def join(
    team: Team,
    *,
    by: Person,
    at: dt.datetime,
    agreed_version: int,
    answers: Sequence[dict[str, str]] = (),
    invitation: Invitation | None = None,
) -> Membership:
    """Join the team, or ask to where hosts have a say; return the membership as it is then.

    Joining twice is joining once. Raises TeamOver, NotInvited, InvitationSpent, AskedTooSoon,
    or StaleAgreement when `agreed_version` is not the agreement as it stands.
    """
    with transaction.atomic():
        held = _lock(team)
        rules.forget(by)
        row = Membership.objects.filter(team=held, person=by).first()
        if row is not None and row.state == Membership.State.MEMBER:
            return row
        if held.is_over:
            raise TeamOver
        if held.agreement and agreed_version != held.agreement_version:
            raise StaleAgreement
        if by.is_child and not rules.looks_out_for_children(held):
            raise NeedsTwoGrownUps
        if rules.needs_invitation(held) and invitation is None:
            raise NotInvited
        asks = rules.joins_by_asking(by, held, invitation)
        if asks:
            if row is not None and row.state == Membership.State.ASKED:
                return row
            if (
                row is not None
                and row.state == Membership.State.REFUSED
                and row.left_at is not None
                and row.left_at > at - ASK_AGAIN_AFTER
            ):
                raise AskedTooSoon
        if invitation is not None:
            _use(invitation, team=held, at=at)
        state = Membership.State.ASKED if asks else Membership.State.MEMBER
        values = {
            "state": state,
            "role": Membership.Role.MEMBER,
            "answers": list(answers),
            "agreed_version": held.agreement_version,
            "joined_at": at,
            "left_at": None,
            "decided_by": None,
            "decided_why": "",
        }
        row, _made = Membership.objects.update_or_create(team=held, person=by, defaults=values)
        rules.forget(by)
        if not asks:
            _note(held, What.JOINED, by=by, at=at)
        _settle(held, by=by, at=at)
        _tell_hosts_of(held, by, asks=asks, at=at)
        return row


def _use(invitation: Invitation, *, team: Team, at: dt.datetime) -> None:
    """Use the invitation up by one. The conditional update keeps the last use for one person."""
    used = Invitation.objects.filter(
        pk=invitation.pk, team=team, is_withdrawn=False, uses_left__gt=0, expires_at__gt=at
    ).update(uses_left=F("uses_left") - 1, used_count=F("used_count") + 1)
    if not used:
        raise InvitationSpent


def _tell_hosts_of(team: Team, person: Person, *, asks: bool, at: dt.datetime) -> None:
    sentence = _("%(name)s would like to join %(team)s") if asks else _("%(name)s joined %(team)s")
    path = reverse("teams:host", args=[team.slug]) if asks else team.get_absolute_url()
    send_to_all(
        "team-asked" if asks else "team-joined",
        [host for host in _hosts(team) if host.pk != person.pk],
        key=f"team-{'asked' if asks else 'joined'}:{team.pk}:{person.pk}:{at:%Y-%m-%d}",
        title=_Said(sentence, name=person.known_as, team=team.name),
        path=path,
        about=person,
        at=at,
    )


@transaction.atomic
def decide(
    membership: Membership, *, accept: bool, word: str = "", by: Person, at: dt.datetime
) -> bool:
    """Let somebody in who asked, or not, with a word to them; False when it was decided already."""
    team = _lock(membership.team)
    state = Membership.State.MEMBER if accept else Membership.State.REFUSED
    claimed = Membership.objects.filter(pk=membership.pk, state=Membership.State.ASKED).update(
        state=state,
        decided_by=by,
        decided_why=word[:300],
        joined_at=at,
        left_at=None if accept else at,
    )
    if not claimed:
        return False
    membership.refresh_from_db()
    rules.forget(membership.person)
    if accept:
        _note(team, What.JOINED, by=membership.person, at=at)
    _settle(team, by=by, at=at)
    sentence = (
        _("You're in: welcome to %(team)s") if accept else _("%(team)s said not this time, sorry")
    )
    send(
        "team-answer",
        membership.person,
        key=f"team-answer:{membership.pk}:{at.timestamp():.0f}",
        title=_Said(sentence, team=team.name),
        body=word if may_have_a_word(by, membership.person) else "",
        # A private team's page is closed to whoever was refused.
        path=team.get_absolute_url() if accept or not team.is_private else reverse("teams:teams"),
        at=at,
    )
    return True


@transaction.atomic
def agree(team: Team, *, by: Person, version: int) -> None:
    """Accept the team's agreement as it stands. Raises StaleAgreement, NotAMember."""
    held = _lock(team)
    if version != held.agreement_version:
        raise StaleAgreement
    changed = Membership.objects.filter(team=held, person=by, state=Membership.State.MEMBER).update(
        agreed_version=version
    )
    rules.forget(by)
    if not changed:
        raise NotAMember


@transaction.atomic
def take_back(team: Team, *, by: Person, at: dt.datetime) -> None:
    """Stop asking to join."""
    held = _lock(team)
    Membership.objects.filter(team=held, person=by, state=Membership.State.ASKED).update(
        state=Membership.State.LEFT, left_at=at
    )
    rules.forget(by)
    _settle(held, by=by, at=at)


@transaction.atomic
def leave(team: Team, *, by: Person, at: dt.datetime) -> None:
    """Leave the team. Raises LastHost while the team runs and nobody else holds the keys."""
    held = _lock(team)
    row = Membership.objects.filter(team=held, person=by, state=Membership.State.MEMBER).first()
    if row is None:
        return
    if row.role == Membership.Role.HOST and not held.is_over and _is_last_host(held, row):
        raise LastHost
    Membership.objects.filter(pk=row.pk).update(
        state=Membership.State.LEFT, role=Membership.Role.MEMBER, left_at=at
    )
    rules.forget(by)
    _note(held, What.LEFT, by=by, at=at)
    _settle(held, by=by, at=at)


def _is_last_host(team: Team, row: Membership) -> bool:
    return not (
        Membership.objects.filter(
            team=team, state=Membership.State.MEMBER, role=Membership.Role.HOST
        )
        .exclude(pk=row.pk)
        .exists()
    )


@transaction.atomic
def remove(membership: Membership, *, reason: str, by: Person, at: dt.datetime) -> bool:
    """Ask a member to leave, with the reason told to them; False when they had gone already."""
    team = _lock(membership.team)
    claimed = Membership.objects.filter(
        pk=membership.pk, state=Membership.State.MEMBER, role=Membership.Role.MEMBER
    ).update(state=Membership.State.REMOVED, left_at=at, decided_by=by, decided_why=reason[:300])
    if not claimed:
        return False
    rules.forget(membership.person)
    _note(team, What.REMOVED, by=by, at=at, detail=f"{membership.person.known_as}: {reason}")
    _settle(team, by=by, at=at)
    send(
        "team-removed",
        membership.person,
        key=f"team-removed:{membership.pk}:{at.timestamp():.0f}",
        title=_Said(_("You're no longer in %(team)s"), team=team.name),
        body=reason,
        path=reverse("teams:teams"),
        at=at,
    )
    return True


@transaction.atomic
def make_host(membership: Membership, *, by: Person, at: dt.datetime) -> None:
    """Hand a member a set of keys. Raises GrownUpsOnly, NotAMember."""
    team = _lock(membership.team)
    if membership.person.is_child:
        raise GrownUpsOnly
    claimed = Membership.objects.filter(
        pk=membership.pk, state=Membership.State.MEMBER, role=Membership.Role.MEMBER
    ).update(role=Membership.Role.HOST)
    if not claimed:
        membership.refresh_from_db()
        if membership.state != Membership.State.MEMBER:
            raise NotAMember
        return
    rules.forget(membership.person)
    _note(team, What.HOST, by=membership.person, at=at)
    send(
        "team-answer",
        membership.person,
        key=f"team-host:{membership.pk}:{at.timestamp():.0f}",
        title=_Said(_("You hold the keys to %(team)s now"), team=team.name),
        body=_(
            "You're a host: you can let people in, plan gatherings and change the team's words."
        ),
        path=reverse("teams:host", args=[team.slug]),
        about=by,
        at=at,
    )


@transaction.atomic
def step_down(team: Team, *, by: Person, at: dt.datetime, to: Membership | None = None) -> None:
    """Put the keys down and stay a member, handing them `to` another member where one is named.

    Raises LastHost when nobody would hold them.
    """
    held = _lock(team)
    if to is not None:
        make_host(to, by=by, at=at)
    row = Membership.objects.filter(
        team=held, person=by, state=Membership.State.MEMBER, role=Membership.Role.HOST
    ).first()
    if row is None:
        return
    if _is_last_host(held, row):
        raise LastHost
    Membership.objects.filter(pk=row.pk).update(role=Membership.Role.MEMBER)
    rules.forget(by)
    _note(held, What.STEPPED_DOWN, by=by, at=at)


# --- Invitations -----------------------------------------------------------------------------


@transaction.atomic
def invite(
    team: Team,
    *,
    by: Person,
    at: dt.datetime,
    label: str = "",
    days: int = INVITATION_DAYS,
    uses: int = 50,
) -> Invitation:
    """Make a link that lets `uses` people in for `days` days. Raises TeamOver."""
    held = _lock(team)
    if held.is_over:
        raise TeamOver
    invitation = Invitation.objects.create(
        team=held,
        code=keys.new_key(16),
        label=label,
        made_by=by,
        made_at=at,
        expires_at=at + dt.timedelta(days=days),
        uses_left=uses,
    )
    if held.state == State.IDEA:
        # Asking neighbours is what gathering them means.
        _move(held, State.GATHERING, by=by, at=at)
    return invitation


def withdraw(invitation: Invitation) -> None:
    """Make the link, code and slips of an invitation stop working."""
    Invitation.objects.filter(pk=invitation.pk).update(is_withdrawn=True)
    invitation.is_withdrawn = True


# --- Running it ------------------------------------------------------------------------------


@transaction.atomic
def change_words(team: Team, *, by: Person, at: dt.datetime, **words: Any) -> None:
    """Change name, purpose, place, why, area, joining, privacy or colour."""
    held = _lock(team)
    if held.is_over:
        raise TeamOver
    allowed = {"name", "purpose", "place", "why", "area", "joining", "is_private", "spot"}
    for name in words.keys() & (allowed | {"first_gathering"}):
        setattr(held, name, words[name])
    held.save(update_fields=sorted(words.keys() & (allowed | {"first_gathering"})))


@transaction.atomic
def change_agreement(team: Team, *, text: str, version: int, by: Person, at: dt.datetime) -> bool:
    """Change what the team agrees on; members are asked to say yes again.

    `version` is the one the host was looking at. Raises Changed when another host was first.
    Returns False when the words are the same.
    """
    held = _lock(team)
    if held.is_over:
        raise TeamOver
    if version != held.agreement_version:
        raise Changed
    if text == held.agreement:
        return False
    held.agreement = text
    held.agreement_version += 1
    held.save(update_fields=["agreement", "agreement_version"])
    # Whoever writes it agrees with it.
    Membership.objects.filter(team=held, person=by).update(agreed_version=held.agreement_version)
    rules.forget(by)
    _note(held, What.AGREEMENT, by=by, at=at)
    if text:
        send_to_all(
            "team-agreement",
            [person for person in _members(held) if person.pk != by.pk],
            key=f"team-agreement:{held.pk}:{held.agreement_version}",
            title=_Said(_("%(team)s changed what you agree on"), team=held.name),
            body=_("Please read it and say yes again. Until then you can read, but not post."),
            path=reverse("teams:agree", args=[held.slug]),
            at=at,
        )
    return True


@transaction.atomic
def change_questions(team: Team, *, texts: Sequence[str]) -> None:
    """Ask these questions, in this order, of people who want to join."""
    held = _lock(team)
    if held.is_over:
        raise TeamOver
    Question.objects.filter(team=held).delete()
    Question.objects.bulk_create(
        Question(team=held, text=text, order=order)
        for order, text in enumerate(text for text in texts if text)
    )


@transaction.atomic
def pin(team: Team, *, title: str, text: str) -> None:
    """Change the team's pinned page."""
    held = _lock(team)
    if held.is_over:
        raise TeamOver
    held.pinned_title, held.pinned_text = title, text
    held.save(update_fields=["pinned_title", "pinned_text"])


@transaction.atomic
def end(
    team: Team,
    *,
    why: str,
    by: Person,
    at: dt.datetime,
    handed_to: Team | None = None,
    is_handed_over: bool = False,
) -> bool:
    """Close the team, or hand its work over to others; its history stays. False if it was over."""
    held = _lock(team)
    if held.is_over:
        return False
    to = State.HANDED_OVER if is_handed_over else State.CLOSED
    members = _members(held)
    _move(
        held,
        to,
        by=by,
        at=at,
        detail=why,
        ended_at=at,
        ended_why=why,
        handed_to=handed_to,
        mentor_asked_at=None,
    )
    Invitation.objects.filter(team=held).update(is_withdrawn=True)
    Membership.objects.filter(team=held, state=Membership.State.ASKED).update(
        state=Membership.State.LEFT, left_at=at
    )
    Mentoring.objects.filter(team=held, ended_at=None).update(ended_at=at)
    _settle(held, by=by, at=at)
    sentence = _("%(team)s was handed over") if is_handed_over else _("%(team)s has closed")
    send_to_all(
        "team-ended",
        [person for person in members if person.pk != by.pk],
        key=f"team-ended:{held.pk}",
        title=_Said(sentence, team=held.name),
        body=why,
        path=held.get_absolute_url(),
        at=at,
    )
    for name in ("state", "ended_at", "ended_why", "handed_to"):
        setattr(team, name, getattr(held, name))
    rules.forget(by)
    return True


# --- Mentors ---------------------------------------------------------------------------------


@transaction.atomic
def ask_for_mentor(team: Team, *, by: Person, at: dt.datetime) -> bool:
    """Ask the mentors of the team's area for one; False when that was asked already."""
    held = _lock(team)
    if held.is_over:
        raise TeamOver
    if held.mentor_asked_at or Mentoring.objects.filter(team=held, ended_at=None).exists():
        return False
    Team.objects.filter(pk=held.pk).update(mentor_asked_at=at)
    _tell_mentors(held, by=by, at=at)
    return True


@transaction.atomic
def take_on(team: Team, *, by: Person, at: dt.datetime) -> Mentoring | None:
    """Become the team's mentor; None when another mentor was first, or it no longer asks."""
    held = _lock(team)
    claimed = Team.objects.filter(pk=held.pk, mentor_asked_at__isnull=False).update(
        mentor_asked_at=None
    )
    if not claimed or held.is_over:
        return None
    held.mentor_asked_at = None
    mentoring = Mentoring.objects.create(team=held, mentor=by, since=at)
    rules.forget(by)
    _note(held, What.MENTOR, by=by, at=at)
    send_to_all(
        "team-mentoring",
        _hosts(held),
        key=f"team-mentor:{mentoring.pk}",
        title=_Said(_("%(name)s is your mentor now"), name=by.known_as),
        body=_Said(_("They will be in touch about %(team)s."), team=held.name),
        path=held.get_absolute_url(),
        about=by,
        at=at,
    )
    _settle(held, by=by, at=at)
    return mentoring


@transaction.atomic
def end_mentoring(mentoring: Mentoring, *, by: Person, at: dt.datetime) -> None:
    """The mentor steps back, or the hosts say they can manage now."""
    ended = Mentoring.objects.filter(pk=mentoring.pk, ended_at=None).update(ended_at=at)
    if not ended:
        return
    rules.forget(by)
    rules.forget(mentoring.mentor)
    _note(mentoring.team, What.MENTOR_LEFT, by=mentoring.mentor, at=at)
    others = [mentoring.mentor, *_hosts(mentoring.team)]
    send_to_all(
        "team-mentoring",
        [person for person in others if person.pk != by.pk],
        key=f"team-mentor-left:{mentoring.pk}",
        title=_Said(_("The mentoring of %(team)s has ended"), team=mentoring.team.name),
        path=reverse("teams:teams"),
        about=by,
        at=at,
    )


@transaction.atomic
def note_contact(team: Team, *, note: str, by: Person, at: dt.datetime) -> None:
    """Write down that the mentor got in touch: “rang them, all well”."""
    Mentoring.objects.filter(team=team, mentor=by, ended_at=None).update(
        last_contact_at=at, last_contact_note=note[:300]
    )
    _note(team, What.CONTACT, by=by, at=at, detail=note)
