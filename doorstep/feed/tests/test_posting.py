"""Putting up, changing and taking down; replies, names and thanks."""

import datetime as dt

import pytest
from django.db import connection
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from doorstep.base.keys import new_key
from doorstep.feed import actions, words
from doorstep.feed.models import Channel, Comment, Draft, Edit, Mention, Post, Readers, Thanks
from doorstep.feed.tests.factories import CommentFactory, PostFactory, area_channel, team_channel
from doorstep.notices.actions import mark_seen
from doorstep.notices.models import Delivery, Notice, Preference
from doorstep.people.models import Block, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams.tests.factories import TeamFactory, add_member

NOW = timezone.now()


@pytest.fixture
def ward(borough):
    return area_channel(borough.ward)


@pytest.fixture
def team(cast):
    team = TeamFactory(name="Stitch Together")
    add_member(team, cast.dev, "host")
    add_member(team, cast.amina)
    return team


def put_up(channel, by, text="The kettle is on.", **more):
    return actions.put_up(channel, by=by, at=NOW, text=text, client_key=new_key(20), **more)


def form(place, text="Hello from number 9.", **more):
    return {"place": place, "kind": "note", "text": text, "client_key": new_key(20), **more}


def test_a_neighbour_posts_from_the_small_box_and_comes_back_to_the_page(cast, borough, client):
    client.force_login(cast.amina.account)
    answer = client.post("/feed/write/", form(f"area:{borough.ward.pk}", next="/places/quay/"))
    post = Post.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/places/quay/#post-{post.pk}")
    assert (post.author, post.channel.area, post.readers) == (cast.amina, borough.ward, "members")


def test_a_form_sent_twice_is_one_post(cast, borough, client):
    client.force_login(cast.amina.account)
    sent = form(f"area:{borough.ward.pk}")
    assert [client.post("/feed/write/", sent).status_code for _n in range(2)] == [302, 302]
    assert Post.objects.count() == 1


def test_a_race_with_the_same_key_is_one_post_and_somebody_elses_key_is_refused(cast, ward):
    first = actions.put_up(ward, by=cast.amina, at=NOW, text="One.", client_key="same-key-1")
    again = actions.put_up(ward, by=cast.amina, at=NOW, text="One.", client_key="same-key-1")
    assert first == again
    with pytest.raises(actions.NotYours):
        actions.put_up(ward, by=cast.bryn, at=NOW, text="Mine.", client_key="same-key-1")


def test_a_form_that_fails_keeps_everything_and_says_what_to_do(cast, borough, client):
    client.force_login(cast.amina.account)
    long = "a" * 10_001
    answer = client.post(
        "/feed/write/", form(f"area:{borough.ward.pk}", long, kind="ask", title="My title")
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert long in page
    assert "My title" in page
    assert 'value="ask" checked' in page
    assert "Keep it under 10,000 letters" in page
    assert page.count("<title>Problem:") == 1


def test_a_ten_megabyte_comment_is_refused_with_a_page(cast, ward, client):
    post = put_up(ward, cast.amina)
    client.force_login(cast.bryn.account)
    answer = client.post(f"/feed/{post.pk}/reply/", {"text": "a" * 10_000_000})
    assert answer.status_code in (400, 413, 422)
    assert b"<h1" in answer.content
    assert Comment.objects.count() == 0


def test_control_characters_and_direction_tricks_do_not_survive(cast, borough, client):
    client.force_login(cast.amina.account)
    client.post(
        "/feed/write/", form(f"area:{borough.ward.pk}", "Harm\u202eless\x07 <b>words</b>\u2066!")
    )
    post = Post.objects.get()
    assert post.text == "Harmless <b>words</b>!"
    page = client.get(post.get_absolute_url()).content.decode()
    assert "&lt;b&gt;words&lt;/b&gt;" in page
    assert "<b>words" not in page


@pytest.mark.parametrize(
    "place", ["area:99999", "team:99999", "channel:99999", "area:x", "nothing"]
)
def test_a_place_that_is_not_there_takes_nothing(place, cast, client):
    client.force_login(cast.amina.account)
    assert client.post("/feed/write/", form(place)).status_code == 422
    assert client.post("/feed/write/", form(place, fixed=place)).status_code == 404
    assert Post.objects.count() == 0


def test_only_members_post_in_a_team(cast, team, client):
    client.force_login(cast.ewan.account)
    place = f"team:{team.pk}"
    assert client.post("/feed/write/", form(place, fixed=place)).status_code == 404
    client.force_login(cast.amina.account)
    assert client.post("/feed/write/", form(place, fixed=place)).status_code == 302
    assert Post.objects.get().readers == Readers.TEAM


def test_a_post_is_never_wider_than_its_team_allows(cast):
    private = TeamFactory(is_private=True)
    add_member(private, cast.dev)
    post = put_up(actions.channel_of(private), cast.dev, readers=Readers.EVERYONE)
    assert post.readers == Readers.TEAM


def test_notices_are_for_those_who_speak_for_the_area(cast, borough, client):
    client.force_login(cast.amina.account)
    sent = form(f"area:{borough.ward.pk}", kind="notice", title="No hot water")
    assert client.post("/feed/write/", sent).status_code == 422
    RoleHolding.objects.create(person=cast.carys, role="officer", area=borough.locality)
    client.force_login(cast.carys.account)
    session = client.session
    session["second_factor_waived"] = True
    session.save()
    assert client.post("/feed/write/", sent | {"title": ""}).status_code == 422
    assert client.post("/feed/write/", sent | {"client_key": new_key(20)}).status_code == 302
    assert Post.objects.get().readers == Readers.EVERYONE
    far = form(f"area:{borough.far_ward.pk}", kind="notice", title="No hot water")
    assert client.post("/feed/write/", far | {"fixed": far["place"]}).status_code == 422


def test_a_team_has_one_channel_that_follows_its_name_and_door(cast, team):
    channel = actions.channel_of(team)
    assert actions.channel_of(team) == channel
    assert channel.readers == Readers.EVERYONE
    team.name, team.is_private = "Stitch and Natter", True
    team.save()
    channel = actions.channel_of(team)
    assert (channel.name, channel.readers) == ("Stitch and Natter", Readers.TEAM)
    assert Channel.objects.filter(team=team).count() == 1


# --- Drafts ------------------------------------------------------------------------------------


def test_words_not_sent_yet_wait_on_the_server(cast, client):
    client.force_login(cast.amina.account)
    sent = {"draft": "home", "text": "Half a tho", "kind": "ask", "client_key": "abc-key-123"}
    assert client.post("/feed/draft/", sent).json() == {"kept": True}
    page = client.get("/feed/write/").content.decode()
    assert "Half a tho" in page
    assert "abc-key-123" in page
    assert 'value="ask" checked' in page
    assert client.post("/feed/draft/", {"draft": "home", "text": ""}).json() == {"kept": False}
    assert Draft.objects.count() == 0


def test_asking_for_a_photo_in_the_small_box_loses_no_words(cast, borough, client):
    client.force_login(cast.amina.account)
    place = f"area:{borough.locality.pk}"
    answer = client.post("/feed/write/", form(place, "With a picture", add="photo", kind="offer"))
    page = client.get(answer["Location"].split("#")[0]).content.decode()
    assert "With a picture" in page
    assert 'value="offer" checked' in page
    assert f'value="{place}" selected' in page
    assert Post.objects.count() == 0


def test_a_posted_draft_is_gone_and_the_page_is_told(cast, borough, client):
    client.force_login(cast.amina.account)
    client.post("/feed/draft/", {"draft": "home", "text": "Hello"})
    sent = form(f"area:{borough.ward.pk}", "Hello")
    answer = client.post("/feed/write/", sent)
    assert Draft.objects.count() == 0
    assert answer.cookies["doorstep_posted"].value == sent["client_key"]


@pytest.mark.parametrize("place", ["", "x" * 41, "somewhere:1", "area:", "home2"])
def test_a_draft_has_a_place_we_know(place, cast, client):
    client.force_login(cast.amina.account)
    sent = {"draft": place, "text": "Hello"}
    assert client.post("/feed/draft/", sent).status_code == 400
    assert Draft.objects.count() == 0


def test_drafts_are_ones_own(cast, client):
    actions.keep_draft(cast.amina, "home", {"text": "Secret thought"}, at=NOW)
    client.force_login(cast.bryn.account)
    assert b"Secret thought" not in client.get("/feed/write/").content


# --- Changing and taking down ------------------------------------------------------------------


def test_what_a_post_said_before_can_be_read(cast, ward, client):
    post = put_up(ward, cast.amina, "Tea at three.")
    client.force_login(cast.amina.account)
    assert client.post(f"/feed/{post.pk}/change/", {"text": "Tea at four."}).status_code == 302
    client.force_login(cast.bryn.account)
    page = client.get(f"/feed/{post.pk}/").content.decode()
    assert "Tea at four." in page
    assert "see what it said before" in page
    assert "Tea at three." in client.get(f"/feed/{post.pk}/before/").content.decode()
    post.refresh_from_db()
    assert post.version == 2


def test_only_its_author_changes_a_post(cast, ward, client):
    post = put_up(ward, cast.amina)
    client.force_login(cast.bryn.account)
    assert client.post(f"/feed/{post.pk}/change/", {"text": "Mine now"}).status_code == 403
    assert client.post(f"/feed/{post.pk}/take-down/").status_code == 403
    assert client.post(f"/feed/{post.pk}/sorted/").status_code == 403


def test_taking_down_hides_from_everyone_and_leaves_a_trace(cast, ward, client):
    post = put_up(ward, cast.amina, "Gone soon.")
    client.force_login(cast.amina.account)
    assert b"Gone soon." in client.get(f"/feed/{post.pk}/take-down/").content
    assert client.post(f"/feed/{post.pk}/take-down/").status_code == 302
    assert client.get(f"/feed/{post.pk}/").status_code == 404
    post.refresh_from_db()
    assert (post.state, post.text) == (Post.State.REMOVED, "Gone soon.")
    assert Edit.objects.get().by == cast.amina


def test_a_host_takes_down_what_is_in_their_team(cast, team, client):
    post = put_up(actions.channel_of(team), cast.amina)
    client.force_login(cast.dev.account)
    assert client.post(f"/feed/{post.pk}/take-down/").status_code == 302


def test_an_ask_is_sorted_and_opened_again_by_its_author(cast, ward, client):
    post = put_up(ward, cast.amina, "A ladder?", kind="ask")
    client.force_login(cast.amina.account)
    client.post(f"/feed/{post.pk}/sorted/", {"met": "yes"})
    assert b"Sorted" in client.get(f"/feed/{post.pk}/").content
    client.post(f"/feed/{post.pk}/sorted/", {"met": "no"})
    post.refresh_from_db()
    assert (post.met_at, post.version) == (None, 3)


# --- Replies -----------------------------------------------------------------------------------


def test_a_reply_sent_twice_is_one_and_counted_once(cast, ward, client):
    post = put_up(ward, cast.amina)
    client.force_login(cast.bryn.account)
    sent = {"text": "I'll bring milk.", "client_key": new_key(20)}
    for _n in range(2):
        assert client.post(f"/feed/{post.pk}/reply/", sent).status_code == 302
    post.refresh_from_db()
    assert (Comment.objects.count(), post.comment_count) == (1, 1)


def test_an_empty_reply_says_what_to_do(cast, ward, client):
    post = put_up(ward, cast.amina)
    client.force_login(cast.bryn.account)
    answer = client.post(f"/feed/{post.pk}/reply/", {"text": " ", "client_key": new_key(20)})
    assert answer.status_code == 422
    assert b"Write a few words first" in answer.content


def test_a_reply_is_changed_and_taken_down_by_its_author(cast, ward, client):
    post = put_up(ward, cast.amina)
    reply = actions.reply(post, by=cast.bryn, at=NOW, text="Milk", client_key=new_key(20))
    client.force_login(cast.ewan.account)
    assert client.post(f"/feed/reply/{reply.pk}/change/", {"text": "x"}).status_code == 403
    client.force_login(cast.bryn.account)
    assert client.post(f"/feed/reply/{reply.pk}/change/", {"text": "Oat"}).status_code == 302
    assert b"Milk" in client.get(f"/feed/reply/{reply.pk}/before/").content
    assert client.post(f"/feed/reply/{reply.pk}/take-down/").status_code == 302
    assert client.get(f"/feed/reply/{reply.pk}/before/").status_code == 404
    assert b"Oat" not in client.get(f"/feed/{post.pk}/").content
    post.refresh_from_db()
    assert post.comment_count == 0
    assert [edit.text for edit in Edit.objects.order_by("id")] == ["Milk", "Oat"]


def test_replies_come_oldest_first_with_the_earlier_ones_behind_a_link(cast, ward, client):
    post = put_up(ward, cast.amina)
    for n in range(35):
        CommentFactory(post=post, author=cast.bryn, text=f"number {n}.")
    page = client_page(client, cast.amina, f"/feed/{post.pk}/")
    shown = [n for n in range(35) if f"number {n}." in page]
    assert shown == list(range(5, 35))
    assert page.index("number 5.") < page.index("number 34.")
    first = Comment.objects.order_by("id")[5]
    assert f"?before={first.pk}#replies" in page
    earlier = client_page(client, cast.amina, f"/feed/{post.pk}/?before={first.pk}")
    assert [n for n in range(35) if f"number {n}." in earlier] == list(range(5))


def client_page(client, who, path):
    client.force_login(who.account)
    return client.get(path).content.decode()


def test_the_thread_hears_of_replies_once_until_they_look(cast, ward):
    post = put_up(ward, cast.amina)
    for who in (cast.bryn, cast.carys, cast.bryn):
        actions.reply(post, by=who, at=NOW, text="Lovely.", client_key=new_key(20))
    assert Notice.objects.filter(kind="reply", person=cast.amina).count() == 1
    assert Notice.objects.filter(kind="reply", person=cast.bryn).count() == 1
    mark_seen(cast.amina, at=NOW)
    actions.reply(post, by=cast.carys, at=NOW, text="More.", client_key=new_key(20))
    assert Notice.objects.filter(kind="reply", person=cast.amina).count() == 2


def test_a_reply_comes_by_email_to_those_who_want_it_so(cast, ward):
    nobody_s_account = PersonFactory(account=False, email="old@example.org", known_as="Old Tom")
    for who in (cast.amina, nobody_s_account):
        Preference.objects.create(person=who, kind="reply", channel="email", is_wanted=True)
    post = put_up(ward, cast.amina)
    CommentFactory(post=post, author=nobody_s_account)
    actions.reply(post, by=cast.bryn, at=NOW, text="Yes.", client_key=new_key(20))
    assert set(Delivery.objects.values_list("notice__person", flat=True)) == {
        cast.amina.pk,
        nobody_s_account.pk,
    }


def test_somebody_who_left_the_team_hears_nothing_more_of_it(cast, team):
    post = put_up(actions.channel_of(team), cast.amina)
    left = team.memberships.get(person=cast.amina)
    left.state = "left"
    left.save()
    actions.reply(post, by=cast.dev, at=NOW, text="Between us.", client_key=new_key(20))
    assert Notice.objects.filter(person=cast.amina).count() == 0


@pytest.mark.parametrize("people", [1, 3])
def test_a_reply_costs_at_most_twelve_queries_however_long_the_thread(people, cast, team, client):
    post = put_up(actions.channel_of(team), cast.amina, readers=Readers.TEAM)
    add_member(team, cast.bryn)
    for who in (cast.bryn, cast.dev, cast.amina)[:people]:
        CommentFactory(post=post, author=who)
    client.force_login(cast.dev.account)
    client.get("/feed/stories/")
    with CaptureQueriesContext(connection) as asked:
        client.post(f"/feed/{post.pk}/reply/", {"text": "I'll come.", "client_key": new_key(20)})
    # A transaction's own marks ask nothing of the tables.
    queries = [row["sql"] for row in asked if "SAVEPOINT" not in row["sql"]]
    assert len(queries) <= 12
    assert Notice.objects.filter(kind="reply").count() == 2


# --- Names -------------------------------------------------------------------------------------


def test_a_team_mate_named_with_an_at_is_told_and_linked(cast, team, client):
    post = put_up(actions.channel_of(team), cast.dev, "Ask @Amina, or @Ewan.")
    assert [mention.person for mention in Mention.objects.all()] == [cast.amina]
    assert Notice.objects.get(kind="mention").person == cast.amina
    page = client_page(client, cast.dev, f"/feed/{post.pk}/")
    assert f'<a href="/people/{cast.amina.handle}/" dir="auto">@Amina</a>' in page
    assert "@Ewan" in page
    assert cast.ewan.handle not in page


def test_a_name_taken_out_of_the_words_is_no_mention_any_more(cast, team):
    post = put_up(actions.channel_of(team), cast.dev, "Ask @Amina.")
    actions.change(post, by=cast.dev, at=NOW, text="Ask @Amina, please.")
    assert Mention.objects.count() == 1
    actions.change(post, by=cast.dev, at=NOW, text="Ask nobody @ all.")
    assert Mention.objects.count() == 0
    assert Notice.objects.filter(kind="mention").count() == 1


def test_a_child_is_not_named(cast, team):
    cast.amina.born_on = NOW.date() - dt.timedelta(days=365 * 12)
    cast.amina.save()
    put_up(actions.channel_of(team), cast.dev, "Ask @Amina.")
    assert Mention.objects.count() == 0


def test_somebody_in_the_thread_can_be_named_but_nobody_who_is_blocked(cast, ward):
    post = put_up(ward, cast.amina)
    actions.reply(post, by=cast.bryn, at=NOW, text="Hello @Amina", client_key=new_key(20))
    assert Mention.objects.get().person == cast.amina
    Block.objects.create(blocker=cast.bryn, blocked=cast.carys)
    carys = type(cast.carys).objects.get(pk=cast.carys.pk)
    actions.reply(post, by=carys, at=NOW, text="Hello @Bryn", client_key=new_key(20))
    assert Mention.objects.filter(person=cast.bryn).count() == 0
    assert Notice.objects.filter(person=cast.bryn, about=carys).count() == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Jo and @Jo Barrow", {"jo": 1, "jo barrow": 2}),
        ("mail jo@example.org", {}),
        ("@Joanna", {}),
        ("(@JO!)", {"jo": 1}),
    ],
)
def test_a_longer_name_is_not_taken_for_a_shorter_one(text, found):
    assert words.names_said(text, [(1, "Jo"), (2, "Jo Barrow")]) == found


# --- Thanks ------------------------------------------------------------------------------------


def test_thanks_are_said_and_taken_back_once(cast, ward, client):
    post = put_up(ward, cast.amina)
    client.force_login(cast.bryn.account)
    for wish, count in (("yes", 1), ("yes", 1), ("no", 0), ("no", 0), ("yes", 1)):
        answer = client.post(f"/feed/{post.pk}/thank/", {"thanks": wish, "next": "/places/quay/"})
        assert answer["Location"] == f"/places/quay/#post-{post.pk}"
        post.refresh_from_db()
        assert (post.thanks_count, Thanks.objects.count()) == (count, count)


def test_nobody_thanks_themselves_and_nobody_is_sent_elsewhere(cast, ward, client):
    post = put_up(ward, cast.amina)
    client.force_login(cast.amina.account)
    assert client.post(f"/feed/{post.pk}/thank/").status_code == 403
    client.force_login(cast.bryn.account)
    answer = client.post(f"/feed/{post.pk}/thank/", {"next": "https://elsewhere.example/"})
    assert answer["Location"].startswith(f"/feed/{post.pk}/")


def test_many_thanks_are_one_notice_until_it_is_seen(cast, ward):
    post = put_up(ward, cast.amina)
    for who in (cast.bryn, cast.carys, cast.dev):
        actions.thank(post, by=who, at=NOW + dt.timedelta(seconds=1))
    notice = Notice.objects.get(kind="thanks")
    assert "3 neighbours" in notice.title


def test_the_database_itself_refuses_a_second_thanks(cast, ward):
    post = put_up(ward, cast.amina)
    Thanks.objects.create(post=post, person=cast.bryn)
    with pytest.raises(IntegrityError):
        Thanks.objects.create(post=post, person=cast.bryn)


def test_a_team_post_wakes_a_sleepy_team(cast, team):
    team.active_at = NOW - dt.timedelta(days=30)
    team.save()
    channel = team_channel(team)
    channel.team = team
    put_up(channel, cast.dev)
    team.refresh_from_db()
    assert team.active_at == NOW
    assert PostFactory._meta.model.objects.count() == 1
