"""What `doorstep bench rounds FILE` and `doorstep bench morning SEED` measure."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import Any

from doorstep.base.benches import BadFile, Bench

MOST_SECONDS = 3600


def rounds(files: list[Path], options: dict[str, Any]) -> dict[str, Any]:
    """Plan a public test case; see `doorstep bench rounds`. Raises BadFile."""
    from doorstep.support.rounds.engine import checking, reading, twofold

    began = time.perf_counter()
    seconds = float(options.get("seconds") or 20)
    if not 0.5 <= seconds <= MOST_SECONDS:
        raise BadFile(f"--seconds takes 0.5 to {MOST_SECONDS}.")
    try:
        case = reading.read(files[0])
        problem, members = reading.problem_of(case)
    except reading.CannotRead as problem_found:
        raise BadFile(str(problem_found)) from problem_found
    # Reading, joining and judging count too; what is left is searched.
    spent = time.perf_counter() - began
    found = twofold.solve(problem, seconds=max(seconds - spent - 0.3, 0.3))
    numbered = reading.routes_of(found.tours, members)
    verdict = checking.judge(case, numbered)
    cost, best = verdict.cost, case.best_known
    if best and cost > 0 and not 0.2 < cost / best < 5:
        # The best known is told in other units: tenths, thousandths, pence.
        cost /= 10.0 ** round(math.log10(cost / best))
    return {
        "instance": case.name,
        "stops": case.n - len(case.depots),
        "depots": len(case.depots),
        "kind": case.kind,
        "rounding": case.rounding.name,
        "cost": round(cost, 3),
        "best_known": best,
        "best_known_from": case.best_from or None,
        "gap": round(cost / best - 1, 5) if best else None,
        "feasible": verdict.feasible,
        "faults": verdict.faults[:20],
        "routes": [stops for _number, stops in numbered],
        "vehicles": [number + 1 for number, _stops in numbered],
        "iterations": found.iterations,
        "seconds": round(time.perf_counter() - began, 2),
        "cores": twofold.cores(),
        "load": round(os.getloadavg()[0], 2),
        "notes": case.notes,
    }


def rounds_table(found: dict[str, Any]) -> str:
    """Say the same for people."""
    gap = "no best known" if found["gap"] is None else f"{found['gap']:.2%} over the best known"
    lines = [
        f"{found['instance']}: {found['stops']} stops, {found['depots']} depots, {found['kind']}",
        f"cost {found['cost']:g} in {len(found['routes'])} routes: {gap}"
        + (f" ({found['best_known']:g})" if found["best_known"] else ""),
        "Every rule is kept." if found["feasible"] else "Rules are broken:",
        *found["faults"],
        f"{found['seconds']} s, {found['iterations']} tries, {found['cores']} cores, load "
        f"{found['load']}; distances {found['rounding']}",
    ]
    return "\n".join(lines + found["notes"])


ROUNDS = Bench(
    files=("FILE",),
    help="how near to the best known a public routing case is planned in --seconds",
    run=rounds,
    table=rounds_table,
)


def morning(files: list[Path], options: dict[str, Any]) -> dict[str, Any]:
    """Make up a morning from a seed and plan it; see `doorstep bench morning`. Raises BadFile."""
    from collections import Counter

    from doorstep.support.rounds.engine import made_up, planning, twofold

    word = str(files[0])
    if not word.isdigit() or len(word) > 9:
        raise BadFile("Say a number to begin from: doorstep bench morning 1 --seconds 15 --json")
    seconds = float(options.get("seconds") or 15)
    if not 0.5 <= seconds <= MOST_SECONDS:
        raise BadFile(f"--seconds takes 0.5 to {MOST_SECONDS}.")
    began = time.perf_counter()
    made = made_up.morning(int(word))
    found = planning.plan(made, seconds=seconds - (time.perf_counter() - began))
    keys = [parcel.key for parcel in made.parcels]
    return {
        "seed": int(word),
        "parcels": len(made.parcels),
        "hubs": len(made.hubs),
        "volunteers": len(made.runners),
        "by_mode": dict(Counter(runner.mode for runner in made.runners)),
        "chilled": sum(parcel.cool_for is not None for parcel in made.parcels),
        "with_a_skill": sum(bool(parcel.needs - {"cool"}) for parcel in made.parcels),
        "served": found.served,
        "left": [{"parcel": keys[one.parcel], "why": one.code, **one.detail} for one in found.left],
        "feasible": found.feasible,
        "faults": [list(one.faults) for one in found.times if one.faults],
        "travel_hours": round(found.travel / 3600, 2),
        "reloads": sum(max(0, len(trips) - 1) for trips in found.trips),
        "rounds": [
            {
                "volunteer": made.runners[number].key,
                "mode": made.runners[number].mode,
                "trips": [[keys[parcel] for parcel in trip] for trip in trips],
            }
            for number, trips in enumerate(found.trips)
            if trips
        ],
        "iterations": found.iterations,
        "seconds": round(time.perf_counter() - began, 2),
        "cores": twofold.cores(),
        "load": round(os.getloadavg()[0], 2),
    }


def morning_table(found: dict[str, Any]) -> str:
    """Say the same for people."""
    return "\n".join(
        [
            f"Morning {found['seed']}, made up: {found['parcels']} parcels, {found['hubs']} hubs, "
            f"{found['volunteers']} volunteers, {found['chilled']} parcels chilled",
            f"brought: {found['served']}, in {len(found['rounds'])} rounds with {found['reloads']} "
            f"reloads and {found['travel_hours']:g} hours on the way",
            *(f"left: {one['parcel']} ({one['why']})" for one in found["left"]),
            "Every rule is kept." if found["feasible"] else f"Rules are broken: {found['faults']}",
            f"{found['seconds']} s, {found['iterations']} tries, {found['cores']} cores, load "
            f"{found['load']}",
        ]
    )


MORNING = Bench(
    files=("SEED",),
    help="plan a made-up morning of 200 parcels, 3 hubs and 25 volunteers in --seconds",
    run=morning,
    table=morning_table,
)
