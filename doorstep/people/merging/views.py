"""Pages for comparing, joining and parting records; and the question to the person."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.people.merging import actions, rules, showing
from doorstep.people.merging.forms import JoinForm, OwnForm, PartForm, WhyForm, YesForm
from doorstep.people.models import Merge, Pair, Person
from doorstep.people.records import actions as records
from doorstep.people.records.forms import FindForm
from doorstep.people.records.rules import can_find_records, can_open_record, records_visible_to
from doorstep.people.records.views import _keep_reason, _reason_kept, search

ON_A_PAGE = 20


@never_cache
@require_http_methods(["GET", "HEAD"])
def duplicates(request: HttpRequest) -> HttpResponse:
    """Records that may be one person's, the likeliest first; within the officer's own reach."""
    me = request.user.person  # type: ignore[union-attr]
    if not can_find_records(me):
        raise PermissionDenied
    at = now()
    pairs = rules.pairs_visible_to(Pair.objects.all(), me)
    is_later = request.GET.get("show") == "later"
    waiting = pairs.filter(state=Pair.State.OPEN) | pairs.filter(
        state=Pair.State.LATER, later_until__lte=at
    )
    chosen = pairs.filter(state=Pair.State.LATER, later_until__gt=at) if is_later else waiting
    page = Paginator(
        chosen.select_related(
            "one__home", "other__home", "one__account", "other__account"
        ).order_by("-points", "pk"),
        ON_A_PAGE,
    ).get_page(request.GET.get("page"))
    asked = (
        rules.merges_visible_to(Merge.objects.all(), me)
        .filter(state=Merge.State.ASKED)
        .select_related("kept", "gone")
        .order_by("pk")[:20]
    )
    return render(
        request,
        "people/merging/duplicates.html",
        {
            "page": page,
            "pairs": showing.shown_pairs(page.object_list, me),
            "is_later": is_later,
            "asked": [] if is_later else asked,
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def same_as(request: HttpRequest, handle: str) -> HttpResponse:
    """Find the other record of somebody by number, e-mail or name."""
    me = request.user.person  # type: ignore[union-attr]
    person = _record(me, handle)
    form = FindForm(request.POST or None)
    found = None
    if form.is_valid():
        kind, typed = form.cleaned_data["who"]
        found = [other for other in search(me, kind, typed) if other.pk != person.pk]
    return render(
        request,
        "people/merging/same_as.html",
        {"form": form, "person": person, "found": found, "bare": True},
        status=422 if form.is_bound and form.errors else 200,
    )


def _record(me: Person, handle: str) -> Person:
    people = records_visible_to(Person.objects.select_related("home", "account"), me)
    return get_object_or_404(people, handle=handle, state=Person.State.ACTIVE)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest, kept: str, gone: str) -> HttpResponse:
    """Two records side by side: the same person, two people, or look later."""
    me = request.user.person  # type: ignore[union-attr]
    if kept == gone:
        raise Http404
    mine, other = _record(me, kept), _record(me, gone)
    answer = request.POST.get("answer", "")
    if answer == "two":
        actions.say_two(mine, other, by=me, at=now())
        messages.success(request, _("Two people, then. We won't suggest them again."))
        return redirect("people:duplicates")
    if answer == "later":
        actions.look_later(mine, other, by=me, at=now())
        messages.success(request, _("Put off for a month."))
        return redirect("people:duplicates")
    if answer == "again":
        actions.look_again(mine, other, by=me, at=now())
        return redirect("people:compare", kept, gone)
    reasons = [_reason_kept(request, person) for person in (mine, other)]
    is_open = all(reasons)
    why = WhyForm(request.POST if answer == "why" else None)
    if why.is_bound and why.is_valid():
        for person in (mine, other):
            _keep_reason(request, person, reason="same_person", words=why.cleaned_data["words"])
        return redirect("people:compare", kept, gone)
    at = now()
    problem = rules.in_the_way(mine, other, at)
    join = None
    if is_open:
        yes = rules.yes_needed(mine, other, at)
        words = (reasons[0] or {}).get("words", "")
        join = JoinForm(
            request.POST if answer == "same" else None,
            kept=mine,
            gone=other,
            asks_how=bool(yes.accounts) and not yes.is_needed,
            why=words,
        )
        if join.is_bound and join.is_valid() and not problem:
            try:
                merge = actions.join(
                    mine,
                    other,
                    by=me,
                    at=at,
                    why=join.cleaned_data["why"],
                    chosen=join.chosen(),
                    known_by=join.cleaned_data.get("known_by", ""),
                    client_key=join.cleaned_data["client_key"],
                )
            except actions.CannotJoin as found:
                join.add_error(None, str(found))
            else:
                if merge.state == Merge.State.DONE:
                    messages.success(request, _("One record now. You can still take it back."))
                else:
                    messages.success(
                        request, _("We have asked them. Nothing is joined until they say yes.")
                    )
                return redirect("people:merge", merge.handle)
        if request.method != "POST":
            for person, reason in zip((mine, other), reasons, strict=True):
                records.open_record(
                    person,
                    by=me,
                    reason=(reason or {})["reason"],
                    words=(reason or {})["words"],
                    what="contact",
                    at=at,
                )
    bound = next((form for form in (why, join) if form is not None and form.is_bound), None)
    pair = Pair.objects.filter(one=min(mine.pk, other.pk), other=max(mine.pk, other.pk)).first()
    yes = rules.yes_needed(mine, other, at)
    return render(
        request,
        "people/merging/compare.html",
        {
            "kept": mine,
            "gone": other,
            "lines": showing.lines(mine, other, with_contact=is_open),
            "is_open": is_open,
            "why": why,
            "join": join,
            "yes": yes,
            "pair": pair,
            "shown": showing.shown_pairs([pair], me)[0] if pair else None,
            "problem": problem,
            "form": bound,
            "bare": True,
        },
        status=422 if bound is not None and bound.errors else 200,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, handle: str) -> HttpResponse:
    """One joining: what was decided and why, and the way back."""
    me = request.user.person  # type: ignore[union-attr]
    rows = rules.merges_visible_to(Merge.objects.all(), me).select_related(
        "kept", "gone", "by", "undone_by"
    )
    row = get_object_or_404(rows, handle=handle)
    if request.POST.get("answer") == "drop":
        if actions.drop(row, by=me, at=now()):
            messages.success(request, _("Not asked any more."))
        return redirect("people:merge", handle)
    is_done = row.state == Merge.State.DONE
    form = None
    if is_done:
        form = PartForm(request.POST or None, since=showing.since(row))
        if form.is_valid():
            try:
                actions.part(
                    row,
                    by=me,
                    at=now(),
                    why=form.cleaned_data["why"],
                    give=set(form.cleaned_data.get("give", ())),
                )
            except actions.CannotJoin as found:
                form.add_error(None, str(found))
            else:
                messages.success(request, _("Two records again. Each has what was theirs."))
                return redirect("people:merge", handle)
    return render(
        request,
        "people/merging/merge.html",
        {
            "merge": row,
            "form": form,
            "problem": actions.cannot_part(row) if is_done else None,
            "can_open": can_open_record(me, row.kept),
            "bare": True,
        },
        status=422 if form is not None and form.is_bound and form.errors else 200,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, handle: str) -> HttpResponse:
    """Ask somebody who signs in whether another record is theirs too; it shows nothing of it."""
    me = request.user.person  # type: ignore[union-attr]
    row = get_object_or_404(
        rules.asked_of(me).select_related("kept__account", "gone__account"), handle=handle
    )
    questions = actions.questions_about(row, me)
    form = YesForm(request.POST or None, questions=questions)
    if request.POST.get("answer") == "no":
        actions.say_no(row, by=me, at=now())
        messages.success(request, _("Thank you. We'll leave them apart."))
        return redirect("people:me")
    if request.method == "POST" and form.is_valid():
        try:
            done = actions.say_yes(row, by=me, at=now(), **form.cleaned_data)
        except actions.WrongAnswer:
            if not rules.asked_of(me).filter(pk=row.pk).exists():
                messages.info(
                    request, _("That didn't fit either. No harm done: ring us and we'll look.")
                )
                return redirect("people:me")
            form.add_error(None, _("That isn't what is written there. Have another look."))
        except actions.CannotJoin as found:
            messages.info(request, str(found))
            return redirect("people:me")
        else:
            if done.state == Merge.State.DONE:
                messages.success(request, _("Lovely. There is one record of you now."))
                still_here = me.pk == done.kept_id
                return redirect("people:me" if still_here else "account_login")
            messages.success(
                request, _("Thank you. Now sign in the other way, and say yes there as well.")
            )
            return redirect("people:me")
    return render(
        request,
        "people/merging/question.html",
        {
            "form": form,
            "questions": questions,
            "is_kept": me.pk == row.kept_id,
            "has_two": len(rules.yes_needed(row.kept, row.gone, now()).accounts) > 1,
            "bare": True,
        },
        status=422 if form.is_bound and form.errors else 200,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # whoever picks up an open phone takes no record with it
def own_accounts(request: HttpRequest) -> HttpResponse:
    """Somebody joins two accounts of their own: a word from one is brought to the other."""
    me = request.user.person  # type: ignore[union-attr]
    is_bringing = request.method == "POST" and "word" in request.POST
    form = OwnForm(request.POST if is_bringing else None)
    if is_bringing and form.is_valid():
        said = form.cleaned_data
        try:
            done = actions.join_own(me, said["word"], keep_mine=said["keep"] == "mine", at=now())
        except actions.WordIsOver:
            form.add_error(
                "word", _("That word doesn't fit, or is older than an hour. Ask for a new one.")
            )
        except actions.CannotJoin as found:
            form.add_error(None, str(found))
        else:
            messages.success(request, _("Lovely. There is one record of you now."))
            return redirect("people:me" if done.kept_id == me.pk else "account_login")
    context = {
        "form": form,
        "word": actions.word_for(me) if "show" in request.POST else "",
        "bare": True,
    }
    return render(
        request, "people/merging/own_accounts.html", context, status=422 if form.errors else 200
    )
