"""Addresses of flags, decisions and appeals, under /feed/."""

from django.urls import path, re_path

from doorstep.feed.views import harm, moderation

urlpatterns = [
    path("rules/", moderation.rules, name="rules"),
    path("flag/<str:kind>/<int:pk>/", moderation.flag, name="flag"),
    path("decisions/<int:pk>/", moderation.decision, name="decision"),
    path("decisions/<int:pk>/appeal/", moderation.appeal, name="appeal"),
    path("moderation/", moderation.queue, name="moderation"),
    path("moderation/log/", moderation.log, name="moderation_log"),
    re_path(r"^moderation/log\.(?P<form>csv|json)$", moderation.export, name="moderation_export"),
    path("moderation/noticed/<int:pk>/", moderation.noticed_looked, name="noticed_looked"),
    path("moderation/appeals/<int:pk>/", moderation.hear, name="hear"),
    path("moderation/<str:kind>/<int:pk>/", moderation.case, name="case"),
    path("moderation/<str:kind>/<int:pk>/harm/", harm.harm, name="harm"),
]
