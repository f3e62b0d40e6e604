from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "doorstep.base"
    label = "base"
