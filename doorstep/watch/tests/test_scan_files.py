"""`doorstep watch scan`: what it prints, and what it says about files that aren't right."""

import contextlib
import datetime as dt
import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.watch.scan import reading

HERE = Path(__file__).parent / "data"


def scan(file, *words):
    out = io.StringIO()
    call_command("watch", "scan", str(file), "--json", *words, stdout=out)
    return json.loads(out.getvalue())


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def table(path, *, weeks=200, mean=5.0, seed=4, skip=(), last=dt.date(2026, 11, 15), more=()):
    """A file of one area and theme, `mean` a week; weeks in `skip` have no rows at all."""
    rng = np.random.default_rng(seed)
    lines = ["date,area,theme,count"]
    for back in range(weeks - 1, -1, -1):
        if back in skip:
            continue
        day = last - dt.timedelta(days=7 * back)
        lines.append(f"{day},Gascoigne,damp,{rng.poisson(mean)}")
    return write(path, "\n".join([*lines, *more]) + "\n")


# --- One series ----------------------------------------------------------------------------------


def test_a_series_is_printed_week_by_week_as_r_numbers_them():
    oracle = json.loads((HERE / "sim01.oracle.json").read_text())["farrington_flexible"]
    found = scan(HERE / "sim01.csv", "--method", "farrington-flexible")
    assert [one["week"] for one in found["weeks"]] == list(range(313, 469))
    assert [one["bound"] for one in found["weeks"]] == oracle["upperbound"]
    assert [one["alarm"] for one in found["weeks"]] == oracle["alarm"]


@pytest.mark.parametrize(("method", "first"), [("farrington", 313), ("ears-c1", 20)])
def test_the_other_methods_begin_where_theirs_do(method, first):
    found = scan(HERE / "sim01.csv", "--method", method)
    assert found["weeks"][0]["week"] == first
    assert found["weeks"][-1]["week"] == 468


def test_a_shorter_series_looks_three_years_back(tmp_path):
    file = write(
        tmp_path / "s.csv",
        "week,observed\n" + "".join(f"{week},{week % 5}\n" for week in range(1, 210)),
    )
    found = scan(file, "--method", "farrington-flexible")
    assert [one["week"] for one in found["weeks"]] == list(range(161, 210))
    assert found["settings"]["years"] == 3


# --- A table -------------------------------------------------------------------------------------


def test_a_tripling_is_found_and_a_usual_year_is_left_alone(tmp_path):
    quiet = scan(table(tmp_path / "q.csv"), "--weeks", "26")
    assert quiet["alerts"] == []
    last = dt.date(2026, 11, 15)
    more = [f"{last - dt.timedelta(days=7 * back)},Gascoigne,damp,10" for back in range(2)]
    found = scan(table(tmp_path / "t.csv", more=more), "--weeks", "26")
    assert len(found["alerts"]) == 1
    alert = found["alerts"][0]
    assert (alert["theme"], alert["areas"], alert["alive"]) == ("damp", ["Gascoigne"], True)
    assert alert["observed"] > 2 * alert["expected"]


def test_a_cluster_of_neighbouring_areas_is_an_alert(tmp_path):
    for name, many in (("s00", 1), ("s03", 0)):
        rows = [
            line.split(",", 1)[1]
            for line in (HERE / "spacetime.csv").read_text().splitlines()
            if line.startswith((name, "scenario"))
        ]
        found = scan(write(tmp_path / f"{name}.csv", "\n".join(rows) + "\n"))
        assert len(found["alerts"]) == many, name
        if many:
            assert set(found["alerts"][0]["areas"]) == {"E01034476", "E01034477"}
            assert found["alerts"][0]["statistic"] == pytest.approx(17.598821, abs=1e-6)


def test_months_nobody_counted_are_said_and_not_taken_for_quiet(tmp_path):
    found = scan(table(tmp_path / "gap.csv", skip=set(range(20, 40))), "--weeks", "30")
    assert any("Those weeks were left out, not taken for zero" in note for note in found["notes"])
    assert found["alerts"] == []


def test_an_area_that_fell_silent_is_not_called_quiet(tmp_path):
    text = "date,area,theme\n"
    for back in range(150):
        day = dt.date(2026, 11, 15) - dt.timedelta(days=7 * back)
        text += f"{day},Abbey,damp\n{day},Abbey,damp\n"
        if back > 30:
            text += f"{day},Village,damp\n{day},Village,damp\n"
    found = scan(write(tmp_path / "gone.csv", text))
    assert any(
        note.startswith("Nothing was counted in Village since") and "borders" in note
        for note in found["notes"]
    )


def test_1970_and_the_future_are_left_out_and_said(tmp_path):
    file = table(
        tmp_path / "odd.csv",
        more=["1970-01-01,Gascoigne,damp,50", "2091-01-01,Gascoigne,damp,900"],
    )
    found = scan(file, "--weeks", "4")
    assert found["alerts"] == []
    assert any("dated after today" in note for note in found["notes"])
    assert any("slips of the pen" in note for note in found["notes"])
    assert found["looked_at"]["weeks"] == 200


def test_what_comes_after_a_day_changes_nothing_about_that_day(tmp_path):
    whole = table(tmp_path / "whole.csv", more=["2026-11-15,Gascoigne,damp,40"])
    then = scan(whole, "--until", "2026-11-01")
    assert then["looked_at"]["until"] == "2026-11-01"
    assert then["alerts"] == []


BAD = {
    "nothing there": (None, "There is no file"),
    "empty": ("", "is empty"),
    "only a heading": ("date,area,theme\n", "has no rows below its heading"),
    "no theme": ("date,area\n2026-01-01,A\n", "has no column theme"),
    "no date": ("date,area,theme\nsoon,A,damp\n", "Line 2"),
    "half a date": ("date,area,theme\n2026-13-01,A,damp\n", "is no date"),
    "no area": ("date,area,theme\n2026-01-01,,damp\n", "has no area"),
    "minus": ("date,area,theme,count\n2026-01-01,A,damp,-3\n", "is no count"),
    "half a case": ("date,area,theme,count\n2026-01-01,A,damp,1.5\n", "is no count"),
    "words": ("date,area,theme,count\n2026-01-01,A,damp,many\n", "is no number"),
    "nan": ("date,area,theme,count\n2026-01-01,A,damp,nan\n", "is no count"),
    "nowhere": ("date,area,theme,lat,lon\n2026-01-01,A,damp,512,3\n", "is nowhere on earth"),
    "ragged": ("date,area,theme\n2026-01-01,A\n", "has 2 values"),
    "all later": ("date,area,theme\n2091-01-01,A,damp\n", "can be counted"),
    "twice": ("date,date,theme\n2026-01-01,A,damp\n", "twice"),
    "a series": ("week,observed\n1,2\n", "Say how to judge it"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_a_sentence(name, tmp_path):
    text, said = BAD[name]
    file = tmp_path / "bad.csv"
    if text is not None:
        write(file, text)
    with pytest.raises(CommandError) as refused:
        scan(file)
    assert said in str(refused.value)
    assert refused.value.returncode == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("week,observed\n1,2\n1,3\n", "is there twice"),
        ("week,observed\nsoon,2\n", "is no week"),
        ("week,observed\n0,2\n", "out of range"),
        ("week,observed\n1,2\n", "the first that can be judged is week 20"),
        ("date,area,theme\n2026-01-01,A,damp\n", "has no column week, observed"),
    ],
)
def test_a_bad_series_is_refused_in_a_sentence(text, said, tmp_path):
    with pytest.raises(CommandError, match=said):
        scan(write(tmp_path / "bad.csv", text), "--method", "ears-c1")


def test_other_letters_than_utf_8_and_nul_are_refused(tmp_path):
    file = tmp_path / "latin.csv"
    file.write_bytes("date,area,theme\n2026-01-01,Café,damp\n".encode("latin-1"))
    with pytest.raises(CommandError, match="not UTF-8"):
        scan(file)


def test_wrong_words_have_an_exit_code_of_their_own(tmp_path):
    file = table(tmp_path / "t.csv", weeks=20)
    with pytest.raises(CommandError) as refused:
        scan(file, "--false-alarms", "0")
    assert refused.value.returncode == 2


def test_too_many_areas_to_hold_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_CELLS", 100)
    with pytest.raises(CommandError, match="more than can be held"):
        scan(table(tmp_path / "t.csv"))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_whatever_stands_in_a_file_it_is_read_or_refused(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("any") / "any.csv"
    file.write_bytes(("date,area,theme,count\n" + text).encode("utf-8", "replace"))
    with contextlib.suppress(reading.BadFile):
        assert reading.read_table(file, today=dt.date(2026, 11, 22)).counts.size
