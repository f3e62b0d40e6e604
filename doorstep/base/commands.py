"""What every `doorstep` command has in common: `--help` with examples laid out as written."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class HelpfulCommand(BaseCommand):
    """A command whose `examples` stand under its help, line by line."""

    examples = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs |= {
            "epilog": self.examples,
            "formatter_class": argparse.RawDescriptionHelpFormatter,
        }
        return super().create_parser(prog_name, subcommand, **kwargs)
