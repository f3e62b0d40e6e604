"""What leads do with an alert: states, clocks, escalation, joining, and never somebody near it."""

import datetime as dt
from functools import wraps

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import local
from doorstep.notices.models import Notice
from doorstep.people.models import Person
from doorstep.people.tests.factories import PersonFactory
from doorstep.safeguarding import actions, rules
from doorstep.safeguarding.models import Alert, Party, PassedOn, Step
from doorstep.safeguarding.tests.factories import AT, alert, give_role, make_lead

HOUR = dt.timedelta(hours=1)
SOON = AT + dt.timedelta(days=1)


class _Undo(Exception):
    pass


def alone(test):
    """Undo what each generated example did, so that the next begins with an empty world."""

    @wraps(test)
    def wrapped(*args, **kwargs):
        try:
            with transaction.atomic():
                test(*args, **kwargs)
                raise _Undo
        except _Undo:
            pass

    return wrapped


def fresh(row):
    return Alert.objects.get(pk=row.pk)


def again(person):
    """The same person, with nothing remembered."""
    return Person.objects.get(pk=person.pk)


def take(row, lead, **more):
    actions.take(row, by=lead, next_step="Ring her", at=AT + HOUR, **{"due_at": SOON, **more})


# --- The way of an alert --------------------------------------------------------------------


def test_an_alert_goes_from_new_to_closed_and_open_again(borough):
    lead, row = make_lead(borough), alert()
    assert actions.look(row, by=lead, at=AT)
    assert not actions.look(row, by=lead, at=AT + HOUR)
    take(row, lead)
    actions.add_step(
        row, by=lead, kind="call", words="She is at her sister's.", next_step="Visit",
        due_at=SOON, at=AT + HOUR,
    )  # fmt: skip
    actions.record_told(row, by=lead, told="asked", words="By phone, by me.", at=AT + HOUR)
    passed = actions.pass_on(
        row, by=lead, to="adults", to_words="Duty desk", sent="Her words.", next_step="Ask them",
        due_at=SOON, at=AT + HOUR,
    )  # fmt: skip
    assert fresh(row).state == "referred"
    actions.came_back(
        row, passed, by=lead, answer="They visit today.", next_step="Ring them", due_at=SOON,
        at=AT + 2 * HOUR,
    )  # fmt: skip
    actions.close(row, by=lead, outcome="safer", words="She has a plan.", at=SOON)
    assert (fresh(row).state, fresh(row).due_at) == ("closed", None)
    actions.reopen(row, by=lead, words="It happened again.", at=SOON)
    assert (fresh(row).state, fresh(row).owner) == ("reopened", None)
    assert [step.kind for step in Step.objects.filter(alert=row)] == [
        "raised", "seen", "taken", "call", "told", "passed_on", "came_back", "closed", "reopened",
    ]  # fmt: skip


@pytest.mark.parametrize("verb", ["pass_on", "close"])
def test_nothing_is_passed_on_or_closed_before_telling_is_written_down(verb, borough):
    lead, row = make_lead(borough), alert()
    take(row, lead)
    more = {
        "pass_on": {"to": "police", "to_words": "", "sent": "x", "next_step": "y", "due_at": SOON},
        "close": {"outcome": "safe", "words": "x"},
    }[verb]
    with pytest.raises(actions.NotNow, match="asked or told"):
        getattr(actions, verb)(row, by=lead, at=SOON, **more)
    actions.record_told(row, by=lead, told="not", words="It would warn him.", at=SOON)
    getattr(actions, verb)(row, by=lead, at=SOON, **more)


def test_what_was_done_is_only_ever_added(borough):
    lead, row = make_lead(borough), alert()
    take(row, lead)
    step = Step.objects.filter(alert=row).first()
    step.words = "something else"
    for change in (
        step.save,
        step.delete,
        lambda: Step.objects.update(words=""),
        lambda: Step.objects.filter(alert=row).delete(),
    ):
        with pytest.raises(TypeError):
            change()


def test_two_leads_at_once_close_it_once(borough):
    lead, other, row = make_lead(borough), make_lead(borough, "Omar"), alert()
    take(row, lead)
    actions.record_told(row, by=lead, told="told", words="By me.", at=SOON)
    stale = fresh(row)
    actions.close(row, by=lead, outcome="safe", words="x", at=SOON)
    with pytest.raises(actions.NotNow):
        actions.close(stale, by=other, outcome="safe", words="x", at=SOON)


# --- Who never sees it ------------------------------------------------------------------------


@pytest.mark.parametrize("part", Party.Part.values)
def test_a_lead_with_a_part_in_it_neither_sees_nor_hears_of_it(part, borough):
    lead, near = make_lead(borough), make_lead(borough, "Near")
    row = alert()
    actions.name_party(row, by=lead, person=near, part=part, at=AT)
    near = again(near)
    assert not rules.can_see(near, row)
    assert list(Alert.objects.visible_to(near)) == []
    with pytest.raises(actions.NotYours):
        take(row, near)
    before = Notice.objects.filter(person=near).count()
    actions.escalate(SOON + 9 * HOUR)
    assert Notice.objects.filter(person=near).count() == before


def test_an_alert_about_a_lead_is_never_told_to_them(borough):
    lead, them = make_lead(borough), make_lead(borough, "Them")
    alert(about=them)
    assert not Notice.objects.filter(person=them).exists()
    assert Notice.objects.filter(person=lead).count() == 1


def test_when_every_lead_has_a_part_somebody_else_is_asked_for_without_content(
    borough, settings, mailoutbox, django_capture_on_commit_callbacks
):
    settings.SAFEGUARDING_MAIL = "deputy@example.org"
    them, admin = make_lead(borough, "Them"), PersonFactory(known_as="Ada")
    give_role(admin, borough, "administrator")
    with django_capture_on_commit_callbacks(execute=True):
        alert(about=them, what="PLANTED", about_words="PLANTED too")
    assert not Notice.objects.filter(person=them).exists()
    notice = Notice.objects.get(person=admin)
    assert "needs somebody else" in notice.title
    assert "PLANTED" not in notice.title + notice.body + notice.path
    [letter] = mailoutbox
    assert letter.to == ["deputy@example.org"]
    assert "PLANTED" not in letter.subject + letter.body
    # The administrator still sees nothing; whoever is given the role does.
    assert list(Alert.objects.visible_to(admin)) == []
    assert Alert.objects.visible_to(make_lead(borough, "New")).count() == 1


def test_an_administrator_whom_it_is_about_is_not_told_either(borough):
    admin = PersonFactory(known_as="Ada")
    give_role(admin, borough, "administrator")
    alert(about=admin)
    assert not Notice.objects.filter(person=admin).exists()


def test_an_owner_who_steps_back_or_loses_the_role_loses_it(borough):
    lead, other = make_lead(borough), make_lead(borough, "Omar")
    row = alert()
    take(row, lead)
    actions.name_party(row, by=lead, person=lead, part="close", at=AT + HOUR)
    assert (fresh(row).owner, fresh(row).state) == (None, "seen")
    take(fresh(row), again(other))
    other.roles.update(ends_at=AT)
    actions.escalate(AT + 2 * HOUR)
    assert (fresh(row).owner, fresh(row).state) == (None, "seen")


def test_an_alert_joined_to_one_that_a_lead_has_a_part_in_is_hidden_too(borough):
    lead, near = make_lead(borough), make_lead(borough, "Near")
    one, two = alert(about=near), alert()
    assert rules.can_see(near, two)
    actions.join(two, one, by=lead, at=AT)
    near = again(near)
    assert not rules.can_see(near, fresh(two))
    assert list(Alert.objects.visible_to(near)) == []
    actions.part(fresh(two), by=lead, at=AT)
    assert list(Alert.objects.visible_to(again(near))) == [two]


WORLD = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from(["about", "party", "join", "link"]), st.integers(0, 4)
    ),
    max_size=10,
)


@given(moves=WORLD)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@alone
def test_can_see_and_visible_to_say_the_same(moves, borough):
    people = [make_lead(borough, f"Lead {n}") for n in range(3)]
    people += [PersonFactory(), PersonFactory()]
    rows = [alert() for _ in range(4)]
    for number, move, who in moves:
        row = rows[number]
        if move == "about":
            Alert.objects.filter(pk=row.pk).update(about=people[who])
        elif move == "party":
            Party.objects.get_or_create(alert=row, person=people[who], defaults={"part": "close"})
        elif move == "join" and number and not row.joined.exists():
            Alert.objects.filter(pk=row.pk).update(joined_to=rows[0])
    for person in [*map(again, people), None]:
        assert set(Alert.objects.visible_to(person)) == {
            row for row in Alert.objects.all() if rules.can_see(person, row)
        }
    for row in Alert.objects.all():
        told = set(rules.leads(but_parties_of=row))
        assert told == {one for one in map(again, people) if rules.can_see(one, row)}


# --- Clocks -----------------------------------------------------------------------------------


def test_deadlines_follow_how_urgent_it_is():
    friday = dt.datetime(2026, 12, 24, 16, 0, tzinfo=dt.UTC)  # Christmas Eve, a Thursday
    assert rules.deadline("now", friday) - friday == dt.timedelta(minutes=15)
    assert rules.deadline("today", friday) - friday == dt.timedelta(hours=4)
    # Friday and Saturday are holidays, Boxing Day moves to Monday: Tuesday at five.
    assert local(rules.deadline("ordinary", friday)).isoformat() == "2026-12-29T17:00:00+00:00"


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
        (2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
        (2028, "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26"),
    ],
)
def test_bank_holidays_of_england(year, days):
    assert sorted(f"{day:%m-%d}" for day in rules.bank_holidays(year)) == days.split()


def test_what_waits_too_long_climbs_to_the_leads_and_then_beyond(borough):
    lead, admin = make_lead(borough), PersonFactory(known_as="Ada")
    give_role(admin, borough, "administrator")
    row = alert(how_urgent="now", what="PLANTED")
    heard = Notice.objects.filter(person=lead)
    assert heard.count() == 1
    actions.escalate(AT + dt.timedelta(minutes=14))
    assert heard.count() == 1
    actions.escalate(AT + dt.timedelta(minutes=16))
    actions.escalate(AT + dt.timedelta(minutes=16))
    assert heard.count() == 2
    assert not Notice.objects.filter(person=admin).exists()
    actions.escalate(AT + dt.timedelta(minutes=61))
    beyond = Notice.objects.get(person=admin)
    assert "PLANTED" not in beyond.title + beyond.body
    assert fresh(row).escalations == 2
    actions.escalate(AT + dt.timedelta(hours=9))
    assert Notice.objects.filter(person=admin).count() == 1


def test_a_next_step_that_is_late_climbs_too(borough):
    lead, other = make_lead(borough), make_lead(borough, "Omar")
    row = alert()
    take(row, lead, due_at=AT + 2 * HOUR)
    before = Notice.objects.filter(person=other).count()
    actions.escalate(AT + 3 * HOUR)
    assert Notice.objects.filter(person=other).count() == before + 1
    assert fresh(row).escalations == 1


# --- Any order of verbs -----------------------------------------------------------------------

VERBS = ["look", "take", "step", "told", "pass_on", "came_back", "close", "reopen", "answer",
         "join", "part", "step_back", "escalate"]  # fmt: skip


@given(moves=st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 2)), max_size=25))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@alone
def test_in_whatever_order_an_alert_is_never_without_a_date_or_an_answer(moves, borough):
    leads = [make_lead(borough, f"Lead {n}") for n in range(3)]
    row, other = alert(by=PersonFactory()), alert()
    at = AT
    for verb, who in moves:
        at += HOUR
        by, row = again(leads[who]), fresh(row)
        due = at + dt.timedelta(days=1)
        steps = Step.objects.filter(alert=row).count()
        before = (row.state, row.owner_id, row.told, row.due_at)
        try:
            if verb == "look":
                actions.look(row, by=by, at=at)
            elif verb == "take":
                actions.take(row, by=by, next_step="x", due_at=due, at=at)
            elif verb == "step":
                actions.add_step(
                    row, by=by, kind="note", words="x", next_step="y", due_at=due, at=at
                )
            elif verb == "told":
                actions.record_told(row, by=by, told="not", words="risk", at=at)
            elif verb == "pass_on":
                actions.pass_on(
                    row, by=by, to="police", to_words="", sent="x", next_step="y", due_at=due, at=at
                )
            elif verb == "came_back":
                passed = PassedOn.objects.filter(alert=row).last()
                if passed:
                    actions.came_back(
                        row, passed, by=by, answer="x", next_step="y", due_at=due, at=at
                    )
            elif verb == "close":
                actions.close(row, by=by, outcome="safe", words="x", at=at)
            elif verb == "reopen":
                actions.reopen(row, by=by, words="x", at=at)
            elif verb == "answer":
                actions.answer(row, by=by, say=True, words="", at=at)
            elif verb == "join":
                actions.join(row, other, by=by, at=at)
            elif verb == "part":
                actions.part(row, by=by, at=at)
            elif verb == "step_back":
                actions.name_party(row, by=by, person=by, part="close", at=at)
            elif verb == "escalate":
                actions.escalate(at)
        except (actions.NotNow, actions.NotYours):
            now = fresh(row)
            assert (now.state, now.owner_id, now.told, now.due_at) == before
            assert Step.objects.filter(alert=row).count() == steps
        now = fresh(row)
        assert Step.objects.filter(alert=row).count() >= steps
        if now.state == "closed":
            assert now.outcome
            assert now.told
        else:
            assert now.due_at is not None
        if now.state in ("in_hand", "referred"):
            assert now.owner is not None
            assert now.next_step
            if verb == "escalate":
                assert rules.can_see(again(now.owner), now)
    assert Notice.objects.filter(kind="safeguarding-answer").count() <= 1
