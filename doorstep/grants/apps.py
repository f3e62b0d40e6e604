from django.apps import AppConfig


class GrantsConfig(AppConfig):
    name = "doorstep.grants"
    label = "grants"

    def ready(self) -> None:
        from doorstep.grants import merging, privacy, wiring  # noqa: F401

        wiring.register()
