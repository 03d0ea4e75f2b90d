// The course of a kind of request in a cell: its mean time, asked for only once the row is in sight.

import { ask } from "./api.js";
import { fill, h, s } from "./dom.js";
import { duration } from "./format.js";

const [WIDTH, HEIGHT] = [96, 22];
const KEPT = 500;

/** @type {Map<string, any[] | null>} */
const cache = new Map();
/** @type {{key: string, cell: HTMLElement, parameters: Record<string, any>}[]} */
let waiting = [];
let isAsking = false;

/** @param {Record<string, any>} parameters of `components` */
export function sparkline(parameters) {
  const key = JSON.stringify(parameters);
  const cell = h("span", { class: "spark" });
  const known = cache.get(key);
  if (known) draw(cell, known);
  else if (!cache.has(key)) {
    waiting.push({ key, cell, parameters });
    next();
  }
  return cell;
}

/** One question at a time, and none for cells that have left the table. */
async function next() {
  if (isAsking) return;
  isAsking = true;
  // After the rows that asked have been put into the document.
  await new Promise((resolve) => setTimeout(resolve));
  waiting = waiting.filter(({ cell }) => cell.isConnected);
  const entry = waiting.shift();
  if (entry) {
    try {
      const { steps } = await ask("components", entry.parameters);
      cache.set(entry.key, steps);
      draw(entry.cell, steps);
    } catch {
      cache.set(entry.key, null);
    }
    if (cache.size > KEPT) cache.delete(/** @type {string} */ (cache.keys().next().value));
  }
  isAsking = false;
  if (waiting.length) next();
}

/** @param {HTMLElement} cell @param {any[]} steps */
function draw(cell, steps) {
  const means = steps.map((step) => (step.count ? step.mean_seconds ?? step.components.reduce((/** @type {number} */ sum, /** @type {any} */ part) => sum + part.seconds, 0) : null));
  const most = Math.max(...means.map((mean) => mean ?? 0));
  if (!(most > 0)) return;
  const points = means.flatMap((mean, index) => (mean === null ? [] : [`${((index + 0.5) * (WIDTH / means.length)).toFixed(1)},${(HEIGHT - 2 - (mean / most) * (HEIGHT - 4)).toFixed(1)}`]));
  // A lone point has no line, but a cap.
  const path = `M${points.join("L")}${points.length === 1 ? "h.01" : ""}`;
  fill(cell, s("svg", { width: WIDTH, height: HEIGHT, role: "img", "aria-label": `mean time, at most ${duration(most)}` }, s("path", { d: path, class: "spark-line" })));
}
