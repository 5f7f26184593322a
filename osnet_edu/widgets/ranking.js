// The metric sandbox. Python knows the rule and every number; this file moves photos and shows what Python says.

// JupyterLab takes arrow keys and letters for its own, unless the very element that has the focus asks it not to.
const KEYED = ["button", "input", "select"];

const STYLE = `
.oe-ranking { color: var(--jp-content-font-color1, #212121); background: var(--jp-layout-color1, #fff);
  font-family: var(--jp-content-font-family, sans-serif); font-size: 13px; line-height: 1.35; padding: 4px 2px; }
.oe-ranking .oe-row { display: flex; gap: 12px; align-items: flex-start; margin: 0 0 12px; }
.oe-ranking .oe-query { flex: 0 0 76px; text-align: center; }
.oe-ranking ol { display: flex; flex-wrap: wrap; gap: 4px; list-style: none; margin: 0; padding: 0; }
.oe-ranking li { margin: 0; }
.oe-ranking .oe-card { box-sizing: border-box; width: 71px; padding: 3px 1px; font: inherit; font-size: 11px;
  line-height: 1.25; text-align: center; color: inherit; background: var(--jp-layout-color1, #fff); cursor: grab;
  border: 2px solid var(--jp-border-color1, #bdbdbd); border-radius: 5px; touch-action: none; user-select: none; }
.oe-ranking .oe-card:focus-visible { outline: 3px solid #4c78c8; outline-offset: 1px; }
.oe-ranking .oe-card.oe-held { cursor: grabbing; box-shadow: 0 3px 10px rgba(0, 0, 0, .45); }
.oe-ranking .oe-card.oe-other { border: 2px dashed #4c78c8; }
.oe-ranking .oe-card.oe-hit { border: 4px solid #d9731a; padding: 1px 0; }
.oe-ranking .oe-card.oe-out { border-style: dotted; }
.oe-ranking .oe-card.oe-out img { opacity: .4; filter: grayscale(1); }
.oe-ranking img { display: block; width: 52px; height: 104px; margin: 2px auto; pointer-events: none; }
.oe-ranking .oe-card span { display: block; }
.oe-ranking .oe-rank { font-weight: 700; }
.oe-ranking .oe-why { min-height: 2.5em; }
.oe-ranking .oe-sums { margin: 4px 0 0; font-family: var(--jp-code-font-family, monospace); font-size: 12.5px; }
.oe-ranking .oe-foot { display: flex; flex-wrap: wrap; gap: 8px 28px; align-items: flex-end;
  border-top: 1px solid var(--jp-border-color1, #bdbdbd); padding-top: 8px; }
.oe-ranking .oe-numbers { font-size: 16px; margin: 0; }
.oe-ranking .oe-numbers b { margin-right: 14px; }
.oe-ranking table { border-collapse: collapse; font-size: 11.5px; margin: 0; }
.oe-ranking caption { text-align: left; padding: 0 0 2px; color: inherit; font-size: 12px; }
.oe-ranking th, .oe-ranking td { padding: 1px 6px; text-align: center; vertical-align: bottom; color: inherit;
  border: 0; background: none; font-weight: 400; }
.oe-ranking .oe-bar { display: block; width: 18px; margin: 0 auto; background: #d9731a; }
.oe-ranking .oe-puzzle { margin: 0 0 10px; }
.oe-ranking select, .oe-ranking .oe-reset { font: inherit; color: inherit; padding: 3px 8px; border-radius: 4px;
  background: var(--jp-layout-color2, #eee); border: 1px solid var(--jp-border-color0, #616161); max-width: 100%; }
.oe-ranking option { color: #212121; background: #fff; }
.oe-ranking select:focus-visible, .oe-ranking .oe-reset:focus-visible { outline: 3px solid #4c78c8; }
.oe-ranking .oe-verdict { margin: 6px 0 0; font-weight: 600; min-height: 1.4em; }
`;

function add(parent, tag, className = "", text = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text) element.textContent = text;
  if (KEYED.includes(tag)) element.dataset.lmSuppressShortcuts = "true";
  return element;
}

function picture(parent, photo) {
  const img = add(parent, "img");
  img.src = photo.src;
  img.alt = photo.text;
  img.draggable = false;
}

function render({ model, el }) {
  add(el, "style").textContent = STYLE;
  const box = add(el, "div", "oe-ranking");

  const top = add(box, "div", "oe-puzzle");
  const label = add(top, "label", "", "Puzzle: ");
  const select = add(label, "select");
  ["none, free play", ...model.get("tasks")].forEach((task, i) => {
    const option = add(select, "option", "", i ? `${i}. ${task}` : task);
    option.value = String(i);
  });
  select.addEventListener("change", () => {
    model.set("puzzle", Number(select.value));
    model.save_changes();
  });
  top.append(" ");
  const reset = add(top, "button", "oe-reset", "Back to the start");
  reset.type = "button";
  reset.addEventListener("click", () => send(model.get("start")));
  const verdict = add(top, "p", "oe-verdict");
  verdict.setAttribute("role", "status");

  function send(order) {
    model.set("order", order);
    model.save_changes();
  }

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
      const card = add(item, "button", "oe-card");
      card.type = "button";
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
  const numbers = add(foot, "p", "oe-numbers");
  numbers.setAttribute("role", "status");
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
  const problem = add(box, "p");
  problem.setAttribute("role", "alert");

  function draw() {
    const said = model.get("rows");
    model.get("order").forEach((order, q) => {
      const { list, cards, sums } = rows[q];
      arrange(list, order.map((i) => cards[i].item));
      if (!said[q]) return;
      said[q].cards.forEach(({ kind, why, rank }, i) => {
        for (const other of ["hit", "other", "out"]) cards[i].card.classList.toggle(`oe-${other}`, other === kind);
        cards[i].rank.textContent = rank;
        cards[i].why.textContent = kind === "hit" ? `\u2713 ${why}` : why;
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
    select.value = String(model.get("puzzle"));
    if (verdict.textContent !== model.get("verdict")) verdict.textContent = model.get("verdict");
    problem.textContent = model.get("problem");
    problem.hidden = !model.get("problem");
  }
  const traits = ["order", "rows", "numbers", "cmc", "puzzle", "verdict", "problem"];
  traits.forEach((name) => model.on(`change:${name}`, draw));
  draw();
  return () => traits.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
