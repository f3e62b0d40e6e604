from django.urls import path

from doorstep.web.safety import views as safety
from doorstep.web.views import health, home, lending, pages, search, trimmed

app_name = "web"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("feed/", trimmed.feed, name="feed"),
    path("people/", trimmed.me, name="people"),
    path("account/", trimmed.me, name="account"),
    path("support/", trimmed.support, name="support"),
    path("healthz", health.health, name="healthz"),
    path("lend-a-hand/", lending.lend, name="lend"),
    path("about/", pages.plain, {"page": "about"}, name="about"),
    path("contact/", pages.plain, {"page": "contact"}, name="contact"),
    path("accessibility/", pages.plain, {"page": "accessibility"}, name="accessibility"),
    path("privacy/", pages.privacy, name="privacy"),
    path("safety/", safety.safety, name="safety"),
    path("safety/changes/", safety.changes, name="changes"),
    path("safety/complain/", safety.complain, name="complain"),
    path("safety/complaints/<slug:key>/", safety.complaint, name="complaint"),
    path("safety/records/", safety.records, name="safety_records"),
    path("safety/records/changes/", safety.tell_change, name="tell_change"),
    path("safety/records/reports.csv", safety.export, name="safety_csv"),
    path("safety/records/<slug:record>/", safety.record, name="safety_record"),
    path("safety/records/<slug:record>/<slug:key>/", safety.entry, name="safety_entry"),
]
