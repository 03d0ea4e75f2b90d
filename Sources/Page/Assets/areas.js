// The shapes of the stacked chart: per component one path of steps, broken where there were no requests.

import { s } from "./dom.js";
import { classOf, ordered } from "./vocabulary.js";

/** Overlays for those who can't go by colour. */
const PATTERNS = /** @type {Record<string, string>} */ ({
  "etcd": "p-stripes", "etcd-client": "p-dots", "mutating-webhook": "p-bars", "validating-webhook": "p-bars",
});

/** How often areas were drawn: a name for the patterns of each, since none are drawn from those of a hidden chart. */
let drawn = 0;

/** @param {string} owner */
function patterns(owner) {
  return s("defs", {},
    s("pattern", { id: `p-stripes-${owner}`, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      s("rect", { width: 1.6, height: 7, class: "ink" })),
    s("pattern", { id: `p-dots-${owner}`, width: 7, height: 7, patternUnits: "userSpaceOnUse" },
      s("circle", { cx: 2, cy: 2, r: 1.2, class: "ink" })),
    s("pattern", { id: `p-bars-${owner}`, width: 5, height: 5, patternUnits: "userSpaceOnUse" },
      s("rect", { width: 1.4, height: 5, class: "ink" })));
}

/**
 * @param {any[]} steps
 * @param {(index: number) => number} x the left edge of a step
 * @param {(seconds: number) => number} y
 */
export function areas(steps, x, y) {
  const names = ordered([...new Set(steps.flatMap((step) => step.components.map((/** @type {any} */ part) => part.component)))]
    .map((component) => ({ component }))).map(({ component }) => component);
  const floors = steps.map(() => 0);
  const owner = String(drawn += 1);
  return [patterns(owner), ...names.flatMap((name) => {
    const tops = steps.map((step, index) => floors[index] + (step.components.find((/** @type {any} */ part) => part.component === name)?.seconds ?? 0));
    const path = outline(steps, floors, tops, x, y);
    tops.forEach((top, index) => { floors[index] = top; });
    return [
      s("path", { d: path, class: `area ${classOf(name)}`, "data-component": name }),
      PATTERNS[name] && s("path", { d: path, fill: `url(#${PATTERNS[name]}-${owner})` }),
    ];
  })];
}

/**
 * @param {any[]} steps @param {number[]} floors @param {number[]} tops
 * @param {(index: number) => number} x @param {(seconds: number) => number} y
 */
function outline(steps, floors, tops, x, y) {
  let path = "";
  for (let start = 0; start < steps.length; start += 1) {
    if (!steps[start].count) continue;
    let end = start;
    while (end < steps.length && steps[end].count) end += 1;
    const upper = [];
    const lower = [];
    for (let index = start; index < end; index += 1) {
      const [left, right] = [x(index).toFixed(1), x(index + 1).toFixed(1)];
      upper.push(`${left},${y(tops[index]).toFixed(1)}`, `${right},${y(tops[index]).toFixed(1)}`);
      lower.unshift(`${right},${y(floors[index]).toFixed(1)}`, `${left},${y(floors[index]).toFixed(1)}`);
    }
    path += `M${upper.join("L")}L${lower.join("L")}Z`;
    start = end;
  }
  return path;
}
