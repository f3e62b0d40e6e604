"""Be expected: asking, promising, meeting, ringing after."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doorstep.base.text import clean_line
from doorstep.base.time import now
from doorstep.gatherings import rules
from doorstep.gatherings.actions import welcomes as actions
from doorstep.gatherings.forms.during import CallerForm, CallForm, ExpectMeForm
from doorstep.gatherings.models import Gathering, Place, Session, Welcome
from doorstep.gatherings.views.session_of import me_of, session_or_404
from doorstep.notices.models import Channel
from doorstep.notices.safe import may_reach
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_read
from doorstep.people.rules import blocked_ids


def _hide_broken(welcome: Welcome | None, me: Person) -> Welcome | None:
    """A promise across a block reads as none at all, before the clock takes it back."""
    if welcome is not None and welcome.greeter_id in blocked_ids(me):
        welcome.state, welcome.greeter, welcome.promised_at = Welcome.State.HOPED, None, None
        welcome.look_for = ""
    return welcome


def _mine_at(session: Session, me: Person) -> Welcome | None:
    return _hide_broken(
        Welcome.objects.filter(place__session=session, place__person=me)
        .select_related("greeter", "place")
        .first(),
        me,
    )


# --- The newcomer ----------------------------------------------------------------------------


def expect_me(request: HttpRequest, pk: int) -> HttpResponse:
    """“Would you like someone to look out for you?”"""
    me = me_of(request)
    session = session_or_404(request, pk)
    if not rules.can_ask_for_a_welcome(me, session):
        raise PermissionDenied
    place = rules.place_at(me, session)
    if place is None:
        raise PermissionDenied
    welcome = _mine_at(session, me)
    kept = {"wishes": welcome.wishes, "phone": welcome.phone} if welcome else {"phone": me.phone}
    form = ExpectMeForm(request.POST or None, initial=kept, is_child=me.is_child)
    if request.method == "POST" and form.is_valid():
        actions.ask_to_be_expected(place, by=me, at=now(), **form.cleaned_data)
        messages.success(request, _("Good. We'll find someone to look out for you."))
        return redirect(session)
    return render(
        request,
        "gatherings/during/expect_me.html",
        {"session": session, "gathering": session.gathering, "form": form, "welcome": welcome},
        status=422 if form.is_bound else 200,
    )


@require_POST
def stop_expecting_me(request: HttpRequest, pk: int) -> HttpResponse:
    """I'd rather walk in alone."""
    me = me_of(request)
    session = session_or_404(request, pk)
    welcome = Welcome.objects.filter(place__session=session, place__person=me).first()
    if welcome is not None:
        try:
            actions.stop_being_expected(welcome, by=me, at=now())
        except actions.NotNow:
            messages.info(request, _("You've met already, so there is nothing to take back."))
        else:
            messages.success(request, _("All right. Nobody waits for you, your number is gone."))
    return redirect(session)


# --- Greeters and hosts ----------------------------------------------------------------------


@require_POST
def look_out(request: HttpRequest, pk: int) -> HttpResponse:
    """“I'll look out for newcomers”, on or off."""
    me = me_of(request)
    session = session_or_404(request, pk)
    wanted = request.POST.get("wanted") == "yes"
    place = rules.place_at(me, session)
    if place is None or (wanted and not rules.can_offer_to_greet(me, session)):
        raise PermissionDenied
    actions.look_out_for_newcomers(place, by=me, at=now(), wanted=wanted)
    messages.success(
        request,
        _("Lovely. We'll tell you when somebody comes for the first time.")
        if wanted
        else _("All right, others will look out."),
    )
    return redirect(session)


@require_safe
def welcomes(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is new at a session: for its hosts and greeters."""
    me = me_of(request)
    session = session_or_404(request, pk)
    is_host = rules.can_run(me, session.gathering)
    if not is_host and not rules.is_greeter(me, session):
        raise PermissionDenied
    unwanted = blocked_ids(me)
    rows = (
        Welcome.objects.visible_to(me)
        .filter(place__session=session)
        .exclude(place__person=me)
        .select_related("greeter", "place__person", "place__session__gathering__team")
        .annotate(is_cut=actions.between_blocked())
        .order_by("id")
    )
    found = []
    for welcome in rows:
        if welcome.is_cut and welcome.state == Welcome.State.PROMISED:
            welcome.state, welcome.greeter = Welcome.State.HOPED, None
        welcome.place.session = session
        found.append(
            {
                "welcome": welcome,
                "name": actions.name_of(welcome.place),
                "may_promise": rules.can_promise(me, welcome),
                "is_mine": welcome.greeter_id == me.pk,
                "greeter": None if welcome.greeter_id in unwanted else welcome.greeter,
                "is_met": welcome.met_at is not None,
            }
        )
    # People who come for the first time and didn't ask to be expected: the host sees them too.
    others = []
    if is_host:
        others = list(
            Place.objects.filter(
                session=session,
                state=Place.State.GOING,
                is_first_time=True,
                welcome=None,
                person__isnull=False,
            )
            .exclude(person__in=unwanted)
            .exclude(person=me)
            .select_related("person")
            .order_by("person__known_as", "id")
        )
    return render(
        request,
        "gatherings/during/welcomes.html",
        {
            "session": session,
            "gathering": session.gathering,
            "rows": found,
            "others": others,
            "is_host": is_host,
            "may_add": is_host and rules.can_keep_register(me, session) and session.ends_at > now(),
        },
    )


def expect_a_caller(request: HttpRequest, pk: int) -> HttpResponse:
    """A newcomer on the phone: the host puts them on the list, to be expected."""
    me = me_of(request)
    session = session_or_404(request, pk)
    if not rules.can_keep_register(me, session) or session.ends_at <= now():
        raise PermissionDenied
    form = CallerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        words = dict(form.cleaned_data)
        key = words.pop("client_key")
        try:
            actions.expect_a_caller(session, by=me, at=now(), key=key, **words)
        except actions.Full:
            form.add_error(None, _("Every place is taken. Offer them another day."))
        else:
            messages.success(
                request, _("%(name)s is on the list.") % {"name": form.cleaned_data["name"]}
            )
            return redirect("gatherings:welcomes", session.pk)
    return render(
        request,
        "gatherings/during/caller.html",
        {"session": session, "gathering": session.gathering, "form": form},
        status=422 if form.is_bound else 200,
    )


def _welcome_or_404(request: HttpRequest, pk: int) -> Welcome:
    me = me_of(request)
    return get_object_or_404(
        Welcome.objects.visible_to(me).select_related(
            "greeter", "place__person", "place__session__gathering__team"
        ),
        pk=pk,
    )


@require_POST
def promise(request: HttpRequest, pk: int) -> HttpResponse:
    """I'll look out for them."""
    me = me_of(request)
    welcome = _welcome_or_404(request, pk)
    name = actions.name_of(welcome.place)
    back = redirect("gatherings:welcomes", welcome.place.session_id)
    if welcome.greeter_id == me.pk:
        return back  # a double tap
    actions.release_blocked(Welcome.objects.filter(pk=pk), at=now())
    welcome.refresh_from_db(fields=["state", "greeter"])
    if welcome.state != Welcome.State.HOPED:
        messages.info(request, _("Somebody else has promised already. Thank you for offering."))
        return back
    if not rules.can_promise(me, welcome):
        raise PermissionDenied
    try:
        look_for = clean_line(request.POST.get("look_for", ""))[:120]
        actions.promise(welcome, by=me, at=now(), look_for=look_for)
    except actions.AlreadyPromised:
        messages.info(request, _("Somebody else has promised already. Thank you for offering."))
    else:
        messages.success(request, _("Thank you. You'll look out for %(name)s.") % {"name": name})
    return back


def _keeper(verb: Callable[..., None], said: Callable[[str], str], **words: object):  # type: ignore[no-untyped-def]
    """A view for one thing only the greeter does with their promise."""

    @require_POST
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        me = me_of(request)
        welcome = _welcome_or_404(request, pk)
        if not rules.can_keep_promise(me, welcome):
            raise PermissionDenied
        try:
            verb(welcome, by=me, at=now(), **words)
        except actions.NotNow:
            messages.info(request, _("That has changed since. Here is how it stands."))
        else:
            messages.success(request, said(actions.name_of(welcome.place)))
        return redirect("gatherings:welcomes_mine")

    return view


hand_back = _keeper(
    actions.hand_back, lambda name: _("Thank you for saying. We'll ask someone else.")
)
met = _keeper(
    actions.mark_met,
    lambda name: _("Lovely that you and %(name)s met.") % {"name": name},
    met=True,
)
missed = _keeper(
    actions.mark_met,
    lambda name: _("Noted. A short call might still cheer %(name)s up.") % {"name": name},
    met=False,
)
unmark = _keeper(actions.unmark, lambda name: _("Taken back."))


def _may_ring(newcomer: Person) -> bool:
    """Whether the newcomer's number may be shown to be rung, at this minute."""
    return (
        newcomer.state == Person.State.ACTIVE
        and newcomer.restricted_at is None
        and may_reach(newcomer, Channel.PHONE, now()).ok
    )


def call(request: HttpRequest, pk: int) -> HttpResponse:
    """The call afterwards: the number, what to say, and a line about how it was."""
    me = me_of(request)
    welcome = _welcome_or_404(request, pk)
    if not rules.can_keep_promise(me, welcome):
        raise PermissionDenied
    form = CallForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.note_call(welcome, by=me, at=now(), note=form.cleaned_data["note"])
        except actions.NotNow:
            messages.info(request, _("First say whether you met."))
        else:
            messages.success(request, _("Thank you for ringing. The number is deleted."))
        return redirect("gatherings:welcomes_mine")
    is_ready = welcome.state in (Welcome.State.MET, Welcome.State.MISSED)
    newcomer = welcome.place.person
    # Why not stays with them: a neighbour hears only that they'd rather not be rung now.
    may_ring = newcomer is None or _may_ring(newcomer)
    if welcome.phone and newcomer is not None and may_ring:
        # The newcomer reads in their log that their number was opened.
        log_read(
            by=me,
            about=newcomer,
            what="phone",
            reason="greeting",
            thing=f"welcome-{welcome.pk}",
            at=now(),
            role="greeter",
        )
    return render(
        request,
        "gatherings/during/call.html",
        {
            "welcome": welcome,
            "may_ring": may_ring,
            "name": actions.name_of(welcome.place),
            "session": welcome.place.session,
            "gathering": welcome.place.session.gathering,
            "form": form,
            "is_ready": is_ready,
        },
        status=422 if form.is_bound else 200,
    )


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """My promises as a greeter, and where I am expected."""
    me = me_of(request)
    unwanted = blocked_ids(me)
    kept = (
        Welcome.objects.filter(greeter=me, place__state=Place.State.GOING)
        .exclude(state=Welcome.State.HOPED)
        .exclude(place__session__gathering__state=Gathering.State.HIDDEN)
        .filter(Q(place__person=None) | ~Q(place__person__in=unwanted))
        .select_related("place__person", "place__session__gathering__venue")
        .order_by("-place__session__starts_at", "-id")[:60]
    )
    moment = now()
    to_meet, to_ring, done = [], [], []
    for welcome in kept:
        row = {"welcome": welcome, "name": actions.name_of(welcome.place)}
        session = welcome.place.session
        off = session.is_called_off or session.ends_at < moment - actions.FORGET_AFTER
        if welcome.state == Welcome.State.PROMISED and not off:
            to_meet.append(row)
        elif welcome.state in (Welcome.State.MET, Welcome.State.MISSED) and welcome.phone:
            to_ring.append(row)
        else:
            done.append(row)
    to_meet.reverse()
    expected = [
        _hide_broken(welcome, me)
        for welcome in Welcome.objects.filter(
            place__person=me,
            place__state=Place.State.GOING,
            place__session__ends_at__gt=moment,
            place__session__is_called_off=False,
        )
        .select_related("greeter", "place__session__gathering")
        .order_by("place__session__starts_at", "id")[:30]
    ]
    return render(
        request,
        "gatherings/during/welcomes_mine.html",
        {
            "to_meet": to_meet,
            "to_ring": to_ring,
            "done": done,
            "expected": expected,
            "now": moment,
            "door_opens": moment + rules.ARRIVING_FROM,
            "whats_on": reverse("gatherings:whats_on"),
        },
    )
