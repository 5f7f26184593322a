// The open pair: its four questions, what is asked right now, and the widget that answers.

import { add, button, write } from "./dom.js";

const WHYS = [
  ["duel", "Why this one? The duel"],
  ["gates", "Which scale? The gates"],
  ["correspondence", "Where? The correspondence"],
  ["edit", "What if? Edit the person"],
];

// pictured(place): a small picture of a gallery photo, or of the query for -1: {src, text}.  closed(): to the list.
export function openpair(parent, { model, set, says, pictured, closed }) {
  const get = (name) => model.get(name);
  const pair = add(parent, "section", "oe-pair");
  pair.setAttribute("aria-label", "the open pair");
  const line = add(pair, "div", "oe-line");
  const whys = WHYS.map(([value, text]) => {
    const one = button(line, text, () => {
      if (one.getAttribute("aria-disabled") === "true") return;
      set({ why: value });
      ask(`The network is asked: ${text}`, "nearest");
    });
    return { value, text, button: one };
  });
  button(line, "Close the pair", () => {
    set({ opened: "" });
    closed();
  });
  const reasons = add(pair, "p", "oe-small oe-cannot");
  const said = says(pair);
  const two = add(pair, "div", "oe-two");
  const inside = add(pair, "div", "oe-child");
  let asking = "";
  let inner = { id: null, view: null };

  // Said at once, before Python answers; the pair comes into view.
  function ask(words, block) {
    if (typeof get("answered") !== "number") return;
    asking = words;
    draw();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // In the next frame: what belongs to the pair has its place by then.
    requestAnimationFrame(() => pair.scrollIntoView({ block, behavior: calm ? "auto" : "smooth" }));
  }
  async function show() {
    const id = get("child");
    if (inner.id === id) return;
    inner.view?.remove();
    inner = { id, view: null };
    inside.replaceChildren();
    if (!id) return;
    const child = await model.widget_manager.get_model(String(id).replace("IPY_MODEL_", ""));
    const made = await model.widget_manager.create_view(child);
    if (inner.id !== id) return made.remove();
    inner.view = made;
    inside.append(made.el);
    draw();
  }
  function photos() {
    two.hidden = !asking && !(get("child") && !inner.view);
    if (two.hidden) return;
    const place = get("gallery").names.indexOf(get("opened"));
    two.replaceChildren();
    for (const { src, text } of [pictured(-1), pictured(place)]) {
      const img = add(two, "img");
      img.alt = text || "";
      if (src) img.src = src;
    }
  }
  function draw() {
    if (get("asked") === get("answered")) asking = "";
    pair.hidden = !get("opened");
    const cannot = asking ? {} : get("cannot");
    const told = new Map();
    for (const { value, text, button: one } of whys) {
      one.setAttribute("aria-pressed", String(get("why") === value));
      one.setAttribute("aria-disabled", String(Boolean(cannot[value])));
      if (cannot[value]) told.set(cannot[value], [...(told.get(cannot[value]) || []), text.split("?")[0] + "?"]);
    }
    write(reasons, [...told].map(([reason, names]) => `Not ${names.join(", ")} ${reason}`).join(" "));
    reasons.hidden = !told.size;
    write(said, asking || get("asked_of"));
    inside.hidden = Boolean(asking);
    photos();
  }
  return {
    // A pair was clicked.  words: who is in it.
    opened: (words) => ask(`The network is asked: ${words} ...`, "start"),
    draw() {
      draw();
      show();
    },
    redraw: photos,
    end: () => inner.view?.remove(),
  };
}
