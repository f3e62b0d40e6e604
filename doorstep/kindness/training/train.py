"""Learn the reader's weights from the texts beside this file.

Needs scikit-learn, which Doorstep itself does not: run it in an environment of its own, with
Doorstep's packages beside it.

    python -m doorstep.kindness.training.train [--without-held-back] [--out FILE]

The texts are synthetic (CC0 1.0) and in `*.txt`: "[rule]" lines head what follows, "# ~" lines
name a situation. One situation in twenty is held back, whole, because texts written together are
alike; `--without-held-back` leaves those out, so that what is measured on them is about situations
the reader has not seen.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import zlib
from pathlib import Path

HERE = Path(__file__).parent
HEADING = re.compile(r"\[([a-z-]+)\]")


AT_ONCE = 15  # texts written one after another, where no situation is named


def told(folder: Path = HERE) -> list[tuple[str, str, str]]:
    """Return (text, rule, situation) of every text in the folder."""
    found = []
    for file in sorted(folder.glob("*.txt")):
        rule = situation = ""
        at = 0
        size = 4 if file.stem == "tongues" else AT_ONCE  # each language is a few lines
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("# ~"):
                situation = line[3:].strip()
            if not line.strip() or line.startswith("# "):
                continue
            heading = HEADING.fullmatch(line)
            if heading:
                rule = heading[1]
            else:
                at += 1
                place = situation if situation and size == AT_ONCE else str(at // size)
                found.append((line, rule, f"{file.stem}:{place}"))
    return found


def texts(folder: Path = HERE) -> list[tuple[str, str]]:
    """Return (text, rule) of every text in the folder."""
    return [(text, rule) for text, rule, _situation in told(folder)]


def is_held_back(situation: str) -> bool:
    """Whether a situation is kept for measuring."""
    return zlib.crc32(situation.encode()) % 20 == 0


def learn(rows: list[tuple[str, str]], *, strictness: float = 2.0, rarest: int = 2) -> dict:
    """Return the model of `rows` (text, rule) as `reading.Model` takes it."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    from doorstep.kindness.reading import FLAG, VERDICT_OF_RULE, VERDICTS
    from doorstep.kindness.words import features

    found = [list(features(text)) for text, _rule in rows]
    rules = [rule for _text, rule in rows]
    verdicts = [VERDICT_OF_RULE.get(rule, FLAG) for rule in rules]
    table = TfidfVectorizer(analyzer=lambda one: one, min_df=rarest)
    x = table.fit_transform(found)
    names, idf = table.get_feature_names_out(), table.idf_

    def fit(wanted: list[str], c: float):  # type: ignore[no-untyped-def]
        return LogisticRegression(C=c, max_iter=3000, class_weight="balanced").fit(x, wanted)

    first, second = fit(verdicts, strictness), fit(rules, 10.0)
    of_sentences = _of_sentences([text for text, _rule in rows], verdicts, VERDICTS)
    order = [list(first.classes_).index(verdict) for verdict in VERDICTS]
    weights, start = first.coef_[order] * idf, first.intercept_[order]
    rule_weights, rule_start = second.coef_ * idf, second.intercept_
    scale, rule_scale = float(np.abs(weights).max()) / 9999, float(np.abs(rule_weights).max()) / 999
    whole = np.rint(weights / scale).astype(int)
    rule_whole = np.rint(rule_weights / rule_scale).astype(int)
    return {
        "verdicts": list(VERDICTS),
        "rules": list(second.classes_),
        "verdict_start": [round(float(v), 5) for v in start],
        "rule_start": [round(float(v), 5) for v in rule_start],
        "scale": scale,
        "rule_scale": rule_scale,
        "features": {n: whole[:, i].tolist() for i, n in enumerate(names)},
        "rule_features": {n: rule_whole[:, i].tolist() for i, n in enumerate(names)},
        "length": {n: round(float(idf[i]) ** 2, 2) for i, n in enumerate(names)},
        **of_sentences,
    }


def _of_sentences(texts: list[str], verdicts: list[str], order: tuple[str, ...]) -> dict:
    """Return a row of weights per verdict over what sentences mean; nothing where none can say."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    from doorstep.kindness import meaning

    rows = [meaning.vector(text) for text in texts]
    if any(row is None for row in rows):
        return {}
    made = LogisticRegression(C=3.0, max_iter=3000, class_weight="balanced")
    made.fit(np.array(rows), verdicts)
    places = [list(made.classes_).index(verdict) for verdict in order]
    return {
        "meaning": [[round(float(v), 3) for v in made.coef_[at]] for at in places],
        "meaning_start": [round(float(made.intercept_[at]), 4) for at in places],
    }


def main() -> None:
    """Learn, and write the model."""
    import django

    from doorstep.kindness.reading import MODEL

    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--without-held-back", action="store_true")
    asked.add_argument("--out", type=Path, default=MODEL)
    given = asked.parse_args()
    django.setup()
    rows = [
        (text, rule)
        for text, rule, situation in told()
        if not (given.without_held_back and is_held_back(situation))
    ]
    made = json.dumps(learn(rows), ensure_ascii=False, separators=(",", ":")).encode()
    given.out.write_bytes(gzip.compress(made, 9, mtime=0))


if __name__ == "__main__":
    main()
