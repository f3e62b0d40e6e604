"""A page joined from pieces compressed beforehand is the page, byte for byte."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.base import packing

words = st.binary(max_size=300) | st.text(max_size=200).map(str.encode)


@given(st.lists(words, min_size=1, max_size=7), st.data())
def test_what_is_unpacked_is_what_was_packed_with_its_gaps(pieces, data):
    gaps = [data.draw(words) for _piece in pieces[1:]]
    content = pieces[0] + b"".join(gap + piece for gap, piece in zip(gaps, pieces[1:], strict=True))
    ready = packing.Packed(content, packing.packed(pieces), gaps)
    assert gzip.decompress(ready.gzip()) == content


def test_a_page_of_many_letters_comes_out_smaller_and_the_same():
    pieces = [f"<p>{n} neighbours put the kettle on</p>".encode() * 900 for n in range(3)]
    content = pieces[0] + b"one" + pieces[1] + b"two" + pieces[2]
    out = packing.Packed(content, packing.packed(pieces), [b"one", b"two"]).gzip()
    assert gzip.decompress(out) == content
    assert len(out) < len(content) / 20


def test_a_gap_that_no_block_holds_is_refused():
    gap = b"x" * 70_000
    with pytest.raises(ValueError, match="a token, not a page"):
        packing.Packed(gap, packing.packed([b"", b""]), [gap]).gzip()
