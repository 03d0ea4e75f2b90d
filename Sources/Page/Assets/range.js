// The hour that the page is about: it ends with the last span, so that recorded spans show like live ones.

const HOUR = 3600_000;
const STEPS_MAX = 240;
const STEPS = [5, 15, 30, 60, 300, 900, 3600, 21600, 86400];
/** Spans this recent are live: the chart runs on to now even while nothing comes. */
const LIVE = 120_000;
/** Requests this recent may still lack spans, and would seem to be another component's. */
const UNSETTLED = 10_000;

/** @typedef {{from: string, to: string, step: number}} Range step in seconds */

/** @param {number} from @param {number} to @param {number} [most] steps */
export function stepFor(from, to, most = STEPS_MAX) {
  return STEPS.find((step) => (to - from) / 1000 / step <= most) ?? 86400;
}

/**
 * @param {string | null | undefined} last the end of the last span
 * @param {{first: string, last: string}[]} sources
 * @param {boolean} isRecorded whether no more spans come
 * @returns {Range | null} null without spans
 */
export function lastHour(last, sources, isRecorded) {
  const ends = [last, ...sources.map((source) => source.last)].filter((time) => time).map((time) => Date.parse(/** @type {string} */ (time)));
  if (!ends.length) return null;
  const now = Date.now();
  const latest = Math.max(...ends);
  const end = !isRecorded && Math.abs(now - latest) < LIVE ? Math.max(now, latest) - UNSETTLED : latest;
  const first = Math.min(...sources.map((source) => Date.parse(source.first)), end - 60_000);
  const begin = Math.max(first, end - HOUR);
  const step = stepFor(begin, end);
  const length = step * 1000;
  return {
    from: new Date(Math.floor(begin / length) * length).toISOString(),
    to: new Date(Math.ceil((end + 1) / length) * length).toISOString(),
    step,
  };
}

/** The selected interval. @param {import("./state.js").State} state @returns {{from: string, to: string} | null} */
export function selected(state) {
  const [from, to] = [Date.parse(state.from ?? ""), Date.parse(state.to ?? "")];
  return from < to ? { from: new Date(from).toISOString(), to: new Date(to).toISOString() } : null;
}

/** Seconds. @param {{from: string, to: string}} range */
export function lengthOf(range) {
  return (Date.parse(range.to) - Date.parse(range.from)) / 1000;
}
