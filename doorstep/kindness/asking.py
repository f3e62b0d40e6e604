"""Asking a writer once, kindly, before words go to others. Never a refusal.

A view calls `ask` when its form is valid. Mostly nothing is noticed and it goes on at once; else
`Asked.page` is a page that keeps everything typed, with “Change it” and “Send it as it is”.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from doorstep.base.registry import Registry
from doorstep.kindness.reading import EMERGENCY, Reading, Signal, read

# What the two buttons send, and what was asked about before. Not "kind": posts have a kind.
CHOICE, SEEN = "kindly", "kindly_seen"
_OURS = {CHOICE, SEEN, "csrfmiddlewaretoken"}
MOST_SEEN = 300
COOKIE = "doorstep_asked"

# Filled by a floor above: where somebody can tell of a worry. `way(request)` returns a path.
ways_to_tell: Registry[Callable[[HttpRequest], str]] = Registry("where a worry can be told")


@dataclass(frozen=True)
class Asked:
    """What became of asking.

    `page` is to be shown instead of going on; `wants_change` says to show the form again as it
    was typed; `reading` is what was noticed in words that are sent nevertheless.
    """

    page: HttpResponse | None = None
    wants_change: bool = False
    reading: Reading | None = None

    @property
    def said(self) -> str:
        """Return the question in a few sentences, for a page that sends without leaving it.

        The same words sent again go out, as with the page.
        """
        if self.page is None or self.reading is None:
            return ""
        why = dict.fromkeys(str(signal.why) for signal in self.reading.signals)
        return " ".join([*why, str(_("Change it, or send it again to send it as it is."))])


NOTHING_NOTICED = Asked()


def ask(request: HttpRequest, *texts: str, kept: Mapping[str, str] | None = None) -> Asked:
    """Read `texts` (title, words, …) that `request` sends, and ask about them once if need be.

    `kept` replaces fields of the form on the page, such as photos that have been kept meanwhile.
    What was asked about once is not asked about again on the way to sending, even after a change.
    """
    if request.POST.get(CHOICE) == "change":
        return Asked(wants_change=True)
    whole = "\n\n".join(text for text in texts if text)
    reading = read(whole).sure()
    if not reading.signals:
        return NOTHING_NOTICED
    seen = set(request.POST.get(SEEN, "")[:MOST_SEEN].split())
    found = sorts(reading)
    mark = _mark(whole)
    asked = request.COOKIES.get(COOKIE, "")[:MOST_SEEN].split(".")
    if found <= seen or mark in asked:
        return Asked(reading=reading)
    page = _page(request, whole, reading, kept or {}, seen | found)
    # The way back from “Change it” is a form that knows nothing of us: the same words, unchanged,
    # are known again by this. It says nothing about them.
    page.set_cookie(
        COOKIE,
        ".".join([*[one for one in asked if one][-4:], mark]),
        max_age=3600,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return Asked(page=page, reading=reading)


def _mark(text: str) -> str:
    return salted_hmac("kindness.asked", text).hexdigest()[:16]


def sorts(reading: Reading) -> set[str]:
    """Return what was noticed, as short names: "private:phone", "scam:scam"."""
    return {f"{signal.kind}:{signal.sort}" for signal in reading.signals}


def _page(
    request: HttpRequest, text: str, reading: Reading, kept: Mapping[str, str], seen: set[str]
) -> HttpResponse:
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _OURS and name not in kept
        for value in values
    ]
    fields += [(name, value) for name, value in kept.items() if value]
    way = next(iter(ways_to_tell), None)
    reasons = list(dict.fromkeys(str(signal.why) for signal in reading.signals))
    context: dict[str, Any] = {
        "marked": marked(text, reading.signals),
        "reasons": reasons,
        "is_danger": reading.is_danger,
        "is_emergency": reading.verdict == EMERGENCY,
        "fields": fields,
        "seen": " ".join(sorted(seen))[:MOST_SEEN],
        "action": request.get_full_path(),
        "worried": way(request) if way else "",
        "bare": True,
    }
    response = render(request, "kindness/prompt.html", context)
    response["Cache-Control"] = "no-store"
    return response


def marked(text: str, signals: tuple[Signal, ...]) -> SafeString:
    """Return `text` as HTML with the noticed words in <mark>; spans that overlap are joined."""
    spans = sorted({s.where for s in signals if s.where[1] > s.where[0]})
    out, at = [], 0
    for start, end in spans:
        if start < at:
            continue
        out.append((text[at:start], text[start:end]))
        at = end
    body = format_html_join("", "{}<mark>{}</mark>", out)
    return mark_safe(format_html("{}{}", body, text[at:]).replace("\n", "<br>"))
