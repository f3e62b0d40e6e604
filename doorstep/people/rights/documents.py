"""The record of processing and the impact assessment, written from the declarations.

`docs/record-of-processing.md` and `docs/dpia.md` are made by `doorstep rights document`; a test
and `doorstep rights check` fail when they are not what would be made now.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from doorstep.base import declaring
from doorstep.base.declaring import Erase, Holding, activities, all_holdings, nobodys, risks, tables

LEVELS = {"low": 1, "medium": 2, "high": 3}


@lru_cache(1)
def _written() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "assessment.toml").read_text())


def assessment() -> dict[str, Any]:
    """Return the assessment: what people wrote, and each activity with its risks, worst first."""
    found = []
    for name, activity in activities.items():
        here = [(key, risk) for key, risk in risks.items() if risk.activity == name]
        if here:
            here.sort(key=lambda row: -LEVELS[row[1].chance] * LEVELS[row[1].harm])
            found.append(
                {
                    "label": activity.label,
                    "people": activity.people,
                    "risks": [risk for _key, risk in here],
                    "special": sorted(
                        {str(one.special.label) for one in _of(name) if one.special is not None}
                    ),
                }
            )
    return {**_written(), "activities": found}


def _of(activity: str) -> list[Holding]:
    return [one for one in all_holdings() if one.activity == activity]


def documents() -> dict[str, str]:
    """Return file name under docs/ -> its text."""
    with translation.override("en-gb"):
        return {"record-of-processing.md": record_of_processing(), "dpia.md": impact_assessment()}


def stale() -> list[str]:
    """Return the documents that are not what would be made now."""
    folder = Path(settings.ROOT) / "docs"
    return [
        name
        for name, text in documents().items()
        if not (folder / name).is_file() or (folder / name).read_text() != text
    ]


def write() -> list[Path]:
    """Write the documents; return where."""
    folder = Path(settings.ROOT) / "docs"
    paths = []
    for name, text in documents().items():
        (folder / name).write_text(text)
        paths.append(folder / name)
    return paths


_MADE = "<!-- Made by `doorstep rights document` from each app's privacy.py. Change it there. -->\n"


def record_of_processing() -> str:
    """Return the record the law asks for (UK GDPR, Article 30), as Markdown."""
    out = [
        "# Record of processing\n",
        _MADE,
        f"What {settings.SITE_NAME} holds about people, why, on which ground, how long, and what "
        "becomes of it when somebody leaves (UK GDPR, Article 30). The council that runs this "
        "house is the controller; its address and its data protection officer stand in the "
        "privacy notice. Nothing leaves the United Kingdom unless the council chooses firms "
        "abroad to carry its e-mail or texts.\n",
        "**How it is kept safe**: sensitive fields and private files are sealed at rest with keys "
        "outside the database; roles open only what they need; each look into a record is logged "
        "and shown to the person; what is over is taken away at night.\n",
    ]
    for number, (name, activity) in enumerate(activities.items(), 1):
        here = _of(name)
        if not here:
            continue
        out.append(f"## {number}. {activity.label}\n")
        out.append(f"{activity.purpose} **Whose data**: {activity.people}.\n")
        for one in here:
            out.append(_holding(one))
    out.append("## Tables that say nothing about people\n")
    out += [f"- `{label}`: {why}" for label, why in nobodys().items()]
    out.append("\n## Tables without a model\n")
    out += [f"- `{name}`: {what}" for name, what in tables().items()]
    return "\n".join(out) + "\n"


def _holding(one: Holding) -> str:
    rows = [f"### {one.label}\n", f"{one.purpose}\n"]
    rows.append(f"- **Ground**: {one.basis.label} (Article {one.basis.value})")
    if one.special:
        rows.append(f"- **Special kinds of data**: {one.special.label} ({one.special.value})")
    rows.append(f"- **Kept**: {one.kept.in_words()}. {one.kept.because}".rstrip())
    if one.recipients:
        rows.append(f"- **Who gets it**: {', '.join(map(str, one.recipients))}")
    gone = str(Erase(one.erase).label)
    if one.kept_because:
        gone += f". {one.kept_because}"
    rows.append(f"- **When the person leaves**: {gone}")
    told = [str(label) for _name, label in one.exported()]
    if one.withhold:
        rows.append(f"- **In the person's copy**: left out. {one.withhold}")
    elif one.subjects and told:
        rows.append(f"- **In the person's copy**: {'; '.join(told)}")
    if one.withheld and not one.withhold:
        parts = [f"{name} ({why})" for name, why in one.withheld.items()]
        rows.append(f"- **Left out of it**: {'; '.join(parts)}")
    sealed = sorted(f.name for f in one.model._meta.concrete_fields if declaring.is_sealed(f))
    if sealed:
        rows.append(f"- **Sealed at rest**: {', '.join(sealed)}")
    unsealed = [f"{name} ({why})" for name, why in one.sensitive.items() if why]
    if unsealed:
        rows.append(f"- **Not sealed, and why**: {'; '.join(unsealed)}")
    rows.append(f"- **Where**: `{one.name}`\n")
    return "\n".join(rows)


def impact_assessment() -> str:
    """Return the impact assessment (UK GDPR, Article 35), as Markdown."""
    about = assessment()
    out = [
        "# Data protection impact assessment\n",
        _MADE,
        f"Owner: {about['owner']}. Last looked at on {about['reviewed_on']:%-d %B %Y}, next on "
        f"{about['review_on']:%-d %B %Y}, and before anything new is held.\n",
        f"## Why we look\n\n{about['why'].strip()}\n",
        f"## Do we need it?\n\n{about['needed'].strip()}\n",
        f"## Who was asked\n\n{about['asked'].strip()}\n",
        "## What could go wrong\n",
        "What is held, on which ground and how long stands in the "
        "[record of processing](record-of-processing.md). Chance and harm are what is left after "
        "what is done.\n",
    ]
    for activity in about["activities"]:
        out.append(f"### {activity['label']}\n")
        if activity["special"]:
            out.append(
                "Health, faith and the like may be told here. Grounds besides: "
                f"{'; '.join(activity['special'])}.\n"
            )
        for risk in activity["risks"]:
            out.append(f"**{risk.what}**\n")
            out.append(f"- Who it hurts: {risk.hurts}")
            out.append(f"- Chance: {risk.chance}. Harm: {risk.harm}.")
            for measure in risk.measures:
                proof = f" (`{measure.proof}`)" if measure.proof else ""
                out.append(f"- What we do: {measure.words}{proof}")
            out.append("")
    out.append(f"## What is left\n\n{about['left'].strip()}\n")
    return "\n".join(out).rstrip() + "\n"
