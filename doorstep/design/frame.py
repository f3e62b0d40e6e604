"""The frame round every page, kept ready-made: it is the same for everyone but a few facts.

A kept part depends only on its key (language, section, signed in or not, some role or none,
something new or not);
nothing personal is in it. `page` puts the parts round a page's words without the template
engine, for the few pages that everybody opens all day.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.messages import ERROR, SUCCESS, WARNING, get_messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.utils import translation
from django.utils.html import conditional_escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

from doorstep.design import navigation

_kept: dict[tuple[Any, ...], SafeString] = {}


def section_of(request: HttpRequest | None) -> str:
    """Return the menu section of the page; a view may set `request.section`."""
    section = getattr(request, "section", None)
    if section:
        return section
    match = getattr(request, "resolver_match", None)
    if match is None or not match.namespace:
        return navigation.HOME
    return navigation.section_of(match.namespace, match.url_name or "")


def part(name: str, request: HttpRequest | None, *, bare: bool = False) -> SafeString:
    """Return "open", "head", "top" or "foot" of the frame.

    `bare` leaves out the tab bar, for forms that ask one thing at a time.
    """
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    unseen = bool(signed_in and user.person.unseen_notices)  # type: ignore[union-attr]
    # Known without asking the database: the session says when somebody holds no role at all.
    has_role = bool(signed_in and getattr(user.person, "_roles_held", True))  # type: ignore[union-attr]
    section = section_of(request)
    key = (name, translation.get_language(), section, signed_in, has_role, unseen, bare)
    html = _kept.get(key)
    if html is None:
        html = mark_safe(
            get_template(f"design/{name}.html").render(
                {
                    "menu": navigation.menu(signed_in=signed_in),
                    "section": section,
                    "unseen": unseen,
                    "bare": bare,
                    "site_name": settings.SITE_NAME,
                    "borough": settings.BOROUGH,
                    "help_phone": settings.HELP_PHONE,
                    "help_text_number": settings.HELP_TEXT_NUMBER,
                    "language": translation.get_language(),
                    "languages": settings.LANGUAGES,
                    "tools": navigation.links("tool", signed_in=signed_in),
                    "sheet": navigation.links("sheet", signed_in=signed_in, has_role=has_role),
                    "tabs": navigation.links("tab", signed_in=signed_in),
                    "foot_links": navigation.links("foot", signed_in=signed_in),
                }
            )
        )
        if not settings.DEBUG:
            _kept[key] = html
    return html


def toasts(request: HttpRequest | None) -> SafeString:
    """Return what is to be said once at the top: done, how it stands instead, or look out."""
    from doorstep.design.templatetags.design import icon

    said = [] if request is None else get_messages(request)
    return format_html_join(
        "",
        '<div class="toast" role="{}">{}<span>{}</span></div>',
        (
            ("alert" if one.level >= ERROR else "status", icon(_sign_of(one.level)), one)
            for one in said
        ),
    )


def _sign_of(level: int) -> str:
    # A tick says "done", and nothing else does.
    if level >= WARNING:
        return "triangle-alert"
    return "check" if level >= SUCCESS else "info"


def page(
    request: HttpRequest,
    *,
    title: str,
    main: str,
    shop: str = "",
    head: str = "",
    scripts: str = "",
) -> HttpResponse:
    """Return a whole page round `main`: what `design/page.html` does, for the busiest pages.

    `main`, `head` and `scripts` are safe HTML; `title` is escaped.
    """
    return HttpResponse(
        "".join(
            (
                part("open", request),
                conditional_escape(title),
                part("head", request),
                head,
                '</head>\n<body data-shop="',
                shop or navigation.shop_of(section_of(request)),
                '">\n',
                part("top", request),
                toasts(request),
                main,
                part("foot", request),
                scripts,
                "</body>\n</html>\n",
            )
        )
    )
