// One kind of request, or one operation: heat map, components over time, its worst and its median traces.

import { areaChart } from "./areachart.js";
import { ask, rows } from "./api.js";
import { fill, h } from "./dom.js";
import { clock, count, duration, interval, percent, rate } from "./format.js";
import { heatMap } from "./heatmap.js";
import { lengthOf, stepFor } from "./range.js";
import { keyOf, operationOf } from "./operations.js";
import { labelsOf, rateOf, requestName, requestScope } from "./requests.js";
import { adjust, current, go, joined, link, split } from "./state.js";
import { showNoTraces, showTraces } from "./tracelist.js";

/** How far from the median a trace may be to be an ordinary one. */
const NEAR = 0.15;
const COLUMNS = 72;
/** Traces of a cell that are listed. */
const CELL_MAX = 200;

/** @param {{range: () => any, selection: () => any, cluster: () => string | undefined, incidents: () => any[], choose: any}} context */
export function kindView(context) {
  const title = h("header", { class: "kind-title" });
  const heat = heatMap((...bounds) => adjust({ cell: joined(bounds) }));
  const chart = areaChart(context.choose);
  const lists = [0, 1, 2].map(() => h("section", { class: "trace-list" }));
  const course = h("section", { "aria-label": "Components over time" }, h("h2", {}, "Whose time"), chart.element);
  const parts = [h("section", { "aria-label": "Heat map" }, h("h2", {}, "How long they took"), heat.element), course, h("div", { class: "lists" }, lists)];
  const element = h("div", { class: "kind" }, title, parts);
  let asked = 0;

  /** @returns {Record<string, any>} */
  function subject() {
    const state = current();
    if (state.request) return labelsOf(state.request);
    return operationOf(state.operation ?? "");
  }

  /** The address names what there is none of. @param {any} range */
  function showUnknown(range) {
    const state = current();
    const isRequest = Boolean(state.request);
    for (const part of parts) part.hidden = true;
    fill(title,
      h("a", { class: "back", href: link({ request: null, operation: null, cell: null }) }, "‹ All requests"),
      h("h1", {}, isRequest ? "No such request in this interval" : "No such operation in this interval"),
      h("p", { class: "line" }, h("span", { class: "mono" }, isRequest ? state.request : state.operation), h("span", { class: "muted" }, interval(range.from, range.to))),
      h("p", { class: "note" }, `The address asks for ${isRequest ? "a kind of request" : "an operation"} of which nothing ended then${state.cluster ? ` in the cluster ${state.cluster}` : ""}. `,
        h("a", { href: link({ request: null, operation: null, cell: null, q: null, sort: null, tab: isRequest ? null : "operations" }) }, isRequest ? "See the requests there are" : "See the operations there are")));
  }

  async function traces(/** @type {Record<string, any>} */ parameters) {
    const answer = await ask("traces", { ...subject(), cluster: context.cluster(), ...parameters });
    return { list: rows(answer, "traces"), isTruncated: Boolean(answer.truncated), warnings: rows(answer, "warnings") };
  }

  /** @param {number} id @param {any} range */
  async function showLists(id, range, /** @type {number | null} */ median) {
    const [from, to, least, most] = split(current().cell);
    lists[0].hidden = !most;
    if (most) {
      const cell = await traces({ from, to, min_duration: least, max_duration: most, limit: CELL_MAX });
      if (id !== asked) return;
      const [counted, seconds] = [heat.chosenCount(), (/** @type {string} */ bound) => parseFloat(bound) / 1e9];
      // A trace may have several of them.
      const several = counted && !cell.isTruncated && counted > cell.list.length && cell.list.length ? `, ${count(counted)} in` : "";
      showTraces(lists[0], `At ${clock(from)}, ${duration(seconds(least))} to ${duration(seconds(most))}${several}`, cell.list, cell.isTruncated, cell.warnings);
    }
    // These are asked for again and again, so they are of the window alone.
    const recent = { recording: "no" };
    const worst = await traces({ ...recent, from: range.from, to: range.to, order: "duration", limit: 8 });
    const usual = median ? await traces({ ...recent, from: range.from, to: range.to, min_duration: `${median * (1 - NEAR) * 1e3}ms`, max_duration: `${median * (1 + NEAR) * 1e3}ms`, order: "recent", limit: 8 }) : { list: [] };
    if (id !== asked) return;
    showTraces(lists[1], "Worst", worst.list);
    showTraces(lists[2], "Around the median", usual.list);
  }

  /** @param {any[]} steps @param {any} range @param {any} row @param {any} stream the row of its streams */
  function showTitle(steps, range, row, stream) {
    const state = current();
    const labels = subject();
    const total = steps.reduce((sum, step) => sum + step.count, 0);
    const failed = steps.reduce((sum, step) => sum + step.errors, 0);
    for (const part of parts) part.hidden = part === course && !state.request;
    document.title = `${state.request ? requestName(labels) : labels.operation} · Faultline`;
    fill(title,
      h("a", { class: "back", href: link({ request: null, operation: null, cell: null }) }, "‹ All requests"),
      h("h1", {}, state.request ? requestName(labels) : labels.operation, h("span", { class: "muted" }, ` ${state.request ? requestScope(labels) : `${labels.service} · ${String(labels.kind).toLowerCase()}`}`)),
      h("p", { class: "line" },
        h("span", {}, rate(row || stream ? [row, stream].reduce((sum, one) => sum + (one ? rateOf(one, range) : 0), 0) : total / lengthOf(range))), h("span", {}, `${count(total)} in all`),
        h("span", { class: failed ? "bad" : "" }, `${failed ? percent(failed / total) : "none"} failed`),
        row && h("span", {}, "p50 ", h("b", {}, duration(row.p50_seconds)), ", p99 ", h("b", {}, duration(row.p99_seconds)), ", longest ", h("b", {}, duration(row.max_seconds))),
        stream && h("span", {}, `${row ? `without ${count(stream.count)} ` : ""}${stream.count === 1 ? "stream" : "streams"}, the longest `, h("b", {}, duration(stream.max_seconds)))));
  }

  return {
    element,
    async load() {
      const id = (asked += 1);
      const range = context.range();
      const isRequest = Boolean(current().request);
      const common = { from: range.from, to: range.to, cluster: context.cluster() };
      const step = stepFor(Date.parse(range.from), Date.parse(range.to), COLUMNS);
      const all = rows(isRequest ? await ask("requests", common) : await ask("operations", { ...common, streams: "apart" }), isRequest ? "requests" : "operations");
      if (id !== asked) return;
      const matching = all.filter((candidate) => Object.entries(subject()).every(([name, value]) => (candidate[name] ?? "") === value)).sort((left, right) => right.count - left.count);
      if (!matching.length) return showUnknown(range);
      // Named without its service and kind: of several, the one with most spans.
      if (!isRequest && !subject().kind) return adjust({ operation: keyOf(matching[0]) });
      const latency = await ask("latency", { ...subject(), ...common, step: `${step}s` });
      if (id !== asked) return;
      const [row, stream] = [false, true].map((isStream) => matching.find((candidate) => Boolean(candidate.stream) === isStream));
      showTitle(latency.steps, range, row, stream);
      heat.show(latency, split(current().cell).join("/"));
      if (isRequest) {
        const components = await ask("components", { ...subject(), ...common, step: `${stepFor(Date.parse(range.from), Date.parse(range.to))}s` });
        if (id !== asked) return;
        chart.show(components, { selection: null, incidents: context.incidents() });
      }
      await showLists(id, range, (row ?? stream)?.p50_seconds ?? null).catch((error) => lists.forEach((list) => showNoTraces(list, error)));
    },
    close: () => go({ request: null, operation: null, cell: null }),
  };
}
