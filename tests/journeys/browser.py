"""A browser without script for the journeys: it presses what stands on the page.

Links are followed by their words and buttons pressed by theirs; what a form holds already
(hidden keys, the CSRF token, chosen options) goes along as a browser sends it. A word that isn't
on the page, a field that the form hasn't, or an option that isn't offered fails the test.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client, TestCase
from webtest import Form, TestApp, Upload
from webtest.forms import Checkbox, File

from doorstep.people.models import Person

__all__ = ["Hands", "Upload", "one_connection"]


@contextlib.contextmanager
def one_connection() -> Iterator[None]:
    """Keep the test's own connection through requests, as Django's test client does.

    A server gives its connection back after each; here it holds the test's transaction.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _site(environ: dict[str, Any], start: Any) -> Any:
    """Answer as the server does; what waits for the end of the transaction is done then."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return get_wsgi_application()(environ, start)


class Hands:
    """One telephone in somebody's hands; `person` None is a visitor, `line` the number it has."""

    def __init__(self, person: Person | None = None, *, line: int = 7) -> None:
        self.app = TestApp(_site, extra_environ={"REMOTE_ADDR": f"192.0.2.{line}"})
        if person is not None:
            entered = Client()
            entered.force_login(Person.objects.get(pk=person.pk).account)
            name = settings.SESSION_COOKIE_NAME
            self.app.set_cookie(name, entered.cookies[name].value)
        self.page: Any = None

    # --- Going ---------------------------------------------------------------------------------

    def open(self, address: str, status: int = 200) -> Hands:
        """Open an address of a letter, a notice or the menu, and end where it leads."""
        address = re.sub(r"^https?://[^/]+", "", address)
        self._arrive(self.app.get(address, status="*"), status)
        return self

    def _arrive(self, page: Any, status: int = 200) -> None:
        for _step in range(6):
            if page.status_int not in (301, 302, 303):
                break
            page = page.follow(status="*")
        assert page.status_int == status, f"{page.request.path}: {page.status}\n{_words(page)}"
        self.page = page

    def follow(self, words: str, status: int = 200) -> Hands:
        """Follow the first link whose words hold these: in the main part, else round it."""
        html = self.page.html
        main = html.find("main")
        inside = main.find_all("a", href=True) if main else []
        for link in [*inside, *html.find_all("a", href=True)]:
            said = _flat(link.get_text(" ")) or link.get("aria-label", "")
            if words in said:
                self._arrive(self.page.goto(link["href"], status="*"), status)
                return self
        raise AssertionError(f"no link “{words}” on {self.path}\n{_words(self.page)}")

    @property
    def path(self) -> str:
        return str(self.page.request.path)

    # --- Reading -------------------------------------------------------------------------------

    @property
    def words(self) -> str:
        """All words of the page's main part, as read aloud."""
        return _words(self.page)

    def reads(self, *parts: str) -> Hands:
        for part in parts:
            assert part in self.words, f"“{part}” is not on {self.path}\n{self.words}"
        return self

    def reads_not(self, *parts: str) -> Hands:
        for part in parts:
            assert part not in self.page.text, f"“{part}” is on {self.path}"
        return self

    # --- Doing ---------------------------------------------------------------------------------

    def press(self, button: str, /, status: int = 200, near: str = "", **said: Any) -> Hands:
        """Fill in the form that has this button and press it.

        `said` names fields as the form does; with a prefix, the part behind it is enough. `near`
        are words that stand in the form or just before it, where several have such a button.
        """
        form, pressed = self._form(button, near, said)
        for name, value in said.items():
            self._fill(form, name, value)
        if pressed.get("formaction"):
            form.action = pressed["formaction"]
        if pressed.get("name"):
            page = form.submit(pressed["name"], value=pressed.get("value", ""), status="*")
        else:
            page = form.submit(status="*")
        self._arrive(page, status)
        return self

    def _form(self, button: str, near: str, said: dict[str, Any]) -> tuple[Form, Any]:
        found = []
        for form in {id(form): form for form in self.page.forms.values()}.values():
            names = list(form.fields)
            for one in form.html.find_all(["button", "input"]):
                if one.name == "input" and one.get("type") not in ("submit", "image"):
                    continue
                label = one.get("aria-label") or _flat(one.get_text(" ")) or one.get("value")
                if label == button:
                    fits = all(_named(names, name) is not None for name in said)
                    here = not near or near in _flat(form.html.get_text(" "))
                    found.append((not here, not fits, form, one))
        if not found:
            raise AssertionError(f"no button “{button}” on {self.path}\n{self.words}")
        found.sort(key=lambda one: one[:2])
        return found[0][2], found[0][3]

    def _fill(self, form: Form, name: str, value: Any) -> None:
        full = _named(list(form.fields), name)
        assert full is not None, f"no field “{name}”: {sorted(map(str, form.fields))}"
        fields = form.fields[full]
        if isinstance(fields[0], File):
            fields[0].value = value
        elif isinstance(fields[0], Checkbox) and not isinstance(value, bool):
            wanted = {str(one) for one in (value if isinstance(value, (list, set)) else [value])}
            for box in fields:
                box.checked = box._value in wanted
                wanted.discard(box._value)
            assert not wanted, f"{full} has no box {wanted}"
        elif isinstance(fields[0], Checkbox):
            fields[0].checked = value
        elif fields[0].attrs.get("type") == "hidden" and len(fields) == 1:
            raise AssertionError(f"{full} is hidden; nobody can fill it in")
        else:
            form.set(full, value, 0 if len(fields) > 1 else None)


def _named(names: list[str], name: str) -> str | None:
    """Return the field of this name, or the one whose name ends in it behind a prefix."""
    if name in names:
        return name
    ends = [one for one in names if one and one.endswith(f"-{name}")]
    return ends[0] if ends else None


def _words(page: Any) -> str:
    if "html" not in (page.content_type or ""):
        return str(page.body[:400])
    html = page.html
    part = html.find("main") or html
    silent = part.find_all("select") + part.find_all(hidden=True) + part.find_all("template")
    left_out = {id(text) for one in silent for text in one.strings}
    return _flat(" ".join(text for text in part.strings if id(text) not in left_out))
