"""What is noticed, what is left alone, and how well, on texts the reader has not learned from."""

import csv
import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from doorstep.base.tests.pace import stays_under
from doorstep.kindness import details, meaning, measuring
from doorstep.kindness.reading import FINE, FLAG, VERDICT_OF_RULE, VERDICTS, read
from doorstep.kindness.training.train import is_held_back, texts, told

POSTS = Path(__file__).parents[4] / "shared/data/moderation/posts.csv"


def held_back():
    return [
        measuring.Labelled(str(n), text, VERDICT_OF_RULE.get(rule, FLAG), rule)
        for n, (text, rule, situation) in enumerate(told())
        if is_held_back(situation)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "He's not breathing and he's gone blue, what do I do",
        "I want to die and I've got the tablets here",
        "cant breathe",
        "There's a fire in the flat below and kids are screaming",
        "Nu mai respiră, ajutor",
        "Nie chcę już żyć, mam tabletki",
    ],
)
def test_a_life_in_danger_is_noticed(text):
    assert read(text).verdict == "emergency"


@pytest.mark.parametrize(
    "text",
    [
        "My husband hits me and won't let me go out",
        "the little boy next door is always hungry and has bruises on his arms",
        "Mąż mnie bije",
    ],
)
def test_somebody_who_may_be_hurt_is_noticed(text):
    assert read(text).is_danger


@pytest.mark.parametrize(
    "text",
    [
        "Hello from number 9.",
        "I'll come.",
        "Lovely, see you there!",
        "Tea and cake on Thursday, everyone welcome",
        "I'll kill him if he forgets the cake again",
        "<script>alert(1)</script>",
        "Dziękuję sąsiadce za ciasto, do jutra",
        "Mulțumesc pentru supă, ne vedem marți",
        "kal library mein milte hain",
        "کل لائبریری میں ملتے ہیں",
        "My mum died in March and I miss her. I just wanted to say so.",
        "The kettle is on.",
        "Thank you for the soup",
    ],
)
def test_ordinary_words_and_jokes_and_grief_are_not_asked_about(text):
    assert not read(text).sure().signals


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("Ring me on 07700 900123", "phone"),
        ("Ring me on +44 7700 900123", "phone"),
        ("I live at 14 Sorrel Lane", "address"),
        ("We are at RM8 2AB", "postcode"),
        ("Write to me, jo@example.com", "email"),
        ("my card is 4111 1111 1111 1111", "card"),
        ("sort code 20-00-00", "bank"),
        ("my card is 4111 1111 1111 1112", None),
        ("my NI number is AB 12 34 56 C", "insurance"),
        ("His car is AB12 CDE", "plate"),
        ("my pin is 4321", "secret"),
        ("I was born on 3/4/1961", "birth"),
    ],
)
def test_private_details_are_found_where_they_stand(text, sort):
    found = details.find(text)
    assert [one.sort for one in found] == ([sort] if sort else [])
    for one in found:
        assert 0 <= one.start < one.end <= len(text)


def test_whose_detail_it_is_is_told_apart():
    assert details.find("My number is 07700 900123")[0].is_own
    assert not details.find("Here is his number: 07700 900123")[0].is_own


@pytest.mark.parametrize(
    "text",
    [
        "Ring 999 or 111",
        "Samaritans: 116 123",
        "Call the council on 020 8215 3000",
        "At the church hall, 12 Broad Street",
        "Open 10-12, room 4, £3.50, 24/12/2026",
        "The order number is 1234567890123456",
    ],
)
def test_what_is_meant_to_be_known_is_left_alone(text):
    assert details.find(text) == []


def test_a_warning_about_looks_is_answered_with_what_they_did():
    reading = read("Watch out, two foreign looking men walking slowly past our houses").sure()
    assert reading.verdict == FLAG
    assert "what somebody did" in str(reading.signals[0].why)


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.text(max_size=600))
def test_any_text_can_be_read_and_is_never_refused(text):
    reading = read(text)
    assert reading.verdict in VERDICTS
    for signal in reading.signals:
        start, end = signal.where
        assert 0 <= start <= end <= len(text)


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "a" * 200_000, "🔥" * 9000, "1" * 50_000, "0 " * 9000, "@" * 9000]
)
def test_odd_and_huge_texts_are_read_quickly(text):
    assert stays_under(2, lambda: read(text))


def test_on_texts_it_has_not_learned_from_it_is_as_good_as_we_say():
    # Measured on 2026-11-22, whole situations left out, hard on purpose: danger 0.75, false danger
    # 33 of 164, flags 0.80, fine ones flagged 2 of 149. Some points less fails.
    found = measuring.measure(held_back())
    assert found["danger"]["recall"] >= 0.68
    assert found["danger"]["false_danger"] / found["danger"]["others"] <= 0.26
    assert found["flags"]["recall"] >= 0.6
    assert found["flags"]["silenced"] / found["flags"]["fine"] <= 0.08


def test_an_ordinary_reply_is_read_in_well_under_a_third_of_a_millisecond():
    texts_of_a_day = ["Lovely, see you there! Shall I bring the urn?", "Which door is it?"] * 200
    read("warm up")
    most = 0.0006 * len(texts_of_a_day)  # measured 0.03 to 0.07 ms each on a busy machine
    assert stays_under(most, lambda: [read(text) for text in texts_of_a_day], tries=5)


def runs_of_six(text):
    words = re.findall(r"\w+", text.lower().replace("'", "").replace("’", ""))
    return {tuple(words[at : at + 6]) for at in range(len(words) - 5)}


@pytest.mark.skipif(not POSTS.exists(), reason="the labelled posts are not beside this checkout")
def test_the_labelled_posts_are_nowhere_in_what_it_learned_from():
    with POSTS.open(encoding="utf-8") as opened:
        theirs = set().union(*(runs_of_six(row["text"]) for row in csv.DictReader(opened)))
    for text, _rule in texts():
        assert not runs_of_six(text) & theirs, text


# --- The measuring -----------------------------------------------------------------------------


def bench(*words):
    out = StringIO()
    call_command("bench", "moderation", *words, stdout=out)
    return out.getvalue()


def test_a_file_is_measured_by_verdict(tmp_path):
    file = tmp_path / "posts.csv"
    file.write_text(
        "id,text,verdict,rule,note\n"
        "1,Tea at four everyone welcome,fine,none,\n"
        "2,he is not breathing and he is blue,emergency,life-at-risk,\n"
        "3,For sale sofa £120 ono collection only,flag,selling,\n",
        encoding="utf-8",
    )
    found = json.loads(bench(str(file), "--json"))
    assert found["by_verdict"]["emergency"] == {
        "labelled": 1,
        "read_as_it": 1,
        "right": 1,
        "precision": 1.0,
        "recall": 1.0,
    }
    assert found["danger"]["caught"] == 1
    assert found["confusion"]["fine"]["fine"] == 1
    assert found["rule_named"]["share"] == 1.0
    assert "Danger caught: 1 of 1" in bench(str(file))


def test_an_emergency_read_as_safeguarding_counts_half():
    from doorstep.kindness.reading import Reading

    row = measuring.Labelled("1", "", "emergency")
    pairs = [(row, Reading("safeguarding", (), (), 0.9))]
    assert measuring._danger(pairs)["caught"] == 0.5


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"id,text\n1,hello\n", "no column verdict"),
        (b"", "no column id, text, verdict"),
        (b"id,text,verdict\n", "no rows"),
        (b"id,text,verdict\n1,hello,nice\n", "none of"),
        ("id,text,verdict\n1,caf\xe9,fine\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_measured_is_refused_in_a_sentence(tmp_path, content, sentence):
    file = tmp_path / "posts.csv"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        bench(str(file), "--json")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CommandError, match="no file"):
        bench(str(tmp_path / "nowhere.csv"))


def test_a_fine_reading_says_nothing():
    assert read("Good morning").signals == () or read("Good morning").verdict == FINE


# --- The second look ---------------------------------------------------------------------------


def test_without_a_reader_of_sentences_the_table_reads_alone(monkeypatch):
    monkeypatch.setattr(meaning, "_vectors", lambda: None)
    assert read("He's not breathing and he's gone blue, what do I do").verdict == "emergency"
    assert read("Lovely, see you there!").verdict == FINE


def test_a_second_look_that_fails_is_no_page_that_fails(monkeypatch):
    def breaks(texts):
        raise RuntimeError("no memory for that")

    monkeypatch.setattr(meaning, "_vectors", lambda: breaks)
    assert read("My husband hits me and won't let me go out").is_danger


def test_what_is_surely_fine_gets_no_second_look(monkeypatch):
    asked = []
    monkeypatch.setattr(meaning, "_vectors", lambda: asked.append)
    read("Lovely, see you there!")
    read("Thank you for the soup")
    assert asked == []
