"""A question, a story, an insight, an experiment, a change: its page and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base import awards
from doorstep.base.time import now
from doorstep.learning import agreeing, forms, likeness, mapping, marking, rules
from doorstep.learning.actions import booklets, carrying, chain, communities, stories
from doorstep.learning.actions.once import NotYours
from doorstep.learning.models import Carry, Departure, Link, Quote, Telling, Thing
from doorstep.learning.views.common import (
    community_or_404,
    name_for,
    only_if,
    page,
    posted,
    thing_or_404,
)
from doorstep.learning.views.meetings import add_recording
from doorstep.learning.wiring import LEARNING_FROM_IT, STORY
from doorstep.people.consents.actions import CannotAgree, NotAgreed
from doorstep.people.models import Ask, Person
from doorstep.people.readings.actions import log_read

FORMS = ["GET", "HEAD", "POST"]
_State, _Kind = Thing.State, Thing.Kind

_HEADINGS: dict[str, Any] = {
    "question": gettext_lazy("Ask a question"),
    "story": gettext_lazy("Tell a story"),
    "insight": gettext_lazy("Write down an insight"),
    "experiment": gettext_lazy("Plan an experiment"),
    "change": gettext_lazy("Write down a change"),
}
_LEADS: dict[str, Any] = {
    "question": gettext_lazy("Something you don't know yet, and want to find out together."),
    "story": gettext_lazy(
        "Only you see it until somebody else has read it and whoever told it has said yes."
    ),
    "insight": gettext_lazy("What several stories say together."),
    "experiment": gettext_lazy("A small thing to try. Small enough that it may fail."),
    "change": gettext_lazy("What is different now, because of what was learned."),
}


@require_http_methods(FORMS)
def add(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Write one down; `?from=` names what led to it."""
    me, community = community_or_404(request, slug)
    if kind not in _HEADINGS:
        raise Http404
    only_if(rules.can_write(me, community))
    after = None
    if ref := request.GET.get("from"):
        after = (
            Thing.objects.visible_to(me).live().select_related("community").filter(ref=ref).first()
        )
        if after is not None and kind not in rules.LEADS_TO[after.kind]:
            after = None
    made, bound = _add(request, me, community, kind, after)
    if made is not None:
        if kind == _Kind.STORY:
            messages.success(request, _("Kept as your draft. Have a look at what is marked."))
        else:
            messages.success(request, _("It is here now."))
        return redirect(made)
    context = {
        "forms": bound,
        "heading": _HEADINGS[kind],
        "lead": _LEADS[kind],
        "button": _("Keep it as a draft") if kind == _Kind.STORY else _("Write it down"),
        "back": ("learning:community", [community.slug]),
        "back_words": community.name,
        "after": after,
        "help_story": kind == _Kind.STORY,
        "bare": True,
    }
    return page(request, "form.html", context, *bound)


def _add(
    request: HttpRequest, me: Person, community: Any, kind: str, after: Thing | None
) -> tuple[Thing | None, list[Any]]:
    try:
        if kind == _Kind.STORY:
            story = forms.StoryForm(posted(request), me=me)
            bound: list[Any] = [story]
            if story.is_valid():
                made = stories.tell(
                    community,
                    by=me,
                    at=now(),
                    client_key=story.cleaned_data["client_key"],
                    after=after,
                    **story.story(),
                )
                return made, bound
            return None, bound
        form = forms.ThingForm(posted(request), kind=kind)
        bound = [form]
        more: dict[str, Any] = {}
        if kind == _Kind.EXPERIMENT:
            plan = forms.ExperimentForm(
                posted(request),
                people=forms.people_of(community, me),
                viewer=me,
                initial={"wonder": after.title if after and after.kind == "question" else ""},
            )
            bound.append(plan)
        if all(one.is_valid() for one in bound):
            if kind == _Kind.EXPERIMENT:
                more = bound[1].values()
            made = chain.add(
                community,
                kind=kind,
                by=me,
                at=now(),
                client_key=form.cleaned_data["client_key"],
                after=after,
                **form.thing(),
                **more,
            )
            return made, bound
    except NotYours:
        bound[0].add_error(None, _("This page is out of date. Load it again, then send it."))
    except stories.CannotTell as problem:
        bound[0].add_error(None, str(problem))
    return None, bound


# --- Its page ---------------------------------------------------------------------------------


@never_cache
@require_safe
def thing(request: HttpRequest, ref: str) -> HttpResponse:
    """One thing, what led to it, what it led to, and where it travelled."""
    me, row = thing_or_404(request, ref)
    at = now()
    at_home = row.community_id in rules.inside(me)
    telling: Telling | None = row.telling if row.kind == _Kind.STORY else None  # type: ignore[attr-defined]
    _log(me, row, telling)
    quotes = list(
        Quote.objects.filter(thing=row).select_related(
            "story__telling__teller", "story__community", "story__telling__thing__community"
        )
    )
    before, after = _chain(me, row)
    context: dict[str, Any] = {
        "thing": row,
        "kind_icon": mapping.ICONS[row.kind],
        "community": row.community,
        "at_home": at_home,
        "me": me,
        "can_write": rules.can_write(me, row.community),
        "can_facilitate": rules.can_facilitate(me, row.community),
        "made_by": name_for(me, row.made_by),
        "before": before,
        "after": after,
        "icons": mapping.ICONS,
        "quotes": [one for one in quotes if _may_quote(one, at, at_home)],
        "carries": list(
            Carry.objects.visible_to(me)
            .filter(thing=row)
            .exclude(state=Carry.State.BACK)
            .select_related("to", "thing")
            .order_by("pk")
        )
        if row.kind in Thing.CARRIED
        else [],
        "alike": likeness.like(row, me),
        "can_take_down": rules.can_take_down(me, row),
        "recordings": list(row.recordings.all())  # type: ignore[attr-defined]
        if at_home or rules.is_teller(me, row)
        else [],
        "verbs": [
            (name, verb) for name, verb in VERBS.items() if verb.offered(me, row) and verb.label
        ],
        "next_kinds": [
            (kind, _HEADINGS[kind], mapping.ICONS[kind])
            for kind in mapping.KINDS
            if kind in rules.LEADS_TO[row.kind]
        ]
        if row.state == _State.LIVE and rules.can_write(me, row.community)
        else [],
    }
    if row.kind == _Kind.EXPERIMENT:
        experiment = row.experiment  # type: ignore[attr-defined]
        context |= {
            "experiment": experiment,
            "owner": name_for(me, experiment.owner) if experiment.owner else "",
            "award": awards.get(me, experiment.award_key) if experiment.award_key else None,
        }
    if telling is not None:
        context |= _story_context(me, row, telling, at)
    return page(request, "thing.html", context)


def _chain(me: Person, row: Thing) -> tuple[list[Thing], list[Thing]]:
    """Return what led to it and what it led to, as far as the reader may see."""
    pairs = list(Link.objects.filter(other=row).values_list("one_id", flat=True))
    onwards = list(Link.objects.filter(one=row).values_list("other_id", flat=True))
    seen = {
        one.pk: one
        for one in Thing.objects.visible_to(me)
        .filter(pk__in=[*pairs, *onwards], state__in=[_State.LIVE, _State.WITHDRAWN])
        .select_related("community")
    }
    return (
        [seen[pk] for pk in pairs if pk in seen],
        [seen[pk] for pk in onwards if pk in seen],
    )


def _may_quote(quote: Quote, at: Any, at_home: bool) -> bool:
    """A story's words cross to another community only where whoever told it allows that."""
    telling = quote.story.telling  # type: ignore[attr-defined]
    if quote.story.state != _State.LIVE:
        return False
    if telling.teller is not None and telling.teller.restricted_at is not None:
        return False
    return at_home or agreeing.allowed(telling, at, agreeing.CARRIED)


def _log(me: Person, row: Thing, telling: Telling | None) -> None:
    """Whoever opens somebody's story before it was passed on is written down for them."""
    if (
        telling is not None
        and telling.teller is not None
        and telling.teller_id != me.pk
        and row.state in (_State.DRAFT, _State.SENT)
    ):
        log_read(
            by=me, about=telling.teller, what=STORY, reason=LEARNING_FROM_IT, thing=row.ref,
            at=now(),
        )  # fmt: skip


# Where copies of a story were, as its page says it.
_COPIES: dict[str, Any] = {
    "quote": gettext_lazy("Quotes taken away"),
    "recording": gettext_lazy("Recordings deleted"),
    "booklet": gettext_lazy("Booklets made anew"),
    "thing": gettext_lazy("Questions, insights and changes with its words taken out"),
    "experiment": gettext_lazy("Experiments with its words taken out"),
    "meeting": gettext_lazy("Minutes and agendas with its words taken out"),
    "action": gettext_lazy("Things to do with its words taken out"),
    "carry": gettext_lazy("Answers and notes with its words taken out"),
    "story": gettext_lazy("Notes of a second reader with its words taken out"),
    "post": gettext_lazy("Posts, replies and articles with its words taken out"),
}


def _story_context(me: Person, row: Thing, telling: Telling, at: Any) -> dict[str, Any]:
    wrote = row.made_by_id == me.pk
    in_work = row.state in (_State.DRAFT, _State.SENT)
    marks = marking.find(row.words) if in_work else []
    in_title = marking.find(row.title) if in_work else []
    asked = None
    if telling.teller_id and in_work:
        asked = (
            Ask.objects.filter(
                purpose=agreeing.PURPOSE,
                person=telling.teller_id,
                recipient_key=agreeing.recipient(row).key,
            )
            .order_by("-pk")
            .first()
        )
    return {
        "telling": telling,
        "taken_out": [
            (_COPIES.get(kind, kind), count) for kind, count in telling.taken_out.items()
        ],
        "is_teller": rules.is_teller(me, row),
        "wrote": wrote,
        "in_work": in_work,
        "marked": marking.shown(row.words, marks) if marks else "",
        "marks": marking.words_of(row.words, marks) + marking.words_of(row.title, in_title),
        "labels": marking.LABELS,
        "agreed": agreeing.allowed(telling, at),
        "asked": asked,
        "may_carry": agreeing.allowed(telling, at, agreeing.CARRIED),
        "may_print": agreeing.allowed(telling, at, agreeing.PRINTED),
        "can_read": rules.can_read_second(me, row),
        "reader": name_for(me, telling.read_by) if telling.read_by else "",
        "departures": list(
            row.departures.select_related("by", "booklet")  # type: ignore[attr-defined]
        )
        if rules.can_see_what_left(me, row)
        else None,
        "sees_what_left": rules.can_see_what_left(me, row),
    }


# --- What is done with it ---------------------------------------------------------------------


@dataclass(frozen=True)
class Verb:
    """Something to do with a thing: its words, who may, and the form that does it.

    `act(request, me, thing)` returns (form, what to say when it was done, or ""). Without a
    label it is offered elsewhere on the page; `is_press` has no page of its own.
    """

    label: Any
    offered: Callable[[Person, Thing], bool]
    act: Callable[[HttpRequest, Person, Thing], tuple[Any, Any]]
    heading: Any = ""
    button: Any = ""
    lead: Any = ""
    icon: str = ""
    is_press: bool = False
    has_files: bool = False


def _change(request: HttpRequest, me: Person, row: Thing) -> Any:
    if row.kind == _Kind.STORY:
        form: Any = forms.StoryWordsForm(posted(request), thing=row)
        if form.is_valid():
            try:
                stories.change(row, at=now(), **form.cleaned_data)
            except stories.CannotTell as problem:
                form.add_error(None, str(problem))
                return form, ""
            return form, _("Changed. It is your draft again until somebody has read it.")
        return form, ""
    form = forms.ThingForm(posted(request), kind=row.kind, thing=row)
    if row.kind != _Kind.EXPERIMENT:
        if form.is_valid():
            chain.change(row, at=now(), **form.thing())
            return form, _("Changed.")
        return form, ""
    plan = forms.ExperimentForm(
        posted(request),
        people=forms.people_of(row.community, me),
        viewer=me,
        experiment=row.experiment,  # type: ignore[attr-defined]
    )
    if form.is_valid() and plan.is_valid():
        chain.change(row, at=now(), **form.thing())
        chain.change_experiment(row, by=me, at=now(), **plan.values())
        return [form, plan], _("Changed.")
    return [form, plan], ""


def _how_it_goes(request: HttpRequest, me: Person, row: Thing) -> Any:
    form = forms.HowItGoesForm(posted(request), experiment=row.experiment)  # type: ignore[attr-defined]
    if form.is_valid():
        chain.change_experiment(row, by=me, at=now(), **form.cleaned_data)
        return form, _("Written down.")
    return form, ""


def _link(request: HttpRequest, me: Person, row: Thing) -> Any:
    form = forms.LinkForm(posted(request), thing=row, me=me)
    if form.is_valid():
        one, other = form.pair(row)
        only_if(rules.can_join_up(me, one, other))
        try:
            chain.link(one, other, by=me, at=now())
        except chain.CannotLink as problem:
            form.add_error(None, str(problem))
        else:
            return form, _("Linked. You can walk from one to the other now.")
    return form, ""


def _unlink(request: HttpRequest, me: Person, row: Thing) -> Any:
    other = get_object_or_404(Thing.objects.visible_to(me), ref=request.POST.get("other", ""))
    chain.unlink(row, other)
    return None, _("The link is gone. You can make it again.")


def _quote(request: HttpRequest, me: Person, row: Thing) -> Any:
    form = forms.QuoteForm(posted(request), thing=row, me=me)
    if form.is_valid():
        story = form.stories[form.cleaned_data["story"]]
        try:
            chain.quote(row, story, words=form.cleaned_data["words"], by=me, at=now())
        except chain.CannotQuote as problem:
            form.add_error("words", str(problem))
        else:
            return form, _("Quoted.")
    return form, ""


def _drop_quote(request: HttpRequest, me: Person, row: Thing) -> Any:
    number = request.POST.get("quote", "")
    Quote.objects.filter(thing=row, pk=int(number) if number.isdigit() else 0).delete()
    return None, _("The quote is gone.")


def _carry(request: HttpRequest, me: Person, row: Thing) -> Any:
    form = forms.CarryForm(posted(request), thing=row)
    if form.is_valid():
        data = form.cleaned_data
        try:
            carrying.carry(
                row,
                to=data["to"],
                why=data["why"],
                by=me,
                at=now(),
                client_key=data["client_key"],
            )
        except carrying.CannotCarry as problem:
            form.add_error("to", str(problem))
        except NotYours:
            form.add_error(None, _("This page is out of date. Load it again, then send it."))
        else:
            return form, _("Carried. The answer comes home to you.")
    return form, ""


def _send(request: HttpRequest, me: Person, row: Thing) -> Any:
    telling = row.telling  # type: ignore[attr-defined]
    marks = marking.find(row.words)
    kept = marking.words_of(row.words, marks)
    kept += marking.words_of(row.title, marking.find(row.title))
    people = [
        one
        for one in forms.people_of(row.community, me)
        if one.pk not in (me.pk, telling.teller_id)
    ]
    facilitators = [
        one
        for one in communities.facilitators(row.community, now())
        if one.pk not in (me.pk, telling.teller_id)
    ]
    form = forms.SendForm(
        posted(request), people=people, has_marks=bool(kept), may_be_nobody=bool(facilitators)
    )
    if form.is_valid():
        try:
            stories.send(row, reader=form.cleaned_data["reader"], kept_marks=kept, by=me, at=now())
        except (stories.CannotTell, CannotAgree) as problem:
            form.add_error(None, str(problem))
        else:
            return form, _("Sent. The community sees it once somebody has read it.")
    return form, ""


def _read(request: HttpRequest, me: Person, row: Thing) -> Any:
    form = forms.ReadForm(posted(request))
    if form.is_valid():
        try:
            if form.cleaned_data["verdict"] == "yes":
                stories.pass_on(row, by=me, at=now())
                return form, _("Passed on. The community can learn from it.")
            stories.ask_to_change(row, reply=form.cleaned_data["reply"], by=me, at=now())
        except (stories.CannotTell, NotAgreed) as problem:
            form.add_error(None, str(problem))
            return form, ""
        except stories.AlreadyRead:
            form.add_error(None, _("It isn't waiting any more. Look at it again."))
            return form, ""
        return form, _("Sent back with your words.")
    return form, ""


def _withdraw(request: HttpRequest, me: Person, row: Thing) -> Any:
    form = forms.WithdrawForm(posted(request))
    if rules.is_teller(me, row):
        del form.fields["words"]
    if request.method == "POST" and form.is_valid():
        stories.withdraw(row, by=me, at=now(), words=form.cleaned_data.get("words", ""))
        return form, _("Taken back. Every copy that is ours is empty now.")
    return form, ""


def _take_down(request: HttpRequest, me: Person, row: Thing) -> Any:
    chain.take_down(row, at=now())
    return None, _("Taken down. You can put it back.")


def _put_back(request: HttpRequest, me: Person, row: Thing) -> Any:
    try:
        chain.put_back(row, at=now())
    except chain.CannotLink as problem:
        messages.error(request, str(problem))
        return None, _("It stays down.")
    return None, _("It is back.")


def _ask_back(request: HttpRequest, me: Person, row: Thing) -> Any:
    number = request.POST.get("copy", "")
    copy = get_object_or_404(Departure, story=row, pk=int(number) if number.isdigit() else 0)
    words = request.POST.get("words", "")[:200]
    booklets.ask_back(copy, words=words, at=now())
    return None, _("Written down that it was asked for.")


def _live_here(me: Person, row: Thing) -> bool:
    return row.state == _State.LIVE and rules.can_write(me, row.community)


VERBS: dict[str, Verb] = {
    "send": Verb(
        gettext_lazy("Send it to a second reader"),
        lambda me, row: (
            row.kind == _Kind.STORY and row.state == _State.DRAFT and rules.can_change(me, row)
        ),
        _send,
        gettext_lazy("Send it to a second reader"),
        gettext_lazy("Send it"),
        gettext_lazy("Whoever told it is asked too, if they are on here."),
        "send",
    ),
    "read": Verb(
        gettext_lazy("Say what you see"),
        rules.can_read_second,
        _read,
        gettext_lazy("You are the second pair of eyes"),
        gettext_lazy("Say so"),
        gettext_lazy(
            "A name, a street, a job, a date, a rare illness: could a neighbour tell who it is?"
        ),
        "eye",
    ),
    "goes": Verb(
        gettext_lazy("Say how it goes"),
        rules.can_run_experiment,
        _how_it_goes,
        gettext_lazy("How does it go?"),
        gettext_lazy("Write it down"),
        icon="pencil",
    ),
    "carry": Verb(
        gettext_lazy("Carry it to another community"),
        lambda me, row: rules.can_carry(me, row) and rules.where_to(row).exists(),
        _carry,
        gettext_lazy("Carry it to another community"),
        gettext_lazy("Carry it"),
        gettext_lazy("They read it and your note. Their answer comes home to you."),
        "route",
    ),
    "link": Verb(
        gettext_lazy("Link it with something"),
        _live_here,
        _link,
        gettext_lazy("What does it go with?"),
        gettext_lazy("Link them"),
        gettext_lazy("So that it can be walked: question, story, insight, experiment, change."),
        "split",
    ),
    "quote": Verb(
        gettext_lazy("Quote a story"),
        lambda me, row: (
            row.kind in (_Kind.INSIGHT, _Kind.EXPERIMENT, _Kind.CHANGE) and _live_here(me, row)
        ),
        _quote,
        gettext_lazy("Quote a story"),
        gettext_lazy("Quote it"),
        icon="message-circle",
    ),
    "recording": Verb(
        gettext_lazy("Add a photo, sound or film"),
        lambda me, row: (
            rules.can_write(me, row.community) and row.state in (_State.LIVE, _State.DRAFT)
        ),
        lambda request, me, row: add_recording(request, me, row),
        gettext_lazy("Add a photo, sound or film"),
        gettext_lazy("Add it"),
        gettext_lazy(
            "Nobody is left out: a photo needs a line that says what it shows, the rest its words."
        ),
        "camera",
        has_files=True,
    ),
    "change": Verb(
        gettext_lazy("Put it in other words"),
        rules.can_change,
        _change,
        gettext_lazy("Put it in other words"),
        gettext_lazy("Keep it"),
        icon="pencil",
    ),
    "withdraw": Verb(
        "",
        rules.can_withdraw,
        _withdraw,
        gettext_lazy("Take this story back"),
        gettext_lazy("Take it back now"),
        gettext_lazy(
            "It is emptied at once, with every quote, recording and booklet of it that is ours. "
            "This can't be undone. Copies that have left us are listed, to be asked back."
        ),
    ),
    "take-down": Verb(
        "",
        lambda me, row: row.state == _State.LIVE and rules.can_take_down(me, row),
        _take_down,
        is_press=True,
    ),
    "put-back": Verb(
        "",
        lambda me, row: row.state == _State.DOWN and rules.can_take_down(me, row),
        _put_back,
        is_press=True,
    ),
    "unlink": Verb("", _live_here, _unlink, is_press=True),
    "drop-quote": Verb("", _live_here, _drop_quote, is_press=True),
    "ask-back": Verb("", rules.can_see_what_left, _ask_back, is_press=True),
}


@never_cache
@require_http_methods(FORMS)
def work(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """One thing to do with a thing, on a page of its own."""
    me, row = thing_or_404(request, ref)
    chosen = VERBS.get(verb)
    if chosen is None or (chosen.is_press and request.method != "POST"):
        raise Http404
    only_if(chosen.offered(me, row))
    found, done = chosen.act(request, me, row)
    if done:
        messages.success(request, done)
        seen = Thing.objects.visible_to(me).filter(pk=row.pk).exists()
        return redirect(row) if seen else redirect("learning:home")
    bound = found if isinstance(found, list) else [found]
    marks: list[Any] = []
    if verb == "send":
        marks = marking.words_of(row.words, marking.find(row.words))
        marks += marking.words_of(row.title, marking.find(row.title))
    context = {
        "forms": bound,
        "heading": chosen.heading,
        "lead": chosen.lead,
        "button": chosen.button,
        "back": ("learning:thing", [row.ref]),
        "back_words": row.called,
        "has_files": chosen.has_files,
        "is_stop": verb == "withdraw",
        "story": row if verb in ("read", "send", "quote") and row.kind == _Kind.STORY else None,
        "marked": marking.shown(row.words, marking.find(row.words))
        if verb in ("read", "send")
        else "",
        "marks": marks,
        "labels": marking.LABELS,
        "bare": True,
    }
    return page(request, "form.html", context, *bound)
