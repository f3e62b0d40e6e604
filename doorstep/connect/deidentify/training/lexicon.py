"""Make the word lists of `../data` anew: ordinary English words, and names of many communities.

Words: SCOWL through Debian's `wbritish` and `wbritish-small` (/usr/share/dict). Names: Faker's
(MIT), all locales written in Latin or Bengali letters, `names.txt` here, and what is only ever
written with a capital in SCOWL. Run at building time only:

    python -m doorstep.connect.deidentify.training.lexicon
"""

from __future__ import annotations

import gzip
import importlib
import pkgutil
import re
import unicodedata
from pathlib import Path

HERE = Path(__file__).parent
DATA = HERE.parent / "data"
DICT = Path("/usr/share/dict")
WORD = re.compile(r"[^\W\d_]{2,}(?:['’-][^\W\d_]+)*")


def folded(word: str) -> str:
    """Return the word in lower case without accents."""
    plain = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("’", "'")


def dictionary(name: str) -> tuple[set[str], set[str]]:
    """Return (words in lower case, words only written with a capital) of one list."""
    lines = (DICT / name).read_text(encoding="utf-8").split()
    plain = {folded(w) for w in lines if w[0].islower() and "'" not in w}
    proper = {folded(w) for w in lines if w[0].isupper() and "'" not in w}
    return plain, {w for w in proper - plain if len(w) > 2}


def faker_names() -> tuple[set[str], set[str]]:
    """Return (given names, family names) of all of Faker's locales."""
    from faker.providers import person

    given: set[str] = set()
    family: set[str] = set()
    for found in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"faker.providers.person.{found.name}").Provider
        for key in dir(provider):
            if ("romanized" in key and "format" not in key) or key.startswith(
                ("first_name", "last_name")
            ):
                values = getattr(provider, key)
                if callable(values) or not isinstance(values, (tuple, list, dict, set)):
                    continue
                into = family if "last" in key else given
                for one in values:
                    if isinstance(one, str):
                        into.update(folded(w) for w in WORD.findall(one) if usable(w))
    return given, family


def usable(word: str) -> bool:
    """Whether it is written in Latin, Bengali or Arabic letters and long enough to be one."""
    first = unicodedata.name(word[0], "").split()[0]
    return len(word) > 1 and first in ("LATIN", "BENGALI", "ARABIC")


def main() -> None:
    """Write words.txt.gz and names.txt.gz."""
    small, small_proper = dictionary("british-english-small")
    large, large_proper = dictionary("british-english")
    lines = [f"{w} {1 if w in small else 2}" for w in sorted(small | large)]
    put("words.txt.gz", lines)
    given, family = faker_names()
    for line in (HERE / "names.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        kind, _, rest = line.partition(":")
        (given if kind == "given" else family).update(folded(w) for w in rest.split())
    proper = (small_proper | large_proper) - given - family
    put(
        "names.txt.gz",
        [f"{w} {'g' * (w in given)}{'f' * (w in family)}" for w in sorted(given | family)]
        + [f"{w} p" for w in sorted(proper)],
    )


def put(name: str, lines: list[str]) -> None:
    """Write lines, packed, the same bytes each time."""
    (DATA / name).write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
