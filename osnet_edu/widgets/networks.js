// The explorer's networks: the one that ranks, another one beside it, a file of one's own, streams that are silenced.

import { add, button, choice, folded, tick } from "./dom.js";
import { isSilent, toggled } from "./silenced.js";

export function networks(parent, { get, set, press }) {
  const fold = folded(parent, "Networks");
  const first = choice(fold.inside, "Network:", (value) => set({ model: value }));
  const second = choice(fold.inside, "Beside it:", (value) => set({ other: value }));
  const outs = tick(fold.inside, "show photos that do not count", (on) => set({ left_out: on }));
  adding(fold.element, (file) => press({ weights: file }));
  const streams = silencing(fold.element, { get, set });
  return {
    draw() {
      const names = get("models").map((one) => [one, one]);
      first.fill(names);
      second.fill([["", "nothing"], ...names]);
      first.show(get("model"));
      second.show(get("other"));
      outs.input.checked = get("left_out");
      streams.draw();
    },
  };
}

function adding(parent, load) {
  const more = add(parent, "details");
  add(more, "summary", "", "Add a network: a student's checkpoint, or official OSNet weights");
  const line = add(more, "div", "oe-line");
  const label = add(line, "label", "oe-choice");
  add(label, "span", "", "Weights file on this machine:");
  const file = add(label, "input");
  Object.assign(file, { type: "text", placeholder: "RUN/weights.safetensors" });
  file.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    load(file.value);
  });
  button(line, "Load", () => load(file.value));
}

function silencing(parent, { get, set }) {
  const place = add(parent, "div", "oe-muting");
  let made = ""; // what the buttons were made for
  let buttons = []; // {block, stream, one}

  function make() {
    place.replaceChildren();
    buttons = [];
    if (!get("blocks").length) return;
    add(place, "span", "", "Silence streams of the second network:");
    for (const [block, count] of get("blocks")) {
      const group = add(place, "span", "oe-streams");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", `streams of ${block}`);
      add(group, "span", "", block);
      for (let stream = 1; stream <= count; stream++) {
        const one = button(group, String(stream), () => set({ silenced: toggled(get("silenced"), block, stream) }));
        one.dataset.stream = `${block}:${stream}`;
        one.setAttribute("aria-label", `silence stream ${stream} of ${block}`);
        buttons.push({ block, stream, one });
      }
    }
    const where = choice(place, "in", (value) => set({ where: value }), [
      ["query", "the query alone"],
      ["both", "query and gallery"],
    ]);
    where.show(get("where"));
  }
  return {
    draw() {
      const key = JSON.stringify([get("blocks"), get("where")]);
      if (key !== made) {
        made = key;
        make();
      }
      for (const { block, stream, one } of buttons) {
        one.setAttribute("aria-pressed", String(isSilent(get("silenced"), block, stream)));
      }
    },
  };
}
