"""The frame round every page, kept ready-made: it is the same for everyone but a few facts.

The kept frame depends only on its key (language, section, signed in or not, and so on);
nothing personal is in it. What is personal (the number of new notices) is filled in afterwards.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from doorstep.design import navigation

_kept: dict[tuple[Any, ...], SafeString] = {}


def top(context: Context) -> SafeString:
    """Return the signboard, menu and awning."""
    return _part("top", context)


def foot(context: Context) -> SafeString:
    """Return the footer and the tab bar."""
    return _part("foot", context)


def _part(name: str, context: Context) -> SafeString:
    request = context.get("request")
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    section = context.get("section", "web")
    unseen = bool(signed_in and user.person.unseen_notices)
    bare = bool(context.get("bare"))
    key = (name, translation.get_language(), section, signed_in, unseen, bare)
    html = _kept.get(key)
    if html is None:
        html = mark_safe(
            get_template(f"design/{name}.html").render(
                {
                    "menu": navigation.menu(signed_in=signed_in),
                    "section": section,
                    "signed_in": signed_in,
                    "unseen": unseen,
                    "bare": bare,
                    "site_name": settings.SITE_NAME,
                    "borough": settings.BOROUGH,
                    "help_phone": settings.HELP_PHONE,
                    "help_text_number": settings.HELP_TEXT_NUMBER,
                    "languages": settings.LANGUAGES,
                    "tools": navigation.links("tool", signed_in=signed_in),
                    "sheet": navigation.links("sheet", signed_in=signed_in),
                    "foot_links": navigation.links("foot", signed_in=signed_in),
                }
            )
        )
        if not settings.DEBUG:
            _kept[key] = html
    return html
