"""The lessons as slides to show in a room: a page a lesson below slides/, by nbconvert and reveal.js.

reveal.js comes from npm, as onnxruntime-web does. S opens the speaker's view, which has the lesson's whole text.
"""

import html
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import nbformat
from traitlets.config import Config

from . import deck, npm, pages
from .lessons import Lesson

SPEAKER = "plugin/notes/speaker-view.html"  # what the speaker's window is made of; the plugin has it within it
REVEAL = npm.Package(
    "reveal.js",
    "5.2.1",
    "r7//6mIM5p34hFiDMvYfXgyjXqGRta+/psd9YtytsgRlrpRzFv4RbH76TXd2qD+7ZPZEbpBDhdRhJaFgfQ7zNQ==",
    {
        "dist/reveal.esm.js": "50e198be47bef94b553614bdc34979ac60f0a3c24a0280ff378fc3e877a64f01",
        "dist/reveal.css": "68f915a11ebf7203c0446576b7e952ff61c5dd02134a8a226ffaf62ed42136d2",
        "plugin/notes/notes.esm.js": "8d3b85056cf4d4aac5af1ac5b67cce3441deff5283f1be6444d2678cdc9256fb",
        SPEAKER: "dee46abb809215895af5a51fd388a14bb06a66e4d17ec9f66c87b7d1264e4873",
        "LICENSE": "34014800f4126ac2525e224166f099f26628612e95c41f76d70841b63138c989",
    },
)
_TEMPLATES = Path(__file__).parent / "templates"


def write(site: Path, lessons: Sequence[Lesson]) -> None:
    """Write slides/NAME.html for each lesson below a site, and what they run below kit/slides.

    lessons: executed.  Raises: Refused where reveal.js is not in the cache and cannot be fetched.
    """
    package = npm.brought(REVEAL)
    shutil.copytree(package, site / "kit" / "slides", ignore=shutil.ignore_patterns(Path(SPEAKER).name))
    speaker = pages.INLINE.findall((package / Path(SPEAKER).name).read_text(encoding="utf-8"))
    (site / "slides").mkdir()
    for lesson in lessons:
        path = site / "slides" / f"{lesson.name}.html"
        path.write_text(deck_page(lesson), encoding="utf-8")
        pages.finish(path, site, speaker)


def slides_of(lesson: Lesson) -> list[deck.Slide]:
    """The slides of an executed lesson."""
    notebook = nbformat.read(lesson.folder / "lesson.ipynb", as_version=4)
    told = json.loads((lesson.folder / "told.json").read_text(encoding="utf-8"))
    return deck.slides(notebook, lesson.name, told)


def deck_page(lesson: Lesson) -> str:
    """The slides of an executed lesson as a page of the site."""
    from nbconvert import SlidesExporter

    heading = re.match(r"# (.*)", nbformat.read(lesson.path, as_version=4).cells[0].source)
    title = heading[1] if heading else lesson.name
    told = Config({"SlidesExporter": {"exclude_anchor_links": True, "exclude_input_prompt": True}})
    exporter = SlidesExporter(config=told, template_name="deck", extra_template_basedirs=[str(_TEMPLATES)])
    made = nbformat.v4.new_notebook(cells=[cell for slide in slides_of(lesson) for cell in _cells(slide, title)])
    text, _ = exporter.from_notebook_node(made, {"deck": {"title": title, "name": lesson.name}})
    return text.replace('src="kit:', 'src="../kit/data/pictures/').replace("kit:", "../kit/data/pictures/")


def _cells(slide: deck.Slide, lesson: str) -> list[nbformat.NotebookNode]:
    """A slide as two cells, as nbconvert knows them: what is shown, and the speaker's notes."""
    title = lesson if slide.kind == "title" else slide.title
    heading = f"<h2>{deck.self_contained(html.escape(title, quote=False))}</h2>"
    body = f'<div class="slide {slide.kind}">\n\n{heading}\n\n{deck.self_contained(slide.body)}\n\n</div>'
    shown = nbformat.v4.new_markdown_cell(body, metadata={"slideshow": {"slide_type": "slide"}})
    notes = nbformat.v4.new_markdown_cell(
        deck.self_contained(slide.notes), metadata={"slideshow": {"slide_type": "notes"}}
    )
    return [shown, notes] if slide.notes else [shown]
