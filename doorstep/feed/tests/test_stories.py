"""Blogs of teams and areas, their feeds; telling a story, and what an editor does with it."""

import re
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from doorstep.base.keys import new_key
from doorstep.feed import actions, storytelling
from doorstep.feed.models import Draft, Photo, Post, Readers, Story
from doorstep.feed.tests.factories import PostFactory, area_channel, team_channel
from doorstep.feed.tests.test_photos import picture
from doorstep.notices.models import Notice
from doorstep.people.models import RoleHolding
from doorstep.teams.tests.factories import TeamFactory, add_member

NOW = timezone.now()
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def team(cast):
    team = TeamFactory(name="Stitch Together", slug="stitch")
    add_member(team, cast.dev, "host")
    return team


@pytest.fixture
def editor(cast, borough):
    RoleHolding.objects.create(person=cast.carys, role="editor", area=borough.borough)
    return cast.carys


def article(place, **more):
    return {
        "channel": place,
        "title": "Forty bowls",
        "text": "It was **good**.",
        "client_key": new_key(20),
        **more,
    }


def entries(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own feed
    return [entry.findtext(f"{ATOM}title") for entry in root.iter(f"{ATOM}entry")]


# --- Articles ----------------------------------------------------------------------------------


def test_a_member_writes_looks_saves_and_publishes_once(cast, team, client):
    client.force_login(cast.dev.account)
    place = f"team:{team.pk}"
    sent = article(place)
    answer = client.post("/feed/stories/write/", sent | {"do": "look"})
    assert "<strong>good</strong>" in answer.content.decode()
    assert client.post("/feed/stories/write/", sent | {"do": "save"}).status_code == 302
    assert Draft.objects.get().place == f"article:{place}"
    page = client.get(f"/feed/stories/write/?channel={place}").content.decode()
    assert "It was **good**." in page
    assert sent["client_key"] in page
    for _n in range(2):
        answer = client.post("/feed/stories/write/", sent | {"readers": "everyone"})
    post = Post.objects.get()
    assert answer["Location"] == f"/feed/stories/{post.pk}-forty-bowls/"
    assert Draft.objects.count() == 0


def test_only_members_write_a_teams_stories_and_editors_the_boroughs(
    cast, team, borough, editor, client
):
    client.force_login(cast.ewan.account)
    assert client.get(f"/feed/stories/write/?channel=team:{team.pk}").status_code == 404
    assert client.get(f"/feed/stories/write/?channel=area:{borough.borough.pk}").status_code == 403
    client.force_login(editor.account)
    sent = article(f"area:{borough.borough.pk}")
    assert client.post("/feed/stories/write/", sent).status_code == 302
    assert Post.objects.get().readers == Readers.EVERYONE
    assert "Forty bowls" in client.get("/feed/stories/").content.decode()


def test_markdown_from_people_is_safe(cast, borough, client):
    post = PostFactory(
        channel=area_channel(borough.borough),
        author=cast.dev,
        kind="article",
        title="<img src=x>",
        slug="x",
        readers="everyone",
        text="<script>alert(1)</script>\n\n[go](javascript:alert(1)) ![x](http://e.example/a.png)"
        "\n\n# Big\n\n**bold** & 'quoted' \"text\"",
    )
    page = client.get(f"/feed/stories/{post.pk}-x/").content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page
    assert "<img src" not in page
    assert "<h2>Big</h2>" in page
    assert "<strong>bold</strong>" in page
    assert "&lt;img src=x&gt;" in page


def test_a_public_story_has_a_preview_and_a_team_story_has_none(cast, team, client):
    channel = team_channel(team, readers="everyone")
    for readers in ("everyone", "team"):
        PostFactory(
            channel=channel, author=cast.dev, kind="article", title=f"For {readers}", slug="s",
            readers=readers, text="Soup & <i>bread</i> for \"all\".",
        )  # fmt: skip
    public, inside = Post.objects.order_by("id")
    page = client.get(public.get_absolute_url()).content.decode()
    assert '<meta property="og:title" content="For everyone">' in page
    assert 'name="description" content="Soup &amp; &lt;i&gt;bread&lt;/i&gt; for &quot;all' in page
    assert f'<link rel="canonical" href="http://localhost:8000{public.get_absolute_url()}">' in page
    client.force_login(cast.dev.account)
    page = client.get(inside.get_absolute_url()).content.decode()
    assert "og:title" not in page
    assert "noindex" in page


def test_an_old_address_of_a_story_leads_to_the_new(cast, borough, client):
    post = PostFactory(
        channel=area_channel(borough.ward), author=cast.dev, kind="article", title="T",
        slug="new", readers="everyone",
    )  # fmt: skip
    answer = client.get(f"/feed/stories/{post.pk}-old/")
    assert (answer.status_code, answer["Location"]) == (301, post.get_absolute_url())


@pytest.mark.parametrize("rows", [1, 3])
def test_a_storys_page_asks_at_most_eight_queries(
    rows, cast, team, client, django_assert_max_num_queries
):
    post = PostFactory(
        channel=team_channel(team), author=cast.dev, kind="article", title="T", slug="t",
        readers="team",
    )  # fmt: skip
    add_member(team, cast.amina)
    for _n in range(rows):
        actions.reply(post, by=cast.dev, at=NOW, text="Hi @Amina", client_key=new_key(20))
        actions.thank(post, by=cast.amina, at=NOW)
    client.force_login(cast.amina.account)
    client.get(post.get_absolute_url())
    with django_assert_max_num_queries(8):
        assert client.get(post.get_absolute_url()).status_code == 200


def test_a_changed_story_is_new_at_the_next_request(cast, team, client):
    client.force_login(cast.dev.account)
    client.post("/feed/stories/write/", article(f"team:{team.pk}"))
    post = Post.objects.get()
    assert b"It was <strong>good" in client.get(post.get_absolute_url()).content
    answer = client.post(
        f"/feed/stories/change/{post.pk}/",
        {"title": "Forty bowls", "text": "It was *great*.", "client_key": new_key(20)},
    )
    assert answer.status_code == 302
    page = client.get(post.get_absolute_url()).content
    assert b"It was <em>great" in page
    assert b"<strong>good" not in page
    assert b"It was <strong>good" in client.get(f"/feed/{post.pk}/before/").content


# --- Feeds -------------------------------------------------------------------------------------


def test_an_atom_feed_holds_what_everyone_may_read(cast, team, borough, client):
    for channel, title, readers in (
        (team_channel(team, readers="everyone"), "Open & shut", "everyone"),
        (team_channel(team), "Inside", "team"),
        (team_channel(team), "Members", "members"),
        (area_channel(borough.borough), "Borough", "everyone"),
    ):
        PostFactory(
            channel=channel, author=cast.dev, kind="article", title=title, slug="s",
            readers=readers,
        )  # fmt: skip
    PostFactory(channel=team_channel(team), author=cast.dev, text="Only a note", readers="everyone")
    client.force_login(cast.dev.account)  # a member's own eyes make no difference
    assert entries(client, "/feed/atom/team/stitch.xml") == ["Open & shut"]
    assert entries(client, "/feed/atom/area/testing-borough.xml") == ["Borough"]
    assert entries(client, "/feed/atom/area/quay.xml") == []
    actions.take_down(Post.objects.get(title="Borough"), by=cast.dev, at=NOW)
    assert entries(client, "/feed/atom/area/testing-borough.xml") == []


def test_a_private_team_has_no_feed(cast, team, client):
    team.is_private = True
    team.save()
    client.force_login(cast.dev.account)
    assert client.get("/feed/atom/team/stitch.xml").status_code == 404


# --- Telling -----------------------------------------------------------------------------------


def told_by(client, who, **more):
    client.force_login(who.account)
    sent = {
        "text": "We planted bulbs.",
        "told_by": who.known_as,
        "client_key": new_key(20),
        "photo_1": picture(),
        "describe_1": "Bulbs in a box",
        **more,
    }
    return client.post("/feed/stories/tell/", sent), sent


def test_a_story_is_told_read_published_in_two_places_and_its_teller_hears(
    cast, borough, editor, client
):
    answer, sent = told_by(client, cast.amina)
    sent["photo_1"].seek(0)
    assert client.post("/feed/stories/tell/", sent)["Location"] == answer["Location"]
    story = Story.objects.get()
    assert b"got your story" in client.get(answer["Location"]).content
    client.force_login(editor.account)
    assert "We planted bulbs." in client.get("/feed/stories/queue/").content.decode()
    photo = story.photos.get()
    assert client.get(f"/feed/photo/{photo.key}/480.webp").status_code == 200
    edited = {
        "title": "Bulbs by the bus stop",
        "text": "We planted forty bulbs.",
        "told_by": "Amina",
        "kept_1": photo.key,
        "describe_1": "Bulbs in a box",
        "do": "publish",
    }
    assert client.post(f"/feed/stories/queue/{story.pk}/", edited).status_code == 302
    posts = Post.objects.order_by("id")
    assert [post.channel.area for post in posts] == [borough.borough, borough.ward]
    assert {post.author for post in posts} == {cast.amina}
    assert Notice.objects.get(kind="story").person == cast.amina
    client.logout()
    page = client.get("/feed/stories/").content.decode()
    assert "Bulbs by the bus stop" in page
    for post in posts:
        key = post.photos.get().key
        assert client.get(f"/feed/photo/{key}/480.webp").status_code == 200


def test_a_name_that_is_not_the_tellers_hides_who_told_it(cast, borough, editor, client):
    told_by(client, cast.amina, told_by="A neighbour from Quay")
    story = Story.objects.get()
    storytelling.edit(story, by=editor, at=NOW, title="Bulbs", text="Bulbs.", told_by=story.told_by)
    post = storytelling.publish(story, by=editor, at=NOW)
    client.logout()
    page = client.get(post.get_absolute_url()).content.decode()
    cards = client.get("/feed/stories/").content.decode()
    feed = client.get("/feed/atom/area/testing-borough.xml").content.decode()
    for html in (page, cards, feed):
        assert "A neighbour from Quay" in html
        assert "Amina" not in html


def test_a_decision_is_undone_and_made_again(cast, borough, editor, client):
    told_by(client, cast.amina, title="Bulbs")
    story = Story.objects.get()
    first = storytelling.publish(story, by=editor, at=NOW)
    with pytest.raises(storytelling.AlreadyDecided):
        storytelling.publish(story, by=editor, at=NOW)
    client.force_login(editor.account)
    for _n in range(2):
        assert client.post(f"/feed/stories/queue/{story.pk}/undo/").status_code == 302
    assert client.get(first.get_absolute_url()).status_code == 404
    story.refresh_from_db()
    second = storytelling.publish(story, by=editor, at=NOW)
    assert second.pk != first.pk
    assert second.photos.count() == 1


def test_a_story_is_declined_with_kind_words(cast, borough, editor, client):
    told_by(client, cast.amina)
    story = Story.objects.get()
    client.force_login(editor.account)
    address = f"/feed/stories/queue/{story.pk}/"
    assert client.post(address, {"do": "decline", "reply": ""}).status_code == 422
    words = {"do": "decline", "reply": "Lovely, but we had one like it."}
    assert client.post(address, words).status_code == 302
    client.force_login(cast.amina.account)
    page = client.get(f"/feed/stories/told/{story.pk}/").content.decode()
    assert "we had one like it" in page
    assert Post.objects.count() == 0


def test_a_teller_takes_their_story_back(cast, borough, client):
    told_by(client, cast.amina)
    story = Story.objects.get()
    client.force_login(cast.bryn.account)
    assert client.post(f"/feed/stories/told/{story.pk}/").status_code == 404
    client.force_login(cast.amina.account)
    client.post(f"/feed/stories/told/{story.pk}/")
    assert (Story.objects.count(), Photo.objects.count()) == (0, 0)


@pytest.mark.parametrize("path", ["queue/", "queue/1/", "queue/1/undo/"])
def test_the_queue_is_for_editors(path, cast, borough, client):
    told_by(client, cast.amina)
    path = path.replace("1", str(Story.objects.get().pk))
    client.force_login(cast.bryn.account)
    ask = client.post if "undo" in path else client.get
    assert ask(f"/feed/stories/{path}").status_code == 403


def test_a_story_that_fails_keeps_the_words(cast, borough, client):
    answer, _sent = told_by(client, cast.amina, told_by="", text="Long and dear words.")
    assert answer.status_code == 422
    assert "Long and dear words." in answer.content.decode()
    assert "Say what name to print" in answer.content.decode()


def test_a_teller_who_takes_their_published_story_down_is_not_sent_to_a_missing_page(
    cast, borough, editor, client
):
    told_by(client, cast.amina, title="Bulbs")
    story = Story.objects.get()
    post = storytelling.publish(story, by=editor, at=NOW)
    actions.take_down(post, by=cast.amina, at=NOW)
    page = client.get(f"/feed/stories/told/{story.pk}/").content.decode()
    assert "taken down since" in page
    assert post.get_absolute_url() not in page


def test_the_menu_marks_stories_on_stories_and_not_on_a_neighbours_post(cast, borough, client):
    told_by(client, cast.amina, title="Bulbs")
    client.force_login(cast.amina.account)
    post = PostFactory(
        author=cast.amina, channel=area_channel(borough.ward), text="Has anybody a ladder?"
    )
    for path, section in (
        ("/feed/stories/", "Stories"),
        (post.get_absolute_url(), "Neighbourhood"),
    ):
        page = client.get(path).content.decode()
        parade = re.search(r'<nav class="parade".*?</nav>', page, re.DOTALL)[0]
        marked = re.findall(
            r'aria-current="(?:page|true)"[^>]*>(?:<svg.*?</svg>)?\s*([^<]+)', parade
        )
        assert [one.strip() for one in marked] == [section]
