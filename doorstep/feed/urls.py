from django.urls import include, path

from doorstep.feed.views import atom, photos, posts, stories

app_name = "feed"
urlpatterns = [
    path("write/", posts.write, name="write"),
    path("draft/", posts.draft, name="draft"),
    path("<int:pk>/", posts.post_page, name="post"),
    path("<int:pk>/reply/", posts.comment, name="comment"),
    path("<int:pk>/thank/", posts.thank, name="thank"),
    path("<int:pk>/change/", posts.change, name="change"),
    path("<int:pk>/before/", posts.history, name="history"),
    path("<int:pk>/take-down/", posts.remove, name="remove"),
    path("<int:pk>/sorted/", posts.met, name="met"),
    path("reply/<int:pk>/change/", posts.change_reply, name="change_reply"),
    path("reply/<int:pk>/take-down/", posts.remove_reply, name="remove_reply"),
    path("reply/<int:pk>/before/", posts.reply_history, name="reply_history"),
    path("photo/<slug:key>/<int:size>.webp", photos.photo, name="photo"),
    path("stories/", stories.stories, name="stories"),
    path("stories/tell/", stories.tell, name="tell"),
    path("stories/told/<int:pk>/", stories.told, name="told"),
    path("stories/write/", stories.article_write, name="article_write"),
    path("stories/change/<int:pk>/", stories.article_change, name="article_change"),
    path("stories/queue/", stories.queue, name="queue"),
    path("stories/queue/<int:pk>/", stories.queue_story, name="queue_story"),
    path("stories/queue/<int:pk>/undo/", stories.queue_undo, name="queue_undo"),
    path("stories/<int:pk>-<slug:slug>/", stories.article, name="article"),
    path("atom/area/<slug:slug>.xml", atom.area, name="atom_area"),
    path("atom/team/<slug:slug>.xml", atom.team, name="atom_team"),
    path("", include("doorstep.feed.moderation_urls")),
]
