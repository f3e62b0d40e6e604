"""“Is this you?”: a record that a helper wrote down, and the person themselves."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from doorstep.base.going import within
from doorstep.base.time import now
from doorstep.people import actions
from doorstep.people.forms import ClaimForm


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Ask, with as little shown as can be; the record is chosen here and never by the reader."""
    account = request.user
    person = actions.claimable(account)  # type: ignore[arg-type]
    if person is None:
        messages.info(request, _("There is nothing to ask you. Carry on."))
        return redirect(_onwards(request))
    questions = actions.questions_about(person)
    if request.POST.get("answer") == "no":
        actions.decline_claim(account, person, at=now())  # type: ignore[arg-type]
        messages.success(request, _("Thank you. We'll leave that one alone."))
        return redirect(_onwards(request))
    form = ClaimForm(request.POST or None, questions=questions)
    if request.method == "POST" and form.is_valid():
        try:
            actions.claim(account, at=now(), **form.cleaned_data)  # type: ignore[arg-type]
        except actions.WrongAnswer:
            if actions.claimable(account) is None:  # type: ignore[arg-type]
                messages.info(
                    request, _("That didn't fit either. No harm done: ring us and we'll look.")
                )
                return redirect(_onwards(request))
            form.add_error(None, _("That isn't what was written down. Have another look."))
        except actions.NotClaimable:
            messages.info(request, _("There is nothing to ask you. Carry on."))
            return redirect(_onwards(request))
        else:
            messages.success(request, _("Lovely. What was written down is yours now."))
            return redirect("people:me")
    return render(
        request,
        "people/claim.html",
        {
            "form": form,
            "initials": person.initials,
            "questions": questions,
            "onwards": _onwards(request),
            "bare": True,
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def _onwards(request: HttpRequest) -> str:
    return within(request, request.GET.get("next", ""), "/")
