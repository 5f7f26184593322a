"""The links to the kit's site and to where it runs elsewhere, for the newest tag, and the first cell for Colab.

Python 3.6 reads this file too, and it imports no package: `lab.py badge` needs no environment.
"""

import os
import re
import shutil
import subprocess
import tempfile

from ..refused import Refused
from .programs import say

FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
BADGES_BEGIN, BADGES_END = b"<!-- badges -->", b"<!-- /badges -->"

# On Colab the library comes from the tag, with the ranges of pyproject.toml and not the pins of requirements.txt.
# Colab's own PyTorch and NumPy are named with the versions they have: they may be loaded already, and pip then keeps
# them or says what is wrong, but never puts others in their place, so that nothing has to be restarted.
COLAB_CELL = """\
# On Colab this cell installs the kit at {tag}. Everywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    import subprocess
    from importlib.metadata import version

    kept = [f"{{name}}=={{version(name)}}" for name in ("torch", "numpy")]
    kit = "osnet_edu @ git+https://github.com/{owner}/{repo}@{tag}"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", kit, *kept], check=True)
"""


def ask_git(here, *arguments):
    """What git says about the checkout, or '' where it has no answer."""
    try:
        done = subprocess.run(
            ["git", "-C", here] + list(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, universal_newlines=True,
        )  # fmt: skip
    except FileNotFoundError:
        raise Refused("git is not installed, and the links are made from what it knows.") from None
    return done.stdout.strip() if done.returncode == 0 else ""


def github_name(remote):
    """(owner, repository) of a remote's address on GitHub, by https or ssh."""
    start = r"(?:(?:https?|ssh|git)://)?(?:[^@/\s]*@)?([\w.-]+)(?::\d+(?=/))?[:/]+(.*)$"
    found = re.match(start, remote, re.DOTALL | re.IGNORECASE)
    if not found or found.group(1).lower() not in ("github.com", "www.github.com", "ssh.github.com"):
        # The host alone: the rest of an address may hold a password.
        host = "at %s" % found.group(1) if found else "no address of a host"
        raise Refused("The links are known for GitHub only, and the remote 'origin' is %s." % host)
    name = re.match(r"([A-Za-z0-9][A-Za-z0-9_-]*)/([A-Za-z0-9._-]+?)(?:\.git)?/?\Z", found.group(2))
    if not name or name.group(2) in (".", ".."):
        raise Refused("The remote 'origin' does not end in OWNER/REPOSITORY as GitHub spells them.")
    return name.groups()


def newest_tag(here):
    """The newest tag behind what is checked out; of several of one second the highest version."""
    # The last key counts first.
    order = ["--sort=-version:refname", "--sort=-creatordate"]
    tags = ask_git(here, "for-each-ref", "--merged=HEAD", "--format=%(refname:strip=2)", *(order + ["refs/tags"]))
    if not tags:
        raise Refused(
            "There is no tag, and a link to what still changes would break: make one with "
            "'git tag v0.1.0 && git push --tags', then run 'lab.py badge' again."
        )
    tag = tags.splitlines()[0]
    if not re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z", tag):
        raise Refused("The newest tag is %r; a link needs one of letters, digits, '.', '_' and '-'." % tag)
    return tag


def links(owner, repo, tag, notebook):
    """[name, address] of each service that runs a notebook of a tag."""
    addresses = [
        ("Binder", "https://mybinder.org/v2/gh/{0}/{1}/{2}?urlpath=lab/tree/{3}"),
        ("Colab", "https://colab.research.google.com/github/{0}/{1}/blob/{2}/{3}"),
        ("Codespaces", "https://codespaces.new/{0}/{1}/tree/{2}"),
    ]
    return [(name, address.format(owner, repo, tag, notebook)) for name, address in addresses]


def pages_address(owner, repo):
    """The address of a repository's own pages on GitHub."""
    host = "https://%s.github.io/" % owner.lower()
    return host if repo.lower() == "%s.github.io" % owner.lower() else "%s%s/" % (host, repo)


def badge_line(owner, repo, tag):
    """One line of Markdown: words and no pictures, since a picture from elsewhere would tell who reads the page."""
    first = "[Open the site: nothing to install](%s)" % pages_address(owner, repo)
    others = ["[Open in %s](%s)" % link for link in links(owner, repo, tag, FIRST_NOTEBOOK)]
    return " · ".join([first] + others)


def newest_release(here):
    """(owner, repository, tag) of the newest tag of a checkout on GitHub.  Raises: Refused where there is none."""
    if not ask_git(here, "rev-parse", "--git-dir") or ask_git(here, "rev-parse", "--show-prefix"):
        raise Refused("%s is not a git checkout of its own, and the links are made from its remote and tag." % here)
    remote = ask_git(here, "remote", "get-url", "origin")
    if not remote:
        raise Refused("There is no remote 'origin': add it with 'git remote add origin https://github.com/OWNER/REPO'.")
    owner, repo = github_name(remote)
    return owner, repo, newest_tag(here)


def with_badges(readme, line):
    """README.md's bytes with the line between the two marks; every other byte stays."""
    end = b"\r\n" if b"\r\n" in readme else b"\n"
    block = end.join([BADGES_BEGIN, line.encode("utf-8"), BADGES_END])
    if (readme.count(BADGES_BEGIN), readme.count(BADGES_END)) == (1, 1):
        start, stop = readme.index(BADGES_BEGIN), readme.index(BADGES_END)
        if start < stop:
            return readme[:start] + block + readme[stop + len(BADGES_END) :]
    if BADGES_BEGIN in readme or BADGES_END in readme:
        raise Refused("README.md needs %s once and %s once after it." % (BADGES_BEGIN.decode(), BADGES_END.decode()))
    title = re.match(rb"# [^\n]*\n", readme)
    if not title:
        raise Refused("README.md does not begin with a title ('# ...'), below which the links would go.")
    return title.group(0) + end + block + end + readme[title.end() :]


def write_badges(here):
    """Write the links into README.md; print them, and the first cell for Colab."""
    owner, repo, tag = newest_release(here)
    line = badge_line(owner, repo, tag)
    path = os.path.join(here, "README.md")
    try:
        with open(path, "rb") as file:
            before = file.read()
    except FileNotFoundError:
        raise Refused("README.md is missing: %s." % path) from None
    after = with_badges(before, line)
    if after != before:
        target = os.path.realpath(path)  # a link stays one
        handle, growing = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".README.md-")
        try:
            with open(handle, "wb") as file:
                file.write(after)
                file.flush()
                os.fsync(handle)
            shutil.copymode(target, growing)
            os.replace(growing, target)
        except BaseException:
            os.remove(growing)
            raise
    say("README.md %s:" % ("has now" if after != before else "had already"))
    say("    " + line.replace(" · ", "\n    "))
    say("They work once the tag is on GitHub: git push origin %s" % tag)
    say("\nThe first cell of a notebook that is to run on Colab:\n")
    say(COLAB_CELL.format(owner=owner, repo=repo, tag=tag))
    return 0
