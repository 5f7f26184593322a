// The gate mixer. Python runs the net and mixes; this file has the sliders and shows the pictures.

// JupyterLab takes arrow keys and letters for its own, unless the very element that has the focus asks it not to.
const KEYED = ["button", "input", "select"];

const STYLE = `
.oe-mixer { color: var(--jp-content-font-color1, #212121); background: var(--jp-layout-color1, #fff);
  font-family: var(--jp-content-font-family, sans-serif); font-size: 13px; line-height: 1.4; padding: 4px 2px; }
.oe-mixer .oe-line { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; margin: 0 0 10px; }
.oe-mixer .oe-board { display: flex; flex-wrap: wrap; gap: 6px; align-items: flex-start; }
.oe-mixer .oe-column { width: 104px; text-align: center; }
.oe-mixer .oe-column b, .oe-mixer .oe-column span { display: block; }
.oe-mixer .oe-sign { font-size: 22px; margin: 95px 0 0; align-self: flex-start; }
.oe-mixer img { display: block; width: 88px; height: 176px; margin: 3px auto; image-rendering: pixelated;
  border: 1px solid var(--jp-border-color0, #616161); }
.oe-mixer .oe-column.oe-photo img { image-rendering: auto; }
.oe-mixer input[type=range] { width: 96px; margin: 4px 0 0; accent-color: #4c78c8; }
.oe-mixer input[type=range]:focus-visible { outline: 3px solid #4c78c8; outline-offset: 2px; }
.oe-mixer .oe-bar { position: relative; height: 10px; margin: 3px 3px 2px;
  border: 1px solid var(--jp-border-color0, #616161); }
.oe-mixer .oe-bar i { position: absolute; top: 0; bottom: 0; background: #e0892b; }
.oe-mixer .oe-bar i.oe-mean { width: 3px; margin-left: -1px; background: var(--jp-content-font-color1, #212121); }
.oe-mixer .oe-small { font-size: 11.5px; }
.oe-mixer .oe-says { margin: 8px 0 0; padding: 0; list-style: none; font-family: var(--jp-code-font-family, monospace);
  font-size: 12.5px; }
.oe-mixer .oe-gap { margin: 8px 0 0; font-weight: 600; }
.oe-mixer select, .oe-mixer button { font: inherit; color: inherit; padding: 3px 8px; border-radius: 4px;
  background: var(--jp-layout-color2, #eee); border: 1px solid var(--jp-border-color0, #616161); }
.oe-mixer option { color: #212121; background: #fff; }
.oe-mixer select:focus-visible, .oe-mixer button:focus-visible { outline: 3px solid #4c78c8; }
`;

function add(parent, tag, className = "", text = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text) element.textContent = text;
  if (KEYED.includes(tag)) element.dataset.lmSuppressShortcuts = "true";
  return element;
}

function choice(parent, words) {
  const label = add(parent, "label", "", `${words} `);
  return add(label, "select");
}

function fill(select, entries) {
  if (select.options.length === entries.length && [...select.options].every((o, i) => o.text === entries[i][1])) return;
  select.replaceChildren();
  entries.forEach(([value, text]) => {
    add(select, "option", "", text).value = value;
  });
}

function render({ model, el }) {
  add(el, "style").textContent = STYLE;
  const box = add(el, "div", "oe-mixer");

  function send(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  const line = add(box, "div", "oe-line");
  const block = choice(line, "Block");
  block.addEventListener("change", () => send("block", block.value));
  const channel = choice(line, "Channels");
  channel.addEventListener("change", () => send("channel", Number(channel.value)));
  const presets = [
    ["All 1: the plain sum", () => send("hand", model.get("hand").map(() => 1))],
    ["All 0", () => send("hand", model.get("hand").map(() => 0))],
    // Python takes them: the page may not have heard yet of the gates of a channel chosen a moment ago.
    ["The net's own", () => model.send("own")],
  ];
  presets.forEach(([text, press]) => {
    const button = add(line, "button", "", text);
    button.type = "button";
    button.addEventListener("click", press);
  });

  const board = add(box, "div", "oe-board");
  const photo = add(board, "div", "oe-column oe-photo");
  add(photo, "b", "", "photo");
  const picture = add(photo, "img");
  picture.src = model.get("photo").src;
  picture.alt = model.get("photo").text;

  const streams = model.get("hand").map((_, t) => {
    const column = add(board, "div", "oe-column");
    const cells = 2 * t + 3;
    add(column, "b", "", `stream ${t + 1}`);
    const img = add(column, "img");
    add(column, "span", "oe-small", `${cells} \u00d7 ${cells} cells`);
    const mean = add(column, "span", "oe-small");
    const input = add(column, "input");
    Object.assign(input, { type: "range", min: "0", max: "1", step: "0.01" });
    input.setAttribute("aria-label", `your gate of stream ${t + 1}`);
    input.addEventListener("input", () => {
      const hand = [...model.get("hand")];
      hand[t] = Number(input.value);
      send("hand", hand);
    });
    const yours = add(column, "b");
    const share = add(column, "span", "oe-small");
    const bar = add(column, "div", "oe-bar");
    const range = add(bar, "i");
    const middle = add(bar, "i", "oe-mean");
    const own = add(column, "b");
    const spread = add(column, "span", "oe-small");
    const ownShare = add(column, "span", "oe-small");
    return { img, mean, input, yours, range, middle, own, spread, share, ownShare };
  });
  add(board, "div", "oe-sign", "=").setAttribute("aria-hidden", "true");
  const mixtures = ["your mixture", "the net's"].map((name) => {
    const column = add(board, "div", "oe-column");
    add(column, "b", "", name);
    return { img: add(column, "img"), mean: add(column, "span", "oe-small") };
  });

  const gap = add(box, "p", "oe-gap");
  gap.setAttribute("role", "status");
  const says = add(box, "ul", "oe-says");
  const problem = add(box, "p");
  problem.setAttribute("role", "alert");

  function show({ img, mean }, map) {
    if (!map) return;
    img.src = map.src;
    img.alt = map.text;
    mean.textContent = `mean ${map.mean}`;
  }
  const percent = (value) => `${Math.round(100 * value)} %`;

  function draw() {
    fill(block, model.get("blocks").map((name) => [name, name]));
    block.value = model.get("block");
    const numbered = Array.from({ length: model.get("channels") }, (_, i) => [String(i + 1), `only channel ${i + 1}`]);
    fill(channel, [["0", `all ${model.get("channels")}, on average`], ...numbered]);
    channel.value = String(model.get("channel"));
    streams.forEach((stream, t) => {
      show(stream, model.get("maps")[t]);
      const hand = model.get("hand")[t];
      // A slider that is being dragged is ahead of Python; it must not be pulled back.
      if (document.activeElement !== stream.input || !stream.input.matches(":active")) stream.input.value = String(hand);
      stream.yours.textContent = `yours ${hand.toFixed(2)}`;
      const own = model.get("own")[t];
      const [low, high] = model.get("own_range")[t];
      stream.range.style.left = `${100 * low}%`;
      stream.range.style.width = `${100 * (high - low)}%`;
      stream.middle.style.left = `${100 * own}%`;
      stream.own.textContent = `the net's ${own.toFixed(2)}`;
      stream.spread.textContent = model.get("channel") ? "" : `${low.toFixed(2)} to ${high.toFixed(2)}`;
      stream.share.textContent = `share ${percent(model.get("shares")[t])}`;
      stream.ownShare.textContent = `share ${percent(model.get("own_shares")[t])}`;
    });
    mixtures.forEach((mixture, i) => show(mixture, model.get("mixtures")[i]));
    gap.textContent = `Your mixture differs from the net's by ${(100 * model.get("gap")).toFixed(1)} %.`;
    says.replaceChildren();
    model.get("says").forEach((text) => add(says, "li", "", text));
    problem.textContent = model.get("problem");
    problem.hidden = !model.get("problem");
  }
  const traits = [
    "blocks", "block", "channels", "channel", "hand", "own", "own_range", "shares", "own_shares", "gap", "maps",
    "mixtures", "says", "problem",
  ];
  // Python sends what belongs together in one message, which arrives as one event for each trait.
  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  }
  traits.forEach((name) => model.on(`change:${name}`, soon));
  draw();
  return () => traits.forEach((name) => model.off(`change:${name}`, soon));
}

export default { render };
