"""For those outside: the link by which a service answers, and “you said, we did” of an area."""

from __future__ import annotations

from collections import Counter

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doorstep.base.time import local, now
from doorstep.places.atlas import atlas
from doorstep.places.models import Area
from doorstep.watch.actions import passing
from doorstep.watch.forms.care import AnswerForm
from doorstep.watch.models import Concern, Escalation, Theme
from doorstep.watch.trends import FEWEST, months_before

MOST = 40


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """A door first (a mail scanner opens nothing), then what was sent, then a place to answer."""
    at = now()
    try:
        row = passing.find(token, at=at)
    except passing.NoSuchLink:
        raise Http404 from None
    is_answer = "answer" in request.POST or "answering" in request.POST
    form = AnswerForm(
        request.POST if is_answer else None,
        initial={"answer": row.answer, "words": row.answer_words},
    )
    context = {"row": row, "form": form, "bare": True, "is_open": request.method == "POST"}
    status = 200
    if request.method == "POST" and not is_answer and row.opened_at is None:
        Escalation.objects.filter(pk=row.pk, opened_at=None).update(opened_at=at)
    if is_answer and form.is_valid():
        data = form.cleaned_data
        passing.came_back(row, answer=data["answer"], words=data["words"], at=at)
        context["thanks"] = True
    elif is_answer:
        status = 422
    response = render(request, "watch/answer.html", context, status=status)
    # With "no-referrer" browsers send "Origin: null", and the form is refused as forged.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


@login_not_required
@require_safe
def did(request: HttpRequest, slug: str) -> HttpResponse:
    """What neighbours told us in an area, and what came of it. Small counts never show."""
    here = atlas().by_slug.get(slug)
    if here is None:
        here = get_object_or_404(Area.objects.defer("boundary"), slug=slug)
    today = local(now()).date()
    until, since = today.replace(day=1), months_before(today, 12)
    counts: Counter[int] = Counter()
    rows = Concern.objects.for_scan(since, until).filter(area__path__startswith=here.path)
    for row in rows:
        if row["seen_on"] < until:
            counts[row["theme_id"]] += row["concerns"]
    themes = {theme.pk: theme for theme in Theme.objects.filter(pk__in=counts)}
    said = [
        (themes[pk], 5 * round(count / 5)) for pk, count in counts.most_common() if count >= FEWEST
    ]
    done = list(
        Concern.objects.filter(
            state=Concern.State.CLOSED, about=Concern.About.PLACE,
            area__path__startswith=here.path, we_did_at__isnull=False,
        )
        .exclude(we_did="")
        .select_related("theme", "area")
        .only("we_did", "we_did_at", "theme", "area")
        .order_by("-we_did_at", "-pk")[:MOST]
    )  # fmt: skip
    context = {"here": here, "said": said, "done": done, "since": since}
    return render(request, "watch/did.html", context)
