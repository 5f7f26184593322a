// The explorer's queries: a strip of those that are listed, a photo of one's own, and the one that is asked.

import { add, integers, percent, slider, write } from "./dom.js";
import { incoming } from "./incoming.js";
import { longlist } from "./longlist.js";

export function strip(parent, pictures, { get, set }) {
  let found = []; // places of the listed queries
  const last = { found: null, at: null };
  const list = longlist(parent, {
    title: "Queries",
    kind: "row",
    wide: 58,
    tall: () => 106,
    label: (index) => `${get("queries").who[found[index]]}. ${pictures.text("queries", found[index])}`,
    chosen: (index) => set({ query: get("queries").names[found[index]] }),
    draw(node, index) {
      pictures.draw(node, "queries", found[index]);
    },
  });
  return {
    found: () => found,
    redraw: (places) => found.forEach((place, index) => places.has(place) && list.redraw(index)),
    draw() {
      const fresh = last.found !== get("found");
      if (fresh) {
        last.found = get("found");
        found = [...integers(last.found)];
        list.fill(found.length, true);
      }
      list.select(found.indexOf(get("at")), fresh || last.at !== get("at"));
      last.at = get("at");
    },
    end: list.end,
  };
}

// box: where a photo may be dropped.
function ownPhoto(parent, box, { set, press }) {
  const fold = add(parent, "details");
  add(fold, "summary", "", "A photo of your own");
  const own = incoming(fold, box, (content) => press({ photo: "own" }, content));
  const cut = slider(fold, "cut from left to right", { min: 0, max: 1, step: 0.02 }, (value) => set({ own_at: value }), percent);
  return {
    draw(wide, at) {
      cut.label.hidden = !wide;
      cut.show(at);
    },
    end: own.end,
  };
}

// The query that is ranked now, large and in words, and a photo of one's own instead.
export function askedQuery(parent, box, pictures, { get, set, press }) {
  const place = add(parent, "div", "oe-asked");
  const figure = add(place, "figure");
  add(figure, "figcaption", "oe-lead", "query");
  const shown = add(figure, "img");
  shown.draggable = false;
  const who = add(figure, "div", "oe-strong");
  const looks = add(figure, "div", "oe-small oe-soft");
  const own = ownPhoto(place, box, { set, press });

  function picture() {
    return get("at") < 0 ? { src: get("own").src, text: get("own").text } : pictures.ask("queries", get("at"));
  }
  function draw() {
    const place = get("at");
    const known = picture();
    shown.hidden = !known?.src;
    if (known?.src && shown.src !== known.src) shown.src = known.src;
    const name = get("queries").who[place];
    shown.alt = place < 0 ? known.text || "" : `the query: ${name}. ${known?.text || ""}`;
    write(who, place < 0 ? "your photo" : name);
    write(looks, (place >= 0 && known?.text) || "");
    own.draw(place < 0 && get("own").wide, get("own_at"));
  }
  return { picture, draw, end: own.end };
}
