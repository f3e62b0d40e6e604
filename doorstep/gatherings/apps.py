from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GatheringsConfig(AppConfig):
    name = "doorstep.gatherings"
    label = "gatherings"

    def ready(self) -> None:
        from doorstep.gatherings import notices

        notices.register()
