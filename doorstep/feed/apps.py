from django.apps import AppConfig


class FeedConfig(AppConfig):
    name = "doorstep.feed"
    label = "feed"
