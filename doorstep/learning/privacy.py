"""What is held about people who learn together, and about those whose stories they learn from."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from doorstep.base.declaring import (
    DELETE,
    EMPTY,
    Activity,
    Basis,
    Condition,
    Holding,
    Kept,
    Measure,
    Risk,
    about_nobody,
    activities,
    declare,
    risks,
)
from doorstep.base.private_files import private_files
from doorstep.learning import erasing
from doorstep.learning.models import (
    Action,
    Attendance,
    Booklet,
    Carry,
    Community,
    Departure,
    Evidence,
    Experiment,
    Link,
    Meaning,
    Meeting,
    Member,
    Quote,
    Recording,
    Telling,
    Thing,
)
from doorstep.people.models import Person
from doorstep.people.rights.redacting import companions

activities.add(
    "learning",
    Activity(
        _("Learning together"),
        _("So that people of several organisations learn from stories, and try small things."),
        _("members of learning communities, people who tell their story"),
    ),
    order=45,
)


def _met(person: Person) -> set[int]:
    """Everybody in the communities the person is or was in."""
    mine = Member.objects.filter(person=person).values("community")
    return set(Member.objects.filter(community__in=mine).values_list("person_id", flat=True))


companions.add("learning", _met)

about_nobody(Meaning, "What a question or an insight is about, as numbers; never of a story.")

_LEARN = _("So that what one community finds out helps the others.")
_STAYS = _("What was learned together stays with the community; your name goes.")
_COMMUNITY = _("members of your learning communities")


def _done_by(label: object, *fields: str, order: int, **more: object) -> Holding:
    """What somebody did, where nothing but their name is about them."""
    return Holding(
        label=label,
        activity="learning",
        purpose=_LEARN,
        basis=Basis.TASK,
        subjects=fields,
        recipients=(_COMMUNITY,),
        kept=Kept.with_parent(_STAYS),
        erase=EMPTY,
        empties=dict.fromkeys(fields),
        order=order,
        **more,  # type: ignore[arg-type]
    )


declare(
    Community,
    _done_by(
        _("Learning communities you began"),
        "made_by",
        order=1,
        shown={"name": _("Community"), "purpose": _("What it is for")},
        internal=("slug", "client_key"),
    ),
)
declare(
    Member,
    Holding(
        label=_("Learning communities you are in"),
        activity="learning",
        purpose=_LEARN,
        basis=Basis.TASK,
        subjects=("person",),
        shown={"community__name": _("Community"), "organisation__name": _("From")},
        neighbours={"added_by": _("somebody in it")},
        recipients=(_COMMUNITY,),
        kept=Kept.for_days(
            3 * 365, after="left_at", because=_("So that it can be seen who learned together.")
        ),
        erase=DELETE,
        order=2,
    ),
)
declare(
    Meeting,
    _done_by(
        _("Meetings you planned or wrote down"),
        "made_by",
        "minutes_by",
        order=3,
        shown={"title": _("Meeting"), "where": _("Where")},
        withheld={
            "agenda": _("It is the community's, and may speak of others."),
            "minutes": _("They are the community's, and may speak of others."),
            "minutes_from": _("It is somebody else's name."),
        },
        internal=("client_key",),
    ),
)
declare(
    Attendance,
    Holding(
        label=_("Learning meetings you came to"),
        activity="learning",
        purpose=_LEARN,
        basis=Basis.TASK,
        subjects=("person",),
        shown={"meeting__title": _("Meeting"), "meeting__starts_at": _("When"), "name": _("Name")},
        neighbours={"marked_by": _("somebody in it")},
        recipients=(_COMMUNITY,),
        kept=Kept.for_days(
            3 * 365,
            after="meeting__starts_at",
            because=_("So that it can be seen who learned together."),
        ),
        erase=DELETE,
        order=4,
    ),
)
declare(
    Action,
    Holding(
        label=_("What you said you would do"),
        activity="learning",
        purpose=_("So that what was agreed gets done."),
        basis=Basis.TASK,
        subjects=("owner",),
        shown={
            "what": _("What"),
            "done_words": _("What came of it"),
            "meeting__title": _("Meeting"),
        },
        neighbours={"made_by": _("somebody in it")},
        internal=("client_key",),
        recipients=(_COMMUNITY,),
        kept=Kept.for_days(
            2 * 365, after="done_at", because=_("So that you can look back at what was done.")
        ),
        erase=EMPTY,
        empties={"owner": None},
        order=5,
    ),
)
declare(
    Evidence,
    _done_by(
        _("Figures you brought into a meeting"),
        "brought_by",
        order=6,
        shown={"title": _("Gathering"), "question": _("The question it speaks to")},
        internal=("figures",),
    ),
)
declare(
    Thing,
    Holding(
        label=_("Questions, stories, insights, experiments and changes you wrote"),
        activity="learning",
        purpose=_LEARN,
        basis=Basis.TASK,
        subjects=("made_by",),
        shown={"title": _("Title"), "words": _("Your words"), "community__name": _("Where")},
        neighbours={"said_by": _("somebody you wrote it for")},
        internal=("ref", "client_key"),
        recipients=(_COMMUNITY,),
        kept=Kept(until=_("as long as the community learns from it"), because=_STAYS),
        erase=EMPTY,
        erase_with=erasing.written,
        order=7,
    ),
)
declare(
    Link,
    _done_by(_("Links you made from one thing to another"), "made_by", order=8),
)
declare(
    Telling,
    Holding(
        label=_("Stories you told"),
        activity="learning",
        purpose=_("So that others learn from what happened to you, as long as you allow it."),
        basis=Basis.CONSENT,
        special=Condition.EXPLICIT_CONSENT,
        subjects=("teller",),
        shown={
            "thing__title": _("Title"),
            "thing__words": _("The story"),
            "thing__community__name": _("Where"),
            "allows": _("What you allowed"),
            "said": _("How you said yes"),
        },
        neighbours={
            "read_by": _("the second reader"),
            "reader_asked": _("who was asked to read it"),
            "withdrawn_by": _("who wrote it down"),
            "teller_name": _("somebody who isn't on here"),
            "reply": _("what the second reader asked"),
        },
        internal=("kept_marks", "taken_out"),
        recipients=(_COMMUNITY,),
        kept=Kept(
            until=_("as long as you allow it"),
            because=_("You said for how long. Taking it back empties it at once."),
        ),
        erase=DELETE,
        erase_with=erasing.told,
        order=9,
    ),
    Holding(
        label=_("Stories you read before others did"),
        activity="learning",
        purpose=_("So that a second person has seen that a story names nobody."),
        basis=Basis.TASK,
        subjects=("read_by", "reader_asked", "withdrawn_by"),
        neighbours={"teller": _("whose story it is"), "teller_name": _("whose story it is")},
        shown={"reply": _("What you asked to change")},
        withheld={
            "said": _("It is somebody else's yes."),
            "allows": _("It is somebody else's yes."),
        },
        internal=("kept_marks", "taken_out"),
        kept=Kept.with_parent(_STAYS),
        erase=EMPTY,
        empties={"read_by": None, "reader_asked": None, "withdrawn_by": None},
        order=10,
    ),
)
declare(
    Quote,
    _done_by(
        _("Words of stories you quoted"),
        "made_by",
        order=11,
        withheld={"words": _("They are somebody else's words.")},
    ),
)
declare(
    Experiment,
    Holding(
        label=_("Experiments you look after"),
        activity="learning",
        purpose=_("So that a small thing gets tried, and somebody says what came of it."),
        basis=Basis.TASK,
        subjects=("owner",),
        shown={
            "thing__title": _("Experiment"),
            "wonder": _("What we wonder"),
            "smallest": _("The smallest version"),
            "happened": _("What happened"),
            "learned": _("What we learned"),
            "what_next": _("What next"),
        },
        internal=("award_key",),
        recipients=(_COMMUNITY,),
        kept=Kept.with_parent(_STAYS),
        erase=EMPTY,
        empties={"owner": None},
        order=12,
    ),
)
declare(
    Carry,
    Holding(
        label=_("What you carried to another community, and answers you gave"),
        activity="learning",
        purpose=_LEARN,
        basis=Basis.TASK,
        subjects=("carried_by", "answered_by", "came_of_it_by"),
        shown={
            "why": _("Why it was carried"),
            "answer": _("The answer"),
            "came_of_it": _("What came of it"),
        },
        neighbours={"answer_from": _("whose answer it is")},
        internal=("client_key",),
        recipients=(_COMMUNITY,),
        kept=Kept.with_parent(_STAYS),
        erase=EMPTY,
        empties={"carried_by": None, "answered_by": None, "came_of_it_by": None},
        order=13,
    ),
)
declare(
    Recording,
    Holding(
        label=_("Photos, sound and film you added to what was learned"),
        activity="learning",
        purpose=_LEARN,
        basis=Basis.CONSENT,
        subjects=("added_by",),
        shown={
            "title": _("Title"),
            "transcript": _("Its words"),
            "url": _("Link"),
        },
        internal=("ref", "content_type"),
        files=("file", "small_file"),
        files_from=lambda: private_files,
        recipients=(_COMMUNITY,),
        kept=Kept.for_days(
            3 * 365, after="added_at", because=_("So that those who weren't there can follow.")
        ),
        erase=DELETE,
        erase_with=erasing.recorded,
        order=14,
    ),
)
declare(
    Booklet,
    _done_by(
        _("Booklets you put together"),
        "made_by",
        order=15,
        shown={"title": _("Title"), "opening": _("How it begins")},
        internal=("ref", "file", "problem", "client_key", "things"),
    ),
)
declare(
    Departure,
    _done_by(
        _("Copies of stories you saved, printed or pasted"),
        "by",
        order=16,
        shown={"words": _("How many, and to whom; or what it was pasted into")},
        internal=("path",),
        neighbours={"asked_back_words": _("who was asked to give it back")},
    ),
)
risks.add(
    "a-story-names-somebody",
    Risk(
        activity="learning",
        what="A story told in confidence is read by people who recognise whose it is.",
        hurts="People who told what happened to them; their families.",
        chance="medium",
        harm="high",
        measures=(
            Measure(
                "Names, addresses, numbers and postcodes are marked before a story goes on, and "
                "a second person reads it before anybody else does.",
                "doorstep/learning/actions/stories.py",
            ),
            Measure(
                "Taking a story back empties it, its quotes, booklets and recordings, at once.",
                "doorstep/learning/tests/test_taking_back.py",
            ),
            Measure("A member sees their own communities only.", "doorstep/learning/rules.py"),
        ),
    ),
)
