"""Which check the law asks for, by the kind of task; and which may not be asked for.

Source: Safeguarding Vulnerable Groups Act 2006, Schedule 4, paragraph 7, as changed by the
Protection of Freedoms Act 2012, section 66. Regulated activity with adults is, among others,
handling cash, paying bills or shopping for somebody because of their age, illness or disability,
and driving them to or from care for one of these reasons. It doesn't matter how often. For it an
enhanced check with the adults' barred list is needed; outside of it nobody may ask for one (Police
Act 1997, sections 113B and 123), and it is refused here.

So checks hang on kinds of task. A friendly call needs none of that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import DateField, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.support.models import Check, HelpReason, Kind, Reference, Task, Training, Volunteer

# Bits of papers, in the order of `PAPERS`.
IDENTITY, TRAINED, REFERENCES, BARRED, DRIVING, MONEY, CALLS = (1 << bit for bit in range(7))
PAPERS = (IDENTITY, TRAINED, REFERENCES, BARRED, DRIVING, MONEY, CALLS)
# What each is called where it is missing: to the volunteer, and to the desk.
MISSING: dict[int, Any] = {
    IDENTITY: gettext_lazy("somebody of the hub has to see who you are"),
    TRAINED: gettext_lazy("the short training “Helping safely”"),
    REFERENCES: gettext_lazy("two people who say a good word for you"),
    BARRED: gettext_lazy("an enhanced check with the adults' barred list"),
    DRIVING: gettext_lazy("a look at your licence, insurance and MOT"),
    MONEY: gettext_lazy("the short training “Other people's money”"),
    CALLS: gettext_lazy("the short training “Friendly calls”"),
}
SHORT: dict[int, Any] = {
    IDENTITY: gettext_lazy("identity not seen"),
    TRAINED: gettext_lazy("no “Helping safely”"),
    REFERENCES: gettext_lazy("fewer than two good references"),
    BARRED: gettext_lazy("no enhanced check with the barred list"),
    DRIVING: gettext_lazy("driving papers not seen"),
    MONEY: gettext_lazy("no “Other people's money”"),
    CALLS: gettext_lazy("no “Friendly calls”"),
}
GOOD_WORDS = 2
# Kinds that take somebody over the threshold, or close to a person.
_CLOSE = frozenset({Kind.SHOPPING, Kind.CALL, Kind.TRANSPORT, Kind.FORMS, Kind.REPAIRS, Kind.OTHER})
FOR_EVER = dt.date.max


class NotLawful(Exception):
    """Asking for this check would break the law; the message says why and what to do instead."""


@dataclass(frozen=True)
class Need:
    """What a task asks of whoever does it: bits of papers, whether it is regulated, and why."""

    papers: int
    is_regulated: bool
    why: str


def need_of(kind: str, *, money: bool, why: str = "", to_care: bool = False) -> Need:
    """Return what a kind of task needs.

    `why` is a HelpReason's, "" while nobody has asked: then the careful answer counts, so that
    nobody handles an ill person's money because a box was not ticked.
    """
    papers = IDENTITY | TRAINED
    if kind in _CLOSE:
        papers |= REFERENCES
    if kind == Kind.CALL:
        papers |= CALLS
    if kind == Kind.TRANSPORT:
        papers |= DRIVING
    if money:
        papers |= MONEY
    is_regulated, words = _regulated(kind, money=money, why=why, to_care=to_care)
    if is_regulated:
        papers |= BARRED | REFERENCES
    return Need(papers, is_regulated, words)


def _regulated(kind: str, *, money: bool, why: str, to_care: bool) -> tuple[bool, str]:
    """Whether it is regulated activity, and the sentence that says why or why not."""
    handles = money or kind == Kind.SHOPPING
    if handles and why == HelpReason.Why.OTHER:
        return False, _(
            "They could do it themselves but for something else than age, illness or disability, "
            "so this is not regulated activity."
        )
    if handles and why == HelpReason.Why.CARE:
        return True, _(
            "Handling somebody's cash, bills or shopping because of their age, illness or "
            "disability is regulated activity. The law asks for an enhanced check with the "
            "adults' barred list."
        )
    if handles:
        return True, _(
            "Nobody has asked yet why they can't do it themselves. Until then we take it for "
            "regulated activity, as handling cash or shopping because of age, illness or "
            "disability is."
        )
    if kind == Kind.TRANSPORT and to_care and why != HelpReason.Why.OTHER:
        return True, _(
            "Driving somebody to or from care because of their age, illness or disability is "
            "regulated activity. The law asks for an enhanced check with the adults' barred list."
        )
    if kind == Kind.CALL:
        return False, _("A friendly call is not regulated activity.")
    return False, _("This kind of help is not regulated activity.")


def need_of_task(task: Task) -> Need:
    """Return what a task needs; one query where its request's reason isn't there yet."""
    reason = getattr(task.request, "help_reason", None)
    return need_of(
        task.kind,
        money=task.money_cap > 0,
        why=reason.why if reason else "",
        to_care=reason.to_care if reason else False,
    )


def may_ask(check: str, kind: str) -> None:
    """Raise NotLawful where this check may not be asked for because of this kind of task.

    A barred-list check may be asked for kinds that are regulated when done because of age,
    illness or disability: shopping, and a lift to care. For anything else it is refused.
    """
    if check == Check.Kind.BARRED and kind not in (Kind.SHOPPING, Kind.TRANSPORT):
        raise NotLawful(
            _(
                "The law doesn't let us ask for a barred-list check for %(kind)s. It is only for "
                "handling somebody's cash, bills or shopping, or driving them to care, because of "
                "their age, illness or disability. For %(kind)s, seeing who they are is enough; "
                "a basic check may be asked for."
            )
            % {"kind": Kind(kind).label if kind in Kind.values else kind}
        )
    if check == Check.Kind.DRIVING and kind != Kind.TRANSPORT:
        raise NotLawful(_("We only look at licence and insurance where somebody gives lifts."))


# --- What volunteers hold ----------------------------------------------------------------------


def papers_until(volunteers: Iterable[int]) -> dict[int, dict[int, dt.date]]:
    """Return volunteer id -> {bit of a paper: last day on which it counts}; one query."""
    ids = list(volunteers)
    held: dict[int, dict[int, dt.date]] = {pk: {} for pk in ids}
    kinds: dict[str, int] = {
        Check.Kind.IDENTITY: IDENTITY,
        Check.Kind.BARRED: BARRED,
        Check.Kind.DRIVING: DRIVING,
    }
    modules: dict[str, int] = {
        Training.Module.START: TRAINED,
        Training.Module.MONEY: MONEY,
        Training.Module.CALLS: CALLS,
    }
    for some in _in_parts(ids):
        checks = Check.objects.filter(
            volunteer__in=some,
            state__in=[Check.State.CLEAR, Check.State.UNFIT],
            kind__in=list(kinds),
        ).values_list("volunteer_id", "kind", "state", "expires_on")
        never = Value(None, output_field=DateField())
        trained = Training.objects.filter(volunteer__in=some).values_list(
            "volunteer_id", "module", Value("trained"), never
        )
        words = Reference.objects.filter(
            volunteer__in=some, state=Reference.State.GOOD
        ).values_list("volunteer_id", Value("reference"), Value("good"), never)
        unfit: list[tuple[int, int]] = []
        good: dict[int, int] = {}
        for pk, what, state, until in checks.union(trained, words, all=True):
            if state == "trained":
                held[pk][modules[what]] = FOR_EVER
            elif what == "reference":
                good[pk] = good.get(pk, 0) + 1
            elif state == Check.State.UNFIT:
                unfit.append((pk, kinds[what]))
            else:
                bit = kinds[what]
                held[pk][bit] = max(held[pk].get(bit, dt.date.min), until or FOR_EVER)
        # Seen again and not fine: nothing of that kind counts, whatever the older one says.
        for pk, bit in unfit:
            held[pk].pop(bit, None)
        for pk, many in good.items():
            if many >= GOOD_WORDS:
                held[pk][REFERENCES] = FOR_EVER
    return held


def _in_parts(ids: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(ids), 500):
        yield ids[start : start + 500]


def missing(need: Need, held: dict[int, dt.date], on: dt.date) -> list[int]:
    """Return the bits of papers that do not count on that day."""
    return [bit for bit in PAPERS if need.papers & bit and held.get(bit, dt.date.min) < on]


def lacks(volunteer: Volunteer, task: Task, on: dt.date) -> list[int]:
    """Return which papers this volunteer lacks for this task on that day."""
    return missing(need_of_task(task), papers_until([volunteer.pk])[volunteer.pk], on)


def in_words(bits: Iterable[int], *, desk: bool = False) -> str:
    """Return "the short training …, two people who …"."""
    words = SHORT if desk else MISSING
    return ", ".join(str(words[bit]) for bit in bits)
