from django.apps import AppConfig


class LearningConfig(AppConfig):
    name = "doorstep.learning"
    label = "learning"
