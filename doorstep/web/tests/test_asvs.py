"""The table of the security standard is whole, and what it names is there."""

import ast
import re
from collections import Counter
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.ROOT)
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.M)

# How many requirements of levels 1 and 2 each section of ASVS 4.0.3 has.
SECTIONS = {
    "1.1": 7, "1.2": 4, "1.4": 3, "1.5": 4, "1.6": 4, "1.7": 2, "1.8": 2, "1.9": 2, "1.10": 1,
    "1.11": 2, "1.12": 1, "1.14": 6, "2.1": 12, "2.2": 3, "2.3": 3, "2.4": 5, "2.5": 7, "2.6": 3,
    "2.7": 6, "2.8": 7, "2.9": 3, "2.10": 4, "3.1": 1, "3.2": 4, "3.3": 4, "3.4": 5, "3.5": 3,
    "3.7": 1, "4.1": 4, "4.2": 2, "4.3": 3, "5.1": 5, "5.2": 8, "5.3": 10, "5.4": 3, "5.5": 4,
    "6.1": 3, "6.2": 6, "6.3": 2, "6.4": 2, "7.1": 4, "7.2": 2, "7.3": 3, "7.4": 3, "8.1": 4,
    "8.2": 3, "8.3": 8, "9.1": 3, "9.2": 4, "10.2": 2, "10.3": 3, "11.1": 8, "12.1": 3, "12.2": 1,
    "12.3": 6, "12.4": 2, "12.5": 2, "12.6": 1, "13.1": 4, "13.2": 5, "13.3": 2, "13.4": 2,
    "14.1": 4, "14.2": 6, "14.3": 2, "14.4": 7, "14.5": 4,
}  # fmt: skip


def rows():
    return ROW.findall((ROOT / "docs" / "asvs.md").read_text())


def test_every_requirement_is_listed_once():
    numbers = [row[0] for row in rows()]
    assert len(numbers) == len(set(numbers))
    counts = {}
    for number in numbers:
        section = number.rsplit(".", 1)[0]
        counts[section] = counts.get(section, 0) + 1
    assert counts == SECTIONS


def test_every_line_says_whether_it_holds():
    assert {row[3] for row in rows()} <= {"held", "not yet", "does not apply"}


def test_the_page_counts_its_lines():
    states = Counter(row[3] for row in rows())
    assert (
        f"{states.total()} requirements: {states['held']} held, {states['does not apply']} do not "
        f"apply, {states['not yet']} not yet."
    ) in (ROOT / "docs" / "asvs.md").read_text()


def test_whatever_is_held_names_something_that_is_there():
    names = {}
    missing = []
    for number, _level, _words, state, proof in rows():
        if state != "held":
            continue
        link = re.fullmatch(r"\[[^\]]+\]\(([^)]+)\)", proof)
        if link:
            if not (ROOT / "docs" / link[1]).is_file():
                missing.append(f"{number}: {link[1]}")
            continue
        path, _colons, test = proof.strip("`").partition("::")
        if not (ROOT / path).exists():
            missing.append(f"{number}: {path}")
        elif test:
            if path not in names:
                tree = ast.parse((ROOT / path).read_text())
                names[path] = {
                    node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
                }
            if test not in names[path]:
                missing.append(f"{number}: {path}::{test}")
    assert missing == []


def test_a_line_not_held_says_why():
    assert [row[0] for row in rows() if row[3] != "held" and len(row[4]) < 12] == [], "say why"
