"""Addresses of rounds: below /support/."""

from django.urls import re_path

from doorstep.support.rounds import views

_REF = r"(?P<ref>[a-z0-9]{8,12})"
urlpatterns = [
    re_path(r"^rounds/$", views.rounds, name="rounds"),
    re_path(r"^rounds/plan/$", views.new, name="round_new"),
    re_path(r"^rounds/from/$", views.depots, name="depots"),
    re_path(rf"^rounds/plan/{_REF}/$", views.plan, name="round_plan"),
    re_path(rf"^rounds/plan/{_REF}/(?P<verb>[a-z-]+)/$", views.work, name="round_work"),
    re_path(rf"^rounds/{_REF}/$", views.my_round, name="round"),
    re_path(rf"^rounds/{_REF}/sheet/$", views.sheet, name="round_sheet"),
]
