from django.apps import AppConfig


class WatchConfig(AppConfig):
    name = "doorstep.watch"
    label = "watch"
