from django.urls.resolvers import URLPattern

app_name = "grants"
urlpatterns: list[URLPattern] = []
