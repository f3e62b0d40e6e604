"""What is found in a text: where it stands, what it is, how sure we are."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = (
    "name",
    "address",
    "postcode",
    "phone",
    "email",
    "date_of_birth",
    "nhs_number",
    "rare_detail",
)


@dataclass(frozen=True)
class Span:
    """A stretch of text that may tell who somebody is.

    `start` and `end` count characters (code points), `end` excluded. `kind` is one of KINDS;
    `sure` is between 0 and 1.
    """

    start: int
    end: int
    kind: str
    sure: float = 1.0


def without_overlaps(spans: list[Span]) -> list[Span]:
    """Return the spans in order; where two overlap, the earlier in the list stays."""
    kept: list[Span] = []
    for one in spans:
        if not any(one.start < other.end and other.start < one.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)
