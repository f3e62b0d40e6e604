"""Generated worlds: joining widens nothing, and parting gives each back what was theirs."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import now
from doorstep.notices import safe
from doorstep.notices.models import Channel
from doorstep.people import actions as people_actions
from doorstep.people import rules as people_rules
from doorstep.people.consents.kinds import Recipient
from doorstep.people.consents.rules import may_share
from doorstep.people.merging import actions, movers
from doorstep.people.models import Block, Consent, ContactChange, Person, RoleHolding
from doorstep.people.tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
QUIET = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
WHO = st.sampled_from(("kept", "gone"))
SEES = st.sampled_from(("me", "teams", "members"))
WINDOWS = st.lists(
    st.tuples(
        st.frozensets(st.integers(0, 6), min_size=1),
        st.integers(6, 12),
        st.integers(13, 21),
    ),
    max_size=2,
)
AT = now()


@st.composite
def worlds(draw):
    return {
        "shown": {who: draw(st.dictionaries(st.sampled_from(list(people_rules.PARTS)), SEES))
                  for who in ("kept", "gone")},
        "blocks": draw(st.lists(st.tuples(WHO, st.sampled_from("xy"), st.booleans()), unique=True)),
        "yes": draw(st.lists(st.tuples(WHO, st.sampled_from(("food", "gp")), st.booleans()),
                             unique_by=lambda row: row[:2])),
        "safe": {who: draw(st.none() | st.tuples(st.frozensets(st.sampled_from(Channel.values)),
                                                WINDOWS)) for who in ("kept", "gone")},
        "details": {who: draw(st.fixed_dictionaries({
            "phone": st.sampled_from(("", "+447700900001", "+447700900002")),
            "full_name": st.sampled_from(("", "Ann Lee", "Anne Lee")),
            "about": st.sampled_from(("", "I bake", "I knit")),
        })) for who in ("kept", "gone")},
        "chosen": draw(st.dictionaries(st.sampled_from(("phone", "full_name", "about")), WHO)),
        "since": draw(st.lists(st.sampled_from(("block", "change", "follow", "yes")), max_size=3)),
    }  # fmt: skip


def build(world, borough):
    people = {
        "kept": PersonFactory(known_as="Ann", home=borough.ward, account=False),
        "gone": PersonFactory(known_as="Anne", home=borough.ward, account=False),
        "x": PersonFactory(known_as="Xena"),
        "y": PersonFactory(known_as="Yves"),
        "officer": PersonFactory(known_as="Olu"),
    }
    RoleHolding.objects.create(
        person=people["officer"], role=RoleHolding.Role.OFFICER, area=borough.borough
    )
    for who in ("kept", "gone"):
        Person.objects.filter(pk=people[who].pk).update(
            shown_to=world["shown"][who], **world["details"][who]
        )
        people[who].refresh_from_db()
        if world["safe"][who] is not None:
            forbidden, windows = world["safe"][who]
            safe.set_rules(
                people[who],
                by=people["officer"],
                at=AT - dt.timedelta(days=2),
                forbidden=sorted(forbidden),
                windows=[
                    {"days": sorted(days), "from": f"{start:02}:00", "until": f"{end:02}:00"}
                    for days, start, end in windows
                ],
            )
        ContactChange.objects.create(person=people[who], detail="phone", at=AT)
    for who, other, is_theirs in world["blocks"]:
        pair = (people[who], people[other])
        blocker, blocked = pair[::-1] if is_theirs else pair
        Block.objects.create(blocker=blocker, blocked=blocked)
    for who, key, is_withdrawn in world["yes"]:
        Consent.objects.create(
            person=people[who], purpose="help", recipient_kind="organisation", recipient_key=key,
            parts=["name"], starts_at=AT - dt.timedelta(days=5), how="spoken",
            recorded_at=AT - dt.timedelta(days=5), client_key=f"{who}-{key}",
            withdrawn_at=AT - dt.timedelta(days=1) if is_withdrawn else None,
            withdrawn_how="spoken" if is_withdrawn else "",
        )  # fmt: skip
    return people


def fresh(people):
    return {name: Person.objects.get(pk=person.pk) for name, person in people.items()}


def allowed(people):
    """Everything anybody may see, share, or use to reach somebody: a set of facts."""
    people = fresh(people)
    facts = set()
    at = now()
    # What `safe.may_reach` asks for one moment, read once for all the hours of a week.
    book = safe.Book.of([person.pk for person in people.values()])
    for one, other in itertools.permutations(people, 2):
        if people_rules.can_see_person(people[one], people[other]):
            facts.add(("see", one, other))
        for part in people_rules.PARTS:
            if people_rules.can_see_part(people[one], people[other], part):
                facts.add(("part", one, other, part))
        if people[other].pk not in people_rules.blocked_ids(people[one]):
            facts.add(("meet", one, other))
    for name, person in people.items():
        for key in ("food", "gp"):
            if may_share(person, "help", Recipient("organisation", key, ""), at, parts=["name"]):
                facts.add(("share", name, key))
        for channel, hours in itertools.product(Channel.values, range(0, 168, 3)):
            if book.may_reach(person.pk, channel, AT + dt.timedelta(hours=hours)).ok:
                facts.add(("reach", name, channel, hours))
    return facts


def owners():
    """Whose every row is: ("people.Block.blocker", 3) -> person id."""
    return {
        (name, pk): owner
        for name, (model, field) in movers.links().items()
        for pk, owner in model._base_manager.values_list("pk", field.attname)
    }


@QUIET
@given(world=worlds())
def test_joining_never_lets_anybody_do_more(world, borough):
    with transaction.atomic():
        people = build(world, borough)
        before = allowed(people)
        actions.join(
            people["kept"], people["gone"], by=people["officer"], at=now(), why="one",
            chosen=world["chosen"], client_key="generated-key",
        )  # fmt: skip
        after = allowed(people)
        assert not {fact for fact in after if "gone" in fact and fact[0] in ("see", "part")
                    and fact[1] != "gone"}  # fmt: skip
        for fact in after:
            if "gone" in fact:
                continue
            twin = tuple("gone" if word == "kept" else word for word in fact)
            if fact[0] == "share":
                # Either record's yes is the person's; a later no on either ends it.
                assert fact in before or twin in before
                no = {who for who, key, is_no in world["yes"] if is_no and key == fact[2]}
                assert fact[1] != "kept" or not no
            else:
                assert fact in before, fact
                assert twin in before, twin
        transaction.set_rollback(True)


@QUIET
@given(world=worlds())
def test_parting_gives_each_back_what_was_theirs(world, borough):
    with transaction.atomic():
        people = build(world, borough)
        rows, rights, said = owners(), allowed(people), _details(people)
        merge = actions.join(
            people["kept"], people["gone"], by=people["officer"], at=now(), why="one",
            chosen=world["chosen"], client_key="generated-key",
        )  # fmt: skip
        kept = Person.objects.get(pk=people["kept"].pk)
        for number, what in enumerate(world["since"]):
            if what == "block" and people_rules.can_block(fresh(people)["x"], kept):
                people_actions.block(kept, by=fresh(people)["x"], at=now())
            elif what == "change":
                ContactChange.objects.create(person=kept, detail=f"new {number}", at=now())
            elif what == "follow":
                people_actions.follow(borough.ward, by=kept, at=now())
        for _twice in range(2):
            actions.part(merge, by=people["officer"], at=now(), why="two")
        now_theirs = owners()
        own = ("people.Merge", "people.Pair", "people.ToMatch", "people.Person.merged_into")
        assert {
            key: (owner, now_theirs.get(key))
            for key, owner in rows.items()
            if now_theirs.get(key) != owner
            and not key[0].startswith(own)
            # Who ended the rules for the time they were one is history, and says so.
            and key[0] != "notices.SafeContact.ended_by"
        } == {}
        assert _details(people) == said
        after = allowed(people)
        assert after <= rights
        if "block" not in world["since"]:
            assert after == rights
        transaction.set_rollback(True)


def _details(people):
    keep = ("known_as", "full_name", "phone", "about", "shown_to", "state", "merged_into_id",
            "created_at", "restricted_at", "born_on", "languages", "home_id")  # fmt: skip
    return {
        name: {field: getattr(person, field) for field in keep}
        for name, person in fresh(people).items()
    }
