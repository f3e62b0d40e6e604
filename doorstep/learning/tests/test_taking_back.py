"""Taking a story back: its words are nowhere that is ours, and what has left is listed."""

import io
import re
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from doorstep.base.private_files import private_files
from doorstep.base.time import now, today
from doorstep.feed import actions as feed
from doorstep.feed.models import Edit
from doorstep.learning import agreeing, redacting
from doorstep.learning import booklet as drawing
from doorstep.learning.actions import booklets, carrying, chain, meetings, recordings, stories
from doorstep.learning.models import (
    Booklet,
    Departure,
    Meeting,
    Quote,
    Recording,
    Telling,
    Thing,
)
from doorstep.learning.redacting import INSTEAD, RUN, Traces
from doorstep.learning.tests import making
from doorstep.learning.tests.making import GATE, afresh
from doorstep.notices.models import Notice
from doorstep.people.consents import actions as consents
from doorstep.people.models import Ask, Consent, How, Reading

pytestmark = pytest.mark.django_db
TITLE = "The winter of the locked gate"
BEFORE = ["we", "think", "that", "perhaps", "it", "was", "so"]
AFTER = ["and", "then", "somebody", "laughed", "quite", "loudly"]


# --- Words ------------------------------------------------------------------------------------


def test_a_run_of_a_storys_words_is_taken_out_and_what_stands_round_it_stays():
    text = "We heard: the gate behind the laundry was locked for three winters. Let us ask why."
    assert Traces.of([GATE]).take_out(text) == (f"We heard: {INSTEAD}. Let us ask why.", 1)


def test_the_same_words_in_other_letters_or_over_lines_are_the_same():
    text = "THE GATE\nbehind the   Laundry, was locked"
    assert Traces.of([GATE]).take_out(text) == (INSTEAD, 1)


def test_a_few_words_in_common_are_no_copy():
    text = "A gate was locked. Nobody rang. We walked the long way."
    assert Traces.of([GATE]).take_out(text) == (text, 0)


def test_a_title_of_three_words_is_known_again_and_one_of_two_is_not():
    traces = Traces.of([], "My locked gate")
    assert traces.take_out("Remember “my locked gate”?") == (f"Remember “{INSTEAD}”?", 1)
    assert Traces.of([], "The gate").take_out("The gate is green.")[1] == 0


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    before=st.lists(st.sampled_from(BEFORE), max_size=6),
    start=st.integers(min_value=0, max_value=25),
    length=st.integers(min_value=RUN, max_value=20),
    after=st.lists(st.sampled_from(AFTER), max_size=6),
)
def test_however_it_is_copied_no_run_of_it_stays(before, start, length, after):
    words = GATE.split()
    copied = words[start : start + length]
    text = " ".join([*before, *copied, *after])
    mended, passages = Traces.of([GATE]).take_out(text)
    if len(copied) >= RUN:
        assert passages >= 1
        assert not runs_of(GATE) & runs_of(mended)


def runs_of(text, size=RUN):
    words = [word.casefold() for word in re.findall(r"\w+(?:['’]\w+)*", text)]
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}


# --- Everything that is ours ------------------------------------------------------------------


def photo():
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "JPEG")
    return SimpleUploadedFile("gate.jpg", out.getvalue(), "image/jpeg")


@pytest.fixture
def told(cast, borough, settings):
    """Carys's story, wherever people copied it: three communities, minutes, booklet, quote."""
    amina, bryn, dev = making.facilitator(cast.amina, borough.borough), cast.bryn, cast.dev
    home = making.community(amina, bryn)
    other = making.community(amina, dev, name="Connecting the dots")
    question = making.thing(home, amina)
    story = making.draft(
        home, bryn, title=TITLE, whose=Telling.Whose.THEIRS, teller=cast.carys, after=question
    )
    stories.send(story, reader=amina, kept_marks=(), by=bryn, at=now())
    asked = Ask.objects.get(person=cast.carys)
    consents.answer_ask(asked, yes=True, by=cast.carys, at=now())
    stories.pass_on(story, by=amina, at=now())
    insight = making.thing(home, bryn, "insight", "Locked means nobody rang", after=story)
    row = carrying.carry(
        insight, to=other, why="See what you make of it.", by=bryn, at=now(), client_key="k" * 9
    )
    met = making.meeting(home, amina)
    return SimpleNamespace(
        amina=amina, bryn=bryn, dev=dev, carys=cast.carys, ewan=cast.ewan, home=home, other=other,
        story=story, insight=insight, carry=row, meeting=met,
    )  # fmt: skip


PLACES = (
    "quote", "insight", "minutes", "agenda", "action", "done", "why", "answer", "came", "opening",
    "recording", "photo", "experiment", "elsewhere", "title", "reply",
)  # fmt: skip


def copy_into(told, place, words):
    """Somebody writes the story's words down once more."""
    at = now()
    match place:
        case "quote":
            chain.quote(told.insight, told.story, words=words, by=told.bryn, at=at)
        case "insight":
            chain.change(
                told.insight, title="Locked", words=f"She said {words}.", said_by="", at=at
            )
        case "minutes":
            meetings.write_minutes(
                told.meeting, minutes=f"Read out: {words}", minutes_from="", by=told.bryn, at=at
            )
        case "agenda":
            Meeting.objects.filter(pk=told.meeting.pk).first().save()
            told.meeting.agenda = f"Tea\n{words}"
            told.meeting.save(update_fields=["agenda"])
        case "action" | "done":
            action = meetings.add_action(
                told.meeting, what=words if place == "action" else "Ring", owner=told.bryn,
                due_on=at.date(), by=told.amina, at=at, client_key=making.key(),
            )  # fmt: skip
            meetings.finish(action, words=words if place == "done" else "", at=at)
        case "why":
            told.carry.why = f"Because {words}"
            told.carry.save(update_fields=["why"])
        case "answer":
            carrying.answer(told.carry, words=words, answer_from="", by=told.dev, at=at)
        case "came":
            carrying.say_what_came(told.carry, words=words, by=told.bryn, at=at)
        case "opening":
            begin_booklet(told, opening=words)
        case "recording":
            recordings.add(
                to=told.story, kind="film", title="", transcript=words, has_captions=True,
                upload=None, url="https://example.org/film", by=told.bryn, at=at,
            )  # fmt: skip
        case "photo":
            recordings.add(
                to=told.story, kind="photo", title="", transcript=words, has_captions=False,
                upload=photo(), url="", by=told.bryn, at=at,
            )  # fmt: skip
        case "experiment":
            making.thing(told.home, told.bryn, "experiment", "A key", happened=words)
        case "elsewhere":
            making.thing(told.other, told.dev, "insight", "Heard", words)
        case "title":
            making.thing(told.other, told.dev, "question", words[:190])
        case "reply":
            one = making.draft(told.home, told.bryn, title="Another", words="Something else.")
            stories.send(one, reader=told.amina, kept_marks=(), by=told.bryn, at=at)
            stories.ask_to_change(one, reply=words, by=told.amina, at=at)


def begin_booklet(told, opening=""):
    day = today()
    made = booklets.begin(
        told.home, title="Spring", opening=opening, starts_on=day, ends_on=day, by=told.amina,
        at=now(), client_key=making.key(),
    )  # fmt: skip
    Booklet.objects.filter(pk=made.pk).update(file="", state=Booklet.State.WAITING)
    return made


def every_word():
    """Everything written anywhere in learning, in notices and in what people were asked."""
    found = []
    for model in [*{row[0] for row in redacting.WRITTEN}, Quote, Notice, Ask, Telling]:
        texts = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField | models.JSONField)
        ]
        for row in model._base_manager.all():
            found += [str(getattr(row, name)) for name in texts]
    return "\n".join(found)


def pages_of(told, client, person):
    client.force_login(person.account)
    refs = Thing.objects.visible_to(afresh(person)).values_list("ref", flat=True)
    addresses = [
        reverse("learning:home"), reverse("learning:map"), reverse("learning:map") + "?as=table",
        told.home.get_absolute_url(), told.other.get_absolute_url(),
        told.meeting.get_absolute_url(), reverse("learning:meeting_paper", args=[told.meeting.pk]),
        told.carry.get_absolute_url(), *(reverse("learning:thing", args=[ref]) for ref in refs),
        *(one.get_absolute_url() for one in Booklet.objects.all()),
    ]  # fmt: skip
    return "\n".join(client.get(address).content.decode() for address in addresses)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=5, unique=True),
    start=st.integers(min_value=0, max_value=15),
    how=st.sampled_from(["herself", "by phone", "the clock"]),
)
def test_wherever_it_was_copied_no_run_of_the_story_is_left(told, places, start, how):
    words = " ".join(GATE.split()[start : start + 12])
    with transaction.atomic():
        for place in places:
            copy_into(told, place, words)
        assert runs_of(GATE) & runs_of(every_word())
        story = Thing.objects.get(pk=told.story.pk)
        match how:
            case "herself":
                stories.withdraw(story, by=told.carys, at=now())
            case "by phone":
                stories.withdraw(story, by=told.amina, at=now(), words="She rang.")
            case "the clock":
                Consent.objects.filter(person=told.carys).update(ends_at=now())
                assert stories.let_run_out(now()) == 1
        left = every_word()
        assert runs_of(GATE) & runs_of(left) == set()
        assert TITLE not in left
        assert not Recording.objects.filter(thing=told.story).exists()
        transaction.set_rollback(True)


def test_journey_seven_somebody_changes_her_mind(
    told, client, django_capture_on_commit_callbacks, settings
):
    """Long journey 7, learning's part: redacted wherever it is ours, listed where it has left."""
    words = " ".join(GATE.split()[:14])
    with django_capture_on_commit_callbacks(execute=True):
        for place in ("quote", "minutes", "photo"):
            copy_into(told, place, words)
        made = begin_booklet(told)
        booklets.fill(made)
        assert booklets.make(made.pk, at=now())
    made.refresh_from_db()
    old = made.file
    photos = list(Recording.objects.values_list("file", flat=True))
    assert private_files.exists(old)
    assert "locked for three winters" in drawing.paper(made, at=now())
    client.force_login(told.bryn.account)
    assert client.get(reverse("learning:booklet_pdf", args=[made.ref])).status_code == 200
    client.post(
        made.get_absolute_url(), {"verb": "copies", "words": "Forty, at the library counter"}
    )
    assert Departure.objects.filter(story=told.story).count() == 2
    assert "locked for three winters" in pages_of(told, client, told.bryn)

    # She presses stop on her own page of what she agreed to.
    client.force_login(told.carys.account)
    consent = Consent.objects.get(person=told.carys)
    assert "agree" in client.get(reverse("people:agreements")).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("people:stop_agreeing", args=[consent.pk]))

    consent.refresh_from_db()
    assert consent.withdrawn_how == How.WEB
    story = Thing.objects.get(pk=told.story.pk)
    assert (story.state, story.title, story.words) == ("withdrawn", "", "")
    for person in (told.amina, told.bryn):
        assert runs_of(GATE) & runs_of(pages_of(told, client, person)) == set()
    # The PDF with her story is off the disk; another one without it was made by the worker.
    assert not private_files.exists(old)
    assert not any(private_files.exists(name) for name in photos)
    made.refresh_from_db()
    assert made.state == Booklet.State.READY
    assert made.file != old
    assert "winters" not in drawing.paper(made, at=now())
    # What has left is listed for those who can ask for it, and they are told.
    page = client.get(story.get_absolute_url()).content.decode()
    assert "Forty, at the library counter" in page
    heard = Notice.objects.filter(person=told.bryn, kind="learning")
    assert "A story was taken back" in [one.title for one in heard]
    paper = Departure.objects.get(story=story, way="paper")
    client.force_login(told.bryn.account)
    client.post(
        reverse("learning:thing_work", args=[story.ref, "ask-back"]),
        {"copy": paper.pk, "words": "Thirty-one came back"},
    )
    paper.refresh_from_db()
    assert paper.asked_back_words == "Thirty-one came back"
    # The chain can still be walked through where it was.
    assert "A story that was taken back" in pages_of(told, client, told.bryn)


def test_nobody_takes_back_what_is_not_theirs(told, client):
    for person, status in ((told.dev, 404), (told.ewan, 404)):
        client.force_login(person.account)
        address = reverse("learning:thing_work", args=[told.story.ref, "withdraw"])
        assert client.post(address).status_code == status
    assert Thing.objects.get(pk=told.story.pk).state == "live"


def test_whoever_told_it_sees_it_and_takes_it_back_without_being_in_the_community(told, client):
    client.force_login(told.carys.account)
    assert "Take my story back" in client.get(told.story.get_absolute_url()).content.decode()
    client.post(reverse("learning:thing_work", args=[told.story.ref, "withdraw"]), {})
    assert Thing.objects.get(pk=told.story.pk).state == "withdrawn"
    assert Consent.objects.get(person=told.carys).withdrawn_at is not None


def test_a_no_to_the_question_keeps_the_story_from_everybody(cast, borough):
    amina = making.facilitator(cast.amina, borough.borough)
    home = making.community(amina, cast.bryn)
    one = making.draft(home, cast.bryn, whose=Telling.Whose.THEIRS, teller=cast.carys)
    stories.send(one, reader=amina, kept_marks=(), by=cast.bryn, at=now())
    consents.answer_ask(Ask.objects.get(person=cast.carys), yes=False, by=cast.carys, at=now())
    with pytest.raises(stories.CannotTell, match="hasn't said yes"):
        stories.pass_on(one, by=amina, at=now())
    assert Thing.objects.get(pk=one.pk).state == "sent"


def test_whoever_told_it_hears_when_it_is_put_in_other_words(told):
    story = Thing.objects.get(pk=told.story.pk)
    stories.change(story, title="A gate", words="It was locked.", at=now())
    assert not Thing.objects.visible_to(told.amina).filter(pk=story.pk).exists()
    stories.send(story, reader=told.amina, kept_marks=(), by=told.bryn, at=now())
    heard = [one.title for one in Notice.objects.filter(person=told.carys)]
    assert "A story you told was put in other words" in heard
    stories.pass_on(story, by=told.amina, at=now())
    assert Thing.objects.visible_to(told.amina).filter(pk=story.pk).exists()


def test_a_record_that_is_argued_over_hides_its_story_and_keeps_it(told):
    told.carys.restricted_at = now()
    told.carys.save()
    assert stories.let_run_out(now()) == 0
    assert not Thing.objects.visible_to(told.bryn).filter(pk=told.story.pk).exists()
    told.carys.restricted_at = None
    told.carys.save()
    assert Thing.objects.visible_to(told.bryn).filter(pk=told.story.pk).exists()


def test_quotes_cross_to_another_community_only_where_that_was_allowed(told, client):
    words = " ".join(GATE.split()[:8])
    copy_into(told, "quote", words)
    client.force_login(told.dev.account)
    address = told.insight.get_absolute_url()
    assert words in client.get(address).content.decode()
    Consent.objects.filter(person=told.carys).update(parts=[agreeing.LEARNED])
    assert words not in client.get(address).content.decode()
    client.force_login(told.bryn.account)
    assert words in client.get(address).content.decode()


def test_whoever_opens_it_before_it_is_passed_on_is_written_down_for_her(cast, borough, client):
    amina = making.facilitator(cast.amina, borough.borough)
    home = making.community(amina, cast.bryn)
    one = making.draft(home, cast.bryn, whose=Telling.Whose.THEIRS, teller=cast.carys)
    stories.send(one, reader=amina, kept_marks=(), by=cast.bryn, at=now())
    client.force_login(amina.account)
    client.get(one.get_absolute_url())
    assert list(
        Reading.objects.filter(subject=cast.carys).values_list("reader", "what", "thing")
    ) == [(amina.pk, "learning-story", one.ref)]


def test_being_erased_takes_ones_stories_back(told):
    from doorstep.learning import erasing

    erasing.told(told.carys, None)
    assert Thing.objects.get(pk=told.story.pk).state == "withdrawn"
    assert runs_of(GATE) & runs_of(every_word()) == set()


# --- Pasted into the feed or a blog -----------------------------------------------------------


def post(author, area, text, title="", **more):
    return feed.put_up(
        feed.channel_of(area), by=author, at=now(), text=text, title=title,
        client_key=making.key(), **more,
    )  # fmt: skip


def test_what_was_pasted_into_the_feed_is_taken_out_and_listed(told, borough, client):
    words = " ".join(GATE.split()[:12])
    pasted = post(told.bryn, borough.ward, f"Listen to this: {words}. Isn't that something?")
    changed = post(told.bryn, borough.ward, f"“{words}”")
    feed.change(changed, by=told.bryn, at=now(), text="I said too much.")
    reply = feed.reply(pasted, by=told.amina, at=now(), text=f"And {words}!", client_key="r" * 9)
    chance = post(told.dev, borough.ward, " ".join(GATE.split()[:6]) + ", they say.")
    own = post(told.carys, borough.ward, f"It happened to me: {words}.")
    stories.withdraw(Thing.objects.get(pk=told.story.pk), by=told.carys, at=now())

    for row in (pasted, changed, reply, chance, own):
        row.refresh_from_db()
    assert pasted.text == f"Listen to this: {INSTEAD}. Isn't that something?"
    assert reply.text == f"And {INSTEAD}!"
    # What a post said before it was changed is kept for moderators; the story isn't in it.
    assert not any(words in one.text for one in Edit.objects.all())
    # Six words in common prove nothing, and what its own teller posts is theirs.
    assert "they say" in chance.text
    assert INSTEAD not in chance.text
    assert words in own.text
    left = Departure.objects.filter(story=told.story, way="paste")
    assert {one.path for one in left} == {pasted.get_absolute_url()}
    assert left.count() == 2
    client.force_login(told.amina.account)
    page = client.get(told.story.get_absolute_url()).content.decode()
    assert f'<a href="{pasted.get_absolute_url()}">a post</a>' in page
    assert "Posts, replies and articles with its words taken out: 2" in page
    heard = [one.title for one in Notice.objects.filter(person=told.bryn)]
    assert "A few words were taken out of something you wrote" in heard
    # Nobody finds it by searching for it either.
    found = client.get("/search/", {"q": " ".join(GATE.split()[:4])}).content.decode()
    assert "Listen to this" not in found or words not in found
