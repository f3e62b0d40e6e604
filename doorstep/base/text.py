"""Safe text: everything people write passes through here before a page shows it.

`clean` makes what was typed storable; `to_html` and `markdown_to_html` make it showable.
No other code may call mark_safe on people's words.
"""

import re
import unicodedata
from functools import lru_cache

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# Control characters, and the marks that turn text round so that it reads as something else.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_BREAKS = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[ \t]+")
# A letter with a hundred accents climbs over its neighbours; six are enough for any language.
_ACCENTS = re.compile(r"([\u0300-\u036f]{6})[\u0300-\u036f]+")
_LINK = re.compile(r"\b(https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]])", re.IGNORECASE)


def clean(text: str) -> str:
    """Return `text` in NFC without control or direction-override characters."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _ACCENTS.sub(r"\1", _UNWANTED.sub("", text))
    return _BREAKS.sub("\n\n", text).strip()


def clean_line(text: str) -> str:
    """Return `text` as one clean line."""
    return _SPACES.sub(" ", clean(text).replace("\n", " ")).strip()


def to_html(text: str) -> SafeString:
    """Return plain words as HTML: paragraphs, line breaks and links, everything else escaped."""
    paragraphs = []
    for paragraph in clean(text).split("\n\n"):
        pieces = _LINK.split(paragraph)
        html = "".join(
            f'<a href="{escape(piece)}" rel="nofollow ugc noopener">{escape(_shown(piece))}</a>'
            if index % 2
            else escape(piece)
            for index, piece in enumerate(pieces)
        )
        paragraphs.append(f'<p dir="auto">{html.replace(chr(10), "<br>")}</p>')
    return mark_safe("".join(paragraphs))


def _shown(address: str) -> str:
    bare = re.sub(r"^https?://(www\.)?", "", address).rstrip("/")
    return bare if len(bare) <= 48 else bare[:45] + "…"


@lru_cache(1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False}).disable(
        ["image", "html_block", "html_inline", "code", "fence", "backticks"]
    )


_TAGS = {"p", "br", "h2", "h3", "ul", "ol", "li", "blockquote", "strong", "em", "a", "hr"}


def markdown_to_html(text: str) -> SafeString:
    """Return an article's Markdown subset as sanitised HTML.

    Headings come out as h2 and h3, because the page's h1 is the article's title.
    """
    html = _markdown().render(clean(text))
    html = re.sub(r"<(/?)h[1-2]>", r"<\1h2>", html)
    html = re.sub(r"<(/?)h[3-6]>", r"<\1h3>", html)
    return mark_safe(
        nh3.clean(
            html,
            tags=_TAGS,
            attributes={"a": {"href", "title"}},
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="nofollow ugc noopener",
        )
    )


def plain(html: str) -> str:
    """Return the words of our own HTML, for e-mails, previews and search."""
    spaced = re.sub(r"<(br|/p|/li|/h\d)>", " ", html)
    return _SPACES.sub(" ", nh3.clean(spaced, tags=set())).strip()


def shorten(text: str, length: int) -> str:
    """Return the beginning of `text`, cut at a word, at most `length` characters."""
    line = clean_line(text)
    if len(line) <= length:
        return line
    return line[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
