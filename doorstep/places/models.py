"""Areas, postcodes and venues."""

from __future__ import annotations

import re

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doorstep.base.prepared import Prepared
from doorstep.base.registry import Panel, Registry

# Parts of an area's page that higher floors provide: `render(request, area)`.
area_panels: Registry[Panel] = Registry("an area's page")


class AreaQuerySet(models.QuerySet["Area"]):
    """Narrowings of areas."""

    def of_kind(self, kind: Area.Kind) -> AreaQuerySet:
        return self.filter(kind=kind)

    def within(self, area: Area) -> AreaQuerySet:
        """The area itself and everything under it."""
        return self.filter(path__startswith=area.path)


class Area(models.Model):
    """A part of the borough: borough > locality > ward > neighbourhood > street.

    `path` is the ids from the borough down, each followed by a slash ("1/4/17/"), so that
    a prefix finds everything inside and the ids in it name everything around.
    """

    class Kind(models.TextChoices):
        BOROUGH = "borough", _("borough")
        LOCALITY = "locality", _("locality")
        WARD = "ward", _("ward")
        NEIGHBOURHOOD = "neighbourhood", _("neighbourhood")
        STREET = "street", _("street")

    kind = models.CharField(max_length=15, choices=Kind)
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=110, unique=True)
    gss_code = models.CharField(max_length=9, null=True, blank=True, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts")
    path = models.CharField(max_length=60, blank=True)
    # GeoJSON geometry in WGS84, as drawn on maps; null for a street or a made-up area.
    boundary = models.JSONField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    # 1 is the most deprived tenth of England, 10 the least (neighbourhoods only).
    imd_decile = models.PositiveSmallIntegerField(null=True, blank=True)
    imd_rank = models.PositiveIntegerField(null=True, blank=True)

    objects = AreaQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["kind", "name"]), models.Index(fields=["path"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="borough", parent=None)
                | (~models.Q(kind="borough") & models.Q(parent__isnull=False)),
                name="only_the_borough_has_no_parent",
            ),
            models.CheckConstraint(
                condition=models.Q(imd_decile=None) | models.Q(imd_decile__range=(1, 10)),
                name="a_decile_is_1_to_10",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("places:area", args=[self.slug])

    @property
    def path_ids(self) -> list[int]:
        """The ids of this area and all around it, the borough first."""
        return [int(part) for part in self.path.split("/") if part]


_LETTER_FOR = str.maketrans("015", "OIS")
_DIGIT_FOR = str.maketrans("OILS", "0115")


def tidy_postcode(text: str) -> str | None:
    """Return what somebody typed as the Post Office writes it, or None if it is no postcode.

    Spaces, dots and small letters do not matter, nor O for 0 or I for 1 where only one of the
    two can be meant: "rm1o 7fh" is "RM10 7FH".
    """
    bare = re.sub(r"[^A-Z0-9]", "", text.upper())
    if not 5 <= len(bare) <= 7:
        return None
    out, inward = bare[:-3], bare[-3:]
    inward = inward[0].translate(_DIGIT_FOR) + inward[1:].translate(_LETTER_FOR)
    found = []
    # One or two letters, then the district: one or two digits, or a digit and a letter.
    for letters in (1, 2):
        for area in (out[:letters], out[:letters].translate(_LETTER_FOR)):
            for district in (out[letters:], out[letters:].translate(_DIGIT_FOR)):
                if re.fullmatch(
                    r"[A-Z]{1,2}[0-9][0-9A-HJKMNP-Y]? [0-9][A-Z]{2}", f"{area}{district} {inward}"
                ):
                    found.append(f"{area}{district} {inward}")
    # What changes least of what was typed is what was meant.
    return min(
        found,
        key=lambda one: sum(a != b for a, b in zip(one, f"{out} {inward}", strict=True)),
        default=None,
    )


class Postcode(models.Model):
    """A live postcode and where it lies. `code` is as the Post Office writes it: "RM10 7FH"."""

    code = models.CharField(max_length=8, primary_key=True)
    ward = models.ForeignKey(Area, models.CASCADE, related_name="postcodes")
    neighbourhood = models.ForeignKey(
        Area, models.SET_NULL, null=True, related_name="neighbourhood_postcodes"
    )
    latitude = models.FloatField()
    longitude = models.FloatField()

    def __str__(self) -> str:
        return self.code

    @classmethod
    def find(cls, text: str) -> Postcode | None:
        """Return the postcode somebody typed, with its ward and neighbourhood, or None."""
        code = tidy_postcode(text)
        return None if code is None else _POSTCODE.first(code=code)


# Without the shapes of its areas, which take ten times as long to read as all else.
_POSTCODE = Prepared(
    lambda code: (
        Postcode.objects.select_related("ward", "neighbourhood")
        .defer("ward__boundary", "neighbourhood__boundary")
        .filter(code=code)
        .order_by()
    ),
    code=str,
)


def find_postcode(text: str) -> Postcode | None:
    """Return the postcode somebody typed, with its ward and neighbourhood, or None."""
    return Postcode.find(text)


class Venue(models.Model):
    """A place where people meet, and what it is like to get into it."""

    name = models.CharField(_("name"), max_length=120)
    address = models.CharField(_("address"), max_length=200)
    postcode = models.CharField(_("postcode"), max_length=8, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="venues")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    is_step_free = models.BooleanField(_("no steps to get in"), default=False)
    has_accessible_toilet = models.BooleanField(
        _("a toilet with room for a wheelchair"), default=False
    )
    has_hearing_loop = models.BooleanField(_("a hearing loop"), default=False)
    has_quiet_room = models.BooleanField(_("a quiet corner"), default=False)
    has_baby_change = models.BooleanField(_("somewhere to change a baby"), default=False)
    bus = models.CharField(_("buses that stop nearby"), max_length=120, blank=True)
    way_in = models.TextField(_("how to find the door"), max_length=600, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("places:venue", args=[self.pk])
