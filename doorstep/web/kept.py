"""Which tables raise stamps (`base.stamps`), so that pages made from them can be kept."""

from doorstep.base.kept_pages import tokens
from doorstep.base.stamps import watch
from doorstep.base.time import ages
from doorstep.design.templatetags.design import hears_ages
from doorstep.design.tokens import token_of


def register() -> None:
    """Watch every table that a page everybody opens all day is made from."""
    tokens.add("design", token_of)
    hears_ages.append(ages)
    watch("places_area")
    watch("places_venue")
    # A new person shows nowhere before a row of theirs does.
    watch("people_person", but=("looked_at", "unseen_notices"), on_insert=False)
    watch("people_block", ("person", "row.blocker_id"), ("person", "row.blocked_id"))
    watch("people_person_follows", ("person", "row.person_id"))
    watch("people_roleholding")
    watch("teams_team")
    watch("teams_kit")
    watch("teams_question")
    watch("teams_teamevent")
    watch("teams_membership", ("person", "row.person_id"))
    watch("teams_mentoring", ("person", "row.mentor_id"))
    watch("feed_channel")
    watch("feed_post", ("channel", "row.channel_id"))
    watch("feed_comment", ("post", "row.post_id"))
    watch("feed_thanks", ("person", "row.person_id"))
    watch("feed_photo")
    watch("feed_mention")
    watch("gatherings_gathering")
    watch("gatherings_session", but=("room_version", "reminded_at"))
    watch("gatherings_place", ("person", "row.person_id"))
    watch("gatherings_welcome")
    watch("gatherings_job")
    watch("gatherings_jobtaken")
    watch("web_searchword")
