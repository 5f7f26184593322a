"""The colours people wear, as display sRGB in [0, 1], and how often: at home, in many places, and in another world."""

from dataclasses import dataclass

import numpy as np

from .. import draws

Color = tuple[float, float, float]
Palette = dict[str, tuple[Color, float]]  # name -> colour and how often

# Eight skin tones, light to dark, evenly spaced to the eye.
SKIN_TONES: tuple[Color, ...] = (
    (0.965, 0.845, 0.775),
    (0.925, 0.770, 0.670),
    (0.870, 0.690, 0.570),
    (0.790, 0.600, 0.465),
    (0.680, 0.490, 0.365),
    (0.560, 0.385, 0.275),
    (0.430, 0.285, 0.205),
    (0.310, 0.205, 0.155),
)
SKIN_WEIGHTS = (0.12, 0.16, 0.15, 0.14, 0.13, 0.11, 0.10, 0.09)

HAIR_COLORS: dict[str, tuple[Color, float]] = {
    "black": ((0.075, 0.065, 0.065), 0.34),
    "dark brown": ((0.19, 0.125, 0.09), 0.24),
    "brown": ((0.36, 0.235, 0.15), 0.12),
    "auburn": ((0.45, 0.20, 0.11), 0.05),
    "blond": ((0.80, 0.64, 0.38), 0.10),
    "grey": ((0.60, 0.59, 0.58), 0.08),
    "white": ((0.86, 0.85, 0.83), 0.04),
    "dyed red": ((0.66, 0.12, 0.16), 0.01),
    "dyed blue": ((0.16, 0.30, 0.62), 0.01),
    "dyed pink": ((0.86, 0.45, 0.62), 0.01),
}

# Tops: mostly dark, grey, white and blue, as in the street, with a tail of strong colours.
TOP_COLORS: dict[str, tuple[Color, float]] = {
    "black": ((0.085, 0.085, 0.095), 0.17),
    "charcoal": ((0.23, 0.235, 0.25), 0.08),
    "grey": ((0.52, 0.525, 0.53), 0.07),
    "white": ((0.93, 0.93, 0.92), 0.13),
    "cream": ((0.90, 0.85, 0.73), 0.04),
    "navy": ((0.10, 0.135, 0.27), 0.09),
    "blue": ((0.15, 0.33, 0.66), 0.06),
    "sky": ((0.56, 0.74, 0.88), 0.05),
    "red": ((0.76, 0.12, 0.13), 0.06),
    "burgundy": ((0.40, 0.08, 0.13), 0.03),
    "pink": ((0.92, 0.62, 0.69), 0.04),
    "green": ((0.13, 0.45, 0.24), 0.03),
    "olive": ((0.37, 0.37, 0.20), 0.03),
    "mint": ((0.60, 0.83, 0.73), 0.015),
    "beige": ((0.76, 0.66, 0.52), 0.04),
    "brown": ((0.39, 0.26, 0.17), 0.025),
    "yellow": ((0.94, 0.79, 0.22), 0.02),
    "mustard": ((0.76, 0.56, 0.15), 0.015),
    "orange": ((0.91, 0.45, 0.12), 0.02),
    "purple": ((0.40, 0.22, 0.54), 0.02),
    "lilac": ((0.73, 0.64, 0.84), 0.015),
    "teal": ((0.08, 0.46, 0.47), 0.02),
}
BOTTOM_COLORS: dict[str, tuple[Color, float]] = {
    "black": ((0.09, 0.09, 0.10), 0.24),
    "charcoal": ((0.24, 0.245, 0.26), 0.09),
    "grey": ((0.50, 0.505, 0.51), 0.06),
    "dark denim": ((0.13, 0.19, 0.31), 0.16),
    "denim": ((0.27, 0.39, 0.56), 0.13),
    "light denim": ((0.53, 0.65, 0.78), 0.07),
    "khaki": ((0.66, 0.58, 0.43), 0.06),
    "beige": ((0.80, 0.72, 0.59), 0.03),
    "white": ((0.91, 0.91, 0.90), 0.04),
    "olive": ((0.34, 0.35, 0.21), 0.03),
    "brown": ((0.36, 0.25, 0.18), 0.03),
    "red": ((0.66, 0.12, 0.15), 0.015),
    "pink": ((0.89, 0.62, 0.68), 0.01),
    "green": ((0.15, 0.40, 0.25), 0.01),
    "mustard": ((0.75, 0.57, 0.20), 0.005),
    "burgundy": ((0.38, 0.09, 0.14), 0.01),
}
SHOE_COLORS: dict[str, tuple[Color, float]] = {
    "black": ((0.08, 0.08, 0.085), 0.34),
    "white": ((0.93, 0.93, 0.92), 0.24),
    "grey": ((0.50, 0.50, 0.51), 0.08),
    "brown": ((0.38, 0.24, 0.15), 0.10),
    "tan": ((0.70, 0.52, 0.34), 0.05),
    "navy": ((0.11, 0.15, 0.30), 0.05),
    "red": ((0.76, 0.13, 0.14), 0.05),
    "blue": ((0.17, 0.37, 0.72), 0.03),
    "pink": ((0.92, 0.52, 0.62), 0.02),
    "green": ((0.25, 0.62, 0.36), 0.02),
    "orange": ((0.93, 0.46, 0.14), 0.02),
}
# Bags, hats, umbrellas, prints: small things are where people dare colour.
BRIGHT_COLORS: dict[str, tuple[Color, float]] = {
    "black": ((0.085, 0.085, 0.09), 0.18),
    "grey": ((0.48, 0.48, 0.49), 0.06),
    "white": ((0.93, 0.93, 0.92), 0.10),
    "red": ((0.80, 0.11, 0.13), 0.12),
    "blue": ((0.13, 0.33, 0.74), 0.10),
    "navy": ((0.10, 0.14, 0.30), 0.08),
    "green": ((0.12, 0.52, 0.27), 0.07),
    "yellow": ((0.96, 0.82, 0.18), 0.07),
    "orange": ((0.95, 0.47, 0.10), 0.05),
    "purple": ((0.45, 0.20, 0.60), 0.05),
    "pink": ((0.94, 0.45, 0.62), 0.05),
    "tan": ((0.72, 0.54, 0.35), 0.07),
    "teal": ((0.05, 0.55, 0.56), 0.05),
    "brown": ((0.36, 0.23, 0.15), 0.06),
}
SOLE_COLORS: dict[str, tuple[Color, float]] = {
    "white": ((0.92, 0.92, 0.90), 0.45),
    "black": ((0.10, 0.10, 0.10), 0.35),
    "gum": ((0.62, 0.43, 0.25), 0.20),
}


# Worn in the other world only: none lies within .12 of a colour above (tests/test_people_world.py).
OTHER_COLORS: Palette = {
    "mauve": ((0.70, 0.42, 0.62), 0.05),
    "aqua": ((0.22, 0.64, 0.56), 0.04),
    "moss": ((0.24, 0.24, 0.08), 0.10),
    "plum": ((0.30, 0.08, 0.36), 0.07),
    "peach": ((0.97, 0.78, 0.60), 0.06),
    "periwinkle": ((0.46, 0.54, 0.90), 0.04),
    "lime": ((0.64, 0.80, 0.28), 0.03),
    "iron": ((0.37, 0.37, 0.38), 0.13),
    "taupe": ((0.56, 0.44, 0.41), 0.07),
    "straw": ((0.62, 0.60, 0.20), 0.03),
    "ice": ((0.74, 0.90, 0.97), 0.05),
    "fuchsia": ((0.82, 0.16, 0.58), 0.03),
    "steel": ((0.38, 0.52, 0.60), 0.08),
    "rust": ((0.60, 0.28, 0.20), 0.05),
    "cobalt": ((0.16, 0.20, 0.88), 0.03),
    "silver": ((0.72, 0.72, 0.74), 0.11),
    "pine": ((0.05, 0.24, 0.22), 0.10),
    "coral": ((0.96, 0.50, 0.44), 0.03),
}
COLORS_APART = 0.12  # least distance between a colour of the other world and one that a network trains on


@dataclass(frozen=True)
class Wardrobe:
    """Where the colours of clothes come from.  Every field is a palette: name -> (colour, how often)."""

    tops: Palette
    bottoms: Palette
    shoes: Palette
    brights: Palette
    soles: Palette


HOME = Wardrobe(TOP_COLORS, BOTTOM_COLORS, SHOE_COLORS, BRIGHT_COLORS, SOLE_COLORS)
OTHER_WARDROBE = Wardrobe(OTHER_COLORS, OTHER_COLORS, OTHER_COLORS, OTHER_COLORS, OTHER_COLORS)


def widened(palette: Palette, name: str, colors: int = 60, share: float = 0.5) -> Palette:
    """A palette with as many odd colours beside its own, none of them near a colour of the other world.

    name: of the draw.  share: how often an odd colour is worn, together.
    """
    rng = draws.named("odd colours", name)
    foreign = [color for color, _ in OTHER_COLORS.values()]
    own = sum(weight for _, weight in palette.values())
    odd: Palette = {}
    while len(odd) < colors:
        color = rounded(rng.uniform(0.05, 0.97, 3) * 0.75 + rng.uniform(0.02, 0.25))
        if min(distance(color, other) for other in foreign) >= COLORS_APART:
            odd[f"odd {len(odd)}"] = (color, own * share / (1 - share) / colors)
    return {**palette, **odd}


def pick(rng: np.random.Generator, palette: Palette, jitter: float = 0.035) -> Color:
    """Draw one colour by weight and move it a little, so that no two people are dyed in one vat."""
    colors = list(palette.values())
    weights = np.array([weight for _, weight in colors])
    color = np.array(colors[int(rng.choice(len(colors), p=weights / weights.sum()))][0])
    shade = color * (1 + rng.normal(0, jitter * 2)) + rng.normal(0, jitter, 3)
    return rounded(shade)


def rounded(color: np.ndarray) -> Color:
    """Clip to [.02, .98] and keep three decimals, so that a colour survives a text file."""
    red, green, blue = (round(float(value), 3) for value in np.clip(color, 0.02, 0.98))
    return red, green, blue


def distance(one: Color, other: Color) -> float:
    """Euclidean distance in display sRGB, 0 to sqrt(3)."""
    return float(np.linalg.norm(np.subtract(one, other)))


def far_color(
    rng: np.random.Generator,
    palette: Palette,
    away: tuple[Color, ...],
    least: float = 0.5,
    most: float = 1.2,
) -> Color:
    """A colour of the palette at least `least` from every colour in `away` (from the farthest found otherwise)."""
    best, best_gap = away[0], -1.0
    for _ in range(60):
        color = pick(rng, palette)
        gap = min(distance(color, other) for other in away)
        if least <= gap <= most:
            return color
        if gap > best_gap:
            best, best_gap = color, gap
    return best


def linear(color: Color | np.ndarray) -> np.ndarray:
    """Display sRGB in [0, 1] to linear light in [0, 1], any shape, float32."""
    value = np.asarray(color, np.float32)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


WIDE = Wardrobe(
    widened(TOP_COLORS, "tops"),
    widened(BOTTOM_COLORS, "bottoms"),
    widened(SHOE_COLORS, "shoes"),
    widened(BRIGHT_COLORS, "brights"),
    SOLE_COLORS,
)
WIDER = Wardrobe(
    widened(TOP_COLORS, "more tops", 240, 0.65),
    widened(BOTTOM_COLORS, "more bottoms", 160, 0.6),
    widened(SHOE_COLORS, "more shoes", 120, 0.6),
    widened(BRIGHT_COLORS, "more brights", 240, 0.65),
    SOLE_COLORS,
)
