"""`doorstep import`: bring in areas, postcodes, figures, venues, services … from a file."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from doorstep.base.commands import HelpfulCommand
from doorstep.places.importing import BadFile, Report, commands, import_file, importers

WIDTH = 30


class Command(HelpfulCommand):
    help = "Bring in areas, postcodes, figures, venues or services."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        examples = "\n".join(f"  {one.example}" for one in [*importers, *commands])
        self.examples = (
            f"examples:\n{examples}\n\n"
            "A row that can't be used is told with its line and leaves the others alone. "
            "Running it again changes only what differs.\n"
            "exit codes: 0 everything is in, 1 the file is no use or some rows were left out, "
            "2 the words on the command line are wrong"
        )
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
        for name, importer in importers.items():
            one = kinds.add_parser(
                name,
                help=importer.help,
                description=f"Import {importer.help}.",
                epilog=f"example:\n  {importer.example}",
                formatter_class=RawDescriptionHelpFormatter,
            )
            one.add_argument("file", metavar="FILE", type=Path)
            one.add_argument(
                "--dry-run", action="store_true", help="read and check everything, keep nothing"
            )
            one.add_argument("--json", action="store_true", help="say what was done as JSON")
            for option, words in importer.options:
                one.add_argument(option, help=words, default="")

        for name, command in commands.items():
            own = kinds.add_parser(
                name,
                help=command.help,
                description=f"Import {command.help}.",
                epilog=f"example:\n  {command.example}",
                formatter_class=RawDescriptionHelpFormatter,
            )
            command.add_arguments(own)

    def handle(self, *args: Any, **options: Any) -> None:
        command = commands.get(options["what"])
        if command is not None:
            sys.exit(command.handle(options, self.stdout.write, self.stderr.write))
        what, path = options["what"], options["file"]
        importer = importers.get(what)
        own = [option.lstrip("-").replace("-", "_") for option, _words in importer.options]  # type: ignore[union-attr]
        bar = _Bar(path) if sys.stderr.isatty() and not options["json"] else None
        try:
            report = import_file(
                what,
                path,
                dry_run=options["dry_run"],
                **({"progress": bar.show} if bar else {}),
                **{name: options[name] for name in own},
            )
        except BadFile as problem:
            if options["json"]:
                self.stdout.write(json.dumps({"what": what, "error": str(problem)}))
            else:
                self.stderr.write(str(problem))
            sys.exit(1)
        finally:
            if bar:
                bar.done()
        if options["json"]:
            self.stdout.write(json.dumps({**report.as_dict(), "dry_run": options["dry_run"]}))
        else:
            self._tell(report, dry_run=options["dry_run"])
        if report.bad:
            sys.exit(1)

    def _tell(self, report: Report, *, dry_run: bool) -> None:
        for problem in report.problems:
            self.stderr.write(f"line {problem.line}: {problem.said}")
        if report.bad > len(report.problems):
            self.stderr.write(f"… and {report.bad - len(report.problems)} more rows like these")
        pieces = [
            f"{number} {word}"
            for number, word in (
                (report.added, "added"),
                (report.changed, "changed"),
                (report.same, "already there"),
                (report.elsewhere, "of elsewhere or no longer in use"),
                (report.bad, "left out"),
            )
            if number
        ]
        kept = " Nothing was kept: this was a dry run." if dry_run else ""
        self.stdout.write(
            f"{report.what}: {report.read} read; {', '.join(pieces) or 'nothing to do'}.{kept}"
        )


class _Bar:
    """A progress bar on a terminal."""

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size if path.is_file() else 0
        self.shown = -1

    def show(self, read: int) -> None:
        share = min(1.0, read / self.size) if self.size else 1.0
        full = int(share * WIDTH)
        if full != self.shown:
            self.shown = full
            bar = "█" * full + "·" * (WIDTH - full)
            sys.stderr.write(f"\r{bar} {share:4.0%}")
            sys.stderr.flush()

    def done(self) -> None:
        if self.shown >= 0:
            sys.stderr.write("\r" + " " * (WIDTH + 6) + "\r")
            sys.stderr.flush()
