"""A season's booklet: on the page, as a PDF, and where its copies went."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.private_files import answer
from doorstep.base.time import now, today
from doorstep.learning import booklet as drawing
from doorstep.learning import forms, rules
from doorstep.learning.actions import booklets
from doorstep.learning.actions.once import NotYours
from doorstep.learning.models import Booklet, Departure
from doorstep.learning.views.common import community_or_404, me_of, only_if, page, posted
from doorstep.people.models import Person

FORMS = ["GET", "HEAD", "POST"]


def _booklet(request: HttpRequest, ref: str) -> tuple[Person, Booklet]:
    me = me_of(request)
    found = Booklet.objects.visible_to(me).select_related("community", "made_by")
    return me, get_object_or_404(found, ref=ref)


@never_cache
@require_http_methods(FORMS)
def all_of(request: HttpRequest, slug: str) -> HttpResponse:
    """The booklets of a community; put another together."""
    me, community = community_or_404(request, slug)
    can_make = rules.can_write(me, community)
    if request.method == "POST":
        only_if(can_make)
    season = today() - dt.timedelta(days=90)
    form = forms.BookletForm(
        posted(request),
        initial={"starts_on": season.replace(day=1), "ends_on": today()},
    )
    if form.is_valid():
        try:
            made = booklets.begin(
                community,
                by=me,
                at=now(),
                client_key=form.cleaned_data["client_key"],
                **form.values(),
            )
        except NotYours:
            form.add_error(None, _("This page is out of date. Load it again, then send it."))
        else:
            messages.success(request, _("It is put together. The PDF is being made."))
            return redirect(made)
    context = {
        "community": community,
        "rows": list(Booklet.objects.filter(community=community)),
        "form": form,
        "can_make": can_make,
    }
    return page(request, "booklets.html", context, form)


@never_cache
@require_http_methods(FORMS)
def booklet(request: HttpRequest, ref: str) -> HttpResponse:
    """The booklet as a page, drawn from what may be printed now."""
    me, row = _booklet(request, ref)
    can_change = rules.can_write(me, row.community) and (
        row.made_by_id == me.pk or rules.can_facilitate(me, row.community)
    )
    verb = request.POST.get("verb", "") if request.method == "POST" else ""
    change = forms.BookletForm(request.POST if verb == "change" else None, booklet=row)
    copies = forms.CopiesForm(request.POST if verb == "copies" else None)
    if verb in ("change", "anew", "delete"):
        only_if(can_change)
    if verb == "change" and change.is_valid():
        booklets.change(row, **change.values())
        messages.success(request, _("Changed. The PDF is made anew."))
        return redirect(row)
    if verb == "anew":
        booklets.make_anew([row.pk])
        messages.success(request, _("The PDF is made anew."))
        return redirect(row)
    if verb == "delete":
        booklets.delete(row)
        messages.success(request, _("The booklet is gone. What was learned stays."))
        return redirect("learning:booklets", row.community.slug)
    if verb == "copies" and copies.is_valid():
        only_if(rules.can_write(me, row.community))
        booklets.note_departure(
            row, way=Departure.Way.PAPER, by=me, at=now(), words=copies.cleaned_data["words"]
        )
        messages.success(request, _("Written down. If a story is taken back, we ask for them."))
        return redirect(row)
    context = {
        "booklet": row,
        "community": row.community,
        "drawn": drawing.contents(row, now()),
        "can_change": can_change,
        "can_write": rules.can_write(me, row.community),
        "change": change,
        "copies": copies,
    }
    return page(request, "booklet.html", context, change, copies)


@never_cache
@require_safe
def pdf(request: HttpRequest, ref: str) -> HttpResponse:
    """The PDF. That a copy left is noted for each story in it."""
    me, row = _booklet(request, ref)
    if row.state != Booklet.State.READY or not row.file:
        raise Http404
    booklets.note_departure(row, way=Departure.Way.PDF, by=me, at=now())
    return answer(row.file, called=f"{row.community.slug}-{row.ends_on:%Y-%m}.pdf")  # type: ignore[return-value]
