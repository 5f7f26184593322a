// What the pages of all widgets draw with: elements, words, pictures, pointing. Nothing here asks Python. widget.py joins
// it in front of each widget's own file; a page that has a server may import it as it stands.

const SVG = "http://www.w3.org/2000/svg";
// JupyterLab takes arrow keys, letters and Enter for its own, unless the very element that has the focus asks it not to.
const KEYED = ["button", "canvas", "input", "select", "summary"];

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

// What is set only now and then.
export function folded(parent, words) {
  const element = add(parent, "details", "oe-folded");
  add(element, "summary", "", words);
  return { element, inside: add(element, "div", "oe-line") };
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

// A first sentence that stands out, and what follows it.
export function headline(element, text) {
  if (element.textContent === text) return;
  const end = text.search(/[.!?] /) + 1 || text.length;
  element.replaceChildren();
  add(element, "span", "oe-lead", text.slice(0, end));
  if (end < text.length) add(element, "span", "oe-small oe-soft", text.slice(end));
}

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

export const integers = (value) => new Int32Array(bytes(value).slice().buffer);
export const floats = (value) => new Float32Array(bytes(value).slice().buffer);

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
