"""Scenes of danger are heard in words nobody taught, and jokes, lessons and old sorrows are not."""

from pathlib import Path

import pytest

from doorstep.base.tests.pace import stays_under
from doorstep.kindness import frames, measuring
from doorstep.kindness.training.train import texts

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("grandad can't be woken and his lips are blue", "emergency"),
        ("My niece has swallowed a battery", "emergency"),
        ("Tongue swelling up after the prawns", "emergency"),
        ("we smell gas on the landing", "emergency"),
        ("nu mai respiră, are buzele vinete", "emergency"),
        ("tata nie oddycha", "emergency"),
        ("My husband won't let me see my sister", "safeguarding"),
        ("her son takes her pension every monday", "safeguarding"),
        ("the boss keeps our passports", "safeguarding"),
        ("everyone would be better off without me", "safeguarding"),
        ("sotul ma bate", "safeguarding"),
    ],
)
def test_a_scene_is_heard_whatever_fills_it(text, level):
    assert level in {one for one, _scene in frames.heard(text)}


@pytest.mark.parametrize(
    "text",
    [
        "couldn't breathe for laughing at the panto",
        "My first husband hit me, years ago, and I would like to train as a listener",
        "Where can I learn first aid for choking babies",
        "I need a carbon monoxide alarm",
        "My phone died on the bus",
        "The fire brigade fits smoke alarms free",
        "see you at six",
        "",
        "\x00",
        "😀" * 400,
    ],
)
def test_what_is_past_play_or_study_is_no_scene(text):
    assert frames.heard(text) == []


def test_scenes_seldom_stand_in_ordinary_texts():
    ordinary = [text for text, rule in texts() if rule == "none"]
    false = [text for text in ordinary if frames.heard(text)]
    assert len(false) / len(ordinary) < 0.025


@pytest.mark.parametrize(
    "text",
    [
        "he " * 700,
        "chest face arm " * 150,
        "baby took tablets " * 120,
        "not " * 500,
        "a" * 4000,
        "can't can't get " * 120,
        "my son gas alarm " * 120,
    ],
)
def test_no_text_keeps_the_listener_busy(text):
    frames.heard("warm")
    assert stays_under(0.5, lambda: frames.heard(text))


@pytest.mark.parametrize("half", ["open", "sealed"])
def test_posts_written_before_the_reader_changed_are_read_well(half):
    found = measuring.measure(measuring.load(DATA / f"posts-{half}.csv"))
    assert found["danger"]["recall"] >= 0.9
    assert found["danger"]["false_danger"] <= 6
    assert found["flags"]["recall"] >= 0.7
    assert found["flags"]["precision"] >= 0.8
