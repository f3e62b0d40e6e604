"""The person's own pages: their circle, what they said matters, how things are."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.pages import read_key
from doorstep.base.time import now, today
from doorstep.connect import forms, rules
from doorstep.connect.actions import circling, measuring, referring
from doorstep.connect.calls import actions as calling
from doorstep.connect.calls.listing import for_person as calls_for
from doorstep.connect.first_steps import providers
from doorstep.connect.instruments import instruments
from doorstep.connect.models import Asking, Call, CircleChange, CircleMember, Referral, Relationship
from doorstep.connect.views.walking import PAPERS, groups_of, paper_of, people_map
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_read
from doorstep.people.records.rules import can_open_record


def _mine(me: Person) -> list[Relationship]:
    return list(
        Relationship.objects.filter(person=me)
        .select_related("organisation")
        .prefetch_related("matters__said", "askings", "walks__person", "first_steps")
        .order_by("-started_at")
    )


def _whose(request: HttpRequest, me: Person) -> Person:
    """Return whose circle: mine, or with ?for= that of somebody whose record my role opens."""
    handle = request.GET.get("for", "")
    if not handle:
        return me
    owner = Person.objects.select_related("home").filter(handle=handle).first()
    if owner is None or owner.pk == me.pk or not can_open_record(me, owner):
        raise Http404
    return owner


def _changed_for(owner: Person) -> list[CircleChange]:
    """Return what others changed of somebody's circle, as told, the newest first."""
    return list(
        CircleChange.objects.filter(member__owner=owner, is_spoken=True).select_related(
            "member", "by"
        )[:10]
    )


def _circle_for(request: HttpRequest, me: Person, owner: Person) -> HttpResponse:
    """Somebody's circle for an officer who changes it as they say it. Opening it is logged."""
    log_read(by=me, about=owner, what="relationship", reason="contact", thing="circle", at=now())
    members = list(
        CircleMember.objects.filter(owner=owner)
        .exclude(state=CircleMember.State.GONE)
        .select_related("organisation")
    )
    context = {
        "owner": owner,
        "members": members,
        "map": people_map([one for one in members if one.state == CircleMember.State.HERE]),
        "may_change": circling.may_change(me, owner),
        "spoken": _changed_for(owner),
    }
    return render(request, "connect/circle_for.html", context)


def _called(asking: Asking) -> Any:
    """Return what the questions are called, so that four of a day are told apart."""
    found = instruments.get(asking.instrument)
    return found.label if found is not None else asking.instrument


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Who is around me, who walks alongside me, what I said matters, how things went."""
    me: Person = request.user.person  # type: ignore[union-attr]
    owner = _whose(request, me)
    if owner.pk != me.pk:
        return _circle_for(request, me, owner)
    members = list(
        CircleMember.objects.filter(owner=me)
        .exclude(state=CircleMember.State.GONE)
        .select_related("organisation")
    )
    here = [one for one in members if one.state == CircleMember.State.HERE]
    rows = []
    said = calls_for(me)
    for one in _mine(me):
        askings = list(one.askings.all())  # type: ignore[attr-defined]
        rows.append(
            {
                "relationship": one,
                "walks": [w for w in one.walks.all() if w.until is None],  # type: ignore[attr-defined]
                "groups": [g for g in groups_of(list(one.matters.all())) if g["rows"]],  # type: ignore[attr-defined]
                "plots": measuring.plots([a for a in askings if a.is_done]),
                "due": [(a, _called(a)) for a in askings if not a.is_done and a.due_on <= today()]
                if one.is_open and one.state != Relationship.State.PAUSED
                else [],
                "steps": list(one.first_steps.all()),  # type: ignore[attr-defined]
                "calls": [c for c in said if c.relationship_id == one.pk],
                "talks": list(one.conversations.readable_by(me).select_related("by")[:20]),  # type: ignore[attr-defined]
            }
        )
    context = {
        "me": me,
        "members": members,
        "map": people_map(here),
        "rows": rows,
        "gives": [word for one in providers for word in one.gives(me)] if rows else [],
        "spoken": _changed_for(me),
        "referrals": list(
            Referral.objects.visible_to(me).filter(person=me).select_related("organisation")[:10]
        ),
        "others": list(
            CircleMember.objects.filter(
                person=me, state=CircleMember.State.HERE, owner__state=Person.State.ACTIVE
            )
            .exclude(sees=CircleMember.Sees.NOTHING)
            .exclude(owner__restricted_at__isnull=False)
            .select_related("owner")
        ),
    }
    return render(request, "connect/mine.html", context)


@require_http_methods(["POST"])
def _stop_call(request: HttpRequest, me: Person, ref: str) -> HttpResponse:
    """My own no to a call for me: it stops at once."""
    call = get_object_or_404(
        Call.objects.select_related("relationship__person", "relationship__organisation"),
        ref=ref,
        relationship__person=me,
    )
    calling.stop(call, by=me, at=now(), why=Call.Why.PERSON)
    messages.success(request, _("Nobody is asked any more."))
    return redirect("connect:mine")


STATES = {"pause": "paused", "back": "here", "out": "gone"}


class _Nobody:
    """What the circle's form asks of a relationship, where there is none."""

    def __init__(self, person: Person) -> None:
        self.person, self.person_id = person, person.pk


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def do_mine(request: HttpRequest, verb: str) -> HttpResponse:
    """Add to my circle, change it, answer questions, print it."""
    me: Person = request.user.person  # type: ignore[union-attr]
    if verb == "paper":
        what = request.GET.get("what", "circle")
        row = Relationship.objects.filter(person=me).order_by("-started_at").first()
        if what not in PAPERS or (what not in ("circle", "calls") and row is None):
            raise Http404
        # Back to one's own page: the walker's page isn't theirs to open.
        back = {"back": reverse("connect:mine")}
        return render(request, "connect/paper.html", paper_of(me, what, row) | back)
    about = request.GET.get("about", "")
    owner = _whose(request, me)
    if owner.pk != me.pk:
        return _do_for(request, me, owner, verb, about)
    if verb == "stop-call":
        return _stop_call(request, me, about)
    if verb in STATES:
        member = get_object_or_404(CircleMember, owner=me, ref=about)
        if request.method == "POST":
            try:
                circling.set_state(member, STATES[verb], by=me, at=now())
                messages.success(request, _("Done."))
            except referring.NotNow as problem:
                messages.error(request, str(problem))
        elif verb == "out":
            # How to reach them goes with it for good, so it is asked first.
            context = {
                "label": _FOR[verb][0], "button": _FOR[verb][1], "who": member.name, "bare": True,
                "form": forms.NothingForm(relationship=_Nobody(me), me=me),  # type: ignore[arg-type]
            }  # fmt: skip
            return render(request, "connect/do_mine.html", context)
        return redirect("connect:mine")
    thing: Any = None
    where: Any = _Nobody(me)
    if verb == "ask":
        thing = get_object_or_404(
            Asking.objects.select_related("relationship__person"),
            pk=read_key(about),
            relationship__person=me,
        )
        where, kind, label = thing.relationship, forms.AskForm, _("How are things?")
    elif verb in ("add", "change"):
        kind, label = forms.CircleForm, _("Somebody for my circle")  # type: ignore[assignment]
        if verb == "change":
            thing = get_object_or_404(
                CircleMember.objects.exclude(state="gone"), owner=me, ref=about
            )
    else:
        raise Http404
    form = kind(
        request.POST if request.method == "POST" else None, relationship=where, me=me, thing=thing
    )
    if form.is_valid():
        try:
            data = form.values()
            if verb == "ask":
                data.pop("why")
                measuring.answer(thing, by=me, at=now(), **data)
            elif thing is not None:
                circling.change(thing, by=me, at=now(), **data)
            else:
                circling.add(me, by=me, at=now(), **data)
            messages.success(request, _("Written down."))
            return redirect("connect:mine")
        except referring.NotNow as problem:
            form.add_error(None, str(problem))
    context = {"label": label, "form": form, "thing": thing, "bare": True}
    return render(request, "connect/do_mine.html", context, status=422 if form.errors else 200)


# Verb -> what it is called, and its button.
_FOR = {
    "add": (_t("Somebody for the circle"), _t("Write it down")),
    "change": (_t("Change somebody in the circle"), _t("Write it down")),
    "pause": (_t("Pause them"), _t("Pause")),
    "back": (_t("Bring them back"), _t("Bring them back")),
    "out": (_t("Take them out"), _t("Take them out")),
}


def _do_for(request: HttpRequest, me: Person, owner: Person, verb: str, about: str) -> HttpResponse:
    """Change somebody's circle as they said, written down as spoken."""
    if verb not in _FOR:
        raise Http404
    if not circling.may_change(me, owner):
        raise PermissionDenied
    thing = None
    if verb != "add":
        members = CircleMember.objects.exclude(state=CircleMember.State.GONE)
        thing = get_object_or_404(members.select_related("owner", "person"), owner=owner, ref=about)
    kind = forms.SaidForm if verb in STATES else forms.CircleForm
    form = kind(
        request.POST if request.method == "POST" else None,
        relationship=_Nobody(owner),  # type: ignore[arg-type]
        me=me,
        thing=thing,
    )
    back = f"{reverse('connect:mine')}?for={owner.handle}"
    if form.is_valid():
        data = form.values()
        try:
            if thing is None:
                circling.add(owner, by=me, at=now(), **data)
            elif verb in STATES:
                circling.set_state(thing, STATES[verb], by=me, at=now(), **data)
            else:
                circling.change(thing, by=me, at=now(), **data)
            messages.success(request, _("Written down, as they said it."))
            return redirect(back)
        except referring.NotNow as problem:
            form.add_error(None, str(problem))
    label, button = _FOR[verb]
    context = {
        "label": label,
        "button": button,
        "form": form,
        "thing": thing,
        "who": thing.name if thing is not None and verb in STATES else "",
        "owner": owner,
        "back": back,
        "bare": True,
    }
    return render(request, "connect/do_mine.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def circle(request: HttpRequest, handle: str) -> HttpResponse:
    """Somebody's circle, for a member they let see it: contact only, never a note."""
    me: Person = request.user.person  # type: ignore[union-attr]
    owner = Person.objects.active().filter(handle=handle).first()
    place = rules.membership(me, owner) if owner is not None and owner.pk != me.pk else None
    if owner is None or place is None:
        raise Http404
    log_read(
        by=me, about=owner, what="relationship", reason="walking", thing=place.ref, at=now(),
        role="circle",
    )  # fmt: skip
    members = CircleMember.objects.filter(owner=owner, state=CircleMember.State.HERE)
    groups: list[dict[str, Any]] = []
    if place.sees == CircleMember.Sees.MATTERS:
        for row in _mine(owner):
            if row.is_open:
                groups += [
                    g
                    for g in groups_of(list(row.matters.all()))  # type: ignore[attr-defined]
                    if g["rows"] and g["kind"] in ("matter", "gift", "strength")
                ]
    context = {
        "owner": owner,
        "members": list(members.exclude(pk=place.pk).select_related("organisation")),
        "groups": groups,
        "place": place,
    }
    return render(request, "connect/circle.html", context)
