// The page of one widget: its box, what it says while it waits for Python, and what it says when something went wrong.

import { asking } from "./asking.js";
import { add, write } from "./dom.js";

const BUSY = 250; // milliseconds without an answer, after which results are greyed
const SOON = 3000; // after which the kernel is gone, where the page was told of a restart
const LATE = 15000; // and after which a sentence says what may be wrong
const AGAIN = "choose Run > Run All Above Selected Cell, then run this cell.";
const GONE = `The kernel was restarted or has ended: ${AGAIN}`;
const WAITS = `Python has not answered yet. Is another cell running? If the kernel was restarted, ${AGAIN}`;
const BUG = "This is a fault of the widget, and not of what you did. Python's own words:";

// A box in the widget's element, and the way to Python and back.
//   get(name)               a value as Python has it.
//   set({name: value})      to Python; results are greyed until it has answered.
//   press(name, ...files)   a button's message, with files as array buffers.
//   says(parent)            a line that a screen reader says when it changes.
//   follow(traits, draw)    draws now and whenever Python changed one of them; ends the box. Returns: the undoing.
//   python                  the seam itself, for what hears messages or shows another widget.
export function page({ model, el }, name) {
  const box = add(el, "div", `oe-box ${name}`);
  const python = asking(model);
  const { wait, suspicious, end } = patience(box, python);
  const ask = (question) => {
    python.ask(question);
    wait();
  };

  return {
    box,
    python,
    get: python.get,
    set: (values) => ask({ set: values }),
    press: (message, ...files) => ask({ press: message, files }),
    says(parent, tag = "p", className = "") {
      const line = add(parent, tag, className);
      line.setAttribute("role", "status");
      return line;
    },
    follow(traits, draw) {
      const fault = faults(box, python.get);
      function all() {
        draw();
        fault();
      }
      // Python sends what belongs together in one message, which arrives as one event for each trait.
      let drawing = 0;
      const soon = () => {
        drawing ||= requestAnimationFrame(() => {
          drawing = 0;
          all();
        });
      };
      const told = [...traits, "problem", "crash"].map((trait) => [`change:${trait}`, soon]);
      const undo = python.listen([
        ...told, ["change:answered", wait], ["change:asked", wait], ["comm_live_update", () => suspicious(ask)],
      ]);
      all();
      wait();
      return () => {
        end();
        cancelAnimationFrame(drawing);
        undo();
      };
    },
  };
}

// What the box says of an answer that does not come: first it is grey, then a sentence says why.
function patience(box, { waiting }) {
  const lost = add(box, "p", "oe-lost");
  lost.setAttribute("role", "alert");
  lost.hidden = true;
  let timers = [];
  let suspect = false; // the page has lost Python, or got it back

  const later = (milliseconds, act) => timers.push(setTimeout(act, milliseconds));
  function wait() {
    timers.forEach(clearTimeout);
    timers = [];
    if (!waiting()) {
      suspect = false;
      tell("");
      box.setAttribute("aria-busy", "false");
    } else if (!box.classList.contains("oe-gone")) {
      later(BUSY, () => box.setAttribute("aria-busy", "true"));
      later(suspect ? SOON : LATE, () => tell(suspect ? GONE : WAITS));
    }
  }
  function tell(text) {
    write(lost, text);
    lost.hidden = !text;
    box.classList.toggle("oe-gone", text === GONE);
    if (text === GONE) box.setAttribute("aria-busy", "false");
  }
  // A restarted kernel knows nothing of this widget. Whether it is so, only the widget's own Python can say: ask it.
  function suspicious(ask) {
    if (suspect) return;
    suspect = true;
    later(1000, () => ask({}));
  }
  return { wait, suspicious, end: () => timers.forEach(clearTimeout) };
}

// The lines at the end of a box: a refusal in a sentence, an error with Python's words.  Returns: draws them.
function faults(box, get) {
  const problem = add(box, "p", "oe-problem");
  problem.setAttribute("role", "alert");
  const crash = add(box, "div", "oe-crash");
  crash.setAttribute("role", "alert");
  return () => {
    write(problem, get("problem") || "");
    problem.hidden = !get("problem");
    const words = get("crash") || "";
    crash.hidden = !words;
    if (crash.dataset.words === words) return;
    crash.dataset.words = words;
    crash.replaceChildren();
    if (!words) return;
    add(crash, "p", "", BUG);
    const pre = add(crash, "pre", "", words);
    pre.tabIndex = 0; // it scrolls
    pre.setAttribute("aria-label", "traceback");
    pre.setAttribute("role", "region");
  };
}
