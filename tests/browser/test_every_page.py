"""Every page that links lead to: it opens, axe finds nothing, and it fits a small phone.

A crawl starts at the front page as several people and follows every link. Of each kind of page (by
the name of its address) it looks at one or two; so a new page is covered as soon as a link leads
to it, and a page no link leads to is reported.
"""

from __future__ import annotations

from urllib.parse import urldefrag, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve
from django.urls.exceptions import Resolver404

PEOPLE = [
    None,
    "neighbour",
    "host",
    "moderator",
    "editor",
    "mentor",
    "officer",
    "administrator",
    "teenager",
]
OF_A_KIND = 2  # pages looked at for each address name and person
# Addresses that answer with something else than a page of ours, or only to a form.
NO_PAGE = {"static", "media"}
ONE_WAY = {"account_logout", "web:healthz"}


def name_of(path: str) -> str | None:
    try:
        return resolve(path).view_name
    except Resolver404:
        return None


def crawl(page, most: int = 400) -> tuple[dict[str, list[str]], list[str]]:
    """Follow links breadth first; return the pages opened by address name, and dead links."""
    seen: dict[str, list[str]] = {}
    dead, queue, known = [], ["/"], {"/"}
    while queue and sum(map(len, seen.values())) < most:
        path = queue.pop(0)
        name = name_of(urlsplit(path).path) or "?"
        if len(seen.get(name, [])) >= OF_A_KIND or name in ONE_WAY:
            continue
        answer = page.request.get(path, max_redirects=5)
        if answer.status >= 400:
            dead.append(f"{answer.status} {path}")
            continue
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        seen.setdefault(name, []).append(path)
        page.goto(path)
        for href in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
            parts = urlsplit(urldefrag(href).url)
            if parts.netloc != urlsplit(page.url).netloc:
                continue
            link = parts.path + (f"?{parts.query}" if parts.query else "")
            if link not in known and not parts.path.startswith(("/static/", "/media/")):
                known.add(link)
                queue.append(link)
    return seen, dead


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who or "visitor")
def test_every_link_leads_to_a_page_that_axe_finds_nothing_on(opens, who):
    page = opens(as_=who, width=360, height=2400)
    seen, dead = crawl(page)
    assert dead == []
    troubles = []
    for name, paths in sorted(seen.items()):
        page.set_viewport_size({"width": 360, "height": 2400})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.goto(paths[0])
            found = Axe().run(page)
            for rule in found.response["violations"]:
                where = "; ".join(str(node["html"])[:140] for node in rule["nodes"][:3])
                troubles.append(f"{name} {paths[0]} ({theme}): {rule['id']}: {where}")
        page.set_viewport_size({"width": 320, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > 320:
            troubles.append(f"{name} {paths[0]}: {wide}px wide on a screen of 320")
        titles = page.eval_on_selector_all("h1", "all => all.length")
        if titles != 1:
            troubles.append(f"{name} {paths[0]}: {titles} first headings")
    assert troubles == []
