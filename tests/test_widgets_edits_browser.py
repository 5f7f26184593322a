"""Quick hands in the pedestrian lab: 200 random sequences of edits, undo, games and photos end as Python says.

The page is the widget's own, in a real Chromium; Python is the widget itself, in this process. Only what the network
makes of a picture is the same for every edit, since the state and not the network is asked for here.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from labpage import CHROMIUM_FLAGS

from osnet_edu import Refused, explore
from osnet_edu.widgets import PedestrianLab, wardrobe

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEQUENCES, PHOTOS = 200, 4
STATE = ("photo", "game", "against", "changes", "view")

# The widget's model as anywidget has it: set tells the page, save_changes tells Python, the answer comes later, one
# after the other, and what is set while an answer is taken in is not sent.
PAGE = """
class Model {
  constructor(state) {
    Object.assign(this, { state, heard: {}, dirty: {}, line: Promise.resolve(), taking: false });
  }
  get(name) { return this.state[name]; }
  on(event, act) { (this.heard[event] ||= []).push(act); }
  off(event, act) { this.heard[event] = (this.heard[event] || []).filter((one) => one !== act); }
  change(name, value) {
    if (JSON.stringify(this.state[name]) === JSON.stringify(value)) return;
    this.state[name] = value;
    (this.heard[`change:${name}`] || []).forEach((act) => act());
  }
  set(name, value) { if (!this.taking) this.dirty[name] = value; this.change(name, value); }
  save_changes() { const made = this.dirty; this.dirty = {}; if (Object.keys(made).length) this.tell({ state: made }); }
  send(message) { this.tell({ message }); }
  tell(what) {
    this.line = this.line.then(async () => {
      await pause(random() < 0.5 ? 0 : 12 * random());
      const answer = JSON.parse(await window.python(JSON.stringify(what)));
      this.taking = true;
      Object.entries(answer).forEach(([name, value]) => this.change(name, value));
      this.taking = false;
    });
  }
}
let seed = 1;
function random() { // mulberry32
  let t = (seed += 0x6d2b79f5);
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const any = (list) => list[Math.floor(random() * list.length)];

window.begin = async (code, state) => {
  const { default: widget } = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  window.model = new Model(state);
  widget.render({ model: window.model, el: document.body });
};
function enter(element, value, event) {
  element.value = value;
  element.dispatchEvent(new Event(event, { bubbles: true }));
}
window.play = async (number) => {
  seed = 1000 + number;
  const box = document.querySelector(".oe-lab");
  const [photo, against, game] = box.querySelectorAll(".oe-line select");
  const controls = model.get("groups").flatMap((group) => group.controls);
  const rows = [...box.querySelectorAll(".oe-row")];
  const log = [];
  for (let k = 0; k < 7; k++) {
    const dice = random();
    const place = Math.floor(random() * controls.length);
    const [control, row] = [controls[place], rows[place]];
    const field = row.querySelector("select, input");
    if (dice < 0.62) {
      if (field.disabled) continue;
      const value = control.kind === "choice" ? any(control.options)
        : control.kind === "colour" ? any(["#ff0000", "#123456", "#00ff80"])
        : String(any([control.low, control.high, control.low + 3 * control.step]));
      enter(field, value, control.kind === "choice" ? "change" : "input");
      log.push(["edit", control.name, control.kind === "range" ? Number(field.value) : value]);
    } else if (dice < 0.72) {
      const shown = rows.map((one, i) => [one.querySelector(".oe-back"), i]).filter(([one]) => !one.hidden);
      if (!shown.length) continue;
      const [back, i] = any(shown);
      back.click();
      log.push(["back", controls[i].name]);
    } else if (dice < 0.82) {
      [...box.querySelectorAll("button")].find((one) => one.textContent === "Undo all").click();
      log.push(["undo"]);
    } else {
      const [list, name] = any([[photo, "photo"], [game, "game"], [game, "game"], [against, "against"]]);
      const value = any([...list.options].slice(0, PHOTOS)).value;
      if (list.value === value) continue; // a list says nothing where nothing changes
      enter(list, value, "change");
      log.push([name, value]);
    }
    if (random() < 0.5) await pause(25 * random());
  }
  let quiet = 0;
  while (quiet < 3) { // nothing on the way, nothing that waits
    await model.line;
    await pause(1);
    quiet = model.get("asked") === model.get("answered") ? quiet + 1 : 0;
  }
  await new Promise(requestAnimationFrame);
  const shown = controls.map((control, i) => [control.name, rows[i].querySelector("select, input").value]);
  const state = STATE.map((name) => [name, model.get(name)]);
  return { log, state: Object.fromEntries(state), shown: Object.fromEntries(shown), problem: model.get("problem") };
};
"""


class Reference:
    """The same acts, one after the other, each with all the time it needs."""

    def __init__(self, lab: PedestrianLab):
        self.starts = {}
        for photo in lab.photos[:PHOTOS]:
            for game, _ in lab.games:
                lab.photo, lab.game = photo, game
                self.starts[photo, game] = lab._editor.identity, lab._editor.record, lab.against
        lab.photo, lab.game = lab.photos[0], "free"

    def begin(self, state: dict) -> None:
        self.state = {name: state[name] for name in STATE}

    def act(self, name: str, *rest) -> None:
        state = self.state
        identity, record, _ = self.starts[state["photo"], state["game"]]
        if name in ("photo", "game"):
            if state[name] != rest[0]:
                state[name] = rest[0]
                state["changes"], state["view"] = {}, {}
                state["against"] = self.starts[state["photo"], state["game"]][2]
        elif name == "against":
            state["against"] = rest[0]
        elif name == "undo":
            state["changes"], state["view"] = {}, {}
        else:
            control = wardrobe.CONTROLS[rest[0]]
            trait = "view" if control.of == "view" else "changes"
            wanted = {**state[trait]}
            if name == "back":
                wanted.pop(control.name, None)
            else:
                wanted[control.name] = in_python(control, rest[1])
            try:
                if trait == "view":
                    explore.viewed(record, wanted)
                else:
                    edited = explore.edited(identity, wanted)
                    now = {one: wardrobe.value(edited, one) for one in wanted}
                    wanted = {one: value for one, value in now.items() if value != wardrobe.value(identity, one)}
            except Refused:
                return
            state[trait] = wanted


def in_python(control: wardrobe.Control, value: object) -> object:
    if control.name == "yaw":
        return value * math.pi / 180
    if control.name == "camera":
        return int(value)
    return [round(int(value[k : k + 2], 16) / 255, 4) for k in (1, 3, 5)] if control.kind == wardrobe.COLOUR else value


@pytest.fixture
def desk(playwright, chromium_path, monkeypatch):
    """play(number) -> what was done and what the page shows, and the widget behind it."""
    lab = PedestrianLab()
    seen = lab._now
    monkeypatch.setattr(explore.Editor, "_look", lambda _, who, view: replace(seen, identity=who, view=view))
    monkeypatch.setattr(PedestrianLab, "_explain", lambda _: None)
    reference = Reference(lab)
    keys = [name for name in lab.keys if not name.startswith("_") and name not in ("layout", "tabbable", "tooltip")]

    def state() -> dict:
        return json.loads(json.dumps(lab.get_state(keys)))

    changed: set[str] = set()
    lab.observe(lambda change: changed.add(change.name))

    def python(text: str) -> str:
        what = json.loads(text)
        changed.clear()
        if "message" in what:
            lab._handle_custom_msg(what["message"], [])
        else:
            lab.set_state(what["state"])
            changed.update(what["state"])  # what was refused goes back to the page as it was
            changed.discard("asked")  # the page numbers its questions, and Python sends no number back
        return json.dumps(lab.get_state([name for name in keys if name in changed]))

    browser = playwright.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
    page = browser.new_page()
    crashes: list[str] = []
    page.on("pageerror", lambda error: crashes.append(str(error)))
    page.expose_function("python", python)
    page.set_content(f"<style>{PedestrianLab._css}</style>")
    page.add_script_tag(content=f"const PHOTOS = {PHOTOS};\nconst STATE = {list(STATE)};\n{PAGE}")
    page.evaluate("([code, state]) => window.begin(code, state)", [PedestrianLab._esm, state()])
    yield lab, reference, lambda number: page.evaluate("number => window.play(number)", number)
    browser.close()
    assert crashes == []


def test_quick_sequences_end_as_slow_ones_do(desk):
    lab, reference, play = desk
    kinds: dict[str, int] = {}
    for number in range(SEQUENCES):
        reference.begin(lab.get_state())
        played = play(number)
        for act in played["log"]:
            reference.act(*act)
            kinds[act[0]] = kinds.get(act[0], 0) + 1
        python = {name: getattr(lab, name) for name in STATE}
        assert python == reference.state, (number, played["log"], played["problem"])
        assert played["state"] == json.loads(json.dumps(python)), (number, played["log"])
        wrong = {
            name: (shown, lab.values[name])
            for name, shown in played["shown"].items()
            if not alike(shown, lab.values[name])
        }
        assert wrong == {}, (number, played["log"])
    assert min(kinds[name] for name in ("edit", "back", "undo", "game", "photo", "against")) > 20, kinds


def alike(shown: str, value: object) -> bool:
    """Does a control show a value? Colours have 8 bits, and a slider stands on its own steps."""
    if isinstance(value, list):
        return shown == "#" + "".join(f"{round(255 * part):02x}" for part in value)
    return shown == value if isinstance(value, str) else abs(float(shown) - value) < 3
