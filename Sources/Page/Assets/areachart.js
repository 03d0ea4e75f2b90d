// Whose time it was: the mean request's time by component over time, with what came and what failed below.

import { areas } from "./areas.js";
import { brush } from "./brush.js";
import { fill, h, s } from "./dom.js";
import { clock, duration, rate, tick } from "./format.js";
import { meanOf, showLegend } from "./legend.js";
import { ticks, timeTicks } from "./scale.js";
import { nameOf } from "./vocabulary.js";

const HEIGHT = 196;
const STRIP = 30;
const MARGIN = { left: 58, right: 8, top: 6, gap: 12, bottom: 22 };
/** The height of a line of incidents, and how many lines there are at most. */
const LINE = 19;
const LINES_MAX = 4;

/**
 * @param {{choose?: (from: string, to: string) => void, clear?: () => void}} on
 * @returns {{element: HTMLElement, focus: () => void, show: (answer: any, marks: {selection?: {from: string, to: string} | null, incidents?: any[]}) => void}}
 */
export function areaChart(on) {
  const plot = h("div", { class: "plot", tabindex: 0, role: "slider", "aria-orientation": "horizontal", "aria-label": "Mean time of a request by component. Arrow keys move over time; with Shift they select an interval; Enter asks about it, Escape leaves it." });
  const lane = h("div", { class: "marks" });
  const legend = h("div", { class: "legend" });
  const element = h("div", { class: "chart" }, h("div", { class: "plot-frame" }, lane, plot), legend);
  /** @type {any[]} */
  let steps = [];
  let seconds = 1;
  let width = 0;
  /** @type {any} */
  let shown = null;
  const time = (/** @type {number} */ index) => Date.parse(steps[0].time) + index * seconds * 1000;
  const x = (/** @type {number} */ index) => MARGIN.left + ((width - MARGIN.left - MARGIN.right) * index) / steps.length;
  const xAt = (/** @type {string | number} */ at) => Math.max(MARGIN.left, Math.min(width - MARGIN.right, x((new Date(at).getTime() - time(0)) / seconds / 1000)));

  function draw() {
    width = plot.clientWidth;
    if (!steps.length) return [plot, lane, legend].forEach((part) => fill(part));
    if (!width) return;
    const scale = ticks(Math.max(...steps.map((step) => step.mean_seconds ?? 0)));
    const top = scale[scale.length - 1];
    const y = (/** @type {number} */ value) => MARGIN.top + (HEIGHT - MARGIN.top) * (1 - value / top);
    const bottom = HEIGHT + MARGIN.gap + STRIP;
    fill(plot, s("svg", { width, height: bottom + MARGIN.bottom, "aria-hidden": "true" },
      scale.map((value) => [
        s("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value), class: "grid" }),
        s("text", { x: MARGIN.left - 8, y: y(value) + 4, class: "tick end" }, tick(value)),
      ]),
      timeTicks(time(0), time(steps.length), Math.floor(width / 110)).map((at) => [
        s("line", { x1: xAt(at), x2: xAt(at), y1: MARGIN.top, y2: bottom, class: "grid" }),
        s("text", { x: xAt(at), y: bottom + 16, class: "tick middle" }, clock(at).replace(/:00$/, "")),
      ]),
      areas(steps, x, y), strip(bottom), bands(bottom),
      s("rect", { class: "draft", y: MARGIN.top - 4, height: bottom - MARGIN.top + 4, width: 0 }),
      s("line", { class: "cursor", y1: MARGIN.top, y2: bottom, x1: -9, x2: -9 })));
    fill(lane, marks());
    point(null);
  }

  /** Requests a second, failures in front. @param {number} bottom */
  function strip(bottom) {
    const most = Math.max(...steps.map((step) => step.count), 1);
    const bar = (/** @type {number} */ index, /** @type {number} */ value, /** @type {string} */ kind) =>
      value > 0 && s("rect", { class: kind, x: x(index), width: Math.max(x(index + 1) - x(index) - 0.6, 0.6), y: bottom - Math.max((STRIP * value) / most, 1), height: Math.max((STRIP * value) / most, 1) });
    return [
      steps.map((step, index) => [bar(index, step.count, "came"), bar(index, step.errors, "failed")]),
      s("text", { x: MARGIN.left - 8, y: bottom - STRIP + 8, class: "tick end" }, rate(most / seconds)),
      s("text", { x: MARGIN.left - 8, y: bottom, class: "tick end" }, "0"),
    ];
  }

  /** @param {number} bottom */
  function bands(bottom) {
    const band = (/** @type {string} */ kind, /** @type {string} */ from, /** @type {string | null} */ to) => {
      const [left, right] = [xAt(from), xAt(to ?? time(steps.length))];
      return right > left && s("rect", { class: kind, x: left, width: right - left, y: MARGIN.top - 4, height: bottom - MARGIN.top + 4 });
    };
    const { incidents = [], selection } = shown ?? {};
    return [
      incidents.map((/** @type {any} */ incident) => band("incident-band", incident.started_at ?? incident.opened_at, incident.closed_at)),
      selection && [band("outside", new Date(time(0)).toISOString(), selection.from), band("outside", selection.to, new Date(time(steps.length)).toISOString()), band("selection", selection.from, selection.to)],
    ];
  }

  /** Those of the same time are one below the other. */
  function marks() {
    const end = new Date(time(steps.length)).toISOString();
    /** Where each line of marks ends, in pixels. @type {number[]} */
    const ends = [];
    const shapes = (shown?.incidents ?? []).filter((/** @type {any} */ incident) => Date.parse(incident.closed_at ?? end) > time(0)).sort((/** @type {any} */ left, /** @type {any} */ right) => xAt(left.started_at ?? left.opened_at) - xAt(right.started_at ?? right.opened_at)).map((/** @type {any} */ incident) => {
      const from = incident.started_at ?? incident.opened_at;
      const who = `${incident.culprit?.component ? nameOf(incident.culprit.component) : "not clear"}${incident.cluster ? ` · ${incident.cluster}` : ""}`;
      const [left, right] = [xAt(from), Math.max(xAt(incident.closed_at ?? end), xAt(from) + 20)];
      const free = ends.findIndex((taken) => taken <= left);
      const line = free >= 0 ? free : Math.min(ends.length, LINES_MAX - 1);
      ends[line] = right;
      return h("button", {
        class: "mark", style: { left: `${left}px`, width: `${right - left}px`, top: `${line * LINE}px` },
        title: `Incident since ${clock(from)}: ${who}`, onclick: () => on.choose?.(from, incident.closed_at ?? end),
      }, `▲ ${who}`);
    });
    lane.style.height = `${Math.max(ends.length, 1) * LINE}px`;
    return shapes;
  }

  /** @param {number | null} index */
  function point(index) {
    const line = plot.querySelector(".cursor");
    const at = index === null ? -9 : (x(index) + x(index + 1)) / 2;
    line?.setAttribute("x1", String(at));
    line?.setAttribute("x2", String(at));
    const chosen = shown?.selection ? steps.filter((step) => Date.parse(step.time) >= Date.parse(shown.selection.from) && Date.parse(step.time) < Date.parse(shown.selection.to)) : steps;
    const mean = meanOf(index === null ? chosen : [steps[index]]);
    const title = index !== null ? `${clock(time(index))} ` : shown?.selection ? "Selected, mean " : "Mean request ";
    showLegend(legend, title, mean.parts);
    plot.setAttribute("aria-valuemin", "0");
    plot.setAttribute("aria-valuemax", String(Math.max(steps.length - 1, 0)));
    plot.setAttribute("aria-valuenow", String(index ?? Math.max(steps.length - 1, 0)));
    plot.setAttribute("aria-valuetext", `${title}${mean.parts.slice(0, 3).map((part) => `${nameOf(part.component)} ${duration(part.seconds)}`).join(", ") || "no requests"}`);
  }

  brush(plot, {
    indexAt: (clientX) => Math.max(0, Math.min(steps.length - 1, Math.floor(((clientX - plot.getBoundingClientRect().left - MARGIN.left) / (width - MARGIN.left - MARGIN.right)) * steps.length))),
    count: () => steps.length,
    point,
    draft(from, to) {
      const rect = plot.querySelector(".draft");
      rect?.setAttribute("x", String(x(from)));
      rect?.setAttribute("width", String(x(to + 1) - x(from)));
    },
    choose: (from, to) => on.choose?.(new Date(time(from)).toISOString(), new Date(time(to + 1)).toISOString()),
    clear: () => on.clear?.(),
  });
  new ResizeObserver(() => { if (plot.clientWidth !== width) draw(); }).observe(plot);

  return {
    element,
    /** The keyboard is at the chart then, which is in sight. */
    focus() { if (document.activeElement !== plot) plot.focus(); },
    show(answer, marking) {
      steps = answer.steps;
      seconds = answer.step_seconds;
      shown = marking;
      draw();
    },
  };
}
