"""A season's booklet: only with a yes, made by the worker, and honest where no PDF can be made."""

import datetime as dt
import itertools
import random
import sys

import pytest
from django.urls import reverse

from doorstep.base.private_files import private_files
from doorstep.base.tests.pace import stays_under
from doorstep.base.time import now, today
from doorstep.learning import booklet as drawing
from doorstep.learning import mapping
from doorstep.learning.actions import booklets, chain, stories
from doorstep.learning.models import Booklet, Departure, Link, Thing
from doorstep.learning.tests import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(cast, borough):
    cast.amina = making.facilitator(cast.amina, borough.borough)
    return making.community(cast.amina, cast.bryn)


def begin(home, by, **more):
    more.setdefault("starts_on", today())
    more.setdefault("ends_on", today())
    return booklets.begin(
        home, title="Spring", opening="", by=by, at=now(), client_key=making.key(), **more
    )


def test_a_story_is_printed_only_where_that_was_allowed(cast, home):
    making.story(home, cast.bryn, cast.amina, title="May be printed")
    making.story(home, cast.bryn, cast.amina, title="Only told", allows=["carried"])
    making.thing(home, cast.amina)
    paper = drawing.paper(begin(home, cast.amina), at=now())
    assert "May be printed" in paper
    assert "Only told" not in paper
    assert "What keeps people coming back?" in paper
    assert "Mrs Alder" not in paper


def test_a_quote_is_printed_only_where_its_story_may_be(cast, home):
    one = making.story(home, cast.bryn, cast.amina, allows=[])
    insight = making.thing(home, cast.bryn, "insight", "Locked", after=one)
    chain.quote(insight, one, words="nobody rang us", by=cast.bryn, at=now())
    assert "nobody rang us" not in drawing.paper(begin(home, cast.amina), at=now())


def test_what_was_learned_in_another_season_is_not_in_it(cast, home):
    one = making.thing(home, cast.amina)
    Thing.objects.filter(pk=one.pk).update(live_at=now() - dt.timedelta(days=90))
    assert drawing.contents(begin(home, cast.amina), now()).is_empty


def test_without_pango_the_page_is_there_to_print(
    cast, home, client, monkeypatch, django_capture_on_commit_callbacks
):
    making.thing(home, cast.amina)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with django_capture_on_commit_callbacks(execute=True):
        made = begin(home, cast.amina)
    made.refresh_from_db()
    assert made.state == Booklet.State.FAILED
    client.force_login(cast.amina.account)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "Pango is missing" in page
    assert "Print this page" in page
    assert client.get(reverse("learning:booklet_pdf", args=[made.ref])).status_code == 404


def test_one_that_changed_while_it_was_made_is_thrown_away(cast, home, monkeypatch):
    one = making.story(home, cast.bryn, cast.amina)
    made = begin(home, cast.amina)

    def meanwhile(html, **how):
        stories.withdraw(Thing.objects.get(pk=one.pk), by=cast.bryn, at=now())
        return b"%PDF-with the story"

    monkeypatch.setattr("doorstep.learning.actions.booklets.printing.pdf", meanwhile)
    assert booklets.make(made.pk, at=now()) is False
    made.refresh_from_db()
    assert (made.file, made.state) == ("", Booklet.State.WAITING)
    assert list(private_files.root.glob("learning/*.sealed")) == []


def test_made_twice_at_once_is_made_once(cast, home, django_capture_on_commit_callbacks):
    making.thing(home, cast.amina)
    with django_capture_on_commit_callbacks(execute=True):
        made = begin(home, cast.amina)
    assert booklets.make(made.pk, at=now()) is False
    assert len(list(private_files.root.glob("learning/*.sealed"))) == 1


def test_saving_it_is_noted_once_a_day_for_each_story_in_it(
    cast, home, client, django_capture_on_commit_callbacks
):
    making.story(home, cast.bryn, cast.amina)
    making.thing(home, cast.amina)
    with django_capture_on_commit_callbacks(execute=True):
        made = begin(home, cast.amina)
    client.force_login(cast.bryn.account)
    for _again in range(2):
        client.get(reverse("learning:booklet_pdf", args=[made.ref]))
    assert Departure.objects.count() == 1


# --- The map ----------------------------------------------------------------------------------


def test_every_box_has_a_place_of_its_own_in_its_column(cast, home):
    dice = random.Random(7)
    things = [
        making.thing(home, cast.amina, kind, f"{kind} {number}")
        for number in range(8)
        for kind in ("question", "insight", "experiment", "change")
    ]
    for one in things:
        for other in dice.sample(things, 3):
            if other.kind in ("experiment", "change") and one.kind in ("question", "insight"):
                Link.objects.get_or_create(one=one, other=other)
    drawn = mapping.lay_out(mapping.gather(cast.bryn))
    assert set(drawn.places) == {one.pk for one in things}
    for kind in ("question", "change"):
        tops = sorted(drawn.places[one.pk][1] for one in things if one.kind == kind)
        assert all(b - a >= mapping.HIGH for a, b in itertools.pairwise(tops))
    assert max(y for _x, y in drawn.places.values()) + mapping.HIGH <= drawn.height
    # Cut into bands, each holding its things and the lines between them.
    assert sorted(pk for _top, _bottom, inside in drawn.bands for pk in inside) == sorted(
        drawn.things
    )
    for top, bottom, inside in drawn.bands:
        assert all(top <= drawn.places[pk][1] <= bottom - mapping.HIGH for pk in inside)
    band_of = {pk: n for n, band in enumerate(drawn.bands) for pk in band[2]}
    assert all(band_of[one] == band_of[other] for one, other in drawn.links)


def test_words_on_the_map_cannot_be_markup(cast, home):
    making.thing(home, cast.amina, title="<script>alert(1)</script> & “so”")
    drawn = mapping.svg(mapping.lay_out(mapping.gather(cast.bryn)))
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn


def test_round_one_thing_its_own_chain_is_drawn(cast, home):
    one = making.thing(home, cast.amina)
    two = making.thing(home, cast.amina, "insight", "Tea", after=one)
    three = making.thing(home, cast.amina, "change", "Kettle", after=two)
    making.thing(home, cast.amina, title="Something else")
    drawn = mapping.around(mapping.gather(cast.bryn), two.pk)
    assert set(drawn.things) == {one.pk, two.pk, three.pk}


def test_two_thousand_things_are_laid_out_in_a_moment(cast, home):
    kinds = list(Thing.Kind.values)
    Thing.objects.bulk_create(
        [
            Thing(
                community=home, kind=kinds[n % 5], title=f"Thing {n}", state="live", live_at=now()
            )
            for n in range(2_000)
        ]
    )
    pks = list(Thing.objects.order_by("pk").values_list("pk", flat=True))
    Link.objects.bulk_create([Link(one_id=a, other_id=b) for a, b in itertools.pairwise(pks)])

    def drawn():
        return mapping.svg(mapping.lay_out(mapping.gather(cast.bryn)))

    assert drawn().count("<rect") == 2_000
    assert stays_under(2, drawn)
