"""`lab.py app` on one's own: each thing is looked at before a server starts, and the notebook finds what was named."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs

import nbformat
import pytest
from test_app import visitor_of
from test_inspection import people
from test_lab import ROOT, posix
from test_own_data import folder, photo, tiny  # noqa: F401  tiny is a fixture
from voilapage import app_of, wait_until

import lab
from osnet_edu import Refused, assets
from osnet_edu.lab import app, own, programs
from osnet_edu.lab.own import Brought
from osnet_edu.network import export, weights
from osnet_edu.photos import market

GRADES = "case,part,family,noticed,rank,mass,pointing,chance,rank_untrained\n0,logo,0,1,0.5,0.5,1.0,0.1,0.1\n"


@pytest.fixture
def mine(tmp_path, tiny, monkeypatch) -> Path:  # noqa: F811
    """A folder with photos, a checkpoint, its audit and grades, in which somebody stands."""
    folder(tmp_path / "photos")
    shutil.copy(tiny, tmp_path / "mine.safetensors")
    (tmp_path / "page.html").write_text(audit_of(tmp_path / "mine.safetensors"))
    (tmp_path / "grades.csv").write_text(GRADES)
    monkeypatch.chdir(tmp_path)
    for name in own.to_environment(Brought()):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def audit_of(checkpoint: Path) -> str:
    opened = weights.open(checkpoint)
    text = f"{export.digest(opened.model)} {opened.size[0]}x{opened.size[1]}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f'<head></head><h1 title="&">An audit</h1><footer>mine: {digest}</footer>'


def started(monkeypatch, *words: str) -> list[str]:
    """What lab.py starts inside the environment."""
    commands = []
    monkeypatch.setattr(lab, "Setup", lambda **_: SimpleNamespace(make=lambda _: None, python="python"))
    monkeypatch.setattr(programs, "attend", lambda command: commands.append(command) or (0, False))
    lab.main(["app", *words])
    return commands[0][3:]


def served(monkeypatch, *words: str) -> Brought:
    """What the notebook would show, after `lab.py app` with these words."""
    monkeypatch.setattr(app, "serve", lambda *_: None)
    app.main(started(monkeypatch, *words))
    return own.from_environment()


# ---- what is named


def test_paths_are_whole_and_the_page_of_ones_own_is_served(mine, monkeypatch):
    words = started(monkeypatch, "photos", "--weights", "mine.safetensors", "--grades=grades.csv", "--port", "9")
    assert words == [
        "--port", "9", "--data", str(mine / "photos"), "--weights", str(mine / "mine.safetensors"),
        "--grades", str(mine / "grades.csv"), "--here", str(mine), "--", str(ROOT / lab.EXPLORER_OF_OWN),
    ]  # fmt: skip
    assert started(monkeypatch) == ["--port", "8888", "--", str(ROOT / lab.EXPLORER)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["app", "00"], "There is no folder of photos '00'."),
        (["app", ""], "There is no folder of photos ''."),
        (["app", "mine.safetensors"], "There is no folder of photos 'mine.safetensors'."),
        (["app", "--weights", "photos"], "There is no file 'photos' for --weights."),
        (["app", "--weights", "absent.pth"], "There is no file 'absent.pth' for --weights."),
        (["app", "--audit", "absent.html"], "There is no file 'absent.html' for --audit."),
        (["app", "photos", "--grades", ""], "There is no file '' for --grades."),
        (["setup", "--weights", "mine.safetensors"], "Only 'app' takes a network, an audit and grades, got --weights."),
        (["--audit", "page.html"], "Only 'app' takes a network, an audit and grades, got --audit."),
        (["setup", "photos"], "Only 'book', 'wheelhouse', 'reset' and 'app' take a name, got 'photos'."),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_set_up(mine, monkeypatch, words, says):
    monkeypatch.setattr(lab, "Setup", lambda **_: pytest.fail("it was set up"))
    with pytest.raises(Refused) as refused:
        lab.main(words)
    assert str(refused.value) == says


def test_the_notebook_finds_what_was_named_and_no_audit_of_another_network(mine, monkeypatch):
    shown = served(monkeypatch, "photos", "--weights", "mine.safetensors", "--audit", "page.html")
    assert shown == Brought(str(mine / "photos"), str(mine / "mine.safetensors"), str(mine / "page.html"), "")
    assert served(monkeypatch, "photos") == Brought(data=str(mine / "photos"))
    (mine / own.AUDIT_PAGE).write_text(audit_of(mine / "mine.safetensors"))
    assert served(monkeypatch, "photos") == Brought(data=str(mine / "photos"))  # the page is not the shipped network's


def test_an_audit_is_found_where_the_command_leaves_it(mine, monkeypatch, capsys):
    (mine / "elsewhere").mkdir()
    page = mine / own.AUDIT_PAGE
    page.write_text(audit_of(mine / "mine.safetensors"))
    for here in (mine, mine / "elsewhere"):  # where one stands, or beside the checkpoint
        monkeypatch.chdir(here)
        assert served(monkeypatch, "--weights", str(mine / "mine.safetensors")).audit == str(page)
        assert capsys.readouterr().out == f"The page shows the audit {page} too.\n"


def test_each_thing_is_looked_at_before_the_server_starts(mine, monkeypatch, capsys):
    monkeypatch.setattr(app, "serve", lambda *_: pytest.fail("it was served"))
    (mine / "other.html").write_text("<h1>Somebody else</h1>")
    (mine / "binary.html").write_bytes(b"\xff\xfe")
    (mine / "other.csv").write_text("a,b\n1,2\n")
    photo(mine / "loose" / "one.png", seed=1)
    for words, says in (
        (["photos", "--weights", "grades.csv"], "grades.csv is refused: it holds more than tensors"),
        (["--weights", "mine.safetensors", "--audit", "other.html"],
         "other.html is not an audit of .*/mine.safetensors; `python -m osnet_edu audit` with the same --weights"),
        (["--audit", "page.html"], "page.html is not an audit of the shipped network"),
        (["--audit", "binary.html"], "binary.html is not a page that `python -m osnet_edu audit` wrote"),
        (["--grades", "other.csv"], "other.csv is not a table that `grade` wrote: it has no column part"),
        (["loose"], "loose"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=says):
            app.main(started(monkeypatch, *words))
    assert capsys.readouterr().out == ""


def test_what_is_wrong_with_a_folder_is_said_and_it_is_served(mine, monkeypatch, capsys):
    people(mine / "plain", ann=2, bob=2, cleo=1)
    assert served(monkeypatch, "plain").data == str(mine / "plain")
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2 and said[0].startswith("Note: The folders tell no camera")
    assert said[1].startswith("Note: 1 of 3 people have one photo (cleo)")


# ---- the notebook


def test_the_notebook_is_the_explorer_and_what_stands_beside_it():
    cells = nbformat.read(ROOT / lab.EXPLORER_OF_OWN, as_version=4).cells
    usual = nbformat.read(ROOT / lab.EXPLORER, as_version=4).cells
    assert cells[0].source == usual[0].source
    assert [cell.source.splitlines()[-1] for cell in cells[1:]] == ["own.audit_and_grades()", "own.explorer()"]


def test_the_explorer_shows_ones_own_people_by_ones_own_network(mine, monkeypatch):
    served(monkeypatch, "photos", "--weights", "mine.safetensors")
    explorer = own.explorer()
    assert explorer.models == ["shipped", "untrained", "mine"] and explorer.model == "mine" and explorer.plain
    assert set(explorer.gallery["who"]) == {f"person {who}, camera {camera}" for who in (7, 8) for camera in (1, 2)}
    assert explorer.state.startswith(f"Explorer({str(mine / 'photos')!r}, models={{'mine': ")
    (mine / "weights.safetensors").write_bytes((mine / "mine.safetensors").read_bytes())
    served(monkeypatch, "photos", "--weights", "weights.safetensors")
    assert own.explorer().model == f"{mine.name}/weights.safetensors"


def test_the_audit_is_in_a_frame_without_rights_and_the_grades_are_a_table(mine, monkeypatch):
    served(monkeypatch, "photos", "--weights", "mine.safetensors", "--audit", "page.html", "--grades", "grades.csv")
    page = own.audit_and_grades().data
    assert '<iframe title="The audit" sandbox srcdoc="&lt;head&gt;&lt;base href=&quot;about:srcdoc&quot;&gt;' in page
    assert "&lt;h1 title=&quot;&amp;&quot;&gt;An audit" in page
    assert page.count("<summary>") == 2 and "<summary>The graded method</summary>" in page
    assert '<th scope="row">logo</th><td>1</td><td>0.50 [0.50, 0.50]</td><td>0.10 [0.10, 0.10]</td>' in page
    served(monkeypatch, "photos")
    page = own.audit_and_grades().data
    assert "<details>" not in page and "Network: the shipped network." in page


# ---- the page

FRAMED = "() => [document.querySelector('h1').textContent, matchMedia('(prefers-color-scheme: dark)').matches]"


def some_people(root: Path, count: int) -> Path:
    """A Market-1501 folder of the first shipped people to be found."""
    found = market.read(assets.subset(), train=False)
    chosen = sorted({one.person for one in found.query})[:count]
    for one in (*found.query, *found.gallery):
        if one.person in chosen:
            path = root / one.path.parent.name / one.name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(one.path, path)
    return root


@posix
@pytest.mark.browser
@pytest.mark.slow
def test_the_page_shows_ones_own_people_and_the_audit_beside(mine, playwright, chromium_path):
    photos = some_people(mine / "people", 8)
    page = (mine / "page.html").read_text()
    (mine / "page.html").write_text(f'{page}<a href="#end">The end</a><p id="end">The last words.</p>')
    cells = [cell.source for cell in nbformat.read(ROOT / lab.EXPLORER_OF_OWN, as_version=4).cells]
    named = {"--weights": "mine.safetensors", "--audit": "page.html", "--grades": "grades.csv"}
    words = [str(photos), *(f"{option}={mine / name}" for option, name in named.items())]
    (mine / "app").mkdir()
    with app_of(mine / "app", *cells, words=words) as app, visitor_of(playwright, chromium_path, app) as visitor:
        (mine / "app" / "kit" / "assets").symlink_to(ROOT / "assets")
        page = visitor.context.new_page()
        page.emulate_media(color_scheme="dark")
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        assert wait_until(lambda: listens(app.url))  # the address is said before the server is there
        page.goto(app.address, timeout=120_000)
        box = page.locator(".oe-explorer")
        box.locator(".oe-grid .oe-item img[src]").first.wait_for(timeout=120_000)
        link = box.get_by_label("This state as a link")
        assert wait_until(lambda: "model=mine" in link.input_value())
        query = parse_qs(link.input_value().partition("#")[2])["query"][0]
        assert query in {one.name for one in market.read(photos, train=False).query}
        assert page.get_by_text(f"Photos: {photos}.").is_visible()
        look(page, "own_dark")
        page.locator("summary", has_text="The audit of this network").click()
        frame = page.frame_locator("iframe")
        frame.get_by_role("link", name="The end").click()
        inner = next(one for one in page.frames if one is not page.main_frame)
        assert inner.evaluate(FRAMED) == ["An audit", True]
        page.locator("summary", has_text="The graded method").click()
        page.get_by_role("cell", name="0.50 [0.50, 0.50]").first.wait_for()
        look(page, "own_open_dark")
        page.emulate_media(color_scheme="light")
        look(page, "own_open_light")
        assert inner.evaluate(FRAMED) == ["An audit", False]
        assert visitor.outside() == [] and visitor.complaints == []


def listens(url: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 5):
        return True
    return False


def look(page, name: str) -> None:
    """A picture, where they are kept."""
    if folder := os.environ.get("OSNET_EDU_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
