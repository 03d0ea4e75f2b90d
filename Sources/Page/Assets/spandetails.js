// All there is about one span.

import { h } from "./dom.js";
import { duration } from "./format.js";
import { link } from "./state.js";
import { nameOf } from "./vocabulary.js";

/** @param {unknown} value */
const text = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));

/** @param {string} title @param {Record<string, unknown> | undefined} attributes */
function pairs(title, attributes) {
  const entries = Object.entries(attributes ?? {});
  if (!entries.length) return null;
  return h("section", {}, h("h3", {}, title), h("dl", { class: "pairs" }, entries.map(([name, value]) => [h("dt", {}, name), h("dd", {}, text(value))])));
}

/** @param {any} span @param {any} trace */
export function spanDetails(span, trace) {
  const message = span.status?.message;
  const self = span.self_seconds;
  return h("div", { class: "details" },
    h("p", { class: "line" },
      h("span", {}, h("b", {}, duration(span.duration_seconds)), `, begins ${duration(span.offset_seconds)} in`),
      self !== undefined && h("span", {}, "self time ", h("b", {}, duration(self))),
      span.component && h("span", {}, "component ", h("b", {}, nameOf(span.component))),
      span.critical && h("span", { class: "badge critical" }, "on the critical path"),
      h("span", { class: "muted" }, `${span.service}${span.instance ? ` · ${span.instance}` : ""} · ${String(span.kind).toLowerCase()}`),
      h("span", { class: "mono small muted" }, span.span_id),
      span.trace_id && h("span", {}, "of trace ", h("a", { class: "mono", href: link({ trace: span.trace_id }) }, span.trace_id))),
    span.status?.code === "error" && h("p", { class: "bad" }, "Failed", message ? `: ${message}` : "."),
    span.events?.length > 0 && h("section", {}, h("h3", {}, "Events"), h("ol", { class: "events" }, span.events.map((/** @type {any} */ event) =>
      h("li", {}, h("span", { class: "number muted" }, duration(Math.max(0, (Date.parse(event.time) - Date.parse(trace.start)) / 1000))), " ", event.name,
        Object.entries(event.attributes ?? {}).map(([name, value]) => h("span", { class: "mono small" }, ` ${name}=${text(value)}`)))))),
    pairs("Attributes", span.attributes), pairs("Resource", span.resource),
    span.links?.length > 0 && h("section", {}, h("h3", {}, "Links"), h("p", {}, span.links.map((/** @type {any} */ other) => h("a", { class: "mono chip", href: link({ trace: other.trace_id }) }, other.trace_id.slice(0, 8))))));
}
