"""Flags, decisions and appeals: the whole way of a thing that somebody thinks breaks a rule.

A flag is kept with how the thing stood at that moment. A moderator who neither wrote nor flagged
it decides, with a reason for both sides. Either side may appeal once, to a different moderator.
Rows are never deleted: together they are the record the Online Safety Act asks for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, IntegerField, Max, Min, Q, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Registry
from doorstep.design.templatetags.design import icon
from doorstep.feed import photos as photo_files
from doorstep.feed import rules
from doorstep.feed.models import Appeal, Comment, Decision, Flag, Noticed, Photo, Post, Rule
from doorstep.notices.actions import send, send_to_all
from doorstep.people.models import Person, RoleHolding
from doorstep.people.rules import blocked_ids, sees_part
from doorstep.teams.models import Team

KIND_FLAGGER = "moderation-answer"
KIND_AUTHOR = "moderation-about-me"
KIND_URGENT = "moderation-urgent"
KIND_SECOND_LOOK = "moderation-second-look"


class NotYours(Exception):
    """This moderator wrote it, flagged it, or decided it before: someone else must."""


class AlreadyDecided(Exception):
    """Somebody else was first."""


class NotNow(Exception):
    """It can't be appealed (any more)."""


# --- What can be flagged ----------------------------------------------------------------------


@dataclass(frozen=True)
class Flaggable:
    """A kind of thing that can be flagged. Higher floors add theirs to `flaggable`.

    `fetch(viewer, id)` returns the thing if the viewer may see it (None otherwise), `get(id)`
    whatever the viewer. `snapshot(thing)` returns {"title", "text", "path", "state", …} as it
    stands, for the record. `hide(thing)` makes it vanish at the next request and `restore(thing,
    snapshot)` brings back exactly what `hide` took; both are harmless twice.
    """

    label: Any
    fetch: Callable[[Person | None, int], Any]
    get: Callable[[int], Any]
    snapshot: Callable[[Any], dict[str, Any]]
    hide: Callable[[Any], None]
    restore: Callable[[Any, dict[str, Any]], None]
    author: Callable[[Any], Person | None]
    path: Callable[[Any], str]


flaggable: Registry[Flaggable] = Registry("the kinds of things that can be flagged")


def _photos(post: Post) -> list[str]:
    return list(
        Photo.objects.filter(post=post).order_by("id").values_list("description", flat=True)
    )


def _post(pk: int) -> Post | None:
    return Post.objects.filter(pk=pk).select_related("author", "channel__team").first()


def _seen_post(viewer: Person | None, pk: int) -> Post | None:
    posts = Post.objects.visible_to(viewer).select_related("author", "channel__team")
    return posts.filter(pk=pk).first()


def _hide_post(post: Post) -> None:
    Post.objects.filter(pk=post.pk, state=Post.State.LIVE).update(
        state=Post.State.HIDDEN, version=F("version") + 1
    )


def _restore_post(post: Post, snapshot: dict[str, Any]) -> None:
    Post.objects.filter(pk=post.pk, state=Post.State.HIDDEN).update(
        state=Post.State.LIVE, version=F("version") + 1
    )


def _comment(pk: int) -> Comment | None:
    return Comment.objects.filter(pk=pk).select_related("author", "post__channel__team").first()


def _seen_comment(viewer: Person | None, pk: int) -> Comment | None:
    comment = _comment(pk)
    if (
        comment is None
        or comment.state != Comment.State.LIVE
        or comment.author_id in blocked_ids(viewer)
        or not rules.can_see_post(viewer, comment.post)
    ):
        return None
    return comment


def _hide_comment(comment: Comment) -> None:
    if Comment.objects.filter(pk=comment.pk, state=Comment.State.LIVE).update(
        state=Comment.State.HIDDEN
    ):
        Post.objects.filter(pk=comment.post_id, comment_count__gt=0).update(
            comment_count=F("comment_count") - 1
        )
        Post.objects.filter(pk=comment.post_id).update(version=F("version") + 1)


def _restore_comment(comment: Comment, snapshot: dict[str, Any]) -> None:
    if Comment.objects.filter(pk=comment.pk, state=Comment.State.HIDDEN).update(
        state=Comment.State.LIVE
    ):
        Post.objects.filter(pk=comment.post_id).update(
            comment_count=F("comment_count") + 1, version=F("version") + 1
        )


# What a flag can be about: the parts every neighbour reads. Others stay between those who may.
_PROFILE = ("about", "can_share", "would_like")


def _person_words(person: Person) -> dict[str, str]:
    return {
        part: getattr(person, part)
        for part in _PROFILE
        if sees_part(person, part) == Person.Sees.MEMBERS
    }


def _hide_profile(person: Person) -> None:
    """Empty the words of a profile that every neighbour reads; the person stays a neighbour."""
    empty = dict.fromkeys(_person_words(person), "")
    if empty:
        Person.objects.filter(pk=person.pk).update(**empty)


def _restore_profile(person: Person, snapshot: dict[str, Any]) -> None:
    """Put the words back where the person has not written new ones."""
    for name, words in snapshot.get("profile", {}).items():
        if name in _PROFILE and words:
            Person.objects.filter(pk=person.pk, **{name: ""}).update(**{name: words})


# What a team says about itself; its name and its line are never empty.
_TEAM = ("name", "purpose", "why", "place", "agreement", "pinned_title", "pinned_text")


def _team_words(team: Team) -> dict[str, str]:
    return {part: getattr(team, part) for part in _TEAM}


def _team_hidden() -> dict[str, str]:
    """What stands in a team's place while its words are hidden."""
    with override(settings.LANGUAGE_CODE):
        return {
            **dict.fromkeys(_TEAM, ""),
            "name": str(_("A team")),
            "purpose": str(_("A moderator has hidden what was written here.")),
        }


def _hide_team(team: Team) -> None:
    """Take a team's own words away; its members and what they put up stay."""
    Team.objects.filter(pk=team.pk).update(**_team_hidden())


def _restore_team(team: Team, snapshot: dict[str, Any]) -> None:
    """Put the words back where its hosts have not written new ones."""
    hidden = _team_hidden()
    for name, words in snapshot.get("team", {}).items():
        if name in _TEAM and words:
            Team.objects.filter(pk=team.pk, **{name: hidden[name]}).update(**{name: words})


def _register_flaggables() -> None:
    flaggable.add(
        "team",
        Flaggable(
            label=_("team"),
            fetch=lambda viewer, pk: Team.objects.visible_to(viewer).filter(pk=pk).first(),
            get=lambda pk: Team.objects.filter(pk=pk).select_related("started_by").first(),
            snapshot=lambda team: {
                "author": team.started_by_id,
                "title": team.name,
                "text": "\n\n".join(
                    words for part, words in _team_words(team).items() if words and part != "name"
                ),
                "path": team.get_absolute_url(),
                "photos": [],
                "state": team.state,
                "team": _team_words(team),
            },
            hide=_hide_team,
            restore=_restore_team,
            author=lambda team: team.started_by,
            path=lambda team: team.get_absolute_url(),
        ),
    )
    flaggable.add(
        "post",
        Flaggable(
            label=_("post"),
            fetch=_seen_post,
            get=_post,
            snapshot=lambda post: {
                "author": post.author_id,
                "title": post.title,
                "text": post.text,
                "path": post.get_absolute_url(),
                "photos": _photos(post),
                "state": post.state,
            },
            hide=_hide_post,
            restore=_restore_post,
            author=lambda post: post.author,
            path=lambda post: post.get_absolute_url(),
        ),
    )
    flaggable.add(
        "comment",
        Flaggable(
            label=_("reply"),
            fetch=_seen_comment,
            get=_comment,
            snapshot=lambda comment: {
                "author": comment.author_id,
                "title": "",
                "text": comment.text,
                "path": comment.get_absolute_url(),
                "photos": [],
                "state": comment.state,
            },
            hide=_hide_comment,
            restore=_restore_comment,
            author=lambda comment: comment.author,
            path=lambda comment: comment.get_absolute_url(),
        ),
    )
    flaggable.add(
        "person",
        Flaggable(
            label=_("profile"),
            fetch=lambda viewer, pk: Person.objects.visible_to(viewer).filter(pk=pk).first(),
            get=lambda pk: Person.objects.filter(pk=pk).first(),
            snapshot=lambda person: {
                "author": person.pk,
                "title": person.known_as,
                "text": "\n\n".join(words for words in _person_words(person).values() if words),
                "path": person.get_absolute_url(),
                "photos": [],
                "state": "live",
                "profile": _person_words(person),
            },
            hide=_hide_profile,
            restore=_restore_profile,
            author=lambda person: person,
            path=lambda person: person.get_absolute_url(),
        ),
    )


# --- The rules, in plain words ----------------------------------------------------------------

# Among so many of the last flags of a visitor the very same one is looked for.
SAME_AGAIN = 50

# Rule -> (how serious: 1 is looked at first, what it means to a neighbour)
RULES: dict[str, tuple[int, Any]] = {
    Rule.SAFETY: (
        1,
        _("You fear for somebody: they may hurt themselves, be hurt, or hurt someone else."),
    ),
    Rule.HATE: (
        1,
        _("Words against people for their colour, faith, country, body, age, sex or love."),
    ),
    Rule.SEXUAL: (1, _("Sexual words, pictures or services. This is a place for all ages.")),
    Rule.ILLEGAL: (1, _("Selling or asking for drugs, stolen things, weapons or the like.")),
    Rule.PRIVATE: (
        1,
        _("An address, a number, a photo or somebody's health, shared without their yes."),
    ),
    Rule.HARASSMENT: (2, _("Insults, threats, or going after one person again and again.")),
    Rule.SCAM: (2, _("Somebody wants money, a card, a code or a password. Never give them.")),
    Rule.UNSAFE_OFFER: (
        2,
        _("Help that could hurt: no checks for work that needs them, or “come alone”."),
    ),
    Rule.HEALTH: (2, _("Advice against a doctor's word, or a cure that isn't one.")),
    Rule.FALSE_ALARM: (2, _("Something that scares people and isn't true.")),
    Rule.IMPERSONATION: (2, _("Using the name of a neighbour, the council or the NHS.")),
    Rule.SELLING: (3, _("Selling for profit. Giving away and swapping are welcome.")),
    Rule.CAMPAIGNING: (3, _("Asking for votes for a party or a person.")),
    Rule.SPAM: (3, _("The same words in many places, or over and over.")),
}

_SERIOUS = Case(
    *[When(rule=rule, then=Value(level)) for rule, (level, _words) in RULES.items()],
    default=Value(3),
    output_field=IntegerField(),
)


def seriousness(rule: str) -> int:
    """Return 1 (looked at first) to 3."""
    return RULES.get(rule, (3, ""))[0]


# --- Who may ----------------------------------------------------------------------------------


def can_flag(person: Person | None, kind: str, thing: Any) -> bool:
    """Anyone who can see it, but nobody flags their own."""
    author = flaggable.get(kind).author(thing)  # type: ignore[union-attr]
    return person is None or author is None or author.pk != person.pk


def can_decide(person: Person | None, kind: str, pk: int) -> bool:
    """A moderator who neither wrote nor flagged it."""
    if person is None or not rules.can_decide_flags(person):
        return False
    return not Flag.objects.filter(
        Q(author=person) | Q(flagged_by=person),
        target_kind=kind,
        target_id=pk,
        state=Flag.State.OPEN,
    ).exists() and not _wrote(person, kind, pk)


def _wrote(person: Person, kind: str, pk: int) -> bool:
    known = flaggable.get(kind)
    thing = known.get(pk) if known else None
    author = known.author(thing) if known and thing is not None else None
    return author is not None and author.pk == person.pk


def can_read_decision(person: Person | None, decision: Decision) -> bool:
    """The writer, if it is told to them at all, whoever flagged it, and moderators."""
    if person is None:
        return False
    return (
        (decision.author_id == person.pk and not is_kept_from_author(decision))
        or decision.flags.filter(flagged_by=person).exclude(rule="").exists()
        or rules.can_decide_flags(person)
    )


def is_kept_from_author(decision: Decision) -> bool:
    """Whether the writer never hears of it: a worry about somebody that left their words up.

    Told, it could hurt whoever worried; and it may be with the safeguarding leads.
    """
    return (
        decision.rule == Rule.SAFETY
        and decision.outcome == Decision.Outcome.KEEP
        and not Appeal.objects.filter(decision=decision, state=Appeal.State.OVERTURNED).exists()
    )


def kept_from_author() -> Q:
    """`is_kept_from_author` as a query."""
    changed = Appeal.objects.filter(state=Appeal.State.OVERTURNED).values("decision")
    return Q(rule=Rule.SAFETY, outcome=Decision.Outcome.KEEP) & ~Q(pk__in=changed)


def flags_kept_from_author() -> Q:
    """Flags whose author hears nothing of them (yet)."""
    decisions = Decision.objects.filter(kept_from_author())
    return Q(rule=Rule.SAFETY, decision=None) | Q(decision__in=decisions)


def can_appeal(person: Person | None, decision: Decision) -> bool:
    """The side it went against, once, while it is the latest word on the thing."""
    if person is None or person.state != Person.State.ACTIVE:
        return False
    if Appeal.objects.filter(decision=decision).exists() or not _is_latest(decision):
        return False
    if decision.outcome == Decision.Outcome.KEEP:
        return decision.author_id != person.pk and decision.flags.filter(flagged_by=person).exists()
    return decision.author_id == person.pk


def can_hear(person: Person | None, appeal: Appeal) -> bool:
    """Another moderator: not who decided, wrote, flagged or appealed."""
    if person is None or not rules.can_decide_flags(person):
        return False
    decision = appeal.decision
    return (
        appeal.state == Appeal.State.OPEN
        and person.pk not in (decision.by_id, decision.author_id, appeal.by_id)
        and not decision.flags.filter(flagged_by=person).exists()
    )


def _is_latest(decision: Decision) -> bool:
    return not Decision.objects.filter(
        target_kind=decision.target_kind, target_id=decision.target_id, pk__gt=decision.pk
    ).exists()


# --- Verbs ------------------------------------------------------------------------------------


@transaction.atomic
def flag(
    kind: str, thing: Any, *, by: Person | None, rule: str, note: str, at: dt.datetime
) -> Flag:
    """Say that `thing` breaks a rule; return the flag. The same again changes nothing.

    `by` is None for a visitor. Raises NotYours for somebody's own thing. A worry that someone
    may be hurt is told to every moderator at once.
    """
    if not can_flag(by, kind, thing):
        raise NotYours
    known = flaggable.get(kind)
    assert known is not None  # noqa: S101 - the caller found the thing through it
    again = Flag.objects.filter(
        target_kind=kind, target_id=thing.pk, flagged_by=by, state=Flag.State.OPEN
    )
    if by is None:
        # Notes lie sealed, so the same one is found here and not by the database.
        said = again.filter(rule=rule).order_by("-pk")[:SAME_AGAIN]
        existing = next((row for row in said if row.note == note), None)
    else:
        existing = again.first()
    if existing is not None:
        return existing
    try:
        with transaction.atomic():
            row = Flag.objects.create(
                target_kind=kind,
                target_id=thing.pk,
                snapshot=known.snapshot(thing),
                author=known.author(thing),
                rule=rule,
                note=note,
                flagged_by=by,
                flagged_at=at,
            )
    except IntegrityError:  # two tabs at once: the constraint kept one
        return again.get()
    if rule == Rule.SAFETY:
        send_to_all(
            KIND_URGENT,
            moderators(),
            key=f"flag:{row.pk}",
            title=_("A neighbour worries that someone may be hurt. Please look now."),
            path=reverse("feed:case", args=[kind, thing.pk]),
            at=at,
        )
    return row


def moderators() -> list[Person]:
    """Return everyone who moderates now."""
    held = RoleHolding.objects.held().filter(role=RoleHolding.Role.MODERATOR)
    return list(Person.objects.active().filter(pk__in=held.values("person")))


@transaction.atomic
def decide(
    kind: str, pk: int, *, by: Person, rule: str, outcome: str, reason: str, at: dt.datetime
) -> Decision:
    """Answer every open flag of one thing; tell both sides why.

    Raises NotYours when this moderator wrote or flagged it, AlreadyDecided when another was
    first.
    """
    if not can_decide(by, kind, pk):
        raise NotYours
    flags = Flag.objects.filter(target_kind=kind, target_id=pk, state=Flag.State.OPEN)
    first = flags.order_by("id").first()
    if first is None:
        raise AlreadyDecided
    decision = Decision.objects.create(
        target_kind=kind,
        target_id=pk,
        author_id=first.author_id,
        rule=rule,
        outcome=outcome,
        reason=reason,
        by=by,
        at=at,
    )
    # Whoever turns the flags first has the decision; the other's row goes with its transaction.
    if not flags.update(state=Flag.State.DECIDED, decision=decision):
        raise AlreadyDecided
    if outcome != Decision.Outcome.KEEP:
        _take_down(kind, pk)
    if kind == "post":
        # Photos of a post its author took down were kept for this moment only.
        photo_files.forget(Photo.objects.filter(post=pk, post__state=Post.State.REMOVED))
    _tell_of_decision(decision, at=at)
    return decision


@transaction.atomic
def record_host_removal(
    thing: Post | Comment, *, by: Person, at: dt.datetime, reason: str = ""
) -> None:
    """A host takes something down in their own team: hide it, leave a trace, tell the author.

    The author may appeal to a moderator as with any decision.
    """
    kind = "comment" if isinstance(thing, Comment) else "post"
    known = flaggable.get(kind)
    assert known is not None  # noqa: S101
    decision = Decision.objects.create(
        target_kind=kind,
        target_id=thing.pk,
        author=thing.author,
        rule="",
        outcome=Decision.Outcome.HIDE,
        reason=reason,
        by=by,
        at=at,
    )
    Flag.objects.create(
        target_kind=kind,
        target_id=thing.pk,
        snapshot=known.snapshot(thing),
        author=thing.author,
        rule="",
        note=reason,
        flagged_by=by,
        flagged_at=at,
        state=Flag.State.DECIDED,
        decision=decision,
    )
    known.hide(thing)
    if thing.author_id != by.pk:
        send(
            KIND_AUTHOR,
            thing.author,
            key=f"decision:{decision.pk}",
            title=_("A host of the team took down something you wrote."),
            body=reason,
            path=_decision_path(decision),
            at=at,
        )


@transaction.atomic
def appeal(decision: Decision, *, by: Person, text: str, at: dt.datetime) -> Appeal:
    """Ask another moderator to look again. Raises NotNow when it can't be asked (again)."""
    if not can_appeal(by, decision):
        raise NotNow
    try:
        with transaction.atomic():
            row = Appeal.objects.create(decision=decision, by=by, text=text, made_at=at)
    except IntegrityError as problem:
        raise NotNow from problem
    others = [person for person in moderators() if can_hear(person, row)]
    send_to_all(
        KIND_URGENT if decision.rule == Rule.SAFETY else KIND_SECOND_LOOK,
        others,
        key=f"appeal:{row.pk}",
        title=_("Somebody asks you to look again at a decision."),
        path=reverse("feed:hear", args=[row.pk]),
        at=at,
    )
    return row


@transaction.atomic
def hear(row: Appeal, *, by: Person, overturned: bool, reason: str, at: dt.datetime) -> None:
    """Answer an appeal for good; tell both sides.

    Raises NotYours for the moderator who decided (or wrote, flagged, appealed), AlreadyDecided
    when another was first.
    """
    if row.state != Appeal.State.OPEN:
        raise AlreadyDecided
    if not can_hear(by, row):
        raise NotYours
    state = Appeal.State.OVERTURNED if overturned else Appeal.State.UPHELD
    claimed = Appeal.objects.filter(pk=row.pk, state=Appeal.State.OPEN).update(
        state=state, heard_by=by, heard_at=at, reason=reason
    )
    if not claimed:
        raise AlreadyDecided
    decision = row.decision
    if overturned and _is_latest(decision):
        if decision.outcome == Decision.Outcome.KEEP:
            _take_down(decision.target_kind, decision.target_id)
        else:
            _put_back(decision)
    row.refresh_from_db()
    _tell_of_appeal(row, at=at)


def _take_down(kind: str, pk: int) -> None:
    known = flaggable.get(kind)
    thing = known.get(pk) if known else None
    if known and thing is not None:
        known.hide(thing)


def _put_back(decision: Decision) -> None:
    known = flaggable.get(decision.target_kind)
    thing = known.get(decision.target_id) if known else None
    last = decision.flags.order_by("-id").first()
    if known and thing is not None:
        known.restore(thing, last.snapshot if last else {})


# --- Telling both sides -----------------------------------------------------------------------


def _decision_path(decision: Decision) -> str:
    return reverse("feed:decision", args=[decision.pk])


def _flaggers(decision: Decision) -> list[Person]:
    return list(
        Person.objects.filter(flags_made__decision=decision, flags_made__rule__gt="").distinct()
    )


_AUTHOR_HEARS = {
    Decision.Outcome.KEEP: _("Someone asked us about what you wrote. We looked, and it stays."),
    Decision.Outcome.HIDE: _("We took down something you wrote. Here is why."),
    Decision.Outcome.WARN: _("We took down something you wrote. Please read why."),
}
_FLAGGER_HEARS = {
    Decision.Outcome.KEEP: _("We looked at what you flagged. It stays. Here is why."),
    Decision.Outcome.HIDE: _("We took down what you flagged. Thank you for telling us."),
    Decision.Outcome.WARN: _("We took down what you flagged. Thank you for telling us."),
}


def _tell_of_decision(decision: Decision, *, at: dt.datetime) -> None:
    outcome = Decision.Outcome(decision.outcome)
    # A worry about somebody that led to nothing isn't told to them: it could hurt whoever worried.
    is_private = decision.rule == Rule.SAFETY and outcome == Decision.Outcome.KEEP
    if decision.author is not None and not is_private:
        send(
            KIND_AUTHOR,
            decision.author,
            key=f"decision:{decision.pk}",
            title=_AUTHOR_HEARS[outcome],
            body=decision.reason,
            path=_decision_path(decision),
            at=at,
        )
    send_to_all(
        KIND_FLAGGER,
        _flaggers(decision),
        key=f"decision:{decision.pk}",
        title=_FLAGGER_HEARS[outcome],
        body=decision.reason,
        path=_decision_path(decision),
        at=at,
    )


def _tell_of_appeal(row: Appeal, *, at: dt.datetime) -> None:
    decision = row.decision
    title = (
        _("Someone else looked again, and the decision was changed.")
        if row.state == Appeal.State.OVERTURNED
        else _("Someone else looked again, and the decision stands.")
    )
    is_private = (
        decision.rule == Rule.SAFETY
        and decision.outcome == Decision.Outcome.KEEP
        and row.state == Appeal.State.UPHELD
    )
    message: dict[str, Any] = {
        "key": f"appeal-heard:{row.pk}",
        "title": title,
        "body": row.reason,
        "path": _decision_path(decision),
        "at": at,
    }
    if decision.author is not None and not is_private:
        send(KIND_AUTHOR, decision.author, **message)
    send_to_all(KIND_FLAGGER, _flaggers(decision), **message)


# --- What waits, and what was done ------------------------------------------------------------


@dataclass
class Waiting:
    """One thing in the queue, with all its open flags."""

    kind: str
    pk: int
    level: int
    since: dt.datetime
    flags: list[Flag] = field(default_factory=list)
    # What the reader noticed in it, if anything.
    noticed: Noticed | None = None

    @property
    def order(self) -> tuple[int, int, int, dt.datetime]:
        """Return what it is sorted by: danger, seriousness, how many flagged it, how long ago."""
        danger = 0
        if any(row.rule == Rule.SAFETY for row in self.flags):
            danger = 3
        if self.noticed is not None and self.noticed.gravity > 1:
            danger = max(danger, self.noticed.gravity)
        return -danger, self.level, -len(self.flags), self.since

    @property
    def why_here(self) -> str:
        """Return in plain words why it stands where it does."""
        danger, level, _count, _since = self.order
        if danger <= -2:
            return gettext("Someone may be in danger, so it comes first.")
        if level == 1 and any(row.rule == Rule.PRIVATE for row in self.flags):
            return gettext("A private detail is open to others until you look.")
        if level == 1:
            return gettext("It may hurt people as long as it is up.")
        if len(self.flags) > 1:
            return gettext("Several neighbours flagged it.")
        return gettext("It waits its turn: the oldest first.")

    @property
    def label(self) -> Any:
        known = flaggable.get(self.kind)
        return known.label if known else self.kind

    @property
    def snapshot(self) -> dict[str, Any]:
        return self.flags[0].snapshot if self.flags else {}

    @property
    def rules(self) -> list[str]:
        return sorted({str(Rule(row.rule).label) for row in self.flags})


def queue(limit: int = 50) -> list[Waiting]:
    """Return what waits for a decision; `Waiting.order` says in which order.

    Danger first (a flag for safety, or what the reader noticed), then how serious the rule is,
    how many flagged it, and how long it waits.
    """
    groups = list(
        Flag.objects.filter(state=Flag.State.OPEN)
        .values("target_kind", "target_id")
        .annotate(level=Min(_SERIOUS), since=Min("flagged_at"), last=Max("id"))
        .order_by("level", "since", "last")[:limit]
    )
    found = {
        (row["target_kind"], row["target_id"]): Waiting(
            row["target_kind"], row["target_id"], row["level"], row["since"]
        )
        for row in groups
    }
    if not found:
        return []
    ids = {pk for _kind, pk in found}
    for flag_row in (
        Flag.objects.filter(state=Flag.State.OPEN, target_id__in=ids)
        .select_related("author")
        .order_by("id")
    ):
        one = found.get((flag_row.target_kind, flag_row.target_id))
        if one is not None:
            one.flags.append(flag_row)
    for row in Noticed.objects.filter(target_id__in=ids):
        one = found.get((row.target_kind, row.target_id))
        if one is not None:
            one.noticed = row
    return sorted(found.values(), key=lambda one: one.order)


def latest_decision(kind: str, pk: int) -> Decision | None:
    """Return the latest word on a thing, with its appeal."""
    return (
        Decision.objects.filter(target_kind=kind, target_id=pk)
        .select_related("appeal")
        .order_by("-id")
        .first()
    )


def path_for_author(person: Person | None, thing: Post | Comment) -> str:
    """Return where an author reads why their own thing came down, or "".

    The page of a hidden post answers its author with this instead of “not found”.
    """
    if person is None or thing.author_id != person.pk or thing.state != thing.State.HIDDEN:
        return ""
    kind = "comment" if isinstance(thing, Comment) else "post"
    decision = latest_decision(kind, thing.pk)
    return _decision_path(decision) if decision else ""


def log_rows(decisions: Iterable[Decision]) -> Iterable[dict[str, Any]]:
    """Return each decision as a plain row of the record, for CSV and JSON.

    Expects `flags` prefetched and `appeal`, `by` selected. Names nobody but moderators.
    """
    for row in decisions:
        flags = sorted(row.flags.all(), key=lambda flag: flag.pk)
        first = flags[0] if flags else None
        heard: Appeal | None = getattr(row, "appeal", None)
        yield {
            "decision": row.pk,
            "kind": row.target_kind,
            "thing": row.target_id,
            "flags": len(flags),
            "rules_flagged": " ".join(sorted({flag.rule for flag in flags if flag.rule})),
            "first_flagged_at": first.flagged_at.isoformat() if first else "",
            "words_when_flagged": str(first.snapshot.get("text", "")) if first else "",
            "decided_at": row.at.isoformat(),
            "hours_to_decision": (
                round((row.at - first.flagged_at).total_seconds() / 3600, 1) if first else ""
            ),
            "decided_by": row.by.known_as if row.by else "",
            "decided_as": "moderator" if row.rule else "team host",
            "rule": row.rule,
            "outcome": row.outcome,
            "reason": row.reason,
            "appealed_at": heard.made_at.isoformat() if heard else "",
            "appealed_by": (
                ("author" if heard.by_id == row.author_id else "flagger") if heard else ""
            ),
            "appeal_outcome": heard.state if heard else "",
            "appeal_heard_by": heard.heard_by.known_as if heard and heard.heard_by else "",
            "appeal_heard_at": heard.heard_at.isoformat() if heard and heard.heard_at else "",
            "appeal_reason": heard.reason if heard else "",
        }


def _flag_panel(request: Any, person: Person) -> str:
    """The quiet link on a neighbour's page; on a moderator's own, the way to what waits."""
    me = getattr(request.user, "person", None)
    if me is None:
        return ""
    if me.pk == person.pk:
        if not rules.can_decide_flags(me):
            return ""
        return format_html(
            '<p><a class="btn btn-line" href="{}">{}{}</a></p>',
            reverse("feed:moderation"),
            icon("shield-check"),
            _("Flags to look at"),
        )
    return format_html(
        '<p><a class="act" href="{}">{}{}</a></p>',
        reverse("feed:flag", args=["person", person.pk]),
        icon("flag"),
        _("Something wrong with this page? Tell a moderator"),
    )


def team_flag_panel(request: HttpRequest, team: Team) -> str:
    """The quiet link beside a team, for every neighbour but the one who wrote it."""
    me = getattr(request.user, "person", None)
    if me is None or me.pk == team.started_by_id:
        return ""
    return format_html(
        '<p class="row row-link small">{}<a href="{}">{}</a></p>',
        icon("flag"),
        reverse("feed:flag", args=["team", team.pk]),
        _("Something wrong with this team? Tell a moderator"),
    )


# --- Hanging it up ----------------------------------------------------------------------------


def register() -> None:
    """Called once, in `FeedConfig.ready()`."""
    from doorstep.base.registry import Panel
    from doorstep.design.navigation import Link, add_link
    from doorstep.notices.kinds import Kind, kinds
    from doorstep.people.models import person_panels

    _register_flaggables()
    kinds.add(
        KIND_AUTHOR,
        Kind(
            label=_("A moderator decides about something of mine"),
            by_email=True,
            is_essential=True,
            subject=_("about something you wrote"),
        ),
        order=80,
    )
    kinds.add(
        KIND_FLAGGER,
        Kind(
            label=_("A moderator has looked at what I flagged"),
            by_email=True,
            is_essential=True,
            subject=_("we looked at it"),
        ),
        order=81,
    )
    kinds.add(
        KIND_URGENT,
        Kind(
            label=_("Someone may be hurt (for moderators)"),
            by_email=True,
            is_essential=True,
            cannot_wait=True,
            subject=_("please look now"),
            only_for=rules.can_decide_flags,
        ),
        order=82,
    )
    kinds.add(
        KIND_SECOND_LOOK,
        Kind(
            label=_("Somebody asks for a second look (for moderators)"),
            by_email=True,
            subject=_("a second look, please"),
            only_for=rules.can_decide_flags,
        ),
        order=83,
    )
    person_panels.add("flag", Panel(_("Tell a moderator"), _flag_panel), order=95)
    add_link(Link("foot", _("The rules of the neighbourhood"), "feed:rules", order=40))
