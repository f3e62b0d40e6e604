"""What the feed gives to other floors' pages: a person's posts, a team's export, link cards."""

import csv
import io
import re

import pytest
from django.utils import timezone

from doorstep.base.keys import new_key
from doorstep.base.registry import Registry
from doorstep.feed import actions, threads
from doorstep.feed.models import LinkCard
from doorstep.feed.panels import export_team
from doorstep.feed.tests.factories import PostFactory, area_channel, team_channel
from doorstep.people.models import RoleHolding
from doorstep.teams.models import on_team_started
from doorstep.teams.tests.factories import TeamFactory, add_member

NOW = timezone.now()


def test_a_persons_page_shows_what_the_reader_may_read_of_theirs(cast, borough, client):
    team = TeamFactory(is_private=True)
    add_member(team, cast.dev)
    PostFactory(channel=area_channel(borough.ward), author=cast.dev, text="Out in the open")
    PostFactory(channel=team_channel(team), author=cast.dev, text="Just us", readers="team")
    client.force_login(cast.ewan.account)
    page = client.get(cast.dev.get_absolute_url()).content.decode()
    assert "Out in the open" in page
    assert "Just us" not in page
    add_member(team, cast.amina)
    client.force_login(cast.amina.account)
    assert "Just us" in client.get(cast.dev.get_absolute_url()).content.decode()


def test_whose_page_it_is_need_not_be_said_on_each_of_its_posts(cast, borough, client):
    team = TeamFactory(name="Kettle and Toast", area=borough.ward)
    add_member(team, cast.dev)
    PostFactory(channel=team_channel(team), author=cast.dev, text="Who brings the milk?")
    PostFactory(channel=area_channel(borough.ward), author=cast.dev, text="Lost: a red glove")
    client.force_login(cast.dev.account)

    def said(path, words):
        card = client.get(path).content.decode().partition('class="card post"')[2]
        card = card.partition("</article>")[0]
        assert words in card
        return [place for place in (str(team), str(borough.ward)) if f">{place}</a>" in card]

    assert said(team.get_absolute_url(), "milk") == []
    assert said(borough.ward.get_absolute_url(), "glove") == []
    assert said("/", "glove") == [str(borough.ward)]


def test_a_team_takes_its_posts_and_replies_home_as_a_table(cast):
    team = TeamFactory()
    add_member(team, cast.dev, "host")
    post = PostFactory(channel=team_channel(team), author=cast.dev, text="=SUM(A1)", readers="team")
    actions.reply(post, by=cast.dev, at=NOW, text="Tea, and cake", client_key=new_key(20))
    gone = actions.reply(post, by=cast.dev, at=NOW, text="Oops", client_key=new_key(20))
    actions.take_down_reply(gone, by=cast.dev, at=NOW)
    name, text = export_team(team, cast.dev)
    rows = list(csv.reader(io.StringIO(text)))
    assert name == "posts.csv"
    assert [row[-1] for row in rows] == ["words", "'=SUM(A1)", "Tea, and cake"]
    assert export_team(team, cast.ewan) is None


def test_a_link_to_our_own_page_becomes_a_card_the_viewer_may_see(cast, borough, monkeypatch):
    cards = Registry("cards for links")
    cards.add(
        "tests",
        LinkCard(
            re.compile(r"^/whats-on/([\w-]+)/$"),
            lambda viewer, match: f"<b>{match[1]}</b>" if viewer else None,
        ),
    )
    monkeypatch.setattr(threads, "link_cards", cards)
    text = (
        "Come to http://localhost:8000/whats-on/tea/ and http://localhost:8000/whats-on/tea/, "
        "not https://evil.example/whats-on/tea/ nor http://localhost:8000/teams/x/"
    )
    assert threads.cards_for_links(text, cast.amina) == ["<b>tea</b>"]
    assert threads.cards_for_links(text, None) == []


@pytest.mark.parametrize("tab", ["", "stories/"])
def test_a_private_teams_tabs_are_empty_for_a_moderator_who_looks_in(cast, tab, client):
    team = TeamFactory(is_private=True, slug="quiet")
    add_member(team, cast.dev)
    PostFactory(channel=team_channel(team), author=cast.dev, text="Just us", readers="team")
    PostFactory(
        channel=team_channel(team), author=cast.dev, text="Ours", readers="team", kind="article",
        title="Our story", slug="ours",
    )  # fmt: skip
    RoleHolding.objects.create(person=cast.carys, role="moderator", area=team.area)
    client.force_login(cast.carys.account)
    session = client.session
    session["second_factor_waived"] = True
    session.save()
    answer = client.get(f"/teams/quiet/{tab}")
    assert answer.status_code == 200
    assert "Just us" not in answer.content.decode()
    assert "Our story" not in answer.content.decode()


def test_a_new_team_has_its_channel_at_once(cast, borough):
    team = TeamFactory()
    for hook in on_team_started:
        hook(team)
    assert team.channels.filter(about="").count() == 1
