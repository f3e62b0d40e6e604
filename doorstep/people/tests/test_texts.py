import json
import stat

import pytest
from django.core.exceptions import ValidationError

from doorstep.people import numbers, texts


@pytest.mark.parametrize(
    "typed",
    [
        "07700900123",
        "07700 900 123",
        "+44 (0)7700 900-123",
        "0044 7700.900.123",
        "447700900123",
        "\u200e07700\u00a0900\u00a0123",
        "٠٧٧٠٠٩٠٠١٢٣",
    ],
)
def test_a_number_is_one_number_however_it_is_written(typed):
    assert numbers.parse(typed) == "+447700900123"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0770090012", "one digit short"),
        ("077009001", "two digits short"),
        ("077009001234", "one digit too long"),
        ("07700900123 or 5", "only digits"),
        ("+33 6 12 34 56 78", "UK mobiles"),
        ("07012 345678", "can't send a text"),
        ("020 8227 1000", "can't send a text"),
        ("999", "can't send a text"),
    ],
)
def test_a_wrong_number_is_told_kindly(typed, sentence):
    with pytest.raises(ValidationError, match=sentence):
        numbers.parse(typed)


def test_a_number_is_shown_as_people_write_it():
    assert numbers.shown("+447700900123") == "07700 900123"
    assert numbers.shown("+442082271000") == "020 8227 1000"
    assert numbers.shown("+44") == "+44"


def test_without_a_key_a_text_is_kept_for_our_eyes_only(settings, tmp_path, caplog):
    settings.MODE, settings.SMS_KEY, settings.OUTBOX = "demo", "", tmp_path / "out"
    assert texts.send_text("+447700900123", "your code is 123456")
    (page,) = settings.OUTBOX.iterdir()
    assert json.loads(page.read_text()) == {
        "to": "+447700900123",
        "message": "your code is 123456",
    }
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert caplog.text == ""


def test_with_a_key_it_goes_through_notify_and_a_refusal_tells_no_secret(
    settings, monkeypatch, caplog
):
    from notifications_python_client.errors import HTTPError
    from notifications_python_client.notifications import NotificationsAPIClient

    settings.MODE, settings.SMS_KEY, settings.SMS_TEMPLATE = "production", "k" * 73, "t"
    sent = []

    def take(self, **message):
        sent.append(message)
        if len(sent) == 2:
            raise HTTPError(message=[{"error": "BadRequestError", "message": "123456"}])

    monkeypatch.setattr(NotificationsAPIClient, "__init__", lambda self, key, timeout: None)
    monkeypatch.setattr(NotificationsAPIClient, "send_sms_notification", take)
    assert texts.send_text("+447700900123", "your code is 123456")
    assert not texts.send_text("+447700900123", "your code is 123456")
    assert sent[0]["personalisation"] == {"message": "your code is 123456"}
    assert "123456" not in caplog.text
    assert "7700900123" not in caplog.text
