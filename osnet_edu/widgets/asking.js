// The one way from a page to what computes, and back: ask(question), and the answer comes as values that change.
//
// A question is {set: {name: value}} or {press: message, files}. Its answer is every value that changes with it and, at
// the end, its number in `answered`. Nothing else in this folder speaks to Python: a page without Python gives a `model`
// of its own, whose get, set, save_changes, send, on and off answer the same questions.

export function asking(model) {
  const get = (name) => model.get(name);
  const numbered = () => typeof get("answered") === "number"; // a page of JSON has nobody to answer

  return {
    get,
    numbered,
    waiting: () => numbered() && get("asked") !== get("answered"),
    ask({ set = {}, press, files = [] }) {
      Object.entries(set).forEach(([name, value]) => model.set(name, value));
      if (press !== undefined) model.send(press, undefined, files);
      // Python answers with the same number, so that several questions on the way are one wait.
      if (numbered()) model.set("asked", (get("asked") || 0) + 1);
      model.save_changes();
    },
    // A question without a number: the answer is a message, and nothing waits for it.
    want: (message) => model.send(message),
    // pairs: [event, heard].  Returns: the undoing.
    listen(pairs) {
      pairs.forEach(([event, heard]) => model.on(event, heard));
      return () => pairs.forEach(([event, heard]) => model.off(event, heard));
    },
    // The view of another widget, which Python has put into a trait of this one.  id: what the trait holds.
    async view(id) {
      const child = await model.widget_manager.get_model(String(id).replace("IPY_MODEL_", ""));
      return model.widget_manager.create_view(child);
    },
  };
}
