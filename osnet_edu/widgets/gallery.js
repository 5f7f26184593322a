// The explorer's ranked gallery: of one network as a grid, or of two as columns side by side.

import { beside } from "./beside.js";
import { add, bytes, floats, headline, integers, shape, write } from "./dom.js";
import { longlist } from "./longlist.js";

const KINDS = ["other person", "same person", "left out: own camera", "left out: junk", ""];
const SHORT = ["\u2717 other", "\u2713 same", "own camera", "junk", ""];
const CLASSES = ["oe-other", "oe-match", "oe-out", "oe-out", "oe-unknown"];
const RULE =
  "Grey photos do not count: the rule of Market-1501 leaves out photos of the query's person by the query's own " +
  "camera, and junk.";

// ---- a list in numbers and words

const none = () => ({ place: [], similarity: [], kind: [], rank: [] });

function parsed(value) {
  if (!value.place) return none();
  return {
    place: integers(value.place),
    similarity: floats(value.similarity),
    kind: bytes(value.kind),
    rank: integers(value.rank),
  };
}

// How a photo's rank by the second network differs from that by the first.
function moved([first, second], place) {
  const [before, now] = [first.get(place), second.get(place)];
  if (!now || !before || now === before) return "";
  return now < before ? `up from ${before}` : `down from ${before}`;
}

// One photo of a list.  ranks: of each photo by both networks.
function photoOf({ data, rows, side }, index, ranks) {
  const row = rows[index];
  const [place, kind, rank] = [data.place[row], data.kind[row], data.rank[row]];
  return { place, kind, rank, similarity: data.similarity[row].toFixed(2), change: side ? moved(ranks, place) : "" };
}

function inWords({ kind, rank, similarity, change }, who, looks) {
  const said = KINDS[kind] && `${KINDS[kind]}, `;
  return `${rank ? `Rank ${rank}` : "No rank"}, ${said}similarity ${similarity}. ${who}. ${change} ${looks}`;
}

// The rank stands on the photo; a mark and one number below it.
function card(node, { place, kind, rank, similarity, change }, who, pictures) {
  node.classList.add(CLASSES[kind]);
  node.dataset.moves = place;
  pictures.draw(node, "gallery", place);
  add(node, "b", "oe-rank", rank ? String(rank) : "\u2013");
  const words = add(node, "div", "oe-words");
  const line = add(words, "div", "oe-verdict");
  if (SHORT[kind]) add(line, "b", "", SHORT[kind]);
  add(line, "span", "", similarity);
  add(words, "div", "oe-who", who);
  if (change) add(words, "div", "oe-moved", change);
}

// ---- the three lists: the grid, and the two columns

// above(): makes what stands between the sentence and the lists.  opened(place, side): a photo was chosen.
export function gallery(right, pictures, { get, says }, { above, opened }) {
  const said = says(right, "p", "oe-said oe-result");
  const secondSaid = says(right, "p", "oe-said oe-result");
  const networks = above();
  const grid = add(right, "div", "oe-result");
  const columns = add(right, "div", "oe-columns oe-result");
  const heads = add(columns, "div", "oe-heads");
  const titles = [add(heads, "b"), add(heads, "b")];
  const comparing = () => Boolean(get("right").place);
  let ranks = [new Map(), new Map()]; // of each photo, by each network

  const sides = [0, 0, 1].map((side) => ({ list: null, rows: [], data: none(), side }));
  const who = ({ place }) => get("gallery").who[place];
  function listOf(place, kind, which) {
    const one = (index) => photoOf(sides[which], index, ranks);
    return longlist(place, {
      title: "Ranked gallery",
      kind,
      wide: 90,
      // In a grid a photo is twice as tall as wide, with a line of words below it, or two where nobody knows who it is.
      tall: (wide) => (kind === "grid" ? 2 * wide + (get("at") < 0 ? 32 : 14) : 108),
      label: (index) => inWords(one(index), who(one(index)), pictures.text("gallery", one(index).place)),
      chosen: (index) => opened(one(index).place, sides[which].side),
      draw: (node, index) => card(node, one(index), who(one(index)), pictures),
      scrolled: () => which && both.scrolled(which - 1),
    });
  }
  sides[0].list = listOf(grid, "grid", 0);
  sides[1].list = listOf(columns, "column", 1);
  const lines = shape(columns, "svg", { class: "oe-lines", "aria-hidden": "true" });
  sides[2].list = listOf(columns, "column", 2);
  const both = beside(lines, () => (comparing() ? sides.slice(1) : []));
  add(right, "p", "oe-small", RULE);

  let last = {};
  function fill() {
    const [left, right, out, query] = ["left", "right", "left_out", "query"].map(get);
    if (left === last.left && right === last.right && out === last.out) return;
    const fresh = last.query !== query;
    last = { left, right, out, query };
    const data = [parsed(left), parsed(right)];
    ranks = data.map(({ place, rank }) => new Map([...place].map((one, k) => [one, rank[k]])));
    grid.hidden = comparing();
    columns.hidden = !comparing();
    sides.forEach((side) => {
      side.data = data[side.side];
      side.rows = [...side.data.place.keys()].filter((row) => out || side.data.rank[row]);
      const there = comparing() ? side !== sides[0] : side === sides[0];
      side.list.name(`Gallery as ranked by ${side.side ? right.title : left.title}`);
      side.list.fill(there ? side.rows.length : 0, fresh);
    });
    [left, right].forEach(({ title }, k) => write(titles[k], title || ""));
    requestAnimationFrame(both.join);
  }
  function draw() {
    networks.draw();
    fill();
    headline(said, comparing() ? `${get("left").title}: ${get("said")}` : get("said"));
    headline(secondSaid, comparing() ? `${get("right").title}: ${get("right").said}` : "");
    secondSaid.hidden = !comparing();
    const open = get("gallery").names.indexOf(get("opened"));
    sides.forEach(({ list, rows, data, side }) => {
      const here = side === get("side") || !comparing();
      list.select(here ? rows.findIndex((row) => data.place[row] === open) : -1);
    });
  }
  return { draw, ...answers(sides, comparing, get) };
}

// What the rest of the explorer asks the lists.
function answers(sides, comparing, get) {
  return {
    // New small pictures.  places: a set.
    redraw(places) {
      for (const { list, rows, data } of sides) rows.forEach((row, k) => places.has(data.place[row]) && list.redraw(k));
    },
    focus: () => sides[comparing() ? 1 + get("side") : 0].list.element.focus({ preventScroll: true }),
    // The first of the ranks in view, from 0, and how many.
    rows() {
      const { list, rows, data } = sides[comparing() ? 1 : 0];
      const [from, to] = list.view();
      const seen = rows.slice(from, to + 1).map((row) => data.rank[row]).filter(Boolean);
      return { first: (seen[0] || 1) - 1, count: Math.max(1, seen.length) };
    },
    end: () => sides.forEach(({ list }) => list.end()),
  };
}
