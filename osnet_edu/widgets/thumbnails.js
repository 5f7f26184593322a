// Small pictures that Python has: asked for when they come into view, many in one message.

import { add, bytes } from "./dom.js";

const ASKED = 60; // in one message

// arrived(what, places): some pictures have come.  what: "queries" or "gallery".  place: of a photo among them.
export function thumbnails(python, arrived) {
  const known = { queries: new Map(), gallery: new Map() };
  const wanted = { queries: new Set(), gallery: new Set() };
  let waiting = 0;

  function send() {
    waiting = 0;
    for (const [what, places] of Object.entries(wanted)) {
      const all = [...places];
      places.clear();
      all.forEach((place) => known[what].set(place, {}));
      for (let k = 0; k < all.length; k += ASKED) python.want({ [what]: all.slice(k, k + ASKED) });
    }
  }
  // A picture's {src, text}, empty while it is on its way.
  function ask(what, place) {
    if (!known[what].has(place)) {
      wanted[what].add(place);
      waiting ||= requestAnimationFrame(send);
    }
    return known[what].get(place) || {};
  }
  function heard(message, buffers) {
    for (const what of Object.keys(known)) {
      if (!message[what]) continue;
      message[what].forEach((place, k) => {
        const src = URL.createObjectURL(new Blob([bytes(buffers[k])], { type: "image/jpeg" }));
        const before = known[what].get(place)?.src;
        if (before) URL.revokeObjectURL(before);
        known[what].set(place, { src, text: message.texts[k] });
      });
      arrived(what, new Set(message[what]));
    }
  }
  const deaf = python.listen([["msg:custom", heard]]);
  return {
    ask,
    text: (what, place) => known[what].get(place)?.text || "",
    draw(parent, what, place) {
      const img = add(parent, "img");
      img.draggable = false;
      img.alt = ""; // the item that holds it says what it shows
      const { src } = ask(what, place);
      if (src) img.src = src;
    },
    end() {
      deaf();
      cancelAnimationFrame(waiting);
      for (const all of Object.values(known)) all.forEach(({ src }) => src && URL.revokeObjectURL(src));
    },
  };
}
