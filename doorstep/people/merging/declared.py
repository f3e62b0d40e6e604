"""What becomes of people's own rows when two records are joined."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q

from doorstep.people.consents.carrying import carry_over, take_back
from doorstep.people.merging.movers import LAY_ASIDE, moves, nouns, stays
from doorstep.people.models import Block, Carrying, Merge, Person, Restriction

_AS_WRITTEN = "Who did it stays as it was written down."
_CARRIED = "Carried over by consents, restrictively."
_OWN_WAY = "It is what joining itself is written in."

moves("people.Person_follows", "person", twin=LAY_ASIDE)
moves("people.Block", "blocker", "blocked")
moves("people.ContactChange", "person")
moves("people.RightsRequest", "person")
moves("people.Restriction", "person")
moves("people.Hold", "person")
moves("people.OddReading", "subject", quiet=True)
# What somebody must stop follows them.
moves("people.Reliance", "by")

stays("people.Person", "merged_into", because="A record joined before leads here through this one.")
stays("people.Account", "person", because="Nobody's way to sign in becomes another record's.")
stays("people.RoleHolding", "person", because="A role is never joined: who holds one is kept.")
stays("people.RoleHolding", "granted_by", because=_AS_WRITTEN)
stays("people.RoleEvent", "by", because="A history that is only added to.")
stays("people.Claim", "person", because="It counts tries for one record, and goes on doing so.")
stays("people.Reading", "reader", "subject", because="The log never changes; pages follow instead.")
stays("people.OddReading", "reader", "held_back_by", "reviewed_by", because=_AS_WRITTEN)
stays("people.ContactChange", "by", because=_AS_WRITTEN)
for _model in ("Consent", "Ask", "Override", "Sheet"):
    stays(f"people.{_model}", "person", because=_CARRIED)
stays("people.Consent", "recorded_by", "withdrawn_by", because=_AS_WRITTEN)
stays("people.Ask", "asked_by", because=_AS_WRITTEN)
stays("people.Override", "made_by", "reviewed_by", "held_back_by", because=_AS_WRITTEN)
stays("people.Sheet", "made_by", because=_AS_WRITTEN)
stays("people.Carrying", "source", "target", "by", because=_OWN_WAY)
stays("people.RightsRequest", "asked_by", "taken_by", "answered_by", because=_AS_WRITTEN)
stays("people.Export", "person", because="A copy was made of one record, for a week.")
stays("people.Export", "asked_by", because=_AS_WRITTEN)
stays("people.Erasure", "person", because="Nobody who is being forgotten is joined.")
stays("people.Erasure", "asked_by", because=_AS_WRITTEN)
stays("people.Restriction", "made_by", "lifted_by", because=_AS_WRITTEN)
stays("people.Hold", "made_by", "lifted_by", because=_AS_WRITTEN)
stays("people.Merge", "kept", "gone", "by", "undone_by", because=_OWN_WAY)
stays("people.Pair", "one", "other", "decided_by", because=_OWN_WAY)
stays("people.MatchKey", "person", because=_OWN_WAY)
stays("people.ToMatch", "person", because=_OWN_WAY)
stays("people.Former", "person", because="The log follows it through the record that is gone.")


class Consents:
    """Consents are joined by their own rule: the stricter one wins."""

    def join(self, kept: Person, gone: Person, *, by: Person, at: dt.datetime) -> Any:
        return carry_over(gone, kept, by=by, at=at).pk

    def part(self, merge: Merge, noted: Any, *, by: Person, at: dt.datetime) -> None:
        take_back(Carrying.objects.get(pk=noted), by=by, at=at)


class Blocks:
    """A block made while they were one holds for both afterwards."""

    def join(self, kept: Person, gone: Person, *, by: Person, at: dt.datetime) -> Any:
        return list(
            Block.objects.filter(Q(blocker=kept) | Q(blocked=kept)).values_list("pk", flat=True)
        )

    def part(self, merge: Merge, noted: Any, *, by: Person, at: dt.datetime) -> None:
        kept, gone = merge.kept_id, merge.gone_id
        since = Block.objects.filter(pk__gt=merge.marks.get("people.Block", 0))
        for row in since.filter(Q(blocker=kept) | Q(blocked=kept)):
            blocker = gone if row.blocker_id == kept else row.blocker_id
            blocked = gone if row.blocked_id == kept else row.blocked_id
            if blocker != blocked:
                Block.objects.get_or_create(
                    blocker_id=blocker, blocked_id=blocked, defaults={"made_at": row.made_at}
                )


class Restrictions:
    """Is one of them not to be used for now, then neither."""

    def join(self, kept: Person, gone: Person, *, by: Person, at: dt.datetime) -> Any:
        return None

    def part(self, merge: Merge, noted: Any, *, by: Person, at: dt.datetime) -> None:
        for pk in (merge.kept_id, merge.gone_id):
            row = Restriction.objects.filter(person=pk, lifted_at=None).first()
            Person.objects.filter(pk=pk).update(restricted_at=row.since if row else None)


nouns.add("consents", Consents(), order=10)
nouns.add("blocks", Blocks(), order=20)
nouns.add("restrictions", Restrictions(), order=30)
