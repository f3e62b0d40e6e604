"""Find: one box, plain words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from doorstep.base.keeping import part
from doorstep.base.time import now
from doorstep.organisations import searching, showing
from doorstep.organisations.views.lists import kept_ids
from doorstep.people.models import Person
from doorstep.places.atlas import atlas
from doorstep.places.street_map import with_streets

# What people often need, in their words; each asks as if they had typed it.
EVERYDAY = (
    ("shopping-basket", _("Something to eat"), gettext_noop("food when money is short")),
    ("coins", _("Bills and debt"), gettext_noop("help with debt and bills")),
    ("message-circle", _("Someone to talk to"), gettext_noop("someone to talk to")),
    ("house", _("A roof"), gettext_noop("trouble with my home or rent")),
    ("users", _("Meeting people"), gettext_noop("meet people and get out of the house")),
    ("baby", _("With little ones"), gettext_noop("baby and toddler group")),
    ("hand-heart", _("Looking after someone"), gettext_noop("support for carers")),
    ("languages", _("Learning English"), gettext_noop("learn English")),
)


def me_of(request: HttpRequest) -> Person | None:
    return getattr(request.user, "person", None)


@login_not_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """What is found by words and filters, beside the map."""
    at, me = now(), me_of(request)
    form = searching.FindForm(request.GET)
    form.is_valid()  # a filter that makes no sense is said beside it, and left out
    data = form.cleaned_data
    is_narrowed = searching.narrows(data)
    has_asked = bool(data.get("q") or data.get("near")) or is_narrowed
    first = _first(request.GET.get("from", ""))
    mine = set(kept_ids(request))
    # A form of GET never fails: what can't be read is said, and the rest is answered.
    problems = [str(error) for errors in form.errors.values() for error in errors]
    context = {
        "form": form,
        "words": form["q"].value() or "",
        "has_asked": has_asked,
        "is_narrowed": is_narrowed,
        "everyday": _everyday() if not has_asked else (),
        "kept_count": len(mine),
        "out_of_hours": settings.OUT_OF_HOURS_PHONE,
        "me": me,
        "narrowing": _narrowing(form, is_open=is_narrowed or bool(problems)),
        "problems": problems,
        "back": request.get_full_path(),
    }
    if has_asked:
        meant = {**data, "q": _meant(data.get("q") or "")}
        found = searching.look(meant, viewer=me, at=at, first=first)
        for number, card in enumerate(found.cards, start=first + 1):
            card.number = number
            card.is_kept = card.service.pk in mine
        last = first + len(found.cards)
        context |= {
            "found": found,
            "map": with_streets(atlas(), showing.pin_map(atlas(), found.cards)),
            "more": _page(request, last) if last < found.total else "",
            "first_page": _without(request) if first else "",
            "as_typed": "?" + urlencode({**_asked(request, "from"), "exact": "1"}),
            "everything_near": _without(request, *searching.NARROWING),
        }
    return render(request, "organisations/find.html", context)


def _everyday() -> list[tuple[str, Any, str]]:
    return [(icon, label, gettext(words)) for icon, label, words in EVERYDAY]


def _meant(words: str) -> str:
    """Return what is looked for: everyday words of another language find what the English do."""
    return _everyday_of(get_language()).get(words, words)


@lru_cache(50)
def _everyday_of(_language: str | None) -> dict[str, str]:
    return {gettext(english): english for _icon, _label, english in EVERYDAY}


def _narrowing(form: searching.FindForm, *, is_open: bool) -> str:
    """Return the filters as HTML, kept by what is chosen in them."""
    chosen = tuple(form.data.get(name, "") for name in ("near", *searching.NARROWING))
    place = atlas().by_slug.get(form.cleaned_data.get("place") or "")
    context = {
        "form": form,
        "is_open": is_open or bool(chosen[0]),
        "place": place,
        "ticks": [form[name] for name in ("free", "step_free", "open")],
    }
    if form.errors or max(map(len, chosen)) > 60:
        return render_to_string("organisations/_narrowing.html", context)
    shown = (*chosen, bool(context["is_open"]), place.name if place else "")
    return part("organisations/_narrowing.html", shown, context)


def _first(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _page(request: HttpRequest, first: int) -> str:
    return "?" + urlencode({**_asked(request, "from"), "from": str(first)})


def _without(request: HttpRequest, *names: str) -> str:
    return "?" + urlencode(_asked(request, "from", *names))


def _asked(request: HttpRequest, *without: str) -> dict[str, str]:
    """Return what was asked for, but some of it."""
    return {
        name: str(value) for name, value in request.GET.items() if name not in without and value
    }
