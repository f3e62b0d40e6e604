"""No grown-up a child doesn't know reaches them, on any way there is."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from doorstep.base.time import now, today
from doorstep.feed import actions as feed
from doorstep.feed import rules as feed_rules
from doorstep.feed import storytelling
from doorstep.feed.models import Comment, Post
from doorstep.feed.tests.factories import PostFactory, area_channel, team_channel
from doorstep.gatherings import rules as gathering_rules
from doorstep.notices.actions import send
from doorstep.notices.models import Notice
from doorstep.people.children import Band, adult_since, band_of, may_have_a_word
from doorstep.people.models import Person, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams.models import Membership, Mentoring, Team
from doorstep.teams.tests.factories import TeamFactory, add_member, add_mentor

WORDS = "Meet me behind the station at six"


def born(age: int) -> dt.date:
    day = today()
    return day.replace(year=day.year - age, day=min(day.day, 28))


@pytest.fixture
def kit(borough):
    return PersonFactory(known_as="Kit", born_on=born(14), home=borough.ward)


@pytest.fixture
def team(borough, cast):
    """An open team: anybody walks in. Dev and Carys hold the keys."""
    made = TeamFactory(area=borough.ward, joining=Team.Joining.OPEN)
    for host in (cast.dev, cast.carys):
        add_member(made, host, role=Membership.Role.HOST)
    return made


@pytest.mark.parametrize(
    ("age", "band"),
    [(8, Band.UNDER_13), (13, Band.YOUNGER_TEEN), (15, Band.YOUNGER_TEEN), (16, Band.OLDER_TEEN),
     (17, Band.OLDER_TEEN), (18, Band.ADULT), (70, Band.ADULT)],
)  # fmt: skip
def test_ages_fall_into_bands(age, band):
    assert band_of(Person(known_as="x", born_on=born(age))) == band


def test_on_their_eighteenth_birthday_somebody_is_grown_up():
    assert not Person(known_as="x", born_on=adult_since()).is_child
    assert Person(known_as="x", born_on=adult_since() + dt.timedelta(days=1)).is_child


def test_somebody_under_thirteen_has_no_account_of_their_own(client, db):
    from doorstep.people.tests import flows

    flows.join(client, "kit@example.org", born_on=f"{today().year - 12}-12-31")
    assert not Person.objects.exists()


def test_a_child_writes_in_their_teams_alone(client, cast, kit, team, borough):
    add_member(team, kit)
    assert feed_rules.can_post(kit, team_channel(team))
    assert not feed_rules.can_post(kit, area_channel(borough.ward))
    client.force_login(kit.account)
    page = client.get("/").content.decode()
    assert f'value="area:{borough.ward.pk}"' not in page
    refused = client.post(
        "/feed/write/",
        {"place": f"area:{borough.ward.pk}", "kind": "note", "text": "Hi", "client_key": "k" * 10},
    )
    assert refused.status_code in (404, 422)
    assert not Post.objects.filter(author=kit).exists()


def test_what_a_child_writes_stays_in_the_team_even_if_asked_otherwise(cast, kit, team):
    add_member(team, kit)
    post = feed.put_up(
        feed.channel_of(team), by=kit, at=now(), text="Hi", client_key="k1", readers="everyone"
    )
    assert post.readers == "team"
    assert not feed_rules.can_see_post(cast.ewan, post)
    assert not feed_rules.can_see_post(None, post)


def test_a_stranger_who_walks_into_an_open_team_cannot_answer_a_child(client, cast, kit, team):
    add_member(team, kit)
    post = feed.put_up(feed.channel_of(team), by=kit, at=now(), text="Hi", client_key="k1")
    add_member(team, cast.ewan)
    client.force_login(cast.ewan.account)
    answer = client.post(
        f"/feed/{post.pk}/reply/", {"text": WORDS, "client_key": "key-of-a-stranger"}
    )
    assert answer.status_code == 403
    assert not Comment.objects.exists()
    assert client.post(f"/feed/{post.pk}/thank/").status_code == 403
    assert not Notice.objects.filter(person=kit).exists()


def test_a_host_of_their_team_can(client, cast, kit, team):
    add_member(team, kit)
    post = feed.put_up(feed.channel_of(team), by=kit, at=now(), text="Hi", client_key="k1")
    client.force_login(cast.dev.account)
    answer = client.post(
        f"/feed/{post.pk}/reply/", {"text": "Lovely!", "client_key": "key-of-a-host"}
    )
    assert answer.status_code == 302
    assert Notice.objects.get(person=kit).body == "Lovely!"


def test_a_child_in_a_thread_hears_nothing_from_strangers_there(cast, kit, team):
    add_member(team, kit)
    add_member(team, cast.ewan)
    post = PostFactory(channel=team_channel(team), author=cast.dev, readers="team")
    feed.reply(post, by=kit, at=now(), text="Me too", client_key="c1")
    feed.reply(post, by=cast.ewan, at=now(), text=WORDS, client_key="c2")
    assert not Notice.objects.filter(person=kit).exists()
    feed.reply(post, by=cast.carys, at=now(), text="See you there", client_key="c3")
    assert [row.body for row in Notice.objects.filter(person=kit)] == ["See you there"]


def test_the_notices_floor_itself_refuses(cast, kit):
    sent = send("thanks", kit, key="x", title="Hello", body=WORDS, about=cast.ewan)
    assert sent is None
    assert not Notice.objects.filter(person=kit).exists()


def test_what_a_child_waits_for_comes_without_a_strangers_words(cast, kit):
    send("team-answer", kit, key="x", title="Not this time", body=WORDS, about=cast.ewan)
    send("gathering-called-off", kit, key="y", title="It's off", body=WORDS, about=cast.ewan)
    rows = Notice.objects.filter(person=kit).order_by("id")
    assert [(row.title, row.body) for row in rows] == [("Not this time", ""), ("It's off", "")]


def test_a_host_refusing_a_child_has_no_word_with_them(cast, kit, team, borough):
    from doorstep.teams import actions

    Team.objects.filter(pk=team.pk).update(joining=Team.Joining.ASK)
    team.refresh_from_db()
    row = actions.join(team, by=kit, at=now(), agreed_version=team.agreement_version)
    actions.decide(row, accept=False, word=WORDS, by=cast.dev, at=now())
    assert WORDS not in "".join(
        f"{row.title} {row.body}" for row in Notice.objects.filter(person=kit)
    )


def test_moderators_may_tell_a_child_what_they_decided(cast, kit, borough):
    RoleHolding.objects.create(person=cast.carys, role="moderator", area=borough.ward)
    assert may_have_a_word(cast.carys, kit)


def test_a_team_with_one_grown_up_takes_no_children(client, cast, kit, borough):
    from doorstep.teams import actions

    small = TeamFactory(area=borough.ward, joining=Team.Joining.OPEN)
    add_member(small, cast.dev, role=Membership.Role.HOST)
    with pytest.raises(actions.NeedsTwoGrownUps):
        actions.join(small, by=kit, at=now(), agreed_version=small.agreement_version)
    client.force_login(kit.account)
    answer = client.get(f"/teams/{small.slug}/join/")
    assert answer.status_code == 403
    assert "one more grown-up" in answer.content.decode()
    add_member(small, cast.carys, role=Membership.Role.HOST)
    assert client.get(f"/teams/{small.slug}/join/").status_code == 200


def test_a_childs_story_is_printed_without_their_name(cast, kit, borough):
    story = storytelling.tell(
        by=kit, at=now(), text="We planted bulbs.", told_by="Kit", client_key="s1", title="Bulbs"
    )
    post = storytelling.publish(story, by=cast.carys, at=now())
    story.refresh_from_db()
    assert story.told_by == "A young neighbour"
    assert post.author != kit


def test_a_child_talks_in_live_rooms_of_their_own_team_only(cast, kit, team):
    from doorstep.gatherings.tests.factories import plan

    add_member(team, kit)
    everyones = plan(cast.ewan, area=team.area)
    theirs = plan(cast.dev, area=team.area, team=team, who="team")
    assert not gathering_rules.is_among_friends(kit, everyones)
    assert gathering_rules.is_among_friends(kit, theirs)
    assert not gathering_rules.can_post_about(kit, everyones)


def test_a_childs_page_name_and_number_show_nowhere_to_a_stranger(client, cast, kit, team, borough):
    Person.objects.filter(pk=kit.pk).update(known_as="Kitteridge", about="I skate")
    add_member(team, kit)
    feed.put_up(feed.channel_of(team), by=kit, at=now(), text="Hi", client_key="k1")
    client.force_login(cast.ewan.account)
    pages = [
        "/",
        f"/teams/{team.slug}/",
        f"/teams/{team.slug}/people/",
        "/search/?q=Kitteridge",
        f"/people/{kit.handle}/",
        borough.ward.get_absolute_url(),
        "/feed/stories/",
    ]
    for page in pages:
        assert "I skate" not in client.get(page).content.decode()
        words = client.get(page).content.decode().replace("q=Kitteridge", "")
        if "search" not in page:
            assert "Kitteridge" not in words, page


# --- In every world --------------------------------------------------------------------------

PEOPLE = 5


class InEveryWorld(TestCase):
    """Generated worlds: who is in which team, with which keys, in what kind of team."""

    @settings(max_examples=40, deadline=None)
    @given(
        ages=st.lists(st.sampled_from([13, 15, 17, 18, 40]), min_size=PEOPLE, max_size=PEOPLE),
        joining=st.lists(st.sampled_from(["open", "ask", "invitation"]), min_size=2, max_size=2),
        over=st.lists(st.booleans(), min_size=2, max_size=2),
        seats=st.lists(
            st.tuples(
                st.integers(0, PEOPLE - 1),
                st.integers(0, 1),
                st.sampled_from(["member", "host", "mentor", "left"]),
            ),
            max_size=10,
            unique_by=lambda seat: seat[:2],
        ),
    )
    def test_no_unknown_adults_words_reach_a_child(self, ages, joining, over, seats):
        from doorstep.places.tests.factories import small_borough

        ward = small_borough().ward
        people = [
            PersonFactory(known_as=f"P{number}", born_on=born(age), home=ward)
            for number, age in enumerate(ages)
        ]
        teams = [
            TeamFactory(area=ward, joining=how, state="closed" if is_over else "live")
            for how, is_over in zip(joining, over, strict=True)
        ]
        known = set()
        for who, which, seat in seats:
            person, team = people[who], teams[which]
            if seat == "mentor":
                add_mentor(team, person)
            elif seat == "left":
                add_member(team, person)
                Membership.objects.filter(team=team, person=person).update(state="left")
            elif seat == "host" and not person.is_child:
                add_member(team, person, role=Membership.Role.HOST)
            else:
                add_member(team, person)
        inside = {
            (one.person_id, one.team_id): one
            for one in Membership.objects.filter(state=Membership.State.MEMBER)
        }
        mentors = {(row.mentor_id, row.team_id) for row in Mentoring.objects.all()}
        for team in teams:
            if team.is_over:
                continue
            for child in people:
                if (child.pk, team.pk) not in inside:
                    continue
                for adult in people:
                    seat = inside.get((adult.pk, team.pk))
                    if (adult.pk, team.pk) in mentors or (
                        seat and (seat.role == "host" or team.joining != "open")
                    ):
                        known.add((adult.pk, child.pk))
        for adult in people:
            for child in people:
                if adult == child or adult.is_child or not child.is_child:
                    continue
                may = (adult.pk, child.pk) in known
                assert may_have_a_word(adult, child) == may
                sent = send("reply", child, key=f"k{adult.pk}", title="x", body=WORDS, about=adult)
                assert (sent is not None) == may
                for team in teams:
                    if (child.pk, team.pk) in inside and not team.is_over:
                        fresh = Person.objects.get(pk=adult.pk)
                        post = PostFactory(channel=team_channel(team), author=child, readers="team")
                        if feed_rules.can_comment(fresh, post):
                            assert may
