"""An idea: written, checked kindly, sent, put right, made fair to read, taken back."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy

from doorstep.base.private_files import private_files
from doorstep.base.time import local
from doorstep.grants import rules
from doorstep.grants.actions.log import Refused, note
from doorstep.grants.models import CoApplicant, Fund, Idea, Interest, Pitch, Share, Stage
from doorstep.grants.sentences import Said
from doorstep.grants.sentences import said as _
from doorstep.kindness import details
from doorstep.notices import actions as notices
from doorstep.people.models import Person

State, Told = Idea.State, Idea.Told
FOLDER = "grants"
ABOUT = 100  # words
SHORTEST, LONGEST = 25, 150


@dataclass(frozen=True)
class Finding:
    """Something the pre-check saw. `must` be put right before it can be sent; else it may."""

    words: Said
    must: bool = False


def precheck(idea: Idea) -> list[Finding]:
    """Look an idea over against the fund's guidelines, kindly, with what would help."""
    fund, found = idea.fund, []
    count = len(idea.words.split())
    by_voice = idea.told in (Told.SOUND, Told.FILM)
    if by_voice and not (idea.link or idea.recording):
        found.append(
            Finding(_("Send your recording or film, or a link to it, so we can hear it."), True)
        )
    if not by_voice and not count:
        found.append(Finding(_("Tell us your idea in a few sentences."), True))
    elif not by_voice and count < SHORTEST:
        found.append(
            Finding(
                _("You have %(count)d words. A few more would help: who is it for, what happens, "
                  "and where? About %(about)d is plenty.")
                % {"count": count, "about": ABOUT}
            )
        )  # fmt: skip
    elif count > LONGEST:
        found.append(
            Finding(
                _("You have %(count)d words. About %(about)d reads best: what could go?")
                % {"count": count, "about": ABOUT},
                count > 2 * LONGEST,
            )
        )
    if not idea.cost_pence:
        found.append(
            Finding(_("Say what you'd spend the money on, and how much each costs."), True)
        )
    most = min(fund.most_pence or fund.pot_pence, fund.pot_pence)
    if idea.cost_pence > most:
        found.append(
            Finding(
                _("It asks for %(asks)s. This fund gives at most %(most)s for one idea. "
                  "Could you begin with a part of it?")
                % {"asks": pounds(idea.cost_pence), "most": pounds(most)},
                True,
            )
        )  # fmt: skip
    if idea.cost_pence and len(idea.budget) == 1 and idea.cost_pence > 20_000:
        found.append(
            Finding(_("Your budget has one line. Splitting it up helps people see what it buys."))
        )
    private = {one.sort for one in details.find(f"{idea.title}\n{idea.words}")}
    if private:
        found.append(
            Finding(
                _("There is a phone number, address or other private detail in it. Better leave it "
                  "out: many people will read this. We know how to reach you.")
            )
        )  # fmt: skip
    return found


def pounds(pence: int) -> str:
    """Return £1,250 or £12.50."""
    whole, rest = divmod(abs(pence), 100)
    sign = "−" if pence < 0 else ""
    return f"{sign}£{whole:,}" + (f".{rest:02d}" if rest else "")


# --- Writing -----------------------------------------------------------------------------------


@transaction.atomic
def write(
    fund: Fund,
    *,
    by: Person,
    at: dt.datetime,
    client_key: str,
    applicant: Person | None = None,
    others: list[str] | None = None,
    **words: Any,
) -> Idea:
    """Keep a new idea as a draft, one's own or `applicant`'s, typed in for them."""
    applicant = applicant or by
    already = Idea.objects.filter(client_key=client_key).first()
    if already is not None:
        if by.pk not in (already.applicant_id, already.typed_by_id):
            raise Refused(_("This page is out of date. Load it again, then send it."))
        return already
    _open_for(fund, applicant, at)
    words = _kept(words)
    try:
        with transaction.atomic():
            idea = Idea.objects.create(
                fund=fund,
                applicant=applicant,
                typed_by=None if applicant.pk == by.pk else by,
                made_at=at,
                client_key=client_key,
                **_cleaned(words),
            )
    except IntegrityError:
        _forget_file(words.get("recording", ""))
        return Idea.objects.get(client_key=client_key)
    except BaseException:
        _forget_file(words.get("recording", ""))
        raise
    _name_others(idea, others or [], at)
    return idea


def _kept(words: dict[str, Any]) -> dict[str, Any]:
    """Keep the recording in these words, sealed, and put its name and kind in its place."""
    upload = words.pop("recording", None)
    if words.pop("no_recording", False):
        words |= {"recording": "", "recording_type": ""}
    if upload:
        try:
            name = private_files.save(FOLDER, upload)
        except OSError as problem:
            raise Refused(
                _("We have no room for your recording just now. Your words are safe: keep them "
                  "without it, and try again later.")
            ) from problem  # fmt: skip
        words |= {"recording": name, "recording_type": upload.kind}
    return words


def _forget_file(name: str) -> None:
    if name:
        try:
            private_files.delete(name)
        except OSError:  # the clearing up finds it
            return


def _open_for(fund: Fund, applicant: Person, at: dt.datetime) -> None:
    if not fund.takes_ideas(local(at).date()):
        raise Refused(_("This fund takes no ideas at the moment."))
    if not rules.can_apply(applicant, fund):
        raise Refused(_("Who decides in this fund can't send in an idea as well."))


def _cleaned(words: dict[str, Any]) -> dict[str, Any]:
    if "budget" in words:
        words["budget"] = [[what, int(pence)] for what, pence in words["budget"]]
        words["cost_pence"] = sum(pence for _what, pence in words["budget"])
    return words


@transaction.atomic
def change(
    idea: Idea, *, by: Person, at: dt.datetime, others: list[str] | None = None, **words: Any
) -> None:
    """Change a draft, or one that waits to be put right; a sent one is checked afresh."""
    idea = Idea.objects.select_for_update().select_related("fund").get(pk=idea.pk)
    if idea.state not in (State.DRAFT, State.MEND, State.SENT):
        raise Refused(_("It is being read now, so it stays as it is."))
    was = idea.recording
    words = _kept(words)
    for name, value in _cleaned(words).items():
        setattr(idea, name, value)
    if was and was != idea.recording:
        transaction.on_commit(partial(_forget_file, was))
    if idea.state != State.DRAFT and any(one.must for one in precheck(idea)):
        raise Refused(next(one.words for one in precheck(idea) if one.must))
    # What was made fair of the old words is no longer what it says.
    idea.fair_title = idea.fair_words = idea.fair_own = idea.in_english = ""
    idea.save()
    if others is not None:
        _name_others(idea, others, at)


def _name_others(idea: Idea, names: list[str], at: dt.datetime) -> None:
    """Keep the names of those who would do it too; people here are asked by `ask_along`."""
    idea.co_applicants.filter(person=None).delete()
    CoApplicant.objects.bulk_create(
        CoApplicant(idea=idea, name=name[:80], agreed_at=at) for name in names[:10] if name
    )


@transaction.atomic
def ask_along(idea: Idea, *, by: Person, at: dt.datetime, person: Person) -> None:
    """Ask a person here to be in it too; they say yes themselves."""
    if person.pk == idea.applicant_id:
        raise Refused(_("It is their idea already."))
    if rules.is_decider(person, idea.fund):
        raise Refused(_("They decide in this fund, so they can't be in an idea."))
    _row, made = CoApplicant.objects.get_or_create(idea=idea, person=person)
    if made:
        notices.send(
            "grants-idea",
            person,
            key=f"idea-{idea.pk}-along",
            title=gettext_lazy("You're asked to be in an idea"),
            body=gettext_lazy("Have a look, then say yes or no."),
            path=idea.get_absolute_url(),
            about=by,
            at=at,
        )


@transaction.atomic
def answer_along(idea: Idea, *, by: Person, at: dt.datetime, yes: bool) -> None:
    """Say yes or no to being in an idea."""
    mine = CoApplicant.objects.filter(idea=idea, person=by)
    if yes:
        mine.update(agreed_at=at)
    else:
        mine.delete()


@transaction.atomic
def send(idea: Idea, *, by: Person, at: dt.datetime) -> None:
    """Send it in. Raises Refused where something must be put right first. Twice is once."""
    Fund.objects.select_for_update().get(pk=idea.fund_id)  # numbers are given one at a time
    idea = Idea.objects.select_for_update().select_related("fund__area").get(pk=idea.pk)
    if idea.state not in (State.DRAFT, State.MEND):
        return
    if idea.state == State.DRAFT:
        _open_for(idea.fund, idea.applicant, at)
    for finding in precheck(idea):
        if finding.must:
            raise Refused(finding.words)
    if idea.number is None:
        idea.number = (idea.fund.ideas.aggregate(m=Max("number"))["m"] or 0) + 1
    again = idea.state == State.MEND
    idea.state, idea.sent_at, idea.to_mend = State.SENT, idea.sent_at or at, ""
    idea.save(update_fields=["state", "number", "sent_at", "to_mend"])
    words = _("Idea %(n)d came back, put right.") if again else _("Idea %(n)d came in.")
    note(idea.fund, words % {"n": idea.number}, by=by, at=at, idea=idea)
    _look_for_relations(idea, at)
    _tell(idea, "sent", gettext_lazy("Your idea is in"), at, by)


def _look_for_relations(idea: Idea, at: dt.datetime) -> None:
    """A steward whose own idea it is, or who is in it, can't tend it: hidden from them at once."""
    from doorstep.grants.actions.funds import holders

    people = {idea.applicant_id, *idea.co_applicants.values_list("person", flat=True)}
    for holding in holders(idea.fund, rules.STEWARD):
        if holding.person_id in people:
            words = _("%(name)s keeps this fund and is in idea %(n)d: another steward tends it.")
            words %= {"name": holding.person, "n": idea.number}
            note(idea.fund, words, by=None, at=at, idea=idea)


def _tell(
    idea: Idea, key: str, title: Any, at: dt.datetime, by: Person | None, **more: Any
) -> None:
    for person in {idea.applicant, *_agreed(idea)}:
        notices.send(
            "grants-idea",
            person,
            key=f"idea-{idea.pk}-{key}",
            title=title,
            path=idea.get_absolute_url(),
            at=at,
            **more,
        )


def _agreed(idea: Idea) -> list[Person]:
    rows = idea.co_applicants.filter(person__isnull=False, agreed_at__isnull=False)
    return [row.person for row in rows.select_related("person")]  # type: ignore[misc]


@transaction.atomic
def withdraw(idea: Idea, *, by: Person, at: dt.datetime) -> None:
    """Take an idea back. On the day it leaves the running order, and ballots count without it."""
    idea = Idea.objects.select_for_update().select_related("fund").get(pk=idea.pk)
    if idea.fund.is_decided:
        raise Refused(_("It has been decided already. Talk to the stewards of the fund."))
    if idea.state == State.WITHDRAWN:
        return
    Pitch.objects.filter(idea=idea).delete()
    was_sent = idea.is_sent
    idea.state = State.WITHDRAWN
    idea.save(update_fields=["state"])
    if was_sent:
        words = _("Idea %(n)d was taken back.")
        if idea.fund.stage == Stage.VOTING:
            words = _("Idea %(n)d was taken back while voting was open. All ballots stay, and "
                      "count for the other ideas on them.")  # fmt: skip
        note(idea.fund, words % {"n": idea.number}, by=by, at=at, idea=idea)


# --- Stewards: mending, making fair ------------------------------------------------------------


@transaction.atomic
def ask_to_mend(idea: Idea, *, by: Person, at: dt.datetime, to_mend: str) -> None:
    """Ask the applicants, kindly, to put something right; it waits for them."""
    _tended(idea, by, at)
    if (
        not Idea.objects.filter(pk=idea.pk, state__in=[State.SENT, State.READY])
        .exclude(fund__stage__in=rules.SHOWN_IN)
        .update(state=State.MEND, to_mend=to_mend)
    ):
        raise Refused(_("It isn't waiting to be checked any more."))
    note(idea.fund, _("Idea %(n)d was asked to be put right.") % {"n": idea.number}, by=by, at=at,
         idea=idea)  # fmt: skip
    title = gettext_lazy("One thing to put right in your idea")
    _tell(idea, f"mend-{at:%Y%m%d%H%M}", title, at, by)


@transaction.atomic
def make_fair(
    idea: Idea,
    *,
    by: Person,
    at: dt.datetime,
    fair_title: str,
    fair_words: str,
    in_english: str = "",
    fair_own: str = "",
) -> None:
    """Keep what deciders read, without names and addresses; it is ready then."""
    _tended(idea, by, at)
    left = details.find(f"{fair_title}\n{fair_words}\n{fair_own}")
    if left:
        raise Refused(_("There is still a private detail in it: take it out, then keep it."))
    changed = Idea.objects.filter(
        pk=idea.pk,
        state__in=[State.SENT, State.READY],
        fund__stage__in=[Stage.IDEAS, Stage.READING],
    ).update(
        state=State.READY,
        fair_title=fair_title,
        fair_words=fair_words,
        fair_own=fair_own,
        made_fair_by=by,
        in_english=in_english,
        translated_by=by if in_english else None,
    )
    if not changed:
        raise Refused(_("It isn't waiting to be checked any more."))
    note(idea.fund, _("Idea %(n)d is ready to be read.") % {"n": idea.number}, by=by, at=at,
         idea=idea)  # fmt: skip


def _tended(idea: Idea, by: Person, at: dt.datetime) -> None:
    if not rules.can_tend(by, idea):
        raise Refused(
            _("You are close to idea %(n)d, so another steward tends it.") % {"n": idea.number or 0}
        )


def fair_suggestion(idea: Idea) -> str:
    """Return the words with names and private details blacked out, for a steward to look over."""
    return blacked_out(idea, idea.in_english or idea.words)


def blacked_out(idea: Idea, text: str) -> str:
    """Return a text with the idea's people's names and private details blacked out."""
    for one in reversed(details.find(text)):
        text = f"{text[: one.start]}[…]{text[one.end :]}"
    names = {idea.applicant.known_as, *idea.applicant.known_as.split()}
    for row in idea.co_applicants.select_related("person"):
        name = row.person.known_as if row.person else row.name
        names |= {name, *name.split()}
    for name in sorted((one for one in names if len(one) > 2), key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", "[…]", text, flags=re.IGNORECASE)
    return text


@transaction.atomic
def declare(idea: Idea, *, by: Person, at: dt.datetime, why: str) -> Interest:
    """Say that one is close to an idea: it is hidden from them everywhere until it is decided.

    Said after reading, what they gave it is put aside and the log says so.
    """
    share = Share.objects.filter(idea=idea, decider=by).first()
    had_read = share is not None and (share.opened_at or share.scored_at) is not None
    row, made = Interest.objects.get_or_create(
        idea=idea, person=by, defaults={"why": why, "had_read": had_read, "declared_at": at}
    )
    if not made:
        return row
    words = _("%(name)s is close to idea %(n)d. It is hidden from them.")
    if had_read:
        words = _("%(name)s is close to idea %(n)d and said so after reading it. Their mark is put "
                  "aside, and it is hidden from them from now on.")  # fmt: skip
    Share.objects.filter(idea=idea, decider=by).delete()
    note(idea.fund, words % {"name": by, "n": idea.number or 0}, by=by, at=at, idea=idea)
    return row
