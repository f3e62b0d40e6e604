"""Whose name it is: each word of a text, with what tells a name from a word."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doorstep.connect.deidentify.spans import Span
from doorstep.connect.deidentify.words import KIN, NOT_NAMES, TITLES, folded, named, ordinary

if TYPE_CHECKING:
    import numpy as np

MODEL = Path(__file__).parent / "data" / "names.npz"
# A word: letters (with marks, as Bengali has them), joined by hyphens and apostrophes.
_WORD = re.compile(
    r"(?:[^\W\d_]|[\u0300-\u036f\u0981-\u09fe\u064b-\u065f])+"
    r"(?:['’\u2011-](?:[^\W\d_]|[\u0300-\u036f\u0981-\u09fe])+)*"
)
_POSSESSIVE = re.compile(r"['’](?:s|S)$")
_CONTRACTED = frozenset(
    """
    i'm i've i'll i'd it's he's she's that's what's who's there's here's let's don't can't
    won't isn't wasn't didn't doesn't couldn't wouldn't shouldn't haven't hasn't hadn't aren't
    weren't we're they're you're we've they've you've we'll they'll you'll he'll she'll he'd
    she'd o'clock ain't y'all it'll that'll mum's dad's mustn't needn't
    """.split()  # noqa: SIM905
)
# Words whose own shape, beside another, tells a good deal.
_TELLING = (
    TITLES
    | KIN
    | frozenset(
        """
    called named name names names's known nickname is was am are i'm im this it's its hi hello
    hey dear love from to for with by and or & re ask tell told asked ring rang call see met
    saw thank thanks cheers regards sincerely faithfully yours sign signed speak spoke speaks
    says said who has had wants will would can could went came comes lives lived of at in on
    the a an my his her our their your no not surname forename forenames preferred aka
    signature attended apologies contact born died client patient caller between about old
    little big young poor late dont doesn't as if when that he she they we you i if says likes
    knows nazywam imie numele mano vardas naam naamer ka ki ke ji sahib saheb bhai apa begum o
    a do da de pana pani pan but then so visit visited find help give left without because
    since after before
    """.split()  # noqa: SIM905
    )
)
_ENDS = """
    ova ovic owa owski owska ski ska cki cka wicz czyk escu eanu iene aite yte auskas evicius
    enko chuk yan ian idze shvili oglu son sen sson wala jee singh kaur ullah uddin ali khan
    abad lah ita ina elle ette bert ward ton ley worth ham ford well man mann berg stein feld
    baum etti ini ello ano eira eiro ez es os iou opoulos akis ola ade ayo tunde femi olu ola
    nma chi eka ngo adze mba ye ie ey a o u i
""".split()  # noqa: SIM905


@dataclass(frozen=True)
class Word:
    """A word with where it stands. `opens` says a sentence or line begins with it."""

    said: str
    start: int
    end: int
    key: str
    opens: bool


def split(text: str) -> list[Word]:
    """Return the words of a text; “'s” is left off, initials (“A.”) keep their letter only."""
    found: list[Word] = []
    last = 0
    for match in _WORD.finditer(text):
        said, start, end = match[0], match.start(), match.end()
        tail = _POSSESSIVE.search(said)
        if tail and folded(said) not in _CONTRACTED:
            said, end = said[: tail.start()], end - (len(said) - tail.start())
        if not said:
            continue
        gap = text[last:start]
        opens = not found or bool(re.search(r"[.!?:;\n•*\"“”‘(\[–—>|]|^ ?['‘]|- ", gap))
        if opens and found and re.fullmatch(r"\.\s?", gap) and len(found[-1].said) == 1:
            opens = False  # “A. E. Notley”
        if opens and found and gap.startswith(".") and found[-1].key in TITLES:
            opens = False  # “Mr. Tran”
        found.append(Word(said, start, end, folded(said), opens))
        last = match.end()
    return found


def _shape(said: str) -> str:
    if len(said) == 1:
        return "I" if said.isupper() else "i"
    letters = [c for c in said if c.isalpha()]
    if not any(c.isupper() or c.islower() for c in letters):
        return "other"
    if said.isupper():
        return "U"
    if said[0].isupper():
        return "T"
    return "l" if said.islower() else "m"


def _lists(key: str, known: dict[str, str], plain: dict[str, int]) -> tuple[str, str]:
    """Return (what the name lists say, how ordinary a word it is)."""
    sort = known.get(key, "")
    tier = plain.get(key, 0)
    if not sort and "-" in key:
        parts = [known.get(part, "") for part in key.split("-")]
        sort = next((p for p in parts if p), "")
        tier = min((plain.get(part, 0) for part in key.split("-")), default=0)
    if not tier and key in _CONTRACTED:
        tier = 1
    if not tier and key.endswith("s"):
        tier = plain.get(key[:-1], 0)
    return sort or "-", str(tier)


def features(
    text: str, words: Sequence[Word], *, forget: frozenset[int] = frozenset()
) -> list[list[str]]:
    """Return what is telling about each word. `forget` are words to read as in no name list."""
    known, plain = named(), ordinary()
    shapes = [_shape(word.said) for word in words]
    lists = [
        ("-", "0" if lists_[1] == "0" else lists_[1]) if at in forget else lists_
        for at, lists_ in ((at, _lists(word.key, known, plain)) for at, word in enumerate(words))
    ]
    letters = [c for c in text if c.isalpha()]
    small = sum(c.isupper() for c in letters) <= 0.01 * max(1, len(letters))
    large = sum(c.isupper() for c in letters) > 0.7 * max(1, len(letters))
    latin = sum("LATIN" in unicodedata.name(c, "") for c in letters[:200]) / max(
        1, len(letters[:200])
    )
    known_share = sum(1 for _s, tier in lists if tier != "0") / max(1, len(lists))
    foreign = "F" if known_share < 0.55 else "E"
    case = "small" if small else "large" if large else "mixed"
    middle = {w.key for w, s in zip(words, shapes, strict=True) if s == "T" and not w.opens}
    low = {w.key for w, s in zip(words, shapes, strict=True) if s == "l"}
    rows = []
    for at, word in enumerate(words):
        shape, (sort, tier) = shapes[at], lists[at]
        stop = "stop" if word.key in NOT_NAMES else ""
        common = f"{shape}{'^' if word.opens else ''}|{sort}|{tier}{stop}"
        row = [
            f"c={common}",
            f"c={common}|{case}|{foreign}",
            f"case={case}|{shape}",
            f"sort={sort}|{tier}",
            f"shape={shape}|{'^' if word.opens else ''}",
            f"{stop}",
            f"len={min(len(word.said), 8)}|{shape}",
        ]
        if latin < 0.5:
            row.append(f"script|{sort}")
        if tier == "0" and not stop:
            row += [f"end={e}|{shape}" for e in _ENDS if word.key.endswith(e)][:2]
        if word.opens and word.key in middle:
            row.append("seen-capital")
        if shape == "T" and word.key in low:
            row.append("seen-small")
        for offset in (-2, -1, 1, 2):
            near = at + offset
            if not 0 <= near < len(words):
                row.append(f"{offset}=edge")
                row.append(f"{offset}=edge|{shape}|{sort}")
                continue
            other = words[near]
            gap = text[word.end : other.start] if offset > 0 else text[other.end : word.start]
            gap = re.sub(r"['’]s\b", "S", gap)
            broken = "." if re.search(r"[.!?\n]", gap) and offset in (-1, 1) else ""
            if abs(offset) == 1:
                mark = gap.strip() or ("nl" if "\n" in gap else "_")
                mark = mark[:2] if offset > 0 else mark[-2:]
                row += [f"{offset}gap={mark}|{shape}", f"{offset}gap={mark}|{sort}|{tier}"]
                row.append(
                    f"{offset}n={shapes[near]}|{lists[near][0]}|{lists[near][1]}{broken}|{shape}"
                )
                row.append(
                    f"{offset}n={shapes[near]}|{lists[near][0]}|{broken}|{shape}|{sort}|{tier}"
                )
            if other.key in _TELLING:
                sort_of = (
                    "title" if other.key in TITLES else "kin" if other.key in KIN else other.key
                )
                row += [f"{offset}w={other.key}{broken}|{shape}", f"{offset}w={sort_of}{broken}"]
                row.append(f"{offset}w={sort_of}{broken}|{shape}|{sort}|{tier}")
        if word.key in TITLES or word.key in KIN:
            row.append("self=title")
        rows.append(row)
    return rows


@dataclass(frozen=True)
class Model:
    """Weights: by feature, and over what a word means where it stands (384 numbers)."""

    weights: dict[str, float]
    start: float
    meaning: Any  # (384,) or None
    plain_weights: dict[str, float]
    plain_start: float
    bar: float
    plain_bar: float


@lru_cache(1)
def model() -> Model:
    """Return the learned weights."""
    import numpy as np

    with np.load(MODEL) as held:
        keys = json.loads(bytes(held["keys"]).decode())
        return Model(
            dict(zip(keys, held["weights"].tolist(), strict=True)),
            float(held["starts"][0]),
            held["meaning"].astype("float32"),
            dict(zip(keys, held["plain"].tolist(), strict=True)),
            float(held["starts"][1]),
            float(held["starts"][2]),
            float(held["starts"][3]),
        )


def scores(text: str, words: Sequence[Word], meanings: np.ndarray[Any, Any] | None) -> list[float]:
    """Return how likely each word is part of a person's name, as a logit above the bar."""
    rows = features(text, words)
    it = model()
    if meanings is None:
        return [
            it.plain_start + sum(it.plain_weights.get(f, 0.0) for f in row) - it.plain_bar
            for row in rows
        ]
    # Two readers, one with meanings and one without, err in different places: take the middle.
    extra = meanings @ it.meaning
    return [
        0.6 * (it.start + sum(it.weights.get(f, 0.0) for f in row) + float(extra[at]) - it.bar)
        + 0.4 * (it.plain_start + sum(it.plain_weights.get(f, 0.0) for f in row) - it.plain_bar)
        for at, row in enumerate(rows)
    ]


_CAP = r"[^\W\d_a-zß-öø-ÿ][\w'’-]+"
_LETTERS = r"[\u0980-\u09ff\u0600-\u06ff]+"
# Where somebody says outright what a name is.
_SAID_TO_BE = (
    re.compile(
        rf"\b({_CAP}) is (?:his|her|their|my|the) (?:first |real |given |middle |last |sur|"
        r"only |full |nick)?name\b"
    ),
    re.compile(
        r"(?:^|(?<=[.!?:] )|(?<=called )|(?<=as )|(?<=call (?:him|her) ))"
        rf"[\"“]({_CAP}(?: {_CAP})?)[\"”](?= (?:at|in|on|from|says|said|is|was|has|lives|and|"
        r"who|wants|will|runs|rang)\b|[.,] )"
    ),
    re.compile(
        rf"\b(?:[Cc]all(?:s|ed)? (?:him|her|me|them|himself|herself)|[Kk]nown as|[Aa]nswers to|"
        rf"[Gg]oes by|[Nn]icknamed|[Ss]hort for|[Ff]irst name|[Ss]urname|[Ff]orenames?|[Nn]ame "
        rf"is|[Nn]ame['’]s|[Nn]ame of|[Aa] ?k ?a|née|[Nn]azywam się|[Mm]am na imię|[Mm]ano "
        rf"vardas|[Nn]umele meu este|[Mm]ă numesc|[Mm]e llamo|[Jj]e m['’]appelle|[Mm]era naam|"
        rf"[Mm]agacaygu waa|[Oo]rukọ mi ni|[Mm]i chiamo|[Mm]eu nome é|[Mm]e chamo|[Aa]mar nam|"
        rf"[Uu]në jam|[Bb]en adım)[ :]+[\"“]?({_CAP}(?: {_CAP}){{0,2}})"
    ),
    # “client J.K.”, “thank K for the soup”: letters in place of a name.
    re.compile(
        r"\b(?:[Cc]lient|[Pp]atient|[Cc]aller|[Rr]esident|[Tt]enant|[Ss]ervice user)s? "
        r"([A-Z]\.? ?[A-Z]\b)"
    ),
    re.compile(
        r"\b(?:thank|thanked|tell|told|ask|asked|met|meet|visit|visited|rang|saw|from|for|with) "
        r"([B-HJ-Z])(?=[ ,.!?](?! ?[A-Z0-9])|$)"
    ),
    re.compile(r"\b(?:[Ll]ove|[Tt]hanks|[Rr]egards)(?: from)? [A-Z] and ([B-HJ-Z])\b"),
    re.compile(
        rf"(?:নাম|نام)(?: (?:হলো|হল|হচ্ছে))?[ :]+({_LETTERS}(?: {_LETTERS}){{0,1}}?)"
        r"(?=[,،।.۔\n]| ہے| হয়|$)"
    ),
    re.compile(
        rf"({_LETTERS} (?:বেগম|খাতুন|মিয়া|হক|আলী|আলি|রহমান|উদ্দিন|চৌধুরী|ইসলাম|আক্তার|হোসেন|"
        rf"আহমেদ|খান|সরকার|দাস|بیگم|خان|احمد|علی|اختر|پروین|حسین|شاہ|کور|اقبال|محمود))"
    ),
    re.compile(
        rf"({_LETTERS})(?= (?:সাহেব|ভাই|আপা|খালা|চাচা|দিদি|দাদা|صاحب|صاحبہ|باجی|بھائی|"
        r"بی بی|خالہ|چچا|آپا))"
    ),
)
# “vitamin D”, “plan B”: a letter that is no name.
_LETTERED = re.compile(
    r"\b(?:vitamin|plan|section|part|hepatitis|type|group|grade|block|option|form|class|zone) $",
    re.IGNORECASE,
)
_PEOPLE_DO = frozenset(
    """
    rang rings phoned said says wants wanted asked asks told tells knows thinks likes loves misses
    hates worries sings drives cooks smokes limps hopes lives can't won't doesn't didn't couldn't
    wouldn't
    """.split()  # noqa: SIM905
)
_PEOPLE_HAVE = frozenset(
    """
    hip hips knee knees leg legs back eyes hearing heart hands feet phone number door flat house
    home address email kids children grandson granddaughter pension tablets birthday dog cat
    """.split()  # noqa: SIM905
)
_STRICT_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx"})
_WHOSE_LETTERS = frozenset({"client", "patient", "caller", "resident", "tenant", "user", "pupil"})
# Months that are also names, and what stands beside them where they are months.
_DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())  # noqa: SIM905
_MONTHS_TOO = frozenset({"april", "may", "june", "august", "avril", "mai", "juin"})
_MONTH_AFTER = re.compile(
    r"(?:\d(?:st|nd|rd|th)?|[a-z]+th|first|second|third)(?: of)?,? $|"
    r"\b(?:in|since|until|till|last|next|early|late|mid|every|during|this)[ -]$",
    re.IGNORECASE,
)
_MONTH_BEFORE = re.compile(r",? ?(?:the )?(?:\d|is the month)")


def _is_month(text: str, word: Word) -> bool:
    return bool(
        _MONTH_AFTER.search(text[max(0, word.start - 16) : word.start])
        or _MONTH_BEFORE.match(text, word.end)
    )


# After these stands a name, with a capital or without.
_BEFORE_A_NAME = frozenset(
    """
    mr mrs ms miss mx dr auntie aunty uncle pan pani doamna domnul sister brother baba chacha
    khala bhai apa cllr rev
    """.split()  # noqa: SIM905
)
_CLOSES = re.compile(
    r"(?:thanks|thank you|cheers|love|regards|wishes|yours|faithfully|sincerely|ta|bye|best|x|soon|"
    r"there|later|night|morning|week)[ ,.!–-]*\s*$|\n$|[–-] ?$",
    re.IGNORECASE,
)
_SPELLED = re.compile(r"(?<!\w)(?:[A-Z][ .-]){3,}[A-Z](?!\w)")


def names(
    text: str, taken: Sequence[Span], meanings: np.ndarray[Any, Any] | None, words: list[Word]
) -> list[Span]:
    """Return people's names; what `taken` covers is none."""
    if not words:
        return []
    held = scores(text, words, meanings)
    free = [
        not any(w.start < t.end and t.start < w.end for t in taken)
        and w.key not in _DAYS
        and not (w.key in _MONTHS_TOO and _is_month(text, w))
        and not (len(w.said) == 1 and _LETTERED.search(text[max(0, w.start - 12) : w.start]))
        for w in words
    ]
    shapes = [_shape(w.said) for w in words]
    # One letter alone is seldom somebody.
    bars = [1.5 if shape == "I" else 6.0 if shape == "i" else 0.0 for shape in shapes]
    chosen = [score > bar and ok for score, bar, ok in zip(held, bars, free, strict=True)]
    # What is surely somebody's name here is their name wherever it stands with a capital.
    sure = {
        w.key
        for w, score, yes, s in zip(words, held, chosen, shapes, strict=True)
        if yes and score > 1.5 and s in ("T", "U", "other") and len(w.said) > 2
    }
    small = {
        w.key
        for w, score, yes, s in zip(words, held, chosen, shapes, strict=True)
        if yes and score > 1.5 and s == "l" and w.key not in ordinary()
    }
    for at, word in enumerate(words):
        if chosen[at] or not free[at]:
            continue
        if word.key in sure and shapes[at] in ("T", "U") and held[at] > -2.5:
            chosen[at] = True
        if word.key in sure | small and word.key not in ordinary() and word.key not in NOT_NAMES:
            chosen[at] = True
    known, plain = named(), ordinary()
    for order in (range(len(words)), range(len(words) - 1, -1, -1)):
        for at in order:
            word = words[at]
            if chosen[at] or not free[at] or shapes[at] not in ("T", "U") or len(word.said) < 2:
                continue
            if word.key in NOT_NAMES or word.key in TITLES | KIN or held[at] < -3.5:
                continue
            if word.key in plain and (held[at] < -1.5 or word.key not in known):
                continue
            # Beside a name, with nothing but a space between, stands another part of it.
            if any(
                0 <= near < len(words)
                and chosen[near]
                and shapes[near] in ("T", "U")
                and text[min(word.end, words[near].end) : max(word.start, words[near].start)] == " "
                for near in (at - 1, at + 1)
            ):
                chosen[at] = True
    for at, word in enumerate(words):
        if chosen[at] or not free[at] or not at or shapes[at] != "T" or held[at] < -2.5:
            continue
        # “her sister Joy”, “Mr. Hope”.
        led = words[at - 1].key in TITLES | KIN and words[at - 1].key not in ("lady", "man", "pan")
        if led and "g" in known.get(word.key, "") + "g" * (word.key not in plain):
            gap = text[words[at - 1].end : word.start]
            chosen[at] = gap == " " or (gap == ". " and words[at - 1].key in TITLES)
    for at, word in enumerate(words):
        if chosen[at] or not free[at] or word.key in NOT_NAMES | TITLES | KIN or len(word.said) < 2:
            continue
        before = words[at - 1] if at else None
        gap = text[before.end : word.start] if before else ""
        rare = word.key not in plain
        if shapes[at] == "T" and rare and known.get(word.key, "p") != "p":
            # No word of the language, and a name in some list: less need to be sure.
            chosen[at] = held[at] > -1.5
        if (
            before
            and gap == " "
            and shapes[at] == "T"
            and held[at] > -4.0
            and chosen[at - 1]
            and shapes[at - 1] == "T"
            and "g" in known.get(before.key, "")
            and before.key not in plain
        ):
            # What follows a given name with a capital is the family's name, a word or not.
            chosen[at] = True
        if (
            before
            and shapes[at] == "l"
            and before.key in _BEFORE_A_NAME
            and re.fullmatch(r"\.? ", gap)
            and held[at] > -4.0
            and plain.get(word.key, 0) != 1
        ):
            # “mr li”, “auntie shaz”: nobody troubled with capitals.
            chosen[at] = rare or known.get(word.key, "p") != "p"
    for at, word in enumerate(words):
        if chosen[at] or not free[at] or not at:
            continue
        before = words[at - 1]
        if text[before.end : word.start] not in (" ", ". "):
            continue
        # “Mr Park”: after these any word with a capital is a name. “client KM”: letters for one.
        # “zainab h”: the family's name as a letter.
        led = before.key in _STRICT_TITLES and shapes[at] == "T"
        letters = (
            before.key in _WHOSE_LETTERS
            and shapes[at] == "U"
            and 2 <= len(word.said) <= 3
            and word.key not in NOT_NAMES
        )
        initial = (
            chosen[at - 1]
            and len(before.said) > 1
            and len(word.said) == 1
            and word.key not in ("i", "a", "x", "o", "u", "r", "n", "c", "e", "y")
            and re.match(r"\W|$", text[word.end :]) is not None
        )
        chosen[at] = led or letters or initial
    for at, word in enumerate(words[:-1]):
        # “Dawn rang”, “Daisy's son”: a word of the language, and what people alone do or have.
        if chosen[at] or not free[at] or shapes[at] != "T" or held[at] < -4.0:
            continue
        behind = words[at + 1]
        gap = text[word.end : behind.start]
        does = gap == " " and behind.key in _PEOPLE_DO
        has = re.fullmatch(r"['’]s ", gap) and behind.key in KIN | _PEOPLE_HAVE
        if "g" in known.get(word.key, "") and word.key not in NOT_NAMES and (does or has):
            chosen[at] = True
    # An initial belongs to the name it stands beside.
    for at, word in enumerate(words):
        if chosen[at] or not free[at] or len(word.said) != 1 or shapes[at] != "I":
            continue
        after = at + 1 < len(words) and chosen[at + 1]
        if after and re.fullmatch(r"[. ]{1,2}", text[word.end : words[at + 1].start]):
            chosen[at] = word.said != "I" or text[word.end] == "."
        # “Mrs B”, and “Thanks, T” at the end.
    for at, word in enumerate(words):
        if chosen[at] or not free[at] or len(word.said) != 1 or shapes[at] != "I":
            continue
        if (
            at
            and words[at - 1].key in TITLES
            and re.fullmatch(r"\.? ", text[words[at - 1].end : word.start])
        ) or (
            _CLOSES.search(text[max(0, word.start - 30) : word.start])
            and re.match(r"\.?\s*x*\s*($|\n)", text[word.end :])
        ):
            chosen[at] = True
    for pattern in _SAID_TO_BE:
        for match in pattern.finditer(text):
            for at, word in enumerate(words):
                if match.start(1) <= word.start < match.end(1) and free[at]:
                    chosen[at] = chosen[at] or (
                        word.key not in NOT_NAMES and word.key not in _TELLING - TITLES
                    )
    spans = []
    at = 0
    while at < len(words):
        if not chosen[at]:
            at += 1
            continue
        first, last = at, at
        while last + 1 < len(words):
            gap = text[words[last].end : words[last + 1].start]
            joined = re.fullmatch(r"[ \u00a0]{1,2}|\. ?|-", gap) is not None and (
                "." not in gap or len(words[last].said) == 1
            )
            if joined and chosen[last + 1]:
                last += 1
            elif (
                joined
                and last + 2 < len(words)
                and words[last + 1].key in _PARTICLES
                and chosen[last + 2]
                and text[words[last + 1].end : words[last + 2].start] in (" ", "-")
            ):
                last += 2
            else:
                break
        end = words[last].end
        if len(words[last].said) == 1 and text[end : end + 1] == "." and shapes[last] == "I":
            end += 1
        best = max(held[first : last + 1])
        spans.append(Span(words[first].start, end, "name", round(_sure(best), 2)))
        at = last + 1
    covered = [(s.start, s.end) for s in spans]
    for match in _SPELLED.finditer(text):
        if not any(s < match.end() and match.start() < e for s, e in covered):
            spans.append(Span(match.start(), match.end(), "name", 0.6))
    return sorted(spans, key=lambda one: one.start)


_PARTICLES = frozenset(
    """
    de da do dos das la las los van der den von bin bint ben al el ul ur du del di san st ap e
    y
    """.split()  # noqa: SIM905
)


def _sure(score: float) -> float:
    import math

    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score + 0.5))))
