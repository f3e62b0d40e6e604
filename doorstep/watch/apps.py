from django.apps import AppConfig


class WatchConfig(AppConfig):
    name = "doorstep.watch"
    label = "watch"

    def ready(self) -> None:
        from doorstep.watch import merging, privacy  # noqa: F401
