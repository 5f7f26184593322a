"""The pages: lessons, tables and cards by Sphinx; the front, the explorer and the changed pedestrian by templates."""

import base64
import hashlib
import html
import io
import json
import re
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import jinja2
import nbformat

from .. import __version__, assets, exercises, figures
from ..grading import leaderboard
from ..refused import Refused
from . import glossary
from .alive import webp, with_files
from .lessons import WIDGET_VIEW, Lesson

ROOM = Path(__file__).parent
TEMPLATES, PAGE_FOLDER = ROOM / "templates", ROOM / "page"
_OWN = ("index", "explorer", "flow", "change")
TITLE = "osnet_edu"
_PICTURE = re.compile(r"kit:([0-9a-f]+\.(?:png|jpg|webp))")
# In the dark theme the generator puts every output on light paper; the kit's own have dark drawings.
_PAPER = re.compile(r"html\[data-theme=dark\] \.bd-content div\.cell_output \.text_html[^{}]*\{[^}]*\}")
LINK = re.compile(r"\[([^\]]*)\]\((\d\d_\w+\.ipynb)\)")
_POINTS = re.compile(
    r"\[([^\]]*)\]\((#flow=[\w.+]+)\)"
)  # into the picture of flow.js: no heading, as Sphinx would think
_WORD = re.compile(rf"\[([^\]]*)\]\(\.\./{re.escape(glossary.GLOSSARY_FILE)}(#[\w-]+)\)")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
# The generator's own choice of a theme: theme.js makes it, also where storage is forbidden.
THEMED = re.compile(r'<script data-cfasync="false">.*?</script>', re.DOTALL)
# What stands for a widget that has a page of its own: words, and a picture where there is one.
ELSEWHERE = {
    "explorer.html": (
        "The explorer is a page of its own. There the network runs in your browser.",
        '<img loading="lazy" src="../kit/data/pictures/explorer.webp" alt="The explorer: a search with filters, a '
        'strip of queries, and the gallery as the shipped weights rank it for one of them.">',
    ),
    "change.html": ("The pedestrian whom you can change is on a page of its own.", ""),
}
Launch = Mapping[str, Mapping[str, str]]  # lesson -> name -> address


def write(folder: Path, lessons: Sequence[Lesson], launch: Launch, home: str = "", *, slides: bool = False) -> None:
    """Write all pages into a folder.

    lessons: executed.  launch: where a lesson runs elsewhere, by its name.  home: the repository's address, or "".
    slides: whether the list of the lessons leads to slides, too.
    """
    with tempfile.TemporaryDirectory(prefix="osnet_edu_") as place:
        source, made = Path(place, "source"), Path(place, "made")
        _sources(source, lessons, slides)
        _generate(source, made, Path(place, "trees"), launch)
        left_out = shutil.ignore_patterns(".*", "_sources", "objects.inv", "*.map", "webpack-macros.html")
        shutil.copytree(made, folder, dirs_exist_ok=True, ignore=left_out)
    for sheet in folder.glob("_static/styles/pydata-sphinx-theme.css"):
        sheet.write_text(_PAPER.sub("", sheet.read_text(encoding="utf-8")), encoding="utf-8")
    _drawn_board(folder / "leaderboard.html", folder / "kit" / "data" / "pictures")
    _own(folder, launch, home)
    for page in sorted(folder.rglob("*.html")):
        finish(page, folder)


def _drawn_board(page: Path, pictures: Path) -> None:
    """The leaderboard's chart becomes a file: the generator copies only the pictures that Markdown names."""
    pictures.mkdir(parents=True, exist_ok=True)
    text = with_files(page.read_text(encoding="utf-8"), pictures, lambda name: f"kit/data/pictures/{name}")
    page.write_text(text, encoding="utf-8")


# --- what Sphinx reads -----------------------------------------------------------------------------------------------


def _sources(source: Path, lessons: Sequence[Lesson], slides: bool) -> None:
    (source / "lessons").mkdir(parents=True)
    for lesson in lessons:
        nbformat.write(as_page(lesson, {one.path.name for one in lessons}), source / "lessons" / f"{lesson.name}.ipynb")
    listed = "\n".join(f"lessons/{lesson.name}" for lesson in lessons)
    contents = (TEMPLATES / "contents.md").read_text(encoding="utf-8").replace("{lessons}", listed)
    shown = " · ".join(f'<a href="slides/{lesson.name}.html">{lesson.name[:2]}</a>' for lesson in lessons)
    contents = contents.replace("{slides}", f"<p>Slides to show in a room: {shown}</p>" if slides else "")
    (source / "contents.md").write_text(contents, encoding="utf-8")
    places = {lesson.name[:2]: f"lessons/{lesson.path.name}" for lesson in lessons}
    (source / "glossary.md").write_text(glossary.page(places), encoding="utf-8")
    (source / "formulas.md").write_text(_formulas(places), encoding="utf-8")
    (source / "pictures").mkdir()
    for name, card in (("model_card", "osnet_x0_25.md"), ("datasheet", "people.md")):
        text = assets.path(card).read_text(encoding="utf-8")
        for picture in re.findall(r"\]\(pictures/(\w+)\.png\)", text):
            content = assets.path(f"pictures/{picture}.png").read_bytes()
            (source / "pictures" / f"{picture}.webp").write_bytes(webp(content) or content)
        (source / f"{name}.md").write_text(re.sub(r"(\]\(pictures/\w+)\.png\)", r"\1.webp)", text), encoding="utf-8")
    (source / "leaderboard.md").write_text(board(), encoding="utf-8")


def _formulas(places: Mapping[str, str]) -> str:
    """FORMULAS.md with links to the lessons that the site has.  places: a lesson's two digits -> its file."""
    text = (ROOM.parents[1] / "FORMULAS.md").read_text(encoding="utf-8").replace("(GLOSSARY.md)", "(glossary.md)")
    return re.sub(
        r"\[([^\]]*)\]\(notebooks/(\d\d)_\w+\.ipynb\)",
        lambda link: f"[{link[1]}]({places[link[2]]})" if link[2] in places else link[1],
        text,
    )


def board() -> str:
    """The shipped leaderboard as a page in Markdown."""
    table = leaderboard.shipped()
    views = ("across", "same")
    names = sorted(table.methods("shipped"), key=lambda name: -table.mean(name, view=views[0]).value)
    above, rows = table.above_untrained(view=views[0]), []
    for name in names:
        across, same = (table.mean(name, view=view) for view in views)
        never, better = "not asked", "not asked"
        if name in above:
            never = f"{table.mean(name, weights='untrained', view=views[0]).value:.2f}"
            better = "yes" if above[name].shown else "no"
        told = (f"{across.value:.2f}", f"{across.low:.2f} to {across.high:.2f}", f"{same.value:.2f}", never, better)
        rows.append(f"| {name} | {' | '.join(told)} |")
    floors = {view: table.floors(view=view) for view in views}
    asked = {name: f"{value:.2f}" for name, value in floors["same"].items()}
    beside = [f"| {name} | {value:.2f} | {asked.get(name, 'not asked')} |" for name, value in floors["across"].items()]
    return "\n".join(
        [
            "# Leaderboard",
            "",
            "Which map finds where two twins differ? Each method is asked about pairs of rendered people whose true "
            "difference is known. Rank accuracy is the share of the true pixels among as many pixels that the map puts "
            "first: 1 is the truth. The last column says whether a method does better on the shipped network than on "
            "one that was never trained. Lesson 10 explains how to read it.",
            "",
            figures.show(figures.leaderboard(table)).data,
            "",
            "<details><summary>All numbers</summary>",
            "",
            "| method | across views | 95 % interval | same view | untrained | better than untrained |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "</details>",
            "",
            "## What needs no network",
            "",
            "| floor | across views | same view |",
            "|---|---|---|",
            *beside,
            "",
        ]
    )


# --- a lesson --------------------------------------------------------------------------------------------------------


def as_page(lesson: Lesson, there: Collection[str]) -> nbformat.NotebookNode:
    """A lesson's notebook as its page shows it: widgets as places for lesson.js, exercises with what helps.

    there: the files of the lessons that the site has; a link to another one is left as words.
    """
    notebook = nbformat.read(lesson.folder / "lesson.ipynb", as_version=4)
    told = json.loads((lesson.folder / "told.json").read_text(encoding="utf-8"))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            task = re.match(r"%%exercise (\w+)", cell.source)
            cell.outputs = [helped(task[1])] if task else _outputs(cell.outputs, told, lesson.name[:2])
        elif cell.cell_type == "markdown":
            cell.source = LINK.sub(lambda link: link[0] if link[2] in there else link[1], cell.source)
            cell.source = _POINTS.sub(r'<a href="\2">\1</a>', cell.source)
            cell.source = _WORD.sub(r'<a href="../glossary.html\2">\1</a>', cell.source)
    return notebook


def _outputs(outputs: list, told: Mapping[str, dict], number: str) -> list:
    found = []
    for output in outputs:
        data = output.get("data", {})
        if WIDGET_VIEW in data:
            place = told.get(data[WIDGET_VIEW]["model_id"])
            if place:
                found.append(_html(_place(place, number)))
        elif "text/html" in data:
            text = data["text/html"].replace("<img ", '<img loading="lazy" ')
            found.append(_html(_PICTURE.sub(r"../kit/data/pictures/\1", text)))
        elif output.output_type == "stream" and found and found[-1].get("name") == output.name:
            found[-1].text += output.text
        else:
            found.append(output)
    for output in found:
        if output.output_type == "stream":
            output.text = _left(output.text)
    return [output for output in found if output.output_type != "stream" or output.text.strip()]


def _left(text: str) -> str:
    """What a terminal still shows of printed text: a progress line wrote over itself."""
    lines = [re.sub(r"\r+$", "", line).rpartition("\r")[2].rstrip() for line in text.split("\n")]
    return "\n".join(lines)


def _html(text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", {"text/html": text})


def _place(told: Mapping[str, str], number: str) -> str:
    if told["link"]:
        words, picture = ELSEWHERE[told["link"]]
        return f'<div class="oe-elsewhere"><p>{words} <a href="../{told["link"]}">Open it</a></p>{picture}</div>'
    return (
        f'<div class="oe-alive" data-script="{told["script"]}" data-record="{number}_{told["record"]}">'
        "<p>Something to touch stands here; it needs JavaScript, from a server.</p></div>"
    )


def helped(name: str) -> nbformat.NotebookNode:
    """What stands below an exercise: its hints and its model answer, folded."""
    task = exercises.REGISTRY[name]
    hints = "".join(f"<li>{_words(hint)}</li>" for hint in task.hints)
    return _html(
        '<div class="oe-exercise"><p>To type your own answer and have it checked, open the lab.</p>'
        f"<details><summary>Hints</summary><ol>{hints}</ol></details>"
        f"<details><summary>A model answer</summary>{exercises.answer(name)._repr_html_()}</details></div>"
    )


def _words(text: str) -> str:
    """Plain text as HTML; what stands between backticks is code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


# --- Sphinx ----------------------------------------------------------------------------------------------------------


def _settings(launch: Launch) -> dict:
    return {
        "project": TITLE,
        "author": "osnet_edu contributors",
        "version": __version__,
        "extensions": ["myst_nb", "osnet_edu.book.generator"],
        "root_doc": "contents",
        "nb_execution_mode": "off",
        "myst_enable_extensions": ["dollarmath", "deflist"],
        "myst_heading_anchors": 3,
        "myst_heading_slug_func": "osnet_edu.book.generator.slug",
        "html_math_renderer": "mathml",
        "html_theme": "pydata_sphinx_theme",
        "html_title": TITLE,
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_sphinx": False,
        "templates_path": [str(TEMPLATES)],
        "html_context": {"default_mode": "auto"},
        "oe_launch": {name: dict(links) for name, links in launch.items()},
        "html_theme_options": {
            "navbar_start": ["name.html"],
            "navbar_center": ["nav.html"],
            "navbar_end": ["dark.html"],
            "navbar_persistent": ["search-button-field"],
            "article_header_end": ["launch.html"],
            "secondary_sidebar_items": ["page-toc"],
            "show_nav_level": 1,
            "show_toc_level": 1,
            "footer_start": ["foot.html"],
            "footer_end": [],
            "search_bar_text": "Search the lessons",
            "back_to_top_button": False,  # it would lie on what the page has just answered
        },
        "html_sidebars": {"**": ["lessons.html"]},
        "html_use_index": False,
    }


def _generate(source: Path, made: Path, trees: Path, launch: Launch) -> None:
    """Raises: Refused with what Sphinx says, where it warns of anything."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    with patch_docutils(None), docutils_namespace():
        app = Sphinx(source, None, made, trees, "html", _settings(launch), status=None, warning=warnings)
        app.build(force_all=True)
    said = re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue()).strip()
    if said:
        raise Refused(f"the pages could not be made: {said}")


# --- the kit's own pages, and what every page has ---------------------------------------------------------------------


def _own(folder: Path, launch: Launch, home: str) -> None:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    maker = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)

    first = next(iter(launch.values()), {})
    for name in _OWN:
        text = maker.get_template(f"{name}.html.j2").render(
            pathto=lambda to, _resource=0: to, launch=first, lesson=False, home=home
        )
        (folder / f"{name}.html").write_text(text, encoding="utf-8")


def finish(page: Path, folder: Path, scripts: Sequence[str] = ()) -> None:
    """What stands first in every page: what it may load, and the script that runs before it is drawn.

    scripts: that a window which the page opens has within it.
    """
    text = THEMED.sub("", page.read_text(encoding="utf-8"))
    up = "../" * (len(page.relative_to(folder).parts) - 1)
    hashes = [_hash(script) for script in (*INLINE.findall(text), *scripts)]
    head = (
        f'<head>\n<meta http-equiv="Content-Security-Policy" content="{policy(hashes)}">\n'
        '<link rel="icon" href="data:,">\n'  # else a browser asks the host's root for one
    )
    text = text.replace("<head>", f'{head}<script src="{up}kit/page/theme.js"></script>', 1)
    page.write_text(text, encoding="utf-8")


def _hash(script: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def policy(hashes: Sequence[str]) -> str:
    """What a page may do: nothing but load this site's own files.  hashes: of the scripts within the page."""
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self' 'wasm-unsafe-eval'", *dict.fromkeys(hashes)]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )
