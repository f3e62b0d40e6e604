"""What words are understood to be, without any database."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from doorstep.base.benches import BadFile
from doorstep.organisations.finding import (
    audience,
    danger,
    engine,
    languages,
    meaning,
    measuring,
    text,
    thesaurus,
)

SHARED = Path(__file__).parents[5] / "shared" / "data" / "matching"

ENTRIES = [
    engine.Entry("debt", "Debt advice", "We talk to creditors and set up debt relief orders."),
    engine.Entry(
        "council",
        "Repairs for council tenants",
        "Advocacy for people renting from the local authority whose contractor has not come.",
    ),
    engine.Entry(
        "private",
        "Rights of private renters",
        "Disrepair, deposits and letting agents, for people with private landlords.",
    ),
    engine.Entry("choir", "Community choir", "A non-auditioned ensemble singing by ear."),
    engine.Entry(
        "polish", "Letters explained", "Correspondence explained, forms.", languages=("Polish",)
    ),
    engine.Entry("teens", "Counselling", "Therapeutic support for young people aged 11 to 18."),
    engine.Entry("elders", "Telephone friendship for over 65s", "A weekly call in later life."),
]


@pytest.fixture(params=["by meaning", "by words"], scope="module")
def embed(request):
    reader = meaning.quick_reader() if request.param == "by meaning" else None
    assert request.param == "by words" or reader is not None
    return reader


@pytest.fixture(scope="module")
def index(embed):
    return engine.Index.make(ENTRIES, embed([one.meaning for one in ENTRIES]) if embed else None)


def first(index, embed, words):
    heard = engine.hear(words)
    return index.keys[index.search(heard, engine.read(heard, embed))[0].place]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("red letters every day, owe on four cards", "debt"),
        ("id love to sing, cant read a note", "choir"),
        ("mould again, council tenant, nobody comes", "council"),
        ("mould again, letting agent ignores us", "private"),
        ("my gran is 84 and would like a phone call now and then", "elders"),
        ("ktos mowi po polsku? dostalem list i nie rozumiem", "polish"),
    ],
)
def test_words_of_every_day_lead_to_what_helps(index, embed, words, key):
    assert first(index, embed, words) == key


def test_an_index_opened_from_disk_answers_as_the_one_that_was_saved(index, embed, tmp_path):
    index.save(tmp_path)
    opened = engine.Index.load(tmp_path)
    for words in ("owe money", "list po polsku", "76, would like a call", "landlord"):
        heard = engine.hear(words)
        reading = engine.read(heard, embed)
        assert opened.search(heard, reading) == index.search(heard, reading)


def test_what_was_not_read_yet_is_found_by_its_words():
    reader = meaning.quick_reader()
    assert reader is not None
    vectors = reader([one.meaning for one in ENTRIES])
    vectors[0] = 0
    assert first(engine.Index.make(ENTRIES, vectors), reader, "creditors and debts") == "debt"


@pytest.mark.parametrize(
    "words", ["", " ", "?", "\x00", "a" * 9000, "😀" * 300, "\u202e\u0301", "مرحبا", "1", "@£$%"]
)
def test_nothing_anybody_types_is_too_odd(index, embed, words):
    heard = engine.hear(words)
    reading = engine.read(heard, embed)
    danger.hear(heard, reading)
    assert len(index.search(heard, reading)) <= len(ENTRIES)


@pytest.mark.parametrize("words", ["owe money", "im 72, a call now and then", "list po polsku"])
def test_what_is_compared_last_changes_no_answer(monkeypatch, words):
    """Of many entries only those are compared by meaning that may still catch up."""
    reader = meaning.quick_reader()
    heard = engine.hear(words)
    reading = engine.read(heard, reader)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        many = 700
        vectors = rng.normal(size=(many, meaning.WIDTH)).astype(np.float32)
        # Some are near to what was said, and answer no need.
        vectors[:20] += 8 * rng.random((20, 1), dtype=np.float32) * reading.vectors[0] * 20
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        answers = rng.random((len(thesaurus.needs()), many), dtype=np.float32)
        answers[rng.random(answers.shape) > (0.02, 0.3)[seed % 2]] = 0
        meant = [audience.For(youngest=at % 90) if at % 3 else audience.For() for at in range(many)]
        spoken = [("Polish",) if at % 5 == 0 else () for at in range(many)]
        index = engine.Index(
            [str(at) for at in range(many)], meant, spoken, vectors, answers, ({}, many)
        )
        for most in (5, 30):
            monkeypatch.setattr(engine, "FEW", many)
            whole = index.search(heard, reading, most)
            monkeypatch.setattr(engine, "FEW", 50)
            monkeypatch.setattr(engine, "LEADING", 210)
            some = index.search(heard, reading, most)
            assert [one.place for one in some] == [one.place for one in whole]
            assert [one.score for one in some] == pytest.approx([one.score for one in whole])
        wide = index.search(heard, reading, many)
        bar = max(0.3, 0.45 * wide[0].score)
        near = index.answering(heard, reading, 0.3, 0.45, many)
        assert near == [one for one in wide if one.score >= bar]
        assert len(index.answering(heard, reading, 0.3, 0.45, 3)) == 3


def test_an_empty_directory_has_no_answers(embed):
    empty = engine.Index.make([], np.zeros((0, meaning.WIDTH), dtype=np.float32) if embed else None)
    heard = engine.hear("owe money")
    assert empty.search(heard, engine.read(heard, embed)) == []


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("my chest hurts and my arm has gone numb, can a volunteer take me in", "emergency"),
        ("he has taken all his tablets and i cant wake him", "emergency"),
        ("my stepdad hurts me at night, please tell nobody", "safeguarding"),
        ("my husband hits me when he drinks and took my cards", "safeguarding"),
        ("this rent is killing me", ""),
        ("dying for a cuppa and a chat", ""),
        ("need a drill for saturday", ""),
        ("somewhere to sing on mondays", ""),
    ],
)
def test_danger_is_heard_and_a_figure_of_speech_is_not(words, level):
    reader = meaning.quick_reader()
    assert reader is not None
    heard = engine.hear(words)
    said = danger.hear(heard, engine.read(heard, reader)).level
    assert bool(said) == bool(level)
    if level == "emergency":
        assert said == level


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("sunt singura si nu inteleg scrisoarea", "Romanian"),
        ("nie mam pieniedzy na jedzenie", "Polish"),
        ("মা সারাদিন একা থাকেন", "Bengali"),
        ("mujhe madad chahiye, ghar se nikalna mushkil hai", "Urdu"),
        ("preciso de comida para os meus filhos", "Portuguese"),
        ("my boss owe me two month money", "English"),
        ("council wont fix the boiler", "English"),
        ("", "English"),
    ],
)
def test_the_language_of_words_is_known(words, name):
    assert languages.understood(words)[1] == name


@pytest.mark.parametrize(
    ("words", "ages", "tenure"),
    [
        ("i'm 34 and tired", (34,), ""),
        ("my 13 yr old is bored", (13,), ""),
        ("76, own my house", (76,), "own"),
        ("owe 4 grand to the council tenant fund", (), ""),
        ("the landlord kept my deposit", (), "private"),
        ("council flat is damp", (), "council"),
        ("28 days to leave", (), ""),
    ],
)
def test_who_words_are_about(words, ages, tenure):
    who = audience.about(words)
    assert who.ages == ages
    if tenure:
        assert who.tenure == tenure


@pytest.mark.parametrize(
    ("description", "youngest", "oldest"),
    [
        ("For people aged sixteen to twenty-four.", 16, 24),
        ("A call for over 65s", 65, None),
        ("parents under twenty-five", None, 25),
        ("children aged four to eighteen", 4, 18),
        ("everybody", None, None),
    ],
)
def test_whom_an_entry_is_for(description, youngest, oldest):
    meant = audience.meant_for("Group", description)
    assert (meant.youngest, meant.oldest) == (youngest, oldest)


def runs(words, size=5):
    """Return every run of `size` words."""
    said = text.raw_words(text.plain(words))
    return {tuple(said[at : at + size]) for at in range(len(said) - size + 1)}


def test_no_row_of_the_labelled_needs_is_in_what_was_learned():
    if not SHARED.exists():
        pytest.skip("the labelled needs are not here")
    folder = Path(engine.__file__).parent
    ours = [
        line
        for file in (folder / "data" / "needs.txt", folder / "training" / "danger.txt")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    with (SHARED / "needs.csv").open(encoding="utf-8", newline="") as opened:
        theirs = set().union(*(runs(row["words"]) for row in csv.DictReader(opened)))
    for line in ours:
        assert not runs(line) & theirs, line


def test_what_was_learned_fits_the_thesaurus():
    known = engine.learned()
    assert len(known.sayings) == len(thesaurus.sayings())
    assert len(known.needs) == len(thesaurus.needs())
    names = [one.name for one in thesaurus.needs()]
    assert len(set(names)) == len(names)


def test_the_bench_counts_first_three_five_and_danger_apart(tmp_path):
    services, needs = tmp_path / "services.csv", tmp_path / "needs.csv"
    services.write_text(
        "id,name,description\nA,Choir,Singing for all\nB,Debt advice,Creditors and debt\n"
    )
    needs.write_text(
        "id,words,right_ids,note\n1,i love to sing,A,plain\n2,owe money to creditors,A|B,plain\n"
        "3,sing a song,B,look-alike\n4,i have taken a whole box of tablets,EMERGENCY,danger\n"
    )
    found = measuring.measure(
        measuring.load_entries(services), measuring.load_needs(needs), with_reader=False
    )
    assert (found["asked"], found["danger"], found["look_alikes"]) == (3, 1, 1)
    assert found["first"] == round(2 / 3, 3)
    assert found["in_first_3"] == 1.0
    assert found["danger_caught"] == 1.0
    assert [one["id"] for one in found["misses"]["first"]] == ["3"]
    json.dumps(found)
    assert "Right first 0.67" in measuring.table(found)


@pytest.mark.parametrize("body", ["", "id,words\n1,x\n", "id,words,right_ids\n"])
def test_a_file_that_is_no_such_list_is_refused_in_words(tmp_path, body):
    file = tmp_path / "needs.csv"
    file.write_text(body)
    with pytest.raises(BadFile, match="needs"):
        measuring.load_needs(file)


def test_reading_in_whole_numbers_says_nearly_the_same_and_never_by_its_neighbours():
    exact, quick = meaning.reader(), meaning.quick_reader()
    assert exact is not None
    assert quick is not None
    texts = [
        "someone to talk to in Romanian",
        "black mould on the bedroom wall and the council painted over it",
        "help with the shopping",
    ]
    together, before = quick(texts), exact(texts)
    assert not np.array_equal(together, before)  # it is another way of reckoning
    assert (together * before).sum(axis=1).min() > 0.998
    for at, one in enumerate(texts):
        assert np.allclose(quick([one])[0], together[at], atol=1e-5)


def test_a_model_that_is_built_otherwise_is_left_as_it_is():
    from doorstep.organisations.finding.whole_numbers import in_whole_numbers

    assert in_whole_numbers(b"") is None
    assert in_whole_numbers(b"no model at all, and longer than that") is None


@pytest.mark.parametrize("half", ["open", "sealed"])
def test_danger_is_heard_in_needs_written_before_the_engine_changed(half):
    needs = measuring.load_needs(Path(__file__).parent / "data" / f"needs-{half}.csv")
    found = measuring.measure(ENTRIES, needs)
    assert found["danger_caught"] >= 0.95
    assert found["danger_caught_at_its_level"] >= 0.9
    assert found["danger_false"] <= 0.1


def test_danger_only_hinted_at_is_heard_as_often_as_we_say():
    needs = measuring.load_needs(Path(__file__).parent / "data" / "needs-last.csv")
    found = measuring.measure(ENTRIES, needs)
    assert found["danger_caught"] >= 0.75
    assert found["danger_false"] <= 0.1


def test_what_happens_to_a_home_or_a_street_is_seldom_taken_for_danger():
    lines = (Path(__file__).parent / "data" / "calm.txt").read_text(encoding="utf-8").splitlines()
    calm = [one for one in lines if not one.startswith("#")]
    assert len(calm) == 100
    # 15 of them were, before `training/home.txt` was learned; 6 are.
    assert sum(bool(danger.of(one)) for one in calm) <= 7
