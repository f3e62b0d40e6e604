"""A light load client: raw sockets kept open, one process, nothing to install.

python -m doorstep.web.bench.client reads a JSON order from its input and writes what it measured.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LAST = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass
class _Line:
    """One open connection and the answer coming through it."""

    sock: socket.socket
    began: float = 0.0
    got: bytearray = field(default_factory=bytearray)
    # How long the whole answer will be, once its head is here; -1 for chunks; 0 not yet known.
    whole: int = 0
    head: int = 0


def request(order: dict[str, Any], host: str) -> bytes:
    """Return one request as it goes over the wire."""
    body = order.get("body", "").encode()
    lines = [
        f"{order.get('method', 'GET')} {order['path']} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: doorstep-bench",
        "Accept: text/html",
        "Accept-Language: en-GB",
        "Accept-Encoding: gzip",
        "Connection: keep-alive",
    ]
    if order.get("cookie"):
        lines.append(f"Cookie: {order['cookie']}")
    if body:
        lines += [
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def run(
    orders: list[dict[str, Any]],
    *,
    port: int,
    seconds: float,
    at_once: int,
    start: int = 0,
    most: int | None = None,
) -> dict[str, Any]:
    """Send the orders round and round for `seconds` (or `most` of them); return what was seen."""
    host = f"127.0.0.1:{port}"
    packets = [request(order, host) for order in orders]
    selector = selectors.DefaultSelector()
    lines = [_Line(_connect(port)) for _turn in range(at_once)]
    took: list[float] = []
    sizes: list[int] = []
    states: dict[str, int] = {}
    sent = start
    began = time.perf_counter()
    ends = began + seconds

    def send(line: _Line) -> None:
        nonlocal sent
        line.got.clear()
        line.whole = line.head = 0
        packet = packets[sent % len(packets)]
        sent += 1
        line.began = time.perf_counter()
        line.sock.sendall(packet)

    open_ = 0
    for line in lines:
        selector.register(line.sock, selectors.EVENT_READ, line)
        send(line)
        open_ += 1
    while open_:
        for key, _events in selector.select(timeout=30):
            line = key.data
            data = line.sock.recv(262_144)
            if not data:
                # The server closed it (a worker changed): once more on a new one.
                selector.unregister(line.sock)
                line.sock.close()
                states["closed"] = states.get("closed", 0) + 1
                line.sock = _connect(port)
                selector.register(line.sock, selectors.EVENT_READ, line)
                send(line)
                continue
            line.got += data
            if not _is_whole(line):
                continue
            moment = time.perf_counter()
            took.append(moment - line.began)
            state = line.got[9:12].decode()
            states[state] = states.get(state, 0) + 1
            sizes.append(len(line.got) - line.head)
            if moment < ends and (most is None or sent - start < most):
                if _LAST.search(line.got, 0, line.head):  # a full process says so, then closes
                    selector.unregister(line.sock)
                    line.sock.close()
                    line.sock = _connect(port)
                    selector.register(line.sock, selectors.EVENT_READ, line)
                send(line)
            else:
                selector.unregister(line.sock)
                line.sock.close()
                open_ -= 1
    lasted = time.perf_counter() - began
    took.sort()
    return {
        "requests": len(took),
        "seconds": lasted,
        "p50_ms": _at(took, 0.5) * 1000,
        "p95_ms": _at(took, 0.95) * 1000,
        "bytes": sum(sizes) / max(1, len(sizes)),
        "bytes_most": max(sizes, default=0),
        "states": states,
        "next": sent,
    }


def _connect(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=30)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _is_whole(line: _Line) -> bool:
    if not line.whole:
        end = line.got.find(b"\r\n\r\n")
        if end < 0:
            return False
        line.head = end + 4
        found = _LENGTH.search(line.got, 0, end + 2)
        line.whole = line.head + int(found.group(1)) if found else -1
    if line.whole == -1:
        return line.got.endswith(b"0\r\n\r\n")
    return len(line.got) >= line.whole


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def main() -> None:
    """Do one order given as JSON."""
    order = json.load(sys.stdin)
    json.dump(run(**order), sys.stdout)


if __name__ == "__main__":
    main()
