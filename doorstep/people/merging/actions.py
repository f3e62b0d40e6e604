"""Join two records, ask for the person's yes where it takes one, and part them again."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from allauth.account.adapter import get_adapter
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doorstep.people import telling
from doorstep.people.merging import details, movers, rules
from doorstep.people.models import Former, Merge, Pair, Person, ToMatch

LATER = dt.timedelta(days=30)


class CannotJoin(Exception):
    """These two can't be joined; the message is the sentence to show."""

    is_expected = True


class NotTheirs(PermissionError):
    """Somebody whose role doesn't open both records."""


class WrongAnswer(Exception):
    """The answer doesn't fit the other record."""


def _lock(*ids: int) -> dict[int, Person]:
    """Return these people, held until we are done, in one order for everybody."""
    rows = Person.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    return {person.pk: person for person in rows}


# --- Deciding about a pair ----------------------------------------------------------------------


@transaction.atomic
def say_two(one: Person, other: Person, *, by: Person, at: dt.datetime) -> Pair:
    """They are two people: never suggested again."""
    return _decide(one, other, Pair.State.TWO, by=by, at=at)


@transaction.atomic
def look_later(one: Person, other: Person, *, by: Person, at: dt.datetime) -> Pair:
    """Nobody knows yet: suggested again in a month."""
    return _decide(one, other, Pair.State.LATER, by=by, at=at, later_until=at + LATER)


@transaction.atomic
def look_again(one: Person, other: Person, *, by: Person, at: dt.datetime) -> Pair:
    """Take back what was said of a pair."""
    return _decide(one, other, Pair.State.OPEN, by=by, at=at)


def _decide(
    one: Person,
    other: Person,
    state: Pair.State,
    *,
    by: Person,
    at: dt.datetime,
    later_until: dt.datetime | None = None,
) -> Pair:
    from doorstep.people.merging.suggesting import card_of, score

    if not rules.can_merge(by, one, other):
        raise NotTheirs
    first, second = sorted((one, other), key=lambda person: person.pk)
    said = {
        "state": state,
        "decided_by": by,
        "decided_at": at,
        "later_until": later_until,
    }
    found = score(card_of(first), card_of(second))
    pair, _is_new = Pair.objects.update_or_create(
        one=first,
        other=second,
        defaults=said,
        create_defaults=said
        | {"points": found.points, "reasons": list(found.names), "found_at": at},
    )
    return pair


# --- Joining ------------------------------------------------------------------------------------


@transaction.atomic
def join(
    kept: Person,
    gone: Person,
    *,
    by: Person,
    at: dt.datetime,
    why: str,
    chosen: dict[str, str] | None = None,
    known_by: str = "",
    client_key: str,
) -> Merge:
    """Join `gone` to `kept`, or ask whoever signs in as one of them first.

    Twice is once: the same pair, or the same form, is the same joining. Raises NotTheirs, or
    CannotJoin with a sentence.
    """
    people = _lock(kept.pk, gone.pk)
    already = (
        Merge.objects.filter(client_key=client_key).first()
        or Merge.objects.filter(kept=kept, gone=gone, state__in=Merge.LIVE).first()
    )
    if already is not None:
        if not rules.can_see_merge(by, already):
            raise NotTheirs
        return already
    kept, gone = people[kept.pk], people[gone.pk]
    if kept.merged_into_id == gone.pk or gone.merged_into_id is not None:
        raise CannotJoin(_("Somebody joined these records a moment ago. Look at them again."))
    if not rules.can_merge(by, kept, gone):
        raise NotTheirs
    problem = rules.in_the_way(kept, gone, at)
    if problem:
        raise CannotJoin(problem)
    yes = rules.yes_needed(kept, gone, at)
    try:
        with transaction.atomic():
            merge = Merge.objects.create(
                kept=kept, gone=gone, state=Merge.State.ASKED, by=by, asked_at=at, why=why,
                known_by=known_by, chosen=chosen or {}, client_key=client_key,
            )  # fmt: skip
    except IntegrityError:
        raise CannotJoin(
            _("One of these records is waiting for a yes already. Look at it first.")
        ) from None
    if yes.is_needed or (yes.accounts and not known_by.strip()):
        for person in (kept, gone):
            if person.pk in yes.accounts:
                telling.tell(
                    "record-joined",
                    person,
                    key=f"merge-{merge.handle}",
                    title=_("Do you have two records here?"),
                    body=_("Somebody at the hub thinks so. Have a look, and say yes or no."),
                    path=reverse("people:merge_question", args=[merge.handle]),
                    at=at,
                )
        return merge
    _do(merge, kept, gone, by=by, at=at)
    return merge


def questions_about(merge: Merge, person: Person) -> list[str]:
    """Return what the person is asked about the other record: "born_on", "postcode", or neither.

    Whoever can sign in as both has shown it already.
    """
    other = merge.gone if person.pk == merge.kept_id else merge.kept
    yes = rules.yes_needed(merge.kept, merge.gone, merge.asked_at)
    if len(yes.accounts) != 1:
        return []
    return [name for name in ("born_on", "postcode") if getattr(other, name)]


def say_yes(
    merge: Merge,
    *,
    by: Person,
    at: dt.datetime,
    born_on: dt.date | None = None,
    postcode: str = "",
) -> Merge:
    """The person says that both records are theirs; with the last yes they are joined.

    Raises WrongAnswer after counting it (three and the question is over), or CannotJoin.
    """
    with transaction.atomic():
        people = _lock(merge.kept_id, merge.gone_id)
        merge = Merge.objects.select_for_update().get(pk=merge.pk)
        if merge.state == Merge.State.DONE:
            return merge
        kept, gone = people[merge.kept_id], people[merge.gone_id]
        merge.kept, merge.gone = kept, gone
        if not rules.can_answer(by, merge):
            if merge.state == Merge.State.ASKED and by.pk in (kept.pk, gone.pk):
                return merge
            raise CannotJoin(_("This question is over."))
        asked = questions_about(merge, by)
        other = gone if by.pk == kept.pk else kept
        yes = rules.yes_needed(kept, gone, at)
        right = (
            ("born_on" in asked and born_on is not None and born_on == other.born_on)
            or ("postcode" in asked and bool(postcode) and postcode == other.postcode)
            or (not asked and (len(yes.accounts) == 2 or yes.is_proved))
        )
        if right:
            if by.pk == kept.pk:
                merge.kept_yes_at = at
            else:
                merge.gone_yes_at = at
            merge.save(update_fields=["kept_yes_at", "gone_yes_at"])
            said = {
                pk
                for pk, when in ((kept.pk, merge.kept_yes_at), (gone.pk, merge.gone_yes_at))
                if when
            }
            if said >= set(yes.accounts):
                problem = rules.in_the_way(kept, gone, at)
                if problem:
                    raise CannotJoin(problem)
                merge.answered_at = at
                _do(merge, kept, gone, by=merge.by or by, at=at)
        else:
            merge.wrong_answers += 1
            if merge.wrong_answers >= rules.WRONG_ANSWERS or not asked:
                merge.state, merge.answered_at = Merge.State.REFUSED, at
            merge.save(update_fields=["wrong_answers", "state", "answered_at"])
    if not right:
        raise WrongAnswer
    return merge


# --- Two accounts of one's own -------------------------------------------------------------------

_OWN = "people.merging.own"
_GOOD_FOR = dt.timedelta(hours=1)


class WordIsOver(Exception):
    """The word is none of ours, older than an hour, used, or of this very account."""

    is_expected = True


def word_for(person: Person) -> str:
    """Return the word that shows, for an hour, that whoever brings it signed in as `person`."""
    return signing.dumps(person.pk, salt=_OWN, compress=True)


def join_own(me: Person, word: str, *, keep_mine: bool, at: dt.datetime) -> Merge:
    """Join the accounts of somebody who signs in as `me` and brings the word of the other.

    Both are shown to be theirs: they signed in there for the word, and here to bring it.
    Afterwards only the one that stays signs in, with its own password and second step; the
    other's sessions end, and its way in waits in case they are parted. A word works once. Raises
    WordIsOver, or CannotJoin with a sentence.
    """
    try:
        other_pk = signing.loads(word.strip(), salt=_OWN, max_age=_GOOD_FOR)
    except signing.BadSignature:
        raise WordIsOver from None
    if other_pk == me.pk:
        raise WordIsOver
    with transaction.atomic():
        people = _lock(me.pk, other_pk)
        mine, other = people.get(me.pk), people.get(other_pk)
        mark = f"own-{hashlib.sha256(word.strip().encode()).hexdigest()[:32]}"
        if mine is None or other is None or Merge.objects.filter(client_key=mark).exists():
            raise WordIsOver
        kept, gone = (mine, other) if keep_mine else (other, mine)
        if len(rules.yes_needed(kept, gone, at).accounts) != 2:
            raise WordIsOver
        problem = rules.in_the_way(kept, gone, at)
        if problem:
            raise CannotJoin(problem)
        # What an officer had asked about these two is answered by it.
        Merge.objects.filter(
            state=Merge.State.ASKED, kept__in=[mine, other], gone__in=[mine, other]
        ).update(state=Merge.State.DROPPED, answered_at=at)
        try:
            with transaction.atomic():
                merge = Merge.objects.create(
                    kept=kept, gone=gone, state=Merge.State.ASKED, by=me, asked_at=at,
                    why=gettext("They signed in as both, and joined them themselves."),
                    client_key=mark, kept_yes_at=at, gone_yes_at=at, answered_at=at,
                )  # fmt: skip
        except IntegrityError:
            raise CannotJoin(
                _("One of these records is waiting for a yes already. Ring us, and we'll look.")
            ) from None
        went = rules.account_of(gone)
        _do(merge, kept, gone, by=me, at=at)
    if went is not None:  # where they signed in: a word may be talked out of somebody
        get_adapter().tell_joined(went)
    return merge


@transaction.atomic
def say_no(merge: Merge, *, by: Person, at: dt.datetime) -> None:
    """The person says that the other record isn't theirs: never suggested again."""
    if by.pk not in (merge.kept_id, merge.gone_id):
        raise NotTheirs
    changed = Merge.objects.filter(pk=merge.pk, state=Merge.State.ASKED).update(
        state=Merge.State.REFUSED, answered_at=at
    )
    if changed:
        one, other = sorted((merge.kept_id, merge.gone_id))
        Pair.objects.update_or_create(
            one_id=one,
            other_id=other,
            defaults={"state": Pair.State.TWO, "decided_by": by, "decided_at": at},
            create_defaults={
                "state": Pair.State.TWO, "decided_by": by, "decided_at": at, "points": 0,
                "found_at": at,
            },
        )  # fmt: skip


@transaction.atomic
def drop(merge: Merge, *, by: Person, at: dt.datetime) -> bool:
    """Ask no more; return whether it still waited."""
    if not rules.can_see_merge(by, merge):
        raise NotTheirs
    return bool(
        Merge.objects.filter(pk=merge.pk, state=Merge.State.ASKED).update(
            state=Merge.State.DROPPED, answered_at=at
        )
    )


def _do(merge: Merge, kept: Person, gone: Person, *, by: Person, at: dt.datetime) -> None:
    """Join them. Both rows are held."""
    new = details.joined(kept, gone, merge.chosen)
    was = {name: getattr(kept, name) for name in new}
    # Restrictions first: nothing below may be seen by more people for a moment.
    for name, noun in movers.nouns.items():
        merge.nouns[name] = noun.join(kept, gone, by=by, at=at)
    movers.move_all(merge, kept, gone)
    Person.objects.filter(pk=kept.pk).update(**new)
    Person.objects.filter(pk=gone.pk).update(state=Person.State.MERGED, merged_into=kept)
    merge.details = {
        name: [details.as_json(was[name]), details.as_json(value)]
        for name, value in new.items()
        if was[name] != value
    }
    merge.state, merge.done_at = Merge.State.DONE, at
    merge.save()
    for _name, settle in settlers.items():
        settle(merge)
    account = rules.account_of(gone)
    if account is not None:
        account.sessions.all().delete()
    one, other = sorted((kept.pk, gone.pk))
    Pair.objects.filter(one=one, other=other).delete()
    # Another question about the one that is gone leads nowhere now.
    Merge.objects.filter(state=Merge.State.ASKED, kept=gone).update(
        state=Merge.State.DROPPED, answered_at=at
    )
    ToMatch.objects.update_or_create(person=kept, defaults={"since": at})
    kept.refresh_from_db()
    gone.refresh_from_db()
    telling.tell(
        "record-joined",
        kept,
        key=f"joined-{merge.handle}",
        title=_("We had two records of you. Now there is one"),
        body=_("Each had a part of what we know. Tell us if they were not both yours."),
        path=reverse("people:my_record"),
        at=at,
    )
    movers.mark(merge)
    merge.save(update_fields=["marks"])


# --- Parting ------------------------------------------------------------------------------------


@transaction.atomic
def part(
    merge: Merge, *, by: Person, at: dt.datetime, why: str, give: set[str] | None = None
) -> Merge:
    """They are two people after all: each gets back what was theirs. Twice is once.

    `give` names what came since (keys of `movers.since`) and belongs to the other one. Raises
    NotTheirs, or CannotJoin with a sentence.
    """
    people = _lock(merge.kept_id, merge.gone_id)
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.state == Merge.State.UNDONE:
        return merge
    kept, gone = people[merge.kept_id], people[merge.gone_id]
    merge.kept, merge.gone = kept, gone
    if not rules.can_see_merge(by, merge):
        raise NotTheirs
    problem = cannot_part(merge)
    if problem:
        raise CannotJoin(problem)
    movers.give(merge, give or set())
    movers.move_back(merge)
    back = {
        name: details.from_json(name, was)
        for name, (was, became) in merge.details.items()
        if details.as_json(getattr(kept, name)) == became
    }
    if back:
        Person.objects.filter(pk=kept.pk).update(**back)
    Person.objects.filter(pk=gone.pk, merged_into=kept).update(
        state=Person.State.ACTIVE, merged_into=None
    )
    for name, noun in reversed(movers.nouns.items()):
        if name in merge.nouns:
            noun.part(merge, merge.nouns[name], by=by, at=at)
    merge.state, merge.undone_at, merge.undone_by, merge.undone_why = (
        Merge.State.UNDONE, at, by, why,
    )  # fmt: skip
    merge.save()
    for _name, settle in settlers.items():
        settle(merge)
    one, other = sorted((kept.pk, gone.pk))
    Pair.objects.update_or_create(
        one_id=one,
        other_id=other,
        defaults={"state": Pair.State.TWO, "decided_by": by, "decided_at": at},
        create_defaults={
            "state": Pair.State.TWO, "decided_by": by, "decided_at": at, "points": 0,
            "found_at": at,
        },
    )  # fmt: skip
    kept.refresh_from_db()
    gone.refresh_from_db()
    for person in (kept, gone):
        telling.tell(
            "record-joined",
            person,
            key=f"parted-{merge.handle}",
            title=_("Your record stands by itself again"),
            body=_("We had joined it to another one by mistake. We are sorry."),
            path=reverse("people:my_record"),
            at=at,
        )
    return merge


def cannot_part(merge: Merge) -> Any:
    """Return the sentence that says why this joining can't be taken back, or None."""
    if merge.state != Merge.State.DONE:
        return _("These two are not joined.")
    if merge.kept.state != Person.State.ACTIVE:
        return _("The record they are joined to is closed, stopped or joined to another one.")
    if rules.has_later(merge):
        return _("Another record was joined after this one. Part that one first.")
    if not merge.marks:
        return _("It was too long ago: what we would need to part them is no longer kept.")
    return None


settlers: movers.Registry[Any] = movers.Registry("what is counted afresh after joining or parting")


# --- Is this you? -------------------------------------------------------------------------------


def remember(former: Person, person: Person, *, at: dt.datetime) -> None:
    """Note that `former`'s number was this person's, so that the read log goes on knowing it."""
    Former.objects.get_or_create(former_id=former.pk, defaults={"person": person, "at": at})
