"""Places: open to the whole world."""

from doorstep.places.models import Area, Venue
from doorstep.places.tests.factories import VenueFactory
from tests.authorisation.answers import BY_GET, Each, everyone, within
from tests.authorisation.world import World

ORDER = 10


def furnish(world: World) -> None:
    venue = VenueFactory()
    world.put("area", slug=Area.objects.get(pk=world.borough.ward.pk).slug)
    world.put("venue", pk=venue.pk)


rows = within("places")
ROWS = [
    *rows("map find venues", get=everyone(), post=BY_GET),
    *rows("venue", "venue", get=everyone(), post=BY_GET),
    *rows("area", "area", get=everyone(), post=BY_GET),
]

EACH = [
    Each("places:venue", Venue.objects.all, lambda _me, _venue: True),
    Each(
        "places:area", Area.objects.all, lambda _me, _area: True, lambda area: {"slug": area.slug}
    ),
]
