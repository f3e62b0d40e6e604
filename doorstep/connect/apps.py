from django.apps import AppConfig


class ConnectConfig(AppConfig):
    name = "doorstep.connect"
    label = "connect"

    def ready(self) -> None:
        from doorstep.base.benches import benches

        benches.add("deidentify", "doorstep.connect.deidentify.measuring.BENCH")
