"""What `people` keeps, split by noun."""

from doorstep.people.models.person import (
    ADULT_AT,
    Account,
    AccountManager,
    Block,
    Claim,
    Person,
    PersonQuerySet,
    RoleHolding,
    RoleQuerySet,
    Session,
    SessionManager,
    person_panels,
)

__all__ = [
    "ADULT_AT",
    "Account",
    "AccountManager",
    "Block",
    "Claim",
    "Person",
    "PersonQuerySet",
    "RoleHolding",
    "RoleQuerySet",
    "Session",
    "SessionManager",
    "person_panels",
]
