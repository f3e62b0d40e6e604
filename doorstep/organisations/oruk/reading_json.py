"""Reading a JSON feed thing by thing, so that a large or broken one is told with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from django.utils.translation import gettext as _

_PIECE = 1 << 20
MOST_OF_ONE = 8 * 1024 * 1024  # characters of one service
# What feeds call the list of their things.
LISTS = ("contents", "content", "services", "items", "data", "results")
_GAP = " \t\r\n,"


class BadJson(Exception):
    """A sentence with the line."""


class _NoNumber(Exception):
    pass


class _Decoder(json.JSONDecoder):
    def __init__(self) -> None:
        super().__init__(parse_constant=self._no_such_number)

    @staticmethod
    def _no_such_number(name: str) -> Any:
        # NaN is no JSON, though Python reads it.
        raise _NoNumber(name)


@dataclass
class JsonFeed:
    """`things()` yields (place, line, thing); `envelope` is what stood around the list."""

    file: IO[str]
    envelope: dict[str, Any] = field(default_factory=dict)
    list_name: str = ""
    _text: str = ""
    _at: int = 0
    _line: int = 1
    _ended: bool = False

    def __post_init__(self) -> None:
        self._decoder = _Decoder()

    # --- Text under the hand -----------------------------------------------------------------

    def _more(self) -> bool:
        piece = "" if self._ended else self.file.read(_PIECE)
        if not piece:
            self._ended = True
            return False
        self._line += self._text.count("\n", 0, self._at)
        self._text = self._text[self._at :] + piece
        self._at = 0
        return True

    def _peek(self, skip: str = _GAP) -> str:
        while True:
            while self._at < len(self._text) and self._text[self._at] in skip:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def line(self) -> int:
        return self._line + self._text.count("\n", 0, self._at)

    def _value(self) -> Any:
        """Return the next whole value, reading on as far as it goes."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise BadJson(
                    _("Line %(line)s: lists in lists in lists, deeper than we read.")
                    % {"line": self.line()}
                ) from None
            except _NoNumber as problem:
                raise BadJson(
                    _("Line %(line)s is not JSON: %(what)s is no number.")
                    % {"line": self.line(), "what": problem}
                ) from None
            except json.JSONDecodeError as problem:
                # It may only be that the rest has not been read yet.
                cut = problem.pos >= len(self._text) - 16 or "Unterminated" in problem.msg
                if cut and len(self._text) - self._at > 2 * MOST_OF_ONE:
                    raise BadJson(
                        _("Line %(line)s: one thing is longer than we read.")
                        % {"line": self.line()}
                    ) from None
                if cut and self._more():
                    continue
                raise self._broken(problem) from None
            # A number at the very end may go on in the next piece.
            if end == len(self._text) and self._more():
                continue
            self._at = end
            return value

    def _broken(self, problem: json.JSONDecodeError) -> BadJson:
        at = problem.pos
        line = self._line + self._text.count("\n", 0, at)
        if self._ended and (at >= len(self._text.rstrip()) or "Unterminated" in problem.msg):
            return BadJson(
                _("Line %(line)s: the feed stops half-way, in the middle of a thing.")
                % {"line": line}
            )
        return BadJson(
            _("Line %(line)s is not JSON: %(what)s.") % {"line": line, "what": problem.msg}
        )

    def _stopped(self) -> BadJson:
        return BadJson(
            _("Line %(line)s: the feed stops half-way, before its end.") % {"line": self.line()}
        )

    # --- Things ------------------------------------------------------------------------------

    def things(self) -> Iterator[tuple[str, int, Any]]:
        first = self._peek()
        if not first:
            raise BadJson(_("There is nothing in it."))
        if first == "[":
            yield from self._list("")
        elif first == "{":
            yield from self._object()
        else:
            raise BadJson(_("Line 1 is not JSON: it begins with neither { nor [."))
        if self._peek():
            if first == "{" and not self.list_name:
                number = 1
                while self._peek():  # one thing on a line (ndjson)
                    line = self.line()
                    yield f"[{number}]", line, self._value()
                    number += 1
            else:
                raise BadJson(
                    _("Line %(line)s: something follows the end.") % {"line": self.line()}
                )

    def _list(self, name: str) -> Iterator[tuple[str, int, Any]]:
        self._at += 1
        number = 0
        while True:
            mark = self._peek()
            if not mark:
                raise self._stopped()
            if mark == "]":
                self._at += 1
                return
            line = self.line()
            yield f"{name}[{number}]", line, self._value()
            number += 1

    def _object(self) -> Iterator[tuple[str, int, Any]]:
        """An envelope with a list in it, or one thing by itself."""
        line = self.line()
        self._at += 1
        alone: dict[str, Any] = {}
        while True:
            mark = self._peek()
            if not mark:
                raise self._stopped()
            if mark == "}":
                self._at += 1
                break
            name = self._value()
            if not isinstance(name, str) or self._peek(" \t\r\n") != ":":
                if self._ended and not self._peek():
                    raise self._stopped()
                raise BadJson(_("Line %(line)s is not JSON.") % {"line": self.line()})
            self._at += 1
            mark = self._peek(" \t\r\n")
            # A service has lists too; only one without an id is an envelope.
            if mark == "[" and name in LISTS and not self.list_name and "id" not in alone:
                self.list_name = name
                yield from self._list(name)
            else:
                alone[name] = self._value()
        if self.list_name:
            self.envelope = alone
        else:
            yield "", line, alone
