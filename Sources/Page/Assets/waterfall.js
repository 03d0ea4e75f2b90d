// A trace's spans as a tree along time, over API server and etcd.

import { h } from "./dom.js";
import { duration, tick } from "./format.js";
import { spanDetails } from "./spandetails.js";
import { ticks } from "./scale.js";
import { classOf } from "./vocabulary.js";

const DEPTH_MAX = 14;
/** Beyond this part of the track, in percent, there is no room for a duration on a phone. */
const ROOM = 68;

/** Parents before children, siblings by start; spans whose parent isn't there are roots. @param {any[]} spans */
export function treeOrder(spans) {
  const ids = new Set(spans.map((span) => span.span_id));
  /** @type {Map<string, any[]>} */
  const children = new Map();
  for (const span of spans) {
    const parent = span.parent_span_id && ids.has(span.parent_span_id) && span.parent_span_id !== span.span_id ? span.parent_span_id : "";
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  for (const list of children.values()) list.sort((left, right) => left.offset_seconds - right.offset_seconds);
  /** @type {{span: any, depth: number}[]} */
  const result = [];
  const stack = (children.get("") ?? []).map((span) => ({ span, depth: 0 })).reverse();
  while (stack.length) {
    const entry = /** @type {{span: any, depth: number}} */ (stack.pop());
    result.push(entry);
    for (const child of [...(children.get(entry.span.span_id) ?? [])].reverse()) stack.push({ span: child, depth: entry.depth + 1 });
  }
  return result;
}

/** The stretches of requests that were each span's own, by its id. @param {any} trace @returns {Map<string, any[]>} */
function ownParts(trace) {
  const found = new Map();
  for (const part of (trace.requests ?? []).flatMap((/** @type {any} */ request) => request.parts)) {
    found.set(part.span_id, [...(found.get(part.span_id) ?? []), part]);
  }
  return found;
}

/** @param {any} trace */
export function waterfall(trace) {
  const own = ownParts(trace);
  const total = Math.max(trace.duration_seconds, 1e-9);
  const scale = ticks(total, 5).filter((value) => value < total * 0.9);
  /** @type {Map<string, HTMLElement>} */
  const buttons = new Map();
  const items = treeOrder(trace.spans).map(({ span, depth }) => {
    const isFailed = span.status?.code === "error";
    const left = (span.offset_seconds / total) * 100;
    const share = (span.duration_seconds / total) * 100;
    const button = h("button", { type: "button", class: `span-row ${span.critical ? "critical" : ""}`, "aria-expanded": "false", onclick: () => toggle(span.span_id) },
      h("span", { class: "span-name", style: { "--depth": `${Math.min(depth, DEPTH_MAX)}` } },
        h("span", { class: "service" }, span.service), h("span", { class: "operation" }, span.operation), isFailed && h("span", { class: "badge failed" }, "failed")),
      h("span", { class: "span-track" },
        h("span", { class: `span-bar swatch ${classOf(span.component)}`, style: { left: `${left}%`, width: `max(2px, ${share}%)` } }),
        (own.get(span.span_id) ?? []).map((part) => h("span", { class: "own", style: { left: `${(part.offset_seconds / total) * 100}%`, width: `${(part.seconds / total) * 100}%` } })),
        h("span", { class: "span-time", style: left + share < ROOM ? { left: `calc(${left + share}% + 6px)` } : left > 100 - ROOM ? { right: `calc(${100 - left}% + 6px)` } : { right: "6px" } }, duration(span.duration_seconds))));
    buttons.set(span.span_id, button);
    return h("li", { class: "span" }, button);
  });
  const list = h("ol", { class: "spans", "aria-label": "Spans" }, items);

  function toggle(/** @type {string} */ id) {
    const button = buttons.get(id);
    const span = trace.spans.find((/** @type {any} */ candidate) => candidate.span_id === id);
    if (!button || !span) return;
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) button.nextElementSibling?.remove();
    else button.after(spanDetails(span, trace));
  }

  list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const rows = [...buttons.values()];
    const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (!step || at < 0) return;
    rows[at + step]?.focus();
    event.preventDefault();
  });

  return {
    element: h("section", { class: "waterfall", "aria-label": "Waterfall" },
      h("div", { class: "axis", "aria-hidden": "true" }, h("span"), h("span", { class: "axis-track" }, scale.map((value) => h("span", { class: "axis-tick", style: { left: `${(value / total) * 100}%` } }, tick(value))))),
      trace.spans.some((/** @type {any} */ span) => span.critical) && h("p", { class: "note" }, "Bold: the end of the request waited for it. Underlined: when the request’s time was the span’s own."),
      list),
    /** Opens a span and goes to it. @param {string} id */
    open(id) {
      const button = buttons.get(id);
      if (button?.getAttribute("aria-expanded") === "false") toggle(id);
      button?.focus();
      button?.scrollIntoView({ block: "center" });
    },
  };
}

