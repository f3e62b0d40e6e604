"""The page of components and the choice of language: open to the whole world."""

from tests.authorisation.answers import BY_GET, ON, NotSwept, everyone, within
from tests.authorisation.world import World

ORDER = 10


def furnish(world: World) -> None:
    world.put("urdu", code="ur")
    world.put("klingon", code="tlh")


rows = within("design")
ROWS = [
    *rows("specimen", get=everyone(), post=BY_GET),
    *rows("language", "urdu", get=everyone(ON), post=BY_GET),
]

NOT_SWEPT = [NotSwept("a language, one of a few", ("design:language",))]
