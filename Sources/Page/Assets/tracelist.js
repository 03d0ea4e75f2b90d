// Traces, each with whose time it was.

import { fill, h } from "./dom.js";
import { clock, count, duration } from "./format.js";
import { componentBar } from "./legend.js";
import { link } from "./state.js";

/** @param {Element} element @param {string} title @param {any[]} traces @param {boolean} [isTruncated] @param {string[]} [warnings] why some may be missing */
export function showTraces(element, title, traces, isTruncated = false, warnings = []) {
  const longest = Math.max(...traces.map((trace) => trace.duration_seconds), 1e-9);
  fill(element,
    h("h2", {}, title, " ", h("span", { class: "muted small" }, traces.length ? `${count(traces.length)}${isTruncated ? " of more" : ""}` : "")),
    traces.length ? h("ul", { class: "traces" }, traces.map((trace) => h("li", {}, h("a", { href: link({ trace: trace.trace_id }) },
      h("span", { class: "number strong" }, duration(trace.duration_seconds)),
      h("span", { class: "muted small" }, clock(trace.start)),
      h("span", { class: "trace-bar", style: { width: `${Math.max((trace.duration_seconds / longest) * 100, 12)}%` } }, componentBar(trace.components ?? [])),
      trace.status === "error" && h("span", { class: "badge failed" }, "failed"),
      h("span", { class: "mono small muted id" }, trace.trace_id.slice(0, 8)))))) : h("p", { class: "note" }, "None."),
    warnings.map((warning) => h("p", { class: "note" }, warning)));
}

/** @param {Element} element @param {Error} error */
export function showNoTraces(element, error) {
  fill(element, h("h2", {}, "Traces"), h("p", { class: "note" }, error.message));
}
