"""What is marked in a text before it leaves the record."""

import itertools
import json
from pathlib import Path

import pytest

from doorstep.base.benches import BadFile
from doorstep.connect.deidentify import Span, find, mask, measuring


def marked(text: str, kind: str) -> list[str]:
    return [text[one.start : one.end] for one in find(text) if one.kind == kind]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Please ring Mrs Abernethy, she is at home.", "name", ["Abernethy"]),
        ("Maryam's brother Idris Bello will carry the bags.", "name", ["Maryam", "Idris Bello"]),
        ("can someone ring doreen about her milk", "name", ["doreen"]),
        ("Pani Grażyna Mazurek prosi o telefon.", "name", ["Grażyna Mazurek"]),
        ("She is at Flat 3, 12 Larch Road.", "address", ["Flat 3, 12 Larch Road"]),
        ("leave it at 14 larch road with the dog", "address", ["14 larch road"]),
        ("Her postcode is rm10 8xy now.", "postcode", ["rm10 8xy"]),
        ("Ring 020 8592 1234 or +44 7911 123456.", "phone", ["020 8592 1234", "+44 7911 123456"]),
        (
            "Write to jo.bloggs at post dot example please.",
            "email",
            ["jo.bloggs at post dot example"],
        ),
        ("NHS number 943 476 5919, seen today.", "nhs_number", ["943 476 5919"]),
        ("He was born on 4 May 1941 in Cork.", "date_of_birth", ["4 May 1941"]),
        ("DOB: 04/05/41, lives alone.", "date_of_birth", ["04/05/41"]),
    ],
)
def test_what_tells_who_somebody_is_gets_marked(text, kind, found):
    assert marked(text, kind) == found


@pytest.mark.parametrize(
    "text",
    [
        "Call 111 if it gets worse, or 999.",
        "The meeting on 12/03/2026 is at Dagenham Library at 10.",
        "A lady on the third floor would like some company on Sundays.",
        "Can anyone in RM10 lend a kettle?",
        "I hope we will have a sunny day in May.",
        "",
        "   \n ",
    ],
)
def test_what_says_nothing_about_anybody_stays(text):
    assert find(text) == []


def test_a_rare_detail_is_marked_without_any_name():
    text = "He was the only lion tamer in the borough, on the front page for it, and needs a lift."

    assert any("lion tamer" in one for one in marked(text, "rare_detail"))


def test_a_masked_text_holds_none_of_it_and_still_reads():
    text = "Amina Begum, 12 Elm Road, RM9 4AB, 07911 123456, would like to sew."

    assert mask(text) == "[name], [address], [postcode], [phone number], would like to sew."


def test_only_the_marks_the_writer_kept_are_masked():
    assert mask("Rose grows roses.", []) == "Rose grows roses."
    assert mask("Rose grows roses.", [Span(0, 4, "name")]) == "[name] grows roses."


@pytest.mark.parametrize("text", ["a" * 5000, "07 " * 3000, "(" * 500, "😀 Rose 😀", "A. " * 2000])
def test_odd_and_long_texts_are_read_all_the_same(text):
    spans = find(text)

    assert all(0 <= one.start < one.end <= len(text) for one in spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))


def test_the_bench_counts_what_was_found_and_lists_what_was_missed(tmp_path):
    file = tmp_path / "texts.jsonl"
    rows = [
        {
            "id": "1",
            "text": "Ring Mrs Abernethy.",
            "spans": [{"start": 9, "end": 18, "kind": "name"}],
        },
        {"id": "2", "text": "The soup was hot.", "spans": [{"start": 4, "end": 8, "kind": "name"}]},
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows))

    found = measuring.measure(measuring.load(file))

    assert found["recall"]["name"] == {"labelled": 2, "found": 1, "recall": 0.5}
    assert found["misses"] == [{"id": "2", "kind": "name", "text": "soup"}]


@pytest.mark.parametrize(
    "line", ["nonsense", "{}", '{"text": "a", "spans": [{"start": 0, "end": 9, "kind": "name"}]}']
)
def test_a_bench_file_that_is_wrong_says_so(tmp_path, line):
    file = tmp_path / "texts.jsonl"
    file.write_text(line)

    with pytest.raises(BadFile):
        measuring.load(file)


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("It is Gannet Lodge, room 4, by the lift.", "address", ["Gannet Lodge, room 4"]),
        (
            "2nd floor, Gannet Tower, flat 31 please",
            "address",
            ["2nd floor, Gannet Tower, flat 31"],
        ),
        ("She sleeps in the shed behind 7 Gannet Road.", "address", ["shed behind 7 Gannet Road"]),
        ("Write to bea(at)post.example please", "email", ["bea(at)post.example"]),
        ("Joan and Tom, twins, 3 August 2013", "date_of_birth", ["3 August 2013"]),
        ("my sister had a baby 4th June", "date_of_birth", ["4th June"]),
        ("He read out 612 345 9087 twice.", "nhs_number", ["612 345 9087"]),
        ("could you ring mr tran about it", "name", ["tran"]),
        ("ask zainab h for the key", "name", ["zainab h"]),
        ("Mr Park hates the park in May.", "name", ["Park"]),
    ],
)
def test_what_is_said_in_passing_is_marked_too(text, kind, found):
    assert len(marked(text, kind)) == 1
    assert marked(text, kind)[0].endswith(found[0])


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Post for the corner house on wren road please.", "address", "corner house on wren road"),
        ("Ask the warden at thornfield court.", "address", "thornfield court"),
        ("It is Gannet Terrace, number six.", "address", "Gannet Terrace, number six"),
        ("Unit 4, Gannet Yard, round the back.", "address", "Unit 4, Gannet Yard, round the back"),
        ("She is staying at The Old Forge.", "address", "The Old Forge"),
        ("Ela mora na Rua Gaivota 14.", "address", "Rua Gaivota 14"),
        ("The parcel was left at 31b for her.", "address", "31b"),
        ("Client J.T. would like company.", "name", "J.T"),
        ("Please thank K for the soup.", "name", "K"),
        ("Love from T and M", "name", "M"),
        ("Iris rang about the bins.", "name", "Iris"),
    ],
)
def test_ways_of_saying_where_and_who_are_known(text, kind, found):
    assert any(one.strip(".").endswith(found) for one in marked(text, kind))


@pytest.mark.parametrize(
    "text",
    [
        "The old bakery smells lovely, and the county court is shut.",
        "Hope is what we need, and vitamin D for the winter.",
        "Try plan B, and fill in part C.",
    ],
)
def test_what_only_looks_like_it_stays(text):
    assert find(text) == []


@pytest.mark.parametrize("half", ["open", "sealed"])
def test_eighty_ways_written_before_the_engine_changed_are_marked_well(half):
    file = Path(__file__).parent / "data" / f"ways-{half}.jsonl"
    found = measuring.measure(measuring.load(file))
    assert found["recall"]["name"]["recall"] >= 0.95
    assert found["recall"]["address"]["recall"] >= 0.9
    assert found["precision"] >= 0.85


@pytest.mark.parametrize("half", ["open", "sealed"])
def test_stories_written_before_the_engine_changed_are_marked_well(half):
    file = Path(__file__).parent / "data" / f"stories-{half}.jsonl"
    found = measuring.measure(measuring.load(file))
    assert found["recall_without_rare"] >= 0.95
    assert found["recall"]["name"]["recall"] >= 0.95
    assert found["recall"]["address"]["recall"] >= 0.9
    assert found["recall"]["rare_detail"]["recall"] >= 0.7
    assert found["precision"] >= 0.85
