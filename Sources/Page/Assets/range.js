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

/** @type {Record<string, number>} in milliseconds */
const UNITS = { ms: 1, s: 1000, m: 60_000, h: HOUR, d: 24 * HOUR, w: 168 * HOUR };

/**
 * A time as the API takes it: RFC 3339, Unix seconds, a duration ago, or "now".
 * @param {string} text @param {number} now in milliseconds, as the result is
 * @returns {number} NaN if it is none
 */
export function timeOf(text, now) {
  if (text === "now") return now;
  if (/^\d+(\.\d*)?$/.test(text)) return Number(text) * 1000;
  if (/^-(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) {
    return now - [...text.matchAll(/([\d.]+)(ms|[smhdw])/g)].reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit], 0);
  }
  const [, date, time, offset] = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d+)?)([Zz]|[ +-]\d\d:\d\d)$/.exec(text) ?? [];
  // A plus that isn't escaped is a space.
  return date ? Date.parse(`${date}T${time}${offset.toUpperCase().replace(" ", "+")}`) : NaN;
}

/**
 * The selected interval. An end that is left out is the beginning of what is known, or now.
 * @param {import("./state.js").State} state @param {{first: number, now: number}} known in milliseconds
 * @returns {{from: string, to: string} | null}
 */
export function selected(state, { first, now }) {
  if (!state.from && !state.to) return null;
  const [from, to] = [state.from ? timeOf(state.from, now) : first, state.to ? timeOf(state.to, now) : now];
  // Neither too early nor too late for a date.
  if (!(from < to) || from < 0 || to > 8e15) return null;
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** Seconds. @param {{from: string, to: string}} range */
export function lengthOf(range) {
  return (Date.parse(range.to) - Date.parse(range.from)) / 1000;
}
