"""Logs hold no secret, whatever a library or a database puts into its message."""

import logging

import pytest

from doorstep.base.scrubbing import ScrubbingFormatter, scrub


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("Key (email)=(amina.k+1@mail.example.org) already exists", "amina"),
        ("550 <rose@example.org>: no such user", "rose@"),
        ("could not reach 07700 900123", "900123"),
        ("could not reach +447700900123.", "7700900"),
        ("Key (phone)=(+44 20 8227 1234) exists", "8227"),
        ("lives at RM8 2QT now", "2QT"),
        ("lives at E17PY now", "E17PY"),
        ("password=hunter2 given", "hunter2"),
        ('{"password": "cherry-pie"}', "cherry"),
        ("csrfmiddlewaretoken=abcDEF123456", "abcDEF"),
        ("Authorization: Bearer eyJhbGciOi.J9.abc", "eyJ"),
        ("your code is 493817.", "493817"),
        ("code: 493817", "493817"),
        ("postgresql://doorstep:s3cr3t@db/x", "s3cr3t"),
        ("smtp+tls://me:s3cr3t@mail.example.org:587", "s3cr3t"),
        ("Not Found: /notices/unsubscribe/MTI6YWJj:1tPq0Z:kJh3-x9Yw2Lm4Qs8/", "kJh3"),
        ("session 8f14e45fceea167a5a36dedd4bea2543 ended", "8f14e45f"),
        ("key live-0123abcd-4567-89ab-cdef-0123456789ab", "0123abcd"),
    ],
)
def test_secrets_are_taken_out(line, secret):
    assert secret in line
    assert secret not in scrub(line)


@pytest.mark.parametrize(
    "line",
    [
        "GOV.UK Notify would not take a text (status 403).",
        "The worker met a problem; it goes on in five seconds.",
        "delivery 123456: SMTPRecipientsRefused",
        "Not Found: /teams/becontree-bakers/",
        "2026-11-22 00:45:01,123 WARNING doorstep.worker: notices",
        '  File "doorstep/base/working.py", line 138, in _round',
        "Missing staticfiles manifest entry for 'design/doorstep.css'",
        "django.db.utils.IntegrityError: UNIQUE constraint failed: base_ratecount.key",
        "people.0004_consents_and_overrides_of_sharing_across_organisations",
    ],
)
def test_what_helps_to_mend_things_stays(line):
    assert scrub(line) == line


def record(message, *args, **more):
    return logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": message, "args": args})


def test_what_somebody_sends_cannot_write_a_line_of_its_own():
    formatter = ScrubbingFormatter("{levelname} {message}", style="{")
    line = formatter.format(record("Not Found: %s", "/x\n2026 INFO root: all is well\x1b[31m"))
    assert line == "INFO Not Found: /x\\x0a2026 INFO root: all is well\\x1b[31m"


def test_a_traceback_is_scrubbed_and_keeps_its_lines():
    formatter = ScrubbingFormatter("{message}", style="{")
    try:
        raise ValueError("no such user: rose@example.org")
    except ValueError:
        import sys

        found = logging.makeLogRecord({"msg": "it broke", "exc_info": sys.exc_info()})
    text = formatter.format(found)
    assert "rose@" not in text
    assert text.count("\n") >= 3
