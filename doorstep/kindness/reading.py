"""What a text seems to be about: fine, for a moderator, or about somebody in danger.

`read(text)` is pure and thread-safe. A reading never decides anything: it brings words to the
writer's own eyes once, and to a person whose job it is. See docs/kindness.md for how well it does.
"""

from __future__ import annotations

import gzip
import json
import math
import operator
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from doorstep.kindness import details, frames, meaning, words

FINE, FLAG, SAFEGUARDING, EMERGENCY = "fine", "flag", "safeguarding", "emergency"
VERDICTS = (FINE, FLAG, SAFEGUARDING, EMERGENCY)
# How grave a verdict is: the queue shows the gravest first.
GRAVITY = {FINE: 0, FLAG: 1, SAFEGUARDING: 2, EMERGENCY: 3}
VERDICT_OF_RULE = {
    "none": FINE,
    "life-at-risk": EMERGENCY,
    "child-at-risk": SAFEGUARDING,
    "adult-at-risk": SAFEGUARDING,
    "self-harm": SAFEGUARDING,
}
MODEL = words.DATA / "model.json.gz"


@dataclass(frozen=True)
class Signal:
    """Something a reading noticed.

    `kind` is "private", "look", "scam", "danger" or "rule"; `where` the characters it stands at,
    start and end; `why` a kind sentence for the writer; `sort` the detail's or the rule's name.
    """

    kind: str
    where: tuple[int, int]
    why: str | Promise
    sort: str


@dataclass(frozen=True)
class Reading:
    """A reading of a text. `rules` are the likeliest first; `score` is 0 to 1, how sure it is."""

    verdict: str
    rules: tuple[str, ...]
    signals: tuple[Signal, ...]
    score: float

    @property
    def is_sure(self) -> bool:
        """Whether it is sure enough to ask a writer, most of whose posts are ordinary."""
        return self.score >= (ASK_OF_DANGER_FROM if self.is_danger else ASK_FROM)

    def sure(self) -> Reading:
        """Return what of it is worth asking a writer about: private details, and what is sure."""
        if self.verdict == FINE or self.is_sure:
            return self
        details_only = tuple(one for one in self.signals if one.sort in WHY_DETAIL)
        return Reading(FINE, (), details_only, self.score) if details_only else NOTHING

    @property
    def is_danger(self) -> bool:
        return self.verdict in (SAFEGUARDING, EMERGENCY)


# A reading of a labelled file names the likeliest; a writer is asked only when it is likelier.
ASK_FROM, ASK_OF_DANGER_FROM = 0.6, 0.6

NOTHING = Reading(FINE, (), (), 0.0)

WHY_DETAIL = {
    "phone": (
        _("This looks like your phone number. Everybody who reads this could ring it."),
        _("This looks like somebody’s phone number. Would they want everybody to have it?"),
    ),
    "address": (
        _("This looks like your address. Everybody who reads this would know where you live."),
        _("This looks like somebody’s address. Would they want everybody to know it?"),
    ),
    "postcode": (
        _("A postcode can lead to a few front doors. The name of the street or ward is enough."),
        _("A postcode can lead to a few front doors. Would they want everybody to know it?"),
    ),
    "email": (
        _("This looks like your e-mail address. Everybody who reads this could write to it."),
        _("This looks like somebody’s e-mail address. Would they want everybody to have it?"),
    ),
    "card": (
        _("This looks like a card number. Somebody could spend your money with it."),
        _("This looks like a card number. Somebody could spend that money with it."),
    ),
    "bank": (
        _("This looks like bank details. They are safer told to one person you know."),
        _("This looks like somebody’s bank details. They are safer not written here."),
    ),
    "nhs": (
        _("This looks like your NHS number. It opens the door to what your doctor knows."),
        _("This looks like somebody’s NHS number. It is theirs to give."),
    ),
    "insurance": (
        _("This looks like a National Insurance number. People use them to pretend to be you."),
        _("This looks like somebody’s National Insurance number. It is theirs to give."),
    ),
    "secret": (
        _("This looks like a PIN or password. Nobody here should ever ask you for it."),
        _("This looks like a PIN or password. It is safer not written anywhere."),
    ),
    "plate": (
        _("This looks like a car’s number plate. It can lead to your front door."),
        _("This looks like a car’s number plate. It can lead to somebody’s front door."),
    ),
    "birth": (
        _("This looks like your date of birth. People use it to pretend to be you."),
        _("This looks like somebody’s date of birth. It is theirs to give."),
    ),
}
WHY_RULE = {
    "hate": _(
        "This may sound as if it is about who people are. Say what somebody did, not what they "
        "look like or where they are from."
    ),
    "scam": _(
        "This sounds like something people use to get money, codes or cards. If somebody asked "
        "you to post it, stop and ask a person you trust."
    ),
    "private-information": _(
        "This may tell something that is somebody else’s to tell. Would they want everybody "
        "here to know?"
    ),
    "harassment": _(
        "This may hurt when the person reads it. Would you say it the same way at their door?"
    ),
    "health-misinformation": _(
        "Somebody may do what this says. A pharmacist, or 111, can say if it is safe for them."
    ),
    "unsafe-offer": _(
        "Kindly meant, but cards, PINs, medicine, gas and looking after people need checks that "
        "keep both of you safe. The hub can help you offer it."
    ),
    "selling": _("This is a place for sharing, not for selling. Giving and swapping are welcome."),
    "illegal-goods": _("This sounds like something the law does not allow to be sold or given."),
    "false-alarm": _(
        "This may frighten people. Do you know it yourself, or has somebody told you?"
    ),
    "sexual": _("This may make somebody feel looked at. Children read here too."),
    "campaigning": _("This sounds like asking for votes. Please keep that for other places."),
    "impersonation": _(
        "This sounds as if it comes from an office. Nobody here asks for numbers or passwords."
    ),
    "spam": _("The same words again and again make it hard to find each other."),
    "life-at-risk": _("Somebody’s life may be in danger. Please ring 999 before anything else."),
    "child-at-risk": _("You may be worried about a child. You can tell people whose job it is."),
    "adult-at-risk": _(
        "Somebody may be being hurt or kept under control. You can tell people whose job it is."
    ),
    "self-harm": _("This sounds very hard. You can talk to somebody now, day or night."),
}


# --- The model ---------------------------------------------------------------------------------


class Model:
    """Weights learned from the texts in `training/`: feature -> how it speaks for each class.

    One small table for the verdict, read for every text; a wider one for the rule, looked at only
    where something was noticed.
    """

    def __init__(self, given: dict[str, Any]) -> None:
        self.verdicts: tuple[str, ...] = tuple(given["verdicts"])
        self.rules: tuple[str, ...] = tuple(given["rules"])
        self.start: tuple[float, ...] = tuple(given["verdict_start"])
        self.rule_start: tuple[float, ...] = tuple(given["rule_start"])
        self.scale: float = given["scale"]
        self.rule_scale: float = given["rule_scale"]
        # feature -> (weight of the feature in a text's length, one weight per verdict)
        self.weights: dict[str, tuple[int, ...]] = {
            name: tuple(row) for name, row in given["features"].items()
        }
        self.rule_weights: dict[str, tuple[int, ...]] = {
            name: tuple(row) for name, row in given["rule_features"].items()
        }
        self.length: dict[str, float] = given["length"]
        # One row of numbers per verdict for the second look, and where each starts.
        self.meaning: list[list[float]] = given.get("meaning", [])
        self.meaning_start: list[float] = given.get("meaning_start", [])

    def verdict_scores(self, found: list[str]) -> list[float]:
        """Return the probability of each verdict, in the order of `verdicts`."""
        return _softmax(self.sums(found))

    def sums(self, found: list[str]) -> list[float]:
        """Return how loudly the words speak for each verdict, before they are weighed."""
        get, length = self.weights.get, self.length
        a = b = c = d = 0
        squares = 0.0
        for name in found:
            row = get(name)
            if row is not None:
                a += row[0]
                b += row[1]
                c += row[2]
                d += row[3]
                squares += length[name]
        size = self.scale / math.sqrt(squares) if squares else 0.0
        return [s + n * size for s, n in zip(self.start, (a, b, c, d), strict=True)]

    def second_look(self, sums: list[float], text: str) -> list[float]:
        """Return how loudly it speaks for each verdict when the sentence's meaning counts too."""
        seen = meaning.vector(text) if self.meaning else None
        if seen is None:
            return sums
        said = [
            start + sum(map(operator.mul, row, seen))
            for start, row in zip(self.meaning_start, self.meaning, strict=True)
        ]
        return [
            (1 - MEANING_COUNTS) * words_say + MEANING_COUNTS * sentence_says
            for words_say, sentence_says in zip(sums, said, strict=True)
        ]

    def rule_scores(self, found: list[str]) -> list[float]:
        """Return the probability of each rule, in the order of `rules`."""
        sums = [0] * len(self.rules)
        squares = 0.0
        for name in found:
            row = self.rule_weights.get(name)
            if row is not None:
                squares += self.length[name]
                for at, weight in enumerate(row):
                    sums[at] += weight
        size = self.rule_scale / math.sqrt(squares) if squares else 0.0
        return _softmax([s + n * size for s, n in zip(self.rule_start, sums, strict=True)])

    def lean(self, name: str, verdict: str) -> int:
        """Return how much one feature speaks for `verdict` against fine."""
        row = self.weights.get(name)
        if row is None:
            return 0
        return row[self.verdicts.index(verdict)] - row[self.verdicts.index(FINE)]


def _softmax(scores: list[float]) -> list[float]:
    top = max(scores)
    raised = [math.exp(score - top) for score in scores]
    total = sum(raised)
    return [one / total for one in raised]


@lru_cache(1)
def model() -> Model:
    """Return the model, loaded when first asked for."""
    return Model(json.loads(gzip.decompress(MODEL.read_bytes())))


# --- Reading -----------------------------------------------------------------------------------

# Markup is shown as it is typed, and is no words of anybody's.
_MARKUP = re.compile(r"<(script|style)\b[^<]{0,2000}</\1>|</?\w[^<>]{0,200}>", re.IGNORECASE)
_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def read(text: str, *, language: str | None = None) -> Reading:
    """Return what `text` seems to be about. Never raises, whatever the text.

    `language` is a hint for later; every language is read with the same table. Short texts take
    about 0.1 ms; one the table is not sure of takes some 10 ms more where sentences can be read.
    Only the first 4,000 characters are read.
    """
    text = text[: words.MOST_CHARACTERS]
    if not text.strip():
        return NOTHING
    said_plainly = _MARKUP.sub(" ", text)
    seen = details.find(text)
    found = list(words.features(said_plainly, seen if said_plainly == text else None))
    table = model()
    sums = table.sums(found)
    scores = _softmax(sums)
    if scores[0] < SURELY_FINE_FROM:
        scores = _listen(table, sums, said_plainly)
    verdict, score = _decide(scores)
    private = [
        Signal(
            "private",
            (one.start, one.end),
            WHY_DETAIL[one.sort][0 if one.is_own else 1],
            one.sort,
        )
        for one in seen
    ]
    if verdict == FINE:
        return Reading(FINE, (), tuple(private), score) if private else NOTHING
    rules = _rules(table, found, verdict)
    kind = "danger" if verdict in (SAFEGUARDING, EMERGENCY) else _KINDS.get(rules[0], "rule")
    said = WHY_RULE[rules[0]]
    signals = [Signal(kind, where, said, rules[0]) for where in _telling(table, text, verdict)] or [
        Signal(kind, (0, 0), said, rules[0])
    ]
    if kind != "danger":
        signals = private + signals
    return Reading(verdict, rules, tuple(signals), score)


def _listen(table: Model, sums: list[float], text: str) -> list[float]:
    """Return the probability of each verdict for a text that is not surely fine."""
    if meaning.can_tell(text):
        sums = table.second_look(sums, text)
    levels = {level for level, _scene in frames.heard(text)}
    if levels:
        sums = [
            one + A_SCENE_COUNTS * (verdict in levels)
            for one, verdict in zip(sums, VERDICTS, strict=True)
        ]
    return _softmax(sums)


# Chosen on situations left out of the learning, one after another: below it danger is missed,
# above it cried too often; and how much likelier than fine a broken rule must be.
DANGER_FROM = 0.42
FLAG_FROM = 0.58
# The table alone says fine from here (the second look finds two dangers in a thousand there);
# below it a sentence's meaning counts for two parts in five.
SURELY_FINE_FROM = 0.65
MEANING_COUNTS = 0.4
# What a whole scene of danger (`frames.py`) is worth, beside the words' and the sentence's own say.
A_SCENE_COUNTS = 1.5


def _decide(scores: list[float]) -> tuple[str, float]:
    """Return the verdict and how sure it is. Danger of either sort adds up before it is named."""
    fine, flag, safeguarding, emergency = scores
    if safeguarding + emergency >= DANGER_FROM:
        verdict = EMERGENCY if emergency >= safeguarding else SAFEGUARDING
        return verdict, safeguarding + emergency
    return (FLAG, flag) if flag >= FLAG_FROM * (fine + flag) else (FINE, fine)


_KINDS = {"hate": "look", "scam": "scam", "impersonation": "scam", "private-information": "private"}


def _rules(table: Model, found: list[str], verdict: str) -> tuple[str, ...]:
    """Return the rules that fit the verdict, likeliest first, at most three."""
    rated = sorted(
        zip(table.rule_scores(found), table.rules, strict=True), key=lambda pair: -pair[0]
    )
    fitting = [rule for _score, rule in rated if VERDICT_OF_RULE.get(rule, FLAG) == verdict]
    return tuple(fitting[:3])


_PERSONAL = {"OWN", "HE", "SHE", "THEM"}  # who, never what


def _telling(table: Model, text: str, verdict: str) -> list[tuple[int, int]]:
    """Return where the (at most three) words stand that spoke loudest for the verdict."""
    rated = []
    for match in _WORDS.finditer(text):
        lean = 0
        for word in words.tokens(match[0]):
            if _PERSONAL.intersection(words.about(word)):
                continue
            lean += table.lean(word, verdict)
            lean += sum(table.lean("&" + name, verdict) for name in words.about(word))
        if lean > 0 and len(match[0]) > 2:
            rated.append((lean, match.span()))
    best = sorted(rated, key=lambda pair: -pair[0])[:3]
    return sorted(span for _lean, span in best)
