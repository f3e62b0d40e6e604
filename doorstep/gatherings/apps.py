from django.apps import AppConfig


class GatheringsConfig(AppConfig):
    name = "doorstep.gatherings"
    label = "gatherings"

    def ready(self) -> None:
        from doorstep.gatherings import during, notices, panels, privacy  # noqa: F401

        notices.register()
        panels.register()
        during.register()
