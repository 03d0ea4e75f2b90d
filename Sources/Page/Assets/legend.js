// Which colour is whose, with numbers: a chart is never read by colour alone.

import { fill, h } from "./dom.js";
import { duration, shareOf } from "./format.js";
import { classOf, nameOf } from "./vocabulary.js";

/** The means of several steps, weighted by their requests. @param {any[]} steps */
export function meanOf(steps) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  let count = 0;
  for (const step of steps) {
    count += step.count;
    for (const { component, seconds } of step.components) sums.set(component, (sums.get(component) ?? 0) + seconds * step.count);
  }
  const parts = [...sums].map(([component, sum]) => ({ component, seconds: sum / count }));
  return { count, errors: steps.reduce((sum, step) => sum + step.errors, 0), parts: parts.sort((left, right) => right.seconds - left.seconds) };
}

/**
 * @param {Element} element
 * @param {string} title what the numbers are of
 * @param {{component: string, seconds: number}[]} parts the largest first
 */
export function showLegend(element, title, parts) {
  const total = parts.reduce((sum, part) => sum + part.seconds, 0);
  fill(
    element,
    h("p", { class: "legend-title" }, title, h("strong", {}, total ? duration(total) : "–")),
    h("ul", {}, parts.map(({ component, seconds }) =>
      h("li", {},
        h("span", { class: `key swatch ${classOf(component)}`, "aria-hidden": "true" }),
        h("span", { class: "legend-name" }, nameOf(component)),
        h("span", { class: "number" }, duration(seconds)),
        h("span", { class: "number muted" }, shareOf(total ? seconds / total : 0))))));
}

/** A bar of shares, and the largest in words. @param {{component: string, seconds: number}[]} parts */
export function componentBar(parts) {
  const total = parts.reduce((sum, part) => sum + part.seconds, 0);
  if (!total) return "–";
  const [most] = [...parts].sort((left, right) => right.seconds - left.seconds);
  return h("span", { class: "bar-cell" },
    h("span", { class: "bar", "aria-hidden": "true" }, parts.filter((part) => part.seconds / total > 0.004).map((part) =>
      h("span", {
        class: `swatch ${classOf(part.component)}`, style: { "flex-grow": part.seconds / total },
        title: `${nameOf(part.component)} ${shareOf(part.seconds / total)}`,
      }))),
    h("span", { class: "bar-name" }, `${nameOf(most.component)} ${shareOf(most.seconds / total)}`));
}
