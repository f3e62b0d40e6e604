"""What a surge day brings: who asks when, in which words. Made up, and the same for one seed."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any

# Twelve hours, from eight to eight: how much of the day comes in each.
HOURS = (5, 9, 12, 13, 11, 9, 8, 8, 9, 7, 5, 4)
DAY = len(HOURS) * 3600  # seconds
BY_PHONE = 0.4  # the share that rings
TWICE = 0.03  # an impatient thumb presses twice
HANGS_UP = 0.03  # and some calls end in the middle
LOOKS = 0.1  # of those who asked on the web look how far it has got

_BEGIN = (
    "Hello,",
    "Good morning.",
    "Hi there,",
    "Please,",
    "Sorry to bother you.",
    "I rang before.",
    "My neighbour told me to write.",
    "The water came into the street and",
    "Since Sunday",
    "I am 82 and",
    "I live on my own and",
    "We are four at home and",
)
_NEED = (
    "I can't get to the shop and need {things}.",
    "there is nothing left in the fridge but {thing}.",
    "my tablets are at the chemist in {street} and I must not go out.",
    "could somebody pick up my prescription by {day}?",
    "the heating broke on {day} and it is {n} degrees in here.",
    "I have not spoken to anybody for {n} days.",
    "I need a lift to the hospital on {day} at {n} o'clock.",
    "the form for the council has to go off by {day} and I can't read it.",
    "the dog wants walking while my leg is in plaster, number {n}.",
    "the tap in the kitchen will not stop, the bucket takes {n} minutes.",
    "my mum in {street} needs {things} and can't carry.",
    "we have no nappies and no {thing} until {day}.",
    "please ring me, I am worried about the letter of {day}.",
)
_THINGS = (
    "bread",
    "milk",
    "eggs",
    "potatoes",
    "rice",
    "baby food",
    "tea",
    "oats",
    "soup",
    "apples",
    "cat food",
    "toilet paper",
    "washing powder",
    "lentils",
    "batteries",
)
_STREETS = (
    "Valence Avenue",
    "Heathway",
    "Longbridge Road",
    "Ripple Road",
    "Becontree Avenue",
    "Whalebone Lane",
    "Church Street",
    "Green Lane",
    "Movers Lane",
    "Fanshawe Avenue",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "tomorrow", "the weekend")
_END = (
    "Thank you.",
    "God bless.",
    "Many thanks",
    "I can pay.",
    "Knock twice, please.",
    "I am in after {n}.",
    "Ring first.",
    "",
)
_DANGER = (
    "My husband hits me and I am afraid to be at home tonight, number {n}.",
    "I can't breathe and my chest hurts since {n} o'clock.",
    "I don't want to live any more, it has been {n} weeks.",
)
_OTHERS = (
    "আমি বাজারে যেতে পারছি না, {n} দিন ধরে ঘরে খাবার নেই।",
    "مجھے دوا چاہیے اور میں {n} دن سے باہر نہیں جا سکتی۔",
    "Nu pot merge la magazin de {n} zile, am nevoie de pâine și lapte.",
)
_NUMBERS = ("07415", "07512", "07712", "07860")
_FIRST = (
    "Ada",
    "Bola",
    "Chen",
    "Dana",
    "Emeka",
    "Farah",
    "Gita",
    "Hugh",
    "Ines",
    "Jo",
    "Kemi",
    "Leon",
    "Maureen",
    "Nadia",
    "Omar",
    "Priya",
    "Rose",
    "Samuel",
    "Tariq",
    "Winifred",
)
_LAST = (
    "Adeyemi",
    "Begum",
    "Carter",
    "Dobson",
    "Ekwueme",
    "Foster",
    "Grant",
    "Hussain",
    "Islam",
    "Jones",
    "Khan",
    "Lewis",
    "Mensah",
    "Novak",
    "Okafor",
    "Patel",
    "Quinn",
    "Reed",
    "Shah",
    "Turner",
    "Uddin",
    "Walsh",
    "Young",
    "Zafar",
)


@dataclass(frozen=True)
class Caller:
    """One person who asks. `due` seconds into the day; `presses` how often they send it."""

    number: int
    due: float
    words: str
    called: str
    phone: str
    postcode: str
    address: str
    presses: int
    looks: bool
    hangs_up: bool
    kind: str


def moments(many: int, dice: random.Random) -> list[float]:
    """Return `many` moments of the day in order, as thick as its hours are busy."""
    hours = dice.choices(range(len(HOURS)), HOURS, k=many)
    return sorted((hour + dice.random()) * 3600 for hour in hours)


def words(dice: random.Random) -> str:
    """Return what somebody writes: mostly short, some in other tongues, capitals or danger."""
    roll = dice.random()

    def said(pattern: str) -> str:
        things = dice.sample(_THINGS, 3)
        return pattern.format(
            things=f"{things[0]}, {things[1]} and {things[2]}",
            thing=things[0],
            street=dice.choice(_STREETS),
            day=dice.choice(_DAYS),
            n=dice.randint(2, 59),
        )

    if roll < 0.02:
        return said(dice.choice(_DANGER))
    if roll < 0.05:
        return said(dice.choice(_OTHERS))
    text = " ".join(
        [
            dice.choice(_BEGIN),
            *(said(dice.choice(_NEED)) for _n in range(dice.choice((1, 1, 2)))),
            said(dice.choice(_END)),
        ]
    ).strip()
    if roll < 0.07:
        return text.upper()
    if roll < 0.073:  # a long letter of some thousand words
        return "\n".join(said(dice.choice(_NEED)) for _n in range(200))
    return text


def day(many: int, *, seed: int, codes: list[str], known: list[dict[str, str]]) -> dict[str, Any]:
    """Return {"web": callers, "phone": callers}, each as dicts in the order of their moments.

    `codes` are postcodes of the borough; `known` (called, phone, postcode) people on record, of
    whom every eighth caller is one.
    """
    dice = random.Random(seed)  # noqa: S311
    rows: dict[str, list[dict[str, Any]]] = {"web": [], "phone": []}
    for number, due in enumerate(moments(many, dice)):
        roll = dice.random()
        code = dice.choice(codes) if roll < 0.92 else "SW1A 1AA" if roll < 0.95 else ""
        called = f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"
        phone = f"{dice.choice(_NUMBERS)}{dice.randint(0, 999_999):06d}"
        if known and dice.random() < 0.125:
            one = dice.choice(known)
            called, phone, code = one["called"], one["phone"] or phone, one["postcode"] or code
        way = "phone" if dice.random() < BY_PHONE else "web"
        rows[way].append(
            asdict(
                Caller(
                    number=number,
                    due=due,
                    words=words(dice),
                    called=called,
                    phone=phone,
                    postcode=code,
                    address=f"{dice.randint(1, 240)} {dice.choice(_STREETS)}",
                    presses=2 if dice.random() < TWICE else 1,
                    looks=dice.random() < LOOKS,
                    hangs_up=way == "phone" and dice.random() < HANGS_UP,
                    kind=dice.choice(("shopping", "prescription", "parcel", "call", "repairs")),
                )
            )
        )
    return rows
