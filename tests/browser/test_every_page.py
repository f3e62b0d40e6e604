"""Every page that links lead to: it opens, axe finds nothing, and it fits a small phone.

A crawl starts at the front page as several people and follows every link. Of each kind of page (by
the name of its address) it opens a few and looks closely at one; a new page is covered as soon as
a link leads to it.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urldefrag, urljoin, urlsplit

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
    "lead",
    "administrator",
    "teenager",
]
HREF = re.compile(r'<a\b[^>]*?\shref="([^"]*)"')
LOOKED_AT: set[tuple[str, bool]] = set()  # (address name, for visitors)
OF_A_KIND = 8  # pages opened for each address name and person
# Not followed: what would sign us out, change the language of the pages that come after, or lead
# away from this site in a hurry.
ONE_WAY = {"account_logout", "design:language", "safeguarding:leave"}
EVERY_RULE = {"resultTypes": ["violations"]}
# What axe can find in one theme and not in the other; all else of a page is the same in both.
BY_COLOUR = {
    **EVERY_RULE,
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}

# What each must come to by links alone.
MUST_REACH = {
    None: {"account_signup", "account_login", "gatherings:session", "feed:article", "web:search"},
    "neighbour": {"feed:write", "notices:preferences", "people:edit", "teams:start", "feed:tell"},
    "host": {"gatherings:register", "gatherings:figures", "teams:host", "teams:invitations"},
    "moderator": {"feed:moderation", "feed:moderation_log"},
    "editor": {"feed:queue"},
    "mentor": {"teams:mentors"},
    "officer": {"people:records", "notices:calls"},
    "lead": {"safeguarding:queue", "people:overrides"},
    "administrator": {"people:roles", "people:processing", "people:retention"},
}


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
        for href in HREF.findall(answer.text()):
            parts = urlsplit(urljoin(path, unescape(urldefrag(href).url)))
            if parts.scheme or parts.netloc:
                continue
            link = parts.path + (f"?{parts.query}" if parts.query else "")
            if link not in known and not parts.path.startswith(("/static/", "/media/")):
                known.add(link)
                queue.append(link)
    return seen, dead


def too_wide(page) -> list[str]:
    """Return at which sizes of letters a page scrolls sideways on 320 pixels.

    Letters grow as they do for somebody who chose them in the browser's own settings. 320 pixels
    are also what a screen of 1280 has left at 400 %.
    """
    page.set_viewport_size({"width": 320, "height": 800})
    browser, found = page.context.new_cdp_session(page), []
    for size in (16, 32, 64):
        browser.send("Page.setFontSizes", {"fontSizes": {"standard": size}})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > 320:
            found.append(f"{wide}px wide on a screen of 320, letters at {size * 100 // 16} %")
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": 16}})
    browser.detach()
    return found


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who or "visitor")
def test_every_link_leads_to_a_page_that_axe_finds_nothing_on(opens, who):
    page = opens(as_=who, width=360, height=2400)
    seen, dead = crawl(page)
    assert dead == []
    assert MUST_REACH.get(who, set()) <= seen.keys()
    troubles, axe = [], Axe()
    for name, paths in sorted(seen.items()):
        # A page is looked at once as a visitor and once as the first person who reaches it.
        if (name, who is None) in LOOKED_AT:
            continue
        LOOKED_AT.add((name, who is None))
        page.set_viewport_size({"width": 360, "height": 2400})
        page.emulate_media(color_scheme="light")
        page.goto(paths[0])
        for theme, rules in (("light", EVERY_RULE), ("dark", BY_COLOUR)):
            page.emulate_media(color_scheme=theme)
            found = axe.run(page, options=rules)
            for rule in found.response["violations"]:
                where = "; ".join(str(node["html"])[:140] for node in rule["nodes"][:3])
                troubles.append(f"{name} {paths[0]} ({theme}): {rule['id']}: {where}")
        troubles += [f"{name} {paths[0]}: {said}" for said in too_wide(page)]
        titles = page.eval_on_selector_all("h1", "all => all.length")
        if titles != 1:
            troubles.append(f"{name} {paths[0]}: {titles} first headings")
    assert troubles == []


def test_axe_finds_nothing_on_the_pages_in_urdu(opens):
    page = opens(as_="urdu", width=360, height=2400, language="ur")
    troubles = []
    for path in ("/", "/whats-on/", "/teams/", "/places/", "/feed/stories/", "/people/me/"):
        page.goto(path)
        assert page.locator("html").get_attribute("dir") == "rtl"
        troubles += [f"{path}: {rule['id']}" for rule in Axe().run(page).response["violations"]]
        troubles += [f"{path}: {said}" for said in too_wide(page)]
        page.set_viewport_size({"width": 360, "height": 2400})
    assert troubles == []
