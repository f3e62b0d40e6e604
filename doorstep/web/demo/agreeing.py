"""What a few people of the demo agreed to, in every state, and one thing shared without a yes."""

from __future__ import annotations

import datetime as dt

from django.utils import translation

from doorstep.base.time import LONDON
from doorstep.people.consents import actions, kinds, sharing
from doorstep.people.consents.forms import question
from doorstep.people.models import How, Override, Person, Relation, RoleHolding, Sheet
from doorstep.web.demo.cast import CAST

_FOOD_BANK = ("organisation", "Barking Food Bank")
_AGE_UK = ("organisation", "Chatterline, Dagenham")
_CLINIC = ("health", "Child & Family Health Centre, Axe Street")
_DAY = dt.timedelta(days=1)


def fill(*, day: dt.date) -> int:
    """Write them down; return how many. The same day gives the same ones."""
    officer = _holder(RoleHolding.Role.OFFICER)
    people = _cast()
    newcomer, neighbour, urdu = (people.get(key) for key in ("newcomer", "neighbour", "urdu"))
    teenager = people.get("teenager")
    if officer is None or newcomer is None or neighbour is None or urdu is None:
        return 0
    noon = dt.datetime.combine(day, dt.time(12), LONDON)

    def yes(person, purpose, whom, parts, days_ago, *, by=None, words="", how=None, **more):
        recipient = kinds.recipient(*whom)
        by = by or person
        how = how or (How.WEB if by.pk == person.pk else How.SPOKEN)
        language = more.pop("language", person.reads)
        with translation.override(language):
            asked = question(purpose, recipient)
        return actions.give(
            person,
            purpose=purpose,
            recipient=recipient,
            parts=parts,
            by=by,
            at=noon - days_ago * _DAY,
            how=how,
            words=words,
            asked=asked,
            language=language,
            client_key=f"demo-{person.pk}-{purpose}-{days_ago}",
            **more,
        )

    # Somebody new: one on the web, one by phone, one that was widened, one that ran out.
    yes(newcomer, "help", _FOOD_BANK, ["name", "phone"], 40)
    yes(newcomer, "help", _FOOD_BANK, ["name", "phone", "area", "asked"], 12)
    yes(
        newcomer,
        "calls",
        _AGE_UK,
        ["name", "phone", "languages"],
        20,
        by=officer,
        words="Yes, somebody can ring me. After tea is best, I'm out in the mornings.",
    )
    yes(
        newcomer, "health", _CLINIC, ["name", "phone"], 120,
        by=officer, words="For the two months of my knee, yes.", ends_at=noon - 60 * _DAY,
    )  # fmt: skip
    # Somebody busy: one that ends soon, and one they stopped.
    yes(
        neighbour, "calls", _AGE_UK, ["name", "phone"], 176,
        by=officer, words="Ring me, I like a chat.", ends_at=noon + 6 * _DAY,
    )  # fmt: skip
    given = yes(neighbour, "help", _FOOD_BANK, ["name", "phone", "postcode", "asked"], 15)
    _pass_on(neighbour, _FOOD_BANK, officer, noon - 14 * _DAY, "A bag on Fridays, no pork please.")
    actions.withdraw(
        given, by=neighbour, at=noon - _DAY, how=How.WEB, words="I've found work, thank you."
    )
    # Somebody who reads Urdu: on paper, in her language; and a neighbour who brings messages.
    yes(
        urdu,
        "help",
        _FOOD_BANK,
        ["name", "phone", "languages", "asked"],
        9,
        by=officer,
        how=How.WRITTEN,
        words="جی ہاں، فون کر سکتے ہیں۔",
        language="ur",
    )
    yes(urdu, "messages", ("neighbour", "Nasreen from number 14"), ["name", "phone"], 30)
    sheet = _pass_on(urdu, _FOOD_BANK, officer, noon - 8 * _DAY, "A bag each week, halal.")
    Sheet.objects.filter(pk=sheet.pk).update(answer=Sheet.Answer.TAKEN, answered_at=noon - 7 * _DAY)
    sheet.refresh_from_db()
    sheet.answer_words = "She can come on Thursdays between 10 and 12."
    sheet.answered_by = "Grace at the food bank"
    sheet.save(update_fields=["answer_words", "answered_by"])
    if teenager is not None and teenager.is_child:
        yes(
            teenager, "calls", _AGE_UK, ["name", "phone"], 25, by=officer, how=How.WRITTEN,
            words="Yes, he may join the phone quiz.",
            on_behalf=actions.OnBehalf("His mother", Relation.PARENT, "Came to the hub with him."),
        )  # fmt: skip
    actions.ask(
        newcomer,
        purpose="health",
        recipient=kinds.recipient(*_CLINIC),
        parts=["name", "phone", "access"],
        by=officer,
        at=noon - 2 * _DAY,
        note="The clinic offers lifts. They would need to know how you get about.",
        client_key=f"demo-ask-{newcomer.pk}",
    )
    # Without a yes, waiting for a lead to look.
    actions.override(
        neighbour,
        purpose="help",
        recipient=kinds.recipient(*_CLINIC),
        parts=["name", "phone", "postcode"],
        ground=Override.Ground.VITAL,
        reason="Rang us, confused and short of breath, then the line went dead. 999 was called.",
        by=officer,
        at=noon - dt.timedelta(hours=3),
        client_key=f"demo-override-{neighbour.pk}",
    )
    return 12


def _pass_on(
    person: Person, whom: tuple[str, str], by: Person, at: dt.datetime, note: str
) -> Sheet:
    sheet, _key = sharing.pass_on(
        person,
        purpose="help",
        recipient=kinds.recipient(*whom),
        parts=["name", "phone", "asked"],
        note=note,
        by=by,
        at=at,
        client_key=f"demo-sheet-{person.pk}",
    )
    return sheet


def _holder(role: str) -> Person | None:
    held = RoleHolding.objects.held().filter(role=role).select_related("person").order_by("pk")
    first = held.first()
    return first.person if first else None


def _cast() -> dict[str, Person]:
    """Return the demo's named people by their key."""
    by_email = {
        person.account.email: person
        for person in Person.objects.filter(
            account__email__in=[part.email for part in CAST]
        ).select_related("account", "home")
    }
    return {part.key: by_email[part.email] for part in CAST if part.email in by_email}
