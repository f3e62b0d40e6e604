"""Search finds what the reader may see, however it is typed, and nothing else."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.base.time import LONDON, today
from doorstep.feed.models import Channel, Post
from doorstep.feed.tests.factories import PostFactory, area_channel, team_channel
from doorstep.gatherings.models import Gathering, Session
from doorstep.people.models import Account, Block, Person, RoleHolding
from doorstep.people.tests.factories import PersonFactory
from doorstep.places.actions import load_borough
from doorstep.places.models import Area
from doorstep.places.tests.factories import VenueFactory, make_area
from doorstep.teams.models import Mentoring, Team
from doorstep.teams.tests.factories import TeamFactory, add_member
from doorstep.web import indexes, lexicon, search

pytestmark = pytest.mark.django_db


def look(words, person=None, **filters):
    return search.search(search.read(words, **filters), person)


def found(kind, words, person=None, **filters):
    return [hit.pk for hit in look(words, person, **filters).hits.get(kind, [])]


@pytest.fixture
def channel(borough):
    return area_channel(borough.ward)


@pytest.fixture
def post(channel, cast):
    """Make a post by Dev, readable by everyone unless told otherwise."""

    def make(text, **facts):
        facts = {"channel": channel, "author": cast.dev, "readers": "everyone"} | facts
        return PostFactory(text=text, **facts)

    return make


def gather(cast, area, title, *, days=2, **facts):
    channel = Channel.objects.create(area=area, about=f"gathering:{title}", name=title, path="/")
    gathering = Gathering.objects.create(
        **{
            "title": title,
            "slug": title.lower().replace(" ", "-"),
            "host": cast.dev,
            "area": area,
            "channel": channel,
            "description": "Come along.",
            "starts_at": timezone.now(),
        }
        | facts
    )
    starts_at = timezone.now() + dt.timedelta(days=days)
    Session.objects.create(
        gathering=gathering,
        rule_starts_at=starts_at,
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(hours=1),
    )
    return gathering


# --- Finding ---------------------------------------------------------------------------------


def test_posts_with_all_the_words_come_first_and_the_newest_of_them_first(post):
    one = post("A sewing machine to lend")
    two = post("Sewing by hand")
    three = post("The machine for sewing is mended")
    assert found("posts", "sewing machine") == [three.pk, one.pk, two.pk]


def test_a_plain_question_finds_what_a_search_for_every_word_would_miss(post):
    wanted = post("Boiler off at Mallard Court. Showers at the leisure centre are free.")
    post("Fancy a walk?")
    assert found("posts", "my boiler is broken, where can I have a shower?") == [wanted.pk]


def test_words_are_found_with_and_without_accents(post):
    wanted = post("Crêpes at the café tonight")
    lexicon.refresh()
    assert found("posts", "cafe crepes") == [wanted.pk]
    assert found("posts", "CAFÉ") == [wanted.pk]


def test_relatives_of_a_word_are_found_too(post):
    wanted = post("Come and mend things")
    lexicon.refresh()
    assert found("posts", "mending") == [wanted.pk]


def test_the_beginning_of_a_word_is_enough_once_the_word_is_known(post):
    wanted = post("Knitting in the park")
    lexicon.refresh()
    assert found("posts", "knitt") == [wanted.pk]


def test_a_slip_is_put_right_and_said_with_a_way_back(post, client):
    wanted = post("Who would like to join our sewing evening?")
    lexicon.refresh()
    answer = look("sewng evening")
    assert answer.corrected == "sewing evening"
    assert [hit.pk for hit in answer.hits["posts"]] == [wanted.pk]
    page = client.get("/search/", {"q": "sewng"}).content.decode()
    assert "Showing results for <strong>sewing</strong>" in page
    assert "?q=sewng&amp;exact=yes" in page
    assert look("sewng", exact=True).is_empty


def test_a_word_that_is_rare_but_there_is_not_put_right(post):
    post("The sewing box")
    lexicon.refresh()
    wanted = post("A sewung is a made-up thing")
    answer = look("sewung")
    assert answer.corrected == ""
    assert [hit.pk for hit in answer.hits["posts"]] == [wanted.pk]


def test_teams_gatherings_venues_areas_and_people_are_found(borough, cast):
    team = TeamFactory(name="Stitch Together", area=borough.ward)
    gathering = gather(cast, borough.ward, "Stitch and natter")
    venue = VenueFactory(name="Stitch Hall", area=borough.ward)
    person = PersonFactory(known_as="Stitch Barrow")
    answer = look("stitch", cast.amina)
    assert {kind: [hit.pk for hit in hits] for kind, hits in answer.hits.items()} == {
        "teams": [team.pk],
        "gatherings": [gathering.pk],
        "venues": [venue.pk],
        "people": [person.pk],
    }
    assert [area.name for area in look("quay", cast.amina).areas] == ["Quay"]


def test_a_gathering_that_is_over_or_called_off_is_not_found(borough, cast):
    gather(cast, borough.ward, "Stitch last week", days=-7)
    gather(cast, borough.ward, "Stitch ended", state="ended")
    off = gather(cast, borough.ward, "Stitch off")
    off.sessions.update(is_called_off=True)
    assert found("gatherings", "stitch", cast.amina) == []


def test_an_area_narrows_to_what_is_inside_it(borough, post):
    here = post("Tea here")
    there = post("Tea there", channel=area_channel(borough.far_ward))
    street = make_area("neighbourhood", "Quay A", borough.ward)
    deep = post("Tea deep inside", channel=area_channel(street))
    assert found("posts", "tea", area="quay") == [deep.pk, here.pk]
    assert found("posts", "tea", area="riverside") == [deep.pk, here.pk]
    assert found("posts", "tea", area="hilltop") == [there.pk]


def test_a_postcode_in_the_words_narrows_to_its_ward(cast):
    load_borough()
    village, beam = Area.objects.get(gss_code="E05014070"), Area.objects.get(slug="beam")
    wanted = PostFactory(
        text="Tea", channel=area_channel(village), author=cast.dev, readers="everyone"
    )
    PostFactory(text="Tea", channel=area_channel(beam), author=cast.dev, readers="everyone")
    from doorstep.places.models import Postcode

    code = Postcode.objects.filter(ward=village).first().code
    ask = search.read(f"tea near {code.lower().replace(' ', '')}")
    assert (ask.area, ask.postcode, ask.words) == (village, code, ("tea", "near"))
    assert [hit.pk for hit in search.search(ask, None).hits["posts"]] == [wanted.pk]


def test_days_narrow_gatherings_to_what_happens_then(borough, cast):
    soon = gather(cast, borough.ward, "Stitch soon", days=2)
    gather(cast, borough.ward, "Stitch later", days=20)
    day = timezone.localtime(soon.sessions.get().starts_at, LONDON).date()
    assert found("gatherings", "stitch", starts_on=day, ends_on=day) == [soon.pk]
    assert found("gatherings", "", starts_on=day, ends_on=day) == [soon.pk]


def test_days_are_read_out_of_the_words(borough):
    ask = search.read("sewing this saturday")
    assert ask.words == ("sewing",)
    assert ask.starts_on == ask.ends_on
    assert ask.starts_on.weekday() == 5
    assert 0 <= (ask.starts_on - today()).days <= 6
    assert search.read("tomorrow").starts_on == today() + dt.timedelta(1)
    weekend = search.read("this weekend")
    assert weekend.ends_on.weekday() == 6
    assert weekend.starts_on >= today()
    following = search.read("next monday").starts_on
    assert following.weekday() == 0
    assert 1 <= (following - today()).days <= 7


def test_more_goes_on_where_the_page_ended_through_every_tier(post):
    both = [post("sewing machine").pk for _ in range(23)]
    one = [post("only a machine").pk for _ in range(30)]
    seen, after = [], None
    for _page in range(5):
        answer = look("sewing machine", after=after)
        seen += [hit.pk for hit in answer.hits.get("posts", [])]
        after = answer.more
        if after is None:
            break
    assert seen == both[::-1] + one[::-1]


def test_a_narrow_search_looks_further_back(borough, post, monkeypatch):
    old = post("tea", channel=area_channel(borough.far_ward))
    for _ in range(12):
        post("tea")
    monkeypatch.setattr(search, "MOST_WALKED", 5)
    monkeypatch.setattr(search._look, "__kwdefaults__", {"walk": 5})
    lexicon.refresh()
    assert found("posts", "tea", area="beacon") == [old.pk]
    assert len(found("posts", "tea")) == 5


def test_a_new_post_between_two_pages_repeats_nothing(post):
    old = [post("tea").pk for _ in range(search.PAGE + 10)]
    first = look("tea")
    post("tea")
    second = look("tea", after=first.more)
    assert [hit.pk for hit in first.hits["posts"] + second.hits["posts"]] == old[::-1]


# --- Only what one may see -------------------------------------------------------------------


def test_a_private_teams_post_is_found_by_its_members_and_mentor_only(borough, cast):
    team = TeamFactory(name="Secret stitchers", is_private=True, area=borough.ward)
    add_member(team, cast.dev)
    Mentoring.objects.create(team=team, mentor=cast.carys)
    inner = PostFactory(
        text="Zanzibar", channel=team_channel(team), author=cast.dev, readers="team"
    )
    for person, sees in ((cast.dev, True), (cast.carys, True), (cast.ewan, False), (None, False)):
        assert found("posts", "zanzibar", person) == ([inner.pk] if sees else [])
        assert found("teams", "stitchers", person) == ([team.pk] if sees else [])


def test_a_post_for_members_is_not_found_by_visitors(post, cast):
    inner = post("Zanzibar", readers="members")
    assert found("posts", "zanzibar") == []
    assert found("posts", "zanzibar", cast.ewan) == [inner.pk]


@pytest.mark.parametrize("blocker", ["amina", "dev"])
def test_a_block_hides_both_ways(blocker, post, borough, cast):
    post("Zanzibar")
    gather(cast, borough.ward, "Zanzibar night")
    other = {"amina": "dev", "dev": "amina"}[blocker]
    Block.objects.create(blocker=getattr(cast, blocker), blocked=getattr(cast, other))
    answer = look("zanzibar", cast.amina)
    assert answer.is_empty
    assert found("people", "dev", cast.amina) == []
    assert found("people", "amina", cast.dev) == []


@pytest.mark.parametrize("state", ["removed", "hidden"])
def test_what_was_taken_down_is_gone_at_the_next_search_and_back_when_it_is_put_back(
    state, post, cast
):
    gone = post("Zanzibar")
    Post.objects.filter(pk=gone.pk).update(state=state)
    assert found("posts", "zanzibar", cast.dev) == []
    Post.objects.filter(pk=gone.pk).update(state="live")
    assert found("posts", "zanzibar", cast.dev) == [gone.pk]


def test_an_edited_post_is_found_by_its_new_words_only(post):
    changed = post("Zanzibar")
    Post.objects.filter(pk=changed.pk).update(text="Timbuktu")
    assert found("posts", "zanzibar") == []
    assert found("posts", "timbuktu") == [changed.pk]


def test_a_child_is_never_found_by_name_not_even_by_a_moderator(cast, borough):
    PersonFactory(known_as="Zephyrine", born_on=today() - dt.timedelta(days=365 * 10))
    RoleHolding.objects.create(person=cast.carys, role="moderator", area=borough.borough)
    for person in (cast.amina, Person.objects.get(pk=cast.carys.pk), None):
        assert look("zephyrine", person).is_empty


def test_nobody_is_found_who_has_no_account_or_closed_it(cast):
    PersonFactory(known_as="Zephyrine", account=False)
    away = PersonFactory(known_as="Zephyrina", state="away")
    shut = PersonFactory(known_as="Zephyrino")
    Account.objects.filter(person=shut).update(is_active=False)
    assert away.account
    for name in ("zephyrine", "zephyrina", "zephyrino"):
        assert found("people", name, cast.amina) == []


def test_visitors_find_no_people(cast):
    assert found("people", "amina") == []
    assert found("people", "amina", cast.bryn) == [cast.amina.pk]


def test_where_somebody_lives_cannot_be_searched_for(cast):
    assert found("people", "amina", cast.bryn, area="quay") == []


def test_corrections_teach_nobody_what_a_private_team_or_a_child_is_called(borough, cast):
    team = TeamFactory(name="Zanzibarians", is_private=True, area=borough.ward)
    add_member(team, cast.dev)
    inner = team_channel(team)
    PostFactory(text="Timbuktuans", channel=inner, author=cast.dev, readers="team")
    PostFactory(text="Mozambicans", channel=inner, author=cast.dev, readers="everyone")
    gather(cast, borough.ward, "Madagascans", team=team)
    PersonFactory(known_as="Zephyrine", born_on=today() - dt.timedelta(days=3000))
    lexicon.refresh()
    for slip in ("zanzibarian", "timbuktuan", "mozambican", "madagascan", "zephyrin"):
        for person in (cast.ewan, cast.dev, None):
            assert look(slip, person).corrected == ""


def test_visitors_are_corrected_only_to_words_visitors_may_read(post, cast):
    post("Marmalade", readers="members")
    lexicon.refresh()
    assert look("marmalde", cast.ewan).corrected == "marmalade"
    assert look("marmalde", None).corrected == ""


readers = st.sampled_from(["everyone", "members", "team"])


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    posts=st.lists(
        st.tuples(
            st.sampled_from(["amina", "bryn", "dev"]),
            readers,
            st.sampled_from(["live", "removed", "hidden"]),
            st.sampled_from(["area", "one", "two"]),
        ),
        max_size=8,
    ),
    blocks=st.sets(st.sampled_from([("amina", "dev"), ("bryn", "amina"), ("dev", "bryn")])),
    private=st.booleans(),
)
def test_search_tells_the_same_rule_as_visible_to(posts, blocks, private, borough, cast):
    Post.objects.all().delete()
    Gathering.objects.all().delete()
    Channel.objects.exclude(team=None, about="").delete()
    Team.objects.all().delete()
    Block.objects.all().delete()
    teams = [
        TeamFactory(name=f"Zanzibar {n}", is_private=private, area=borough.ward) for n in (1, 2)
    ]
    add_member(teams[0], cast.amina)
    Mentoring.objects.create(team=teams[1], mentor=cast.amina)
    add_member(teams[1], cast.bryn, role="host")
    channels = {
        "area": area_channel(borough.ward),
        "one": team_channel(teams[0]),
        "two": team_channel(teams[1]),
    }
    for number, team in enumerate(teams):
        gather(cast, borough.ward, f"Zanzibar open {number}", team=team)
        gather(cast, borough.ward, f"Zanzibar inside {number}", team=team, who="team")
    for blocker, blocked in blocks:
        Block.objects.create(blocker=getattr(cast, blocker), blocked=getattr(cast, blocked))
    for author, who, state, where in posts:
        if where == "area" and who == "team":
            continue
        PostFactory(
            text="zanzibar",
            author=getattr(cast, author),
            readers=who,
            state=state,
            channel=channels[where],
        )
    for name in ("amina", "bryn", "dev", "ewan", None):
        person = Person.objects.get(pk=getattr(cast, name).pk) if name else None
        assert set(found("posts", "zanzibar", person)) == set(
            Post.objects.visible_to(person).values_list("pk", flat=True)
        )
        assert set(found("teams", "zanzibar", person)) == set(
            Team.objects.visible_to(person).values_list("pk", flat=True)
        )
        assert set(found("gatherings", "zanzibar", person)) == set(
            Gathering.objects.visible_to(person).values_list("pk", flat=True)
        )


def test_gatherings_of_search_are_those_of_visible_to(borough, cast):
    team = TeamFactory(area=borough.ward)
    add_member(team, cast.amina)
    gather(cast, borough.ward, "Zanzibar open")
    gather(cast, borough.ward, "Zanzibar inside", who="team", team=team)
    gather(cast, borough.ward, "Zanzibar of Bryn", host=cast.bryn)
    Block.objects.create(blocker=cast.bryn, blocked=cast.amina)
    for person in (cast.amina, cast.bryn, cast.ewan, None):
        assert set(found("gatherings", "zanzibar", person)) == set(
            Gathering.objects.visible_to(person).values_list("pk", flat=True)
        )


# --- Whatever is typed -----------------------------------------------------------------------


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(words=st.text(max_size=60))
def test_whatever_is_typed_there_is_an_answer(words, borough, cast):
    look(words, cast.amina)


@pytest.mark.parametrize(
    "words",
    ['"', "a AND b OR", "NEAR(tea)", "tea*", "tea:", "-tea", "(((", "'; --", "%_%", "🎉"],
)
def test_signs_of_the_databases_own_language_are_only_signs(words, post, client):
    post("A cup of tea")
    assert client.get("/search/", {"q": words}).status_code == 200


def test_what_people_wrote_is_escaped_and_the_words_are_marked(post, client):
    post("<script>alert(1)</script> & sewing <b>bags</b>")
    page = client.get("/search/", {"q": "sewing script"}).content.decode()
    assert (
        "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt; &amp; "
        "<mark>sewing</mark> &lt;b&gt;bags&lt;/b&gt;" in page
    )
    hostile = client.get("/search/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in hostile


def test_a_long_post_shows_the_part_with_the_word(post, client):
    post("Once upon a time. " * 60 + "And then a zanzibar came. " + "The end. " * 60)
    page = client.get("/search/", {"q": "zanzibar"}).content.decode()
    shown = re.search(r'<h3 class="found-words".*?</h3>', page)[0]
    assert "<mark>zanzibar</mark>" in shown
    assert len(shown) < 500


def test_nothing_found_helps_on(client, cast):
    client.force_login(cast.amina.account)
    page = client.get("/search/", {"q": "qwxyz", "kind": "teams"}).content.decode()
    assert "We looked everywhere and found nothing." in page
    assert "Look everywhere, on any day" in page
    assert "/feed/write/?kind=question" in page


def test_a_date_that_is_none_is_said_and_the_words_are_kept(client, borough):
    page = client.get("/search/", {"q": "tea", "from": "31/12/2026"}).content.decode()
    assert "We couldn’t read that date" in page
    assert 'value="tea"' in page


@pytest.mark.parametrize("kind", ["posts", "stories", "teams", "gatherings", "places", "people"])
def test_one_kind_shows_only_that_kind(kind, borough, cast, post, client):
    post("stitch")
    post("stitch", kind="article", title="Stitch story", slug="stitch")
    TeamFactory(name="Stitch Together", area=borough.ward)
    gather(cast, borough.ward, "Stitch and natter")
    VenueFactory(name="Stitch Hall", area=borough.ward)
    PersonFactory(known_as="Stitch Barrow")
    answer = look("stitch", cast.amina, kind=kind)
    shown = {"posts": "posts", "stories": "posts", "places": "venues"}.get(kind, kind)
    assert {name: len(hits) for name, hits in answer.hits.items()} == {shown: 1}
    client.force_login(cast.amina.account)
    assert client.get("/search/", {"q": "stitch", "kind": kind}).status_code == 200


# --- Cheap -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 3, 25])
def test_more_results_cost_no_more_queries(rows, post, borough, cast, client):
    for number in range(rows):
        post("stitch")
        TeamFactory(name=f"Stitch {number}", area=borough.ward)
        gather(cast, borough.ward, f"Stitch {number}")
    lexicon.refresh()
    client.force_login(cast.amina.account)
    asked = []

    def listen(execute, sql, params, many, context):
        # Areas and words are kept in memory outside tests.
        if "places_area" not in sql[:400] and "web_searchword" not in sql:
            asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        client.get("/search/", {"q": "stich"})
    assert len(asked) <= 4


def test_refreshing_the_words_twice_changes_nothing(post, borough):
    post("Marmalade and toast")
    assert lexicon.refresh() == lexicon.refresh()
    known = lexicon.lexicon()
    assert known.count["marmalade"] == 1
    assert "marmalade" in known.open
    Post.objects.update(state="hidden")
    lexicon.refresh()
    assert "marmalade" not in lexicon.lexicon()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mend", "mending"),
        ("mend", "mended"),
        ("knit", "knitting"),
        ("class", "classes"),
        ("house", "houses"),
        ("pony", "ponies"),
        ("bake", "baking"),
        ("call", "calling"),
    ],
)
def test_relatives_share_a_stem(one, other):
    assert lexicon.stem(one) == lexicon.stem(other)


@given(st.text(max_size=40))
def test_folding_keeps_every_letter_in_its_place(text):
    assert len(lexicon.fold(text)) == len(text.lower() if text.isascii() else text)


def test_triggers_that_a_migration_took_are_put_back(post):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps its index itself")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER feed_post_fts_insert")
    lost = post("Zanzibar")
    hidden = post("Zanzibar", state="hidden")
    assert found("posts", "zanzibar") == []
    assert indexes.mend() == ["feed_post"]
    assert indexes.mend() == []
    assert found("posts", "zanzibar") == [lost.pk]
    Post.objects.filter(pk=hidden.pk).delete()
    again = post("Zanzibar")
    assert found("posts", "zanzibar") == [again.pk, lost.pk]
