"""What the volunteers' half hangs up at the start."""

from doorstep.support.volunteers import merging, privacy  # noqa: F401


def wire() -> None:
    """Fill the registries of the floors below."""
