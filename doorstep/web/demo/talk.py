"""What neighbours write: posts, answers and stories, filled from `words/`."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from doorstep.web.demo.grammar import Compiled, compile_template, read_sections, say
from doorstep.web.demo.names import FIRSTS

WORDS = Path(__file__).resolve().parent / "words"

OPENERS = [
    "Morning all. ",
    "Evening all. ",
    "Hello neighbours. ",
    "Hi everyone. ",
    "Hello, new here. ",
    "Afternoon. ",
    "Long-time reader, first-time poster. ",
    "Right. ",
    "Good news. ",
    "Quick one. ",
    "A small thing. ",
    "For anyone who needs it today. ",
    "Hello from the top floor. ",
    "Salaam and hello. ",
    "Off to work, but first. ",
    "Hello {street}. ",
    "Hi from number {me}. ",
    "Greetings from {street}. ",
    "Hello all, {poster} here. ",
    "Just back from {spot}. ",
    "Writing this on the {bus}. ",
    "From the bus stop on {street}. ",
    "My {relative} asked me to put this up. ",
    "While the {dish} is on. ",
    "Tea break. ",
]
# How people end; every kind may end with a name, as on a note through the door.
ENDINGS = [
    " {poster}, {street}.",
    " {poster}, number {me}.",
    " {poster} from number {me}.",
    " {poster} (the one with the dog).",
    " Love from {poster} at number {me}.",
    " Your neighbour {poster}.",
    " {poster} and {child}, {street}.",
    " {poster}, near {spot}.",
    " {poster}, up by {park}.",
]
CLOSERS = {
    "note": [
        " Have a good week, all.",
        " That's all.",
        " Mind how you go.",
        " Just wanted to say.",
        " Made my day.",
        " See you about.",
        " See you at {event}.",
        " Right, kettle.",
        " Back to the {dish}.",
        " Wave if you see me on the {bus}.",
        " Onwards to {day}.",
        " My {relative} agrees.",
        " {flower}",
    ],
    "question": [
        " Thanks in advance.",
        " Any help welcome.",
        " Ta.",
        " I'll pass on what I hear.",
        " Sorry if it's been asked before.",
        " I'm on {street} if that helps.",
        " I'm home most of {day}.",
        " Asking for my {relative} too.",
        " I'll bring {dish} to whoever knows.",
        " {flower}",
    ],
    "offer": [
        " No need to return the favour.",
        " Don't be shy.",
        " Ask, please, that's what it's for.",
        " First come, first served.",
        " {day} after {time} is best.",
        " Knock at number {me}.",
        " My {relative} says hello.",
        " If I'm out, ask next door.",
        " {flower}",
    ],
    "ask": [
        " Thank you for reading.",
        " I'd do the same for you.",
        " No is fine too.",
        " God bless.",
        " I'll make it up in samosas.",
        " I can give you {dish} for it.",
        " I'm at number {me}.",
        " Any time after {time}.",
        " {name} next door knows me.",
        " {flower}",
    ],
    "notice": [
        " Questions? Ring us, or ask {name} at {hub}.",
        " Please tell a neighbour who isn't online.",
        " Told you by {hub}.",
        " Put up for {street} and the roads round it.",
        " It'll be on the board at {library} too.",
        " Next news by {day}.",
    ],
}
Slots = dict[str, list[str]]


class Talk:
    """All the templates, read once; each call speaks one of them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        base: Slots = dict(read_sections(WORDS / "slots.en.txt"))
        for name in ("month", "day", "language", "dish"):
            base[f"{name}2"] = base[name]
        base["name"] = FIRSTS
        base["n"] = base["me"] = [str(number) for number in range(2, 190)]
        wards: dict[str, dict[str, list[str]]] = {}
        for ward, lines in read_sections(WORDS / "wards.txt").items():
            wards[ward] = {}
            for line in lines:
                kind, _colon, rest = line.partition(":")
                wards[ward][kind.strip()] = [word.strip() for word in rest.split(";")]
        everywhere = wards.pop("everywhere")
        self.slots: dict[str, Slots] = {}
        for ward, own in wards.items():
            slots = self.slots[ward] = {**base, **everywhere, **own}
            slots["place"] = [*everywhere["place"], *own["spot"]]
            # Names that can stand in a sentence of any language.
            bare = [word for word in (*own["spot"], *own["park"]) if not word.startswith("the ")]
            slots["spotname"] = bare
            slots["libname"] = [w for w in everywhere["library"] if not w.startswith("the ")]
        # For what concerns the whole borough: anywhere at all.
        self.anywhere: Slots = {**base, **everywhere}
        for kind in ("street", "park", "spot"):
            self.anywhere[kind] = sorted({word for own in wards.values() for word in own[kind]})
        self.anywhere["spotname"] = self.anywhere["park"]
        self.anywhere["libname"] = everywhere["library"][:2]
        self.anywhere["place"] = [*everywhere["place"], *self.anywhere["spot"][:20]]

        self.openers = [compile_template(line) for line in OPENERS]
        self.endings = [
            compile_template(line.replace("(", "\\(").replace(")", "\\)")) for line in ENDINGS
        ]
        self.closers = {
            kind: [compile_template(line) for line in lines] for kind, lines in CLOSERS.items()
        }
        self.posts: dict[str, dict[str, list[tuple[Compiled | None, Compiled]]]] = {}
        self.comments: dict[str, dict[str, list[Compiled]]] = {}
        self.languages: set[str] = set()
        for file in sorted(WORDS.glob("posts.*.txt")):
            self._read_posts(file)
        for file in sorted(WORDS.glob("comments.*.txt")):
            for name, lines in read_sections(file).items():
                kind, _slash, topic = name.partition("/")
                self.comments.setdefault(kind, {})[topic] = [
                    compile_template(line) for line in lines
                ]
        self._read_languages(WORDS / "languages.txt")
        stories = read_sections(WORDS / "stories.en.txt")
        self.stories = {
            name: [compile_template(line) for line in lines] for name, lines in stories.items()
        }
        self.sent = [
            self._titled(line) for line in read_sections(WORDS / "stories_sent.en.txt")["sent"]
        ]

    def _titled(self, line: str) -> tuple[Compiled | None, Compiled]:
        title, marks, text = line.partition(" :: ")
        if not marks:
            return None, compile_template(line)
        return compile_template(title), compile_template(text)

    def _read_posts(self, file: Path) -> None:
        for name, lines in read_sections(file).items():
            kind, _slash, topic = name.partition("/")
            among = self.posts.setdefault(kind, {}).setdefault(topic, [])
            among += [self._titled(line) for line in lines]

    def _read_languages(self, file: Path) -> None:
        self.foreign: dict[str, dict[str, list[tuple[Compiled | None, Compiled]]]] = {}
        for name, lines in read_sections(file).items():
            code, _slash, kind = name.partition("/")
            self.languages.add(code)
            self.foreign.setdefault(code, {})[kind] = [self._titled(line) for line in lines]

    def post(
        self,
        kind: str,
        topic: str,
        slots: Slots,
        language: str,
        rnd: Callable[[], float],
        memo: dict[str, str],
    ) -> tuple[str, str]:
        """Return (title or "", words) of a post; `memo` is begun here and kept for its answers."""
        if language in self.foreign and kind in self.foreign[language]:
            among = self.foreign[language][kind]
            title, parts = among[int(rnd() * len(among))]
            headline = _upper(say(title, slots, rnd, memo)) if title else ""
            return headline, _upper(say(parts, slots, rnd, memo))
        among = self.posts[kind][topic]
        title, parts = among[int(rnd() * len(among))]
        headline = _upper(say(title, slots, rnd, memo)) if title else ""
        text = _upper(say(parts, slots, rnd, memo))
        if title is None and rnd() < 0.3:
            opener = self.openers[int(rnd() * len(self.openers))]
            text = _upper(say(opener, slots, rnd, memo)) + text
        throw = rnd()
        if throw < 0.3:
            ends = self.closers[kind]
            text = text.rstrip() + say(ends[int(rnd() * len(ends))], slots, rnd, memo)
        elif throw < 0.5 and kind != "notice":
            text = text.rstrip() + say(
                self.endings[int(rnd() * len(self.endings))], slots, rnd, memo
            )
        return headline, text.strip()

    def comment(
        self,
        kind: str,
        topic: str,
        slots: Slots,
        language: str,
        rnd: Callable[[], float],
        memo: dict[str, str],
    ) -> str:
        """Return an answer to such a post."""
        if language in self.foreign:
            among = self.foreign[language]["comment"]
            return _upper(say(among[int(rnd() * len(among))][1], slots, rnd, memo))
        own = self.comments[kind].get(topic)
        lines = own if own and rnd() < 0.6 else self.comments[kind][""]
        return _upper(say(lines[int(rnd() * len(lines))], slots, rnd, memo)).strip()

    def article(
        self, slots: Slots, rnd: Callable[[], float], memo: dict[str, str]
    ) -> tuple[str, str]:
        """Return (title, Markdown) of a blog article of four to eight paragraphs."""
        stories = self.stories
        titles, begins, ends = stories["title"], stories["begin"], stories["end"]
        middles = stories["middle"]
        start, many = int(rnd() * len(middles)), 2 + int(rnd() * 5)
        step = 1 + 2 * int(rnd() * 3)
        picked = [begins[int(rnd() * len(begins))]]
        seen = set()
        for turn in range(many):
            index = (start + turn * step) % len(middles)
            if index not in seen:
                seen.add(index)
                picked.append(middles[index])
        picked.append(ends[int(rnd() * len(ends))])
        title = _upper(say(titles[int(rnd() * len(titles))], slots, rnd, memo))
        return title, "\n\n".join(_upper(say(parts, slots, rnd, memo)) for parts in picked)

    def topics(self, kind: str) -> list[str]:
        """Return the topics of a kind of post."""
        return sorted(self.posts[kind])


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
