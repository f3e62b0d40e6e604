"""Addresses about consent, part of `people`."""

from django.urls import path

from doorstep.people.consents import views
from doorstep.people.consents import views_for_officers as desk
from doorstep.people.consents import views_outside as outside

urlpatterns = [
    path("me/agreements/", views.agreements, name="agreements"),
    path("me/agreements/new/<slug:purpose>/", views.agree, name="agree"),
    path("me/agreements/<int:pk>/stop/", views.stop, name="stop_agreeing"),
    path("me/agreements/<int:pk>/again/", views.again, name="agree_again"),
    path("me/agreements/asked/<int:pk>/", views.answer_ask, name="answer_ask"),
    path("relied/", views.relied, name="relied"),
    path("relied/<int:pk>/done/", views.relied_done, name="relied_done"),
    path("overrides/", desk.overrides, name="overrides"),
    path("overrides/<int:pk>/", desk.override, name="override"),
    path("overrides/<int:pk>/tell/", desk.tell_now, name="override_tell"),
    path("sheets/<int:pk>/", desk.sheet, name="sheet"),
    path("sheets/<int:pk>/print/", desk.sheet_print, name="sheet_print"),
    path("sheets/<int:pk>/link/", desk.sheet_link, name="sheet_link"),
    path("sheets/<int:pk>/stop/", desk.sheet_stop, name="sheet_stop"),
    path("shared/<slug:key>/", outside.shared, name="shared"),
    path("records/<slug:handle>/agreements/", desk.agreements, name="record_agreements"),
    path("records/<slug:handle>/agreements/paper/", desk.paper, name="record_paper"),
    path("records/<slug:handle>/agreements/new/<slug:purpose>/", desk.agree, name="record_agree"),
    path("records/<slug:handle>/agreements/<int:pk>/stop/", desk.stop, name="record_stop"),
    path("records/<slug:handle>/asked/<int:pk>/no/", desk.said_no, name="record_no"),
    path("records/<slug:handle>/pass-on/<slug:purpose>/", desk.pass_on, name="pass_on"),
    path("records/<slug:handle>/ask/<slug:purpose>/", desk.ask_later, name="ask_later"),
    path(
        "records/<slug:handle>/override/<slug:purpose>/", desk.make_override, name="make_override"
    ),
]
