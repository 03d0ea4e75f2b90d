// Streams: operations that last for as long as a client wants, which says nothing about how fast anything is.

import { operations } from "./operations.js";

/** What tells how fast something is. */
const LEFT_OUT = ["p99", "self"];

export const streams = {
  ...operations,
  label: "Streams",
  one: "operation",
  many: "operations",
  sort: "-max",
  empty: "No streams in this interval.",
  note: "Watches and other long-running requests, the calls of their clients, their child spans, watches of etcd, and authentication in traces of its own.",
  /** @param {any} row */
  isShown: (row) => row.stream === true,
  /** @param {Parameters<typeof operations.columns>[0]} context @returns {import("./table.js").Column[]} */
  columns: (context) => operations.columns(context).filter((column) => !LEFT_OUT.includes(column.key)).map((column) => (column.key === "max" ? { ...column, wide: false } : column)),
};
