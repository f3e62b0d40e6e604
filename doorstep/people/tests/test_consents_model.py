"""Whatever happens in whatever order, the rule says what a small model of the law says."""

import datetime as dt
import functools

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.people.consents import actions, carrying, kinds, sharing
from doorstep.people.consents.rules import may_share
from doorstep.people.models import (
    Consent,
    How,
    Override,
    Person,
    Reliance,
    RoleHolding,
    Sheet,
)

pytestmark = pytest.mark.django_db

START = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
PARTS = ("name", "phone", "area")
RECIPIENTS = [
    kinds.Recipient("hub"),
    kinds.Recipient("organisation", kinds.key_of("Food Bank"), "Food Bank"),
]
PURPOSES = ["help", "calls"]
parts_of = {"help": {"name", "phone", "area"}, "calls": {"name", "phone"}}

few = st.sets(st.sampled_from(PARTS), min_size=1).map(frozenset)
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["give", "give", "withdraw", "override", "strike", "uphold", "share", "wait"]
        ),
        st.integers(0, 1),  # purpose
        st.integers(0, 1),  # recipient
        few,
        st.integers(1, 20),  # days
    ),
    min_size=1,
    max_size=14,
)
worlds = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def undone(test):
    """Leave nothing behind: every generated history begins in an empty house."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        with transaction.atomic():
            test(*args, **kwargs)
            transaction.set_rollback(True)

    return run


class Model:
    """What is allowed, kept as plain lists of what was said."""

    def __init__(self):
        self.yeses = []  # [triple, parts, from, until, ended at or None]
        self.overrides = []  # [triple, parts, from, until, struck at or None]

    def give(self, triple, parts, at, until):
        self.end(triple, at)
        self.yeses.append([triple, parts, at, until, None])

    def end(self, triple, at):
        for row in self.yeses:
            if row[0] == triple and row[4] is None:
                row[4] = at

    def allowed(self, triple, at):
        """Every set of parts that may go together at this moment."""
        return [
            row[1]
            for row in self.yeses + self.overrides
            if row[0] == triple and row[2] <= at < row[3] and (row[4] is None or at < row[4])
        ]

    def may(self, triple, parts, at):
        return any(parts <= allowed for allowed in self.allowed(triple, at))


def people():
    officer, lead, person = (Person.objects.create(known_as=name) for name in ("Bo", "Lu", "Amina"))
    RoleHolding.objects.create(person=lead, role="safeguarding", area=_borough())
    return officer, lead, person


def _borough():
    from doorstep.places.models import Area
    from doorstep.places.tests.factories import make_area

    return Area.objects.filter(kind="borough").first() or make_area("borough", "Testing")


class World:
    """The real thing and the model, walked side by side."""

    def __init__(self, tag=""):
        self.officer, self.lead, self.person = people()
        self.model = Model()
        self.at = START
        self.made = []
        self.sheets = []
        self.tag = tag

    def step(self, number, what, purpose, recipient, parts, days):
        purpose = PURPOSES[purpose]
        to = RECIPIENTS[recipient]
        triple = (purpose, to.kind, to.key)
        parts = frozenset(parts & parts_of[purpose]) or frozenset({"name"})
        self.at += dt.timedelta(hours=1)
        at, until = self.at, self.at + dt.timedelta(days=days)
        key = f"{self.tag}{self.person.pk}-{number}-{what}"
        same = {"purpose": purpose, "recipient": to, "parts": parts, "at": at, "client_key": key}
        if what == "give":
            actions.give(
                self.person, by=self.officer, how=How.SPOKEN, words="Yes", ends_at=until, **same
            )
            self.model.give(triple, parts, at, until)
        elif what == "withdraw":
            row = (
                Consent.objects.filter(
                    person=self.person,
                    purpose=purpose,
                    recipient_kind=to.kind,
                    recipient_key=to.key,
                )
                .order_by("pk")
                .last()
            )
            if row is not None:
                actions.withdraw(row, by=self.officer, at=at, how=How.SPOKEN)
                self.model.end(triple, at)
        elif what == "override":
            until = at + dt.timedelta(days=min(days, 7))
            self.made.append(
                actions.override(
                    self.person,
                    ground=Override.Ground.VITAL,
                    reason="Somebody is in danger.",
                    by=self.officer,
                    ends_at=until,
                    **same,
                )
            )
            self.model.overrides.append([triple, parts, at, until, None])
        elif what in ("strike", "uphold") and self.made:
            index = days % len(self.made)
            outcome = "struck" if what == "strike" else "right"
            try:
                actions.review(self.made[index], by=self.lead, at=at, outcome=outcome, words="Seen")
            except actions.CannotReview:
                pass
            else:
                if what == "strike":
                    self.model.overrides[index][4] = at
        elif what == "share":
            may = self.model.may(triple, parts, at)
            try:
                sheet, link = sharing.pass_on(self.person, by=self.officer, **same)
            except actions.NotAgreed:
                assert not may
            else:
                assert may
                self.sheets.append((sheet, link, triple, frozenset(parts)))
        elif what == "wait":
            self.at += dt.timedelta(days=days)
            actions.look_ahead(self.at)

    def check(self):
        for purpose in PURPOSES:
            for to in RECIPIENTS:
                triple = (purpose, to.kind, to.key)
                for parts in ({"name"}, {"phone"}, {"name", "area"}):
                    basis = may_share(self.person, purpose, to, self.at, parts=parts)
                    assert (basis is not None) == self.model.may(triple, parts, self.at)
        for _sheet, link, triple, parts in self.sheets:
            try:
                opened = sharing.open_sheet(link, name="Fatou", at=self.at)
            except sharing.NoLongerShared:
                continue
            # Nothing is ever shared at a moment without a live basis.
            assert self.model.may(triple, parts, self.at)
            assert {fact.part for fact in opened.facts} <= parts


@worlds
@given(steps)
@undone
def test_the_rule_says_what_the_model_says_at_every_step(cast, history):
    world = World()
    for number, step in enumerate(history):
        world.step(number, *step)
        world.check()
    # History is kept: the past is answered as it was.
    for hours in range(0, len(history) + 1, 3):
        at = START + dt.timedelta(hours=hours)
        for purpose in PURPOSES:
            for to in RECIPIENTS:
                basis = may_share(world.person, purpose, to, at, parts=["name"])
                assert (basis is not None) == world.model.may(
                    (purpose, to.kind, to.key), {"name"}, at
                )


@worlds
@given(steps)
@undone
def test_whoever_relied_on_what_has_ended_is_told(cast, history):
    world = World()
    for number, step in enumerate(history):
        world.step(number, *step)
    actions.look_ahead(world.at)
    for row in Reliance.objects.filter(told_at=None):
        basis = row.consent or row.override
        assert basis.is_live(world.at)


def everything(*persons):
    """How all that joining may touch stands now."""
    return carrying._state(list(persons))


def allowed(person, at):
    """Every (purpose, recipient, part) that may be shared at a moment by a yes."""
    return {
        (purpose, to.kind, to.key, part)
        for purpose in PURPOSES
        for to in RECIPIENTS
        for part in PARTS
        if (basis := may_share(person, purpose, to, at, parts=[part])) and basis.consent
    }


@worlds
@given(steps, steps)
@undone
def test_joining_two_records_never_allows_more_and_a_no_on_either_wins(cast, one, other):
    first, second = World("a"), World("b")
    for world, history in ((first, one), (second, other)):
        for number, step in enumerate(history):
            world.step(number, *step)
    at = max(first.at, second.at) + dt.timedelta(hours=1)
    before_first, before_second = allowed(first.person, at), allowed(second.person, at)
    nos = {
        (row.person_id, row.purpose, row.recipient_kind, row.recipient_key, row.withdrawn_at)
        for row in Consent.objects.exclude(withdrawn_at=None)
    }
    opens = {
        (row.person_id, row.purpose, row.recipient_kind, row.recipient_key): row
        for row in Consent.objects.unended()
    }
    carrying.carry_over(first.person, second.person, by=first.officer, at=at)
    after = allowed(second.person, at)
    assert allowed(first.person, at) == set()
    assert after <= before_first | before_second
    for purpose, kind, key, part in before_first | before_second:
        mine = opens.get((first.person.pk, purpose, kind, key))
        theirs = opens.get((second.person.pk, purpose, kind, key))
        # A yes that the other record's later no has outlived counts for nothing.
        stands = {
            yes.person_id
            for yes in (mine, theirs)
            if yes is not None
            and not any(
                person_id != yes.person_id
                and triple == [purpose, kind, key]
                and withdrawn_at >= yes.recorded_at
                for person_id, *triple, withdrawn_at in nos
            )
        }
        if mine is not None and theirs is not None:
            allows = [
                {first.person.pk: before_first, second.person.pk: before_second}[pk]
                for pk in stands
            ]
            both = bool(allows) and all((purpose, kind, key, part) in each for each in allows)
            assert ((purpose, kind, key, part) in after) <= both
        for person_id, *triple, withdrawn_at in nos:
            other_open = theirs if person_id == first.person.pk else mine
            alone = other_open is not None and (mine is None or theirs is None)
            if alone and triple == [purpose, kind, key] and withdrawn_at >= other_open.recorded_at:
                assert (purpose, kind, key, part) not in after


@worlds
@given(steps, steps)
@undone
def test_taking_a_joining_back_leaves_everything_as_it_was(cast, one, other):
    first, second = World("a"), World("b")
    for world, history in ((first, one), (second, other)):
        for number, step in enumerate(history):
            world.step(number, *step)
    at = max(first.at, second.at) + dt.timedelta(hours=1)
    for person in (first.person, second.person):
        carrying._stop_what_is_not_allowed(person, at=at)
    before = everything(first.person, second.person)
    may_before = [allowed(person, at) for person in (first.person, second.person)]
    joined = carrying.carry_over(first.person, second.person, by=first.officer, at=at)
    carrying.take_back(joined, by=first.officer, at=at)
    carrying.take_back(joined, by=first.officer, at=at)
    after = everything(first.person, second.person)
    for kind, rows in before.items():
        assert {pk: after[kind].get(pk) for pk in rows} == rows
    assert [allowed(person, at) for person in (first.person, second.person)] == may_before
    # What joining made is closed, and allows nothing.
    made = Consent.objects.filter(pk__in=set(after["consents"]) - set(before["consents"]))
    assert not made.live(at).exists()


def test_a_no_said_while_they_were_one_stays_a_no_to_both(cast):
    first, second = World("a"), World("b")
    for world, parts in ((first, {"name", "phone"}), (second, {"name", "area"})):
        world.step(1, "give", 0, 1, frozenset(parts), 20)
    at = START + dt.timedelta(hours=2)
    joined = carrying.carry_over(first.person, second.person, by=first.officer, at=at)
    (both,) = Consent.objects.live(at).filter(person=second.person)
    assert both.parts == ["name"]
    later = at + dt.timedelta(hours=1)
    actions.withdraw(both, by=first.officer, at=later, how=How.SPOKEN)
    carrying.take_back(joined, by=first.officer, at=later + dt.timedelta(hours=1))
    assert not Consent.objects.live(later + dt.timedelta(hours=2)).exists()
    assert Sheet.objects.filter(stopped_at=None).count() == 0
