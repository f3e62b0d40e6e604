"""Other people's money: capped, with a receipt, line by line, gone through by the hub."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from doorstep.base.private_files import private_files
from doorstep.base.time import now
from doorstep.people.models import Reading
from doorstep.support.models import Assignment, MoneyLine
from doorstep.support.tasks import actions, money
from doorstep.support.tests.helping import task_of, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(borough):
    made = world(borough)
    made.mine = actions.give(made.task, made.helper, by=made.kwame, at=now())
    return made


def photo():
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken in Heron Court"
    Image.new("RGB", (40, 60), "white").save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("receipt.jpg", out.getvalue(), "image/jpeg")


def test_given_spent_returned_adds_up_and_is_gone_through(w):
    money.write(w.mine, kind="given", pence=2_000, by=w.dorina, at=now())
    money.write(w.mine, kind="spent", pence=1_450, by=w.dorina, at=now(), receipt=photo())
    actions.finish(w.mine, by=w.dorina, at=now())
    with pytest.raises(actions.NotNow) as told:
        money.settle(w.mine, by=w.kwame, at=now())
    assert "£5.50 is still with the volunteer" in str(told.value)
    money.write(w.mine, kind="returned", pence=550, by=w.dorina, at=now())
    assert list(money.waiting(w.kwame)) == [w.mine]
    assert list(money.waiting(w.far)) == []
    with pytest.raises(actions.NotTheirs):
        money.settle(w.mine, by=w.dorina, at=now())
    money.settle(w.mine, by=w.kwame, at=now())
    assert list(money.waiting(w.kwame)) == []
    with pytest.raises(actions.NotNow):
        money.write(w.mine, kind="spent", pence=1, by=w.dorina, at=now(), receipt=photo())


def test_each_side_reads_the_ledger_in_its_own_words(w, client, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    money.write(w.mine, kind="given", pence=2_000, by=w.dorina, at=now())
    path = f"{w.mine.get_absolute_url()}money/"
    for person, said in ((w.dorina, "you"), (w.kwame, "the volunteer")):
        client.force_login(person.account)
        page = client.get(path).content.decode()
        assert f"£20.00 is still with {said}." in page
        # What is needed for a purchase is not “if you like”.
        label = page.split("Photo of the receipt", 1)[1].split("</label>", 1)[0]
        assert "if you like" not in label
    empty = SimpleUploadedFile("receipt.jpg", b"", "image/jpeg")
    client.force_login(w.dorina.account)
    answer = client.post(
        path, {"kind": "spent", "pounds": "5", "receipt": empty, "client_key": "a" * 20}
    )
    assert answer.status_code == 422
    assert "read that file as a photo" in answer.content.decode()


def test_no_more_than_the_cap_is_taken_or_spent(w):
    for kind in ("given", "spent"):
        with pytest.raises(money.OverTheCap):
            money.write(w.mine, kind=kind, pence=3_001, by=w.dorina, at=now(), receipt=photo())
    assert not MoneyLine.objects.exists()


def test_where_no_money_is_handled_none_is_written(w):
    call = actions.give(task_of(w.request, "call"), w.helper, by=w.kwame, at=now())
    with pytest.raises(actions.NotNow):
        money.write(call, kind="given", pence=100, by=w.dorina, at=now())


@pytest.mark.parametrize(
    "words", ["4929 4212 3460 0821", "her pin is 4711", "PIN: 0042", "4929421234600821 visa"]
)
def test_a_card_or_a_pin_is_not_even_written_down(w, words):
    with pytest.raises(money.CardOrPin):
        money.write(w.mine, kind="given", pence=100, by=w.dorina, at=now(), words=words)
    assert not MoneyLine.objects.exists()


@pytest.mark.parametrize("words", ["pineapple 2000", "receipt 00123456", "rang 020 7946 0321"])
def test_ordinary_numbers_are_no_cards(words):
    money.no_card(words)


def test_after_urdu_words_the_pound_sign_stays_before_its_number():
    with translation.override("ur"):
        assert money.pounds(3_000) == "\u2066£30.00\u2069"
    assert money.pounds(3_000) == "£30.00"


def test_a_receipt_is_needed_sealed_and_its_place_is_gone(w):
    with pytest.raises(actions.NotNow):
        money.write(w.mine, kind="spent", pence=100, by=w.dorina, at=now())
    line = money.write(w.mine, kind="spent", pence=100, by=w.dorina, at=now(), receipt=photo())
    with private_files.open(line.receipt) as file:
        kept = file.read()
    assert b"Heron Court" not in kept
    assert Image.open(io.BytesIO(kept)).format == "WEBP"
    raw = (private_files.root / line.receipt).read_bytes()
    assert b"WEBP" not in raw
    assert len(private_files.listdir("receipts")[1]) == 1


def test_the_hub_opening_a_receipt_is_written_down_and_others_find_nothing(w, client):
    line = money.write(w.mine, kind="spent", pence=100, by=w.dorina, at=now(), receipt=photo())
    address = f"/support/helping/{w.mine.ref}/money/{line.pk}/"
    for person, code in ((w.dorina, 200), (w.kwame, 302), (w.far, 302), (w.maureen, 404)):
        client.force_login(person.account)
        session = client.session
        session["second_factor_waived"] = True
        session.save()
        code = {302: 404 if person == w.far else 200}.get(code, code)
        assert client.get(address).status_code == code
    assert [(row.reader, row.what) for row in Reading.objects.filter(what="file")] == [
        (w.kwame, "file")
    ]


def test_a_form_sent_twice_is_one_line(w):
    for _time in range(2):
        money.write(w.mine, kind="given", pence=500, by=w.dorina, at=now(), key="twice1234")
    assert MoneyLine.objects.count() == 1


def test_a_line_is_struck_and_never_changed(w):
    line = money.write(w.mine, kind="given", pence=500, by=w.dorina, at=now())
    with pytest.raises(actions.NotTheirs):
        money.strike(line, by=w.dorina, at=now(), words="oops")
    money.strike(line, by=w.kwame, at=now(), words="typed twice")
    assert money.totals(money.lines_of(w.mine))["held"] == 0
    line.pence = 1
    with pytest.raises(TypeError):
        line.save()
    with pytest.raises(actions.NotNow):
        money.strike(line, by=w.kwame, at=now(), words="again")


_line = st.tuples(
    st.sampled_from(["given", "spent", "returned", "advanced", "repaid", "strike"]),
    st.integers(1, 4_000),
    st.booleans(),
)


@settings(
    max_examples=40, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(lines=st.lists(_line, max_size=12))
def test_whatever_is_written_the_ledger_adds_up_and_stays_under_the_cap(db, borough, lines):
    from django.db import transaction

    with transaction.atomic():
        w = world(borough)
        mine = actions.give(w.task, w.helper, by=w.kwame, at=now())
        pocket, written = 0, []
        for kind, pence, by_desk in lines:
            by = w.kwame if by_desk else w.dorina
            try:
                if kind == "strike":
                    if not written:
                        continue
                    line = written[pence % len(written)]
                    money.strike(line, by=by, at=now(), words="wrong")
                    pocket -= line.signed
                else:
                    line = money.write(
                        mine, kind=kind, pence=pence, by=by, at=now(), words="paper",
                        receipt=None if by_desk else photo() if kind == "spent" else None,
                    )  # fmt: skip
                    written.append(line)
                    pocket += line.signed
            except (actions.NotNow, actions.NotTheirs):
                continue
            sums = money.totals(money.lines_of(mine))
            assert sums["held"] == pocket
            assert sums["spent"] <= 3_000
            assert sums["given"] + sums["advanced"] <= 3_000
        assert MoneyLine.objects.filter(assignment=mine).count() >= len(written)
        actions.finish(mine, by=w.dorina, at=now())
        try:
            money.settle(mine, by=w.kwame, at=now())
        except actions.NotNow:
            assert pocket != 0
        else:
            assert pocket == 0
        assert Assignment.objects.get(pk=mine.pk).settled_at is None or pocket == 0
        transaction.set_rollback(True)
