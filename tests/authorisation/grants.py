"""Funds: one being made, one open for ideas, one being decided, one decided with its ledger."""

from __future__ import annotations

from doorstep.base.time import now
from doorstep.grants import rules
from doorstep.grants.actions import voting
from doorstep.grants.models import Fund, Idea, Share
from doorstep.grants.tests.factories import a_fund, an_idea, at_stage, decides, in_the_box
from tests.authorisation.answers import (
    BY_GET,
    DONE,
    MISSING,
    REFUSED,
    Each,
    each,
    everyone,
    members,
    only,
    seen_by,
    within,
)
from tests.authorisation.world import World, afresh

ORDER = 60


def furnish(world: World) -> None:
    """`host` decides in the one being read; `owner` sends the ideas; `steward` keeps them all."""
    area = world.borough.borough
    keeper = afresh(world.steward)
    making = a_fund(keeper, area, name="In the making")
    taking = at_stage(a_fund(keeper, area, name="Open for ideas"), "ideas")
    reading = a_fund(keeper, area, name="Being read")
    deciding = a_fund(keeper, area, name="Being decided", voters=Fund.Voters.NEIGHBOURS)
    done = a_fund(keeper, area, name="Decided")
    ready = Idea.State.READY
    drafted = an_idea(taking, world.owner, state=Idea.State.DRAFT)
    read = an_idea(reading, world.owner, state=ready)
    at_stage(reading, "reading")
    decides(reading, world.decider)
    Share.objects.create(idea=read, decider=world.decider)
    pitched = an_idea(deciding, world.owner, state=ready)
    at_stage(deciding, "voting")
    won = an_idea(done, world.owner, state=ready)
    at_stage(done, "voting")
    in_the_box(done, [won])
    voting.decide(done, by=keeper, at=now())
    for name, fund in (
        ("making", making), ("taking", taking), ("reading", reading), ("deciding", deciding),
        ("done", done),
    ):  # fmt: skip
        world.put(f"fund_{name}", slug=fund.slug)
        world.put(f"fund_{name}_next", slug=fund.slug, verb="next")
    world.put("ledger", slug=done.slug, form="csv")
    world.put("no_ledger", slug=deciding.slug, form="html")
    for name, idea in (
        ("drafted", drafted), ("read", read), ("pitched", pitched), ("won", won),
    ):  # fmt: skip
        world.put(f"idea_{name}", key=idea.key)
    world.put("idea_drafted_change", key=drafted.key, verb="change")
    world.put("idea_read_mark", key=read.key, verb="mark")
    world.put("idea_won_agreement", key=won.key, verb="agreement")
    for name in ("steward", "decider"):
        world.people[name] = afresh(world.people[name])


# The blocked can't see what the one who blocked them sends in.
UNBLOCKED = {"blocked": MISSING}
rows = within("grants")
ROWS = [
    *rows("funds", get=everyone(), post=BY_GET),
    *rows("start", get=only("steward")),
    *rows("fund", "fund_making", get=seen_by("steward", visitor=MISSING), post=BY_GET),
    *rows("fund", ("fund_taking", "fund_reading", "fund_done"), get=everyone(), post=BY_GET),
    *rows("new_idea", "fund_taking", get=members(teenager=REFUSED)),
    *rows("vote", "fund_taking", get=only()),
    *rows("vote", "fund_deciding", get=members()),
    *rows("pitches", "fund_deciding", get=everyone(), post=BY_GET),
    *rows("pitches", "fund_taking", get=everyone(page=MISSING), post=BY_GET),
    *rows("ballots", "fund_done", get=everyone(), post=BY_GET),
    *rows("ballots", "fund_deciding", get=everyone(page=MISSING), post=BY_GET),
    *rows("ledger", "ledger", get=everyone(), post=BY_GET),
    *rows("ledger", "no_ledger", get=everyone(page=MISSING), post=BY_GET),
    *rows("deciding", "fund_reading", get=only("steward", "decider")),
    *rows("keep", "fund_reading", get=only("steward"), post=BY_GET),
    *rows("keep_work", "fund_taking_next", get=only("steward"), post=only("steward", page=DONE)),
    *rows("keep_work", "fund_making_next", get=seen_by("steward"),
          post=seen_by("steward", page=DONE)),
    *rows("idea", "idea_drafted", get=seen_by("owner", visitor=MISSING), post=BY_GET),
    *rows("idea", "idea_read", get=seen_by("owner", "steward", "decider", visitor=MISSING),
          post=BY_GET),
    *rows("idea", ("idea_pitched", "idea_won"), get=everyone(**UNBLOCKED), post=BY_GET),
    *rows("work", "idea_drafted_change", get=seen_by("owner")),
    *rows("work", "idea_read_mark",
          get=seen_by("decider", **each(REFUSED, "owner", "steward")),
          post=seen_by("decider", page=DONE, **each(REFUSED, "owner", "steward"))),
    *rows("work", "idea_won_agreement", get=only("steward", **UNBLOCKED),
          post=only("steward", page=DONE, **UNBLOCKED)),
]  # fmt: skip


def _fund(row):
    return {"slug": row.slug}


def _when(*stages):
    """A page of a fund that is there only in some stages."""
    return lambda me, fund: rules.can_see_fund(me, fund) and fund.stage in stages


SHOWN = _when(*rules.SHOWN_IN)
DECIDED = _when(*rules.CLOSED)
EACH = [
    *(
        Each(f"grants:{name}", Fund.objects.all, rules.can_see_fund, _fund)
        for name in ("fund", "new_idea", "vote", "deciding", "keep")
    ),
    Each("grants:pitches", Fund.objects.all, SHOWN, _fund),
    Each("grants:ballots", Fund.objects.all, DECIDED, _fund),
    Each("grants:ledger", Fund.objects.all, DECIDED, lambda one: {**_fund(one), "form": "csv"}),
    Each(
        "grants:keep_work",
        Fund.objects.all,
        rules.can_see_fund,
        lambda one: {**_fund(one), "verb": "next"},
    ),
    Each("grants:idea", Idea.objects.all, rules.can_see_idea, lambda one: {"key": one.key}),
    Each(
        "grants:work",
        Idea.objects.all,
        rules.can_see_idea,
        lambda one: {"key": one.key, "verb": "change"},
    ),
]
