"""Secrets planted everywhere turn up in no log, no problem note, and no source."""

import ast
import io
import logging
import logging.config
import re
import smtplib
from pathlib import Path

import pytest
from django.conf import settings as site_settings

from doorstep.base import working
from doorstep.base.models import TickRun
from doorstep.base.registry import Tick
from doorstep.feed.tests.factories import PostFactory, area_channel

PLANTED = {
    "password": "Zyzzyva-Quokka-77-Vermilion",
    "e-mail": "planted.secret@mail.example.org",
    "number": "07700 900987",
    "number in full": "+447700900987",
    "code": "864209",
    "token": "eyJhbGciOiJIUzI1NiJ9.cGxhbnRlZA.Sx7QdT0kPq9zR2bLm4",
    "key": "live_9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    "postcode": "RM8 2QZ",
}


@pytest.fixture
def logged():
    """All that the console would get, as our own settings format it."""
    stream = io.StringIO()
    wanted = site_settings.LOGGING["formatters"]["line"]
    from doorstep.base.scrubbing import ScrubbingFormatter

    handler = logging.StreamHandler(stream)
    handler.setFormatter(ScrubbingFormatter(wanted["format"], style=wanted["style"]))
    root = logging.getLogger()
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def nothing_of_it_in(text):
    found = [name for name, secret in PLANTED.items() if secret in text]
    found += [
        name for name, secret in PLANTED.items()
        if secret.replace(" ", "") in text.replace(" ", "")
    ]  # fmt: skip
    assert found == []


def test_our_settings_log_through_the_scrubber_and_nothing_else():
    config = site_settings.LOGGING
    assert config["formatters"]["line"]["()"] == "doorstep.base.scrubbing.ScrubbingFormatter"
    assert {handler["formatter"] for handler in config["handlers"].values()} == {"line"}
    assert config["loggers"]["django"]["handlers"] == []
    assert not site_settings.ADMINS


def test_planted_secrets_are_in_no_log_and_no_note(client, cast, borough, logged, monkeypatch):
    client.raise_request_exception = False
    post = PostFactory(channel=area_channel(borough.ward), author=cast.dev)
    login = {"login": PLANTED["e-mail"], "password": PLANTED["password"]}
    client.post("/account/login/", login)
    client.post("/account/login/", {"login": PLANTED["number"], "password": PLANTED["password"]})
    client.post("/account/login/code/", {"email": PLANTED["e-mail"]})
    client.post("/account/login/code/confirm/", {"code": PLANTED["code"]})
    client.get(f"/notices/unsubscribe/{PLANTED['token']}/")
    client.get(f"/whats-on/calendar/mine/{PLANTED['key']}.ics")
    client.get(f"/no/such/{PLANTED['token']}/")
    client.get("/search/", {"q": PLANTED["e-mail"]})
    client.get("/about/", headers={"host": "evil.example", "authorization": PLANTED["token"]})
    client.cookies["sessionid"] = PLANTED["key"]
    client.get("/people/me/")
    client.force_login(cast.amina.account)
    session = client.cookies[site_settings.SESSION_COOKIE_NAME].value

    # A page that breaks while it holds all of them, with a traceback.
    from doorstep.feed.views import posts

    def breaks(*args, **kwargs):
        held = dict(PLANTED)
        raise RuntimeError(f"it broke with password={held['password']} of {held['e-mail']}, "
                           f"{held['number']}, code {held['code']}, {held['token']}, "
                           f"{held['key']} at {held['postcode']}")  # fmt: skip

    monkeypatch.setattr(posts, "_post_or_404", breaks)
    answer = client.post(
        f"/feed/{post.pk}/reply/",
        {"text": " ".join(PLANTED.values()), "client_key": "key-of-planted"},
    )
    assert answer.status_code == 500
    nothing_of_it_in(answer.content.decode())

    # A library that logs what it was given, at every level.
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        for name, secret in PLANTED.items():
            logging.getLogger("some.library").log(level, "%s is %s", name, secret)

    text = logged.getvalue()
    assert "it broke with" in text
    assert "Traceback" in text
    nothing_of_it_in(text)
    assert session not in text


def test_a_tick_that_breaks_notes_no_secret(db, logged):
    def run():
        raise smtplib.SMTPRecipientsRefused({PLANTED["e-mail"]: (550, b"no such user")})

    working.run_tick("planted", Tick(run, 60))
    nothing_of_it_in(TickRun.objects.get(name="planted").problem)
    nothing_of_it_in(logged.getvalue())


def test_a_letter_that_is_refused_notes_no_secret(db, cast, logged, monkeypatch):
    from django.core.mail.backends.locmem import EmailBackend

    from doorstep.base.time import now
    from doorstep.notices import sending
    from doorstep.notices.actions import send
    from doorstep.notices.models import Delivery

    cast.amina.account.email = PLANTED["e-mail"]
    cast.amina.account.save()

    def refuse(self, messages):
        raise smtplib.SMTPRecipientsRefused(
            {PLANTED["e-mail"]: (550, f"<{PLANTED['e-mail']}> unknown".encode())}
        )

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    send("gathering-called-off", cast.amina, key="x", title="It's off")
    sending.send_due(now(), 10)
    problems = list(Delivery.objects.values_list("problem", flat=True))
    assert problems
    nothing_of_it_in(" ".join(problems))
    nothing_of_it_in(logged.getvalue())


def test_a_task_that_breaks_leaves_no_secret_in_its_row(db):
    from doorstep.base.scrubbing import scrub_task

    class Row:
        traceback = "\n".join(f"ValueError: {name} is {secret}" for name, secret in PLANTED.items())

    row = Row()
    scrub_task(None, row)
    nothing_of_it_in(row.traceback)


def test_what_is_refused_is_logged(client, cast, logged):
    client.get("/about/", headers={"host": "evil.example"})
    client.get("/people/a%00b/")
    client.get("/no/such/place/")
    client.delete("/about/")
    client.force_login(cast.amina.account)
    client.get("/feed/moderation/")
    text = logged.getvalue()
    for said in (
        "Invalid HTTP_HOST",
        "null character",
        "Not Found",
        "Method Not Allowed",
        "Forbidden",
    ):
        assert said.lower() in text.lower(), said


# --- The source -------------------------------------------------------------------------------

ROOT = Path(site_settings.ROOT)
SOURCES = [
    path
    for folder in ("doorstep", "config")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "tests" not in path.parts and "migrations" not in path.parts
]


def calls(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_the_source_runs_no_text_as_code():
    forbidden = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.loads",
                 "pickle.load", "marshal.loads", "yaml.load", "shelve.open",
                 "Template", "engine.from_string", "Engine.from_string"}  # fmt: skip
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {name}"
        for path in SOURCES
        for name, node in calls(path)
        if name in forbidden or any(word.arg == "shell" for word in node.keywords)
    ]
    assert found == []


def test_the_source_fetches_no_address_that_people_give():
    """Only the text service is asked over the network, at its own address."""
    # Another's address, but the operator's own: the router of DOORSTEP_ROUTING_URL. And the
    # surge day, which plays people against a site it has started itself.
    ours = {"doorstep/support/rounds/engine/travel.py", "doorstep/support/crisis/surge/playing.py"}
    fetching = re.compile(
        r"^(requests\.(get|post|put|head|request|Session)$|httpx\.|urllib\.request\.|urlopen|aiohttp\.|http\.client\.)"
    )
    found = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        for name, _node in calls(path)
        if fetching.match(name)
    }
    beside = {name for name in found if "/bench/" not in name and "management/" not in name}
    assert beside - ours == set()


def test_no_query_is_made_of_input():
    """SQL of ours is either constant or made of names from our own models."""
    risky = []
    for path in SOURCES:
        for name, node in calls(path):
            if not name.endswith((".execute", ".raw", ".extra")) or not node.args:
                continue
            first = node.args[0]
            if isinstance(first, ast.BinOp) and isinstance(first.op, ast.Mod):
                risky.append(f"{path.relative_to(ROOT)}:{node.lineno}")
            if ".format(" in ast.unparse(first) and "request" in ast.unparse(first):
                risky.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert risky == []


def test_the_source_holds_no_secret():
    looks = re.compile(
        r"(?i)(-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|"
        r"xox[baprs]-[A-Za-z0-9-]{10,}|(?:password|secret|api_key)\s*=\s*[\"'][A-Za-z0-9+/_\-]{16,}[\"'])"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0][:40]}"
        for path in SOURCES
        for match in looks.finditer(path.read_text())
        if "demo" not in match[0].lower()
    ]
    assert found == []
