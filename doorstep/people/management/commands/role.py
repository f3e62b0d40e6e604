"""Give, end and list roles from the command line."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from doorstep.base.commands import HelpfulCommand
from doorstep.base.time import now
from doorstep.people import actions
from doorstep.people.forms import find_member
from doorstep.people.models import Person, RoleHolding
from doorstep.places.models import Area

EXAMPLES = """examples:
  doorstep role grant administrator amina@example.org
  doorstep role grant organiser 07700900123 --area heathway
  doorstep role end moderator amina@example.org
  doorstep role list --json

The first administrator of a new house is made this way; they give the other roles on the site.
There a person is asked and says yes; a role given here counts as accepted, at once. Ask them first.
"""


class Command(HelpfulCommand):
    help = "Give a role to somebody with an account, end it, or list the roles held now."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for verb, what in (("grant", "give a role"), ("end", "end a role")):
            one = verbs.add_parser(verb, help=what)
            one.add_argument("role", choices=RoleHolding.Role.values)
            one.add_argument("who", help="e-mail, mobile number or handle of the person")
            one.add_argument("--area", help="slug of an area; the whole borough if left out")
        listing = verbs.add_parser("list", help="show who holds what")
        listing.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "list":
            self._list(as_json=options["json"])
            return
        person = find_member(options["who"])
        if person is None:
            raise CommandError(
                "Nobody has an account with that e-mail, number or handle. "
                "Let them join on the site first."
            )
        area = self._area(options["area"])
        if options["verb"] == "grant":
            try:
                actions.grant_role(options["role"], to=person, area=area, by=None, at=now())
            except actions.CannotGive as problem:
                raise CommandError(str(problem)) from problem
            self.stdout.write(f"{person.known_as} is now {options['role']}, {area.name}.")
            return
        self._end(person, options["role"], area)

    def _end(self, person: Person, role: str, area: Area) -> None:
        held = RoleHolding.objects.held().filter(person=person, role=role, area=area).first()
        if held is None:
            raise CommandError(f"{person.known_as} is not {role}, {area.name}.")
        try:
            actions.end_role(held, by=None, at=now())
        except actions.CannotGive as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{person.known_as} is no longer {role}, {area.name}.")

    def _area(self, slug: str | None) -> Area:
        areas = Area.objects.order_by("path")
        wanted = areas.filter(slug=slug) if slug else areas.filter(kind=Area.Kind.BOROUGH)
        area = wanted.first()
        if area is None:
            raise CommandError(
                f"There is no area {slug!r}." if slug else "There is no borough yet: import it."
            )
        return area

    def _list(self, *, as_json: bool) -> None:
        held = (
            RoleHolding.objects.held()
            .select_related("person", "area", "granted_by")
            .order_by("role", "area__path", "pk")
        )
        if as_json:
            rows = [
                {
                    "role": row.role,
                    "person": row.person.known_as,
                    "handle": row.person.handle,
                    "area": row.area.slug if row.area else "",
                    "scope": row.scope_kind,
                    "since": row.starts_at.isoformat(),
                    "until": row.ends_at.isoformat() if row.ends_at else None,
                }
                for row in held
            ]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for row in held:
            self.stdout.write(f"{row.get_role_display()}, {row.where}: {row.person.known_as}")
