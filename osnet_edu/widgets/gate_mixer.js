// The gate mixer. Python runs the net and mixes; this file has the sliders and shows the pictures.

import { add, button, choice, percent, picture, slider, write } from "./dom.js";
import { page } from "./page.js";

function render({ model, el }) {
  const { box, get, set, press, says, follow } = page({ model, el }, "oe-mixer");
  const line = add(box, "div", "oe-line");
  const block = choice(line, "Block", (value) => set({ block: value }));
  const channel = choice(line, "Channels", (value) => set({ channel: Number(value) }));
  const all = (value) => () => set({ hand: get("hand").map(() => value) });
  button(line, "All 1: the plain sum", all(1));
  button(line, "All 0", all(0));
  // Python takes them: the page may not have heard yet of the gates of a channel chosen a moment ago.
  button(line, "The net's own", () => press("own"));

  const board = add(box, "div", "oe-board");
  picture(column(board, "photo", "oe-photo"), get("photo"));

  const streams = get("hand").map((_, t) => streamColumn(board, t, get, set));
  add(board, "div", "oe-sign", "=").setAttribute("aria-hidden", "true");
  const mixtures = ["your mixture", "the net's"].map((name) => mapIn(column(board, name)));

  const gap = says(box, "p", "oe-gap oe-strong oe-result");
  const lines = add(box, "ul", "oe-says oe-result");

  function draw() {
    block.fill(get("blocks").map((name) => [name, name]));
    block.show(get("block"));
    const numbered = Array.from({ length: get("channels") }, (_, i) => [i + 1, `only channel ${i + 1}`]);
    channel.fill([[0, `all ${get("channels")}, on average`], ...numbered]);
    channel.show(get("channel"));
    streams.forEach((show) => show());
    mixtures.forEach((show, i) => show(get("mixtures")[i]));
    write(gap, `Your mixture differs from the net's by ${(100 * get("gap")).toFixed(1)} %.`);
    lines.replaceChildren();
    get("says").forEach((text) => add(lines, "li", "", text));
  }
  const traits = [
    "blocks", "block", "channels", "channel", "hand", "own", "own_range", "shares", "own_shares", "gap", "maps",
    "mixtures", "says",
  ];
  return follow(traits, draw);
}

function column(board, title, className = "") {
  const place = add(board, "div", `oe-column ${className}`);
  add(place, "b", "", title);
  return place;
}

// A place for a map, in cells and with its mean.  Returns: draws it.
function mapIn(place, cells = "") {
  const img = picture(place, { src: "", text: "" }, "oe-result");
  if (cells) add(place, "span", "oe-small", cells);
  const mean = add(place, "span", "oe-small");
  return (drawn) => {
    if (!drawn) return;
    img.src = drawn.src;
    img.alt = drawn.text;
    write(mean, `mean ${drawn.mean}`);
  };
}

// One stream, with a slider for its gate and the net's own gate below.  Returns: draws it.
function streamColumn(board, t, get, set) {
  const place = column(board, `stream ${t + 1}`, `oe-stream-${t + 1}`);
  const show = mapIn(place, `${2 * t + 3} \u00d7 ${2 * t + 3} cells`);
  const hand = slider(
    place,
    `your gate of stream ${t + 1}`,
    { min: 0, max: 1, step: 0.01 },
    (value) => set({ hand: get("hand").map((old, i) => (i === t ? value : old)) }),
    (value) => `yours ${value.toFixed(2)}`,
  );
  const share = add(place, "span", "oe-small");
  const bar = add(place, "div", "oe-bar");
  const [range, middle] = [add(bar, "i"), add(bar, "i", "oe-mean")];
  const own = add(place, "b");
  const [spread, ownShare] = [add(place, "span", "oe-small"), add(place, "span", "oe-small")];
  return () => {
    show(get("maps")[t]);
    hand.show(get("hand")[t]);
    const mean = get("own")[t];
    const [low, high] = get("own_range")[t];
    range.style.width = `${100 * (high - low)}%`;
    range.style.left = `${100 * low}%`;
    middle.style.left = `${100 * mean}%`;
    write(own, `the net's ${mean.toFixed(2)}`);
    write(spread, get("channel") ? "" : `${low.toFixed(2)} to ${high.toFixed(2)}`);
    write(share, `share ${percent(get("shares")[t])}`);
    write(ownShare, `share ${percent(get("own_shares")[t])}`);
  };
}

export default { render };
