// The predict box. Python says what is asked and, after the click, what is true; this file only draws.

// JupyterLab takes arrow keys and letters for its own, unless the very element that has the focus asks it not to.
const KEYED = ["button", "input", "select"];

const STYLE = `
.oe-predict { border: 1px solid var(--jp-border-color1, #bdbdbd); border-left: 5px solid #4c78c8; border-radius: 4px;
  margin: 6px 0; padding: 8px 14px 12px; max-width: 52em; color: var(--jp-content-font-color1, #212121);
  background: var(--jp-layout-color1, #fff); font-family: var(--jp-content-font-family, sans-serif);
  font-size: var(--jp-content-font-size1, 14px); line-height: 1.5; }
.oe-predict fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
.oe-predict legend { padding: 0; margin-bottom: 6px; font-weight: 600; }
.oe-predict .oe-kicker { display: block; font-weight: 400; font-size: .85em;
  color: var(--jp-content-font-color1, #212121); }
.oe-predict button { display: block; width: 100%; margin: 5px 0; padding: 6px 12px; text-align: left; font: inherit;
  color: inherit; background: var(--jp-layout-color2, #eee); border: 1px solid var(--jp-border-color0, #616161);
  border-radius: 4px; cursor: pointer; }
.oe-predict button:hover:not([aria-disabled=true]) { background: var(--jp-layout-color3, #ddd); }
.oe-predict button:focus-visible { outline: 3px solid #4c78c8; outline-offset: 1px; }
.oe-predict button[aria-disabled=true] { cursor: default; }
.oe-predict button.oe-true { border-width: 3px; border-color: #4c78c8; padding: 4px 10px; }
.oe-predict .oe-tag { float: right; margin-left: 1em; font-size: .85em; font-weight: 600; }
.oe-predict .oe-because { margin: 8px 0 0; }
.oe-predict code { font-family: var(--jp-code-font-family, monospace); font-size: .93em; }
`;

// Text in which `backticks` mark code; never read as HTML.
function write(element, text) {
  element.replaceChildren(
    ...text.split("`").map((part, i) => {
      if (i % 2 === 0) return document.createTextNode(part);
      const code = document.createElement("code");
      code.textContent = part;
      return code;
    }),
  );
}

function add(parent, tag, className = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (KEYED.includes(tag)) element.dataset.lmSuppressShortcuts = "true";
  return element;
}

function render({ model, el }) {
  add(el, "style").textContent = STYLE;
  const box = add(el, "div", "oe-predict");
  const fieldset = add(box, "fieldset");
  const legend = add(fieldset, "legend");
  add(legend, "span", "oe-kicker").textContent = "Predict before you run on. Nothing is graded.";
  write(add(legend, "span"), model.get("question"));

  const buttons = model.get("answers").map((answer, i) => {
    const button = add(fieldset, "button");
    button.type = "button";
    const tag = add(button, "span", "oe-tag");
    write(add(button, "span"), answer);
    button.addEventListener("click", () => {
      if (model.get("chosen")) return; // the first answer is the prediction
      model.set("chosen", i + 1);
      model.save_changes();
    });
    return { button, tag };
  });
  const because = add(box, "p", "oe-because");
  because.setAttribute("role", "status");
  const problem = add(box, "p");
  problem.setAttribute("role", "alert");

  function draw() {
    const chosen = model.get("chosen");
    const truth = model.get("shown_truth");
    buttons.forEach(({ button, tag }, i) => {
      const words = [];
      if (i + 1 === chosen) words.push("you said so");
      if (i + 1 === truth) words.push("\u2713 this is what happens");
      tag.textContent = words.join(" \u00b7 ");
      button.classList.toggle("oe-true", i + 1 === truth);
      button.setAttribute("aria-pressed", String(i + 1 === chosen));
      // Not `disabled`: that would throw the keyboard's focus away.
      button.setAttribute("aria-disabled", String(truth > 0));
    });
    write(because, model.get("shown_because"));
    because.hidden = !truth;
    problem.textContent = model.get("problem");
    problem.hidden = !model.get("problem");
  }
  const traits = ["chosen", "shown_truth", "shown_because", "problem"];
  traits.forEach((name) => model.on(`change:${name}`, draw));
  draw();
  return () => traits.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
