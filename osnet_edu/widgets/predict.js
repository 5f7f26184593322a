// The predict box. Python says what is asked and, after the click, what is true; this file only draws.

import { add, button, write, writeCode } from "./dom.js";
import { page } from "./page.js";

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-predict");
  const fieldset = add(box, "fieldset");
  const legend = add(fieldset, "legend", "oe-strong");
  add(legend, "span", "oe-kicker", "Predict before you run on. Nothing is graded.");
  writeCode(add(legend, "span"), get("question"));
  const buttons = get("answers").map((answer, i) => {
    const one = button(fieldset, "", () => {
      if (!get("chosen")) set({ chosen: i + 1 }); // the first answer is the prediction
    });
    const tag = add(one, "span", "oe-tag");
    writeCode(add(one, "span"), answer);
    return { one, tag };
  });
  const because = says(box, "p", "oe-because");

  function draw() {
    const [chosen, truth] = [get("chosen"), get("shown_truth")];
    buttons.forEach(({ one, tag }, i) => {
      const words = [];
      const wrong = truth > 0 && i + 1 === chosen && chosen !== truth;
      if (i + 1 === chosen) words.push(wrong ? "\u2717 you said so" : "you said so");
      if (i + 1 === truth) words.push("\u2713 this is what happens");
      write(tag, words.join(" \u00b7 "));
      one.classList.toggle("oe-true", i + 1 === truth);
      one.classList.toggle("oe-false", wrong);
      one.setAttribute("aria-pressed", String(i + 1 === chosen));
      // Not `disabled`: that would throw the keyboard's focus away.
      one.setAttribute("aria-disabled", String(truth > 0));
    });
    writeCode(because, get("shown_because"));
    because.hidden = !truth;
  }
  return follow(["chosen", "shown_truth", "shown_because"], draw);
}

export default { render };
