"""Funds for everybody: the list, a fund's page, its ballots, its ledger, the day, voting."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.time import now, today
from doorstep.grants import rules
from doorstep.grants.actions import awards, funds, ideas, voting
from doorstep.grants.actions.log import Refused, attempt
from doorstep.grants.forms import IdeaForm, OnlineBallot, StartForm
from doorstep.grants.models import Fund, Idea, Interest, Stage
from doorstep.people.models import Person


def reader(request: HttpRequest) -> Person | None:
    """Return who is looking, or None for a visitor."""
    return getattr(request.user, "person", None)


def find(request: HttpRequest, slug: str) -> Fund:
    """Return the fund, or 404 where this reader sees none."""
    return get_object_or_404(
        Fund.objects.visible_to(reader(request)).select_related("area", "session__gathering"),
        slug=slug,
    )


@login_not_required
@require_safe
def all_funds(request: HttpRequest) -> HttpResponse:
    """Every fund this reader may see, open ones first."""
    me = reader(request)
    rank = {Stage.IDEAS: 0, Stage.VOTING: 1, Stage.READING: 2, Stage.DRAFT: 3}
    rows = list(Fund.objects.visible_to(me).select_related("area").order_by("-made_at", "pk")[:60])
    rows.sort(key=lambda one: rank.get(Stage(one.stage), 4))
    mine: list[Idea] = []
    if me is not None:
        mine = list(
            Idea.objects.filter(applicant=me).select_related("fund").order_by("-made_at")[:20]
        )
    context = {"funds": rows, "mine": mine, "can_start": rules.can_start(me)}
    return render(request, "grants/funds.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Begin a fund."""
    me: Person = request.user.person  # type: ignore[union-attr]
    if not rules.can_start(me):
        raise PermissionDenied
    form = StartForm(request.POST or None, me=me)
    if form.is_valid():
        fund = funds.start(by=me, at=now(), **form.cleaned_data)
        messages.success(request, _("The fund is there. Now write down what it is for."))
        return redirect("grants:keep", fund.slug)
    context = {"form": form, "bare": True}
    return render(request, "grants/start.html", context, status=422 if form.errors else 200)


@login_not_required
@require_safe
def fund(request: HttpRequest, slug: str) -> HttpResponse:
    """A fund, as a newcomer needs it: what, who, when, how; its ideas once all may see them."""
    me = reader(request)
    row = find(request, slug)
    shown = list(
        Idea.objects.visible_to(me)
        .filter(fund=row, state__in=rules.PUBLIC)
        .select_related("fund", "award")
        .order_by("number")
        if row.stage in rules.SHOWN_IN
        else []
    )
    context = {
        "fund": row,
        "ideas": shown,
        "ledger": awards.ledger(row) if row.is_decided else None,
        "explained": sum(one.nearer_at is not None for one in shown),
        "funded": sum(one.state == Idea.State.FUNDED for one in shown),
        "ballots": row.outcome.get("ballots"),
        "takes_ideas": row.takes_ideas(today()),
        "can_apply": me is None or rules.can_apply(me, row),
        "keeps": rules.can_keep(me, row),
        "decides": rules.can_sit_in(me, row),
        "votes": rules.can_vote(me, row),
        "voted": me is not None and row.stage == Stage.VOTING and rules.has_voted(me, row),
        "has_pitches": row.pitches.exists() if row.stage in rules.SHOWN_IN else False,
        "how": HOW[row.method],
        "stages": trail(row),
    }
    return render(request, "grants/fund.html", context)


def trail(row: Fund) -> list[tuple[Any, Any, bool]]:
    """Return (stage in words, by when, whether it is now) for the fund's steps."""
    whens = {
        Stage.IDEAS: row.ideas_until,
        Stage.READING: row.read_until,
        Stage.VOTING: row.decided_by,
        Stage.DECIDED: None,
        Stage.CLOSED: None,
    }
    labels = {
        Stage.IDEAS: _("You send in ideas"),
        Stage.READING: _("Deciders read them and talk"),
        Stage.VOTING: _("The vote"),
        Stage.DECIDED: _("Ideas happen, and are told about"),
        Stage.CLOSED: _("Finished"),
    }
    return [(labels[stage], whens[stage], row.stage == stage) for stage in whens]


_Method = Fund.Method
HOW: dict[str, Any] = {}


def _fill_how() -> None:
    from django.utils.translation import gettext_lazy

    HOW.update(
        {
            _Method.EQUAL_SHARES: gettext_lazy(
                "Everybody who votes gets an equal share of the pot. An idea happens when those "
                "who named it can pay for it together out of their shares. So the biggest group "
                "can't take all, and every group gets its part. If much is left over, everybody's "
                "share is raised, a pound at a time, for as long as the result fits the pot."
            ),
            _Method.EQUAL_THEN_VOTES: gettext_lazy(
                "Everybody who votes gets an equal share of the pot. An idea happens when those "
                "who named it can pay for it together. What is left over then goes to the ideas "
                "with the most votes that still fit."
            ),
            _Method.PHRAGMEN: gettext_lazy(
                "Everybody who votes earns play money at the same speed. As soon as those who "
                "named an idea can pay for it together, it is bought. It goes on until the next "
                "one would cost more than is left."
            ),
            _Method.MOST_VOTES: gettext_lazy(
                "The idea with the most votes comes first, then the next, for as long as there is "
                "money. One that costs more than is left is passed over."
            ),
            _Method.MOST_POINTS: gettext_lazy(
                "The idea with the most points comes first, then the next, for as long as there is "
                "money. One that costs more than is left is passed over."
            ),
            _Method.AVERAGE: gettext_lazy(
                "Everybody marks the ideas they know about. The highest average comes first, for "
                "as long as there is money. “I don't know” counts against nobody."
            ),
            _Method.CONSENSUS: gettext_lazy(
                "What nobody objects to happens, most agreement first, for as long as there is "
                "money. An objection says: this would do harm. It is talked about before it counts."
            ),
        }
    )


_fill_how()


# --- Sending in an idea -------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def new_idea(request: HttpRequest, slug: str) -> HttpResponse:
    """Write an idea: one's own or, by `?for=handle`, for somebody on the phone or on paper."""
    me: Person = request.user.person  # type: ignore[union-attr]
    row = find(request, slug)
    whose = applicant(me, request.GET.get("for", ""))
    if not rules.can_apply(whose, row):
        raise PermissionDenied
    typed = whose.pk != me.pk
    if not row.takes_ideas(today()):
        messages.info(request, _("This fund takes no ideas at the moment."))
        return redirect(row)
    initial = {"told": Idea.Told.PHONE if typed else Idea.Told.WEB}
    form = IdeaForm(request.POST or None, request.FILES or None, initial=initial)
    if form.is_valid():
        try:
            idea = attempt(
                ideas.write, row, fund=row, by=me, at=now(), applicant=whose, **form.values()
            )
        except Refused as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, _("Kept as a draft. Look it over, then send it."))
            return redirect(idea)
    context = {"fund": row, "form": form, "whose": whose if typed else None, "bare": True}
    return render(request, "grants/idea_form.html", context, status=422 if form.errors else 200)


def applicant(me: Person, handle: str) -> Person:
    """Return whose idea is written. Raises 404 for a record this person may not open."""
    if not handle or handle == me.handle:
        return me
    if not rules.can_type_for(me):
        raise Http404
    from doorstep.people.records.rules import records_visible_to

    found = records_visible_to(Person.objects.all(), me).filter(handle=handle).first()
    if found is None:
        raise Http404
    return found


# --- Voting -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def vote(request: HttpRequest, slug: str) -> HttpResponse:
    """The online ballot. Ideas hidden from this voter aren't on it."""
    me: Person = request.user.person  # type: ignore[union-attr]
    row = find(request, slug)
    if not rules.can_vote(me, row):
        raise PermissionDenied
    close = set(Interest.objects.filter(person=me, idea__fund=row).values_list("idea", flat=True))
    offered = [
        one for one in voting.on_ballot(row)
        if one.state == Idea.State.READY and one.pk not in close
    ]  # fmt: skip
    voted = rules.has_voted(me, row)
    posted = request.POST if request.method == "POST" else None
    form = OnlineBallot(posted, fund=row, ideas=offered)
    if not voted and form.is_valid():
        try:
            attempt(voting.vote, row, fund=row, by=me, at=now(), choices=form.choices())
        except Refused as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, _("Your ballot is in the box. Thank you for deciding."))
            return redirect(row)
    context = {
        "fund": row, "form": form, "voted": voted, "how": HOW[row.method],
        "hidden": len(close), "bare": True,
    }  # fmt: skip
    return render(request, "grants/vote.html", context, status=422 if form.errors else 200)


# --- For everybody to check ---------------------------------------------------------------------


def _decided(request: HttpRequest, slug: str) -> Fund:
    row = find(request, slug)
    if not row.is_decided:
        raise Http404
    return row


@login_not_required
@require_safe
def ballots(request: HttpRequest, slug: str) -> HttpResponse:
    """The anonymous ballots, as a Pabulib file."""
    row = _decided(request, slug)
    response = HttpResponse(voting.pabulib_of(row), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{row.slug}.pb"'
    return response


@login_not_required
@require_safe
def ledger(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Where every pound is: a page, a CSV file, or open data by the 360Giving standard."""
    row = _decided(request, slug)
    if form == "csv":
        response = HttpResponse(awards.ledger_csv(row), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{row.slug}-ledger.csv"'
        return response
    if form in ("json", "360.csv"):
        from doorstep.grants import opendata

        # The standard has no file without a single grant.
        if not row.outcome.get("funded"):
            raise Http404
        if form == "json":
            return JsonResponse(opendata.threesixty(row), json_dumps_params={"indent": 1})
        response = HttpResponse(
            opendata.threesixty_csv(row), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{row.slug}-360giving.csv"'
        return response
    return render(request, "grants/ledger.html", {"fund": row, "ledger": awards.ledger(row)})


@login_not_required
@require_safe
def pitches(request: HttpRequest, slug: str) -> HttpResponse:
    """The running order of the day, with the clock of whose turn it is."""
    me = reader(request)
    row = find(request, slug)
    if row.stage not in rules.SHOWN_IN:
        raise Http404
    seen = set(Idea.objects.visible_to(me).filter(fund=row).values_list("pk", flat=True))
    turns = [one for one in row.pitches.select_related("idea") if one.idea_id in seen]
    running = [one for one in turns if one.began_at]
    current = max(running, key=lambda one: one.began_at or now(), default=None)
    left = 0
    if current is not None and current.began_at is not None:
        left = max(0, current.minutes * 60 - int((now() - current.began_at).total_seconds()))
    context = {
        "fund": row, "turns": turns, "current": current, "left": left,
        "ends_at": now() if current is None else current.began_at,
        "keeps": rules.can_keep(me, row) and row.stage == Stage.VOTING,
    }  # fmt: skip
    return render(request, "grants/pitches.html", context)
