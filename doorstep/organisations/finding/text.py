"""From words as people type them to words that can be compared. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MOST_CHARACTERS = 4_000
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_APOSTROPHE = re.compile(r"(?<=\w)['’`´](?=\w)")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_SENTENCE = re.compile(r"(?<=[.!?;:\n…])\s+|\n+|\s[-–—]\s")

# Txt-speak, slang and the commonest slips, each said as the thesaurus says it.
SAID = {
    "u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "cos": "because",
    "coz": "because", "bc": "because", "wanna": "want to", "gonna": "going to", "gotta": "have to",
    "abt": "about", "bout": "about", "thru": "through", "ppl": "people", "sum1": "someone",
    "some1": "someone", "any1": "anyone", "b4": "before", "thx": "thanks", "msg": "message",
    "wk": "week", "wks": "weeks", "hr": "hour", "hrs": "hours", "yr": "year", "yrs": "years",
    "mth": "month", "mths": "months", "appt": "appointment", "appts": "appointments",
    "hosp": "hospital", "hossie": "hospital", "doc": "doctor", "docs": "doctor", "quid": "pounds",
    "skint": "no money", "brassic": "no money", "broke": "no money", "kip": "sleep",
    "kipping": "sleeping", "mam": "mum", "mom": "mum", "mummy": "mum", "mumma": "mum",
    "missus": "wife", "hubby": "husband", "fella": "man", "bloke": "man", "geezer": "man",
    "blokes": "men", "fellas": "men", "lads": "young men", "lad": "boy", "nan": "grandmother",
    "nanny": "grandmother", "gran": "grandmother", "grandad": "grandfather",
    "telly": "television", "meds": "tablets", "pills": "tablets", "fone": "phone",
    "moby": "mobile", "lekky": "electric", "leccy": "electric", "elec": "electric",
    "uc": "universal credit", "pip": "pip disability benefit", "esa": "esa sickness benefit",
    "dla": "dla disability benefit", "dwp": "benefits office", "hb": "housing benefit",
    "ct": "council tax", "la": "council", "dv": "domestic abuse", "gp": "doctor",
    "a&e": "hospital", "bf": "boyfriend", "gf": "girlfriend", "hse": "house",
    "wudnt": "would not", "cudnt": "could not", "shudnt": "should not", "dunno": "do not know",
    "innit": "", "lol": "", "ta": "thanks", "nowt": "nothing", "owt": "anything",
    "tmrw": "tomorrow", "2moro": "tomorrow", "nite": "night", "tonite": "tonight",
    "luv": "love", "wot": "what", "wen": "when", "wiv": "with", "dat": "that", "da": "the",
    "foodbank": "food bank", "esol": "esol english classes", "ehcp": "ehcp special needs plan",
    "send": "send", "bsl": "sign language", "cv": "cv job", "rona": "covid", "kiddies": "children",
    "kids": "children", "kid": "child", "bairn": "baby", "toddler": "toddler",
    "brekkie": "breakfast", "brekky": "breakfast", "tele": "television", "sofa": "sofa",
}  # fmt: skip

STOP = frozenset(
    "a an the and or but if so of to in on at for from by with as is am are "  # noqa: SIM905
    "was were be been being "
    "it its this that these those i im ive id ill me my mine you your he his him she her hers we "
    "us our they them their there here what which who when where how do does did done have has had "
    "not no dont doesnt didnt cant cannot wont would could should can will just some any all very "
    "too also then than up out off about into over again get got go going want need please help "
    "something someone somebody anyone anybody one thing things like know".split()
)


def plain(words: str) -> str:
    """Return `words` in lower case without accents' variants, drawn-out letters or odd spaces."""
    words = unicodedata.normalize("NFKC", words[:MOST_CHARACTERS]).casefold()
    words = _APOSTROPHE.sub("'", words).replace("’", "'")
    words = _DRAWN_OUT.sub(r"\1\1", words)
    return " ".join(words.split())


def bare(word: str) -> str:
    """Return `word` without its accents, for looking things up in Latin letters."""
    if word.isascii():
        return word
    pieces = unicodedata.normalize("NFD", word.replace("ł", "l").replace("đ", "d"))
    return "".join(one for one in pieces if not "\u0300" <= one <= "\u036f")


def in_our_words(words: str) -> str:
    """Return plain words with txt-speak and slang said in full, for the reader of meanings."""
    return _WORD.sub(lambda match: SAID.get(match[0].replace("'", ""), match[0]), plain(words))


def raw_words(words: str) -> list[str]:
    """Return the words of plain text in order, apostrophes dropped."""
    return [match[0].replace("'", "") for match in _WORD.finditer(words)]


@lru_cache(20_000)
def stem(word: str) -> str:
    """Return a crude stem: enough that `debts`, `debt` and `walked`, `walking` meet."""
    for ending in ("ings", "ing", "edly", "ed", "ies", "es", "s", "ly", "er", "ers"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            root = word[: -len(ending)]
            if ending == "ies":
                return root + "y"
            if ending == "s" and root.endswith("s"):
                return word
            if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
                root = root[:-1]
            return root.rstrip("e") if len(root) > 3 else root
    return word.rstrip("e") if len(word) > 4 else word


def stems(words: str) -> list[str]:
    """Return the stems of the telling words of `words`, in order."""
    return [stem(bare(one)) for one in raw_words(in_our_words(words)) if one not in STOP]


def chunks(words: str, *, short: int = 160, most: int = 8) -> list[str]:
    """Return the pieces of a long text that are worth reading alone: sentences, joined by twos.

    A short text is one piece. The first piece is always the whole.
    """
    whole = " ".join(words.split())
    pieces = [one.strip() for one in _SENTENCE.split(words) if len(one.strip()) > 12]
    if len(pieces) < 2:
        return [whole]
    if len(pieces) > most:
        each = -(-len(pieces) // most)
        pieces = [" ".join(pieces[at : at + each]) for at in range(0, len(pieces), each)]
    return [whole, *pieces]
