"""Other people's money: a cap, a receipt, a ledger that is only added to, gone through by the hub.

Never a card, never a PIN: a number that looks like one is not even written down.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base import pictures
from doorstep.base.private_files import private_files
from doorstep.design.sums import in_line
from doorstep.notices.actions import send
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_read
from doorstep.support.models import Assignment, MoneyLine, Step
from doorstep.support.tasks import rules
from doorstep.support.tasks.actions import KIND_NEWS, NotNow, NotTheirs

_K = MoneyLine.Kind
BIGGEST_RECEIPT = 8 * 1024 * 1024  # bytes
# After it ended, money may still be written down for so long.
OPEN_FOR = dt.timedelta(days=14)


class OverTheCap(NotNow):
    """More than may be spent."""


class CardOrPin(NotNow):
    """Something that looks like a card's number or a PIN was typed."""


def lines_of(assignment: Assignment) -> QuerySet[MoneyLine]:
    return assignment.money.select_related("by", "strikes").order_by("at", "id")  # type: ignore[attr-defined]


def totals(lines: Any) -> dict[str, int]:
    """Return pence by kind (struck lines and what struck them left out) and `held`: what of it
    the volunteer has in their pocket, below nought when they are owed."""
    lines = list(lines)
    struck = {line.strikes_id for line in lines if line.strikes_id}
    found = {kind.value: 0 for kind in _K}
    for line in lines:
        if line.strikes_id is None and line.pk not in struck:
            found[line.kind] += line.pence
    found["held"] = sum(line.signed for line in lines)
    return found


def _digits_of_a_card(text: str) -> bool:
    for run in re.findall(r"(?:\d[ -]?){13,19}", text):
        digits = [int(letter) for letter in run if letter.isdigit()]
        total = sum(
            digit if place % 2 == 0 else sum(divmod(2 * digit, 10))
            for place, digit in enumerate(reversed(digits))
        )
        if total % 10 == 0:
            return True
    return bool(re.search(r"\bpin\b\W{0,4}(?:is|was|no\.?|number)?\W{0,4}\d{4}\b", text, re.I))


def no_card(text: str) -> None:
    """Raise CardOrPin for words with a card's number or a PIN in them."""
    if _digits_of_a_card(text):
        raise CardOrPin(
            _("That looks like a card number or a PIN. Never take one, and never write one down.")
        )


@transaction.atomic
def write(
    assignment: Assignment, *, kind: str, pence: int, by: Person, at: dt.datetime, words: str = "",
    receipt: Any = None, key: str | None = None,
) -> MoneyLine:  # fmt: skip
    """Add a line. The same `key` again is the same line.

    Raises OverTheCap, CardOrPin, NotNow with what to do instead, NotTheirs.
    """
    is_desk = rules.is_desks(by, assignment)
    if not is_desk and not rules.is_mine(by, assignment):
        raise NotTheirs
    if key:
        made = MoneyLine.objects.filter(client_key=key, assignment=assignment).first()
        if made is not None:
            return made
    # One line after the other, so that two at once can't go over the cap together.
    assignment = (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("task__request__person", "volunteer__person")
        .get(pk=assignment.pk)
    )
    no_card(words)
    cap = assignment.task.money_cap
    if not cap:
        raise NotNow(_("No money is handled for this task. Ring the hub before you take any."))
    if assignment.settled_at is not None:
        raise NotNow(_("The hub has gone through this money. Ring them if something is wrong."))
    ended = assignment.ended_at
    if ended is not None and at > ended + OPEN_FOR and not is_desk:
        raise NotNow(_("That was a while ago. Ring the hub: they write it down for you."))
    if kind in (_K.ADVANCED, _K.REPAID) and not is_desk:
        raise NotTheirs
    if kind not in _K.values or pence < 1:
        raise NotNow(_("Type how much it was, for example 14.50."))
    sums = totals(lines_of(assignment))
    _within(kind, pence, cap, sums)
    if kind == _K.SPENT and receipt is None and not (is_desk and words):
        raise NotNow(
            _("Say where the paper receipt is kept.")
            if is_desk
            else _("Add a photo of the receipt. No receipt? Ring the hub.")
        )
    kept = _keep(receipt) if receipt is not None else None
    line = MoneyLine.objects.create(
        assignment=assignment, kind=kind, pence=pence, at=at, by=by, words=words, client_key=key
    )
    if kept is not None:
        line.receipt_called, line.receipt = "receipt.webp", kept
        line.save(update_fields=["receipt", "receipt_called"])
    return line


def _keep(photo: Any) -> str:
    """Keep the photo sealed, made afresh from its pixels; return its name. Raises NotNow."""
    try:
        kept = pictures.keep(
            photo, folder="receipts", most_bytes=BIGGEST_RECEIPT, storage=private_files
        )
    except pictures.BadPicture as sorry:
        raise NotNow(str(sorry)) from None
    private_files.delete(kept.small_name)
    return kept.name


def _within(kind: str, pence: int, cap: int, sums: dict[str, int]) -> None:
    if kind == _K.SPENT and sums["spent"] + pence > cap:
        raise OverTheCap(
            _("That is over what may be spent (%(cap)s). Ring the hub.") % {"cap": pounds(cap)}
        )
    if kind in (_K.GIVEN, _K.ADVANCED) and sums["given"] + sums["advanced"] + pence > cap:
        raise OverTheCap(
            _("Don't take more than %(cap)s. Give the rest back, or ring the hub.")
            % {"cap": pounds(cap)}
        )
    if kind == _K.RETURNED and pence > sums["held"]:
        raise NotNow(
            _("There is only %(held)s to give back.") % {"held": pounds(max(0, sums["held"]))}
        )
    if kind == _K.REPAID and pence > -sums["held"]:
        raise NotNow(_("Only %(owed)s is owed to them.") % {"owed": pounds(max(0, -sums["held"]))})


@transaction.atomic
def strike(line: MoneyLine, *, by: Person, at: dt.datetime, words: str) -> MoneyLine:
    """Strike a line written by mistake; both stay. For the desk alone."""
    if not rules.is_desks(by, line.assignment):
        raise NotTheirs
    if line.strikes_id is not None or MoneyLine.objects.filter(strikes=line).exists():
        raise NotNow(_("That line is struck already."))
    Assignment.objects.select_for_update(of=("self",)).get(pk=line.assignment_id)
    no_card(words)
    return MoneyLine.objects.create(
        assignment=line.assignment, kind=line.kind, pence=line.pence, at=at, by=by, words=words,
        strikes=line,
    )  # fmt: skip


@transaction.atomic
def settle(assignment: Assignment, *, by: Person, at: dt.datetime) -> None:
    """The hub has gone through it: receipts fit, nothing is left in anybody's pocket.

    Raises NotNow while something is, with how much; NotTheirs for the volunteer themselves.
    """
    if not rules.is_desks(by, assignment):
        raise NotTheirs
    assignment = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
    if assignment.is_live:
        raise NotNow(_("It is still under way."))
    held = totals(lines_of(assignment))["held"]
    if held > 0:
        raise NotNow(
            _("%(sum)s is still with the volunteer. Write down when it is given back.")
            % {"sum": pounds(held)}
        )
    if held < 0:
        raise NotNow(
            _("The volunteer is still owed %(sum)s. Write down when it is paid.")
            % {"sum": pounds(-held)}
        )
    if Assignment.objects.filter(pk=assignment.pk, settled_at=None).update(
        settled_at=at, settled_by=by, money_question=""
    ):
        Step.objects.create(assignment=assignment, kind=Step.Kind.SETTLED, at=at, by=by)


@transaction.atomic
def ask_about(assignment: Assignment, *, by: Person, at: dt.datetime, words: str) -> None:
    """Ask the volunteer about the money, without blame."""
    if not rules.is_desks(by, assignment):
        raise NotTheirs
    if assignment.settled_at is not None:
        raise NotNow(_("That money has been gone through already."))
    no_card(words)
    Assignment.objects.filter(pk=assignment.pk).update(money_question=words)
    send(
        KIND_NEWS, assignment.volunteer.person, key=f"money:{assignment.pk}:{at.isoformat()}",
        title=gettext_lazy("The hub has a question about a task of yours"),
        path=assignment.get_absolute_url(), at=at,
    )  # fmt: skip


def open_receipt(line: MoneyLine, *, by: Person, at: dt.datetime) -> None:
    """Write down that somebody opened a receipt: it is a private file of whom it was for."""
    if rules.is_mine(by, line.assignment):
        return
    log_read(
        by=by, about=line.assignment.task.request.person, what="file", reason="helping",
        thing=line.assignment.ref, at=at,
    )  # fmt: skip


def waiting(viewer: Person) -> QuerySet[Assignment]:
    """Return ended tasks of the viewer's patch with money nobody has gone through, oldest first."""
    return (
        Assignment.objects.visible_to(viewer)
        .exclude(state__in=Assignment.LIVE)
        .exclude(volunteer__person=viewer)
        .filter(settled_at=None, money__isnull=False)
        .select_related("task__request__person", "volunteer__person")
        .prefetch_related("money")
        .distinct()
        .order_by("ended_at", "pk")
    )


def pounds(pence: int) -> str:
    """Return 1250 as "£12.50", for a line of words in the language of the page."""
    sign = "-" if pence < 0 else ""
    return in_line(f"{sign}£{abs(pence) // 100}.{abs(pence) % 100:02d}")
