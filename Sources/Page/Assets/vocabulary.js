// Components: their order in charts, the side each belongs to, and what people call them.

/** @typedef {{component: string, seconds: number, baseline_seconds?: number}} Part */

/** From the bottom of a chart to its top: etcd first, because that is asked first. */
export const ORDER = [
  "etcd", "etcd-client", "mutating-webhook", "validating-webhook", "storage", "watch-cache", "transform", "serialize",
  "proxy", "authentication", "authorization", "priority-and-fairness", "impersonation", "audit", "apiserver",
];

/** @type {Record<string, string>} */
const NAMES = {
  "etcd": "etcd", "etcd-client": "connection to etcd", "mutating-webhook": "mutating webhooks",
  "validating-webhook": "validating webhooks", "storage": "storage layer", "watch-cache": "watch cache",
  "transform": "encryption (transform)", "serialize": "serialization", "proxy": "aggregated API server",
  "authentication": "authentication", "authorization": "authorization",
  "priority-and-fairness": "priority and fairness", "impersonation": "impersonation", "audit": "audit",
  "apiserver": "API server", "other": "another service",
};

/** @param {string} component */
export function nameOf(component) {
  return NAMES[component] ?? component;
}

/** The class that gives a component its colour and pattern; users' own components share one. @param {string} component */
export function classOf(component) {
  return ORDER.includes(component) ? `c-${component}` : "c-other";
}

/** @param {string} component */
export function rank(component) {
  const index = ORDER.indexOf(component);
  return index < 0 ? ORDER.length : index;
}

/** @template {{component: string}} T @param {T[]} parts @returns {T[]} */
export function ordered(parts) {
  return [...parts].sort((left, right) => rank(left.component) - rank(right.component) || (left.component < right.component ? -1 : 1));
}

/** @type {Record<string, string>} */
const SIDES = {
  "etcd": "etcd", "connection": "the connection between API server and etcd", "webhook": "an admission webhook",
  "apiserver": "the API server",
};

/** Who it is, for a sentence. @param {{side: string | null, component: string | null}} culprit */
export function whoOf(culprit) {
  const side = culprit.side ?? "";
  if (side === "webhook") return `a ${(nameOf(culprit.component ?? "webhook")).replace(/s$/, "")}`;
  if (side === "apiserver" && culprit.component && culprit.component !== "apiserver") return `the API server’s ${nameOf(culprit.component)}`;
  return SIDES[side] ?? side;
}
