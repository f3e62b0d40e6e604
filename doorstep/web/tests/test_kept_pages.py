"""A page kept for its reader says what a page made afresh would say, whatever was done between."""

from __future__ import annotations

import datetime as dt
import gzip
import random
import re

import pytest
from django.db import connection
from django.test import Client

from doorstep.base import kept_pages, keys, stamps
from doorstep.base.time import now
from doorstep.feed import actions as feed
from doorstep.feed.models import Comment, Post
from doorstep.feed.tests.factories import PostFactory
from doorstep.gatherings.models import Gathering, Session
from doorstep.gatherings.tests.factories import plan
from doorstep.people import actions as people
from doorstep.people.models import Person, RoleHolding
from doorstep.support.crisis import banner
from doorstep.teams import actions as teams
from doorstep.teams.models import Membership
from doorstep.teams.tests.factories import TeamFactory, add_member

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="pages are kept on SQLite alone"),
]

_GAPS = re.compile(r'(csrfmiddlewaretoken|client_key)" value="[^"]*"')


@pytest.fixture(autouse=True)
def _stamped(settings):
    settings.KEEP_PAGES = True
    stamps.mend()
    kept_pages.forget_all()
    yield
    kept_pages.forget_all()


@pytest.fixture
def world(cast, borough):
    """Five neighbours, a team, posts in the ward and the team, a gathering, a story."""
    team = TeamFactory(area=borough.ward, name="Kettle and Toast")
    for who in (cast.amina, cast.bryn, cast.dev):
        add_member(team, who)
    ward, inside = feed.channel_of(borough.ward), feed.channel_of(team)
    posts = [
        PostFactory(channel=ward, author=cast.amina, text=f"About the kettle {n}") for n in range(3)
    ]
    posts += [PostFactory(channel=inside, author=cast.dev, text="For the team")]
    article = PostFactory(
        channel=ward, author=cast.carys, kind=Post.Kind.ARTICLE, title="Our bench", slug="our-bench"
    )
    gathering = plan(cast.dev, area=borough.ward, title="Tea at four")
    return {
        "cast": cast,
        "team": team,
        "posts": posts,
        "article": article,
        "gathering": gathering,
        "ward": borough.ward,
        "channel": ward,
        "inside": inside,
    }


def pages(world) -> list[str]:
    return [
        "/",
        world["team"].get_absolute_url(),
        world["article"].get_absolute_url(),
        world["gathering"].get_absolute_url(),
        world["ward"].get_absolute_url(),
        "/search/?q=kettle",
    ]


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person.account)
    return client


def plain(response) -> str:
    return f"{response.status_code} " + _GAPS.sub(r'\1"', response.content.decode())


def asked(client, path) -> set[str]:
    """Return the tables this request's queries named."""
    tables: set[str] = set()
    with connection.execute_wrapper(kept_pages._Watcher(tables)):
        assert client.get(path).status_code == 200
    return tables


def test_a_page_asked_for_again_is_not_made_again(world):
    client = signed_in(world["cast"].amina)
    for path in pages(world):
        for _turn in range(3):  # the first may note that somebody looked
            client.get(path)
        made_from = {"feed_post", "teams_team", "gatherings_session"}
        assert not asked(client, path) & {"base_stamp", *made_from}, path
        # Somebody wrote something that is on none of them: their stamps are asked for.
        Person.objects.filter(pk=world["cast"].ewan.pk).update(looked_at=now())
        tables = asked(client, path)
        assert "base_stamp" in tables, path
        assert not tables & made_from, path
        assert "base_stamp" not in asked(client, path), path


def test_another_connections_numbers_say_nothing_about_ones_own(world):
    client = signed_in(world["cast"].amina)
    for _turn in range(3):
        client.get("/")
    ours = kept_pages._state()
    connection.close()
    connection.connect()
    assert kept_pages._state()[0] != ours[0]
    assert "base_stamp" in asked(client, "/")


def test_tokens_and_keys_of_a_kept_page_are_fresh_and_work(world):
    client = signed_in(world["cast"].amina)
    keys, tokens = set(), set()
    for _turn in range(4):
        html = client.get("/").content.decode()
        keys |= set(re.findall(r'client_key" value="([^"]+)"', html))
        tokens |= set(re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', html))
    assert len(keys) == 4
    assert len(tokens) == 4, tokens
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    thanked = world["posts"][3]
    answer = strict.post(
        f"/feed/{thanked.pk}/thank/", {"csrfmiddlewaretoken": tokens.pop(), "next": "/"}
    )
    assert answer.status_code == 302


def test_what_is_kept_for_one_is_never_shown_to_another(world):
    cast = world["cast"]
    inside = world["team"].get_absolute_url()
    amina, ewan = signed_in(cast.amina), signed_in(cast.ewan)
    for _turn in range(3):
        amina.get(inside), amina.get("/")
    kept_pages_before = plain(amina.get(inside))
    world["posts"][3].readers = "team"
    world["posts"][3].save()
    for _turn in range(3):
        assert "For the team" not in plain(ewan.get(inside))
        assert "For the team" not in plain(ewan.get("/"))
    assert "For the team" in plain(amina.get(inside))
    assert "For the team" in kept_pages_before


def test_somebody_with_a_role_gets_every_page_made_afresh(world):
    cast = world["cast"]
    people.grant_role(RoleHolding.Role.EDITOR, to=cast.amina, area=world["ward"], by=None, at=now())
    client = signed_in(cast.amina)
    for _turn in range(3):
        client.get("/")
    assert "feed_post" in asked(client, "/")
    assert not kept_pages._pages


def test_a_page_that_writes_is_not_kept(world, rf):
    cast = world["cast"]

    @kept_pages.kept_page
    def writing(request):
        Person.objects.filter(pk=cast.ewan.pk).update(unseen_notices=3)
        from django.http import HttpResponse

        return HttpResponse("looked")

    request = rf.get("/x/")
    request.user, request.session = cast.amina.account, {}
    request.user.person._roles_held = set()
    writing(request)
    assert not kept_pages._pages


def test_a_page_made_from_a_table_nobody_watches_is_not_kept(world, rf):
    cast = world["cast"]

    @kept_pages.kept_page
    def counting(request):
        from django.http import HttpResponse

        from doorstep.notices.models import Notice

        return HttpResponse(str(Notice.objects.count()))

    request = rf.get("/x/")
    request.user, request.session = cast.amina.account, {}
    request.user.person._roles_held = set()
    counting(request)
    assert not kept_pages._pages


def test_how_long_ago_is_never_told_from_a_kept_page_for_longer_than_it_holds(world):
    client = signed_in(world["cast"].bryn)
    Post.objects.update(posted_at=now() - dt.timedelta(minutes=4, seconds=50))
    for _turn in range(3):
        client.get("/")
    (kept,) = [row for key, row in kept_pages._pages.items() if key[1] == "/"]
    assert kept.until <= now() + dt.timedelta(seconds=10)


def test_a_table_made_afresh_has_its_triggers_put_back(world):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE 'stamp_feed_post_insert%'")
        (name,) = cursor.fetchone()
        cursor.execute(f"DROP TRIGGER {name}")
    stamps._in_place.clear()
    client = signed_in(world["cast"].amina)
    for _turn in range(3):
        client.get("/")
    assert not kept_pages._pages  # without it nothing is kept
    assert stamps.mend() == [name]
    for _turn in range(3):
        client.get("/")
    assert kept_pages._pages


def test_somebody_blocked_while_the_page_is_asked_for_is_not_on_the_next_one(world, monkeypatch):
    cast = world["cast"]
    client = signed_in(cast.bryn)
    for _turn in range(3):
        client.get("/")
    kept_pages.forget_all()
    whose = kept_pages._whose

    def blocks_first(request):
        # Who is asked is known by now, as somebody whom nobody blocks; then the other one does.
        assert request.user.person._blocked_ids == set()
        people.block(cast.bryn, by=cast.amina, at=now())
        return whose(request)

    monkeypatch.setattr(kept_pages, "_whose", blocks_first)
    client.get("/")
    monkeypatch.setattr(kept_pages, "_whose", whose)
    assert "About the kettle" not in plain(client.get("/"))


def test_a_kept_page_is_compressed_once_and_unpacks_to_the_page(world):
    client = signed_in(world["cast"].amina)
    for path in pages(world):
        for _turn in range(3):
            client.get(path)
        response = client.get(path, headers={"accept-encoding": "gzip"})
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.packed.gzip() == response.content, path
        assert response.headers["Content-Length"] == str(len(response.content))
        unpacked = gzip.decompress(response.content).decode()
        assert _GAPS.sub(r'\1"', unpacked) == plain(client.get(path)).partition(" ")[2], path


def test_what_is_put_into_a_kept_page_is_on_it_when_it_is_compressed(world, monkeypatch):
    client = signed_in(world["cast"].amina)
    for _turn in range(4):
        client.get("/", headers={"accept-encoding": "gzip"})
    assert kept_pages._pages
    monkeypatch.setattr(banner, "watches", lambda: True)
    monkeypatch.setattr(banner, "on_now", lambda: ("Flood", "Go upstairs"))
    response = client.get("/", headers={"accept-encoding": "gzip"})
    assert "Go upstairs" in gzip.decompress(response.content).decode()


def _lines(html: str) -> list[str]:
    return html.replace("><", ">\n<").split("\n")


def _verbs(world, rng):
    """Return the things neighbours do, each as a function; some end in a refusal, which is fine."""
    cast = world["cast"]
    who = [cast.amina, cast.bryn, cast.carys, cast.dev, cast.ewan]

    def a_post():
        return rng.choice(list(Post.objects.all()))

    def post():
        feed.put_up(
            rng.choice([world["channel"], world["inside"]]), by=rng.choice(who), at=now(),
            text=f"New kettle {rng.random()}", kind=rng.choice(["note", "ask", "offer"]),
            client_key=keys.new_key(20),
        )  # fmt: skip

    def reply():
        feed.reply(
            a_post(),
            by=rng.choice(who),
            at=now(),
            text=f"Yes {rng.random()}",
            client_key=keys.new_key(20),
        )

    def thank():
        feed.thank(a_post(), by=rng.choice(who), at=now())

    def unthank():
        feed.take_back_thanks(a_post(), by=rng.choice(who))

    def take_down():
        one = a_post()
        feed.take_down(one, by=one.author, at=now())

    def change():
        one = a_post()
        feed.change(one, by=one.author, at=now(), text=f"Changed kettle {rng.random()}")

    def take_reply_down():
        one = rng.choice(list(Comment.objects.all()))
        feed.take_down_reply(one, by=one.author, at=now())

    def block():
        one, other = rng.sample(who, 2)
        people.block(other, by=one, at=now())

    def unblock():
        one, other = rng.sample(who, 2)
        people.unblock(other, by=one, at=now())

    def rename():
        one = rng.choice(who)
        people.change_profile(one, by=one, at=now(), known_as=f"Neighbour {rng.randrange(100)}")

    def join():
        teams.join(world["team"], by=rng.choice(who), at=now(), agreed_version=1)

    def leave():
        teams.leave(world["team"], by=rng.choice(who), at=now())

    def follow():
        people.follow(world["ward"], by=rng.choice(who), at=now())

    def unfollow():
        people.unfollow(world["ward"], by=rng.choice(who), at=now())

    def call_off():
        Session.objects.filter(
            pk=rng.choice(list(Session.objects.values_list("pk", flat=True)))
        ).update(is_called_off=rng.random() < 0.5, note=f"{rng.random()}")

    def retitle():
        Gathering.objects.update(title=f"Tea {rng.randrange(1000)}")

    def rename_team():
        team = world["team"]
        team.name = f"Kettle {rng.randrange(1000)}"
        team.save(update_fields=["name"])

    def role_in_team():
        Membership.objects.filter(person=rng.choice(who)).update(
            role=rng.choice(["host", "member"])
        )

    return [
        post, reply, thank, unthank, take_down, change, take_reply_down, block, unblock, rename,
        join, leave, follow, unfollow, call_off, retitle, rename_team, role_in_team,
    ]  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_verb_each_page_says_what_it_would_say_made_afresh(world, settings, seed):
    rng = random.Random(seed)
    verbs = _verbs(world, rng)
    clients = {name: signed_in(person) for name, person in vars(world["cast"]).items()}
    done = 0
    for _turn in range(30):
        verb = rng.choice(verbs)
        try:
            verb()
            done += 1
        except (TypeError, AttributeError):
            raise
        except Exception:  # noqa: S112 (a refusal by the verb's own rules)
            continue
        name = rng.choice(list(clients))
        for path in pages(world):
            clients[name].get(path)  # looking is noted, and changes what is new
            shown = plain(clients[name].get(path))
            settings.KEEP_PAGES = False
            fresh = plain(clients[name].get(path))
            settings.KEEP_PAGES = True
            assert _lines(shown) == _lines(fresh), (verb.__name__, name, path)
    assert done > 15


def test_what_is_kept_takes_no_more_room_than_it_may_and_the_longest_unasked_goes(
    world, monkeypatch
):
    client = signed_in(world["cast"].amina)
    for path in pages(world):
        for _turn in range(3):
            client.get(path)
    assert len(kept_pages._pages) == len(pages(world))
    total = sum(row.size for row in kept_pages._pages.values())
    assert kept_pages._sizes[0] == total
    client.get("/")  # asked for again, so it stays longest
    monkeypatch.setattr(kept_pages, "MOST", total)
    for _turn in range(3):
        client.get("/search/?q=tea")
    assert kept_pages._sizes[0] == sum(row.size for row in kept_pages._pages.values()) <= total
    kept = {key[1] for key in kept_pages._pages}
    assert "/" in kept
    assert world["team"].get_absolute_url() not in kept
