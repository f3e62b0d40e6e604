from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "doorstep.base"
    label = "base"

    def ready(self) -> None:
        from django import forms
        from django.contrib.auth.signals import user_logged_out
        from django.db.models.signals import pre_save
        from django.utils.translation import gettext_lazy

        from doorstep.base import (
            analysing,
            limits,
            middleware,
            privacy,  # noqa: F401
            rotating,
            scrubbing,
        )
        from doorstep.base.private_files import private_files
        from doorstep.base.registry import Tick, ticks
        from doorstep.base.working import tidy

        # What a form says where nobody wrote anything better.
        forms.Field.default_error_messages["required"] = gettext_lazy("Please fill this in")
        rotating.elsewhere.add("private files", private_files)
        ticks.add("base: tidy tasks", Tick(tidy, 60 * 60))
        ticks.add("base: tidy limits", Tick(limits.tidy, 60 * 60))
        ticks.add("base: tables that grew", Tick(analysing.tick, 24 * 60 * 60))
        user_logged_out.connect(middleware.note_signing_out)
        pre_save.connect(scrubbing.scrub_task, sender="django_tasks_database.DBTaskResult")
