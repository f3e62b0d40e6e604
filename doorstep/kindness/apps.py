from django.apps import AppConfig


class KindnessConfig(AppConfig):
    name = "doorstep.kindness"
    label = "kindness"

    def ready(self) -> None:
        from doorstep.base.benches import benches

        benches.add("moderation", "doorstep.kindness.measuring.BENCH")
