"""The `doorstep` command: Django's commands under friendly names.

Exit codes: 0 done, 1 it failed, 2 the words on the command line are wrong,
3 the settings are wrong.
"""

import json
import os
import sys

from config.env import KNOWN, PREFIX, SettingsProblem, read

FRIENDLY = {
    "serve": "serve the site, and do its background work",
    "worker": "do background work only",
    "demo": "fill a new database with a synthetic borough",
    "import": "bring in areas, postcodes, figures or venues from a file",
    "bench": "measure speed",
    "watch": "scan a file of counts for unusual rises",
    "doctor": "check settings, database, mail, storage, disk and clock",
    "backup": "make, check and bring back backups",
    "keys": "make, list, check or rotate the keys of what is sealed",
    "role": "grant, end or list the roles people hold",
    "log": "verify the log of who looked at whose record",
    "rights": "check that all personal data is declared, and write the record of it",
    "retention": "show or take away what has been kept long enough",
    "evidence": "check that a bundle of an evidence diary is as it was made",
    "grants": "count the ballots of a Pabulib file, by any method",
}
USAGE = """usage: doorstep COMMAND [options]

{commands}

Each has its own help: doorstep COMMAND --help
Everything Django can do is here too: doorstep migrate, doorstep shell, …
Settings come from the environment: doorstep doctor --settings lists them.
"""


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code (see the module's first lines)."""
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] in ("-h", "--help", "help"):
        commands = "\n".join(f"  {name:9} {what}" for name, what in FRIENDLY.items())
        print(USAGE.format(commands=commands))
        return 0 if words else 2
    if words[0] == "doctor" and "--settings" in words:
        return list_settings(as_json="--json" in words)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(["doorstep", *words])
    except SettingsProblem as problem:
        print(f"Doorstep can't start with these settings.\n{problem}", file=sys.stderr)
        return 3
    except Exception as problem:
        from doorstep.base.sealing import KeyProblem

        if not isinstance(problem, KeyProblem):
            raise
        print(f"Doorstep can't open what is sealed.\n{problem}", file=sys.stderr)
        return 3
    return 0


SECRET = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "MAIL_URL", "SMS_KEY")


def list_settings(*, as_json: bool) -> int:
    """Print every setting, what it does and what it is now; secrets are not shown.

    Needs nothing of Django, so it works when the settings are what is wrong.
    """
    rows = [
        {
            "name": PREFIX + short,
            "value": "(set, not shown)"
            if short in SECRET and os.environ.get(PREFIX + short)
            else os.environ.get(PREFIX + short, setting.default),
            "default": setting.default,
            "is_set": PREFIX + short in os.environ,
            "help": setting.help,
        }
        for short, setting in KNOWN.items()
    ]
    if as_json:
        print(json.dumps(rows, indent=1))
    else:
        for row in rows:
            print(f"{row['name']}={row['value']}\n    {row['help']}")
    try:
        read()
    except SettingsProblem as problem:
        print(f"Doorstep can't start with these settings.\n{problem}", file=sys.stderr)
        return 3
    return 0
