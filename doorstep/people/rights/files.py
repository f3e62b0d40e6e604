"""Where copies of everything lie until they are fetched: sealed, in the data folder."""

from __future__ import annotations

from doorstep.base.private_files import private_files

FOLDER = "exports"


def forget(*names: str) -> None:
    """Take files off the disk; one that is gone already is no problem."""
    for name in names:
        if name:
            try:
                private_files.delete(name)
            except OSError:
                continue
