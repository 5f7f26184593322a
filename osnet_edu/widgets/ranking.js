// The metric sandbox. Python knows the rule and every number; this file moves photos and shows what Python says.

import { add, button, choice, page, picture, write } from "./dom.js";

const MARKS = { hit: "\u2713 ", other: "\u2717 " };
const [WIDEST, LEAST, BETWEEN] = [71, 62, 4]; // of a card and between cards, in pixels

function render({ model, el }) {
  const { box, set, says, follow } = page({ model, el }, "oe-ranking");
  const send = (order) => set({ order });

  const top = add(box, "div", "oe-puzzle");
  const line = add(top, "div", "oe-line");
  const tasks = ["none, free play", ...model.get("tasks")].map((task, i) => [i, i ? `${i}. ${task}` : task]);
  const puzzle = choice(line, "Puzzle:", (value) => set({ puzzle: Number(value) }), tasks);
  button(line, "Back to the start", () => send(model.get("start")));
  const verdict = says(top, "p", "oe-verdict oe-strong");

  // Move one photo of a query's row to another place.
  function move(q, photo, place) {
    const order = model.get("order").map((row) => [...row]);
    const from = order[q].indexOf(photo);
    const to = Math.max(0, Math.min(order[q].length - 1, place));
    if (from === to) return;
    order[q].splice(to, 0, order[q].splice(from, 1)[0]);
    send(order);
  }

  let held = null; // {q, photo} while a photo is dragged

  const rows = model.get("queries").map((query, q) => {
    const row = add(box, "div", "oe-row");
    const left = add(row, "div", "oe-query");
    add(left, "b", "", `query ${q + 1}`);
    picture(left, query);
    add(left, "div", "", query.text);
    const right = add(row, "div");
    const list = add(right, "ol");
    list.setAttribute("aria-label", `gallery as ranked for query ${q + 1}, ${query.text}; arrow keys move a photo`);
    const cards = model.get("gallery").map((photo, i) => {
      const item = document.createElement("li");
      const card = button(item, "", () => {}, "oe-card");
      card.dataset.photo = i;
      const rank = add(card, "span", "oe-rank");
      picture(card, { ...photo, text: "" }); // the words below it say who it is
      photo.text.split(", ").forEach((words) => add(card, "span", "", words));
      const why = add(card, "span", "oe-why");
      card.addEventListener("keydown", (event) => {
        const place = model.get("order")[q].indexOf(i);
        const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: Infinity }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        move(q, i, to);
      });
      card.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        held = { q, photo: i, card };
        card.setPointerCapture(event.pointerId);
        card.classList.add("oe-held");
      });
      card.addEventListener("pointermove", (event) => {
        if (!held || held.card !== card) return;
        const place = nearest(q, event.clientX, event.clientY);
        move(q, i, place);
      });
      const drop = () => {
        held = null;
        card.classList.remove("oe-held");
      };
      card.addEventListener("pointerup", drop);
      card.addEventListener("pointercancel", drop);
      return { item, card, rank, why };
    });
    const sums = add(right, "p", "oe-sums");
    return { list, cards, sums };
  });

  // Rows of equal length: no card stands alone in a last row.
  const fits = new ResizeObserver((lists) => {
    for (const { contentRect, target } of lists) {
      const count = target.children.length;
      const most = Math.max(1, Math.floor((contentRect.width + BETWEEN) / (LEAST + BETWEEN)));
      const columns = Math.ceil(count / Math.ceil(count / most));
      target.style.gridTemplateColumns = `repeat(${columns}, minmax(0, ${WIDEST}px))`;
    }
  });

  // The place whose card lies under the pointer, or else nearest to it.
  function nearest(q, x, y) {
    let best = 0;
    let least = Infinity;
    [...rows[q].list.children].forEach((item, place) => {
      const { left, top, width, height } = item.getBoundingClientRect();
      const away = Math.hypot(x - left - width / 2, y - top - height / 2);
      if (away < least) [best, least] = [place, away];
    });
    return best;
  }

  // The photo that is held or has the focus is never taken out of the page: it would lose both.
  function arrange(list, items) {
    const keep = items.findIndex((item) => item.contains(document.activeElement) || (held && item.contains(held.card)));
    if (keep < 0) {
      list.append(...items);
      return;
    }
    items.slice(0, keep).forEach((item) => list.insertBefore(item, items[keep]));
    list.append(...items.slice(keep + 1));
  }

  const foot = add(box, "div", "oe-foot");
  const numbers = says(foot, "p", "oe-numbers");
  const table = add(foot, "table");
  add(table, "caption", "", "CMC: queries with a match at rank k or before");
  const bars = add(table, "tr");
  add(bars, "th", "", "share").scope = "row";
  const heads = add(table, "tr");
  add(heads, "th", "", "k").scope = "row";
  const columns = model.get("gallery").map((_, k) => {
    const cell = add(bars, "td");
    const percent = add(cell, "span");
    const bar = add(cell, "span", "oe-bar");
    add(heads, "td", "", String(k + 1));
    return { percent, bar };
  });
  function draw() {
    const said = model.get("rows");
    model.get("order").forEach((order, q) => {
      const { list, cards, sums } = rows[q];
      arrange(list, order.map((i) => cards[i].item));
      if (!said[q]) return;
      said[q].cards.forEach(({ kind, why, rank }, i) => {
        for (const other of ["hit", "other", "out"]) cards[i].card.classList.toggle(`oe-${other}`, other === kind);
        cards[i].rank.textContent = rank;
        cards[i].why.textContent = `${MARKS[kind] || ""}${why}`;
      });
      sums.textContent = said[q].sums;
    });
    const text = model.get("numbers").map(([name, value]) => `${name} ${value}`);
    if (numbers.dataset.text !== text.join()) {
      numbers.dataset.text = text.join();
      numbers.replaceChildren();
      text.forEach((words) => add(numbers, "b", "", words));
    }
    model.get("cmc").forEach((share, k) => {
      columns[k].percent.textContent = String(Math.round(100 * share));
      columns[k].bar.style.height = `${Math.round(26 * share)}px`;
    });
    puzzle.show(model.get("puzzle"));
    write(verdict, model.get("verdict"));
  }
  const undo = follow(["order", "rows", "numbers", "cmc", "puzzle", "verdict"], draw);
  rows.forEach(({ list }) => fits.observe(list));
  return () => {
    fits.disconnect();
    undo();
  };
}

export default { render };
