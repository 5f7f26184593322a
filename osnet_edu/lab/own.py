"""The explorer's page on one's own: a folder of photos, a network, its audit, and the grades of a method.

`lab.py app` looks at all of them before its server starts, and hands them to the notebook through the environment. The
notebook calls `audit_and_grades` and `explorer`.
"""

import html
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from ..refused import Refused

AUDIT_PAGE = "audit.html"  # where `python -m osnet_edu audit --out audit.html` leaves its page
_VARIABLE = "OSNET_EDU_APP_"
_MOST_BYTES = 100_000_000  # of an audit's page


@dataclass(frozen=True)
class Brought:
    """What the page shows, by name; an empty text is the kit's own, or nothing.

    data: a folder of photos.  weights: a checkpoint.  audit: a page that `audit` wrote about this network.
    grades: a table that `grade` wrote.
    """

    data: str = ""
    weights: str = ""
    audit: str = ""
    grades: str = ""

    @property
    def network(self) -> str:
        """What the page calls the network."""
        path = Path(self.weights)
        return "the shipped network" if not self.weights else f"{path.parent.name}/{path.name}".lstrip("/")


def looked_at(own: Brought, here: Path) -> tuple[Brought, list[str]]:
    """Look at all that is named, before anything starts.

    here: where `audit.html` may lie, as well as beside the checkpoint; it is taken if it is of this network.
    Returns: the same, with an audit that was found; and what there is to say about it, in sentences.
    Raises: Refused for a folder, a checkpoint, a page or a table that cannot be used.
    """
    from .. import explore  # PyTorch takes seconds, and the kit's own page does without
    from ..audit import subject
    from ..grading import written
    from ..network import weights

    said = [f"Note: {note}" for note in explore.open_folder(own.data).notes] if own.data else []
    network = weights.open(own.weights) if own.weights else weights.shipped()
    digest = subject.digest_of(network)
    if own.grades:
        written.read_grades(own.grades)
    if own.audit:
        if not _is_about(digest, _page(Path(own.audit))):
            raise Refused(
                f"{own.audit} is not an audit of {own.network}; `python -m osnet_edu audit` with the same --weights "
                "writes one"
            )
        return own, said
    beside = [here, *([Path(own.weights).parent] if own.weights else [])]
    for path in dict.fromkeys(folder / AUDIT_PAGE for folder in beside):
        if path.is_file() and _is_about(digest, _page(path)):
            return replace(own, audit=str(path)), [*said, f"The page shows the audit {path} too."]
    return own, said


def to_environment(own: Brought) -> dict[str, str]:
    """The variables from which the notebook reads what to show."""
    return {_VARIABLE + name.upper(): value for name, value in asdict(own).items()}


def from_environment(environ: Mapping[str, str] = os.environ) -> Brought:
    """What the page shows, in the notebook."""
    return Brought(**{field.name: environ.get(_VARIABLE + field.name.upper(), "") for field in fields(Brought)})


def explorer() -> Any:
    """The explorer on one's own photos and network; the shipped and the untrained network are in it too."""
    from ..explore import SHIPPED, UNTRAINED
    from ..widgets import Explorer

    own = from_environment()
    if not own.weights:
        return Explorer(own.data or None)
    path = Path(own.weights)
    name = path.stem if path.stem not in ("weights", SHIPPED, UNTRAINED) else own.network
    shown = Explorer(own.data or None, models={name: path}, model=name)
    shown.plain = True  # a link to another state still counts
    return shown


def audit_and_grades() -> Any:
    """What stands beside the explorer: which photos and which network, the audit, and the grades. For a notebook."""
    from IPython.display import HTML

    own = from_environment()
    photos = own.data or "the shipped people"
    words = f"<p>Photos: {html.escape(photos)}. Network: {html.escape(own.weights or own.network)}.</p>"
    folds = []
    if own.audit:
        # A frame without rights: the page in it runs nothing, and asks nobody for anything. Its links to its own
        # sections stay in the frame by the name that a page in srcdoc has.
        framed = html.escape(_page(Path(own.audit)).replace("<head>", '<head><base href="about:srcdoc">', 1))
        folds.append(("The audit of this network", f'<iframe title="The audit" sandbox srcdoc="{framed}"></iframe>'))
    if own.grades:
        from ..grading import written

        folds.append(("The graded method", written.read_grades(own.grades).shown()._repr_html_()))
    chips = "".join(f"<details><summary>{title}</summary>{body}</details>" for title, body in folds)
    return HTML(f'<section class="oe-beside">{_STYLE}{words}{chips}</section>')


_STYLE = """<style>
.oe-beside { margin: 0 2px 12px; font-size: 12.5px; color: var(--jp-content-font-color1); }
.oe-beside > p { color: var(--jp-content-font-color2); overflow-wrap: anywhere; }
.oe-beside details { display: inline-block; vertical-align: top; margin-right: 8px; }
.oe-beside details[open] { display: block; margin: 8px 0; }
.oe-beside summary { display: block; width: fit-content; padding: 4px 12px; cursor: pointer;
  border: 1px solid var(--jp-border-color1); border-radius: 999px; }
.oe-beside summary::after { content: " \\25BE" / ""; }
.oe-beside details[open] summary::after { content: " \\25B4" / ""; }
.oe-beside summary:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
.oe-beside iframe { display: block; width: 100%; height: 85vh; margin-top: 8px; border-radius: 14px;
  border: 1px solid var(--jp-border-color1); }
</style>"""


def _page(path: Path) -> str:
    """A page as text.  Raises: Refused where it cannot be read."""
    if not path.is_file():
        raise Refused(f"{path} is not a file; expected a page that `python -m osnet_edu audit` wrote")
    if path.stat().st_size > _MOST_BYTES:
        raise Refused(f"{path} has {path.stat().st_size / 1e6:.0f} MB; the page of an audit has a few")
    try:
        return path.read_text(encoding="utf-8")
    except ValueError as error:
        raise Refused(f"{path} is not a page that `python -m osnet_edu audit` wrote") from error


def _is_about(digest: str, page: str) -> bool:
    """Whether a page is the audit of a network: it names the network's digest in its last lines."""
    return digest in page
