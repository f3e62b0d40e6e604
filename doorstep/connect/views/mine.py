"""The person's own pages: their circle, what they said matters, how things are."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.pages import read_key
from doorstep.base.time import now, today
from doorstep.connect import forms, rules
from doorstep.connect.actions import circling, measuring, referring
from doorstep.connect.calls import actions as calling
from doorstep.connect.calls.listing import for_person as calls_for
from doorstep.connect.models import Asking, Call, CircleMember, Referral, Relationship
from doorstep.connect.views.walking import PAPERS, groups_of, paper_of, people_map
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_read


def _mine(me: Person) -> list[Relationship]:
    return list(
        Relationship.objects.filter(person=me)
        .select_related("organisation")
        .prefetch_related("matters__said", "askings", "walks__person")
        .order_by("-started_at")
    )


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Who is around me, who walks alongside me, what I said matters, how things went."""
    me: Person = request.user.person  # type: ignore[union-attr]
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
                "due": [a for a in askings if not a.is_done and a.due_on <= today()]
                if one.is_open and one.state != Relationship.State.PAUSED
                else [],
                "calls": [c for c in said if c.relationship_id == one.pk],
                "talks": list(one.conversations.readable_by(me).select_related("by")[:20]),  # type: ignore[attr-defined]
            }
        )
    context = {
        "me": me,
        "members": members,
        "map": people_map(here),
        "rows": rows,
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
        return render(request, "connect/paper.html", paper_of(me, what, row))
    about = request.GET.get("about", "")
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
