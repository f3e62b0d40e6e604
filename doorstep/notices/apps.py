from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "doorstep.notices"
    label = "notices"
