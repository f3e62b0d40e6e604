"""Learn which words are names, and which details are rare, from the texts beside this file.

    python -m doorstep.connect.deidentify.training.learn [--out FILE]

The texts are our own (CC0 1.0): `marked.txt`, `plain.txt`, `rare.txt`, `not_rare.txt`, and
kindness's. Names in them are put in anew, from all communities' lists and made up, so that it
learns how people write of somebody and no single name. SciPy is used here alone. With the same
files it writes the same numbers.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
KINDNESS = HERE.parent.parent.parent / "kindness" / "training"
MARK = re.compile(r"\[([nactebhr])\|([^\]]*)\]")
STREETS = ("Road", "Street", "Close", "Avenue", "Lane", "House", "Court", "Way", "Gardens", "Drive")
BETA = 384


@dataclass
class Example:
    """A text with the names in it; `unsure` are stretches nothing is learned from."""

    text: str
    names: list[tuple[int, int]]
    unsure: list[tuple[int, int]] = field(default_factory=list)
    weight: float = 1.0


class Pool:
    """Names to put in: families of names that go together, and invented ones."""

    def __init__(self, rng: random.Random) -> None:
        from doorstep.connect.deidentify.words import NOT_NAMES, named, ordinary

        self.rng = rng
        self.groups: list[list[str]] = []
        self.family: list[str] = []
        for line in (HERE / "names.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("given:"):
                self.groups.append(line[6:].split())
            elif line.startswith("family:"):
                self.family = line[7:].split()
        plain = ordinary()
        latin = [
            n
            for n, s in named().items()
            if n.isascii() and n not in plain and len(n) > 2 and n not in NOT_NAMES
        ]
        self.given_lists = sorted(n for n in latin if "g" in named()[n])
        self.family_lists = sorted(n for n in latin if named()[n] == "f")
        self.words = sorted(
            n
            for n, s in named().items()
            if "g" in s and n in plain and n not in NOT_NAMES and 3 <= len(n) <= 8
        )

    def given(self, lower: bool) -> str:
        r = self.rng.random()
        if r < 0.5:
            return self.rng.choice(self.rng.choice(self.groups)).title()
        if r < 0.85:
            return self.rng.choice(self.given_lists).title()
        if r < 0.9 and not lower:
            return self.rng.choice(self.words).title()
        return self.invented()

    def surname(self) -> str:
        r = self.rng.random()
        if r < 0.35:
            return self.rng.choice(self.family).title()
        if r < 0.85:
            return self.rng.choice(self.family_lists).title()
        return self.invented()

    def invented(self) -> str:
        syllables = [
            "ka",
            "ro",
            "mi",
            "le",
            "sha",
            "bo",
            "ne",
            "tu",
            "vi",
            "dra",
            "ol",
            "en",
            "ash",
            "ing",
            "wen",
            "zo",
            "fe",
            "gar",
            "ham",
            "li",
            "pol",
            "rus",
            "tha",
            "ya",
            "oku",
            "ade",
            "wi",
            "sk",
            "ber",
            "don",
            "mar",
            "nel",
            "ti",
            "sa",
            "quin",
        ]
        return "".join(self.rng.choice(syllables) for _ in range(self.rng.randint(2, 3))).title()

    def like(self, name: str, lower: bool) -> str:
        """Return another name of the same make."""
        words = name.split()
        made = []
        for at, word in enumerate(words):
            if len(word.strip(".")) == 1:
                made.append(self.rng.choice("ABCDEFGHJKLMNPRSTVWYZ") + word[1:])
            elif word.lower() in ("de", "da", "van", "der", "ben", "bint", "los", "las", "and"):
                made.append(word)
            else:
                last = at == len(words) - 1 and len(words) > 1
                one = self.surname() if last else self.given(lower)
                if self.rng.random() < 0.04:
                    one += "-" + (self.surname() if last else self.given(lower))
                made.append(one)
        said = " ".join(made)
        if name.isupper() and len(name) > 2:
            return said.upper()
        return said.lower() if name.islower() else said


def read(file: str) -> list[str]:
    """Return a file's texts."""
    lines = (HERE / file).read_text(encoding="utf-8").splitlines()
    return [one.replace("\\n", "\n") for one in lines if one.strip() and not one.startswith("#")]


def build(marked: str, pool: Pool | None, rng: random.Random) -> Example:
    """Return a marked text as an example; with a pool, with other names in it."""
    out, names, at, size = [], [], 0, 0
    twins: dict[str, str] = {}
    keep = pool is None or rng.random() < 0.15
    for match in MARK.finditer(marked):
        before = marked[at : match.start()]
        out.append(before)
        size += len(before)
        kind, said = match[1], match[2]
        if kind == "n" and pool is not None and not keep and said.isascii():
            said = twins.setdefault(match[2], pool.like(said, said.islower()))
        if (
            kind == "a"
            and pool is not None
            and not keep
            and rng.random() < 0.6
            and not said.islower()
        ):
            said = f"{rng.randint(1, 150)} {pool.surname()} {rng.choice(STREETS)}"
        if kind == "n":
            names.append((size, size + len(said)))
        out.append(said)
        size += len(said)
        at = match.end()
    out.append(marked[at:])
    text = "".join(out)
    return Example(text, names)


def cased(one: Example, rng: random.Random) -> Example:
    """Return the example as somebody in a hurry types it, sometimes."""
    r = rng.random()
    if r < 0.13:
        return (
            Example(one.text.lower(), one.names, one.unsure, one.weight)
            if len(one.text.lower()) == len(one.text)
            else one
        )
    if r < 0.16 and len(one.text.upper()) == len(one.text):
        return Example(one.text.upper(), one.names, one.unsure, one.weight)
    return one


WHO = re.compile(
    r"\b(?:[Mm]y|[Oo]ur|[Hh]is|[Hh]er|[Tt]he) (?:\w+['’]s )?(?:husband|wife|son|daughter|brother|"
    r"sister|mum|mother|dad|father|partner|neighbour|friend|mate|cousin|niece|nephew|nan|grandad|"
    r"uncle|aunt|lady|gentleman|boy|girl|lad|caretaker|carer|man|woman|client)\b(?! of| who| from)"
)
PRONOUN = re.compile(r"(?:(?<=^)|(?<=[.!?] )|(?<= and )|(?<=, ))(?:He|She|he|she)(?= [a-z])")
HIM = re.compile(
    r"(?<=\b(?:tell|with|asks|from|told|help|seen|meet|ring|call|gave|give|know|knew) )"
    r"(?:him|her)(?=[ ,.!?]|$)"
)


def kindness_texts(rng: random.Random, pool: Pool, most: int) -> list[Example]:
    """Return what people write in a neighbourhood: some as it is, some with names put in."""
    from doorstep.connect.deidentify.naming import split
    from doorstep.connect.deidentify.words import NOT_NAMES, named, ordinary

    known, plain = named(), ordinary()
    texts = []
    for file in sorted(KINDNESS.glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith(("#", "[")) and len(line) < 500:
                texts.append(line)
    texts = sorted(set(texts), key=lambda t: zlib.crc32(t.encode()))[:most]
    made = []
    for text in texts:
        spots = [m.span() for m in WHO.finditer(text)] + [m.span() for m in PRONOUN.finditer(text)]
        try:
            spots += [m.span() for m in HIM.finditer(text)]
        except re.error:
            pass
        spots.sort()
        names: list[tuple[int, int]] = []
        if spots and rng.random() < 0.6:
            chosen = [s for s in spots if rng.random() < 0.5][:3] or [rng.choice(spots)]
            lower = not any(c.isupper() for c in text)
            out, at, size, done = [], 0, 0, 0
            for start, end in chosen:
                if start < done:
                    continue
                said = pool.given(lower)
                if rng.random() < 0.25:
                    said = f"{said} {pool.surname()}"
                if lower:
                    said = said.lower()
                lead = ""
                if rng.random() < 0.15:
                    lead, said = rng.choice(["Mrs ", "Mr ", "Dr ", "Auntie "]), pool.surname()
                    if lower:
                        lead, said = lead.lower(), said.lower()
                out.append(text[at:start] + lead)
                size += start - at + len(lead)
                names.append((size, size + len(said)))
                out.append(said)
                size += len(said)
                at = done = end
            out.append(text[at:])
            text = "".join(out)
        unsure = []
        for word in split(text):
            if any(s <= word.start < e for s, e in names) or word.key in NOT_NAMES:
                continue
            sort, common = known.get(word.key, ""), word.key in plain
            if word.said[0].isupper():
                if ("g" in sort or "f" in sort) and not common:
                    names.append((word.start, word.end))
                elif (sort or not common) and not (word.opens and common and not sort):
                    unsure.append((word.start, word.end))
            elif sort and "g" in sort and not common:
                unsure.append((word.start, word.end))
        made.append(Example(text, sorted(names), unsure))
    return made


def examples(seed: int) -> list[Example]:
    """Return everything to learn names from."""
    rng = random.Random(seed)
    pool = Pool(rng)
    made: list[Example] = []
    for marked in read("marked.txt"):
        made += [cased(build(marked, pool, rng), rng) for _ in range(10)]
    for file in ("plain.txt", "rare.txt", "not_rare.txt"):
        for marked in read(file):
            one = build(marked, None, rng)
            made.append(Example(one.text, [], weight=4.0))
            if file == "plain.txt":
                made.append(cased(Example(one.text, [], weight=1.0), rng))
    made += [cased(one, rng) for one in kindness_texts(rng, pool, 2600)]
    return made


def table(rows: list[list[str]], least: int = 3) -> tuple[list[str], Any]:
    """Return (features seen often enough, a sparse matrix of rows by features)."""
    from scipy.sparse import csr_matrix

    seen = Counter(f for row in rows for f in set(row) if f)
    keys = sorted(f for f, n in seen.items() if n >= least)
    place = {f: at for at, f in enumerate(keys)}
    starts, spots = [0], []
    for row in rows:
        spots += sorted({place[f] for f in row if f in place})
        starts.append(len(spots))
    data = np.ones(len(spots), dtype=np.float64)
    return keys, csr_matrix((data, spots, starts), shape=(len(rows), len(keys)))


def fit(x: Any, dense: Any, y: Any, weight: Any, *, loose: float, tight: float) -> Any:
    """Return (weights of features, weights of meanings, start): logistic regression."""
    from scipy.optimize import minimize

    wide, deep = x.shape[1], dense.shape[1] if dense is not None else 0
    sign = np.where(y, 1.0, -1.0)
    total = weight.sum()

    def loss(v: Any) -> tuple[float, Any]:
        score = x @ v[:wide] + v[-1]
        if deep:
            score = score + dense @ v[wide:-1]
        margin = sign * score
        value = (weight * np.logaddexp(0, -margin)).sum() / total
        slope = -weight * sign / (1 + np.exp(np.clip(margin, -60, 60))) / total
        grad = np.empty_like(v)
        grad[:wide] = x.T @ slope + loose * v[:wide]
        if deep:
            grad[wide:-1] = dense.T @ slope + tight * v[wide:-1]
        grad[-1] = slope.sum()
        value += 0.5 * loose * (v[:wide] ** 2).sum() + 0.5 * tight * (v[wide:-1] ** 2).sum()
        return value, grad

    found = minimize(
        loss, np.zeros(wide + deep + 1), jac=True, method="L-BFGS-B", options={"maxiter": 250}
    ).x
    return found[:wide], found[wide:-1], float(found[-1])


def learn_names(seed: int, bars: tuple[float, float]) -> dict[str, Any]:
    """Return what `naming.Model` holds."""
    from doorstep.connect.deidentify import meanings, naming

    rng = random.Random(seed + 1)
    rows, deep, wanted, weights = [], [], [], []
    for one in examples(seed):
        words = naming.split(one.text)
        if not words:
            continue
        is_name = [any(s <= w.start < e for s, e in one.names) for w in words]
        skip = [any(s <= w.start < e for s, e in one.unsure) for w in words]
        forget = frozenset(at for at, yes in enumerate(is_name) if yes and rng.random() < 0.3)
        vectors = meanings.of_words(one.text, words)
        for at, row in enumerate(naming.features(one.text, words, forget=forget)):
            if skip[at]:
                continue
            rows.append(row)
            deep.append(vectors[at])  # type: ignore[index]
            wanted.append(is_name[at])
            weights.append(one.weight * (1.5 if is_name[at] else 1.0))
    keys, x = table(rows)
    y, weight = np.array(wanted), np.array(weights)
    dense = np.array(deep, dtype=np.float32).astype(np.float64)
    print(f"names: {len(rows)} words, {y.sum()} of names, {len(keys)} features")
    with_meaning = fit(x, dense, y, weight, loose=3e-6, tight=2e-5)
    plain = fit(x, None, y, weight, loose=3e-6, tight=0.0)
    return {
        "keys": np.frombuffer(json.dumps(keys).encode(), dtype=np.uint8),
        "weights": with_meaning[0].astype(np.float32).round(4),
        "meaning": with_meaning[1].astype(np.float32).round(5),
        "plain": plain[0].astype(np.float32).round(4),
        "starts": np.array([with_meaning[2], plain[2], *bars]),
    }


def learn_rare(bars: tuple[float, float]) -> dict[str, Any]:
    """Return what `rare.Weights` holds."""
    from doorstep.connect.deidentify import meanings, naming, rare

    rows, deep, wanted, weights = [], [], [], []

    def take(text: str, marks: list[tuple[int, int]], weight: float) -> None:
        words = naming.split(text)
        vectors = meanings.of_words(text, words) if words else None
        for start, end in rare.segments(text):
            if end - start < 12:
                continue
            inside = sum(max(0, min(e, end) - max(s, start)) for s, e in marks)
            if 0 < inside < 0.35 * (end - start):
                continue
            rows.append(rare.cues(text, start, end))
            deep.append(rare.vectors(words, vectors, start, end))  # type: ignore[arg-type]
            wanted.append(inside > 0)
            weights.append(weight * (3.0 if inside else 1.0))

    for marked in read("rare.txt"):
        text, marks, at = "", [], 0
        for match in MARK.finditer(marked):
            text += marked[at : match.start()]
            marks.append((len(text), len(text) + len(match[2])))
            text += match[2]
            at = match.end()
        take(text + marked[at:], marks, 1.0)
    for file in ("not_rare.txt", "plain.txt", "marked.txt"):
        for marked in read(file):
            take(MARK.sub(lambda m: m[2], marked), [], 1.0)
    rng = random.Random(5)
    for one in kindness_texts(rng, Pool(rng), 500):
        take(one.text, [], 0.6)
    keys, x = table(rows, 2)
    y, weight = np.array(wanted), np.array(weights)
    dense = np.array(deep, dtype=np.float64)
    print(f"rare: {len(rows)} stretches, {y.sum()} rare")
    with_meaning = fit(x, dense, y, weight, loose=3e-3, tight=1e-3)
    plain = fit(x, None, y, weight, loose=2e-3, tight=0.0)
    return {
        "rare_keys": np.frombuffer(json.dumps(keys).encode(), dtype=np.uint8),
        "rare_cues": with_meaning[0].astype(np.float32).round(4),
        "rare_meaning": with_meaning[1].astype(np.float32).round(4),
        "rare_plain": plain[0].astype(np.float32).round(4),
        "rare_starts": np.array([with_meaning[2], bars[0], plain[2], bars[1]]),
    }


def main() -> None:
    """Learn, and write the model."""
    from doorstep.connect.deidentify.naming import MODEL

    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--out", type=Path, default=MODEL)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--bars", type=float, nargs=4, default=BARS)
    given = asked.parse_args()
    bars = given.bars
    made = learn_names(given.seed, (bars[0], bars[1])) | learn_rare((bars[2], bars[3]))
    np.savez_compressed(given.out, **made)


# How sure it must be, in logits: names with and without meanings, then rare details.
BARS = [-1.5, -1.5, -0.15, -0.1]

if __name__ == "__main__":
    main()
