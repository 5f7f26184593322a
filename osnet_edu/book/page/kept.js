// What a page keeps on this machine: a record under a name. Where storage is forbidden, it is kept until the page ends.

const held = new Map();

export function kept(name) {
  function get() {
    try {
      const text = localStorage.getItem(name);
      return text === null ? (held.get(name) ?? null) : JSON.parse(text);
    } catch {
      return held.get(name) ?? null;
    }
  }
  function set(value) {
    held.set(name, value);
    try {
      localStorage.setItem(name, JSON.stringify(value));
    } catch {
      // Storage is forbidden or full.
    }
  }
  return { get, set };
}
