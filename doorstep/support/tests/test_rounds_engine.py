"""The engine: reads public cases with their own rounding, plans within the rules, says why not."""

import dataclasses
import io
import json
import random
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.base.benches import BadFile
from doorstep.support.rounds import measuring
from doorstep.support.rounds.engine import (
    checking,
    frames,
    made_up,
    planning,
    reading,
    solving,
    travel,
    twofold,
)
from doorstep.support.rounds.engine.morning import Hub, Morning, Parcel, Runner, timed

HOUR = 3600


def vrp(tmp_path, name="small.vrp", sol="", **changes):
    """A small case of ours: twelve stops on a ring round one depot."""
    said = {"NAME": "small", "TYPE": "CVRP", "DIMENSION": "13", "EDGE_WEIGHT_TYPE": "EUC_2D",
            "CAPACITY": "5"} | changes  # fmt: skip
    lines = [f"{key} : {value}" for key, value in said.items() if key.isupper()]
    chance = random.Random(4)
    lines.append("NODE_COORD_SECTION")
    lines += [f"{n} {chance.randint(0, 99)} {chance.randint(0, 99)}" for n in range(1, 14)]
    lines.append("DEMAND_SECTION")
    lines += [f"{n} {0 if n == 1 else 1}" for n in range(1, 14)]
    lines += said.get("more", "").splitlines()
    lines += ["DEPOT_SECTION", "1", "-1", "EOF"]
    path = tmp_path / name
    path.write_text("\n".join(lines))
    if sol:
        path.with_suffix(".sol").write_text(sol)
    return path


def test_a_case_is_planned_and_judged_by_somebody_else(tmp_path):
    found = measuring.rounds([vrp(tmp_path)], {"seconds": 1.5})
    assert found["feasible"]
    assert sorted(stop for route in found["routes"] for stop in route) == list(range(1, 13))
    assert len(found["routes"]) >= 3
    assert (found["best_known"], found["gap"]) == (None, None)
    assert json.dumps(found)


@pytest.mark.parametrize(
    ("rule", "factor", "stated"),
    [
        (reading.NEAREST, 1, "{:.0f}"),
        (reading.TENTH, 10, "{:.1f}"),
        (reading.FINE, 1000, "{:.3f}"),
    ],
)
def test_the_rounding_is_the_one_that_gives_the_cost_of_the_solution_beside(
    tmp_path, rule, factor, stated
):
    routes = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]
    cost = reading.stated_cost(reading.read(vrp(tmp_path)), routes, rule) / factor
    lines = [f"Route #{n}: {' '.join(map(str, route))}" for n, route in enumerate(routes, 1)]
    sol = "\n".join([*lines, f"Cost {stated.format(cost)}"])
    case = reading.read(vrp(tmp_path, sol=sol))
    assert case.rounding is rule
    verdict = checking.judge(case, list(enumerate(routes)))
    assert verdict.cost == pytest.approx(case.best_known, abs=0.06)


def test_a_cost_in_thousandths_is_told_whole(tmp_path):
    routes = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]
    plain = reading.read(vrp(tmp_path))
    cost = reading.stated_cost(plain, routes, reading.FINE)
    lines = [f"Route #{n}: {' '.join(map(str, route))}" for n, route in enumerate(routes, 1)]
    case = reading.read(vrp(tmp_path, sol="\n".join([*lines, f"Cost: {cost:.0f}"])))
    assert case.rounding is reading.FINE
    assert case.best_known == pytest.approx(cost / 1000)


def test_best_known_csv_beside_the_file_says_the_rule_and_the_cost(tmp_path):
    path = vrp(tmp_path)
    (tmp_path / "best_known.csv").write_text(
        "instance,file,best_known_cost,convention\n"
        "small,small.vrp,500.5,distance truncated to one decimal\n"
    )
    case = reading.read(path)
    assert (case.best_known, case.rounding) == (500.5, reading.TENTH)


def test_solomons_own_text_is_read(tmp_path):
    path = tmp_path / "c1.txt"
    rows = ["C1", "", "VEHICLE", "NUMBER CAPACITY", "3 10", "", "CUSTOMER", "CUST NO. X Y D R D S"]
    rows += ["0 40 50 0 0 500 0", "1 45 68 4 10 200 9", "2 45 70 4 10 200 9", "3 42 66 4 0 90 9"]
    path.write_text("\n".join(rows))
    found = measuring.rounds([path], {"seconds": 1})
    assert found["feasible"]
    assert found["stops"] == 3
    assert found["rounding"] == reading.TENTH.name


def test_distances_written_out_are_read(tmp_path):
    path = tmp_path / "e.vrp"
    path.write_text(
        "NAME: e\nTYPE: CVRP\nDIMENSION: 4\nCAPACITY: 3\nEDGE_WEIGHT_TYPE: EXPLICIT\n"
        "EDGE_WEIGHT_FORMAT: LOWER_ROW\nEDGE_WEIGHT_SECTION\n5\n7 3\n9 4 2\n"
        "DEMAND_SECTION\n1 0\n2 1\n3 1\n4 1\nDEPOT_SECTION\n1\n-1\nEOF\n"
    )
    found = measuring.rounds([path], {"seconds": 1})
    assert (found["cost"], found["feasible"]) == (5 + 4 + 2 + 7, True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "neither VRPLIB"),
        ("hello", "neither VRPLIB"),
        ("DIMENSION: 0\n", "0 places"),
        ("DIMENSION: x\n", "lacks its DIMENSION"),
        ("DIMENSION: 3\nNODE_COORD_SECTION\n1 a b\n", "other than numbers"),
        ("DIMENSION: 3\nNODE_COORD_SECTION\n1 1 1\n1 2 2\n2 3 3\n", "different places"),
        ("DIMENSION: 2\nPICKUP_AND_DELIVERY_SECTION\n1 1\n", "can't be planned here yet"),
        ("DIMENSION: 2\nEDGE_WEIGHT_TYPE: EUC_3D\n", "can't be read"),
        ("DIMENSION: 99999999\n", "can be planned"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_in_a_sentence(tmp_path, text, sentence):
    path = tmp_path / "bad.vrp"
    path.write_text(text)
    with pytest.raises(BadFile, match=sentence):
        measuring.rounds([path], {"seconds": 1})


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=300), head=st.sampled_from(["DIMENSION: 3\n", "VEHICLE\nCUST\n", ""]))
def test_no_file_breaks_the_reader(tmp_path_factory, text, head):
    path = tmp_path_factory.mktemp("r") / "x.vrp"
    path.write_text(head + text)
    with suppress(reading.CannotRead):
        reading.read(path)


def test_the_judge_finds_every_fault(tmp_path):
    more = "TIME_WINDOW_SECTION\n" + "\n".join(
        f"{n} 0 {9999 if n < 13 else 1}" for n in range(1, 14)
    )
    case = reading.read(vrp(tmp_path, more=more))
    good = [(n, [stop]) for n, stop in enumerate(range(1, 12))]
    said = " ".join(checking.judge(case, [*good, (11, [12])]).faults)
    assert "late at place 12" in said
    said = " ".join(checking.judge(case, good).faults)
    assert "Place 12 is visited 0 times" in said
    said = " ".join(checking.judge(case, [(0, list(range(1, 12)))]).faults)
    assert "carries too much" in said
    assert not checking.judge(case, [*good, (0, [1])]).feasible


def test_the_same_seed_and_tries_give_the_same_plan(tmp_path):
    problem, _members = reading.problem_of(reading.read(vrp(tmp_path)))
    a = solving.improve(problem, iterations=50, seed=3)
    b = solving.improve(problem, iterations=50, seed=3)
    assert (a.tours, a.cost) == (b.tours, b.cost)


def test_halves_put_together_serve_everybody_once(tmp_path):
    problem, _members = reading.problem_of(reading.read(vrp(tmp_path)))
    first = solving.improve(problem, iterations=20, seed=1)
    ours, theirs = twofold.cut(problem, first.tours, random.Random(1))
    near, far = twofold.share(problem, ours, theirs)
    assert [a.count + b.count for a, b in zip(near, far, strict=True)] == [
        kind.count for kind in problem.kinds
    ]
    found = twofold.solve(problem, seconds=4, halves=True)
    places = sorted(stop for tour in found.tours for stop in tour.stops)
    assert (places, found.feasible) == (list(range(1, 13)), True)
    assert found.cost <= first.cost


# --- Mornings ---------------------------------------------------------------------------------


def small_morning(seed=1, **more):
    return made_up.morning(seed, parcels=30, hubs=2, runners=6, **more)


def test_a_morning_is_planned_within_every_rule():
    made = small_morning()
    found = planning.quick(made)
    assert found.feasible
    assert found.served + len(found.left) == 30
    assert found.served > 20
    assert planning.quick(small_morning()).trips == found.trips


def test_both_cores_plan_one_morning():
    found = planning.plan(small_morning(2), seconds=2.5)
    assert found.feasible
    assert found.served + len(found.left) == 30


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(1, 500))
def test_no_plan_ever_breaks_a_rule(seed):
    made = made_up.morning(seed, parcels=12, hubs=2, runners=3)
    trips, _tried = planning.attempt(made, 0, seed, 20)
    times = [timed(made, number, mine) for number, mine in enumerate(trips)]
    assert [one.faults for one in times if one.faults] == []
    brought = [parcel for mine in trips for trip in mine for parcel in trip]
    assert len(brought) == len(set(brought))


HALL = (51.54, 0.13)


def one_runner(**parcel):
    made = Morning(
        [Hub("hall", HALL, opens=8 * HOUR, closes=12 * HOUR)],
        [Parcel("p", parcel.pop("place", (51.545, 0.135)), **parcel)],
        [Runner("r", "hall", "foot", 9 * HOUR, 12 * HOUR, room=5, can=frozenset({"urdu"}))],
    )
    made.travel, _trouble = travel.tables(made.places(), ["foot"])
    return made


@pytest.mark.parametrize(
    ("parcel", "code"),
    [
        ({}, None),
        ({"needs": frozenset({"urdu"})}, None),
        ({"needs": frozenset({"lift"})}, "needs"),
        ({"size": 6}, "size"),
        ({"closes": 9 * HOUR + 60}, "late"),
        ({"cool_for": 60}, "warm"),
        ({"opens": 13 * HOUR, "closes": 14 * HOUR}, "over"),
        ({"only": "somebody else"}, "pinned_gone"),
        ({"never": frozenset({"r"})}, "papers"),
        ({"hub": "other"}, "hub"),
        ({"service": 4 * HOUR}, "over"),
    ],
)
def test_what_stays_behind_says_why(parcel, code):
    found = planning.quick(one_runner(**parcel))
    assert [left.code for left in found.left] == ([code] if code else [])
    assert found.feasible


def test_what_must_stay_cool_comes_first_on_its_trip():
    made = one_runner()
    far = Parcel("far", (51.56, 0.16))
    cool = Parcel("cool", (51.541, 0.131), cool_for=600)
    made = dataclasses.replace(made, parcels=[far, cool])
    made.travel, _trouble = travel.tables(made.places(), ["foot"])
    found = planning.quick(made)
    assert found.feasible
    assert found.served == 2
    late = timed(made, 0, [[0, 1]])
    assert ("warm", 1) in late.faults


def test_a_runner_loads_again_when_there_is_too_much():
    made = one_runner()
    made = dataclasses.replace(
        made, parcels=[Parcel(f"p{n}", (51.541 + n / 5000, 0.131)) for n in range(8)]
    )
    made.travel, _trouble = travel.tables(made.places(), ["foot"])
    found = planning.quick(made)
    assert (found.served, len(found.trips[0])) == (8, 2)


def test_a_trip_leaves_as_late_as_it_may():
    made = one_runner(opens=11 * HOUR, cool_for=1800)
    trip = timed(made, 0, [[0]]).trips[0]
    assert trip.calls[0].starts == 11 * HOUR
    assert trip.calls[0].arrives == 11 * HOUR
    assert trip.leaves > 10 * HOUR


def test_nothing_to_plan_is_no_trouble():
    made = one_runner()
    assert planning.plan(dataclasses.replace(made, parcels=[])).left == []
    nobody = dataclasses.replace(made, runners=[])
    assert [left.code for left in planning.plan(nobody).left] == ["nobody"]


def test_a_broken_second_process_costs_only_its_half(monkeypatch):
    from doorstep.support.rounds.engine import child

    monkeypatch.setattr(child.sys, "executable", "/bin/false")
    found = planning.plan(small_morning(3), seconds=2)
    assert found.feasible
    assert found.served > 20


def test_the_second_process_does_what_this_one_does_and_nothing_else(tmp_path):
    from doorstep.support.rounds.engine.child import Child, ChildFailed

    problem, _members = reading.problem_of(reading.read(vrp(tmp_path)))
    made = small_morning(3)
    with Child() as child:
        child.ask("solving:improve", problem, None, iterations=20, seed=3)
        there = child.answer()
        here = solving.improve(problem, iterations=20, seed=3)
        assert (there.tours, there.cost) == (here.tours, here.cost)
        child.ask("planning:attempt", made, 0.0, 3, 20)
        assert child.answer() == planning.attempt(made, 0.0, 3, 20)
        child.ask("os:getcwd")
        with pytest.raises(ChildFailed, match="none of its work"):
            child.answer()


def test_a_frame_brings_back_what_went_in_and_names_no_other_class(tmp_path):
    problem, _members = reading.problem_of(reading.read(vrp(tmp_path)))
    stream = io.BytesIO()
    frames.write(stream, (problem, {"who": frozenset({"a"}), "way": [None, True, 2**40, 0.1]}))
    stream.seek(0)
    back, rest = frames.read(stream)
    assert rest == {"who": frozenset({"a"}), "way": [None, True, 2**40, 0.1]}
    assert (back.kinds, back.depots) == (problem.kinds, problem.depots)
    assert back.distance[0].tolist() == problem.distance[0].tolist()
    assert (back.distance[0] is back.duration[0]) == (problem.distance[0] is problem.duration[0])
    with pytest.raises(TypeError, match="holds no Popen"):
        frames.write(stream, type("Popen", (), {})())
    for head in (
        {"what": {"made": "Popen", "of": {}}, "arrays": []},
        {"what": {"array": 3}, "arrays": []},
        {"what": None, "arrays": [["|O8", [1]]]},
        {"what": {"eval": "1"}, "arrays": []},
        [],
    ):
        text = json.dumps(head).encode()
        with pytest.raises(ValueError, match=r"no frame|no such numbers"):
            frames.read(io.BytesIO(len(text).to_bytes(8, "big") + text))


# --- Travel times -----------------------------------------------------------------------------


class Osrm(BaseHTTPRequestHandler):
    answer: bytes | None = None
    asked: list[str] = []

    def do_GET(self):
        type(self).asked.append(self.path)
        places = len(self.path.split("/")[4].split("?")[0].split(";"))
        sources = self.path.split("sources=")[1].split("&")[0].split(";")
        goals = self.path.split("destinations=")[1].split("&")[0].split(";")
        assert places <= 90
        table = [[100 if a != b else 0 for b in goals] for a in sources]
        table[0][-1] = None if len(goals) > 1 else table[0][-1]
        body = self.answer or json.dumps({"code": "Ok", "durations": table}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def osrm():
    server = HTTPServer(("127.0.0.1", 0), Osrm)
    Thread(target=server.serve_forever, daemon=True).start()
    Osrm.answer, Osrm.asked = None, []
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


PLACES = [(51.50 + n / 1000, 0.10 + n / 900) for n in range(60)]


def test_travel_times_come_from_the_server_in_blocks(osrm):
    found, trouble = travel.tables(PLACES, ["car", "foot"], osrm)
    assert trouble == ""
    assert len(Osrm.asked) == 4
    assert all("/table/v1/car/" in path for path in Osrm.asked)
    assert found["car"][0, 1] == 100 + travel.AT_EACH_END["car"]
    assert (found["car"].diagonal() == 0).all()
    # A server without {mode} is one for cars.
    assert (found["foot"] == travel.by_crow(PLACES, "foot")).all()
    # What it can't reach is as the crow flies.
    assert found["car"][0, 44] == travel.by_crow(PLACES, "car")[0, 44]


@pytest.mark.parametrize(
    "answer", [b"no", b"[]", b'{"code":"Ok","durations":[[1]]}', b'{"code":"X"}']
)
def test_a_server_that_talks_nonsense_is_left_alone(osrm, answer):
    Osrm.answer = answer
    found, trouble = travel.tables(PLACES, ["car"], osrm)
    assert trouble
    assert (found["car"] == travel.by_crow(PLACES, "car")).all()


def test_a_server_that_is_not_there_is_no_reason_to_stop():
    found, trouble = travel.tables(PLACES, ["car", "van"], "http://127.0.0.1:1")
    assert trouble
    assert set(found) == {"car", "van"}


def test_walking_a_kilometre_takes_about_a_quarter_of_an_hour():
    seconds = travel.by_crow([(51.5, 0.1), (51.508993, 0.1)], "foot")[0, 1]
    assert 14 * 60 < seconds < 19 * 60
