"""Planning a meeting, and writing down what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from doorstep.base.text import clean
from doorstep.gatherings.models import Gathering
from doorstep.learning import evidence
from doorstep.learning.actions.once import made_before
from doorstep.learning.models import Action, Attendance, Community, Evidence, Meeting, Member
from doorstep.notices import actions as notices
from doorstep.people.models import Person


def _members(community: Community, *, but: Person | None = None) -> list[Person]:
    people = Person.objects.filter(
        learning_in__community=community, learning_in__left_at=None
    ).order_by("pk")
    return [one for one in people if but is None or one.pk != but.pk]


@transaction.atomic
def plan(
    community: Community,
    *,
    title: str,
    starts_at: dt.datetime,
    minutes_long: int,
    where: str,
    agenda: str,
    by: Person,
    at: dt.datetime,
    client_key: str,
) -> Meeting:
    """Plan a meeting and tell its members. Once a key."""
    made = made_before(Meeting, client_key, by=by)
    if made is not None:
        return made
    made = Meeting.objects.create(
        community=community,
        title=title,
        starts_at=starts_at,
        minutes_long=minutes_long,
        where=where,
        agenda=clean(agenda),
        made_by=by,
        made_at=at,
        client_key=client_key,
    )
    _tell(made, "planned", _("Your learning community has a day to meet"), by=by, at=at)
    return made


def _tell(meeting: Meeting, what: str, title: object, *, by: Person, at: dt.datetime) -> None:
    notices.send_to_all(
        "learning-meeting",
        _members(meeting.community, but=by),
        key=f"learning:meeting:{meeting.pk}:{what}",
        title=title,
        path=meeting.get_absolute_url(),
        about=by,
        at=at,
    )


@transaction.atomic
def change(
    meeting: Meeting,
    *,
    title: str,
    starts_at: dt.datetime,
    minutes_long: int,
    where: str,
    agenda: str,
    by: Person,
    at: dt.datetime,
) -> None:
    """Move it or write its agenda; members hear when the day or place is another."""
    moved = starts_at != meeting.starts_at or where != meeting.where
    meeting.title, meeting.starts_at, meeting.minutes_long = title, starts_at, minutes_long
    meeting.where, meeting.agenda = where, clean(agenda)
    meeting.save(update_fields=["title", "starts_at", "minutes_long", "where", "agenda"])
    if moved and not meeting.is_over:
        _tell(
            meeting,
            f"moved:{int(at.timestamp())}",
            _("A learning meeting has moved"),
            by=by,
            at=at,
        )


@transaction.atomic
def call_off(meeting: Meeting, *, by: Person, at: dt.datetime) -> None:
    if Meeting.objects.filter(pk=meeting.pk, called_off_at=None).update(called_off_at=at):
        _tell(
            meeting,
            f"off:{int(at.timestamp())}",
            _("A learning meeting is called off"),
            by=by,
            at=at,
        )


@transaction.atomic
def on_again(meeting: Meeting, *, by: Person, at: dt.datetime) -> None:
    changed = Meeting.objects.filter(pk=meeting.pk, called_off_at__isnull=False).update(
        called_off_at=None
    )
    if changed:
        _tell(
            meeting, f"on:{int(at.timestamp())}", _("A learning meeting is on again"), by=by, at=at
        )


@transaction.atomic
def attend(
    meeting: Meeting, *, people: Iterable[Person], guests: Iterable[str], by: Person
) -> None:
    """Write down who came: exactly these. Marked on paper or here, it is the same."""
    wanted = {one.pk: one for one in people}
    there = {
        row.person_id: row
        for row in Attendance.objects.filter(meeting=meeting).exclude(person=None)
    }
    Attendance.objects.filter(
        pk__in=[row.pk for pk, row in there.items() if pk not in wanted]
    ).delete()
    for pk, person in wanted.items():
        if pk not in there:
            Attendance.objects.get_or_create(
                meeting=meeting, person=person, defaults={"marked_by": by}
            )
    names = [name for name in guests if name]
    Attendance.objects.filter(meeting=meeting, person=None).delete()
    Attendance.objects.bulk_create(
        [Attendance(meeting=meeting, name=name, marked_by=by) for name in names]
    )


@transaction.atomic
def write_minutes(
    meeting: Meeting, *, minutes: str, minutes_from: str, by: Person, at: dt.datetime
) -> None:
    """Keep the minutes; `minutes_from` is who took them on paper, where another types them."""
    first = not meeting.minutes
    meeting.minutes, meeting.minutes_by, meeting.minutes_at = clean(minutes), by, at
    meeting.minutes_from = minutes_from
    meeting.save(update_fields=["minutes", "minutes_by", "minutes_at", "minutes_from"])
    if first and meeting.minutes:
        _tell(meeting, "minutes", _("The minutes of your learning meeting are there"), by=by, at=at)


@transaction.atomic
def add_action(
    meeting: Meeting,
    *,
    what: str,
    owner: Person | None,
    due_on: dt.date,
    by: Person,
    at: dt.datetime,
    client_key: str,
) -> Action:
    """Write down what somebody said they would do; they are told. Once a key."""
    made = made_before(Action, client_key, by=by)
    if made is not None:
        return made
    made = Action.objects.create(
        meeting=meeting,
        what=clean(what),
        owner=owner,
        due_on=due_on,
        made_by=by,
        made_at=at,
        client_key=client_key,
    )
    if owner is not None and owner.pk != by.pk:
        notices.send(
            "learning-action",
            owner,
            key=f"learning:action:{made.pk}:yours",
            title=_("Something from a learning meeting is yours to do"),
            path=meeting.get_absolute_url(),
            about=by,
            at=at,
        )
    return made


@transaction.atomic
def finish(action: Action, *, words: str, at: dt.datetime) -> None:
    """It is done. Twice is once."""
    if Action.objects.filter(pk=action.pk, done_at=None).update(done_at=at) and words:
        action.refresh_from_db()
        action.done_words = clean(words)
        action.save(update_fields=["done_words"])


@transaction.atomic
def open_again(action: Action) -> None:
    """It wasn't done after all."""
    Action.objects.filter(pk=action.pk).update(done_at=None)


@transaction.atomic
def bring(
    meeting: Meeting, gathering: Gathering, *, question: str, by: Person, at: dt.datetime
) -> Evidence:
    """Bring a gathering's figures in as they are today; brought again, they are made new."""
    row, _made = Evidence.objects.update_or_create(
        meeting=meeting,
        gathering=gathering,
        defaults={
            "title": gathering.title,
            "question": question,
            "figures": evidence.figures_of(gathering),
            "brought_by": by,
            "brought_at": at,
        },
    )
    return row


# --- Told ahead -------------------------------------------------------------------------------

AHEAD = dt.timedelta(days=2)


def remind(at: dt.datetime) -> int:
    """Remind of what is due tomorrow or late, once each, and of meetings to come."""
    from doorstep.base.time import local

    today = local(at).date()
    sent = 0
    due = (
        Action.objects.filter(
            done_at=None,
            due_on__lte=today + dt.timedelta(days=1),
            due_on__gt=today - dt.timedelta(days=30),
            meeting__community__closed_at=None,
        )
        .exclude(owner=None)
        .select_related("owner", "meeting")
        .order_by("pk")[:500]
    )
    for action in due:
        late = action.due_on < today
        if action.owner is None:
            continue
        sent += (
            notices.send(
                "learning-action",
                action.owner,
                key=f"learning:action:{action.pk}:{action.due_on}:{'late' if late else 'soon'}",
                title=_("Something you said you would do was due")
                if late
                else _("Something you said you would do is due"),
                body=_("Done? Say so with one press. Not yet? Choose another day."),
                path=action.meeting.get_absolute_url(),
                at=at,
            )
            is not None
        )
    soon = Meeting.objects.filter(
        starts_at__gt=at, starts_at__lte=at + AHEAD, called_off_at=None
    ).select_related("community")
    for meeting in soon:
        people = _members(meeting.community)
        sent += len(
            notices.send_to_all(
                "learning-meeting",
                people,
                key=f"learning:meeting:{meeting.pk}:soon:{meeting.starts_at:%Y%m%d%H}",
                title=_("Your learning community meets soon"),
                path=meeting.get_absolute_url(),
                at=at,
            )
        )
    return sent


def is_in(person: Person, community: Community) -> bool:
    """Whether the person is a member now."""
    return Member.objects.filter(community=community, person=person, left_at=None).exists()
