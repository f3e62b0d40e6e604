from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    name = "doorstep.organisations"
    label = "organisations"

    def ready(self) -> None:
        from doorstep.organisations import merging, positions, privacy  # noqa: F401

        positions.register()

        from doorstep.organisations.oruk import wiring as oruk_wiring

        oruk_wiring.register()

        from doorstep.organisations import wiring

        wiring.register()
