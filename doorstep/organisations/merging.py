"""What organisations keep of two records that become one."""

from doorstep.organisations.models import Position
from doorstep.people.merging.movers import moves, stays
from doorstep.people.merging.wiring import holders
from doorstep.people.models import Person

_WHO = "Who did it stays as it was written down."

stays(
    "organisations.Position", "person", because="A place in an organisation stays with its record."
)
moves("organisations.PrivateContact", "person")
moves("organisations.Suggestion", "made_by")
moves("organisations.Offer", "answered_by")
stays("organisations.Position", "invited_by", because=_WHO)
stays("organisations.PrivateContact", "added_by", because=_WHO)
stays("organisations.Suggestion", "decided_by", because=_WHO)
stays("organisations.Offer", "made_by", because=_WHO)
stays("organisations.Change", "by", because=_WHO)
stays("organisations.Confirmation", "by", because=_WHO)
stays("organisations.DoorPhoto", "added_by", because=_WHO)
stays("organisations.ImportRun", "by", "decided_by", because=_WHO)


def _holds(person: Person) -> bool:
    return Position.objects.filter(person=person, ended_at=None).exists()


holders.add("organisations", _holds)
