"""What is mine in learning, a community, who is in it."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.time import now, today
from doorstep.learning import digest, forms, mapping, rules
from doorstep.learning.actions import communities
from doorstep.learning.actions.once import NotYours
from doorstep.learning.models import (
    Action,
    Booklet,
    Carry,
    Community,
    Meeting,
    Member,
    Recording,
    Thing,
)
from doorstep.learning.views.common import community_or_404, me_of, only_if, page, posted
from doorstep.organisations.models import Organisation, Position
from doorstep.people.rules import blocked_ids

FORMS = ["GET", "HEAD", "POST"]


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Your communities, what is yours to do, what came home and what waits for your eyes."""
    me = me_of(request)
    mine = list(Community.objects.visible_to(me).order_by("closed_at", "name"))
    soonest: dict[int, Meeting] = {}
    for one in Meeting.objects.filter(
        community__in=mine, starts_at__gt=now(), called_off_at=None
    ).order_by("starts_at"):
        soonest.setdefault(one.community_id, one)
    carries = list(
        Carry.objects.visible_to(me)
        .exclude(state=Carry.State.BACK)
        .select_related("thing__community", "to")
        .order_by("-pk")[:40]
    )
    inside = rules.inside(me)
    return page(
        request,
        "home.html",
        {
            "communities": [(one, soonest.get(one.pk)) for one in mine],
            "actions": list(
                Action.objects.filter(owner=me, done_at=None, meeting__community__in=mine)
                .select_related("meeting__community")
                .order_by("due_on", "pk")[:20]
            ),
            "to_read": [
                one
                for one in Thing.objects.visible_to(me)
                .filter(state=Thing.State.SENT)
                .select_related("community", "telling")
                .order_by("pk")[:20]
                if rules.can_read_second(me, one)
            ],
            "drafts": list(
                Thing.objects.visible_to(me)
                .filter(state__in=[Thing.State.DRAFT, Thing.State.SENT], made_by=me)
                .select_related("community")
                .order_by("-pk")[:10]
            ),
            "told": list(
                Thing.objects.visible_to(me)
                .filter(telling__teller=me, state=Thing.State.LIVE)
                .select_related("community")
                .order_by("-pk")[:20]
            ),
            "waiting": [
                one
                for one in carries
                if one.to_id in inside and one.state == Carry.State.OPEN and one.to.is_open
            ],
            "home": [
                one
                for one in carries
                if one.thing.community_id in inside and one.state == Carry.State.ANSWERED
            ][:6],
            "can_start": rules.can_start(me),
            "today": today(),
            "week": digest.key_of(today()),
        },
    )


@require_http_methods(FORMS)
def start(request: HttpRequest) -> HttpResponse:
    """Begin a community."""
    me = me_of(request)
    only_if(rules.can_start(me))
    form = forms.CommunityForm(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = communities.start(
                name=data["name"],
                purpose=data["purpose"],
                by=me,
                at=now(),
                client_key=data["client_key"],
            )
        except NotYours:
            form.add_error(None, _("This page is out of date. Load it again, then send it."))
        else:
            messages.success(request, _("It has begun. Now bring people in."))
            return redirect("learning:people", made.slug)
    context = {
        "form": form,
        "heading": _("Begin a learning community"),
        "lead": _("Three people from two organisations are enough to begin."),
        "button": _("Begin it"),
        "back": ("learning:home", []),
        "back_words": _("Learning"),
        "bare": True,
    }
    return page(request, "form.html", context, form)


@never_cache
@require_safe
def community(request: HttpRequest, slug: str) -> HttpResponse:
    """The question it holds, when it meets, what it learned, what travelled."""
    me, one = community_or_404(request, slug)
    at = now()
    things = list(
        Thing.objects.visible_to(me)
        .live()
        .filter(community=one)
        .select_related("experiment")
        .order_by("-live_at", "-pk")[:60]
    )
    groups = []
    for kind in mapping.KINDS:
        found = [thing for thing in things if thing.kind == kind]
        groups.append((kind, mapping.PLURALS[kind], mapping.ICONS[kind], found[:5]))
    carries = list(
        Carry.objects.visible_to(me)
        .exclude(state=Carry.State.BACK)
        .filter(Q(to=one) | Q(thing__community=one))
        .select_related("thing__community", "to")
        .order_by("-pk")[:12]
    )
    meetings = list(one.meetings.order_by("-starts_at")[:12])  # type: ignore[attr-defined]
    members = list(
        Member.objects.filter(community=one, left_at=None)
        .select_related("person", "organisation")
        .order_by("pk")
    )
    hidden = blocked_ids(me)
    ahead = [row for row in meetings if row.starts_at >= at and row.called_off_at is None]
    return page(
        request,
        "community.html",
        {
            "community": one,
            "groups": groups,
            "nothing": not things,
            "held": next((row for row in things if row.kind == Thing.Kind.QUESTION), None),
            "next": ahead[-1] if ahead else None,
            "meetings": [row for row in meetings if row.starts_at < at][:4],
            "carried_here": [row for row in carries if row.to_id == one.pk],
            "carried_away": [row for row in carries if row.thing.community_id == one.pk],
            "members": [row for row in members if row.person_id not in hidden],
            "organisations": sorted(
                {row.organisation.name for row in members if row.organisation is not None}
            ),
            "can_write": rules.can_write(me, one),
            "can_facilitate": rules.can_facilitate(me, one),
            "recordings": list(
                Recording.objects.filter(meeting__community=one).order_by("-pk")[:3]
            ),
            "booklets": list(Booklet.objects.filter(community=one)[:3]),
        },
    )


@never_cache
@require_http_methods(FORMS)
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is in it; facilitators bring people in, and anybody may leave."""
    me, one = community_or_404(request, slug)
    facilitates = rules.can_facilitate(me, one)
    form = forms.MemberForm(posted(request) if "who" in request.POST else None)
    about = forms.CommunityForm(
        posted(request) if "purpose" in request.POST else None,
        initial={"name": one.name, "purpose": one.purpose},
    )
    if request.method == "POST":
        verb = request.POST.get("verb", "")
        if verb in ("leave", "come-back", "from") or verb.startswith("member-"):
            return _member(request, one, verb, facilitates)
        only_if(facilitates)
        if verb == "close":
            communities.close(one, at=now())
            messages.success(request, _("Closed. It can be read, and opened again."))
            return redirect("learning:people", one.slug)
        if verb == "reopen":
            communities.reopen(one)
            messages.success(request, _("Open again."))
            return redirect("learning:people", one.slug)
        if about.is_valid():
            communities.change(
                one, name=about.cleaned_data["name"], purpose=about.cleaned_data["purpose"]
            )
            messages.success(request, _("Changed."))
            return redirect("learning:people", one.slug)
        if form.is_valid():
            person = form.cleaned_data["who"]
            try:
                communities.add(
                    one,
                    person=person,
                    organisation=communities.organisation_of(person),
                    by=me,
                    at=now(),
                )
            except communities.CannotJoin as problem:
                form.add_error("who", str(problem))
            else:
                messages.success(request, _("They are in, and have been told."))
                return redirect("learning:people", one.slug)
    at = now()
    hidden = blocked_ids(me)
    rows = [
        row
        for row in Member.objects.filter(community=one)
        .select_related("person", "organisation")
        .order_by("pk")
        if row.person_id not in hidden
    ]
    facilitating = {person.pk for person in communities.facilitators(one, at)}
    here = [row for row in rows if row.left_at is None]
    mine = next((row for row in here if row.person_id == me.pk), None)
    positions = [
        row.organisation
        for row in Position.objects.held().filter(person=me).select_related("organisation")
    ]
    # Where they come from now stays chosen, also when the position there has ended.
    if mine is not None and mine.organisation is not None and mine.organisation not in positions:
        positions = [mine.organisation, *positions]
    context = {
        "community": one,
        "rows": [(row, row.person_id in facilitating) for row in here],
        "left": [row for row in rows if row.left_at is not None][-10:] if facilitates else [],
        "me": me,
        "mine": mine,
        "positions": positions,
        "form": form,
        "about": about,
        "can_facilitate": facilitates,
        "can_write": rules.can_write(me, one),
    }
    return page(request, "people.html", context, form, about)


def _member(request: HttpRequest, one: Community, verb: str, facilitates: bool) -> HttpResponse:
    me, at = me_of(request), now()
    number = request.POST.get("member", "")
    rows = Member.objects.filter(community=one).select_related("person", "community")
    row = get_object_or_404(rows, pk=int(number) if number.isdigit() else 0)
    own = row.person_id == me.pk
    only_if(own if verb in ("from", "member-give-back") else own or facilitates)
    try:
        match verb:
            case "leave":
                communities.leave(row, at=at)
                messages.success(
                    request, _("You have left.") if own else _("They have been taken off.")
                )
                return redirect("learning:home") if own else redirect("learning:people", one.slug)
            case "come-back":
                only_if(facilitates)
                communities.come_back(row)
                messages.success(request, _("They are in it again."))
            case "from":
                _come_from(row, request.POST.get("organisation", ""))
                messages.success(request, _("Changed."))
            case "member-ask":
                only_if(facilitates)
                communities.ask_to_facilitate(row, by=me, at=at)
                messages.success(request, _("They have been asked. It counts from their yes."))
            case "member-stop" | "member-give-back":
                communities.stop_facilitating(row, by=me, at=at)
                messages.success(request, _("Done."))
            case _:
                raise Http404
    except communities.CannotJoin as problem:
        messages.error(request, str(problem))
    return redirect("learning:people", one.slug)


def _come_from(row: Member, key: str) -> None:
    """Say whom somebody comes from: one of the organisations where they hold a position."""
    chosen = None
    if key == str(row.organisation_id):
        return
    if key.isdigit():
        chosen = get_object_or_404(
            Organisation.objects.filter(
                pk__in=Position.objects.held().filter(person=row.person).values("organisation")
            ),
            pk=int(key),
        )
    Member.objects.filter(pk=row.pk).update(organisation=chosen)


@never_cache
@require_safe
def week(request: HttpRequest, key: str) -> HttpResponse:
    """What happened in a week, drawn from what shows now."""
    me = me_of(request)
    only_if(rules.is_learning(me))
    found = digest.week(me, key)
    span = digest.span_of(key)
    if found is None or span is None:
        raise Http404
    first, last = span
    context = {"weeks": found, "first": first, "last": last, "key": key}
    return page(request, "week.html", context)
