"""Questions and insights that are like each other: by what they mean, or by their words.

The vectors are MiniLM's, made by the worker and stored. Where its packages are missing, or a
thing is too new to have been read, shared words decide.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _

from doorstep.learning.models import Meaning, Thing
from doorstep.people.models import Person

AT_ONCE = 200  # things the worker reads in one round
LIKE = 0.42  # of 1; below it two texts have little to do with each other
MOST_LOOKED_AT = 2_000
_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON = frozenset(
    """
    about after again also always another anybody around because been before being both came
    come could does doing done down each else even ever every everybody first from gave give
    goes going good have having here into just keep know learn learned like little made make
    makes many more most much must need never next nobody none once only other others over
    people person really said same says seem seems should since some somebody something still
    such take tell than that their them then there these they thing things think this those
    time told tried under until very want wants week well went were what when where which while
    will with without would your yours
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Alike:
    """A thing that is like another, and why in a few words."""

    thing: Thing
    why: str


def text_of(thing: Thing) -> str:
    return f"{thing.title}. {thing.words}"[:1_500]


def mark_of(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def read_new() -> int:
    """Make the vectors that are missing; return how many. Survives running twice."""
    from doorstep.organisations.finding import meaning

    new = list(
        Thing.objects.live().filter(kind__in=Thing.CARRIED, meaning=None).order_by("-pk")[:AT_ONCE]
    )
    reader = meaning.reader() if new else None
    if reader is None:
        return 0
    texts = [text_of(one) for one in new]
    rows = reader(texts)
    Meaning.objects.bulk_create(
        [
            Meaning(thing=one, mark=mark_of(text), vector=row.astype("float32").tobytes())
            for one, text, row in zip(new, texts, rows, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["thing"],
        update_fields=["mark", "vector"],
    )
    return len(new)


def like(thing: Thing, viewer: Person | None, *, most: int = 4) -> list[Alike]:
    """Return questions and insights the viewer may see that are like this one, likest first."""
    if thing.kind not in Thing.CARRIED or thing.state != Thing.State.LIVE:
        return []
    others = (
        Thing.objects.visible_to(viewer)
        .live()
        .filter(kind__in=Thing.CARRIED)
        .exclude(pk=thing.pk)
        .exclude(leads_to__other=thing)
        .exclude(comes_from__one=thing)
    )
    own = Meaning.objects.filter(thing=thing).first()
    if own is not None:
        found = _by_meaning(own, others, most)
        if found:
            return [Alike(one, _why(thing, one)) for one in found]
        return []
    return [Alike(one, _why(thing, one)) for one in _by_words(thing, others, most)]


def _by_meaning(own: Meaning, others, most: int) -> list[Thing]:  # type: ignore[no-untyped-def]
    import numpy as np

    rows = list(
        Meaning.objects.filter(thing__in=others.order_by("-pk").values("pk")[:MOST_LOOKED_AT])
        .order_by("-thing_id")
        .values_list("thing_id", "vector")
    )
    if not rows:
        return []
    matrix = np.frombuffer(b"".join(bytes(row[1]) for row in rows), dtype=np.float32)
    matrix = matrix.reshape(len(rows), -1)
    scores = matrix @ np.frombuffer(bytes(own.vector), dtype=np.float32)
    best = [at for at in np.argsort(-scores, kind="stable")[:most] if scores[at] >= LIKE]
    ids = [rows[at][0] for at in best]
    things = {one.pk: one for one in Thing.objects.filter(pk__in=ids).select_related("community")}
    return [things[pk] for pk in ids if pk in things]


def _by_words(thing: Thing, others, most: int) -> list[Thing]:  # type: ignore[no-untyped-def]
    mine = _telling_words(text_of(thing))
    if not mine:
        return []
    scored = []
    for one in others.select_related("community").order_by("-pk")[:500]:
        shared = mine & _telling_words(text_of(one))
        if len(shared) >= 2:
            scored.append((len(shared), one.pk, one))
    scored.sort(key=lambda row: (-row[0], -row[1]))
    return [row[2] for row in scored[:most]]


def _stem(word: str) -> str:
    for ending in ("ings", "ing", "ies", "ers", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _telling_words(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text.casefold()) if word not in _COMMON} - _COMMON


def _why(one: Thing, other: Thing) -> str:
    """Say in plain words what two things have to do with each other."""
    mine = _telling_words(text_of(one))
    said: Counter[str] = Counter()
    first: dict[str, str] = {}
    for word in _WORD.findall(text_of(other).casefold()):
        stem = _stem(word)
        if stem in mine and word not in _COMMON:
            said[stem] += 1
            first.setdefault(stem, word)
    words = [first[stem] for stem, _count in said.most_common(3)]
    if not words:
        return _("It says something close to this in other words.")
    if len(words) == 1:
        return _("Both speak of “%(word)s”.") % {"word": words[0]}
    return _("Both speak of “%(words)s” and “%(last)s”.") % {
        "words": "”, “".join(words[:-1]),
        "last": words[-1],
    }
