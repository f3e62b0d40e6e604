"""Whatever is pressed, in whichever order and on pages of any age: a request is never lost."""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from doorstep.base.time import now
from doorstep.people.models import Person
from doorstep.support.models import Request, RequestStep, Task
from doorstep.support.requests import rules, working
from doorstep.support.tests.desk import ask, at_hub, make_desk

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
WHO = ("officer", "second_officer", "organiser", "far_organiser")
VERBS = (
    "route", "take-back", "accept", "decline", "hand-over", "take", "wait", "note", "split",
    "merge", "part", "close", "reopen", "triage", "move", "task", "postcode", "time", "end-task",
)  # fmt: skip
# (verb, who presses it, on which request, with which other one, on an old page or a fresh one)
PRESSES = st.lists(
    st.tuples(
        st.sampled_from(VERBS), st.sampled_from(WHO), st.integers(0, 5), st.integers(0, 5),
        st.booleans(),
    ),
    min_size=4,
    max_size=22,
)  # fmt: skip


@settings(
    max_examples=30, phases=[Phase.generate], deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(PRESSES)
def test_a_request_is_never_ownerless_never_lost_and_never_two_peoples(borough, presses):
    with transaction.atomic():
        desk = make_desk(borough)
        first = ask(desk)
        for _number in range(2):
            working.accept(at_hub(desk, person=first.person), by=desk.organiser, at=now())
        pages = {pk: Request.objects.get(pk=pk) for pk in known()}
        at = now()
        trail = 0
        for number, press in enumerate(presses):
            at += HOUR / 4
            act(desk, pages, press, number, at)
            trail = check(desk, trail)
        transaction.set_rollback(True)


def known():
    return list(Request.objects.order_by("pk").values_list("pk", flat=True))


def act(desk, pages, press, number, at):
    """Press one thing as the page would: only who may, and refusals are sentences."""
    verb, who, which, other, is_old = press
    if verb == "time":
        working.climb(at + 200 * HOUR)
        return
    ids = known()
    pk, other_pk = ids[which % len(ids)], ids[other % len(ids)]
    fresh = Request.objects.get(pk=pk)
    row = pages.get(pk, fresh) if is_old else fresh
    pages[pk] = Request.objects.get(pk=pk)
    into = Request.objects.get(pk=other_pk)
    # The page asks these of the row as it is now.
    name = {"move": "triage", "postcode": "triage", "end-task": "cancel-task"}.get(verb, verb)
    workers = [Person.objects.get(pk=getattr(desk, one).pk) for one in WHO]
    able = [one for one in workers if rules.can_see(one, fresh) and rules.may(one, fresh, name)]
    if not able:
        return
    # Somebody who may: most presses do something.
    me = able[WHO.index(who) % len(able)]
    far = desk.borough.far_locality
    here = desk.borough.locality
    key = f"press-{number:06d}"
    try:
        {
            "route": lambda: working.route(row, by=me, at=at),
            "take-back": lambda: working.take_back(row, by=me, at=at),
            "accept": lambda: working.accept(row, by=me, at=at),
            "decline": lambda: working.decline(row, by=me, at=at, words="We are full."),
            "hand-over": lambda: working.hand_over(
                row, by=me, at=at, to=far if row.locality == here else here, words="Yours"
            ),
            "take": lambda: working.take(row, by=me, at=at),
            "wait": lambda: working.wait_for_person(row, by=me, at=at),
            "note": lambda: working.note(row, by=me, at=at, words="Rang"),
            "split": lambda: working.split(
                row, by=me, at=at, words="A part.", client_key=key,
                tasks=list(row.tasks.all()[:1]),
            ),
            "merge": lambda: rules.can_see(me, into) and working.merge(row, into, by=me, at=at),
            "part": lambda: working.part(row, by=me, at=at),
            "close": lambda: working.close(row, by=me, at=at, outcome="helped"),
            "reopen": lambda: working.reopen(row, by=me, at=at),
            "triage": lambda: working.triage(
                row, by=me, at=at, version=row.version, priority=1 + number % 3
            ),
            "move": lambda: working.triage(
                row, by=me, at=at, version=row.version, locality=(far, here, None)[number % 3]
            ),
            "postcode": lambda: working.triage(
                row, by=me, at=at, version=row.version,
                postcode=("RM8 2AA", "RM10 7FH", "SW1A 1AA")[number % 3],
            ),
            "task": lambda: working.add_task(row, by=me, at=at, kind="dog", client_key=key),
            "end-task": lambda: [
                working.cancel_task(task, by=me, at=at)
                for task in Task.objects.unfinished().filter(request=row)[:1]
            ],
        }[verb]()  # fmt: skip
    except (working.NotNow, working.Stale):
        pass


def check(desk, trail):
    """What holds at every moment; returns how long the trail of all is by now."""
    workers = [Person.objects.get(pk=getattr(desk, who).pk) for who in WHO]
    rows = list(Request.objects.select_related("person", "locality", "owner"))
    for row in rows:
        if row.is_open:
            # Never ownerless: a clock runs, and somebody sees it; who has it in hand sees it too.
            assert row.due_at is not None
            assert (row.closed_at, row.outcome, row.merged_into_id) == (None, "", None)
            assert any(rules.can_see(one, row) for one in workers)
            if row.owner is not None:
                owner = next(one for one in workers if one.pk == row.owner_id)
                assert rules.can_see(owner, row), (row.state, row.owner, row.locality)
            if row.state == "in_hand":
                assert row.owner is not None
            if row.state in ("new", "hub"):
                assert row.owner is None, row.state
            if row.state == "hub":
                hubs = {"Riverside": "Organiser", "Hilltop": "Far Organiser"}
                name = hubs[row.locality.name]
                assert [one.known_as for one in workers[2:] if rules.can_see(one, row)] == [
                    name
                ]  # never two hubs'
        else:
            assert row.closed_at is not None
            assert row.due_at is None
            # Never lost: what was put together leads, in a few steps, to what stands by itself.
            seen = set()
            while row.merged_into_id:
                assert row.pk not in seen
                seen.add(row.pk)
                row = Request.objects.get(pk=row.merged_into_id)
            assert row.state != "merged"
    for task in Task.objects.unfinished().select_related("request"):
        # Nobody's piece of work hangs on a request that is over, or lies in another patch.
        assert task.request.is_open
        assert task.locality_id == task.request.locality_id
    now_long = RequestStep.objects.count()
    assert now_long >= trail
    return now_long


# --- What the generated lives found, by name -----------------------------------------------------


@pytest.fixture
def desk(borough):
    return make_desk(borough)


def test_a_postcode_put_right_at_the_hub_moves_the_request_nowhere(desk):
    made = at_hub(desk)
    working.accept(made, by=desk.organiser, at=now())
    done = working.triage(
        made, by=desk.organiser, at=now(), version=made.version, postcode="RM8 2AA",
        locality=made.locality,
    )  # fmt: skip
    assert (done.postcode, done.locality) == ("RM8 2AA", desk.borough.locality)
    assert done.by_hand
    assert rules.can_see(desk.organiser, done)


def test_what_a_hub_has_is_handed_over_and_never_moved_under_its_hands(desk, client):
    made = at_hub(desk)
    working.accept(made, by=desk.organiser, at=now())
    client.force_login(desk.officer.account)
    answer = client.post(
        f"/support/requests/{made.ref}/triage/",
        {"version": made.version, "gist": "Typed with care", "priority": "3",
         "language": "en-gb", "postcode": "RM10 7FH", "locality": desk.borough.far_locality.pk},
    )  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Hand it over, or take it back first." in page
    assert "Typed with care" in page
    made.refresh_from_db()
    assert made.locality == desk.borough.locality


def test_an_old_page_takes_a_request_as_it_stands_now(desk):
    made = at_hub(desk)
    working.accept(made, by=desk.organiser, at=now())
    old = Request.objects.get(pk=made.pk)
    working.take_back(made, by=desk.officer, at=now())
    working.take(old, by=desk.second_officer, at=now())
    made.refresh_from_db()
    assert (made.state, made.owner) == ("in_hand", desk.second_officer)


def test_what_is_parted_again_lies_where_its_request_lies(desk):
    one, other = at_hub(desk), None
    other = at_hub(desk, person=one.person)
    task = working.add_task(one, by=desk.organiser, at=now(), kind="dog", client_key="d" * 9)
    working.merge(one, other, by=desk.organiser, at=now())
    working.hand_over(
        other, by=desk.organiser, at=now(), to=desk.borough.far_locality, words="Yours"
    )
    one.refresh_from_db()
    working.part(one, by=desk.officer, at=now())
    task.refresh_from_db()
    assert (task.request, task.locality) == (one, desk.borough.locality)
