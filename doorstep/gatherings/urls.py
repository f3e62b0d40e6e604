"""Addresses of gatherings. The fixed ones come first, so they win over a gathering's slug."""

from django.urls import include, path

app_name = "gatherings"
urlpatterns = [
    path("", include("doorstep.gatherings.urls_during")),
]
