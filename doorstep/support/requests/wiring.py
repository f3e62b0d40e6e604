"""What the requests' half hangs up at the start."""

from doorstep.support.requests import merging, privacy  # noqa: F401


def wire() -> None:
    """Fill the registries of the floors below."""
