// The gate theatre. Python reads gates, silences streams and ranks; this file draws bars, photos and the list.

import { add, button, choice, outline, page, percent, picture, shape, write } from "./dom.js";

const [ZOOM, MARGIN] = [192, 14]; // height of a photo, and what is left around it, in screen pixels
const [BAR, GAP, HALF] = [6, 2, 46]; // of the bars in a stream's picture
const KINDS = ["oe-q", "oe-p", "oe-n"]; // query, hard positive, hard negative
const TOP = 1.0; // share of a block that fills its bar

function render({ model, el }) {
  const { box, set, says, follow } = page({ model, el }, "oe-theatre");
  const get = (name) => model.get(name);

  const line = add(box, "div", "oe-line");
  const triple = choice(line, "Query, hardest first", (value) => set({ triple: Number(value) }));
  const rest = add(box, "div", "oe-line");
  const fill = choice(rest, "A silenced stream becomes", (value) => set({ fill: value }), [
    ["zero", "zero"],
    ["mean", "its mean over the gallery"],
  ]);
  const where = choice(rest, "Silenced in", (value) => set({ where: value }), [
    ["query", "the query alone"],
    ["both", "query and gallery alike"],
  ]);
  const all = button(rest, "All streams on", () => set({ silenced: [] }));

  const top = add(box, "div", "oe-top");
  const stage = add(top, "div", "oe-photos");
  const [height, width] = get("size");
  const zoom = ZOOM / height;
  const frames = KINDS.map((kind) => {
    const figure = add(stage, "figure", kind);
    const caption = add(figure, "figcaption");
    const canvas = add(figure, "canvas", "oe-result");
    canvas.width = Math.round(width * zoom) + 2 * MARGIN;
    canvas.height = ZOOM + 2 * MARGIN;
    canvas.setAttribute("role", "img");
    return { caption, canvas, img: new Image() };
  });
  const told = add(top, "div", "oe-told");
  const sentence = says(told, "p", "oe-strong oe-result");
  const how = add(told, "p", "oe-small");
  const table = add(told, "table", "oe-result");
  const head = add(add(table, "thead"), "tr");
  ["", "similarity", "now", "rank", "now"].forEach((text) => (add(head, "th", "oe-right", text).scope = "col"));
  const body = add(table, "tbody");
  const details = says(told, "p", "oe-small");
  const seen = add(told, "p", "oe-small");
  const note = add(told, "p", "oe-note");

  const key = add(box, "p", "oe-key");
  [["oe-q", "query"], ["oe-p", "\u2713 hard positive"], ["oe-n", "\u2717 hard negative"]].forEach(([kind, text]) => {
    add(key, "i", kind).setAttribute("aria-hidden", "true");
    add(key, "span", "", text);
  });
  add(key, "span", "", "Bars show the network with all its streams on. Left: mean gate, 0 to 1. Right: share of the block, 0 to 100 %. Numbers: the query's.");

  const board = add(box, "div", "oe-board");
  let cards = [];
  const pair = (block, stream) => (one) => one[0] === block && one[1] === stream;
  const silent = (block, stream) => get("silenced").some(pair(block, stream));
  function toggle(block, stream) {
    const others = get("silenced").filter((one) => !pair(block, stream)(one));
    set({ silenced: silent(block, stream) ? others : [...others, [block, stream]] });
  }
  // Solo: all other streams of this block are silenced; once more, and they are on again.
  function solo({ name, streams }, stream) {
    const outside = get("silenced").filter(([block]) => block !== name);
    set({ silenced: alone({ name, streams }, stream) ? outside : [...outside, ...others(streams, name, stream)] });
  }
  const others = (streams, name, stream) => streams.filter((one) => one.stream !== stream).map((one) => [name, one.stream]);
  function alone({ name, streams }, stream) {
    return streams.length > 1 && streams.every((one) => silent(name, one.stream) === (one.stream !== stream));
  }

  function bars(parent, { gate, share }) {
    const rows = share.length;
    const svg = shape(parent, "svg", { viewBox: `0 0 ${2 * HALF + 10} ${rows * (BAR + GAP)}`, "aria-hidden": "true" });
    share.forEach((part, i) => {
      const y = i * (BAR + GAP);
      if (gate.length) {
        shape(svg, "rect", { x: 0, y, width: HALF, height: BAR, class: "oe-track" });
        shape(svg, "rect", { x: 0, y, width: gate[i] * HALF, height: BAR, class: KINDS[i] });
      }
      const long = (Math.min(Math.abs(part), TOP) / TOP) * HALF;
      const zero = HALF + 10;
      shape(svg, "rect", { x: zero, y, width: HALF, height: BAR, class: "oe-track" });
      shape(svg, "rect", { x: part < 0 ? zero - Math.min(long, 9) : zero, y, width: part < 0 ? Math.min(long, 9) : long, height: BAR, class: KINDS[i] });
    });
    shape(svg, "line", { x1: HALF + 10, x2: HALF + 10, y1: 0, y2: rows * (BAR + GAP), class: "oe-zero" });
  }
  const numbers = ({ gate, share }) => (gate.length ? `gate ${gate[0].toFixed(2)}, ` : "") + `share ${percent(share[0])}`;

  function makeCards() {
    board.replaceChildren();
    cards = get("blocks").map((block) => {
      const card = add(board, "section", "oe-block");
      card.setAttribute("aria-label", `block ${block.name}`);
      const title = add(card, "div", "oe-name");
      add(title, "b", "", block.name);
      const gated = block.streams.some((one) => one.gate.length);
      const streams = block.streams.map((one) => {
        const row = add(card, "div", "oe-stream");
        const line = add(row, "div", "oe-two");
        const name = button(line, `${one.stream}: ${one.cells}\u00d7${one.cells}`, () => set({ chosen: [block.name, one.stream] }), "oe-pick");
        name.setAttribute("aria-label", `stream ${one.stream} of ${block.name}, ${one.cells} by ${one.cells} cells: ${numbers(one)}; draw its field`);
        const mute = button(line, "mute", () => toggle(block.name, one.stream));
        mute.setAttribute("aria-label", `mute stream ${one.stream} of ${block.name}`);
        const only = button(line, "solo", () => solo(block, one.stream));
        only.setAttribute("aria-label", `solo stream ${one.stream} of ${block.name}`);
        bars(row, one);
        const below = add(row, "div", "oe-below oe-small");
        add(below, "span", "", one.gate.length ? one.gate[0].toFixed(2) : "no gate");
        add(below, "span", "", percent(one.share[0]));
        return { row, name, mute, only, stream: one.stream };
      });
      add(card, "p", "oe-leans", block.leans);
      const open = gated ? button(card, "all channels", () => set({ opened: get("opened") === block.name ? "" : block.name })) : null;
      open?.setAttribute("aria-label", `all channels of ${block.name}`);
      return { block, open, streams };
    });
    everywhere.replaceChildren();
    const most = Math.max(...get("blocks").map((block) => block.streams.length));
    add(everywhere, "span", "", "In all blocks:");
    buttons = Array.from({ length: most }, (_, t) => {
      const one = button(everywhere, `mute stream ${t + 1}`, () => {
        const these = get("blocks").filter((block) => block.streams.length > t).map((block) => [block.name, t + 1]);
        const left = get("silenced").filter(([, stream]) => stream !== t + 1);
        set({ silenced: muted(t + 1) ? left : [...left, ...these] });
      });
      return one;
    });
  }
  const muted = (stream) =>
    get("blocks").every((block) => block.streams.length < stream || silent(block.name, stream));
  const everywhere = add(box, "div", "oe-line oe-everywhere");
  let buttons = [];

  const strips = add(box, "div", "oe-strips");
  const listTitle = add(box, "p", "oe-strong", "The first ten of the gallery");
  const list = add(box, "ol", "oe-result");
  listTitle.id = `oe-theatre-${Math.random().toString(36).slice(2)}`;
  list.setAttribute("aria-labelledby", listTitle.id);

  function paint() {
    const { shortest, longest } = get("field");
    frames.forEach(({ caption, canvas, img }, i) => {
      const photo = get("photos")[i];
      if (!photo) return;
      write(caption, photo.role);
      const draw = () => {
        const pen = canvas.getContext("2d");
        pen.clearRect(0, 0, canvas.width, canvas.height);
        pen.imageSmoothingEnabled = false;
        pen.drawImage(img, MARGIN, MARGIN, width * zoom, ZOOM);
        if (!shortest) return;
        frame(pen, canvas, longest, [7, 5], 4);
        frame(pen, canvas, shortest, [], 9);
      };
      canvas.setAttribute("aria-label", `${photo.text}. ${get("field").says || ""}`);
      if (img.src === photo.src && img.complete) draw();
      else {
        img.onload = draw;
        img.src = photo.src;
      }
    });
  }
  // A window that is larger than the photo runs along the edge of the picture.
  function frame(pen, canvas, [upper, left, lower, right], dash, inset) {
    const [l, t] = [Math.max(MARGIN + left * zoom, inset), Math.max(MARGIN + upper * zoom, inset)];
    const [r, b] = [Math.min(MARGIN + right * zoom, canvas.width - inset), Math.min(MARGIN + lower * zoom, canvas.height - inset)];
    outline(pen, [l, t, r - l, b - t], dash);
  }

  function drawStrips() {
    strips.replaceChildren();
    const channels = get("channels");
    strips.hidden = !get("opened");
    if (!get("opened")) return;
    add(strips, "p", "oe-strong", `All gates of ${get("opened")}, a cell for each channel: the darker, the further open`);
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

  let made = "";
  function draw() {
    triple.fill(get("triples").map((text, i) => [i, text]));
    triple.show(get("triple"));
    fill.show(get("fill"));
    where.show(get("where"));
    const blocks = JSON.stringify(get("blocks"));
    if (made !== blocks) {
      // The focus stays with the button that was pressed, also where its card is made anew.
      const focused = board.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : "";
      makeCards();
      made = blocks;
      if (focused) [...board.querySelectorAll("button")].find((b) => b.getAttribute("aria-label") === focused)?.focus();
    }
    for (const { block, open, streams } of cards) {
      open?.setAttribute("aria-expanded", String(get("opened") === block.name));
      for (const { row, name, mute, only, stream } of streams) {
        const off = silent(block.name, stream);
        row.classList.toggle("oe-off", off);
        mute.setAttribute("aria-pressed", String(off));
                only.setAttribute("aria-pressed", String(alone(block, stream)));
        name.setAttribute("aria-pressed", String(pair(block.name, stream)(get("chosen"))));
      }
    }
    buttons.forEach((one, t) => one.setAttribute("aria-pressed", String(muted(t + 1))));
    all.setAttribute("aria-disabled", String(!get("silenced").length));
    write(sentence, get("sentence"));
    write(how, get("how"));
    write(note, get("note"));
    note.hidden = !get("note");
    write(details, get("details"));
    write(seen, get("field").says || "");
    body.replaceChildren();
    get("effects").forEach((one, i) => {
      const row = add(body, "tr");
      const name = add(row, "th", KINDS[i + 1], one.who);
      name.scope = "row";
      [one.before.toFixed(3), one.now.toFixed(3), one.rank_before || "left out", one.rank || "left out"].forEach((text, k) =>
        add(row, "td", `oe-right${k % 2 ? " oe-strong" : ""}`, String(text)),
      );
    });
    drawStrips();
    list.replaceChildren();
    for (const one of get("places")) {
      const item = add(list, "li", `${one.match ? "oe-hit" : "oe-other"}${one.moved ? " oe-moved" : ""}`);
      add(item, "b", "", String(one.rank));
      picture(item, { src: one.src, text: one.name });
      add(item, "span", "", one.match ? "\u2713 same person" : "\u2717 other person");
      add(item, "span", "", one.similarity.toFixed(3));
      const arrow = one.rank < one.before ? "\u25b2 " : "\u25bc ";
      add(item, "span", "oe-place", one.moved ? arrow + one.moved : "");
    }
    paint();
  }
  const traits = [
    "triples", "triple", "silenced", "fill", "where", "chosen", "opened", "photos", "blocks", "channels", "field", "places",
    "effects", "sentence", "details", "how", "note",
  ];
  return follow(traits, draw);
}

export default { render };
