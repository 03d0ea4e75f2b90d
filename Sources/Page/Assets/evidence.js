// What was compared: each component's part of the mean request, then and now.

import { h } from "./dom.js";
import { duration, factor } from "./format.js";
import { link } from "./state.js";
import { classOf, nameOf } from "./vocabulary.js";

const ROWS = 5;

/** @param {{component: string, seconds: number, baseline_seconds: number | null}[]} components @param {{component: string | null, why: string} | null} [culprit] whose row is there whether it grew or not @param {string} when it was */
export function evidence(components, culprit = null, when = "when the verdict was given") {
  if (!components.length) return null;
  const growth = (/** @type {any} */ part) => part.seconds - (part.baseline_seconds ?? 0);
  const isCulprit = (/** @type {any} */ part) => part.component === culprit?.component;
  const rows = [...components].sort((left, right) => Number(isCulprit(right)) - Number(isCulprit(left)) || growth(right) - growth(left)).slice(0, ROWS);
  // How long failures take says little.
  const fails = /\bfail/.test(culprit?.why ?? "") && !/ instead of /.test(culprit?.why ?? "");
  const hasBaseline = rows.some((part) => part.baseline_seconds !== null);
  const most = Math.max(...rows.map((part) => Math.max(part.seconds, part.baseline_seconds ?? 0)), 1e-9);
  return h("table", { class: "evidence" },
    h("caption", {}, `A request’s time${hasBaseline ? ", before and" : ""} ${when}`),
    h("thead", { class: "hidden" }, h("tr", {}, ["Component", "Share", "Before", "Then", "Growth"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, rows.map((part) => {
      const before = part.baseline_seconds;
      return h("tr", {},
        h("th", { scope: "row" }, h("span", { class: `key swatch ${classOf(part.component)}`, "aria-hidden": "true" }), nameOf(part.component)),
        h("td", { class: "growth", "aria-hidden": "true" },
          h("span", { class: `now swatch ${classOf(part.component)}`, style: { width: `${(part.seconds / most) * 100}%` } }),
          before !== null && h("span", { class: "before", style: { width: `${(before / most) * 100}%` } })),
        h("td", { class: "number muted" }, duration(before)),
        h("td", { class: "number" }, duration(part.seconds)),
        h("td", { class: "number" }, isCulprit(part) && fails ? h("span", { class: "badge failed" }, "fails") : before !== null && part.seconds > before * 1.2 ? factor(part.seconds, before) : "–"));
    })));
}

/** @param {string[]} ids */
export function traceLinks(ids) {
  return ids.slice(0, 5).map((id) => h("a", { class: "mono chip", href: link({ trace: id }), title: id }, id.slice(0, 8)));
}
