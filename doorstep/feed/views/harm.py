"""“This is about harm”: a moderator passes something flagged to the safeguarding leads."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base.time import now
from doorstep.feed import harm as verbs
from doorstep.feed import moderation
from doorstep.feed.models import Flag
from doorstep.feed.rules import can_decide_flags
from doorstep.people.models import Person


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def harm(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Say how soon somebody must look, and why; it leaves this queue at once."""
    me: Person | None = getattr(request.user, "person", None)
    if me is None or not can_decide_flags(me):
        raise PermissionDenied
    flags = Flag.objects.filter(target_kind=kind, target_id=pk, state=Flag.State.OPEN)
    first = flags.order_by("id").first()
    if moderation.flaggable.get(kind) is None or first is None:
        raise Http404
    if not moderation.can_decide(me, kind, pk):
        raise PermissionDenied
    form = verbs.HarmForm(request.POST or None)
    if form.is_valid():
        try:
            verbs.pass_on(kind, pk, by=me, at=now(), **form.cleaned_data)
        except moderation.AlreadyDecided:
            messages.info(request, _("Someone else was first."))
        except moderation.NotYours:
            raise PermissionDenied from None
        else:
            messages.success(
                request, _("The safeguarding leads have it. If somebody is in danger, ring 999.")
            )
        return redirect("feed:moderation")
    context = {"form": form, "kind": kind, "pk": pk, "snapshot": first.snapshot, "bare": True}
    return render(request, "feed/moderation/harm.html", context, status=422 if form.errors else 200)
