"""Forgetting somebody: nothing of theirs is left but what is declared kept."""

from __future__ import annotations

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from doorstep.base.declaring import Erase, holdings_of
from doorstep.base.time import now
from doorstep.feed import actions as feed
from doorstep.feed import moderation
from doorstep.feed.models import Comment, Photo, Post, Story
from doorstep.feed.tests.factories import area_channel
from doorstep.gatherings.actions import places, welcomes
from doorstep.gatherings.models import Place, RoomMessage
from doorstep.gatherings.tests.factories import one_session, plan
from doorstep.notices import actions as notices
from doorstep.notices.models import Notice
from doorstep.people.models import Account, Erasure, Export, Person, Session
from doorstep.people.rights import actions, erasing
from doorstep.people.tests.factories import PersonFactory
from doorstep.teams.tests.factories import TeamFactory, add_member

pytestmark = pytest.mark.django_db
# Words found nowhere else; "zz" so that no fixture says them by chance.
PLANTED = [f"zzplant{number}" for number in range(40)]


@pytest.fixture
def leaver(borough):
    """Somebody whose every text field holds a planted word, with neighbours around them."""
    word = iter(PLANTED)
    next_word = lambda: next(word)  # noqa: E731
    me = PersonFactory(
        known_as=next_word().title(),
        full_name=next_word(),
        phone="+447946000777",
        email=f"{next_word()}@example.net",
        postcode="RM8 2AB",
        home=borough.ward,
        about=next_word(),
        can_share=next_word(),
        would_like=next_word(),
        access_needs=next_word(),
    )
    other = PersonFactory(known_as="Bryn", home=borough.ward)
    third = PersonFactory(known_as="Carys", home=borough.ward)
    account = me.account
    account.email, account.phone = f"{next_word()}@example.org", "+447946000778"
    account.save()
    EmailAddress.objects.create(user=account, email=account.email, verified=True, primary=True)
    at = now()
    team = TeamFactory(area=borough.ward)
    for person in (me, other):
        add_member(team, person)
    channel = area_channel(borough.ward)
    words = [next_word() for _number in range(8)]
    mine = feed.put_up(channel, by=me, at=at, text=words[0], client_key="m1")
    feed.change(mine, by=me, at=at, text=words[1])
    feed.reply(mine, by=other, at=at, text="Lovely", client_key="m2")
    alone = feed.put_up(channel, by=me, at=at, text=words[2], client_key="m3")
    gone = feed.put_up(channel, by=me, at=at, text=words[3], client_key="m4")
    feed.take_down(gone, by=me, at=at)
    theirs = feed.put_up(
        channel, by=other, at=at, text=f"Thanks to @{me.known_as}", client_key="m5"
    )
    feed.reply(theirs, by=me, at=at, text=words[4], client_key="m6")
    feed.reply(theirs, by=third, at=at, text=f"@{me.known_as} is kind", client_key="m7")
    feed.thank(theirs, by=me, at=at)
    feed.keep_draft(me, "story", {"text": words[5]}, at=at)
    Story.objects.create(
        teller=me, area=borough.ward, text=words[6], told_by=me.known_as, client_key="st"
    )
    moderation.flag("post", alone, by=other, rule="scam", note="Is it?", at=at)
    name = default_storage.save("feed/theirs.webp", ContentFile(b"zzpicture"))
    Photo.objects.create(
        owner=me, name=name, small_name=name, width=1, height=1, description=words[7]
    )
    session = one_session(other)
    place = places.take_place(session, by=me, at=at)
    welcomes.ask_to_be_expected(place, by=me, at=at, wishes=next_word(), phone="+447946000779")
    RoomMessage.objects.create(session=session, person=me, text=next_word())
    plan(me, title="Soup for all", description=next_word(), dial_in="+442079460000")
    notices.send("reply", other, key="n", title=f"{me.known_as} answered", about=me, at=at)
    row = Session(session_key="abc", account=account, session_data="", user_agent=next_word())
    row.expire_date = at + dt.timedelta(days=3)
    row.save(force_insert=True)
    actions.ask(
        me, "correction", by=me, at=at, client_key="corr-1", what=next_word(), words=next_word()
    )
    export = actions.ask_export(me, by=me, at=at)
    actions.make(export.pk, at=at)
    return me


def traces(words: list[str]) -> dict[str, set[str]]:
    """Return model -> what is still in its rows, opened as the program would open them."""
    found: dict[str, set[str]] = {}
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.all():
            for field in model._meta.concrete_fields:
                text = str(getattr(row, field.attname)).lower()
                for word in words:
                    if word.lower() in text:
                        found.setdefault(model._meta.label, set()).add(field.name)
    return found


def contacts(person: Person) -> list[str]:
    return ["zzplant", "7946000777", "7946000778", "7946000779", person.handle, "RM8 2AB"]


def is_kept(label: str) -> bool:
    return all(one.erase == Erase.KEEP for one in holdings_of(apps.get_model(label)))


def test_nothing_is_left_but_what_is_declared_kept(leaver, django_capture_on_commit_callbacks):
    before = traces(contacts(leaver))
    assert len(before) >= 15
    words = contacts(leaver)
    with django_capture_on_commit_callbacks(execute=True):
        erasure = actions.ask_erasure(leaver, by=leaver, at=now(), takes_posts=True, at_once=True)
        assert actions.run_erasure(erasure, at=now())
    left = traces(words)
    assert {label: names for label, names in left.items() if not is_kept(label)} == {}
    assert set(left) == {"feed.Flag"}  # what was reported is kept by law, for three years


def test_nothing_is_left_in_the_raw_database_and_on_disk(
    leaver, tmp_path, django_capture_on_commit_callbacks
):
    from doorstep.feed.models import Flag

    Flag.objects.all().delete()  # the one thing that is declared kept
    with django_capture_on_commit_callbacks(execute=True):
        erasure = actions.ask_erasure(leaver, by=leaver, at=now(), takes_posts=True, at_once=True)
        actions.run_erasure(erasure, at=now())
    erasing.settle()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if b"zzpicture" in path.read_bytes()]
    assert not [path for path in files if path.suffix == ".sealed"]
    if connection.vendor == "sqlite":
        raw = connection.connection.serialize().lower()
        assert [word for word in PLANTED if word.encode() in raw] == []


def test_what_they_wrote_stays_without_a_name_where_they_want_that(leaver, client):
    other = Person.objects.get(known_as="Bryn")
    live = set(Post.objects.live().filter(author=leaver).values_list("pk", flat=True))
    erasure = actions.ask_erasure(leaver, by=leaver, at=now(), takes_posts=False, at_once=True)
    actions.run_erasure(erasure, at=now())
    assert set(Post.objects.live().filter(author=leaver).values_list("pk", flat=True)) == live
    assert Comment.objects.filter(author=leaver).count() == 1
    assert not Post.objects.filter(author=leaver).exclude(state="live").exclude(text="").exists()
    client.force_login(other.account)
    page = client.get(Post.objects.live().filter(author=leaver).first().get_absolute_url())
    assert "A neighbour who left" in page.content.decode()


def test_what_neighbours_wrote_and_counted_stays(leaver):
    other = Person.objects.get(known_as="Bryn")
    theirs = Post.objects.get(author=other)
    places_before = Place.objects.count()
    erasure = actions.ask_erasure(leaver, by=leaver, at=now(), takes_posts=True, at_once=True)
    actions.run_erasure(erasure, at=now())
    theirs.refresh_from_db()
    assert (theirs.text, theirs.comment_count, theirs.thanks_count) == (
        "Thanks to @a neighbour who left",
        1,
        0,
    )
    assert Comment.objects.get(author=other).text == "Lovely"
    assert Place.objects.count() == places_before - 1  # it was to come: free for somebody else
    assert not Notice.objects.filter(person=other, about=leaver).exists()
    other.refresh_from_db()
    assert other.unseen_notices == Notice.objects.filter(person=other, seen_at=None).count()


def test_the_certificate_counts_and_says_no_word(leaver, client):
    client.force_login(leaver.account)
    preview = client.get("/people/me/leave/").content.decode()
    assert "What you posted" in preview
    assert "What was reported about you" in preview
    answer = client.post(
        "/people/me/leave/", {"posts": "take", "when": "now", "sure": "on"}, follow=True
    )
    erasure = Erasure.objects.get()
    text = answer.content.decode()
    assert (answer.status_code, erasure.number in text) == (200, True)
    assert "Everything is taken away" not in text  # not before its day: see the hold below
    Erasure.objects.update(asked_at=now() - dt.timedelta(days=30, minutes=1))
    text = client.get(f"/people/records/rights/left/{erasure.number}/").content.decode()
    assert "Everything is taken away" in text
    assert "zzplant" not in text.lower()
    assert not Account.objects.filter(person=leaver).exists()
    assert Export.objects.get(person=leaver).state == "gone"
    # Whoever has the number may show it; nobody else finds it.
    assert client.get(f"/people/records/rights/left/{erasure.number}x/").status_code == 404


def test_thirty_days_can_be_thought_over(leaver, client):
    at = now()
    erasure = actions.ask_erasure(leaver, by=leaver, at=at, takes_posts=True, at_once=False)
    leaver.refresh_from_db()
    assert leaver.state == Person.State.AWAY
    assert actions.run_due_erasures(at=at + dt.timedelta(days=29)) == 0
    assert actions.undo_erasure(erasure, at=at)
    leaver.refresh_from_db()
    assert (leaver.state, leaver.known_as.lower()[:7]) == ("active", "zzplant")
    assert actions.run_due_erasures(at=at + dt.timedelta(days=31)) == 0


def test_an_erasure_twice_is_an_erasure_once(leaver):
    erasure = actions.ask_erasure(leaver, by=leaver, at=now(), takes_posts=True, at_once=True)
    assert actions.run_due_erasures(at=now()) == 1
    counts = Erasure.objects.get().counts
    assert not actions.run_erasure(erasure, at=now())
    assert actions.run_due_erasures(at=now()) == 0
    assert Erasure.objects.get().counts == counts


def test_whose_data_must_stay_sees_the_same_as_everybody(cast, borough, client):
    """An alert about somebody, whatever they do to find out: leave at once, come in again."""
    from doorstep.safeguarding.tests.factories import alert

    pages, numbers = [], []
    alert(about=cast.amina)
    for person in (cast.amina, cast.ewan):
        email = person.account.email
        client.force_login(person.account)
        preview = client.get("/people/me/leave/").content.decode()
        assert "Records that keep people safe" in preview  # told to everybody
        answer = client.post(
            "/people/me/leave/", {"posts": "take", "when": "now", "sure": "on"}, follow=True
        )
        erasure = Erasure.objects.get(person=person)
        numbers.append(erasure.number)
        text = answer.content.decode().replace(erasure.number, "").replace(email, "")
        pages.append((answer.redirect_chain[-1][0].replace(erasure.number, ""), text))
        assert not Account.objects.filter(person=person).exists()  # nobody gets in again
    assert pages[0] == pages[1]
    assert [Erasure.objects.get(number=one).done_at is None for one in numbers] == [True, False]
    cast.amina.refresh_from_db()
    assert cast.amina.known_as == "Amina"  # what must stay is there
    assert cast.amina.email


def test_a_hold_waits_and_says_nothing(leaver, borough):
    from doorstep.people.models import RoleHolding

    lead = PersonFactory(known_as="Dev", home=borough.ward)
    RoleHolding.objects.create(person=lead, role="safeguarding", area=borough.borough)
    held = actions.hold(leaver, why="A court", review_on=dt.date(2027, 1, 1), by=lead, at=now())
    actions.ask_erasure(leaver, by=leaver, at=now(), takes_posts=True, at_once=True)
    assert actions.run_due_erasures(at=now()) == 0
    assert Person.objects.get(pk=leaver.pk).known_as.lower().startswith("zzplant")
    actions.release(held, by=lead, at=now())
    assert actions.run_due_erasures(at=now()) == 1
