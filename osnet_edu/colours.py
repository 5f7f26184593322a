"""One colour means one thing: the table that the widgets' CSS, the figures and saved pictures read.

Orange and a solid frame mean: the same person, evidence for a match, right. Blue and a dashed frame mean: another
person, evidence against a match, wrong. A mark and a word are shown beside each colour. The selected or focused item
has a thick neutral outline. A chart of two other things uses ONE and TWO, which have no fixed meaning.

Text in each colour has a contrast of 4.5 on the paper and the panels of JupyterLab, Voila and the figures.
"""

import hashlib
import html
from dataclasses import dataclass


@dataclass(frozen=True)
class Colour:
    """One colour as #rrggbb, on light and on dark paper."""

    light: str
    dark: str


SAME = Colour("#b54908", "#f5994f")
OTHER = Colour("#1f5fae", "#86b8f3")
SELECT = Colour("#1a2230", "#e9edf3")
ONE = Colour("#0b6e69", "#4fc4bb")
TWO = Colour("#8a3a93", "#d79be0")

# Shown beside the colours if there is room for a mark or a word.
SAME_MARK, OTHER_MARK = "✓", "✗"
SAME_WORDS, OTHER_WORDS = "same person", "other person"

VARIABLES = {"--oe-same": SAME, "--oe-other": OTHER, "--oe-select": SELECT, "--oe-one": ONE, "--oe-two": TWO}
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
    """Both tables as custom properties.  box: a selector of the elements that get them, dark ones on a dark page."""
    both = {**VARIABLES, **GROUND}
    light = " ".join(f"{name}: {colour.light};" for name, colour in both.items())
    dark = " ".join(f"{name}: {colour.dark};" for name, colour in both.items())
    return f"{box} {{ {light} }}\n{on_dark(box)} {{ {dark} }}\n"


def two_themes(light: str, dark: str, alt: str, width: float) -> str:
    """HTML of one <img> for both themes.  light, dark: addresses of pictures.  width: the largest, in CSS pixels."""
    name = "osnet-edu-" + hashlib.sha256(light.encode()).hexdigest()[:12]
    return (
        f'<img class="{name}" alt="{html.escape(alt)}" width="{round(width)}" style="max-width: 100%; height: auto" '
        f'src="{light}">'
        f'<style>{on_dark(f"img.{name}")} {{ content: url("{dark}") }}</style>'
    )
