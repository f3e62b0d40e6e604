"""Handing over a photo or a sound: sealed files that only this page opens."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doorstep.base import playing
from doorstep.base.time import now
from doorstep.learning import rules
from doorstep.learning.actions import recordings
from doorstep.learning.models import Meeting, Recording, Telling, Thing
from doorstep.learning.views.common import me_of, only_if
from doorstep.learning.wiring import LEARNING_FROM_IT, RECORDING
from doorstep.people.models import Person
from doorstep.people.readings.actions import log_listening


def _found(me: Person, ref: str) -> Recording:
    """A recording whose meeting or thing may be seen; of a thing carried here, not its files."""
    row = get_object_or_404(
        Recording.objects.select_related(
            "meeting__community", "thing__community", "thing__telling__teller"
        ),
        ref=ref,
    )
    if row.meeting is not None:
        seen = Meeting.objects.visible_to(me).filter(pk=row.meeting.pk).exists()
    else:
        thing = row.thing
        seen = (
            thing is not None
            and Thing.objects.visible_to(me).filter(pk=thing.pk).exists()
            and (thing.community_id in rules.inside(me) or rules.is_teller(me, thing))
        )
    if not seen:
        raise Http404
    return row


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recording(request: HttpRequest, ref: str) -> HttpResponse:
    """The file itself (`?small` a smaller photo); POST takes it away."""
    me = me_of(request)
    row = _found(me, ref)
    owner = row.meeting or row.thing
    assert owner is not None  # noqa: S101 - the database knows
    if request.method == "POST":
        only_if(
            rules.can_write(me, owner.community)
            and (row.added_by_id == me.pk or rules.can_facilitate(me, owner.community))
        )
        recordings.drop(row)
        messages.success(request, _("Taken away."))
        return redirect(owner)
    if not row.file:
        raise Http404
    _log(me, row)
    name = row.small_file if "small" in request.GET and row.small_file else row.file
    return playing.answer(request, name, row.content_type)  # type: ignore[return-value]


def _log(me: Person, row: Recording) -> None:
    try:
        telling = row.thing.telling if row.thing is not None else None  # type: ignore[attr-defined]
    except Telling.DoesNotExist:
        return
    if telling is not None and telling.teller is not None and telling.teller_id != me.pk:
        log_listening(
            by=me, about=telling.teller, what=RECORDING, reason=LEARNING_FROM_IT, thing=row.ref,
            at=now(),
        )  # fmt: skip
