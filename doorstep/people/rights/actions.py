"""What people ask about their own data, and what is done about it."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.private_files import private_files
from doorstep.base.text import clean, clean_line
from doorstep.base.time import local, now
from doorstep.people import actions as people
from doorstep.people.models import (
    Account,
    Erasure,
    Export,
    Hold,
    Person,
    Restriction,
    RightsRequest,
    RoleHolding,
    Way,
)
from doorstep.people.rights import erasing, exporting, files, rules
from doorstep.people.telling import tell

KIND = "rights"
# Thirty days to think again, as for closing an account.
THINKS_FOR = people.COMES_BACK_WITHIN
EXPORT_STAYS = dt.timedelta(days=7)
MAKING_TAKES_AT_MOST = dt.timedelta(hours=1)
# How long after being told a restriction ends.
TOLD_BEFORE = dt.timedelta(days=7)


class NotNow(Exception):
    """Why it can't be done (any more), as a sentence."""


# --- Asking ------------------------------------------------------------------------------------


@transaction.atomic
def ask(
    person: Person,
    kind: str,
    *,
    by: Person,
    at: dt.datetime,
    client_key: str,
    what: str = "",
    words: str = "",
    way: str = Way.WEB,
    known_by: str = "",
) -> RightsRequest:
    """Write down what somebody asks; the clock starts. The same `client_key` is the same row."""
    made = RightsRequest.objects.filter(client_key=client_key).first()
    if made is not None:
        return made
    _own_or_officer(person, by)
    request = RightsRequest.objects.create(
        person=person,
        kind=kind,
        way=way,
        what=clean_line(what),
        words=clean(words),
        asked_by=None if by.pk == person.pk else by,
        known_by=clean_line(known_by),
        asked_at=at,
        due_on=rules.due_on(local(at).date()),
        client_key=client_key,
    )
    if kind == RightsRequest.Kind.RESTRICTION:
        # Asked is done: whether it was needed can be argued about while nothing is used.
        restrict(person, why=request.words, by=by, at=at, request=request)
        request.state, request.answered_at = RightsRequest.State.DONE, at
        request.save(update_fields=["state", "answered_at"])
    return request


def _own_or_officer(person: Person, by: Person) -> None:
    if by.pk != person.pk and not rules.can_act_for(by, person):
        raise PermissionError("one's own, or an officer for somebody")


@transaction.atomic
def withdraw(request: RightsRequest, *, by: Person, at: dt.datetime) -> None:
    """The person takes back what they asked. Raises NotNow once it is answered."""
    if by.pk != request.person_id:
        raise PermissionError("only one's own")
    _move(request, RightsRequest.State.WITHDRAWN, answered_at=at)


@transaction.atomic
def take_on(request: RightsRequest, *, by: Person, at: dt.datetime) -> None:
    """An officer looks into it; others see who."""
    _may_answer(request, by)
    RightsRequest.objects.filter(pk=request.pk).waiting().update(
        state=RightsRequest.State.WORKING, taken_by=by
    )
    request.refresh_from_db()


@transaction.atomic
def extend(request: RightsRequest, *, why: str, by: Person, at: dt.datetime) -> None:
    """Take two more months, once, and tell the person why. Raises NotNow the second time."""
    _may_answer(request, by)
    if local(at).date() > request.due_on:
        raise NotNow(_("The month is over: it can't be made longer any more. Answer it today."))
    due = rules.due_on(local(request.asked_at).date(), 3)
    done = (
        RightsRequest.objects.filter(pk=request.pk, extended_at=None)
        .waiting()
        .update(extended_at=at, extended_why=clean(why), due_on=due)
    )
    if not done:
        raise NotNow(_("It was made longer once already. The law allows that one time."))
    request.refresh_from_db()
    tell(
        KIND,
        request.person,
        key=f"rights:{request.pk}:longer",
        title=gettext_lazy("We need a little longer for what you asked"),
        body=gettext_lazy("Sign in to read why, and by when you will hear from us."),
        path=reverse("people:rights"),
        at=at,
    )


@transaction.atomic
def answer(
    request: RightsRequest, *, is_done: bool, words: str, by: Person, at: dt.datetime
) -> int:
    """Answer with a reason; return how many of those who were given the record were told.

    A correction that was made goes to everybody the record was shared with (UK GDPR, Article 19).
    """
    _may_answer(request, by)
    state = RightsRequest.State.DONE if is_done else RightsRequest.State.REFUSED
    _move(request, state, answered_at=at, answered_by=by, answer=clean(words))
    tell(
        KIND,
        request.person,
        key=f"rights:{request.pk}:answer",
        title=gettext_lazy("An answer to what you asked about your data"),
        body=gettext_lazy("Sign in to read it."),
        path=reverse("people:rights"),
        at=at,
    )
    told = 0
    if is_done and request.kind == RightsRequest.Kind.CORRECTION:
        told = _tell_those_who_were_given_it(request, at=at)
        RightsRequest.objects.filter(pk=request.pk).update(told_count=told)
        request.told_count = told
    return told


def _tell_those_who_were_given_it(request: RightsRequest, *, at: dt.datetime) -> int:
    given: dict[int, Person] = {}
    for shared in rules.sharers:
        given |= {one.pk: one for one in shared(request.person)}
    for one in given.values():
        tell(
            KIND,
            one,
            key=f"rights:{request.pk}:put-right",
            title=gettext_lazy("Something in a record you were given has been put right"),
            body=gettext_lazy("Please open it again before you use it."),
            at=at,
        )
    return len(given)


def _may_answer(request: RightsRequest, by: Person) -> None:
    if not request.is_waiting:
        raise NotNow(_("Somebody else has answered this one."))
    if not rules.can_answer(by, request):
        raise PermissionError("officers and safeguarding leads, not for themselves")


def _move(request: RightsRequest, state: str, **fields: Any) -> None:
    """Leave the states of waiting, once. Raises NotNow when somebody else was first."""
    moved = RightsRequest.objects.filter(pk=request.pk).waiting().update(state=state, **fields)
    if not moved:
        raise NotNow(_("This has been answered already."))
    request.refresh_from_db()


# --- A copy of everything ----------------------------------------------------------------------


@transaction.atomic
def ask_export(person: Person, *, by: Person, at: dt.datetime) -> Export:
    """Have a copy made in the background; one already on its way is that one."""
    _own_or_officer(person, by)
    waiting = Export.objects.filter(
        person=person, state__in=[Export.State.WAITING, Export.State.MAKING]
    ).first()
    if waiting is not None:
        return waiting
    try:
        with transaction.atomic():
            made = Export.objects.create(
                person=person, asked_by=None if by.pk == person.pk else by, asked_at=at
            )
    except IntegrityError:
        return Export.objects.get(
            person=person, state__in=[Export.State.WAITING, Export.State.MAKING]
        )
    from doorstep.people.rights.tasks import make_export

    transaction.on_commit(partial(make_export.enqueue, made.pk))
    return made


def make(export_id: int, *, at: dt.datetime) -> bool:
    """Make the copy; return whether it was made now. Called by the worker; harmless twice."""
    # One that a worker left half-made is begun again after an hour.
    lost = Q(state=Export.State.MAKING, begun_at__lt=at - MAKING_TAKES_AT_MOST)
    claimed = Export.objects.filter(Q(state=Export.State.WAITING) | lost, pk=export_id).update(
        state=Export.State.MAKING, begun_at=at, progress=1
    )
    if not claimed:
        return False
    export = Export.objects.select_related("person").get(pk=export_id)
    kept: list[str] = []
    try:
        document = exporting.collect(export.person, at=at, progress=partial(_progress, export_id))
        page = exporting.as_html(document)
        whole = exporting.as_zip(document, page)
        kept.append(private_files.save(files.FOLDER, whole))
        kept.append(private_files.save(files.FOLDER, ContentFile(page.encode())))
    except Exception as error:
        files.forget(*kept)
        Export.objects.filter(pk=export_id).update(
            state=Export.State.FAILED, problem=type(error).__name__[:80]
        )
        raise
    done = Export.objects.filter(pk=export_id, state=Export.State.MAKING).update(
        state=Export.State.READY,
        progress=100,
        made_at=now(),
        expires_at=at + EXPORT_STAYS,
        file_name=kept[0],
        page_name=kept[1],
        size_bytes=whole.size,
        row_count=sum(section["count"] for section in document["sections"]),
    )
    if not done:  # erased meanwhile
        files.forget(*kept)
        return False
    if export.asked_by_id is None:
        tell(
            KIND,
            export.person,
            key=f"export:{export.pk}",
            title=gettext_lazy("The copy you asked for is ready"),
            body=gettext_lazy("You can fetch it for a week."),
            path=reverse("people:export"),
            at=at,
        )
    return True


def _progress(export_id: int, percent: int) -> None:
    Export.objects.filter(pk=export_id).update(progress=percent)


def forget_exports(*, at: dt.datetime) -> int:
    """Take copies off the disk whose week is over, and try again what got stuck. By the worker."""
    over = Export.objects.filter(state=Export.State.READY, expires_at__lt=at)[:200]
    for export in over:
        drop_export(export)
    from doorstep.people.rights.tasks import make_export

    stuck = Export.objects.filter(
        Q(state=Export.State.WAITING, asked_at__lt=at - MAKING_TAKES_AT_MOST)
        | Q(state=Export.State.MAKING, begun_at__lt=at - MAKING_TAKES_AT_MOST)
    )
    for export in stuck[:20]:
        make_export.enqueue(export.pk)
    return len(over)


def drop_export(export: Export) -> None:
    """Take one copy off the disk; that it was made stays."""
    files.forget(export.file_name, export.page_name)
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.GONE, file_name="", page_name="", expires_at=None
    )


# --- Not using a record ------------------------------------------------------------------------


@transaction.atomic
def restrict(
    person: Person,
    *,
    why: str,
    by: Person,
    at: dt.datetime,
    request: RightsRequest | None = None,
) -> Restriction:
    """Keep the record, and use it for nothing. Twice is the same as once."""
    _own_or_officer(person, by)
    made = Restriction.objects.filter(person=person, lifted_at=None).first()
    if made is None:
        try:
            with transaction.atomic():
                made = Restriction.objects.create(
                    person=person, why=clean(why), since=at, made_by=by, request=request
                )
        except IntegrityError:
            made = Restriction.objects.get(person=person, lifted_at=None)
    Person.objects.filter(pk=person.pk).update(restricted_at=made.since)
    person.restricted_at = made.since
    return made


@transaction.atomic
def tell_before_lifting(
    restriction: Restriction, *, why: str, by: Person, at: dt.datetime
) -> Restriction:
    """An officer means to lift it: the person is told first, with the reason and the day."""
    if not rules.can_act_for(by, restriction.person):
        raise PermissionError("officers and safeguarding leads, not for themselves")
    day = local(at + TOLD_BEFORE).date()
    if not Restriction.objects.filter(pk=restriction.pk, lifted_at=None, told_at=None).update(
        told_at=at, told_why=clean(why), lifts_on=day
    ):
        raise NotNow(_("They have been told already, or it is lifted."))
    restriction.refresh_from_db()
    tell(
        KIND,
        restriction.person,
        key=f"restriction:{restriction.pk}:told",
        title=gettext_lazy("We will soon use your record again"),
        body=gettext_lazy("Sign in to read why and from when, and to tell us if that is wrong."),
        path=reverse("people:rights"),
        at=at,
    )
    return restriction


@transaction.atomic
def lift(restriction: Restriction, *, by: Person, at: dt.datetime) -> None:
    """Use the record again. The person may any time; an officer once they were told and waited."""
    if by.pk != restriction.person_id:
        if not rules.can_act_for(by, restriction.person):
            raise PermissionError("the person, or an officer")
        if restriction.lifts_on is None:
            raise NotNow(_("Tell the person first, with the reason."))
        if local(at).date() < restriction.lifts_on:
            raise NotNow(_("They were told it lasts a week longer. Wait for that day."))
    Restriction.objects.filter(pk=restriction.pk, lifted_at=None).update(lifted_at=at, lifted_by=by)
    Person.objects.filter(pk=restriction.person_id).update(restricted_at=None)
    restriction.person.restricted_at = None


# --- Holds -------------------------------------------------------------------------------------


@transaction.atomic
def hold(person: Person, *, why: str, review_on: dt.date, by: Person, at: dt.datetime) -> Hold:
    """Let nothing about this person be taken away. Twice is the same as once."""
    if not rules.can_hold(by):
        raise PermissionError("safeguarding leads alone")
    made = Hold.objects.filter(person=person, lifted_at=None).first()
    return made or Hold.objects.create(
        person=person, why=clean(why), since=at, made_by=by, review_on=review_on
    )


@transaction.atomic
def release(hold: Hold, *, by: Person, at: dt.datetime) -> None:
    """The claim or inquiry is over."""
    if not rules.can_hold(by):
        raise PermissionError("safeguarding leads alone")
    Hold.objects.filter(pk=hold.pk, lifted_at=None).update(lifted_at=at, lifted_by=by)


# --- Being forgotten ---------------------------------------------------------------------------


@transaction.atomic
def ask_erasure(
    person: Person,
    *,
    by: Person,
    at: dt.datetime,
    takes_posts: bool,
    at_once: bool,
    way: str = Way.WEB,
    known_by: str = "",
) -> Erasure:
    """Ask to be forgotten: after thirty days, or at once. The person is gone from view now.

    Raises NotNow for the last administrator.
    """
    _own_or_officer(person, by)
    holdings = RoleHolding.objects.held(at)
    admin = RoleHolding.Role.ADMINISTRATOR
    if (
        holdings.filter(person=person, role=admin).exists()
        and not holdings.filter(role=admin).exclude(person=person).exists()
    ):
        raise NotNow(_("You are the last administrator. Name another one first, then leave."))
    waiting = Erasure.objects.filter(person=person, done_at=None, undone_at=None).first()
    due = at if at_once else at + THINKS_FOR
    if waiting is not None:
        Erasure.objects.filter(pk=waiting.pk).update(
            takes_posts=takes_posts, due_at=min(due, waiting.due_at)
        )
        waiting.refresh_from_db()
    else:
        waiting = Erasure.objects.create(
            person=person,
            takes_posts=takes_posts,
            way=way,
            asked_by=None if by.pk == person.pk else by,
            known_by=clean_line(known_by),
            asked_at=at,
            due_at=due,
        )
    person.state, person.away_since = Person.State.AWAY, at
    Person.objects.filter(pk=person.pk).update(state=person.state, away_since=at)
    account = getattr(person, "account", None)
    if account is not None:
        people.end_sessions(account)
    return waiting


@transaction.atomic
def undo_erasure(erasure: Erasure, *, at: dt.datetime) -> bool:
    """Think again, while it waits; return whether it did."""
    undone = Erasure.objects.filter(pk=erasure.pk, done_at=None, undone_at=None).update(
        undone_at=at
    )
    Person.objects.filter(pk=erasure.person_id, state=Person.State.AWAY).update(
        state=Person.State.ACTIVE, away_since=None
    )
    return bool(undone)


def came_back(person_id: int, *, at: dt.datetime) -> None:
    """Signing in within thirty days is thinking again."""
    Erasure.objects.filter(person=person_id, done_at=None, undone_at=None).update(undone_at=at)


def run_erasure(erasure: Erasure, *, at: dt.datetime) -> bool:
    """Forget the person now; return whether it was done.

    Not while they are held: it stays due, and is done the night after the hold ends. Their way in
    goes all the same, as everybody's does: that it still worked would tell them of the hold.
    """
    person = Person.objects.get(pk=erasure.person_id)
    if rules.is_held(person):
        if erasure.done_at is None and erasure.undone_at is None:
            _shut_for_good(person)
        return False
    with transaction.atomic():
        fresh = Erasure.objects.select_for_update().get(pk=erasure.pk)
        if fresh.done_at is not None or fresh.undone_at is not None:
            return False
        fresh.counts = erasing.erase(person, takes_posts=fresh.takes_posts)
        fresh.done_at, fresh.known_by = at, ""
        fresh.save(update_fields=["counts", "done_at", "known_by"])
    erasure.refresh_from_db()
    return True


@transaction.atomic
def _shut_for_good(person: Person) -> None:
    """Take the account of somebody held; how to reach them stays with their record."""
    account = Account.objects.filter(person=person).first()
    if account is None:
        return
    kept = {
        name: getattr(account, name) or ""
        for name in ("phone", "email")
        if getattr(account, name) and not getattr(person, name)
    }
    if kept:
        Person.objects.filter(pk=person.pk).update(**kept)
    account.delete()


def certificate_shows_on(erasure: Erasure) -> dt.datetime:
    """Return from when the certificate may be read: a month after it was asked for.

    For everybody alike. Read the same day, it would tell whoever is held that they are.
    """
    return erasure.asked_at + THINKS_FOR


def run_due_erasures(*, at: dt.datetime) -> int:
    """Forget everybody whose day has come; return how many. Called by the worker."""
    _erasures_for_accounts_closed_before(at)
    count = 0
    due = Erasure.objects.filter(due_at__lte=at, done_at=None, undone_at=None)
    for erasure in due.order_by("due_at")[:100]:
        count += run_erasure(erasure, at=at)
    if count:
        erasing.settle()
    return count


def _erasures_for_accounts_closed_before(at: dt.datetime) -> None:
    """An account closed without an erasure of its own gets one: it is due like any other."""
    waits = Erasure.objects.filter(person=OuterRef("pk"), done_at=None, undone_at=None)
    closed = Person.objects.filter(
        ~Exists(waits), state=Person.State.AWAY, away_since__lt=at - THINKS_FOR
    )
    for person in closed[:200]:
        Erasure.objects.create(person=person, asked_at=person.away_since or at, due_at=at)
