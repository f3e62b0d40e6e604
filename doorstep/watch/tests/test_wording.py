"""Danger is heard in sentences of many kinds, and quiet worries are left alone.

`data/danger.tsv` is made up (CC0 1.0). Found before and after, of those in danger, and led out
without need, of the others: first 28 → 36 of 36 and 0 → 0 of 24 (the ways of speaking were written
after it was measured); second 16 → 22 of 30 and 3 → 4 of 30, third 7 → 7 of 10 and 5 → 6 of 30 (how
sure to be was chosen on these two); last, 16 → 17 of 20 and 1 → 1 of 20. The last was first
measured unseen, at 18 of 20 and 2 of 20; one threshold was raised after that, because of a wall
with water on it. When the engine had learned what is said flatly of a home and a street, its scale
moved and the threshold with it, chosen on all four: second 26 of 30 and 4, third 8 of 10 and 6.
"""

import csv
from pathlib import Path

import pytest

from doorstep.base.tests.pace import stays_under
from doorstep.organisations.finding import meaning
from doorstep.watch import wording

ROWS = list(
    csv.DictReader(
        (Path(__file__).parent / "data" / "danger.tsv").open(encoding="utf-8"), delimiter="\t"
    )
)


def heard(name):
    """Return (found, of how many in danger; false alarms, of how many without)."""
    rows = [row for row in ROWS if row["set"] == name]
    danger = [bool(wording.hear(row["words"]).danger) for row in rows if row["danger"] == "yes"]
    quiet = [bool(wording.hear(row["words"]).danger) for row in rows if row["danger"] == "no"]
    return sum(danger), len(danger), sum(quiet), len(quiet)


@pytest.mark.parametrize(
    ("name", "found_from", "false_at_most"),
    [("first", 36, 0), ("second", 25, 4), ("third", 8, 6), ("last", 17, 1)],
)
def test_danger_is_heard_and_quiet_worries_are_not(name, found_from, false_at_most):
    assert meaning.reader() is not None  # its packages are locked, its model lies beside the code
    found, _danger, false, _quiet = heard(name)
    assert found >= found_from
    assert false <= false_at_most


def test_what_leaves_no_doubt_is_heard_without_a_reader_of_meanings(monkeypatch):
    monkeypatch.setattr(meaning, "reader", lambda: None)
    for words in (
        "He’s got a knife and he is shouting at the bus driver",
        "Somebody is kicking a man on the ground by the station",
        "She has taken all her tablets",
        "Flat 9 is on fire",
    ):
        assert wording.hear(words).danger == "emergency", words
    assert wording.hear("Her dad burns her with cigarettes").danger == "safeguarding"


@pytest.mark.parametrize("words", ["a " * 4000, "the old " * 2000 + "man", "child " * 2500])
def test_no_text_keeps_the_reader_busy(words):
    from doorstep.watch import alarming

    assert stays_under(1, lambda: (alarming.is_now(words), alarming.is_harm(words)))
