"""Nobody who cuts an address short stands before nothing."""

from __future__ import annotations

import re

import pytest
from django.urls import Resolver404, get_resolver, resolve

from doorstep.web.views import trimmed


def test_every_first_word_of_an_address_is_an_address():
    resolver = get_resolver()
    found = trimmed.routes(resolver.url_patterns)
    firsts = {route.partition("/")[0] for route in found if "/" in route}
    words = sorted(one for one in firsts if re.fullmatch("[a-z-]+", one) and one != "demo")
    assert {"support", "feed", "people", "account", "connect", "directory"} <= set(words)
    lost = []
    for word in words:
        try:
            resolver.resolve(f"/{word}/")
        except Resolver404:
            lost.append(word)
    assert lost == []


@pytest.mark.django_db
def test_every_longer_beginning_of_an_address_leads_to_the_page_above(client, cast):
    client.force_login(cast.amina.account)
    found = trimmed.beginnings()
    assert found["directory/keeping/held"] == "/directory/keeping/"
    assert found["directory/service"] == "/directory/"
    for begins, above in found.items():
        for path in (f"/{begins}/", f"/{begins}"):
            answer = client.get(path)
            assert (answer.status_code, answer.get("Location")) == (302, above), path
    for above in sorted(set(found.values())):
        # There, for whoever may: no button that is only pressed, and nothing missing.
        assert client.get(above).status_code in (200, 302, 403), above


@pytest.mark.django_db
def test_what_is_no_beginning_is_not_found_as_before(client):
    for path in ("/directory/nothing/", "/nothing/", "/directory/service/not-there/"):
        assert client.get(path).status_code == 404
    assert client.post("/directory/service/").status_code == 404
    with pytest.raises(Resolver404):
        resolve("/directory/service/")
