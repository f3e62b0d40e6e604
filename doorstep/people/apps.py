from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "doorstep.people"
    label = "people"

    def ready(self) -> None:
        from doorstep.base import rotating
        from doorstep.base.benches import benches
        from doorstep.base.registry import Tick, ticks
        from doorstep.design.navigation import Link, add_link
        from doorstep.people import actions, mending, privacy, receivers, secrets_at_rest  # noqa: F401
        from doorstep.people.consents import wiring as consents
        from doorstep.people.merging import wiring as merging
        from doorstep.people.readings import wiring as readings
        from doorstep.people.rights import wiring as rights
        from doorstep.people.roles import wiring as roles

        benches.add("duplicates", "doorstep.people.merging.measuring.BENCH")
        mending.mend()
        receivers.connect()
        rotating.elsewhere.add("second steps", secrets_at_rest.SecondSteps())
        consents.connect()
        rights.connect()
        roles.connect()
        readings.connect()
        merging.connect()
        for link in (
            Link("sheet", _("You and your account"), "people:me", "user", 10, signed_in=True),
            Link("sheet", _("Your work here"), "people:work", "inbox", 20, True, for_roles=True),
            Link("sheet", _("Sign out"), "account_logout", "log-out", 90, signed_in=True),
            Link("sheet", _("Sign in"), "account_login", "key-round", 10, signed_in=False),
            Link("sheet", _("Join"), "account_signup", "user-plus", 20, signed_in=False),
            Link("me", _("I have two accounts"), "people:own_accounts", "users", 85),
            Link("tab", _("Me"), "people:me", "user", signed_in=True, section="people"),
            Link("tab", _("Sign in"), "account_login", "key-round", signed_in=False),
        ):
            add_link(link)
        ticks.add("people.tidy", Tick(actions.tidy, 60 * 60))
