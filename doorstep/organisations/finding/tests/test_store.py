"""An index is made in short turns, goes on where it was left, and is of use meanwhile."""

import numpy as np
import pytest

from doorstep.base.registry import MORE
from doorstep.organisations.finding import engine, meaning, store, text

WORDS = ("bread", "chess", "choir", "sewing", "football", "cooking", "drawing", "reading")


@pytest.fixture
def read(monkeypatch):
    """What was read for its meaning, in order; each text's vector is its own."""
    seen = []

    def reader(texts):
        seen.extend(texts)
        rows = np.zeros((len(texts), meaning.WIDTH), dtype=np.float32)
        for at, one in enumerate(texts):
            rows[at, sum(map(ord, one)) % meaning.WIDTH] = 1.0
        return rows

    monkeypatch.setattr(meaning, "quick_reader", lambda: reader)
    return seen


@pytest.fixture
def shelf(settings, tmp_path):
    settings.DATA = tmp_path
    many = store.MANY + 40
    listed = [engine.Entry(str(n), f"{WORDS[n % 8]} number {n}", "") for n in range(many)]
    made = store.Shelf("shelf", lambda: listed)
    made.listed = listed
    return made


def finish(shelf):
    turns = 1
    while shelf.turn(0) is MORE:
        turns += 1
    return turns


def test_a_long_list_is_read_in_turns_each_text_once(shelf, read):
    assert finish(shelf) > len(shelf.listed) // store.AT_ONCE
    assert sorted(read) == sorted(one.meaning for one in shelf.listed)
    assert shelf.index().vectors.any(axis=1).all()
    assert not shelf.turn(0)
    assert not (shelf.folder() / store.READ).exists()


def test_what_is_not_read_yet_is_found_by_its_words(shelf, read):
    while not read:
        assert shelf.turn(0) is MORE
    index = shelf.index()
    assert len(index) == len(shelf.listed)
    assert text.stems("chess")[0] in index.words[0]
    assert not index.vectors.any()


def test_another_worker_goes_on_where_one_was_stopped(shelf, read):
    while len(read) < 100:
        shelf.turn(0)
    with (shelf.folder() / store.READ).open("ab") as file:
        file.write(b"cut short")
    other = store.Shelf("shelf", lambda: shelf.listed)
    finish(other)
    assert len(read) == len(set(read)) == len(shelf.listed)
    right = other.index().vectors
    assert (right == meaning.quick_reader()([one.meaning for one in shelf.listed])).all()


def test_what_changes_meanwhile_is_in_the_next_one(shelf, read):
    shelf.turn(0)
    shelf.listed.append(engine.Entry("new", "beekeeping", ""))
    finish(shelf)
    finish(shelf)
    assert "new" in shelf.index().keys
    assert len(read) == len(set(read)) == len(shelf.listed)


def test_an_index_is_the_same_made_at_once_or_in_turns(shelf, read, settings, tmp_path):
    finish(shelf)
    by_turns = shelf.index()
    settings.DATA = tmp_path / "other"
    assert shelf.rebuild()
    at_once = shelf.index()
    assert at_once.keys == by_turns.keys
    assert (at_once.answers == by_turns.answers).all()
    assert sorted(at_once.words[0]) == sorted(by_turns.words[0])
