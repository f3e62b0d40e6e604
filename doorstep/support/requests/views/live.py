"""A live call on one screen: the script, the words, who it may be, what may help."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.people.records import rules as records
from doorstep.support.crisis import rules as crisis
from doorstep.support.models import CallDraft, Kind, Request, Surge
from doorstep.support.requests import drafts, rules, suggesting
from doorstep.support.requests.forms import CallForm
from doorstep.support.requests.views.desk import me_at_the_desk


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def calls(request: HttpRequest) -> HttpResponse:
    """Calls that were begun and not finished; POST begins a new one."""
    me = me_at_the_desk(request)
    if request.method == "POST":
        draft = drafts.start(by=me, at=now())
        came = request.POST.get("came_by", "")
        if came in Request.CameBy.values:
            drafts.save(draft, {"came_by": came}, at=now())
        return redirect("support:call", key=draft.key)
    found = drafts.unfinished(me)
    return render(
        request,
        "support/desk/calls.html",
        {"drafts": [(one, one.typed) for one in found if set(one.typed) - {"came_by"}]},
    )


def _typed(request: HttpRequest) -> dict[str, Any]:
    """What stands in the form, as text; lists where several may be ticked."""
    names = list(CallForm.base_fields)
    found: dict[str, Any] = {name: request.POST.get(name, "") for name in names}
    found["kinds"] = [kind for kind in request.POST.getlist("kinds") if kind in Kind.values]
    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, key: str) -> HttpResponse:
    """One call. Saved as it is typed; sent once, however often the button is pressed."""
    me = me_at_the_desk(request)
    draft = CallDraft.objects.filter(key=key, by=me).select_related("request").first()
    if draft is None:
        raise Http404
    if draft.request is not None:
        return _there(draft.request, me)
    at = now()
    surge = crisis.current()
    if request.method == "POST":
        then = request.POST.get("then", "send")
        typed = _typed(request)
        if then == "drop":
            drafts.drop(draft, at=at)
            messages.success(request, _("Thrown away."))
            return redirect("support:calls")
        drafts.save(draft, typed, at=at)
        if then == "save":
            if request.headers.get("X-Part"):
                context = _around(draft, typed, me, at)
                return render(request, "support/desk/_call_around.html", context)
            form = CallForm(initial=typed, short=surge is not None)
            return _page(request, draft, typed, form, me, at, surge)
        form = CallForm(request.POST, short=surge is not None)
        person, is_refused = _person(request.POST.get("person", ""), me)
        if form.is_valid() and not is_refused:
            said = form.request()
            danger = suggesting.danger_in(said["words"])
            said.setdefault("about_child", suggesting.is_about_child(said["words"]))
            made = drafts.finish(draft, by=me, at=at, person=person, danger=danger, **said)
            if surge is not None:
                crisis.send_on(made, at=at)
            messages.success(
                request,
                _("Written down. The reference is %(ref)s: read it out, please.")
                % {"ref": made.reference},
            )
            return _there(made, me)
        if is_refused:
            form.add_error(None, _("You can't open that record. Choose again, or “somebody new”."))
        return _page(request, draft, typed, form, me, at, surge, status=422)
    form = CallForm(initial=draft.typed, short=surge is not None)
    return _page(request, draft, draft.typed, form, me, at, surge)


def _there(made: Request, me: Person) -> HttpResponse:
    made = Request.objects.select_related("person", "locality").get(pk=made.pk)
    if rules.can_see(me, made):
        return redirect("support:request", ref=made.ref)
    # A hub wrote down what the borough sorts: back to where calls are.
    return redirect("support:calls")


def _person(handle: str, me: Person) -> tuple[Person | None, bool]:
    """Return who was chosen, and whether the choice is refused."""
    if not handle:
        return None, False
    person = records.records_visible_to(Person.objects.all(), me).filter(handle=handle).first()
    return person, person is None


def _around(draft: CallDraft, typed: dict[str, Any], me: Person, at: dt.datetime) -> dict[str, Any]:
    words = str(typed.get("words", ""))
    around = drafts.around(draft, typed, by=me, at=at)
    found = suggesting.Suggestions()
    if len(words.strip()) > 3:
        found = suggesting.suggest_again(words, viewer=me, at=at, area=around.ward)
    return {
        "around": around,
        "found": found,
        "kinds": [(Kind(kind).label, why) for kind, why in found.kinds],
        "draft": draft,
        "chosen": str(typed.get("person", "")),
        "danger": found.danger,
    }


def _page(
    request: HttpRequest, draft: CallDraft, typed: dict[str, Any], form: CallForm, me: Person,
    at: dt.datetime, surge: Surge | None, *, status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = _around(draft, typed, me, at)
    context |= {
        "form": form,
        "surge": surge,
        "script": surge.script if surge is not None and surge.script else "",
        "bare": True,
    }
    return render(request, "support/desk/call.html", context, status=status)
