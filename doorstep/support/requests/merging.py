"""Requests follow whom they are about."""

from doorstep.people.merging.movers import moves, stays

_WHO = "Who did it stays as it was written down."

moves("support.Request", "person", "asked_by")
stays("support.Request", "taken_by", "owner", because=_WHO)
stays("support.RequestStep", "by", because=_WHO)
