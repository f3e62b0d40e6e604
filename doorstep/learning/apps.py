from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LearningConfig(AppConfig):
    name = "doorstep.learning"
    label = "learning"

    def ready(self) -> None:
        from doorstep.learning import merging, privacy, wiring  # noqa: F401

        wiring.register(_("Learning"))
