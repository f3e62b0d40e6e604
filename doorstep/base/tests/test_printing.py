"""Papers: readable by a screen reader, in our letters, and never asking another machine."""

import re
import sys
import zlib

import pytest

from doorstep.base import printing

PAGE = (
    '<html lang="en"><head><title>A season</title><link rel="stylesheet" href="print.css"></head>'
    "<body><h1>A season</h1><p>Kettle first.</p>{}</body></html>"
)


def inside(made):
    """Everything in a PDF, its compressed parts opened."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL)
    opened = [zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x"]
    return made + b"".join(opened)


def test_a_paper_is_a_pdf_for_screen_readers_in_our_own_letters():
    made = printing.pdf(PAGE.format(""))
    assert made.startswith(b"%PDF-")
    told = inside(made)
    assert b"pdfuaid" in told
    assert b"Atkinson" in told
    assert b"Gabarito" in told


def test_nothing_outside_is_asked_for(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("socket.socket.connect", lambda self, where: asked.append(where))
    secret = tmp_path / "secret.css"
    secret.write_text("h1{content:'leak'}")
    sheet = f'<link rel="stylesheet" href="{secret.as_uri()}">'
    made = printing.pdf(PAGE.format('<img alt="x" src="http://127.0.0.1:9/x.png">' + sheet))
    assert made.startswith(b"%PDF-")
    assert asked == []


def test_without_pango_a_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(printing.CannotPrint, match="print button"):
        printing.pdf(PAGE.format(""))
