// One question: the person on the left, two photos to choose from, and after the answer the map beside them.

import { add, button, picture, write } from "../widgets/dom.js";
import { PLAYERS, choice, count, marks, truth } from "./tour_game.js";
import { digits, looked, verdict, why } from "./tour_words.js";

const SIDES = ["left", "right"];
const NAMES = { you: "You", network: "Network", colours: "Colour count" };

// questions, at: which of them.  answers: the sides taken so far.  src: name of a picture -> its address.
// answered(side), next(): what the game does then.  focus: does the question get the focus?
export function card(root, { questions, at, answers, src, answered, next, focus }) {
  const question = questions[at];
  let given = answers;
  const head = add(root, "div", "play-head");
  const said = add(head, "div", "play-said");
  said.setAttribute("role", "status");
  const title = add(said, "h2", "", "Which one is the same person?");
  const below = add(said, "p", "", "Another camera saw the person on the left again.");
  dots(head, questions.length, at);
  const board = add(root, "div", "play-board");
  const asked = add(board, "figure", "play-query");
  photo(asked, src(question.query.src), `The person to find: ${question.query.looks}`);
  add(asked, "figcaption", "", `Camera ${question.query.camera} saw this person.`);
  const options = question.options.map((option, side) => optional(board, option, side, src, () => chosen(side)));
  const map = mapped(board, question, src);
  const foot = add(root, "div", "play-foot");
  const hint = add(foot, "p", "play-note", "Choose with a click, or with the keys ← and →.");
  const score = add(foot, "p", "play-score");
  const onward = button(foot, at + 1 === questions.length ? "See the score" : "Next question", next, "play-button play-first");
  onward.hidden = true;

  // Before the answer a choice; after it, the map of the photo that is pressed.
  function chosen(side) {
    if (given.length > at) return show(side);
    answered(side);
    given = [...given, side];
    reveal();
    root.scrollIntoView({ block: "nearest" });
    onward.focus({ preventScroll: true });
  }

  function show(side) {
    options.forEach((one, k) => one.choose.setAttribute("aria-pressed", String(k === side)));
    map.show(side);
  }

  function reveal() {
    root.classList.add("play-told");
    write(title, verdict(question, given[at]));
    write(below, why(question));
    options.forEach((one, side) => told(one, question, side, given[at]));
    write(hint, "The numbers say how similar a photo is; 1 is the most.");
    onward.hidden = false;
    tally(score, marks(questions, given), given.length);
    show(choice(question, "network"));
  }

  root.classList.remove("play-told");
  tally(score, marks(questions, given), given.length);
  arrows(board, chosen);
  if (given.length > at) reveal();
  if (focus) {
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
    root.scrollIntoView({ block: "nearest" });
  }
}

function photo(parent, address, text) {
  const img = picture(parent, { src: address, text });
  img.width = 64;
  img.height = 128;
  return img;
}

function dots(parent, many, at) {
  const row = add(parent, "p", "play-dots");
  for (let k = 0; k < many; k++) add(row, "i", k < at ? "play-done" : k === at ? "play-now" : "").setAttribute("aria-hidden", "true");
  add(row, "span", "", `${at + 1} of ${many}`);
}

// A photo to choose.
function optional(parent, option, side, src, pressed) {
  const figure = add(parent, "figure", "play-option");
  const choose = button(figure, "", pressed, "play-photo");
  choose.setAttribute("aria-label", `The ${SIDES[side]} photo, camera ${option.camera}: ${option.looks}`);
  photo(choose, src(option.src), "");
  return { figure, choose, caption: add(figure, "figcaption", "", `${["←", "→"][side]} camera ${option.camera}`) };
}

// The same photo after the answer: who it is, and how similar.
function told({ figure, choose, caption }, question, side, mine) {
  const { same } = question.options[side];
  figure.classList.add(same ? "play-same" : "play-other");
  if (side === mine) figure.classList.add("play-mine");
  choose.setAttribute("aria-label", `The ${SIDES[side]} photo: show what the network looked at`);
  caption.replaceChildren();
  add(caption, "b", "play-truth", same ? "✓ same person" : "✗ other person");
  ["network", "colours"].forEach((by) => similarity(caption, question, by, side));
  if (side === mine) add(caption, "span", "play-yours", "your choice");
}

function similarity(parent, question, by, side) {
  const values = question.options.map((option) => option[by]);
  const row = add(parent, "span", "play-similar");
  add(row, "span", "", NAMES[by]);
  add(add(row, "span", "play-bar"), "i").style.width = `${100 * Math.max(0, values[side])}%`;
  const most = choice(question, by) === side;
  add(row, most ? "b" : "span", "", digits(...values)[side]);
  if (most) row.classList.add("play-most");
}

// The place of the map: a word until the answer is given.
function mapped(parent, question, src) {
  const figure = add(parent, "figure", "play-map");
  add(figure, "div", "play-later", "What did the network look at? You see it after your answer.");
  const img = photo(figure, "", "");
  img.hidden = true;
  const words = add(figure, "figcaption");
  function show(side) {
    const option = question.options[side];
    const whose = side === choice(question, "network") ? "The network's choice" : "Not the network's choice";
    figure.firstChild.hidden = true;
    img.hidden = false;
    img.src = src(option.map);
    img.alt = `${whose}, the ${SIDES[side]} photo, in grey with a map. ${looked(option)}`;
    words.replaceChildren();
    add(words, "b", "", `${whose}: ${SIDES[side]}`);
    const legend = add(words, "span");
    add(legend, "span", "play-for", "orange: for");
    legend.append(", ");
    add(legend, "span", "play-against", "blue: against");
    add(words, "span", "", looked(option));
  }
  return { show };
}

function tally(parent, found, asked) {
  parent.replaceChildren();
  PLAYERS.forEach((player) => {
    const one = add(parent, "span", "", `${NAMES[player]} `);
    add(one, "b", "", String(count(found[player])));
    if (asked) one.append(` of ${asked}`);
  });
}

// ← and → choose wherever the focus is, but where a key has its own meaning and where the game is out of view.
let listening = null;
function arrows(board, chosen) {
  listening?.abort();
  listening = new AbortController();
  const heard = (event) => {
    const side = { ArrowLeft: 0, ArrowRight: 1 }[event.key];
    if (side === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest?.("input, select, textarea, pre, [contenteditable]") || !board.isConnected) return;
    const { top, bottom } = board.getBoundingClientRect();
    if (bottom < 0 || top > innerHeight) return;
    event.preventDefault();
    chosen(side);
  };
  document.addEventListener("keydown", heard, { signal: listening.signal });
}
