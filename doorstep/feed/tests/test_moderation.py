"""From a flag to a decision to a second look, and the record of it."""

import csv
import datetime as dt
import io
import json

import pytest

from doorstep.feed import actions, moderation
from doorstep.feed.models import Appeal, Comment, Decision, Flag, Post
from doorstep.feed.tests.factories import CommentFactory, PostFactory, area_channel, team_channel
from doorstep.notices.models import Delivery, Notice
from doorstep.people.models import Block, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams.tests.factories import TeamFactory, add_member

AT = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
SECRET = "The cough goes away with bleach"


def make_moderator(borough, name):
    person = PersonFactory(known_as=name, home=borough.ward)
    RoleHolding.objects.create(
        person=person, role="moderator", area=borough.borough, starts_at=AT - dt.timedelta(days=9)
    )
    return person


@pytest.fixture
def mia(borough):
    return make_moderator(borough, "Mia")


@pytest.fixture
def noor(borough):
    return make_moderator(borough, "Noor")


@pytest.fixture
def post(cast, borough):
    return PostFactory(
        channel=area_channel(borough.ward), author=cast.bryn, readers="everyone", text=SECRET
    )


def flag(thing, by, rule="health-misinformation", note="", kind="post"):
    return moderation.flag(kind, thing, by=by, rule=rule, note=note, at=AT)


def decide(thing, by, outcome="hide", kind="post", rule="health-misinformation"):
    return moderation.decide(
        kind, thing.pk, by=by, rule=rule, outcome=outcome, reason="Because of bleach.", at=AT
    )


def state(thing):
    return type(thing).objects.values_list("state", flat=True).get(pk=thing.pk)


def told(person):
    return list(Notice.objects.filter(person=person).order_by("id").values_list("title", flat=True))


def sign_in(client, person):
    client.force_login(person.account)
    session = client.session
    session["second_factor_waived"] = True
    session.save()


# --- Flagging ---------------------------------------------------------------------------------


def test_a_flag_keeps_how_the_thing_stood(post, cast):
    row = flag(post, cast.amina)
    Post.objects.filter(pk=post.pk).update(text="Nothing to see here")
    row.refresh_from_db()
    assert row.snapshot["text"] == SECRET
    assert row.author == cast.bryn


def test_flagging_twice_is_one_flag(post, cast):
    assert flag(post, cast.amina) == flag(post, cast.amina, rule="scam")
    assert Flag.objects.count() == 1


def test_nobody_flags_their_own(post, cast, client):
    with pytest.raises(moderation.NotYours):
        flag(post, cast.bryn)
    client.force_login(cast.bryn.account)
    assert client.get(f"/feed/flag/post/{post.pk}/").status_code == 403


def test_a_visitor_flags_a_public_post_and_no_other(post, client, cast):
    answer = client.post(f"/feed/flag/post/{post.pk}/", {"rule": "scam", "note": ""})
    assert answer.status_code == 200
    assert Flag.objects.get().flagged_by is None
    Post.objects.filter(pk=post.pk).update(readers="members")
    assert client.get(f"/feed/flag/post/{post.pk}/").status_code == 404


def test_what_one_may_not_see_cannot_be_flagged(cast, borough, client):
    team = TeamFactory(area=borough.ward)
    inside = PostFactory(channel=team_channel(team), author=cast.dev, readers="team", text=SECRET)
    reply = CommentFactory(post=inside, author=cast.dev)
    client.force_login(cast.ewan.account)
    for kind, thing in (("post", inside), ("comment", reply)):
        answer = client.get(f"/feed/flag/{kind}/{thing.pk}/")
        assert answer.status_code == 404
        assert SECRET not in answer.content.decode()
    assert client.get("/feed/flag/teapot/1/").status_code == 404


def test_a_flag_without_a_rule_says_what_to_do_and_keeps_the_note(post, client, cast):
    client.force_login(cast.amina.account)
    answer = client.post(f"/feed/flag/post/{post.pk}/", {"note": "My aunt tried it"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Choose what comes nearest" in page
    assert "My aunt tried it" in page
    assert not Flag.objects.exists()


def test_a_worry_that_someone_may_be_hurt_shows_emergency_numbers_first_and_wakes_moderators(
    post, client, cast, mia
):
    client.force_login(cast.amina.account)
    page = client.post(f"/feed/flag/post/{post.pk}/", {"rule": "safety"}).content.decode()
    assert page.index("tel:999") < page.index("<h1>Thank you for telling us")
    assert "tel:111" in page
    assert len(told(mia)) == 1
    assert Delivery.objects.filter(notice__person=mia).count() == 1


def test_a_visitor_who_flags_too_often_waits_and_loses_nothing(cast, borough, client):
    posts = [
        PostFactory(channel=area_channel(borough.ward), author=cast.bryn, readers="everyone")
        for _ in range(6)
    ]
    codes = [
        client.post(f"/feed/flag/post/{one.pk}/", {"rule": "spam", "note": "Typed"}).status_code
        for one in posts
    ]
    assert codes == [200] * 5 + [429]
    assert Flag.objects.count() == 5


def test_a_profile_can_be_flagged_and_its_words_come_down_and_back(cast, mia, noor):
    cast.bryn.about = "Send me your card number"
    cast.bryn.save()
    moderation.flag("person", cast.bryn, by=cast.amina, rule="scam", note="", at=AT)
    made = decide(cast.bryn, mia, kind="person", rule="scam")
    cast.bryn.refresh_from_db()
    assert cast.bryn.about == ""
    row = moderation.appeal(made, by=cast.bryn, text="A joke", at=AT)
    moderation.hear(row, by=noor, overturned=True, reason="Fine", at=AT)
    cast.bryn.refresh_from_db()
    assert cast.bryn.about == "Send me your card number"


def test_a_team_can_be_flagged_and_its_words_come_down_and_back(cast, mia, noor, client):
    team = TeamFactory(
        started_by=cast.bryn, name="Easy money", purpose="Send us your card", why="Riches"
    )
    client.force_login(cast.amina.account)
    where = f"/feed/flag/team/{team.pk}/"
    assert where in client.get(team.get_absolute_url()).content.decode()
    assert "Send us your card" in client.get(where).content.decode()
    moderation.flag("team", team, by=cast.amina, rule="scam", note="", at=AT)
    made = decide(team, mia, kind="team", rule="scam")
    page = client.get(team.get_absolute_url()).content.decode()
    for words in ("Easy money", "Send us your card", "Riches"):
        assert words not in page
    # What a host writes meanwhile stays as it is written.
    type(team).objects.filter(pk=team.pk).update(why="We sew")
    row = moderation.appeal(made, by=cast.bryn, text="A joke", at=AT)
    moderation.hear(row, by=noor, overturned=True, reason="Fine", at=AT)
    team.refresh_from_db()
    assert (team.name, team.purpose, team.why) == ("Easy money", "Send us your card", "We sew")


def test_whoever_started_a_team_is_not_asked_to_flag_it(cast, client):
    team = TeamFactory(started_by=cast.bryn)
    client.force_login(cast.bryn.account)
    assert "/feed/flag/team/" not in client.get(team.get_absolute_url()).content.decode()


def test_flagging_a_profile_shows_and_keeps_only_what_every_neighbour_reads(cast, client):
    cast.bryn.about = "Hello neighbours"
    cast.bryn.can_share = "My ladder, for friends only"
    cast.bryn.access_needs = "I can't hear well"
    cast.bryn.shown_to = {"about": "members", "can_share": "me"}
    cast.bryn.save()
    client.force_login(cast.amina.account)
    page = client.get(f"/feed/flag/person/{cast.bryn.pk}/").content.decode()
    assert "Hello neighbours" in page
    row = moderation.flag("person", cast.bryn, by=cast.amina, rule="scam", note="", at=AT)
    for secret in ("ladder", "hear well"):
        assert secret not in page
        assert secret not in str(row.snapshot)


def test_a_neighbours_page_leads_to_a_moderator_and_ones_own_does_not(cast, client):
    client.force_login(cast.amina.account)
    where = f"/feed/flag/person/{cast.bryn.pk}/"
    assert where in client.get(f"/people/{cast.bryn.handle}/").content.decode()
    client.force_login(cast.bryn.account)
    assert where not in client.get(f"/people/{cast.bryn.handle}/").content.decode()


def test_a_moderators_own_page_leads_to_what_waits_and_nobody_elses_does(cast, mia, client):
    sign_in(client, mia)
    assert 'href="/feed/moderation/"' in client.get(f"/people/{mia.handle}/").content.decode()
    client.force_login(cast.bryn.account)
    page = client.get(f"/people/{cast.bryn.handle}/").content.decode()
    assert "/feed/moderation/" not in page


# --- Deciding ---------------------------------------------------------------------------------


def test_what_comes_down_is_gone_at_the_next_request_for_everyone(post, cast, mia, client):
    page = f"/feed/{post.pk}/"
    client.force_login(cast.amina.account)
    assert SECRET in client.get(page).content.decode()
    flag(post, cast.amina)
    decide(post, mia)
    assert client.get(page).status_code == 404
    client.logout()
    assert client.get(page).status_code == 404


def test_its_author_reads_why_and_where_to_ask_again(post, cast, mia, client):
    flag(post, cast.amina, note="My aunt tried it")
    made = decide(post, mia)
    client.force_login(cast.bryn.account)
    answer = client.get(f"/feed/{post.pk}/", follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain[-1][0] == f"/feed/decisions/{made.pk}/"
    assert "Because of bleach." in page
    assert SECRET in page
    assert f"/feed/decisions/{made.pk}/appeal/" in page
    assert "Amina" not in page  # never who flagged it
    assert "My aunt tried it" not in page


def test_both_sides_are_told_why_in_the_site_and_by_e_mail(post, cast, mia):
    flag(post, cast.amina)
    decide(post, mia)
    assert told(cast.bryn) == ["We took down something you wrote. Here is why."]
    assert told(cast.amina) == ["We took down what you flagged. Thank you for telling us."]
    assert set(Notice.objects.values_list("body", flat=True)) == {"Because of bleach."}
    assert Delivery.objects.count() == 2


def test_both_are_told_when_it_stays(post, cast, mia):
    flag(post, cast.amina)
    decide(post, mia, "keep")
    assert state(post) == "live"
    assert len(told(cast.bryn)) == len(told(cast.amina)) == 1


def test_a_worry_about_somebody_that_leads_to_nothing_is_not_told_to_them(post, cast, mia):
    flag(post, cast.amina, rule="safety")
    decide(post, mia, "keep", rule="safety")
    assert told(cast.bryn) == []
    assert len(told(cast.amina)) == 1


def test_one_decision_answers_every_flag_of_the_thing(post, cast, mia):
    for person in (cast.amina, cast.carys, None):
        flag(post, person)
    made = decide(post, mia)
    assert made.flags.count() == 3
    assert not Flag.objects.filter(state="open").exists()
    with pytest.raises(moderation.AlreadyDecided):
        decide(post, mia)


def test_a_moderator_decides_neither_about_their_own_nor_about_what_they_flagged(
    borough, mia, noor, cast, client
):
    own = PostFactory(channel=area_channel(borough.ward), author=mia, readers="everyone")
    flag(own, noor)
    for who in (mia, noor):
        with pytest.raises(moderation.NotYours):
            decide(own, who)
        sign_in(client, who)
        page = client.get(f"/feed/moderation/post/{own.pk}/")
        assert "Someone else decides" in page.content.decode()
        assert client.post(f"/feed/moderation/post/{own.pk}/", {}).status_code == 403


def test_a_reply_that_comes_down_is_not_counted_and_is_when_it_comes_back(post, cast, mia, noor):
    Post.objects.filter(pk=post.pk).update(comment_count=1)
    reply = CommentFactory(post=post, author=cast.carys)
    flag(reply, cast.amina, kind="comment")
    made = decide(reply, mia, kind="comment")
    assert (state(reply), Post.objects.get(pk=post.pk).comment_count) == ("hidden", 0)
    row = moderation.appeal(made, by=cast.carys, text="Please", at=AT)
    moderation.hear(row, by=noor, overturned=True, reason="Fine", at=AT)
    assert (state(reply), Post.objects.get(pk=post.pk).comment_count) == ("live", 1)


def test_what_its_author_took_down_first_stays_down(post, cast, mia, noor):
    flag(post, cast.amina)
    actions.take_down(post, by=cast.bryn, at=AT)
    made = decide(post, mia)
    assert state(post) == "removed"
    row = moderation.appeal(made, by=cast.bryn, text="Please", at=AT)
    moderation.hear(row, by=noor, overturned=True, reason="Fine", at=AT)
    assert state(post) == "removed"


# --- The second look --------------------------------------------------------------------------


@pytest.fixture
def hidden(post, cast, mia):
    flag(post, cast.amina)
    return decide(post, mia)


def test_the_same_moderator_may_not_look_again(hidden, cast, mia, client):
    row = moderation.appeal(hidden, by=cast.bryn, text="It was a joke", at=AT)
    with pytest.raises(moderation.NotYours):
        moderation.hear(row, by=mia, overturned=False, reason="No", at=AT)
    sign_in(client, mia)
    assert client.post(f"/feed/moderation/appeals/{row.pk}/", {}).status_code == 403


def test_an_overturned_decision_brings_it_back_and_tells_both(hidden, cast, noor, post):
    row = moderation.appeal(hidden, by=cast.bryn, text="It was a joke", at=AT)
    moderation.hear(row, by=noor, overturned=True, reason="It was a joke.", at=AT)
    assert state(post) == "live"
    for person in (cast.bryn, cast.amina):
        assert told(person)[-1] == "Someone else looked again, and the decision was changed."


def test_whoever_flagged_it_may_ask_again_when_it_stays(post, cast, mia, noor):
    flag(post, cast.amina)
    kept = decide(post, mia, "keep")
    assert not moderation.can_appeal(cast.bryn, kept)
    row = moderation.appeal(kept, by=cast.amina, text="My aunt is in hospital", at=AT)
    moderation.hear(row, by=noor, overturned=True, reason="Harmful.", at=AT)
    assert state(post) == "hidden"


def test_there_is_one_appeal_and_no_more(hidden, cast, noor, client):
    row = moderation.appeal(hidden, by=cast.bryn, text="It was a joke", at=AT)
    with pytest.raises(moderation.NotNow):
        moderation.appeal(hidden, by=cast.bryn, text="Again", at=AT)
    moderation.hear(row, by=noor, overturned=False, reason="No.", at=AT)
    assert not moderation.can_appeal(cast.bryn, hidden)
    row.refresh_from_db()
    with pytest.raises(moderation.AlreadyDecided):
        moderation.hear(row, by=noor, overturned=True, reason="Yes.", at=AT)


def test_nobody_else_reads_or_appeals_a_decision(hidden, cast, client):
    client.force_login(cast.ewan.account)
    for page in (f"/feed/decisions/{hidden.pk}/", f"/feed/decisions/{hidden.pk}/appeal/"):
        answer = client.get(page)
        assert answer.status_code == 404
        assert SECRET not in answer.content.decode()
    with pytest.raises(moderation.NotNow):
        moderation.appeal(hidden, by=cast.ewan, text="Me too", at=AT)


def test_an_appeal_goes_through_the_pages_too(hidden, cast, noor, client, post):
    client.force_login(cast.bryn.account)
    where = f"/feed/decisions/{hidden.pk}/appeal/"
    assert client.post(where, {"text": ""}).status_code == 422
    assert client.post(where, {"text": "It was a joke"}).status_code == 302
    row = Appeal.objects.get()
    sign_in(client, noor)
    assert "Look again" in client.get("/feed/moderation/").content.decode()
    client.post(
        f"/feed/moderation/appeals/{row.pk}/", {"outcome": "overturned", "reason": "A joke."}
    )
    assert state(post) == "live"


# --- The queue, the hosts, the record ---------------------------------------------------------


def test_only_moderators_see_the_queue_the_log_and_the_record(cast, client, post):
    flag(post, cast.amina)
    client.force_login(cast.ewan.account)
    for page in (
        "/feed/moderation/",
        "/feed/moderation/log/",
        "/feed/moderation/log.csv",
        f"/feed/moderation/post/{post.pk}/",
    ):
        answer = client.get(page)
        assert answer.status_code == 403
        assert SECRET not in answer.content.decode()


def test_the_gravest_comes_first_then_the_longest_waiting(cast, borough):
    posts = {
        rule: PostFactory(channel=area_channel(borough.ward), author=cast.bryn)
        for rule in ("selling", "scam", "hate", "safety")
    }
    for number, (rule, one) in enumerate(posts.items()):
        moderation.flag(
            "post", one, by=cast.amina, rule=rule, note="", at=AT + dt.timedelta(hours=number)
        )
    order = [waiting.pk for waiting in moderation.queue()]
    assert order == [posts[rule].pk for rule in ("safety", "hate", "scam", "selling")]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_longer_queue_costs_no_more_queries(
    rows, cast, borough, client, mia, django_assert_num_queries
):
    for _ in range(rows):
        flag(PostFactory(channel=area_channel(borough.ward), author=cast.bryn), cast.amina)
    sign_in(client, mia)
    client.get("/feed/moderation/")
    with django_assert_num_queries(7):
        client.get("/feed/moderation/")


def test_a_case_shows_how_it_was_beside_how_it_is(post, cast, mia, client):
    flag(post, cast.amina)
    Post.objects.filter(pk=post.pk).update(text="Drink tea")
    sign_in(client, mia)
    page = client.get(f"/feed/moderation/post/{post.pk}/").content.decode()
    assert SECRET in page
    assert "Drink tea" in page
    assert "Changed since" in page


def test_a_moderator_decides_on_the_page(post, cast, mia, client):
    flag(post, cast.amina)
    sign_in(client, mia)
    where = f"/feed/moderation/post/{post.pk}/"
    assert client.post(where, {"rule": "scam", "outcome": "hide"}).status_code == 422
    answer = client.post(where, {"rule": "scam", "outcome": "warn", "reason": "No scams."})
    assert answer.status_code == 302
    made = Decision.objects.get()
    assert (made.outcome, made.rule, made.by) == ("warn", "scam", mia)
    assert client.get(where).status_code == 302  # decided: leads to the decision


def test_a_host_who_takes_something_down_leaves_a_trace_and_its_author_may_ask(
    cast, borough, mia, noor
):
    team = TeamFactory(area=borough.ward)
    add_member(team, cast.dev, role="host")
    add_member(team, cast.bryn)
    one = PostFactory(channel=team_channel(team), author=cast.bryn, readers="team", text=SECRET)
    actions.take_down(one, by=cast.dev, at=AT)
    assert state(one) == "hidden"
    made = Decision.objects.get()
    assert (made.by, made.rule, made.flags.get().snapshot["text"]) == (cast.dev, "", SECRET)
    assert told(cast.bryn) == ["A host of the team took down something you wrote."]
    row = moderation.appeal(made, by=cast.bryn, text="Why?", at=AT)
    moderation.hear(row, by=mia, overturned=True, reason="Nothing wrong with it.", at=AT)
    assert state(one) == "live"


def test_a_host_removing_twice_leaves_one_trace(cast, borough):
    team = TeamFactory(area=borough.ward)
    add_member(team, cast.dev, role="host")
    one = PostFactory(channel=team_channel(team), author=cast.bryn, readers="team")
    actions.take_down(one, by=cast.dev, at=AT)
    with pytest.raises(actions.AlreadyGone):
        actions.take_down(one, by=cast.dev, at=AT)
    assert Decision.objects.count() == 1


def test_the_record_can_be_taken_out_and_no_spreadsheet_runs_what_people_wrote(
    post, cast, mia, client
):
    Post.objects.filter(pk=post.pk).update(text="=HYPERLINK(1)")
    post.refresh_from_db()
    flag(post, cast.amina)
    moderation.decide(
        "post", post.pk, by=mia, rule="scam", outcome="hide", reason="+44 is a scam", at=AT
    )
    sign_in(client, mia)
    text = b"".join(client.get("/feed/moderation/log.csv").streaming_content).decode("utf-8-sig")
    [row] = list(csv.DictReader(io.StringIO(text)))
    assert row["words_when_flagged"] == "'=HYPERLINK(1)"
    assert row["reason"] == "'+44 is a scam"
    assert (row["outcome"], row["flags"], row["decided_by"]) == ("hide", "1", "Mia")
    [kept] = json.loads(client.get("/feed/moderation/log.json").content)["decisions"]
    assert kept["words_when_flagged"] == "=HYPERLINK(1)"
    assert "Amina" not in text


def test_an_empty_record_is_still_a_file(mia, client):
    sign_in(client, mia)
    assert b"".join(client.get("/feed/moderation/log.csv").streaming_content)
    assert json.loads(client.get("/feed/moderation/log.json").content)["decisions"] == []
    assert "Nothing has been decided yet" in client.get("/feed/moderation/log/").content.decode()
    assert "All clear" in client.get("/feed/moderation/").content.decode()


def test_the_rules_are_open_to_all(client, db):
    page = client.get("/feed/rules/").content.decode()
    assert "Insults, threats or picking on someone" in page


def test_a_block_keeps_neither_side_from_the_answer(post, cast, mia):
    flag(post, cast.amina)
    Block.objects.create(blocker=cast.bryn, blocked=mia)
    decide(post, mia)
    assert len(told(cast.bryn)) == 1


def test_a_hidden_reply_is_not_on_its_posts_page(post, cast, mia, client):
    reply = CommentFactory(post=post, author=cast.carys, text="Drink it all at once")
    flag(reply, cast.amina, kind="comment")
    client.force_login(cast.amina.account)
    page = f"/feed/{post.pk}/"
    assert reply.text in client.get(page).content.decode()
    decide(reply, mia, kind="comment")
    assert Comment.objects.get(pk=reply.pk).state == "hidden"
    assert reply.text not in client.get(page).content.decode()
