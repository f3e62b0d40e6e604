"""Everything that can be done about an alert. Each verb writes down who did it, and when."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.base.time import local
from doorstep.notices.actions import send, send_to_all
from doorstep.people.models import Person
from doorstep.safeguarding import rules
from doorstep.safeguarding.models import Alert, Link, Party, PassedOn, Step

KIND_WAITS = "safeguarding-waits"
KIND_ANSWER = "safeguarding-answer"

State = Alert.State
Kind = Step.Kind


class NotYours(Exception):
    """Whoever asks may not work on this alert."""


class NotNow(Exception):
    """The alert stands differently by now; the message says how, for whoever asked."""


# --- Raising ----------------------------------------------------------------------------------


@transaction.atomic
def raise_alert(
    *,
    by: Person | None,
    what: str,
    at: dt.datetime,
    about: Person | None = None,
    about_words: str = "",
    where: str = "",
    how_urgent: str = Alert.Urgency.ORDINARY,
    child: str = Alert.Child.UNSURE,
    heard_from: str = "",
    is_typed_for_another: bool = False,
    may_name: bool = False,
    reach: str = "",
    from_kind: str = "",
    from_path: str = "",
    against: Person | None = None,
    is_held: bool = False,
    client_key: str | None = None,
) -> Alert:
    """Raise a safeguarding alert and tell the leads that one waits (never what it says).

    `by` is None for a visitor. `against` is somebody it is raised against, who will never see
    it. `how_urgent` and `child` are values of `Alert.Urgency` and `Alert.Child`. `is_held` keeps
    it without calling anybody. The same `client_key` again returns the alert made before.
    """
    if client_key:
        made = Alert.objects.filter(client_key=client_key).first()
        if made is not None:
            return made
    try:
        with transaction.atomic():
            alert = Alert.objects.create(
                client_key=client_key or None,
                raised_at=at,
                raised_by=by,
                is_typed_for_another=is_typed_for_another,
                heard_from=heard_from,
                may_name=may_name,
                reach=reach,
                about=about,
                about_words=about_words,
                where=where,
                what=what,
                from_kind=from_kind,
                from_path=from_path,
                urgency=how_urgent,
                child=child,
                is_held=is_held,
                due_at=rules.deadline(how_urgent, at),
            )
    except IntegrityError:  # the same form twice at once: the other one's row stands
        return Alert.objects.get(client_key=client_key)
    for person, part in ((about, Party.Part.ABOUT), (against, Party.Part.AGAINST)):
        if person is not None:
            _name_party(alert, person, part, at)
    Step.objects.create(alert=alert, at=at, by=by, kind=Kind.RAISED)
    if not is_held:
        _tell_leads(alert, f"new:{alert.pk}", at=at)
    return alert


def _name_party(alert: Alert, person: Person, part: str, at: dt.datetime) -> bool:
    _row, made = Party.objects.get_or_create(
        alert=alert, person=person, defaults={"part": part, "added_at": at}
    )
    return made


# --- Telling that something waits ---------------------------------------------------------------

_WAITS = _("An alert is waiting for you. Please look now.")
_WAITS_LONG = _("An alert has waited too long. Please look now.")
_NEEDS_SOMEBODY = _(
    "A safeguarding alert needs somebody else: no safeguarding lead may read it. "
    "Give the role to somebody with no part in it, today."
)
_NOBODY_LOOKS = _(
    "A safeguarding alert is waiting past its time. Ring your safeguarding leads, please."
)


def _tell_leads(alert: Alert, key: str, *, at: dt.datetime, title: Any = _WAITS) -> None:
    """Tell the leads who may read it; where there is none, those who can name one."""
    leads = rules.leads(but_parties_of=alert)
    if leads:
        send_to_all(
            KIND_WAITS, leads, key=f"alert:{key}", title=title,
            path=reverse("safeguarding:queue"), at=at,
        )  # fmt: skip
        return
    _tell_beyond(alert, key, _NEEDS_SOMEBODY, at=at)


def _tell_beyond(alert: Alert, key: str, title: Any, *, at: dt.datetime) -> None:
    """Tell administrators, and the contact outside, that something waits; never what."""
    from doorstep.safeguarding import outside

    send_to_all(
        KIND_WAITS,
        rules.administrators(but_parties_of=alert),
        key=f"alert-beyond:{key}",
        title=title,
        path=reverse("people:roles"),
        at=at,
    )
    outside.tell(str(title), key)


# --- Working on one -----------------------------------------------------------------------------


def _mine(alert: Alert, by: Person) -> None:
    if not rules.can_see(by, alert):
        raise NotYours


def _change(alert: Alert, *, states: tuple[str, ...], **changes: Any) -> None:
    """Change the row if it still stands in one of `states`; the row in hand follows."""
    if not Alert.objects.filter(pk=alert.pk, state__in=states).update(**changes):
        raise NotNow(_("Somebody else was first. Look again at where it stands."))
    for name, value in changes.items():
        setattr(alert, name, value)


def _step(alert: Alert, kind: str, *, by: Person | None, at: dt.datetime, **more: Any) -> Step:
    return Step.objects.create(alert=alert, kind=kind, by=by, at=at, **more)


OPEN = (State.NEW, State.SEEN, State.IN_HAND, State.REFERRED, State.REOPENED)
TAKEN = (State.IN_HAND, State.REFERRED)


@transaction.atomic
def look(alert: Alert, *, by: Person, at: dt.datetime) -> bool:
    """A lead opened it: a new one is seen now, and must be taken soon. Returns whether it was new.

    Raises NotYours for anybody who may not read it.
    """
    _mine(alert, by)
    if alert.state not in (State.NEW, State.REOPENED):
        return False
    due = rules.deadline(alert.urgency, at)
    was = (State.NEW, State.REOPENED)
    fresh = Alert.objects.filter(pk=alert.pk, state__in=was).update(
        state=State.SEEN, seen_at=at, due_at=due, escalations=0, is_held=False
    )
    if not fresh:
        alert.refresh_from_db()
        return False
    alert.state, alert.seen_at, alert.due_at, alert.is_held = State.SEEN, at, due, False
    _step(alert, Kind.SEEN, by=by, at=at)
    return True


@transaction.atomic
def take(
    alert: Alert, *, by: Person, next_step: str, due_at: dt.datetime, at: dt.datetime,
    owner: Person | None = None,
) -> None:  # fmt: skip
    """Give the alert an owner (`by`, or another lead who may read it) with a next step and date."""
    _mine(alert, by)
    owner = owner or by
    if not rules.can_see(owner, alert):
        raise NotNow(_("They may not read this one. Choose somebody else."))
    state = State.REFERRED if alert.state == State.REFERRED else State.IN_HAND
    _change(
        alert, states=OPEN, state=state, owner=owner, next_step=next_step, due_at=due_at,
        escalations=0, seen_at=alert.seen_at or at, is_held=False,
    )  # fmt: skip
    _step(
        alert, Kind.TAKEN, by=by, at=at, next_step=next_step, next_owner=owner, next_due_at=due_at
    )
    if owner.pk != by.pk:
        send(
            KIND_WAITS, owner, key=f"alert:given:{alert.pk}:{at.isoformat()}", title=_WAITS,
            path=reverse("safeguarding:queue"), at=at,
        )  # fmt: skip


@transaction.atomic
def add_step(
    alert: Alert, *, by: Person, kind: str, words: str, next_step: str, due_at: dt.datetime,
    at: dt.datetime,
) -> Step:  # fmt: skip
    """Write down what was done (a call, visit, discussion or note) and what comes next, by when."""
    _mine(alert, by)
    if kind not in Step.BY_HAND:
        raise ValueError(f"{kind!r} isn't written by hand")
    _change(alert, states=TAKEN, next_step=next_step, due_at=due_at, escalations=0)
    return _step(
        alert, kind, by=by, at=at, words=words, next_step=next_step, next_owner=alert.owner,
        next_due_at=due_at,
    )  # fmt: skip


@transaction.atomic
def record_told(alert: Alert, *, by: Person, told: str, words: str, at: dt.datetime) -> None:
    """Write down whether the person was asked or told, how and by whom, or why not."""
    _mine(alert, by)
    if told not in (Alert.Told.ASKED, Alert.Told.TOLD, Alert.Told.NOT):
        raise ValueError("say whether they were asked, told or not")
    _change(alert, states=OPEN, told=told)
    label = Alert.Told(told).label
    _step(alert, Kind.TOLD, by=by, at=at, words=f"{label}. {words}")


@transaction.atomic
def pass_on(
    alert: Alert, *, by: Person, to: str, to_words: str, sent: str, next_step: str,
    due_at: dt.datetime, at: dt.datetime,
) -> PassedOn:  # fmt: skip
    """Hand it to another service; it stays ours to follow until an answer is back.

    Raises NotNow until it is written down whether the person was told.
    """
    _mine(alert, by)
    alert.refresh_from_db(fields=["told", "owner", "state"])
    if not alert.told:
        raise NotNow(_("First write down whether the person was asked or told."))
    _change(
        alert, states=OPEN, state=State.REFERRED, owner=alert.owner or by, next_step=next_step,
        due_at=due_at, escalations=0, seen_at=alert.seen_at or at, is_held=False,
    )  # fmt: skip
    row = PassedOn.objects.create(
        alert=alert, to=to, to_words=to_words, sent=sent, sent_at=at, sent_by=by
    )
    _step(
        alert, Kind.PASSED_ON, by=by, at=at, words=str(PassedOn.To(to).label), next_step=next_step,
        next_owner=alert.owner, next_due_at=due_at,
    )  # fmt: skip
    return row


@transaction.atomic
def came_back(
    alert: Alert, row: PassedOn, *, by: Person, answer: str, next_step: str, due_at: dt.datetime,
    at: dt.datetime,
) -> None:  # fmt: skip
    """Write down what the other service answered, once, and what comes next."""
    _mine(alert, by)
    open_row = PassedOn.objects.filter(pk=row.pk, alert=alert, answered_at=None)
    if not open_row.update(answer=answer, answered_at=at):
        raise NotNow(_("Their answer is written down already."))
    _change(alert, states=TAKEN, next_step=next_step, due_at=due_at, escalations=0)
    _step(
        alert, Kind.CAME_BACK, by=by, at=at, words=answer, next_step=next_step,
        next_owner=alert.owner, next_due_at=due_at,
    )  # fmt: skip


@transaction.atomic
def close(alert: Alert, *, by: Person, outcome: str, words: str, at: dt.datetime) -> None:
    """End it, with how it ended and why. Raises NotNow until telling the person is recorded."""
    _mine(alert, by)
    alert.refresh_from_db(fields=["told", "state"])
    if not alert.told:
        raise NotNow(_("First write down whether the person was asked or told."))
    _change(
        alert, states=(State.SEEN, State.IN_HAND, State.REFERRED), state=State.CLOSED,
        outcome=outcome, closed_at=at, due_at=None, next_step="", escalations=0,
    )  # fmt: skip
    label = Alert.Outcome(outcome).label
    _step(alert, Kind.CLOSED, by=by, at=at, words=f"{label}. {words}")


@transaction.atomic
def reopen(alert: Alert, *, by: Person, words: str, at: dt.datetime) -> None:
    """Open a closed one again: it waits for an owner like a new one, and the leads hear of it."""
    _mine(alert, by)
    _change(
        alert, states=(State.CLOSED,), state=State.REOPENED, outcome="", closed_at=None,
        due_at=rules.deadline(alert.urgency, at), owner=None, escalations=0,
    )  # fmt: skip
    step = _step(alert, Kind.REOPENED, by=by, at=at, words=words)
    _tell_leads(alert, f"reopened:{step.pk}", at=at)


@transaction.atomic
def answer(alert: Alert, *, by: Person, say: bool, words: str, at: dt.datetime) -> None:
    """Tell whoever raised it that we looked, without a word of what we found; or say nothing.

    `say` is False where hearing from us could put somebody at risk; `words` is why, for the file.
    """
    _mine(alert, by)
    kind = "looked" if say else "unsafe"
    if not Alert.objects.filter(pk=alert.pk, answered="").update(answered=kind):
        raise NotNow(_("That is written down already."))
    alert.answered = kind
    _step(alert, Kind.ANSWERED, by=by, at=at, words=words)
    # Nobody with a part in it hears a word, also where they were the one who told us.
    if say and alert.raised_by is not None and not rules.has_a_part(alert.raised_by, alert):
        send(
            KIND_ANSWER, alert.raised_by, key=f"alert-answer:{alert.pk}",
            title=_("You told us about something that worried you. We've looked into it."),
            body=_("We can't say more, to keep people safe. Thank you for telling us."), at=at,
        )  # fmt: skip


@transaction.atomic
def name_party(alert: Alert, *, by: Person, person: Person, part: str, at: dt.datetime) -> None:
    """Say that somebody must not read this alert: it's about, against or near them.

    Whoever names themselves steps back: the alert goes to the other leads.
    """
    _mine(alert, by)
    if not _name_party(alert, person, part, at):
        return
    _step(alert, Kind.PARTY, by=by, at=at, words=str(Party.Part(part).label))
    if alert.is_open:
        _let_go_if_blind(alert, at=at)
        if not rules.leads(but_parties_of=alert):
            _tell_leads(alert, f"party:{alert.pk}:{person.pk}", at=at)


def _let_go_if_blind(alert: Alert, *, at: dt.datetime) -> None:
    """Take it from an owner who may not read it (any more): nothing stays with nobody."""
    owner = alert.owner
    if owner is None or rules.can_see(owner, alert):
        return
    released = Alert.objects.filter(pk=alert.pk, owner=owner, state__in=TAKEN).update(
        state=State.SEEN, owner=None, due_at=rules.deadline(alert.urgency, at), escalations=0
    )
    if released:
        alert.refresh_from_db()
        step = _step(alert, Kind.RELEASED, by=None, at=at)
        _tell_leads(alert, f"released:{step.pk}", at=at)


@transaction.atomic
def join(alert: Alert, other: Alert, *, by: Person, at: dt.datetime) -> None:
    """Say that `alert` tells of the same thing as `other`: it goes on in that one. Undo: `part`."""
    _mine(alert, by)
    _mine(other, by)
    if alert.pk == other.pk or other.joined_to_id or alert.joined.exists():  # type: ignore[attr-defined]
        raise NotNow(_("Those two can't be joined. Choose the one that stands by itself."))
    if not Alert.objects.filter(pk=alert.pk, joined_to=None).update(joined_to=other):
        raise NotNow(_("It is joined with another already."))
    alert.joined_to = other
    _step(alert, Kind.JOINED, by=by, at=at, words=other.ref)
    _step(other, Kind.JOINED, by=by, at=at, words=alert.ref)
    # Whoever may not read one of the two may not go on with the other.
    _let_go_if_blind(other, at=at)


@transaction.atomic
def part(alert: Alert, *, by: Person, at: dt.datetime) -> None:
    """Undo `join`: the alert stands by itself again, as it stood."""
    _mine(alert, by)
    other = alert.joined_to
    if other is None or not Alert.objects.filter(pk=alert.pk, joined_to=other).update(
        joined_to=None
    ):
        raise NotNow(_("It isn't joined with another."))
    alert.joined_to = None
    _step(alert, Kind.PARTED, by=by, at=at, words=other.ref)
    _step(other, Kind.PARTED, by=by, at=at, words=alert.ref)


@transaction.atomic
def link(alert: Alert, other: Alert, *, by: Person, at: dt.datetime) -> None:
    """Say that two alerts belong together: one person, or one family."""
    _mine(alert, by)
    _mine(other, by)
    if alert.pk == other.pk:
        raise NotNow(_("Choose another alert."))
    one, two = sorted((alert, other), key=lambda row: row.pk)
    _row, made = Link.objects.get_or_create(
        one=one, other=two, defaults={"made_by": by, "made_at": at}
    )
    if made:
        _step(alert, Kind.LINKED, by=by, at=at, words=other.ref)
        _step(other, Kind.LINKED, by=by, at=at, words=alert.ref)


@transaction.atomic
def unlink(alert: Alert, other: Alert, *, by: Person, at: dt.datetime) -> None:
    """Undo `link`."""
    _mine(alert, by)
    gone, _rows = Link.objects.filter(
        Q(one=alert, other=other) | Q(one=other, other=alert)
    ).delete()
    if gone:
        _step(alert, Kind.PARTED, by=by, at=at, words=other.ref)


def linked_to(alert: Alert, viewer: Person) -> list[Alert]:
    """Return the alerts that belong with this one and that the viewer may read."""
    ids = {
        pk
        for pair in Link.objects.filter(Q(one=alert) | Q(other=alert)).values_list("one", "other")
        for pk in pair
    } - {alert.pk}
    if not ids:
        return []
    return list(Alert.objects.visible_to(viewer).filter(pk__in=ids).select_related("about"))


# --- The clock ----------------------------------------------------------------------------------


def escalate(at: dt.datetime | None = None) -> int:
    """The worker's turn: whatever waits past its time goes on to the next; return how many did.

    First all leads hear, later administrators and the contact outside. An owner who may not
    read it any more loses it.
    """
    from doorstep.base.time import now

    at = at or now()
    count = 0
    for alert in Alert.objects.filter(state__in=TAKEN).select_related("owner"):
        with transaction.atomic():
            if alert.owner is None:
                Alert.objects.filter(pk=alert.pk, owner=None, state__in=TAKEN).update(
                    state=State.SEEN
                )
            else:
                _let_go_if_blind(alert, at=at)
    late = Alert.objects.open().filter(due_at__lt=at, joined_to=None)
    for alert in late.order_by("due_at"):
        wait = rules.patience(alert.urgency) * alert.escalations
        if alert.escalations >= 2 or at < alert.due_at + wait:  # type: ignore[operator]
            continue
        with transaction.atomic():
            claimed = Alert.objects.filter(
                pk=alert.pk, escalations=alert.escalations, due_at=alert.due_at
            ).update(escalations=alert.escalations + 1, escalated_at=at)
            if not claimed:
                continue
            step = _step(alert, Kind.ESCALATED, by=None, at=at)
            # However many came at once from one place, they ring the bell once a day.
            key = f"held:{local(at).date()}" if alert.is_held else f"late:{step.pk}"
            if alert.escalations == 0:
                _tell_leads(alert, key, at=at, title=_WAITS_LONG)
            else:
                _tell_beyond(alert, key, _NOBODY_LOOKS, at=at)
            count += 1
    return count
