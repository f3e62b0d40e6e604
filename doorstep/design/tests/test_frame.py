"""The frame round every page."""

import pytest
from django.contrib import messages
from django.contrib.messages.storage.session import SessionStorage

from doorstep.design import frame


@pytest.mark.parametrize(
    ("level", "sign", "role"),
    [
        (messages.SUCCESS, "i-check", "status"),
        (messages.INFO, "i-info", "status"),
        (messages.WARNING, "i-triangle-alert", "status"),
        (messages.ERROR, "i-triangle-alert", "alert"),
    ],
)
def test_only_what_was_done_has_a_tick(rf, level, sign, role):
    request = rf.get("/")
    request.session = {}
    request._messages = SessionStorage(request)
    messages.add_message(request, level, "Two & two")
    toast = frame.toasts(request)
    assert f"#{sign}" in toast
    assert f'role="{role}"' in toast
    assert "Two &amp; two" in toast
