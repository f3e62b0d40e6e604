"""`doorstep bench assignment`: how long it takes to share a backlog out, and whether it is proved.

Makes its own case, always the same for a seed: tasks and volunteers over some 36 square
kilometres, denser round a few centres, with the kinds, papers, languages and hours of a borough.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doorstep.base.benches import BadFile, Bench
from doorstep.support.matching import engine

if TYPE_CHECKING:
    import numpy as np

SIZE = (10_000, 5_000)


def made(tasks: int, volunteers: int, seed: int = 1) -> engine.Case:
    """Return a seeded case of this size."""
    import numpy as np

    rng = np.random.default_rng(seed)
    centres = rng.uniform(500, 5_500, (12, 2))

    def places(many: int) -> tuple[np.ndarray, np.ndarray]:
        round_one = centres[rng.integers(0, len(centres), many)] + rng.normal(0, 450, (many, 2))
        anywhere = rng.uniform(0, 6_000, (many, 2))
        both = np.where(rng.random(many)[:, None] < 0.6, round_one, anywhere)
        return both[:, 0], both[:, 1]

    def some_bits(many: int, bits: int, share: float) -> np.ndarray:
        return ((rng.random((many, bits)) < share) * (1 << np.arange(bits))).sum(axis=1)

    x, y = places(tasks)
    vx, vy = places(volunteers)
    kind = rng.choice(9, tasks, p=[0.3, 0.15, 0.1, 0.2, 0.1, 0.05, 0.05, 0.04, 0.01])
    needs = np.where(np.isin(kind, (0, 4)), 7, 1)
    papers = np.stack(
        [np.where(rng.random(volunteers) < share, 999, 0) for share in (0.95, 0.8, 0.45)], axis=1
    )
    travel = rng.choice([1_500, 3_000, 8_000], volunteers, p=[0.5, 0.2, 0.3])
    return engine.Case(
        x=x, y=y,
        needs=needs,
        skills=np.where(rng.random(tasks) < 0.1, 1 << rng.integers(0, 8, tasks), 0),
        tongue=np.where(rng.random(tasks) < 0.15, 1 << rng.integers(1, 8, tasks), 0),
        parts=np.where(rng.random(tasks) < 0.7, 1 << rng.integers(0, 21, tasks), 0),
        on=np.full(tasks, 100),
        kind=1 << kind,
        priority=rng.choice([1, 2, 3, 4], tasks, p=[0.1, 0.2, 0.5, 0.2]),
        who=rng.integers(0, tasks, tasks),
        is_far=kind == 3,
        vx=vx, vy=vy,
        radius=travel,
        papers=papers,
        vskills=some_bits(volunteers, 8, 0.25),
        vtongues=1 | some_bits(volunteers, 8, 0.06),
        vparts=some_bits(volunteers, 21, 0.3),
        vkinds=np.where(rng.random(volunteers) < 0.7, 511, some_bits(volunteers, 9, 0.5)),
        room=rng.integers(0, 5, volunteers),
        load=rng.integers(0, 3, volunteers),
        days=rng.integers(0, 90, volunteers),
    )  # fmt: skip


def run(files: list[Path], options: dict[str, Any]) -> dict[str, Any]:
    """Share out a case of the usual size, or of "TASKSxVOLUNTEERS" where that is named."""
    import numpy as np

    size = SIZE
    if files:
        left, _x, right = files[0].name.partition("x")
        if not (left.isdigit() and right.isdigit() and int(left) and int(right)):
            raise BadFile("Say how big, for example 10000x5000; or nothing for that.")
        size = (int(left), int(right))
    case = made(*size)
    began, ran = time.perf_counter(), time.process_time()
    shared = engine.share_out(case)
    seconds, cpu = time.perf_counter() - began, time.process_time() - ran
    loads = np.bincount(shared.who[shared.who >= 0], minlength=case.volunteers)
    could = case.room > 0
    return {
        "tasks": case.tasks,
        "volunteers": case.volunteers,
        "pairs": shared.pairs,
        "pairs_in_the_flow": shared.looked_at,
        "rounds": shared.rounds,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "given": int((shared.who >= 0).sum()),
        "cost": shared.cost,
        "lower_bound": shared.bound,
        "proved_optimal": shared.proved,
        "metres_on_average": int(shared.metres[(shared.who >= 0) & ~case.is_far].mean() or 0),
        "gini_before": round(engine.gini(case.load[could]), 3),
        "gini_after": round(engine.gini((case.load + loads)[could]), 3),
        "gini_without_a_rising_price": round(_gini_of_nearest(case), 3),
    }


def _gini_of_nearest(case: engine.Case) -> float:
    """How it would lie if each task went to whoever is nearest and has room."""
    import numpy as np

    tasks, volunteers, price = engine.all_pairs(case)
    room, load = case.room.copy(), case.load.copy()
    done = np.zeros(case.tasks, dtype=bool)
    for at in np.argsort(price, kind="stable"):
        task, volunteer = tasks[at], volunteers[at]
        if not done[task] and room[volunteer]:
            done[task] = True
            room[volunteer] -= 1
            load[volunteer] += 1
    return engine.gini(load[case.room > 0])


BENCH = Bench(
    files=(),
    optional=("TASKSxVOLUNTEERS",),
    help="share 10,000 tasks among 5,000 volunteers (or NxM), and prove that nothing is cheaper",
    run=run,
)
