"""What was carried to another community, and the answer that came home."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.learning import forms, rules
from doorstep.learning.actions import carrying
from doorstep.learning.models import Carry
from doorstep.learning.views.common import me_of, name_for, only_if, page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def carry(request: HttpRequest, pk: int) -> HttpResponse:
    """Where it comes from and why, the answer, and what came of it."""
    me = me_of(request)
    row = get_object_or_404(
        Carry.objects.visible_to(me).select_related(
            "thing__community", "to", "carried_by", "answered_by", "came_of_it_by"
        ),
        pk=pk,
    )
    verb = request.POST.get("verb", "") if request.method == "POST" else ""
    answer = forms.AnswerForm(
        request.POST if verb == "answer" else None,
        initial={"words": row.answer, "answer_from": row.answer_from},
    )
    came = forms.CameOfItForm(
        request.POST if verb == "came" else None, initial={"words": row.came_of_it}
    )
    if verb == "back":
        only_if(rules.can_take_back(me, row))
        carrying.take_back(row)
        messages.success(request, _("Taken back. You can carry it there again."))
        return redirect(row.thing)
    if verb == "answer":
        only_if(rules.can_answer(me, row))
        if answer.is_valid():
            try:
                carrying.answer(row, by=me, at=now(), **answer.cleaned_data)
            except carrying.CannotCarry as problem:
                answer.add_error(None, str(problem))
            else:
                messages.success(request, _("Your answer is on its way home."))
                return redirect(row)
    if verb == "came":
        only_if(rules.can_say_what_came(me, row))
        if came.is_valid():
            carrying.say_what_came(row, by=me, at=now(), **came.cleaned_data)
            messages.success(request, _("Written down. Those who answered hear of it."))
            return redirect(row)
    here = rules.inside(me)
    context = {
        "carry": row,
        "thing": row.thing,
        "at_home": row.thing.community_id in here,
        "there": row.to_id in here,
        "carried_by": name_for(me, row.carried_by),
        "answered_by": name_for(me, row.answered_by) if row.answered_by else "",
        "answer": answer,
        "came": came,
        "can_answer": rules.can_answer(me, row),
        "can_say_what_came": rules.can_say_what_came(me, row),
        "can_take_back": rules.can_take_back(me, row),
    }
    return page(request, "carry.html", context, answer, came)
