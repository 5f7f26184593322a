// The metric sandbox. Python knows the rule and every number; this file moves photos and shows what Python says.

import { add, button, choice, picture, write } from "./dom.js";
import { page } from "./page.js";

const MARKS = { hit: "\u2713 ", other: "\u2717 " };
const [WIDEST, LEAST, BETWEEN] = [92, 62, 4]; // of a card and between cards, in pixels

// An order with one photo of a query's row at another place; null where it lies there already.
function reordered(order, q, photo, place) {
  const rows = order.map((row) => [...row]);
  const from = rows[q].indexOf(photo);
  const to = Math.max(0, Math.min(rows[q].length - 1, place));
  if (from === to) return null;
  rows[q].splice(to, 0, rows[q].splice(from, 1)[0]);
  return rows;
}

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-ranking");
  const send = (order) => order && set({ order });

  const top = add(box, "div", "oe-puzzle");
  const line = add(top, "div", "oe-line");
  const tasks = ["none, free play", ...get("tasks")].map((task, i) => [i, i ? `${i}. ${task}` : task]);
  const puzzle = choice(line, "Puzzle:", (value) => set({ puzzle: Number(value) }), tasks);
  button(line, "Back to the start", () => send(get("start")));
  const verdict = says(top, "p", "oe-verdict oe-strong");

  const hand = { card: null }; // the card that is dragged
  const rows = get("queries").map((query, q) => queryRow(box, hand, { query, q, gallery: get("gallery") }, {
    placeOf: (photo) => get("order")[q].indexOf(photo),
    move: (photo, place) => send(reordered(get("order"), q, photo, place)),
  }));
  const foot = add(box, "div", "oe-foot");
  const numbers = says(foot, "p", "oe-numbers");
  const cmc = cmcTable(foot, get("gallery").length);

  function draw() {
    const said = get("rows");
    get("order").forEach((order, q) => rows[q].draw(order, said[q]));
    const text = get("numbers").map(([name, value]) => `${name} ${value}`);
    if (numbers.dataset.text !== text.join()) {
      numbers.dataset.text = text.join();
      numbers.replaceChildren();
      text.forEach((words) => add(numbers, "b", "", words));
    }
    cmc.draw(get("cmc"));
    puzzle.show(get("puzzle"));
    write(verdict, get("verdict"));
  }
  const undo = follow(["order", "rows", "numbers", "cmc", "puzzle", "verdict"], draw);
  const loose = evenRows(rows.map(({ list }) => list));
  return () => {
    loose();
    undo();
  };
}

// Rows of equal length: no card stands alone in a last row.  Returns: the undoing.
function evenRows(lists) {
  const fits = new ResizeObserver((changed) => {
    for (const { contentRect, target } of changed) {
      const count = target.children.length;
      const most = Math.max(1, Math.floor((contentRect.width + BETWEEN) / (LEAST + BETWEEN)));
      const columns = Math.ceil(count / Math.ceil(count / most));
      target.style.gridTemplateColumns = `repeat(${columns}, minmax(0, ${WIDEST}px))`;
    }
  });
  lists.forEach((list) => fits.observe(list));
  return () => fits.disconnect();
}

// A query and its gallery.  placeOf(photo): now.  move(photo, place): a person moves it.
function queryRow(parent, hand, { query, q, gallery }, { placeOf, move }) {
  const row = add(parent, "div", "oe-row");
  const left = add(row, "div", "oe-query");
  add(left, "b", "", `query ${q + 1}`);
  picture(left, query);
  add(left, "div", "", query.text);
  const right = add(row, "div");
  const list = add(right, "ol");
  list.setAttribute("aria-label", `gallery as ranked for query ${q + 1}, ${query.text}; arrow keys move a photo`);
  const cards = gallery.map((photo, i) => {
    const made = photoCard(photo, i);
    keyed(made.card, () => placeOf(i), (place) => move(i, place));
    dragged(made.card, hand, (x, y) => move(i, nearest(list, x, y)));
    return made;
  });
  const sums = add(right, "p", "oe-sums");
  function draw(order, said) {
    arrange(list, order.map((i) => cards[i].item), hand);
    if (!said) return;
    said.cards.forEach(({ kind, why, rank }, i) => {
      for (const other of ["hit", "other", "out"]) cards[i].card.classList.toggle(`oe-${other}`, other === kind);
      cards[i].rank.textContent = rank;
      cards[i].why.textContent = `${MARKS[kind] || ""}${why}`;
    });
    sums.textContent = said.sums;
  }
  return { list, draw };
}

function photoCard(photo, i) {
  const item = document.createElement("li");
  const card = button(item, "", () => {}, "oe-card");
  card.dataset.photo = i;
  const rank = add(card, "span", "oe-rank");
  picture(card, { ...photo, text: "" }); // the words below it say who it is
  photo.text.split(", ").forEach((words) => add(card, "span", "", words));
  return { item, card, rank, why: add(card, "span", "oe-why") };
}

function keyed(card, placeOf, move) {
  card.addEventListener("keydown", (event) => {
    const place = placeOf();
    const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: Infinity }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(to);
  });
}

// hand: {card}, the one that is dragged.  over(x, y): where the pointer is.
function dragged(card, hand, over) {
  card.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    hand.card = card;
    card.setPointerCapture(event.pointerId);
    card.classList.add("oe-held");
  });
  card.addEventListener("pointermove", (event) => hand.card === card && over(event.clientX, event.clientY));
  const drop = () => {
    hand.card = null;
    card.classList.remove("oe-held");
  };
  card.addEventListener("pointerup", drop);
  card.addEventListener("pointercancel", drop);
}

// The place whose card lies under the pointer, or else nearest to it.
function nearest(list, x, y) {
  let best = 0;
  let least = Infinity;
  [...list.children].forEach((item, place) => {
    const { left, top, width, height } = item.getBoundingClientRect();
    const away = Math.hypot(x - left - width / 2, y - top - height / 2);
    if (away < least) [best, least] = [place, away];
  });
  return best;
}

// The photo that is held or has the focus is never taken out of the page: it would lose both.
function arrange(list, items, hand) {
  const keep = items.findIndex((item) => item.contains(document.activeElement) || (hand.card && item.contains(hand.card)));
  if (keep < 0) {
    list.append(...items);
    return;
  }
  items.slice(0, keep).forEach((item) => list.insertBefore(item, items[keep]));
  list.append(...items.slice(keep + 1));
}

function cmcTable(parent, count) {
  const table = add(parent, "table");
  add(table, "caption", "", "CMC: queries with a match at rank k or before");
  const bars = add(table, "tr");
  add(bars, "th", "", "share").scope = "row";
  const heads = add(table, "tr");
  add(heads, "th", "", "k").scope = "row";
  const columns = Array.from({ length: count }, (_, k) => {
    const cell = add(bars, "td");
    const percent = add(cell, "span");
    const bar = add(cell, "span", "oe-bar");
    add(heads, "td", "", String(k + 1));
    return { percent, bar };
  });
  return {
    draw: (shares) => shares.forEach((share, k) => {
      columns[k].percent.textContent = String(Math.round(100 * share));
      columns[k].bar.style.height = `${Math.round(26 * share)}px`;
    }),
  };
}

export default { render };
