from django.urls import path

from doorstep.web.views import health, home, lending, pages, search

app_name = "web"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("healthz", health.health, name="healthz"),
    path("lend-a-hand/", lending.lend, name="lend"),
    path("about/", pages.plain, {"page": "about"}, name="about"),
    path("contact/", pages.plain, {"page": "contact"}, name="contact"),
    path("accessibility/", pages.plain, {"page": "accessibility"}, name="accessibility"),
    path("privacy/", pages.plain, {"page": "privacy"}, name="privacy"),
]
