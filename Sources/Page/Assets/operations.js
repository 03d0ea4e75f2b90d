// Operations: what spans are called, by service and kind. Streams are apart: they would hide how long everything else takes.

import { h } from "./dom.js";
import { count, counted, duration, percent, rate } from "./format.js";
import { rateOf } from "./requests.js";
import { joined, link, split } from "./state.js";

const KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];

/** An operation as the value in a URL. @param {any} row */
export function keyOf(row) {
  return joined([row.service, row.operation, row.kind]);
}

/** Its labels, as parameters. The value may be the name alone, as people type it. @param {string} key @returns {Record<string, string>} */
export function operationOf(key) {
  const parts = split(key);
  const kind = parts.length > 2 && parts.at(-1);
  return kind && KINDS.includes(kind) ? { service: parts[0], operation: parts.slice(1, -1).join("/"), kind } : { operation: parts.join("/") };
}

/** @param {any} row */
const ratio = (row) => row.error_ratio ?? (row.count ? row.errors / row.count : 0);

export const operations = {
  label: "Operations",
  resource: "operations",
  parameters: { streams: "apart" },
  one: "operation",
  many: "operations",
  sort: "-p99",
  empty: "No spans in this interval.",
  /** @param {any} row */
  isShown: (row) => row.stream !== true,
  /** @param {any} row */
  text: (row) => `${row.service} ${row.operation} ${row.kind} ${row.cluster ?? ""}`,
  /** @param {{range: () => {from: string, to: string}, cluster: () => string | undefined}} context @returns {import("./table.js").Column[]} */
  columns: (context) => [
    {
      key: "operation", label: "Operation", value: (row) => row.operation,
      cell: (row) => h("a", { href: link({ operation: keyOf(row), cluster: row.cluster || context.cluster() || null, request: null, trace: null, cell: null }) }, h("b", {}, row.operation), h("span", { class: "muted small" }, `${row.service} · ${String(row.kind).toLowerCase()}${row.cluster ? ` · ${row.cluster}` : ""}`)),
    },
    { key: "rate", label: "Rate", numeric: true, width: "84px", value: (row) => rateOf(row, context.range()), cell: (row) => h("span", { title: counted(row.count, "span") }, rate(rateOf(row, context.range()))) },
    { key: "errors", label: "Errors", numeric: true, width: "92px", value: ratio, cell: (row) => (row.errors ? h("span", { class: "bad", title: `${count(row.errors)} failed` }, percent(ratio(row))) : h("span", { class: "muted" }, "0")) },
    { key: "p50", label: "p50", numeric: true, width: "104px", value: (row) => row.p50_seconds, cell: (row) => duration(row.p50_seconds) },
    { key: "p99", label: "p99", numeric: true, width: "104px", value: (row) => row.p99_seconds, cell: (row) => duration(row.p99_seconds) },
    { key: "self", label: "Self p99", numeric: true, wide: true, width: "104px", hint: "the time that its children don’t cover", value: (row) => row.self_p99_seconds ?? -1, cell: (row) => duration(row.self_p99_seconds) },
    { key: "max", label: "Max", numeric: true, wide: true, width: "104px", value: (row) => row.max_seconds, cell: (row) => duration(row.max_seconds) },
  ],
};
