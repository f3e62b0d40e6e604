"""The directory: what shows is for everybody, drafts are for those who keep them."""

from doorstep.base.time import now
from doorstep.organisations.models import Organisation, Position, Service, State
from tests.authorisation.world import World

ORDER = 28


def furnish(world: World) -> None:
    shown = Organisation.objects.create(name="Quay Lunch Club", slug="quay-lunch-club")
    draft = Organisation.objects.create(name="Not yet", slug="not-yet", state=State.DRAFT)
    Position.objects.create(
        organisation=draft, person=world.owner, role=Position.Role.OWNER, accepted_at=now()
    )
    for number, state in enumerate(State.values):
        for owner in (shown, draft):
            Service.objects.create(
                name=f"Lunch {state}",
                slug=f"{owner.slug}-{number}",
                state=state,
                organisation=owner,
            )


ROWS: list = []
EACH: list = []
