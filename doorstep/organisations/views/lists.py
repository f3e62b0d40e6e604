"""The shortlist: kept in the session, shared by a link that holds the entries' numbers alone."""

from __future__ import annotations

import logging
import smtplib

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.mail import EmailMessage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from doorstep.base.time import local, now
from doorstep.notices.models import Channel
from doorstep.notices.safe import PLAIN_SUBJECT, may_write_to
from doorstep.organisations import showing
from doorstep.organisations.forms import SendListForm
from doorstep.organisations.models import Service
from doorstep.people import texts
from doorstep.people.models import Person

log = logging.getLogger("doorstep.organisations")
_KEY = "shortlist"
MOST = 30


def me_of(request: HttpRequest) -> Person | None:
    return getattr(request.user, "person", None)


def kept_ids(request: HttpRequest) -> list[int]:
    """Return the ids of the entries somebody keeps, the first kept first."""
    kept = request.session.get(_KEY, [])
    return [pk for pk in kept if isinstance(pk, int)][:MOST]


@login_not_required
@require_POST
def keep(request: HttpRequest, slug: str) -> HttpResponse:
    """Put an entry on the list, or take it off."""
    service = get_object_or_404(Service.objects.visible_to(me_of(request)), slug=slug)
    ids = kept_ids(request)
    if request.POST.get("off"):
        ids = [pk for pk in ids if pk != service.pk]
        said = _("Taken off your list.")
    elif service.pk in ids:
        said = _("It’s on your list already.")
    elif len(ids) >= MOST:
        said = _("Your list is full: thirty is the most. Take one off first.")
    else:
        ids.append(service.pk)
        said = _("It’s on your list.")
    request.session[_KEY] = ids
    messages.success(request, said)
    back = request.POST.get("back", "")
    if back.startswith("/directory/") and "\\" not in back:
        return redirect(back)
    return redirect("directory:list")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """My own list; POST clears it away."""
    if request.method == "POST":
        request.session.pop(_KEY, None)
        messages.success(request, _("Your list is empty again."))
        return redirect("directory:list")
    cards = _cards(request, kept_ids(request))
    return render(
        request,
        "organisations/list.html",
        {"cards": cards, "is_mine": True, "ids": _in_address(cards), **_link(request, cards)},
    )


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def shared(request: HttpRequest, ids: str) -> HttpResponse:
    """A list somebody passed on; POST makes it one's own too."""
    cards = _cards(request, _read(ids))
    if request.method == "POST":
        wanted = kept_ids(request)
        wanted += [one.service.pk for one in cards if one.service.pk not in wanted]
        request.session[_KEY] = wanted[:MOST]
        messages.success(request, _("They’re on your list now."))
        return redirect("directory:list")
    return render(
        request,
        "organisations/list.html",
        {"cards": cards, "is_mine": False, "ids": _in_address(cards), **_link(request, cards)},
    )


@login_not_required
@require_safe
def letter(request: HttpRequest, ids: str) -> HttpResponse:
    """The list as a letter in large print."""
    services = showing.in_order(Service.objects.visible_to(me_of(request)).with_parts(), _read(ids))
    if not services:
        raise Http404
    at = now()
    pages = [
        {"card": showing.card(one, at), "spots": showing.spots_of(one, local(at).date()),
         "numbers": showing.numbers_of(one),
         "times": showing.times_of(one.schedules.all(), local(at).date())}
        for one in services
    ]  # fmt: skip
    return render(
        request,
        "organisations/list_letter.html",
        {"pages": pages, "ids": ids, "today": local(at).date(), "bare": True},
    )


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def send_list(request: HttpRequest, ids: str) -> HttpResponse:
    """Send the list's link to an e-mail or a mobile; neither is kept."""
    cards = _cards(request, _read(ids))
    if not cards:
        raise Http404
    form = SendListForm(request.POST or None, texts=texts_can_go())
    if form.is_valid():
        link = f"{settings.SITE_URL}{reverse('directory:shared_list', args=[_in_address(cards)])}"
        if not _send(form.cleaned_data["to"], link, cards, is_text=form.is_text):
            form.add_error("to", _("It couldn’t be sent just now. Try again, or print it."))
        else:
            # Said alike whether it left or not: nobody learns from it who may be written to.
            messages.success(request, _("Sent. It should be there in a few minutes."))
            return redirect("directory:shared_list", ids=_in_address(cards))
    return render(
        request,
        "organisations/list_send.html",
        {"form": form, "cards": cards, "ids": _in_address(cards), "bare": True},
        status=422 if form.errors else 200,
    )


def texts_can_go() -> bool:
    """Whether texts leave from here: a gateway is set, or nobody real would wait for one."""
    return bool(settings.SMS_KEY) or settings.MODE != "production"


def _send(to: str, link: str, cards: list[showing.Card], *, is_text: bool) -> bool:
    channel = Channel.TEXT if is_text else Channel.EMAIL
    if not may_write_to(to, channel, now()):
        return True  # it is not safe to write there, which nobody else may learn
    if is_text:
        words = _("%(site)s: the list you asked for: %(link)s Rather talk? Ring %(phone)s") % {
            "site": settings.SITE_NAME, "link": link, "phone": settings.HELP_PHONE,
        }  # fmt: skip
        return texts.send_text(to, words)
    lines = [
        f"{number}. {one.service.name}\n"
        + "".join(f"   {part}\n" for part in (one.phone, one.when, one.where) if part)
        for number, one in enumerate(cards, start=1)
    ]
    mail = EmailMessage(
        str(PLAIN_SUBJECT),
        _("Here is the list you asked for.") + "\n\n" + "\n".join(lines) + "\n"
        + _("See it with everything else: %(link)s") % {"link": link} + "\n\n"
        + _("Rather talk to someone? Ring %(phone)s, free, 8am to 8pm, every day.")
        % {"phone": settings.HELP_PHONE} + "\n",
        to=[to],
        headers={"Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    try:
        return bool(mail.send())
    except (OSError, smtplib.SMTPException) as problem:
        log.warning("A list couldn't be sent (%s).", type(problem).__name__)
        return False


def _cards(request: HttpRequest, ids: list[int]) -> list[showing.Card]:
    at, mine = now(), set(kept_ids(request))
    cards = showing.cards(Service.objects.visible_to(me_of(request)), ids, at)
    for number, card in enumerate(cards, start=1):
        card.number, card.is_kept = number, card.service.pk in mine
    return cards


def _read(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split("-")[:MOST]:
        if part.isascii() and part.isdigit() and len(part) < 12 and int(part) not in found:
            found.append(int(part))
    return found


def _in_address(cards: list[showing.Card]) -> str:
    return "-".join(str(one.service.pk) for one in cards)


def _link(request: HttpRequest, cards: list[showing.Card]) -> dict[str, str]:
    if not cards:
        return {"link": ""}
    path = reverse("directory:shared_list", args=[_in_address(cards)])
    return {"link": f"{settings.SITE_URL}{path}"}
