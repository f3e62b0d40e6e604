from django.apps import AppConfig
from django.db.models.signals import post_delete
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# The pages that are stories; the others of our addresses are the neighbourhood's.
STORIES = frozenset(
    {
        "stories",
        "tell",
        "told",
        "article",
        "article_write",
        "article_change",
        "queue",
        "queue_story",
        "queue_undo",
    }
)


class FeedConfig(AppConfig):
    name = "doorstep.feed"
    label = "feed"

    def ready(self) -> None:
        from doorstep.base.registry import Panel
        from doorstep.design import navigation
        from doorstep.feed import (  # noqa: F401
            actions,
            agreeing,
            harm,
            merging,
            moderation,
            panels,
            photos,
            privacy,
            sources,
        )
        from doorstep.feed.models import Photo
        from doorstep.kindness.asking import ways_to_tell
        from doorstep.notices.kinds import Kind, kinds
        from doorstep.people.models import person_panels
        from doorstep.people.roles.kinds import Opens, offered
        from doorstep.places.models import area_panels
        from doorstep.safeguarding.around import around
        from doorstep.safeguarding.things import things
        from doorstep.teams.models import on_team_started, team_exports, team_panels, team_tabs

        navigation.add(
            navigation.MenuItem(
                section="feed",
                label=_("Stories"),
                url_name="feed:stories",
                icon="book-open",
                shop="home",
                order=50,
                in_tab_bar=True,
                pages=STORIES,
            )
        )
        kinds.add("reply", Kind(_("A reply to you, or in a thread you are in")), order=10)
        kinds.add("mention", Kind(_("Somebody mentions you with @")), order=11)
        kinds.add("thanks", Kind(_("Somebody says thank you")), order=12)
        kinds.add("story", Kind(_("What becomes of a story you told us"), by_email=True), order=13)

        offered.add("moderator", Opens(_("read what neighbours flag, and decide about it")))
        offered.add("editor", Opens(_("read the stories people send in, and put them up")))
        sources.sources.add("areas-and-teams", sources.built_in, order=10)
        team_tabs.add("feed", Panel(_("Feed"), panels.team_feed), order=10)
        team_tabs.add("stories", Panel(_("Stories"), panels.team_stories), order=20)
        team_panels.add("flag", Panel(_("Tell a moderator"), moderation.team_flag_panel), order=95)
        area_panels.add("feed", Panel(_("What neighbours say"), panels.area_feed), order=10)
        person_panels.add("feed", Panel(_("Lately"), panels.person_posts), order=20)
        team_exports.add("posts", panels.export_team)
        on_team_started.add("feed", actions.make_channel)

        moderation.register()
        agreeing.register()
        around.add("flags", Panel(_("What was flagged of theirs"), harm.around), order=10)
        for name in ("post", "comment"):
            things.add(name, harm.alert_thing(name))
        ways_to_tell.add("safeguarding", lambda request: reverse("safeguarding:worried"))
        post_delete.connect(photos.file_goes_too, sender=Photo)
