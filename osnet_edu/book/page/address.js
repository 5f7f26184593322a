// What stands behind the # of an address: names with their values, as a form of HTML writes them.

import { Refused, said } from "./traits.js";

const LONGEST = 4000; // letters

// text: what follows the #.  known: the names that may be set.  otherwise: what is said of any other text.
// Returns: {name: text}.  Throws: Refused.
export function fieldsOf(text, known, otherwise) {
  if (typeof text !== "string" || text.length > LONGEST) throw new Refused(otherwise);
  const fields = text === "" ? [] : text.split("&");
  if (fields.length > known.length) throw new Refused(`${otherwise} (Max number of fields exceeded)`);
  const found = {};
  for (const field of fields) {
    const [, key, value] = /^([^=]*)=([^]*)$/.exec(field) || [];
    if (key === undefined) throw new Refused(`${otherwise} (bad query field: ${said(field)})`);
    const name = decoded(key);
    if (!known.includes(name) || name in found) {
      throw new Refused(`the address sets ${said(name.slice(0, 40))}; expected ${known.join(", ")}, each once at most`);
    }
    found[name] = decoded(value);
  }
  return found;
}

export function encoded(text) {
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
