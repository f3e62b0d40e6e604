"""The hard shell, proved on real answers of every kind."""

import io

import pytest
from django.conf import settings as site_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from doorstep.feed import photos
from doorstep.feed.models import Photo, Post
from doorstep.feed.tests.factories import PostFactory, area_channel


def picture(size=(64, 48), kind="JPEG", **more):
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **more)
    return SimpleUploadedFile("photo.jpg", out.getvalue(), content_type="image/jpeg")


@pytest.fixture
def post(cast, borough):
    return PostFactory(channel=area_channel(borough.ward), author=cast.dev, readers="everyone")


@pytest.fixture
def photo(post, cast):
    kept = photos.keep(picture(), description="A teal square", by=cast.dev)
    Photo.objects.filter(pk=kept.pk).update(post=post)
    return kept


@pytest.fixture
def answers(client, cast, post, photo, borough):
    """One real answer of every kind, by what it is."""
    found = {
        "page": client.get("/about/"),
        "feed of stories": client.get(f"/feed/atom/area/{borough.ward.slug}.xml"),
        "calendar": client.get(f"/whats-on/calendar/area/{borough.ward.slug}.ics"),
        "photo": client.get(f"/feed/photo/{photo.key}/480.webp"),
        "json": client.get("/healthz"),
        "static": client.get("/static/design/doorstep.css"),
        "to sign-in": client.get("/notices/"),
        "missing": client.get("/feed/99999999/"),
        "nowhere": client.get("/no/such/place/"),
        "wrong host": client.get("/about/", headers={"host": "evil.example"}),
        "wrong method": client.delete("/about/"),
        "trace": client.trace("/about/"),
        "null": client.get("/people/a%00b/"),
    }
    client.force_login(cast.amina.account)
    found["home"] = client.get("/")
    found["own page"] = client.get("/people/me/")
    found["not theirs"] = client.get("/feed/moderation/")
    found["failed form"] = client.post(f"/feed/{post.pk}/reply/", {"text": ""})
    found["done"] = client.post(
        f"/feed/{post.pk}/reply/", {"text": "Hello", "client_key": "key-of-shell"}
    )
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.amina.account)
    found["forged"] = strict.post(f"/feed/{post.pk}/reply/", {"text": "Hello"})
    return found


EXPECTED = {
    "page": 200,
    "feed of stories": 200,
    "calendar": 200,
    "photo": 200,
    "json": 200,
    "static": 200,
    "to sign-in": 302,
    "missing": 404,
    "nowhere": 404,
    "wrong host": 400,
    "wrong method": 405,
    "trace": 405,
    "null": 400,
    "home": 200,
    "own page": 200,
    "not theirs": 403,
    "failed form": 422,
    "done": 302,
    "forged": 403,
}


def test_each_kind_of_answer_is_what_it_should_be(answers):
    assert {name: answer.status_code for name, answer in answers.items()} == EXPECTED


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ],
)
def test_every_answer_has_the_header(answers, header, value):
    assert {name: answer.headers.get(header) for name, answer in answers.items()} == dict.fromkeys(
        answers, value
    )


def test_every_answer_has_a_policy_without_inline_or_eval(answers):
    for name, answer in answers.items():
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert "unsafe-eval" not in policy, name
        assert "script-src 'unsafe-inline'" not in policy, name
        assert " *" not in policy, name


def test_every_answer_forbids_what_we_never_ask_for(answers):
    for name, answer in answers.items():
        policy = answer.headers["Permissions-Policy"]
        for power in ("camera", "microphone", "geolocation", "payment", "usb"):
            assert f"{power}=()" in policy, name


def test_a_pages_policy_names_our_own_host_alone(answers):
    policy = answers["page"].headers["Content-Security-Policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";") if " " in part.strip())
    assert rules["script-src"] == "'self'"
    assert rules["style-src"] == "'self'"
    assert rules["connect-src"] == "'self'"
    assert rules["form-action"] == "'self'"
    assert rules["base-uri"] == "'none'"


@pytest.mark.parametrize("kind", ["photo", "feed of stories", "calendar", "json"])
def test_what_is_not_a_page_runs_nothing_when_opened_by_itself(answers, kind):
    policy = answers[kind].headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_every_answer_says_what_it_is(answers):
    for name, answer in answers.items():
        kind = answer.headers["Content-Type"]
        if kind.startswith(("text/", "application/atom")):
            assert "charset=utf-8" in kind.lower().replace('"', ""), name


def test_no_answer_tells_what_it_is_made_with(answers):
    for name, answer in answers.items():
        assert not {"Server", "X-Powered-By", "X-Generator"} & set(answer.headers), name


def test_no_answer_lets_other_sites_read_it(answers):
    for name, answer in answers.items():
        if name != "static":
            assert "Access-Control-Allow-Origin" not in answer.headers, name


def test_only_the_feed_of_stories_and_static_files_may_be_kept_by_others(answers):
    shared = {
        name
        for name, answer in answers.items()
        if "public" in answer.headers.get("Cache-Control", "")
    }
    assert shared <= {"feed of stories", "calendar", "static"}
    for name in shared - {"static"}:
        assert "Cookie" in answers[name].headers["Vary"]
        assert "Accept-Language" in answers[name].headers["Vary"]


def test_ones_own_pages_are_not_kept_by_a_shared_phone(answers):
    assert answers["own page"].headers["Cache-Control"] == "private, no-store"
    assert "private" in answers["home"].headers["Cache-Control"]
    assert "no-cache" in answers["home"].headers["Cache-Control"]


# --- Cookies and sessions ---------------------------------------------------------------------


def test_signing_out_ends_the_session_and_empties_the_browser(client, cast):
    client.force_login(cast.amina.account)
    name = site_settings.SESSION_COOKIE_NAME
    old = client.cookies[name].value
    answer = client.post("/account/logout/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    thief = Client()
    thief.cookies[name] = old
    assert thief.get("/people/me/").status_code == 302


def test_signing_in_gives_a_new_session(client, cast):
    cast.amina.account.set_password("three words well")
    cast.amina.account.email = "amina@example.org"
    cast.amina.account.save()
    from allauth.account.models import EmailAddress

    EmailAddress.objects.update_or_create(
        user=cast.amina.account,
        email="amina@example.org",
        defaults={"verified": True, "primary": True},
    )
    name = site_settings.SESSION_COOKIE_NAME
    client.cookies[name] = planted = "a" * 32
    answer = client.post(
        "/account/login/", {"login": "amina@example.org", "password": "three words well"}
    )
    assert answer.status_code == 302
    assert client.cookies[name].value != planted
    assert client.get("/people/me/").status_code == 200


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(client, cast):
    client.force_login(cast.amina.account)
    # Signing out writes a new session, with a word of farewell in it.
    cookie = client.post("/account/logout/").cookies[site_settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["domain"]


def test_on_tls_cookies_are_bound_to_this_host():
    """Read by another process, because settings are made once."""
    import json
    import os
    import subprocess
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        out = subprocess.run(
            [
                sys.executable,
                "-c",
                "import json; from config import settings as s; print(json.dumps(["
                "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE,"
                "s.CSRF_COOKIE_SECURE,"
                " s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_SSL_REDIRECT,"
                " s.DEBUG, s.LANGUAGE_COOKIE_SECURE]))",
            ],
            env={
                "PATH": os.environ["PATH"],
                "DOORSTEP_MODE": "production",
                "DOORSTEP_DATA": folder,
                "DOORSTEP_SECRET_KEY": "q8Zr-4nVt_Lw2-yXhB7-cMk9-Pd3s-Ge6u-Jf1a-To5i",
                "DOORSTEP_MAIL_FROM": "Doorstep <hello@doorstep.example.org>",
                "DOORSTEP_SITE_URL": "https://doorstep.example.org",
            },
            cwd=site_settings.ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    session, form, *rest = json.loads(out)
    assert session.startswith("__Host-")
    assert form.startswith("__Host-")
    assert rest == [True, True, 31_536_000, True, True, False, True]


# --- Crafted requests -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example/",
        "https://testserver.evil.example/",
        "\thttps://evil.example/",
        "/\t/evil.example",
    ],
)
def test_no_crafted_next_leads_away(client, cast, post, where):
    client.force_login(cast.amina.account)
    told = [
        client.get("/account/login/", {"next": where}),
        client.post("/account/logout/", {"next": where}),
    ]
    client.force_login(cast.amina.account)
    told += [
        client.post(f"/feed/{post.pk}/thank/", {"next": where}),
        client.get("/design/language/ur/", headers={"referer": where}),
        client.post("/feed/draft/", {"draft": "home", "leave": "1", "next": where}),
    ]
    for answer in told:
        assert "evil" not in answer.headers.get("Location", "")
        assert not answer.headers.get("Location", "").lower().startswith(("java", "//", "/\\"))


def test_a_line_break_in_next_makes_no_header(client, cast, post):
    client.force_login(cast.amina.account)
    answer = client.post(
        f"/feed/{post.pk}/thank/", {"next": "/\r\nSet-Cookie: admin=1\r\n\r\n<script>"}
    )
    assert "admin" not in answer.cookies
    assert "\n" not in answer.headers["Location"]


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver@evil.example", "testserver.evil.example", "evil:80@x", ""]
)
def test_a_crafted_host_is_refused_and_never_repeated(client, db, host, caplog):
    answer = client.get("/account/login/", headers={"host": host} if host else None)
    if not host:
        return
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


def test_a_forwarded_host_is_not_believed(client, db):
    answer = client.get("/account/login/", headers={"x-forwarded-host": "evil.example"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.content.decode()


def test_a_method_in_a_header_or_a_field_changes_nothing(client, cast, post):
    client.force_login(cast.dev.account)
    client.post(
        f"/feed/{post.pk}/",
        {"_method": "DELETE"},
        headers={"x-http-method-override": "DELETE"},
    )
    assert Post.objects.get(pk=post.pk).state == Post.State.LIVE


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND"])
def test_other_methods_are_refused(client, db, method):
    answer = client.generic(method, "/about/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


CRAFTED = [
    "/feed/0/",
    "/feed/99999999999999999999999999/",
    "/feed/-1/",
    "/feed/1e9/",
    "/people/..%2f..%2fetc%2fpasswd/",
    "/people/%ff%fe/",
    "/people/a%00b/",
    "/search/?q=%00",
    "/search/?q=%ff%fe%80",
    "/search/?q=" + "x" * 6000,
    "/search/?page=-1&before=99999999999999999999999",
    "/whats-on/?day=9999-99-99&page=x",
    "/feed/photo/../../x/480.webp",
    "/feed/photo/nokey/481.webp",
    "/teams/%3Cscript%3Ealert(1)%3C%2Fscript%3E/",
    "/whats-on/calendar/mine/x.ics",
    "/notices/unsubscribe/%3Cscript%3E/",
    "/feed/flag/nothing/1/",
    "/feed/flag/post/99999999999999999999/",
    "/places/find/?postcode=%27%20OR%201%3D1--",
    "/static/../config/settings.py",
    "/static/%2e%2e/%2e%2e/config/settings.py",
    "/.git/config",
    "/.env",
    "/media/",
]


@pytest.mark.parametrize("where", CRAFTED)
def test_a_crafted_address_is_refused_in_a_sentence(client, cast, where, caplog):
    client.force_login(cast.amina.account)
    client.raise_request_exception = False
    answer = client.get(where)
    assert answer.status_code in (200, 302, 400, 404, 422)
    words = answer.content.decode(errors="replace")
    assert "Traceback" not in words
    assert "<script>alert" not in words
    assert "SECRET_KEY" not in words


def test_crafted_cookies_open_nothing_and_break_nothing(db):
    for value in ("", "x", "a" * 5000, "' OR 1=1 --", "../../x", "%00", "__proto__"):
        client = Client(raise_request_exception=False)
        client.cookies[site_settings.SESSION_COOKIE_NAME] = value
        client.cookies[site_settings.CSRF_COOKIE_NAME] = value
        client.cookies[site_settings.LANGUAGE_COOKIE_NAME] = value
        assert client.get("/about/").status_code == 200
        assert client.get("/people/me/").status_code == 302


def test_a_null_in_a_form_is_refused_in_a_sentence(client, cast, post):
    client.force_login(cast.amina.account)
    answer = client.post(
        f"/feed/{post.pk}/reply/", {"text": "Hello", "client_key": "key\x00with-null"}
    )
    assert answer.status_code == 400
    assert "come through whole" in answer.content.decode()


@pytest.mark.parametrize("kind", ["application/json", "text/xml", "text/plain", "x/y", ""])
def test_a_body_of_another_kind_does_nothing(client, cast, post, kind):
    client.force_login(cast.amina.account)
    answer = client.generic(
        "POST",
        f"/feed/{post.pk}/reply/",
        '{"text": "Hello", "client_key": "key-of-json"}',
        content_type=kind,
    )
    assert answer.status_code in (400, 422)
    assert post.comments.count() == 0


def test_too_many_fields_are_refused(client, cast, post):
    client.force_login(cast.amina.account)
    answer = client.post(
        f"/feed/{post.pk}/reply/", {f"field{number}": "x" for number in range(2100)}
    )
    assert answer.status_code == 400


def test_a_body_larger_than_any_form_is_refused_before_it_is_read(client, cast, post):
    client.force_login(cast.amina.account)

    class Endless(io.BytesIO):
        def read(self, size=-1):
            raise AssertionError("it was read")

    answer = client.generic(
        "POST",
        f"/feed/{post.pk}/reply/",
        CONTENT_TYPE="application/x-www-form-urlencoded",
        CONTENT_LENGTH=str(500 * 1024 * 1024),
        **{"wsgi.input": Endless()},
    )
    assert answer.status_code == 400
    assert "make it shorter" in answer.content.decode()


def test_a_form_without_its_token_does_nothing(cast, post):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.amina.account)
    answer = strict.post(
        f"/feed/{post.pk}/reply/", {"text": "Hello", "client_key": "key-of-forged"}
    )
    assert answer.status_code == 403
    assert post.comments.count() == 0


def test_a_hidden_and_a_missing_thing_answer_alike(client, cast, borough):
    """Status and length tell nothing about whether something is there."""
    from doorstep.teams.tests.factories import TeamFactory

    team = TeamFactory(area=borough.ward, is_private=True)
    from doorstep.feed import actions

    hidden = PostFactory(channel=actions.channel_of(team), author=cast.dev, readers="team")
    client.force_login(cast.ewan.account)
    here = client.get(f"/feed/{hidden.pk}/")
    gone = client.get(f"/feed/{hidden.pk + 100_000}/")
    assert (here.status_code, gone.status_code) == (404, 404)
    drop = str.maketrans("", "", "0123456789")
    assert abs(len(here.content) - len(gone.content)) <= 60
    assert set(here.headers) == set(gone.headers)
    assert (
        here.content.decode().translate(drop)[:500] == gone.content.decode().translate(drop)[:500]
    )


# --- When it breaks ---------------------------------------------------------------------------


def test_a_page_that_breaks_says_so_and_tells_nothing(client, db, monkeypatch):
    from doorstep.web.views import pages

    def breaks(*_args, **_kwargs):
        raise RuntimeError("secret-detail-of-ours")

    monkeypatch.setattr(pages, "render", breaks)
    client.raise_request_exception = False
    answer = client.get("/about/")
    assert answer.status_code == 500
    words = answer.content.decode()
    assert "Something broke on our side" in words
    assert "secret-detail" not in words
    assert "RuntimeError" not in words
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
