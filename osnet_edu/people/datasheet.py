"""The datasheet's pictures and counts, made again by `python -m osnet_edu.people.datasheet assets`."""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..refused import Refused
from .body import PARTS
from .dataset import members
from .identity import BAGS, CHOICES, Identity, build_of, draw_identity, edit
from .sheet import drawn_sheet, grid
from .shot import difference, render
from .twins import TWIN_PARTS, prepare, scale_ladder, twin
from .view import View, draw_view
from .world import WORLDS

# One colour a part, told apart by lightness too.
PART_COLORS = np.array(
    (
        (20, 20, 24), (240, 200, 170), (110, 70, 40), (230, 90, 40), (250, 250, 120), (60, 120, 200), (150, 200, 240),
        (250, 250, 250), (40, 60, 120), (200, 160, 220), (160, 40, 60), (230, 220, 200), (40, 150, 120),
        (150, 230, 180), (180, 90, 180), (80, 80, 84),
    ),
    np.uint8,
)  # fmt: skip
LIMIT = 390_000  # bytes of a picture
MARKS = ("<!-- counts -->", "<!-- end of counts -->")


def steady(yaw: float, camera: int = 1, **changes: Any) -> View:
    """A view without chance in it: nobody passes, nothing hides, the crop is centred. yaw: radians."""
    calm = {"occluder": "none", "passer": 0, "dx": 0.0, "dy": 0.0, "zoom": 0.0, "stretch": 0.0, "arms": "swing"}
    light = {"stride": 0.8, "phase": 0.9, "weather": "clear", "hour": 11.0, "sun": 0.8, "sun_azimuth": 3.8}
    changes = {**calm, **light, "sun_height": 0.9, "gaze": 0.0, "yaw": yaw, **changes}
    return replace(draw_view(0, 3, camera, 0), **changes)


def _person(**changes: object) -> Identity:
    base = edit(draw_identity(0, 14), open=False, logo="none", pattern="plain", bag="none", umbrella="none", hat="none")
    return edit(base, **{"skin": 3, "glasses": "none", "beard": "none", "top_color": (0.27, 0.45, 0.60), **changes})


def _row(people: list[Identity], yaws: tuple[float, ...], size: tuple[int, int], top: int = 0, **view: Any) -> list:
    """Pictures of people by yaw, cut to the rows above `top` where told."""
    cut = slice(0, top or size[0])
    return [[render(who, steady(yaw, **view), size=size, clean=True).image[cut] for who in people] for yaw in yaws]


def heads() -> Image.Image:
    """Every hair style and every head wear, from four sides."""
    people = [_person(hair=kind) for kind in CHOICES["hair"][:11]]
    people += [_person(hair="bob", hat=kind, hat_color=(0.70, 0.22, 0.20)) for kind in CHOICES["hat"][1:]]
    people += [_person(hair="short", beard=kind) for kind in CHOICES["beard"][2:]]
    people += [_person(hair="short", glasses=kind) for kind in CHOICES["glasses"][1:]]
    cut: dict[str, Any] = {"size": (256, 128), "top": 130, "zoom": 0.75, "dy": 0.62}
    yaws, half = (0.2, 1.1, 3.1), (len(people) + 1) // 2
    return grid(_row(people[:half], yaws, **cut) + _row(people[half:], yaws, **cut))


def wardrobe() -> Image.Image:
    """Every top, bottom and pattern."""
    cuts = {"t-shirt": (0.30, 0.35), "shirt": (0.32, 1.0), "jumper": (0.30, 1.0), "jacket": (0.30, 1.0)}
    cuts |= {"coat": (0.70, 1.0), "hoodie": (0.30, 1.0), "dress": (0.70, 0.2), "tank": (0.28, 0.0)}
    tops = [_person(top=kind, top_length=long, sleeve=sleeve, bottom="jeans") for kind, (long, sleeve) in cuts.items()]
    tops += [edit(who, open=True) for who in (tops[3], tops[4])]
    shirt = {"top": "t-shirt", "top_length": 0.28, "sleeve": 0.4, "top_color2": (0.92, 0.85, 0.55)}
    long = {"trousers": 0.95, "jeans": 0.95, "leggings": 0.95, "shorts": 0.35, "skirt": 0.45}
    others = [
        _person(**shirt, pattern=kind, bottom=bottom, bottom_length=long[bottom], pattern_period=0.10,
                shoe=("sneaker", "boot", "flat", "sandal")[number % 4], bottom_color=(0.32, 0.28, 0.24))
        for number, (kind, bottom) in enumerate(zip(CHOICES["pattern"][1:7], [*long, "skirt"], strict=True))
    ]  # fmt: skip
    bags = [_person(**shirt, bottom="trousers", bag=kind, bag_color=(0.72, 0.30, 0.15)) for kind in BAGS]
    return grid(_row(tops, (0.3, 2.9), (192, 96)) + _row(others + bags, (0.3, 2.4), (192, 96)))


def _twins() -> Image.Image:
    """For each part a pair in one view: the two people, where they differ, and the parts."""
    rows: list[list[np.ndarray]] = [[], [], [], []]
    for number, part in enumerate(TWIN_PARTS):
        one = prepare(draw_identity(0, 40 + number), part, 0)
        found = difference(
            one, twin(one, part, 0), steady(0.5 if part != "bag" else 2.4, 1 + number % 5), size=(192, 96)
        )
        rows[0].append(found.one.image)
        rows[1].append(found.other.image)
        rows[2].append(np.repeat((found.truth * 255).astype(np.uint8)[..., None], 3, -1))
        rows[3].append(PART_COLORS[found.one.labels])
    return grid(rows)


def ladder() -> Image.Image:
    """The scale ladder: marks above, checks below; each pair one above the other, the scale growing to the right."""
    view = steady(0.0, weather="overcast", sun=0.1, stride=0.2)
    rows = []
    for kind in ("marks", "check"):
        rungs = scale_ladder(_person(), kind)
        for name in ("one", "other"):
            rows.append([render(getattr(rung, name), view, size=(192, 96), clean=True).image for rung in rungs])
    return grid(rows)


def closeups() -> Image.Image:
    """Four people at 512 x 256 before blur and noise."""
    shots = [
        render(draw_identity(0, who), draw_view(0, who, 1 + who % 6, 0), size=(512, 256), clean=True)
        for who in (31, 7, 35, 9)
    ]
    return grid([[shot.image for shot in shots]])


def worlds() -> Image.Image:
    """Two people of each world, one a row, under six cameras: home above, then wide, wider and other."""
    rows = []
    for world in WORLDS.values():
        for who in (2, 9):
            person = world.person(7, who)
            rows.append([render(person, world.view(7, who, place, 0)).image for place in range(1, 7)])
    return grid(rows)


FIGURES: dict[str, Callable[[], Image.Image]] = {
    "sheet": drawn_sheet, "heads": heads, "wardrobe": wardrobe, "twins": _twins, "ladder": ladder,
    "closeups": closeups, "worlds": worlds,
}  # fmt: skip


def _counts(people: int = 240, seed: int = 0) -> str:
    """A Markdown table of how often each value occurs among the people of a set."""
    crowd = [member.identity for member in members(people, seed)]
    values: dict[str, Counter] = {"build": Counter(build_of(who) for who in crowd)}
    values["skin (0 light to 7 dark)"] = Counter(who.skin for who in crowd)
    for name in CHOICES:
        values[name] = Counter(getattr(who, name) for who in crowd)
    values["open"] = Counter("open" if who.open else "closed" for who in crowd)
    values["height"] = Counter(f"{int(who.height * 10) / 10:.1f} m" for who in crowd)
    rows = [f"| of {people} people | count of each value |", "|---|---|"]
    for name, found in values.items():
        listed = sorted(found.items()) if name in ("height", "skin (0 light to 7 dark)") else found.most_common()
        rows.append(f"| {name} | {', '.join(f'{value} {number}' for value, number in listed)} |")
    pairs = Counter(member.part for member in members(people, seed) if member.part)
    rows.append(f"| twins, by part | {', '.join(f'{part} {number}' for part, number in pairs.items())} |")
    return "\n".join(rows)


def write_datasheet(assets: Path | str) -> None:
    """Make assets/pictures/people_*.png again and fill the counts into assets/people.md.

    Raises: Refused if people.md lacks the marks between which the counts go.
    """
    assets = Path(assets)
    (assets / "pictures").mkdir(parents=True, exist_ok=True)
    for name, make in FIGURES.items():
        path = assets / "pictures" / f"people_{name}.png"
        picture = make()
        picture.save(path, optimize=True)
        if path.stat().st_size > LIMIT:  # noise does not compress: 256 colours are enough for it
            picture.quantize(256, method=Image.Quantize.MEDIANCUT).save(path, optimize=True)
    sheet = assets / "people.md"
    text = sheet.read_text(encoding="utf-8")
    if not all(mark in text for mark in MARKS):
        raise Refused(f"{sheet} lacks the lines {MARKS[0]} and {MARKS[1]}")
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    sheet.write_text(f"{before}{MARKS[0]}\n{_counts()}\n{MARKS[1]}{after}", encoding="utf-8")


if len(PART_COLORS) != len(PARTS):
    raise AssertionError("every part needs a colour")

if __name__ == "__main__":
    write_datasheet(sys.argv[1] if len(sys.argv) > 1 else "assets")
