"""Addresses of joining records, below /people/."""

from django.urls import path

from doorstep.people.merging import views

urlpatterns = [
    path("me/two-records/<slug:handle>/", views.question, name="merge_question"),
    path("me/two-accounts/", views.own_accounts, name="own_accounts"),
    path("records/duplicates/", views.duplicates, name="duplicates"),
    path("records/duplicates/<slug:kept>/<slug:gone>/", views.compare, name="compare"),
    path("records/joined/<slug:handle>/", views.merge, name="merge"),
    path("records/<slug:handle>/same-as/", views.same_as, name="same_as"),
]
