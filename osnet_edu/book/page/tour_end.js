// The end of the game: three scores, who was right where, and where to go from here.

import { add, button, picture, write } from "../widgets/dom.js";
import { PLAYERS, count, marks } from "./tour_game.js";
import { ending as words } from "./tour_words.js";

const NAMES = { you: "You", network: "Network", colours: "Colour count" };

export function ending(root, { record, number, questions, answers, src, again, replay, focus }) {
  const found = marks(questions, answers);
  const scores = Object.fromEntries(PLAYERS.map((player) => [player, count(found[player])]));
  root.classList.remove("play-told");
  const title = add(root, "h2", "", words(scores));
  table(root, questions, found, scores, src);
  const { queries, network, colours } = record.all;
  const said = add(root, "p", "play-small");
  said.setAttribute("role", "status");
  write(said, `You ${scores.you} of 5, the network ${scores.network}, a count of colours ${scores.colours}. These five are hard on purpose: in all, the network finds the same person first for ${network} of ${queries} photos, and the count of colours for ${colours}.`);
  const links = add(root, "p", "play-links");
  link(links, "lessons/00_start_here.html", "Lesson 00: how it works", "play-button play-first");
  button(links, "Other photos", again, "play-button");
  link(links, "#clothes", "Now the clothes", "play-button");
  const share = add(root, "p", "play-note", "The same five questions again, or for a friend: ");
  link(share, `#game=${number}`, `game ${number}`, "").addEventListener("click", replay);
  share.append(". A map can mislead: ");
  link(share, "lessons/10_believe_it.html", "lesson 10 tests maps", "");
  share.append(".");
  chosen(root, record);
  if (focus) {
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
  }
}

function link(parent, address, text, className) {
  const made = add(parent, "a", className, text);
  made.href = address;
  return made;
}

function table(parent, questions, found, scores, src) {
  const made = add(add(parent, "div", "play-table"), "table");
  const head = add(add(made, "thead"), "tr");
  add(head, "td");
  questions.forEach((one, k) => {
    const cell = add(head, "th");
    cell.scope = "col";
    picture(cell, { src: src(one.query.src), text: `Question ${k + 1}` });
  });
  add(head, "th", "", "of 5").scope = "col";
  const body = add(made, "tbody");
  PLAYERS.forEach((player) => {
    const row = add(body, "tr");
    add(row, "th", "", NAMES[player]).scope = "row";
    found[player].forEach((right) => {
      const cell = add(row, "td", right ? "play-right" : "play-wrong", right ? "✓" : "✗");
      cell.setAttribute("aria-label", right ? "right" : "wrong");
    });
    add(row, "td", "play-sum", String(scores[player]));
  });
}

// How the questions were chosen, folded.
function chosen(parent, record) {
  const box = add(parent, "details", "play-note");
  add(box, "summary", "", "How these questions were chosen");
  add(box, "p", "", record.rule);
  const list = add(box, "ul");
  record.kinds.forEach((kind) => add(list, "li", "", `${kind.in_a_game} of the five: ${kind.rule}`));
  add(box, "p", "", "Nobody stands in two questions. The network's answers were computed when this site was built.");
}
