"""A fund's awards as open data, by the 360Giving standard (1.4): JSON, and the same as CSV.

Only what everybody may know: an idea as deciders read it, its people's name where they said so.
Nobody's own number is in it: a grant is named after the fund and the idea's number in it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from doorstep.base.time import LONDON, local
from doorstep.grants.actions.awards import Ledger, Line, ledger
from doorstep.grants.actions.deciding import _tame
from doorstep.grants.models import Fund, Payment
from doorstep.places.models import Area

VERSION = "1.4"
# What the Office for National Statistics calls our kinds of area, by how its codes begin.
_CODES = {"E05": "WD", "E09": "LONB", "E01": "LSOA"}


def amount(pence: int) -> int | float:
    """Return pounds as a JSON number: 250, or 192.5; never off by a penny when read again."""
    return pence // 100 if pence % 100 == 0 else pence / 100


def moment(day: dt.date | dt.datetime) -> str:
    """Return a moment as the standard writes it, in full, with its zone."""
    if not isinstance(day, dt.datetime):
        day = dt.datetime.combine(day, dt.time(), tzinfo=LONDON)
    return local(day).isoformat(timespec="seconds")


def _place(area: Area) -> dict[str, Any]:
    found: dict[str, Any] = {"name": area.name, "countryCode": "GB"}
    kind = _CODES.get((area.gss_code or "")[:3])
    if kind:
        found |= {"geoCode": area.gss_code, "geoCodeType": kind}
    return found


def _transactions(line: Line, grant: str) -> list[dict[str, Any]]:
    """Return what was paid, and what came back as less than nothing; it adds up to `kept`."""
    found: list[dict[str, Any]] = []
    rows = [row for row in line.award.payments.all() if row.paid_on]
    for number, row in enumerate(sorted(rows, key=lambda one: (one.paid_on, one.pk)), start=1):
        is_back = row.kind == Payment.Kind.BACK
        found.append(
            {
                "id": f"{grant}-{number}",
                "transactionDate": row.paid_on.isoformat() if row.paid_on else "",
                "currency": "GBP",
                "value": amount(-row.amount_pence if is_back else row.amount_pence),
                "description": _("Came back to the pot") if is_back else row.what,
            }
        )
    return found


def _grant(fund: Fund, line: Line, site: str) -> dict[str, Any]:
    prefix, idea, award = settings.GIVING_PREFIX, line.idea, line.award
    key = f"{prefix}-{fund.slug}-{idea.number}"
    changed = [award.finished_at, award.agreed_at, fund.decided_at]
    days = [row.paid_on for row in award.payments.all() if row.paid_on]
    grant: dict[str, Any] = {
        "id": key,
        "title": line.name,
        "description": idea.fair_words or line.name,
        "currency": "GBP",
        "amountAppliedFor": amount(idea.cost_pence),
        "amountAwarded": amount(line.awarded),
        "amountDisbursed": amount(line.kept),
        "awardDate": award.awarded_on.isoformat(),
        "url": f"{site}{idea.get_absolute_url()}",
        "recipientIndividual": {
            "id": f"{key}-neighbours",
            "name": idea.applicant.known_as if idea.shows_names else str(_("Neighbours")),
        },
        "fundingOrganization": [
            {"id": settings.FUNDER_ID or f"{prefix}-funder", "name": settings.BOROUGH}
        ],
        "grantProgramme": [
            {"code": fund.slug, "title": fund.name, "url": f"{site}{fund.get_absolute_url()}"}
        ],
        "beneficiaryLocation": [_place(fund.area)],
        "fromOpenCall": "Yes",
        "dateModified": max(
            [moment(one) for one in [*changed, *days, award.awarded_on] if one],
            key=dt.datetime.fromisoformat,
        ),
    }
    paid = _transactions(line, key)
    if paid:
        grant["disbursementTransaction"] = paid
    return grant


def threesixty(fund: Fund, *, found: Ledger | None = None) -> dict[str, Any]:
    """Return the awards as a 360Giving package: at least one award, or the standard refuses it."""
    site = settings.SITE_URL.rstrip("/")
    grants = [_grant(fund, line, site) for line in (found or ledger(fund)).lines]
    return {
        "version": VERSION,
        "title": fund.name,
        "identifier": f"{settings.GIVING_PREFIX}-{fund.slug}",
        "publisher": {"name": settings.BOROUGH, "website": f"{site}/"},
        "accessURL": f"{site}{fund.get_absolute_url()}",
        "modified": max((one["dateModified"] for one in grants),
                        key=dt.datetime.fromisoformat, default=moment(fund.made_at)),
        "grants": grants,
    }  # fmt: skip


# The standard's own titles of the columns, and where each stands in a grant.
COLUMNS: tuple[tuple[str, tuple[str | int, ...]], ...] = (
    ("Identifier", ("id",)),
    ("Title", ("title",)),
    ("Description", ("description",)),
    ("Currency", ("currency",)),
    ("Amount Applied For", ("amountAppliedFor",)),
    ("Amount Awarded", ("amountAwarded",)),
    ("Amount Disbursed", ("amountDisbursed",)),
    ("Award Date", ("awardDate",)),
    ("URL", ("url",)),
    ("Recipient Ind:Identifier", ("recipientIndividual", "id")),
    ("Recipient Ind:Name", ("recipientIndividual", "name")),
    ("Beneficiary Location:Name", ("beneficiaryLocation", 0, "name")),
    ("Beneficiary Location:Country Code", ("beneficiaryLocation", 0, "countryCode")),
    ("Beneficiary Location:Geographic Code", ("beneficiaryLocation", 0, "geoCode")),
    ("Beneficiary Location:Geographic Code Type", ("beneficiaryLocation", 0, "geoCodeType")),
    ("Funding Org:Identifier", ("fundingOrganization", 0, "id")),
    ("Funding Org:Name", ("fundingOrganization", 0, "name")),
    ("Grant Programme:Code", ("grantProgramme", 0, "code")),
    ("Grant Programme:Title", ("grantProgramme", 0, "title")),
    ("Grant Programme:URL", ("grantProgramme", 0, "url")),
    ("From An Open Call?", ("fromOpenCall",)),
    ("Last Modified", ("dateModified",)),
)


def threesixty_csv(fund: Fund) -> str:
    """Return the same as one table, a row each award, under the standard's own titles."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([title for title, _path in COLUMNS])
    for grant in threesixty(fund)["grants"]:
        row = []
        for _title, path in COLUMNS:
            value: Any = grant
            for step in path:
                value = value[step] if isinstance(step, int) else value.get(step, "")
            row.append(_tame(value) if isinstance(value, str) else value)
        writer.writerow(row)
    return out.getvalue()
