"""Every address × every viewer has a declared answer, and the site gives that one.

The answers are in `tests/authorisation/`, a file for each app; its README says how to add yours.

On SQLite everybody asks for everything. On PostgreSQL every address is asked for by one viewer of
each declared answer, by GET and by POST: the views are the same, and that the queries behind them
find the same rows for everybody is proved there too, in `test_visible_to.py`.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import random
import re
import string
from collections import Counter

import pytest
from django.db import connection, transaction
from django.urls import get_resolver, resolve, reverse
from django.urls.resolvers import URLResolver

import config.urls  # noqa: F401  (before the demo is switched on, or it would stay on for all)
import tests.authorisation as answers_of_apps
from tests.authorisation import asking, world
from tests.authorisation.answers import AS_VISITORS, DONE, MISSING, PAGE, Each, Row, viewers

pytestmark = pytest.mark.django_db
IS_WHOLE = connection.vendor == "sqlite"
URLCONF = "doorstep.web.tests.demo_urls"  # with the demo's sign-in, which is an address too
APPS = [
    importlib.import_module(f"tests.authorisation.{one.name}")
    for one in pkgutil.iter_modules(answers_of_apps.__path__)
    if one.name not in ("answers", "asking", "world")
]
ROWS: list[Row] = [row for app in APPS for row in app.ROWS]
EACH: list[Each] = [one for app in APPS for one in getattr(app, "EACH", [])]
NOT_SWEPT = {name for app in APPS for one in getattr(app, "NOT_SWEPT", []) for name in one.names}
# What an administrator gets and a neighbour doesn't. Nothing about a case will ever be here.
FOR_ADMINISTRATORS = {name for app in APPS for name in getattr(app, "FOR_ADMINISTRATORS", ())}


# --- The world, made once for this file and taken away after it ------------------------------


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker, tmp_path_factory):
    from django.test import override_settings

    folder = tmp_path_factory.mktemp("matrix")
    with (
        django_db_blocker.unblock(),
        override_settings(ROOT_URLCONF=URLCONF, DEMO_SIGN_IN=True, MEDIA_ROOT=folder),
        transaction.atomic(),
    ):
        made = world.make()
        # Higher floors lean on what lower ones brought.
        for app in sorted(APPS, key=lambda app: getattr(app, "ORDER", 50)):
            if hasattr(app, "furnish"):
                app.furnish(made)
        browsers = asking.Asking(made)
        browsers.folder = folder
        # Each of a hundred thousand answers is looked at here; nobody reads a line about it.
        logging.disable(logging.WARNING)
        yield browsers
        logging.disable(logging.NOTSET)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _in_this_world(_own_folders, site, settings):
    # `site` has set the rest: setting ROOT_URLCONF for each test would read all addresses again.
    settings.MEDIA_ROOT = site.folder


def addresses(resolver=None, route="", namespace=""):
    """Yield (name, route) of everything the site answers to."""
    for one in (resolver or get_resolver(URLCONF)).url_patterns:
        if isinstance(one, URLResolver):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from addresses(one, route + str(one.pattern), inner)
        else:
            yield f"{namespace}{one.name}", route + str(one.pattern).removeprefix("^")


def path_of(row, site):
    args = site.world.things[row.of] if row.of else {}
    return reverse(row.name, kwargs=args) + (f"?{row.query}" if row.query else "")


def data_of(row, site):
    people = site.world.people
    return {
        name: people[value[1:]].handle if value.startswith("@") else value
        for name, value in row.data.items()
    }


def nowhere(name, args):
    """Return the address of a thing that never was, of the same length where that can be."""
    dice = random.Random(name)
    letters = string.ascii_lowercase + string.digits
    last = next(
        (
            key
            for key in ("message", "place", "job", "pk", "handle", "key", "ref", "slug")
            if key in args
        ),
        list(args)[-1],
    )
    old = args[last]
    new = (
        int("9" * 9)
        if isinstance(old, int)
        else "".join(dice.choice(letters) for _letter in str(old))
    )
    return reverse(name, kwargs={**args, last: new})


def askers(row):
    """Who asks for this address: everybody, or the first to whom each answer is declared."""
    everybody = (*viewers(), *AS_VISITORS)
    if IS_WHOLE:
        return everybody
    return {(row.get_of(one), row.post_of(one)): one for one in reversed(viewers())}.values()


# --- The matrix ------------------------------------------------------------------------------


def test_every_address_has_a_declared_answer(site):
    # Django writes the ^ of a regular expression into some routes and not into others.
    declared = {resolve(path_of(row, site).split("?")[0]).route.replace("^", "") for row in ROWS}
    without = [
        f"{name}  /{route}" for name, route in addresses() if route.replace("^", "") not in declared
    ]
    assert without == [], "say who may, in tests/authorisation/ (README.md there)"
    misdirected = [
        str(row) for row in ROWS if resolve(path_of(row, site).split("?")[0]).view_name != row.name
    ]
    assert misdirected == []


def test_no_row_is_declared_twice():
    assert [row for row, times in Counter(map(str, ROWS)).items() if times > 1] == []


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_gets_the_declared_answer(row, site):
    path, wrong = path_of(row, site), []
    for viewer in askers(row):
        as_whom = "visitor" if viewer in AS_VISITORS else viewer
        got, wanted = asking.answer_of(site.ask(viewer, path)), row.get_of(as_whom)
        if got is not wanted:
            wrong.append(f"GET as {viewer}: {got}, declared {wanted}")
        sent = site.ask(viewer, path, "post", data_of(row, site))
        wanted = row.post_of(as_whom)
        if not (asking.was_taken(sent) if wanted is DONE else asking.answer_of(sent) is wanted):
            wrong.append(f"POST as {viewer}: {asking.answer_of(sent)}, declared {wanted}")
    assert wrong == []


@pytest.mark.once
@pytest.mark.parametrize("row", [row for row in ROWS if isinstance(row.get, dict)], ids=str)
def test_head_tells_no_more_and_no_less_than_get(row, site):
    first_of = {row.get_of(viewer): viewer for viewer in reversed(viewers())}
    for viewer in first_of.values():
        seen, head = (site.ask(viewer, path_of(row, site), way) for way in ("get", "head"))
        assert (head.status_code, head.body) == (seen.status_code, b""), viewer


# --- Hidden is missing -----------------------------------------------------------------------


def test_every_address_with_an_argument_is_swept_or_says_why_not():
    with_arguments = {name for name, route in addresses() if re.search(r"<", route)}
    assert with_arguments - {one.name for one in EACH} - NOT_SWEPT == set()


@pytest.mark.once
@pytest.mark.parametrize("each", EACH, ids=lambda each: each.name)
def test_what_somebody_may_not_see_answers_like_what_never_was(each, site):
    things = list(each.things())
    assert things, "the world holds nothing of this kind"
    method, wrong, kept = "post" if each.post else "get", [], {}
    data = {"moment": "arriving", "face": "3"} if each.name == "gatherings:feel" else None
    for viewer in viewers():
        me = None if viewer == "visitor" else world.afresh(site.world.people[viewer])
        for thing in things:
            args = each.args(thing)
            path, elsewhere = reverse(each.name, kwargs=args), nowhere(each.name, args)
            told = asking.told(site.ask(viewer, path, method, data), path)
            if (viewer, elsewhere) not in kept:
                kept[viewer, elsewhere] = asking.told(
                    site.ask(viewer, elsewhere, method, data), elsewhere
                )
            never = kept[viewer, elsewhere]
            if each.sees(me, thing):
                if told[0] == 404:
                    wrong.append(f"{viewer} should see {thing!r}: {told[0]}")
            elif told != never and not (each.parts and told[0] == 403):
                wrong.append(f"{viewer} can tell {thing!r} from nothing: {told[0]}, {never[0]}")
    assert wrong == []


_PARTS = ("message", "place", "job", "pk")


@pytest.mark.once
@pytest.mark.parametrize("name", sorted({row.name for row in ROWS if row.of}))
def test_a_part_is_found_under_its_own_whole_alone(name, site):
    """A member's id under another team's address, a job's under another session's."""
    args_of = [site.world.things[row.of] for row in ROWS if row.name == name and row.of]
    wrong = []
    for one in args_of:
        for other in args_of:
            part = next((key for key in _PARTS if key in one), None)
            whole = set(one) - {part}
            if part is None or not whole or whole & {"kind", "key", "slug"} - {"slug"}:
                continue
            if one is other or all(one[key] == other[key] for key in whole):
                continue
            if name == "feed:article":  # its slug is only for reading
                continue
            mixed = reverse(name, kwargs={**one, part: other[part]})
            never = nowhere(name, one)
            for viewer in viewers():
                for method in ("get", "post"):
                    told = asking.told(site.ask(viewer, mixed, method), mixed)
                    if told != asking.told(site.ask(viewer, never, method), never):
                        wrong.append(f"{method} {mixed} as {viewer}: {told[0]}")
    assert wrong == []


# --- Administrators --------------------------------------------------------------------------


def test_the_role_of_administrator_alone_opens_no_more_than_settings_and_roles():
    more = {
        row.name
        for row in ROWS
        if (row.get_of("administrator") is PAGE and row.get_of("resident") is not PAGE)
        or (row.post_of("administrator") is DONE and row.post_of("resident") is not DONE)
    }
    assert more == FOR_ADMINISTRATORS


def test_the_demo_is_not_there_unless_it_is_switched_on(site, settings):
    settings.ROOT_URLCONF = "config.urls"
    assert asking.answer_of(site.ask("visitor", "/demo/")) is MISSING
