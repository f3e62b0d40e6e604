"""A demo street: whole, true to itself, the same for the same seed."""

import datetime as dt
import time
from html import unescape
from types import SimpleNamespace

import pytest
from django.conf import settings as site
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum
from django.test import Client, override_settings
from django.utils import timezone

from doorstep.base import fulltext
from doorstep.base.sealed_fields import SealedJSONField, sealed_fields
from doorstep.base.tests.pace import slowness
from doorstep.base.text import clean, clean_line, shorten
from doorstep.base.time import local
from doorstep.feed.models import Appeal, Comment, Flag, Photo, Post, Readers, Story, Thanks
from doorstep.gatherings.actions.planning import starts_of
from doorstep.gatherings.models import Feeling, Gathering, Job, Place, Session, Welcome
from doorstep.notices.models import Delivery, Notice
from doorstep.people.children import adult_since
from doorstep.people.models import Account, Block, Person, RoleHolding
from doorstep.teams.models import Membership, Mentoring, Team
from doorstep.web.demo import making
from doorstep.web.demo.cast import CAST
from doorstep.web.demo.talk import Talk

pytestmark = pytest.mark.django_db


@pytest.fixture
def _django_db_helper():
    """Stand in for pytest-django's: the street below is one transaction for the whole file."""


@pytest.fixture(scope="module")
def street(django_db_setup, django_db_blocker, tmp_path_factory):
    """One street for the whole file, undone at its end."""
    media = tmp_path_factory.mktemp("demo")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=media):
            began = time.process_time()
            made = making.make("street")
            took = time.process_time() - began
        yield SimpleNamespace(made=made, took=took, media=media)
        transaction.set_rollback(True)


def test_a_street_is_there_within_twenty_seconds(street):
    assert street.took < 20 * slowness()


def test_a_street_has_two_hundred_people_and_a_thousand_posts(street):
    size = making.SIZES["street"]
    assert Person.objects.count() == 200
    assert Account.objects.count() == size.members
    assert Post.objects.count() == size.posts
    assert Comment.objects.count() == size.posts * 3
    assert Team.objects.count() == size.teams
    assert Gathering.objects.count() == size.gatherings
    assert street.made["Post"] == size.posts


def test_the_borough_is_as_large_as_was_promised():
    size = making.SIZES["borough"]
    assert (size.members, size.posts, size.teams, size.gatherings) == (
        220_000,
        1_000_000,
        2_000,
        20_000,
    )


def test_every_row_points_at_a_row_that_is_there(street):
    connection.check_constraints()


def test_counters_of_posts_equal_their_rows(street):
    live = Q(comments__state="live")
    for counter, counted in (
        ("comment_count", Count("comments", filter=live, distinct=True)),
        ("thanks_count", Count("thanks", distinct=True)),
        ("photo_count", Count("photos", distinct=True)),
    ):
        wrong = Post.objects.annotate(real=counted).exclude(real=F(counter))
        assert not wrong.exists(), counter


def test_counters_of_teams_equal_their_rows(street):
    wrong = Team.objects.annotate(
        members=Count("memberships", filter=Q(memberships__state="member"), distinct=True),
        asked=Count("memberships", filter=Q(memberships__state="asked"), distinct=True),
    ).exclude(members=F("member_count"), asked=F("asked_count"))
    assert not wrong.exists()


def test_counters_of_sessions_equal_their_rows(street):
    going = Q(places__state="going")
    for session in Session.objects.annotate(
        people=Count("places", filter=going),
        guests=Sum("places__guests", filter=going, default=0),
        waiting=Count("places", filter=Q(places__state="waiting")),
    ):
        assert session.seats_taken == session.people + session.guests
        assert session.waiting_count == session.waiting


def test_unseen_notices_equal_the_rows(street):
    wrong = Person.objects.annotate(
        unseen=Count("notices", filter=Q(notices__seen_at=None))
    ).exclude(unseen=F("unseen_notices"))
    assert not wrong.exists()
    assert Person.objects.get(account__email=CAST[1].email).unseen_notices


def test_no_session_holds_more_than_its_gathering_allows(street):
    assert not Session.objects.filter(seats_taken__gt=F("gathering__capacity")).exists()


def test_whoever_waits_could_not_sit_down(street):
    for place in Place.objects.filter(state="waiting").select_related("session__gathering"):
        free = place.session.gathering.capacity - place.session.seats_taken
        assert free < 1 + place.guests
    assert Place.objects.filter(state="waiting").exists()


def test_sessions_are_what_the_rules_of_the_gatherings_say(street):
    for gathering in Gathering.objects.all():
        end = dt.datetime.combine(gathering.made_until, dt.time(23, 59), dt.UTC)
        made = gathering.sessions.order_by("starts_at").values_list("rule_starts_at", flat=True)
        expected = starts_of(gathering, after=None, until=end)
        assert [m.astimezone(dt.UTC) for m in made] == [m.astimezone(dt.UTC) for m in expected]


def test_gatherings_begin_at_hours_people_meet_whatever_the_clocks_do(street):
    hours = {local(session.starts_at).hour for session in Session.objects.all()}
    assert min(hours) >= 9
    assert max(hours) <= 19


def test_something_is_on_today_and_things_are_coming(street):
    today = local(timezone.now()).date()
    days = [local(session.starts_at).date() for session in Session.objects.all()]
    assert today in days
    assert sum(day > today for day in days) > 20
    assert sum(day < today for day in days) > 50


def test_nothing_was_written_in_the_future(street):
    now = timezone.now()
    for model, moment in (
        (Post, "posted_at"),
        (Comment, "posted_at"),
        (Thanks, "given_at"),
        (Notice, "created_at"),
        (Membership, "joined_at"),
        (Person, "created_at"),
        (Flag, "flagged_at"),
        (Story, "sent_at"),
        (Place, "asked_at"),
        (Mentoring, "since"),
    ):
        assert not model.objects.filter(**{f"{moment}__gt": now}).exists(), model
    assert not Comment.objects.filter(posted_at__lt=F("post__posted_at")).exists()


def test_newer_posts_have_higher_numbers(street):
    moments = list(Post.objects.order_by("id").values_list("posted_at", flat=True))
    assert moments == sorted(moments)


def test_a_private_team_keeps_its_words_to_itself(street):
    assert Team.objects.filter(is_private=True).exists() or site.MODE == "test"
    inside = Post.objects.filter(channel__team__is_private=True)
    assert not inside.exclude(readers=Readers.TEAM).exists()
    assert not Gathering.objects.filter(team__is_private=True).exclude(who="team").exists()


def test_no_post_is_wider_than_its_channel(street):
    width = {Readers.TEAM: 0, Readers.MEMBERS: 1, Readers.EVERYONE: 2}
    for readers, widest in Post.objects.values_list("readers", "channel__readers").distinct():
        assert width[readers] <= width[widest]


def test_whoever_writes_in_a_team_belongs_to_it(street):
    for post in Post.objects.filter(channel__team__isnull=False, channel__about=""):
        assert Membership.objects.filter(
            team=post.channel.team_id, person=post.author_id, state="member"
        ).exists()


def test_a_team_is_up_and_running_with_three_or_with_a_mentor(street):
    for team in Team.objects.filter(state="live"):
        assert team.member_count >= 3 or team.mentorings.exists()
        assert team.memberships.filter(state="member", role="host").exists()
    assert set(Team.objects.values_list("state", flat=True)) >= {
        "live",
        "quiet",
        "idea",
        "gathering",
        "closed",
    }


def test_children_neither_post_nor_answer(street):
    grown = adult_since()
    assert Person.objects.filter(born_on__gt=grown).exists()
    for model in (Post, Comment):
        assert not model.objects.filter(author__born_on__gt=grown).exists()


def test_there_is_some_of_everything(street):
    for model in (
        Appeal,
        Block,
        Feeling,
        Flag,
        Job,
        Notice,
        Photo,
        Place,
        RoleHolding,
        Story,
        Thanks,
        Welcome,
    ):
        assert model.objects.exists(), model
    assert set(Post.objects.values_list("kind", flat=True)) == set(Post.Kind.values)
    assert Place.objects.filter(came=True).exists()
    assert Place.objects.filter(came=False).exists()
    assert not Delivery.objects.exists()


def test_people_come_back(street):
    """Return rates have something to show: newcomers who came again, and who didn't."""
    came = (
        Place.objects.filter(came=True, person__isnull=False)
        .values("session__gathering", "person")
        .annotate(times=Count("id"))
    )
    times = [row["times"] for row in came]
    assert times.count(1) > 5
    assert sum(many > 1 for many in times) > 20


def test_words_are_stored_as_a_form_would_have_cleaned_them(street):
    for title, text in Post.objects.values_list("title", "text"):
        assert (title, text) == (clean_line(title), clean(text))
    for (text,) in Comment.objects.values_list("text"):
        assert text == clean(text)


def test_no_template_leaves_its_brackets_behind(street):
    for text in [
        *Post.objects.values_list("text", flat=True),
        *Post.objects.values_list("title", flat=True),
        *Comment.objects.values_list("text", flat=True),
    ]:
        assert not set("{}|") & set(text), text
        assert "lorem" not in text.lower()
        assert text == text.strip()


def test_neighbours_write_in_their_languages(street):
    spoken = set(Post.objects.values_list("language", flat=True))
    assert len(spoken) >= 6
    assert "en-gb" in spoken


def test_there_are_hundreds_of_ways_to_say_something():
    import random

    talk = Talk(random.Random(1))
    assert sum(len(lines) for kind in talk.posts.values() for lines in kind.values()) >= 300
    assert talk.languages == {"ro", "ur", "bn", "lt", "sq", "pa", "pt", "pl", "ar"}


def test_most_posts_are_said_once(street):
    texts = list(Post.objects.values_list("text", flat=True))
    assert len(set(texts)) > 0.9 * len(texts)


def test_nobody_can_be_written_to_or_rung(street):
    emails = set(Account.objects.values_list("email", flat=True))
    assert all(email.endswith("example.org") for email in emails)
    numbers = Person.objects.exclude(phone="").values_list("phone", flat=True)
    assert all(number.startswith("07700 900") for number in numbers)


def test_search_finds_what_is_up_and_nothing_taken_down(street):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps its index by itself")
    with connection.cursor() as cursor:
        cursor.execute("SELECT rowid FROM feed_post_fts WHERE feed_post_fts MATCH 'sofa ono'")
        found = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND instr(name, '_fts_')"
        )
        (triggers,) = cursor.fetchone()
        cursor.execute("INSERT INTO feed_post_fts(feed_post_fts) VALUES ('integrity-check')")
    assert not found & set(Post.objects.exclude(state="live").values_list("id", flat=True))
    assert triggers == 3 * len(fulltext.indexes())


def test_a_photo_can_go_and_leave_the_others(street, settings):
    settings.MEDIA_ROOT = street.media
    one, other = Photo.objects.order_by("id")[:2]
    assert one.name != other.name
    assert default_storage.exists(one.name)
    assert default_storage.exists(one.small_name)
    default_storage.delete(one.name)
    assert default_storage.exists(other.name)
    assert Photo.objects.values("name").distinct().count() == Photo.objects.count()


def test_lists_that_lie_sealed_open_to_lists_as_the_pages_expect(street):
    opened = {}
    for model, fields in sealed_fields():
        for field in fields:
            if isinstance(field, SealedJSONField):
                rows = model._base_manager.values_list(field.name, flat=True)
                kind = list if field.default is list else dict
                opened[str(field)] = {type(value) for value in rows if value is not None} - {kind}
    # Session data, and what is nobody's, may be empty; these two the street fills.
    assert {"feed.Flag.snapshot", "teams.Membership.answers"} <= opened.keys()
    assert not any(opened.values()), opened
    assert "Learn, and meet people." in str(list(Membership.objects.values_list("answers")))


# --- Being somebody -------------------------------------------------------------------------


@pytest.fixture
def demo_site(street, settings):
    settings.DEMO_SIGN_IN = True
    settings.ROOT_URLCONF = "doorstep.web.tests.demo_urls"
    settings.MEDIA_ROOT = street.media
    return Client()


def test_the_cast_is_listed_with_a_sentence_each(demo_site):
    page = demo_site.get("/demo/").content.decode()
    for part in CAST:
        assert part.known_as in page
        assert f'value="{part.key}"' in page


@pytest.mark.parametrize("part", CAST, ids=lambda part: part.key)
def test_one_press_signs_in_as_each_of_them(demo_site, part):
    answer = demo_site.post("/demo/", {"as": part.key})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    account = Account.objects.get(email=part.email)
    assert demo_site.session["_auth_user_id"] == str(account.pk)
    assert demo_site.session["second_factor_waived"] is True
    assert {row.role for row in account.person.roles.held()} == {str(role) for role in part.holds}
    assert demo_site.get("/").status_code == 200


def test_a_moderator_reads_what_was_flagged_and_the_whole_record_of_it(demo_site):
    demo_site.post("/demo/", {"as": "moderator"})
    waiting = demo_site.get("/feed/moderation/")
    assert waiting.status_code == 200
    flag = Flag.objects.filter(state=Flag.State.OPEN).first()
    assert shorten(flag.snapshot["text"], 60)[:40] in unescape(waiting.content.decode())
    assert (
        demo_site.get(f"/feed/moderation/{flag.target_kind}/{flag.target_id}/").status_code == 200
    )
    record = demo_site.get("/feed/moderation/log.json").json()["decisions"]
    assert record
    assert all(row["words_when_flagged"] for row in record)
    sheet = b"".join(demo_site.get("/feed/moderation/log.csv")).decode()
    assert record[0]["words_when_flagged"][:40] in sheet


def test_nobody_else_can_be_signed_in_so(demo_site):
    other = next(
        one for one in Account.objects.all() if not one.email.endswith("@demo.example.org")
    )
    for key in (other.email, str(other.pk), "nobody", ""):
        assert demo_site.post("/demo/", {"as": key})["Location"] == "/demo/"
    assert "_auth_user_id" not in demo_site.session


def test_the_door_is_shut_where_demo_sign_in_is_off(demo_site, settings):
    settings.DEMO_SIGN_IN = False
    assert demo_site.get("/demo/").status_code == 404
    assert demo_site.post("/demo/", {"as": "administrator"}).status_code == 404


def test_without_the_setting_the_address_is_not_even_there(street):
    assert Client().get("/demo/").status_code == 404
