"""What is published of a fund is by the 360Giving standard, and adds up to its ledger."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from django.urls import reverse

from doorstep.base.time import now, today
from doorstep.grants import opendata
from doorstep.grants.actions import awards
from doorstep.grants.models import Award, Fund, Idea, Payment
from doorstep.grants.tests.factories import a_fund, an_idea, at_stage, steward_of

pytestmark = pytest.mark.django_db
SCHEMA = json.loads((Path(__file__).parent / "data" / "giving.schema.json").read_text())


@pytest.fixture
def fund(cast, borough):
    """Three awards: one paid and partly back, one half paid, one not agreed yet."""
    cast.carys = steward_of(borough.borough, cast.carys)
    fund = a_fund(cast.carys, borough.borough)
    for n, (pence, paid, back) in enumerate(
        [(19_250, (19_250,), 4_001), (30_000, (10_000,), 0), (12_099, (), 0)]
    ):
        idea = an_idea(
            fund, cast.amina, pence=pence, state=Idea.State.FUNDED, shows_names=not n,
            fair_title="=SUM(A1)" if n == 2 else f"Idea {n}",
        )  # fmt: skip
        Idea.objects.filter(pk=idea.pk).update(fair_title="=SUM(A1)" if n == 2 else f"Idea {n}")
        award = Award.objects.create(
            idea=idea, amount_pence=pence, awarded_on=today(), agreed_at=now() if paid else None
        )
        for part in paid:
            Payment.objects.create(
                award=award, amount_pence=part, what="At the start", paid_on=today()
            )
        if pence > sum(paid):
            Payment.objects.create(award=award, amount_pence=pence - sum(paid), what="Then")
        if back:
            Payment.objects.create(award=award, kind="back", amount_pence=back, paid_on=today())
    at_stage(fund, "ideas")
    Fund.objects.filter(pk=fund.pk).update(stage="reading")
    Fund.objects.filter(pk=fund.pk).update(stage="voting", lot="x")
    Fund.objects.filter(pk=fund.pk).update(
        stage="decided", decided_at=now(), outcome={"funded": ["01", "02", "03"]}
    )
    return Fund.objects.get(pk=fund.pk)


def read(client, fund, form):
    return client.get(reverse("grants:ledger", args=[fund.slug, form]))


def test_the_file_is_what_the_standard_asks_for(client, fund):
    found = read(client, fund, "json").json()
    check = jsonschema.Draft202012Validator(
        SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    assert [error.message for error in check.iter_errors(found)] == []
    # The check is one: a day where a moment is asked for, and no grant at all, are seen.
    broken = json.loads(json.dumps(found))
    broken["grants"][0]["dateModified"] = "2026-11-22"
    assert list(check.iter_errors(broken))
    assert list(check.iter_errors(found | {"grants": []}))


def test_json_and_csv_add_up_to_the_ledger_to_the_penny(client, fund):
    ledger = awards.ledger(fund)
    text = read(client, fund, "json").content.decode()
    grants = json.loads(text, parse_float=Decimal, parse_int=Decimal)["grants"]
    assert sum(one["amountAwarded"] for one in grants) * 100 == ledger.awarded == 61_349
    assert sum(one["amountDisbursed"] for one in grants) * 100 == ledger.kept == 25_249
    for one in grants:
        paid = one.get("disbursementTransaction", [])
        assert sum(row["value"] for row in paid) == one["amountDisbursed"]
    rows = list(csv.DictReader(io.StringIO(read(client, fund, "360.csv").content.decode())))
    assert [Decimal(row["Amount Awarded"]) for row in rows] == [
        one["amountAwarded"] for one in grants
    ]
    assert sum(Decimal(row["Amount Disbursed"]) for row in rows) * 100 == ledger.kept
    assert [row["Identifier"] for row in rows] == [one["id"] for one in grants]
    # Somebody's title is no formula in whoever's spreadsheet.
    assert rows[2]["Title"] == "'=SUM(A1)"


def test_names_stand_there_only_where_they_said_so(fund, cast):
    grants = opendata.threesixty(fund)["grants"]
    names = [one["recipientIndividual"]["name"] for one in grants]
    assert names == ["Amina", "Neighbours", "Neighbours"]
    assert str(cast.amina.pk) not in {one["recipientIndividual"]["id"] for one in grants}
    assert cast.amina.handle not in json.dumps(grants)


def test_a_fund_without_an_award_offers_no_open_data(client, cast, borough):
    cast.carys = steward_of(borough.borough, cast.carys)
    fund = a_fund(cast.carys, borough.borough)
    Fund.objects.filter(pk=fund.pk).update(stage="decided", decided_at=now(), lot="x")
    fund = Fund.objects.get(pk=fund.pk)
    page = read(client, fund, "html").content.decode()
    assert "360Giving" not in page
    assert "No idea got money this time" in page
    assert read(client, fund, "json").status_code == 404
