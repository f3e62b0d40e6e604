"""Reading what somebody is about to send: danger leads out, anger and looks are asked about once.

Nothing is refused or hidden by it: whoever writes may send their words as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from doorstep.kindness.details import find as find_details
from doorstep.kindness.reading import EMERGENCY, FINE, SAFEGUARDING, WHY_RULE, Reading, read
from doorstep.organisations.finding import danger as front_door
from doorstep.organisations.finding import engine, meaning
from doorstep.watch import alarming

# The readers were taught on posts and on a front door's stories. A worry sounds grave by nature, so
# here they have to be surer than there; what leaves no doubt is known by its own words
# (`alarming.py`). Chosen on
# forty-nine made-up worries: it leads out 15 of 15 in danger, and 5 of the other 34.
MEANS_FROM = 3.6
# What sounds like this very minute may be less sure, where the reader of posts hears it too: few
# quiet worries do, and a minute counts.
NOW_FROM = 3.6
# Where no reader of meanings is at hand, the two readers of words have to agree.
DANGER_FROM, WORDS_FROM = 0.7, 0.95
ANGER_FROM = 0.75
_ASKED_ABOUT = ("hate", "harassment")

# Words for who people are or what they look like. What they do is what matters here.
_LOOKS = re.compile(
    r"\b("
    r"(?:black|white|asian|african|eastern european|foreign|muslim|jewish|romanian|polish|albanian|"
    r"somali|nigerian|pakistani|indian|irish|chinese|turkish)[- ]?"
    r"(?:looking )?(?:man|men|male|males|woman|women|female|lad|lads|guy|guys|girl|girls|boy|boys|"
    r"youth|youths|kid|kids|family|families|people|person|gang|couple|bloke|blokes)"
    r"|foreign[- ]looking|foreigners|immigrants?|illegals|refugees|gypsy|gypsies|gyppos?|pikeys?|"
    r"travellers|hood(?:y|ie|ies)|hooded|tattoo(?:s|ed)?|burka|burqa|hijab|turban|skin colou?r|"
    r"funny accent|accent|junkies?|druggies?|crackheads?|tramps?|chavs?|weirdos?|nutters?|psychos?|"
    r"lowlifes?|scum(?:bags?)?|dodgy[- ]looking|suspicious[- ]looking"
    r")\b",
    re.IGNORECASE,
)
_ANGER = re.compile(
    r"\b(liar|filthy|disgusting|hate (?:him|her|them)|kicked? out|thrown out|evict(?:ed)?|"
    r"pig|bitch|bastard|idiot|moron|arsehole|wanker|crook|thief|thieves|pervert|paedo|nonce)\b",
    re.IGNORECASE,
)

LOOKS = _("Tell us what happened, not who people are or what they look like.")
ANGER = _(
    "It sounds as if you are angry, and you may have good reason. Tell us what was done, when and "
    "where. They can ask to read what we hold about them."
)
PRIVATE = _("This holds a number or code that is somebody's own. We don't need it here.")


@dataclass(frozen=True)
class Heard:
    """`danger` is "", "safeguarding" or "emergency"; `asks` are sentences for the writer."""

    danger: str = ""
    asks: list[Any] = field(default_factory=list)


def hear(*texts: str) -> Heard:
    """Return what is worth asking about before these words are sent."""
    whole = "\n".join(text for text in texts if text)
    reading = read(whole)
    danger = EMERGENCY if alarming.is_now(whole) else ""
    danger = danger or (SAFEGUARDING if alarming.is_harm(whole) else "")
    danger = danger or _danger(whole, reading) or _danger_now(texts[0] if texts else "")
    asks: list[Any] = []
    if _LOOKS.search(whole):
        asks.append(LOOKS)
    if _ANGER.search(whole):
        asks.append(ANGER)
    rule = reading.rules[0] if reading.rules else ""
    angry = reading.verdict != FINE and rule in _ASKED_ABOUT and reading.score >= ANGER_FROM
    if angry and not asks:
        asks.append(WHY_RULE[rule])
    if any(one.sort in _OTHERS_OWN for one in find_details(whole)):
        asks.append(PRIVATE)
    return Heard(danger, asks)


# A street or a telephone number to ring back may be just what is needed here; these never are.
_OTHERS_OWN = frozenset({"card", "bank", "nhs", "insurance", "secret"})


def _danger(whole: str, reading: Reading) -> str:
    heard = engine.hear(whole)
    known = engine.read(heard, meaning.reader())
    if known.vectors is None:
        likely = reading.is_danger and reading.score >= DANGER_FROM
        return reading.verdict if likely and front_door.by_words(whole) >= WORDS_FROM else ""
    found = front_door.hear(heard, known)
    if not found or found.score < MEANS_FROM:
        return ""
    return EMERGENCY if found.level == front_door.EMERGENCY else SAFEGUARDING


def _danger_now(what: str) -> str:
    """Hear this very minute in what was seen; where and who tell the reader little, and mislead."""
    heard = engine.hear(what)
    known = engine.read(heard, meaning.reader())
    if known.vectors is None:
        return ""
    found = front_door.hear(heard, known)
    sure = found and found.level == front_door.EMERGENCY and found.score >= NOW_FROM
    return EMERGENCY if sure and read(what).is_danger else ""


def may_be_told(text: str) -> bool:
    """Whether words for everybody, or for a stranger, hold nothing that is somebody's own."""
    return not find_details(text)
