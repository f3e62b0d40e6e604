"""Money: agreed, paid in stages, told about, given back; and a ledger in which it all adds up."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy

from doorstep.base.time import local
from doorstep.feed import storytelling
from doorstep.feed.models import Photo, Story
from doorstep.grants import rules
from doorstep.grants.actions.deciding import _tame
from doorstep.grants.actions.ideas import pounds
from doorstep.grants.actions.log import Refused, note
from doorstep.grants.models import Award, Fund, Idea, Payment, Update
from doorstep.grants.sentences import said as _
from doorstep.notices import actions as notices
from doorstep.people.models import Person

Kind = Payment.Kind


def _locked(award: Award) -> Award:
    return (
        Award.objects.select_for_update(of=("self",)).select_related("idea__fund").get(pk=award.pk)
    )


def _planned(award: Award) -> int:
    rows = award.payments.filter(kind=Kind.STAGE)
    return rows.aggregate(s=Sum("amount_pence"))["s"] or 0


def paid(award: Award) -> int:
    """What has been paid out, in pence."""
    rows = award.payments.filter(kind=Kind.STAGE, paid_on__isnull=False)
    return rows.aggregate(s=Sum("amount_pence"))["s"] or 0


def back(award: Award) -> int:
    """What came back of what was paid, in pence."""
    return award.payments.filter(kind=Kind.BACK).aggregate(s=Sum("amount_pence"))["s"] or 0


def _steward(award: Award, by: Person) -> None:
    if not rules.can_tend(by, award.idea):
        raise Refused(_("You are close to this idea, so another steward sees to its money."))


@transaction.atomic
def offer(
    award: Award, *, by: Person, at: dt.datetime, agreement: str, stages: list[tuple[str, int, Any]]
) -> None:
    """Write the agreement and its stages: (what for, pence, due on). They add up to the award."""
    award = _locked(award)
    _steward(award, by)
    if award.agreed_at is not None:
        raise Refused(_("Both sides have agreed already, so it stays as it is."))
    total = sum(pence for _what, pence, _due in stages)
    if total != award.amount_pence:
        raise Refused(
            _("The stages come to %(sum)s and the award is %(award)s. They must be the same.")
            % {"sum": pounds(total), "award": pounds(award.amount_pence)}
        )
    award.agreement = agreement
    award.save(update_fields=["agreement"])
    award.payments.filter(kind=Kind.STAGE, paid_on=None).delete()
    Payment.objects.bulk_create(
        Payment(award=award, amount_pence=pence, what=what, due_on=due, by=by)
        for what, pence, due in stages
    )
    note(award.idea.fund, _("An agreement was written for idea %(n)d.") % {"n": award.idea.number},
         by=by, at=at, idea=award.idea)  # fmt: skip
    notices.send(
        "grants-idea",
        award.idea.applicant,
        key=f"award-{award.pk}-agreement-{at:%Y%m%d%H%M}",
        title=gettext_lazy("An agreement about your idea waits for your yes"),
        path=award.idea.get_absolute_url(),
        at=at,
    )


@transaction.atomic
def agree(award: Award, *, by: Person, at: dt.datetime, how: str = "") -> None:
    """Say yes to the agreement, oneself or, on paper or by telephone, through a steward."""
    award = _locked(award)
    if not award.agreement:
        raise Refused(_("There is no agreement to say yes to yet."))
    if award.agreed_at is not None:
        return
    Award.objects.filter(pk=award.pk).update(agreed_at=at, agreed_how=how[:120])
    note(award.idea.fund, _("Idea %(n)d: the agreement was accepted.") % {"n": award.idea.number},
         by=by, at=at, idea=award.idea)  # fmt: skip


@transaction.atomic
def pay(payment: Payment, *, by: Person, at: dt.datetime, paid_on: dt.date) -> None:
    """Note that a stage was paid. Twice is once."""
    award = _locked(payment.award)
    _steward(award, by)
    if award.agreed_at is None:
        raise Refused(_("Nothing is paid before both sides have agreed."))
    if paid_on > local(at).date():
        raise Refused(_("That day hasn't come yet."))
    if Payment.objects.filter(pk=payment.pk, paid_on=None, kind=Kind.STAGE).update(
        paid_on=paid_on, by=by
    ):
        words = _("Idea %(n)d was paid %(sum)s.")
        words %= {"n": award.idea.number, "sum": pounds(payment.amount_pence)}
        note(award.idea.fund, words, by=by, at=at, idea=award.idea)


@transaction.atomic
def give_back(
    award: Award, *, by: Person, at: dt.datetime, pence: int, on: dt.date, client_key: str
) -> None:
    """Note that money that wasn't spent came back to the pot."""
    award = _locked(award)
    _steward(award, by)
    if Payment.objects.filter(client_key=client_key).exists():
        return
    held = paid(award) - back(award)
    if pence > held:
        raise Refused(
            _("They hold %(held)s of it, so no more can come back.") % {"held": pounds(held)}
        )
    if on > local(at).date():
        raise Refused(_("That day hasn't come yet."))
    Payment.objects.create(
        award=award, kind=Kind.BACK, amount_pence=pence, paid_on=on, by=by, client_key=client_key
    )
    words = _("%(sum)s of idea %(n)d came back to the pot.")
    words %= {"n": award.idea.number, "sum": pounds(pence)}
    note(award.idea.fund, words, by=by, at=at, idea=award.idea)


@transaction.atomic
def finish(award: Award, *, by: Person, at: dt.datetime) -> None:
    """The work is done. Stages that were never paid go back to the pot."""
    award = _locked(award)
    _steward(award, by)
    if award.finished_at is not None:
        return
    Award.objects.filter(pk=award.pk).update(finished_at=at)
    note(award.idea.fund, _("Idea %(n)d is finished.") % {"n": award.idea.number}, by=by, at=at,
         idea=award.idea)  # fmt: skip


@transaction.atomic
def tell(
    award: Award,
    *,
    by: Person,
    at: dt.datetime,
    title: str,
    text: str,
    client_key: str,
    photos: tuple[Photo, ...] = (),
) -> Story:
    """Tell how it is going, as a story for the neighbourhood's blog; an editor reads it first."""
    story = storytelling.tell(
        by=by,
        at=at,
        title=title,
        text=text,
        told_by=by.known_as,
        client_key=client_key,
        photos=photos,
    )
    Update.objects.get_or_create(story=story, defaults={"award": award, "told_at": at})
    return story


# --- The ledger --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One award in the ledger, in pence."""

    award: Award
    idea: Idea
    name: str
    awarded: int
    paid: int
    back: int

    @property
    def kept(self) -> int:
        """What the idea has had and not given back."""
        return self.paid - self.back

    @property
    def to_come(self) -> int:
        """Promised and not paid; nothing once it is finished."""
        return 0 if self.award.finished_at else self.awarded - self.paid


@dataclass(frozen=True)
class Ledger:
    """Every pound of a fund: pot = with the ideas + still to come + left in the pot."""

    fund: Fund
    lines: list[Line]

    @property
    def pot(self) -> int:
        return self.fund.pot_pence

    @property
    def kept(self) -> int:
        return sum(line.kept for line in self.lines)

    @property
    def to_come(self) -> int:
        return sum(line.to_come for line in self.lines)

    @property
    def left(self) -> int:
        """Never promised, or back again."""
        return self.pot - self.kept - self.to_come

    @property
    def paid(self) -> int:
        return sum(line.paid for line in self.lines)

    @property
    def back(self) -> int:
        return sum(line.back for line in self.lines)

    @property
    def awarded(self) -> int:
        return sum(line.awarded for line in self.lines)


def ledger(fund: Fund) -> Ledger:
    """Return the fund's ledger, four queries however many awards."""
    awards = (
        Award.objects.filter(idea__fund=fund)
        .select_related("idea__applicant")
        .prefetch_related("payments")
        .order_by("idea__number")
    )
    lines = []
    for award in awards:
        rows = list(award.payments.all())
        lines.append(
            Line(
                award=award,
                idea=award.idea,
                name=award.idea.fair_title or award.idea.title,
                awarded=award.amount_pence,
                paid=sum(r.amount_pence for r in rows if r.kind == Kind.STAGE and r.paid_on),
                back=sum(r.amount_pence for r in rows if r.kind == Kind.BACK),
            )
        )
    return Ledger(fund, lines)


def _sum(pence: int) -> str:
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def ledger_csv(fund: Fund) -> str:
    """Return the ledger as CSV: a row each award, and three that make it add up to the pot."""
    found = ledger(fund)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["idea", "title", "awarded", "paid", "came_back", "with_the_idea", "still_to_come"]
    )
    for line in found.lines:
        writer.writerow(
            [
                line.idea.number,
                _tame(line.name),
                *map(_sum, (line.awarded, line.paid, line.back, line.kept, line.to_come)),
            ]
        )
    totals = (found.awarded, found.paid, found.back, found.kept, found.to_come)
    writer.writerow(["", "all", *map(_sum, totals)])
    writer.writerow(["", "left in the pot", "", "", "", _sum(found.left), ""])
    writer.writerow(["", "the pot", "", "", "", _sum(found.pot), ""])
    return out.getvalue()
