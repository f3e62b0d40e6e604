"""Cut-paper pictures in the six inks, drawn for the demo's photos."""

from __future__ import annotations

import io
import math
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

INKS = ["#FFB81C", "#FF8A8F", "#6CBDF2", "#BFA3F5", "#7CCB6B", "#45C7BA"]
PAPER = ["#FFF4D9", "#FFEFEE", "#EAF5FD", "#F4EFFE", "#ECF7E7", "#E4F6F3"]
INK = "#2A1533"
BROWN = "#8A5A3C"
SIZE = (960, 600)
SMALL = (480, 300)


@dataclass(frozen=True)
class Picture:
    """A drawn picture on disk: the words for those who can't see it, and where it fits."""

    file: Path
    small: Path
    description: str
    topic: str


def _bowls(draw: ImageDraw.ImageDraw, rng: random.Random) -> str:
    columns, rows = rng.choice([(5, 3), (4, 2), (3, 2)])
    width, height = SIZE[0] / columns, SIZE[1] / rows
    for index in range(columns * rows):
        x, y = (index % columns + 0.5) * width, (index // columns + 0.5) * height
        radius = min(width, height) * 0.4
        _disc(draw, x + 8, y + 10, radius, "#00000030")
        _disc(draw, x, y, radius, rng.choice(["#FFFFFF", *INKS]))
        _disc(draw, x, y, radius * 0.76, rng.choice(["#E0623C", "#FFD98A", "#C14B36", *INKS]))
        for _crumb in range(6):
            angle, far = rng.random() * math.tau, rng.random() * radius * 0.5
            _disc(draw, x + math.cos(angle) * far, y + math.sin(angle) * far, 7, rng.choice(INKS))
    return f"{_count(columns * rows)} bowls of soup on a table, seen from above"


def _quilt(draw: ImageDraw.ImageDraw, rng: random.Random) -> str:
    columns, rows = rng.choice([(8, 5), (6, 4), (4, 3)])
    width, height = SIZE[0] / columns, SIZE[1] / rows
    for index in range(columns * rows):
        x, y = index % columns * width, index // columns * height
        one, two = rng.sample(INKS, 2)
        draw.rectangle([x, y, x + width, y + height], fill=one)
        shape = rng.randrange(4)
        if shape == 0:
            draw.polygon([(x, y), (x + width, y), (x, y + height)], fill=two)
        elif shape == 1:
            draw.rectangle([x + width / 2, y, x + width, y + height], fill=two)
        elif shape == 2:
            middle = (x + width / 2, y + height / 2)
            draw.polygon(
                [
                    (middle[0], y + 6),
                    (x + width - 6, middle[1]),
                    (middle[0], y + height - 6),
                    (x + 6, middle[1]),
                ],
                fill=two,
            )
        else:
            _disc(draw, x + width / 2, y + height / 2, min(width, height) * 0.32, two)
            _disc(draw, x + width / 2, y + height / 2, min(width, height) * 0.14, "#FFFFFF")
    for line in range(1, columns):
        _stitches(draw, line * width, 0, line * width, SIZE[1])
    for line in range(1, rows):
        _stitches(draw, 0, line * height, SIZE[0], line * height)
    return "A patchwork quilt in bright squares, pinned out on a table"


def _pots(draw: ImageDraw.ImageDraw, rng: random.Random) -> str:
    many = rng.choice([3, 4, 5])
    draw.rectangle([0, 440, SIZE[0], SIZE[1]], fill=rng.choice(INKS))
    for index in range(many):
        x = (index + 0.5) * SIZE[0] / many
        green = rng.choice(["#2F8F4E", "#7CCB6B", "#4FA65B"])
        for _leaf in range(9):
            angle = -math.pi / 2 + (rng.random() - 0.5) * 2
            far = 90 + rng.random() * 110
            tip = (x + math.cos(angle) * far, 350 + math.sin(angle) * far)
            draw.polygon([(x - 12, 350), tip, (x + 12, 350)], fill=green)
            if rng.random() < 0.5:
                _disc(draw, tip[0], tip[1], 15, rng.choice(INKS))
        draw.polygon(
            [(x - 62, 340), (x + 62, 340), (x + 44, 480), (x - 44, 480)],
            fill=rng.choice(["#E0623C", "#C9703F", *INKS]),
        )
        draw.rectangle([x - 70, 326, x + 70, 358], fill=rng.choice(["#C14B36", *INKS]))
    return f"{_count(many)} plant pots in a row on a wall, with flowers in them"


def _street(draw: ImageDraw.ImageDraw, rng: random.Random) -> str:
    _disc(draw, 780, 130, 70, "#FFB81C")
    x = -20
    while x < SIZE[0]:
        width, top = 150 + rng.randrange(60), 210 + rng.randrange(60)
        colour = rng.choice(INKS)
        draw.rectangle([x, top, x + width, 500], fill=colour)
        draw.polygon([(x - 12, top), (x + width / 2, top - 80), (x + width + 12, top)], fill=INK)
        for row in (top + 30, top + 120):
            for column in (x + 22, x + width - 62):
                draw.rectangle([column, row, column + 40, row + 46], fill="#FFFFFF")
        door = x + width / 2 - 22
        draw.rectangle([door, 410, door + 44, 500], fill=rng.choice(INKS))
        x += width + 14
    draw.rectangle([0, 500, SIZE[0], SIZE[1]], fill="#58455F")
    for index in range(14):
        _disc(draw, 30 + index * 70, 190 + 26 * math.sin(index), 12, INKS[index % 6])
    return "A row of terraced houses with bunting across the street"


def _tea(draw: ImageDraw.ImageDraw, rng: random.Random) -> str:
    draw.rectangle([0, 420, SIZE[0], SIZE[1]], fill=rng.choice(INKS))
    colour = rng.choice(INKS)
    draw.ellipse([330, 170, 630, 450], fill=colour)
    draw.polygon([(600, 260), (760, 190), (770, 220), (620, 350)], fill=colour)
    draw.arc([250, 220, 390, 400], 60, 300, fill=colour, width=26)
    draw.ellipse([400, 140, 560, 210], fill=INK)
    _disc(draw, 480, 130, 20, INK)
    many = rng.choice([2, 3, 4])
    for index in range(many):
        x = 110 + index * (740 / max(1, many - 1))
        cup = rng.choice(["#FFFFFF", *INKS])
        draw.polygon([(x - 50, 430), (x + 50, 430), (x + 34, 520), (x - 34, 520)], fill=cup)
        draw.arc([x + 30, 440, x + 80, 490], 270, 90, fill=cup, width=10)
        for puff in range(2):
            _disc(draw, x - 12 + puff * 24, 400 - puff * 26, 9, "#FFFFFF")
    return f"A teapot and {_count(many).lower()} cups, steaming"


def _park(draw: ImageDraw.ImageDraw, rng: random.Random) -> str:
    draw.rectangle([0, 380, SIZE[0], SIZE[1]], fill="#7CCB6B")
    draw.ellipse([180, 430, 780, 570], fill="#6CBDF2")
    for index in range(6):
        x = 70 + index * 165 + rng.randrange(40)
        draw.rectangle([x - 9, 290, x + 9, 400], fill=BROWN)
        leaf = rng.choice(["#2F8F4E", "#45C7BA", "#FFB81C", "#FF8A8F", "#4FA65B"])
        for _leaf in range(4):
            _disc(draw, x + rng.randrange(-40, 40), 240 + rng.randrange(-40, 40), 58, leaf)
    for _duck in range(rng.choice([2, 3, 5])):
        x, y = rng.randrange(260, 700), rng.randrange(460, 540)
        draw.ellipse([x, y, x + 46, y + 26], fill="#FFFFFF")
        _disc(draw, x + 44, y - 4, 12, "#FFFFFF")
        draw.polygon([(x + 54, y - 6), (x + 70, y - 2), (x + 54, y + 3)], fill="#FFB81C")
    return "A pond in the park with ducks on it and trees behind"


def _basket(draw: ImageDraw.ImageDraw, rng: random.Random) -> str:
    for _fruit in range(16):
        _disc(
            draw,
            rng.randrange(280, 680),
            rng.randrange(200, 340),
            rng.randrange(36, 60),
            rng.choice(["#E0623C", "#C14B36", "#FFB81C", "#7CCB6B", "#FF8A8F"]),
        )
    draw.polygon([(220, 320), (740, 320), (670, 540), (290, 540)], fill=BROWN)
    for line in range(8):
        draw.line([(230 + line * 66, 324), (290 + line * 54, 536)], fill="#C99A6B", width=10)
    for line in range(3):
        y = 370 + line * 56
        draw.line([(240 + line * 18, y), (720 - line * 18, y)], fill="#C99A6B", width=10)
    return "A basket heaped with fruit and vegetables from the garden"


def _tools(draw: ImageDraw.ImageDraw, rng: random.Random) -> str:
    for index in range(6):
        x = 110 + index * 150
        colour = INKS[(index + rng.randrange(6)) % 6]
        draw.rounded_rectangle([x - 20, 300, x + 20, 500], 18, fill=colour)
        kind = rng.randrange(3)
        if kind == 0:
            draw.rectangle([x - 8, 140, x + 8, 310], fill="#58455F")
        elif kind == 1:
            draw.rectangle([x - 56, 130, x + 56, 190], fill="#58455F")
            draw.rectangle([x - 10, 180, x + 10, 310], fill="#58455F")
        else:
            _disc(draw, x, 170, 46, "#58455F")
            _disc(draw, x, 158, 22, PAPER[0])
            draw.rectangle([x - 14, 200, x + 14, 310], fill="#58455F")
    return "Screwdrivers, hammers and spanners hung up in a row"


def _people(draw: ImageDraw.ImageDraw, rng: random.Random) -> str:
    draw.rectangle([0, 470, SIZE[0], SIZE[1]], fill=rng.choice(INKS))
    skins = ["#6B4226", "#8D5A3B", "#C68B5E", "#E8B98F", "#F3D3B3"]
    many = rng.choice([4, 5, 6, 7])
    for index in range(many):
        x = (index + 0.5) * SIZE[0] / many
        tall = rng.randrange(0, 70)
        draw.rounded_rectangle([x - 50, 260 - tall, x + 50, 520], 44, fill=rng.choice(INKS))
        _disc(draw, x, 205 - tall, 46, rng.choice(skins))
        draw.pieslice(
            [x - 50, 152 - tall, x + 50, 252 - tall], 180, 360, fill=rng.choice([INK, BROWN])
        )
        draw.arc([x - 20, 200 - tall, x + 20, 230 - tall], 20, 160, fill=INK, width=5)
    return f"{_count(many)} neighbours standing side by side, smiling"


def _bikes(draw: ImageDraw.ImageDraw, rng: random.Random) -> str:
    draw.rectangle([0, 470, SIZE[0], SIZE[1]], fill="#58455F")
    colour = rng.choice(INKS)
    for x in (300, 660):
        _disc(draw, x, 400, 110, INK)
        _disc(draw, x, 400, 92, PAPER[2])
        for spoke in range(8):
            angle = spoke * math.pi / 4
            draw.line(
                [(x, 400), (x + 92 * math.cos(angle), 400 + 92 * math.sin(angle))],
                fill="#A38DAF",
                width=4,
            )
    for line in (
        [(300, 400), (420, 230), (600, 230), (460, 400), (300, 400)],
        [(420, 230), (460, 400)],
        [(660, 400), (590, 190), (640, 180)],
        [(420, 230), (405, 195)],
    ):
        draw.line(line, fill=colour, width=18, joint="curve")
    draw.rounded_rectangle([365, 180, 450, 202], 10, fill=INK)
    return "A bicycle with both its wheels on, ready to ride"


# What is drawn, and the topics of posts it may stand beside.
_DRAWINGS: list[tuple[Callable[[ImageDraw.ImageDraw, random.Random], str], str]] = [
    (_bowls, "food"),
    (_quilt, "team"),
    (_pots, "garden"),
    (_street, "street"),
    (_tea, "thanks"),
    (_park, "park"),
    (_basket, "food"),
    (_tools, "skills"),
    (_people, "team"),
    (_bikes, "things"),
]


def draw_all(folder: Path, rng: random.Random, *, each: int = 4) -> list[Picture]:
    """Draw the pictures into `folder` (once; they stay) and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for drawing, topic in _DRAWINGS:
        for number in range(each):
            image = Image.new("RGB", SIZE, PAPER[rng.randrange(6)])
            description = drawing(ImageDraw.Draw(image, "RGBA"), rng)
            stem = f"{drawing.__name__.strip('_')}-{number}"
            file, small = folder / f"{stem}-960.webp", folder / f"{stem}-480.webp"
            image.save(file, "WEBP", quality=68, method=3)
            image.resize(SMALL, Image.Resampling.LANCZOS).save(small, "WEBP", quality=68, method=3)
            made.append(Picture(file, small, description, topic))
    return made


def give(picture: Picture, media: Path, name: str) -> tuple[str, str]:
    """Put the picture under a name of its own; return (name, small name) within `media`.

    A hard link: thousands of photos take the room of one, and deleting one leaves the others.
    """
    names = []
    for source, width in ((picture.file, 960), (picture.small, 480)):
        inside = f"demo/{name}-{width}.webp"
        target = media / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
        names.append(inside)
    return names[0], names[1]


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: str) -> None:
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)


def _stitches(draw: ImageDraw.ImageDraw, x1: float, y1: float, x2: float, y2: float) -> None:
    length = math.dist((x1, y1), (x2, y2))
    for step in range(0, int(length), 28):
        a, b = step / length, min(1, (step + 16) / length)
        draw.line(
            [
                (x1 + (x2 - x1) * a, y1 + (y2 - y1) * a),
                (x1 + (x2 - x1) * b, y1 + (y2 - y1) * b),
            ],
            fill="#FFFFFF",
            width=5,
        )


def _count(number: int) -> str:
    words = {2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight"}
    return words.get(number) or {12: "Twelve", 15: "Fifteen"}.get(number, str(number))


def door(rng: random.Random) -> tuple[SimpleUploadedFile, str]:
    """Return a front door in cut paper as a file, and the words for those who can't see it."""
    name, colour = rng.choice([("blue", "#6CBDF2"), ("red", "#FF8A8F"), ("green", "#7CCB6B")])
    image = Image.new("RGB", SIZE, rng.choice(PAPER))
    draw = ImageDraw.Draw(image)
    for row in range(0, SIZE[1], 40):
        for column in range(-40 if row // 40 % 2 else 0, SIZE[0], 80):
            draw.rectangle((column + 2, row + 2, column + 77, row + 37), fill="#DA6B50")
    draw.rectangle((330, 90, 630, 600), fill=INK)
    draw.rectangle((350, 110, 610, 600), fill=colour)
    draw.pieslice((380, 130, 580, 330), 180, 360, fill="#FFF4D9")
    _disc(draw, 580, 400, 12, INK)
    draw.rectangle((670, 200, 820, 270), fill="#FFFFFF")
    draw.rectangle((690, 225, 800, 245), fill=INK)
    draw.rectangle((300, 570, 660, 600), fill="#BBBBBB")
    out = io.BytesIO()
    image.save(out, "PNG")
    words = f"A {name} front door in a brick wall, one low step, with a small sign on its right"
    return SimpleUploadedFile("door.png", out.getvalue(), "image/png"), words
