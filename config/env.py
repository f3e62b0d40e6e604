"""Settings, read strictly from the environment.

Every setting Doorstep knows is one row of `KNOWN`. A variable that begins with `DOORSTEP_`
and is not in it, or whose value cannot be read, stops the start with a sentence that says
what to do: a misspelt privacy setting must never be silently ignored.
"""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "DOORSTEP_"
ROOT = Path(__file__).resolve().parent.parent
MODES = ("demo", "dev", "production", "test")


class SettingsProblem(Exception):
    """A sentence for whoever starts Doorstep: what is wrong and what to do."""


def _text(value: str) -> str:
    return value.strip()


def _mode(value: str) -> str:
    if value not in MODES:
        raise ValueError(f"must be one of {', '.join(MODES)}")
    return value


def _yes_no(value: str) -> bool:
    if value.lower() in ("1", "yes", "true", "on"):
        return True
    if value.lower() in ("0", "no", "false", "off"):
        return False
    raise ValueError("must be yes or no")


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"must be a whole number from {low} to {high}") from None
        if not low <= number <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return number

    return read


def _folder(value: str) -> Path:
    if not value.strip():
        raise ValueError("must name a folder")
    return Path(value).expanduser().resolve()


def _file(value: str) -> Path:
    return Path(value).expanduser().resolve()


def _list(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ValueError("must be a web address such as https://doorstep.example.org")
    return value.rstrip("/")


def _optional(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda value: read(value) if value.strip() else None


def _database(value: str) -> str:
    if value and urlsplit(value).scheme not in ("postgres", "postgresql", "sqlite"):
        raise ValueError("must begin with postgresql:// (leave it out to use SQLite)")
    return value


def _redis(value: str) -> str:
    if value and urlsplit(value).scheme not in ("redis", "rediss"):
        raise ValueError("must begin with redis:// or rediss://")
    return value


def _mail(value: str) -> str:
    if value and urlsplit(value).scheme not in ("smtp", "smtps", "smtp+tls"):
        raise ValueError("must look like smtp+tls://user:password@mail.example.org:587")
    return value


def _tiles(value: str) -> str:
    """Read where pictures of streets come from. Its host is named in the policy of every page."""
    if not value:
        return value
    like = "such as https://tiles.example.org/{z}/{x}/{y}.png"
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"must be a web address {like}")
    try:
        parts.port  # noqa: B018 - a port that is no number is found only by asking for it
    except ValueError:
        raise ValueError(f"has a port that is not a number; it must be {like}") from None
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?", parts.netloc):
        raise ValueError(f"must name one host, without {{s}}, name or password before it, {like}")
    if re.search(r"""[\s"'<>;,\\]""", value):
        raise ValueError(f"must not hold spaces, quotes, commas or semicolons; it must be {like}")
    if not all(name in value for name in ("{z}", "{x}", "{y}")):
        raise ValueError(f"must hold {{z}}, {{x}} and {{y}}, {like}")
    if odd := sorted(set(re.findall(r"{[^}]*}?", value)) - {"{z}", "{x}", "{y}", "{r}"}):
        raise ValueError(f"holds {odd[0]}, which we can't fill in: only {{z}}, {{x}}, {{y}}, {{r}}")
    return value


def tile_origin(tile_url: str) -> str:
    """Return the one host ("https://tiles.example.org") that pictures of streets come from."""
    parts = urlsplit(tile_url)
    return f"{parts.scheme}://{parts.netloc}".lower() if tile_url else ""


def _credit(value: str) -> str:
    if len(value) > 200 or re.search(r"[<>\n\r]", value):
        raise ValueError("must be one line of at most 200 letters without < or >")
    return value.strip()


def _routing(value: str) -> str:
    # The operator's own server may stand at a private address.
    if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
        raise ValueError("must be a web address such as http://osrm:5000 (may hold {mode})")
    return value


def _phone(value: str) -> str:
    if not re.fullmatch(r"[0-9+ ]{3,20}", value):
        raise ValueError("must be a phone number: digits and spaces")
    return value


def _giving(value: str) -> str:
    if not re.fullmatch(r"360G-[A-Za-z0-9_]{2,40}", value):
        raise ValueError("must be a 360Giving prefix such as 360G-ourborough")
    return value


@dataclass(frozen=True)
class Setting:
    """One environment variable: its default as text, how to read it, what it does."""

    default: str
    read: Callable[[str], Any]
    help: str


KNOWN: dict[str, Setting] = {
    "MODE": Setting("dev", _mode, "demo, dev, production or test"),
    "SECRET_KEY": Setting("", _text, "a long random text; needed in production"),
    "DATA": Setting(str(ROOT / "data"), _folder, "the one folder for everything Doorstep keeps"),
    "KEY_FILE": Setting(
        "", _optional(_file), "the keys of what is sealed; else keys.json in the data folder"
    ),
    "DATABASE_URL": Setting("", _database, "postgresql://… to use PostgreSQL instead of SQLite"),
    "REDIS_URL": Setting("", _redis, "redis://… to share rate limits between servers"),
    "SITE_URL": Setting("http://localhost:8000", _web_address, "where people reach this site"),
    "ALLOWED_HOSTS": Setting("", _list, "more host names to answer to, with commas"),
    "DEBUG": Setting("no", _yes_no, "show developers' error pages; never in production"),
    "DEMO_SIGN_IN": Setting("no", _yes_no, "one-click sign-in as each role; never in production"),
    "MAIL_URL": Setting("", _mail, "smtp+tls://user:password@host:587; else mail goes to a folder"),
    "MAIL_FROM": Setting("Doorstep <hello@doorstep.invalid>", _text, "who our e-mail comes from"),
    "SMS_KEY": Setting("", _text, "GOV.UK Notify key for one-time codes; else to a folder"),
    "SMS_TEMPLATE": Setting("", _text, "GOV.UK Notify template holding ((message))"),
    "BOROUGH": Setting("Barking and Dagenham", _text, "the name of the borough"),
    "GIVING_PREFIX": Setting(
        "360G-doorstep", _giving, "your prefix from 360Giving; each published grant begins with it"
    ),
    "FUNDER_ID": Setting("", _text, "who funds, in an official list, such as GB-LAE-BDD"),
    "PHONE": Setting("0808 157 0142", _phone, "the number on every page"),
    "TEXT_NUMBER": Setting("07700 900142", _phone, "the number people can text"),
    "OUT_OF_HOURS_PHONE": Setting(
        "020 7946 0142", _phone, "the council's emergency number at night and at weekends"
    ),
    "SAFEGUARDING_MAIL": Setting(
        "", _text, "who hears that an alert waits when no safeguarding lead can look"
    ),
    "DISCREET_FROM": Setting(
        "", _text, "a sender that says nothing, for those with safe-contact rules"
    ),
    "VIDEO_URL": Setting("https://meet.jit.si", _web_address, "where live rooms meet by video"),
    "TILE_URL": Setting("", _tiles, "https://…/{z}/{x}/{y}.png for a street map; else drawn maps"),
    "TILE_CREDIT": Setting(
        "© OpenStreetMap contributors https://www.openstreetmap.org/copyright",
        _credit,
        "whose street map it is, as its makers ask to be named; a web address after it is the link",
    ),
    "ROUTING_URL": Setting(
        "",
        _routing,
        "an OSRM server for travel times of rounds, {mode} for foot, bike or car; else as the crow "
        "flies",
    ),
    "HOST": Setting("127.0.0.1", _text, "the address `doorstep serve` listens on"),
    "PORT": Setting("8000", _number(1, 65535), "the port `doorstep serve` listens on"),
    "WEB_WORKERS": Setting("2", _number(1, 64), "web processes of `doorstep serve`"),
    "PROXIES": Setting("0", _number(0, 5), "trusted proxies in front of Doorstep"),
    "KEEP_PAGES": Setting("yes", _yes_no, "show a page again while nothing on it changed"),
    "UPLOAD_MB": Setting("12", _number(1, 100), "largest photo people may send, in megabytes"),
}


def read(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return every setting by its short name (`MODE`, `DATA`, …), read and checked.

    Raises SettingsProblem naming every variable that is unknown, malformed or unsafe.
    """
    environ = os.environ if environ is None else environ
    problems = []
    for name in environ:
        short = name.removeprefix(PREFIX)
        if name.startswith(PREFIX) and short not in KNOWN:
            near = difflib.get_close_matches(short, KNOWN, 1)
            hint = f"Did you mean {PREFIX}{near[0]}?" if near else "Take it out."
            problems.append(f"{name} is not a setting of Doorstep. {hint}")
    values: dict[str, Any] = {}
    for short, setting in KNOWN.items():
        given = environ.get(PREFIX + short, setting.default)
        try:
            values[short] = setting.read(given)
        except ValueError as problem:
            problems.append(f"{PREFIX}{short} {problem}. Change it, or take it out.")
    if not problems:
        problems = _unsafe(values)
    if problems:
        raise SettingsProblem("\n".join(problems))
    return values


def _unsafe(values: dict[str, Any]) -> list[str]:
    """Return what must not be so where real people's lives are kept."""
    if values["MODE"] != "production":
        return []
    problems = []
    key = values["SECRET_KEY"]
    if len(key) < 40 or len(set(key)) < 10 or "demo" in key.lower():
        problems.append(
            "DOORSTEP_SECRET_KEY must be a secret of your own, 40 characters or more. "
            "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(60))'"
        )
    for short in ("DEBUG", "DEMO_SIGN_IN"):
        if values[short]:
            problems.append(f"{PREFIX}{short} must not be on in production. Take it out.")
    if values["MAIL_FROM"].rstrip(">").endswith(".invalid"):
        problems.append("DOORSTEP_MAIL_FROM must be an address people can answer. Set it.")
    if values["TILE_URL"].startswith("http:") and values["SITE_URL"].startswith("https:"):
        problems.append(
            "DOORSTEP_TILE_URL must begin with https:// as the site does: browsers don't mix. "
            "Change it, or take it out."
        )
    return problems
