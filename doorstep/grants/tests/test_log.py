"""The fund's log: kept as facts, said to each reader in their own language."""

import pytest
from django.urls import reverse
from django.utils.translation import gettext, override

from doorstep.base.time import now
from doorstep.grants.actions import deciding, funds, ideas, voting
from doorstep.grants.actions.log import Refused, attempt, note, told
from doorstep.grants.models import Fund, FundEvent, Idea, Stage
from doorstep.grants.sentences import Said
from doorstep.grants.tests.factories import a_fund, an_idea, at_stage, decides, steward_of
from doorstep.people.models import RoleHolding
from doorstep.people.rights import erasing

pytestmark = pytest.mark.django_db


@pytest.fixture
def fund(cast, borough):
    """Carys keeps it."""
    cast.carys = steward_of(borough.borough, cast.carys)
    return a_fund(cast.carys, borough.borough)


def last(fund):
    return fund.events.latest("pk")


def test_what_was_done_in_urdu_is_read_in_english_and_back(cast, fund):
    with override("ur"):
        idea = an_idea(at_stage(fund, "ideas"), cast.amina, state=Idea.State.DRAFT)
        ideas.send(idea, by=cast.amina, at=now())
    assert str(last(fund)) == "Idea 1 came in."
    with override("ur"):
        assert str(last(fund)) == gettext("Idea %(n)d came in.") % {"n": 1}
        assert str(last(fund)) != "Idea 1 came in."


def test_labels_and_lists_in_it_are_said_in_the_readers_language_too(cast, fund):
    with override("ur"):
        funds.move_on(fund, by=cast.carys, at=now())
        funds.design(fund, by=cast.carys, at=now(), name="Green", purpose="Trees, and benches.")
    changed, moved = list(fund.events.order_by("-pk")[:2])
    assert str(moved) == "From “being made” to “open for ideas”."
    assert str(changed) == "Changed: what the fund is called, what it is for."
    with override("ur"):
        both = {"was": gettext("being made"), "now": gettext("open for ideas")}
        assert str(moved) == gettext("From “%(was)s” to “%(now)s”.") % both


def test_a_refusal_is_said_to_who_hears_it_and_kept_for_who_reads_it(cast, fund):
    with override("ur"), pytest.raises(Refused) as refused:
        attempt(
            funds.design, fund, fund=fund, by=cast.carys, at=now(),
            method=Fund.Method.AVERAGE, ballots="approval",
        )  # fmt: skip
    assert str(last(fund)) == (
        "“Highest average mark” can't count such ballots. Choose: Give each a mark."
    )
    with override("ur"):
        assert str(refused.value) == str(last(fund)) != ""
    assert str(refused.value) == str(last(fund))


def test_what_is_still_missing_stands_in_it_item_by_item(cast, borough, fund):
    bare = a_fund(cast.carys, borough.borough, purpose="", who_decides="")
    with override("ur"), pytest.raises(Refused):
        attempt(funds.move_on, bare, fund=bare, by=cast.carys, at=now())
    assert str(last(bare)) == (
        "Not yet. Still missing: It says what the money is for, It says who decides."
    )


def test_lines_from_before_facts_stay_as_they_were_written(client, cast, fund):
    FundEvent.objects.create(fund=fund, by=cast.carys, what="Die Ideen wurden verteilt.")
    client.force_login(cast.carys.account)
    page = client.get(reverse("grants:keep", args=[fund.slug])).content.decode()
    assert "Die Ideen wurden verteilt." in page
    assert "The fund was started." in page


def test_a_name_that_was_taken_away_is_gone_from_the_log_too(client, cast, fund):
    idea = an_idea(at_stage(fund, "reading"), cast.amina, state=Idea.State.READY)
    bryn = decides(fund, cast.bryn)
    ideas.declare(idea, by=bryn, at=now(), why="My cousin's")
    assert str(last(fund)) == f"{bryn.known_as} is close to idea 1. It is hidden from them."
    name = bryn.known_as
    erasing.erase(bryn, takes_posts=True)
    client.force_login(cast.carys.account)
    page = client.get(reverse("grants:keep", args=[fund.slug])).content.decode()
    assert f"{erasing.LEFT} is close to idea 1" in page
    assert name not in page


def test_a_longer_log_costs_no_more_queries(cast, fund, django_assert_num_queries):
    for person in (cast.bryn, cast.dev, cast.ewan):
        funds.invite(fund, by=cast.carys, at=now(), person=person, role=RoleHolding.Role.DECIDER)
    with django_assert_num_queries(2):
        lines = [str(line) for line in told(fund.events.order_by("pk"))]
    assert lines[-1] == f"{cast.ewan.known_as} was asked: Decider."


def test_a_sentence_with_a_percent_sign_or_braces_in_a_value_is_kept_whole(cast, fund):
    note(fund, Said("%(name)s") % {"name": "50 %s {x} ☕"}, by=None, at=now())
    assert str(last(fund)) == "50 %s {x} ☕"
    note(fund, Said("100 % of it"), by=None, at=now())
    assert str(last(fund)) == "100 % of it"


def test_whoever_waits_for_an_evening_is_named_together(cast, fund):
    an_idea(fund, cast.amina, state=Idea.State.READY)
    at_stage(fund, Stage.READING)
    decides(fund, cast.bryn)
    decides(fund, cast.dev, knows=False)
    decides(fund, cast.ewan, knows=False)
    deciding.share_out(fund, by=cast.carys, at=now())
    said = [str(line) for line in fund.events.all()]
    names = f"{cast.dev.known_as}, {cast.ewan.known_as}"
    assert f"Not given anything yet, until they know what deciding means: {names}." in said


def test_a_tie_is_told_by_the_rule_as_the_reader_calls_it(cast, fund):
    for _n in range(2):
        an_idea(fund, cast.amina, pence=60_000, state=Idea.State.READY)
    at_stage(fund, "voting")
    for idea in fund.ideas.all():
        fund.box.create(way="online", choices=[[idea.key, 1]])
    with override("ur"):
        voting.decide(fund, by=cast.carys, at=now())
    assert str(last(fund)) == (
        "Ideas 01, 02 were exactly equal; “The one that costs less comes first” put them in order."
    )
