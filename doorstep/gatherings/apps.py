from django.apps import AppConfig


class GatheringsConfig(AppConfig):
    name = "doorstep.gatherings"
    label = "gatherings"

    def ready(self) -> None:
        from doorstep.gatherings import around, beside, during, merging, notices, panels, privacy  # noqa: F401

        around.register()
        beside.register()
        notices.register()
        panels.register()
        during.register()
