"""What the long walks do beside pressing: let the worker work, and read where a notice leads."""

from __future__ import annotations

import datetime as dt
import re

from doorstep.base.working import run_due, run_tasks
from doorstep.notices.models import Notice
from doorstep.people.models import Person
from tests.journeys.browser import Hands

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def worker() -> None:
    """Let the worker do what it would do now."""
    run_due()
    run_tasks()


def told(person: Person) -> str:
    """Return where the person's latest notice leads."""
    latest = Notice.objects.filter(person=person).order_by("-pk").first()
    assert latest is not None
    return str(latest.path)


def ticked(hands: Hands, name: str) -> list[str]:
    """Return every choice that the page offers under this name."""
    return [box["value"] for box in hands.page.html.find_all("input", {"name": name})]


def choice(hands: Hands, name: str, words: str) -> str:
    """Return the value of the choice with these words in the list whose name ends so."""
    found = hands.page.html.find("select", {"name": re.compile(f"{name}$")})
    assert found is not None, f"no list “{name}” on {hands.path}"
    for one in found.find_all("option"):
        if words in one.get_text(" "):
            return str(one["value"])
    raise AssertionError(f"no “{words}” in “{name}” on {hands.path}")


def take_back_every_yes(person: Person) -> Hands:
    """Stop all that somebody has agreed to, but that somebody walks alongside them."""
    hands = Hands(person).open("/people/me/").follow("What you have agreed to")
    while stops := [
        one.get_text(" ", strip=True)
        for one in hands.page.html.find("main").find_all("button")
        if "Stop this now" in one.get_text() and "alongside" not in one.get_text()
    ]:
        hands.press(re.sub(r"\s+", " ", stops[0]))
    return hands
