"""A meeting: agenda, who came, minutes, actions, evidence; on the screen and on paper."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base.time import now, today
from doorstep.learning import forms, rules
from doorstep.learning.actions import meetings, recordings
from doorstep.learning.actions.once import NotYours
from doorstep.learning.models import Action, Attendance, Carry, Evidence, Meeting, Thing
from doorstep.learning.views.common import (
    community_or_404,
    me_of,
    meeting_or_404,
    name_for,
    only_if,
    page,
    posted,
)
from doorstep.people.models import Person

FORMS = ["GET", "HEAD", "POST"]


@require_http_methods(FORMS)
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """Plan a meeting."""
    me, community = community_or_404(request, slug)
    only_if(rules.can_write(me, community))
    form = forms.MeetingForm(posted(request))
    if form.is_valid():
        try:
            made = meetings.plan(
                community,
                by=me,
                at=now(),
                client_key=form.cleaned_data["client_key"],
                **form.values(),
            )
        except NotYours:
            form.add_error(None, _("This page is out of date. Load it again, then send it."))
        else:
            messages.success(request, _("Planned. Everybody in it has been told."))
            return redirect(made)
    context = {
        "form": form,
        "heading": _("Plan a meeting"),
        "button": _("Plan it"),
        "back": ("learning:community", [community.slug]),
        "back_words": community.name,
        "bare": True,
    }
    return page(request, "form.html", context, form)


def _came(me: Person, meeting: Meeting) -> list[str]:
    rows = Attendance.objects.filter(meeting=meeting).select_related("person").order_by("pk")
    return [name_for(me, row.person) if row.person is not None else row.name for row in rows]


@never_cache
@require_safe
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """All there is about a meeting."""
    me, row = meeting_or_404(request, pk)
    can_write = rules.can_write(me, row.community)
    actions = list(row.actions.select_related("owner").order_by("due_on", "pk"))  # type: ignore[attr-defined]
    context = {
        "meeting": row,
        "community": row.community,
        "came": _came(me, row),
        "actions": [
            (one, name_for(me, one.owner) if one.owner else "", _may_finish(me, one, row))
            for one in actions
        ],
        "evidence": list(row.evidence.select_related("brought_by")),  # type: ignore[attr-defined]
        "recordings": list(row.recordings.all()),  # type: ignore[attr-defined]
        "me": me,
        "can_write": can_write,
        "can_facilitate": rules.can_facilitate(me, row.community),
        "can_run": rules.can_run_meeting(me, row),
        "later": forms.LaterForm(),
        "today": today(),
        "is_to_come": row.starts_at > now(),
        "minutes_by": name_for(me, row.minutes_by) if row.minutes_by else "",
        "questions": list(
            Thing.objects.visible_to(me)
            .live()
            .filter(community=row.community_id, kind=Thing.Kind.QUESTION)
            .order_by("-pk")[:3]
        ),
    }
    return page(request, "meeting.html", context)


def _may_finish(me: Person, action: Action, meeting: Meeting) -> bool:
    return rules.can_write(me, meeting.community)


@never_cache
@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The meeting on paper: agenda, who came, lines to write on, what was asked of us."""
    me, row = meeting_or_404(request, pk)
    context = {
        "meeting": row,
        "community": row.community,
        "came": _came(me, row),
        "people": forms.people_of(row.community, me),
        "actions": list(row.actions.select_related("owner").order_by("due_on", "pk")),  # type: ignore[attr-defined]
        "carried": list(
            Carry.objects.visible_to(me)
            .filter(to=row.community_id, state=Carry.State.OPEN)
            .select_related("thing__community")
            .order_by("pk")[:8]
        ),
        "lines": range(12),
    }
    return page(request, "meeting_paper.html", context)


# --- What is done with a meeting --------------------------------------------------------------


def _agenda(request: HttpRequest, me: Person, row: Meeting) -> Any:
    form = forms.MeetingForm(posted(request), meeting=row)
    if form.is_valid():
        meetings.change(row, by=me, at=now(), **form.values())
        return form, _("Changed.")
    return form, ""


def _attendance(request: HttpRequest, me: Person, row: Meeting) -> Any:
    there = list(Attendance.objects.filter(meeting=row).select_related("person"))
    form = forms.AttendanceForm(
        posted(request),
        people=forms.people_of(row.community, me),
        initial={
            "people": [one.person.handle for one in there if one.person is not None],
            "guests": "\n".join(one.name for one in there if one.person is None),
        },
    )
    if form.is_valid():
        values = form.values()
        # Those whom this reader isn't shown stay as they were marked.
        shown = set(form.by_handle)
        kept = [one.person for one in there if one.person and one.person.handle not in shown]
        values["people"] += kept
        meetings.attend(row, by=me, **values)
        return form, _("Written down.")
    return form, ""


def _minutes(request: HttpRequest, me: Person, row: Meeting) -> Any:
    form = forms.MinutesForm(
        posted(request), initial={"minutes": row.minutes, "minutes_from": row.minutes_from}
    )
    if form.is_valid():
        meetings.write_minutes(row, by=me, at=now(), **form.cleaned_data)
        return form, _("Kept. Everybody in it can read them.")
    return form, ""


def _action(request: HttpRequest, me: Person, row: Meeting) -> Any:
    form = forms.ActionForm(posted(request), people=forms.people_of(row.community, me))
    if form.is_valid():
        try:
            meetings.add_action(row, by=me, at=now(), **form.cleaned_data)
        except NotYours:
            form.add_error(None, _("This page is out of date. Load it again, then send it."))
        else:
            return form, _("Written down. They are told, and reminded the day before.")
    return form, ""


def _evidence(request: HttpRequest, me: Person, row: Meeting) -> Any:
    form = forms.EvidenceForm(posted(request), me=me)
    if form.is_valid():
        gathering = form.cleaned_data["gathering"]
        only_if(rules.can_bring(me, gathering))
        meetings.bring(row, gathering, question=form.cleaned_data["question"], by=me, at=now())
        return form, _("Its figures are here now, as they are today.")
    return form, ""


def _recording(request: HttpRequest, me: Person, row: Meeting) -> Any:
    return add_recording(request, me, row)


def add_recording(request: HttpRequest, me: Person, to: Meeting | Thing) -> Any:
    """The form for a photo, a sound or a film, for a meeting or a thing."""
    form = forms.RecordingForm(posted(request), request.FILES or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            recordings.add(
                to=to,
                kind=data["kind"],
                title=data["title"],
                transcript=data["transcript"],
                has_captions=data["has_captions"],
                upload=data["file"],
                url=data["url"],
                by=me,
                at=now(),
            )
        except recordings.NotKept as problem:
            form.add_error(None, str(problem))
        else:
            return form, _("It is here now, with its words.")
    return form, ""


_WORK: dict[str, tuple[Any, Any, Any, Any]] = {
    # verb: form and act, heading, button, a word first
    "change": (_agenda, gettext_lazy("Change the meeting"), gettext_lazy("Keep it"), ""),
    "came": (_attendance, gettext_lazy("Who came?"), gettext_lazy("Write it down"), ""),
    "minutes": (_minutes, gettext_lazy("Minutes"), gettext_lazy("Keep the minutes"), ""),
    "action": (_action, gettext_lazy("What will somebody do?"), gettext_lazy("Write it down"), ""),
    "evidence": (
        _evidence,
        gettext_lazy("Bring in how a gathering goes"),
        gettext_lazy("Bring it in"),
        gettext_lazy(
            "Return rates, faces arriving and leaving, and what people gave. Nobody is named."
        ),
    ),
    "recording": (
        _recording,
        gettext_lazy("Add a photo, sound or film"),
        gettext_lazy("Add it"),
        gettext_lazy(
            "Nobody is left out: a photo needs a line that says what it shows, the rest its words."
        ),
    ),
}


@never_cache
@require_http_methods(FORMS)
def work(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One thing to do with a meeting, on a page of its own."""
    me, row = meeting_or_404(request, pk)
    if verb in ("call-off", "on-again", "drop-evidence"):
        return _press(request, me, row, verb)
    known = _WORK.get(verb)
    if known is None:
        raise Http404
    only_if(
        rules.can_run_meeting(me, row) if verb == "change" else rules.can_write(me, row.community)
    )
    act, heading, button, lead = known
    form, done = act(request, me, row)
    if done:
        messages.success(request, done)
        return redirect(row)
    context = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "button": button,
        "back": ("learning:meeting", [row.pk]),
        "back_words": row.title,
        "has_files": verb == "recording",
        "bare": True,
    }
    return page(request, "form.html", context, form)


def _press(request: HttpRequest, me: Person, row: Meeting, verb: str) -> HttpResponse:
    if request.method != "POST":
        raise Http404
    if verb == "drop-evidence":
        only_if(rules.can_write(me, row.community))
        number = request.POST.get("evidence", "")
        Evidence.objects.filter(meeting=row, pk=int(number) if number.isdigit() else 0).delete()
        messages.success(request, _("Taken away. You can bring it in again."))
        return redirect(row)
    only_if(rules.can_run_meeting(me, row))
    if verb == "call-off":
        meetings.call_off(row, by=me, at=now())
        messages.success(request, _("Called off. Everybody in it has been told."))
    else:
        meetings.on_again(row, by=me, at=now())
        messages.success(request, _("On again. Everybody in it has been told."))
    return redirect(row)


@require_POST
def action(request: HttpRequest, pk: int) -> HttpResponse:
    """Done, not done after all, or later."""
    me = me_of(request)
    row = get_object_or_404(
        Action.objects.filter(meeting__in=Meeting.objects.visible_to(me)).select_related(
            "meeting__community"
        ),
        pk=pk,
    )
    only_if(rules.can_write(me, row.meeting.community))
    match request.POST.get("verb"):
        case "done":
            form = forms.DoneForm(request.POST)
            words = form.cleaned_data["words"] if form.is_valid() else ""
            meetings.finish(row, words=words, at=now())
            messages.success(request, _("Done. Thank you."))
        case "not-done":
            meetings.open_again(row)
            messages.success(request, _("It is to do again."))
        case "later":
            later = forms.LaterForm(request.POST)
            if later.is_valid():
                Action.objects.filter(pk=row.pk).update(due_on=later.cleaned_data["due_on"])
                messages.success(request, _("It has another day."))
            else:
                messages.error(request, _("Choose today or a later day."))
        case "take-away":
            only_if(row.made_by_id == me.pk or rules.can_facilitate(me, row.meeting.community))
            row.delete()
            messages.success(request, _("Taken away."))
    return redirect(row.meeting)
