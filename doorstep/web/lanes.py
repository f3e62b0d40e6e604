"""How a web process shares its time out: one counter, and a bench for those who take long.

A thread that waits for Python's lock costs processor time, and SQLite lets that lock go at each
step: four threads together used nearly twice what one uses, and everybody waited longer. So a
process answers at one counter, one request after the other, and whatever would hold the line up
goes to the bench, to threads of its own: a request that has not arrived whole (a photo coming
in over a slow phone), an address that lately took long, an answer that the other side takes
away slowly. On PostgreSQL, where a thread spends its time waiting for another process, there
are several counters.
"""

from __future__ import annotations

import re
import socket
import tempfile
import time
from collections.abc import Callable
from concurrent import futures
from functools import partial
from selectors import EVENT_READ
from typing import IO, Any, ClassVar

from gunicorn.workers.gthread import TConn, ThreadWorker

BENCH = 16  # threads for those who take long
SLOW = 0.3  # seconds of processor after which an address goes to the bench …
WAITS = 3.0  # … or so many of waiting for somebody else
SLOW_FOR = 600.0  # seconds it goes there
FULL = 5  # requests that wait at the counter, from which on nobody new is taken in
_MOST_HELD = 64 * 1024  # bytes of an answer gathered before they are handed to the system
_SEND_BUFFER = 512 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_NUMBERED = re.compile(rb"[^/]*\d[^/]*")


class Line(socket.socket):
    """A connection that never makes the counter wait for a slow reader.

    What the system does not take at once is kept, in memory and then on disk, and `carry`
    brings it out from the bench. A head and a body that fit go out as one packet.
    """

    at_counter = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._held: list[bytes] = []
        self._size = 0
        self._left: IO[bytes] | None = None

    def sendall(self, data: Any, flags: int = 0) -> None:
        if not self.at_counter:
            super().sendall(data, flags)
            return
        self._held.append(bytes(data))
        self._size += len(data)
        if self._size >= _MOST_HELD:
            self.hand_out()

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send a file after what is held, in its turn; the system's own way would overtake it."""
        if not self.at_counter:
            return super().sendfile(file, offset, count)
        file.seek(offset)
        sent = 0
        while count is None or sent < count:
            piece = file.read(_MOST_HELD if count is None else min(_MOST_HELD, count - sent))
            if not piece:
                break
            self.sendall(piece)
            sent += len(piece)
        return sent

    def hand_out(self) -> None:
        """Give what is held to the system, as far as it takes it without waiting."""
        if not self._held:
            return
        data = b"".join(self._held) if len(self._held) > 1 else self._held[0]
        self._held.clear()
        self._size = 0
        sent = 0
        if self._left is None:
            try:
                sent = self.send(data, socket.MSG_DONTWAIT)
            except BlockingIOError:
                sent = 0
        if sent < len(data):
            if self._left is None:
                self._left = tempfile.SpooledTemporaryFile(max_size=1024 * 1024)  # noqa: SIM115
            self._left.write(data[sent:])

    @property
    def has_more(self) -> bool:
        """Whether some of the answer still waits for its reader."""
        return self._left is not None

    def carry(self) -> None:
        """Bring out what was kept; waits for the reader, so it belongs on the bench."""
        left, self._left = self._left, None
        if left is None:
            return
        with left:
            left.seek(0)
            while piece := left.read(_MOST_HELD):
                super().sendall(piece)


class Done(futures.Future):
    """A request whose answer has gone out at last."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.set_result(result)


class LaneWorker(ThreadWorker):
    """gunicorn's threaded worker with a counter and a bench."""

    # (method, address without its numbers) -> until when it goes to the bench
    slow: ClassVar[dict[bytes, float]] = {}
    # … -> until when a second time counts: the first one may have loaded what the next need
    once: ClassVar[dict[bytes, float]] = {}
    at_counter = 0  # requests there, the one that is answered included; the main thread counts

    @property
    def is_full(self) -> bool:
        """Whether somebody new is better served by another process."""
        return self.at_counter >= FULL + self.cfg.threads

    @property
    def max_keepalived(self) -> int:
        """How many lines are kept open; none while there is a line at the counter."""
        return 0 if self.is_full else self._most_kept

    @max_keepalived.setter
    def max_keepalived(self, many: int) -> None:
        self._most_kept = many

    def set_accept_enabled(self, enabled: bool) -> None:
        """Open or shut our side of the door."""
        super().set_accept_enabled(enabled and not self.is_full)

    def get_thread_pool(self) -> futures.ThreadPoolExecutor:
        self.bench = futures.ThreadPoolExecutor(BENCH, "bench")
        return futures.ThreadPoolExecutor(self.cfg.threads, "counter")

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection in; it takes up no thread before it says something."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        line = Line(fileno=client.detach())
        self.nr_conns += 1
        conn = TConn(self.cfg, line, address, listener.getsockname())
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(line, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def enqueue_req(self, conn: TConn) -> None:
        way = None if self.cfg.is_ssl else self._way(conn)
        done_with: Callable[[TConn, Any], None]
        if way is None:
            coming = self.bench.submit(self._serve, conn, way)
            done_with = self.finish_request
        else:
            self.at_counter += 1
            if self.is_full:
                self.set_accept_enabled(False)
            coming = self.tpool.submit(self._serve, conn, way)
            done_with = self._left_counter
        coming.add_done_callback(lambda done: self.method_queue.defer(done_with, conn, done))

    def _left_counter(self, conn: TConn, done: futures.Future) -> None:
        self.at_counter -= 1
        self.finish_request(conn, done)
        if self.alive:
            self.set_accept_enabled(self.nr_conns < self.worker_connections)

    def _way(self, conn: TConn) -> bytes | None:
        """Return the request's first words when it is all here and short, else None."""
        if conn.parser is not None and conn.parser.unreader.buf.tell():
            return None
        try:
            seen = conn.sock.recv(_MOST_HELD, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except OSError:
            return None
        end = seen.find(b"\r\n\r\n")
        if end < 0:
            return None
        if not seen.startswith((b"GET ", b"HEAD ")):
            length = _LENGTH.search(seen, 0, end + 2)
            whole = end + 4 + (int(length[1]) if length else 0)
            if whole > len(seen) or _CHUNKED.search(seen, 0, end + 2):
                return None
        way = seen[: seen.find(b"\r\n")]
        return None if self.slow and self._is_slow(way) else way

    def _is_slow(self, way: bytes) -> bool:
        until = self.slow.get(_plain(way))
        return until is not None and until > time.monotonic()

    def _serve(self, conn: TConn, way: bytes | None) -> Any:
        line = conn.sock
        line.at_counter = way is not None
        if way is None:
            return self.handle(conn)
        # Its own work, not the clock: on a busy machine everything takes long, and all of it on
        # the bench together would wait for one another with the database's one pen in hand.
        began, worked = time.monotonic(), time.thread_time()
        result = self.handle(conn)
        try:
            line.hand_out()
        except OSError:
            result = False
        took = time.monotonic() - began
        if time.thread_time() - worked > SLOW or took > WAITS:
            self._note_slow(_plain(way), began + took)
        return result

    def _note_slow(self, plain: bytes, at: float) -> None:
        """Send an address to the bench that took long twice."""
        if self.once.get(plain, 0.0) > at:
            if len(self.slow) > 500:
                self.slow.clear()
            self.slow[plain] = at + SLOW_FOR
        else:
            if len(self.once) > 500:
                self.once.clear()
            self.once[plain] = at + SLOW_FOR

    def finish_request(self, conn: TConn, fs: Any) -> None:
        line = conn.sock
        if isinstance(line, Line) and line.has_more:
            # The reader is slow: the bench brings the rest out, then the line is free again.
            carrying = self.bench.submit(line.carry)
            carrying.add_done_callback(
                lambda done: self.method_queue.defer(self._carried, conn, fs, done)
            )
            return
        super().finish_request(conn, fs)

    def _carried(self, conn: TConn, fs: Any, done: futures.Future) -> None:
        super().finish_request(conn, Done(False) if done.exception() else fs)

    def handle_quit(self, sig: int, frame: Any) -> None:
        self.bench.shutdown(wait=False)
        super().handle_quit(sig, frame)


def _plain(way: bytes) -> bytes:
    """Return method and address with every part that holds a number left open."""
    return _NUMBERED.sub(b"*", b" ".join(way.split(b" ")[:2]).partition(b"?")[0])
