from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "doorstep.support"
    label = "support"

    def ready(self) -> None:
        # Each part hangs up its own things: requests, volunteers, rounds.
        from doorstep.support.requests import wiring as requests
        from doorstep.support.rounds import wiring as rounds
        from doorstep.support.volunteers import wiring as volunteers

        requests.wire()
        volunteers.wire()
        rounds.wire()
