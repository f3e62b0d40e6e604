from django.apps import AppConfig


class GatheringsConfig(AppConfig):
    name = "doorstep.gatherings"
    label = "gatherings"
