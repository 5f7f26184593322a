"""The whole site, in one folder: what is built in which order.

kit/ holds what the pages run: widgets/ as they are, page/, and engine/ and data/ as the other files of this room write
them.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .. import assets
from ..machine import whole
from ..widgets import widget
from . import alive, engine, explorer, flow, gallery, kept, lessons, pages, pairs, play, variants
from . import slides as shown

_Progress = Callable[[int, int], None]
Says = Callable[[str], _Progress]

# (what is done, the function that writes below kit/, what of the limits it takes)
DATA: tuple[tuple[str, Callable[..., None], tuple[str, ...]], ...] = (
    ("engine", engine.write, ("graphs",)),
    ("gallery", gallery.write, ("queries", "gallery", "models")),
    ("explorer", explorer.write, ("queries", "gallery", "models")),
    ("network at work", flow.write, ("graphs",)),
    ("hard pairs", pairs.write, ("pairs", "methods", "queries", "gallery")),
    ("tour", play.write, ("games", "dressed")),
    ("people", variants.write, ("persons", "changes")),
)


def site(
    out: Path | str,
    notebooks: Path,
    *,
    says: Says | None = None,
    launch: pages.Launch | None = None,
    home: str = "",
    limits: Mapping[str, object] | None = None,
    slides: bool = False,
) -> Path:
    """Build the site into a new folder.

    out: is not there yet, or empty.  notebooks: the folder of the lessons.  says(what): a progress for (done, total)
    of it.  launch: where a lesson runs elsewhere: lesson -> name -> address.  home: the repository.
    limits: a small site, for tests: lessons, a list of notebooks such as ["00", "04"]; the others go to the files of
    this room that write data.  slides: whether the lessons are slides, too.
    Returns: out.  Raises: Refused where out is taken or a notebook fails.
    """
    limits, says = dict(limits or {}), says or (lambda _what: lambda _done, _total: None)
    found = lessons.lessons_of(notebooks, limits.pop("lessons", None))  # type: ignore[arg-type]
    out = whole.new_folder(out)
    step = says("lessons")
    for done, lesson in enumerate(found):
        step(done, len(found))
        lessons.executed(lesson)
    step(len(found), len(found))
    with whole.folder(out) as growing:
        _kit(growing / "kit", found)
        for what, write, takes in DATA:
            some = {name: limits[name] for name in takes if name in limits}
            kept.written_once(what, write, growing / "kit", says(what), some)
        step = says("pages")
        step(0, 1)
        pages.write(growing, found, launch or {}, home, slides=slides)
        if slides:
            shown.write(growing, found)
        step(1, 1)
    kept.remove_unused()
    return out


def _kit(kit: Path, found: Sequence[lessons.Lesson]) -> None:
    """Widgets and the page's own files, and what the lessons' widgets draw."""
    shutil.copytree(pages.PAGE_FOLDER, kit / "page")
    (kit / "widgets").mkdir()
    for script in sorted(widget.FOLDER.glob("*.js")):
        shutil.copy(script, kit / "widgets")
        (kit / "widgets" / f"{script.stem}.css").write_text(widget.styles(script.name), encoding="utf-8")
    (kit / "data" / "alive").mkdir(parents=True)
    (kit / "data" / "pictures").mkdir()
    explorer = assets.path("pictures/front/explorer.png").read_bytes()
    (kit / "data" / "pictures" / "explorer.webp").write_bytes(alive.webp(explorer))
    for lesson in found:
        for record in sorted(lesson.folder.glob("[0-9]*.json")):
            place = kit / "data" / "alive" / f"{lesson.name[:2]}_{record.name}{kept.PACKED}"
            place.write_bytes(kept.packed(record.read_bytes()))
        for picture in sorted(lesson.folder.glob("pictures/*")):
            shutil.copy(picture, kit / "data" / "pictures")
