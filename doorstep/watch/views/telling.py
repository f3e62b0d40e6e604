"""Telling us what somebody noticed, and hearing what came of it."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base import limits
from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.people.records import rules as records
from doorstep.places.atlas import atlas
from doorstep.places.drawing import ward_map
from doorstep.safeguarding.actions import raise_alert
from doorstep.safeguarding.models import Alert
from doorstep.watch import closing, rules, wording
from doorstep.watch.actions import telling
from doorstep.watch.forms.telling import RefForm, TellForm
from doorstep.watch.models import Concern

CameBy = Concern.CameBy
# What the buttons of the question send.
CHOICE, AS_IT_IS, HARM = "sending", "as-it-is", "harm"
# More than this from one place within the hour waits: those who ring are heard at once.
AN_HOUR = {"visitor": 30, "person": 60}


def _me(request: HttpRequest) -> Person | None:
    return getattr(request.user, "person", None)


@login_not_required
@never_cache
@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """What this is for, the way to tell, and what became of what one told."""
    me = _me(request)
    mine = []
    if me is not None:
        rows = (
            Concern.objects.filter(spotter=me)
            .select_related("theme", "area", "merged_into")
            .order_by("-logged_at", "-pk")[:20]
        )
        mine = [(row, *closing.words_for(row)) for row in rows]
    context = {
        "mine": mine,
        "is_visitor": me is None,
        "form": RefForm(),
        "links": {
            "desk": rules.has_a_desk(me),
            "office": rules.has_an_office(me),
            "trends": rules.sees_trends(me),
            "signs": rules.is_carer(me),
            "arrange": rules.can_arrange(me),
        },
    }
    return render(request, "watch/front.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: HttpRequest) -> HttpResponse:
    """One form, in under a minute. Sent again, or sent later by a phone, it counts once."""
    me = _me(request)
    wants_json = request.headers.get("Accept") == "application/json"
    spotter = _for_whom(request, me)
    offices = rules.offices_of(me) if spotter is None else []
    initial = {}
    place = atlas().by_slug.get(request.GET.get("area", ""))
    if place is not None and (ward := rules.ward_of(place)) is not None:
        initial["area"] = ward.slug
    form = TellForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        initial=initial,
        me=me,
        offices=offices,
        spotter=spotter,
    )
    if not form.is_valid():
        if wants_json and form.errors:
            return JsonResponse({"look": True, "said": _first_error(form)}, status=422)
        return _page(request, form, me, spotter, status=422 if form.errors else 200)
    data = form.concern()
    choice = request.POST.get(CHOICE, "")
    if choice == HARM:
        return _harm(request, form, me)
    heard = wording.hear(data["what"], data["person_words"], data["where"])
    asked = (heard.danger or heard.asks) and choice != AS_IT_IS
    if asked:
        if wants_json:  # a phone that sends later shows the question when somebody looks
            said = str(heard.asks[0]) if heard.asks else ""
            return JsonResponse({"look": True, "danger": heard.danger, "said": said}, status=422)
        return _page(request, form, me, spotter, heard=heard)
    who = me or f"address:{limits.address_of(request)}"
    limits.check("watch-tell", who, AN_HOUR["person" if me else "visitor"], limits.HOUR)
    typed_for = form.cleaned_data.get("came_by") or CameBy.WEB
    came_by = CameBy.OFFICE if offices else typed_for
    is_own = came_by == CameBy.WEB
    try:
        made, is_new = telling.tell(
            by=me,
            at=now(),
            spotter=spotter,
            came_by=came_by,
            office=offices[0] if offices else None,
            sender=telling.sender_mark(me, limits.address_of(request)) if is_own else "",
            **data,
        )
    except telling.CannotTell as problem:
        form.add_error(None, str(problem))
        if wants_json:
            return JsonResponse({"look": True, "said": str(problem)}, status=422)
        return _page(request, form, me, spotter, status=422)
    if wants_json:
        return JsonResponse({"said": _("Sent. Thank you."), "ref": made.ref})
    context = {
        "concern": made,
        "is_new": is_new,
        "is_visitor": me is None,
        "is_own": is_own and me is not None,
        "sees": rules.can_see(me, made),
        "floods": not made.is_counted or made.repeats > 0,
        "repeats": made.repeats,
        "bare": True,
    }
    # Rendered at once: sending again makes no second, and the letters stand in no address.
    return render(request, "watch/thanks.html", context)


def _first_error(form: TellForm) -> str:
    return next((str(error) for errors in form.errors.values() for error in errors), "")


def _for_whom(request: HttpRequest, me: Person | None) -> Person | None:
    """The person with a record an officer types this for; 404 where they may not."""
    handle = request.POST.get("for") or request.GET.get("for")
    if not handle:
        return None
    found = records.records_visible_to(Person.objects.all(), me).filter(handle=handle).first()
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest,
    form: TellForm,
    me: Person | None,
    spotter: Person | None,
    *,
    heard: wording.Heard | None = None,
    status: int = 200,
) -> HttpResponse:
    book = atlas()
    context: dict[str, Any] = {
        "form": form,
        "heard": heard,
        "urgencies": Alert.Urgency.choices,
        "map": ward_map(book),
        "wards": {str(ward.get_absolute_url()): ward.slug for ward in book.wards},
        "spotter": spotter,
        "me": me,
        "out_of_hours": settings.OUT_OF_HOURS_PHONE,
        "types": rules.can_type_for_another(me),
        "opens_person": bool(form.is_bound and (form.data.get("about") == Concern.About.PERSON)),
        "opens_photo": bool(form.is_bound and (form.data.get("photo_kept") or form.photo_name)),
        "bare": True,
    }
    return render(request, "watch/tell.html", context, status=status)


def _harm(request: HttpRequest, form: TellForm, me: Person | None) -> HttpResponse:
    """Somebody may come to harm: their words go to the safeguarding team, and not here."""
    urgency = request.POST.get("urgency", "")
    data = form.cleaned_data
    if urgency not in Alert.Urgency.values:
        urgency = Alert.Urgency.TODAY
    typed = data.get("came_by") or CameBy.WEB
    alert = raise_alert(
        by=me,
        what=data["what"],
        where=" · ".join(part for part in (data["where"], data["area"].name) if part),
        about_words=data.get("person_words") or "",
        how_urgent=urgency,
        heard_from=str(CameBy(typed).label) if typed != CameBy.WEB else "",
        is_typed_for_another=typed != CameBy.WEB,
        reach=data.get("reach", ""),
        at=now(),
        client_key=f"w-{data['client_key']}"[:40],
    )
    context = {
        "alert": alert,
        "is_visitor": me is None,
        "out_of_hours": settings.OUT_OF_HOURS_PHONE,
        "bare": True,
    }
    return render(request, "safeguarding/thanks.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def told(request: HttpRequest) -> HttpResponse:
    """What came of it, for whoever has the letters of the slip: a sentence, nothing that was told.

    Sent as a form, so that no address holds the letters.
    """
    form = RefForm(request.POST or None)
    found: Concern | None = None
    if form.is_valid():
        ref = form.cleaned_data["ref"]
        who = _me(request) or f"address:{limits.address_of(request)}"
        limits.check("watch-told", who, 30, limits.HOUR)
        rows = Concern.objects.select_related("theme", "merged_into").filter(ref=ref)
        found = rows.first()
        if found is None:
            form.add_error("ref", _("We know nothing by those letters. Look at them once more."))
    context: dict[str, Any] = {"form": form, "concern": found}
    if found is not None:
        context["said"], context["more"] = closing.words_for(found)
    return render(request, "watch/told.html", context, status=422 if form.errors else 200)


@login_not_required
@require_safe
def slip(request: HttpRequest) -> HttpResponse:
    """A paper slip to print: the same questions, in the same order, in the same words."""
    form = TellForm(me=None, offices=[])
    return render(request, "watch/slip.html", {"form": form, "copies": request.GET.get("n") == "2"})


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps the form on a phone for when there is no signal."""
    page = reverse("watch:tell")
    # A new look of the site is a new version: the phone fetches the form afresh.
    version = hashlib.sha256(static("design/doorstep.css").encode()).hexdigest()[:10]
    response = render(
        request,
        "watch/worker.js",
        {"page": page, "version": version},
        content_type="text/javascript; charset=utf-8",
    )
    response["Service-Worker-Allowed"] = page
    # It fetches the form and its parts from here, and nothing from anywhere else.
    response["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
    response["Cache-Control"] = "no-cache"
    return response


def own(request: HttpRequest, concern: Concern) -> HttpResponse:
    """One's own concern, or that of one's office: what was written, and what came of it."""
    from doorstep.watch.forms.telling import MoreForm

    me = _me(request)
    mine = rules.told_it(me, concern)
    form = MoreForm(request.POST if "words" in request.POST else None)
    if request.method == "POST" and mine:
        if "back" in request.POST:
            if telling.take_back(concern, by=me, at=now()):
                messages.success(request, _("Taken back. We've wiped what you wrote."))
            else:
                messages.info(request, _("It was put away already."))
            return redirect("watch:front")
        if form.is_valid():
            if telling.tell_more(concern, by=me, words=form.cleaned_data["words"], at=now()):
                messages.success(request, _("Thank you. Whoever looks into it can read that."))
            else:
                messages.info(request, _("It was put away already. Tell us afresh, please."))
            return redirect(concern)
    said, more = closing.words_for(concern)
    context = {
        "concern": concern,
        "said": said,
        "more": more,
        "mine": mine,
        "form": form,
        "added": [row for row in concern.steps.all() if row.kind == "added"] if mine else [],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "watch/own.html", context, status=status)


def counted_words(repeats: int) -> str:
    """Return how often the same words came, in words."""
    return ngettext(
        "The very same words came %(n)d time more from there. It counts once.",
        "The very same words came %(n)d times more from there. It counts once.",
        repeats,
    ) % {"n": repeats}
