"""The people a visitor of the demo may be, one click each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from doorstep.people.models import RoleHolding

Role = RoleHolding.Role


@dataclass(frozen=True)
class Part:
    """One named demo person: `key` makes the address, `role` the word on the door."""

    key: str
    known_as: str
    full_name: str
    role: object
    who: object
    ward: str
    age: int
    spot: str = "home"
    languages: list[str] = field(default_factory=lambda: ["en-gb"])
    reads: str = "en-gb"
    holds: list[str] = field(default_factory=list)
    # Where a role is held: "borough" or "locality" (of the ward).
    scope: str = "borough"
    about: str = ""
    can_share: str = ""
    would_like: str = ""
    # How much of a neighbourhood life they have: "none", "some", "much", "host".
    life: str = "some"

    @property
    def email(self) -> str:
        return f"{self.key}@demo.example.org"

    def born_on(self, day: dt.date) -> dt.date:
        """Return a birthday that makes them their age on `day`."""
        return dt.date(day.year - self.age, 1, 15)


CAST = [
    Part(
        "newcomer",
        "Ilinca Munteanu",
        "Ilinca Munteanu",
        _("Newcomer"),
        _(
            "Ilinca moved to Gascoigne last month and has never been to anything here. "
            "Start with her if you want to see the very first steps."
        ),
        "Gascoigne",
        29,
        "services",
        ["ro", "en-gb"],
        about="New on the estate. I like plants and long walks.",
        would_like="to practise English and meet people with small children",
        life="none",
    ),
    Part(
        "neighbour",
        "Bryn Okafor",
        "Bryn Okafor",
        _("Busy neighbour"),
        _(
            "Bryn is in five teams, has notices waiting and a place at something nearly every "
            "week. His home page is a full one."
        ),
        "Valence",
        47,
        "map",
        about="Bus driver, dog borrower, maker of too much soup.",
        can_share="lifts to the hospital on Tuesdays, a ladder, walking dogs",
        would_like="someone to teach me the guitar properly",
        life="much",
    ),
    Part(
        "host",
        "Jean Barrow-Cole",
        "Jean Barrow-Cole",
        _("Team host"),
        _(
            "Jean hosts Stitch Together and keeps its keys: the people who ask to join, "
            "the register, the greeters, the pinned page."
        ),
        "Parsloes",
        66,
        "learn",
        about="If you can thread a needle, or want to learn, come and sit by me.",
        can_share="mending, patience, two sewing machines",
        life="host",
    ),
    Part(
        "mentor",
        "Dev Sandhu",
        "Dev Sandhu",
        _("Mentor"),
        _(
            "Dev helps new teams begin and looks in on the quiet ones. He sees which teams have "
            "gone quiet and when somebody last rang them."
        ),
        "Longbridge",
        54,
        "grants",
        ["en-gb", "pa"],
        holds=[Role.MENTOR],
        life="much",
    ),
    Part(
        "moderator",
        "Carys Fenn",
        "Carys Fenn",
        _("Moderator"),
        _("Carys reads what has been flagged, decides by the neighbourhood's rules and says why."),
        "Eastbury",
        39,
        "help",
        holds=[Role.MODERATOR],
    ),
    Part(
        "second-moderator",
        "Tunde Balogun",
        "Tunde Balogun",
        _("Second moderator"),
        _("Tunde hears appeals: somebody else has to look again, never whoever decided."),
        "Northbury",
        51,
        "map",
        holds=[Role.MODERATOR],
    ),
    Part(
        "editor",
        "Rasa Butkus",
        "Rasa Butkus",
        _("Story editor"),
        _("Rasa reads the stories people send in and puts them in the borough's blog."),
        "Thames View",
        35,
        "learn",
        ["lt", "en-gb"],
        holds=[Role.EDITOR],
    ),
    Part(
        "officer",
        "Saima Qureshi",
        "Saima Qureshi",
        _("Hub officer"),
        _("Saima answers the borough's number and puts up the notices everyone reads."),
        "Heath",
        44,
        "services",
        ["ur", "en-gb"],
        holds=[Role.OFFICER],
    ),
    Part(
        "organiser",
        "Kwame Mensah",
        "Kwame Mensah",
        _("Locality organiser"),
        _("Kwame knows his own locality by its doorsteps and brings people together there."),
        "Village",
        42,
        "grants",
        holds=[Role.ORGANISER],
        scope="locality",
    ),
    Part(
        "administrator",
        "Priya Joshi",
        "Priya Joshi",
        _("Administrator"),
        _("Priya looks after settings and roles. She can't read anyone's case by that alone."),
        "Abbey",
        37,
        "home",
        holds=[Role.ADMINISTRATOR],
    ),
    Part(
        "lead",
        "Nadia Haddad",
        "Nadia Haddad",
        _("Safeguarding lead"),
        _("Nadia reads the alerts about harm, which nobody else can, and sees that somebody acts."),
        "Alibon",
        48,
        "help",
        holds=[Role.SAFEGUARDING],
    ),
    Part(
        "catalyst",
        "Carys Morgan",
        "Carys Morgan",
        _("Catalyst"),
        _("Carys walks alongside people for months, one to one, and draws their circle with them."),
        "Parsloes",
        39,
        "learn",
        ["en-gb", "ur"],
    ),
    Part(
        "teenager",
        "Jayden",
        "Jayden Campbell",
        _("Teenager"),
        _("Jayden is 15. A young person's page is private until he is grown up."),
        "Becontree",
        15,
        "services",
        about="Football, drill (the woodwork sort), my nan's cooking.",
    ),
    Part(
        "urdu",
        "آمنہ ملک",
        "Amina Malik",
        _("Somebody who reads Urdu"),
        _("Amina reads these pages in Urdu, from right to left."),
        "Whalebone",
        58,
        "help",
        ["ur"],
        reads="ur",
        about="مجھے باغبانی اور لوگوں سے ملنا پسند ہے۔",
        can_share="کھانا پکانا اور بچوں کو قرآن پڑھانا",
        life="much",
    ),
]

BY_KEY = {part.key: part for part in CAST}
