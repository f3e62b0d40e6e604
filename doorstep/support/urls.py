from django.urls.resolvers import URLPattern

app_name = "support"
urlpatterns: list[URLPattern] = []
