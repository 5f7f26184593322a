// The explorer's state as what stands behind the # of an address and as a line of Python: the grammar of
// widgets/explorer_state.py, so that a link of the one works in the other.

import { Refused, said } from "./traits.js";

// What may be set with its default, in the order in which it is set again.
export const DEFAULTS = {
  query: "", model: "shipped", other: "", silenced: [], where: "query",
  search: "", camera: 0, attribute: "", twin: "", failures: false, sort: "name",
  left_out: true, opened: "", side: 0, why: "duel", own_at: 0.5,
};
export const STATE = Object.keys(DEFAULTS);
const OF_HALVES = ["own_at"]; // numbers with a fraction; the others are whole
const LONGEST = 4000; // letters
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
  if (typeof text !== "string" || text.length > LONGEST) throw new Refused(NO_STATE);
  const fields = text === "" ? [] : text.split("&");
  if (fields.length > STATE.length) throw new Refused(`${NO_STATE} (Max number of fields exceeded)`);
  const found = {};
  for (const field of fields) {
    const [, key, value] = /^([^=]*)=([^]*)$/.exec(field) || [];
    if (key === undefined) throw new Refused(`${NO_STATE} (bad query field: ${said(field)})`);
    const name = decoded(key);
    if (!STATE.includes(name) || name in found) {
      throw new Refused(`the address sets ${said(name.slice(0, 40))}; expected ${STATE.join(", ")}, each once at most`);
    }
    found[name] = read(name, decoded(value));
  }
  return found;
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

function encoded(text) {
  const escape = (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, escape).replaceAll("%20", "+");
}

// Bytes that are not a letter become a mark of their own, as in Python.
function decoded(text) {
  const bytes = [];
  const plus = text.replaceAll("+", " ");
  for (let at = 0; at < plus.length; at++) {
    const hex = /^%[0-9a-f]{2}/i.exec(plus.slice(at, at + 3));
    if (hex) {
      bytes.push(parseInt(hex[0].slice(1), 16));
      at += 2;
    } else {
      const letter = String.fromCodePoint(plus.codePointAt(at));
      bytes.push(...new TextEncoder().encode(letter));
      at += letter.length - 1;
    }
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
