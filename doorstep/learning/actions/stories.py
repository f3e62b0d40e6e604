"""Telling a story: marked by the machine, agreed to by whose it is, read by a second person.

And taking it back, which empties it and every copy that is ours in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doorstep.base.text import clean
from doorstep.base.time import in_london, local
from doorstep.learning import agreeing, pasted, redacting
from doorstep.learning.actions import booklets, recordings
from doorstep.learning.actions.communities import facilitators
from doorstep.learning.actions.once import made_before
from doorstep.learning.models import (
    Booklet,
    Community,
    Link,
    Meaning,
    Quote,
    Recording,
    Telling,
    Thing,
)
from doorstep.learning.rules import LEADS_TO
from doorstep.notices import actions as notices
from doorstep.people.consents import actions as consents
from doorstep.people.models import Consent, How, Person

_State, _Whose = Thing.State, Telling.Whose


class CannotTell(Exception):
    """Why a story can't go on, as a sentence."""


class AlreadyRead(Exception):
    """Another second reader was first, or the writer took it back."""


@transaction.atomic
def tell(
    community: Community,
    *,
    title: str,
    words: str,
    whose: str,
    by: Person,
    at: dt.datetime,
    client_key: str,
    teller: Person | None = None,
    teller_name: str = "",
    said: str = "",
    allows: Sequence[str] = (),
    until: dt.date | None = None,
    after: Thing | None = None,
) -> Thing:
    """Keep a story as a draft that only its writer sees. Once a key. Raises CannotTell.

    `whose` is a `Telling.Whose`. Of somebody on here `teller` is asked when it is sent; of
    somebody who isn't, `said` is how they said yes, in their words.
    """
    made = made_before(Thing, client_key, by=by)
    if made is not None:
        return made
    _check(whose, teller, said, by)
    made = Thing.objects.create(
        community=community,
        kind=Thing.Kind.STORY,
        state=_State.DRAFT,
        title=title,
        words=clean(words),
        made_by=by,
        made_at=at,
        changed_at=at,
        client_key=client_key,
    )
    Telling.objects.create(
        thing=made,
        whose=whose,
        teller=by if whose == _Whose.MINE else teller,
        teller_name=teller_name,
        said=clean(said),
        allows=sorted({agreeing.LEARNED, *allows}),
        until=until,
    )
    if after is not None and made.kind in LEADS_TO[after.kind]:
        Link.objects.get_or_create(one=after, other=made, defaults={"made_by": by, "made_at": at})
    return made


def _check(whose: str, teller: Person | None, said: str, by: Person) -> None:
    if whose == _Whose.THEIRS:
        if teller is None:
            raise CannotTell(_("Say whose story it is, so that we can ask them."))
        if teller.pk == by.pk:
            raise CannotTell(_("That is you. Choose “my own story”."))
        if teller.is_child:
            raise CannotTell(_("A child's story needs a parent's yes. Ring us, and we help."))
    if whose == _Whose.OFFLINE and not clean(said):
        raise CannotTell(_("Write down how they said yes, in their own words."))


@transaction.atomic
def change(story: Thing, *, title: str, words: str, at: dt.datetime) -> None:
    """Put it in other words. One that others see already is read by a second person again."""
    row = Thing.objects.select_for_update().get(pk=story.pk)
    if row.state == _State.WITHDRAWN:
        raise CannotTell(_("This story was taken back."))
    row.title, row.words, row.changed_at = title, clean(words), at
    if row.state in (_State.LIVE, _State.SENT):
        row.state = _State.DRAFT
        row.live_at = None
    row.save(update_fields=["title", "words", "changed_at", "state", "live_at"])
    Telling.objects.filter(thing=row).update(read_by=None, read_at=None)
    story.refresh_from_db()


@transaction.atomic
def send(
    story: Thing,
    *,
    reader: Person | None,
    kept_marks: Sequence[tuple[str, str]],
    by: Person,
    at: dt.datetime,
) -> None:
    """Send a draft to a second reader, and ask whose story it is. Raises CannotTell.

    `kept_marks` is what was marked and stays, because the writer says it tells nobody apart.
    """
    telling: Telling = story.telling  # type: ignore[attr-defined]
    community = story.community
    readers = [one for one in facilitators(community, at) if one.pk != by.pk]
    if reader is not None and reader.pk in (by.pk, telling.teller_id):
        raise CannotTell(_("Choose somebody else to read it: two people see more than one."))
    readers = [one for one in readers if one.pk != telling.teller_id]
    if reader is None and not readers:
        raise CannotTell(_("Choose who reads it before the others do."))
    if not Thing.objects.filter(pk=story.pk, state=_State.DRAFT).update(
        state=_State.SENT, changed_at=at
    ):
        return
    story.refresh_from_db()
    telling.kept_marks = [list(one) for one in kept_marks]
    telling.sent_at, telling.reader_asked, telling.reply = at, reader, ""
    telling.read_by, telling.read_at = None, None
    telling.save(
        update_fields=["kept_marks", "sent_at", "reader_asked", "reply", "read_by", "read_at"]
    )
    _ask_for_the_yes(telling, by=by, at=at)
    notices.send_to_all(
        "learning",
        [reader] if reader is not None else readers,
        key=f"learning:story:{story.pk}:read:{int(at.timestamp())}",
        title=gettext_lazy("A story waits for a second pair of eyes"),
        body=gettext_lazy("Read it before the others do. Does it name anybody?"),
        path=story.get_absolute_url(),
        about=by,
        at=at,
    )


def _ask_for_the_yes(telling: Telling, *, by: Person, at: dt.datetime) -> None:
    """One's own story is agreed to by telling it; somebody else on here is asked."""
    if telling.teller is None:
        return
    story = telling.thing
    if agreeing.allowed(telling, at):
        # Their yes stands; the words are others now, and they may think again.
        notices.send(
            "learning",
            telling.teller,
            key=f"learning:story:{story.pk}:words:{int(at.timestamp())}",
            title=gettext_lazy("A story you told was put in other words"),
            body=gettext_lazy("Have a look. You can take it back at any moment."),
            path=story.get_absolute_url(),
            about=by,
            at=at,
        )
        return
    if telling.whose == _Whose.MINE and telling.teller_id == by.pk:
        _give(telling, by=by, at=at, how=How.WEB, words="")
        return
    consents.ask(
        telling.teller,
        purpose=agreeing.PURPOSE,
        recipient=agreeing.recipient(story),
        parts=telling.allows,
        by=by,
        at=at,
        note=f"{story.title}\n\n{story.words}",
        client_key=f"learning-{story.ref}-{int(at.timestamp())}",
    )


def _give(telling: Telling, *, by: Person, at: dt.datetime, how: How, words: str) -> Consent:
    assert telling.teller is not None  # noqa: S101 - asked by the callers
    ends_at = None
    if telling.until is not None:
        ends_at = in_london(dt.datetime.combine(telling.until + dt.timedelta(days=1), dt.time()))
    given = consents.give(
        telling.teller,
        purpose=agreeing.PURPOSE,
        recipient=agreeing.recipient(telling.thing),
        parts=telling.allows,
        by=by,
        at=at,
        how=how,
        words=words,
        client_key=f"learning-{telling.thing.ref}-{int(at.timestamp())}",
        ends_at=ends_at,
    )
    Telling.objects.filter(pk=telling.pk).update(consent=given)
    return given


# --- The second reader ------------------------------------------------------------------------


@transaction.atomic
def pass_on(story: Thing, *, by: Person, at: dt.datetime) -> None:
    """The second reader says it names nobody: the community sees it, if its yes stands.

    Raises CannotTell while whose story it is hasn't said yes, AlreadyRead.
    """
    row = Thing.objects.select_for_update().get(pk=story.pk)
    telling: Telling = row.telling  # type: ignore[attr-defined]
    if row.state != _State.SENT:
        raise AlreadyRead
    if by.pk in (row.made_by_id, telling.teller_id):
        raise CannotTell(_("Somebody else has to read it: two people see more than one."))
    if not agreeing.allowed(telling, at):
        raise CannotTell(
            _("Whoever told it hasn't said yes yet. They were asked; it waits for them.")
        )
    if telling.teller is not None:
        basis = consents.rely(
            telling.teller,
            purpose=agreeing.PURPOSE,
            recipient=agreeing.recipient(row),
            parts=[agreeing.LEARNED],
            by=by,
            at=at,
            used_for=str(_("a story in a learning community")),
            thing=f"learning:{row.ref}",
        )
        telling.consent = basis.consent
    row.state, row.live_at, row.changed_at = _State.LIVE, row.live_at or at, at
    row.save(update_fields=["state", "live_at", "changed_at"])
    telling.read_by, telling.read_at, telling.reply = by, at, ""
    telling.save(update_fields=["read_by", "read_at", "reply", "consent"])
    story.refresh_from_db()
    if row.made_by is not None:
        notices.send(
            "learning",
            row.made_by,
            key=f"learning:story:{row.pk}:live:{int(at.timestamp())}",
            title=gettext_lazy("A story you wrote down is there for your community"),
            path=row.get_absolute_url(),
            about=by,
            at=at,
        )


@transaction.atomic
def ask_to_change(story: Thing, *, reply: str, by: Person, at: dt.datetime) -> None:
    """The second reader sees something that tells who it is: back to its writer. AlreadyRead."""
    if not Thing.objects.filter(pk=story.pk, state=_State.SENT).update(
        state=_State.DRAFT, changed_at=at
    ):
        raise AlreadyRead
    telling: Telling = story.telling  # type: ignore[attr-defined]
    telling.reply, telling.reader_asked = clean(reply), telling.reader_asked or by
    telling.save(update_fields=["reply", "reader_asked"])
    story.refresh_from_db()
    if story.made_by is not None:
        notices.send(
            "learning",
            story.made_by,
            key=f"learning:story:{story.pk}:change:{int(at.timestamp())}",
            title=gettext_lazy("A word about the story you wrote down"),
            body=gettext_lazy("The second reader asks you to change something first."),
            path=story.get_absolute_url(),
            about=by,
            at=at,
        )


# --- Taking it back ---------------------------------------------------------------------------


@transaction.atomic
def withdraw(story: Thing, *, by: Person, at: dt.datetime, words: str = "") -> None:
    """Whoever told it changed their mind; told by themselves here, or by somebody for them."""
    telling: Telling = story.telling  # type: ignore[attr-defined]
    if telling.teller is not None:
        recipient = agreeing.recipient(story)
        consent = (
            Consent.objects.unended()
            .filter(
                person=telling.teller,
                purpose=agreeing.PURPOSE,
                recipient_kind=recipient.kind,
                recipient_key=recipient.key,
            )
            .first()
        )
        if consent is not None:
            own = by.pk == telling.teller_id
            # What follows is `agreeing.ended`.
            consents.withdraw(
                consent, by=by, at=at, how=How.WEB if own else How.SPOKEN, words=words
            )
    take_out(telling, by=by, at=at)
    story.refresh_from_db()


@transaction.atomic
def take_out(telling: Telling, *, by: Person | None, at: dt.datetime) -> Counter[str]:
    """Empty the story and every copy of it that is ours; return what was taken out of where.

    Twice is once. Copies that have left us are listed on the story's page, to be asked back.
    """
    story = Thing.objects.select_for_update().get(pk=telling.thing_id)
    row = Telling.objects.get(pk=telling.pk)
    if row.withdrawn_at is not None:
        return Counter()
    quotes = list(Quote.objects.filter(story=story))
    clips = list(Recording.objects.filter(thing=story))
    traces = redacting.Traces.of(
        [story.words, *(one.words for one in quotes), *(one.transcript for one in clips)],
        story.title,
    )
    found: Counter[str] = Counter()
    for one in clips:
        recordings.drop(one)
        found["recording"] += 1
    found["quote"] += Quote.objects.filter(story=story).delete()[0] if quotes else 0
    for kind, copy, fields in redacting.everywhere(traces, but=story.pk):
        copy.save(update_fields=fields)
        found[kind] += 1
        if isinstance(copy, Thing):
            Meaning.objects.filter(thing=copy).delete()
    _empty_questions(story)
    touched = set(Booklet.objects.filter(things=story).values_list("pk", flat=True))
    # A copy in another thing or in the opening stood in booklets too: all made anew.
    if any(found[kind] for kind in ("thing", "experiment", "carry", "booklet", "quote")):
        touched |= set(Booklet.objects.exclude(file="").values_list("pk", flat=True))
    found["booklet"] += booklets.make_anew(touched, without=story)
    texts = [story.words, *(one.words for one in quotes), *(one.transcript for one in clips)]
    found += pasted.take_out(story, texts, teller=row.teller, at=at)
    story.title, story.words, story.said_by = "", "", ""
    story.state, story.changed_at = _State.WITHDRAWN, at
    story.save(update_fields=["title", "words", "said_by", "state", "changed_at"])
    row.withdrawn_at, row.withdrawn_by = at, by
    row.kept_marks, row.reply, row.teller_name = [], "", ""
    row.taken_out = {key: count for key, count in found.items() if count}
    row.save()
    _tell_who_must_know(story, row, by=by, at=at)
    telling.refresh_from_db()
    return found


def _empty_questions(story: Thing) -> None:
    """The question whether they agree held the story, to be read before answering."""
    from doorstep.people.models import Ask

    for one in Ask.objects.filter(
        purpose=agreeing.PURPOSE, recipient_key=agreeing.recipient(story).key
    ):
        one.note = ""
        one.save(update_fields=["note"])


def _tell_who_must_know(
    story: Thing, telling: Telling, *, by: Person | None, at: dt.datetime
) -> None:
    """Those who can ask for copies that left: facilitators and who wrote it."""
    people = {one.pk: one for one in facilitators(story.community, at)}
    if story.made_by is not None:
        people[story.made_by.pk] = story.made_by
    if by is not None:
        people.pop(by.pk, None)
    has_left = story.departures.exists()  # type: ignore[attr-defined]
    notices.send_to_all(
        "learning",
        people.values(),
        key=f"learning:story:{story.pk}:back",
        title=gettext_lazy("A story was taken back"),
        body=gettext_lazy("We emptied our copies. Some have left us: see which, and ask for them.")
        if has_left
        else gettext_lazy("We emptied every copy we have. Please don't tell it any more."),
        path=story.get_absolute_url(),
        at=at,
    )


def let_run_out(at: dt.datetime) -> int:
    """Stories whose yes has come to its end by the clock are taken back."""
    day = local(at).date()
    over = Telling.objects.filter(withdrawn_at=None).filter(
        Q(teller=None, until__lt=day)
        | Q(consent__ends_at__lte=at, consent__replaced_at=None, consent__withdrawn_at=None)
    )
    count = 0
    for telling in over.select_related("thing__community", "teller").order_by("pk")[:200]:
        if not agreeing.allowed(telling, at):
            take_out(telling, by=None, at=at)
            count += 1
    return count
