// The open pair: its five questions, what is asked right now, and the widget that answers.

import { add, button, write } from "./dom.js";
import { calm } from "./movers.js";

const WHYS = [
  ["duel", "Why this one?", "The duel"],
  ["flow", "How, stage by stage?", "The network at work"],
  ["gates", "Which scale?", "The gates"],
  ["correspondence", "Where?", "The correspondence"],
  ["edit", "What if?", "Edit the person"],
];

// pictured(place): a small picture of a gallery photo, or of the query for -1: {src, text}.  closed(): to the list.
export function openpair(parent, { box, python, get, set, says }, { pictured, closed }) {
  const pair = add(parent, "section", "oe-pair");
  pair.setAttribute("aria-label", "the open pair");
  const close = () => {
    set({ opened: "" });
    closed();
  };
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || pair.hidden) return;
    event.stopPropagation(); // JupyterLab would leave the widget
    close();
  });
  const questions = whys(pair, {
    chosen(value, text) {
      set({ why: value });
      say(`The network is asked: ${text}`);
    },
    closed: close,
  });
  const said = says(pair, "p", "oe-small oe-soft");
  const two = add(pair, "div", "oe-two");
  const child = inside(pair, python, draw);
  let asking = "";

  // Said at once, before Python answers; the pair comes into view.
  function say(words) {
    pair.classList.remove("oe-aside");
    if (!python.numbered()) return;
    asking = words;
    draw();
    pair.scrollTo(0, 0);
    // In the next frame: what belongs to the pair has its place by then.
    requestAnimationFrame(intoView);
  }
  // Where the pair will stand: while it slides up, it is still below that.
  function intoView() {
    pair.style.animation = "none";
    pair.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
    pair.style.animation = "";
  }
  function photos() {
    two.hidden = !asking && child.there();
    two.classList.toggle("oe-waits", Boolean(asking || get("child")));
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
    questions.draw(get("why"), asking ? {} : get("cannot"));
    write(said, asking || get("asked_of"));
    child.element.hidden = Boolean(asking);
    photos();
  }
  return {
    element: pair,
    head: questions.line,
    close,
    // A pair was clicked.  words: who is in it.
    opened: (words) => say(`The network is asked: ${words} ...`),
    draw() {
      child.show(get("child"));
      draw();
    },
    redraw: photos,
    end: child.end,
  };
}

// The five questions as buttons, and why some of them cannot be asked.
function whys(parent, { chosen, closed }) {
  const line = add(parent, "div", "oe-head");
  const buttons = WHYS.map(([value, question, answer]) => {
    const text = `${question} ${answer}`;
    const one = button(line, question, () => one.getAttribute("aria-disabled") === "true" || chosen(value, text));
    one.setAttribute("aria-label", text);
    one.title = answer;
    return { value, text, one };
  });
  const close = button(line, "\u2715", closed, "oe-close");
  close.setAttribute("aria-label", "Close the pair");
  const reasons = add(parent, "p", "oe-small oe-cannot");
  return {
    line,
    // cannot: {question: the reason}.
    draw(why, cannot) {
      const told = new Map();
      for (const { value, text, one } of buttons) {
        one.setAttribute("aria-pressed", String(why === value));
        one.setAttribute("aria-disabled", String(Boolean(cannot[value])));
        // Why the question that was asked has no answer is said with the pair.
        if (cannot[value] && cannot[value] !== cannot[why]) told.set(cannot[value], [...(told.get(cannot[value]) || []), text.split("?")[0] + "?"]);
      }
      write(reasons, [...told].map(([reason, names]) => `Not ${names.join(", ")} ${reason}`).join(" "));
      reasons.hidden = !told.size;
    },
  };
}

// The widget that answers, inside this one.  shown(): it is there now.
function inside(parent, python, shown) {
  const element = add(parent, "div", "oe-child");
  let now = { id: null, view: null };
  return {
    element,
    there: () => Boolean(now.view),
    async show(id) {
      if (now.id === id) return;
      now.view?.remove();
      now = { id, view: null };
      element.replaceChildren();
      if (!id) return;
      const made = await python.view(id);
      if (now.id !== id) return made.remove();
      now.view = made;
      element.append(made.el);
      shown();
    },
    end: () => now.view?.remove(),
  };
}
