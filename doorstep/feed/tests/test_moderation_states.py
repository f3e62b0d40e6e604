"""Whatever people do in whatever order, what is up, down and open fits together."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from doorstep.feed import actions, moderation
from doorstep.feed.models import Appeal, Decision, Flag, Post
from doorstep.feed.tests.factories import PostFactory, area_channel
from doorstep.people.models import Person, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.places.tests.factories import small_borough

AT = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
PEOPLE = st.integers(0, 5)  # 0 writes, 1 and 2 read, 3 to 5 moderate (5 also flags)


@pytest.mark.django_db
def test_the_states_of_a_flagged_post_always_fit_together(django_db_blocker):
    class Moderating(RuleBasedStateMachine):
        @initialize()
        def begin(self):
            borough = small_borough_once()
            people = [PersonFactory(known_as=f"P{number}") for number in range(6)]
            for person in people[3:]:
                RoleHolding.objects.create(
                    person=person,
                    role="moderator",
                    area=borough,
                    starts_at=AT - dt.timedelta(days=1),
                )
            self.ids = [person.pk for person in people]
            self.post = PostFactory(
                channel=area_channel(borough), author=people[0], readers="members"
            )
            self.expected = "live"

        def person(self, number):
            return Person.objects.get(pk=self.ids[number])

        @rule(number=PEOPLE)
        def flag(self, number):
            by = self.person(number)
            thing = moderation.flaggable.get("post").fetch(by, self.post.pk)
            if thing is None:
                return
            try:
                moderation.flag("post", thing, by=by, rule="spam", note="", at=AT)
                assert number != 0
            except moderation.NotYours:
                assert number == 0

        @rule(number=PEOPLE, outcome=st.sampled_from(["keep", "hide", "warn"]))
        def decide(self, number, outcome):
            by = self.person(number)
            had_flagged = Flag.objects.filter(flagged_by=by, state="open").exists()
            was_open = Flag.objects.filter(target_id=self.post.pk, state="open").exists()
            try:
                moderation.decide(
                    "post", self.post.pk, by=by, rule="spam", outcome=outcome, reason="So", at=AT
                )
            except (moderation.NotYours, moderation.AlreadyDecided):
                assert number < 3 or had_flagged or not was_open
                return
            assert number >= 3
            assert not had_flagged
            assert was_open
            if outcome != "keep" and self.expected == "live":
                self.expected = "hidden"

        @precondition(lambda self: Decision.objects.filter(target_id=self.post.pk).exists())
        @rule(number=PEOPLE)
        def appeal(self, number):
            latest = moderation.latest_decision("post", self.post.pk)
            by = self.person(number)
            try:
                moderation.appeal(latest, by=by, text="Please", at=AT)
            except moderation.NotNow:
                return
            if latest.outcome == "keep":
                assert latest.flags.filter(flagged_by=by).exists()
            else:
                assert number == 0

        @precondition(lambda self: self.appeals().filter(state="open").exists())
        @rule(number=PEOPLE, overturned=st.booleans())
        def hear(self, number, overturned):
            row = self.appeals().filter(state="open").first()
            latest = moderation.latest_decision("post", self.post.pk)
            try:
                moderation.hear(
                    row, by=self.person(number), overturned=overturned, reason="So", at=AT
                )
            except moderation.NotYours:
                return
            if overturned and latest.pk == row.decision_id and self.expected != "removed":
                self.expected = "hidden" if row.decision.outcome == "keep" else "live"

        @rule()
        def its_author_takes_it_down(self):
            try:
                actions.take_down(self.post, by=self.person(0), at=AT)
                assert self.expected == "live"
                self.expected = "removed"
            except actions.AlreadyGone:
                assert self.expected != "live"

        def appeals(self):
            return Appeal.objects.filter(decision__target_id=self.post.pk)

        @invariant()
        def what_is_up_is_what_was_decided(self):
            if hasattr(self, "post"):
                assert Post.objects.get(pk=self.post.pk).state == self.expected

        @invariant()
        def nobody_judges_twice_or_their_own(self):
            if not hasattr(self, "post"):
                return
            for row in self.appeals().exclude(state="open").select_related("decision"):
                assert row.heard_by_id not in (
                    row.decision.by_id,
                    row.decision.author_id,
                    row.by_id,
                )
            for row in Decision.objects.filter(target_id=self.post.pk):
                assert not row.flags.filter(flagged_by=row.by_id).exists()

        @invariant()
        def a_flag_is_open_or_has_its_decision(self):
            if hasattr(self, "post"):
                flags = Flag.objects.filter(target_id=self.post.pk)
                assert not flags.filter(state="open").exclude(decision=None).exists()
                assert not flags.filter(state="decided", decision=None).exists()

    areas = []

    def small_borough_once():
        if not areas:
            areas.append(small_borough().ward)
        return areas[0]

    run_state_machine_as_test(
        Moderating,
        settings=settings(
            max_examples=25,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
