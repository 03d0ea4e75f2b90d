// A table of any length: only the rows in sight exist.

import { fill, h } from "./dom.js";

/** Rows are higher on a phone, where names take two lines; the style sheet says the same. */
const phone = matchMedia("(max-width: 760px)");
const rowHeight = () => (phone.matches ? 50 : 34);
const SPARE = 6;

/**
 * @typedef {object} Column
 * @property {string} key
 * @property {string} label
 * @property {boolean} [numeric]
 * @property {string} [width]
 * @property {string} [hint] what the column means
 * @property {boolean} [wide] left out on a phone
 * @property {((row: any) => string | number) | null} [value] what to sort by; null: not sortable
 * @property {(row: any) => import("./dom.js").Child} cell
 */

/**
 * @param {{label: string, columns: Column[], empty: string, sorted: (key: string) => void, seen?: (rows: any[]) => void}} options
 */
export function table({ label, columns, empty, sorted, seen }) {
  const body = h("tbody");
  const heads = columns.map((column) =>
    h("th", { scope: "col", class: classes(column), style: column.width ? { width: column.width } : {}, title: column.hint },
      column.value === null || !column.value ? column.label : h("button", { type: "button", onclick: () => sorted(column.key) }, column.label)));
  const grid = h("table", { "aria-label": label }, h("thead", {}, h("tr", {}, heads)), body);
  const scroller = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": label }, grid);
  const note = h("p", { class: "note", hidden: true });
  /** @type {any[]} */
  let rows = [];
  let first = -1;

  function draw(isForced = true) {
    const start = Math.max(0, Math.min(Math.floor(scroller.scrollTop / rowHeight()) - SPARE, rows.length - 1));
    if (!isForced && start === first) return;
    first = start;
    const seat = focused();
    const visible = rows.slice(start, start + Math.ceil((scroller.clientHeight || 600) / rowHeight()) + 2 * SPARE);
    fill(body,
      spacer(start),
      visible.map((row, index) => h("tr", { "aria-rowindex": start + index + 2 }, columns.map((column) => h("td", { class: classes(column) }, column.cell(row))))),
      spacer(rows.length - start - visible.length));
    if (seat !== null) /** @type {any} */ (body.querySelector(`tr[aria-rowindex="${seat}"] a`))?.focus({ preventScroll: true });
    seen?.(visible);
  }

  /** The row whose link has the focus, which must survive a redraw. */
  function focused() {
    return body.contains(document.activeElement) ? document.activeElement?.closest("tr")?.getAttribute("aria-rowindex") ?? null : null;
  }

  const spacer = (/** @type {number} */ count) => count > 0 && h("tr", { class: "spacer", "aria-hidden": "true" }, h("td", { style: { height: `${count * rowHeight()}px` } }));

  scroller.addEventListener("scroll", () => draw(false), { passive: true });
  new ResizeObserver(() => draw()).observe(scroller);

  return {
    element: h("div", { class: "table" }, scroller, note),
    /** @param {any[]} all @param {string} sort a column's key, after "-" if descending @param {boolean} isFiltered */
    show(all, sort, isFiltered) {
      const key = sort.replace(/^-/, "");
      const column = columns.find((candidate) => candidate.key === key && candidate.value);
      rows = column ? ordered(all, /** @type {any} */ (column.value), sort.startsWith("-")) : all;
      heads.forEach((head, index) => {
        const isThis = columns[index] === column;
        if (isThis) head.setAttribute("aria-sort", sort.startsWith("-") ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      const errors = columns.find((candidate) => candidate.key === "errors")?.value;
      grid.className = errors ? (all.some((row) => errors(row)) ? "with-errors" : "without-errors") : "";
      grid.setAttribute("aria-rowcount", String(rows.length + 1));
      note.textContent = isFiltered ? "Nothing matches the filter." : empty;
      note.hidden = rows.length > 0;
      scroller.hidden = !rows.length;
      draw();
    },
    redraw: draw,
  };
}

/** @param {Column} column */
function classes(column) {
  return [column.numeric && "number", column.wide && "wide", column.key].filter(Boolean).join(" ");
}

/** @param {any[]} rows @param {(row: any) => string | number} value @param {boolean} isDescending */
function ordered(rows, value, isDescending) {
  const direction = isDescending ? -1 : 1;
  return rows.map((row) => ({ row, key: value(row) ?? -1 }))
    .sort((left, right) => direction * (left.key < right.key ? -1 : left.key > right.key ? 1 : 0)).map(({ row }) => row);
}
