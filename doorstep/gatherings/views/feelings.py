"""Five faces: on one's own phone, on a tablet at the door, and from paper."""

from __future__ import annotations

from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from doorstep.base import keys
from doorstep.base.time import now
from doorstep.gatherings import figures, rules
from doorstep.gatherings.actions import feelings as actions
from doorstep.gatherings.forms.during import PaperFacesForm
from doorstep.gatherings.models import Feeling, Session
from doorstep.gatherings.views.session_of import me_of, session_or_404

# face -> (icon, word), the saddest first
FACES = [
    (1, "frown", gettext_lazy("Low")),
    (2, "annoyed", gettext_lazy("A bit low")),
    (3, "meh", gettext_lazy("So-so")),
    (4, "smile", gettext_lazy("Good")),
    (5, "laugh", gettext_lazy("Great")),
]
_table = Signer(salt="doorstep.gatherings.face-table")


def _face(typed: str | None) -> int:
    """Return the face that was pressed; nonsense is not found."""
    if typed not in {"1", "2", "3", "4", "5"}:
        raise Http404
    return int(typed)


@require_POST
def feel(request: HttpRequest, pk: int) -> HttpResponse:
    """One tap: how I feel, arriving or leaving."""
    me = me_of(request)
    session = session_or_404(request, pk)
    moment = request.POST.get("moment")
    if not rules.is_coming(me, session):
        raise PermissionDenied
    if moment not in Feeling.Moment.values:
        raise Http404
    face = _face(request.POST.get("face"))
    if moment not in rules.moments_open(session):
        messages.info(request, _("We have stopped asking for that face. Thank you."))
        return redirect(session)
    actions.say(session, moment, face, by=me, at=now())
    messages.success(request, _("Thank you. Nobody can see that it was you."))
    return redirect(f"{session.get_absolute_url()}#faces")


def faces(request: HttpRequest, pk: int) -> HttpResponse:
    """For hosts: open the table at the door, type in the paper, see the counts."""
    me = me_of(request)
    session = session_or_404(request, pk)
    if not rules.can_keep_register(me, session):
        raise PermissionDenied
    typed = actions.paper_counts(session)
    initial = {
        f"{moment}-{face}": count or None
        for moment, counts in typed.items()
        for face, count in enumerate(counts, start=1)
    }
    form = PaperFacesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        for moment in Feeling.Moment.values:
            actions.set_paper_counts(session, moment, form.counts(moment), by=me, at=now())
        messages.success(request, _("Saved. Typing it again replaces these counts."))
        return redirect("gatherings:faces", session.pk)
    address = settings.SITE_URL + reverse(
        "gatherings:face_table", args=[_table.sign(str(session.pk))]
    )
    return render(
        request,
        "gatherings/during/faces.html",
        {
            "session": session,
            "gathering": session.gathering,
            "form": form,
            "columns": [
                (label, [(name, icon, form[f"{moment}-{face}"]) for face, icon, name in FACES])
                for moment, label in (
                    ("arriving", _("Arriving")),
                    ("leaving", _("Leaving")),
                )
            ],
            "table_url": reverse("gatherings:face_table", args=[_table.sign(str(session.pk))]),
            "code": mark_safe(segno.make(address, error="m").svg_inline(omitsize=True, border=2)),
            "is_open": bool(rules.moments_open(session)),
            "shown": _shown(session),
        },
        status=422 if form.is_bound else 200,
    )


def _shown(session: Session) -> list[tuple[str, dict[str, Any]]]:
    """What the host may see of each moment, or why not yet."""
    found = figures.faces_of_session(session)
    shown = []
    for moment, label in (("arriving", _("Arriving")), ("leaving", _("Leaving"))):
        counts = found[moment].counts
        pairs = [
            (count, icon, name)
            for count, (_face, icon, name) in zip(counts or [0] * 5, FACES, strict=True)
        ]
        still_asked = now() < figures.asked_until(moment, session.ends_at)
        why = (
            _("Still being asked.")
            if still_asked
            else _("Fewer than five faces, so we show nothing.")
        )
        shown.append((label, {"counts": counts, "pairs": pairs, "why": why}))
    return shown


@login_not_required
def face_table(request: HttpRequest, token: str) -> HttpResponse:
    """The tablet at the door: five faces, no names, no account on the screen. One tap each."""
    try:
        pk = int(_table.unsign(token))
    except (BadSignature, ValueError):
        raise Http404 from None
    session = get_object_or_404(Session.objects.select_related("gathering__team"), pk=pk)
    open_now = [str(moment) for moment in rules.moments_open(session)]
    wanted = request.POST.get("moment") or request.GET.get("moment")
    moment = wanted if wanted in open_now else None
    if moment is None and open_now:
        half = session.starts_at + (session.ends_at - session.starts_at) / 2
        moment = open_now[-1] if now() >= half else open_now[0]
    if request.method == "POST" and moment is not None:
        key = request.POST.get("key", "")
        if not 8 <= len(key) <= 40:
            raise Http404
        try:
            actions.tap_at_table(
                session, moment, _face(request.POST.get("face")), key=key, at=now()
            )
        except actions.TooMany:
            pass  # the screen stays friendly; a stuck button adds nothing more
        return redirect(
            reverse("gatherings:face_table", args=[token]) + f"?moment={moment}&thanks=1"
        )
    return render(
        request,
        "gatherings/during/face_table.html",
        {
            "bare": True,
            "gathering": session.gathering,
            "moment": moment,
            "others": [name for name in open_now if name != moment],
            "faces": FACES,
            "key": keys.new_key(20),
            "thanks": "thanks" in request.GET,
        },
    )
