"""Every pound adds up; what can't be is refused in a sentence and written in the fund's log."""

import datetime as dt
import html
import json
import re
from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base import keys
from doorstep.base.registry import ticks
from doorstep.base.time import now, today
from doorstep.grants import explain, rules, saying
from doorstep.grants.actions import awards, deciding, funds, ideas, voting
from doorstep.grants.actions.log import Refused, attempt
from doorstep.grants.explain import work_out
from doorstep.grants.models import Award, Ballot, Fund, FundEvent, Idea, Payment, Share
from doorstep.grants.tally import methods, pabulib
from doorstep.grants.tally.election import Kind
from doorstep.grants.tests.factories import (
    a_fund,
    an_idea,
    at_stage,
    decides,
    in_the_box,
    steward_of,
)

pytestmark = pytest.mark.django_db
READY = Idea.State.READY


@pytest.fixture
def keeper(cast, borough):
    cast.carys = steward_of(borough.borough, cast.carys)
    return cast.carys


@pytest.fixture
def fund(keeper, borough):
    return a_fund(keeper, borough.borough)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "back", "finish"]), st.integers(0, 2), st.integers(1, 70_000)
    ),
    max_size=14,
)


@given(steps=STEPS, parts=st.lists(st.integers(1, 33_000), min_size=3, max_size=3))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_every_pound_adds_up(cast, keeper, fund, steps, parts):
    with transaction.atomic():
        rows = []
        for pence in parts:
            idea = an_idea(fund, cast.amina, pence=pence, state=Idea.State.FUNDED)
            award = Award.objects.create(idea=idea, amount_pence=pence, awarded_on=today(),
                                         agreement="Yes", agreed_at=now())  # fmt: skip
            half = pence // 2
            for amount in filter(None, (half, pence - half)):
                Payment.objects.create(award=award, amount_pence=amount)
            rows.append(award)
        for what, which, pence in steps:
            award = rows[which]
            try:
                with transaction.atomic():
                    if what == "pay":
                        stage = award.payments.filter(kind="stage", paid_on=None).first()
                        if stage:
                            awards.pay(stage, by=keeper, at=now(), paid_on=today())
                    elif what == "back":
                        awards.give_back(award, by=keeper, at=now(), pence=pence, on=today(),
                                         client_key=keys.new_key(12))  # fmt: skip
                    else:
                        awards.finish(award, by=keeper, at=now())
            except Refused:
                pass
            found = awards.ledger(fund)
            assert found.kept + found.to_come + found.left == found.pot == fund.pot_pence
            assert all(0 <= line.kept <= line.awarded and line.to_come >= 0
                       for line in found.lines)  # fmt: skip
            assert found.left >= 0
        text = awards.ledger_csv(fund).splitlines()
        assert text[-1] == ",the pot,,,,1000.00,"
        transaction.set_rollback(True)


def test_the_database_itself_keeps_how_a_fund_decides(fund, cast, keeper):
    idea = an_idea(fund, cast.amina, state=READY)
    at_stage(fund, "voting")
    for change in ({"method": "greedy_votes"}, {"pot_pence": 5}, {"tie": "lot"}, {"lot": "x"},
                   {"ballots": "scoring"}, {"stage": "reading"}):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            Fund.objects.filter(pk=fund.pk).update(**change)
    with pytest.raises(Refused, match="stays as it is"):
        attempt(funds.design, fund, fund=fund, by=keeper, at=now(), method="greedy_votes")
    assert "stays as it is" in str(FundEvent.objects.latest("pk"))
    assert idea.pk


def test_an_interest_said_after_reading_puts_the_mark_aside(fund, cast, keeper):
    idea = an_idea(fund, cast.amina, state=READY)
    at_stage(fund, "reading")
    bryn = decides(fund, cast.bryn)
    deciding.share_out(fund, by=keeper, at=now())
    share = Share.objects.get()
    deciding.mark(share, by=bryn, at=now(), score=5)
    interest = ideas.declare(idea, by=bryn, at=now(), why="My cousin's")
    assert interest.had_read
    assert not Share.objects.exists()
    assert "said so after reading it" in str(FundEvent.objects.latest("pk"))
    assert not rules.can_see_idea(bryn, idea)
    deciding.share_out(fund, by=keeper, at=now())
    assert not Share.objects.exists()
    at_stage(fund, "voting")
    with pytest.raises(Refused, match="close to one of these"):
        voting.vote(fund, by=bryn, at=now(), choices=[[idea.key, 1]])


def test_readings_are_balanced_and_bounded(fund, cast, keeper, borough):
    Fund.objects.filter(pk=fund.pk).update(readers_each=2, most_to_read=4)
    for _n in range(5):
        an_idea(fund, cast.amina, state=READY)
    at_stage(Fund.objects.get(pk=fund.pk), "reading")
    people = [decides(fund, person) for person in (cast.bryn, cast.dev, cast.ewan)]
    fund.refresh_from_db()
    deciding.share_out(fund, by=keeper, at=now())
    counts = sorted(Share.objects.filter(decider=one).count() for one in people)
    assert sum(counts) == 10
    assert counts[-1] <= 4
    assert counts[-1] - counts[0] <= 1
    deciding.share_out(fund, by=keeper, at=now())
    assert Share.objects.count() == 10


def test_an_idea_taken_back_on_the_day_leaves_the_ballots_whole(fund, cast, keeper):
    first, second = (an_idea(fund, cast.amina, state=READY) for _n in range(2))
    at_stage(fund, "voting")
    in_the_box(fund, [first, second], [second])
    voting.draw_order(fund, by=keeper, at=now(), minutes=3)
    ideas.withdraw(first, by=cast.amina, at=now())
    assert [pitch.idea for pitch in fund.pitches.all()] == [second]
    assert voting.check(fund, [[first.key, 1], [second.key, 1]]) == [[second.key, 1]]
    voting.decide(fund, by=keeper, at=now())
    assert Award.objects.get().idea == second
    assert any("while voting was open" in str(line) for line in fund.events.all())


@pytest.mark.parametrize(
    ("ballots", "choices", "says"),
    [
        ("approval", lambda keys: [[keys[0], 1], [keys[1], 1]], "names 2 ideas and may name 1"),
        ("cumulative", lambda keys: [[keys[0], 11]], "gives 11 points and there are 10"),
        ("cumulative", lambda keys: [[keys[0], -1]], "less than none"),
        ("approval", lambda keys: [["nothing", 1]], "isn't on it"),
        ("approval", lambda keys: [[keys[0], 1], [keys[0], 1]], "names one idea twice"),
        ("scoring", lambda keys: [[keys[0], 6]], "from 1 to 5"),
    ],
)
def test_a_ballot_over_its_limit_is_refused(fund, cast, ballots, choices, says):
    method = {"scoring": "average_score"}.get(ballots, "mes_cost_then_greedy")
    Fund.objects.filter(pk=fund.pk).update(ballots=ballots, method=method, most_choices=1)
    found = [an_idea(fund, cast.amina, state=READY) for _n in range(2)]
    fund.refresh_from_db()
    at_stage(fund, "voting")
    with pytest.raises(Refused, match=says):
        voting.check(fund, choices([idea.key for idea in found]))


def test_a_tie_goes_by_the_rule_declared_and_the_log_says_so(fund, cast, keeper):
    Fund.objects.filter(pk=fund.pk).update(method="greedy_votes", tie="earlier")
    first, second = (an_idea(fund, cast.amina, pence=60_000, state=READY) for _n in range(2))
    fund.refresh_from_db()
    at_stage(fund, "voting")
    in_the_box(fund, [first], [second])
    voting.decide(fund, by=keeper, at=now())
    assert Award.objects.get().idea == first
    assert any("were exactly equal" in str(line) for line in fund.events.all())


def test_a_lot_can_be_checked_by_anybody(fund, cast):
    Fund.objects.filter(pk=fund.pk).update(tie="lot")
    found = [an_idea(fund, cast.amina, state=READY) for _n in range(4)]
    fund.refresh_from_db()
    at_stage(fund, "voting")
    order = sorted(found, key=lambda idea: funds.drawn(fund.lot, idea.number))
    by_tie = list(Idea.objects.filter(fund=fund).order_by("tie_id"))
    assert by_tie == order


def test_a_steward_in_an_idea_does_not_tend_it(fund, cast, keeper):
    at_stage(fund, "ideas")
    idea = an_idea(fund, keeper, state=Idea.State.DRAFT)
    ideas.send(idea, by=keeper, at=now())
    idea.refresh_from_db()
    assert "another steward tends it" in str(FundEvent.objects.latest("pk"))
    with pytest.raises(Refused, match="another steward tends it"):
        attempt(ideas.make_fair, idea, fund=fund, idea=idea, by=keeper, at=now(),
                fair_title="T", fair_words="W")  # fmt: skip


def test_hands_count_only_where_a_hand_says_it_all(fund, cast, keeper):
    idea = an_idea(fund, cast.amina, state=READY)
    at_stage(fund, "voting")
    with pytest.raises(Refused, match="hand out paper"):
        voting.count_hands(fund, by=keeper, at=now(), hands={idea.key: 3})


def test_hands_and_paper_are_one_tally(keeper, cast, borough):
    fund = a_fund(keeper, borough.borough, method="greedy_votes", pot_pence=20_000)
    first, second = (an_idea(fund, cast.amina, state=READY) for _n in range(2))
    at_stage(fund, "voting")
    in_the_box(fund, [first])
    for count in (5, 2):  # counted again, it counts once
        voting.count_hands(fund, by=keeper, at=now(), hands={first.key: 0, second.key: count})
    assert Ballot.objects.count() == 3
    voting.decide(fund, by=keeper, at=now())
    assert Award.objects.get().idea == second


@pytest.mark.parametrize(
    ("method", "ballots"),
    [(method, kinds[0]) for method, kinds in funds.COUNTS.items()],
)
def test_every_method_can_be_counted_again_from_what_is_published(
    method, ballots, keeper, cast, borough
):
    fund = a_fund(keeper, borough.borough, method=method, ballots=ballots, pot_pence=100_050)
    found = [an_idea(fund, cast.amina, pence=p, state=READY) for p in (40_025, 50_000, 30_000)]
    at_stage(fund, "voting")
    for n in range(7):
        named = [[found[(n + k) % 3].key, (1 if k else 3)] for k in range(1 + n % 2)]
        if method == "consensus":
            named = [[key, 1] for key, _points in named]
        Ballot.objects.create(fund=fund, way="online", choices=voting.check(fund, named))
    voting.decide(fund, by=keeper, at=now())
    fund.refresh_from_db()
    again = methods.run(pabulib.read(voting.pabulib_of(fund)), method)
    assert list(again.funded) == fund.outcome["funded"]
    assert again.election.money(again.cost) == again.election.money(0) + (
        fund.outcome["cost_pence"] / 100
    )
    assert all(one.get_why_facts_display() for one in Idea.objects.all())


def test_what_one_more_vote_would_have_changed_is_true(fund, cast, keeper):
    found = [an_idea(fund, cast.amina, pence=70_000, state=READY) for _n in range(2)]
    Fund.objects.filter(pk=fund.pk).update(method="greedy_votes")
    fund.refresh_from_db()
    at_stage(fund, "voting")
    in_the_box(fund, *([[found[0]]] * 3), found[1:])
    voting.decide(fund, by=keeper, at=now())
    fund.refresh_from_db()
    won, lost = Idea.objects.order_by("tie_id")
    assert (
        "By its turn £300 was left in the pot, and it asks for £700."
        in lost.get_why_facts_display()
    )
    assert lost.nearer_at is None  # the worker finds it out
    assert work_out(fund, at=now()) == 2
    assert work_out(fund, at=now()) == 0
    won.refresh_from_db()
    lost.refresh_from_db()
    # Two more make it three to three, and the tie goes to the other one.
    assert (
        "With 3 more ballots for it alone it would have been funded."
        in lost.get_nearer_facts_display()
    )
    assert "With £400 more in the pot" in lost.get_nearer_facts_display()
    assert (
        won.get_nearer_facts_display() == "With £301 less in the pot it wouldn't have been funded."
    )


def test_why_is_said_in_the_language_of_whoever_reads(client, fund, cast, keeper):
    """Facts are kept; whoever counted read English, a visitor reads Romanian or Urdu."""
    found = [an_idea(fund, cast.amina, pence=70_000, state=READY) for _n in range(2)]
    at_stage(fund, "voting")
    in_the_box(fund, *([[found[0]]] * 3), found[1:])
    voting.decide(fund, by=keeper, at=now())
    fund.refresh_from_db()
    work_out(fund, at=now())
    lost = Idea.objects.get(state="not_funded")
    assert lost.why == lost.nearer == ""
    said = set()
    for language in ("en-gb", "ro", "ur"):
        client.cookies["doorstep_language"] = language
        with translation.override(language):
            page = html.unescape(client.get(lost.get_absolute_url()).content.decode())
            said.add(lost.get_why_facts_display())
            assert lost.get_why_facts_display() in page
            assert lost.get_nearer_facts_display() in page
    assert len(said) == 3
    # Those decided before facts were kept say what was written down then.
    Idea.objects.filter(pk=lost.pk).update(why_facts=[], why="Three of nine named it.")
    with translation.override("ro"):
        assert "Three of nine named it." in client.get(lost.get_absolute_url()).content.decode()


def test_every_sentence_of_an_explanation_can_be_said_from_json():
    """Whatever the counting may find out, kept as JSON and said again."""
    seen = set()
    methods_of = {
        Kind.APPROVAL: ["greedy_votes", "phragmen", "mes_cost_add1_until_overspend"],
        Kind.CUMULATIVE: ["greedy_score"],
        Kind.SCORING: ["average_score"],
    }
    costs = [(f"Idea {n}", cost) for n, cost in enumerate((30_000, 20_000, 25_000, 9_900))]
    for kind, keys_ in methods_of.items():
        for key in keys_:
            outcome = methods.run(explain.invented(60_000, costs, kind, ballots=12), key)
            for facts in explain.outcome_in_facts(outcome, key).values():
                kept = json.loads(json.dumps(facts))
                assert saying.words(kept) == saying.words(facts) != ""
                seen |= {kind for kind, _needs in facts}
    assert {"named", "points", "averaged", "shared", "enough", "too dear"} <= seen


@pytest.mark.parametrize("method", [one for one in funds.COUNTS if "approval" in funds.COUNTS[one]])
def test_whatever_is_said_of_one_more_holds_when_it_is_counted(method):
    """Said for each project of made-up ballots, and counted again at that number and one before."""
    election = explain.invented(
        70_000, [(f"Idea {n}", cost) for n, cost in enumerate((30_000, 20_000, 25_000, 9_900))],
        Kind.APPROVAL, ballots=23,
    )  # fmt: skip
    outcome = methods.run(election, method)
    for at in range(len(election.projects)):
        words = saying.words(explain.nearest(outcome, method, at))
        more = re.search(r"With (?:(one)|(\d+)) more ballot", words)
        if more:
            count = int(more[2] or 1)
            for n, is_in in ((count, True), (count - 1, False)):
                other = explain.with_ballots(election, at, n) if n else election
                assert (at in methods.run(other, method).chosen) is is_in
        change = re.search(r"With £([\d,]+) (more|less)", words)
        assert change, words
        step = int(change[1].replace(",", "")) * (100 if change[2] == "more" else -100)
        once = 100 if step > 0 else -100
        before = replace(election, budget=election.budget + step - once)
        after = replace(election, budget=election.budget + step)
        was = at in outcome.chosen
        assert (at in methods.run(after, method).chosen) is not was
        assert (at in methods.run(before, method).chosen) is was


def test_a_lost_explanation_is_found_by_the_clock(fund, cast, keeper):
    idea = an_idea(fund, cast.amina, state=READY)
    at_stage(fund, "voting")
    in_the_box(fund, [idea])
    voting.decide(fund, by=keeper, at=now())
    ticks.get("grants: what would have changed it").run()
    idea.refresh_from_db()
    assert idea.nearer_at
    assert idea.nearer_facts


def test_nothing_is_read_or_paid_out_of_turn(fund, cast, keeper):
    idea = an_idea(fund, cast.amina, state=Idea.State.FUNDED)
    award = Award.objects.create(idea=idea, amount_pence=20_000, awarded_on=today())
    stage = Payment.objects.create(award=award, amount_pence=20_000)
    with pytest.raises(Refused, match="before both sides have agreed"):
        awards.pay(stage, by=keeper, at=now(), paid_on=today())
    Award.objects.filter(pk=award.pk).update(agreement="x", agreed_at=now())
    with pytest.raises(Refused, match="hasn't come yet"):
        awards.pay(stage, by=keeper, at=now(), paid_on=today() + dt.timedelta(days=1))
    with pytest.raises(Refused, match="They hold £0"):
        awards.give_back(award, by=keeper, at=now(), pence=1, on=today(), client_key="k" * 12)
