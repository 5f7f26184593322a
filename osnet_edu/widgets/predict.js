// The predict box. Python says what is asked and, after the click, what is true; this file only draws.

import { add, button, write, writeCode } from "./dom.js";
import { calm } from "./movers.js";
import { page } from "./page.js";

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-predict");
  let clicked = false; // here and now: an answer that was kept does not move the page
  const fieldset = add(box, "fieldset");
  const legend = add(fieldset, "legend", "oe-strong");
  add(legend, "span", "oe-kicker", "Predict before you run on. Nothing is graded.");
  writeCode(add(legend, "span"), get("question"));
  const buttons = get("answers").map((answer, i) => {
    const one = button(fieldset, "", () => {
      if (get("chosen")) return; // the first answer is the prediction
      clicked = true;
      set({ chosen: i + 1 });
    });
    const tag = add(one, "span", "oe-tag");
    writeCode(add(one, "span"), answer);
    return { one, tag };
  });
  const told = says(box, "div", "oe-told");
  const happens = add(told, "p", "oe-happens");
  const said = add(told, "p", "oe-said");
  const because = add(told, "p", "oe-because");

  function tell(chosen, truth) {
    const answers = get("answers");
    told.hidden = !truth;
    writeCode(happens, truth ? `\u2713 What happens: ${answers[truth - 1]}` : "");
    writeCode(said, chosen && chosen !== truth ? `\u2717 You said: ${answers[chosen - 1]}` : "You said it.");
    writeCode(because, get("shown_because"));
    if (!truth || !clicked) return;
    clicked = false;
    told.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }

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
    tell(chosen, truth);
  }
  return follow(["chosen", "shown_truth", "shown_because"], draw);
}

export default { render };
