// flow.html: the widget of the network at work. What it draws at first was recorded when the site was built; the network
// comes behind it and answers all else.

import flow from "../widgets/flow.js";
import { Flow } from "./flow_model.js";
import { flowSite, packedJson } from "./flow_site.js";
import { link, linked } from "./flow_state.js";
import { sentence } from "./traits.js";
import { working } from "./working.js";

const BASE = new URL("../", import.meta.url);
const FIRST = "shipped";
const NETWORKS = [[FIRST, "the shipped network, which was trained"], ["untrained", "the same network, untrained"]];
const PRIVATE = "The network runs in this page. Your photos stay in this tab, and no address holds them.";

// The state stands behind the # of the address; anything that is not a state is refused with a sentence.
function addressed({ page, model, values }, first) {
  const write = () => {
    if (values.problem || model.get("asked") !== model.get("answered")) return;
    const text = link(values, first);
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  };
  async function read() {
    const text = location.hash.slice(1);
    if (document.getElementById(decodeURIComponent(text))) return; // a place of the page
    try {
      const { model: name, ...state } = linked(text, first);
      if (!NETWORKS.some(([one]) => one === name)) throw new Error(`There is no network ${name} here.`);
      await page.ask(state, name === values.model ? undefined : { network: name });
    } catch (refusal) {
      page.tell({ problem: sentence(refusal) });
    }
  }
  model.on("change:answered", write);
  window.addEventListener("hashchange", read);
  return location.hash.length > 1 ? read() : null;
}

// Which network: the shipped one, or one that has learned nothing.
function networks(parent, { page, model, values }) {
  const line = parent.appendChild(document.createElement("div"));
  line.className = "flow-networks";
  const label = line.appendChild(document.createElement("label"));
  label.append("Network ");
  const select = label.appendChild(document.createElement("select"));
  NETWORKS.forEach(([name, words]) => select.append(new Option(words, name)));
  line.appendChild(document.createElement("p")).textContent = PRIVATE;
  select.addEventListener("change", () => page.ask({}, { network: select.value }));
  const show = () => (select.value = values.model);
  model.on("change:model", show);
  model.on("change:answered", show);
  show();
}

async function show(main) {
  const told = working(main.querySelector(".flow-head"));
  try {
    const start = await packedJson(BASE, "flow_first.json");
    const site = flowSite(BASE, told);
    const made = new Flow({ start, bring: site.of, name: FIRST });
    flow.render({ model: made.model, el: main.appendChild(document.createElement("div")) });
    networks(main, made);
    main.dataset.ready = "true";
    const asked = addressed(made, start.shown);
    // Loaded before anybody asks; what goes wrong is said when somebody does.
    if (!asked) site.of(FIRST).then(({ outputs }) => outputs()).catch(() => told(""));
    return made;
  } catch (error) {
    told(sentence(error));
    throw error;
  }
}

const main = document.getElementById("flow");
export const started = main && show(main); // the model, for who looks at it from outside
