"""The API's addresses, under /directory/; their names begin with oruk_.

Other systems ask with and without a slash at the end; both are answered, none is sent on.
"""

from django.urls import path, re_path

from doorstep.organisations.oruk import bulk, views

# Any words, so that what is no id of ours is answered in JSON too.
_UID = r"(?P<uid>[^/]{1,100})"

urlpatterns = [
    re_path(r"^api/?$", views.root, name="oruk_root"),
    path("api/openapi.json", views.openapi, name="oruk_openapi"),
    path("api/about/", views.about, name="oruk_about"),
    path("api/bulk.json", bulk.as_json, name="oruk_bulk_json"),
    path("api/bulk.zip", bulk.as_csv, name="oruk_bulk_csv"),
]
for words, many, one, names, name in (
    ("services", views.services, views.service, "services", "service"),
    (
        "service_at_locations",
        views.services_at_locations,
        views.service_at_location,
        "service_at_locations",
        "service_at_location",
    ),
    ("organizations", views.organisations, views.organisation, "organisations", "organisation"),
    ("taxonomies", views.taxonomies, views.taxonomy, "taxonomies", "taxonomy"),
    ("taxonomy_terms", views.terms, views.term, "terms", "term"),
):
    urlpatterns += [
        re_path(rf"^api/{words}/?$", many, name=f"oruk_{names}"),
        re_path(rf"^api/{words}/{_UID}/?$", one, name=f"oruk_{name}"),
    ]
