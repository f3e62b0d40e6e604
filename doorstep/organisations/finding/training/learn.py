"""Make `data/learned.npz` and `data/words.json.gz` from the thesaurus and the danger texts.

Needs scikit-learn besides what runs Doorstep: run it in an environment of its own, some 20 seconds.

    python -m doorstep.organisations.finding.training.learn

The texts are synthetic (CC0 1.0): `danger.txt` and `home.txt` here, and those of
`doorstep/kindness/training` without `needs.txt`, which are rows of the labelled needs finding is
measured on, and `heard*.txt`, which teach posts: on halves held back they made the front door no
better at the same false alarms.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from doorstep.kindness.words import features
from doorstep.organisations.finding import engine, languages, meaning, text, thesaurus

HERE = Path(__file__).parent
KINDNESS = HERE.parents[2] / "kindness" / "training"
LEFT_OUT = {"needs.txt", "heard.txt", "heard_posts.txt"}
LEVEL = {
    "life-at-risk": 2, "emergency": 2, "child-at-risk": 1, "adult-at-risk": 1, "self-harm": 1,
    "safeguarding": 1,
}  # fmt: skip
# Sayings of these needs may well be told by somebody in danger: they teach neither.
EITHER = {
    "dv-women", "dv-asian-women", "dv-men-lgbt", "youth-violence", "loan-shark",
    "youth-counselling", "carer-young",
}  # fmt: skip


def texts(file: Path) -> list[tuple[str, int]]:
    """Return (text, level) of a file: 0 nobody in danger, 1 safeguarding, 2 emergency."""
    found, level = [], 0
    for line in file.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            level = LEVEL.get(line[1:-1], 0)
        elif line and not line.startswith("# "):
            found.append((line, level))
    return found


def said(words: str) -> str:
    """Return words as the reader of meanings is given them."""
    return text.in_our_words(languages.understood(words)[2])


def learn() -> tuple[dict[str, Any], dict[str, object]]:
    """Return the arrays, and the table of words for danger."""
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    embed = meaning.reader()
    if embed is None:
        raise SystemExit("The reader's packages are needed: requirements/run.txt.")
    needs = thesaurus.needs()
    rows: list[tuple[str, int, int, float]] = []  # text, level, need or -1, weight
    for file in sorted(KINDNESS.glob("*.txt")):
        if file.name not in LEFT_OUT:
            rows += [(one, level, -1, 1.0) for one, level in texts(file)]
    rows += [(one, level, -1, 2.0) for one, level in texts(HERE / "home.txt")]
    rows += [(one, level, -1, 2.0) for one, level in texts(HERE / "danger.txt")]
    for at, need in enumerate(needs):
        rows += [(one, 0, at, 1.0) for one in need.sayings]
    x = embed([said(one) for one, *_rest in rows])
    level = np.array([one[1] for one in rows])
    of_need = np.array([one[2] for one in rows])
    weight = np.array([one[3] for one in rows])
    either = {at for at, need in enumerate(needs) if need.name in EITHER}

    # One table for what words are about: each need, and what is none, in bunches of their own.
    bunch = of_need.astype(int).copy()
    for danger, many in ((False, 60), (True, 40)):
        places = np.where((of_need < 0) & ((level > 0) == danger))[0]
        bunches = KMeans(many, n_init=2, random_state=0).fit(x[places]).labels_
        bunch[places] = (1000 if danger else 500) + bunches
    table = LogisticRegression(C=10, max_iter=400, class_weight="balanced").fit(x, bunch)
    classes = np.where(
        table.classes_ >= 1000, -2, np.where(table.classes_ >= 500, -1, table.classes_)
    )

    clear = np.array([one not in either for one in of_need])
    is_danger = (level > 0).astype(int)
    near = SVC(C=3, gamma=2, class_weight="balanced").fit(
        x[clear], is_danger[clear], sample_weight=weight[clear]
    )
    found = [list(features(one)) for one, *_rest in rows]
    counted = TfidfVectorizer(analyzer=lambda one: one, min_df=2)
    words = counted.fit_transform(found)
    by_words = LogisticRegression(C=2, max_iter=3000, class_weight="balanced").fit(
        words[clear], is_danger[clear], sample_weight=weight[clear]
    )
    both = np.where(level > 0)[0]
    acute = LogisticRegression(C=4, max_iter=1000, class_weight="balanced").fit(
        x[both], level[both] == 2
    )

    # The three speak on different scales: they are brought to one on halves they did not learn.
    part = np.random.RandomState(0).randint(0, 2, len(rows))
    held = np.zeros((3, len(rows)))
    for half in (0, 1):
        a, b = np.where((part != half) & clear)[0], np.where(part == half)[0]
        one = LogisticRegression(C=10, max_iter=300, class_weight="balanced").fit(x[a], bunch[a])
        chance = one.predict_proba(x[b])[:, one.classes_ >= 1000].sum(axis=1)
        held[0, b] = np.log(chance + 1e-9) - np.log(1 - chance + 1e-9)
        two = SVC(C=3, gamma=2, class_weight="balanced")
        held[1, b] = two.fit(x[a], is_danger[a], sample_weight=weight[a]).decision_function(x[b])
        three = LogisticRegression(C=2, max_iter=3000, class_weight="balanced")
        held[2, b] = three.fit(words[a], is_danger[a], sample_weight=weight[a]).decision_function(
            words[b]
        )
    ours = ((weight == 2.0) | (of_need >= 0)) & clear
    middle, spread = held[:, ours].mean(axis=1), held[:, ours].std(axis=1)
    total = ((held - middle[:, None]) / spread[:, None]).sum(axis=0)
    mine = weight == 2.0
    for start in (0, 1, 2, 2.5, 3, 3.5):
        caught, false = (
            (total[mine & (level > 0)] > start).mean(),
            (total[mine & (level == 0)] > start).mean(),
        )
        sys.stdout.write(f"held back, from {start}: caught {caught:.2f}, falsely {false:.2f}\n")

    small = np.float16
    arrays = {
        "sayings": embed([text.in_our_words(one) for one, _need in thesaurus.sayings()]).astype(
            small
        ),
        "needs": embed([one.said for one in needs]).astype(small),
        "weights": table.coef_.astype(small),
        "start": table.intercept_.astype(np.float32),
        "classes_of_need": classes.astype(np.int32),
        "supports": near.support_vectors_.astype(small),
        "dual": near.dual_coef_[0].astype(small),
        "gamma": np.float32(2),
        "svm_start": np.float32(near.intercept_[0]),
        "acute": acute.coef_[0].astype(np.float32),
        "acute_start": np.float32(acute.intercept_[0]),
        "middle": middle.astype(np.float32),
        "spread": spread.astype(np.float32),
    }
    lean = by_words.coef_[0] * counted.idf_
    names = counted.get_feature_names_out()
    # Every word has a share in a text's length; those that hardly lean are given the commonest.
    telling = {
        name: [round(float(lean[at]), 3), round(float(counted.idf_[at]) ** 2, 2)]
        for at, name in enumerate(names)
    }
    return arrays, {"start": float(by_words.intercept_[0]), "features": telling}


def main() -> None:
    """Learn, and write both files."""
    arrays, words = learn()
    np.savez_compressed(str(engine.DATA / "learned.npz"), **arrays)
    made = json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()
    (engine.DATA / "words.json.gz").write_bytes(gzip.compress(made, 9, mtime=0))


if __name__ == "__main__":
    main()
