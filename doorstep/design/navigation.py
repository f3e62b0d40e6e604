"""The parade menu and the tab bar, filled by the apps in `AppConfig.ready()`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MenuItem:
    """One place in the menu.

    `section` is the app's URL namespace; pages of it wear `shop`'s colours and mark this item.
    """

    section: str
    label: Any
    url_name: str
    icon: str
    shop: str
    order: int = 50
    in_tab_bar: bool = False
    tab_label: Any = ""
    signed_in_only: bool = False
    # The signboard of a wide screen has room for six; the others are in its menu.
    on_signboard: bool = True
    # Names of the pages it stands for, where that isn't all of its namespace: the others belong
    # to the neighbourhood.
    pages: frozenset[str] = frozenset()


HOME = "web"  # the neighbourhood, and what belongs to no other section
_items: dict[str, MenuItem] = {}
_shops: dict[str, str] = {}


def add(item: MenuItem) -> None:
    """Put `item` in the menu. The same section twice is a mistake and says so."""
    if item.section in _items:
        raise ValueError(f"the menu already has {item.section!r}")
    _items[item.section] = item
    _shops[item.section] = item.shop


def wear(section: str, shop: str) -> None:
    """Give a section without a place in the menu the colours of `shop`."""
    _shops[section] = shop


def menu(*, signed_in: bool) -> list[MenuItem]:
    """Return the menu's items in order for a visitor or a signed-in person."""
    items = sorted(_items.values(), key=lambda item: (item.order, item.section))
    return [item for item in items if signed_in or not item.signed_in_only]


def section_of(namespace: str, page: str) -> str:
    """Return the section a page belongs to, by its URL's namespace and name."""
    item = _items.get(namespace)
    return HOME if item is not None and item.pages and page not in item.pages else namespace


def shop_of(section: str) -> str:
    """Return the shop a section wears; the neighbourhood's marigold where none is stated."""
    return _shops.get(section, "home")


@dataclass(frozen=True)
class Link:
    """A link of the frame.

    `where`: "tool" (signboard), "sheet" (menu), "tab" (phones' tab bar) or "foot"; "me" and
    "record" (own page of all that is mine), "work" (landing page of those who hold a role).

    `signed_in`: True only for people signed in, False only for visitors, None for all.
    `dot` marks a tool that shows a dot when something new waits; it stays on small phones, where
    the other tools move into the menu. `section` marks a tab as the current one. `for_roles` links
    of the frame show only to people who hold some role. `only_for(person)` says who sees a link of
    "work"; it must be the very rule the page asks.
    """

    where: str
    label: Any
    url_name: str
    icon: str = ""
    order: int = 50
    signed_in: bool | None = None
    dot: bool = False
    section: str = ""
    for_roles: bool = False
    only_for: Callable[[Any], bool] | None = None


_links: list[Link] = []


def add_link(link: Link) -> None:
    """Put `link` in the frame."""
    _links.append(link)


def links(where: str, *, signed_in: bool, has_role: bool = False) -> list[Link]:
    """Return the frame's links of one place, in order."""
    found = [
        row
        for row in _links
        if row.where == where
        and row.signed_in in (None, signed_in)
        and (has_role or not row.for_roles)
    ]
    return sorted(found, key=lambda row: row.order)


def work_of(person: Any) -> list[Link]:
    """Return the links to the work this person's roles give them, in order."""
    found = [
        row
        for row in _links
        if row.where == "work" and (row.only_for is None or row.only_for(person))
    ]
    return sorted(found, key=lambda row: row.order)
