from django.apps import AppConfig


class ConnectConfig(AppConfig):
    name = "doorstep.connect"
    label = "connect"

    def ready(self) -> None:
        from doorstep.connect import merging, privacy, wiring  # noqa: F401

        wiring.register()

        from doorstep.connect.calls import wiring as calls_wiring

        calls_wiring.register()
