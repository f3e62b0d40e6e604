from django.apps import AppConfig


class FeedConfig(AppConfig):
    name = "doorstep.feed"
    label = "feed"

    def ready(self) -> None:
        from doorstep.feed import moderation

        moderation.register()
