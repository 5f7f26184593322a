// The widgets of an open pair in the page: each with a line that says where its answer comes from, and the gate theatre
// with what its streams contribute.

import duelling from "../widgets/duelling.js";
import flow from "../widgets/flow.js";
import gateTheatre from "../widgets/gate_theatre.js";
import matching from "../widgets/matching.js";

import { sentence } from "./traits.js";

function add(parent, tag, className = "", text = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

// A widget's view.  Returns: {el, remove()}.
function viewed(widget, model, more = () => {}) {
  const el = document.createElement("div");
  const source = add(el, "p", "page-source");
  source.setAttribute("role", "status");
  const say = () => {
    if (source.textContent !== model.get("source")) source.textContent = model.get("source");
  };
  model.on("change:source", say);
  say();
  const undo = widget.render({ model, el: add(el, "div") });
  more(el);
  return {
    el,
    remove() {
      model.off("change:source", say);
      undo?.();
      el.remove();
    },
  };
}

export const duelView = ({ model }) => viewed(duelling, model);
export const flowView = ({ model }) => viewed(flow, model);
export const matchingView = ({ model }) => viewed(matching, model);
export const theatreView = ({ model, of }) => viewed(gateTheatre, model, (el) => contributions(el, model, of));

// A person is edited on a page of its own.
export function editView({ model }) {
  const el = document.createElement("div");
  const words = add(el, "p", "", "Twelve people can be changed, one thing at a time, on a page of their own: ");
  add(words, "a", "", "change a pedestrian").href = "change.html";
  add(words, "span", "", ". Any other rendered person can be edited in the lab.");
  return { el, remove: () => el.remove(), model };
}

// What each stream of a block contributes to the margin: Shapley values, asked for by a button.
function contributions(parent, model, theatre) {
  const box = add(parent, "section", "page-contributions");
  box.setAttribute("aria-label", "what each stream contributes");
  add(box, "p", "oe-strong", "What does each stream contribute to the margin?");
  add(box, "p", "oe-small", "The margin is how much more similar the match is than the impostor. Every way to keep some streams of a"
    + " block is tried: 16 passes by the network in this page. The values add up to the margin minus what it is without any of them.");
  const line = add(box, "div", "oe-line");
  const said = add(box, "p");
  said.setAttribute("role", "status");
  const table = add(box, "table");
  table.hidden = true;
  for (const block of theatre.blocks) {
    const button = add(line, "button", "", block);
    button.type = "button";
    button.addEventListener("click", () => ask(block));
  }
  async function ask(block) {
    try {
      const found = await theatre.contributions(block, (done, all) => (said.textContent = `Block ${block}: ${done} of ${all} passes.`));
      filled(table, found.values);
      said.textContent = `Block ${block}: the margin is ${signed(found.all)}; without any of its streams it is ${signed(found.none)}.`;
    } catch (error) {
      said.textContent = sentence(error);
    }
  }
  model.on("change:triple", () => {
    table.hidden = true;
    said.textContent = "";
  });
}

const signed = (value) => (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(3);

// A row for each stream: its value, and a bar, orange for the match and blue against it.
function filled(table, values) {
  const most = Math.max(...values.map(Math.abs)) || 1;
  table.hidden = false;
  table.replaceChildren();
  add(table, "caption", "oe-small", "Shapley values: above zero for the match, below zero against it");
  values.forEach((value, t) => {
    const row = add(table, "tr");
    add(row, "th", "", `stream ${t + 1}`).scope = "row";
    add(row, "td", "oe-right", signed(value));
    const bar = add(add(row, "td"), "span", `page-bar ${value < 0 ? "page-against" : "page-for"}`);
    bar.style.width = `${Math.round((120 * Math.abs(value)) / most)}px`;
  });
}
