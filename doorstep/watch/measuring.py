"""`doorstep bench outbreaks`: how soon the scan finds what is put into made-up boroughs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from doorstep.base.benches import Bench


def measure(files: list[Path], options: dict[str, Any]) -> dict[str, Any]:
    """Return false signals of null years and the share of outbreaks found, beside the limit."""
    from doorstep.watch.scan import measuring
    from doorstep.watch.scan.deciding import Budget

    trials = int(options.get("trials") or 1000)
    return measuring.everything(Budget(), trials=trials)


def table(found: dict[str, Any]) -> str:
    """Say it in words."""
    null, weekly = found["null_years"], found["null_years"]["weekly"]
    lines = [
        f"Promised: at most {found['promised_a_month']:g} false signals a month for the borough.",
        f"Nothing going on, looked at once a week: {weekly['signals_a_month']} a month of the "
        f"series ({weekly['months']} months), and at most {null['scan_a_month']} of the "
        "space-time scan.",
        f"Looked at every night: {null['nightly']['signals_a_month']} a month of the series.",
        "",
        f"{'rise':>6} {'within':>9} {'found':>8} {'±':>7} {'the most any method can':>25}",
    ]
    for one in found["outbreaks"]:
        lines.append(
            f"{'×' + format(one['factor'], 'g'):>6} {str(one['weeks']) + ' weeks':>9} "
            f"{one['found']:8.1%} {one['give_or_take']:7.1%} "
            f"{one['no_method_can_find_more_than']:25.1%}"
        )
    size = found["size"]
    lines += [
        "",
        f"One scan of {size['series']} series × {size['weeks']} weeks with the space-time scan of "
        f"{size['themes']} themes: {size['seconds']} s.",
    ]
    return "\n".join(lines)


BENCH = Bench(
    files=(),
    help="how soon the scan for signals finds outbreaks put into made-up boroughs",
    run=measure,
    table=table,
)
