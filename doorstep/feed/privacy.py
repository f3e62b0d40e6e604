"""What is held about people who talk with their neighbours, and about keeping that safe."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
    EMPTY,
    KEEP,
    Basis,
    Condition,
    Holding,
    Kept,
    Measure,
    Risk,
    about_nobody,
    declare,
    risks,
)
from doorstep.feed import erasing, moderation
from doorstep.feed.models import (
    AboutSomebody,
    Appeal,
    Channel,
    Comment,
    Decision,
    Draft,
    Edit,
    Flag,
    Mention,
    Noticed,
    Photo,
    Post,
    Story,
    Thanks,
)
from doorstep.people.rights.redacting import companions

companions.add("threads", erasing.companions)

about_nobody(Channel, "Where posts are put up: an area, a team or a gathering.")

_YOURS = _("It is yours: it stays up until you take it down, or leave.")
_GONE = _("Moderators can still look into what was taken down; after that its words go.")
_ONLINE_SAFETY = _(
    "What was decided about posts is kept for three years, so that it can be shown to the "
    "regulator and looked at again (Online Safety Act 2023, section 23)."
)
_NEIGHBOURS = _("neighbours, as far as you chose when you posted")
_TOLD = _("So that neighbours can ask, offer, tell and thank each other.")

declare(
    Post,
    Holding(
        label=_("What you posted"),
        activity="neighbourhood",
        purpose=_TOLD,
        basis=Basis.CONTRACT,
        special=Condition.MADE_PUBLIC,
        subjects=("author",),
        shown={
            "channel__name": _("Where"),
            "title": _("Title"),
            "text": _("Your words"),
            "language": _("Language"),
            "posted_at": _("When"),
        },
        internal=("slug", "client_key", "version"),
        recipients=(_NEIGHBOURS,),
        kept=Kept.for_days(
            180,
            after="posted_at",
            because=_GONE,
            where=lambda: Q(state=Post.State.REMOVED, edits=None) & ~Q(text=""),
            empties={"text": "", "title": "–", "slug": ""},
        ),
        erase=EMPTY,
        erase_with=erasing.posts,
        order=1,
    ),
)
declare(
    Comment,
    Holding(
        label=_("What you replied"),
        activity="neighbourhood",
        purpose=_TOLD,
        basis=Basis.CONTRACT,
        special=Condition.MADE_PUBLIC,
        subjects=("author",),
        shown={"text": _("Your words"), "posted_at": _("When")},
        internal=("client_key",),
        recipients=(_NEIGHBOURS,),
        kept=Kept.for_days(
            180,
            after="posted_at",
            because=_GONE,
            where=lambda: Q(state=Comment.State.REMOVED, edits=None) & ~Q(text=""),
            empties={"text": ""},
        ),
        erase=EMPTY,
        erase_with=erasing.replies,
        order=2,
    ),
)
declare(
    Thanks,
    Holding(
        label=_("Thank-yous you said"),
        activity="neighbourhood",
        purpose=_TOLD,
        basis=Basis.CONTRACT,
        subjects=("person",),
        kept=Kept.with_parent(_("They go with the post.")),
        erase=DELETE,
        erase_with=erasing.thanks,
        order=3,
    ),
)
declare(
    Photo,
    Holding(
        label=_("Photos you sent"),
        activity="neighbourhood",
        purpose=_("To show neighbours what you mean. Place and camera are taken out first."),
        basis=Basis.CONTRACT,
        subjects=("owner",),
        shown={"description": _("What it shows")},
        internal=("key", "small_name"),
        files=("name",),
        files_from=lambda: default_storage,
        recipients=(_NEIGHBOURS,),
        kept=Kept.for_days(
            3,
            after="kept_at",
            because=_("A photo you never posted goes after three days; others with their post."),
            where=lambda: Q(post=None, stories=None),
        ),
        erase=DELETE,
        erase_with=erasing.photos,
        order=4,
    ),
)
declare(
    Mention,
    Holding(
        label=_("Where somebody mentioned you"),
        activity="neighbourhood",
        purpose=_("To tell you that somebody speaks to you."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={"post__posted_at": _("When")},
        kept=Kept.with_parent(_("It goes with the post.")),
        erase=DELETE,
        erase_with=erasing.mentions,
        order=5,
    ),
)
declare(
    Edit,
    Holding(
        label=_("What your words said before you changed them"),
        activity="moderation",
        purpose=_("So that nobody changes what they said after it was answered or reported."),
        basis=Basis.INTERESTS,
        subjects=("by",),
        shown={"title": _("Title"), "text": _("Words")},
        kept=Kept.for_days(180, after="at", because=_("Long enough to look into a report.")),
        erase=DELETE,
        erase_with=erasing.edits,
        order=10,
    ),
)
declare(
    Draft,
    Holding(
        label=_("What you began to write"),
        activity="neighbourhood",
        purpose=_("So that nothing you typed is lost."),
        basis=Basis.CONTRACT,
        subjects=("person",),
        shown={"content": _("Your words"), "place": _("Where you were writing")},
        kept=Kept.for_days(180, after="saved_at", because=_("You would have come back to it.")),
        order=6,
    ),
)
declare(
    Story,
    Holding(
        label=_("Stories you told us"),
        activity="neighbourhood",
        purpose=_("To print what neighbours have been doing."),
        basis=Basis.CONSENT,
        special=Condition.EXPLICIT_CONSENT,
        subjects=("teller",),
        shown={
            "area__name": _("Where"),
            "title": _("Title"),
            "text": _("Your story"),
            "told_by": _("Name to print"),
            "reply": _("What the editor answered"),
            "photos": _("Photos"),
        },
        neighbours={"editor": _("an editor")},
        internal=("client_key",),
        recipients=(_("everybody, once it is printed"),),
        kept=Kept.for_days(
            365,
            after="decided_at",
            because=_("What was printed stays on the page as a story until you take it back."),
            where=lambda: Q(state__in=[Story.State.PUBLISHED, Story.State.DECLINED]),
        ),
        erase=DELETE,
        erase_with=erasing.stories,
        order=7,
    ),
)

_FAIR = _("So that what breaks the rules comes down, fairly, and can be argued with.")
_THREE_YEARS = 3 * 365

declare(
    Flag,
    Holding(
        label=_("What you reported"),
        activity="moderation",
        purpose=_FAIR,
        basis=Basis.OBLIGATION,
        special=Condition.SAFEGUARDING,
        subjects=("flagged_by",),
        shown={"note": _("What you told us"), "flagged_at": _("When")},
        neighbours=("author",),
        withheld={"snapshot": _("It holds what somebody else wrote.")},
        internal=("target_kind", "target_id"),
        kept=Kept.for_days(
            _THREE_YEARS,
            after="decision__at",
            because=_ONLINE_SAFETY,
            where=lambda: Q(state=Flag.State.DECIDED),
        ),
        erase=KEEP,
        kept_because=_ONLINE_SAFETY,
        order=1,
    ),
    Holding(
        label=_("What was reported about you"),
        activity="moderation",
        purpose=_FAIR,
        basis=Basis.OBLIGATION,
        special=Condition.SAFEGUARDING,
        subjects=("author",),
        shown={"snapshot": _("What it was about, as it stood"), "flagged_at": _("When")},
        withheld={
            "flagged_by": _("Who reports something is never told."),
            "note": _("What they told us could show who they are."),
        },
        internal=("target_kind", "target_id"),
        kept=Kept.with_parent(_("Kept as above.")),
        hidden=moderation.flags_kept_from_author,
        erase=KEEP,
        kept_because=_ONLINE_SAFETY,
        order=2,
    ),
)
declare(
    Noticed,
    Holding(
        label=_("What our reader noticed in your words"),
        activity="moderation",
        purpose=_("So that a moderator can look at what may hurt somebody."),
        basis=Basis.OBLIGATION,
        special=Condition.SAFEGUARDING,
        subjects=("author",),
        shown={"noticed_at": _("When"), "sorts": _("What it noticed")},
        internal=("target_kind", "target_id", "verdict", "gravity", "looked_at"),
        neighbours={"looked_by": _("a moderator")},
        kept=Kept.for_days(
            180, after="noticed_at", because=_("By then somebody has looked, or it was nothing.")
        ),
        erase=DELETE,
        order=2,
    ),
)
declare(
    Decision,
    Holding(
        label=_("What moderators decided about your words"),
        activity="moderation",
        purpose=_FAIR,
        basis=Basis.OBLIGATION,
        subjects=("author",),
        shown={"reason": _("Why")},
        neighbours={"by": _("a moderator")},
        internal=("target_kind", "target_id"),
        kept=Kept.for_days(_THREE_YEARS, after="at", because=_ONLINE_SAFETY),
        hidden=moderation.kept_from_author,
        erase=KEEP,
        kept_because=_ONLINE_SAFETY,
        order=3,
    ),
    Holding(
        label=_("What you decided as a moderator"),
        activity="moderation",
        purpose=_FAIR,
        basis=Basis.OBLIGATION,
        subjects=("by",),
        shown={"reason": _("Why")},
        neighbours=("author",),
        internal=("target_kind", "target_id"),
        kept=Kept.with_parent(_("Kept as above.")),
        erase=KEEP,
        kept_because=_ONLINE_SAFETY,
        order=4,
    ),
)
declare(
    Appeal,
    Holding(
        label=_("Where you asked for a second look"),
        activity="moderation",
        purpose=_FAIR,
        basis=Basis.OBLIGATION,
        subjects=("by",),
        shown={"text": _("What you told us"), "reason": _("What we answered")},
        neighbours={"heard_by": _("another moderator")},
        kept=Kept.with_parent(_("It goes with the decision.")),
        erase=KEEP,
        kept_because=_ONLINE_SAFETY,
        order=5,
    ),
)

risks.add(
    "words-travel-further-than-meant",
    Risk(
        activity="neighbourhood",
        what="Somebody tells something private about themselves or a neighbour, and many read it.",
        hurts="Whoever it is about; above all children and people who are ill or alone.",
        chance="medium",
        harm="medium",
        measures=(
            Measure(
                "Each post says who can read it, and members only is where it starts.",
                "doorstep/feed/rules.py",
            ),
            Measure(
                "What is taken down is gone at the next request, from search too.",
                "doorstep/base/fulltext.py",
            ),
            Measure("Place and camera are taken out of photos.", "doorstep/base/pictures.py"),
        ),
    ),
)
risks.add(
    "a-reporter-is-found-out",
    Risk(
        activity="moderation",
        what="Somebody learns who reported them.",
        hurts="The person who reported, if the other is angry.",
        chance="low",
        harm="high",
        measures=(
            Measure(
                "Who reported is in no page, message or export of the person it is about.",
                "doorstep/feed/rules.py",
            ),
        ),
    ),
)
declare(
    AboutSomebody,
    Holding(
        label=_("Stories about you, told by somebody else"),
        activity="neighbourhood",
        purpose=_("So that a story about you goes up with your yes alone."),
        basis=Basis.CONSENT,
        special=Condition.EXPLICIT_CONSENT,
        subjects=("person",),
        shown={"story__title": _("Title"), "story__text": _("The story")},
        withheld={
            "name": _("It is somebody who is not on here."),
            "words": _("They are the words of somebody who is not on here."),
        },
        sensitive={"name": "", "words": ""},
        recipients=(_("everybody, if you say yes"),),
        kept=Kept.with_parent(),
        erase=DELETE,
        order=8,
    ),
)
