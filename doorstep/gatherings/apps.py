from django.apps import AppConfig


class GatheringsConfig(AppConfig):
    name = "doorstep.gatherings"
    label = "gatherings"

    def ready(self) -> None:
        from doorstep.gatherings import notices

        notices.register()
