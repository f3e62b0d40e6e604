from django.apps import AppConfig


class WatchConfig(AppConfig):
    name = "doorstep.watch"
    label = "watch"

    def ready(self) -> None:
        from doorstep.watch import merging, privacy, wiring  # noqa: F401

        wiring.register()
        from doorstep.watch.signals import merging as _merging  # noqa: F401
        from doorstep.watch.signals import privacy as _privacy  # noqa: F401
        from doorstep.watch.signals import wiring as signals

        signals.register()
