"""What is done with places."""

from __future__ import annotations

from django.db import transaction

from doorstep.places.importing import DATA, import_file
from doorstep.places.models import Area


@transaction.atomic
def load_borough() -> Area:
    """Bring in the bundled borough: areas, neighbourhoods, figures and postcodes.

    May be called again; what is there stays. Returns the borough.
    """
    for what, name in (
        ("areas", "barking_dagenham_wards_2022.geojson"),
        ("areas", "barking_dagenham_lsoa_2021.geojson"),
        ("figures", "barking_dagenham_imd2025_lsoa21.csv"),
        ("postcodes", "barking_dagenham_postcodes.csv"),
    ):
        report = import_file(what, DATA / name)
        if report.bad:
            first = report.problems[0]
            raise RuntimeError(f"the bundled {name}, line {first.line}: {first.said}")
    return Area.objects.get(kind=Area.Kind.BOROUGH)
