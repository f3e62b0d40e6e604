"""Ballots, on paper, online and by hands; one box, one tally."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from doorstep.base import keys
from doorstep.base.time import local
from doorstep.grants import rules
from doorstep.grants.actions.log import Refused, note
from doorstep.grants.models import (
    Award,
    Ballot,
    Ballots,
    Entry,
    Fund,
    Idea,
    Interest,
    Pitch,
    Sheet,
    Stage,
    Voted,
)
from doorstep.grants.sentences import said as _
from doorstep.notices import actions as notices
from doorstep.people.models import Person

if TYPE_CHECKING:
    from doorstep.grants.tally.election import Election

State = Idea.State
# A ballot: [[idea's key, points], …], best first.
Choices = list[list[Any]]
MOST_SHEETS = 500


def on_ballot(fund: Fund) -> list[Idea]:
    """Return the ideas voted on, in the order of their numbers."""
    states = [State.READY, State.FUNDED, State.NOT_FUNDED]
    return list(fund.ideas.filter(state__in=states).exclude(tie_id="").order_by("number"))


def check(fund: Fund, choices: Choices, *, ideas: list[Idea] | None = None) -> Choices:
    """Return the choices in order, or raise Refused with what is wrong with the ballot.

    What names an idea taken back since it was printed is left out.
    """
    known = {idea.key for idea in (ideas if ideas is not None else on_ballot(fund))}
    gone = set(fund.ideas.filter(state=State.WITHDRAWN).values_list("key", flat=True)) - known
    kept: Choices = []
    seen: set[str] = set()
    for key, points in choices:
        if key in gone:
            continue
        if key not in known:
            raise Refused(_("The ballot names an idea that isn't on it."))
        if key in seen:
            raise Refused(_("The ballot names one idea twice."))
        seen.add(key)
        kept.append([key, int(points)])
    if fund.ballots == Ballots.CUMULATIVE:
        kept = [one for one in kept if one[1]]
        if any(points < 0 for _key, points in kept):
            raise Refused(_("Points can't be less than none."))
        total = sum(points for _key, points in kept)
        if total > fund.points_each:
            raise Refused(
                _("The ballot gives %(total)d points and there are %(most)d: it is over.")
                % {"total": total, "most": fund.points_each}
            )
    if fund.ballots == Ballots.SCORING:
        low, high = (-1, 1) if fund.method == Fund.Method.CONSENSUS else (1, 5)
        if any(not low <= points <= high for _key, points in kept):
            raise Refused(_("A mark is from %(low)d to %(high)d.") % {"low": low, "high": high})
    elif fund.most_choices and len(kept) > fund.most_choices:
        raise Refused(
            _("The ballot names %(count)d ideas and may name %(most)d.")
            % {"count": len(kept), "most": fund.most_choices}
        )
    if fund.ballots == Ballots.APPROVAL:
        kept = [[key, 1] for key, _points in kept]
    if fund.ballots == Ballots.ORDINAL:
        longest = fund.most_choices or len(known)
        kept = [[key, longest - place] for place, (key, _points) in enumerate(kept)]
    return kept


# --- Online ------------------------------------------------------------------------------------


@transaction.atomic
def vote(fund: Fund, *, by: Person, at: dt.datetime, choices: Choices) -> None:
    """Put a ballot in the box. Once: nobody, not even the voter, finds it again there."""
    if not rules.can_vote(by, fund):
        raise Refused(_("You have no vote in this fund at the moment."))
    close = set(
        Interest.objects.filter(person=by, idea__fund=fund).values_list("idea__key", flat=True)
    )
    kept = check(fund, choices)
    if any(key in close for key, _points in kept):
        raise Refused(_("You are close to one of these ideas, so it isn't on your ballot."))
    try:
        with transaction.atomic():
            Voted.objects.create(fund=fund, person=by, at=at)
    except IntegrityError:
        raise Refused(_("You have voted already. One vote each.")) from None
    Ballot.objects.create(fund=fund, way=Ballot.Way.ONLINE, choices=kept)


# --- On paper ----------------------------------------------------------------------------------


@transaction.atomic
def print_sheets(fund: Fund, *, by: Person, at: dt.datetime, count: int) -> list[Sheet]:
    """Make ballot papers with serial numbers that are nobody's."""
    if fund.stage != Stage.VOTING:
        raise Refused(
            _("Ballots are printed once voting is open, so that nothing on them changes.")
        )
    if fund.sheets.count() + count > 20_000:
        raise Refused(_("That is more paper than a borough needs."))
    start = fund.sheets.count()
    sheets = [
        Sheet(
            fund=fund,
            # A number to sort by and letters nobody can guess, against home-made ones.
            serial=f"{start + n:04d}-{keys.new_key(4).upper()}",
            printed_at=at,
        )
        for n in range(1, min(count, MOST_SHEETS) + 1)
    ]
    Sheet.objects.bulk_create(sheets)
    words = _("%(count)d ballots were printed, %(first)s to %(last)s.")
    words %= {"count": len(sheets), "first": sheets[0].serial, "last": sheets[-1].serial}
    note(fund, words, by=by, at=at)
    return sheets


def find_sheet(fund: Fund, serial: str) -> Sheet:
    """Return the sheet with a serial as typed. Raises Refused for one we never printed."""
    typed = "".join(serial.upper().split()).replace("–", "-")
    sheet = fund.sheets.filter(serial=typed).first()
    if sheet is None:
        raise Refused(
            _("We never printed a ballot “%(serial)s” for this fund. Look at it again.")
            % {"serial": typed[:20]}
        )
    return sheet


@dataclass(frozen=True)
class Typed:
    """What became of typing a paper ballot in: it waits, it is in the box, or the two differ."""

    sheet: Sheet
    is_in: bool
    differs: bool


@transaction.atomic
def type_in(
    fund: Fund, *, by: Person, at: dt.datetime, serial: str, choices: Choices, spoilt: str = ""
) -> Typed:
    """Type in one paper ballot. A second person types it too; when both agree it is in the box.

    A serial that is in the box already, or typed by the same person, is refused.
    """
    if fund.stage != Stage.VOTING:
        raise Refused(_("Ballots are typed in while voting is open."))
    sheet = find_sheet(fund, serial)
    sheet = Sheet.objects.select_for_update().get(pk=sheet.pk)
    if Ballot.objects.filter(sheet=sheet).exists() or sheet.spoilt:
        raise Refused(
            _("Ballot %(serial)s is in already. If there are two papers with this number, put "
              "both aside and tell the other stewards.")
            % {"serial": sheet.serial}
        )  # fmt: skip
    typed = list(sheet.entries.filter(settles=False).order_by("pk"))
    if any(one.by_id == by.pk for one in typed):
        raise Refused(
            _("You typed in ballot %(serial)s yourself. Somebody else types it the second time.")
            % {"serial": sheet.serial}
        )
    kept = [["", 0]] if spoilt else check(fund, choices)
    if len(typed) >= 2:
        raise Refused(
            _("Ballot %(serial)s was typed in twice and the two differ. Settle that first.")
            % {"serial": sheet.serial}
        )
    Entry.objects.create(sheet=sheet, by=by, choices=kept, at=at)
    if not typed:
        return Typed(sheet, is_in=False, differs=False)
    if _same(fund, typed[0].choices, kept):
        _put_in(fund, sheet, kept, by=by, at=at)
        return Typed(sheet, is_in=True, differs=False)
    words = _("Ballot %(serial)s was read differently by two people.") % {"serial": sheet.serial}
    note(fund, words, by=by, at=at)
    return Typed(sheet, is_in=False, differs=True)


def _same(fund: Fund, one: Choices, other: Choices) -> bool:
    if fund.ballots == Ballots.ORDINAL:
        return one == other
    return sorted(map(tuple, one)) == sorted(map(tuple, other))


def _put_in(fund: Fund, sheet: Sheet, choices: Choices, *, by: Person, at: dt.datetime) -> None:
    if choices == [["", 0]]:
        Sheet.objects.filter(pk=sheet.pk).update(spoilt="can't be read")
        note(fund, _("Ballot %(serial)s can't be read and isn't counted.") % {
            "serial": sheet.serial}, by=by, at=at)  # fmt: skip
        return
    Ballot.objects.create(fund=fund, way=Ballot.Way.PAPER, sheet=sheet, choices=choices)


@transaction.atomic
def settle(
    fund: Fund, *, by: Person, at: dt.datetime, serial: str, choices: Choices, spoilt: str = ""
) -> Typed:
    """Say what a ballot says that two people read differently. Two who agree settle it.

    Each looks at the paper; what one says alone doesn't count. Saying it again changes one's own.
    """
    sheet = Sheet.objects.select_for_update().get(pk=find_sheet(fund, serial).pk)
    if fund.stage != Stage.VOTING:
        raise Refused(_("Ballots are typed in while voting is open."))
    if Ballot.objects.filter(sheet=sheet).exists() or sheet.spoilt:
        raise Refused(_("Ballot %(serial)s is in already.") % {"serial": sheet.serial})
    if sheet.entries.filter(settles=False).count() < 2:
        raise Refused(_("Two people type it in first; then what differs is settled."))
    kept = [["", 0]] if spoilt else check(fund, choices)
    Entry.objects.update_or_create(
        sheet=sheet, by=by, settles=True, defaults={"choices": kept, "at": at}
    )
    others = sheet.entries.filter(settles=True).exclude(by=by).select_related("by").order_by("pk")
    agrees = next((one for one in others if _same(fund, one.choices, kept)), None)
    names = {"serial": sheet.serial, "name": by}
    if agrees is not None:
        _put_in(fund, sheet, kept, by=by, at=at)
        words = _("What differed on ballot %(serial)s was settled by %(other)s and %(name)s.")
        note(fund, words % {**names, "other": agrees.by}, by=by, at=at)
        return Typed(sheet, is_in=True, differs=False)
    words = _("%(name)s looked at ballot %(serial)s again. A second person does too.")
    if others:
        words = _("%(name)s looked at ballot %(serial)s again and read it differently once more.")
    note(fund, words % names, by=by, at=at)
    return Typed(sheet, is_in=False, differs=bool(others))


def differing(fund: Fund) -> list[tuple[Sheet, list[Entry]]]:
    """Return the sheets two people read differently, with what each read, and after it what those
    say who looked at the paper again."""
    sheets = (
        fund.sheets.filter(ballot=None, spoilt="")
        .prefetch_related("entries__by")
        .order_by("serial")
    )
    return [
        (sheet, sorted(sheet.entries.all(), key=lambda one: (one.settles, one.pk)))
        for sheet in sheets
        if sum(not one.settles for one in sheet.entries.all()) >= 2
    ]


def once_typed(fund: Fund) -> list[Sheet]:
    """Return the sheets that wait for a second person."""
    from django.db.models import Count

    rows = fund.sheets.filter(ballot=None, spoilt="").annotate(typed=Count("entries"))
    return list(rows.filter(typed=1).order_by("serial"))


# --- The day ------------------------------------------------------------------------------------


@transaction.atomic
def draw_order(fund: Fund, *, by: Person, at: dt.datetime, minutes: int) -> list[Pitch]:
    """Put the ideas in an order drawn by lot, each with so many minutes."""
    ideas = on_ballot(fund) or list(fund.ideas.filter(state=State.READY).order_by("number"))
    if not ideas:
        raise Refused(_("There is no idea to pitch yet."))
    if fund.pitches.filter(began_at__isnull=False).exists():
        raise Refused(_("The pitches have begun, so their order stays."))
    mixed = sorted(ideas, key=lambda idea: keys.new_key(8))
    Pitch.objects.filter(fund=fund).delete()
    pitches = [
        Pitch(fund=fund, idea=idea, turn=turn, minutes=minutes)
        for turn, idea in enumerate(mixed, start=1)
    ]
    Pitch.objects.bulk_create(pitches)
    note(fund, _("The order of the pitches was drawn."), by=by, at=at)
    return pitches


@transaction.atomic
def begin_pitch(fund: Fund, *, by: Person, at: dt.datetime, turn: int) -> None:
    """Start the clock of one idea's turn."""
    changed = fund.pitches.filter(turn=turn, idea__state=State.READY).update(began_at=at)
    if not changed:
        raise Refused(_("That idea isn't pitched today any more. Go on with the next."))


@transaction.atomic
def count_hands(fund: Fund, *, by: Person, at: dt.datetime, hands: dict[str, int]) -> None:
    """Count hands for each idea ({its key: how many}); each hand is a ballot for that idea alone.

    Only for most votes: other methods need to know what else a hand stands for.
    """
    if fund.method != Fund.Method.MOST_VOTES or fund.ballots != Ballots.APPROVAL:
        raise Refused(
            _("Hands can be counted for “most votes” only. This fund's way of counting needs whole "
              "ballots, so hand out paper.")
        )  # fmt: skip
    if fund.stage != Stage.VOTING:
        raise Refused(_("Hands are counted while voting is open."))
    known = {idea.key: idea for idea in on_ballot(fund) if idea.state == State.READY}
    if any(key not in known or not 0 <= count <= 2_000 for key, count in hands.items()):
        raise Refused(_("Count from 0 to 2,000 hands for each idea."))
    Ballot.objects.filter(fund=fund, way=Ballot.Way.HANDS).delete()
    Ballot.objects.bulk_create(
        Ballot(fund=fund, way=Ballot.Way.HANDS, choices=[[key, 1]])
        for key, count in hands.items()
        for _one in range(count)
    )
    for key, count in hands.items():
        Pitch.objects.filter(idea=known[key]).update(hands=count)
    note(fund, _("Hands were counted: %(count)d in all.") % {"count": sum(hands.values())},
         by=by, at=at)  # fmt: skip


# --- The tally ----------------------------------------------------------------------------------


def election_of(fund: Fund) -> Election:
    """Return everything in the box as an election; ballots stand in the order of drawn keys."""
    from doorstep.grants.tally.election import Kind, Project, build

    ideas = on_ballot(fund)
    ideas.sort(key=lambda one: one.tie_id)
    place = {idea.key: at for at, idea in enumerate(ideas)}
    kind = Kind(fund.ballots)
    ballots: list[Any] = []
    for choices in fund.box.order_by("key").values_list("choices", flat=True):
        named = [(place[key], points) for key, points in choices if key in place]
        by_order = kind in (Kind.APPROVAL, Kind.ORDINAL)
        ballots.append([at for at, _n in named] if by_order else named)
    day = local(fund.decided_at or fund.made_at).date()
    return build(
        [Project(id=one.tie_id, cost=one.cost_pence, name=one.fair_title or one.title)
         for one in ideas],
        fund.pot_pence,
        ballots,
        kind=kind,
        most_places=(fund.most_choices or len(ideas)) if kind is Kind.ORDINAL else 0,
        unit=100,
        meta={
            "description": fund.name,
            "country": "United Kingdom",
            "unit": fund.area.name,
            "instance": str(day.year),
            "rule": fund.method,
            "date_begin": day.strftime("%d.%m.%Y"),
            "date_end": day.strftime("%d.%m.%Y"),
            "currency": "GBP",
            "language": "en",
            "comment": "Ties go to the project_id that sorts first; ids were given by the fund's "
            "own rule before voting opened.",
        },
    )  # fmt: skip


def pabulib_of(fund: Fund) -> str:
    """Return the anonymous ballots as a Pabulib file."""
    from doorstep.grants.tally import pabulib

    chosen = frozenset(fund.outcome.get("funded", ())) if fund.is_decided else None
    return pabulib.write(election_of(fund), selected=chosen)


@transaction.atomic
def decide(fund: Fund, *, by: Person, at: dt.datetime) -> None:
    """Count the box by the fund's method, and promise the money. Twice is once.

    Raises Refused while a paper ballot waits for its second reader or a difference is open.
    """
    from doorstep.grants.explain import outcome_in_facts
    from doorstep.grants.tally import methods

    fund = Fund.objects.select_for_update().select_related("area").get(pk=fund.pk)
    if fund.is_decided:
        return
    if fund.stage != Stage.VOTING:
        raise Refused(_("Voting isn't open, so there is nothing to count."))
    differs, waits = differing(fund), once_typed(fund)
    if differs or waits:
        serials = ", ".join([sheet.serial for sheet, _e in differs] + [s.serial for s in waits])
        raise Refused(
            _("Not yet: these paper ballots wait for a second reader, or were read differently: "
              "%(serials)s.") % {"serials": serials[:200]}
        )  # fmt: skip
    if not fund.box.exists():
        raise Refused(_("The box is empty. Nobody has voted yet."))
    election = election_of(fund)
    try:
        outcome = methods.run(election, fund.method)
    except methods.WrongBallots as why:
        raise Refused(str(why)) from None
    fund.stage, fund.decided_at = Stage.DECIDED, at
    fund.outcome = {
        "funded": list(outcome.funded),
        "cost_pence": outcome.cost,
        "ballots": election.ballots,
        "method": fund.method,
    }
    fund.save(update_fields=["stage", "decided_at", "outcome"])
    facts = outcome_in_facts(outcome, fund.method)
    day = local(at).date()
    for idea in on_ballot(fund):
        won = idea.tie_id in outcome.funded
        idea.state = State.FUNDED if won else State.NOT_FUNDED
        idea.why_facts = facts[idea.tie_id]
        idea.save(update_fields=["state", "why_facts"])
        if won:
            Award.objects.create(idea=idea, amount_pence=idea.cost_pence, awarded_on=day)
        notices.send(
            "grants-idea",
            idea.applicant,
            key=f"idea-{idea.pk}-decided",
            title=gettext_lazy("Your idea has been decided on"),
            body=gettext_lazy("Have a look at what came out, and why."),
            path=idea.get_absolute_url(),
            at=at,
        )
    from doorstep.grants.actions.ideas import pounds

    said = _("The ballots were counted: %(funded)d of %(all)d ideas, %(cost)s of %(pot)s.")
    said %= {
        "funded": len(outcome.chosen),
        "all": len(election.projects),
        "cost": pounds(outcome.cost),
        "pot": pounds(fund.pot_pence),
    }
    note(fund, said, by=by, at=at)
    for group in ties(election):
        equal = _("Ideas %(ids)s were exactly equal; “%(rule)s” put them in order.")
        equal %= {"ids": group, "rule": Fund.Tie(fund.tie).label}
        note(fund, equal, by=None, at=at)
    from doorstep.grants.tasks import explain

    transaction.on_commit(partial(explain.enqueue, fund.pk))


def ties(election: Election) -> list[list[str]]:
    """Return the groups of ids that ask for the same money with the same strength."""
    from collections import defaultdict

    from doorstep.grants.tally.greedy import strengths

    groups: dict[Any, list[str]] = defaultdict(list)
    strength = strengths(election, by="own")
    for at, project in enumerate(election.projects):
        if strength[at]:
            groups[strength[at]].append(project.id)
    return [ids for ids in groups.values() if len(ids) > 1]
