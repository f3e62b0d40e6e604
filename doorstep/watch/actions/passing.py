"""Passing a concern to a service: what was sent, a link to answer by, and what came back."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
from functools import partial

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from doorstep.base.keys import new_key
from doorstep.base.time import now
from doorstep.notices.actions import send
from doorstep.notices.models import Channel
from doorstep.notices.safe import may_write_to
from doorstep.organisations.models import Service
from doorstep.people.models import Person
from doorstep.watch import rules
from doorstep.watch.actions.care import NotNow, _change, _mine, _step
from doorstep.watch.actions.telling import KIND_WAITS
from doorstep.watch.models import Concern, Escalation, Step

log = logging.getLogger(__name__)
LIVES_FOR = dt.timedelta(days=60)
ANSWER_IN = 10  # working days
_SALT = "doorstep.watch.answer"


class NoSuchLink(Exception):
    """A link that never was, has ended, or is too old: all the same to whoever asks."""


def link_of(row: Escalation) -> str:
    """Return the path by which the service answers."""
    return reverse("watch:answer", args=[signing.Signer(salt=_SALT).sign(row.code)])


def find(token: str, *, at: dt.datetime) -> Escalation:
    """Return what a link stands for. Raises NoSuchLink."""
    try:
        code = signing.Signer(salt=_SALT).unsign(token)
    except signing.BadSignature:
        raise NoSuchLink from None
    row = (
        Escalation.objects.select_related("concern__theme", "concern__area", "concern__owner")
        .filter(code=code, ended_at=None, sent_at__gt=at - LIVES_FOR)
        .first()
    )
    if row is None or row.concern.state not in Concern.OPEN:
        raise NoSuchLink
    return row


def draft(concern: Concern) -> str:
    """Return what could be sent: what was seen, where and when; never who told it."""
    lines = [
        say("What it is about: %(theme)s") % {"theme": concern.theme.label},
        say("Where: %(where)s")
        % {"where": ", ".join(part for part in (concern.where, concern.area.name) if part)},
        say("Seen on: %(day)s") % {"day": f"{concern.seen_on:%d/%m/%Y}"},
        "",
        concern.what,
    ]
    if concern.about == Concern.About.PERSON and concern.safe_contact:
        lines += ["", say("How to reach them safely: %(how)s") % {"how": concern.safe_contact}]
    return "\n".join(lines)


@transaction.atomic
def pass_on(
    concern: Concern, *, to: str, sent: str, by: Person, at: dt.datetime, to_email: str = "",
    service: Service | None = None, answer_by: dt.date | None = None,
) -> Escalation:  # fmt: skip
    """Hand it to a service and write down what was sent; with an e-mail, they get a link.

    What is about a person goes only with their yes. Raises NotNow, NotYours.
    """
    _mine(concern, by)
    if concern.about == Concern.About.PERSON and concern.agreed != Concern.Agreed.YES:
        raise NotNow(_("They haven't said yes to this. Ask them first, then pass it on."))
    row = Escalation.objects.create(
        concern=concern, service=service, to=to, to_email=to_email, sent=sent, sent_at=at,
        sent_by=by, code=new_key(24),
        answer_by=answer_by or rules.working_days(at.date(), ANSWER_IN),
    )  # fmt: skip
    _change(
        concern, state=State.PASSED_ON, owner=concern.owner or by, due_on=row.answer_by,
        expires_on=max(concern.expires_on or row.answer_by, row.answer_by),
    )  # fmt: skip
    _step(concern, Step.Kind.PASSED_ON, by=by, at=at, words=to)
    if to_email:
        transaction.on_commit(partial(_write, row.pk))
    return row


State = Concern.State


def _write(pk: int) -> None:
    row = Escalation.objects.get(pk=pk)
    if not may_write_to(row.to_email, Channel.EMAIL, now()):
        return
    words = say(
        "A neighbour noticed something, and we think it is for you.\n\n"
        "Read it and answer here, without an account:\n%(link)s\n\n"
        "Please answer by %(day)s. Rather talk? Ring %(phone)s."
    ) % {
        "link": f"{settings.SITE_URL}{link_of(row)}",
        "day": f"{row.answer_by:%d/%m/%Y}",
        "phone": settings.HELP_PHONE,
    }
    mail = EmailMessage(
        say("%(site)s: something for you to look into") % {"site": settings.SITE_NAME},
        words,
        to=[row.to_email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as problem:
        # The owner sees that nothing came back, and by when it should have.
        log.warning("A service couldn't be written to (%s).", type(problem).__name__)


@transaction.atomic
def came_back(
    row: Escalation, *, answer: str, words: str, at: dt.datetime, by: Person | None = None
) -> bool:
    """Write down what the service said: by the link (`by` is None) or told to the owner.

    “It's done” after “we'll look” is a second answer; the same answer twice is one.
    """
    concern = row.concern
    if by is not None:
        _mine(concern, by)
    if row.answer == answer and row.answer_words == words:
        return False
    Escalation.objects.filter(pk=row.pk).update(
        answer=answer, answer_words=words, answered_at=at, opened_at=row.opened_at or at
    )
    row.refresh_from_db()
    label = Escalation.Answer(answer).label
    _step(concern, Step.Kind.CAME_BACK, by=by, at=at,
          words=f"{row.to}: {label}" + (f"\n{words}" if words else ""))  # fmt: skip
    if concern.state == State.PASSED_ON and answer != Escalation.Answer.WILL:
        # It is the owner's move again.
        due_on = rules.dates_for(concern.theme, at)[0]
        _change(concern, state=State.IN_HAND, due_on=due_on)
    if by is None and concern.owner is not None:
        send(
            KIND_WAITS, concern.owner, key=f"watch:{concern.pk}:back:{row.pk}:{answer}",
            title=_("A service answered you"),
            path=reverse("watch:concern", args=[concern.ref]), at=at,
        )  # fmt: skip
    return True
