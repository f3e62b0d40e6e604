"""Posts, answers, thanks and photos of the demo, oldest first, a few thousand at a time."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, Any

from django.utils.text import slugify

from doorstep.feed.models import Comment, Edit, Photo, Post, Thanks
from doorstep.web.demo import pictures
from doorstep.web.demo.grammar import cards
from doorstep.web.demo.making import DAY, YEAR, _key, media

if TYPE_CHECKING:
    from doorstep.web.demo.making import _Demo

CHUNK = 5_000
# When in a day people write: by the hour, midnight first.
_HOURS = [1, 0.5, 0.3, 0.2, 0.3, 1, 3, 6, 7, 6, 6, 6, 7, 6, 6, 7, 7, 8, 9, 10, 10, 8, 5, 2]

_KINDS = {
    "ward": {"note": 42, "question": 22, "offer": 13, "ask": 15, "notice": 5, "article": 3},
    "locality": {"note": 25, "question": 25, "offer": 10, "ask": 10, "notice": 22, "article": 8},
    "borough": {"notice": 75, "article": 25},
    "team": {"note": 48, "question": 20, "offer": 9, "ask": 17, "notice": 3, "article": 3},
    "gathering": {"note": 40, "question": 40, "ask": 20},
}
_TOPICS = {
    "note": {
        "thanks": 12, "park": 12, "food": 14, "street": 16, "weather": 6, "children": 8,
        "feelings": 8,
    },
    "question": {"where": 25, "howto": 25, "people": 20, "things": 25},
    "offer": {"food": 25, "skills": 25, "things": 30, "time": 20},
    "ask": {"lift": 15, "shopping": 15, "fix": 20, "company": 20, "things": 20, "hands": 15},
    "notice": {"works": 30, "hub": 35, "safety": 20, "event": 15},
}  # fmt: skip
_IN_TEAMS = {"note": 0.55, "question": 0.7, "ask": 0.7}


class _Clock:
    """The moment of the n-th of many posts: more of them lately, few at night."""

    def __init__(self, now: int, many: int) -> None:
        self.now, self.many = now, many
        # A street is young: its few posts lie closer to today.
        self.bend = 0.36 if many < 10_000 else 0.72
        total, so_far = sum(_HOURS), 0.0
        self.bounds = [0.0]
        for weight in _HOURS:
            so_far += weight / total
            self.bounds.append(so_far)

    def at(self, number: int) -> int:
        days = YEAR * ((number + 0.5) / self.many) ** self.bend
        whole = int(days)
        part = days - whole
        hour = min(23, bisect.bisect_right(self.bounds, part) - 1)
        width = self.bounds[hour + 1] - self.bounds[hour]
        seconds = (hour + (part - self.bounds[hour]) / width) * 3600
        return self.now - YEAR * DAY + whole * DAY + min(DAY - 1, int(seconds))


def make(demo: _Demo) -> None:
    """Make the posts with all that hangs on them."""
    rng = demo.rng("posts")
    rnd = rng.random
    size, talk, loader = demo.size, demo.talk, demo.loader
    many = size.posts
    clock = _Clock(demo.now, many)
    first_post = loader.ids(Post, many)
    first_comment = loader.ids(Comment, many * 3)
    # Packs that are gone through in order: the totals come out exactly.
    answers = _pack(rng, 3_000, [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 9])
    thanked = _pack(rng, 1_600, [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 6])
    where = cards(
        rng,
        {"team": 46, "ward": 33, "hood": 4, "locality": 5, "borough": 3, "gathering": 9},
        997,
    )
    kinds = {name: cards(rng, weights, 499) for name, weights in _KINDS.items()}
    topics = {kind: cards(rng, weights, 211) for kind, weights in _TOPICS.items()}
    small = size.people < 1_000
    wards = list(range(len(demo.wards)))
    if small:
        from doorstep.web.demo.making import STREET_WARDS

        wards = [demo.ward_named[name] for name in STREET_WARDS] * 5 + wards
    official = [demo.person_of["officer"], demo.person_of["editor"], demo.person_of["organiser"]]
    drawn = pictures.draw_all(media() / "demo" / "drawn", demo.rng("pictures"))
    by_topic: dict[str, list[pictures.Picture]] = {}
    for picture in drawn:
        by_topic.setdefault(picture.topic, []).append(picture)
    pictured = 1.0 if small else min(1.0, size.photos / (many * 0.06))
    photos_from = 0 if small else int(many * 0.8)
    photos: list[tuple] = []
    tell_every = 1 if small else max(1, many * 3 // 90_000)
    flag_every = max(1, many // (size.flags * 2))
    quiet_until = {team.id: demo.now - 50 * DAY for team in demo.all_teams if team.state == "quiet"}
    quiet_until |= {
        team.id: demo.now - 45 * DAY
        for team in demo.all_teams
        if team.state in ("closed", "handed_over")
    }
    teams = [team for team in demo.all_teams if team.members]
    gatherings = demo.gathering_channels
    comment_id = first_comment
    posts: list[tuple] = []
    comments: list[tuple] = []
    thanks: list[tuple] = []
    edits: list[tuple] = []
    loose_wards = {locality.pk: [] for locality in demo.localities}  # type: dict[int, list[int]]
    for index, area in enumerate(demo.wards):
        if area.parent_id in loose_wards:
            loose_wards[area.parent_id].append(index)
    ward_hoods: dict[int, list[int]] = {}
    for hood in demo.hoods:
        ward_hoods.setdefault(demo.ward_index.get(hood.parent_id or 0, 0), []).append(hood.pk)
    moment, known_as, first_person = demo.moment, demo.known_as, demo.first_person

    for number in range(many):
        pk = first_post + number
        when = clock.at(number)
        place = where[number % len(where)]
        readers = "members"
        team = None
        if place == "team":
            team = teams[int(rnd() * len(teams))]
            if when < team.started or when > quiet_until.get(team.id, when):
                team, place = None, "ward"
        if team is not None:
            channel, ward, pool = team.channel, team.ward, team.members
            throw = rnd()
            readers = (
                "team"
                if team.private or throw < 0.6
                else ("members" if throw < 0.8 else "everyone")
            )
        elif place == "gathering" and gatherings:
            channel, readers, ward, pool = gatherings[int(rnd() * len(gatherings))]
        elif place == "borough":
            channel, ward = demo.channel_of_area[demo.borough.pk], wards[int(rnd() * len(wards))]
            pool, readers = demo.writers, "everyone"
        elif place == "locality":
            locality = demo.localities[int(rnd() * len(demo.localities))]
            inside = loose_wards[locality.pk]
            ward = inside[int(rnd() * len(inside))] if inside else 0
            channel, pool = demo.channel_of_area[locality.pk], demo.writers_in[ward]
        else:
            ward = wards[int(rnd() * len(wards))]
            pool = demo.writers_in[ward]
            near = ward_hoods.get(ward)
            channel = demo.channel_of_area[
                near[int(rnd() * len(near))] if place == "hood" and near else demo.wards[ward].pk
            ]
            place = "ward"
        pool = pool or demo.writers
        pack = kinds[place]
        kind = pack[int(rnd() * len(pack))]
        if place == "borough" or (kind == "notice" and place != "team"):
            author = official[int(rnd() * 3)] if kind == "notice" else demo.person_of["editor"]
            readers = "everyone"
        else:
            author = pool[int(rnd() * len(pool))]
            if kind == "article" and team is None:
                readers = "everyone"
            elif kind == "article" and team is not None and not team.private:
                readers = "everyone" if rnd() < 0.8 else readers
        language = demo.language_of[author - first_person]
        if language != "en-gb" and (
            language not in talk.languages or kind in ("notice", "article") or rnd() < 0.55
        ):
            language = "en-gb"
        slots = demo.slots_of[ward] if place != "borough" else talk.anywhere
        poster = known_as[author - first_person].split()[0]
        memo: dict[str, str] = {"poster": poster, "me": str(2 + author * 7919 % 188)}
        slug = ""
        if kind == "article":
            topic = ""
            title, text = talk.article(slots, rnd, memo)
            slug = slugify(title)[:80]
        else:
            among = topics[kind]
            topic = among[int(rnd() * len(among))]
            if place in ("team", "gathering") and rnd() < _IN_TEAMS.get(kind, 0):
                topic = "team"
            title, text = talk.post(kind, topic, slots, language, rnd, memo)
        title = title[:140]
        state, version, edited, met = "live", 1, None, None
        throw = rnd()
        if throw < 0.004:
            state, version = "removed", 2
        elif throw > 0.99:
            edited, version = when + 300 + int(rnd() * 3000), 2
            if edited > demo.now:
                edited, version = None, 1
            else:
                edits.append(
                    (pk, None, title, text[: max(20, len(text) * 2 // 3)], author, moment(edited))
                )
        if kind in ("ask", "offer") and rnd() < 0.45:
            met = when + int((0.02 + rnd() ** 2 * 4) * DAY)
            if met > demo.now:
                met = None
        hidden = state == "live" and number % (flag_every * 4) == flag_every * 2
        if hidden:
            state, version, kind, topic, slug = "hidden", 2, "note", "street", ""
            title, text = "", "Sofa, nearly new, £120 ono, ring me. Cash only."
        flagged = state == "live" and number % flag_every == 7 % flag_every
        if flagged:
            rule, text = _FLAGGED[len(demo.flagged) % len(_FLAGGED)]
            kind, topic, title, slug, language = "note", "street", "", "", "en-gb"
            met = None
        many_answers = answers[number % len(answers)]
        live_answers = many_answers
        later = when
        last_who = 0
        for turn in range(many_answers):
            later += int(60 + rnd() ** 3 * DAY * 1.2)
            if later >= demo.now:
                later = demo.now - 1
            who_says = pool[int(rnd() * len(pool))]
            spoken = "en-gb"
            if language != "en-gb" and (turn == 0 or rnd() < 0.6):
                among_them = demo.speakers.get(language)
                if among_them and team is None and place != "gathering":
                    who_says = among_them[int(rnd() * len(among_them))]
                if demo.language_of[who_says - first_person] == language:
                    spoken = language
            if turn and rnd() < 0.2:
                said = _ANSWERS_BACK[int(rnd() * len(_ANSWERS_BACK))]
                who_says = author
            else:
                said = talk.comment(kind, topic, slots, spoken, rnd, memo)
                last_who = who_says if who_says != author else last_who
            gone = rnd() < 0.003
            live_answers -= gone
            comments.append(
                (
                    comment_id, pk, who_says, said, "removed" if gone else "live", moment(later),
                    f"dc{comment_id:09d}",
                )
            )  # fmt: skip
            comment_id += 1
        if (
            live_answers
            and last_who
            and state == "live"
            and (comment_id % tell_every == 0 or author in _cast_ids(demo))
        ):
            demo.told.append(
                (
                    pk, author, last_who, later,
                    f"{known_as[last_who - first_person]} replied to “{(title or text)[:60]}…”",
                )
            )  # fmt: skip
        many_thanks = min(thanked[number % len(thanked)], len(pool) - 1)
        begin = int(rnd() * len(pool))
        given = 0
        for turn in range(many_thanks):
            person = pool[(begin + turn) % len(pool)]
            if person != author:
                given += 1
                thanks.append((pk, person, moment(min(demo.now - 1, when + 900 + turn * 4321))))
        photo_count = 0
        if state == "live" and number >= photos_from and len(photos) < size.photos:
            fit = by_topic.get(topic)
            if topic in ("food", "park", "team", "street", "skills", "things", "thanks", "") and (
                rnd() < 0.24 * pictured
            ):
                fit = fit or drawn
                picture = fit[int(rnd() * len(fit))]
                key = _key(rnd, 10)
                name, small_name = pictures.give(picture, media(), key)
                photos.append(
                    (
                        pk, author, key, name, small_name, 960, 600, picture.description,
                        moment(when),
                    )
                )  # fmt: skip
                photo_count = 1
        if flagged:
            demo.flagged.append((rule, pk, author, text, f"/feed/{pk}/", False))
        elif hidden:
            demo.flagged.append(("selling", pk, author, text, f"/feed/{pk}/", True))
        posts.append(
            (
                pk, channel, author, kind, readers, state, title, slug, text, language,
                moment(when), moment(edited) if edited else None, version, live_answers, given,
                photo_count, moment(met) if met else None, f"dp{pk:09d}",
            )
        )  # fmt: skip
        if len(posts) == CHUNK:
            _write(demo, posts, comments, thanks, edits)
    _write(demo, posts, comments, thanks, edits)
    demo.write(
        Photo,
        "post_id owner_id key name small_name width height description kept_at",
        photos,
    )


# What breaks a rule, or looks as if it did; made up like everything else.
_FLAGGED = [
    ("selling", "Trainers, all sizes, £35 a pair, two for £60. Message me, cash only."),
    (
        "private-information",
        "If you want your hedge cut ask Maureen at the end house, she's in all day on her own, "
        "07700 900417, she won't mind me giving it out.",
    ),
    (
        "harassment",
        "To the woman in the red coat who parks like she owns the road: everyone knows what you "
        "are. Don't act surprised when nobody says hello.",
    ),
    (
        "scam",
        "The energy people are giving £400 back to everyone this week. Send me the code they "
        "text you and I'll put your name on the list.",
    ),
    ("spam", "BEST cleaners in town!!! Ring now!!! BEST cleaners in town!!! Ring now!!!"),
    (
        "safety",
        "The curtains at the corner house haven't moved since Sunday and the milk is still out. "
        "I've knocked twice. I don't like it.",
    ),
]
_ANSWERS_BACK = [
    "Thank you so much!",
    "You're very kind.",
    "Sorted now, thanks everyone.",
    "I'll message you.",
    "Come whenever suits.",
    "That's just what I needed to hear.",
    "Didn't expect so many answers. Bless you all.",
    "Will do, and I'll let you know how it goes.",
    "Yes, still on.",
    "Ha, quite right.",
]


def _cast_ids(demo: _Demo) -> set[int]:
    known = getattr(demo, "_cast_ids", None)
    if known is None:
        known = demo._cast_ids = set(demo.person_of.values()) - {  # type: ignore[attr-defined]
            demo.person_of[key] for key in ("officer", "editor", "organiser")
        }
    return known


def _write(demo: _Demo, posts: list, comments: list, thanks: list, edits: list) -> None:
    demo.write(
        Post,
        "id channel_id author_id kind readers state title slug text language posted_at edited_at "
        "version comment_count thanks_count photo_count met_at client_key",
        posts,
    )
    demo.write(Comment, "id post_id author_id text state posted_at client_key", comments)
    demo.write(Thanks, "post_id person_id given_at", thanks)
    demo.write(Edit, "post_id comment_id title text by_id at", edits)
    for rows in (posts, comments, thanks, edits):
        rows.clear()


def _pack(rng: Any, total: int, shape: list[int], size: int = 1_000) -> list[int]:
    """Return `size` numbers of about this shape, shuffled, that add up to `total`."""
    pack = [shape[index % len(shape)] for index in range(size)]
    index = 0
    while sum(pack) != total:
        step = 1 if sum(pack) < total else -1
        if pack[index % size] + step >= 0:
            pack[index % size] += step
        index += 7
    rng.shuffle(pack)
    return pack
