from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    name = "doorstep.organisations"
    label = "organisations"

    def ready(self) -> None:
        from doorstep.organisations import merging, positions, privacy  # noqa: F401

        positions.register()
