// Numbers and times as people read them. Times are UTC, as in logs. Lines don't break between a number and its unit.

const SPACE = "\u00a0";

/** @param {number} value @param {number} digits significant digits, without trailing zeros beyond the point */
function significant(value, digits) {
  return value >= 10 ** (digits - 1) ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(digits)).toString();
}

/** The largest unit up to a second that leaves at least 1 after rounding to three digits. @param {number} seconds @returns {[number, string]} */
function inUnit(seconds) {
  /** @type {[number, string][]} */
  const units = [[1, "s"], [1e3, "ms"], [1e6, "µs"]];
  const [perSecond, unit] = units.find(([perSecond]) => seconds * perSecond >= 0.9995) ?? [1e9, "ns"];
  return [seconds * perSecond, unit];
}

/** A duration in the terminal's form: "4.52 ms", "1.30 s"; from 100 s on "2 min 26 s". @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–";
  if (seconds === 0) return "0";
  if (seconds >= 99.95) return stretch(seconds);
  const [value, unit] = inUnit(seconds);
  return `${value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)}${SPACE}${unit}`;
}

/** A mark on an axis: "1 s", "250 ms". @param {number} seconds */
export function tick(seconds) {
  if (seconds === 0) return "0";
  // In one unit: there is no room for two.
  const [size, name] = seconds < 99.95 ? [1, ""] : seconds < 5400 ? [60, "min"] : seconds < 129_600 ? [3600, "h"] : [86_400, "d"];
  if (name) return `${significant(seconds / size, 2)}${SPACE}${name}`;
  const [value, unit] = inUnit(seconds);
  return `${significant(value, 3)}${SPACE}${unit}`;
}

/** A stretch of time in whole units: "45 s", "2 min 26 s", "3 h 5 min". @param {number} seconds */
export function stretch(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${SPACE}s`;
  const [large, small, names] = whole < 3600 ? [60, 1, ["min", "s"]] : whole < 86400 ? [3600, 60, ["h", "min"]] : [86400, 3600, ["d", "h"]];
  const rest = Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)}${SPACE}${names[0]}${rest ? ` ${rest}${SPACE}${names[1]}` : ""}`;
}

/** As in the terminal: "0.02/s", "0.3/s", "18.5/s", "1,250/s". @param {number | null | undefined} perSecond */
export function rate(perSecond) {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return "–";
  if (perSecond > 0 && perSecond < 0.005) return `<${SPACE}0.01/s`;
  if (perSecond > 0 && perSecond < 0.095) return `${perSecond.toFixed(2)}/s`;
  return perSecond === 0 ? "0/s" : `${perSecond < 100 ? perSecond.toFixed(1) : count(perSecond)}/s`;
}

/** @param {number} value */
export function count(value) {
  return Math.round(value).toLocaleString("en");
}

/** "1 span", "2,000 spans". @param {number} value @param {string} noun */
export function counted(value, noun) {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A ratio, such as that of errors, as in the terminal: "0", "0.02 %", "12.5 %". @param {number} ratio */
export function percent(ratio) {
  return ratio === 0 ? "0" : `${(ratio * 100).toFixed(ratio < 0.001 ? 2 : 1)}${SPACE}%`;
}

/** A component's share of time, as in the terminal: "< 1 %", "92 %". @param {number} part of 1 */
export function shareOf(part) {
  return part === 0 ? "–" : `${part < 0.01 ? `<${SPACE}1` : (part * 100).toFixed(0)}${SPACE}%`;
}

/** "×14.7", or nothing to compare with. @param {number} now @param {number} before */
export function factor(now, before) {
  return before > 0 ? `×${significant(now / before, now / before < 10 ? 2 : 3)}` : "new";
}

/** @param {Date | string | number} time */
export function clock(time) {
  return new Date(time).toISOString().slice(11, 19);
}

/** @param {Date | string | number} time */
export function day(time) {
  return new Date(time).toISOString().slice(0, 10);
}

/** With the day unless that is today. @param {Date | string | number} time */
export function moment(time) {
  return day(time) === day(Date.now()) ? clock(time) : `${day(time)} ${clock(time)}`;
}

/** The day once, if both are of the same. @param {string} from @param {string} to */
export function interval(from, to) {
  return `${day(from)} ${clock(from)} – ${day(from) === day(to) ? clock(to) : `${day(to)} ${clock(to)}`} UTC`;
}

/** Text from outside, with what would disguise it (controls, changes of direction) made visible. @param {unknown} text */
export function printable(text) {
  return String(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\n" ? character : `\\u{${/** @type {number} */ (character.codePointAt(0)).toString(16).toUpperCase()}}`);
}
