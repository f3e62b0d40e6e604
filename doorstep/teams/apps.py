from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from doorstep.base.registry import Panel, Tick, ticks
from doorstep.design import navigation


class TeamsConfig(AppConfig):
    name = "doorstep.teams"
    label = "teams"

    def ready(self) -> None:
        from doorstep.notices.kinds import Kind, kinds
        from doorstep.people.models import person_panels
        from doorstep.people.roles.kinds import Opens, offered
        from doorstep.people.roles.scopes import holdings
        from doorstep.places.models import area_panels
        from doorstep.teams import beside, keys, merging, panels, privacy, tasks  # noqa: F401
        from doorstep.teams.models import team_tabs

        navigation.add(
            navigation.MenuItem(
                section="teams",
                label=_("Teams"),
                url_name="teams:teams",
                icon="users",
                shop="learn",
                order=30,
                in_tab_bar=True,
            )
        )
        beside.register()
        offered.add("mentor", Opens(_("see which teams ask for help or went quiet, and help them")))
        holdings.add("teams", keys.who_holds_keys)
        area_panels.add("teams", Panel(_("Teams"), panels.teams_of_area), order=30)
        person_panels.add("teams", Panel(_("Teams"), panels.teams_of_person), order=30)
        team_tabs.add("people", Panel(_("People"), panels.people_tab), order=80)
        team_tabs.add("about", Panel(_("About"), panels.about_tab), order=90)
        ticks.add("teams-gone-quiet", Tick(tasks.find_quiet, 60 * 60))
        for name, kind in (
            ("team-news", Kind(_("News of my teams: up and running, gone quiet"))),
            ("team-joined", Kind(_("Somebody joined a team I host"))),
            ("team-asked", Kind(_("Somebody asks to join a team I host"), by_email=True)),
            (
                "team-answer",
                Kind(
                    _("Answers when I ask to join, and keys I'm given"),
                    by_email=True,
                    tells_children=True,
                ),
            ),
            ("team-removed", Kind(_("I'm taken out of a team"), True, is_essential=True)),
            ("team-agreement", Kind(_("My team changes what we agree on"), by_email=True)),
            ("team-mentoring", Kind(_("Mentors and teams finding each other"), by_email=True)),
            ("team-ended", Kind(_("A team of mine closes or is handed over"), by_email=True)),
        ):
            kinds.add(name, kind)
        panels.know_acquaintances()
