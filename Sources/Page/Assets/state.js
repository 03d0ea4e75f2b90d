// What the page shows is in its URL, so that every view is a link.

/**
 * @typedef {object} State
 * @property {string} [cluster]
 * @property {string} [from] the selected interval, each end a time in one of the forms of the API
 * @property {string} [to]
 * @property {string} [tab]
 * @property {string} [q] the filter
 * @property {string} [sort] a column, with "-" before it for descending
 * @property {string} [request] a kind of request: verb/group/resource/subresource/scope
 * @property {string} [operation] service/operation/kind, or the operation alone
 * @property {string} [trace] a trace id
 * @property {string} [cell] a cell of the heat map: from/to/lower/upper
 */

const KEYS = ["cluster", "from", "to", "tab", "q", "sort", "request", "operation", "trace", "cell"];

/** @type {Set<(isVisit: boolean) => void>} */
const listeners = new Set();

/** @returns {State} */
export function current() {
  const parameters = new URLSearchParams(location.search);
  /** @type {Record<string, string>} */
  const state = {};
  for (const key of KEYS) {
    const value = parameters.get(key);
    if (value) state[key] = value;
  }
  return state;
}

/** The URL of the state with changes; null removes a key. @param {Record<string, string | null | undefined>} changes */
export function link(changes) {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries({ ...current(), ...changes })) if (value) parameters.set(key, value);
  // Slashes and colons need no escape in a query, and people read addresses.
  const query = parameters.toString().replace(/%2F/g, "/").replace(/%3A/g, ":");
  return query ? `/?${query}` : "/";
}

/** Goes to another view. @param {Record<string, string | null | undefined>} changes */
export function go(changes) {
  visit(link(changes));
}

/** Changes the view without a step to go back to. @param {Record<string, string | null | undefined>} changes */
export function adjust(changes) {
  history.replaceState(null, "", link(changes));
  notify(false);
}

/** @param {string} url */
function visit(url) {
  if (url !== location.pathname + location.search) history.pushState(null, "", url);
  notify(true);
}

/** @param {boolean} isVisit whether it is another view, not the same one in another order */
function notify(isVisit) {
  for (const listener of listeners) listener(isVisit);
}

/** @param {(isVisit: boolean) => void} listener */
export function onChange(listener) {
  listeners.add(listener);
}

/** A list of texts as one value, and back: only what separates them is escaped, since the URL escapes the value. @param {string[]} parts */
export function joined(parts) {
  return parts.map((part) => part.replace(/[%/]/g, encodeURIComponent)).join("/");
}

/** @param {string | undefined} value @returns {string[]} */
export function split(value) {
  return (value ?? "").split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}

addEventListener("popstate", () => notify(false));
document.addEventListener("click", (event) => {
  const anchor = /** @type {Element} */ (event.target).closest?.("a[href^='/']");
  if (!anchor || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const href = /** @type {string} */ (anchor.getAttribute("href"));
  if (href !== "/" && !href.startsWith("/?")) return;
  event.preventDefault();
  visit(href);
});
