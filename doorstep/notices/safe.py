"""Safe contact: how, when and through whom a person may be reached without harm.

`may_reach` is asked at the one door through which everything goes out, once when it is put in
line and once more at the moment it leaves. What it refuses is not sent, whatever the kind: only
one-time codes that somebody asks for themselves, at that moment, don't pass here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.time import in_london, local, now
from doorstep.notices.models import Channel, Relay, RelayUse, SafeContact
from doorstep.people.models import Person

# What waits where the person looks themselves, and what comes with the post, knows no hour.
AT_ANY_TIME = frozenset({Channel.IN_APP, Channel.LETTER})
# What a voice at the phone or door must know.
SPOKEN = frozenset({Channel.PHONE, Channel.RELAY, Channel.VISIT})
_AHEAD = 15  # days
_RELAY = "notices.relay"

# What somebody else may read over a shoulder says nothing.
PLAIN_SUBJECT = gettext_lazy("A message for you")
PLAIN_SENDER = gettext_lazy("Messages")


class NotSafe(Exception):
    """The person's safe-contact rules forbid it; the message is the sentence to show."""

    is_expected = True

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.why)
        self.verdict = verdict


@dataclass(frozen=True)
class Verdict:
    """Whether somebody may be reached now, and how.

    `until` is the next safe moment where only the hour is wrong (None: never through this
    channel). `why` is a sentence for whoever wanted to. `say`, `no_voicemail`, `via` and `words`
    are what a caller must know; `is_discreet` what a letter must not say. `waits_for_yes`: they
    named somebody who has not said yet that they will pass a message on.
    """

    ok: bool
    why: str = ""
    until: dt.datetime | None = None
    say: str = ""
    no_voicemail: bool = False
    is_discreet: bool = False
    via: str = ""
    words: str = ""
    has_rules: bool = False
    waits_for_yes: bool = False


FREE = Verdict(ok=True)


@dataclass
class Book:
    """The rules of many people, read with one query."""

    rules: dict[int, SafeContact] = field(default_factory=dict)

    @classmethod
    def of(cls, people: Iterable[int]) -> Book:
        """Return the rules that hold for these people (ids) now."""
        ids = list(people)
        if not ids:
            return cls()
        rows = SafeContact.objects.current().filter(person__in=ids).select_related("relay")
        return cls({row.person_id: row for row in rows})

    def may_reach(self, person_id: int, channel: str, at: dt.datetime) -> Verdict:
        """Return the verdict for one of them."""
        row = self.rules.get(person_id)
        return FREE if row is None else judge(row, channel, at)


def rules_of(person: Person) -> SafeContact | None:
    """Return the rules that hold for the person now, or None."""
    return SafeContact.objects.current().filter(person=person).select_related("relay").first()


def may_reach(person: Person, channel: str, at: dt.datetime) -> Verdict:
    """Say whether the person may be reached through `channel` (a value of Channel) at `at`.

    Raises ValueError for a channel nobody knows.
    """
    return Book.of([person.pk]).may_reach(person.pk, Channel(channel), at)


def may_be_mailed_news(person: Person) -> bool:
    """Whether an e-mail with our name on it, about their account, may go to them this minute."""
    verdict = may_reach(person, Channel.EMAIL, now())
    return verdict.ok and not verdict.is_discreet


def judge(row: SafeContact, channel: str, at: dt.datetime) -> Verdict:
    """Judge by these rules; see `may_reach`."""
    channel = Channel(channel)
    more: dict[str, Any] = {
        "is_discreet": row.is_discreet,
        "has_rules": True,
        **(
            {
                "say": row.say_as,
                "no_voicemail": row.no_voicemail,
                "via": row.via_words() if channel == Channel.RELAY else "",
                "words": row.words,
            }
            if channel in SPOKEN
            else {}
        ),
    }
    if channel in row.forbidden:
        why = _("It isn't safe to reach them this way: %(way)s.") % {"way": channel.label}
        return Verdict(ok=False, why=why, **more)
    if channel == Channel.RELAY and not more["via"]:
        return Verdict(ok=False, why=_("They have named nobody to pass a message on."), **more)
    if channel == Channel.RELAY and not row.relay_agrees:
        return _no_yes_from_relay(row, more)
    if channel in AT_ANY_TIME:
        return Verdict(ok=True, **more)
    until = next_safe(at, row.windows)
    if until is None:
        return Verdict(ok=False, why=_("There is no safe time to reach them."), **more)
    if until > at:
        why = _("It isn't safe to reach them now. The next safe time is %(when)s.") % {
            "when": said(until)
        }
        return Verdict(ok=False, why=why, until=until, **more)
    return Verdict(ok=True, **more)


def _no_yes_from_relay(row: SafeContact, more: dict[str, Any]) -> Verdict:
    state = row.relay.state if row.relay is not None else Relay.State.ASKED
    # Who they are is for whoever may ring them; the sentence does without.
    more = more | {"via": ""}
    if state == Relay.State.NO:
        why = _("The one they named doesn't want to pass messages on.")
    elif state == Relay.State.ENDED:
        why = _("The one they named has stopped passing messages on. Don't ring them.")
    else:
        why = _("The one they named hasn't said yes yet. Ask them first.")
    return Verdict(ok=False, why=why, waits_for_yes=state == Relay.State.ASKED, **more)


def said(moment: dt.datetime) -> str:
    """Return “Monday 23 November, 10am”."""
    from doorstep.design.templatetags.design import clock, day

    return f"{day(moment)}, {clock(moment)}"


# --- Safe times ---------------------------------------------------------------------------------


def is_inside(at: dt.datetime, windows: list[dict[str, Any]]) -> bool:
    """Whether London's clock shows a safe time; no windows mean any time is."""
    if not windows:
        return True
    here = local(at)
    clock = here.time().replace(tzinfo=None)
    return any(
        here.weekday() in window["days"] and _time(window["from"]) <= clock < _time(window["until"])
        for window in windows
    )


def next_safe(at: dt.datetime, windows: list[dict[str, Any]]) -> dt.datetime | None:
    """Return `at`, or the next moment inside a window; None where none comes.

    `windows` are {"days": [0 (Monday) … 6], "from": "09:00", "until": "11:30"} on London's clock,
    never across midnight. Nights with a clock change are judged by what the clock on the wall
    shows: a window skipped in March doesn't come that day.
    """
    if is_inside(at, windows):
        return at
    first = local(at).date()
    found: list[dt.datetime] = []
    for ahead in range(_AHEAD):
        day = first + dt.timedelta(days=ahead)
        for window in windows:
            if day.weekday() not in window["days"]:
                continue
            start = in_london(dt.datetime.combine(day, _time(window["from"])))
            if start > at and is_inside(start, windows):
                found.append(start)
        if found:
            return min(found)
    return None


def _time(text: str) -> dt.time:
    return dt.time.fromisoformat(text)


# --- Setting them -------------------------------------------------------------------------------


@transaction.atomic
def set_rules(
    person: Person,
    *,
    by: Person,
    at: dt.datetime,
    forbidden: list[str],
    windows: list[dict[str, Any]],
    no_voicemail: bool = False,
    is_discreet: bool = False,
    say_as: str = "",
    via_name: str = "",
    via_phone: str = "",
    words: str = "",
    review_on: dt.date | None = None,
) -> SafeContact:
    """Keep how the person may be reached from now on. What held before stays in the history.

    Whatever waits already is judged by the new rules when it would leave. Raises ValueError for
    a channel nobody knows or a window that ends before it begins.
    """
    kept = [str(Channel(one)) for one in forbidden]
    for window in windows:
        if _time(window["from"]) >= _time(window["until"]) or not window["days"]:
            raise ValueError("a safe time ends after it begins, on some day")
    before = rules_of(person)
    SafeContact.objects.current().filter(person=person).update(ended_at=at, ended_by=by)
    relay = None
    if via_name:
        # The yes belongs to the one who gave it, at that number: another one is asked anew.
        is_same = before is not None and (before.via_name, before.via_phone) == (
            via_name,
            via_phone,
        )
        relay = before.relay if before is not None and is_same else None
        relay = relay or Relay.objects.create(person=person, made_at=at)
    row = SafeContact.objects.create(
        person=person, forbidden=kept, windows=windows, no_voicemail=no_voicemail,
        is_discreet=is_discreet, say_as=say_as, via_name=via_name, via_phone=via_phone,
        relay=relay, words=words, review_on=review_on, set_by=by, set_at=at,
    )  # fmt: skip
    _settle(person)
    return row


@transaction.atomic
def end_rules(person: Person, *, by: Person, at: dt.datetime) -> bool:
    """Take the rules away; the history keeps them. Returns whether there were any."""
    gone = SafeContact.objects.current().filter(person=person).update(ended_at=at, ended_by=by)
    _settle(person)
    return bool(gone)


# --- Whoever passes messages on ------------------------------------------------------------------


def can_say_relays_word(viewer: Person | None, relay: Relay) -> bool:
    """Anybody who brings the link or writes it down, but never the one who named them."""
    return viewer is None or viewer.pk != relay.person_id


@transaction.atomic
def relay_says(
    relay: Relay, answer: str, *, how: str, words: str = "", by: Person | None, at: dt.datetime
) -> bool:
    """Keep the relay's own word, which counts at once. Returns whether it changed anything.

    `answer` is a state that they can say: yes, no, or ended (what was yes before). `by` wrote it
    down; nobody through their own link. When they stop, the person hears of it, and so does
    everybody who had rung them.
    """
    row = Relay.objects.select_for_update().get(pk=relay.pk)
    answer = Relay.State(answer)
    if answer == Relay.State.ASKED:
        raise ValueError("a relay says yes or no")
    if answer != Relay.State.YES and row.agreed_at is not None:
        answer = Relay.State.ENDED
    if answer == row.state:
        return False
    was_yes = row.state == Relay.State.YES
    row.state, row.how, row.taken_by, row.said_at, row.words = answer, how, by, at, words
    if answer == Relay.State.YES:
        row.agreed_at, row.agreed_words = at, words
    row.save()
    _settle(row.person)
    if was_yes:
        _tell_who_relied(row, but=by, at=at)
    return True


def relay_for(rules: SafeContact) -> Relay:
    """Return the word of whoever these rules name, made where there is none yet."""
    if rules.relay is None:
        rules.relay = Relay.objects.create(person=rules.person)
        rules.save(update_fields=["relay"])
    return rules.relay


def used(row: SafeContact, *, by: Person, at: dt.datetime) -> None:
    """Keep that somebody rings the relay."""
    if row.relay is not None:
        RelayUse.objects.create(relay=row.relay, by=by, at=at)


def _tell_who_relied(relay: Relay, *, but: Person | None, at: dt.datetime) -> None:
    """Say to the person and to whoever rang the relay that this way is shut. No names in it."""
    from doorstep.notices.actions import send

    key = f"relay-ended:{relay.pk}:{at.isoformat()}"
    send(
        "consent-ended", relay.person, key=key, at=at, path=reverse("notices:safe"),
        title=gettext_lazy("Somebody no longer passes messages on to you"),
        body=gettext_lazy("Look at how we reach you, and name somebody else if you like."),
    )  # fmt: skip
    callers = Person.objects.filter(
        pk__in=relay.uses.values("by")  # type: ignore[attr-defined]
    ).exclude(pk__in=[relay.person_id, but.pk if but else 0])
    for caller in callers:
        send(
            "consent-ended", caller, key=key, at=at, path=reverse("notices:calls"),
            title=gettext_lazy("Somebody you rang no longer passes messages on"),
            body=gettext_lazy("Don't ring them again. The list of calls says whom it is about."),
        )  # fmt: skip


def relay_token(relay: Relay) -> str:
    """Return the signed word of the relay's own link."""
    return signing.dumps(relay.pk, salt=_RELAY)


def relay_of(token: str) -> Relay | None:
    """Return whose link it is; None when it is none of ours, or that person is gone.

    Once others are named in their place the link still lets them see and say that it is over.
    """
    try:
        pk = signing.loads(token, salt=_RELAY)
    except signing.BadSignature:
        return None
    rows = Relay.objects.select_related("person").filter(person__state=Person.State.ACTIVE)
    return rows.filter(pk=pk).first()


def _settle(person: Person) -> None:
    """The dot and the list follow the rules at once."""
    from doorstep.notices.actions import recount

    recount(person)


def may_write_to(address: str, channel: Channel, at: dt.datetime) -> bool:
    """Whether a letter of ours may go to an address somebody typed (an e-mail, or E.164).

    It may belong to somebody here whose rules forbid it, or ask for discretion; whoever typed it
    must not learn that, so the caller says the same either way.
    """
    field = "phone" if channel == Channel.TEXT else "email"
    known = [
        *Person.objects.filter(**{f"account__{field}": address}),
        *Person.objects.filter(**{field: address}),
    ]
    book = Book.of([person.pk for person in known])
    verdicts = [book.may_reach(person.pk, channel, at) for person in known]
    return all(verdict.ok and not verdict.is_discreet for verdict in verdicts)
