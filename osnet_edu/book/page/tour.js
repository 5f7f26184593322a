// The tour of the front page: five questions, the answer at once, and the score. Everything that the network says was
// computed when the site was built; #game=N in the address names the questions and their order.

import { add, button, write } from "../widgets/dom.js";
import { clothes } from "./tour_clothes.js";
import { ending } from "./tour_end.js";
import { card } from "./tour_card.js";
import { game, named } from "./tour_game.js";
import { kept } from "./kept.js";

const DATA = new URL("../data/", import.meta.url);

// Put the game into an element. record: tour.json. Returns: {number(), answers()} as they are now.
export function tour(root, record) {
  const memory = kept("osnet_edu.tour");
  let number = 0;
  let questions = [];
  let answers = [];
  let at = 0;
  const src = (name) => new URL(name, DATA).href;

  function keep() {
    memory.set({ number, answers });
  }

  function answered(side) {
    answers = [...answers, side];
    keep();
  }

  function show(focus) {
    root.replaceChildren();
    if (at < questions.length) card(root, { questions, at, answers, src, answered, next, focus });
    else ending(root, { record, number, questions, answers, src, again, replay, focus });
    for (const one of questions.slice(at + 1, at + 2)) {
      [one.query.src, ...one.options.flatMap((option) => [option.src, option.map])].forEach((name) => (new Image().src = src(name)));
    }
  }

  function next() {
    at += 1;
    show(true);
  }

  function again() {
    location.hash = `#game=${number + 1}`;
  }

  function replay() {
    [answers, at] = [[], 0];
    keep();
    show(true);
  }

  function begin(focus) {
    const before = memory.get();
    const wanted = named(location.hash) ?? (number || Math.trunc(Number(before?.number)) || 1);
    if (wanted === number) return;
    number = wanted;
    questions = game(record, number);
    answers = before?.number === number && Array.isArray(before.answers) ? before.answers.slice(0, questions.length) : [];
    at = Math.min(answers.length, questions.length);
    show(focus);
  }

  window.addEventListener("hashchange", () => begin(true));
  begin(false);
  return { number: () => number, answers: () => answers };
}

// A link to a place of this page: it has moved down since the page was opened.
function arrive() {
  const place = document.getElementById(location.hash.slice(1));
  if (place) requestAnimationFrame(() => place.scrollIntoView());
}

async function start() {
  const root = document.querySelector("#tour");
  const words = add(root, "p", "play-note", "The photos are on their way.");
  try {
    const answer = await fetch(new URL("play/tour.json", DATA));
    if (!answer.ok) throw new Error(String(answer.status));
    const record = await answer.json();
    tour(root, record);
    clothes(document.querySelector("[data-clothes]"), record, (name) => new URL(name, DATA).href);
    arrive();
  } catch (error) {
    write(words, `The photos of the game did not arrive (${error.message}).`);
    if (!words.isConnected) root.append(words);
    button(root, "Try again", () => location.reload(), "play-button");
  }
}

if (document.querySelector("#tour")) start();
