"""Tools for tests of Open Referral UK: the standard's files, and a stand-in for other servers."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from doorstep.organisations.oruk.fetching import Fetcher

DATA = Path(__file__).parent / "oruk_data"


def example(name: str) -> Any:
    return json.loads((DATA / "examples" / f"{name}.json").read_text())


def schema(name: str) -> Any:
    return json.loads((DATA / "schema" / f"{name}.json").read_text())


def problems(thing: Any, name: str) -> list[str]:
    """Return what the standard's own schema says against `thing`."""
    import jsonschema

    checker = jsonschema.Draft202012Validator(
        schema(name), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return [f"{one.json_path}: {one.message[:200]}" for one in checker.iter_errors(thing)]


def page_problems(told: Any) -> list[str]:
    """Return what the standard's Page says against an envelope, and what doesn't add up in it."""
    import jsonschema

    page = schema("openapi")["components"]["schemas"]["Page"]
    page = {**page, "required": [*page["properties"], "contents"]}
    found = [one.message for one in jsonschema.Draft202012Validator(page).iter_errors(told)]
    if told["size"] != len(told["contents"]):
        found.append("size is not the number of contents")
    if told["empty"] != (not told["contents"]):
        found.append("empty lies")
    if told["first_page"] != (told["page_number"] == 1):
        found.append("first_page lies")
    if told["last_page"] != (told["page_number"] >= told["total_pages"]):
        found.append("last_page lies")
    return found


class OtherServer:
    """Somebody else's server: `pages` path -> (status, headers, body). Records what was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []

    def put(self, path: str, told: Any, status: int = 200, **headers: str) -> None:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.pages[path] = (status, {k.replace("_", "-"): v for k, v in headers.items()}, body)


@contextmanager
def other_server(addresses: dict[str, list[str]] | None = None):
    """Yield (server, fetcher): the fetcher believes it goes out to the open internet.

    `addresses` is the fake resolver: name -> numeric addresses, "feed.example" is public.
    """
    server = OtherServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            status, headers, body = server.pages.get(self.path, (404, {}, b"{}"))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    names = {"feed.example": ["93.184.216.34"], **(addresses or {})}
    went: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        went.append(address)
        return socket.create_connection(listening.server_address, timeout=timeout)

    fetcher = Fetcher(
        resolve=lambda host, _port: names.get(host, []), connect=connect, sleep=lambda _s: None
    )
    fetcher.went = went  # type: ignore[attr-defined]
    try:
        yield server, fetcher
    finally:
        listening.shutdown()
        listening.server_close()
