"""What the page generator, Sphinx, is told beside its settings: mathematics, links within a notebook, a lesson's own.

Sphinx loads this file by its name and calls `setup`.
"""

import re

from docutils import nodes
from docutils.utils.math import latex2mathml

DEEPER = re.compile(r"\(deeper\)\s*$")  # ends the heading of a section that a reader may skip

_BRACED = re.compile(r"<msub>(\s*<munder>.*?<mo>⏟</mo>\s*</munder>\s*<mtext>[^<]*</mtext>\s*)</msub>", re.DOTALL)
# Spellings that the converter lacks, and what a reader sees no difference to.
_SPELT = ((re.compile(r"\\dots\b"), r"\\ldots"), (re.compile(r"\\[Bb]igg?(?![a-zA-Z])"), ""))


def mathml(formula: str, block: bool = False) -> str:
    """A formula in LaTeX as MathML, which browsers draw without a script."""
    for pattern, instead in _SPELT:
        formula = pattern.sub(instead, formula)
    # The converter puts the words of a brace to the right of it; they belong below.
    return _BRACED.sub(r"<munder>\1</munder>", latex2mathml.tex2mathml(formula, as_block=block))


def slug(heading: str) -> str:
    """The name by which JupyterLab links to a heading."""
    return heading.strip().replace(" ", "-")


def _inline(self, node) -> None:
    self.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def _block(self, node) -> None:
    self.body.append(f'<div class="math" tabindex="0">{mathml(node.astext(), block=True)}</div>')
    raise nodes.SkipNode


def _mark(_app, tree: nodes.document) -> None:
    """A section that may be skipped says so to the style sheet."""
    for section in tree.findall(nodes.section):
        if DEEPER.search(section[0].astext()):
            section["classes"].append("oe-deeper")


def _context(app, page: str, _template, context: dict, _tree) -> None:
    context["lesson"] = page.startswith("lessons/")
    context["launch"] = app.config.oe_launch.get(page.rpartition("/")[2], {}) if context["lesson"] else {}


def setup(app) -> dict:
    """What Sphinx calls when it loads this extension: formulas as MathML, and what our templates need."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.add_config_value("oe_launch", {}, "html")
    app.connect("doctree-read", _mark)
    app.connect("html-page-context", _context)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
