// How long each took: a heat map over time on a log scale, with p50 and p99 drawn in. A cell opens its traces.

import { fill, h, s } from "./dom.js";
import { clock, count, duration, tick } from "./format.js";
import { logTicks, timeTicks } from "./scale.js";

const HEIGHT = 236;
const MARGIN = { left: 58, right: 8, top: 8, bottom: 22 };
/** Rows a decade. */
const ROWS = 8;
const SHADES = 6;

/** @typedef {{step: number, row: number, count: number}} Cell */

/** @param {(from: string, to: string, lower: number, upper: number) => void} choose */
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

  const rowOf = (/** @type {number} */ seconds) => Math.floor(Math.log10(seconds) * ROWS + 1e-6);
  const bound = (/** @type {number} */ row) => 10 ** (row / ROWS);
  const x = (/** @type {number} */ step) => MARGIN.left + ((width - MARGIN.left - MARGIN.right) * step) / answer.steps.length;
  const y = (/** @type {number} */ row) => HEIGHT - ((HEIGHT - MARGIN.top) * (row - low)) / (high - low);
  const yOf = (/** @type {number} */ seconds) => y(Math.log10(seconds) * ROWS);
  const start = (/** @type {number} */ step) => Date.parse(answer.steps[0].time) + step * answer.step_seconds * 1000;

  function gather() {
    /** @type {Map<string, Cell>} */
    const found = new Map();
    answer.steps.forEach((/** @type {any} */ step, /** @type {number} */ index) => {
      for (const bucket of step.buckets) {
        const row = rowOf(Math.sqrt(Math.max(bucket.lower_seconds, bucket.upper_seconds / 2, 1e-9) * bucket.upper_seconds));
        const key = `${index}/${row}`;
        const cell = found.get(key) ?? { step: index, row, count: 0 };
        cell.count += bucket.count;
        found.set(key, cell);
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

  const keyOf = (/** @type {Cell} */ cell) => [new Date(start(cell.step)).toISOString(), new Date(start(cell.step + 1)).toISOString(), bound(cell.row).toPrecision(6), bound(cell.row + 1).toPrecision(6)].join("/");

  function mark() {
    const shown = cursor ?? cells.find((cell) => keyOf(cell) === chosen) ?? null;
    const frame = plot.querySelector(".cell-cursor");
    if (!shown || !frame) {
      said.textContent = `${count(cells.reduce((sum, cell) => sum + cell.count, 0))} in all; a cell opens its traces.`;
      return frame?.setAttribute("width", "0");
    }
    for (const [name, value] of Object.entries({ x: x(shown.step) - 1, y: y(shown.row + 1) - 1, width: x(shown.step + 1) - x(shown.step) + 2, height: y(shown.row) - y(shown.row + 1) + 2 })) frame.setAttribute(name, String(value));
    said.textContent = `${clock(start(shown.step))}: ${count(shown.count)} took ${duration(bound(shown.row))} to ${duration(bound(shown.row + 1))}`;
  }

  function open() {
    if (!cursor) return;
    choose(new Date(start(cursor.step)).toISOString(), new Date(start(cursor.step + 1)).toISOString(), bound(cursor.row), bound(cursor.row + 1));
  }

  plot.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!answer || !cells.length) return;
    const box = plot.getBoundingClientRect();
    const step = Math.floor(((event.clientX - box.left - MARGIN.left) / (width - MARGIN.left - MARGIN.right)) * answer.steps.length);
    const row = Math.floor(low + ((HEIGHT - (event.clientY - box.top)) / (HEIGHT - MARGIN.top)) * (high - low));
    cursor = cells.find((cell) => cell.step === step && cell.row === row) ?? null;
    mark();
  });
  plot.addEventListener("pointerleave", () => { cursor = null; mark(); });
  plot.addEventListener("click", open);
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
    /** @param {any} latency @param {string | undefined} cell */
    show(latency, cell) {
      answer = latency;
      chosen = cell ?? "";
      gather();
      draw();
    },
  };
}
