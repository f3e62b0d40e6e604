"""What the long walks share: their own data, no second step, and one connection."""

import pytest

from doorstep.connect.calls import index
from tests.journeys.browser import one_connection


@pytest.fixture
def long_walk(settings, tmp_path):
    """A house of one's own for a walk through many hands."""
    settings.DATA = tmp_path
    settings.REQUIRE_SECOND_FACTOR = False
    index.forget()
    with one_connection():
        yield
    index.forget()
