from django.urls import path, re_path
from django.urls.resolvers import URLPattern, URLResolver

from doorstep.support import urls_rounds, urls_volunteers
from doorstep.support.contacts import views as contacts
from doorstep.support.crisis import views as crisis
from doorstep.support.requests.views import desk, front, live, one

app_name = "support"
_REF = r"(?P<ref>[a-z0-9]{8,12})"
urlpatterns: list[URLPattern | URLResolver] = [
    # The front door.
    re_path(r"^ask/$", front.ask, name="ask"),
    re_path(r"^status/$", front.status, name="status"),
    re_path(r"^mine/$", front.mine, name="mine"),
    re_path(rf"^mine/{_REF}/$", front.my_request, name="my_request"),
    # The desk.
    re_path(r"^desk/$", desk.desk, name="desk"),
    re_path(r"^desk/now/$", desk.desk_now, name="desk_now"),
    re_path(r"^desk/handover/$", desk.handover, name="handover"),
    re_path(r"^calls/$", live.calls, name="calls"),
    re_path(r"^calls/(?P<key>[a-z0-9]{20})/$", live.call, name="call"),
    re_path(rf"^requests/{_REF}/$", one.request_page, name="request"),
    re_path(rf"^requests/{_REF}/now/$", one.request_now, name="request_now"),
    re_path(rf"^requests/{_REF}/letter/$", one.letter, name="letter"),
    re_path(rf"^requests/{_REF}/(?P<verb>[a-z-]+)/$", one.work, name="work"),
    re_path(r"^people/(?P<handle>[a-z0-9]{1,12})/$", one.history, name="history"),
    # Reaching people.
    re_path(r"^contacts/$", contacts.contacts, name="contacts"),
    re_path(r"^outreach/$", contacts.lists, name="outreach"),
    path("outreach/<int:pk>/", contacts.one_list, name="outreach_list"),
    path("outreach/<int:pk>/ring/", contacts.ring, name="outreach_ring"),
    re_path(r"^crisis/$", crisis.crisis, name="crisis"),
    *urls_rounds.urlpatterns,
    *urls_volunteers.urlpatterns,
]
