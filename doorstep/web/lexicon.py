"""The words people use here: which belong together, and which one was meant.

`refresh()` (a tick of the worker) collects them into `SearchWord`; each process keeps them in
memory. Only words any member may read are collected.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

from django.db import transaction
from django.db.models import Q
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from doorstep.base.remembering import Remembered
from doorstep.feed.models import Post, Readers
from doorstep.gatherings.models import Gathering
from doorstep.places.models import Area, Venue
from doorstep.teams.models import Team
from doorstep.web.models import SearchWord

READ_POSTS = 20_000  # the newest; older words are found as well, only not corrected to
MOST_WORDS = 40_000
KEPT_SECONDS = 900.0
LONGEST = 40

_TOKEN = re.compile(r"[^\W_]+")


class _Folding(dict[int, str]):
    """Each letter without its accents, small; always one letter for one, so places stay."""

    def __missing__(self, code: int) -> str:
        letter = unicodedata.normalize("NFKD", chr(code))[0].lower()[0]
        self[code] = letter
        return letter


_folding = _Folding()


def fold(text: str) -> str:
    """Return `text` in small letters without accents, as long as before."""
    return text.lower() if text.isascii() else text.translate(_folding)


def tokens(text: str) -> list[str]:
    """Return the words of a text, folded. Apostrophes join: “can't” is “cant”."""
    return _TOKEN.findall(fold(text.replace("’", "").replace("'", "")))


@lru_cache(20_000)
def stem(word: str) -> str:
    """Return what “mend”, “mends”, “mended” and “mending” have in common (English only)."""
    if len(word) < 4 or not word.isascii():
        return word
    root = word
    for ending in ("ings", "ing", "ies", "es", "ed", "s"):
        rest = word[: -len(ending)]
        if (
            word.endswith(ending)
            and len(rest) >= 3
            and not (ending == "s" and word.endswith("ss"))
            and any(letter in "aeiouy" for letter in rest)
        ):
            root = rest + "y" if ending == "ies" else rest
            if (
                ending in ("ing", "ings", "ed")
                and root[-1] == root[-2]
                and root[-1] not in "aeiouylsz"
            ):
                root = root[:-1]
            break
    return root[:-1] if root.endswith("e") and len(root) > 3 else root


class Lexicon:
    """All known words, in memory."""

    def __init__(self, rows: Iterable[tuple[str, int, bool]]) -> None:
        self.count: Counter[str] = Counter()
        self.open: set[str] = set()
        # Folded word -> as written, where that differs (PostgreSQL's index keeps accents).
        self.written: dict[str, set[str]] = defaultdict(set)
        for word, count, is_open in rows:
            folded = fold(word)
            self.count[folded] += count
            if is_open:
                self.open.add(folded)
            if folded != word:
                self.written[folded].add(word)
        self.sorted = sorted(self.count)
        self.families: dict[str, list[str]] = defaultdict(list)
        for word in self.sorted:
            self.families[stem(word)].append(word)
        self.by_length: dict[int, list[str]] = defaultdict(list)
        for word in self.sorted:
            self.by_length[len(word)].append(word)

    def __contains__(self, word: str) -> bool:
        return word in self.count

    def expand(self, word: str) -> list[str]:
        """Return the word and its relatives; an unknown beginning brings its commonest ends."""
        family = [other for other in self.families.get(stem(word), ()) if other != word]
        family.sort(key=lambda other: -self.count[other])
        found = [word, *family[:4]]
        if word not in self.count and len(word) >= 3:
            found += [one for one in self.completions(word) if one not in found][:6]
        return found

    def completions(self, beginning: str) -> list[str]:
        """Return the words that begin so, the commonest first."""
        start = bisect_left(self.sorted, beginning)
        end = bisect_left(self.sorted, beginning + "\U0010ffff")
        return sorted(self.sorted[start:end][:400], key=lambda one: -self.count[one])

    def nearest(self, word: str, *, open_only: bool) -> str | None:
        """Return the known word that was probably meant, or None.

        One slip in a short word, two from seven letters on; among equals the commonest.
        """
        if len(word) < 4 or any(letter.isdigit() for letter in word):
            return None
        slips = 1 if len(word) < 7 else 2
        choices: list[str] = []
        for length in range(len(word) - slips, len(word) + slips + 1):
            choices += self.by_length.get(length, ())
        found = extract(word, choices, scorer=OSA.distance, score_cutoff=slips, limit=40)
        best = [
            (distance, other[0] != word[0], -self.count[other], other)
            for other, distance, _index in found
            if len(other) > 2 and (other in self.open or not open_only)
        ]
        return min(best)[3] if best else None


def _read(_before: Lexicon | None) -> Lexicon:
    return Lexicon(SearchWord.objects.values_list("word", "count", "is_open"))


# The words in memory. Just after the first start there are none yet: look again soon.
lexicon = Remembered(_read, lambda made: KEPT_SECONDS if made.count else 30.0)


def _collect() -> dict[str, list[int]]:
    """Return [count, 1 if open to visitors] by word."""
    found: dict[str, list[int]] = {}

    def take(text: str, is_open: bool) -> None:
        for word in set(_TOKEN.findall(text.replace("’", "").replace("'", "").lower())):
            if 2 < len(word) <= LONGEST and not word.isdigit():
                row = found.setdefault(word, [0, 0])
                row[0] += 1
                row[1] |= is_open

    posts = (
        Post.objects.live()
        .filter(readers__in=[Readers.EVERYONE, Readers.MEMBERS])
        .filter(Q(channel__team=None) | Q(channel__team__is_private=False))
        .order_by("-id")
        .values_list("title", "text", "readers")[:READ_POSTS]
    )
    for title, text, readers in posts.iterator(chunk_size=2000):
        take(f"{title} {text[:4000]}", readers == Readers.EVERYONE)
    for name, purpose, place in Team.objects.visible_to(None).values_list(
        "name", "purpose", "place"
    ):
        take(f"{name} {purpose} {place}", True)
    # What a visitor may see is what everybody may see.
    for title, description in Gathering.objects.visible_to(None).values_list(
        "title", "description"
    ):
        take(f"{title} {description}", True)
    for model in (Area, Venue):
        for name in model._default_manager.values_list("name", flat=True):
            take(name, True)
    return found


def refresh() -> int:
    """Collect the words afresh; return how many there are. May run at any time, twice as well."""
    found = _collect()
    kept = sorted(found.items(), key=lambda row: (-row[1][0], row[0]))[:MOST_WORDS]
    wanted = {word: (count, bool(is_open)) for word, (count, is_open) in kept}
    there = {
        word: (count, is_open)
        for word, count, is_open in SearchWord.objects.values_list("word", "count", "is_open")
    }
    gone = [word for word in there if word not in wanted]
    changed = [
        SearchWord(word=word, count=count, is_open=is_open)
        for word, (count, is_open) in wanted.items()
        if there.get(word) != (count, is_open)
    ]
    # Short transactions, so that nobody who posts has to wait.
    for start in range(0, len(gone), 500):
        SearchWord.objects.filter(word__in=gone[start : start + 500]).delete()
    for start in range(0, len(changed), 2000):
        with transaction.atomic():
            SearchWord.objects.bulk_create(
                changed[start : start + 2000],
                update_conflicts=True,
                unique_fields=["word"],
                update_fields=["count", "is_open"],
            )
    return len(wanted)
