"""Reading and talking: shares, marks, the room, questions to applicants, hours."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy

from doorstep.grants import rules
from doorstep.grants.actions import funds
from doorstep.grants.actions.log import Refused, note
from doorstep.grants.models import (
    Enquiry,
    Fund,
    Hours,
    Idea,
    Induction,
    Interest,
    Share,
    Stage,
    Talk,
)
from doorstep.grants.sentences import said as _
from doorstep.notices import actions as notices
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids

State = Idea.State


@transaction.atomic
def induct(fund: Fund, *, by: Person, at: dt.datetime) -> None:
    """Say oneself that one has read what deciding here means. Twice is once."""
    if not rules.is_decider(by, fund):
        raise Refused(_("That is for the deciders of this fund."))
    _row, made = Induction.objects.get_or_create(
        fund=fund, person=by, defaults={"at": at, "by": by}
    )
    if made:
        note(fund, _("%(name)s read what deciding means, and said so.") % {"name": by},
             by=by, at=at)  # fmt: skip


@transaction.atomic
def note_induction(
    fund: Fund, *, by: Person, at: dt.datetime, people: list[Person], how: str
) -> int:
    """Note that deciders heard what deciding means, at an evening or by telephone; how many."""
    known = {person.pk for person in funds.deciders(fund)}
    count = 0
    for person in people:
        if person.pk not in known:
            raise Refused(_("%(name)s doesn't decide here.") % {"name": person})
        if person.pk == by.pk:
            raise Refused(_("For yourself, say so on the deciders' page."))
        _row, made = Induction.objects.get_or_create(
            fund=fund, person=person, defaults={"at": at, "by": by, "how": how}
        )
        if made:
            count += 1
            words = _("%(name)s heard what deciding means: %(how)s.")
            note(fund, words % {"name": person, "how": how}, by=by, at=at)
    return count


def not_inducted(fund: Fund) -> list[Person]:
    """Return the deciders who haven't read or heard yet what deciding means."""
    done = set(fund.inductions.values_list("person", flat=True))
    return [person for person in funds.deciders(fund) if person.pk not in done]


@transaction.atomic
def share_out(fund: Fund, *, by: Person, at: dt.datetime) -> int:
    """Give every ready idea its readers; return how many were given. Safe to repeat.

    Who has fewest to read comes next, nobody gets more than the fund's most, and nobody one they
    are close to. Ideas that find too few readers are named in the log.
    """
    if fund.stage != Stage.READING:
        raise Refused(_("Ideas are shared out once the time for sending them is over."))
    people = funds.deciders(fund)
    if not people:
        raise Refused(_("Nobody has said yes to deciding yet. Invite people first."))
    waiting = not_inducted(fund)
    people = [person for person in people if person not in waiting]
    if not people:
        raise Refused(
            _("None of the deciders has read yet what deciding means. It waits on their page; or "
              "note who heard it from you.")
        )  # fmt: skip
    ideas = list(fund.ideas.filter(state=State.READY).order_by("number"))
    close = set(Interest.objects.filter(idea__fund=fund).values_list("idea_id", "person_id"))
    given = set(Share.objects.filter(idea__fund=fund).values_list("idea_id", "decider_id"))
    load = Counter(decider for _idea, decider in given)
    blocked = {person.pk: blocked_ids(person) for person in people}
    fresh: list[Share] = []
    short: list[int] = []
    for idea in ideas:
        readers = {decider for one, decider in given if one == idea.pk}
        free = [
            person
            for person in people
            if person.pk not in readers
            and (idea.pk, person.pk) not in close
            and idea.applicant_id not in blocked[person.pk]
            and load[person.pk] < fund.most_to_read
        ]
        # Of those with equally few, by the idea's number, so that not always the same ones pair.
        free.sort(key=lambda one: (load[one.pk], (one.pk * 7919 + idea.pk * 104729) % 1009))
        for person in free[: max(0, fund.readers_each - len(readers))]:
            fresh.append(Share(idea=idea, decider=person, given_at=at))
            load[person.pk] += 1
            readers.add(person.pk)
        if len(readers) < fund.readers_each:
            short.append(idea.number or 0)
    Share.objects.bulk_create(fresh, ignore_conflicts=True)
    note(fund, _("%(count)d readings were shared out.") % {"count": len(fresh)}, by=by, at=at)
    if waiting:
        words = _("Not given anything yet, until they know what deciding means: %(names)s.")
        note(fund, words % {"names": waiting}, by=by, at=at)
    if short:
        words = _("Too few readers for: %(ideas)s. Invite more, or let each read more.")
        note(fund, words % {"ideas": short}, by=by, at=at)
    notices.send_to_all(
        "grants-deciding",
        {share.decider for share in fresh},
        key=f"fund-{fund.pk}-shares-{at:%Y%m%d%H%M}",
        title=gettext_lazy("There are ideas for you to read"),
        path=reverse("grants:deciding", args=[fund.slug]),
        at=at,
    )
    return len(fresh)


def opened(share: Share, *, at: dt.datetime) -> None:
    """Note that the decider has begun to read it."""
    Share.objects.filter(pk=share.pk, opened_at=None).update(opened_at=at)


@transaction.atomic
def mark(share: Share, *, by: Person, at: dt.datetime, score: int | None, reason: str = "") -> None:
    """Give a mark of 1 to 5, or None for “I don't know”; it can be changed while it is read."""
    if not rules.may_score(by, share):
        raise Refused(_("This one isn't yours to mark, or the time for it is over."))
    Share.objects.filter(pk=share.pk).update(
        score=score, opened_at=share.opened_at or at, scored_at=at
    )
    share.reason = reason
    share.save(update_fields=["reason"])


def left_to_read(person: Person, fund: Fund, *, after: int) -> list[Idea]:
    """Return the ideas of this person's share without their mark: the next after that number first.

    None that is hidden from them, taken back, or sent back to be put right.
    """
    ideas = list(
        Idea.objects.visible_to(person)
        .filter(
            fund=fund, state=State.READY, shares__decider=person, shares__scored_at__isnull=True
        )
        .select_related("fund")
        .order_by("number")
    )
    ideas.sort(key=lambda one: ((one.number or 0) <= after, one.number))
    return ideas


def marks_of(idea: Idea, *, for_: Person) -> list[Share] | None:
    """Return everybody's marks of an idea, or None while this person's own is not in."""
    rows = list(
        Share.objects.filter(idea=idea, scored_at__isnull=False)
        .select_related("decider")
        .order_by("pk")
    )
    if rules.can_tend(for_, idea) or any(row.decider_id == for_.pk for row in rows):
        return rows
    return None


def marks_by_idea(
    fund: Fund,
) -> tuple[dict[int, tuple[str, int, int, int]], tuple[int, int]]:
    """Return (average, lowest, highest, how many marks) by the id of the idea; and how many
    readings are in, of how many given. One query."""
    given: dict[int, list[int]] = {}
    rows = list(Share.objects.filter(idea__fund=fund).values_list("idea", "score", "scored_at"))
    for idea, score, _at in rows:
        if score is not None:
            given.setdefault(idea, []).append(score)
    found = {}
    for idea, marks in given.items():
        # To one place, half up, in whole numbers.
        tenths = (20 * sum(marks) + len(marks)) // (2 * len(marks))
        found[idea] = f"{tenths // 10}.{tenths % 10}", min(marks), max(marks), len(marks)
    return found, (sum(at is not None for _idea, _score, at in rows), len(rows))


def say(
    fund: Fund, *, by: Person, at: dt.datetime, text: str, client_key: str, idea: Idea | None = None
) -> Talk:
    """Say something in the deciders' room. Nobody hears of an idea hidden from them."""
    if not rules.can_sit_in(by, fund):
        raise Refused(_("The room is for the deciders and stewards of this fund."))
    try:
        with transaction.atomic():
            return Talk.objects.create(
                fund=fund, idea=idea, person=by, text=text, said_at=at, client_key=client_key
            )
    except IntegrityError:
        return Talk.objects.get(client_key=client_key)


def talk_for(person: Person, fund: Fund) -> list[Talk]:
    """Return what was said lately that this person may hear, oldest first."""
    close = Interest.objects.filter(person=person, idea__fund=fund).values("idea")
    rows = (
        fund.talk.exclude(idea__in=close)
        .exclude(person__in=blocked_ids(person))
        .select_related("person", "idea")
        .order_by("-pk")[:60]
    )
    return list(rows)[::-1]


@transaction.atomic
def enquire(idea: Idea, *, by: Person, at: dt.datetime, question: str, client_key: str) -> Enquiry:
    """Ask the applicants something; they don't learn who asks, and all deciders read the answer."""
    already = Enquiry.objects.filter(client_key=client_key).first()
    if already is not None:
        return already
    row = Enquiry.objects.create(
        idea=idea, by=by, question=question, asked_at=at, client_key=client_key
    )
    notices.send(
        "grants-idea",
        idea.applicant,
        key=f"enquiry-{row.pk}",
        title=gettext_lazy("A question about your idea"),
        path=idea.get_absolute_url(),
        at=at,
    )
    return row


@transaction.atomic
def answer(enquiry: Enquiry, *, by: Person, at: dt.datetime, answer: str) -> None:
    """Answer a question about one's own idea, or for the applicant who told it by telephone."""
    Enquiry.objects.filter(pk=enquiry.pk).update(answer=answer, answered_at=at)
    readers = [share.decider for share in enquiry.idea.shares.select_related("decider")]
    notices.send_to_all(
        "grants-deciding",
        readers,
        key=f"enquiry-{enquiry.pk}-answer",
        title=gettext_lazy("An answer to a question about an idea"),
        path=enquiry.idea.get_absolute_url(),
        at=at,
    )


# --- Hours -------------------------------------------------------------------------------------


@transaction.atomic
def log_hours(
    fund: Fund,
    *,
    by: Person,
    at: dt.datetime,
    on: dt.date,
    minutes: int,
    what: str,
    client_key: str,
) -> Hours:
    """Write down time given; a steward agrees to it, then it is paid."""
    if not rules.is_decider(by, fund):
        raise Refused(_("Hours are for the deciders of this fund."))
    already = Hours.objects.filter(client_key=client_key, person=by).first()
    if already is not None:
        return already
    return Hours.objects.create(
        fund=fund,
        person=by,
        on=on,
        minutes=minutes,
        what=what,
        rate_pence=fund.rate_pence,
        client_key=client_key,
    )


@transaction.atomic
def agree_hours(fund: Fund, *, by: Person, at: dt.datetime) -> int:
    """Agree to all hours that wait, one's own left out; return how many."""
    return fund.hours.filter(agreed_at=None).exclude(person=by).update(agreed_at=at, agreed_by=by)


@transaction.atomic
def payment_file(fund: Fund, *, by: Person, at: dt.datetime) -> str:
    """Return a CSV of agreed hours not sent for payment yet, and note that they are now.

    Raises Refused where none waits; what went before is had again by `earlier_file`.
    """
    rows = list(
        fund.hours.select_for_update(of=("self",))
        .filter(agreed_at__isnull=False, sent_at=None)
        .select_related("person")
        .order_by("person_id", "on", "pk")
    )
    if not rows:
        raise Refused(_("No hours wait for a file. Files made before are on the fund's page."))
    Hours.objects.filter(pk__in=[row.pk for row in rows]).update(sent_at=at)
    words = _("%(count)d rows of hours were put in a payment file, %(sum)s in all.")
    from doorstep.grants.actions.ideas import pounds

    total = sum(row.pence for row in rows)
    note(fund, words % {"count": len(rows), "sum": pounds(total)}, by=by, at=at)
    return _payment_csv(fund, rows)


def earlier_file(fund: Fund, number: int) -> str | None:
    """Return the fund's payment file of that number again (1 is the first), or None.

    A download may fail; what it held has been sent for payment all the same.
    """
    moments = [moment for moment, _count, _pence in payment_files(fund)]
    if not 1 <= number <= len(moments):
        return None
    rows = fund.hours.filter(sent_at=moments[number - 1]).select_related("person")
    return _payment_csv(fund, list(rows.order_by("person_id", "on", "pk")))


def payment_files(
    fund: Fund, hours: list[Hours] | None = None
) -> list[tuple[dt.datetime, int, int]]:
    """Return (when it was made, how many rows, pence) of each payment file, the first first.

    `hours` are all of the fund's, where they are at hand.
    """
    found: dict[dt.datetime, tuple[int, int]] = {}
    for row in fund.hours.all() if hours is None else hours:
        if row.sent_at is not None:
            count, pence = found.get(row.sent_at, (0, 0))
            found[row.sent_at] = count + 1, pence + row.pence
    return [(moment, count, pence) for moment, (count, pence) in sorted(found.items())]


def _payment_csv(fund: Fund, rows: list[Hours]) -> str:
    """A line for each entry: name, day, minutes, rate, what it comes to in pounds."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["reference", "name", "day", "minutes", "rate_per_hour", "amount", "what"])
    for row in rows:
        writer.writerow(
            [
                f"{fund.slug}-{row.pk}",
                _tame(row.person.known_as),
                row.on.isoformat(),
                row.minutes,
                f"{row.rate_pence // 100}.{row.rate_pence % 100:02d}",
                f"{row.pence // 100}.{row.pence % 100:02d}",
                _tame(row.what),
            ]
        )
    return out.getvalue()


def _tame(text: str) -> str:
    """Keep a spreadsheet from taking somebody's words for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
