"""What is held about people, declared by each app beside its models (`privacy.py`).

    declare(
        Notice,
        Holding(
            label=_("Notices you were sent"),
            activity="notices",
            purpose=_("To tell you what you asked to hear about."),
            basis=Basis.TASK,
            subjects=("person",),
            shown={"title": _("What it said"), "body": _("More")},
            neighbours=("about",),
            internal=("key", "path"),
            kept=Kept.for_days(365, after="created_at", because=_("So that you can look back.")),
            erase=DELETE,
        ),
    )

From these are made: a person's export, erasure, nightly retention, the record of processing and
the impact assessment. `problems()` names every model or field that nobody has declared, and the
tests fail on it. `README.md` of `people/rights` tells how each part is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Registry


class Basis(models.TextChoices):
    """Why the law lets us hold it: UK GDPR, Article 6(1)."""

    CONSENT = "6(1)(a)", _("you agreed to it")
    CONTRACT = "6(1)(b)", _("you asked us for something that needs it")
    OBLIGATION = "6(1)(c)", _("the law tells us to keep it")
    VITAL = "6(1)(d)", _("to protect somebody's life")
    TASK = "6(1)(e)", _("it is part of the council's public work")
    INTERESTS = "6(1)(f)", _("it keeps this place running and safe, and does not outweigh you")


class Condition(models.TextChoices):
    """What the law asks for besides, for health, faith and the like: UK GDPR Article 9(2), with
    the condition of the Data Protection Act 2018, Schedule 1, where one is needed."""

    EXPLICIT_CONSENT = "9(2)(a)", _("you agreed in clear words")
    VITAL = "9(2)(c)", _("to protect somebody's life when they can't say yes")
    MADE_PUBLIC = "9(2)(e)", _("you told everybody yourself")
    CLAIMS = "9(2)(f)", _("for legal claims")
    SAFEGUARDING = (
        "9(2)(g), Schedule 1 paragraph 18",
        _("to keep children and adults at risk safe"),
    )
    SOCIAL_CARE = "9(2)(h), Schedule 1 paragraph 2", _("health or social care")
    EQUALITY = "9(2)(g), Schedule 1 paragraph 8", _("to see that everybody is treated fairly")


class Erase(models.TextChoices):
    """What happens to the rows when the person they are about is erased."""

    DELETE = "delete", _("deleted")
    EMPTY = "empty", _("emptied of your words")
    KEEP = "keep", _("kept, because the law asks for it")
    PARENT = "parent", _("goes with what it belongs to")


DELETE, EMPTY, KEEP, PARENT = Erase.DELETE, Erase.EMPTY, Erase.KEEP, Erase.PARENT


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How long rows are kept, and why. Make one with `for_days`, `with_account` or `with_parent`.

    `after` is a look-up path to the moment the clock starts; a row where it is empty stays.
    `where` narrows the rows it counts for: `lambda: Q(state="sent")`. `empties` names fields to
    empty (to the value given) instead of deleting the row; then `where` leaves out what is empty
    already. `also` is a second rule for the same rows.
    """

    days: int | None = None
    after: str = ""
    until: Any = ""
    because: Any = ""
    where: Callable[[], models.Q] | None = None
    empties: Mapping[str, Any] | None = None
    also: Kept | None = None

    @classmethod
    def for_days(cls, days: int, *, after: str, because: Any, **more: Any) -> Kept:
        """Kept for a number of days after a moment, then taken away at night."""
        return cls(days=days, after=after, because=because, **more)

    @classmethod
    def with_account(cls, because: Any = "") -> Kept:
        """Kept as long as the person is here."""
        return cls(
            until=_("as long as you are here"),
            because=because or _("You need it while you are here."),
        )

    @classmethod
    def with_parent(cls, because: Any = "") -> Kept:
        """Kept as long as what it belongs to."""
        return cls(until=_("as long as what it belongs to"), because=because)

    def in_words(self) -> Any:
        """Return "2 years", "90 days" or what stands in `until`."""
        if self.days is None:
            return self.until
        from django.utils.translation import ngettext

        if self.days >= 365 and self.days % 365 == 0:
            years = self.days // 365
            return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
        return ngettext("%(n)d day", "%(n)d days", self.days) % {"n": self.days}


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What one model holds about one person, in words they can read, and how it is treated.

    Every field of the model stands in one place: `subjects` (look-up paths to the Person whose
    it is, such as "person" or "notice__person"), `shown` (exported; name or look-up path -> plain
    label), `neighbours` (says who somebody else is: exported as "a neighbour", or in the words
    given, {"by": _("a moderator")}), `withheld` (not exported; name -> the sentence that says
    why), `internal` (keys and counters of the machinery) or `secret` (never leaves: password
    hashes, tokens). Dates, numbers, yes-or-no and
    choices may be left out: they are exported under their own name. Links to models that are not
    people may be left out too.

    `files` are fields that name a file in the media folder or, with `files_from`, another storage.
    `sensitive` fields must be sealed at rest: {"note": ""}; one that is not says why: {"about":
    "…"}. A sealed field is sensitive without saying so. `special` is needed where health, faith
    and the like may be told.
    `withhold` withholds the whole row from the export, with the sentence that is shown instead.
    `hidden` returns the Q of rows that the person never learns of: not shown, nor counted for them.
    `erase_with(person, erasure)` replaces the plain ways of erasing; it returns
    how many rows it touched.
    """

    label: Any
    activity: str
    purpose: Any
    basis: Basis
    kept: Kept
    subjects: tuple[str, ...] = ()
    shown: Mapping[str, Any] = field(default_factory=dict)
    neighbours: tuple[str, ...] | Mapping[str, Any] = ()
    withheld: Mapping[str, Any] = field(default_factory=dict)
    internal: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    files_from: Callable[[], Any] | None = None
    sensitive: Mapping[str, str] = field(default_factory=dict)
    special: Condition | None = None
    recipients: tuple[Any, ...] = ()
    erase: Erase = Erase.DELETE
    empties: Mapping[str, Any] = field(default_factory=dict)
    kept_because: Any = ""
    erase_with: Callable[..., int] | None = None
    withhold: Any = ""
    hidden: Callable[[], models.Q] | None = None
    order: int = 50

    @property
    def model(self) -> type[models.Model]:
        return _model_of[id(self)]

    @property
    def name(self) -> str:
        """Return "feed.post", and for a second holding of a model "feed.flag:author"."""
        label = self.model._meta.label_lower
        first = holdings_of(self.model)[0]
        return label if first is self else f"{label}:{'+'.join(self.subjects)}"

    def rows(self, person: models.Model | int) -> models.QuerySet:
        """Return the rows about this person (or Person id)."""
        pk = person.pk if isinstance(person, models.Model) else person
        mine = models.Q(pk__in=[])
        for path in self.subjects:
            mine |= models.Q(**{path: pk})
        rows = self.model._base_manager.filter(mine)
        if self.hidden is not None:
            rows = rows.exclude(self.hidden())
        # A path through many rows may meet one row twice.
        return rows.distinct() if any("__" in path for path in self.subjects) else rows

    def exported(self) -> list[tuple[str, Any]]:
        """Return (field name or look-up path, plain label) in the order of the model."""
        classed = {*self.neighbours, *self.withheld, *self.internal, *self.secret, *self.files}
        classed |= {path.split("__")[0] for path in self.subjects}
        rows: list[tuple[str, Any]] = [
            (path, label) for path, label in self.shown.items() if "__" in path
        ]
        for one in [*self.model._meta.concrete_fields, *self.model._meta.local_many_to_many]:
            if one.name in self.shown:
                rows.append((one.name, self.shown[one.name]))
            elif one.name not in classed and not one.primary_key and not one.is_relation:
                rows.append((one.name, _plain(one)))
        return rows


def _plain(one: Any) -> str:
    words = str(one.verbose_name).removesuffix(" at")
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Activity:
    """One activity of the record of processing (UK GDPR, Article 30)."""

    label: Any
    purpose: Any
    people: Any


@dataclass(frozen=True)
class Measure:
    """What is done about a risk, and the file (a test, a module) that proves it."""

    words: str
    proof: str = ""


@dataclass(frozen=True, kw_only=True)
class Risk:
    """What could go wrong for people, how bad it would be, and what is done about it.

    `chance` and `harm` are "low", "medium" or "high", after the measures.
    """

    activity: str
    what: str
    hurts: str
    chance: str
    harm: str
    measures: tuple[Measure, ...]


activities: Registry[Activity] = Registry("the activities of the record of processing")
risks: Registry[Risk] = Registry("the risks of the impact assessment")

for _order, (_name, _activity) in enumerate(
    {
        "people": Activity(
            _("Knowing who is who, and letting people in"),
            _("So that neighbours can meet each other, and only you open your own front door."),
            _("residents, helpers and people somebody wrote down for them"),
        ),
        "neighbourhood": Activity(
            _("Neighbours talking"),
            _("So that neighbours can ask, offer, tell and thank each other."),
            _("residents"),
        ),
        "teams": Activity(
            _("Helping and Sharing Teams"),
            _("So that small groups of neighbours can do things together."),
            _("residents and mentors"),
        ),
        "gatherings": Activity(
            _("Gatherings and welcomes"),
            _("So that people can meet, be expected, and be counted when they come."),
            _("residents, guests and people who walk in"),
        ),
        "notices": Activity(
            _("Telling people what they want to hear"),
            _("So that a message reaches you the way you chose."),
            _("everybody we may write to"),
        ),
        "moderation": Activity(
            _("Keeping the conversation safe"),
            _("So that what breaks the rules comes down, fairly, and can be argued with."),
            _("people who post, people who report, moderators"),
        ),
        "safeguarding": Activity(
            _("Keeping people from harm"),
            _("So that a worry about harm reaches the people who must act on it."),
            _("people at risk, people who worry about them, those who act"),
        ),
        "records": Activity(
            _("Looking after a person's record"),
            _("So that what was agreed is kept to, and you can see who looked."),
            _("people with a record, people whose work it is to open it"),
        ),
        "rights": Activity(
            _("Your rights over what we hold"),
            _("So that what you ask about your own data is done, and can be shown to be done."),
            _("anybody who asks, officers who answer"),
        ),
        "running": Activity(
            _("Keeping the house running and locked"),
            _("So that the site works, and nobody breaks in."),
            _("everybody who uses the site"),
        ),
    }.items()
):
    activities.add(_name, _activity, order=_order)

_tables: dict[str, str] = {}
_declared: dict[str, tuple[Holding, ...]] = {}
_model_of: dict[int, type[models.Model]] = {}
_nobody: dict[str, str] = {}


def declare(model: type[models.Model], *holdings: Holding) -> None:
    """Say what `model` holds; several holdings where a row is about people in different ways."""
    label = model._meta.label
    if label in _declared or label in _nobody:
        raise ValueError(f"{label} is declared twice")
    _declared[label] = holdings
    for one in holdings:
        _model_of[id(one)] = model


def about_nobody(model: type[models.Model] | str, because: str) -> None:
    """Say that rows of `model` say nothing about any person, and why that is so."""
    label = model if isinstance(model, str) else model._meta.label
    if label in _declared or label in _nobody:
        raise ValueError(f"{label} is declared twice")
    _nobody[label] = because


def about_table(name: str, what: str) -> None:
    """Say what a table without a model holds (a cache, an index), in one sentence."""
    _tables[name] = what


def tables() -> dict[str, str]:
    """Return table name -> what it holds, for tables without a model."""
    return dict(sorted(_tables.items()))


def holdings_of(model: type[models.Model]) -> tuple[Holding, ...]:
    """Return what was declared for the model; () for none."""
    return _declared.get(model._meta.label, ())


def all_holdings() -> list[Holding]:
    """Return every holding, by activity, then its own order, then its label in the code."""
    place = {name: number for number, (name, _item) in enumerate(activities.items())}
    every = [one for rows in _declared.values() for one in rows]
    return sorted(every, key=lambda one: (place.get(one.activity, 99), one.order, one.name))


def nobodys() -> dict[str, str]:
    """Return model label -> why its rows are about nobody."""
    return dict(sorted(_nobody.items()))


def is_sealed(one: Any) -> bool:
    """Whether a model field is sealed at rest."""
    return any(base.__module__ == "doorstep.base.sealed_fields" for base in type(one).__mro__)


# Fields of these kinds say nothing by themselves; text, files, JSON and links to people may.
_HARMLESS = (
    models.BooleanField,
    models.DateField,
    models.TimeField,
    models.DurationField,
    models.IntegerField,
    models.AutoField,
    models.FloatField,
    models.DecimalField,
)


def problems() -> list[str]:
    """Return a sentence for every model, field or file that is not declared as it should be."""
    found: list[str] = []
    for model in apps.get_models():
        label = model._meta.label
        if label in _nobody:
            if links := [f.name for f in model._meta.concrete_fields if _leads_to_a_person(f)]:
                found.append(
                    f"{label} is said to be about nobody, yet {', '.join(links)} leads to a person."
                )
            continue
        if label not in _declared:
            found.append(
                f"{label} is not declared. Say what it holds in its app's privacy.py: "
                "declare(…), or about_nobody(…) with the reason."
            )
            continue
        for one in _declared[label]:
            found += _problems_of(model, one)
    known = {model._meta.label for model in apps.get_models()}
    found += [
        f"{label} is declared, but there is no such model."
        for label in _nobody
        if label not in known
    ]
    for name, risk in risks.items():
        if activities.get(risk.activity) is None:
            found.append(f"Risk {name!r}: there is no activity {risk.activity!r}.")
        for measure in risk.measures:
            if measure.proof and not _exists(measure.proof):
                found.append(f"Risk {name!r} is proved by {measure.proof}, which is not there.")
    return found


def _problems_of(model: type[models.Model], one: Holding) -> list[str]:
    found: list[str] = []
    where = model._meta.label
    if activities.get(one.activity) is None:
        found.append(f"{where}: there is no activity {one.activity!r}.")
    for what in ("label", "purpose"):
        if not getattr(one, what):
            found.append(f"{where}: say its {what}.")
    if one.kept.days is None and not one.kept.until:
        found.append(f"{where}: say how long it is kept.")
    if one.erase == KEEP and not one.kept_because:
        found.append(f"{where}: say which law keeps it after an erasure (kept_because).")
    if one.erase == EMPTY and not (one.empties or one.erase_with):
        found.append(f"{where}: say which fields an erasure empties.")
    fields = {f.name: f for f in [*model._meta.concrete_fields, *model._meta.local_many_to_many]}
    groups = {
        "shown": {name for name in one.shown if "__" not in name},
        "neighbours": set(one.neighbours),
        "withheld": set(one.withheld),
        "internal": set(one.internal),
        "secret": set(one.secret),
        "files": set(one.files),
        "subjects": {path.split("__")[0] for path in one.subjects} - {"pk"},
    }
    for group, names in groups.items():
        if group == "subjects":  # paths may begin at a link from the other side
            continue
        found += [
            f"{where}: {group} names {name}, which is no field of it."
            for name in sorted(names - fields.keys())
        ]
    for name in {*one.sensitive, *one.empties} - fields.keys():
        found.append(f"{where}: {name} is no field of it.")
    for path in [p for p in one.shown if "__" in p] + list(one.subjects):
        try:
            model._base_manager.filter(**{f"{path}__isnull": True}).query  # noqa: B018
        except Exception:
            found.append(f"{where}: {path} leads nowhere.")
    classed = set().union(*groups.values())
    for name, field_ in fields.items():
        if field_.primary_key and isinstance(field_, models.AutoField | models.UUIDField):
            continue
        if name not in classed and not _is_harmless(field_):
            found.append(f"{where}.{name} is not declared: may the person read it, or who may?")
        reason = one.sensitive.get(name)
        if reason == "" and not is_sealed(field_):
            found.append(f"{where}.{name} is sensitive: seal it, or say why it can't be.")
    return found


def _leads_to_a_person(one: Any) -> bool:
    related = one.related_model
    return related is not None and related._meta.label in ("people.Person", "people.Account")


def _is_harmless(one: Any) -> bool:
    if one.is_relation:
        return not _leads_to_a_person(one)
    return isinstance(one, _HARMLESS) or bool(one.choices)


def _exists(proof: str) -> bool:
    from django.conf import settings

    name, _sep, test = proof.partition("::")
    path = Path(settings.ROOT) / name
    return path.is_file() and (not test or f"def {test}" in path.read_text())


def summary() -> list[dict[str, Any]]:
    """Return the record of processing in plain words, for the privacy notice.

    A list of {"label", "purpose", "people", "holdings": [{"label", "purpose", "basis", "kept",
    "because", "special", "recipients"}]}, one for each activity that holds something.
    """
    rows = []
    for name, activity in activities.items():
        here = [one for one in all_holdings() if one.activity == name]
        if not here:
            continue
        rows.append(
            {
                "name": name,
                "label": activity.label,
                "purpose": activity.purpose,
                "people": activity.people,
                "holdings": [
                    {
                        "label": one.label,
                        "purpose": one.purpose,
                        "basis": one.basis.label,
                        "article": one.basis.value,
                        "special": one.special.label if one.special else "",
                        "kept": one.kept.in_words(),
                        "because": one.kept.because,
                        "recipients": one.recipients,
                    }
                    for one in here
                ],
            }
        )
    return rows
