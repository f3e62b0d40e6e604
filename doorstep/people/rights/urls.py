"""Addresses of rights over data; `people.urls` takes them in."""

from django.urls import path

from doorstep.people.rights import views

_FOR = "records/rights/for/<slug:handle>/"

urlpatterns = [
    path("me/rights/", views.rights, name="rights"),
    path("me/rights/ask/<slug:kind>/", views.ask, name="ask_right"),
    path("me/rights/<int:pk>/take-back/", views.withdraw, name="withdraw_right"),
    path("me/rights/use-again/", views.use_again, name="use_again"),
    path("me/record/export/", views.export, name="export"),
    path("me/record/export/<slug:key>/<slug:part>/", views.export_file, name="export_file"),
    path("me/leave/", views.leave, name="leave"),
    path("records/rights/", views.worklist, name="rights_worklist"),
    path("records/rights/<int:pk>/", views.request_page, name="rights_request"),
    path("records/rights/<int:pk>/take-on/", views.take_on, name="rights_take_on"),
    path("records/rights/<int:pk>/longer/", views.extend, name="rights_extend"),
    path("records/rights/left/<slug:key>/", views.left, name="left"),
    path(_FOR, views.for_them, name="rights_for"),
    path(f"{_FOR}ask/<slug:kind>/", views.ask_for_them, name="rights_ask_for"),
    path(f"{_FOR}copy/", views.export_for_them, name="rights_export_for"),
    path(f"{_FOR}copy/<slug:key>/", views.export_page_for_them, name="rights_export_page_for"),
    path(f"{_FOR}leave/", views.leave_for_them, name="rights_leave_for"),
    path(f"{_FOR}stay/", views.stay_after_all, name="rights_stay_for"),
    path(f"{_FOR}lift/", views.lift, name="rights_lift"),
    path(f"{_FOR}hold/", views.hold, name="rights_hold"),
    path(f"{_FOR}release/", views.release, name="rights_release"),
    path("records/retention/", views.retention_page, name="retention"),
    path("records/processing/", views.processing, name="processing"),
    path("records/processing/risks/", views.assessment, name="assessment"),
]
