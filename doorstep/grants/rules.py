"""Who may see and do what with funds and ideas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from doorstep.grants.models import (
    CoApplicant,
    Fund,
    Idea,
    Induction,
    Interest,
    Share,
    Stage,
    Voted,
)
from doorstep.people.models import Person, RoleHolding
from doorstep.people.records.rules import can_open_record
from doorstep.people.rules import blocked_ids, holds

if TYPE_CHECKING:
    from doorstep.grants.models import FundQuerySet, IdeaQuerySet

SCOPE = "fund"
STEWARD, DECIDER = RoleHolding.Role.STEWARD, RoleHolding.Role.DECIDER
State = Idea.State
# Everybody reads them, once voting is on.
PUBLIC = (State.READY, State.FUNDED, State.NOT_FUNDED)
SHOWN_IN = (Stage.VOTING, Stage.DECIDED, Stage.CLOSED)
CLOSED = (Stage.DECIDED, Stage.CLOSED)


def _grown_up(person: Person | None) -> bool:
    return person is not None and person.state == Person.State.ACTIVE and not person.is_child


# --- Funds -------------------------------------------------------------------------------------


def can_start(person: Person | None) -> bool:
    """Start a fund: who is a grants steward of an area."""
    return _grown_up(person) and bool(areas_kept(person))


def areas_kept(person: Person | None) -> list[str]:
    """Return the paths of areas this person is a steward of."""
    if person is None or not holds(person, STEWARD):
        return []
    return [
        path
        for role, path, _kind, _key in person.__dict__.get("_roles_where", ())
        if role == STEWARD and path is not None
    ]


def _scopes(person: Person | None, role: str) -> list[int]:
    """Return the pks of the funds in which the person holds a role."""
    if person is None or not holds(person, RoleHolding.Role(role)):
        return []
    return [
        int(key)
        for held, _path, kind, key in person.__dict__.get("_roles_where", ())
        if held == role and kind == SCOPE and key.isdigit()
    ]


def can_keep(person: Person | None, fund: Fund) -> bool:
    """Keep a fund: its stewards, and those of its area."""
    if not _grown_up(person):
        return False
    return holds(person, STEWARD, scope=(SCOPE, str(fund.pk))) or any(
        fund.area.path.startswith(path) for path in areas_kept(person)
    )


def is_decider(person: Person | None, fund: Fund) -> bool:
    return _grown_up(person) and holds(person, DECIDER, scope=(SCOPE, str(fund.pk)))


def is_inducted(person: Person | None, fund: Fund) -> bool:
    """Whether they know what deciding here means; nobody is given an idea to read before."""
    return person is not None and Induction.objects.filter(fund=fund, person=person).exists()


def can_see_fund(person: Person | None, fund: Fund) -> bool:
    """A fund that is open or done, everybody; one in the making, those who make it."""
    if fund.stage != Stage.DRAFT:
        return True
    return can_keep(person, fund) or is_decider(person, fund)


def kept_by(person: Person | None, prefix: str = "") -> Q:
    """`can_keep` as a Q; `prefix` leads to the fund."""
    if not _grown_up(person):
        return Q(pk__in=[])
    kept = Q(**{f"{prefix}pk__in": _scopes(person, STEWARD)})
    for path in areas_kept(person):
        kept |= Q(**{f"{prefix}area__path__startswith": path})
    return kept


def funds_visible_to(funds: FundQuerySet, person: Person | None) -> FundQuerySet:
    """`can_see_fund` as a query."""
    seen = ~Q(stage=Stage.DRAFT) | kept_by(person)
    if _grown_up(person):
        seen |= Q(pk__in=_scopes(person, DECIDER))
    return funds.filter(seen)


# --- Ideas -------------------------------------------------------------------------------------


def is_ours(person: Person | None, idea: Idea) -> bool:
    """Whether it is this person's idea, alone or with others who said yes."""
    if person is None:
        return False
    return (
        idea.applicant_id == person.pk
        or CoApplicant.objects.filter(idea=idea, person=person, agreed_at__isnull=False).exists()
    )


def is_close(person: Person | None, idea: Idea) -> bool:
    """Whether the person said that they are close to an idea."""
    return person is not None and Interest.objects.filter(idea=idea, person=person).exists()


def can_see_idea(person: Person | None, idea: Idea) -> bool:
    """Its own people always. Then nobody across a block, nor who said they are close to it.

    Stewards see what was sent, whoever typed it the draft too; deciders what was given to them,
    while it is read; everybody what is voted on.
    """
    if person is not None and idea.applicant_id == person.pk:
        return True
    if person is not None and is_asked(person, idea):
        return True
    if person is not None and idea.typed_by_id == person.pk and idea.state == State.DRAFT:
        return True
    if person is not None and idea.applicant_id in blocked_ids(person):
        return False
    if is_close(person, idea) and idea.fund.stage not in CLOSED:
        return False
    if idea.state in PUBLIC and idea.fund.stage in SHOWN_IN:
        return True
    if idea.state == State.DRAFT:
        return False
    if can_keep(person, idea.fund):
        return True
    return (
        is_decider(person, idea.fund)
        and idea.state == State.READY
        and Share.objects.filter(idea=idea, decider=person).exists()
    )


def is_asked(person: Person, idea: Idea) -> bool:
    """Whether they were named as doing it too, said yes or not yet."""
    return CoApplicant.objects.filter(idea=idea, person=person).exists()


def ideas_visible_to(ideas: IdeaQuerySet, person: Person | None) -> IdeaQuerySet:
    """`can_see_idea` as a query."""
    public = Q(state__in=PUBLIC, fund__stage__in=SHOWN_IN)
    if person is None:
        return ideas.filter(public)
    own = (
        Q(applicant=person)
        | Q(pk__in=CoApplicant.objects.filter(person=person).values("idea"))
        | Q(typed_by=person, state=State.DRAFT)
    )
    close = Exists(Interest.objects.filter(idea=OuterRef("pk"), person=person))
    kept = kept_by(person, "fund__") & ~Q(state=State.DRAFT)
    others = public | kept
    if _grown_up(person):
        others |= Q(
            state=State.READY,
            fund__in=_scopes(person, DECIDER),
            pk__in=Share.objects.filter(decider=person).values("idea"),
        )
    others &= ~Q(applicant__in=blocked_ids(person))
    others &= Q(fund__stage__in=CLOSED) | ~Q(close)
    return ideas.filter(own | others)


def reads_all(person: Person | None, idea: Idea) -> bool:
    """Whether they read it as it was written, names and all, and not what was made fair."""
    if person is None:
        return False
    return (
        is_ours(person, idea)
        or is_asked(person, idea)
        or (idea.typed_by_id == person.pk and idea.state == State.DRAFT)
        or can_tend(person, idea)
    )


def can_tend(person: Person | None, idea: Idea) -> bool:
    """Check it, make it fair, ask for mending, pay it: a steward who is not close to it."""
    return (
        person is not None
        and can_keep(person, idea.fund)
        and not is_ours(person, idea)
        and not is_close(person, idea)
        and idea.applicant_id not in blocked_ids(person)
    )


def can_type_for(person: Person | None) -> bool:
    """Type in somebody's idea for them: stewards, officers and organisers."""
    return _grown_up(person) and holds(
        person, STEWARD, RoleHolding.Role.OFFICER, RoleHolding.Role.ORGANISER
    )


def can_apply(person: Person | None, fund: Fund) -> bool:
    """Send in an idea of one's own: everybody of age here, deciders of this fund aside."""
    return _grown_up(person) and not is_decider(person, fund)


def can_write(person: Person | None, idea: Idea) -> bool:
    """Change its words: its own people, whoever types it, or whoever may open their record."""
    if person is None or idea.state not in (State.DRAFT, State.MEND, State.SENT):
        return False
    if idea.fund.stage != Stage.IDEAS and idea.state != State.MEND:
        return False
    return speaks_for(person, idea)


def speaks_for(person: Person | None, idea: Idea) -> bool:
    """Act for the applicants: themselves, or who typed it for them and may open their record."""
    if person is None:
        return False
    if is_ours(person, idea):
        return True
    return idea.typed_by_id == person.pk and (
        can_type_for(person) or can_open_record(person, idea.applicant)
    )


def may_score(person: Person | None, share: Share) -> bool:
    """Mark one's own share while it is read, unless close to it."""
    return (
        person is not None
        and share.decider_id == person.pk
        and share.idea.state == State.READY
        and share.idea.fund.stage == Stage.READING
        and is_decider(person, share.idea.fund)
        and not is_close(person, share.idea)
    )


# --- Voting ------------------------------------------------------------------------------------


def is_voter(person: Person | None, fund: Fund) -> bool:
    """Whether the fund's own rule gives them a vote."""
    if is_decider(person, fund):
        return True
    if fund.voters != Fund.Voters.NEIGHBOURS or person is None:
        return False
    return (
        person.state == Person.State.ACTIVE
        and person.home is not None
        and person.home.path.startswith(fund.area.path)
    )


def has_voted(person: Person, fund: Fund) -> bool:
    return Voted.objects.filter(fund=fund, person=person).exists()


def can_vote(person: Person | None, fund: Fund) -> bool:
    """Vote online now."""
    return fund.stage == Stage.VOTING and is_voter(person, fund)


def can_sit_in(person: Person | None, fund: Fund) -> bool:
    """The deciders' own page: they, and the fund's stewards."""
    return is_decider(person, fund) or can_keep(person, fund)


def keeps_any(person: Person | None) -> bool:
    """Whether a link to the stewards' list is theirs."""
    return _grown_up(person) and holds(person, STEWARD)


def decides_any(person: Person | None) -> bool:
    return _grown_up(person) and holds(person, DECIDER)
