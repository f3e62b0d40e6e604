"""Addresses of records and of the read log, below /people/."""

from django.urls import path

from doorstep.people.readings import views as readings
from doorstep.people.records import views

urlpatterns = [
    path("me/record/", readings.mine, name="my_record"),
    path("me/record/paper/", readings.mine_on_paper, name="my_record_paper"),
    path("me/record/<int:pk>/ask/", readings.ask, name="ask_about_reading"),
    path("records/", views.find, name="records"),
    path("records/new/", views.write_down, name="new_record"),
    path("records/emergency/", views.break_glass, name="break_glass"),
    path("records/reviews/", readings.reviews, name="reviews"),
    path("records/reviews/<slug:handle>/", readings.review, name="review"),
    path("records/reviews/<slug:handle>/hold-back/", readings.hold_back, name="hold_back"),
    path("records/<slug:handle>/", views.record, name="record"),
    path("records/<slug:handle>/shut/", views.shut, name="shut_record"),
    path("records/<slug:handle>/put-right/", views.put_right, name="put_right"),
    path("records/<slug:handle>/log/", views.their_log, name="record_log"),
]
