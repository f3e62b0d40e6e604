"""Hidden and missing take as long as each other: the clock tells nobody what is there."""

from __future__ import annotations

import statistics
import time

import pytest
from django.urls import reverse

from doorstep.teams.models import Team
from tests.test_authorisation import _in_this_world, nowhere, site  # noqa: F401

# Once: the clock is that of our process, which a database server is no part of.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

HIDDEN = [
    ("people:person", "person", "blocked"),
    ("people:person", "child", "resident"),
    ("teams:team", "private_team", "administrator"),
    ("feed:post", "team_post", "resident"),
    ("feed:decision", "decision", "resident"),
    ("gatherings:session", "team_gathering_session", "officer"),
    ("gatherings:gathering", "team_gathering", "visitor"),
    ("people:record", "person", "administrator"),
]
TIMES = 41


@pytest.mark.parametrize(("name", "thing", "viewer"), HIDDEN)
def test_the_clock_does_not_tell_hidden_from_missing(name, thing, viewer, site):  # noqa: F811
    args = site.world.things[thing]
    hidden, missing = reverse(name, kwargs=args), nowhere(name, args)
    assert Team.objects.exists()

    def took(path):
        began = time.process_time()  # ours alone, however busy the machine is
        site.ask(viewer, path)
        return time.process_time() - began

    def gap():
        pairs = [(took(hidden), took(missing)) for _time in range(TIMES)]  # turn and turn about
        one, other = (statistics.median(column) for column in zip(*pairs, strict=True))
        return abs(one - other), max(one, other)

    took(hidden), took(missing)
    # A slip of the clock happens once; what gives something away is there each time.
    gaps = []
    for _try in range(8):
        apart, longest = gap()
        if apart < max(0.0004, longest * 0.15):
            return
        gaps.append((apart, longest))
    raise AssertionError(gaps)
