// Edits of the lab on their way to Python: one queue, and one message at a time.
//
// Another person, another game and "Undo all" end every edit made before them, in Python and so in the queue. Each edit is
// a message of its own, since Python may refuse one and must not lose the others with it; while a slider or a colour
// moves, Python gets the newest value alone.

// Of a widget's page: python, get, set, press.
export function edits({ python, get, set, press }) {
  let steps = []; // {kind, values: of "photo", "game" or "against"; or control and its value}
  let sent = null; // the step that Python is at work on

  const free = () => get("asked") === get("answered");
  const drop = (...kinds) => (steps = steps.filter(({ kind }) => !kinds.includes(kind)));
  const last = (kind) => steps.filter((step) => step.kind === kind).at(-1);
  const next = (kind) => last(kind)?.values[kind] ?? get(kind); // of "photo", "game", "against": what it will be

  function push(step) {
    steps.push(step);
    flush();
  }
  function flush() {
    if (!steps.length || !free()) return;
    sent = steps.shift();
    if (sent.kind === "undo") press("undo");
    else set(sent.control ? changed(sent) : sent.values);
  }
  // Python's own changes with this one; without it where the value is undefined.
  function changed({ control, value }) {
    const trait = control.of === "view" ? "view" : "changes";
    const { [control.name]: _, ...others } = get(trait);
    return { [trait]: value === undefined ? others : { ...others, [control.name]: value } };
  }
  // A moment later: what is set while the model takes Python's answer in is not sent.
  const answered = () => {
    if (free()) sent = null;
    setTimeout(flush);
  };
  const deaf = python.listen([["change:answered", answered]]);

  return {
    // kind: "photo" or "game".
    start(kind, value) {
      if (value === next(kind)) return;
      drop("edit", "undo", "against");
      if (value !== get(kind)) drop(kind); // else it must still be seen to leave and to come back
      push({ kind, values: { [kind]: value } });
    },
    against(value) {
      drop("against");
      push({ kind: "against", values: { against: value } });
    },
    undo() {
      drop("edit", "undo");
      push({ kind: "undo" });
    },
    // value: undefined takes the change back.
    edit(control, value) {
      const newest = steps.at(-1);
      if (newest?.control === control && control.kind !== "choice") newest.value = value;
      else push({ kind: "edit", control, value });
    },
    wants: (control) => [sent, ...steps].some((step) => step?.control === control),
    next,
    waiting: () => steps.length > 0,
    end: deaf,
  };
}
