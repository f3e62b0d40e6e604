"""A writer is asked once, kindly; nothing is blocked; moderators see what was sent as it is."""

import pytest
from django.utils import timezone

from doorstep.base.keys import new_key
from doorstep.feed import noticing
from doorstep.feed.models import Comment, Noticed, Post, Readers
from doorstep.feed.tests.factories import PostFactory, area_channel, team_channel
from doorstep.feed.tests.test_moderation import make_moderator, sign_in
from doorstep.kindness.reading import read
from doorstep.safeguarding.models import Alert
from doorstep.teams.tests.factories import TeamFactory, add_member

NUMBER = "Ring me on 07700 900123 about the ladder"
DANGER = "He's not breathing and he's gone blue, what do I do"


@pytest.fixture
def mia(borough):
    return make_moderator(borough, "Mia")


@pytest.fixture
def team(cast):
    team = TeamFactory(name="Stitch Together")
    add_member(team, cast.amina)
    return team


@pytest.fixture
def place(borough):
    return f"area:{borough.ward.pk}"


def form(place, text, **more):
    return {
        "place": place, "fixed": place, "kind": "note", "text": text, "title": "A ladder",
        "client_key": new_key(20), **more,
    }  # fmt: skip


def test_ordinary_words_go_up_at_once(client, cast, place):
    sign_in(client, cast.amina)
    sent = form(place, "Tea at four, everyone welcome")
    assert client.post("/feed/write/", sent).status_code == 302
    assert not Noticed.objects.exists()


def test_a_private_detail_is_asked_about_once_and_then_sent_as_it_is(client, cast, place):
    sign_in(client, cast.amina)
    sent = form(place, NUMBER)
    page = client.post("/feed/write/", sent)
    assert page.status_code == 200
    words = page.content.decode()
    assert "<mark>07700 900123</mark>" in words
    assert "Send it as it is" in words
    assert "Change it" in words
    assert 'name="title" value="A ladder"' in words
    assert f'name="client_key" value="{sent["client_key"]}"' in words
    assert not Post.objects.exists()
    again = sent | {"kindly": "send", "kindly_seen": "private:phone"}
    assert [client.post("/feed/write/", again).status_code for _n in range(2)] == [302, 302]
    post = Post.objects.get()
    assert post.text == NUMBER
    row = Noticed.objects.get()
    assert (row.target_kind, row.target_id, row.sorts) == ("post", post.pk, ["private:phone"])
    assert "07700" not in str(row.__dict__)


def test_change_it_shows_the_form_with_all_that_was_typed(client, cast, place):
    sign_in(client, cast.amina)
    page = client.post("/feed/write/", form(place, NUMBER, kindly="change"))
    assert page.status_code == 200
    assert NUMBER in page.content.decode()
    assert not Post.objects.exists()


def test_the_same_words_are_not_asked_about_twice(client, cast, place):
    sign_in(client, cast.amina)
    sent = form(place, NUMBER)
    assert client.post("/feed/write/", sent).status_code == 200
    assert client.post("/feed/write/", sent | {"kindly": "change"}).status_code == 200
    # The form itself knows nothing of the question, and sends the same words again.
    assert client.post("/feed/write/", sent).status_code == 302
    assert Noticed.objects.count() == 1


def test_changed_words_without_anything_to_notice_go_up(client, cast, place):
    sign_in(client, cast.amina)
    assert client.post("/feed/write/", form(place, "Ask me about the ladder")).status_code == 302
    assert not Noticed.objects.exists()


def test_a_reply_is_asked_about_and_changed_on_the_page_of_the_post(client, cast, borough):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.bryn)
    sign_in(client, cast.amina)
    sent = {"text": NUMBER, "client_key": new_key(20)}
    assert "Send it as it is" in client.post(f"/feed/{post.pk}/reply/", sent).content.decode()
    assert (
        NUMBER
        in client.post(f"/feed/{post.pk}/reply/", sent | {"kindly": "change"}).content.decode()
    )
    done = client.post(f"/feed/{post.pk}/reply/", sent | {"kindly_seen": "private:phone"})
    assert done.status_code == 302
    assert Noticed.objects.get().target_id == Comment.objects.get().pk


def test_changing_a_post_is_asked_about_too(client, cast, borough):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.amina)
    sign_in(client, cast.amina)
    address = f"/feed/{post.pk}/change/"
    assert "<mark>" in client.post(address, {"text": NUMBER, "title": ""}).content.decode()
    sent = {"text": NUMBER, "title": "", "kindly_seen": "private:phone"}
    assert client.post(address, sent).status_code == 302
    post.refresh_from_db()
    assert post.text == NUMBER


def test_danger_shows_the_numbers_first_and_still_sends(client, cast, borough):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.bryn)
    sign_in(client, cast.amina)
    sent = {"text": DANGER, "client_key": new_key(20)}
    page = client.post(f"/feed/{post.pk}/reply/", sent).content.decode()
    assert page.index('href="tel:999"') < page.index("Your words")
    assert not Alert.objects.exists()
    sent |= {"kindly": "send", "kindly_seen": "danger:life-at-risk"}
    for _n in range(2):
        assert client.post(f"/feed/{post.pk}/reply/", sent).status_code == 302
    alert = Alert.objects.get()
    assert alert.raised_by is None
    assert "No person raised this" in alert.what
    assert DANGER not in alert.what


def test_a_made_up_answer_never_stops_anybody(client, cast, place):
    sign_in(client, cast.amina)
    odd = form(place, "Tea at four", kindly="<b>", kindly_seen="x" * 5000)
    assert client.post("/feed/write/", odd).status_code == 302


def test_what_was_typed_is_shown_as_words_not_as_a_page(client, cast, place):
    sign_in(client, cast.amina)
    page = client.post("/feed/write/", form(place, f"<script>x</script> {NUMBER}"))
    assert "<script>x</script>" not in page.content.decode()


@pytest.fixture
def noticed(cast, borough):
    post = PostFactory(channel=area_channel(borough.ward), author=cast.amina, text=NUMBER)
    return noticing.keep("post", post, read(NUMBER), by=cast.amina, at=timezone.now())


def test_moderators_see_what_was_noticed_and_can_let_it_stay(noticed, client, cast, mia):
    sign_in(client, mia)
    page = client.get("/feed/moderation/").content.decode()
    assert "Noticed by the reader" in page
    assert "A phone number" in page
    answer = client.post(f"/feed/moderation/noticed/{noticed.pk}/", follow=True)
    assert "07700 900123" not in answer.content.decode()
    assert Post.objects.live().filter(pk=noticed.target_id).exists()


def test_nobody_else_lets_it_stay(noticed, client, cast):
    sign_in(client, cast.bryn)
    assert client.post(f"/feed/moderation/noticed/{noticed.pk}/").status_code == 403
    noticed.refresh_from_db()
    assert noticed.looked_at is None


def test_the_words_of_a_team_stay_in_the_team(cast, borough, client, mia, team):
    post = PostFactory(
        channel=team_channel(team), author=cast.amina, text=NUMBER, readers=Readers.TEAM
    )
    noticing.keep("post", post, read(NUMBER), by=cast.amina, at=timezone.now())
    sign_in(client, mia)
    page = client.get("/feed/moderation/").content.decode()
    assert "Only a team can read these words" in page
    assert "900123" not in page


def test_what_was_noticed_in_danger_comes_before_the_rest(cast, borough):
    channel = area_channel(borough.ward)
    for text in (NUMBER, DANGER):
        post = PostFactory(channel=channel, author=cast.amina, text=text)
        noticing.keep("post", post, read(text), by=cast.amina, at=timezone.now())
    assert next(row.words for row in noticing.waiting()).endswith(DANGER)
