"""What a call may be matched with, ready to be searched.

Made by the worker, kept in the data folder. It holds what offers, teams, gatherings and neighbours
say about themselves, and no call.
"""

from __future__ import annotations

from doorstep.connect.calls.sources import sources
from doorstep.organisations.finding import engine, store


def entries() -> list[engine.Entry]:
    """Return everything a call may go to, as the engine takes it."""
    return [one for source in sources for one in source.entries()]


_shelf = store.Shelf("calls", entries)
folder, rebuild, index, forget = _shelf.folder, _shelf.rebuild, _shelf.index, _shelf.forget
