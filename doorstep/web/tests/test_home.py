"""The front page: what is near me and mine, nobody else's, in few questions."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doorstep.base.time import now
from doorstep.feed.models import Post
from doorstep.feed.tests.factories import PostFactory, area_channel, team_channel
from doorstep.people.models import Block, Person
from doorstep.teams.tests.factories import TeamFactory, add_member


def words(client, path="/"):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def bryn(client, cast):
    client.force_login(cast.bryn.account)
    return cast.bryn


def test_a_visitor_is_told_what_this_is_and_sees_no_members_post(client, cast, borough):
    PostFactory(channel=area_channel(borough.ward), author=cast.dev, text="Only for neighbours")
    page = words(client)
    assert "Knock any time" in page
    assert "Only for neighbours" not in page


def test_home_shows_my_ward_and_my_teams_with_the_reason_and_no_other_teams(
    client, cast, borough, bryn
):
    mine, other = TeamFactory(name="Menders"), TeamFactory(name="Others", is_private=True)
    add_member(mine, bryn)
    PostFactory(channel=area_channel(borough.ward), author=cast.dev, text="From the ward")
    PostFactory(channel=team_channel(mine), author=cast.dev, text="From my team", readers="team")
    PostFactory(channel=team_channel(other), author=cast.dev, text="A secret", readers="team")
    PostFactory(channel=area_channel(borough.far_ward), author=cast.dev, text="From far away")
    page = words(client)
    assert "From the ward" in page
    assert "your ward" in page
    assert "From my team" in page
    assert "your team" in page
    assert "A secret" not in page
    assert "From far away" not in page


def test_a_deletion_and_a_block_are_seen_at_the_next_request(client, cast, borough, bryn):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.dev, text="Here and gone")
    PostFactory(channel=area_channel(borough.ward), author=cast.ewan, text="From somebody")
    assert "Here and gone" in words(client)
    Post.objects.filter(pk=post.pk).update(state=Post.State.REMOVED)
    Block.objects.create(blocker=cast.ewan, blocked=bryn)
    page = words(client)
    assert "Here and gone" not in page
    assert "From somebody" not in page


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_feed_costs_no_more_queries(rows, client, cast, borough, bryn):
    for _row in range(rows):
        PostFactory(channel=area_channel(borough.ward), author=cast.dev)
    client.get("/")  # draws the cards, and notes the look
    with CaptureQueriesContext(connection) as asked:
        client.get("/")
    assert len(asked) == 7


def test_names_and_words_are_escaped(client, cast, borough, bryn):
    type(bryn).objects.filter(pk=bryn.pk).update(known_as="<b>Bryn</b>")
    PostFactory(channel=area_channel(borough.ward), author=cast.dev, text="<script>x</script>")
    page = words(client)
    assert "<b>Bryn" not in page
    assert "<script>x" not in page


def test_an_older_page_is_reached_and_ends(client, cast, borough, bryn):
    for number in range(25):
        text = f"Kettle {number:02}!"
        PostFactory(channel=area_channel(borough.ward), author=cast.dev, text=text)
    oldest = Post.objects.order_by("-pk")[19].pk
    assert f'href="/?before={oldest}"' in words(client)
    page = words(client, f"/?before={oldest}")
    assert "Kettle 04!" in page
    assert "Kettle 05!" not in page


def test_what_is_met_is_no_longer_asked_for(client, cast, borough, bryn):
    ask = {"channel": area_channel(borough.ward), "author": cast.dev, "kind": "ask"}
    PostFactory(text="Walk Biscuit", **ask)
    PostFactory(text="Mend a gate", met_at="2026-11-20T10:00Z", **ask)
    page = words(client, "/lend-a-hand/")
    assert "Walk Biscuit" in page
    assert "Mend a gate" not in page


def test_what_was_there_at_the_last_look_is_folded_behind_what_is_new(client, cast, borough, bryn):
    channel = area_channel(borough.ward)
    for number in range(12):
        PostFactory(channel=channel, author=cast.amina, text=f"Seen {number:02}")
    Post.objects.update(posted_at=now() - dt.timedelta(days=2))

    def sides():
        page = client.get("/").content.decode()
        opened, _fold, folded = page.partition('<details class="more earlier">')
        return [part.count("<article") for part in (opened, folded)], folded

    assert sides()[0] == [8, 4]
    for number in range(9):
        PostFactory(channel=channel, author=cast.amina, text=f"New {number:02}")
    counts, folded = sides()
    assert counts == [9, 11]
    assert "New" not in folded
    assert "11 more from your neighbours" in folded
    Person.objects.update(looked_at=now())  # looked again later: nothing is new any more
    assert sides()[0] == [8, 12]
