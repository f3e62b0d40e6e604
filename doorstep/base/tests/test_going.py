"""A crafted way on leads nowhere else, and is logged without what was sent."""

import logging

import pytest
from django.conf import settings


def _sign_up_again(caplog):
    logging.getLogger("doorstep").propagate = True
    caplog.set_level(logging.WARNING, "doorstep.security")


@pytest.mark.parametrize(
    "crafted",
    [
        "https://evil.example/x",
        "//evil.example",
        "javascript:alert(1)",
        "/\\evil.example",
        "\x01//e",
    ],
)
def test_a_way_to_another_site_is_refused_and_logged_without_saying_where(rf, caplog, crafted):
    from doorstep.base.going import within

    _sign_up_again(caplog)
    assert within(rf.get("/"), crafted, "/home/") == "/home/"
    assert [record.getMessage() for record in caplog.records] == [
        "a way to another site was refused at ?"
    ]
    assert "evil" not in caplog.text


def test_a_page_of_ours_is_gone_to(rf, caplog):
    from doorstep.base.going import within

    _sign_up_again(caplog)
    assert within(rf.get("/"), "/teams/kettle/?tab=x", "/") == "/teams/kettle/?tab=x"
    assert within(rf.get("/"), "", "/home/") == "/home/"
    assert not caplog.records


@pytest.mark.django_db
def test_a_cookie_that_is_none_of_ours_is_a_visitors_and_logged_without_it(client, caplog):
    _sign_up_again(caplog)
    client.cookies[settings.SESSION_COOKIE_NAME] = "../../etc/passwd' OR 1=1"
    answer = client.get("/people/me/")
    assert answer.status_code == 302
    assert "none of ours" in caplog.text
    assert "passwd" not in caplog.text
