"""People's words in posts and replies as HTML: safe text, and names that lead to people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from doorstep.base.text import to_html

LONGEST = 10_000  # characters in a post or a reply
IN_A_CARD = 700  # shown of a post in a feed before "Read on"

_TAGS = re.compile(r"(<[^>]+>)")


def with_names(html: SafeString, names: Mapping[str, str]) -> SafeString:
    """Turn each `@name` in our own HTML into a link; `names` is known_as by handle."""
    if not names or "@" not in html:
        return html
    links = {
        f"@{escape(known_as)}".casefold(): (reverse("people:person", args=[handle]), known_as)
        for handle, known_as in names.items()
    }
    wanted = re.compile(
        "(" + "|".join(re.escape(name) for name in sorted(links, key=len, reverse=True)) + r")\b",
        re.IGNORECASE,
    )
    out, in_link = [], False
    for piece in _TAGS.split(html):
        if piece.startswith("<"):
            in_link = piece.startswith("<a ") or (in_link and piece != "</a>")
            out.append(piece)
        elif in_link:
            out.append(piece)
        else:
            out += [
                format_html('<a href="{}" dir="auto">@{}</a>', *links[part.casefold()])
                if part.casefold() in links
                else part
                for part in wanted.split(piece)
            ]
    # Every piece is either base.text's own HTML or was just escaped.
    return mark_safe("".join(out))


def post_html(text: str, names: Mapping[str, str] | None = None) -> SafeString:
    """Return a post's or reply's words as HTML."""
    return with_names(to_html(text), names or {})


def beginning(text: str, length: int = IN_A_CARD) -> tuple[str, bool]:
    """Return the beginning of `text`, cut between paragraphs or words, and whether it was cut."""
    if len(text) <= length:
        return text, False
    kept = text[:length]
    for mark in ("\n\n", "\n", " "):
        at = kept.rfind(mark)
        if at > length // 2:
            return kept[:at].rstrip(" ,;:"), True
    return kept, True


def reading_minutes(text: str) -> int:
    """Return how long `text` takes to read aloud-ish, at 200 words a minute, at least 1."""
    return max(1, round(len(text.split()) / 200))


def names_said(text: str, candidates: Iterable[tuple[int, str]]) -> dict[str, int]:
    """Return (name, lower case) -> id of those among `candidates` whose `@name` is in `text`.

    The first candidate of a name wins; a longer name wins over a shorter one it begins with.
    """
    found: dict[str, int] = {}
    rest = text.casefold()
    for pk, known_as in sorted(candidates, key=lambda row: -len(row[1])):
        name = known_as.casefold()
        if name in found or f"@{name}" not in rest:
            continue
        said = re.compile(rf"@{re.escape(name)}(?!\w)")
        if said.search(rest):
            found[name] = pk
            rest = said.sub("", rest)
    return found
