"""Whatever can hold people's words lies sealed, or docs/sealing.md says why it doesn't."""

from __future__ import annotations

import re
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

from django.apps import apps
from django.db import models

from doorstep.base.sealed_fields import SealedMixin, sealed_fields

PAGE = Path(__file__).resolve().parents[3] / "docs" / "sealing.md"
# Shorter lines are names, codes and keys; what is private among them is declared `sensitive`.
LONG = 100


def _text_fields() -> list[models.Field]:
    """Return every field of ours that could hold sentences, sealed or not."""
    return [
        field
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("doorstep.")
        for field in model._meta.local_concrete_fields
        if isinstance(field, SealedMixin | models.TextField | models.JSONField)
        or (
            isinstance(field, models.CharField)
            and not field.choices
            and (field.max_length or 0) >= LONG
        )
    ]


def _label(field: models.Field) -> str:
    return f"{field.model._meta.label}.{field.name}"


def sealed_words() -> str:
    """Return the page's part that lists what is sealed: a line for each app."""
    by_app: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for model, fields in sealed_fields():
        if model.__module__.startswith("doorstep."):
            by_app[model._meta.app_label][model.__name__] += [field.name for field in fields]
    return "".join(
        f"- **{app}:** "
        + "; ".join(f"{name} ({', '.join(fields)})" for name, fields in sorted(models_.items()))
        + ".\n"
        for app, models_ in sorted(by_app.items())
    )


def _declared() -> set[str]:
    part = PAGE.read_text().split("## Not sealed, and why")[1].split("## Sealed")[0]
    return set(re.findall(r"`([a-z]+\.[A-Za-z*]+(?:\.[a-z_0-9*]+)?)`", part))


def _undeclared(fields: list[models.Field], names: set[str]) -> list[str]:
    return [
        _label(field)
        for field in fields
        if not isinstance(field, SealedMixin)
        and not any(fnmatchcase(_label(field), name) for name in names)
    ]


def test_each_text_that_is_not_sealed_is_named_with_a_reason():
    assert _undeclared(_text_fields(), _declared()) == []


def test_a_new_text_that_nobody_spoke_for_is_found():
    names = _declared() - {"feed.Post.text"}
    assert _undeclared(_text_fields(), names) == ["feed.Post.text"]


def test_the_page_names_nothing_that_is_gone_or_sealed():
    open_ones = {_label(one) for one in _text_fields() if not isinstance(one, SealedMixin)}
    gone = {name for name in _declared() if not any(fnmatchcase(one, name) for one in open_ones)}
    assert gone == set()


def test_the_page_lists_what_is_sealed():
    assert PAGE.read_text().split("## Sealed\n\n")[1] == sealed_words()


def test_drafts_and_what_is_said_at_a_door_are_sealed():
    for label, field in [
        ("feed.Draft", "content"), ("teams.Membership", "answers"), ("support.CallDraft", "typed"),
        ("feed.Story", "text"), ("feed.Flag", "snapshot"), ("gatherings.RoomMessage", "text"),
        ("notices.Notice", "body"), ("grants.Idea", "words"), ("connect.CaseGuest", "name"),
    ]:  # fmt: skip
        assert isinstance(apps.get_model(label)._meta.get_field(field), SealedMixin), label
