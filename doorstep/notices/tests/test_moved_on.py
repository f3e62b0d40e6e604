"""A notice whose target has moved out of sight ends in a page that says so, and no more."""

import pytest

from doorstep.notices.actions import send
from doorstep.notices.kinds import Kind, kinds
from doorstep.notices.models import Notice

pytestmark = pytest.mark.django_db
GONE = "/people/nobody-here/"


@pytest.fixture(autouse=True)
def _kinds():
    before = dict(kinds._items)
    kinds.add("test-mail", Kind(label="Replies to me", by_email=True))
    yield
    kinds._items.clear()
    kinds._items.update(before)


def test_whoever_followed_their_notice_reads_that_it_is_with_somebody_else(cast, client):
    send("test-mail", cast.amina, key="k", title="A request came in", path=GONE)
    client.force_login(cast.amina.account)
    plain = client.get(GONE)
    led = client.get(f"/notices/{Notice.objects.get().pk}/", follow=True)
    assert (plain.status_code, led.status_code) == (404, 404)
    assert "with somebody else" in led.content.decode()
    assert "with somebody else" not in plain.content.decode()


def test_somebody_elses_notice_tells_nothing(cast, client):
    send("test-mail", cast.amina, key="k", title="A request came in", path=GONE)
    client.force_login(cast.bryn.account)
    answer = client.get(f"/notices/{Notice.objects.get().pk}/", follow=True)
    assert answer.status_code == 404
    assert "with somebody else" not in answer.content.decode() + client.get(GONE).content.decode()
