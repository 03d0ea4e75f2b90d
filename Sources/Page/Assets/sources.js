// Sources: who sends spans, how late, sampled how, and whether their clock is off.

import { h } from "./dom.js";
import { count, duration, moment, percent, stretch } from "./format.js";

/** "0 s", "0.9 s", "2 min 5 s". @param {number} seconds */
const age = (seconds) => (seconds > 0 && seconds < 10 ? `${Math.round(seconds * 10) / 10} s` : stretch(Math.max(seconds, 0)));

export const sources = {
  label: "Sources",
  resource: "sources",
  one: "source",
  many: "sources",
  sort: "-spans",
  /** Without a selected interval it says how it is now. */
  isOfNow: true,
  empty: "No source sent spans in this interval.",
  /** @param {any} row */
  text: (row) => `${row.service} ${row.instance} ${row.cluster ?? ""}`,
  /** @param {{newest: () => string | null}} context @returns {import("./table.js").Column[]} */
  columns: (context) => [
    { key: "source", label: "Source", value: (row) => `${row.service} ${row.instance}`, cell: (row) => h("span", { class: "two" }, h("b", {}, row.service), h("span", { class: "muted small" }, [row.instance, row.version, row.cluster].filter(Boolean).join(" · ") || "one instance")) },
    { key: "spans", label: "Spans", numeric: true, width: "100px", value: (row) => row.spans, cell: (row) => count(row.spans) },
    { key: "last", label: "Last span", numeric: true, width: "190px", hint: "how long before the newest span of all", value: (row) => row.last, cell: (row) => h("span", { title: `${moment(row.last)} UTC` }, age((Date.parse(context.newest() ?? row.last) - Date.parse(row.last)) / 1000), h("span", { class: "wide-only" }, " before the newest")) },
    { key: "late", label: "Late", numeric: true, wide: true, width: "130px", hint: "spans that came too late to be evaluated", value: (row) => row.late, cell: (row) => (row.late > 0 ? h("span", { class: "bad" }, count(row.late)) : h("span", { class: "muted" }, "none")) },
    { key: "lateness", label: "Lateness", numeric: true, wide: true, width: "110px", hint: "the longest time from a span’s end to its arrival", value: (row) => row.lateness_seconds ?? 0, cell: (row) => (row.lateness_seconds == null ? "–" : age(row.lateness_seconds)) },
    { key: "sampling", label: "Sampled", numeric: true, wide: true, width: "180px", value: (row) => row.sampling_ratio ?? 1, cell: (row) => `${percent(row.sampling_ratio ?? 1)}${row.sampling_source ? ` ${row.sampling_source}` : ""}` },
    { key: "clock", label: "Clock", numeric: true, wide: true, width: "150px", hint: "how far its clock is ahead of the API server’s", value: (row) => Math.abs(row.clock_offset_seconds ?? 0), cell: (row) => (row.clock_offset_seconds ? h("span", { class: "bad" }, `${row.clock_offset_seconds > 0 ? "ahead" : "behind"} by ${duration(Math.abs(row.clock_offset_seconds))}`) : h("span", { class: "muted" }, "agrees")) },
    { key: "dialect", label: "Dialect", wide: true, width: "110px", value: (row) => row.dialect ?? "", cell: (row) => row.dialect ?? "–" },
  ],
};
