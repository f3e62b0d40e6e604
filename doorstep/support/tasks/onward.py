"""From an errand to one-to-one work: “anything else?” becomes a referral, with a named yes.

A referral goes to one organisation, and the person says yes to that one: they choose it on their
own page, or tell somebody of the hub, who writes their words down. Without it nothing is sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorstep.base.time import local
from doorstep.connect import rules as connect
from doorstep.connect.actions import referring
from doorstep.connect.models import Referral
from doorstep.organisations.models import Organisation
from doorstep.people.models import Person
from doorstep.support.models import Feedback, Request, RequestStep
from doorstep.support.requests import working
from doorstep.support.tasks import rules
from doorstep.support.tasks.actions import NotNow, NotTheirs


def takers() -> Any:
    """Return the organisations that walk alongside people, by name."""
    return connect.takers().order_by("name")


def taker_words(of: Iterable[Organisation], at: dt.datetime) -> Callable[[Organisation], str]:
    """Return what says an organisation's name with the wait there: people choose knowingly."""
    waits = referring.expected_waits(of, at)

    def words(one: Organisation) -> str:
        wait = waits[one.pk]
        if wait.weeks is None:
            return one.name
        return ngettext(
            "%(name)s (most wait about %(n)d week)",
            "%(name)s (most wait about %(n)d weeks)",
            wait.weeks,
        ) % {"name": one.name, "n": wait.weeks}

    return words


def can_refer(viewer: Person | None, row: Feedback) -> bool:
    """Whoever works on the request, or the person themselves; nobody else can say their yes."""
    if viewer is None or row.more != Feedback.Else.REFERRAL:
        return False
    request = row.assignment.task.request
    return request.person_id == viewer.pk or rules.is_desks(viewer, row.assignment)


@transaction.atomic
def refer(
    row: Feedback, *, organisation: Organisation, agreed_words: str, by: Person, at: dt.datetime
) -> Referral:
    """Propose the person to one organisation, after their yes to it. Twice is once.

    Raises NotTheirs, or NotNow with a sentence (passed on already, or known there already).
    """
    if not can_refer(by, row):
        raise NotTheirs
    key = f"feedback-{row.pk}"
    made = Referral.objects.filter(client_key=key).first()
    if made is not None:
        return made
    task = row.assignment.task
    request = Request.objects.select_related("person", "ward").get(pk=task.request_id)
    if request.is_drill:
        raise NotNow(_("This is a drill: nothing goes out."))
    if not takers().filter(pk=organisation.pk).exists():
        raise NotNow(_("They don't take people on just now. Choose another."))
    if not Feedback.objects.filter(pk=row.pk, passed_on_at=None).update(
        said_yes=True, passed_on_at=at
    ):
        raise NotNow(_("It was passed on already."))
    ended = row.assignment.ended_at or at
    try:
        referral = referring.refer(
            organisation,
            source=Referral.Source.REQUEST,
            by=by,
            at=at,
            person=request.person,
            reach=request.phone or request.person.phone or request.person.email,
            # Where it came from, for whoever walks alongside: no volunteer's name, no address.
            about=_("It grew out of help with %(kind)s on %(day)s.")
            % {"kind": task.get_kind_display(), "day": f"{local(ended):%d/%m/%Y}"},
            hopes=row.more_words or _("Somebody to talk to about how things are."),
            language="" if request.language == "en-gb" else request.language,
            area=request.ward,
            agreed_words=agreed_words,
            client_key=key,
        )
    except referring.NotNow as refused:
        # Somebody walks alongside them there already: there is nothing to pass on any more.
        raise NotNow(str(refused)) from None
    working.step(
        request,
        RequestStep.Kind.NOTE,
        by=by,
        at=at,
        words=_("They said yes to somebody of %(name)s getting in touch.")
        % {"name": organisation.name},
    )
    row.said_yes, row.passed_on_at = True, at
    return referral
