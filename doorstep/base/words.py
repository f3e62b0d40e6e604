"""Short sentences of ours, said in the reader's language many times a second."""

from functools import lru_cache

from django.urls import reverse
from django.utils.html import escape as _escape
from django.utils.translation import get_language, gettext


@lru_cache(4096)
def _said(language: str | None, message: str) -> str:
    return gettext(message)


def said(message: str) -> str:
    """Return `message` in the active language; mark the words with `gettext_noop` where they stand.

    gettext walks several catalogues for each word; busy pages remember what it found.
    """
    return _said(get_language(), message)


@lru_cache(8192)
def escaped(text: str) -> str:
    """Return `text` safe for HTML, remembered: for names and labels that recur on busy pages."""
    return str(_escape(text))


@lru_cache(8192)
def address(name: str, *args: object) -> str:
    """Return the address of a page, remembered: for links that busy pages repeat."""
    return reverse(name, args=args)
