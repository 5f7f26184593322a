// What a widget's .js takes for its model, answered in the page instead of by Python: values, and one answer after another.
//
// A question of widgets/asking.js is dealt with as widgets/widget.py deals with it: all of it is taken, or, where some of
// it is refused, nothing, and `problem` says why. A new question ends the answer that is under way: what that one was to
// work out is asked again with what is new.

// For the reader: a sentence. What was asked is taken back.
export class Refused extends Error {}

export const sentence = (error) => {
  const told = String(error.message || error).split(/\s+/).join(" ").trim();
  return `${told[0].toUpperCase()}${told.slice(1)}${told.endsWith(".") ? "" : "."}`;
};

// Raises: Refused naming what is allowed.
export function oneOf(value, allowed, what) {
  if (!allowed.includes(value)) throw new Refused(`there is no ${what} ${said(value)}; expected one of ${allowed.join(", ")}`);
}

// A value as Python writes it in a sentence or a line of code.
export function said(value) {
  if (typeof value === "string") {
    const mark = value.includes("'") && !value.includes('"') ? '"' : "'";
    return mark + value.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`) + mark;
  }
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(said).join(", ")}]`;
  return String(value);
}

// start: {name: value}.
// begin(): brings what has to be there before a question is looked at; a promise.
// check(values): looks at what is set; returns what is taken instead, or throws Refused.
// answer(names, signal): works out what follows from these names and tells it; a promise.
// press(message, buffers, signal): a button or a file; a promise.
// want(message): a message that waits for nobody; whether it was one.
// Returns: {model, values, tell(values), send(message, buffers), ask(values, message)}; ask is a question by
// the page itself, and a promise of its end.
export function traits(start, { begin = null, check = (values) => values, answer = async () => {}, press = none, want = () => false } = {}) {
  const values = { problem: "", crash: "", asked: 0, answered: 0, ...start };
  const held = { ...values }; // as it was taken; `values` may hold what is only asked
  const heard = new Map();
  const fire = (event, ...what) => [...(heard.get(event) || [])].forEach((one) => one(...what));

  function put(name, value) {
    if (Object.is(values[name], value)) return;
    values[name] = value;
    fire(`change:${name}`);
  }
  function tell(found) {
    Object.assign(held, found);
    Object.entries(found).forEach(([name, value]) => put(name, value));
  }
  const deal = inTurn(async ({ set, presses, number }, signal) => {
    const names = Object.keys(set);
    const before = Object.fromEntries(names.map((name) => [name, held[name]]));
    tell({ problem: "", crash: "" });
    let taken = false;
    try {
      if (begin) await begin();
      tell(check(set));
      taken = true;
      for (const [message, buffers] of presses) await press(message, buffers, signal);
      await answer(names, signal);
    } catch (error) {
      if (signal.aborted && !(error instanceof Refused)) return;
      tell(before);
      names.forEach((name) => put(name, held[name]));
      tell(fault(error));
      if (taken) await answer(names, signal).catch(() => {});
    } finally {
      tell({ answered: number });
    }
  });
  return { ...seam({ values, put, heard, deal, want }), values: held, tell, send: (message, buffers) => fire("msg:custom", message, buffers) };
}

// The side that the widget sees.
function seam({ values, put, heard, deal, want }) {
  const changed = new Set();
  let presses = [];
  const model = {
    get: (name) => values[name],
    set(name, value) {
      if (name !== "asked") changed.add(name);
      put(name, value);
    },
    send(message, _options, buffers) {
      if (!want(message)) presses.push([message, buffers || []]);
    },
    save_changes() {
      const set = Object.fromEntries([...changed].map((name) => [name, values[name]]));
      const question = { set, presses, number: values.asked };
      changed.clear();
      presses = [];
      return deal(question);
    },
    on: (event, one) => heard.set(event, [...(heard.get(event) || []), one]),
    off: (event, one) => heard.set(event, (heard.get(event) || []).filter((other) => other !== one)),
  };
  function ask(set, message) {
    Object.entries(set).forEach(([name, value]) => model.set(name, value));
    if (message) model.send(message);
    model.set("asked", values.asked + 1);
    return model.save_changes();
  }
  return { model, ask };
}

// One question after another; a new one ends the work on the last.
function inTurn(hear) {
  let last = Promise.resolve();
  let ending = null;
  return (question) => {
    ending?.abort();
    const mine = (ending = new AbortController());
    last = last.then(() => hear(question, mine.signal));
    return last;
  };
}

// A fault of the page shows where it lies; everything else was said for the reader.
function fault(error) {
  const ours = [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error instanceof kind);
  return ours ? { crash: `${error}\n${error.stack || ""}` } : { problem: sentence(error) };
}

async function none(message) {
  throw new Refused(`there is no button ${said(message).slice(0, 60)} here`);
}

// Throws where nobody waits for the answer any more.
export function stillAsked(signal) {
  if (signal?.aborted) throw new DOMException("a newer question was asked", "AbortError");
}
