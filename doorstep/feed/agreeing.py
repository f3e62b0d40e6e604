"""Stories about somebody else: they go up with that person's yes, and down with their no."""

from __future__ import annotations

import datetime as dt

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from doorstep.base.text import shorten
from doorstep.feed.models import AboutSomebody, Post, Story
from doorstep.people.consents import actions as consents
from doorstep.people.consents.kinds import (
    Part,
    Purpose,
    Recipient,
    RecipientKind,
    parts,
    purposes,
    reactions,
    recipients,
)
from doorstep.people.consents.rules import may_share
from doorstep.people.models import Consent, Person
from doorstep.people.rules import blocked_ids
from doorstep.teams.models import Membership, Team

_MOST_OFFERED = 300


def register() -> None:
    """Hang up what may be agreed to, and what follows a change of mind."""
    parts.add("story", Part(_("the story"), _("The story"), lambda who: ""), order=95)
    recipients.add(
        "pages", RecipientKind(_("the borough’s pages"), name_label=_("Which story?")), order=50
    )
    purposes.add(
        "story",
        Purpose(
            label=_("A story about you, for everyone to read"),
            ask=_("May we print this story about you, for everyone to read: “%(recipient)s”?"),
            parts=("story",),
            recipients=("pages",),
            on_withdrawal=_("The story comes down this minute."),
            days=None,
            by_oneself=False,
            can_override=False,
        ),
        order=60,
    )
    reactions.add("feed", take_down)


def pages(story: Story) -> Recipient:
    """The recipient of one story: everybody, on the borough's pages."""
    return Recipient("pages", f"story-{story.pk}", shorten(story.title or story.text, 100))


def known_to(person: Person) -> list[Person]:
    """People of the teller's own teams, whom a story may be about; by name."""
    mine = Membership.objects.filter(person=person, state=Membership.State.MEMBER).exclude(
        team__state__in=[Team.State.CLOSED, Team.State.HANDED_OVER]
    )
    return list(
        Person.objects.active()
        .filter(
            memberships__team__in=mine.values("team"),
            memberships__state=Membership.State.MEMBER,
        )
        .exclude(pk__in=blocked_ids(person) | {person.pk})
        .distinct()
        .order_by("known_as", "pk")[:_MOST_OFFERED]
    )


def say_whose(
    story: Story, *, person: Person | None, name: str, words: str, by: Person, at: dt.datetime
) -> None:
    """Keep whom a story is about; somebody who is on here is asked themselves."""
    AboutSomebody.objects.get_or_create(
        story=story, defaults={"person": person, "name": name, "words": words}
    )
    if person is not None:
        consents.ask(
            person,
            purpose="story",
            recipient=pages(story),
            parts=["story"],
            by=by,
            at=at,
            note=story.text,
            client_key=f"story-{story.pk}",
        )


def is_agreed(story: Story, *, at: dt.datetime) -> bool:
    """Whether nobody else is in it, or they said yes: here, or to the teller."""
    about = AboutSomebody.objects.filter(story=story).select_related("person").first()
    if about is None:
        return True
    if about.person is None:
        return bool(about.words)
    return may_share(about.person, "story", pages(story), at, parts=["story"]) is not None


def rely_on_it(story: Story, *, by: Person, at: dt.datetime) -> None:
    """Note that the editor prints it with their yes. Raises NotAgreed without one."""
    about = AboutSomebody.objects.filter(story=story).select_related("person").first()
    if about is None:
        return
    if about.person is None:
        if not about.words:
            raise consents.NotAgreed
        return
    consents.rely(
        about.person,
        purpose="story",
        recipient=pages(story),
        parts=["story"],
        by=by,
        at=at,
        used_for=str(pages(story)),
        thing=f"story:{story.pk}",
    )


def take_down(consent: Consent, at: dt.datetime) -> None:
    """They changed their mind: the story is off the blog before the page has answered."""
    if consent.purpose != "story" or not consent.recipient_key.startswith("story-"):
        return
    pk = consent.recipient_key.removeprefix("story-")
    story = Story.objects.filter(pk=int(pk)).first() if pk.isdigit() else None
    if story is None:
        return
    Post.objects.filter(
        pk__in=[pk for pk in (story.article_id, story.area_article_id) if pk],
        state=Post.State.LIVE,
    ).update(state=Post.State.REMOVED, version=F("version") + 1)
    Story.objects.filter(pk=story.pk, state=Story.State.PUBLISHED).update(
        state=Story.State.EDITING, decided_at=None, article=None, area_article=None
    )
