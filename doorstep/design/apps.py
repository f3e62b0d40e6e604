from django.apps import AppConfig


class DesignConfig(AppConfig):
    name = "doorstep.design"
    label = "design"
