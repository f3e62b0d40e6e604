from django.apps import AppConfig


class GrantsConfig(AppConfig):
    name = "doorstep.grants"
    label = "grants"
