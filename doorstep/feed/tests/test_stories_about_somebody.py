"""A story about somebody goes up with their yes, and comes down with their no."""

import pytest
from django.urls import reverse

from doorstep.base import keys
from doorstep.base.time import now
from doorstep.feed import storytelling
from doorstep.feed.models import Post, Story
from doorstep.notices.models import Notice
from doorstep.people.consents import actions as consents
from doorstep.people.models import Ask, Consent, How, Reliance, RoleHolding
from doorstep.teams.models import Membership, Team

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(cast, borough):
    RoleHolding.objects.create(person=cast.carys, role="editor", area=borough.borough)
    return cast.carys


def tell(cast, **more):
    return storytelling.tell(
        by=cast.dev,
        at=now(),
        title="Amina’s tomatoes",
        text="Amina gave her tomatoes to the whole stairwell.",
        told_by="Dev",
        client_key=keys.new_key(20),
        **more,
    )


def say(cast, answer):
    return consents.answer_ask(Ask.objects.get(), yes=answer, by=cast.amina, at=now())


def test_it_waits_for_a_yes_and_a_no_keeps_it_off(cast, editor):
    story = tell(cast, about=cast.amina)
    with pytest.raises(consents.NotAgreed):
        storytelling.publish(story, by=editor, at=now())
    say(cast, False)
    with pytest.raises(consents.NotAgreed):
        storytelling.publish(story, by=editor, at=now())
    story.refresh_from_db()
    assert (story.state, Post.objects.count()) == (Story.State.SENT, 0)


def test_withdrawing_takes_it_down_at_once_and_tells_the_editor(cast, editor, client):
    story = tell(cast, about=cast.amina)
    assert "tomatoes" in Ask.objects.get().note
    say(cast, True)
    post = storytelling.publish(story, by=editor, at=now())
    assert client.get(post.get_absolute_url()).status_code == 200
    client.force_login(cast.amina.account)
    client.post(reverse("people:stop_agreeing", args=[Consent.objects.get().pk]))
    client.logout()
    assert client.get(post.get_absolute_url()).status_code == 404
    assert not Post.objects.filter(state=Post.State.LIVE).exists()
    story.refresh_from_db()
    assert (story.state, story.article) == (Story.State.EDITING, None)
    assert Reliance.objects.to_stop(editor).count() == 1
    assert Notice.objects.filter(person=editor, kind="consent-ended").exists()
    with pytest.raises(consents.NotAgreed):
        storytelling.publish(story, by=editor, at=now())


def test_a_yes_to_one_story_is_no_yes_to_another(cast, editor):
    first = tell(cast, about=cast.amina)
    say(cast, True)
    second = tell(cast, about=cast.amina)
    with pytest.raises(consents.NotAgreed):
        storytelling.publish(second, by=editor, at=now())
    storytelling.publish(first, by=editor, at=now())
    consents.withdraw(Consent.objects.get(), by=cast.amina, at=now(), how=How.WEB)
    second.refresh_from_db()
    assert second.state == Story.State.SENT


def test_ones_own_story_needs_no_yes(cast, editor):
    storytelling.publish(tell(cast), by=editor, at=now())
    assert Consent.objects.count() == Ask.objects.count() == 0


def test_somebody_who_is_not_on_here_is_asked_by_the_teller(cast, editor, client, borough):
    team = Team.objects.create(name="Tomatoes", slug="tomatoes", area=borough.ward)
    for person in (cast.dev, cast.amina):
        Membership.objects.create(team=team, person=person)
    client.force_login(cast.dev.account)
    sent = {
        "title": "Mr Bell’s apples",
        "text": "Old Mr Bell showed us how to graft an apple tree.",
        "told_by": "Dev",
        "client_key": keys.new_key(20),
        "whose": "other",
    }
    url = reverse("feed:tell")
    page = client.get(url).content.decode()
    assert f'value="{cast.amina.handle}"' in page
    assert f'value="{cast.ewan.handle}"' not in page
    for missing in ({}, {"about_name": "Mr Bell"}, {"about": cast.ewan.handle}):
        assert client.post(url, sent | missing).status_code == 422
    said = {"about_name": "Mr Bell", "about_words": "Yes, print it, lad."}
    assert client.post(url, sent | said).status_code == 302
    story = Story.objects.get()
    client.force_login(editor.account)
    queue = reverse("feed:queue_story", args=[story.pk])
    assert "Yes, print it, lad." in client.get(queue).content.decode()
    storytelling.publish(story, by=editor, at=now())


def test_the_editor_has_no_button_to_publish_without_a_yes(cast, editor, client):
    story = tell(cast, about=cast.amina)
    client.force_login(editor.account)
    queue = reverse("feed:queue_story", args=[story.pk])
    page = client.get(queue).content.decode()
    assert "It waits for a yes" in page
    assert 'value="publish"' not in page
    sent = {"title": "T", "text": "Words", "told_by": "Dev", "do": "publish"}
    refused = client.post(queue, sent, follow=True).content.decode()
    assert "Nothing went out" in refused
    assert Post.objects.count() == 0
    say(cast, True)
    assert client.post(queue, sent).status_code == 302
    assert Post.objects.filter(state=Post.State.LIVE).exists()
