"""The journeys a facilitator and a stuck problem take, through the pages people press."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from doorstep.base import awards
from doorstep.base.awards import AwardCard, Awards
from doorstep.base.time import now, today
from doorstep.learning.actions import communities
from doorstep.learning.models import Booklet, Carry, Community, Thing
from doorstep.learning.tests import making
from doorstep.notices.models import Notice
from doorstep.organisations.models import Organisation, Position
from doorstep.people.models import RoleHolding

pytestmark = pytest.mark.django_db


def works_at(person, name):
    house = Organisation.objects.create(name=name, slug=name.lower())
    Position.objects.create(organisation=house, person=person, role="staff", accepted_at=now())


class Browser:
    """One person pressing what is on the page."""

    def __init__(self, client, person):
        self.client, self.person = client, person

    def send(self, address, expect=302, **data):
        self.client.force_login(self.person.account)
        page = self.client.get(address)
        found = re.search(r'name="client_key" value="([^"]+)"', page.content.decode())
        if found:
            data.setdefault("client_key", found[1])
        answer = self.client.post(address, data)
        assert answer.status_code == expect, answer.content.decode()[:3000]
        return answer

    def see(self, address):
        self.client.force_login(self.person.account)
        answer = self.client.get(address)
        assert answer.status_code == 200, address
        return answer.content.decode()


def work(thing, verb):
    return reverse("learning:thing_work", args=[thing.ref, verb])


def newest(kind):
    return Thing.objects.filter(kind=kind).order_by("-pk").first()


def test_journey_26_a_facilitator_turns_stories_into_change(cast, borough, client):
    amina = making.facilitator(cast.amina, borough.borough)
    for person, house in ((amina, "Quay"), (cast.bryn, "Hub"), (cast.dev, "Mosque")):
        works_at(person, house)
    facilitator, writer = Browser(client, amina), Browser(client, cast.bryn)

    # She begins a community and brings in people of three organisations.
    facilitator.send(
        reverse("learning:start"), name="Neighbourhoods", purpose="What makes a stranger stay."
    )
    home = Community.objects.get()
    for person in (cast.bryn, cast.dev):
        facilitator.send(reverse("learning:people", args=[home.slug]), who=person.account.email)
    assert "From 3 organisations" in facilitator.see(home.get_absolute_url())

    # A question, and a story that is de-identified, read by a second person, and told with a yes.
    facilitator.send(
        reverse("learning:add", args=[home.slug, "question"]), title="What keeps people coming?"
    )
    question = newest("question")
    add_story = reverse("learning:add", args=[home.slug, "story"]) + f"?from={question.ref}"
    writer.send(
        add_story,
        title="The chair by the door",
        words="Maureen Peterson of 14 Chapel Road, RM8 2LT sat by the door. Nobody spoke to her.",
        whose="offline",
        teller_name="A lady at the hall",
        said="“Yes, not my name.”",
        allows=["printed"],
    )
    story = newest("story")
    marked = writer.see(story.get_absolute_url())
    for words in ("14 Chapel Road", "RM8 2LT", "Maureen Peterson"):
        assert f"<mark>{words}" in marked.replace("&#x27;", "'"), words
    # Not before the marked words are gone, or vouched for.
    refused = writer.send(work(story, "send"), expect=422)
    assert "Take the marked words out" in refused.content.decode()
    writer.send(
        work(story, "change"),
        title="The chair by the door",
        words="Somebody sat by the door and nobody spoke to her.",
    )
    writer.send(work(story, "send"))
    assert "chair by the door" not in Browser(client, cast.dev).see(home.get_absolute_url())
    assert "chair by the door" in facilitator.see(reverse("learning:home"))
    facilitator.send(work(story, "read"), verdict="yes")
    assert "chair by the door" in Browser(client, cast.dev).see(home.get_absolute_url())

    # An insight that quotes it, an experiment with an owner, what was learned, a change.
    writer.send(
        reverse("learning:add", args=[home.slug, "insight"]) + f"?from={story.ref}",
        title="People stay where somebody expects them",
    )
    insight = newest("insight")
    wrong = writer.send(work(insight, "quote"), expect=422, story=story.ref, words="She was sad.")
    assert "aren&#x27;t the words of the story" in wrong.content.decode()
    writer.send(work(insight, "quote"), story=story.ref, words="nobody spoke to her")
    facilitator.send(
        reverse("learning:add", args=[home.slug, "experiment"]) + f"?from={insight.ref}",
        title="A kettle by the door",
        wonder="Does it help?",
        smallest="One kettle",
        cost="12.50",
        starts_on=today().isoformat(),
        ends_on=(today() + dt.timedelta(days=42)).isoformat(),
        owner=cast.dev.handle,
    )
    experiment = newest("experiment")
    assert experiment.experiment.cost_pence == 1250
    assert Notice.objects.filter(person=cast.dev, kind="learning-action").exists()
    owner = Browser(client, cast.dev)
    short = owner.send(work(experiment, "goes"), expect=422, stage="done", happened="Eight came.")
    assert "Say what you learned" in short.content.decode()
    owner.send(
        work(experiment, "goes"), stage="done", happened="Eight came.", learned="Pour at the door."
    )
    owner.send(
        reverse("learning:add", args=[home.slug, "change"]) + f"?from={experiment.ref}",
        title="Every hall pours at the door",
    )

    # It can be walked, on the map and in the table, from the question to the change.
    here, seen = question, []
    while here is not None:
        page = owner.see(here.get_absolute_url())
        after = Thing.objects.filter(comes_from__one=here).first()
        assert after is None or after.get_absolute_url() in page
        seen.append(here.kind)
        here = after
    assert seen == ["question", "story", "insight", "experiment", "change"]
    drawn = owner.see(reverse("learning:map"))
    assert drawn.count("<rect") == 5
    assert owner.see(reverse("learning:map") + "?as=table").count('<th scope="row">') == 5


@pytest.fixture
def money():
    card = AwardCard("7", "Kettles for halls", "/grants/awards/7/", 15_000)
    awards.awards.add(
        "made-up", Awards(lambda who: [card], lambda who, key: card if key == "7" else None)
    )
    yield card
    awards.awards._items.pop("made-up")


def test_long_journey_5_a_stuck_story_travels_and_what_was_learned_is_printed(
    cast, borough, client, money, django_capture_on_commit_callbacks
):
    amina = making.facilitator(cast.amina, borough.borough)
    dots = making.community(amina, cast.bryn, name="Connecting the dots")
    dev = making.facilitator(cast.dev, borough.borough)
    hoods = making.community(dev, cast.ewan, name="Neighbourhoods")
    story = making.story(dots, cast.bryn, amina)
    question = making.thing(dots, cast.bryn, title="Who mends a gate?", after=story)

    # The question travels with a note of why; the other community sees it, and nothing else.
    there = Browser(client, cast.ewan)
    Browser(client, cast.bryn).send(
        work(question, "carry"), to=hoods.pk, why="You know the caretakers."
    )
    carry = Carry.objects.get()
    assert Notice.objects.filter(person=dev, path=carry.get_absolute_url()).exists()
    assert "You know the caretakers." in there.see(carry.get_absolute_url())
    assert "Who mends a gate?" in there.see(question.get_absolute_url())
    client.force_login(cast.ewan.account)
    assert client.get(story.get_absolute_url()).status_code == 404
    assert story.get_absolute_url() not in there.see(question.get_absolute_url())
    assert there.see(reverse("learning:map")).count("<rect") == 1

    # An answer on paper is typed in for somebody, and comes home to who asked.
    there.send(
        carry.get_absolute_url(), verb="answer", words="The man from number nine has a key.",
        answer_from="Mr Osei, who has no computer",
    )  # fmt: skip
    assert {
        one.person_id for one in Notice.objects.all() if one.title == "An answer has come home"
    } == {amina.pk, cast.bryn.pk}
    page = Browser(client, cast.bryn).see(carry.get_absolute_url())
    assert "Mr Osei, who has no computer" in page
    assert "has a key" in page

    # A small experiment is funded; what came of it goes back to who answered.
    Browser(client, amina).send(
        reverse("learning:add", args=[dots.slug, "experiment"]) + f"?from={question.ref}",
        title="Two keys for the gate", cost="8", owner=cast.bryn.handle, award_key="made-up:7",
    )  # fmt: skip
    experiment = newest("experiment")
    page = Browser(client, cast.bryn).see(experiment.get_absolute_url())
    assert "Kettles for halls" in page
    assert "£150" in page
    Browser(client, cast.bryn).send(
        carry.get_absolute_url(), verb="came", words="The gate is open on Sundays."
    )
    assert "Something came of your answer" in [
        one.title for one in Notice.objects.filter(person=cast.ewan)
    ]
    assert "open on Sundays" in there.see(hoods.get_absolute_url())

    # What was learned is printed, for the people it came from.
    with django_capture_on_commit_callbacks(execute=True):
        Browser(client, amina).send(
            reverse("learning:booklets", args=[dots.slug]),
            title="A winter of gates",
            starts_on=today().isoformat(),
            ends_on=today().isoformat(),
            opening="You told us of a gate.",
        )
    made = Booklet.objects.get()
    assert made.state == Booklet.State.READY
    page = Browser(client, amina).see(made.get_absolute_url())
    for words in ("You told us of a gate.", "locked for three winters", "has a key"):
        assert words in page
    client.force_login(amina.account)
    pdf = client.get(reverse("learning:booklet_pdf", args=[made.ref]))
    assert pdf["Content-Type"] == "application/pdf"
    assert b"".join(pdf.streaming_content).startswith(b"%PDF-")
    for outsider in (cast.ewan, cast.carys):
        client.force_login(outsider.account)
        address = reverse("learning:booklet_pdf", args=[made.ref])
        assert client.get(address).status_code == 404


def test_a_facilitator_is_asked_says_yes_and_only_then_opens_more(cast, borough, client):
    amina = making.facilitator(cast.amina, borough.borough)
    home = making.community(amina, cast.bryn)
    member = home.members.get(person=cast.bryn)
    communities.ask_to_facilitate(member, by=amina, at=now())
    holding = RoleHolding.objects.get(person=cast.bryn)
    address = reverse("learning:people", args=[home.slug])
    client.force_login(cast.bryn.account)
    assert "Bring somebody in" not in client.get(address).content.decode()
    assert holding.where == "Neighbourhoods"
    from doorstep.people.roles import actions as roles

    roles.accept(holding, by=cast.bryn, at=now())
    assert "Bring somebody in" in client.get(address).content.decode()
    # A role in one community opens no other, and begins none.
    assert client.get(reverse("learning:start")).status_code == 403


def test_where_somebody_comes_from_stays_chosen_after_their_position_there_has_ended(
    cast, borough, client
):
    works_at(cast.bryn, "Quay")
    home = making.community(making.facilitator(cast.amina, borough.borough), cast.bryn)
    quay = Organisation.objects.get()
    home.members.filter(person=cast.bryn).update(organisation=quay)
    Position.objects.update(ended_at=now())
    works_at(cast.bryn, "Hub")
    browser, address = Browser(client, cast.bryn), reverse("learning:people", args=[home.slug])
    assert f'<option value="{quay.pk}" selected>' in browser.see(address)
    member = home.members.get(person=cast.bryn)
    browser.send(address, verb="from", member=member.pk, organisation=quay.pk)
    member.refresh_from_db()
    assert member.organisation == quay


def test_the_last_facilitator_stays_until_there_is_another(cast, borough, client):
    amina = making.facilitator(cast.amina, borough.borough)
    home = making.community(amina, cast.bryn)
    member = home.members.get(person=amina)
    with pytest.raises(communities.CannotJoin, match="Make somebody else"):
        communities.leave(member, at=now())
    member.refresh_from_db()
    assert member.left_at is None


def test_whoever_has_left_sees_nothing_more_and_what_they_wrote_stays(cast, borough, client):
    amina = making.facilitator(cast.amina, borough.borough)
    home = making.community(amina, cast.bryn)
    one = making.thing(home, cast.bryn)
    communities.leave(home.members.get(person=cast.bryn), at=now())
    client.force_login(cast.bryn.account)
    assert client.get(one.get_absolute_url()).status_code == 404
    client.force_login(amina.account)
    assert client.get(one.get_absolute_url()).status_code == 200


def test_a_closed_community_is_read_and_not_written_in(cast, borough, client):
    amina = making.facilitator(cast.amina, borough.borough)
    home = making.community(amina, cast.bryn)
    one = making.thing(home, cast.bryn)
    communities.close(home, at=now())
    client.force_login(cast.bryn.account)
    assert client.get(one.get_absolute_url()).status_code == 200
    assert client.get(reverse("learning:add", args=[home.slug, "question"])).status_code == 403
    assert client.get(work(one, "change")).status_code == 403


def test_what_has_gone_meanwhile_and_impossible_numbers_are_said_plainly(cast, borough, client):
    amina = making.facilitator(cast.amina, borough.borough)
    home = making.community(amina, cast.bryn)
    other = making.community(amina, name="Core")
    question = making.thing(home, cast.bryn)
    browser = Browser(client, cast.bryn)
    communities.close(other, at=now())
    day = today().isoformat()
    for address, said, data in (
        (work(question, "carry"), "Choose a community", {"to": other.pk, "why": "They know."}),
        (
            reverse("learning:plan", args=[home.slug]),
            "Write a number from 10 to 600",
            {"title": "A day", "day": day, "time": "18:00", "minutes_long": "9999"},
        ),
        (
            reverse("learning:add", args=[home.slug, "experiment"]),
            "Write an amount like 250 or 12.50.",
            {"title": "Try", "cost": "-3"},
        ),
        (
            reverse("learning:add", args=[home.slug, "experiment"]),
            "Choose one",
            {"title": "Try", "owner": cast.ewan.handle},
        ),
    ):
        if "carry" in address:  # nowhere is left to carry it to
            making.community(amina, name="Dots")
        page = browser.send(address, expect=422, **data).content.decode()
        assert said in page
        assert "valid choice" not in page


def test_a_form_sent_twice_makes_one_thing(cast, borough, client):
    amina = making.facilitator(cast.amina, borough.borough)
    home = making.community(amina)
    client.force_login(amina.account)
    address = reverse("learning:add", args=[home.slug, "question"])
    for _again in range(2):
        client.post(address, {"title": "Why?", "client_key": "a-key-of-the-form"})
    assert Thing.objects.count() == 1


def test_nobody_is_named_across_a_block(cast, borough, client):
    from doorstep.people.models import Block

    amina = making.facilitator(cast.amina, borough.borough)
    home = making.community(amina, cast.bryn, cast.carys)
    one = making.thing(home, cast.bryn)
    Block.objects.create(blocker=cast.carys, blocked=cast.bryn)
    client.force_login(cast.carys.account)
    for address in (
        home.get_absolute_url(),
        one.get_absolute_url(),
        reverse("learning:people", args=[home.slug]),
    ):
        assert "Bryn" not in client.get(address).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_more_things_cost_no_more_queries(
    rows, cast, borough, client, django_assert_max_num_queries
):
    amina = making.facilitator(cast.amina, borough.borough)
    home = making.community(amina, cast.bryn)
    for number in range(rows):
        one = making.thing(home, cast.bryn, title=f"Question {number}")
        making.thing(home, cast.bryn, "experiment", f"Try {number}", after=one)
        making.story(home, cast.bryn, amina, after=one)
    met = making.meeting(home, amina)
    client.force_login(cast.bryn.account)
    for address, most in (
        (reverse("learning:home"), 14),
        (home.get_absolute_url(), 14),
        (reverse("learning:map"), 8),
        (reverse("learning:map") + "?as=table", 8),
        (one.get_absolute_url(), 14),
        (met.get_absolute_url(), 13),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200


def test_somebody_who_learns_nowhere_yet_is_told_how_it_begins(cast, borough, client):
    client.force_login(cast.ewan.account)
    page = client.get(reverse("learning:home")).content.decode()
    assert "You are in no learning community yet" in page
    for name in ("map", "start"):
        assert reverse(f"learning:{name}") not in page
        assert client.get(reverse(f"learning:{name}")).status_code == 403


def test_a_member_without_any_role_finds_the_way_in_from_every_page(cast, borough, client):
    making.community(making.facilitator(cast.amina, borough.borough), cast.bryn)
    client.force_login(cast.bryn.account)
    assert f'href="{reverse("learning:home")}"' in client.get(reverse("people:me")).content.decode()
