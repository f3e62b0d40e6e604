from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from doorstep.design.navigation import MenuItem, add


class PlacesConfig(AppConfig):
    name = "doorstep.places"
    label = "places"

    def ready(self) -> None:
        from doorstep.places import privacy  # noqa: F401

        add(
            MenuItem(
                section="places",
                label=_("Map"),
                url_name="places:map",
                icon="map-pin",
                shop="map",
                order=40,
                on_signboard=False,
            )
        )
