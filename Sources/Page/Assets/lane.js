// Whose time it was within one request: its parts side by side, to the nanosecond.

import { h } from "./dom.js";
import { duration, shareOf } from "./format.js";
import { requestName } from "./requests.js";
import { link } from "./state.js";
import { classOf, nameOf } from "./vocabulary.js";

/** Parts of a share below this have no room for a name. */
const NAMED = 0.09;

/** Neighbours of one component are one part. @param {any[]} parts */
function merged(parts) {
  /** @type {any[]} */
  const result = [];
  for (const part of [...parts].sort((left, right) => left.offset_seconds - right.offset_seconds)) {
    const last = result[result.length - 1];
    if (last?.component === part.component) last.seconds += part.seconds;
    else result.push({ ...part });
  }
  return result;
}

/**
 * @param {any} request of a trace
 * @param {number} total the trace's seconds
 * @param {(spanID: string) => void} open
 */
export function lane(request, total, open) {
  const parts = merged(request.parts);
  const sums = [...request.components].sort((left, right) => right.seconds - left.seconds);
  const place = (/** @type {number} */ offset, /** @type {number} */ seconds) => ({ left: `${(offset / total) * 100}%`, width: `${(seconds / total) * 100}%` });
  return h("section", { class: "lane", "aria-label": `Whose time: ${requestName(request)}` },
    h("div", { class: "lane-name" }, h("b", {}, "Whose time"), h("span", { class: "muted small" }, requestName(request))),
    h("div", { class: "lane-track" }, parts.map((part) => {
      const label = `${nameOf(part.component)} ${duration(part.seconds)}`;
      const share = part.seconds / total;
      return h("button", {
        type: "button", class: `part swatch ${classOf(part.component)}`, style: place(part.offset_seconds, part.seconds), title: label, "aria-label": label,
        tabindex: share > 0.01 ? 0 : -1, onclick: () => open(part.span_id),
      }, share > NAMED && h("span", { class: "part-label" }, label));
    })),
    h("ul", { class: "sums" }, sums.filter((part) => part.seconds > 0).map((part) => h("li", {},
      h("span", { class: `key swatch ${classOf(part.component)}`, "aria-hidden": "true" }), nameOf(part.component), " ",
      h("b", { class: "number" }, duration(part.seconds)), " ", h("span", { class: "muted number" }, shareOf(part.seconds / request.duration_seconds)),
      part.component === "authentication" && request.authentication_trace_id && [" in trace ", h("a", { class: "mono", href: link({ trace: request.authentication_trace_id }), title: request.authentication_trace_id }, request.authentication_trace_id.slice(0, 8))]))));
}
