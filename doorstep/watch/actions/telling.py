"""Telling us something: one thing however often it is sent, and one phone counted once."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from doorstep.base.private_files import private_files
from doorstep.base.time import local
from doorstep.notices.actions import send_to_all
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.watch import rules
from doorstep.watch.models import Concern, Office, Step, Theme

KIND_WAITS = "watch-waits"
# One phone counts once for a theme and a place within a week, and for so many in all in a day.
ONCE_IN = dt.timedelta(days=7)
COUNTED_A_DAY = 5


class CannotTell(Exception):
    """Why it can't be kept, as a sentence."""


def sender_mark(person: Person | None, address: str = "") -> str:
    """Return a keyed digest of whoever sends; it tells nobody who it was."""
    who = f"person:{person.pk}" if person else f"address:{address}"
    return salted_hmac("doorstep.watch.sender", who, algorithm="sha256").hexdigest()[:32]


@transaction.atomic
def tell(
    *,
    theme: Theme,
    area: Area,
    what: str,
    seen_on: dt.date,
    by: Person | None,
    at: dt.datetime,
    spotter: Person | None = None,
    where: str = "",
    pin: str = "",
    sure: str = Concern.Sure.SAW,
    about: str = Concern.About.PLACE,
    person_words: str = "",
    relation: str = "",
    agreed: str = "",
    safe_contact: str = "",
    reach: str = "",
    came_by: str = Concern.CameBy.WEB,
    office: Office | None = None,
    photo: str = "",
    sender: str = "",
    client_key: str | None = None,
) -> tuple[Concern, bool]:
    """Keep a concern, give it an owner and a date, and tell them. Return (it, whether it is new).

    `by` is whoever typed (None for a visitor), `spotter` whoever told it where that is another
    person with a record. `sender` is `sender_mark` of the phone or account, "" where somebody
    types for others: the very same words again from one sender are counted on the first, and
    one sender counts once a week for a theme and a place. The same `client_key` again returns
    the concern made before. Raises CannotTell.
    """
    if client_key:
        made = Concern.objects.filter(client_key=client_key).first()
        if made is not None:
            _drop(photo, unless=made.photo)
            return made, False
    if theme.archived_at is not None or theme.parent_id is None:
        raise CannotTell(_("That theme is no longer used. Choose another one."))
    today = local(at).date()
    if not today - rules.OLDEST <= seen_on <= today:
        raise CannotTell(_("Say on which day you saw it: today, or a day in the last year."))
    is_person = about == Concern.About.PERSON
    if is_person and agreed not in (Concern.Agreed.YES, Concern.Agreed.NOT_ASKED):
        raise CannotTell(_("We keep nothing about a person who said no."))
    if office is not None and is_person and agreed != Concern.Agreed.YES:
        raise CannotTell(_("An office passes on what is about a person only with their yes."))
    # One at a time for each theme, so that a flood sees itself.
    Theme.objects.select_for_update().get(pk=theme.pk)
    before = _same(sender, theme, area, what, at) if sender else None
    if before is not None:
        Concern.objects.filter(pk=before.pk).update(repeats=F("repeats") + 1)
        before.repeats += 1
        _drop(photo, unless=before.photo)
        return before, False
    typed_for_another = came_by != Concern.CameBy.WEB
    if spotter is None and not typed_for_another:
        spotter = by
    due_on, expires_on = rules.dates_for(theme, at)
    owner = rules.owner_for(theme, area)
    try:
        with transaction.atomic():
            concern = Concern.objects.create(
                client_key=client_key or None,
                theme=theme,
                area=area,
                where=where,
                pin=pin,
                seen_on=seen_on,
                logged_at=at,
                about=about,
                what=what,
                sure=sure,
                person_words=person_words if is_person else "",
                relation=relation if is_person else "",
                agreed=agreed if is_person else "",
                safe_contact=safe_contact if is_person else "",
                spotter=spotter,
                reach=reach,
                came_by=came_by,
                typed_by=by if typed_for_another else None,
                office=office,
                sender=sender,
                is_counted=not sender or _counts(sender, theme, area, at),
                photo=photo,
                owner=owner,
                state=Concern.State.IN_HAND if owner else Concern.State.NEW,
                due_on=due_on,
                expires_on=expires_on,
            )
    except IntegrityError:  # the same form twice at once: the other one's row stands
        return Concern.objects.get(client_key=client_key), False
    Step.objects.create(concern=concern, at=at, by=by, kind=Step.Kind.TOLD)
    if owner is not None:
        Step.objects.create(concern=concern, at=at, kind=Step.Kind.GIVEN, to=owner)
    if concern.is_counted:  # a flood calls nobody again
        tell_carers(concern, at=at)
    return concern, True


def _same(sender: str, theme: Theme, area: Area, what: str, at: dt.datetime) -> Concern | None:
    """The concern of this sender that says the very same, lately. The words are sealed: read."""
    recent = Concern.objects.filter(
        sender=sender, theme=theme, area=area, logged_at__gt=at - ONCE_IN
    ).order_by("logged_at")[:50]
    said = " ".join(what.casefold().split())
    return next((row for row in recent if " ".join(row.what.casefold().split()) == said), None)


def _counts(sender: str, theme: Theme, area: Area, at: dt.datetime) -> bool:
    counted = Concern.objects.filter(sender=sender, is_counted=True)
    ward = rules.ward_of(area) or area
    near = counted.filter(theme=theme, area__path__startswith=ward.path)
    if near.filter(logged_at__gt=at - ONCE_IN).exists():
        return False
    return counted.filter(logged_at__gt=at - dt.timedelta(days=1)).count() < COUNTED_A_DAY


def _drop(photo: str, *, unless: str) -> None:
    if photo and photo != unless:
        transaction.on_commit(lambda: private_files.delete(photo))


def tell_carers(concern: Concern, *, at: dt.datetime, key: str = "new") -> None:
    """Tell its owner, or those whose work the area is, that something waits; never what."""
    whom = [concern.owner] if concern.owner else rules.carers_of(concern.area)
    send_to_all(
        KIND_WAITS,
        [one for one in whom if one.pk != concern.person_id],
        key=f"watch:{concern.pk}:{key}",
        title=_("Somebody noticed something. It waits for you."),
        path=reverse("watch:concern", args=[concern.ref]),
        at=at,
    )


# --- Afterwards, by whoever told it ---------------------------------------------------------------


@transaction.atomic
def tell_more(concern: Concern, *, by: Person | None, words: str, at: dt.datetime) -> bool:
    """Add what somebody saw since. False when it is put away already."""
    if not Concern.objects.filter(pk=concern.pk, state__in=Concern.OPEN).exists():
        return False
    Step.objects.create(concern=concern, at=at, by=by, kind=Step.Kind.ADDED, words=words)
    root = concern.merged_into or concern
    tell_carers(root, at=at, key=f"more:{concern.steps.count()}")
    return True


@transaction.atomic
def take_back(concern: Concern, *, by: Person | None, at: dt.datetime) -> bool:
    """“I was wrong”: it no longer counts, and its words go. False when it is put away already."""
    done = Concern.objects.filter(pk=concern.pk, state__in=Concern.OPEN).update(
        state=Concern.State.WITHDRAWN, closed_at=at, what="–", person_words="", relation="",
        safe_contact="", where="", pin="", person=None, photo="",
    )  # fmt: skip
    if not done:
        return False
    _drop(concern.photo, unless="")
    concern.steps.filter(kind=Step.Kind.ADDED).delete()
    Step.objects.create(concern=concern, at=at, by=by, kind=Step.Kind.WITHDRAWN)
    # What was joined with it stands by itself again.
    Concern.objects.filter(merged_into=concern).update(merged_into=None)
    concern.refresh_from_db()
    return True
