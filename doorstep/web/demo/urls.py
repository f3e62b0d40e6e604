"""Addresses of the demo's one-click sign-in; only there where DOORSTEP_DEMO_SIGN_IN is on."""

from django.urls import path

from doorstep.web.demo import views

app_name = "demo"
urlpatterns = [path("", views.people, name="people")]
