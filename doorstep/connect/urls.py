from django.urls import path, re_path

from doorstep.connect.calls import views as calls
from doorstep.connect.diary.urls import urlpatterns as diary_urls
from doorstep.connect.views import mine, referrals, walking

app_name = "connect"
urlpatterns = [
    path("", walking.home, name="home"),
    path("refer/", referrals.refer, name="refer"),
    path("link/<str:token>/", referrals.link, name="link"),
    path("calls/", calls.calls, name="calls"),
    re_path(r"^calls/for/(?P<ref>[a-z0-9]{10,12})/$", calls.new_call, name="new_call"),
    re_path(r"^calls/asked/(?P<code>[a-z0-9]{10,20})/$", calls.asked, name="asked"),
    re_path(r"^calls/(?P<ref>[a-z0-9]{10,12})/$", calls.call, name="call"),
    path("mine/", mine.mine, name="mine"),
    re_path(r"^mine/(?P<verb>[a-z-]+)/$", mine.do_mine, name="do_mine"),
    re_path(r"^circle/(?P<handle>[a-z0-9]{10,12})/$", mine.circle, name="circle"),
    re_path(r"^referrals/(?P<ref>[a-z0-9]{10,12})/$", referrals.referral, name="referral"),
    re_path(r"^with/(?P<ref>[a-z0-9]{10,12})/$", walking.relationship, name="relationship"),
    re_path(
        r"^with/(?P<ref>[a-z0-9]{10,12})/paper/(?P<what>[a-z]+)/$", walking.paper, name="paper"
    ),
    re_path(r"^with/(?P<ref>[a-z0-9]{10,12})/(?P<verb>[a-z-]+)/$", walking.do, name="do"),
    *diary_urls,
]
