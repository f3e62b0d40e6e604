"""Two evidence diaries: mould nobody mends, kept alone and then shown; a lift, kept together."""

from __future__ import annotations

import datetime as dt
import io
import random

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from doorstep.base.time import LONDON
from doorstep.connect.diary.actions import bundling, sharing, writing
from doorstep.connect.diary.models import Bundle, Diary, Entry, Opening
from doorstep.connect.models import Relationship
from doorstep.people.models import Person
from doorstep.web.demo.cast import CAST

DAY = dt.timedelta(days=1)

# Days ago, kind, who, how, their number, what happened, how it was, days written later.
_MOULD = (
    (64, "happened", "", "", "", "Black spots behind the cot, as wide as a hand. The paper is wet.",
     "I moved the cot that night. I didn't sleep.", 0),
    (61, "told", "Repairs line", "phone", "R-20417", "That the back bedroom wall is wet and black.",
     "", 0),
    (47, "answer", "Repairs line", "phone", "R-20417",
     "That somebody comes within 28 days, and that I should open the window.",
     "She was kind. It is November.", 0),
    (33, "happened", "Dorina from no. 14", "", "", "The spots are as high as the chair now. "
     "The thermometer in the room said 13 at seven in the morning.",
     "The baby coughs. I feel blamed for having a window.", 1),
    (19, "letter", "The landlord's office", "", "R-20417",
     "“An operative attended on 2 November and there was no access.” I was in all that day.",
     "I read it four times. It says I lied.", 0),
    (18, "told", "Landlord's office, Mr Hale", "email", "R-20417",
     "That I was at home all day on 2 November, with Dorina, and nobody rang.", "", 0),
    (5, "happened", "", "", "", "دیوار اب فرش تک گیلی ہے۔ میں نے بستر دوسرے کمرے میں رکھ دیا۔",
     "ہم چاروں ایک کمرے میں سوتے ہیں۔", 0),
)  # fmt: skip
_LIFT = (
    (40, "happened", "Sheila, next door", "", "", "The lift stopped with nobody in it. A note says "
     "“engineer called”.", "Five floors with my hip.", 0),
    (39, "told", "Block manager", "phone", "L-311", "That the lift is out and I am 78.", "", 0),
    (26, "happened", "", "", "", "Four trips with the shopping. Sheila took the milk.", "", 0),
)  # fmt: skip


def fill(*, day: dt.date) -> int:
    """Write them; return how many. The same day gives the same ones."""
    noon = dt.datetime.combine(day, dt.time(12), LONDON) - DAY
    email = next(part.email for part in CAST if part.key == "neighbour")
    neighbour = Person.objects.filter(account__email=email).first()
    walk = Relationship.objects.filter(person__known_as="Maureen Duffy").first()
    if neighbour is None or Diary.objects.exists():
        return 0
    own = writing.begin(
        neighbour,
        by=neighbour,
        at=noon - 64 * DAY,
        problem="repairs",
        title="Mould in the back bedroom",
        wished="Somebody finds where the water comes from, before the wall is painted.",
        client_key="demo-evidence-mould",
    )
    entries = _write(own, neighbour, _MOULD, noon)
    _pictures(entries, neighbour)
    writing.put_right(
        entries[3],
        by=neighbour,
        at=noon - 31 * DAY,
        why="I had written 15. I looked at my photo of the thermometer again.",
        happened_on=entries[3].happened_on,
        facts=_MOULD[3][5].replace("13 at seven", "12 at seven"),
        feelings=_MOULD[3][6],
        who=_MOULD[3][2],
    )
    _days(own, neighbour, noon)
    _shown(own, neighbour, noon)
    if walk is not None:
        carys = walk.walks.get(until=None).person  # type: ignore[attr-defined]
        lift = writing.begin(
            walk.person,
            by=carys,
            at=noon - 39 * DAY,
            problem="repairs",
            title="The lift has been out since October",
            relationship=walk,
            client_key="demo-evidence-lift",
        )
        _write(lift, carys, _LIFT, noon)
        writing.add_deadline(
            lift,
            by=carys,
            at=noon - 20 * DAY,
            words="The manager said the part comes by then",
            whose="theirs",
            due_on=day + 2 * DAY,
            client_key="demo-evidence-part",
        )
    return Diary.objects.count()


def _write(diary: Diary, by: Person, rows: tuple, noon: dt.datetime) -> list[Entry]:
    made: list[Entry] = []
    for number, (ago, kind, who, how, reference, facts, feelings, later) in enumerate(rows):
        told = next((one for one in reversed(made) if one.kind == "told"), None)
        made.append(
            writing.write(
                diary,
                by=by,
                at=noon - (ago - later) * DAY,
                kind=kind,
                happened_on=(noon - ago * DAY).date(),
                facts=facts,
                feelings=feelings,
                who=who,
                how=how,
                reference=reference,
                answers=told if kind == "answer" else None,
                client_key=f"{diary.client_key}-{number}",
            )
        )
    return made


def _pictures(entries: list[Entry], by: Person) -> None:
    for at, words in (
        (0, "The corner behind the cot: a black patch on a cream wall, as wide as a hand."),
        (3, "The same corner a month later. The black reaches the seat of the chair beside it."),
        (4, "The letter from the landlord's office, one page, dated 3 November."),
    ):
        writing.attach(
            entries[at],
            by=by,
            at=entries[at].made_at,
            kind="letter" if at == 4 else "photo",
            description=words,
            upload=_paper() if at == 4 else _wall(at),
            client_key=f"demo-evidence-photo-{at}",
        )


def _file(image: Image.Image) -> SimpleUploadedFile:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return SimpleUploadedFile("photo.jpg", out.getvalue(), "image/jpeg")


def _wall(number: int) -> SimpleUploadedFile:
    """A cream corner with a patch that grows."""
    dice = random.Random(number)
    image = Image.new("RGB", (1200, 900), "#F1E6D0")
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 760, 1200, 900], fill="#B58A63")
    draw.line([600, 0, 600, 760], fill="#D8C9AC", width=6)
    draw.rectangle([160, 430, 420, 760], outline="#8A5A3C", width=16)
    for _spot in range(90 + 160 * number):
        far = abs(dice.gauss(0, 60 + 45 * number))
        x, y = 600 + dice.uniform(-far, far), 740 - abs(dice.gauss(0, 50 + 50 * number))
        size = dice.uniform(3, 18)
        draw.ellipse([x - size, y - size, x + size, y + size], fill="#3B3A36")
    return _file(image)


def _paper() -> SimpleUploadedFile:
    """A letter, photographed."""
    image = Image.new("RGB", (1000, 1400), "#FBFAF6")
    draw = ImageDraw.Draw(image)
    draw.text((110, 120), "Made-up Homes", fill="#2A1533", font_size=44)
    lines = (
        "3 November", "", "Reference R-20417", "", "Dear tenant,", "",
        "An operative attended on 2 November", "and there was no access.", "",
        "Your repair has been closed.",
    )  # fmt: skip
    for number, line in enumerate(lines):
        draw.text((110, 260 + 60 * number), line, fill="#2A1533", font_size=36)
    return _file(image)


def _days(diary: Diary, by: Person, noon: dt.datetime) -> None:
    missed = writing.add_deadline(
        diary,
        by=by,
        at=noon - 47 * DAY,
        words="They said somebody comes within 28 days",
        whose="theirs",
        due_on=(noon - 19 * DAY).date(),
        client_key="demo-evidence-28",
    )
    writing.end_deadline(
        missed, by=by, at=noon - 19 * DAY, outcome="missed", words="Nobody came. Then the letter."
    )
    writing.add_deadline(
        diary,
        by=by,
        at=noon - 5 * DAY,
        words="Send the complaint form, stage two",
        whose="mine",
        due_on=(noon + 4 * DAY).date(),
        client_key="demo-evidence-stage-two",
    )


def _shown(diary: Diary, by: Person, noon: dt.datetime) -> None:
    """A bundle, given to an adviser who opened it; where no PDF can be made, none."""
    at = noon - 3 * DAY
    made = bundling.begin(diary, by=by, at=at, client_key="demo-evidence-bundle")
    if not bundling.make(made.pk, at=at):
        Bundle.objects.filter(pk=made.pk).delete()
        return
    made.refresh_from_db()
    given = sharing.share(
        made,
        by=by,
        at=at,
        kind="organisation",
        name="Riverside Law Centre",
        days=30,
        client_key="demo-evidence-share",
    )
    Opening.objects.create(
        share=given, at=at + DAY, name="Jo Field, Riverside Law Centre", what="pdf"
    )
