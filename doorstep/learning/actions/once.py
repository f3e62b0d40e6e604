"""A form makes its thing once: sent again, it leads to what it made the first time."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

from doorstep.people.models import Person

Row = TypeVar("Row", bound=models.Model)


class NotYours(Exception):
    """The form was sent before, by somebody else."""


def made_before(
    kind: type[Row], client_key: str, *, by: Person, maker: str = "made_by"
) -> Row | None:
    """Return what this form made before, or None; `maker` names the field that says who did.

    Raises NotYours where somebody else sent it. Two presses at the same instant are kept apart by
    the key being unique.
    """
    made = kind._default_manager.filter(client_key=client_key).first()
    if made is not None and getattr(made, f"{maker}_id") != by.pk:
        raise NotYours
    return made
