"""Connecting the dots: one consented story, as little as needed, owned and dated actions."""

from __future__ import annotations

import datetime as dt
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.connect import links, rules
from doorstep.connect.actions.referring import NotNow
from doorstep.connect.actions.walking import check
from doorstep.connect.models import CaseAction, CaseGuest, CaseMeeting, Relationship
from doorstep.people.consents import actions as consents
from doorstep.people.consents.kinds import recipient
from doorstep.people.consents.rules import may_share
from doorstep.people.models import How, Person


@transaction.atomic
def call_meeting(
    relationship: Relationship,
    *,
    by: Person,
    at: dt.datetime,
    meets_at: dt.datetime,
    question: str,
    story: str,
    agreed_words: str,
    where: str = "",
    agenda: str = "",
    client_key: str | None = None,
) -> CaseMeeting:
    """Call services and charities together about one question, with the person's yes."""
    check(relationship, by)
    if client_key:
        twin = CaseMeeting.objects.filter(client_key=client_key, relationship=relationship).first()
        if twin is not None:
            return twin
    if meets_at <= at:
        raise NotNow(_("Choose a day that is still to come."))
    return CaseMeeting.objects.create(
        relationship=relationship,
        called_by=by,
        made_at=at,
        meets_at=meets_at,
        where=where,
        question=question,
        story=story,
        agenda=agenda,
        agreed_words=agreed_words,
        client_key=client_key,
    )


@transaction.atomic
def invite(
    meeting: CaseMeeting,
    *,
    by: Person,
    at: dt.datetime,
    name: str,
    service: str,
    email: str = "",
    sees: str = CaseGuest.Sees.QUESTION,
) -> CaseGuest:
    """Ask somebody to the table: the person's yes is written down for this service alone."""
    check(meeting.relationship, by)
    if not meeting.is_live:
        raise NotNow(_("This meeting was stopped."))
    guest = CaseGuest.objects.create(
        meeting=meeting, name=name, service=service, email=email, sees=sees
    )
    try:
        consents.give(
            meeting.relationship.person,
            purpose=rules.MEET,
            recipient=recipient("organisation", service),
            parts=["asked"],
            by=by,
            at=at,
            how=How.SPOKEN,
            words=meeting.agreed_words,
            client_key=f"case-{guest.key}",
        )
    except consents.CannotAgree as problem:
        raise NotNow(str(problem)) from None
    transaction.on_commit(
        partial(
            links.mail,
            email,
            subject=gettext_lazy("a meeting about one question"),
            lines=[
                gettext_lazy(
                    "You are asked to a short meeting. The link is for you alone; please don't "
                    "pass it on."
                )
            ],
            link=links.address("table", guest.key),
        )
    )
    return guest


def may_open(guest: CaseGuest, at: dt.datetime) -> bool:
    """Whether a guest's link still opens: the person's yes for this service stands."""
    meeting = guest.meeting
    if not meeting.is_live or meeting.relationship.has_died:
        return False
    return (
        may_share(
            meeting.relationship.person,
            rules.MEET,
            recipient("organisation", guest.service),
            at,
        )
        is not None
    )


def agree_action(
    meeting: CaseMeeting,
    *,
    by: Person,
    at: dt.datetime,
    owner: CaseGuest,
    words: str,
    due_on: dt.date,
) -> CaseAction:
    """Write down who does what by when."""
    check(meeting.relationship, by, open_only=False)
    if owner.meeting_id != meeting.pk:
        raise NotNow(_("Choose somebody round this table."))
    return CaseAction.objects.create(meeting=meeting, owner=owner, words=words, due_on=due_on)


def finish_action(action: CaseAction, *, at: dt.datetime, outcome: str) -> None:
    """Say what came of it."""
    CaseAction.objects.filter(pk=action.pk, done_at=None).update(done_at=at, outcome=outcome)


def learned(guest: CaseGuest, *, words: str) -> None:
    """Keep what a service learned."""
    CaseGuest.objects.filter(pk=guest.pk).update(learned=words)


def hold(meeting: CaseMeeting, *, by: Person, at: dt.datetime) -> None:
    """Say that it took place."""
    check(meeting.relationship, by, open_only=False)
    CaseMeeting.objects.filter(pk=meeting.pk, state="planned").update(state="held")


def stop(meeting: CaseMeeting, *, by: Person | None, at: dt.datetime) -> None:
    """Stop it: every link is dead."""
    if by is not None:
        check(meeting.relationship, by, open_only=False)
    CaseMeeting.objects.filter(pk=meeting.pk).update(state="stopped")
