"""Whatever people type, what a page shows is safe and the same the second time."""

import unicodedata
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.base import text

# Nasty bits more often than chance would make them.
BITS = st.sampled_from(
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)",
        "[x](javascript:alert(1))", "[x](JaVa\tScRiPt:alert(1))", "[x](data:text/html,<script>)",
        "![x](http://a.example/x.png)", "<a href='javascript:x'>", "\u202e", "\u200b", "\u2066",
        "\x00", "\r\n", "\r", "\n\n\n\n", "**", "#", "- ", "> ", "`", "```", "&lt;", "&#60;",
        "https://example.org/?a=1&b=\"x\"", "http://x.example/'onmouseover='alert(1)", "é", "é",
        "ا\u0301", "e" + "\u0301" * 9, "<svg/onload=alert(1)>", "</p>", "vbscript:x", "  ", "\t",
    ]
)  # fmt: skip
WORDS = st.lists(st.one_of(BITS, st.text(max_size=12)), max_size=12).map("".join)
ALLOWED = {
    "p", "br", "a", "h2", "h3", "ul", "ol", "li", "blockquote", "strong", "em", "hr",
}  # fmt: skip


class Reader(HTMLParser):
    """Reads a page as a browser would and objects to whatever could do harm."""

    def handle_starttag(self, tag, attributes):
        assert tag in ALLOWED
        for name, value in attributes:
            assert name in ("href", "rel", "dir", "title")
            if name == "href":
                scheme, colon, _rest = (value or "").strip().partition(":")
                assert not colon or "/" in scheme or scheme in ("http", "https", "mailto", "tel")

    def handle_comment(self, data):
        raise AssertionError(data)


def assert_safe(html):
    Reader().feed(html)
    assert "<script" not in html.lower()


@given(WORDS)
@settings(deadline=None, max_examples=300)
def test_cleaning_twice_changes_nothing_more(words):
    once = text.clean(words)
    assert text.clean(once) == once
    line = text.clean_line(words)
    assert text.clean_line(line) == line


@given(WORDS)
@settings(deadline=None, max_examples=300)
def test_clean_words_hold_no_control_or_direction_characters(words):
    clean = text.clean(words)
    assert not [c for c in clean if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    assert not set(clean) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff"
    )
    assert "\n\n\n" not in clean
    assert "\n" not in text.clean_line(words)


@given(WORDS)
@settings(deadline=None, max_examples=400)
def test_plain_words_come_out_safe(words):
    assert_safe(text.to_html(words))


@given(WORDS)
@settings(deadline=None, max_examples=400)
def test_an_article_comes_out_safe(words):
    assert_safe(text.markdown_to_html(words))


@given(WORDS, st.integers(5, 80))
@settings(deadline=None)
def test_shortened_words_fit(words, length):
    assert len(text.shorten(words, length)) <= length


def test_a_link_can_be_pressed_and_says_where_it_goes():
    html = text.to_html("See https://www.example.org/soup.")
    assert html == (
        '<p dir="auto">See <a href="https://www.example.org/soup" rel="nofollow ugc noopener">'
        "example.org/soup</a>.</p>"
    )


def test_lines_and_paragraphs_stay():
    assert text.to_html("One\nTwo\n\nThree") == (
        '<p dir="auto">One<br>Two</p><p dir="auto">Three</p>'
    )


def test_an_articles_headings_stay_under_the_pages_own():
    html = text.markdown_to_html("# Soup\n\n#### Bread\n\n**Hot**")
    assert "<h2>Soup</h2>" in html
    assert "<h3>Bread</h3>" in html
    assert "<strong>Hot</strong>" in html


def test_urdu_bengali_and_emoji_families_survive():
    for words in ("چائے تیار ہے", "চা তৈরি", "👩‍👩‍👧 tea", "naïve café"):
        assert text.clean(words) == words


def test_a_heap_of_accents_is_cut_down():
    assert len(text.clean("e" + "\u0301" * 200)) < 10
