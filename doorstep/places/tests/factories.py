"""Made-up places for tests."""

from types import SimpleNamespace

import factory

from doorstep.places.models import Area, Venue


def make_area(kind: str, name: str, parent: Area | None = None) -> Area:
    area = Area.objects.create(
        kind=kind, name=name, slug=name.lower().replace(" ", "-"), parent=parent
    )
    area.path = f"{parent.path if parent else ''}{area.pk}/"
    area.save(update_fields=["path"])
    return area


def small_borough() -> SimpleNamespace:
    """Return borough, locality, ward, other_ward (same locality), far_locality and far_ward."""
    borough = make_area("borough", "Testing Borough")
    locality = make_area("locality", "Riverside", borough)
    far_locality = make_area("locality", "Hilltop", borough)
    return SimpleNamespace(
        borough=borough,
        locality=locality,
        far_locality=far_locality,
        ward=make_area("ward", "Quay", locality),
        other_ward=make_area("ward", "Mill", locality),
        far_ward=make_area("ward", "Beacon", far_locality),
    )


class VenueFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Venue

    name = factory.Sequence(lambda n: f"Hall {n}")
    address = "1 Test Street"
    area = factory.LazyFunction(lambda: Area.objects.filter(kind="ward").first())
