"""Channel, Post, Comment, Thanks, Flag and what belongs to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doorstep.base import keys
from doorstep.base.registry import Registry
from doorstep.base.sealed_fields import SealedCharField, SealedJSONField, SealedTextField
from doorstep.people.models import Person
from doorstep.places.models import Area
from doorstep.teams.models import Team


@dataclass(frozen=True)
class LinkCard:
    """How a link to a page of ours looks under a post.

    `pattern` matches the path of the link ("/whats-on/tea-and-toast/"); `render(viewer, match)`
    returns HTML, or None where the viewer may not see the thing or nothing is there.
    """

    pattern: re.Pattern[str]
    render: Callable[[Person | None, re.Match[str]], str | None]


# Filled by the floors above (gatherings: a small ticket).
link_cards: Registry[LinkCard] = Registry("cards for links to our own pages")


class Readers(models.TextChoices):
    """Who may read a post."""

    EVERYONE = "everyone", _("Everyone, also without an account")
    MEMBERS = "members", _("Neighbours with an account")
    TEAM = "team", _("Only this team")


class Channel(models.Model):
    """Where a post is put up: an area, a team, or something a higher floor makes (a gathering).

    `readers` is the widest audience a post in it may have.
    """

    area = models.ForeignKey(Area, models.CASCADE, related_name="channels")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="channels")
    # "" for an area's or a team's own channel; else what it is about, such as "gathering:17".
    about = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=120)
    path = models.CharField(max_length=200)
    readers = models.CharField(max_length=10, choices=Readers, default=Readers.MEMBERS)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area"], condition=Q(team=None, about=""), name="an_area_has_one_channel"
            ),
            models.UniqueConstraint(
                fields=["team"], condition=Q(about=""), name="a_team_has_one_channel"
            ),
            models.UniqueConstraint(
                fields=["about"], condition=~Q(about=""), name="a_thing_has_one_channel"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PostQuerySet(models.QuerySet["Post"]):
    """Narrowings of posts."""

    def live(self) -> PostQuerySet:
        return self.filter(state=Post.State.LIVE)

    def visible_to(self, person: Person | None) -> PostQuerySet:
        """Posts `person` may read; tells `rules.can_see_post` again."""
        from doorstep.feed import rules

        return rules.posts_visible_to(self, person)


class Post(models.Model):
    """Something a neighbour puts up: note, question, offer, ask, notice, or blog article."""

    class Kind(models.TextChoices):
        NOTE = "note", _("Just saying")
        QUESTION = "question", _("Question")
        OFFER = "offer", _("Offering")
        ASK = "ask", _("Could you help?")
        NOTICE = "notice", _("Notice")
        ARTICLE = "article", _("Story")

    class State(models.TextChoices):
        LIVE = "live", _("up")
        REMOVED = "removed", _("taken down by its author")
        HIDDEN = "hidden", _("taken down by moderators")

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="posts")
    # No index of its own where one of the table's begins with it; so below.
    author = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="posts")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.NOTE)
    readers = models.CharField(max_length=10, choices=Readers, default=Readers.MEMBERS)
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    # Articles and notices have a title; others may.
    title = models.CharField(_("title"), max_length=140, blank=True)
    slug = models.SlugField(max_length=80, blank=True)
    # Plain words; Markdown for articles. Cleaned by base.text before it is stored.
    text = models.TextField(_("your words"))
    language = models.CharField(max_length=10, blank=True)
    posted_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    # Goes up with every change a reader could see; rendered cards are kept by it.
    version = models.PositiveIntegerField(default=1)
    comment_count = models.PositiveIntegerField(default=0)
    thanks_count = models.PositiveIntegerField(default=0)
    photo_count = models.PositiveSmallIntegerField(default=0)
    # An ask or offer that has been met stays, and says so.
    met_at = models.DateTimeField(null=True, blank=True)
    # Makes a form sent twice one post.
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    objects = PostQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["channel", "-id"], condition=Q(state="live"), name="post_feed"),
            models.Index(
                fields=["channel", "kind", "-id"],
                condition=Q(state="live", kind__in=["notice", "article"]),
                name="post_notices_articles",
            ),
            models.Index(fields=["author", "-id"], name="post_by_author"),
            models.Index(fields=["slug"], condition=Q(kind="article"), name="post_article_slug"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["notice", "article"]) | ~Q(title=""),
                name="notices_and_articles_have_a_title",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.text[:60]

    def get_absolute_url(self) -> str:
        if self.kind == self.Kind.ARTICLE:
            return reverse("feed:article", args=[self.pk, self.slug or "story"])
        return reverse("feed:post", args=[self.pk])


class Comment(models.Model):
    """A reply under a post."""

    class State(models.TextChoices):
        LIVE = "live", _("up")
        REMOVED = "removed", _("taken down by its author")
        HIDDEN = "hidden", _("taken down by moderators")

    post = models.ForeignKey(Post, models.CASCADE, db_index=False, related_name="comments")
    author = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="comments")
    text = models.TextField(_("your reply"))
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    posted_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    class Meta:
        indexes = [
            # Who is in a thread is read from it alone, whatever was said.
            models.Index(fields=["post", "id", "state", "author"], name="comment_thread"),
            models.Index(fields=["author", "-id"], name="comment_by_author"),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    def get_absolute_url(self) -> str:
        return f"{reverse('feed:post', args=[self.post_id])}#reply-{self.pk}"


class Thanks(models.Model):
    """A neighbour said thank you for a post."""

    post = models.ForeignKey(Post, models.CASCADE, db_index=False, related_name="thanks")
    person = models.ForeignKey(Person, models.CASCADE, related_name="thanks_given")
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "thanks"
        constraints = [
            models.UniqueConstraint(fields=["post", "person"], name="thanks_are_given_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} thanks for {self.post_id}"


class Photo(models.Model):
    """A picture in a post, with the words for those who cannot see it. Kept by base.pictures."""

    post = models.ForeignKey(Post, models.CASCADE, null=True, blank=True, related_name="photos")
    # A photo of a draft or a story waits here until it is posted.
    owner = models.ForeignKey(Person, models.CASCADE, related_name="photos")
    key = models.CharField(max_length=20, unique=True, default=keys.new_key)
    name = models.CharField(max_length=200)
    small_name = models.CharField(max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    description = models.CharField(_("what the photo shows"), max_length=300)
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            # While it waits for its post the words may still be missing.
            models.CheckConstraint(
                condition=~Q(description="") | Q(post=None), name="a_photo_is_described"
            ),
        ]

    def __str__(self) -> str:
        return self.description


class Mention(models.Model):
    """A person named with @ in a post or a comment."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="mentions")
    post = models.ForeignKey(Post, models.CASCADE, related_name="mentions")
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, blank=True, related_name="mentions"
    )

    class Meta:
        constraints = [
            # Two, because SQLite takes every empty comment for another one.
            models.UniqueConstraint(
                fields=["person", "post"], condition=Q(comment=None), name="a_post_mentions_once"
            ),
            models.UniqueConstraint(
                fields=["person", "comment"],
                condition=Q(comment__isnull=False),
                name="a_reply_mentions_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.post_id}"


class Edit(models.Model):
    """What a post or comment said before it was changed."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="edits")
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, blank=True, related_name="edits"
    )
    title = SealedCharField(max_length=140, blank=True)
    text = SealedTextField()
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.post_id} before {self.at:%Y-%m-%d %H:%M}"


class Draft(models.Model):
    """Words not posted yet, kept while somebody writes; one per person and place of writing."""

    person = models.ForeignKey(Person, models.CASCADE, db_index=False, related_name="drafts")
    # Where it was being written: "channel:12", "comment:345", "article:12", "story".
    place = models.CharField(max_length=40)
    content = SealedJSONField(default=dict)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "place"], name="one_draft_in_a_place"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.place}"


class Story(models.Model):
    """“Tell us what you have been doing”: sent to an editor, who makes an article of it."""

    class State(models.TextChoices):
        SENT = "sent", _("sent")
        EDITING = "editing", _("being read")
        PUBLISHED = "published", _("published")
        DECLINED = "declined", _("not this time")

    teller = models.ForeignKey(Person, models.CASCADE, related_name="stories")
    area = models.ForeignKey(Area, models.PROTECT, related_name="stories")
    title = SealedCharField(_("title"), max_length=140, blank=True)
    text = SealedTextField(_("your story"))
    # The name to print: the teller decides.
    told_by = models.CharField(_("name to print"), max_length=60)
    photos = models.ManyToManyField(Photo, blank=True, related_name="stories")
    state = models.CharField(max_length=10, choices=State, default=State.SENT)
    sent_at = models.DateTimeField(default=timezone.now)
    editor = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reply = SealedTextField(max_length=1000, blank=True)
    # The article on the borough's blog, and the one in the teller's area.
    article = models.ForeignKey(Post, models.SET_NULL, null=True, related_name="+")
    area_article = models.ForeignKey(Post, models.SET_NULL, null=True, related_name="+")
    client_key = models.CharField(max_length=40, unique=True, default=keys.new_key)

    class Meta:
        verbose_name_plural = "stories"
        indexes = [models.Index(fields=["state", "id"])]

    def __str__(self) -> str:
        return self.title or self.text[:60]


class AboutSomebody(models.Model):
    """Whom a story is about, other than its teller. It goes up with their yes alone."""

    story = models.OneToOneField(Story, models.CASCADE, related_name="about")
    # Somebody who is on here says yes themselves: a consent, which they can take back.
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="stories_about"
    )
    # Anybody else: who, and what they said to the teller.
    name = SealedCharField(max_length=120, blank=True)
    words = SealedTextField(blank=True)

    class Meta:
        verbose_name_plural = "about somebody"

    def __str__(self) -> str:
        return f"story {self.story_id}"


class Rule(models.TextChoices):
    """The rules of the neighbourhood, by which something is flagged and decided."""

    HATE = "hate", _("Hate towards people for who they are")
    HARASSMENT = "harassment", _("Insults, threats or picking on someone")
    PRIVATE = "private-information", _("Someone's private details")
    SCAM = "scam", _("A scam, or asks for money, codes or cards")
    UNSAFE_OFFER = "unsafe-offer", _("An offer of help that isn't safe")
    HEALTH = "health-misinformation", _("Health advice that could hurt someone")
    FALSE_ALARM = "false-alarm", _("A frightening claim that isn't so")
    SEXUAL = "sexual", _("Sexual remarks or services")
    ILLEGAL = "illegal-goods", _("Something against the law")
    SELLING = "selling", _("Selling")
    CAMPAIGNING = "campaigning", _("Asking for votes")
    IMPERSONATION = "impersonation", _("Pretending to be someone else")
    SPAM = "spam", _("The same thing again and again")
    SAFETY = "safety", _("I'm worried someone may be hurt")


class Flag(models.Model):
    """A person says that something breaks a rule. Kept with how the thing stood at that moment."""

    class State(models.TextChoices):
        OPEN = "open", _("waiting for a moderator")
        DECIDED = "decided", _("decided")

    # What is flagged: "post", "comment", or what a higher floor adds, and its id.
    target_kind = models.CharField(max_length=20)
    target_id = models.BigIntegerField()
    # {"author": id, "title": …, "text": …, "path": …, "photos": […]} when it was flagged.
    snapshot = SealedJSONField(default=dict)
    author = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="flags_against")
    rule = models.CharField(max_length=25, choices=Rule)
    note = SealedTextField(_("anything we should know"), max_length=1000, blank=True)
    flagged_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="flags_made")
    flagged_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decision = models.ForeignKey("Decision", models.SET_NULL, null=True, related_name="flags")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["target_kind", "target_id", "flagged_by"],
                condition=Q(state="open"),
                name="a_thing_is_flagged_once_by_one",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"]),
            models.Index(fields=["target_kind", "target_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.target_kind} {self.target_id}: {self.rule}"


class Noticed(models.Model):
    """What a reading noticed in words that were sent as they are; for moderators to look at.

    It holds no words: only that something was noticed, and what sort of thing.
    """

    # As with flags: "post", "comment", "story", or what a higher floor adds, and its id.
    target_kind = models.CharField(max_length=20)
    target_id = models.BigIntegerField()
    author = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="noticed_in")
    # A verdict and its gravity as in `kindness.reading`: 1 flag, 2 safeguarding, 3 emergency.
    verdict = models.CharField(max_length=12)
    gravity = models.PositiveSmallIntegerField(default=0)
    # ["private:phone", "scam:scam"]
    sorts = models.JSONField(default=list)
    noticed_at = models.DateTimeField(default=timezone.now)
    looked_at = models.DateTimeField(null=True, blank=True)
    looked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "noticed"
        constraints = [
            models.UniqueConstraint(
                fields=["target_kind", "target_id"], name="a_thing_is_noticed_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["-gravity", "id"],
                condition=Q(looked_at=None),
                name="noticed_and_not_looked_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_kind} {self.target_id}: {self.verdict}"


class Decision(models.Model):
    """What a moderator decided about something flagged, and why."""

    class Outcome(models.TextChoices):
        KEEP = "keep", _("It stays")
        HIDE = "hide", _("It comes down")
        WARN = "warn", _("It comes down, with a word to the writer")

    target_kind = models.CharField(max_length=20)
    target_id = models.BigIntegerField()
    author = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="decisions_about")
    rule = models.CharField(max_length=25, choices=Rule)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = SealedTextField(_("why, for both sides to read"), max_length=1000)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="decisions_made")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.target_kind} {self.target_id}: {self.outcome}"


class Appeal(models.Model):
    """The one time somebody may ask another moderator to look again."""

    class State(models.TextChoices):
        OPEN = "open", _("waiting for someone else to look")
        UPHELD = "upheld", _("the decision stands")
        OVERTURNED = "overturned", _("the decision was changed")

    decision = models.OneToOneField(Decision, models.CASCADE, related_name="appeal")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="appeals")
    text = SealedTextField(_("what you want us to know"), max_length=2000)
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    heard_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="appeals_heard")
    heard_at = models.DateTimeField(null=True, blank=True)
    reason = SealedTextField(max_length=1000, blank=True)

    def __str__(self) -> str:
        return f"appeal against {self.decision_id}"
