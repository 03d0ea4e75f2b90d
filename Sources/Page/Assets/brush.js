// Choosing an interval on a chart: by dragging, or by the arrow keys with Shift.

/**
 * @typedef {object} Brush
 * @property {(steps: number) => void} reset how many steps there are now
 * @property {(x: number) => number} indexAt
 */

/**
 * @param {HTMLElement} target has the role of a slider over the steps
 * @param {{
 *   indexAt: (clientX: number) => number, count: () => number,
 *   point: (index: number | null) => void, draft: (from: number, to: number) => void,
 *   choose: (from: number, to: number) => void, clear: () => void,
 * }} on `from` and `to` are steps, both included
 */
export function brush(target, on) {
  let anchor = -1;
  let cursor = -1;
  let isDragging = false;

  const chosen = () => /** @type {[number, number]} */ ([Math.min(anchor, cursor), Math.max(anchor, cursor)]);

  target.addEventListener("pointerdown", (event) => {
    if (event.button || !on.count()) return;
    anchor = cursor = on.indexAt(event.clientX);
    isDragging = true;
    target.setPointerCapture(event.pointerId);
  });
  target.addEventListener("pointermove", (event) => {
    if (!on.count()) return;
    const index = on.indexAt(event.clientX);
    on.point(index);
    if (!isDragging || index === cursor) return;
    cursor = index;
    on.draft(...chosen());
  });
  target.addEventListener("pointerup", () => {
    if (!isDragging) return;
    isDragging = false;
    if (anchor === cursor) on.clear();
    else on.choose(...chosen());
  });
  target.addEventListener("pointercancel", () => { isDragging = false; });
  target.addEventListener("pointerleave", () => { if (!isDragging) on.point(null); });
  target.addEventListener("blur", () => on.point(null));

  target.addEventListener("keydown", (event) => {
    const last = on.count() - 1;
    if (last < 0) return;
    if (cursor < 0 || cursor > last) cursor = anchor = last;
    const moves = /** @type {Record<string, number>} */ ({
      ArrowLeft: cursor - 1, ArrowRight: cursor + 1, PageDown: cursor - 10, PageUp: cursor + 10, Home: 0, End: last,
    });
    if (event.key in moves) {
      cursor = Math.max(0, Math.min(last, moves[event.key]));
      if (!event.shiftKey) anchor = cursor;
      on.point(cursor);
      if (event.shiftKey) on.draft(...chosen());
    } else if (event.key === "Enter" || event.key === " ") on.choose(...chosen());
    else if (event.key === "Escape") on.clear();
    else return;
    event.preventDefault();
  });
}
