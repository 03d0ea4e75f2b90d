// How long each took: a heat map over time on a log scale, with p50 and p99 drawn in. A cell opens its traces.

import { fill, h, s } from "./dom.js";
import { clock, count, duration, tick } from "./format.js";
import { logTicks, timeTicks } from "./scale.js";

const HEIGHT = 236;
const MARGIN = { left: 58, right: 8, top: 8, bottom: 22 };
/** Rows to a doubling: each is two of the API's buckets. */
const ROWS = 2;
const SHADES = 6;
/** How far beside a cell a finger may tap, in pixels. */
const FINGER = 16;

/** What took from `least` to `most` nanoseconds: the bounds of the buckets that it consists of. @typedef {{step: number, row: number, count: number, least: number, most: number}} Cell */

/** @param {(from: string, to: string, least: string, most: string) => void} choose */
export function heatMap(choose) {
  const plot = h("div", { class: "plot heat", tabindex: 0, role: "application", "aria-roledescription": "heat map", "aria-label": "How long requests took over time. Arrow keys move over the cells, Home and End to the first and the last; Enter opens a cell’s traces." });
  const said = h("p", { class: "readout small muted", role: "status" });
  const element = h("div", { class: "heat-frame" }, plot, said);
  /** @type {any} */
  let answer = null;
  /** @type {Cell[]} */
  let cells = [];
  /** @type {Cell | null} */
  let cursor = null;
  let chosen = "";
  let [width, low, high] = [0, 0, 0];

  /** The row of a bucket, by its upper bound. */
  const rowOf = (/** @type {number} */ seconds) => Math.ceil(Math.log2(Math.max(seconds, 1e-9)) * ROWS - 0.01) - 1;
  const bound = (/** @type {number} */ row) => 2 ** (row / ROWS);
  const x = (/** @type {number} */ step) => MARGIN.left + ((width - MARGIN.left - MARGIN.right) * step) / answer.steps.length;
  const y = (/** @type {number} */ row) => HEIGHT - ((HEIGHT - MARGIN.top) * (row - low)) / (high - low);
  const yOf = (/** @type {number} */ seconds) => y(Math.log2(seconds) * ROWS);
  const start = (/** @type {number} */ step) => Date.parse(answer.steps[0].time) + step * answer.step_seconds * 1000;

  function gather() {
    /** @type {Map<string, Cell>} */
    const found = new Map();
    answer.steps.forEach((/** @type {any} */ step, /** @type {number} */ index) => {
      for (const bucket of step.buckets) {
        const row = rowOf(bucket.upper_seconds);
        const key = `${index}/${row}`;
        // A bucket begins above its lower bound, except for that of no time at all.
        const [least, most] = [bucket.upper_seconds ? Math.round(bucket.lower_seconds * 1e9) + 1 : 0, Math.round(bucket.upper_seconds * 1e9)];
        const cell = found.get(key) ?? { step: index, row, count: 0, least, most };
        found.set(key, { ...cell, count: cell.count + bucket.count, least: Math.min(cell.least, least), most: Math.max(cell.most, most) });
      }
    });
    cells = [...found.values()];
    low = Math.min(...cells.map((cell) => cell.row)) - 1;
    high = Math.max(...cells.map((cell) => cell.row)) + 2;
  }

  function draw() {
    width = plot.clientWidth;
    if (!answer || !width) return;
    if (!cells.length) return fill(plot, h("p", { class: "note" }, "None in this interval."));
    const most = Math.max(...cells.map((cell) => cell.count));
    const end = start(answer.steps.length);
    fill(plot, s("svg", { width, height: HEIGHT + MARGIN.bottom, "aria-hidden": "true" },
      logTicks(bound(low), bound(high)).map((seconds) => [
        s("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: yOf(seconds), y2: yOf(seconds), class: "grid" }),
        s("text", { x: MARGIN.left - 8, y: yOf(seconds) + 4, class: "tick end" }, tick(seconds)),
      ]),
      timeTicks(start(0), end, Math.floor(width / 110)).map((at) => s("text", { x: x((at - start(0)) / answer.step_seconds / 1000), y: HEIGHT + 16, class: "tick middle" }, clock(at).replace(/:00$/, ""))),
      cells.map((cell) => s("rect", {
        class: `cell shade-${1 + Math.min(SHADES - 1, Math.floor((Math.log(cell.count + 1) / Math.log(most + 1)) * SHADES))}`,
        x: x(cell.step) + 0.5, width: Math.max(x(cell.step + 1) - x(cell.step) - 1, 1), y: y(cell.row + 1) + 0.5, height: y(cell.row) - y(cell.row + 1) - 1, rx: 1.5,
      })),
      quantile("p50_seconds", "p50"), quantile("p99_seconds", "p99"),
      s("rect", { class: "cell-cursor", width: 0, height: 0 })));
    mark();
  }

  /** @param {string} field @param {string} name */
  function quantile(field, name) {
    let path = "";
    let last = null;
    const has = (/** @type {any} */ step) => Boolean(step?.count && step[field]);
    for (const [index, step] of answer.steps.entries()) {
      if (!has(step)) continue;
      last = [x(index + 0.5), yOf(step[field])];
      const [before, after] = [has(answer.steps[index - 1]), has(answer.steps[index + 1])];
      path += `${before ? "L" : "M"}${last[0].toFixed(1)},${last[1].toFixed(1)}`;
      // Nothing is known of the time between two that are apart.
      if (!before && !after) path += `h${((x(1) - x(0)) / 2).toFixed(1)}`;
    }
    return last && [s("path", { d: path, class: `quantile ${name}` }), s("text", { x: last[0] - 2, y: last[1] - 6, class: "tick end strong" }, name)];
  }

  /** Its interval and its durations, as parameters. @param {Cell} cell @returns {[string, string, string, string]} */
  const boundsOf = (cell) => [new Date(start(cell.step)).toISOString(), new Date(start(cell.step + 1)).toISOString(), `${cell.least}ns`, `${cell.most}ns`];

  function mark() {
    const shown = cursor ?? cells.find((cell) => boundsOf(cell).join("/") === chosen) ?? null;
    const frame = plot.querySelector(".cell-cursor");
    if (!shown || !frame) {
      said.textContent = `${count(cells.reduce((sum, cell) => sum + cell.count, 0))} in all; a cell opens its traces.`;
      return frame?.setAttribute("width", "0");
    }
    for (const [name, value] of Object.entries({ x: x(shown.step) - 1, y: y(shown.row + 1) - 1, width: x(shown.step + 1) - x(shown.step) + 2, height: y(shown.row) - y(shown.row + 1) + 2 })) frame.setAttribute(name, String(value));
    said.textContent = `${clock(start(shown.step))}: ${count(shown.count)} took ${duration(shown.least / 1e9)} to ${duration(shown.most / 1e9)}`;
  }

  function open() {
    if (cursor) choose(...boundsOf(cursor));
  }

  /** The cell at a pointer, or the nearest one to a finger. @param {PointerEvent} event */
  function cellAt(event) {
    if (!answer || !cells.length) return null;
    const box = plot.getBoundingClientRect();
    const [left, top] = [event.clientX - box.left, event.clientY - box.top];
    const outside = (/** @type {number} */ at, /** @type {number} */ from, /** @type {number} */ to) => Math.max(from - at, at - to, 0);
    const distance = (/** @type {Cell} */ cell) => Math.hypot(outside(left, x(cell.step), x(cell.step + 1)), outside(top, y(cell.row + 1), y(cell.row)));
    const nearest = cells.reduce((best, cell) => (distance(cell) < distance(best) ? cell : best));
    return distance(nearest) <= (event.pointerType === "mouse" ? 0 : FINGER) ? nearest : null;
  }

  plot.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => { cursor = cellAt(event); mark(); });
  plot.addEventListener("pointerleave", () => { cursor = null; mark(); });
  // A finger doesn't move before it taps, and is gone when the click comes.
  plot.addEventListener("click", (/** @type {PointerEvent} */ event) => { cursor = cellAt(event); mark(); open(); });
  plot.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" || event.key === " ") open();
    else if (!/^(Arrow|Home|End)/.test(event.key) || !cells.length) return;
    else {
      const from = cursor ?? cells.reduce((best, cell) => (cell.row > best.row ? cell : best));
      cursor = event.key.startsWith("Arrow") ? moved(from, event.key) : edge(from, event.key === "Home");
      mark();
    }
    event.preventDefault();
  });

  /** Of the first or the last step, the cell as near as can be. @param {Cell} from @param {boolean} isFirst */
  function edge(from, isFirst) {
    const steps = cells.map((cell) => cell.step);
    const step = isFirst ? Math.min(...steps) : Math.max(...steps);
    return cells.filter((cell) => cell.step === step).reduce((best, cell) => (Math.abs(cell.row - from.row) < Math.abs(best.row - from.row) ? cell : best));
  }

  /** The next cell that way. @param {Cell} from @param {string} key */
  function moved(from, key) {
    if (!cursor) return from;
    const isAcross = key === "ArrowLeft" || key === "ArrowRight";
    const sign = key === "ArrowRight" || key === "ArrowUp" ? 1 : -1;
    const along = (/** @type {Cell} */ cell) => sign * (isAcross ? cell.step - from.step : cell.row - from.row);
    const aside = (/** @type {Cell} */ cell) => Math.abs(isAcross ? cell.row - from.row : cell.step - from.step);
    const ahead = cells.filter((cell) => along(cell) > 0).sort((left, right) => along(left) + 3 * aside(left) - along(right) - 3 * aside(right));
    return ahead[0] ?? from;
  }

  new ResizeObserver(() => { if (plot.clientWidth !== width) draw(); }).observe(plot);
  return {
    element,
    /** How many the chosen cell counts; null if it isn't on the map. */
    chosenCount: () => cells.find((cell) => boundsOf(cell).join("/") === chosen)?.count ?? null,
    /** @param {any} latency @param {string | undefined} cell */
    show(latency, cell) {
      answer = latency;
      chosen = cell ?? "";
      gather();
      draw();
    },
  };
}
