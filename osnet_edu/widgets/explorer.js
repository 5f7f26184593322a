// The explorer: a strip of queries, the ranked gallery of one network or of two side by side, and the open pair.

import { beside } from "./beside.js";
import { add, button, bytes, choice, number, page, percent, shape, slider, tick, write } from "./dom.js";
import { incoming } from "./incoming.js";
import { longlist } from "./longlist.js";
import { openpair } from "./openpair.js";
import { takeaway } from "./takeaway.js";
import { thumbnails } from "./thumbnails.js";

const KINDS = ["other person", "same person", "left out: own camera", "left out: junk", ""];
const MARKS = ["\u2717 ", "\u2713 ", "", "", ""];
const CLASSES = ["oe-other", "oe-match", "oe-out", "oe-out", "oe-unknown"];
const RULE =
  "Grey photos do not count: the rule of Market-1501 leaves out photos of the query's person by the query's own " +
  "camera, and junk.";
const NARROW = 620; // CSS pixels: below, what is set only now and then is folded

function integers(value) {
  const data = bytes(value);
  return new Int32Array(data.slice().buffer);
}

function floats(value) {
  return new Float32Array(bytes(value).slice().buffer);
}

// What is folded on a narrow page.
function folded(parent, words) {
  const element = add(parent, "details", "oe-folded");
  element.open = true;
  add(element, "summary", "", words);
  return { element, inside: add(element, "div", "oe-line") };
}

function render({ model, el }) {
  const { box, set, press, says, follow } = page({ model, el }, "oe-explorer");
  const get = (name) => model.get(name);

  const pictures = thumbnails(model, arrived);
  function arrived(what, places) {
    if (what === "queries") {
      found.forEach((place, index) => places.has(place) && strip.redraw(index));
      pictured();
    } else {
      for (const { list, rows, data } of sides) rows.forEach((row, k) => places.has(data.place[row]) && list.redraw(k));
    }
    pair.redraw();
  }
  function heard(message) {
    if (message.progress !== undefined) write(progress, message.progress);
  }

  // ---- queries

  const filters = add(box, "div", "oe-line oe-filters");
  const searching = add(filters, "label", "oe-choice");
  add(searching, "span", "", "Search:");
  const search = add(searching, "input");
  Object.assign(search, { type: "search", placeholder: "red t-shirt" });
  let typing = 0;
  let firstWanted = false; // the first query that is found is to be ranked
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => set({ search: search.value }), 150);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(typing);
    firstWanted = true;
    set({ search: search.value });
  });
  const failing = tick(filters, "only failures", (on) => set({ failures: on }));
  const moreFilters = folded(filters, "More filters");
  const camera = choice(moreFilters.inside, "Camera:", (value) => set({ camera: Number(value) }));
  const attribute = choice(moreFilters.inside, "Wears:", (value) => set({ attribute: value }));
  const twin = choice(moreFilters.inside, "Has a twin by:", (value) => set({ twin: value }));
  const sort = choice(moreFilters.inside, "Order:", (value) => set({ sort: value }));
  const many = says(filters, "span", "oe-soft");
  const strip = longlist(box, {
    title: "Queries",
    kind: "row",
    wide: 62,
    tall: 124,
    label: (index) => `${get("queries").who[found[index]]}. ${pictures.text("queries", found[index])}`,
    chosen: (index) => set({ query: get("queries").names[found[index]] }),
    draw(node, index) {
      pictures.draw(node, "queries", found[index]);
    },
  });
  let found = [];
  const ownBox = add(box, "details");
  add(ownBox, "summary", "", "A photo of your own");
  const own = incoming(ownBox, box, (content) => press({ photo: "own" }, content));
  const cut = slider(ownBox, "cut from left to right", { min: 0, max: 1, step: 0.02 }, (value) => set({ own_at: value }), percent);

  // ---- networks

  const folding = folded(box, "Networks");
  const networks = folding.inside;
  const first = choice(networks, "Network:", (value) => set({ model: value }));
  const second = choice(networks, "Beside it:", (value) => set({ other: value }));
  const outs = tick(networks, "show photos that do not count", (on) => set({ left_out: on }));
  const more = add(folding.element, "details");
  add(more, "summary", "", "Add a network: a student's checkpoint, or official OSNet weights");
  const adding = add(more, "div", "oe-line");
  const fileLabel = add(adding, "label", "oe-choice");
  add(fileLabel, "span", "", "Weights file on this machine:");
  const file = add(fileLabel, "input");
  Object.assign(file, { type: "text", placeholder: "RUN/weights.safetensors" });
  const load = () => press({ weights: file.value });
  file.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    load();
  });
  button(adding, "Load", load);
  const muting = add(folding.element, "div", "oe-muting");
  const progress = says(box, "p", "oe-soft");

  // ---- the ranking

  const main = add(box, "div", "oe-main");
  const asked = add(main, "figure", "oe-asked");
  add(asked, "figcaption", "oe-strong", "query");
  const shown = add(asked, "img");
  shown.draggable = false;
  const who = add(asked, "div", "oe-small");
  const right = add(main, "div", "oe-ranking");
  const said = says(right, "p", "oe-strong oe-result");
  const secondSaid = says(right, "p", "oe-result");
  const grid = add(right, "div", "oe-result");
  const columns = add(right, "div", "oe-columns oe-result");
  const heads = add(columns, "div", "oe-heads");
  const titles = [add(heads, "b"), add(heads, "b")];
  const empty = () => ({ place: [], similarity: [], kind: [], rank: [] });
  const sides = [
    { list: gallery(grid, "grid", 0), rows: [], data: empty(), side: 0 },
    { list: gallery(columns, "column", 1), rows: [], data: empty(), side: 0 },
    { list: null, rows: [], data: empty(), side: 1 },
  ];
  const lines = shape(columns, "svg", { class: "oe-lines", "aria-hidden": "true" });
  sides[2].list = gallery(columns, "column", 2);
  add(right, "p", "oe-small", RULE);

  function gallery(parent, kind, which) {
    return longlist(parent, {
      title: "Ranked gallery",
      kind,
      wide: 92,
      tall: kind === "grid" ? 204 : 100,
      label: (index) => told(sides[which], index),
      chosen: (index) => open(sides[which], index),
      draw: (node, index) => card(node, sides[which], index),
      scrolled: () => which && pairOfLists.scrolled(which - 1),
    });
  }
  function told({ data, rows, side }, index) {
    const row = rows[index];
    const rank = data.rank[row] ? `Rank ${data.rank[row]}` : "No rank";
    const place = data.place[row];
    const kind = KINDS[data.kind[row]] && `${KINDS[data.kind[row]]}, `;
    return `${rank}, ${kind}similarity ${data.similarity[row].toFixed(2)}. ${get("gallery").who[place]}. ${moved(side, place)} ${pictures.text("gallery", place)}`;
  }
  function card(node, { data, rows, side }, index) {
    const row = rows[index];
    const [place, kind] = [data.place[row], data.kind[row]];
    node.classList.add(CLASSES[kind]);
    pictures.draw(node, "gallery", place);
    const words = add(node, "div", "oe-words");
    const top = add(words, "div", "oe-rank");
    add(top, "b", "", data.rank[row] ? String(data.rank[row]) : "\u2013");
    add(top, "span", "", data.similarity[row].toFixed(2));
    if (KINDS[kind]) add(words, "div", "oe-verdict", MARKS[kind] + KINDS[kind]);
    add(words, "div", "oe-who", get("gallery").who[place]);
    const change = moved(side, place);
    if (change) add(words, "div", "oe-moved", change);
  }
  function open({ data, rows, side }, index) {
    const place = data.place[rows[index]];
    const asker = get("at") < 0 ? "your photo" : get("queries").who[get("at")];
    set({ opened: get("gallery").names[place], side });
    pair.opened(`${asker}, and ${get("gallery").who[place]}`);
  }

  // ---- two networks: what changed place

  let rankOf = [new Map(), new Map()];
  const comparing = () => Boolean(get("right").place);
  function moved(side, place) {
    if (!comparing()) return "";
    const [mine, other] = [rankOf[side].get(place), rankOf[1 - side].get(place)];
    if (!side || !mine || !other || mine === other) return "";
    return mine < other ? `up from ${other}` : `down from ${other}`;
  }
  const pairOfLists = beside(lines, () => (comparing() ? sides.slice(1) : []));

  // ---- the open pair

  const pair = openpair(box, {
    model,
    set,
    says,
    pictured: (place) => (place < 0 ? queryPicture() : pictures.ask("gallery", place)),
    closed() {
      const { element } = sides[comparing() ? 1 + get("side") : 0].list;
      element.focus({ preventScroll: true });
      main.scrollIntoView({ block: "nearest" });
    },
  });

  // ---- to take away

  const away = takeaway(box, {
    model,
    el,
    press,
    rows() {
      const { list, rows, data } = sides[comparing() ? 1 : 0];
      const [from, to] = list.view();
      const ranks = rows.slice(from, to + 1).map((row) => data.rank[row]).filter(Boolean);
      return { first: (ranks[0] || 1) - 1, count: Math.max(1, ranks.length) };
    },
  });
  const notes = add(box, "p", "oe-small");

  // ---- drawing

  const any = (list, words) => [["", words], ...list.map((one) => [one, one])];
  const last = { found: null, at: null, left: null, right: null, out: null, query: null, blocks: "" };
  function controls() {
    const { cameras, attributes, twins, sorts } = get("choices");
    camera.fill([[0, "any"], ...cameras.map((one) => [one, one])]);
    attribute.fill(any(attributes, "anything"));
    twin.fill([["", "any or none"], ...twins.map((one) => [one, one.replace("color", "colour")])]);
    [attribute, twin].forEach((one, k) => (one.label.hidden = ![attributes, twins][k].length));
    sort.fill(sorts.map((one) => [one, one]));
    first.fill(get("models").map((one) => [one, one]));
    second.fill(any(get("models"), "nothing"));
    [[camera, "camera"], [attribute, "attribute"], [twin, "twin"], [sort, "sort"], [first, "model"], [second, "other"]].forEach(
      ([control, name]) => control.show(get(name)),
    );
    if (document.activeElement !== search) search.value = get("search");
    [failing.input.checked, outs.input.checked] = [get("failures"), get("left_out")];
  }
  function streams() {
    const key = JSON.stringify([get("blocks"), get("where")]);
    if (key !== last.blocks) {
      last.blocks = key;
      muting.replaceChildren();
      if (get("blocks").length) {
        add(muting, "span", "", "Silence streams of the second network:");
        for (const [block, count] of get("blocks")) {
          const group = add(muting, "span", "oe-streams");
          group.setAttribute("role", "group");
          group.setAttribute("aria-label", `streams of ${block}`);
          add(group, "span", "", block);
          for (let t = 1; t <= count; t++) {
            const mute = button(group, String(t), () => silence(block, t));
            mute.dataset.stream = `${block}:${t}`;
            mute.setAttribute("aria-label", `silence stream ${t} of ${block}`);
          }
        }
        const where = choice(muting, "in", (value) => set({ where: value }), [
          ["query", "the query alone"],
          ["both", "query and gallery"],
        ]);
        where.show(get("where"));
      }
    }
    const silent = new Set(get("silenced").map(([block, t]) => `${block}:${t}`));
    muting.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(silent.has(one.dataset.stream))));
  }
  function silence(block, stream) {
    const now = get("silenced");
    const rest = now.filter(([b, t]) => b !== block || t !== stream);
    set({ silenced: rest.length < now.length ? rest : [...now, [block, stream]] });
  }
  function queryPicture() {
    return get("at") < 0 ? { src: get("own").src, text: get("own").text } : pictures.ask("queries", get("at"));
  }
  function pictured() {
    const place = get("at");
    const mine = place < 0;
    const known = queryPicture();
    shown.hidden = !known?.src;
    if (known?.src && shown.src !== known.src) shown.src = known.src;
    shown.alt = mine ? known.text || "" : `the query: ${get("queries").who[place]}. ${known?.text || ""}`;
    write(who, mine ? "your photo" : `${get("queries").who[place]}${known?.text ? `: ${known.text}` : ""}`);
  }
  function parsed(value) {
    if (!value.place) return empty();
    return {
      place: integers(value.place),
      similarity: floats(value.similarity),
      kind: bytes(value.kind),
      rank: integers(value.rank),
    };
  }
  function ranking() {
    const [left, beside, out] = [get("left"), get("right"), get("left_out")];
    if (left === last.left && beside === last.right && out === last.out) return;
    const fresh = last.query !== get("query");
    Object.assign(last, { left, right: beside, out, query: get("query") });
    const data = [parsed(left), parsed(beside)];
    rankOf = data.map(({ place, rank }) => new Map([...place].map((one, k) => [one, rank[k]])));
    grid.hidden = comparing();
    columns.hidden = !comparing();
    sides.forEach((side) => {
      side.data = data[side.side];
      side.rows = [...side.data.place.keys()].filter((row) => out || side.data.rank[row]);
      const there = comparing() ? side !== sides[0] : side === sides[0];
      side.list.name(`Gallery as ranked by ${side.side ? beside.title : left.title}`);
      side.list.fill(there ? side.rows.length : 0, fresh);
    });
    write(titles[0], left.title || "");
    write(titles[1], beside.title || "");
    requestAnimationFrame(pairOfLists.join);
  }
  function draw() {
    controls();
    streams();
    const fresh = last.found !== get("found");
    if (fresh) {
      last.found = get("found");
      found = [...integers(last.found)];
      strip.fill(found.length, true);
    }
    strip.select(found.indexOf(get("at")), fresh || last.at !== get("at"));
    last.at = get("at");
    const all = get("queries").names.length;
    const outside = get("at") >= 0 && !found.includes(get("at"));
    const hint = outside ? "; the one below is not among them: press Enter in the search to rank the first" : "";
    write(many, found.length ? `${number(found.length)} of ${number(all)} queries${hint}` : "No query fits: take a filter away.");
    if (firstWanted && get("asked") === get("answered")) {
      firstWanted = false;
      if (found.length) set({ query: get("queries").names[found[0]] });
    }
    cut.label.hidden = get("at") >= 0 || !get("own").wide;
    cut.show(get("own_at"));
    pictured();
    ranking();
    write(said, comparing() ? `${get("left").title}: ${get("said")}` : get("said"));
    write(secondSaid, comparing() ? `${get("right").title}: ${get("right").said}` : "");
    secondSaid.hidden = !comparing();
    const opened = get("gallery").names.indexOf(get("opened"));
    sides.forEach(({ list, rows, data, side }) => list.select(side === get("side") || !comparing() ? rows.findIndex((row) => data.place[row] === opened) : -1));
    pair.draw();
    away.draw();
    write(notes, get("noted"));
    notes.hidden = !get("noted");
  }
  // Where there is room, nothing is folded.
  const watch = new ResizeObserver(() => {
    const narrow = box.clientWidth > 0 && box.clientWidth <= NARROW;
    if (narrow === box.classList.contains("oe-narrow")) return;
    box.classList.toggle("oe-narrow", narrow);
    [moreFilters, folding].forEach(({ element }) => (element.open = !narrow));
  });
  watch.observe(box);
  model.on("msg:custom", heard);
  const traits = [
    "query", "model", "other", "silenced", "where", "search", "camera", "attribute", "twin", "failures", "sort", "left_out",
    "opened", "side", "why", "own_at", "models", "choices", "blocks", "queries", "gallery", "found", "at", "left", "right",
    "own", "said", "noted", "asked_of", "state", "link", "child",
    "cannot", "plain", "asked", "answered",
  ];
  const undo = follow(traits, draw);
  return () => {
    undo();
    model.off("msg:custom", heard);
    clearTimeout(typing);
    pictures.end();
    own.end();
    strip.end();
    sides.forEach(({ list }) => list.end());
    pair.end();
    away.end();
    watch.disconnect();
  };
}

export default { render };
