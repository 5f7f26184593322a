// Who is it? The page holds the questions, the truth and what the network takes; Python is told what was chosen.

import { add, button, picture, write } from "./dom.js";
import { page } from "./page.js";

const right = (question, taken) => question.options[taken].same;
const tally = (questions, list) => list.filter((taken, k) => right(questions[k], taken)).length;
const mark = (ok) => (ok ? "\u2713" : "\u2717");

// What is said after a choice.
function verdict(question, taken) {
  const [you, network] = [right(question, taken), right(question, question.network)];
  if (you && network) return "You are both right.";
  if (you) return `You are right. The network is wrong: it takes photo ${question.network + 1}.`;
  return network ? "You are wrong. The network is right." : "You are both wrong.";
}

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-who");
  const head = add(box, "p", "oe-small oe-head");
  const said = says(box, "p", "oe-lead");
  const stage = add(box, "div", "oe-stage");
  const line = add(box, "div", "oe-line");
  const score = says(line, "p", "oe-score");
  let at = Math.max(0, get("answers").length - 1); // the question in view; after the last one the end
  let options = [];

  const next = button(line, "", () => {
    if (at < get("questions").length) at += 1;
    else {
      at = 0;
      set({ answers: [] });
    }
    build();
    (options[0] || next).focus();
  });

  function choose(k) {
    if (get("answers").length === at) set({ answers: [...get("answers"), k] });
  }
  function build() {
    const question = get("questions")[at];
    stage.replaceChildren();
    options = [];
    stage.classList.toggle("oe-end", !question);
    if (question) options = photosToChoose(stage, question, choose);
    else ending(stage, get("questions"), get("answers"));
    draw();
  }
  function draw() {
    const [questions, answers] = [get("questions"), get("answers")];
    const question = questions[at];
    const [mine, nets] = [tally(questions, answers), tally(questions, answers.map((_, k) => questions[k].network))];
    const told = answers.length;
    write(head, question ? `Who is it? Question ${at + 1} of ${questions.length}` : "Who is it? The end");
    if (!question) write(said, `You have ${mine} of ${questions.length}, the network has ${nets}.`);
    else write(said, at < told ? verdict(question, answers[at]) : "Which of the four photos shows the person on the left?");
    write(score, told && question ? `You: ${mine} of ${told} \u00b7 the network: ${nets} of ${told}` : "");
    next.hidden = Boolean(question) && at >= told;
    write(next, !question ? "Play again" : at + 1 < questions.length ? "Next question" : "Show the result");
    if (question) options.forEach((one, k) => one.show(at < told ? answers[at] : -1, k, question));
  }
  build();
  return follow(["answers"], () => {
    if (get("answers").length >= at) return draw();
    at = 0; // Python began again
    build();
  });
}

// The query and the photos to choose from.  Returns: their buttons, with show(taken, k, question).
function photosToChoose(stage, question, choose) {
  const query = add(stage, "figure", "oe-query");
  picture(query, { src: question.src, text: `The query. ${question.text}` });
  add(query, "figcaption", "", "the query");
  return question.options.map((option, k) => {
    const one = button(stage, "", () => choose(k), "oe-option");
    picture(one, { src: option.src, text: `Photo ${k + 1}. ${option.text}` });
    const words = add(one, "span", "", String(k + 1));
    one.show = (taken) => {
      const known = taken >= 0;
      one.classList.toggle("oe-same", known && option.same);
      one.classList.toggle("oe-other", known && !option.same);
      one.setAttribute("aria-pressed", String(k === taken));
      one.setAttribute("aria-disabled", String(known)); // not `disabled`: the focus stays
      const told = known ? [`${mark(option.same)} ${option.who}, ${option.similarity.toFixed(2)}`] : [String(k + 1)];
      if (k === taken) told.push("you");
      if (known && k === question.network) told.push("the network");
      words.replaceChildren();
      told.forEach((text, n) => add(words, "span", n ? "oe-tag" : "oe-name", text));
    };
    return one;
  });
}

// One line a question: its query, and who was right.
function ending(stage, questions, answers) {
  questions.forEach((question, k) => {
    const one = add(stage, "figure");
    picture(one, { src: question.src, text: `Question ${k + 1}: ${question.who}.` });
    const words = add(one, "figcaption");
    add(words, "b", "", question.who);
    for (const [who, taken] of [["you", answers[k]], ["the network", question.network]]) {
      const ok = right(question, taken);
      add(words, "span", ok ? "oe-yes" : "oe-no", `${mark(ok)} ${who}`);
    }
  });
}

export default { render };
