"""One colour means one thing: the table that the widgets' CSS, the figures and saved pictures read.

Orange and a solid frame mean: the same person, evidence for a match, right. Blue and a dashed frame mean: another
person, evidence against a match, wrong. A mark and a word are shown beside each colour. The selected or focused item
has a thick neutral outline.

Orange and blue are for pairs and evidence alone. A chart of something else takes a `ChartStyle` of the table below: one
thing looks the same in all lessons. A style has a mark, a line and a hatch beside its colour: it can be told apart in
grey print. A chart of two things that are not in the table uses ONE and TWO.

Text in each colour has a contrast of 4.5 on the paper and the panels of JupyterLab, Voila and the figures. The colours
of streams have 3: they are for marks, lines and bars.
"""

import hashlib
import html
from dataclasses import dataclass


@dataclass(frozen=True)
class Colour:
    """One colour as #rrggbb, on light and on dark paper."""

    light: str
    dark: str


@dataclass(frozen=True)
class ChartStyle:
    """How one thing looks in every chart.

    mark: matplotlib's marker.  dashes: its line style.  hatch: of a bar.  filled: whether the middle of a mark is.
    """

    colour: Colour
    mark: str
    dashes: str | tuple
    hatch: str
    filled: bool = True

    @property
    def line(self) -> dict:
        """What `axis.plot` takes, in the colours of light paper, which a figure exchanges on dark paper."""
        face = self.colour.light if self.filled else GROUND["--oe-own-paper"].light
        ends = {"markerfacecolor": face, "markeredgecolor": self.colour.light}
        return {"color": self.colour.light, "linestyle": self.dashes, "marker": self.mark, **ends}

    @property
    def bar(self) -> dict:
        """What `axis.bar` and `axis.barh` take."""
        return {"color": self.colour.light, "hatch": self.hatch, "edgecolor": GROUND["--oe-own-paper"].light}


SAME = Colour("#b54908", "#f5994f")
OTHER = Colour("#1f5fae", "#86b8f3")
SELECT = Colour("#1a2230", "#e9edf3")
ONE = Colour("#0b6e69", "#4fc4bb")
TWO = Colour("#8a3a93", "#d79be0")

# What a lesson has made or measured, and what it is compared with.
KIT = TRAINED = AFTER = MEASURED = LITE = ChartStyle(ONE, "o", "-", "")
PUBLISHED = UNTRAINED = BEFORE = FITTED = FULL = ChartStyle(TWO, "D", (0, (4, 2)), "////", filled=False)
PARAMETERS = ChartStyle(Colour("#5f1d3f", "#f7cfe2"), "s", "-", "")
WORK = ChartStyle(Colour("#a83a78", "#ee9cc6"), "^", (0, (1, 1.5)), "....")
# Streams 1 to 4: the finest is the lightest, the coarsest the darkest, on both papers.
STREAMS = (
    ChartStyle(Colour("#86901f", "#eef59a"), "o", "-", ""),
    ChartStyle(Colour("#5a7222", "#c3d75a"), "^", (0, (5, 1)), "...."),
    ChartStyle(Colour("#35521f", "#9ab84a"), "s", (0, (3, 2)), "////"),
    ChartStyle(Colour("#142d14", "#7c9a55"), "D", (0, (1, 1.5)), "xxxx"),
)

# Shown beside the colours if there is room for a mark or a word.
SAME_MARK, OTHER_MARK = "✓", "✗"
SAME_WORDS, OTHER_WORDS = "same person", "other person"

VARIABLES = {"--oe-same": SAME, "--oe-other": OTHER, "--oe-select": SELECT, "--oe-one": ONE, "--oe-two": TWO}
OF_PARTS = {
    "--oe-parameters": PARAMETERS.colour,
    "--oe-work": WORK.colour,
    **{f"--oe-stream-{t}": look.colour for t, look in enumerate(STREAMS, start=1)},
}
# Ink, text that matters less, lines, paper and panels, where a page has no colours of its own.
GROUND = {
    "--oe-own-ink": SELECT,
    "--oe-own-soft": Colour("#5a6576", "#9aa6b6"),
    "--oe-own-line": Colour("#dfe3e9", "#323b48"),
    "--oe-own-paper": Colour("#ffffff", "#12161c"),
    "--oe-own-panel": Colour("#f5f6f8", "#1b212a"),
}
DARK_PAGES = (
    '[data-jp-theme-light="false"]', 'html[data-theme="dark"]', ".vscode-dark",
    ".vscode-high-contrast:not(.vscode-high-contrast-light)",
)  # fmt: skip


def on_dark(selector: str) -> str:
    """The same selector, limited to a dark page of JupyterLab, Voila, VS Code or the kit's site."""
    return ", ".join(f"{page} {selector}" for page in DARK_PAGES)


def css(box: str) -> str:
    """The tables as custom properties.  box: a selector of the elements that get them, dark ones on a dark page."""
    both = {**VARIABLES, **OF_PARTS, **GROUND}
    light = " ".join(f"{name}: {colour.light};" for name, colour in both.items())
    dark = " ".join(f"{name}: {colour.dark};" for name, colour in both.items())
    return f"{box} {{ {light} }}\n{on_dark(box)} {{ {dark} }}\n"


def two_themes(light: str, dark: str, alt: str, width: float) -> str:
    """HTML of one <img> for both themes.  light, dark: addresses of pictures.  width: the largest, in CSS pixels."""
    name = "osnet-edu-" + hashlib.sha256(light.encode()).hexdigest()[:12]
    return (
        f'<img class="{name}" alt="{html.escape(alt)}" width="{round(width)}" '
        f'style="max-width: 100%; height: auto; margin-top: 6px" src="{light}">'
        f'<style>{on_dark(f"img.{name}")} {{ content: url("{dark}") }}</style>'
    )
