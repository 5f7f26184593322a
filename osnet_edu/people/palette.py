"""The colours people wear, as display sRGB in [0, 1], and how often."""

import numpy as np

Color = tuple[float, float, float]

# Eight skin tones, light to dark, evenly spaced to the eye.
SKIN_TONES: tuple[Color, ...] = (
    (.965, .845, .775), (.925, .770, .670), (.870, .690, .570), (.790, .600, .465),
    (.680, .490, .365), (.560, .385, .275), (.430, .285, .205), (.310, .205, .155),
)
SKIN_WEIGHTS = (.12, .16, .15, .14, .13, .11, .10, .09)

HAIR_COLORS: dict[str, tuple[Color, float]] = {
    "black": ((.075, .065, .065), .34), "dark brown": ((.19, .125, .09), .24), "brown": ((.36, .235, .15), .12),
    "auburn": ((.45, .20, .11), .05), "blond": ((.80, .64, .38), .10), "grey": ((.60, .59, .58), .08),
    "white": ((.86, .85, .83), .04), "dyed red": ((.66, .12, .16), .01), "dyed blue": ((.16, .30, .62), .01),
    "dyed pink": ((.86, .45, .62), .01),
}

# Tops: mostly dark, grey, white and blue, as in the street, with a tail of strong colours.
TOP_COLORS: dict[str, tuple[Color, float]] = {
    "black": ((.085, .085, .095), .17), "charcoal": ((.23, .235, .25), .08), "grey": ((.52, .525, .53), .07),
    "white": ((.93, .93, .92), .13), "cream": ((.90, .85, .73), .04), "navy": ((.10, .135, .27), .09),
    "blue": ((.15, .33, .66), .06), "sky": ((.56, .74, .88), .05), "red": ((.76, .12, .13), .06),
    "burgundy": ((.40, .08, .13), .03), "pink": ((.92, .62, .69), .04), "green": ((.13, .45, .24), .03),
    "olive": ((.37, .37, .20), .03), "mint": ((.60, .83, .73), .015), "beige": ((.76, .66, .52), .04),
    "brown": ((.39, .26, .17), .025), "yellow": ((.94, .79, .22), .02), "mustard": ((.76, .56, .15), .015),
    "orange": ((.91, .45, .12), .02), "purple": ((.40, .22, .54), .02), "lilac": ((.73, .64, .84), .015),
    "teal": ((.08, .46, .47), .02),
}
BOTTOM_COLORS: dict[str, tuple[Color, float]] = {
    "black": ((.09, .09, .10), .24), "charcoal": ((.24, .245, .26), .09), "grey": ((.50, .505, .51), .06),
    "dark denim": ((.13, .19, .31), .16), "denim": ((.27, .39, .56), .13), "light denim": ((.53, .65, .78), .07),
    "khaki": ((.66, .58, .43), .06), "beige": ((.80, .72, .59), .03), "white": ((.91, .91, .90), .04),
    "olive": ((.34, .35, .21), .03), "brown": ((.36, .25, .18), .03), "red": ((.66, .12, .15), .015),
    "pink": ((.89, .62, .68), .01), "green": ((.15, .40, .25), .01), "mustard": ((.75, .57, .20), .005),
    "burgundy": ((.38, .09, .14), .01),
}
SHOE_COLORS: dict[str, tuple[Color, float]] = {
    "black": ((.08, .08, .085), .34), "white": ((.93, .93, .92), .24), "grey": ((.50, .50, .51), .08),
    "brown": ((.38, .24, .15), .10), "tan": ((.70, .52, .34), .05), "navy": ((.11, .15, .30), .05),
    "red": ((.76, .13, .14), .05), "blue": ((.17, .37, .72), .03), "pink": ((.92, .52, .62), .02),
    "green": ((.25, .62, .36), .02), "orange": ((.93, .46, .14), .02),
}
# Bags, hats, umbrellas, prints: small things are where people dare colour.
BRIGHT_COLORS: dict[str, tuple[Color, float]] = {
    "black": ((.085, .085, .09), .18), "grey": ((.48, .48, .49), .06), "white": ((.93, .93, .92), .10),
    "red": ((.80, .11, .13), .12), "blue": ((.13, .33, .74), .10), "navy": ((.10, .14, .30), .08),
    "green": ((.12, .52, .27), .07), "yellow": ((.96, .82, .18), .07), "orange": ((.95, .47, .10), .05),
    "purple": ((.45, .20, .60), .05), "pink": ((.94, .45, .62), .05), "tan": ((.72, .54, .35), .07),
    "teal": ((.05, .55, .56), .05), "brown": ((.36, .23, .15), .06),
}
SOLE_COLORS: dict[str, tuple[Color, float]] = {
    "white": ((.92, .92, .90), .45), "black": ((.10, .10, .10), .35), "gum": ((.62, .43, .25), .20),
}


def pick(rng: np.random.Generator, palette: dict[str, tuple[Color, float]], jitter: float = .035) -> Color:
    """Draw one colour by weight and move it a little, so that no two people are dyed in one vat."""
    colors = list(palette.values())
    weights = np.array([weight for _, weight in colors])
    color = np.array(colors[int(rng.choice(len(colors), p=weights / weights.sum()))][0])
    shade = color * (1 + rng.normal(0, jitter * 2)) + rng.normal(0, jitter, 3)
    return rounded(shade)


def rounded(color: np.ndarray) -> Color:
    """Clip to [.02, .98] and keep three decimals, so that a colour survives a text file."""
    red, green, blue = (round(float(value), 3) for value in np.clip(color, .02, .98))
    return red, green, blue


def distance(one: Color, other: Color) -> float:
    """Euclidean distance in display sRGB, 0 to sqrt(3)."""
    return float(np.linalg.norm(np.subtract(one, other)))


def far_color(rng: np.random.Generator, palette: dict[str, tuple[Color, float]], away: tuple[Color, ...],
              least: float = .5, most: float = 1.2) -> Color:
    """A colour of the palette at least `least` from every colour in `away` (from the farthest found otherwise)."""
    best, best_gap = away[0], -1.
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
    return np.where(value <= .04045, value / 12.92, ((value + .055) / 1.055) ** 2.4).astype(np.float32)
