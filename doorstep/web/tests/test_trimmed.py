"""Nobody who cuts an address short to its first word stands before nothing."""

from __future__ import annotations

import re

from django.urls import URLPattern, get_resolver
from django.urls.exceptions import Resolver404


def _routes(patterns, before=""):
    for one in patterns:
        route = before + str(one.pattern).lstrip("^")
        if isinstance(one, URLPattern):
            yield route
        else:
            yield from _routes(one.url_patterns, route)


def test_every_first_word_of_an_address_is_an_address():
    resolver = get_resolver()
    firsts = {route.partition("/")[0] for route in _routes(resolver.url_patterns) if "/" in route}
    words = sorted(one for one in firsts if re.fullmatch("[a-z-]+", one) and one != "demo")
    assert {"support", "feed", "people", "account", "connect", "directory"} <= set(words)
    lost = []
    for word in words:
        try:
            resolver.resolve(f"/{word}/")
        except Resolver404:
            lost.append(word)
    assert lost == []
