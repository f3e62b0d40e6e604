"""Who could do a task, in which order and why; and a backlog shared out, proved the cheapest."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.base.time import in_london, now
from doorstep.people.models import Block
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.matching import bench, engine, planning, ranking
from doorstep.support.models import Assignment, HelpReason, Offer, Plan, Task
from doorstep.support.tasks import actions
from doorstep.support.tests.helping import (
    ALL,
    DAY,
    PLAIN,
    request_for,
    task_of,
    volunteer_for,
    world,
)
from doorstep.support.volunteers import skills

# --- The engine, against another solver ---------------------------------------------------------


def cheapest_by_scipy(case: engine.Case) -> int:
    """The cost by SciPy's assignment: a row for each task, a column for each job of a volunteer
    and one for leaving each task."""
    from scipy.optimize import linear_sum_assignment

    n = case.tasks
    seats = [
        (volunteer, int((case.load[volunteer] + nth) * engine.MORE))
        for volunteer in range(case.volunteers)
        for nth in range(min(int(case.room[volunteer]), n))
    ]
    never = 10**12
    table = np.full((n, len(seats) + n), never, dtype=np.int64)
    price = {}
    for task, volunteer, cost in zip(*engine.all_pairs(case), strict=True):
        price[int(task), int(volunteer)] = int(cost)
    for task in range(n):
        for column, (volunteer, more) in enumerate(seats):
            if (task, volunteer) in price:
                table[task, column] = price[task, volunteer] + more
        table[task, len(seats) + task] = case.left()[task]
    rows, columns = linear_sum_assignment(table)
    return int(table[rows, columns].sum())


SIZES = [((40, 12), 1), ((60, 25), 2), ((120, 40), 3), ((200, 150), 4)]


@pytest.mark.parametrize(("size", "seed"), SIZES)
def test_a_shared_out_backlog_is_as_cheap_as_another_solver_finds(size, seed):
    case = bench.made(*size, seed=seed)
    shared = engine.share_out(case)
    assert shared.proved
    assert shared.cost == shared.bound == cheapest_by_scipy(case)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 14), st.integers(1, 8), st.integers(0, 10_000))
def test_small_backlogs_of_every_sort_are_proved(tasks, volunteers, seed):
    case = bench.made(tasks, volunteers, seed=seed)
    shared = engine.share_out(case)
    assert (shared.proved, shared.cost) == (True, cheapest_by_scipy(case))
    given_ = shared.who[shared.who >= 0]
    assert (np.bincount(given_, minlength=case.volunteers) <= case.room).all()


def test_pairs_left_out_at_first_are_put_in_where_they_make_it_cheaper(monkeypatch):
    case = bench.made(300, 80, seed=5)
    whole = engine.share_out(case)
    monkeypatch.setattr(engine, "_AT_FIRST", 1)
    thin = engine.share_out(case)
    assert thin.rounds > 1
    assert (thin.proved, thin.cost) == (True, whole.cost)


def test_a_rising_price_spreads_the_work():
    found = bench.run([bench.Path("400x200")], {})
    assert found["proved_optimal"] is True
    assert found["gini_after"] < found["gini_without_a_rising_price"]


def test_gini_of_all_alike_is_nought():
    assert engine.gini(np.array([2, 2, 2])) == 0
    assert engine.gini(np.array([0, 0, 9])) == pytest.approx(2 / 3)
    assert engine.gini(np.array([])) == 0


# --- From the database -------------------------------------------------------


@pytest.fixture
def w(borough):
    return world(borough)


def names(w, task, at=None):
    task = ranking.ready(Task.objects.filter(pk=task.pk)).get()
    team = ranking.crew(ranking.volunteers_for(w.kwame), at or now(), tasks=[task])
    return ranking.rank(task, team, at=at or now())


@pytest.mark.django_db
def test_longest_without_a_task_comes_first_and_the_page_can_say_why(w):
    at = now()
    old = volunteer_for(
        PersonFactory(known_as="Old", home=w.borough.ward), *ALL, signed_up_at=at - 30 * DAY
    )
    found = names(w, w.task, at)
    assert [one.volunteer for one in found.best] == [old, w.helper]
    said = found.best[0].words
    assert "has the check the law asks for" in said
    assert "waits for a first task for 30 days" in said
    assert any(words.endswith("away") for words in said)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"papers": PLAIN}, "no enhanced check with the barred list"),
        ({"state": "resting"}, None),
        ({"kinds": ["dog"]}, "would rather do something else"),
        ({"radius_metres": 5}, "live too far away"),
        ({"availability": 1 << 20}, "aren't free then"),
        ({"skills": []}, "can't do what is needed"),
        ({"languages": ["ro"]}, "don't speak the language"),
    ],
)
def test_whoever_does_not_fit_is_left_out_and_counted_with_the_reason(w, change, why):
    morning = in_london(now().replace(tzinfo=None, hour=9)) + DAY
    papers = change.pop("papers", ALL)
    languages = change.pop("languages", ["bn", "en-gb"])
    words = {"skills": ["lifting"], **change}
    person = PersonFactory(known_as="X", home=w.borough.ward, languages=languages)
    w.helper.delete()
    volunteer_for(person, *papers, **words)
    task = task_of(
        w.request, skills=["lifting"], language="bn", starts_at=morning,
        ends_at=morning + 2 * (DAY / 24),
    )  # fmt: skip
    found = names(w, task)
    if change.get("availability") and skills.part_of(morning) == 20:
        return
    assert found.best == []
    assert found.why_not == ([(why, 1)] if why else [])


@pytest.mark.django_db
def test_anywhere_in_the_borough_has_no_end_and_the_way_is_said(w):
    Task.objects.filter(pk=w.task.pk).update(latitude=51.66)  # thirteen kilometres from home
    assert names(w, ranking.ready(Task.objects).get(pk=w.task.pk)).why_not == [
        ("live too far away", 1)
    ]
    w.helper.radius_metres = skills.ANYWHERE
    w.helper.save(update_fields=["radius_metres"])
    found = names(w, ranking.ready(Task.objects).get(pk=w.task.pk)).best
    assert [one.volunteer for one in found] == [w.helper]
    assert found[0].metres > skills.ANYWHERE
    assert "17.3 km away" in found[0].words
    assert "goes anywhere in the borough" in found[0].words
    to_them = ranking.in_words(found[0].reasons, to_them=True)
    assert "You said that you go anywhere in the borough." in to_them


@pytest.mark.parametrize(
    ("metres", "said"),
    [(0, "less than 500 m"), (499, "less than 500 m"), (740, "0.5 km"), (2_600, "2.5 km"),
     (3_400, "3 km"), (17_300, "17 km")],
)  # fmt: skip
def test_before_a_yes_the_way_is_said_too_roughly_to_tell_whose_door_it_is(metres, said):
    reasons = [{"code": "near", "n": metres}]
    assert ranking.in_words(reasons, to_them=True) == [f"It is {said} from you."]


@pytest.mark.django_db
def test_own_patch_only(w):
    far = volunteer_for(PersonFactory(home=w.borough.far_ward), *ALL)
    assert list(ranking.volunteers_for(w.far)) == [far]
    assert list(ranking.volunteers_for(w.kwame)) == [w.helper]
    assert set(ranking.volunteers_for(w.saima)) == {far, w.helper}
    assert list(ranking.volunteers_for(w.dorina)) == []


@pytest.mark.django_db
def test_somebody_who_helped_them_before_says_so(w):
    done = actions.give(w.task, w.helper, by=w.kwame, at=now())
    actions.finish(done, by=w.dorina, at=now())
    assert names(w, task_of(w.request)).best[0].words[0] == "has helped them before"


@pytest.mark.django_db
def test_asked_once_and_said_no_is_not_asked_again_for_the_same(w):
    offer = actions.offer(w.task, w.helper, by=w.kwame, at=now())
    actions.decline(offer, by=w.dorina, at=now())
    found = names(w, w.task)
    assert found.best == []
    assert found.why_not == [("were asked already, or don't fit together", 1)]


@pytest.mark.django_db
def test_a_plan_is_proposed_looked_through_and_only_then_sent(w, borough):
    bryn = volunteer_for(PersonFactory(known_as="Bryn", home=borough.ward), *ALL)
    second = task_of(request_for(PersonFactory(home=borough.ward), borough.locality), "dog")
    third = task_of(request_for(PersonFactory(home=borough.ward), borough.locality), "call")
    task_of(request_for(PersonFactory(home=borough.ward), borough.far_locality), "call")
    plan = planning.propose(by=w.kwame, at=now())
    assert not Offer.objects.exists()
    lines = {line.task: line for line in plan.lines.all()}
    assert set(lines) == {w.task, second, third}
    assert plan.figures["proved"] is True
    assert {line.volunteer for line in lines.values()} == {w.helper, bryn}  # shared out
    Task.objects.filter(pk=third.pk).update(state="cancelled", ended_at=now())
    counts = planning.send(plan, by=w.kwame, at=now(), keep={lines[w.task].pk, lines[third].pk})
    assert counts == {"sent": 1, "overtaken": 1, "left_out": 1}
    assert [offer.task for offer in Offer.objects.all()] == [w.task]
    with pytest.raises(actions.NotNow):
        planning.send(plan, by=w.kwame, at=now())
    with pytest.raises(actions.NotTheirs):
        planning.send(Plan.objects.create(by=w.kwame), by=w.saima, at=now())


@pytest.mark.django_db
def test_blocked_and_own_requests_are_never_matched(w):
    Block.objects.create(blocker=w.dorina, blocked=w.maureen)
    assert names(w, w.task).best == []
    own = task_of(request_for(w.dorina, w.borough.locality), "dog")
    assert [one.volunteer for one in names(w, own).best] == []


@pytest.mark.django_db
def test_fairness_counts_who_had_nothing(w):
    volunteer_for(PersonFactory(home=w.borough.ward), signed_up_at=now() - 50 * DAY)
    actions.give(w.task, w.helper, by=w.kwame, at=now())
    fair = planning.fairness(w.kwame, now())
    assert (fair["helping"], fair["waiting"], fair["longest"]) == (2, 1, 50)
    assert fair["gini"] == pytest.approx(0.5)


@pytest.mark.django_db
def test_a_longer_list_costs_no_more_queries(w, django_assert_max_num_queries):
    for _number in range(3):
        volunteer_for(PersonFactory(home=w.borough.ward), *ALL)
    HelpReason.objects.all()
    task = ranking.ready(Task.objects.filter(pk=w.task.pk)).get()
    with django_assert_max_num_queries(12):
        team = ranking.crew(ranking.volunteers_for(w.kwame), now(), tasks=[task])
        ranking.rank(task, team, at=now())
    json.dumps([one.reasons for one in ranking.rank(task, team, at=now()).best])
    assert Assignment.objects.count() == 0
