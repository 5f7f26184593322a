// The controls of the pedestrian lab: a row for all that can be changed, in groups. They say what a person has set, in the
// units of Python, and ask nobody.

import { add, button, choice, slider } from "./dom.js";

const hex = (colour) => `#${colour.map((v) => Math.round(255 * v).toString(16).padStart(2, "0")).join("")}`;
const rgb = (text) => [1, 3, 5].map((k) => Number((parseInt(text.slice(k, k + 2), 16) / 255).toFixed(4)));
const short = (value) => String(Number(value.toFixed(2)));

// What Python takes: radians and a number, where the page shows degrees and a text.
function inPython(control, value) {
  if (control.name === "yaw") return (value * Math.PI) / 180;
  return control.name === "camera" ? Number(value) : value;
}

// Each kind of control: {show(value), disable(off)}.  edit(value): it was changed.
const KINDS = {
  choice(row, control, words, edit) {
    const list = choice(row, control.title, (value) => chosen(value));
    list.fill(control.options.map((one) => [one, one]));
    list.select.setAttribute("aria-label", words);
    // Chips for a pointer; the list itself is for the keyboard and for a person who hears the page.
    const chips = add(row, "span", "oe-options");
    chips.setAttribute("aria-hidden", "true");
    const all = control.options.map((one) => button(chips, one, () => chosen(one)));
    all.forEach((one) => (one.tabIndex = -1));
    function show(value) {
      list.show(value);
      all.forEach((one, k) => one.setAttribute("aria-pressed", String(control.options[k] === String(value))));
    }
    function chosen(value) {
      show(value);
      edit(value);
    }
    return { show, disable: (off) => [list.select, ...all].forEach((one) => (one.disabled = off)) };
  },
  range(row, control, words, edit) {
    const limits = { min: control.low, max: control.high, step: control.step };
    const one = slider(row, control.title, limits, edit, short);
    one.input.setAttribute("aria-label", words);
    return { show: one.show, disable: (off) => (one.input.disabled = off) };
  },
  colour(row, control, words, edit) {
    const label = add(row, "label", "oe-choice");
    add(label, "span", "", control.title);
    const input = add(label, "input");
    input.type = "color";
    input.setAttribute("aria-label", words);
    input.addEventListener("input", () => edit(rgb(input.value)));
    return {
      show: (value) => document.activeElement !== input && (input.value = hex(value)),
      disable: (off) => (input.disabled = off),
    };
  },
};

// groups: as Python sends them.  edit(control, value): undefined takes the change back.
// Returns: {control, row, show, disable, undo} of each control.
export function labControls(parent, groups, edit) {
  return groups.flatMap((group, k) => {
    const part = add(parent, "details");
    part.open = k === 0;
    add(part, "summary", "", group.title);
    return group.controls.map((control) => {
      const row = add(part, "div", "oe-row");
      const words = `${group.title}: ${control.title}`;
      const made = KINDS[control.kind](row, control, words, (value) => edit(control, inPython(control, value)));
      const undo = button(row, "back", () => edit(control, undefined), "oe-back");
      undo.setAttribute("aria-label", `${words}: take the change back`);
      return { control, row, undo, ...made };
    });
  });
}
