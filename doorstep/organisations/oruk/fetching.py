"""Asking other people's servers, and never our own network.

An address in a feed's place, or one that a server sends us on to, could lead to a machine only
we can reach: the database, the cloud's own door, a printer. So a name is looked up once, every
address it has must be a public one, and the connection is made to the very address that was
checked: a name that answers differently a moment later changes nothing. Each step of a redirect
is checked afresh. No proxy of the environment is used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _

MOST_BYTES = 256 * 1024 * 1024  # of all answers of one run together
MOST_SECONDS = 30 * 60  # of one run
PATIENCE = 20  # seconds for one thing to happen on the wire
MOST_REDIRECTS = 4
_PIECE = 64 * 1024
_MOVED = frozenset({301, 302, 303, 307, 308})
_LATER = frozenset({429, 502, 503, 504})

# Public by number, and yet not the open internet: ways to say a private IPv4 address in IPv6,
# and the one address at which a large cloud answers its own machines.
_NOT_OPEN = tuple(
    ipaddress.ip_network(one)
    for one in (
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "168.63.129.16/32",
        "192.0.0.0/24",
    )
)

Address = tuple[str, int]  # (numeric address, port)


class CannotFetch(Exception):
    """A sentence: why an address was not asked, or what went wrong."""


def is_open(address: str) -> bool:
    """Whether a numeric address is one of the open internet."""
    try:
        found = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if not found.is_global or found.is_multicast or found.is_reserved or found.is_unspecified:
        return False
    return not any(found in net for net in _NOT_OPEN if net.version == found.version)


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in found]


def _connect(address: Address, timeout: float) -> socket.socket:
    return socket.create_connection(address, timeout=timeout)


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was checked, whatever its name says by now."""

    def __init__(self, host: str, port: int, plug: Callable[[], socket.socket]) -> None:
        super().__init__(host, port, timeout=PATIENCE)
        self.plug = plug

    def connect(self) -> None:
        self.sock = self.plug()


@dataclass
class Fetcher:
    """Fetches within the allowance of one run. What tests replace is other people's: `resolve`
    (name, port -> numeric addresses) and `connect` (address, seconds -> socket)."""

    resolve: Callable[[str, int], list[str]] = _resolve
    connect: Callable[[Address, float], socket.socket] = _connect
    sleep: Callable[[float], None] = time.sleep
    most_bytes: int = MOST_BYTES
    most_seconds: float = MOST_SECONDS
    read: int = 0
    asked: list[str] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def get(self, url: str, into: IO[bytes]) -> str:
        """Write what `url` answers into a file; return the address it came from in the end.

        Raises CannotFetch.
        """
        first = url
        for step in range(MOST_REDIRECTS + 1):
            with self._ask(url, first if step else "") as answer:
                if answer.status in _MOVED:
                    url = self._next(url, answer.headers.get("Location", ""))
                    continue
                if answer.status != 200:
                    raise CannotFetch(
                        _("%(url)s answered %(status)s.") % {"url": url, "status": answer.status}
                    )
                self._copy(url, answer, into)
                return url
        raise CannotFetch(_("%(url)s sends us on and on.") % {"url": url})

    def _next(self, url: str, place: str) -> str:
        if not place:
            raise CannotFetch(_("%(url)s sends us on to nowhere.") % {"url": url})
        further = urljoin(url, place)
        if urlsplit(url).scheme == "https" and urlsplit(further).scheme != "https":
            raise CannotFetch(
                _("%(url)s sends us on to a place without a lock (%(further)s).")
                % {"url": url, "further": further}
            )
        return further

    def check(self, url: str) -> tuple[str, str, int, str, list[str]]:
        """Return (scheme, host, port, path, addresses) of an address that may be asked."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise CannotFetch(_("%(url)s is no web address.") % {"url": url[:200]}) from None
        host = (parts.hostname or "").rstrip(".")
        if parts.scheme not in ("http", "https") or not host:
            raise CannotFetch(
                _("%(url)s is no web address: it should begin with https://.") % {"url": url[:200]}
            )
        if parts.username or parts.password:
            raise CannotFetch(_("Leave the name and password out of the address."))
        if any(ord(one) <= 32 or ord(one) == 127 for one in url):
            raise CannotFetch(_("There is a gap in the address."))
        port = port or (443 if parts.scheme == "https" else 80)
        try:
            host = host.encode("idna").decode() if not host.isascii() else host
            addresses = list(dict.fromkeys(self.resolve(host, port)))
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise CannotFetch(_("We can't find a server called %(host)s.") % {"host": host})
        closed = [one for one in addresses if not is_open(one)]
        if closed == [host]:
            raise CannotFetch(
                _("%(host)s isn't on the open internet. We don't go there.") % {"host": host}
            )
        if closed:
            raise CannotFetch(
                _(
                    "%(host)s leads to %(address)s, which isn't on the open internet. "
                    "We don't go there."
                )
                % {"host": host, "address": closed[0]}
            )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return parts.scheme, host, port, path, addresses

    @contextmanager
    def _ask(self, url: str, sent_by: str) -> Iterator[http.client.HTTPResponse]:
        for last in (False, True):
            try:
                connection, answer = self._once(url)
            except CannotFetch as problem:
                if not sent_by:
                    raise
                raise CannotFetch(
                    _("%(url)s sends us on. %(said)s") % {"url": sent_by, "said": problem}
                ) from None
            if answer.status not in _LATER or last:
                break
            waits = answer.headers.get("Retry-After", "")
            connection.close()
            self.sleep(min(30.0, float(waits) if waits.isdigit() else 2.0))
        try:
            yield answer
        finally:
            connection.close()

    def _once(self, url: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        if time.monotonic() - self._began > self.most_seconds:
            raise CannotFetch(_("It took longer than half an hour. Try again at a quieter time."))
        scheme, host, port, path, addresses = self.check(url)
        self.asked.append(url)
        problem: Exception | None = None
        for address in addresses:
            plug = partial(self._plug, scheme, host, (address, port))
            connection = _Pinned(host, port, plug)
            try:
                connection.request(
                    "GET",
                    path,
                    headers={
                        "Accept": "application/json",
                        # Packed answers could grow beyond all measure when unpacked.
                        "Accept-Encoding": "identity",
                        "User-Agent": "Doorstep directory (Open Referral UK)",
                    },
                )
                return connection, connection.getresponse()
            except (OSError, http.client.HTTPException) as met:
                connection.close()
                problem = met
        raise CannotFetch(
            _("%(host)s doesn't answer (%(why)s).") % {"host": host, "why": type(problem).__name__}
        )

    def _plug(self, scheme: str, host: str, address: Address) -> socket.socket:
        found = self.connect(address, PATIENCE)
        if scheme == "https":
            return ssl.create_default_context().wrap_socket(found, server_hostname=host)
        return found

    def _copy(self, url: str, answer: http.client.HTTPResponse, into: IO[bytes]) -> None:
        if answer.headers.get("Content-Encoding", "identity").lower() not in ("identity", ""):
            raise CannotFetch(
                _("%(url)s answers packed, though we asked for it plain.") % {"url": url}
            )
        length = answer.headers.get("Content-Length", "")
        if length.isdigit() and self.read + int(length) > self.most_bytes:
            raise CannotFetch(too_large(self.most_bytes))
        got = 0
        while True:
            if time.monotonic() - self._began > self.most_seconds:
                raise CannotFetch(
                    _("It took longer than half an hour. Try again at a quieter time.")
                )
            try:
                piece: Any = answer.read(_PIECE)
            except (OSError, http.client.HTTPException):
                piece = None
            if piece is None or (not piece and length.isdigit() and got < int(length)):
                raise CannotFetch(
                    _("%(url)s stopped after %(got)s bytes, before its end.")
                    % {"url": url, "got": got}
                )
            if not piece:
                return
            got += len(piece)
            self.read += len(piece)
            if self.read > self.most_bytes:
                raise CannotFetch(too_large(self.most_bytes))
            into.write(piece)


def too_large(most: int) -> str:
    """Return the sentence for a feed beyond the size we read."""
    return _(
        "It is larger than %(most)s MB, which is the most we read. Ask for the feed in parts, or "
        "split the file."
    ) % {"most": most // (1024 * 1024)}
