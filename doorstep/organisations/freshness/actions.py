"""What is done about how true an entry is: confirm, doubt, close, open again, ask its owner."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
from collections import defaultdict

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from doorstep.base.text import clean, clean_line
from doorstep.base.time import now
from doorstep.notices.actions import address_of
from doorstep.notices.models import Channel
from doorstep.notices.safe import Book
from doorstep.organisations.freshness import (
    ANSWER_WITHIN,
    ASK_AFTER,
    DOUBTS_ARE_MANY,
    STALE_AFTER,
    links,
)
from doorstep.organisations.models import (
    PUBLIC_STATES,
    Confirmation,
    Position,
    PrivateContact,
    Service,
    State,
)
from doorstep.people.models import Person

log = logging.getLogger("doorstep.organisations")
How, Effect = Confirmation.How, Confirmation.Effect
REASONS = ("wrong_number", "no_answer", "closed", "full")


def _prove(
    service: Service,
    *,
    how: str,
    effect: str,
    by: Person | None,
    at: dt.datetime,
    reason: str = "",
    note: str = "",
    client_key: str | None = None,
) -> bool:
    """Write one proof down; False where the same was written before."""
    if client_key and Confirmation.objects.filter(client_key=client_key).exists():
        return False
    try:
        with transaction.atomic():
            Confirmation.objects.create(
                service=service,
                how=how,
                effect=effect,
                by=by,
                at=at,
                reason=reason,
                note=clean(note),
                client_key=client_key,
            )
    except IntegrityError:  # the same click, at the same moment
        return False
    return True


@transaction.atomic
def confirm(
    service: Service,
    *,
    how: str,
    by: Person | None,
    at: dt.datetime,
    note: str = "",
    client_key: str | None = None,
) -> bool:
    """Note that the entry is true: it is fresh again, and nothing doubts it any more.

    `how` is a value of Confirmation.How. Twice with one `client_key` is the same as once
    (returns False). A closed entry stays closed: `reopen` says otherwise.
    """
    if not _prove(service, how=how, effect=Effect.CONFIRMS, by=by, at=at, note=note,
                  client_key=client_key):  # fmt: skip
        return False
    fresh = {"confirmed_at": at, "confirmed_how": how, "doubts": 0, "changed_at": at}
    Service.objects.filter(pk=service.pk).filter(
        Q(confirmed_at=None) | Q(confirmed_at__lte=at)
    ).update(**fresh)
    Service.objects.filter(pk=service.pk, state=State.STALE).update(state=State.LIVE)
    service.refresh_from_db(fields=[*fresh, "state"])
    return True


def worked(
    service: Service, *, by: Person | None, at: dt.datetime, client_key: str | None = None
) -> bool:
    """Somebody got through: that is a proof as good as the owner's word."""
    return confirm(service, how=How.WORKED, by=by, at=at, client_key=client_key)


@transaction.atomic
def failed(
    service: Service,
    *,
    reason: str,
    by: Person | None,
    at: dt.datetime,
    note: str = "",
    client_key: str | None = None,
) -> bool:
    """Somebody couldn't get through (`reason` is one of REASONS).

    Twice and the entry is stale until somebody finds out. One that is full is true all the same.
    """
    if reason not in REASONS:
        raise ValueError(reason)
    if not _prove(service, how=How.FAILED, effect=Effect.LOWERS, by=by, at=at, reason=reason,
                  note=note, client_key=client_key):  # fmt: skip
        return False
    if reason != "full":
        Service.objects.filter(pk=service.pk, doubts__lt=99).update(
            doubts=F("doubts") + 1, changed_at=at
        )
        Service.objects.filter(pk=service.pk, state=State.LIVE, doubts__gte=DOUBTS_ARE_MANY).update(
            state=State.STALE
        )
    service.refresh_from_db(fields=["doubts", "state", "changed_at"])
    return True


@transaction.atomic
def close(
    service: Service,
    *,
    how: str,
    by: Person | None,
    at: dt.datetime,
    client_key: str | None = None,
) -> bool:
    """The service is over: it leaves the list, and its page says so to those who look after it."""
    if not _prove(service, how=how, effect=Effect.LOWERS, by=by, at=at, reason="closed",
                  client_key=client_key):  # fmt: skip
        return False
    Service.objects.filter(pk=service.pk).exclude(state=State.CLOSED).update(
        state=State.CLOSED, status=Service.Status.DEFUNCT, closed_at=at, changed_at=at
    )
    service.refresh_from_db(fields=["state", "status", "closed_at", "changed_at"])
    return True


@transaction.atomic
def reopen(service: Service, *, how: str, by: Person | None, at: dt.datetime) -> None:
    """It wasn't over after all, or began again."""
    Service.objects.filter(pk=service.pk, state=State.CLOSED).update(
        state=State.LIVE, status=Service.Status.ACTIVE, closed_at=None, changed_at=at
    )
    service.refresh_from_db()
    confirm(service, how=how, by=by, at=at)


# --- By the clock ----------------------------------------------------------------------------


def tick() -> int:
    """Let old entries sink, and ask the owners of those not confirmed for long."""
    at = now()
    sink(at)
    return remind(at)


def sink(at: dt.datetime) -> int:
    """Entries without a proof for long say so and come last; return how many. Safe to repeat."""
    old = at - STALE_AFTER
    return Service.objects.filter(
        Q(confirmed_at__lt=old)
        | Q(confirmed_at=None, changed_at__lt=old)
        | Q(doubts__gte=DOUBTS_ARE_MANY),
        state=State.LIVE,
    ).update(state=State.STALE, changed_at=at)


def due(at: dt.datetime):  # type: ignore[no-untyped-def]
    """Return the entries whose owner is to be asked now."""
    before = at - ASK_AFTER
    return Service.objects.filter(
        Q(confirmed_at__lt=before) | Q(confirmed_at=None),
        Q(asked_at=None) | Q(asked_at__lt=before),
        state__in=PUBLIC_STATES,
    )


def unanswered(at: dt.datetime):  # type: ignore[no-untyped-def]
    """Return the entries whose owner was asked and said nothing: a keeper rings."""
    return Service.objects.filter(
        Q(confirmed_at=None) | Q(confirmed_at__lt=F("asked_at")),
        asked_at__lt=at - ANSWER_WITHIN,
        state__in=PUBLIC_STATES,
    )


def remind(at: dt.datetime, *, most: int = 200) -> int:
    """Ask the owners of entries that nobody confirmed for ASK_AFTER; return how many e-mails.

    One e-mail for each address and organisation, with a link for every entry. Safe to repeat and
    to run twice at once: an entry is claimed before it is asked about. Where the mail server is
    away, the claim is given back and tried again.
    """
    waiting = list(due(at).select_related("organisation").order_by("organisation_id", "pk")[:most])
    groups: dict[int | None, list[Service]] = defaultdict(list)
    for service in waiting:
        groups[service.organisation_id].append(service)
    sent = 0
    for services in groups.values():
        sent += _ask(services, at)
    return sent


def _ask(services: list[Service], at: dt.datetime) -> int:
    mine = []
    for service in services:
        before = service.asked_at
        # Whoever moves `asked_at` first asks.
        if due(at).filter(pk=service.pk, asked_at=before).update(asked_at=at):
            service.asked_at = at
            mine.append((service, before))
    by_address: dict[tuple[str, str], list[Service]] = defaultdict(list)
    for service, _before in mine:
        for address, language in owners_of(service, at):
            by_address[address, language].append(service)
    count = 0
    for (address, language), asked in by_address.items():
        try:
            _letter(asked, address, language, at).send()
            count += 1
        except (OSError, smtplib.SMTPException) as problem:
            log.warning("Owners couldn't be asked (%s).", type(problem).__name__)
            for service, before in mine:
                if service in asked:
                    Service.objects.filter(pk=service.pk, asked_at=at).update(asked_at=before)
    return count


def owners_of(service: Service, at: dt.datetime) -> list[tuple[str, str]]:
    """Return (e-mail, language) of those to ask about an entry, the best known first.

    The people who look after it and whom it is safe to write to; where there are none, the
    address keepers know, else the one it publishes.
    """
    held = (
        Position.objects.held()
        .filter(organisation=service.organisation_id, role__in=Position.MAY_EDIT)
        .select_related("person__account")
    )
    people = [one.person for one in held if one.person.state == Person.State.ACTIVE]  # type: ignore[union-attr]
    book = Book.of([person.pk for person in people if person])
    found = []
    for person in people:
        if person is None:
            continue
        verdict = book.may_reach(person.pk, Channel.EMAIL, at)
        if verdict.ok and not verdict.is_discreet and (address := address_of(person)):
            found.append((address, person.reads))
    if found:
        return found
    for contact in PrivateContact.objects.filter(organisation=service.organisation_id):
        if contact.email:
            return [(contact.email, "en-gb")]
    organisation = service.organisation
    address = service.email or (organisation.email if organisation else "")
    return [(address, "en-gb")] if "@" in address else []


def _letter(services: list[Service], address: str, language: str, at: dt.datetime) -> EmailMessage:
    with translation.override(language):
        rows = [
            {
                "service": service,
                "link": settings.SITE_URL
                + reverse("directory:true", args=[links.token_for(service, at)]),
            }
            for service in services
        ]
        context = {
            "rows": rows,
            "organisation": services[0].organisation,
            "site_name": settings.SITE_NAME,
            "borough": settings.BOROUGH,
            "help_phone": settings.HELP_PHONE,
            "days": links.LIVES_FOR.days,
        }
        subject = clean_line(
            _("Is your entry in the %(borough)s directory still right?")
            % {"borough": settings.BOROUGH}
        )
        return EmailMessage(
            subject,
            render_to_string("organisations/mail/still_true.txt", context),
            to=[address],
            headers={"Auto-Submitted": "auto-generated"},
        )
