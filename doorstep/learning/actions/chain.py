"""Questions, insights, experiments and changes; and what leads to what."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.text import clean
from doorstep.base.time import local
from doorstep.learning import agreeing
from doorstep.learning.actions.once import made_before
from doorstep.learning.models import Community, Experiment, Link, Meaning, Quote, Thing
from doorstep.learning.rules import LEADS_TO
from doorstep.notices import actions as notices
from doorstep.people.models import Person


class CannotLink(Exception):
    """Why one thing can't lead to another, as a sentence."""


class CannotQuote(Exception):
    """Why these words can't be quoted, as a sentence."""


@transaction.atomic
def add(
    community: Community,
    *,
    kind: str,
    title: str,
    words: str,
    by: Person,
    at: dt.datetime,
    client_key: str,
    said_by: str = "",
    after: Thing | None = None,
    **experiment: Any,
) -> Thing:
    """Write down a question, an insight, an experiment or a change; `after` led to it.

    Once a key. A story goes through `stories.tell`.
    """
    if kind == Thing.Kind.STORY:
        raise ValueError("a story is told, not added")
    made = made_before(Thing, client_key, by=by)
    if made is not None:
        return made
    made = Thing.objects.create(
        community=community,
        kind=kind,
        title=title,
        words=clean(words),
        said_by=said_by,
        made_by=by,
        made_at=at,
        changed_at=at,
        live_at=at,
        client_key=client_key,
    )
    if kind == Thing.Kind.EXPERIMENT:
        Experiment.objects.create(thing=made, **experiment)
        _tell_owner(made, by=by, at=at)
    if after is not None and kind in LEADS_TO[after.kind]:
        Link.objects.get_or_create(one=after, other=made, defaults={"made_by": by, "made_at": at})
    return made


@transaction.atomic
def change(thing: Thing, *, title: str, words: str, said_by: str, at: dt.datetime) -> None:
    """Put it in other words."""
    thing.title, thing.words, thing.said_by, thing.changed_at = title, clean(words), said_by, at
    thing.save(update_fields=["title", "words", "said_by", "changed_at"])
    Meaning.objects.filter(thing=thing).delete()


@transaction.atomic
def change_experiment(thing: Thing, *, by: Person, at: dt.datetime, **fields: Any) -> None:
    """Plan it otherwise, or say how it goes. A new owner is told."""
    experiment: Experiment = thing.experiment  # type: ignore[attr-defined]
    was = experiment.owner_id
    for name, value in fields.items():
        setattr(experiment, name, clean(value) if isinstance(value, str) else value)
    if "ends_on" in fields:
        experiment.asked_at = None
    experiment.save(update_fields=[*fields, "asked_at"])
    Thing.objects.filter(pk=thing.pk).update(changed_at=at)
    if experiment.owner_id != was:
        _tell_owner(thing, by=by, at=at)


def _tell_owner(thing: Thing, *, by: Person, at: dt.datetime) -> None:
    owner = thing.experiment.owner  # type: ignore[attr-defined]
    if owner is not None and owner.pk != by.pk:
        notices.send(
            "learning-action",
            owner,
            key=f"learning:experiment:{thing.pk}:{owner.pk}",
            title=gettext_lazy("An experiment is yours to look after"),
            path=thing.get_absolute_url(),
            about=by,
            at=at,
        )


@transaction.atomic
def take_down(thing: Thing, *, at: dt.datetime) -> None:
    """Out of sight for everybody but its writer and facilitators."""
    Thing.objects.filter(pk=thing.pk, state=Thing.State.LIVE).update(
        state=Thing.State.DOWN, changed_at=at
    )


@transaction.atomic
def put_back(thing: Thing, *, at: dt.datetime) -> None:
    """Undo. A story comes back only while its yes stands."""
    row = Thing.objects.select_for_update().get(pk=thing.pk)
    if row.kind == Thing.Kind.STORY and not agreeing.allowed(row.telling, at):  # type: ignore[attr-defined]
        raise CannotLink(_("Whoever told it doesn't allow it any more."))
    Thing.objects.filter(pk=thing.pk, state=Thing.State.DOWN).update(
        state=Thing.State.LIVE, changed_at=at
    )


# --- Links ------------------------------------------------------------------------------------


@transaction.atomic
def link(one: Thing, other: Thing, *, by: Person, at: dt.datetime) -> Link:
    """Say that `one` led to `other`. Twice is once. Raises CannotLink."""
    if other.kind not in LEADS_TO[one.kind]:
        raise CannotLink(_("It goes the other way: question, story, insight, experiment, change."))
    if Link.objects.filter(one=other, other=one).exists():
        raise CannotLink(_("They are linked already, the other way round."))
    try:
        with transaction.atomic():
            return Link.objects.create(one=one, other=other, made_by=by, made_at=at)
    except IntegrityError:
        return Link.objects.get(one=one, other=other)


@transaction.atomic
def unlink(one: Thing, other: Thing) -> bool:
    """Take the link away, whichever way it goes; return whether there was one."""
    gone, _rows = Link.objects.filter(one=one, other=other).delete()
    if not gone:
        gone, _rows = Link.objects.filter(one=other, other=one).delete()
    return bool(gone)


# --- Quotes -----------------------------------------------------------------------------------


@transaction.atomic
def quote(thing: Thing, story: Thing, *, words: str, by: Person, at: dt.datetime) -> Quote:
    """Let words of a live story stand in a thing, and link them. Raises CannotQuote.

    The words must be the story's own: whoever takes the story back takes them along.
    """
    story = Thing.objects.select_for_update().get(pk=story.pk)
    if story.kind != Thing.Kind.STORY or story.state != Thing.State.LIVE:
        raise CannotQuote(_("That story isn't here any more. Nothing was quoted."))
    if not agreeing.allowed(story.telling, at):  # type: ignore[attr-defined]
        raise CannotQuote(_("Whoever told it doesn't allow it any more. Nothing was quoted."))
    words = clean(words)
    if _plain(words) not in _plain(story.words):
        raise CannotQuote(_("Those aren't the words of the story. Copy them just as they are."))
    Link.objects.get_or_create(one=story, other=thing, defaults={"made_by": by, "made_at": at})
    made, _new = Quote.objects.get_or_create(
        thing=thing, story=story, made_by=by, made_at=at, defaults={"words": words}
    )
    return made


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").split()).casefold()


# --- By the clock -----------------------------------------------------------------------------


def ask_how_it_went(at: dt.datetime) -> int:
    """Ask the owner of each experiment whose last day is over what came of it. Once each."""
    over = (
        Experiment.objects.filter(
            ends_on__lt=local(at).date(),
            stage__in=[Experiment.Stage.IDEA, Experiment.Stage.RUNNING],
            asked_at=None,
            thing__state=Thing.State.LIVE,
        )
        .exclude(owner=None)
        .select_related("owner", "thing")
    )
    count = 0
    for one in over[:200]:
        if one.owner is None:
            continue
        with transaction.atomic():
            if not Experiment.objects.filter(pk=one.pk, asked_at=None).update(asked_at=at):
                continue
            notices.send(
                "learning-action",
                one.owner,
                key=f"learning:experiment:{one.thing_id}:over:{one.ends_on}",
                title=gettext_lazy("Your experiment has come to its end"),
                body=gettext_lazy("What happened, and what did you learn? Two lines are enough."),
                path=one.thing.get_absolute_url(),
                at=at,
            )
            count += 1
    return count
