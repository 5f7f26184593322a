// What a page says of the work that goes on: a sentence, and a bar where a part of it is known.

// Returns: told(sentence, part); "" when the work is done.
export function working(parent) {
  const line = parent.appendChild(document.createElement("p"));
  line.className = "page-working";
  line.hidden = true;
  const words = line.appendChild(document.createElement("span"));
  words.setAttribute("role", "status");
  const bar = line.appendChild(document.createElement("progress"));
  bar.setAttribute("aria-label", "the network is loaded");
  return (text, part) => {
    line.hidden = !text;
    if (words.textContent !== text) words.textContent = text;
    bar.hidden = part === undefined;
    if (part !== undefined) bar.value = part;
  };
}
