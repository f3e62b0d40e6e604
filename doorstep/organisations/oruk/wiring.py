"""Where Open Referral UK hangs in the house: the command line and the worker."""

from __future__ import annotations

from doorstep.base.registry import Tick, ticks
from doorstep.organisations.oruk import bringing_in, command
from doorstep.places.importing import Command, commands


def register() -> None:
    """Hang everything up; called once when the app is ready."""
    commands.add(
        "services",
        Command(
            "services of a directory, from a feed of Open Referral UK or our CSV",
            "doorstep import services https://feed.example/services --every 24 --dry-run",
            command.add_arguments,
            command.handle,
        ),
    )
    ticks.add("directory: lists asked again", Tick(bringing_in.tick, 15 * 60))
