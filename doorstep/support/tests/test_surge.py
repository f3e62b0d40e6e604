"""The surge bench: a short day is played over HTTP and counted; the desk draws its rows once."""

import json
import random

import pytest
from django.core.management import call_command

from doorstep.base.time import now
from doorstep.support.crisis.surge import day, inside, measuring, playing
from doorstep.support.models import Request, RequestStep
from doorstep.support.requests import drawing, suggesting, working
from doorstep.support.tests.desk import afresh, ask, make_desk


@pytest.fixture
def desk(borough):
    drawing.forget()
    return make_desk(borough)


def test_a_day_is_the_same_for_one_seed_and_busiest_in_the_morning():
    codes = ["RM10 7FH"]
    one = day.day(500, seed=4, codes=codes, known=[])
    assert one == day.day(500, seed=4, codes=codes, known=[])
    assert len(one["web"]) + len(one["phone"]) == 500
    hours = [int(row["due"] // 3600) for row in one["web"] + one["phone"]]
    assert max(set(hours), key=hours.count) in (2, 3, 4)
    assert all(0 <= row["due"] < day.DAY for row in one["web"])


def _seen(began, **more):
    return {"began": began.isoformat(), "run": "r", "acks": [], "unsure": [],
            "day": {"web": [], "phone": []},
            "before": {"last_request": 0, "people": 0, "requests": 0}} | more  # fmt: skip


@pytest.mark.django_db
def test_the_count_finds_what_was_lost_and_what_was_doubled(desk):
    began = now()
    made = ask(desk, client_key="surge-r-000000")
    working.route(made, by=desk.officer, at=now())
    web = [{"number": 0}, {"number": 1}]
    acks = [
        {"what": "ask", "key": "surge-r-000000", "ref": made.ref},
        {"what": "routed", "ref": made.ref},
    ]
    fine = inside.count(_seen(began, acks=acks, day={"web": web, "phone": []}))
    assert (fine["lost"], fine["doubled"]) == ([], [])
    gone = [*acks, {"what": "ask", "key": "surge-r-000001", "ref": "zzzz9999"}]
    gone += [{"what": "accepted", "ref": made.ref}]
    found = inside.count(_seen(began, acks=gone, day={"web": web, "phone": []}))
    assert "request zzzz9999" in found["lost"]
    assert f"accepted of request {made.pk}" in found["lost"]
    RequestStep.objects.create(request=made, kind="routed", by=desk.officer)
    ask(desk, client_key="nobody-asked")
    found = inside.count(_seen(began, acks=acks, day={"web": web, "phone": []}))
    assert f"routed of request {made.pk}: 2 times" in found["doubled"]
    assert any("of no form" in line for line in found["doubled"])


@pytest.mark.django_db
def test_a_row_kept_drawn_shows_each_change_and_nothing_of_a_wiped_record(desk):
    made = ask(desk, words="Bread for the week")

    def drawn():
        return "".join(drawing.rows(drawing.light(Request.objects.all()), {}, now()))

    assert "Bread for the week" in drawn()
    working.triage(made, by=desk.officer, at=now(), version=made.version, gist="Milk")
    assert "Milk" in drawn()
    Request.objects.filter(pk=made.pk).update(gist="", words="")
    assert "Milk" not in drawn()
    assert "Bread" not in drawn()


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 3])
def test_a_drawn_desk_asks_no_more_for_more_rows(rows, desk, django_assert_num_queries):
    for _number in range(rows):
        ask(desk)
    requests = Request.objects.visible_to(afresh(desk.officer))
    with django_assert_num_queries(2):  # facts, and what is drawn for the first time
        drawing.rows(drawing.light(requests), {}, now())
    with django_assert_num_queries(1):
        drawing.rows(drawing.light(requests), {}, now())


def test_what_was_heard_is_believed_only_of_the_very_words(monkeypatch):
    monkeypatch.setattr(suggesting, "danger_in", lambda words: "read again")
    note = suggesting.heard("He hits me", "safeguarding")
    assert suggesting.danger_of("He hits me", note) == "safeguarding"
    assert suggesting.danger_of("He hits me!", note) == "read again"
    assert suggesting.danger_of("He hits me", f":{note.partition(':')[2]}") == "read again"
    assert suggesting.danger_of("He hits me", "") == "read again"


def test_the_table_says_what_was_missed():
    found = {"errors": 1, "all": {"p95": 301.0}, "lost": ["request x"], "doubled": []}
    assert measuring._missed(found) == [
        "1 errors, none allowed", "p95 301.0 ms, under 300 allowed", "lost: request x",
    ]  # fmt: skip


def test_words_of_a_day_are_many_and_some_are_long():
    dice = random.Random(1)
    said = [day.words(dice) for _n in range(3000)]
    assert len(set(said)) > 2500
    assert max(map(len, said)) > 5000


def test_a_bad_size_is_refused_with_a_sentence(capsys):
    from django.core.management.base import CommandError

    with pytest.raises(CommandError, match="20 to 200000"):
        call_command("bench", "surge", requests=3, json=None)
    json.dumps(measuring._shares([]))


def test_two_days_are_never_played_on_one_copy(tmp_path):
    from contextlib import ExitStack

    from doorstep.base.benches import BadFile

    there = tmp_path / "street"
    there.mkdir()
    (there / "doorstep.sqlite3").touch()
    env = {"DOORSTEP_DATA": str(there)}
    with ExitStack() as one, ExitStack() as other:
        measuring._copy_of(env, one, print)
        with pytest.raises(BadFile, match="Another day"):
            measuring._copy_of(env, other, print)


def test_the_day_waits_until_the_background_work_is_quiet(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(measuring.time, "sleep", slept.append)
    used = iter([0.0, 4.0, 4.1, 9.0, 9.1, 9.2, 50.0])
    measuring._settle(lambda: next(used))
    assert len(slept) == 5
    measuring._settle(lambda: 0.0, most=0)
    assert len(slept) == 5


def test_a_refusal_is_counted_by_its_sentence_and_a_kill_by_what_it_cost():
    page = '<p>Milk</p><div class="error-box" role="alert"><h2>One thing</h2> <p>to fix</p></div>'
    assert playing.why(page) == "One thing to fix"
    assert playing.why("<p>Nothing</p>") == ""
    long = [[99.0, 5_000.0, "desk"], [101.0, 1_500.0, "desk"], [102.5, 2_500.0, "triage"]]
    assert measuring._after([(100.0, 1)], long) == {
        "most": 2500, "over_a_second": 2, "seconds": 2.5
    }  # fmt: skip
    assert measuring._after([], long) == {}


@pytest.mark.django_db(transaction=True)
def test_a_short_day_is_played_over_http_and_nothing_is_lost_or_doubled(
    borough, live_server, settings, monkeypatch
):
    """Sixty people ask in some seconds, six officers and two hubs at work."""
    make_desk(borough)
    order = inside.prepare(
        {"requests": 60, "signups": 2, "officers": 6, "seed": 2, "switch": True, "run": "t",
         "began": now().isoformat(), "pace": 9_000, "browsers": 6}
    )  # fmt: skip
    monkeypatch.setattr(playing, "POLL", 1.0)
    seen = playing.Day(order | {"port": live_server.thread.port}).play()
    assert seen["wrong"] == []
    told = inside.count(order | {"acks": seen["acks"], "unsure": seen["unsure"]})
    assert (told["lost"], told["doubled"]) == ([], [])
    asked = told["acknowledged"]
    calls = asked["requests by phone"] + asked["calls hung up on"]
    assert asked["requests on the web"] + calls == 60
