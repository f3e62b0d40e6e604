"""Taking out of logs and problem notes what has no business there.

Nobody should log a secret in the first place. This is the second net: messages of libraries and
databases repeat what they were given ("Key (email)=(…) already exists"), and an address may hold
a token. What is taken out: e-mail addresses, telephone numbers, postcodes, passwords and keys
that are named, one-time codes, and long random words such as session keys and tokens.
"""

from __future__ import annotations

import logging
import re
from itertools import pairwise

OUT = "[…]"

_EMAIL = re.compile(r"[^\s<>\"'()\[\]=,;:]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")
# +44 7700 900123, 07700900123, (020) 8227 1234: ten to fifteen digits with or without gaps.
_PHONE = re.compile(r"(?<![\w.:-])(?:\+|00)?\(?\d(?:[ \-()]{0,2}\d){9,14}(?![\w:-])")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
# password=hunter2, "csrfmiddlewaretoken": "…", Authorization: Bearer …, Cookie: …
_NAMED = re.compile(
    r"(?i)(\b(?:pass(?:word|wd|phrase)?\d?|secret(?:[_-]?key)?|api[_-]?key|sms[_-]?key|token|"
    r"csrf\w*|session(?:id|_?key)?|cookie|authorization|bearer|code|otp|pin|x-api-key)"
    r"[\"']?\s*(?:[=:]|\bis\b)\s*[\"']?)(?:bearer\s+|basic\s+)?([^\s\"'&;,)}\]]{3,})"
)
# scheme://user:password@host
_IN_ADDRESS = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://)[^\s/@:]*:[^\s/@]*@")
# Words of 20 letters and digits or more that are no words: keys, tokens, digests, signatures.
_LONG = re.compile(
    r"[A-Za-z0-9_\-]{20,}(?:[:.=~][A-Za-z0-9_\-=]{4,})*"
    r"|(?:[A-Za-z0-9_\-]{4,}:){2}[A-Za-z0-9_\-]{8,}"  # Django's signed words
)
_CODE = re.compile(r"(?i)(\b(?:code|pin|otp)\b[^\n\d]{0,20})\d{4,8}\b")


def _is_random(word: str) -> bool:
    """Whether a long word looks made by a machine: digits among letters, or many capitals."""
    letters = sum(char.isalpha() for char in word)
    digits = sum(char.isdigit() for char in word)
    if digits >= 2 and letters >= 2 and "_" not in word.strip("_")[1:-1]:
        return True
    turns = sum(
        one.isdigit() != two.isdigit() or (one.islower() and two.isupper())
        for one, two in pairwise(word)
    )
    return turns >= 5


def scrub(text: str) -> str:
    """Return `text` without e-mails, numbers, postcodes, secrets and keys."""
    text = _IN_ADDRESS.sub(rf"\1{OUT}@", text)
    text = _EMAIL.sub(OUT, text)
    # A line of our own source in a traceback names secrets and holds none.
    text = "\n".join(
        line if line.startswith("    ") else _NAMED.sub(rf"\1{OUT}", line)
        for line in text.split("\n")
    )
    text = _CODE.sub(rf"\1{OUT}", text)
    text = _LONG.sub(lambda found: OUT if _is_random(found[0]) else found[0], text)
    text = _PHONE.sub(OUT, text)
    return _POSTCODE.sub(OUT, text)


class ScrubbingFormatter(logging.Formatter):
    """One line per event, scrubbed, tracebacks too; what somebody sent can't begin a new line."""

    def format(self, record: logging.LogRecord) -> str:
        # The message may repeat what was sent; only a traceback of ours may have lines.
        message = record.getMessage()
        if any(char in message for char in "\r\n\x1b\x00\x85\u2028\u2029"):
            record = logging.makeLogRecord(
                {**record.__dict__, "msg": _one_line(message), "args": None}
            )
        return scrub(super().format(record))


def _one_line(message: str) -> str:
    return "".join(
        char if char.isprintable() or char == "\t" else f"\\x{ord(char):02x}" for char in message
    )


def scrub_task(sender: object, instance: object, **kwargs: object) -> None:
    """Scrub what a failed task leaves behind in its row (a signal before it is saved)."""
    traceback = getattr(instance, "traceback", "")
    if traceback:
        instance.traceback = scrub(traceback)  # type: ignore[attr-defined]
