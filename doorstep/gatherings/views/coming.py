"""A session's page, and saying “I'm coming” or “not after all”."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from doorstep.base.text import to_html
from doorstep.base.time import now
from doorstep.gatherings import calendars, reading, rules, wording
from doorstep.gatherings.actions import calendar_links, places
from doorstep.gatherings.forms.planning import ComingForm
from doorstep.gatherings.models import Gathering, Place, Session, session_panels
from doorstep.gatherings.views.gathering import seats_left
from doorstep.gatherings.views.whats_on import reader
from doorstep.people.models import Person
from doorstep.people.rules import blocked_ids

MOST_NAMES = 60


def session_or_404(person: Person | None, pk: int) -> Session:
    """Return the session with its gathering, team, host and venues, if the person may see it."""
    session = (
        Session.objects.select_related(
            "gathering__team", "gathering__host", "gathering__venue", "gathering__area", "venue"
        )
        .defer("gathering__area__boundary")
        .filter(pk=pk)
        .first()
    )
    if session is None:
        # What is hidden takes a look at the person's teams; what was never there does so too.
        Session.objects.visible_to(person).filter(pk=pk).exists()
        raise Http404
    if not rules.can_see_gathering(person, session.gathering):
        raise Http404
    return session


@login_not_required
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """One session: when, where, who's coming, and what is going on around it."""
    me = reader(request)
    return _page(request, me, session_or_404(me, pk))


def _page(
    request: HttpRequest,
    me: Person | None,
    one: Session,
    form: ComingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    place = rules.place_at(me, one)
    one.my_place = place  # type: ignore[attr-defined]
    gathering = one.gathering
    can_run = rules.can_run(me, gathering)
    sees_names = rules.can_see_names(me, one)
    people, unnamed = _who_comes(me, one, for_host=can_run) if sees_names else ([], 0)
    is_coming = place is not None and place.state == Place.State.GOING
    context: dict[str, Any] = {
        "session": one,
        "gathering": gathering,
        "venue": one.venue or gathering.venue,
        "place": place,
        "walk_in": to_html(gathering.when_you_walk_in) if gathering.when_you_walk_in else "",
        "my_state": place.state if place and place.state != Place.State.CANCELLED else "",
        "turn": _turn(place) if place and place.state == Place.State.WAITING else 0,
        "can_come": rules.can_come(me, one),
        "can_run": can_run,
        "can_change": rules.can_change(me, one),
        "coming_form": form or ComingForm(session=one, place=place),
        "form": form,
        "seats_left": seats_left(one),
        "people": people,
        "unnamed": unnamed,
        "sees_names": sees_names,
        "online_link": wording.online_link(one)
        if gathering.is_online and (is_coming or can_run)
        else "",
        "panels": [html for panel in session_panels if (html := panel.render(request, one))],
        "is_off": one.is_called_off or gathering.state == Gathering.State.CALLED_OFF,
        "is_over": one.ends_at <= now(),
        "me": me,
    }
    return render(request, "gatherings/session.html", context, status=status)


def _who_comes(
    me: Person | None, one: Session, *, for_host: bool
) -> tuple[list[tuple[Place, bool]], int]:
    """Return the places whose names this person may read, and how many people are left out.

    Nobody across a block is named, either way; children are named to hosts only, and so are those
    known by a name on the register alone. The flag says whether the person's page may be opened.
    """
    shown = one.places.filter(state=Place.State.GOING).select_related("person")
    hidden = blocked_ids(me)
    found: list[tuple[Place, bool]] = []
    for place in shown.order_by("asked_at", "id")[: MOST_NAMES * 2]:
        person = place.person
        if person is None:
            if for_host:
                found.append((place, False))
            continue
        if person.pk in hidden or person.state != Person.State.ACTIVE:
            continue
        is_me = me is not None and person.pk == me.pk
        if person.is_child and not for_host and not is_me:
            continue
        found.append((place, is_me or not person.is_child))
    found = found[:MOST_NAMES]
    named = sum(1 + place.guests for place, _opens in found)
    return found, max(0, one.seats_taken - named)


def _turn(place: Place) -> int:
    """Return the place's turn on the waiting list, 1 for the next."""
    return (
        Place.objects.filter(session=place.session_id, state=Place.State.WAITING)
        .filter(Q(asked_at__lt=place.asked_at) | Q(asked_at=place.asked_at, pk__lt=place.pk))
        .count()
        + 1
    )


def coming(request: HttpRequest, pk: int) -> HttpResponse:
    """I'm coming: take a place, or one on the waiting list; again with other guests to change."""
    me = request.user.person  # type: ignore[union-attr]
    one = session_or_404(me, pk)
    if request.method != "POST":
        return redirect(one)
    place = rules.place_at(me, one)
    if not rules.can_come(me, one):
        messages.error(request, _("This one is over or called off. Have a look at the next one."))
        return redirect(one.gathering)
    form = ComingForm(request.POST, session=one, place=place)
    if not form.is_valid():
        return _page(request, me, one, form, status=422)
    try:
        place = places.take_place(one, by=me, at=now(), **form.choice())
    except places.Closed:
        messages.error(request, _("This one is over or called off. Have a look at the next one."))
        return redirect(one.gathering)
    except places.NoRoomForGuests as problem:
        form.add_error(
            "guests" if "guests" in form.fields else None,
            ngettext(
                "Only %(count)d more seat is free. You keep what you have.",
                "Only %(count)d more seats are free. You keep what you have.",
                problem.seats_left,
            )
            % {"count": problem.seats_left}
            if problem.seats_left
            else _("It's full, so nobody more can come with you. You keep what you have."),
        )
        return _page(request, me, one, form, status=422)
    if place.state == Place.State.WAITING:
        messages.success(request, _("It's full, so you're on the waiting list. We'll tell you."))
    else:
        messages.success(request, _("Lovely. See you there!"))
    return redirect(one)


@require_POST
def not_coming(request: HttpRequest, pk: int) -> HttpResponse:
    """Not after all: give the place back."""
    me = request.user.person  # type: ignore[union-attr]
    one = session_or_404(me, pk)
    if places.give_up_place(one, by=me, at=now()):
        messages.success(request, _("Thanks for telling us. Someone else can have your place."))
    return redirect(one)


def mine(request: HttpRequest) -> HttpResponse:
    """What I'm going to, what I host, and what was."""
    me = request.user.person  # type: ignore[union-attr]
    rows = reading.mine(me)
    # The next date of each gathering is enough.
    hosted = list({row.slug: row for row in reversed(reading.hosted_by(me, limit=60))}.values())
    hosted.reverse()
    context = {
        "days": reading.by_day(rows),
        "hosted": hosted,
        "past": reading.mine(me, past=True, limit=10),
        "can_plan": rules.can_plan(me),
    }
    return render(request, "gatherings/mine.html", context)


def calendar(request: HttpRequest) -> HttpResponse:
    """My calendar's secret address: show it, or make a new one so the old stops working."""
    me = request.user.person  # type: ignore[union-attr]
    if request.method == "POST":
        calendar_links.new_link(by=me, at=now())
        messages.success(request, _("Here's a new address. The old one no longer works."))
        return redirect("gatherings:calendar")
    link = calendar_links.link_of(me, at=now())
    context = {"address": calendars.address_of(link), "webcal": calendars.webcal_of(link)}
    return render(request, "gatherings/calendar.html", context)
