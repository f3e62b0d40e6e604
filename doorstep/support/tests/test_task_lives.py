"""A task from offer to done; and who sees an address, when, and that it is written down."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import now
from doorstep.notices.models import Notice
from doorstep.people.models import Block, Person, Reading
from doorstep.people.rights import erasing, retention
from doorstep.people.tests.factories import PersonFactory
from doorstep.support.models import (
    Assignment,
    Check,
    Feedback,
    Offer,
    Request,
    RequestStep,
    SearchMark,
    Step,
    Task,
)
from doorstep.support.requests import finding, working
from doorstep.support.tasks import actions, rules
from doorstep.support.tests.helping import (
    ALL,
    DAY,
    HOUR,
    PLAIN,
    request_for,
    task_of,
    volunteer_for,
    world,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(borough):
    return world(borough)


def taken(w, at=None):
    return actions.give(w.task, w.helper, by=w.kwame, at=at or now())


def test_offered_accepted_on_the_way_done_and_told(w):
    at = now()
    offer = actions.offer(w.task, w.helper, by=w.kwame, at=at)
    assert Notice.objects.filter(person=w.dorina, kind="task-offer").count() == 1
    mine = actions.accept(offer, by=w.dorina, at=at + HOUR)
    actions.set_out(mine, by=w.dorina, at=at + 2 * HOUR)
    actions.finish(mine, by=w.dorina, at=at + 3 * HOUR, minutes=40)
    w.task.refresh_from_db()
    assert (w.task.state, mine.state, mine.minutes) == ("done", "done", 40)
    assert [step.kind for step in mine.steps.all()] == ["accepted", "on_the_way", "done"]
    assert Notice.objects.filter(person=w.maureen).count() == 3  # taken, coming, how


def test_of_two_who_say_yes_only_one_has_it(w):
    at = now()
    offer = actions.offer(w.task, w.helper, by=w.kwame, at=at)
    stale = Offer.objects.select_related("task__request__person", "volunteer__person").get()
    actions.decline(offer, by=w.dorina, at=at)
    other = volunteer_for(PersonFactory(known_as="Bryn", home=w.borough.ward), *ALL)
    second = Offer.objects.waiting().filter(task=w.task).first() or actions.offer(
        Task.objects.get(pk=w.task.pk), other, by=w.kwame, at=at
    )
    actions.accept(second, by=second.volunteer.person, at=at)
    with pytest.raises(actions.NotNow) as told:
        actions.accept(stale, by=w.dorina, at=at)
    assert "Somebody else has taken it" in str(told.value)
    assert Assignment.objects.live().filter(task=w.task).count() == 1


def test_a_check_that_runs_out_between_offer_and_yes_stops_it_and_frees_the_task(w):
    at = now()
    offer = actions.offer(w.task, w.helper, by=w.kwame, at=at)
    Check.objects.filter(kind="barred").update(expires_on=(at - DAY).date())
    with pytest.raises(actions.PapersRanOut) as told:
        actions.accept(offer, by=w.dorina, at=at)
    assert "adults' barred list" in str(told.value)
    w.task.refresh_from_db()
    assert w.task.state == "open"
    assert not Assignment.objects.exists()
    assert Notice.objects.filter(person=w.kwame, kind="task-desk").count() == 1


def test_a_task_called_off_on_the_way_ends_and_says_please_do_not_go(w):
    mine = taken(w)
    actions.set_out(mine, by=w.dorina, at=now())
    working.cancel_task(w.task, by=w.kwame, at=now())
    mine.refresh_from_db()
    assert mine.state == "cancelled"
    assert not rules.sees_address(w.dorina, mine, now())
    title = Notice.objects.filter(person=w.dorina, kind="task-news").latest("pk").title
    assert title == "Please don't go: a task was called off"
    with pytest.raises(actions.NotNow) as told:
        actions.finish(mine, by=w.dorina, at=now())
    assert "called off" in str(told.value)


def test_the_same_update_sent_twice_counts_once(w):
    mine = taken(w)
    for _time in range(2):
        actions.finish(mine, by=w.dorina, at=now(), key="k1234567890", minutes=30)
        mine.refresh_from_db()
    assert mine.steps.filter(kind="done").count() == 1


def test_an_offer_nobody_answers_moves_on_by_turn_and_then_to_the_desk(w):
    at = now()
    waited = volunteer_for(
        PersonFactory(known_as="Waited", home=w.borough.ward), *ALL, signed_up_at=at - 60 * DAY
    )
    volunteer_for(PersonFactory(known_as="Fresh", home=w.borough.ward), *ALL, signed_up_at=at)
    first = actions.offer(w.task, w.helper, by=w.kwame, at=at)
    late = first.expires_at + HOUR
    assert actions.expire(late) == 1
    assert actions.expire(late) == 0  # twice is the same as once
    assert Offer.objects.waiting().get().volunteer == waited
    for _wave in range(3):
        late += 30 * HOUR
        actions.expire(late)
    w.task.refresh_from_db()
    assert w.task.state == "open"
    assert Notice.objects.filter(person=w.kwame, kind="task-desk").count() == 1


def test_nobody_is_offered_what_the_law_keeps_from_them(w):
    plain = volunteer_for(PersonFactory(home=w.borough.ward), *PLAIN)
    with pytest.raises(actions.NotFit) as told:
        actions.offer(w.task, plain, by=w.kwame, at=now())
    assert "barred list" in str(told.value)
    call = task_of(w.request, "call")
    assert actions.offer(call, plain, by=w.kwame, at=now()).state == "open"


def test_somebody_of_another_patch_offers_nothing(w):
    with pytest.raises(actions.NotTheirs):
        actions.offer(w.task, w.helper, by=w.far, at=now())


def test_a_block_keeps_the_two_apart(w):
    Block.objects.create(blocker=w.maureen, blocked=w.dorina)
    with pytest.raises(actions.NotFit):
        actions.offer(w.task, w.helper, by=w.kwame, at=now())


def test_an_address_shows_only_while_the_task_is_theirs_and_each_look_is_written_down(w):
    at = now()
    offer = actions.offer(w.task, w.helper, by=w.kwame, at=at)
    mine = actions.accept(offer, by=w.dorina, at=at)
    seen = actions.open_address(mine, by=w.dorina, at=at)
    assert seen["address"] == "4 Heron Court"
    row = Reading.objects.get(reader=w.dorina)
    assert (row.subject, row.what, row.role) == (w.maureen, "address", "volunteer")
    for stranger in (w.kwame, w.saima, w.far, w.maureen):
        with pytest.raises(actions.NotTheirs):
            actions.open_address(mine, by=stranger, at=at)
    actions.hand_back(mine, by=w.dorina, at=at)
    with pytest.raises(actions.NotTheirs):
        actions.open_address(mine, by=w.dorina, at=at)
    assert Reading.objects.filter(what="address").count() == 1


# --- Whatever is pressed, in whatever order ------------------------------------------------------

VERBS = ("offer", "accept", "decline", "expire", "out", "done", "not", "back", "take", "off",
         "ask", "lapse", "renew", "block", "rest", "again")  # fmt: skip


@settings(
    max_examples=40, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(presses=st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 1)), max_size=14))
def test_whatever_is_pressed_a_task_has_one_or_nobody_and_no_address_leaks(db, borough, presses):
    from django.db import transaction

    with transaction.atomic():
        w = world(borough)
        other = volunteer_for(PersonFactory(known_as="Bryn", home=borough.ward), *ALL)
        crew, at = [w.helper, other], now()
        for verb, which in presses:
            at += HOUR
            press(w, crew[which], verb, at)
            check_all(w, crew, at)
        transaction.set_rollback(True)


def press(w, volunteer, verb, at):
    """Press one thing as a page of any age would; refusals are sentences, nothing else."""
    task = Task.objects.select_related("request__person", "locality").get(pk=w.task.pk)
    volunteer = type(volunteer).objects.select_related("person").get(pk=volunteer.pk)
    me = volunteer.person
    offer = Offer.objects.filter(volunteer=volunteer).order_by("-pk").first()
    mine = Assignment.objects.filter(volunteer=volunteer).order_by("-pk").first()
    try:
        if verb == "offer":
            actions.offer(task, volunteer, by=w.kwame, at=at)
        elif verb == "accept" and offer:
            actions.accept(offer, by=me, at=at)
        elif verb == "decline" and offer:
            actions.decline(offer, by=me, at=at)
        elif verb == "expire":
            actions.expire(at + 30 * HOUR)
        elif verb == "out" and mine:
            actions.set_out(mine, by=me, at=at)
        elif verb == "done" and mine:
            actions.finish(mine, by=me, at=at)
        elif verb == "not" and mine:
            actions.not_done(mine, by=me, at=at, why="ill")
        elif verb == "back" and mine:
            actions.hand_back(mine, by=me, at=at)
        elif verb == "take" and mine:
            actions.take_back(mine, by=w.kwame, at=at)
        elif verb == "off":
            working.cancel_task(task, by=w.kwame, at=at)
        elif verb == "lapse":
            Check.objects.filter(volunteer=volunteer, kind="barred").update(
                expires_on=(at - DAY).date()
            )
        elif verb == "renew":
            Check.objects.filter(volunteer=volunteer, kind="barred").update(
                expires_on=(at + 99 * DAY).date()
            )
        elif verb == "block":
            Block.objects.get_or_create(blocker=w.maureen, blocked=me)
        elif verb == "rest":
            type(volunteer).objects.filter(pk=volunteer.pk).update(state="resting")
        elif verb == "again":
            type(volunteer).objects.filter(pk=volunteer.pk).update(state="here")
    except (actions.NotNow, working.NotNow):
        pass


def check_all(w, crew, at):
    task = Task.objects.get(pk=w.task.pk)
    live = Assignment.objects.live().filter(task=task)
    offers = Offer.objects.waiting().filter(task=task)
    assert live.count() == (task.state in ("accepted", "on_the_way"))
    assert offers.count() == (task.state == "offered")
    assert (task.taken_at is None) == (task.state in ("open", "offered")) or task.ended_at
    for volunteer in crew:
        me = Person.objects.get(pk=volunteer.person_id)
        for one in Assignment.objects.filter(volunteer=volunteer).select_related(
            "task__request__person", "volunteer"
        ):
            sees = rules.sees_address(me, one, at)
            barred = Check.objects.get(volunteer=volunteer, kind="barred").expires_on
            apart = Block.objects.filter(blocker=w.maureen, blocked=me).exists()
            assert sees == (one.is_live and barred >= at.date() and not apart)


# --- Afterwards -----------------------------------------------------------------------------------


def test_she_seems_lonely_becomes_a_friendly_call_once_she_said_yes(w):
    mine = taken(w)
    actions.finish(mine, by=w.dorina, at=now())
    row = actions.give_feedback(
        mine, side="volunteer", mood=4, by=w.dorina, at=now(), more="call",
        more_words="She seems lonely",
    )  # fmt: skip
    assert row.became is None  # what a volunteer thinks is nobody's yes
    assert list(actions.waiting_for_more(w.kwame)) == [row]
    assert list(actions.waiting_for_more(w.far)) == []
    actions.follow_up(row, by=w.kwame, at=now())
    row.refresh_from_db()
    assert (row.became.kind, row.became.request) == ("call", w.request)
    assert list(actions.waiting_for_more(w.kwame)) == []
    actions.follow_up(row, by=w.kwame, at=now())
    assert Task.objects.filter(request=w.request, kind="call").count() == 1


def test_both_sides_tell_once_and_kind_words_come_to_the_volunteer(w):
    mine = taken(w)
    actions.finish(mine, by=w.dorina, at=now())
    for _time in range(2):
        actions.give_feedback(
            mine, side="person", mood=5, by=w.kwame, at=now(), words="She is a treasure.",
            how="phone",
        )  # fmt: skip
    assert Feedback.objects.count() == 1
    assert [row.words for row in w.helper.thank_yous.all()] == ["She is a treasure."]
    with pytest.raises(actions.NotTheirs):
        actions.give_feedback(mine, side="person", mood=5, by=w.dorina, at=now())


def test_in_a_drill_nobody_is_asked(w, borough):
    drill = task_of(request_for(w.maureen, borough.locality, is_drill=True), "dog")
    with pytest.raises(actions.NotNow):
        actions.offer(drill, w.helper, by=w.kwame, at=now())
    assert not Notice.objects.filter(person=w.dorina).exists()


# --- Two years on -----------------------------------------------------------------------------


def test_two_years_after_it_ended_its_words_are_gone_and_other_things_go_on(w):
    mine = taken(w)
    RequestStep.objects.create(request=w.request, kind="note", words="She was tired.", by=w.kwame)
    Step.objects.create(assignment=mine, kind="done", words="She was out of bed.", by=w.dorina)
    _plain, joint, needed = (request_for(w.maureen, w.borough.locality) for _number in range(3))
    ended = {"state": "done", "outcome": "helped", "closed_at": now() - 731 * DAY}
    Request.objects.update(**ended)
    Request.objects.filter(pk=joint.pk).update(state="merged", merged_into=needed)
    task_of(joint)
    report = retention.run(at=now())
    assert report.done_at is not None
    # One that nobody did anything for goes whole. What has tasks stays for whoever went there, and
    # for the accounts: nobody can read in it what was wrong, or where.
    left = Request.objects.order_by("pk")
    assert [one.pk for one in left] == [w.request.pk, joint.pk, needed.pk]
    for request in left:
        assert (request.words, request.gist, request.address, request.phone) == ("", "", "", "")
        assert request.latitude is None
    assert {(one.what, one.door_note) for one in Task.objects.all()} == {("", "")}
    assert {one.words for one in RequestStep.objects.all()} == {""}
    assert {one.words for one in Step.objects.all()} == {""}
    assert Assignment.objects.filter(volunteer=w.helper).count() == 1
    # Nor can it be found by a name or street: the marks of both go, those of others stay.
    other = request_for(w.maureen, w.borough.locality)
    for one in (w.request, other):
        finding.remember(one)
    finding.forget_old()
    assert set(SearchMark.objects.values_list("request", flat=True)) == {other.pk}
    again = retention.run(at=now())
    assert again.counts == report.counts


def test_the_marks_of_what_somebody_asked_for_go_with_them(w):
    other = request_for(w.far, w.borough.locality)
    for one in (w.request, other):
        finding.remember(one)
    erasing.erase(w.maureen, takes_posts=False)
    assert set(SearchMark.objects.values_list("request", flat=True)) == {other.pk}
