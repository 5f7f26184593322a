// The explorer's state as what stands behind the # of an address and as a line of Python: the grammar of
// widgets/explorer_state.py, so that a link of the one works in the other.

import { encoded, fieldsOf } from "./address.js";
import { Refused, said } from "./traits.js";

// What may be set with its default, in the order in which it is set again.
export const DEFAULTS = {
  query: "", model: "shipped", other: "", silenced: [], where: "query",
  search: "", camera: 0, attribute: "", twin: "", failures: false, sort: "name",
  left_out: true, opened: "", side: 0, why: "duel", own_at: 0.5,
};
export const STATE = Object.keys(DEFAULTS);
const OF_HALVES = ["own_at"]; // numbers with a fraction; the others are whole
const NO_STATE = "this address does not end in a state of the explorer";

const changed = (values) => STATE.filter((name) => !same(values[name], DEFAULTS[name]));
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// What follows the # in an address.
export function link(values) {
  return changed(values).map((name) => `${name}=${encoded(plain(name, values[name]))}`).join("&");
}

// The same as a line of Python.  own: networks of one's own, which no file holds.
export function line(values, own = []) {
  const set = changed(values).map((name) => `${name}=${OF_HALVES.includes(name) ? half(values[name]) : said(values[name])}`);
  const lacks = own.filter((name) => [values.model, values.other].includes(name)).sort();
  const told = lacks.map((name) => `the network ${said(name)}: it is in no file`);
  if (!values.query) told.unshift("your photo: bring it again");
  return `Explorer(${set.join(", ")})${told.length ? `  # without ${told.join(", and ")}` : ""}`;
}

// The state that an address names: {name: value}.  text: what follows the #.  Throws: Refused for anything else.
export function linked(text) {
  const fields = fieldsOf(text, STATE, NO_STATE);
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, read(name, value)]));
}

function read(name, text) {
  const value = parsed(DEFAULTS[name], text, OF_HALVES.includes(name));
  if (value === undefined) throw new Refused(`${name} cannot be ${said(text.slice(0, 40))} in an address`);
  return value;
}

function parsed(like, text, fraction) {
  if (typeof like === "boolean") return { 0: false, 1: true }[text];
  if (typeof like === "string") return text;
  if (typeof like === "number") return number(text, fraction);
  const parts = text.split(",").filter(Boolean).map((one) => {
    const at = one.lastIndexOf(":");
    return [one.slice(0, Math.max(0, at)), number(one.slice(at + 1), false)];
  });
  return parts.some(([, stream]) => stream === undefined) ? undefined : parts;
}

function number(text, fraction) {
  const form = fraction ? /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i : /^\s*[+-]?\d+\s*$/;
  return form.test(text) ? Number(text) : undefined;
}

function plain(name, value) {
  if (Array.isArray(value)) return value.map(([block, stream]) => `${block}:${stream}`).join(",");
  if (typeof value === "boolean") return value ? "1" : "0";
  return OF_HALVES.includes(name) ? half(value) : String(value);
}

const half = (value) => (Number.isInteger(value) ? value.toFixed(1) : String(value));
