// How the changed person is drawn: before and now, what the network says beside them, and the pictures to choose from.

import { add, button, picture, write } from "../widgets/dom.js";
import { named, percent } from "./change_game.js";
import { MATCH } from "./rank.js";

const FIRST = 5; // photos of the ranking

const jpeg = (text) => `data:image/jpeg;base64,${text}`;

// people: of people.json.  src: a name below data/ -> its address.  took(file), chose(at): what is pressed; at is -1
// for the base.  Returns: {pictured(state), answered(state), loaded(bytes, all), failed(words)}.
export function changeView(root, { people, src, took, chose }) {
  const menu = add(root, "div", "change-people");
  menu.setAttribute("role", "group");
  menu.setAttribute("aria-label", "People to change");
  const chips = people.map((one, k) => {
    const chip = button(menu, "", () => took(one.file), "play-chip");
    chip.setAttribute("aria-label", `Person ${k + 1}: ${one.looks}`);
    picture(chip, { src: src(one.src), text: "" });
    return chip;
  });
  const board = add(root, "div", "change-board");
  const pair = add(board, "div", "change-pair");
  const [before, now] = ["before", "now"].map((word) => {
    const figure = add(pair, "figure", `change-${word}`);
    return { img: picture(figure, { src: "", text: "" }), words: add(figure, "figcaption") };
  });
  const answer = answerPanel(add(board, "section", "play-panel change-answer"));
  const choices = choicePanel(add(board, "section", "change-choices"), chose);
  const tried = add(root, "div", "change-tried");

  function pictured(state) {
    const { person, at, file } = state;
    const variant = person.variants[at];
    people.forEach((one, k) => chips[k].setAttribute("aria-pressed", String(one.file === file)));
    before.img.src = jpeg(person.base);
    before.img.alt = `The person without a change: ${people.find((one) => one.file === file).looks}`;
    write(before.words, "before");
    now.img.src = jpeg(variant ? variant.jpeg : person.base);
    now.img.alt = variant ? `The person now: ${named(variant)}` : "The person now: nothing is changed";
    write(now.words, variant ? `now: ${named(variant)}` : "now: choose a change");
    choices.show(state);
    answer.waits();
    strip(tried, state, chose);
  }

  function answered(state) {
    answer.show(state);
    strip(tried, state, chose);
  }

  return { pictured, answered, loaded: answer.loaded, failed: answer.failed };
}

// What the network says.
function answerPanel(parent) {
  parent.setAttribute("aria-label", "What the network says");
  const said = add(parent, "div", "play-said");
  said.setAttribute("role", "status");
  const title = add(said, "h2", "", "The network is on its way.");
  const below = add(said, "p");
  const bar = add(parent, "progress");
  bar.setAttribute("aria-label", "The network is loaded");
  const numbers = add(parent, "div", "change-numbers");
  const list = add(parent, "ol", "change-first");
  const game = add(parent, "p", "change-game");
  const folded = add(parent, "details");
  add(folded, "summary", "", "Gates of the streams");
  const table = add(folded, "div", "play-table");

  function loaded(done, all) {
    bar.hidden = done >= all;
    Object.assign(bar, { max: all, value: done });
    write(below, `${(done / 1e6).toFixed(1)} of ${(all / 1e6).toFixed(1)} MB`);
  }

  function waits() {
    parent.setAttribute("aria-busy", "true");
  }

  function failed(words) {
    parent.removeAttribute("aria-busy");
    bar.hidden = true;
    write(title, "The network does not run here.");
    write(below, words);
  }

  function show({ verdict, variant, before, now, best, blocks, src, words }) {
    parent.removeAttribute("aria-busy");
    bar.hidden = true;
    write(title, variant ? verdict.says : "The network knows this person.");
    write(below, variant ? result(variant, verdict) : "Find a change after which it no longer does. The fewer pixels change, the better.");
    numbers.replaceChildren();
    figure(numbers, now.similarity.toFixed(2), "similarity to the photo before", now.similarity);
    figure(numbers, now.rank || "–", "rank of this person's first photo", now.rank);
    first(list, now.list, src, words);
    write(game, best ? `Your best for this person: ${best.words}, ${percent(best.share)} of the pixels.`
      : "Your best for this person: nothing found yet.");
    folded.hidden = !now.gates;
    if (now.gates) gates(table, blocks, before.gates, now.gates);
  }

  return { loaded, waits, failed, show };
}

function result(variant, verdict) {
  const share = `${percent(variant.share)} of the pixels changed.`;
  if (variant.game) return verdict.won ? `Found: ${share}` : share;
  return `${share} Turn and light do not count in the game: the person is the same.`;
}

function figure(parent, text, words, value) {
  const one = add(parent, "p");
  const number = add(one, "b", "", String(text));
  number.dataset.value = String(value);
  add(one, "span", "", words);
}

// The photos that come first, with their ranks.
function first(list, found, src, words) {
  list.replaceChildren();
  [...found.place.keys()].filter((i) => found.rank[i]).slice(0, FIRST).forEach((i) => {
    const match = found.kind[i] === MATCH;
    const item = add(list, "li", match ? "play-same" : "play-other");
    picture(item, { src: src(found.place[i]), text: `Rank ${found.rank[i]}: ${words[found.place[i]]}` });
    add(item, "span", "", `${found.rank[i]} ${match ? "✓" : "✗"}`);
  });
}

function gates(parent, blocks, before, now) {
  const made = document.createElement("table");
  add(made, "caption", "", "Mean gate of each stream, before → now; 0 is closed, 1 is open");
  const head = add(add(made, "thead"), "tr");
  add(head, "th", "", "block").scope = "col";
  now[0].forEach((_, stream) => (add(head, "th", "", `stream ${stream + 1}`).scope = "col"));
  const body = add(made, "tbody");
  blocks.forEach((name, block) => {
    const row = add(body, "tr");
    add(row, "th", "", name).scope = "row";
    now[block].forEach((value, stream) => add(row, "td", "", `${before[block][stream].toFixed(2)} → ${value.toFixed(2)}`));
  });
  parent.replaceChildren(made);
}

// Groups of changes; the photos of one group are shown.
function choicePanel(parent, chose) {
  parent.setAttribute("aria-label", "Changes");
  const tabs = add(parent, "div", "change-groups");
  tabs.setAttribute("role", "group");
  tabs.setAttribute("aria-label", "What to change");
  const photos = add(parent, "div", "change-photos");
  let open = "";
  let shown = "";

  function show(state) {
    const { person, at } = state;
    const groups = [...new Set(person.variants.map((one) => one.group))];
    if (at >= 0) open = person.variants[at].group;
    if (!groups.includes(open)) open = groups[0];
    if (shown !== `${person.person} ${open}`) draw(state, groups);
    [...photos.children].forEach((one) => one.setAttribute("aria-pressed", String(Number(one.dataset.at) === at)));
  }

  function draw(state, groups) {
    shown = `${state.person.person} ${open}`;
    const focused = tabs.contains(document.activeElement);
    tabs.replaceChildren();
    groups.forEach((group) => {
      const tab = button(tabs, group, () => {
        open = group;
        draw(state, groups);
      }, "change-group");
      tab.setAttribute("aria-pressed", String(group === open));
      if (focused && group === open) tab.focus();
    });
    photos.replaceChildren();
    state.person.variants.forEach((variant, k) => {
      if (variant.group !== open) return;
      const choice = button(photos, "", () => chose(k), "change-photo");
      choice.dataset.at = String(k);
      choice.setAttribute("aria-pressed", String(k === state.at));
      picture(choice, { src: jpeg(variant.jpeg), text: "" });
      add(choice, "span", "", variant.words);
    });
  }

  return { show };
}

// What was tried with this person, in its order.
function strip(parent, { tried, person, at }, chose) {
  parent.replaceChildren();
  if (!tried.length) return;
  add(parent, "h2", "", "What you tried");
  const row = add(parent, "div", "change-photos");
  const all = [{ at: -1, similarity: 1, known: true }, ...tried];
  all.forEach((one) => {
    const variant = person.variants[one.at];
    const choice = button(row, "", () => chose(one.at), `change-photo ${one.known ? "play-same" : "play-other"}`);
    choice.setAttribute("aria-pressed", String(one.at === at));
    picture(choice, { src: jpeg(variant ? variant.jpeg : person.base), text: "" });
    add(choice, "span", "", variant ? `${variant.group}: ${variant.words}` : "before");
    add(choice, "b", "", one.similarity.toFixed(2));
    add(choice, "span", "play-truth", one.known ? "✓ known" : "✗ not known");
  });
}
