from django.urls import path

from doorstep.people.consents.urls import urlpatterns as consents
from doorstep.people.merging.urls import urlpatterns as merging
from doorstep.people.records.urls import urlpatterns as records
from doorstep.people.rights.urls import urlpatterns as rights
from doorstep.people.roles.urls import urlpatterns as roles
from doorstep.people.views import blocks, claims, me, sessions

app_name = "people"
urlpatterns = [
    path("me/", me.me, name="me"),
    path("me/profile/", me.edit, name="edit"),
    path("me/places/", sessions.sessions, name="sessions"),
    path("me/places/end/", sessions.end_others, name="end_other_sessions"),
    path("me/places/<slug:ref>/end/", sessions.end, name="end_session"),
    path("me/blocked/", blocks.blocked, name="blocked"),
    path("me/is-this-you/", claims.claim, name="claim"),
    path("work/", me.work, name="work"),
    *consents,
    *rights,
    *roles,
    *merging,
    *records,
    path("<slug:handle>/", me.person, name="person"),
    path("<slug:handle>/block/", blocks.block, name="block"),
    path("<slug:handle>/unblock/", blocks.unblock, name="unblock"),
]
