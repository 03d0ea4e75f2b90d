// Requests by verb, resource and scope.

import { h } from "./dom.js";
import { count, counted, duration, percent, rate } from "./format.js";
import { componentBar } from "./legend.js";
import { lengthOf, stepFor } from "./range.js";
import { sparkline } from "./sparkline.js";
import { joined, link, split } from "./state.js";

export const LABELS = ["verb", "group", "resource", "subresource", "scope"];

/** A kind of request as the value in a URL. @param {any} row */
export function kindOf(row) {
  return joined(LABELS.map((label) => row[label] ?? ""));
}

/** The labels of a kind of request, as parameters. @param {string} kind @returns {Record<string, string>} */
export function labelsOf(kind) {
  const values = split(kind);
  return Object.fromEntries(LABELS.map((label, index) => [label, values[index] ?? ""]));
}

/** @param {any} row */
export function requestName(row) {
  return `${row.verb} ${row.resource || row.group || "(no resource)"}${row.subresource ? `/${row.subresource}` : ""}`;
}

/** What `name` leaves out. @param {any} row */
export function requestScope(row) {
  return [row.resource ? row.group : "", row.scope].filter(Boolean).join(" · ");
}

/** @param {any} row */
const errorRatio = (row) => (row.count ? row.errors / row.count : 0);

/** @param {any} row @param {{from: string, to: string}} range */
export function rateOf(row, range) {
  return row.rate ?? row.count / Math.max(lengthOf(range), 1);
}

export const requests = {
  label: "Requests",
  resource: "requests",
  one: "kind of request",
  many: "kinds of request",
  sort: "-p99",
  empty: "No requests in this interval.",
  /** @param {any} row */
  text: (row) => `${LABELS.map((label) => row[label]).join(" ")} ${row.cluster ?? ""}`,
  /** @param {{range: () => {from: string, to: string}, cluster: () => string | undefined}} context @returns {import("./table.js").Column[]} */
  columns: (context) => [
    {
      key: "request", label: "Request", value: requestName,
      cell: (row) => h("a", { href: link({ request: kindOf(row), cluster: row.cluster || context.cluster() || null, operation: null, trace: null, cell: null }) }, h("b", {}, requestName(row)), h("span", { class: "muted small" }, requestScope(row), row.cluster ? ` · ${row.cluster}` : "")),
    },
    { key: "rate", label: "Rate", numeric: true, width: "84px", value: (row) => rateOf(row, context.range()), cell: (row) => h("span", { title: counted(row.count, "request") }, rate(rateOf(row, context.range()))) },
    { key: "errors", label: "Errors", numeric: true, width: "92px", value: errorRatio, cell: (row) => (row.errors ? h("span", { class: "bad", title: `${count(row.errors)} failed` }, percent(errorRatio(row))) : h("span", { class: "muted" }, "0")) },
    { key: "p50", label: "p50", numeric: true, width: "104px", value: (row) => row.p50_seconds, cell: (row) => duration(row.p50_seconds) },
    { key: "p99", label: "p99", numeric: true, width: "104px", value: (row) => row.p99_seconds, cell: (row) => duration(row.p99_seconds) },
    { key: "trend", label: "Mean", wide: true, width: "124px", hint: "the mean request’s time over the interval", cell: (row) => trend(row, context) },
    { key: "whose", label: "Whose time", wide: true, width: "27%", value: (row) => Math.max(...(row.components ?? []).filter((/** @type {any} */ part) => part.component === "etcd").map((/** @type {any} */ part) => part.share), 0), hint: "sorts by etcd’s share", cell: (row) => componentBar(row.components ?? []) },
  ],
};

/** @param {any} row @param {{range: () => {from: string, to: string}, cluster: () => string | undefined}} context */
function trend(row, context) {
  const { from, to } = context.range();
  const step = stepFor(Date.parse(from), Date.parse(to), 60);
  return sparkline({ ...Object.fromEntries(LABELS.map((label) => [label, row[label] ?? ""])), from, to, step: `${step}s`, cluster: row.cluster || context.cluster() });
}
