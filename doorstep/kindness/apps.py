from django.apps import AppConfig


class KindnessConfig(AppConfig):
    name = "doorstep.kindness"
    label = "kindness"
