"""Opening what is somebody's own is written into the read log, for one more query and no more."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from doorstep.people.readings import chains
from tests.test_authorisation import _in_this_world, site  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = [
    ("safeguarding:alert", "alert", "safeguarding"),
    ("support:request", "request_new", "officer"),
    ("support:letter", "request_new", "officer"),
    ("support:volunteer", "the_member_as_volunteer", "officer"),
    ("connect:relationship", "relationship", "catalyst"),
    ("connect:paper", "relationship_paper", "catalyst"),
    ("connect:circle", "connect_circle", "member"),
]


@pytest.mark.parametrize(("name", "thing", "viewer"), PAGES, ids=[page[0] for page in PAGES])
def test_a_page_that_logs_a_look_costs_one_more_query(
    name,
    thing,
    viewer,
    site,  # noqa: F811
    monkeypatch,
):
    path = reverse(name, kwargs=site.world.things[thing])

    def asked():
        with CaptureQueriesContext(connection) as seen:
            answer = site.ask(viewer, path)
        assert answer.status_code == 200
        return [row["sql"] for row in seen.captured_queries]

    asked()  # what a process learns once is not this page's
    with_log = asked()
    written = [sql for sql in with_log if sql.startswith("INSERT INTO") and "people_reading" in sql]
    assert len(written) == 1
    monkeypatch.setattr(chains, "add", lambda readings, **_how: None)
    without = asked()
    assert len(with_log) - len(without) <= 1


def test_so_does_opening_a_record_with_a_reason(site, monkeypatch):  # noqa: F811
    path = reverse("people:record", kwargs=site.world.things["person"])
    reason = {"reason": "contact", "words": "They rang us about their shopping."}
    browser = site.browsers["officer"]

    def asked():
        with transaction.atomic():
            browser.post(path, reason)
            with CaptureQueriesContext(connection) as seen:
                answer = browser.get(path)
            transaction.set_rollback(True)
        assert answer.status_code == 200
        return [row["sql"] for row in seen.captured_queries]

    asked()
    with_log = asked()
    assert len([sql for sql in with_log if sql.startswith('INSERT INTO "people_reading"')]) == 1
    monkeypatch.setattr(chains, "add", lambda readings, **_how: None)
    assert len(with_log) - len(asked()) <= 1
