"""What rounds hang up at the start."""

from doorstep.base.benches import benches
from doorstep.support.rounds import merging, privacy  # noqa: F401


def wire() -> None:
    """Fill the registries of the floors below."""
    benches.add("rounds", "doorstep.support.rounds.measuring.ROUNDS")
    benches.add("morning", "doorstep.support.rounds.measuring.MORNING")
