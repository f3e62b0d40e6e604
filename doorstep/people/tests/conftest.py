import pytest
from django.core.cache import caches

from doorstep.people import texts


@pytest.fixture(autouse=True)
def _nothing_sent_yet():
    texts.outbox.clear()
    caches["default"].clear()
