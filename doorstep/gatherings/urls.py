"""Addresses of gatherings. The fixed ones come first, so they win over a gathering's slug."""

from django.urls import include, path

from doorstep.gatherings.views import coming, feeds, gathering, planning, whats_on

app_name = "gatherings"
urlpatterns = [
    path("", include("doorstep.gatherings.urls_during")),
    path("", whats_on.whats_on, name="whats_on"),
    path("start/", planning.start, name="start"),
    path("mine/", coming.mine, name="mine"),
    path("mine/calendar/", coming.calendar, name="calendar"),
    path("calendar/mine/<str:key>.ics", feeds.my_ics, name="my_ics"),
    path("calendar/team/<slug:slug>.ics", feeds.team_ics, name="team_ics"),
    path("calendar/area/<slug:slug>.ics", feeds.area_ics, name="area_ics"),
    path("session/<int:pk>/", coming.session, name="session"),
    path("session/<int:pk>/coming/", coming.coming, name="coming"),
    path("session/<int:pk>/not-coming/", coming.not_coming, name="not_coming"),
    path("session/<int:pk>/change/", planning.change_session, name="change_session"),
    path("session/<int:pk>/call-off/", planning.call_off_session, name="call_off_session"),
    path("session/<int:pk>/on-again/", planning.session_on_again, name="session_on_again"),
    path("session/<int:pk>/calendar.ics", feeds.session_ics, name="session_ics"),
    path("<slug:slug>/", gathering.gathering, name="gathering"),
    path("<slug:slug>/dates/", gathering.dates, name="dates"),
    path("<slug:slug>/poster/", gathering.poster, name="poster"),
    path("<slug:slug>/calendar.ics", feeds.gathering_ics, name="gathering_ics"),
    path("<slug:slug>/change/", planning.change, name="change"),
    path("<slug:slug>/call-off/", planning.call_off, name="call_off"),
    path("<slug:slug>/on-again/", planning.on_again, name="on_again"),
]
