"""Feeds: who sees what, in pages, in few queries, and no kept card ever leaks."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.keys import new_key
from doorstep.feed import actions, cards, composing, reading, sources
from doorstep.feed.models import Comment, Post, Readers
from doorstep.feed.rules import can_see_post
from doorstep.feed.tests.factories import PostFactory, area_channel, team_channel
from doorstep.people.models import Block, Person
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams.models import Mentoring, Team
from doorstep.teams.tests.factories import TeamFactory, add_member

NOW = timezone.now()


def fresh(person):
    """The same person as the next request meets them."""
    return Person.objects.get(pk=person.pk)


def texts(page):
    return [Post.objects.get(pk=row.id).text for row in page.items]


def home(person):
    person = fresh(person)
    return reading.feed_page(person, reading.home_channels(person))


def drawn(person):
    person = fresh(person)
    channels = reading.home_channels(person)
    page = reading.feed_page(person, channels)
    return "".join(cards.render_cards(page.items, person, channels))


@pytest.fixture
def neighbourhood(cast, borough):
    """One post in each kind of place, by Dev; Amina is in the open team only."""
    open_team, private = TeamFactory(), TeamFactory(is_private=True)
    add_member(open_team, cast.amina)
    add_member(private, cast.bryn)
    for text, channel, readers in (
        ("ward", area_channel(borough.ward), "members"),
        ("borough", area_channel(borough.borough), "everyone"),
        ("far ward", area_channel(borough.far_ward), "members"),
        ("open team inside", team_channel(open_team), "team"),
        ("open team for all", team_channel(open_team), "everyone"),
        ("private team", team_channel(private), "team"),
    ):
        PostFactory(channel=channel, author=cast.dev, readers=readers, text=text)
    return open_team, private


def test_home_is_my_areas_and_my_teams_with_the_reason(cast, borough, neighbourhood):
    assert texts(home(cast.amina)) == ["open team for all", "open team inside", "borough", "ward"]
    assert texts(home(cast.bryn)) == ["private team", "borough", "ward"]
    amina = fresh(cast.amina)
    reasons = reading.home_channels(amina)
    said = {row.channel_name: reasons[row.channel_id] for row in home(amina).items}
    assert said["Quay"] == "your ward"
    assert said["Testing Borough"] == "everyone in the borough"
    assert said[neighbourhood[0].name] == "your team"


def test_a_followed_area_comes_home_too(cast, borough, neighbourhood):
    cast.amina.follows.add(borough.far_ward)
    assert "far ward" in texts(home(cast.amina))


def test_a_mentor_reads_the_team_they_help(cast, neighbourhood):
    assert "private team" not in texts(home(cast.carys))
    Mentoring.objects.create(team=neighbourhood[1], mentor=cast.carys)
    assert "private team" in texts(home(cast.carys))


@pytest.mark.parametrize(
    "path", ["/", "/places/quay/", "/places/testing-borough/", "/feed/stories/"]
)
def test_what_a_team_keeps_to_itself_is_on_no_page_of_others(
    path, cast, borough, neighbourhood, client
):
    for who in (cast.ewan, None):
        if who:
            client.force_login(who.account)
        page = client.get(path).content.decode()
        assert "open team inside" not in page
        assert "private team" not in page
        client.logout()


def test_a_team_post_is_on_no_address_of_its_own_for_others(cast, neighbourhood, client):
    for post in Post.objects.filter(text__in=["private team", "open team inside"]):
        client.force_login(cast.ewan.account)
        assert client.get(f"/feed/{post.pk}/").status_code == 404
        assert client.post(f"/feed/{post.pk}/thank/").status_code == 404
        assert client.post(f"/feed/{post.pk}/reply/", {"text": "x"}).status_code == 404
        client.logout()
        assert client.get(f"/feed/{post.pk}/").status_code == 404


def test_visitors_read_what_everyone_may_and_members_more(cast, borough, neighbourhood, client):
    page = client.get("/places/testing-borough/").content.decode()
    assert '<p dir="auto">borough</p>' in page
    assert "far ward" not in page
    ward = Post.objects.get(text="ward")
    assert client.get(f"/feed/{ward.pk}/").status_code == 404
    everyone = Post.objects.get(text="borough")
    assert client.get(f"/feed/{everyone.pk}/").status_code == 200


def test_a_team_that_closes_its_door_takes_its_open_posts_inside(cast, neighbourhood):
    team = neighbourhood[0]
    Team.objects.filter(pk=team.pk).update(is_private=True)
    post = Post.objects.get(text="open team for all")
    assert not can_see_post(fresh(cast.ewan), post)
    channel = team_channel(team)
    assert reading.feed_page(fresh(cast.ewan), [channel.pk]).items == []
    assert reading.feed_page(None, [channel.pk]).items == []
    assert "open team for all" in texts(home(cast.amina))


# --- Blocking ----------------------------------------------------------------------------------


def test_a_block_hides_posts_and_replies_both_ways_at_the_next_request(
    cast, borough, neighbourhood, client
):
    post = Post.objects.get(text="ward")
    Comment.objects.create(post=post, author=cast.ewan, text="Ewan says hello")
    client.force_login(cast.amina.account)
    assert b"Ewan says hello" in client.get(f"/feed/{post.pk}/").content
    assert "ward" in drawn(cast.amina)
    Block.objects.create(blocker=cast.ewan, blocked=cast.amina)
    assert b"Ewan says hello" not in client.get(f"/feed/{post.pk}/").content
    Block.objects.create(blocker=cast.amina, blocked=cast.dev)
    assert client.get(f"/feed/{post.pk}/").status_code == 404
    assert drawn(cast.amina) == ""
    client.force_login(cast.dev.account)
    mine = PostFactory(channel=area_channel(borough.ward), author=cast.amina, text="from amina")
    assert client.get(f"/feed/{mine.pk}/").status_code == 404
    assert "from amina" not in client.get("/").content.decode()


# --- Cards -------------------------------------------------------------------------------------


def test_a_kept_card_says_to_each_reader_only_what_is_theirs(cast, borough):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.dev, text="Shared words")
    actions.thank(post, by=cast.amina, at=NOW)
    cards.forget_all()
    amina, bryn, dev = drawn(cast.amina), drawn(cast.bryn), drawn(cast.dev)
    assert "Shared words" in amina
    assert 'aria-pressed="true"' in amina
    assert 'aria-pressed="false"' in bryn
    assert "aria-pressed" not in dev
    assert [f"/feed/{post.pk}/change/" in html for html in (amina, bryn, dev)] == [
        False,
        False,
        True,
    ]
    far = PersonFactory(known_as="Far", home=borough.far_ward)
    far.follows.add(borough.ward)
    assert "you follow this area" in drawn(far)
    assert "your ward" not in drawn(far)
    visitor = "".join(cards.render_cards(reading.rows_of(fresh(cast.bryn), [post.pk]), None))
    assert "form=" not in visitor
    assert "change" not in visitor


def test_no_gap_of_a_kept_page_is_left_unfilled(cast, borough, client):
    for kind in Post.Kind.values:
        title = "Title" if kind in ("notice", "article") else ""
        PostFactory(
            channel=area_channel(borough.ward), author=cast.dev, kind=kind, title=title, slug="t"
        )
    for who in (cast.amina, cast.dev):
        client.force_login(who.account)
        assert cards._GAP not in drawn(who)
        for post in Post.objects.all():
            assert cards._GAP not in client.get(post.get_absolute_url()).content.decode()


def test_nobody_is_asked_to_help_with_their_own_ask(cast, borough):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.dev, kind="ask")
    assert "I can help" in drawn(cast.amina)
    assert "I can help" not in drawn(cast.dev)
    actions.set_met(post, by=cast.dev, at=NOW, is_met=True)
    assert "I can help" not in drawn(cast.amina)


def test_every_change_is_on_the_card_at_the_next_request(cast, borough):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.dev, text="First words")
    assert "First words" in drawn(cast.amina)
    actions.change(post, by=cast.dev, at=NOW, text="Second words")
    assert "Second words" in drawn(cast.amina)
    assert "First words" not in drawn(cast.amina)
    actions.reply(post, by=cast.bryn, at=NOW, text="Yes", client_key=new_key(20))
    assert "1 reply" in drawn(cast.amina)
    actions.thank(post, by=cast.bryn, at=NOW)
    assert "1 neighbour said thank you" in drawn(cast.amina)
    Person.objects.filter(pk=cast.dev.pk).update(known_as="Devendra")
    assert "Devendra" in drawn(cast.amina)
    actions.set_met(post, by=cast.dev, at=NOW, is_met=True)
    actions.take_down(post, by=cast.dev, at=NOW)
    assert drawn(cast.amina) == ""


def test_how_long_ago_is_never_kept(cast, borough):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.dev, text="Words")
    key = {"posted_at": timezone.now() - dt.timedelta(minutes=40)}
    Post.objects.filter(pk=post.pk).update(**key)
    row = home(cast.amina).items[0]
    assert "40 minutes ago" in cards.render_cards([row], cast.amina)[0]
    later = cards.Clock("en-gb")
    later.now += dt.timedelta(minutes=10)
    assert "50 minutes ago" in later(row.posted_at)


def test_no_word_of_a_neighbour_is_ever_html(cast, borough):
    nasty = '<script>alert(1)</script> "><img src=x onerror=1> javascript:alert(1)'
    Person.objects.filter(pk=cast.dev.pk).update(known_as='<b onload="x">Dev')
    for kind, title in (
        ("note", ""),
        ("ask", nasty[:100]),
        ("notice", nasty[:100]),
        ("article", nasty[:100]),
    ):
        PostFactory(
            channel=area_channel(borough.ward), author=cast.dev, text=nasty, kind=kind, title=title
        )
    html = drawn(cast.amina)
    assert "<script" not in html
    assert "<img src=x" not in html
    assert "<b onload" not in html


def test_a_story_told_in_two_places_is_shown_once(cast, borough):
    for channel in (area_channel(borough.borough), area_channel(borough.ward)):
        PostFactory(channel=channel, author=cast.dev, kind="article", title="Soup", slug="soup")
    assert len(home(cast.amina).items) == 1


# --- Pages and queries -------------------------------------------------------------------------


def test_pages_go_on_after_the_last_seen_however_many_came_in_between(cast, borough):
    ward = area_channel(borough.ward)
    for n in range(7):
        PostFactory(channel=ward, author=cast.dev, text=f"number {n}")
    first = reading.feed_page(cast.amina, [ward.pk], limit=3)
    PostFactory(channel=ward, author=cast.dev, text="newer")
    second = reading.feed_page(cast.amina, [ward.pk], before=first.next_before, limit=3)
    third = reading.feed_page(cast.amina, [ward.pk], before=second.next_before, limit=3)
    told = [texts(page) for page in (first, second, third)]
    assert told == [
        ["number 6", "number 5", "number 4"],
        ["number 3", "number 2", "number 1"],
        ["number 0"],
    ]
    assert third.next_before is None


def test_many_channels_are_read_as_few_are(cast, borough, monkeypatch):
    teams = [TeamFactory() for _n in range(6)]
    for team in teams:
        add_member(team, cast.amina)
        PostFactory(channel=team_channel(team), author=cast.dev, readers="team", text=team.name)
    wanted = texts(home(cast.amina))
    monkeypatch.setattr(reading, "MOST_ARMS", 2)
    assert texts(home(cast.amina)) == wanted
    assert len(wanted) == 6
    assert reading.feed_page(fresh(cast.ewan), reading.home_channels(fresh(cast.amina))).items == []


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_feed_costs_no_more_queries(rows, cast, borough, django_assert_num_queries):
    team = TeamFactory()
    add_member(team, cast.amina)
    for channel, readers in ((area_channel(borough.ward), "members"), (team_channel(team), "team")):
        for _n in range(rows):
            PostFactory(channel=channel, author=cast.dev, readers=readers, text="@Amina hello")
    amina = fresh(cast.amina)
    amina._blocked_ids = set()  # as the session tells it
    with django_assert_num_queries(1):
        channels = dict(sources.built_in(amina))
    with django_assert_num_queries(1):
        page = reading.feed_page(amina, channels)
    cards.forget_all()
    with django_assert_num_queries(2):
        cards.render_cards(page.items, amina, channels)
    with django_assert_num_queries(0):
        cards.render_cards(page.items, amina, channels)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("path", "most"),
    [("/", 8), ("/places/quay/", 8), ("/teams/knit/", 8), ("/feed/1/", 8), ("/feed/stories/", 8)],
)
def test_a_page_asks_at_most_eight_queries(
    rows, path, most, cast, borough, client, django_assert_max_num_queries
):
    team = TeamFactory(slug="knit")
    add_member(team, cast.amina)
    ward, mine = area_channel(borough.ward), team_channel(team)
    for _n in range(rows):
        PostFactory(channel=ward, author=cast.dev)
        PostFactory(channel=mine, author=cast.dev, readers="team")
        PostFactory(
            channel=area_channel(borough.borough), author=cast.dev, kind="article",
            title="Soup", slug=f"soup-{new_key(5)}", readers="everyone",
        )  # fmt: skip
    post = Post.objects.filter(channel=mine).first()
    for _n in range(rows):
        actions.reply(post, by=cast.dev, at=NOW, text="Hi @Amina", client_key=new_key(20))
        actions.thank(post, by=cast.amina, at=NOW)
    client.force_login(cast.amina.account)
    path = path.replace("/feed/1/", f"/feed/{post.pk}/")
    client.get(path)
    with django_assert_max_num_queries(most):
        assert client.get(path).status_code == 200


def test_a_team_page_counts_what_is_new_and_only_once(cast, borough, client):
    team = TeamFactory(slug="knit")
    add_member(team, cast.amina)
    PostFactory(channel=team_channel(team), author=cast.dev, readers="team")
    client.force_login(cast.amina.account)
    client.get("/teams/knit/")
    PostFactory(channel=team_channel(team), author=cast.dev, readers="team")
    assert "1 new post since you last looked" in client.get("/teams/knit/").content.decode()
    assert "since you last looked" not in client.get("/teams/knit/").content.decode()


def test_looking_twice_in_ten_minutes_is_one_look(cast):
    assert reading.look(fresh(cast.amina), at=NOW) is None
    assert reading.look(fresh(cast.amina), at=NOW + dt.timedelta(minutes=5)) == NOW
    assert fresh(cast.amina).looked_at == NOW
    reading.look(fresh(cast.amina), at=NOW + dt.timedelta(minutes=15))
    assert fresh(cast.amina).looked_at == NOW + dt.timedelta(minutes=15)


def test_the_box_to_write_in_is_for_those_signed_in(cast, borough):
    request = RequestFactory().get("/places/quay/?a=1&b=<2>")
    request.user = AnonymousUser()
    assert composing.composer(request) == ""
    request.user = cast.amina.account
    first, second = composing.composer(request), composing.composer(request)
    assert 'name="next" value="/places/quay/?a=1&amp;b=' in first
    assert (
        first.split('name="client_key" value="')[1][:20]
        != (second.split('name="client_key" value="')[1][:20])
    )


# --- The rule, told three times ----------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_seeing_a_post_is_the_same_rule_however_it_is_asked(data, cast, borough):
    with transaction.atomic():
        the_rule_holds(data, cast, borough)
        transaction.set_rollback(True)


def the_rule_holds(data, cast, borough):
    people = [cast.amina, cast.bryn, cast.dev, cast.ewan]
    teams = [TeamFactory(is_private=data.draw(st.booleans())) for _n in range(2)]
    for person in people:
        for team in teams:
            what = data.draw(st.sampled_from(["no", "member", "left", "mentor"]))
            if what == "mentor":
                Mentoring.objects.create(team=team, mentor=person)
            elif what != "no":
                membership = add_member(team, person)
                membership.state = what
                membership.save()
    if data.draw(st.booleans()):
        Block.objects.create(blocker=cast.amina, blocked=cast.dev)
    if data.draw(st.booleans()):
        Block.objects.create(blocker=cast.ewan, blocked=cast.amina)
    channels = [area_channel(borough.ward), *(team_channel(team) for team in teams)]
    for _n in range(8):
        PostFactory(
            channel=data.draw(st.sampled_from(channels)),
            author=data.draw(st.sampled_from(people)),
            readers=data.draw(st.sampled_from(Readers.values)),
            state=data.draw(st.sampled_from(Post.State.values)),
        )
    posts = list(Post.objects.select_related("channel__team"))
    ids = [channel.pk for channel in channels]
    for person in [*people, None]:

        def viewer(person=person):
            return fresh(person) if person else None

        one_by_one = {post.pk for post in posts if can_see_post(viewer(), post)}
        with_teams = viewer()
        told_twice = set(Post.objects.visible_to(with_teams).values_list("pk", flat=True))
        after = {post.pk for post in posts if can_see_post(with_teams, post)}
        plain = {row.id for row in reading.feed_page(viewer(), ids, limit=100).items}
        known = viewer()
        if known:
            reading.home_channels(known)
        at_home = {row.id for row in reading.feed_page(known, ids, limit=100).items}
        assert one_by_one == told_twice == after == plain == at_home
