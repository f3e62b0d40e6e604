"""A real server with the demo street in it, and Chromium to walk it.

Nothing is faked: `doorstep demo street` fills a folder of its own, `doorstep serve` serves it,
and mail goes to the folder's outbox, where the tests read their codes.
"""

from __future__ import annotations

import email
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from email import policy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    """Browser tests run in one process: one server, one browser."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


class Street:
    """The running demo street: `url`, and what its people receive."""

    def __init__(self, url: str, data: Path) -> None:
        self.url, self.data = url, data

    def letters_to(self, address: str) -> list[str]:
        """Return the plain text of every e-mail to `address`, oldest first."""
        found = []
        files = sorted((self.data / "outbox").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        for path in files:
            for part in re.split(r"^-{70,}$", path.read_text(errors="replace"), flags=re.M):
                message = email.message_from_string(part.strip(), policy=policy.default)
                if address in str(message.get("To", "")):
                    body = message.get_body(("plain",))
                    found.append(f"{message['Subject']}\n{body.get_content() if body else ''}")
        return found

    def code_for(self, address: str, *, wait: float = 60) -> str:
        """Return the newest one-time code sent to an e-mail address."""
        until = time.monotonic() + wait
        while time.monotonic() < until:
            for letter in reversed(self.letters_to(address)):
                codes = re.findall(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", letter, flags=re.M)
                if codes:
                    return codes[-1]
            time.sleep(0.2)
        raise AssertionError(f"no code came for {address}: {self.letters_to(address)}")


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="session")
def street(tmp_path_factory):
    """Return a Street that is served until the tests are over."""
    data, port = tmp_path_factory.mktemp("street"), free_port()
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")
    }
    environ |= {
        "DOORSTEP_MODE": "demo",
        "DOORSTEP_DEMO_SIGN_IN": "yes",
        "DOORSTEP_DATA": str(data),
        "DOORSTEP_PORT": str(port),
        "DOORSTEP_SITE_URL": f"http://localhost:{port}",
        "PYTHONPATH": str(ROOT),
    }
    log = (data / "serve.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "config", "serve", "--first-run"],
        cwd=ROOT,
        env=environ,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    url = f"http://localhost:{port}"
    until = time.monotonic() + 900  # a slow machine migrates for minutes
    while True:
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError(
                f"the server did not start:\n{(data / 'serve.log').read_text()[-4000:]}"
            )
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:
                if answer.status == 200:
                    break
        except OSError:
            time.sleep(0.3)
    yield Street(url, data)
    server.terminate()
    server.wait(60)
    log.close()


@pytest.fixture(scope="session")
def chromium():
    """Return Debian's Chromium, started once."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opens(chromium, street):
    """Return a function that opens a page for somebody.

    `opens(as_="host", script=False, width=360)` signs in through the demo's own page (None for
    a visitor). Errors in the page's script, and anything the content-security policy blocked,
    fail the test.
    """
    contexts, troubles = [], []

    def open_page(as_=None, *, script=True, width=360, height=800, theme="light", language=None):
        context = chromium.new_context(
            base_url=street.url,
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            color_scheme=theme,
            reduced_motion="reduce",
            locale="en-GB",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda said: (
                troubles.append(said.text) if "Content Security Policy" in said.text else None
            ),
        )
        if language:
            context.add_cookies(
                [{"name": "doorstep_language", "value": language, "url": street.url}]
            )
        if as_:
            sign_in_as(page, as_)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def sign_in_as(page, who: str) -> None:
    """Sign in with one press on the demo's page; `who` is its button's value."""
    page.goto("/demo/")
    follow(page, page.locator(f"#as-{who}"))


def follow(page, what) -> None:
    """Click a link or button, and wait for the page it leads to."""
    with page.expect_navigation():
        what.click()


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page, selector: str, *, most: int = 120) -> None:
    """Reach `selector` with the Tab key alone; fails when it can't be reached."""
    target = page.locator(selector).first
    target.wait_for()
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{selector} can't be reached with the Tab key on {page.url}")
