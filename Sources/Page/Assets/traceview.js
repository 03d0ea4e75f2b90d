// A trace: who had its time, how it ranks among its kind, and each of its spans.

import { ask } from "./api.js";
import { copyTrace } from "./clipboard.js";
import { fill, h } from "./dom.js";
import { count, counted, duration, moment, stretch } from "./format.js";
import { lane } from "./lane.js";
import { kindOf, requestName, requestScope } from "./requests.js";
import { link } from "./state.js";
import { waterfall } from "./waterfall.js";

/** "slower than 99.2 % of the 561 like it in the last hour". @param {any} rank */
function rankText(rank) {
  // Its rank among one says nothing.
  if (!rank || rank.of < 2) return null;
  const share = Number((rank.faster_share * 100).toFixed(rank.faster_share > 0.99 ? 2 : 1));
  return `slower than ${share}\u00a0% of the ${count(rank.of)} like it${rank.over_seconds ? ` in ${stretch(rank.over_seconds)}` : ""}`;
}

export function traceView() {
  const element = h("div", { class: "trace" });
  let loaded = "";

  /** @param {any} trace */
  function show(trace) {
    const request = [...(trace.requests ?? [])].sort((left, right) => right.duration_seconds - left.duration_seconds)[0];
    const own = trace.spans.filter((/** @type {any} */ span) => !span.trace_id);
    const failed = own.filter((/** @type {any} */ span) => span.status?.code === "error").length;
    const services = [...new Set(own.map((/** @type {any} */ span) => span.service))];
    const falls = waterfall(trace);
    const said = h("span", { role: "status", class: "muted small" });
    const copyButton = (/** @type {"otlp" | "jaeger"} */ format, /** @type {string} */ label) => h("button", { type: "button", class: "button", onclick: async () => { said.textContent = await copyTrace(trace.trace_id, format); } }, label);
    document.title = `${request ? requestName(request) : "Trace"} ${trace.trace_id.slice(0, 8)} · Faultline`;
    fill(element,
      h("header", { class: "kind-title" },
        h("a", { class: "back", href: link({ trace: null }) }, "‹ Back"),
        h("h1", {}, request ? h("a", { href: link({ trace: null, request: kindOf(request), operation: null, cell: null }) }, requestName(request)) : own[0]?.operation ?? "Trace", " ", h("span", { class: "muted" }, request ? requestScope(request) : "")),
        h("p", { class: "line" },
          h("span", {}, h("b", {}, duration(request?.duration_seconds ?? trace.duration_seconds))),
          rankText(request?.rank) && h("span", { class: "rank" }, rankText(request.rank)),
          h("span", {}, `${moment(trace.start)} UTC`),
          h("span", {}, `${counted(own.length, "span")} of ${services.join(" and ")}`),
          failed > 0 && h("span", { class: "badge failed" }, `${failed} failed`),
          h("span", { class: "mono small muted" }, trace.trace_id)),
        h("p", { class: "copy" }, copyButton("otlp", "Copy OTLP JSON"), copyButton("jaeger", "Copy Jaeger JSON"), said),
        !trace.whole && h("p", { class: "note" }, "Attributes, events and messages of some spans are missing: they are no longer kept, or were not (traces.max_bytes)."),
        (trace.warnings ?? []).map((/** @type {string} */ warning) => h("p", { class: "note" }, warning))),
      (trace.requests ?? []).map((/** @type {any} */ one) => lane(one, Math.max(trace.duration_seconds, 1e-9), falls.open)),
      falls.element);
  }

  return {
    element,
    /** @param {string} id */
    async load(id) {
      if (loaded === id) return;
      fill(element, h("p", { class: "note" }, "Looking for the trace…"));
      const trace = await ask(`traces/${encodeURIComponent(id)}`).catch((error) => {
        fill(element, h("a", { class: "back", href: link({ trace: null }) }, "‹ Back"));
        throw error;
      });
      loaded = id;
      show(trace);
    },
    forget() { loaded = ""; },
  };
}
