"""Learn the reader's weights from the texts beside this file.

Needs scikit-learn, which Doorstep itself does not: run it in an environment of its own.

    python -m doorstep.kindness.training.train [--without-held-back] [--out FILE]

The texts are synthetic (CC0 1.0) and in `*.txt`: "[rule]" lines head what follows. One in five is
held back by a checksum of its words; `--without-held-back` leaves those out, so that what is
measured on them is about texts the reader has not seen.
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


def texts(folder: Path = HERE) -> list[tuple[str, str]]:
    """Return (text, rule) of every text in the folder."""
    found = []
    for file in sorted(folder.glob("*.txt")):
        rule = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if not line.strip() or line.startswith("# "):
                continue
            heading = HEADING.fullmatch(line)
            if heading:
                rule = heading[1]
            else:
                found.append((line, rule))
    return found


def is_held_back(text: str) -> bool:
    """Whether a text is kept for measuring."""
    return zlib.crc32(text.encode()) % 5 == 0


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
    }


def main() -> None:
    """Learn, and write the model."""
    from doorstep.kindness.reading import MODEL

    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--without-held-back", action="store_true")
    asked.add_argument("--out", type=Path, default=MODEL)
    given = asked.parse_args()
    rows = [row for row in texts() if not (given.without_held_back and is_held_back(row[0]))]
    made = json.dumps(learn(rows), ensure_ascii=False, separators=(",", ":")).encode()
    given.out.write_bytes(gzip.compress(made, 9, mtime=0))


if __name__ == "__main__":
    main()
