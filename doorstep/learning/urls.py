"""Addresses of learning. The fixed ones come first, so they win over a community's."""

from django.urls import path

from doorstep.learning.views import (
    booklets,
    carrying,
    communities,
    maps,
    meetings,
    recordings,
    things,
)

app_name = "learning"
urlpatterns = [
    path("", communities.home, name="home"),
    path("start/", communities.start, name="start"),
    path("map/", maps.learning_map, name="map"),
    path("week/<str:key>/", communities.week, name="week"),
    path("meeting/<int:pk>/", meetings.meeting, name="meeting"),
    path("meeting/<int:pk>/paper/", meetings.paper, name="meeting_paper"),
    path("meeting/<int:pk>/<slug:verb>/", meetings.work, name="meeting_work"),
    path("action/<int:pk>/", meetings.action, name="action"),
    path("t/<slug:ref>/", things.thing, name="thing"),
    path("t/<slug:ref>/<slug:verb>/", things.work, name="thing_work"),
    path("carried/<int:pk>/", carrying.carry, name="carry"),
    path("recording/<slug:ref>/", recordings.recording, name="recording"),
    path("booklet/<slug:ref>/", booklets.booklet, name="booklet"),
    path("booklet/<slug:ref>/pdf/", booklets.pdf, name="booklet_pdf"),
    path("<slug:slug>/", communities.community, name="community"),
    path("<slug:slug>/people/", communities.people, name="people"),
    path("<slug:slug>/meet/", meetings.plan, name="plan"),
    path("<slug:slug>/booklets/", booklets.all_of, name="booklets"),
    path("<slug:slug>/add/<slug:kind>/", things.add, name="add"),
]
