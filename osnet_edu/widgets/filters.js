// Which queries the explorer lists: the search, what they must have, and their order.

import { add, choice, folded, number, tick, write } from "./dom.js";

const TYPING = 150; // milliseconds without a letter, after which Python is asked

const any = (list, words) => [["", words], ...list.map((one) => [one, one])];

// The search in words.  typed(text): a moment after the last letter.  entered(text): Enter was pressed.
function searchBox(parent, typed, entered) {
  const label = add(parent, "label", "oe-choice");
  add(label, "span", "", "Search:");
  const input = add(label, "input");
  Object.assign(input, { type: "search", placeholder: "red t-shirt" });
  let typing = 0;
  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => typed(input.value), TYPING);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(typing);
    entered(input.value);
  });
  return {
    show: (text) => document.activeElement !== input && (input.value = text),
    end: () => clearTimeout(typing),
  };
}

// first(): the first query that is found is to be ranked.
export function filters(parent, { get, set, says }, first) {
  const line = add(parent, "div", "oe-line oe-filters");
  let firstWanted = false;
  const search = searchBox(line, (text) => set({ search: text }), (text) => {
    firstWanted = true;
    set({ search: text });
  });
  const failing = tick(line, "only failures", (on) => set({ failures: on }));
  const more = folded(line, "More filters");
  const camera = choice(more.inside, "Camera:", (value) => set({ camera: Number(value) }));
  const attribute = choice(more.inside, "Wears:", (value) => set({ attribute: value }));
  const twin = choice(more.inside, "Has a twin by:", (value) => set({ twin: value }));
  const sort = choice(more.inside, "Order:", (value) => set({ sort: value }));
  const many = says(line, "span", "oe-soft");

  function controls() {
    const { cameras, attributes, twins, sorts } = get("choices");
    camera.fill([[0, "any"], ...cameras.map((one) => [one, one])]);
    attribute.fill(any(attributes, "anything"));
    twin.fill([["", "any or none"], ...twins.map((one) => [one, one.replace("color", "colour")])]);
    [attribute, twin].forEach((one, k) => (one.label.hidden = ![attributes, twins][k].length));
    sort.fill(sorts.map((one) => [one, one]));
    for (const [control, name] of [[camera, "camera"], [attribute, "attribute"], [twin, "twin"], [sort, "sort"]]) {
      control.show(get(name));
    }
    search.show(get("search"));
    failing.input.checked = get("failures");
  }
  return {
    // found: the places of the listed queries.
    draw(found) {
      controls();
      const all = get("queries").names.length;
      const outside = get("at") >= 0 && !found.includes(get("at"));
      const hint = outside ? "; the one below is not among them: press Enter in the search to rank the first" : "";
      const count = `${number(found.length)} of ${number(all)} queries${hint}`;
      write(many, found.length ? count : "No query fits: take a filter away.");
      if (!firstWanted || get("asked") !== get("answered")) return;
      firstWanted = false;
      if (found.length) first();
    },
    end: search.end,
  };
}
