// Which photos flow: a strip of pairs with words, any photo of the gallery, one's own.

import { add, button, choice, folded } from "./dom.js";
import { redrawn } from "./flow_maps.js";
import { incoming } from "./incoming.js";

const NOBODY = "(no second photo)";
const OWN = "your photo";

export function flowPhotos(parent, { box, get, set, press }) {
  const fold = folded(parent, "Choose photos");
  fold.element.classList.add("oe-choose");
  const strip = add(fold.inside, "div", "oe-strip");
  strip.setAttribute("role", "group");
  strip.setAttribute("aria-label", "pairs of photos");
  const redraw = redrawn(strip);
  const line = add(fold.inside, "div", "oe-line");
  const menus = ["First photo", "Second photo"].map((title, k) => choice(line, title, (name) => replace(k, name)));
  const own = add(fold.inside, "details");
  add(own, "summary", "", "A photo of your own");
  const where = choice(own, "It becomes the", () => {}, [[0, "first photo"], [1, "second photo"]]);
  const brought = incoming(own, box, (content) => press({ photo: Number(where.select.value) }, content), "picture");

  function replace(k, name) {
    const shown = [...get("shown")];
    if (name === NOBODY) shown.length = 1;
    else if (name !== OWN) shown[k] = name;
    set({ shown, cell: [] });
  }
  function draw() {
    const shown = get("shown");
    redraw([get("pairs"), shown], () => get("pairs").forEach((pair) => suggestion(strip, pair, shown, set)));
    menus.forEach((menu, k) => {
      const own = shown[k] === "" ? [[OWN, OWN]] : [];
      const known = get("choices").some(([name]) => name === shown[k]);
      const given = shown[k] && !known ? [[shown[k], shown[k]]] : [];
      menu.fill([...(k ? [[NOBODY, NOBODY]] : []), ...own, ...given, ...get("choices")]);
      menu.show(shown[k] === undefined ? NOBODY : shown[k] || OWN);
    });
  }
  return { draw, end: brought.end };
}

function suggestion(strip, { words, names, src }, shown, set) {
  const one = button(strip, "", () => set({ shown: names, cell: [] }), "oe-pair");
  one.dataset.key = names.join();
  src.forEach((address) => {
    const img = add(one, "img");
    img.src = address;
    img.alt = "";
  });
  add(one, "span", "oe-small", words);
  one.setAttribute("aria-pressed", String(names.join() === shown.join()));
}
