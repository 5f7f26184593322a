// The gate theatre. Python reads gates, silences streams and ranks; this file draws photos, numbers and the list.

import { add, button, choice, folded, outline, picture, shape, write } from "./dom.js";
import { moving } from "./movers.js";
import { page } from "./page.js";
import { theatreBlocks } from "./theatre_blocks.js";

const [ZOOM, MARGIN] = [256, 14]; // height of a photo, and what is left around it, in screen pixels
const ROLES = ["oe-q", "oe-p", "oe-n"]; // query, match, impostor
const KEY = [["oe-q", "query"], ["oe-p", "\u2713 match"], ["oe-n", "\u2717 impostor"]];
const READ =
  "Bars show the network with all its streams on. Left: mean gate, 0 to 1. Right: share of the block, 0 to 100 %. " +
  "Numbers: the query's.";
const TRAITS = [
  "triples", "triple", "silenced", "fill", "where", "chosen", "opened", "photos", "blocks", "channels", "field", "places",
  "effects", "sentence", "details", "how", "note",
];

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-theatre");
  const triples = triple(box, get, set);
  const sentence = says(box, "p", "oe-lead oe-result");
  const top = add(box, "div", "oe-top");
  const photos = threePhotos(top, get("size"));
  const told = numbersTold(add(top, "div", "oe-told"), says);
  const menus = settings(told.folds, get, set);
  keyOf(box);
  const blocks = theatreBlocks(box, ROLES, {
    silenced: () => get("silenced"),
    silence: (pairs) => set({ silenced: pairs }),
    pick: (block, stream) => set({ chosen: [block, stream] }),
    open: (block) => set({ opened: get("opened") === block ? "" : block }),
  });
  const strips = add(box, "div", "oe-strips");
  const list = firstTen(box);

  function draw() {
    triples.draw();
    menus.draw();
    write(sentence, get("sentence"));
    blocks.draw(get("blocks"), { chosen: get("chosen"), opened: get("opened") });
    told.draw(get("effects"), [...["how", "note", "details"].map(get), get("field").says || ""]);
    drawStrips(strips, get("opened"), get("channels"));
    list.draw(get("places"));
    photos.draw(get("photos"), get("field"), get("effects"));
  }
  return follow(TRAITS, draw);
}

// Which triple is asked.
function triple(parent, get, set) {
  const menu = choice(add(parent, "div", "oe-line"), "Query, hardest first", (value) => set({ triple: Number(value) }));
  return {
    draw() {
      menu.fill(get("triples").map((text, i) => [i, text]));
      menu.show(get("triple"));
    },
  };
}

// What silencing means, and its end.
function settings(parent, get, set) {
  const all = button(parent, "All streams on", () => set({ silenced: [] }));
  const more = folded(parent, "How a stream is silenced");
  const rest = more.inside;
  const fill = choice(rest, "A silenced stream becomes", (value) => set({ fill: value }), [
    ["zero", "zero"],
    ["mean", "its mean over the gallery"],
  ]);
  const where = choice(rest, "Silenced in", (value) => set({ where: value }), [
    ["query", "the query alone"],
    ["both", "query and gallery alike"],
  ]);
  return {
    draw() {
      fill.show(get("fill"));
      where.show(get("where"));
      all.setAttribute("aria-disabled", String(!get("silenced").length));
    },
  };
}

// Query, match and impostor, with the window of the chosen stream on each.  size: (height, width).
function threePhotos(parent, [height, width]) {
  const stage = add(parent, "div", "oe-photos");
  const zoom = ZOOM / height;
  const frames = ROLES.map((role) => {
    const figure = add(stage, "figure", role);
    const canvas = add(figure, "canvas", "oe-result");
    const caption = add(figure, "figcaption");
    const [title, alike] = [add(caption, "b"), add(caption, "span", "oe-result")];
    canvas.width = Math.round(width * zoom) + 2 * MARGIN;
    canvas.height = ZOOM + 2 * MARGIN;
    canvas.setAttribute("role", "img");
    return { title, alike, canvas, img: new Image() };
  });
  // A window that is larger than the photo runs along the edge of the picture.
  function frame(pen, canvas, [upper, left, lower, right], dash, inset) {
    const [l, t] = [Math.max(MARGIN + left * zoom, inset), Math.max(MARGIN + upper * zoom, inset)];
    const [r, b] = [Math.min(MARGIN + right * zoom, canvas.width - inset), Math.min(MARGIN + lower * zoom, canvas.height - inset)];
    outline(pen, [l, t, r - l, b - t], dash);
  }
  function paint({ canvas, img }, { shortest, longest }) {
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(img, MARGIN, MARGIN, width * zoom, ZOOM);
    if (!shortest) return;
    frame(pen, canvas, longest, [7, 5], 4);
    frame(pen, canvas, shortest, [], 9);
  }
  // Query and effects have no number in common: the first photo has none.
  function draw(photos, field, effects) {
    frames.forEach((one, i) => {
      const photo = photos[i];
      if (!photo) return;
      write(one.title, `${["", "\u2713 ", "\u2717 "][i]}${photo.role}`);
      write(one.alike, i && effects[i - 1] ? change(effects[i - 1]) : "");
      one.canvas.setAttribute("aria-label", `${photo.text}. ${field.says || ""}`);
      if (one.img.src === photo.src && one.img.complete) paint(one, field);
      else {
        one.img.onload = () => paint(one, field);
        one.img.src = photo.src;
      }
    });
  }
  return { draw };
}

// A similarity, and what it is now where it is another one.
function change({ before, now }) {
  const [one, other] = [before.toFixed(3), now.toFixed(3)];
  return one === other ? one : `${one} \u2192 ${other}`;
}

// What silencing does: in words, and in a table.
function numbersTold(told, says) {
  const details = says(told, "p", "oe-small");
  const seen = add(told, "p", "oe-small oe-soft");
  const how = add(told, "p", "oe-small oe-soft");
  const note = add(told, "p", "oe-note oe-small");
  const folds = add(told, "div", "oe-folds");
  const table = add(folded(folds, "Similarity and rank").inside, "table", "oe-result");
  const head = add(add(table, "thead"), "tr");
  ["", "similarity", "now", "rank", "now"].forEach((text) => (add(head, "th", "oe-right", text).scope = "col"));
  const body = add(table, "tbody");

  function effect({ who, before, now, rank_before, rank }, i) {
    const row = add(body, "tr");
    add(row, "th", ROLES[i + 1], who).scope = "row";
    [before.toFixed(3), now.toFixed(3), rank_before || "left out", rank || "left out"].forEach((text, k) =>
      add(row, "td", `oe-right${k % 2 ? " oe-strong" : ""}`, String(text)),
    );
  }
  return {
    folds,
    // texts: how, the note, details, and what the chosen stream sees.
    draw(effects, texts) {
      [how, note, details, seen].forEach((line, k) => write(line, texts[k]));
      note.hidden = !note.textContent;
      body.replaceChildren();
      effects.forEach(effect);
    },
  };
}

function keyOf(parent) {
  const key = add(parent, "p", "oe-key");
  KEY.forEach(([kind, text]) => {
    add(key, "i", kind).setAttribute("aria-hidden", "true");
    add(key, "span", "", text);
  });
  add(key, "span", "", READ);
}

// Every channel's gate of the block that is opened.
function drawStrips(strips, opened, channels) {
  strips.replaceChildren();
  strips.hidden = !opened;
  if (!opened) return;
  add(strips, "p", "oe-strong", `All gates of ${opened}, a cell for each channel: the darker, the further open`);
  channels.forEach(({ stream, photo, values, text }) => {
    const row = add(strips, "div", "oe-strip");
    add(row, "span", "oe-small", `${stream}, ${photo}`);
    const svg = shape(row, "svg", { viewBox: `0 0 ${values.length} 1`, preserveAspectRatio: "none", role: "img", "aria-label": text });
    values.forEach((value, c) => {
      const cell = shape(svg, "rect", { x: c, y: 0, width: 1.02, height: 1, class: "oe-cell", "fill-opacity": value });
      shape(cell, "title", {}, `channel ${c + 1}: ${value.toFixed(2)}`);
    });
  });
}

function firstTen(parent) {
  const title = add(parent, "p", "oe-lead", "The first ten of the gallery");
  const list = add(parent, "ol", "oe-result");
  title.id = `oe-theatre-${Math.random().toString(36).slice(2)}`;
  list.setAttribute("aria-labelledby", title.id);
  function draw(places) {
    const moved = moving(list);
    list.replaceChildren();
    for (const one of places) {
      const item = add(list, "li", `${one.match ? "oe-hit" : "oe-other"}${one.moved ? " oe-moved" : ""}`);
      item.dataset.moves = one.name;
      add(item, "b", "oe-rank", String(one.rank));
      picture(item, { src: one.src, text: one.name });
      add(item, "b", "oe-mark", one.match ? "\u2713 same" : "\u2717 other");
      add(item, "span", "", one.similarity.toFixed(3));
      const arrow = one.rank < one.before ? "\u25b2 " : "\u25bc ";
      add(item, "span", "oe-place", one.moved ? arrow + one.moved : "");
    }
    moved();
  }
  return { draw };
}

export default { render };
