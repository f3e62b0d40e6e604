"""For those who keep a fund and those who decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.grants import forms, rules
from doorstep.grants.actions import deciding, funds, voting
from doorstep.grants.actions.ideas import pounds
from doorstep.grants.actions.log import Refused, attempt, told
from doorstep.grants.models import Fund, Idea, Interest, Share, Stage
from doorstep.grants.views.funds import HOW, find
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import blocked_ids

State = Idea.State
KEEP_IT = gettext_lazy("Keep it")
_SAID = {
    "say": gettext_lazy("Said in the room."),
    "hours": gettext_lazy("Written down."),
    "induct": gettext_lazy("Thank you. Now ideas can be given to you to read."),
}


# --- Deciders -----------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest, slug: str) -> HttpResponse:
    """A decider's own page: what to read, the room, hours. Stewards may sit in."""
    me: Person = request.user.person  # type: ignore[union-attr]
    row = find(request, slug)
    if not rules.can_sit_in(me, row):
        raise PermissionDenied
    what = request.POST.get("do", "")
    say = forms.SayForm(request.POST if what == "say" else None, prefix="say")
    hours = forms.HoursForm(request.POST if what == "hours" else None, prefix="hours")
    knows = forms.KnowsForm(request.POST if what == "induct" else None, prefix="knows")
    form = {"hours": hours, "induct": knows}.get(what, say)
    if request.method == "POST" and form.is_valid():
        try:
            if what == "induct":
                attempt(deciding.induct, row, fund=row, by=me, at=now())
            elif what == "hours":
                attempt(deciding.log_hours, row, fund=row, by=me, at=now(), **form.cleaned_data)
            else:
                attempt(deciding.say, row, fund=row, by=me, at=now(), **form.cleaned_data)
        except Refused as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, str(_SAID.get(what, _SAID["say"])))
            return redirect("grants:deciding", row.slug)
    shares = list(
        Share.objects.filter(
            decider=me, idea__in=Idea.objects.visible_to(me).filter(fund=row).values("pk")
        )
        .select_related("idea")
        .order_by("scored_at", "idea__number")
    )
    mine = list(row.hours.filter(person=me).order_by("-on", "-pk")[:20])
    context = {
        "fund": row,
        "me": me,
        "shares": shares,
        "to_read": sum(one.scored_at is None for one in shares),
        "talk": deciding.talk_for(me, row),
        "say": say,
        "hours": hours,
        "knows": knows,
        "is_inducted": rules.is_inducted(me, row),
        "how": HOW[row.method],
        "form": form if request.method == "POST" else None,
        "mine": mine,
        "earned": pounds(sum(one.pence for one in mine)),
        "decides": rules.is_decider(me, row),
        "keeps": rules.can_keep(me, row),
        "votes": rules.can_vote(me, row),
    }
    return render(request, "grants/deciding.html", context, status=422 if form.errors else 200)


# --- Stewards -----------------------------------------------------------------------------------


def _keeper(request: HttpRequest, slug: str) -> tuple[Person, Fund]:
    me: Person = request.user.person  # type: ignore[union-attr]
    row = find(request, slug)
    if not rules.can_keep(me, row):
        raise PermissionDenied
    return me, row


@never_cache
@require_http_methods(["GET", "HEAD"])
def keep(request: HttpRequest, slug: str) -> HttpResponse:
    """All that keeping a fund needs, by its stage."""
    me, row = _keeper(request, slug)
    seen = (
        Idea.objects.visible_to(me)
        .filter(fund=row)
        .exclude(state=State.DRAFT)
        .select_related("applicant")
        .order_by("number")
    )
    people = RoleHolding.objects.filter(
        scope_kind=rules.SCOPE, scope_key=str(row.pk), ends_at=None
    ).select_related("person").order_by("role", "pk")  # fmt: skip
    close = Interest.objects.filter(idea__fund=row).exclude(idea__applicant=me)
    marks, progress = deciding.marks_by_idea(row)
    hours = list(row.hours.select_related("person").order_by("-on", "-pk"))
    inducted = dict(row.inductions.values_list("person", "at"))
    blocked = blocked_ids(me)
    shown = [one for one in people if one.person_id not in blocked]
    row.__dict__["_not_inducted"] = [
        one.person for one in shown
        if one.role == rules.DECIDER and one.accepted_at and one.person_id not in inducted
    ]  # fmt: skip
    context = {
        "fund": row,
        "checks": funds.checklist(row) if row.stage == Stage.DRAFT else [],
        "ready": all(one.is_done for one in funds.checklist(row)),
        "ideas": [(one, marks.get(one.pk)) for one in seen],
        "people": shown,
        "interests": list(
            close.exclude(idea__in=Interest.objects.filter(person=me).values("idea"))
            .select_related("idea", "person")
            .order_by("pk")
        ),
        "hours": hours[:30],
        "log": told(
            row.events.select_related("by")
            .exclude(idea__in=Interest.objects.filter(person=me).values("idea"))
            .order_by("-pk")[:40]
        ),
        "files": deciding.payment_files(row, hours),
        "inducted": inducted,
        "progress": progress,
        # Once the vote is open, what it says and who decides is no longer what comes next.
        "verbs": sorted(
            ((name, verb) for name, verb in VERBS.items() if verb.offered(row)),
            key=lambda one: one[0] in ("design", "invite") and row.stage not in BEFORE,
        ),
        "box": row.box.count() if row.is_set else 0,
        "differs": _differing(row) if row.stage == Stage.VOTING else [],
        "waits": voting.once_typed(row) if row.stage == Stage.VOTING else [],
    }
    return render(request, "grants/keep.html", context)


def _once(fund: Fund, name: str, find: Callable[[Fund], Any]) -> Any:
    """Return what `find` finds of this fund, asked once in a request."""
    found = fund.__dict__
    if name not in found:
        found[name] = find(fund)
    return found[name]


def _differing(fund: Fund) -> list[Any]:
    return _once(fund, "_differing", voting.differing)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Verb:
    """One thing a steward does with a fund."""

    label: Any
    offered: Callable[[Fund], bool]
    make: Callable[[HttpRequest, Person, Fund], django_forms.Form]
    act: Callable[..., Any]
    done: Callable[[Any], str]
    hint: Any = ""
    button: Any = KEEP_IT
    is_main: bool = False


def _plain(form: type[django_forms.Form]) -> Callable[[HttpRequest, Person, Fund], Any]:
    return lambda request, me, fund: form(request.POST if request.method == "POST" else None)


def _knowing(form: Any) -> Callable[[HttpRequest, Person, Fund], Any]:
    return lambda request, me, fund: form(
        request.POST if request.method == "POST" else None, me=me, fund=fund
    )


def _design(request: HttpRequest, me: Person, fund: Fund) -> Any:
    # Another object, so that a form that fails changes nothing of what the page shows.
    copy = Fund.objects.get(pk=fund.pk)
    return forms.DesignForm(request.POST if request.method == "POST" else None, instance=copy)


def _paper(request: HttpRequest, me: Person, fund: Fund) -> django_forms.Form:
    ideas = [one for one in voting.on_ballot(fund) if one.state != State.WITHDRAWN]
    initial = {"serial": request.GET.get("serial", "")}
    return forms.PaperForm(
        request.POST if request.method == "POST" else None, fund=fund, ideas=ideas, initial=initial
    )


def _hands(request: HttpRequest, me: Person, fund: Fund) -> django_forms.Form:
    return forms.HandsForm(
        request.POST if request.method == "POST" else None, ideas=voting.on_ballot(fund)
    )


def _stage(*stages: str) -> Callable[[Fund], bool]:
    return lambda fund: fund.stage in stages


def _says(words: Any) -> Callable[[Any], str]:
    return lambda _result: str(words)


def _type_in(fund: Fund, *, form: forms.PaperForm, by: Person, at: Any) -> voting.Typed:
    data = form.cleaned_data
    return voting.type_in(
        fund, by=by, at=at, serial=data["serial"], choices=form.choices(),
        spoilt="yes" if data["spoilt"] else "",
    )  # fmt: skip


def _settle(fund: Fund, *, form: forms.PaperForm, by: Person, at: Any) -> voting.Typed:
    data = form.cleaned_data
    return voting.settle(
        fund, by=by, at=at, serial=data["serial"], choices=form.choices(),
        spoilt="yes" if data["spoilt"] else "",
    )  # fmt: skip


def _count_hands(fund: Fund, *, form: forms.HandsForm, by: Person, at: Any) -> None:
    voting.count_hands(fund, by=by, at=at, hands=form.hands())


def _end_role(fund: Fund, *, form: django_forms.Form, by: Person, at: Any) -> None:
    funds.end(fund, form.cleaned_data["holding"], by=by, at=at)


class _EndForm(django_forms.Form):
    holding: Any = django_forms.ModelChoiceField(
        label=gettext_lazy("Who?"), queryset=None, widget=django_forms.RadioSelect,
        empty_label=None,
    )  # fmt: skip


def _ending(request: HttpRequest, me: Person, fund: Fund) -> django_forms.Form:
    form = _EndForm(request.POST if request.method == "POST" else None)
    rows = RoleHolding.objects.filter(
        scope_kind=rules.SCOPE, scope_key=str(fund.pk), ends_at=None
    ).select_related("person").order_by("role", "pk")  # fmt: skip
    field: Any = form.fields["holding"]
    field.queryset = rows
    field.label_from_instance = lambda one: f"{one.person.known_as}: {one.get_role_display()}"
    return form


def _typed(result: voting.Typed) -> str:
    if result.differs:
        return _("It was read differently the first time. Look at the paper together.")
    if result.is_in:
        return _("Both of you read the same. It is in the box.")
    return _("Typed in once. Now somebody else types it in too.")


def _settled(result: voting.Typed) -> str:
    if result.is_in:
        return _("Two of you read the same now. It is in the box.")
    if result.differs:
        return _("You two still read it differently. Look at the paper together once more.")
    return _("Kept. It counts once a second person has looked at the paper and says the same.")


def _printed(result: list[Any]) -> str:
    return ngettext(
        "%(count)d ballot is ready to print.", "%(count)d ballots are ready to print.", len(result)
    ) % {"count": len(result)}


BEFORE = (Stage.DRAFT, Stage.IDEAS, Stage.READING)
# Verbs whose form is handed over whole.
WHOLE = {"type-in": _type_in, "settle": _settle, "hands": _count_hands, "end-role": _end_role}

VERBS: dict[str, Verb] = {
    "design": Verb(
        gettext_lazy("What it says, and how it decides"), lambda fund: fund.stage != Stage.CLOSED,
        _design, funds.design, _says(gettext_lazy("Kept.")), is_main=True,
    ),
    "next": Verb(
        gettext_lazy("Go on to the next stage"),
        _stage(Stage.DRAFT, Stage.IDEAS, Stage.READING, Stage.DECIDED), _plain(forms.NothingForm),
        funds.move_on, _says(gettext_lazy("Done. Everybody sees it now.")), is_main=True,
        button=gettext_lazy("Go on"),
    ),
    "invite": Verb(
        gettext_lazy("Ask somebody to decide"), _stage(*BEFORE, Stage.VOTING),
        _knowing(forms.InviteForm), funds.invite,
        _says(gettext_lazy("Asked. It counts from their yes.")), is_main=True,
        button=gettext_lazy("Ask them"),
    ),
    "inducted": Verb(
        gettext_lazy("Note who knows what deciding means"),
        lambda fund: (
            fund.stage in (*BEFORE, Stage.VOTING)
            and bool(_once(fund, "_not_inducted", deciding.not_inducted))
        ),
        _knowing(forms.InductedForm), deciding.note_induction,
        lambda count: ngettext(
            "Noted for %(n)d person.", "Noted for %(n)d people.", count) % {"n": count},
        hint=gettext_lazy(
            "Those who read it on their own page have said so there. Here you note who came to an "
            "evening, or heard it on the telephone."
        ),
    ),
    "share-out": Verb(
        gettext_lazy("Share out the reading"), _stage(Stage.READING), _plain(forms.NothingForm),
        deciding.share_out,
        lambda count: ngettext(
            "%(n)d reading shared out.", "%(n)d readings shared out.", count) % {"n": count},
        hint=gettext_lazy(
            "Each idea gets its readers; who has fewest to read comes next. Do it again when "
            "somebody new decides too."
        ),
        is_main=True, button=gettext_lazy("Share out"),
    ),
    "day": Verb(
        gettext_lazy("Choose the pitch day"), _stage(*BEFORE, Stage.VOTING),
        _knowing(forms.DayForm), funds.choose_day, _says(gettext_lazy("Kept.")),
    ),
    "order": Verb(
        gettext_lazy("Draw the order of the pitches"), _stage(Stage.VOTING),
        _plain(forms.OrderForm), voting.draw_order, _says(gettext_lazy("Drawn.")), is_main=True,
        button=gettext_lazy("Draw it"),
    ),
    "print": Verb(
        gettext_lazy("Print ballots"), _stage(Stage.VOTING), _plain(forms.PrintForm),
        voting.print_sheets, _printed, is_main=True, button=gettext_lazy("Make them"),
        hint=gettext_lazy("Each has its own number, which is nobody's. Print only what you need."),
    ),
    "type-in": Verb(
        gettext_lazy("Type in a paper ballot"), _stage(Stage.VOTING), _paper, _type_in, _typed,
        is_main=True, hint=gettext_lazy("Two people type in each ballot, one after the other."),
        button=gettext_lazy("Type it in"),
    ),
    "settle": Verb(
        gettext_lazy("Settle a ballot read differently"),
        lambda fund: fund.stage == Stage.VOTING and bool(_differing(fund)), _paper, _settle,
        _settled,
        hint=gettext_lazy(
            "Look at the paper again, then type in what it says. Two people do so, each under "
            "their own name; it counts once they say the same."
        ),
    ),
    "hands": Verb(
        gettext_lazy("Count hands"),
        lambda fund: fund.stage == Stage.VOTING and fund.method == Fund.Method.MOST_VOTES,
        _hands, _count_hands, _says(gettext_lazy("Counted. They are in the box.")),
        hint=gettext_lazy("Whoever voted on paper or online doesn't put up a hand."),
    ),
    "count": Verb(
        gettext_lazy("Count the ballots"), _stage(Stage.VOTING), _plain(forms.NothingForm),
        voting.decide, _says(gettext_lazy("Counted. Everybody can see it, and why.")),
        is_main=True, button=gettext_lazy("Count them"),
        hint=gettext_lazy("This ends the vote. Everybody who sent in an idea hears at once."),
    ),
    "agree-hours": Verb(
        gettext_lazy("Agree to the hours"), lambda fund: True, _plain(forms.NothingForm),
        deciding.agree_hours,
        lambda count: ngettext(
            "Agreed to %(n)d row.", "Agreed to %(n)d rows.", count) % {"n": count},
        button=gettext_lazy("Agree"),
        hint=gettext_lazy("All that wait; another steward agrees to your own."),
    ),
    "pay-hours": Verb(
        gettext_lazy("Payment file of hours"), lambda fund: True, _plain(forms.NothingForm),
        deciding.payment_file, _says(""), button=gettext_lazy("Make the file"),
        hint=gettext_lazy("Hours agreed to and in no file yet. Each is put in one file only."),
    ),
    "end-role": Verb(
        gettext_lazy("End a role"), lambda fund: True, _ending, _end_role,
        _says(gettext_lazy("Ended.")), button=gettext_lazy("End it"),
    ),
}  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def work(request: HttpRequest, slug: str, verb: str) -> HttpResponse:
    """One thing to do with a fund."""
    me, row = _keeper(request, slug)
    if verb == "compare":
        return compare(request, me, row)
    if verb == "paper":
        return paper(request, row)
    if verb == "turn":
        return turn(request, me, row)
    if verb == "hours-file":
        return hours_file(request, row)
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    if not chosen.offered(row):
        messages.info(request, _("That can't be done as the fund stands. Look again."))
        return redirect("grants:keep", row.slug)
    form = chosen.make(request, me, row)
    if request.method == "POST" and form.is_valid():
        try:
            result: Any
            if verb in WHOLE:
                whole: Any = WHOLE[verb]
                result = attempt(whole, row, fund=row, by=me, at=now(), form=form)
            else:
                result = attempt(chosen.act, row, fund=row, by=me, at=now(), **form.cleaned_data)
        except Refused as why:
            form.add_error(None, str(why))
        else:
            if verb == "pay-hours":
                return _csv(result, f"{row.slug}-hours.csv")
            messages.success(request, chosen.done(result))
            if verb == "print":
                first, last = result[0].serial, result[-1].serial
                return redirect(f"{request.path[: -len('print/')]}paper/?from={first}&to={last}")
            if verb == "type-in" and not result.differs:
                return redirect(request.path)
            return redirect("grants:keep", row.slug)
    context = {
        "fund": row, "verb": chosen, "form": form, "bare": True, "name": verb,
        "differs": voting.differing(row) if verb == "settle" else [],
        "titles": {one.key: one for one in voting.on_ballot(row)} if verb == "settle" else {},
        "checks": funds.checklist(row) if verb == "next" and row.stage == Stage.DRAFT else [],
    }  # fmt: skip
    return render(request, "grants/keep_work.html", context, status=422 if form.errors else 200)


def _csv(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def hours_file(request: HttpRequest, row: Fund) -> HttpResponse:
    """A payment file made before, once more: `?number=2`."""
    number = request.GET.get("number", "")
    text = deciding.earlier_file(row, int(number)) if number.isdecimal() else None
    if text is None:
        raise Http404
    return _csv(text, f"{row.slug}-hours-{int(number)}.csv")


def compare(request: HttpRequest, me: Person, row: Fund) -> HttpResponse:
    """Every way of counting, side by side, on made-up ballots."""
    from doorstep.grants import explain
    from doorstep.grants.tally.election import Kind

    seen = Idea.objects.visible_to(me).filter(fund=row)
    sent = seen.filter(state__in=[State.SENT, State.READY]).order_by("number")
    costs = [(one.fair_title or one.title, one.cost_pence) for one in sent[:20]]
    labels = {
        value: label for value, label in Fund.Method.choices if row.ballots in funds.COUNTS[value]
    }
    election, compared = explain.compare(row.pot_pence or 300_000, costs, Kind(row.ballots), labels)
    lines = [
        (project.name, pounds(project.cost), election.votes[at],
         [(one.name, at in one.funded) for one in compared])
        for at, project in enumerate(election.projects)
    ]  # fmt: skip
    context = {
        "fund": row, "compared": [(one, HOW[one.key]) for one in compared], "lines": lines,
        "count": election.ballots, "pot": pounds(election.budget), "is_made_up": len(costs) < 3,
    }  # fmt: skip
    return render(request, "grants/compare.html", context)


def paper(request: HttpRequest, row: Fund) -> HttpResponse:
    """Ballots to print: those from one serial number to another."""
    if row.stage != Stage.VOTING:
        raise Http404
    sheets = row.sheets.filter(
        serial__gte=request.GET.get("from", ""), serial__lte=request.GET.get("to", "~")
    ).order_by("serial")[: voting.MOST_SHEETS]
    ideas = [one for one in voting.on_ballot(row) if one.state == State.READY]
    context = {"fund": row, "sheets": list(sheets), "ideas": ideas, "bare": True}
    return render(request, "grants/paper.html", context)


def turn(request: HttpRequest, me: Person, row: Fund) -> HttpResponse:
    """Start the clock of one pitch."""
    if request.method != "POST" or row.stage != Stage.VOTING:
        return redirect("grants:pitches", row.slug)
    number = request.POST.get("turn", "")
    try:
        attempt(
            voting.begin_pitch, row, fund=row, by=me, at=now(),
            turn=int(number) if number.isdigit() and len(number) < 5 else 0,
        )  # fmt: skip
    except Refused as why:
        messages.info(request, str(why))
    return redirect("grants:pitches", row.slug)
