// Runs before a page is drawn: light or dark, a browser that keeps nothing, and a page that was opened as a file.

(() => {
  // A browser may forbid storage. The page then remembers until it is left.
  try {
    window.localStorage.getItem("theme");
  } catch {
    const held = new Map();
    const storage = {
      getItem: (name) => held.get(name) ?? null,
      setItem: (name, value) => void held.set(name, String(value)),
      removeItem: (name) => void held.delete(name),
    };
    Object.defineProperty(window, "localStorage", { value: storage });
  }

  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const mode = () => localStorage.getItem("mode") || "auto";
  function follow() {
    root.dataset.mode = mode();
    root.dataset.theme = mode() === "auto" ? (dark.matches ? "dark" : "light") : mode();
  }
  function turn() {
    const next = root.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("mode", next);
    localStorage.setItem("theme", next);
    follow();
  }
  follow();
  dark.addEventListener("change", follow);
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("button.oe-theme").forEach((button) => button.addEventListener("click", turn));
    if (location.protocol === "file:") asFile();
  });

  // A browser loads no modules into a page that is a file.
  function asFile() {
    const line = document.createElement("p");
    line.className = "oe-as-file";
    line.setAttribute("role", "alert");
    line.textContent =
      "This page was opened as a file, so a browser shows it without what moves. Serve its folder instead: " +
      "type python3 -m http.server in it, and open http://localhost:8000/.";
    document.body.prepend(line);
  }
})();
