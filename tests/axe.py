"""axe-core, the accessibility checker, run inside a page: violations(page, selector) lists what is serious.

The checker is a development tool from npm, fetched once by the tests themselves into the cache folder and checked
against its hash. Where it cannot be had the test is skipped with the reason; OSNET_EDU_REQUIRE_BROWSER makes that an
error.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from osnet_edu import assets

VERSION = "4.10.3"
SHA256 = "880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb"
BAD = ("serious", "critical")

# JupyterLab's body has no height and hides what overflows, so axe takes every text in it for invisible and checks no
# contrast: for the time of the check the body is as tall as the window.
RUN = """async ([selector, bad]) => {
    const before = document.body.style.height;
    document.body.style.height = '100vh';
    const found = await axe.run({include: [[selector]]}, {resultTypes: ['violations']});
    document.body.style.height = before;
    return found.violations.filter(v => bad.includes(v.impact)).flatMap(
        v => v.nodes.map(node => `${v.impact} ${v.id}: ${node.html.slice(0, 200)} (${node.failureSummary})`));
}"""


def script() -> Path:
    """The checker's file, installed on first use."""
    folder = assets.cache() / f"axe-core-{VERSION}"
    path = folder / "axe.min.js"
    if not _whole(path):
        npm = shutil.which("npm")
        if npm is None:
            _cannot("npm is not installed (it comes with Node.js, or as Debian's package npm)")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            command = [
                npm,
                "install",
                "--prefix",
                temporary,
                "--no-save",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ]
            try:
                done = subprocess.run(
                    [*command, f"axe-core@{VERSION}"], cwd=temporary, capture_output=True, text=True, timeout=180
                )
                complaint = done.stderr.strip()[-500:] if done.returncode else ""
            except subprocess.TimeoutExpired:
                complaint = "it did not answer in three minutes"
            fetched = Path(temporary) / "node_modules" / "axe-core" / "axe.min.js"
            if complaint or not fetched.is_file():
                _cannot(f"npm could not fetch axe-core: {complaint or 'no file came'}")
            if not _whole(fetched):
                pytest.fail(f"npm brought another axe-core {VERSION} than the one whose hash is in {__file__}")
            os.replace(fetched, path)
    return path


def violations(page, selector: str) -> list[str]:
    """What axe finds serious or critical inside the elements of a selector.

    page: a Playwright page.  Raises: AssertionError where nothing matches, since an empty page has no fault.
    """
    assert page.locator(selector).count() > 0, f"nothing on the page matches {selector}"
    _bring(page)
    return page.evaluate(RUN, [selector, list(BAD)])


# What a person does to a button, as the pseudo-classes and attributes that the browser then has.
STATES = {
    "at rest": ((), {}),
    "under the mouse": (("hover",), {}),
    "pressed down": (("hover", "active"), {}),
    "in focus": (("focus", "focus-visible"), {}),
    "chosen": ((), {"aria-pressed": "true"}),
    "chosen, under the mouse": (("hover",), {"aria-pressed": "true"}),
    "not to be used": (("hover",), {"aria-disabled": "true"}),
}
CONTRAST = """(selector) => {
    const before = document.body.style.height;
    document.body.style.height = '100vh';
    axe.setup(document.body);
    const low = [];
    for (const element of document.querySelectorAll(selector)) {
        if (!element.checkVisibility() || !element.textContent.trim()) continue;
        const behind = axe.commons.color.getBackgroundColor(element);
        const ink = axe.commons.color.getForegroundColor(element);
        const found = behind && ink ? axe.commons.color.getContrast(behind, ink) : 0;
        if (found < 4.5) low.push(`${found.toFixed(2)} for ${element.outerHTML.slice(0, 120)}`);
    }
    axe.teardown();
    document.body.style.height = before;
    return low;
}"""
DRESS = """([selector, given]) => document.querySelectorAll(selector).forEach((element) => {
    element.undressed = Object.fromEntries(Object.keys(given).map((name) => [name, element.getAttribute(name)]));
    Object.entries(given).forEach(([name, value]) => element.setAttribute(name, value));
})"""
UNDRESS = """(selector) => document.querySelectorAll(selector).forEach((element) => {
    Object.entries(element.undressed || {}).forEach(([name, value]) => value === null
        ? element.removeAttribute(name) : element.setAttribute(name, value));
})"""


def contrast_in_states(page, selector: str) -> dict[str, list[str]]:
    """State -> the elements of a selector whose text has less contrast than 4.5, by axe's own measure.

    axe leaves out what is disabled; here it counts as well.  Each state is forced upon all elements at once.
    """
    _bring(page)
    session = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    nodes = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"]
    assert nodes, f"nothing on the page matches {selector}"
    low = {}
    for state, (pseudo, given) in STATES.items():
        page.evaluate(DRESS, [selector, given])
        for node in nodes:
            session.send("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": list(pseudo)})
        if found := page.evaluate(CONTRAST, selector):
            low[state] = found
        page.evaluate(UNDRESS, selector)
    session.detach()
    return low


def _bring(page) -> None:
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(script().read_text(encoding="utf-8"))


def _whole(path: Path) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == SHA256


def _cannot(reason: str) -> None:
    message = f"the accessibility of the widgets cannot be checked: {reason}"
    if os.environ.get("OSNET_EDU_REQUIRE_BROWSER"):
        pytest.fail(message)
    pytest.skip(message)
