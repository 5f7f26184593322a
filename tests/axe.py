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
RULED = ("at rest", "under the mouse", "chosen, under the mouse")  # also by axe's whole rule, which takes seconds
# One element of each look: buttons of one class in one widget differ in their words alone.
CHOOSE = """(selector) => {
    const seen = new Set();
    for (const element of document.querySelectorAll(selector)) {
        const look = [element.closest('.oe-box').className, element.tagName, element.className].join();
        if (!element.checkVisibility() || !element.textContent.trim() || seen.has(look)) continue;
        seen.add(look);
        element.dataset.look = look;
    }
    return seen.size;
}"""
WEAR = """(given) => document.querySelectorAll('[data-look]').forEach((element) => {
    element.worn ||= Object.fromEntries(['aria-pressed', 'aria-disabled'].map((n) => [n, element.getAttribute(n)]));
    Object.entries(element.worn).forEach(([name, value]) => {
        if (value !== null) element.setAttribute(name, given[name] ?? value); // a state that this button can have
    });
})"""
# axe's own colours and measure; its rule leaves out what is disabled, and here that counts as well.
LOW = """async ([least, rule]) => {
    const { Color, flattenColors, getContrast } = axe.commons.color;
    const colour = (text) => { const made = new Color(); made.parseString(text); return made; };
    const behind = (element) => element
        ? flattenColors(colour(getComputedStyle(element).backgroundColor), behind(element.parentElement))
        : new Color(255, 255, 255, 1);
    const chosen = [...document.querySelectorAll('[data-look]')];
    const low = chosen.flatMap((element) => {
        const ground = behind(element);
        const found = getContrast(ground, flattenColors(colour(getComputedStyle(element).color), ground));
        const words = `${found.toFixed(2)}: ${element.dataset.look} ${element.textContent.slice(0, 40)}`;
        return found < least ? [words] : [];
    });
    if (!rule) return low;
    const height = document.body.style.height;
    document.body.style.height = '100vh';
    const only = {runOnly: ['color-contrast'], resultTypes: ['violations']};
    const found = await axe.run({include: [['[data-look]']]}, only);
    document.body.style.height = height;
    return [...low, ...found.violations.flatMap((one) => one.nodes.map((node) => node.failureSummary + node.html))];
}"""


def contrast_in_states(page, selector: str) -> dict[str, list[str]]:
    """State -> the looks among the elements of a selector whose text has less contrast than 4.5.

    Each state is forced upon all of them at once, as the browser's own tools do it.
    """
    _bring(page)
    assert page.evaluate(CHOOSE, selector), f"nothing on the page matches {selector}"
    session = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    nodes = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": "[data-look]"})["nodeIds"]

    def force(pseudo: tuple[str, ...], given: dict[str, str]) -> None:
        page.evaluate(WEAR, given)
        for node in nodes:
            session.send("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": list(pseudo)})

    low = {}
    for state, (pseudo, given) in STATES.items():
        force(pseudo, given)
        if found := page.evaluate(LOW, [4.5, state in RULED]):
            low[state] = found
    force((), {})
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
