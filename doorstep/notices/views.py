"""Pages of notices: what is new, how you want to hear from us, and the way out of e-mails."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base.pages import read_key
from doorstep.base.time import now
from doorstep.notices import actions
from doorstep.notices.forms import PreferencesForm
from doorstep.notices.kinds import kinds
from doorstep.notices.letters import read_token
from doorstep.notices.models import Channel, Notice, Preference, QuietHours
from doorstep.people.models import Person

PAGE = 20


def _me(request: HttpRequest) -> Person:
    """The signed-in reader; Django's guard has let nobody else in."""
    return request.user.person  # type: ignore[union-attr]


@never_cache
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What neighbours and we have told you, newest first."""
    me = _me(request)
    rows = Notice.objects.shown_to(me).select_related("about").order_by("-id")
    before = read_key(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    context = {
        "fresh": [row for row in shown if row.seen_at is None],
        "seen": [row for row in shown if row.seen_at is not None],
        "is_first": before is None,
        "newest": shown[0].pk if shown else 0,
        "next_before": shown[-1].pk if len(found) > PAGE else None,
    }
    return render(request, "notices/notices.html", context)


@never_cache
@require_safe
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Go where a notice leads; it isn't new any more."""
    notice = get_object_or_404(Notice.objects.shown_to(_me(request)), pk=pk)
    notice.person = _me(request)
    actions.open_notice(notice, at=now())
    if notice.path and url_has_allowed_host_and_scheme(notice.path, None):
        return redirect(notice.path)
    return redirect("notices:notices")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Everything up to what was on the page is read."""
    upto = read_key(request.POST.get("upto"))
    actions.mark_seen(_me(request), at=now(), upto=upto)
    messages.success(request, _("All read."))
    return redirect("notices:notices")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Which notices reach you, how, and when we keep quiet."""
    me = _me(request)
    chosen = {
        (kind, channel): wanted
        for kind, channel, wanted in Preference.objects.filter(person=me).values_list(
            "kind", "channel", "is_wanted"
        )
    }
    quiet = QuietHours.objects.filter(person=me).first()
    form = PreferencesForm(request.POST or None, person=me, chosen=chosen, quiet=quiet)
    if form.is_valid():
        actions.choose(me, form.choices())
        data = form.cleaned_data
        wanted = data["has_quiet_hours"]
        actions.set_quiet_hours(
            me, data["quiet_from"] if wanted else None, data["quiet_until"] if wanted else None
        )
        messages.success(request, _("Saved. That's how you'll hear from us."))
        return redirect("notices:preferences")
    context = {
        "form": form,
        "channels": [channel.label for channel in Channel],
        "address": actions.address_of(me),
    }
    return render(request, "notices/preferences.html", context, status=422 if form.errors else 200)


@csrf_exempt  # the signed word in the address is the proof; mail programs post without a session
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stop e-mails of one kind: from the e-mail, signed in or not (RFC 8058).

    Opening the page changes nothing, because mail scanners open every link; one press does.
    """
    read = read_token(token)
    person = Person.objects.filter(pk=read[0]).first() if read else None
    kind = kinds.get(read[1]) if read else None
    if person is None or kind is None or read is None:
        return render(request, "notices/unsubscribe_unknown.html", status=404)
    if request.method == "POST":
        wanted = request.POST.get("again") == "yes"
        actions.choose(person, {(read[1], Channel.EMAIL): wanted})
    else:
        choice = Preference.objects.filter(
            person=person, kind=read[1], channel=Channel.EMAIL
        ).first()
        wanted = choice.is_wanted if choice else kind.by_email
    context = {
        "kind": kind,
        "is_on": wanted,
        "did": request.method == "POST",
    }
    return render(request, "notices/unsubscribe.html", context)
