// What the pages of all widgets share. widget.py joins it in front of each widget's own file; a page that has a server
// may import it as it stands.

const SVG = "http://www.w3.org/2000/svg";
// JupyterLab takes arrow keys, letters and Enter for its own, unless the very element that has the focus asks it not to.
const KEYED = ["button", "canvas", "input", "select", "summary"];
const BUSY = 250; // milliseconds without an answer, after which results are greyed
const SOON = 3000; // after which the kernel is gone, where the page was told of a restart
const LATE = 15000; // and after which a sentence says what may be wrong
const AGAIN = "choose Run > Run All Above Selected Cell, then run this cell.";
const GONE = `The kernel was restarted or has ended: ${AGAIN}`;
const WAITS = `Python has not answered yet. Is another cell running? If the kernel was restarted, ${AGAIN}`;
const BUG = "This is a fault of the widget, and not of what you did. Python's own words:";

// ---- elements

export function add(parent, tag, className = "", text = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text) element.textContent = text;
  if (KEYED.includes(tag)) element.dataset.lmSuppressShortcuts = "true";
  return element;
}

export function shape(parent, tag, attributes, text = "") {
  const element = parent.appendChild(document.createElementNS(SVG, tag));
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  if (text) element.textContent = text;
  return element;
}

export function button(parent, text, pressed, className = "") {
  const element = add(parent, "button", className, text);
  element.type = "button";
  element.addEventListener("click", pressed);
  return element;
}

// A picture and its words: {src, text}.
export function picture(parent, { src, text }, className = "") {
  const img = add(parent, "img", className);
  img.src = src;
  img.alt = text;
  img.draggable = false;
  return img;
}

// A list to choose from. fill([[value, text]]) changes only what is different, so that an open list stays open.
export function choice(parent, title, changed, entries = []) {
  const label = add(parent, "label", "oe-choice");
  const words = add(label, "span", "", title);
  const select = add(label, "select");
  select.addEventListener("change", () => changed(select.value));
  function name(text) {
    write(words, text);
    select.setAttribute("aria-label", text);
  }
  function fill(list) {
    const { options } = select;
    if (options.length === list.length && list.every(([, text], i) => options[i].text === text)) return;
    select.replaceChildren();
    list.forEach(([value, text]) => (add(select, "option", "", text).value = String(value)));
  }
  name(title);
  fill(entries);
  return { label, select, name, fill, show: (value) => (select.value = String(value)) };
}

// A box to tick, with words that may change.
export function tick(parent, text, changed) {
  const label = add(parent, "label", "oe-check");
  const input = add(label, "input");
  input.type = "checkbox";
  input.addEventListener("change", () => changed(input.checked));
  return { input, words: add(label, "span", "", text) };
}

// A slider with its value beside it. A slider that is being dragged is ahead of Python and is not pulled back.
export function slider(parent, title, { min, max, step }, moved, inWords = String) {
  const label = add(parent, "label", "oe-slider");
  add(label, "span", "", title);
  const input = add(label, "input");
  Object.assign(input, { type: "range", min, max, step });
  input.setAttribute("aria-label", title);
  const output = add(label, "output");
  input.addEventListener("input", () => moved(Number(input.value)));
  function show(value) {
    if (!(document.activeElement === input && input.matches(":active"))) input.value = String(value);
    write(output, inWords(value));
    input.setAttribute("aria-valuetext", inWords(value));
  }
  return { label, input, output, show };
}

// A box for a number. Enter commits as Tab does; JupyterLab would keep Enter for itself.
export function entry(parent, title, typed) {
  const input = add(parent, "input");
  Object.assign(input, { type: "number", step: "any" });
  input.setAttribute("aria-label", title);
  const commit = () => typed(input.value === "" ? NaN : Number(input.value));
  input.addEventListener("change", commit);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    commit();
  });
  return input;
}

// ---- words and pictures

// Text that did not change is left alone: a screen reader would say it again.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Text in which `backticks` mark code; never read as HTML.
export function writeCode(element, text) {
  element.replaceChildren(
    ...text.split("`").map((part, i) => {
      if (i % 2 === 0) return document.createTextNode(part);
      const code = document.createElement("code");
      code.textContent = part;
      return code;
    }),
  );
}

export const number = (value) => value.toLocaleString("en-GB");
export const percent = (value) => `${Math.round(100 * value)} %`;

// Bytes as Python sends them, or as a page of JSON has them: {base64}.
export function bytes(value) {
  if (!value) return new Uint8Array(0);
  if (value.base64 !== undefined) return Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0));
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

// Pixels as a small canvas: RGB bytes, or one colour whose opacity the bytes are.
export function raster(value, width, height, colour = null) {
  const data = bytes(value);
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = colour ? colour[c] : data[3 * i + c];
    image.data[4 * i + 3] = colour ? data[i] * 0.85 : 255;
  }
  const small = new OffscreenCanvas(width, height);
  small.getContext("2d").putImageData(image, 0, 0);
  return small;
}

// A frame that is seen on any photo: white within black.  at: [x, y, width, height].
export function outline(pen, at, dash = []) {
  for (const [colour, thick] of [["#000", 5], ["#fff", 2]]) {
    pen.setLineDash(dash);
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    pen.strokeRect(...at);
  }
  pen.setLineDash([]);
}

// Which cell of a grid that fills a canvas lies under the pointer: [row, column].
export function cellUnder(event, canvas, rows, columns) {
  const frame = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - frame.left - canvas.clientLeft, event.clientY - frame.top - canvas.clientTop];
  return [Math.floor((y / canvas.clientHeight) * rows), Math.floor((x / canvas.clientWidth) * columns)];
}

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// Arrow keys on an element; moved(rows, columns), with Shift by `far`.
export function arrows(element, far, moved) {
  element.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const by = event.shiftKey ? far : 1;
    moved(by * move[0], by * move[1]);
  });
}

// ---- the page of one widget

// A box in the widget's element, and the one way to Python and back.
//   set({name: value})      to Python; results are greyed until it has answered.
//   press(name, ...files)   a button's message, with files as array buffers.
//   says(parent)            a line that a screen reader says when it changes.
//   follow(traits, draw)    draws now and whenever Python changed one of them; ends the box. Returns: the undoing.
export function page({ model, el }, name) {
  const box = add(el, "div", `oe-box ${name}`);
  const lost = add(box, "p", "oe-lost");
  lost.setAttribute("role", "alert");
  lost.hidden = true;
  let timers = [];
  let suspect = false; // the page has lost Python, or got it back

  function later(milliseconds, act) {
    timers.push(setTimeout(act, milliseconds));
  }
  function send() {
    // Python answers with the same number, so that several changes on the way are one wait.
    if (typeof model.get("answered") === "number") model.set("asked", (model.get("asked") || 0) + 1);
    model.save_changes();
    wait();
  }
  function wait() {
    timers.forEach(clearTimeout);
    timers = [];
    const waiting = typeof model.get("answered") === "number" && model.get("asked") !== model.get("answered");
    if (!waiting) {
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
  function suspicious() {
    if (suspect) return;
    suspect = true;
    later(1000, send);
  }

  return {
    box,
    set(values) {
      Object.entries(values).forEach(([trait, value]) => model.set(trait, value));
      send();
    },
    press(message, ...files) {
      model.send(message, undefined, files);
      send();
    },
    says(parent, tag = "p", className = "") {
      const line = add(parent, tag, className);
      line.setAttribute("role", "status");
      return line;
    },
    follow(traits, draw) {
      const problem = add(box, "p", "oe-problem");
      problem.setAttribute("role", "alert");
      const crash = add(box, "div", "oe-crash");
      crash.setAttribute("role", "alert");
      function all() {
        draw();
        write(problem, model.get("problem") || "");
        problem.hidden = !model.get("problem");
        const words = model.get("crash") || "";
        crash.hidden = !words;
        if (crash.dataset.words !== words) {
          crash.dataset.words = words;
          crash.replaceChildren();
          if (!words) return;
          add(crash, "p", "", BUG);
          const pre = add(crash, "pre", "", words);
          pre.tabIndex = 0; // it scrolls
          pre.setAttribute("aria-label", "traceback");
          pre.setAttribute("role", "region");
        }
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
      told.push(["change:answered", wait], ["change:asked", wait], ["comm_live_update", suspicious]);
      told.forEach(([event, heard]) => model.on(event, heard));
      all();
      wait();
      return () => {
        timers.forEach(clearTimeout);
        cancelAnimationFrame(drawing);
        told.forEach(([event, heard]) => model.off(event, heard));
      };
    },
  };
}
