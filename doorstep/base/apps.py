from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "doorstep.base"
    label = "base"

    def ready(self) -> None:
        from doorstep.base import limits, privacy  # noqa: F401
        from doorstep.base.registry import Tick, ticks
        from doorstep.base.working import tidy

        ticks.add("base: tidy tasks", Tick(tidy, 60 * 60))
        ticks.add("base: tidy limits", Tick(limits.tidy, 60 * 60))
