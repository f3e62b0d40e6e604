from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "doorstep.teams"
    label = "teams"
