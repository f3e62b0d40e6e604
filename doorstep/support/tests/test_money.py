"""Other people's money: capped, with a receipt, line by line, gone through by the hub."""

from doorstep.support.models import MoneyLine


def test_cash_fills_the_pocket_and_a_receipt_empties_it():
    given = MoneyLine(kind="given", pence=2_000)
    spent = MoneyLine(kind="spent", pence=1_450)
    assert given.signed + spent.signed == 550
