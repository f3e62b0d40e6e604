"""An idea's page, and everything that is done with one, each on a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base import playing
from doorstep.base.time import now
from doorstep.feed import photos
from doorstep.feed.models import Story
from doorstep.grants import forms, rules
from doorstep.grants.actions import awards, deciding
from doorstep.grants.actions import ideas as actions
from doorstep.grants.actions.log import Refused, attempt
from doorstep.grants.models import Award, Idea, Share, Stage
from doorstep.grants.sentences import said
from doorstep.grants.views.funds import reader
from doorstep.grants.wiring import KEEPING, RECORDING
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_listening

State = Idea.State
KEEP_IT = gettext_lazy("Keep it")


def _find(request: HttpRequest, key: str) -> tuple[Person | None, Idea]:
    me = reader(request)
    seen = Idea.objects.visible_to(me).select_related("fund__area", "applicant", "award")
    return me, get_object_or_404(seen, key=key)


def _award(idea: Idea) -> Award | None:
    return getattr(idea, "award", None)


def _share(me: Person | None, idea: Idea) -> Share | None:
    if me is None:
        return None
    return Share.objects.filter(idea=idea, decider=me).select_related("idea__fund").first()


@login_not_required
@require_safe
def idea(request: HttpRequest, key: str) -> HttpResponse:
    """An idea as this reader may see it: whole for its people and stewards, fair for others."""
    me, row = _find(request, key)
    share = _share(me, row)
    if share is not None and row.fund.stage == Stage.READING and me is not None:
        deciding.opened(share, at=now())
    whole = rules.reads_all(me, row)
    is_ours = me is not None and (rules.is_ours(me, row) or rules.speaks_for(me, row))
    sits_in = me is not None and rules.can_sit_in(me, row.fund) and not is_ours
    marks = deciding.marks_of(row, for_=me) if sits_in and me is not None else None
    award = _award(row)
    given = sits_in and share is not None and bool(share.scored_at)
    context = {
        "idea": row,
        # A decider who has marked it goes on to the next of their own.
        "left": deciding.left_to_read(me, row.fund, after=row.number or 0)
        if given and me is not None and row.fund.stage == Stage.READING
        else None,
        "fund": row.fund,
        "whole": whole,
        "ours": is_ours,
        "share": share,
        "marks": marks,
        "others": list(row.co_applicants.select_related("person").order_by("pk")) if whole else [],
        "findings": actions.precheck(row)
        if is_ours and row.state in (State.DRAFT, State.MEND)
        else [],
        "enquiries": list(row.enquiries.order_by("pk")) if whole or share else [],
        "award": award,
        "payments": list(award.payments.order_by("paid_on", "due_on", "pk")) if award else [],
        "updates": list(
            award.updates.select_related("story__article__channel").filter(
                **({} if whole else {"story__state": Story.State.PUBLISHED})
            )
        )
        if award
        else [],
        "verbs": [(name, verb) for name, verb in VERBS.items() if verb.offered(me, row)]
        if me is not None
        else [],
    }
    return render(request, "grants/idea.html", context)


# --- What can be done with it -------------------------------------------------------------------


@dataclass(frozen=True)
class Verb:
    """One thing to do with an idea: its words, its form, who is offered it, what it does."""

    label: Any
    form: type[forms.WorkForm]
    act: Callable[..., Any]
    offered: Callable[[Person | None, Idea], bool]
    done: Any
    hint: Any = ""
    button: Any = KEEP_IT
    is_main: bool = False


def _speaks(*states: str) -> Callable[[Person | None, Idea], bool]:
    return lambda me, idea: idea.state in states and rules.speaks_for(me, idea)


def _tends(*states: str) -> Callable[[Person | None, Idea], bool]:
    return lambda me, idea: idea.state in states and rules.can_tend(me, idea)


def _before_voting(idea: Idea) -> bool:
    return idea.fund.stage in (Stage.IDEAS, Stage.READING)


def _tell(award_of: Idea, *, by: Person, at: Any, photo: Any = None, describe: str = "",
          **words: Any) -> None:  # fmt: skip
    kept = (photos.keep(photo, description=describe, by=by),) if photo else ()
    awards.tell(award_of.award, by=by, at=at, photos=kept, **words)  # type: ignore[attr-defined]


def _of_award(verb: Callable[..., Any]) -> Callable[..., Any]:
    return lambda idea, **words: verb(idea.award, **words)


def _pay(idea: Idea, *, payment: Any, **words: Any) -> None:
    awards.pay(payment, **words)


def _answer(idea: Idea, *, which: Any, **words: Any) -> None:
    deciding.answer(which, **words)


def _mark(idea: Idea, *, by: Person, **words: Any) -> None:
    share = _share(by, idea)
    if share is None:
        raise Refused(said("This one isn't yours to mark, or the time for it is over."))
    deciding.mark(share, by=by, **words)


def _may_mark(me: Person | None, idea: Idea) -> bool:
    share = _share(me, idea)
    return share is not None and rules.may_score(me, share)


def _is_asked(me: Person | None, idea: Idea) -> bool:
    return (
        me is not None
        and idea.co_applicants.filter(person=me, agreed_at=None).exists()
        and idea.state not in (State.WITHDRAWN,)
    )


def _may_declare(me: Person | None, idea: Idea) -> bool:
    return (
        me is not None
        and not idea.fund.is_decided
        and idea.is_sent
        and rules.can_sit_in(me, idea.fund)
        and not rules.is_ours(me, idea)
        and not rules.is_close(me, idea)
    )


def _paid_for(me: Person | None, idea: Idea) -> bool:
    award = _award(idea)
    return award is not None and rules.can_tend(me, idea)


VERBS: dict[str, Verb] = {
    "send": Verb(
        gettext_lazy("Send it in"), forms.YesForm, actions.send,
        _speaks(State.DRAFT, State.MEND), gettext_lazy("It is in. Thank you for it."),
        hint=gettext_lazy("You can change it until it is read."),
        button=gettext_lazy("Send it in"), is_main=True,
    ),
    "along": Verb(
        gettext_lazy("Ask somebody to do it with you"), forms.AlongForm, actions.ask_along,
        _speaks(State.DRAFT, State.SENT, State.MEND), gettext_lazy("We asked them."),
        button=gettext_lazy("Ask them"),
    ),
    "join": Verb(
        gettext_lazy("Say whether you're in"), forms.AnswerAlongForm, actions.answer_along,
        _is_asked, gettext_lazy("Thank you. We wrote it down."), is_main=True,
    ),
    "take-back": Verb(
        gettext_lazy("Take it back"), forms.YesForm, actions.withdraw,
        lambda me, idea: (
            idea.state not in (State.WITHDRAWN, State.FUNDED, State.NOT_FUNDED)
            and not idea.fund.is_decided
            and rules.speaks_for(me, idea)
        ),
        gettext_lazy("Taken back. Nobody reads it any more."),
        hint=gettext_lazy("Nobody minds. You can send another one while the fund is open."),
        button=gettext_lazy("Take it back"),
    ),
    "mark": Verb(
        gettext_lazy("Give your mark"), forms.MarkForm, _mark, _may_mark,
        gettext_lazy("Your mark is in. Now you see the others'."), is_main=True,
        button=gettext_lazy("Give this mark"),
        hint=gettext_lazy("You can change it until the time for reading is over."),
    ),
    "ask": Verb(
        gettext_lazy("Ask them something"), forms.EnquireForm, deciding.enquire,
        lambda me, idea: (
            idea.fund.stage == Stage.READING
            and idea.state == State.READY
            and (_share(me, idea) is not None or rules.can_tend(me, idea))
        ),
        gettext_lazy("Sent. You all read the answer here."), button=gettext_lazy("Ask"),
    ),
    "answer": Verb(
        gettext_lazy("Answer a question"), forms.AnswerForm, _answer,
        lambda me, idea: (
            (rules.speaks_for(me, idea) or rules.can_tend(me, idea))
            and not idea.fund.is_decided
            and idea.enquiries.filter(answer="").exists()
        ),
        gettext_lazy("Thank you. All deciders read it."), is_main=True,
        button=gettext_lazy("Answer"),
    ),
    "close": Verb(
        gettext_lazy("I'm close to this idea"), forms.InterestForm, actions.declare, _may_declare,
        gettext_lazy("Written down. It is hidden from you until it is decided."),
        hint=gettext_lazy(
            "You know the people, or you would gain from it. Then it is hidden from you "
            "everywhere, and others decide about it. That's nothing to be ashamed of."
        ),
    ),
    "fair": Verb(
        gettext_lazy("Make it fair to read"), forms.FairForm, actions.make_fair,
        lambda me, idea: (
            idea.state in (State.SENT, State.READY)
            and _before_voting(idea)
            and rules.can_tend(me, idea)
        ),
        gettext_lazy("It is ready to be read."), is_main=True,
    ),
    "mend": Verb(
        gettext_lazy("Ask them to put something right"), forms.MendForm, actions.ask_to_mend,
        lambda me, idea: (
            idea.state in (State.SENT, State.READY)
            and _before_voting(idea)
            and rules.can_tend(me, idea)
        ),
        gettext_lazy("Asked. It waits for them."), button=gettext_lazy("Ask them"),
    ),
    "agreement": Verb(
        gettext_lazy("Write the agreement"), forms.AgreementForm, _of_award(awards.offer),
        lambda me, idea: _paid_for(me, idea) and idea.award.agreed_at is None,  # type: ignore[attr-defined]
        gettext_lazy("Written. It waits for their yes."), is_main=True,
    ),
    "agree": Verb(
        gettext_lazy("Say yes to the agreement"), forms.AgreeForm, _of_award(awards.agree),
        lambda me, idea: (
            _award(idea) is not None
            and bool(idea.award.agreement)  # type: ignore[attr-defined]
            and idea.award.agreed_at is None  # type: ignore[attr-defined]
            and (rules.speaks_for(me, idea) or rules.can_tend(me, idea))
        ),
        gettext_lazy("Agreed. Thank you."), is_main=True, button=gettext_lazy("We agree"),
    ),
    "paid": Verb(
        gettext_lazy("A payment was made"), forms.PaidForm, _pay,
        lambda me, idea: (
            _paid_for(me, idea)
            and idea.award.agreed_at is not None  # type: ignore[attr-defined]
            and idea.award.payments.filter(kind="stage", paid_on=None).exists()  # type: ignore[attr-defined]
        ),
        gettext_lazy("Written in the ledger."), is_main=True,
    ),
    "back": Verb(
        gettext_lazy("Money came back"), forms.BackForm, _of_award(awards.give_back),
        lambda me, idea: (
            _paid_for(me, idea) and awards.paid(idea.award) > awards.back(idea.award)  # type: ignore[attr-defined]
        ),
        gettext_lazy("Written in the ledger. It is in the pot again."),
    ),
    "story": Verb(
        gettext_lazy("Tell how it's going"), forms.UpdateForm, _tell,
        lambda me, idea: _award(idea) is not None and rules.speaks_for(me, idea),
        gettext_lazy("Thank you. An editor reads it, then it goes up."), is_main=True,
        button=gettext_lazy("Send it"),
    ),
    "finished": Verb(
        gettext_lazy("It is finished"), forms.YesForm, _of_award(awards.finish),
        lambda me, idea: _paid_for(me, idea) and idea.award.finished_at is None,  # type: ignore[attr-defined]
        gettext_lazy("Finished. What wasn't paid is in the pot again."),
        hint=gettext_lazy("Payments that were planned and never made go back to the pot."),
        button=gettext_lazy("It is finished"),
    ),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def work(request: HttpRequest, key: str, verb: str) -> HttpResponse:
    """One thing to do with an idea."""
    me, row = _find(request, key)
    if me is None:
        raise Http404
    if verb == "change":
        return change(request, me, row)
    if verb == "recording":
        return recording(request, me, row)
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    if not chosen.offered(me, row):
        raise PermissionDenied
    form = chosen.form(
        request.POST if request.method == "POST" else None, request.FILES or None, idea=row, me=me
    )
    if request.method == "POST" and form.is_valid():
        try:
            attempt(chosen.act, row, fund=row.fund, idea=row, by=me, at=now(), **form.values())
        except Refused as why:
            form.add_error(None, str(why))
        except photos.PhotoNotKept as why:
            form.add_error("photo", str(why))
        else:
            messages.success(request, str(chosen.done))
            me.__dict__.pop("_blocked_ids", None)
            if rules.can_see_idea(me, row):
                return redirect(row)
            return redirect("grants:deciding", row.fund.slug)
    context = {"idea": row, "fund": row.fund, "verb": chosen, "form": form, "bare": True,
               "name": verb, "beside": row if verb == "fair" else None}  # fmt: skip
    return render(request, "grants/work.html", context, status=422 if form.errors else 200)


def recording(request: HttpRequest, me: Person, row: Idea) -> HttpResponse:
    """The recording or film they sent: for its own people and the stewards; a voice is a name."""
    if not row.recording or not rules.reads_all(me, row):
        raise Http404
    if not rules.is_ours(me, row):
        log_listening(
            by=me, about=row.applicant, what=RECORDING, reason=KEEPING, thing=row.key, at=now()
        )
    return playing.answer(request, row.recording, row.recording_type)  # type: ignore[return-value]


def change(request: HttpRequest, me: Person, row: Idea) -> HttpResponse:
    """Change the words of an idea."""
    if not rules.can_write(me, row):
        raise PermissionDenied
    form = forms.IdeaForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        initial=forms.IdeaForm.initial_of(row),
        is_new=False,
        has_recording=bool(row.recording),
    )
    if request.method == "POST" and form.is_valid():
        try:
            attempt(actions.change, row, fund=row.fund, idea=row, by=me, at=now(), **form.values())
        except Refused as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, _("Kept."))
            return redirect(row)
    context = {"fund": row.fund, "idea": row, "form": form, "bare": True,
               "whose": row.applicant if row.applicant_id != me.pk else None}  # fmt: skip
    return render(request, "grants/idea_form.html", context, status=422 if form.errors else 200)
