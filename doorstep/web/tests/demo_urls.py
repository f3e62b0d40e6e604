"""The site's addresses as they are where one-click sign-in is on."""

from django.urls import include, path

urlpatterns = [
    path("demo/", include("doorstep.web.demo.urls")),
    path("", include("config.urls")),
]
