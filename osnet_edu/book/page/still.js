// A widget without Python: what it drew when the site was built, and the answers that Python gave then.
//
// record: {trait: value}.  answers: {shared, controls, free, near, presses, answers, complete, film} as alive.py writes
// them. In both, {"$": n} stands for shared[n], and a text that begins with "kit:" for a picture beside this site's data.
//
// works(wanted, now): what the page can work out itself, as values that change, or null.
//
// Returns: a model for the widget's own .js, as asking.js expects it.

const PYTHON = "This needs Python, which this page does not have: open the lab, where the same box answers everything.";
const ALONE =
  "This page was built with one setting changed at a time, so the others are back at their start. The lab has them all.";
const PICTURES = new URL("../data/pictures/", import.meta.url);

export function still(record, answers = {}, works = () => null) {
  const { controls = [], free = [], presses = {}, near = {}, film = null } = answers;
  const whole = unpacked(answers.shared);
  const start = whole(record);
  const now = { ...start };
  const heard = {}; // event -> functions
  let wanted = {};
  let pressed = null;

  const tell = (event) => (heard[event] || []).slice().forEach((hear) => hear());
  function become(values) {
    const changed = Object.keys(values).filter((name) => !same(values[name], now[name]));
    Object.assign(now, values);
    changed.forEach((name) => tell(`change:${name}`));
  }
  // The state that an answer describes: what is not in it is as at the start, but for what needs no answer.
  function state(answer) {
    const kept = Object.fromEntries(free.map((name) => [name, now[name]]));
    return { ...start, ...kept, ...whole(answer) };
  }
  const keyOf = (values) =>
    JSON.stringify(controls.map((name) => (same(values[name], start[name]) ? null : values[name])));
  const blank = JSON.stringify(controls.map(() => null));
  const answer = (key) => answers.answers?.[key] || (key === blank ? {} : null);

  function pressing() {
    const depends = presses[pressed];
    if (!depends) return null;
    const values = Object.fromEntries(controls.map((name) => [name, (depends.includes(name) ? now : start)[name]]));
    return answers.answers?.[keyOf(values) + pressed] || null;
  }
  // Returns: [the answer or null, what the page has to say of it].
  function setting() {
    const values = nearest(wanted, now, near);
    const stays = Object.keys(values).every((name) => same(values[name], now[name]) && !same(wanted[name], now[name]));
    const full = answer(keyOf({ ...now, ...values }));
    if (full) return [full, stays ? PYTHON : ""];
    const alone = answer(keyOf({ ...start, ...values }));
    return alone ? [alone, ALONE] : [null, PYTHON];
  }
  function ask() {
    const names = Object.keys(wanted);
    const needed = names.filter((name) => !free.includes(name));
    let [found, says] = [null, PYTHON];
    const own = pressed === null && works(wanted, now);
    if (own) return become({ ...own, problem: "" });
    if (pressed !== null) found = pressing();
    else if (names.length && !needed.length) return become({ ...wanted, problem: "" });
    else if (names.every((name) => free.includes(name) || controls.includes(name))) [found, says] = setting();
    if (pressed !== null && found) says = "";
    // What the page has set itself meanwhile is put right even where nothing changes.
    names.forEach((name) => tell(`change:${name}`));
    become(found ? { ...state(found), problem: says } : { problem: PYTHON });
  }

  const model = {
    get: (name) => now[name],
    set(name, value) {
      if (name !== "asked") wanted[name] = value;
    },
    send: (message) => (pressed = message),
    save_changes() {
      const acted = film && player.takes(wanted, pressed);
      if (!acted) ask();
      [wanted, pressed] = [{}, null];
    },
    on: (event, hear) => (heard[event] ||= []).push(hear),
    off: (event, hear) => (heard[event] = (heard[event] || []).filter((one) => one !== hear)),
    widget_manager: { get_model: () => Promise.reject(new Error(PYTHON)) },
  };
  const player = film && playing(film, start, now, become);
  return model;
}

// Values in which references are replaced by what they stand for.
export function unpacked(shared = []) {
  const known = new Map();
  function whole(value) {
    if (typeof value === "string") return value.startsWith("kit:") ? new URL(value.slice(4), PICTURES).href : value;
    if (Array.isArray(value)) return value.map(whole);
    if (!value || typeof value !== "object") return value;
    if (value.$ === undefined) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, whole(one)]));
    if (!known.has(value.$)) known.set(value.$, whole(shared[value.$]));
    return known.get(value.$);
  }
  return whole;
}

const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

// Settings moved to the nearest that was answered; never to the one that stands already, or a key would do nothing.
function nearest(wanted, now, near) {
  const pick = (value, before, choices) => {
    const away = (one) => Math.abs(one - value);
    const best = choices.reduce((a, b) => (away(b) < away(a) ? b : a));
    if (value === before || best !== before) return best;
    const beyond = choices.filter((one) => (one - before) * (value - before) > 0);
    return beyond.length ? beyond.reduce((a, b) => (away(b) < away(a) ? b : a)) : best;
  };
  return Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => {
      const choices = near[name];
      if (!choices) return [name, value];
      if (Array.isArray(value)) return [name, value.map((one, i) => pick(one, now[name][i], choices))];
      return [name, pick(value, now[name], choices)];
    }),
  );
}

// A recorded run.  film: {seconds, speeds, frames: [[seconds, {trait: value}]]}.  start: the run at its end.
function playing(film, start, now, become) {
  const GROWS = ["losses", "scores", "gate_means"];
  const { frames, speeds } = film;
  let [at, timer] = [0, 0];

  function show() {
    const [, values] = frames[at];
    const grown = GROWS.map((name) => [name, start[name].filter((row) => row[0] <= values.step)]);
    become({ ...values, ...Object.fromEntries(grown) });
  }
  function step() {
    if (at >= frames.length - 1) return end();
    const speed = speeds[now.chosen] || 1;
    timer = setTimeout(() => {
      at += 1;
      show();
      step();
    }, (1000 * (frames[at + 1][0] - frames[at][0])) / speed);
  }
  function end() {
    become({ ...start, chosen: now.chosen, block: now.block });
  }
  function run() {
    become({ state: "running", actions: [["stop", "Stop"], ["", ""]], says: "Started.", problem: "" });
    show();
    step();
  }
  const presses = {
    start: () => {
      at = 0;
      run();
    },
    resume: run,
    stop: () => {
      clearTimeout(timer);
      const step = now.step.toLocaleString("en-GB");
      const actions = [["resume", `Go on from step ${step}`], ["start", "Start anew"]];
      become({ state: "stopped", actions, says: `Stopped at step ${step}.` });
    },
  };
  return {
    // Returns: whether this was a question of playing.
    takes(wanted, pressed) {
      if (pressed in presses) presses[pressed]();
      return pressed in presses;
    },
  };
}
