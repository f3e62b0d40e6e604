"""Addresses of the directory's pages for people."""

from django.urls import path, re_path

from doorstep.organisations.views import entry, feeds, find, keepers, links, lists, ours, places

_IDS = r"(?P<ids>[0-9]{1,11}(?:-[0-9]{1,11}){0,29})"

urlpatterns = [
    path("", find.find, name="find"),
    path("missing/", entry.suggest_new, name="suggest_new"),
    path("service/<slug:slug>/", entry.service, name="service"),
    path("service/<slug:slug>/keep/", lists.keep, name="keep"),
    path("service/<slug:slug>/told/", entry.told, name="told"),
    path("service/<slug:slug>/suggest/", entry.suggest, name="suggest"),
    path("service/<slug:slug>/edit/", ours.edit, name="edit"),
    path("service/<slug:slug>/say/", ours.say, name="say"),
    path("service/<slug:slug>/changes/", ours.changes, name="changes"),
    path("service/<slug:slug>/places/", places.places, name="places"),
    path("service/<slug:slug>/photos/", ours.photos, name="photos"),
    path("service/<slug:slug>/photos/<slug:key>/remove/", ours.remove_photo, name="remove_photo"),
    path("change/<int:pk>/undo/", ours.undo, name="undo"),
    path("door/<slug:key>-<int:size>.webp", entry.photo, name="photo"),
    path("organisation/<slug:slug>/", entry.organisation, name="organisation"),
    path("organisation/<slug:slug>/edit/", ours.edit_organisation, name="edit_organisation"),
    path("organisation/<slug:slug>/new/", ours.new, name="new"),
    path("organisation/<slug:slug>/offer/", ours.new_offer, name="new_offer"),
    path("organisation/<slug:slug>/people/", ours.staff, name="staff"),
    path("organisation/<slug:slug>/letter/", keepers.ask_letter, name="ask_letter"),
    path("offer/<int:pk>/", ours.offer, name="offer"),
    path("people/<int:pk>/end/", ours.end_position, name="end_position"),
    path("list/", lists.mine, name="list"),
    re_path(rf"^list/{_IDS}/$", lists.shared, name="shared_list"),
    re_path(rf"^list/{_IDS}/letter/$", lists.letter, name="list_letter"),
    re_path(rf"^list/{_IDS}/send/$", lists.send_list, name="send_list"),
    path("true/<str:token>/", links.still_true, name="true"),
    path("join/<slug:code>/", links.join, name="join"),
    path("ours/", ours.ours, name="ours"),
    path("keeping/", keepers.keeping, name="keeping"),
    path("keeping/organisations/", keepers.organisations, name="organisations"),
    path("keeping/lists/", feeds.sources, name="sources"),
    path("keeping/lists/<int:pk>/", feeds.source, name="source"),
    path("keeping/held/<int:pk>/", feeds.run, name="held"),
    path("keeping/told/<slug:ref>/", keepers.suggestion, name="suggestion"),
]
