"""lab.py badge: links to a tag on GitHub, written between two marks, and a first cell that is for Colab alone."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import types
from pathlib import Path

import pytest
from test_lab import ROOT

from osnet_edu import Refused
from osnet_edu.lab import badge

README = "# The kit: a title\n\nA first line.\n"
LINE = (
    "[Open the site: nothing to install](https://some-one.github.io/the.kit/) · "
    "[Open in Binder](https://mybinder.org/v2/gh/some-one/the.kit/v0.1.0?urlpath=lab/tree/notebooks/00_start_here.ipynb)"
    " · [Open in Colab](https://colab.research.google.com/github/some-one/the.kit/blob/v0.1.0/notebooks/00_start_here.ipynb)"
    " · [Open in Codespaces](https://codespaces.new/some-one/the.kit/tree/v0.1.0)"
)


def git(here: Path, *arguments: str, when: str = "2026-01-01T00:00:00") -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false")
    dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": "/"}
    subprocess.run(["git", "-C", str(here), *who, *arguments], check=True, capture_output=True, env=dates)


def repository(folder: Path, remote: str | None, *tags: str, readme: str = README) -> Path:
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "README.md").write_bytes(readme.encode())
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "all")
    if remote:
        git(folder, "remote", "add", "origin", remote)
    for tag in tags:
        git(folder, "tag", tag)
    return folder


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/some-one/the.kit.git",
        "https://github.com/some-one/the.kit",
        "https://github.com/some-one/the.kit/",
        "https://name:password@github.com/some-one/the.kit.git",
        "git@github.com:some-one/the.kit.git",
        "git@github.com:some-one/the.kit",
        "ssh://git@github.com/some-one/the.kit.git",
        "ssh://git@ssh.github.com:443/some-one/the.kit.git",
    ],
)
def test_every_form_of_a_github_remote_gives_the_same_links(remote, tmp_path, capsys):
    here = repository(tmp_path / "kit", remote, "v0.1.0")
    assert badge.write_badges(str(here)) == 0
    below = f"\n<!-- badges -->\n{LINE}\n<!-- /badges -->\n"
    assert (here / "README.md").read_text(encoding="utf-8") == README.replace("\n", "\n" + below, 1)
    said = capsys.readouterr().out
    assert "README.md has now:\n    [Open the site: nothing to install](https://some-one.github.io/the.kit/)\n" in said
    assert "    [Open in Binder](https://mybinder.org/v2/gh/some-one/the.kit/v0.1.0?" in said
    assert "password" not in said and "git push origin v0.1.0" in said
    assert [path.name for path in here.iterdir() if path.name != ".git"] == ["README.md"]


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_between_the_marks_the_line_changes_and_elsewhere_no_byte(end, tmp_path, capsys):
    before, after = f"no title\tat all{end}<!-- badges -->", f"<!-- /badges -->  {end}{end}é, no end of line"
    old = f"{before}{end}of an older tag{end}{end}{after}"
    here = repository(tmp_path / "kit", "https://github.com/some-one/the.kit", "v0.1.0", readme=old)
    wanted = f"{before}{end}{LINE}{end}{after}".encode()
    for words in ("README.md has now:", "README.md had already:"):
        badge.write_badges(str(here))
        assert (here / "README.md").read_bytes() == wanted
        assert words in capsys.readouterr().out


def test_the_second_run_after_marks_were_made_changes_nothing(tmp_path):
    here = repository(tmp_path / "kit", "https://github.com/some-one/the.kit", "v0.1.0")
    badge.write_badges(str(here))
    once = (here / "README.md").read_bytes()
    badge.write_badges(str(here))
    assert (here / "README.md").read_bytes() == once and once.count(b"badges -->") == 2


def test_the_newest_tag_is_taken_and_one_of_another_branch_is_not(tmp_path):
    here = repository(tmp_path / "kit", None)
    git(here, "tag", "v9.0.0")  # older than the next ones, though its number is higher
    for number, tags in enumerate((("v0.9.0", "v0.10.0"), ("v7.0.0",)), start=1):
        if tags == ("v7.0.0",):
            git(here, "checkout", "-q", "-b", "aside")
        git(here, "commit", "-q", "--allow-empty", "-m", "more", when=f"2026-02-0{number}T00:00:00")
        for tag in tags:
            git(here, "tag", tag)
    assert badge.newest_tag(str(here)) == "v7.0.0"
    git(here, "checkout", "-q", "-")
    assert badge.newest_tag(str(here)) == "v0.10.0"


@pytest.mark.parametrize(
    ("remote", "tags", "readme", "words"),
    [
        ("https://github.com/a/b", (), README, r"'git tag v0\.1\.0 && git push --tags'"),
        (None, ("v1",), README, r"no remote 'origin': add it with 'git remote add origin"),
        ("https://user:secret@gitlab.com/a/b.git", ("v1",), README, r"for GitHub only, .* is at gitlab\.com\.$"),
        ("https://github.com.elsewhere.example/a/b", ("v1",), README, r"at github\.com\.elsewhere\.example\.$"),
        ("/srv/git/kit.git", ("v1",), README, "GitHub only"),
        ("https://github.com/a/b)[x](https://elsewhere.example", ("v1",), README, "does not end in OWNER/REPOSITORY"),
        ("https://github.com/a/b/c", ("v1",), README, "does not end in OWNER/REPOSITORY"),
        ("https://github.com/a<script>/b", ("v1",), README, "does not end in OWNER/REPOSITORY"),
        ("https://github.com/a/..", ("v1",), README, "does not end in OWNER/REPOSITORY"),
        ("https://github.com/a/b", ("v1)<b>",), README, "a link needs one of letters"),
        ("https://github.com/a/b", ("of/mine",), README, "The newest tag is 'of/mine'"),
        ("https://github.com/a/b", ("v1",), "# T\n<!-- badges -->\n", "<!-- badges --> once and <!-- /badges --> once"),
        ("https://github.com/a/b", ("v1",), "# T\n<!-- /badges -->\n<!-- badges -->\n", "once after it"),
        ("https://github.com/a/b", ("v1",), "No title.\n", "does not begin with a title"),
    ],
)  # fmt: skip
def test_what_gives_no_links_is_refused_and_nothing_is_written(remote, tags, readme, words, tmp_path):
    here = repository(tmp_path / "kit", remote, *tags, readme=readme)
    with pytest.raises(Refused, match=words) as refused:
        badge.write_badges(str(here))
    assert "secret" not in str(refused.value)
    assert (here / "README.md").read_text() == readme


def test_a_folder_that_is_no_checkout_of_its_own_is_refused(tmp_path):
    around = repository(tmp_path / "around", "https://github.com/a/b", "v1")
    inside = around / "kit"
    inside.mkdir()
    for folder in (inside, tmp_path):
        with pytest.raises(Refused, match="is not a git checkout of its own"):
            badge.write_badges(str(folder))


def test_without_git_or_without_a_readme_it_is_said(tmp_path, monkeypatch):
    here = repository(tmp_path / "kit", "https://github.com/a/b", "v1")
    (here / "README.md").unlink()
    with pytest.raises(Refused, match=r"README\.md is missing"):
        badge.write_badges(str(here))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="git is not installed"):
        badge.write_badges(str(here))


# ---------------------------------------------------------------------------------------------
# The first cell on Colab


def run_cell(monkeypatch, tmp_path, capsys) -> list[list[str]]:
    """Run the cell that `lab.py badge` prints; the commands that it would start."""
    badge.write_badges(str(repository(tmp_path / "kit", "https://github.com/some-one/the.kit", "v0.1.0")))
    _, _, cell = capsys.readouterr().out.partition("is to run on Colab:\n\n")
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: commands.append(command))
    exec(compile(cell, "cell", "exec"), {})
    return commands


def test_the_cell_does_nothing_outside_colab(monkeypatch, tmp_path, capsys):
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    assert run_cell(monkeypatch, tmp_path, capsys) == []


def test_on_colab_it_installs_the_tag_and_keeps_torch_and_numpy(monkeypatch, tmp_path, capsys):
    import numpy
    import torch

    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    (command,) = run_cell(monkeypatch, tmp_path, capsys)
    assert command[1:] == [
        "-m", "pip", "install", "-q", "osnet_edu @ git+https://github.com/some-one/the.kit@v0.1.0",
        f"torch=={torch.__version__}", f"numpy=={numpy.__version__}",
    ]  # fmt: skip


def test_the_tag_brings_the_ranges_of_the_package_which_colabs_torch_and_numpy_satisfy():
    from packaging.requirements import Requirement

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ranges = {requirement.name: requirement.specifier for requirement in map(Requirement, declared)}
    assert ranges["torch"].contains("2.8.0+cu126") and ranges["numpy"].contains("2.0.2")
    assert not [name for name, specifier in ranges.items() if "==" in str(specifier)]


def test_the_pages_of_a_user_have_no_folder():
    assert badge.pages_address("Some-One", "some-one.github.io") == "https://some-one.github.io/"
    assert badge.pages_address("Some-One", "Kit") == "https://some-one.github.io/Kit/"
    assert badge.links("a", "b", "v1", "notebooks/04_x.ipynb")[1] == (
        "Colab", "https://colab.research.google.com/github/a/b/blob/v1/notebooks/04_x.ipynb",
    )  # fmt: skip
