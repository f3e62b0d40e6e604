from django.apps import AppConfig


class ConnectConfig(AppConfig):
    name = "doorstep.connect"
    label = "connect"
