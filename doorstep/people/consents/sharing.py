"""Pass a few facts on: a link for a recipient without an account, read live, dead at once."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base import keys
from doorstep.base.text import clean, clean_line
from doorstep.people.consents import actions, kinds
from doorstep.people.consents.actions import NotAgreed, recipient_of
from doorstep.people.consents.kinds import Recipient
from doorstep.people.consents.rules import Basis, may_share
from doorstep.people.models import Person, Sheet, SheetOpening
from doorstep.people.readings.actions import log_read
from doorstep.people.telling import tell

KEY_LENGTH = 32  # letters of `base.keys`, 150 bits
LINK_FOR = dt.timedelta(days=14)


class NoLongerShared(Exception):
    """Nobody may read this, or nothing was ever here: outside, the two are the same."""


@dataclass(frozen=True)
class Fact:
    """One line of a sheet."""

    part: str
    heading: Any
    text: str


@dataclass(frozen=True)
class Opened:
    """What somebody outside may read, at this moment."""

    sheet: Sheet
    basis: Basis
    facts: list[Fact]


def hash_of(key: str) -> str:
    """Return what is kept of a link's key."""
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def _make(
    person: Person,
    *,
    purpose: str,
    recipient: Recipient,
    parts: list[str],
    note: str,
    by: Person,
    at: dt.datetime,
    client_key: str,
    key: str,
) -> Sheet:
    basis = may_share(person, purpose, recipient, at, parts=parts, lock=True)
    if basis is None:
        raise NotAgreed
    ends_at = at + LINK_FOR
    if basis.ends_at is not None:
        ends_at = min(ends_at, basis.ends_at)
    sheet = Sheet.objects.create(
        person=person,
        consent=basis.consent,
        override=basis.override,
        purpose=purpose,
        recipient_kind=recipient.kind,
        recipient_key=recipient.key,
        recipient_name=recipient.name[:120],
        parts=parts,
        note=clean(note) if "asked" in parts else "",
        made_by=by,
        made_at=at,
        ends_at=ends_at,
        key_hash=hash_of(key),
        client_key=client_key,
    )
    actions.rely(
        person,
        purpose=purpose,
        recipient=recipient,
        parts=parts,
        by=by,
        at=at,
        used_for=str(recipient),
        thing=f"sheet:{sheet.pk}",
    )
    return sheet


def pass_on(
    person: Person,
    *,
    purpose: str,
    recipient: Recipient,
    parts: Iterable[str],
    by: Person,
    at: dt.datetime,
    client_key: str,
    note: str = "",
) -> tuple[Sheet, str]:
    """Make a sheet with exactly these parts; return it and the key of its link.

    The key is given out this once: the same `client_key` again returns the same sheet and "".
    Raises NotAgreed where nothing allows it, also when the person said no a moment ago.
    """
    chosen = actions.parts_in_order(parts)
    if not chosen:
        raise NotAgreed(_("Choose at least one thing they have to know."))
    key = keys.new_key(KEY_LENGTH)
    twin = Sheet.objects.filter(client_key=client_key).first()
    if twin is None:
        try:
            return (
                _make(
                    person,
                    purpose=purpose,
                    recipient=recipient,
                    parts=chosen,
                    note=note,
                    by=by,
                    at=at,
                    client_key=client_key,
                    key=key,
                ),
                key,
            )
        except IntegrityError:
            twin = Sheet.objects.filter(client_key=client_key).first()
            if twin is None:
                raise
    if twin.made_by_id != by.pk or twin.person_id != person.pk:
        raise NotAgreed(_("This page is out of date. Load it again, then send it."))
    return twin, ""


@transaction.atomic
def renew_link(sheet: Sheet, *, by: Person, at: dt.datetime) -> str:
    """Give the sheet another key and return it; the old link is dead from now on."""
    if _alive(Sheet.objects.filter(pk=sheet.pk), at=at) is None:
        raise NotAgreed
    key = keys.new_key(KEY_LENGTH)
    Sheet.objects.filter(pk=sheet.pk).update(key_hash=hash_of(key))
    return key


def stop(sheet: Sheet, *, by: Person, at: dt.datetime) -> None:
    """Whoever passed it on takes it back; the link is dead."""
    Sheet.objects.filter(pk=sheet.pk, stopped_at=None).update(stopped_at=at)
    sheet.refresh_from_db()


def _alive(found: Any, *, at: dt.datetime) -> tuple[Sheet, Basis] | None:
    """Return the sheet with what allows it now, its basis held for this transaction."""
    sheet = (
        found.filter(stopped_at=None, made_at__lte=at, ends_at__gt=at)
        .exclude(made_by=None)
        .select_related("person__home", "person__account", "made_by")
        .first()
    )
    if sheet is None:
        return None
    basis = may_share(
        sheet.person, sheet.purpose, recipient_of(sheet), at, parts=sheet.parts, lock=True
    )
    if basis is None:
        return None
    # The basis is held now. Did somebody end it between the two questions?
    if not Sheet.objects.filter(pk=sheet.pk, stopped_at=None).exists():
        return None
    return sheet, basis


@transaction.atomic
def peek(key: str, *, at: dt.datetime) -> Sheet:
    """Return the sheet a link leads to, before anything of it is shown. Raises NoLongerShared."""
    alive = _alive(Sheet.objects.filter(key_hash=hash_of(key)), at=at)
    if alive is None:
        raise NoLongerShared
    return alive[0]


@transaction.atomic
def open_sheet(key: str, *, name: str, at: dt.datetime) -> Opened:
    """Somebody outside opens the link under the name they gave; it is logged before it is shown.

    Raises NoLongerShared for an unknown link, one that is over or stopped, a yes that was
    withdrawn or ran out, an override that was struck down.
    """
    alive = _alive(Sheet.objects.filter(key_hash=hash_of(key)), at=at)
    if alive is None:
        raise NoLongerShared
    sheet, basis = alive
    SheetOpening.objects.create(sheet=sheet, name=clean_line(name)[:120], at=at)
    log_read(
        by=cast(Person, sheet.made_by),
        about=sheet.person,
        what=_logged_as(basis),
        reason="passed_on",
        words=f"{clean_line(name)[:120]}, {recipient_of(sheet)}",
        thing=f"sheet-{sheet.pk}",
        at=at,
        role="outside",
    )
    return Opened(sheet, basis, facts_of(sheet, basis))


@transaction.atomic
def read_own(sheet: Sheet, *, by: Person, at: dt.datetime) -> Opened:
    """Whoever passed it on reads it again, to print it or to say it by phone. Logged as well."""
    alive = _alive(Sheet.objects.filter(pk=sheet.pk), at=at)
    if alive is None:
        raise NoLongerShared
    found, basis = alive
    log_read(
        by=by,
        about=found.person,
        what=_logged_as(basis),
        reason="passed_on",
        words=str(recipient_of(found)),
        thing=f"sheet-{found.pk}",
        at=at,
    )
    return Opened(found, basis, facts_of(found, basis))


def _logged_as(basis: Basis) -> str:
    # What was shared without a yes may have to stay hidden for a while; the person reads of it,
    # and of who opened it, on the page of their agreements once they were told.
    return "override" if basis.is_override else "sheet"


def facts_of(sheet: Sheet, basis: Basis) -> list[Fact]:
    """Read the facts from the record as it is now; a part nobody allows any more is left out."""
    allowed = set(sheet.parts) & basis.parts
    rows = []
    for key, part in kinds.parts.items():
        if key not in allowed:
            continue
        text = sheet.note if key == "asked" else part.read(sheet.person)
        if text:
            rows.append(Fact(key, part.heading, text))
    return rows


@transaction.atomic
def answer(key: str, *, answer: Sheet.Answer, words: str, name: str, at: dt.datetime) -> Sheet:
    """The recipient answers through the link; whoever passed it on is told. The last one counts."""
    alive = _alive(Sheet.objects.filter(key_hash=hash_of(key)), at=at)
    if alive is None:
        raise NoLongerShared
    sheet, _basis = alive
    same = (sheet.answer, sheet.answer_words, sheet.answered_by) == (
        answer,
        clean(words),
        clean_line(name)[:120],
    )
    if same:
        return sheet
    sheet.answer, sheet.answer_words = answer, clean(words)
    sheet.answered_by, sheet.answered_at = clean_line(name)[:120], at
    sheet.save(update_fields=["answer", "answer_words", "answered_by", "answered_at"])
    tell(
        "consent",
        cast(Person, sheet.made_by),
        key=f"sheet:{sheet.pk}:answer:{int(at.timestamp())}",
        title=gettext_lazy("An answer to what you passed on"),
        body=gettext_lazy("Sign in to read what they say."),
        path=reverse("people:sheet", args=[sheet.pk]),
        at=at,
    )
    return sheet
