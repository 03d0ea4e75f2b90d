// Numbers and times as people read them. Times are UTC, as in logs. Lines don't break between a number and its unit.

const SPACE = "\u00a0";

/** @param {number} value @param {number} digits significant digits, without trailing zeros beyond the point */
function significant(value, digits) {
  return value >= 10 ** (digits - 1) ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(digits)).toString();
}

/** A duration: "4.52 ms", "1.3 s", "2 min 26 s". @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–";
  if (seconds === 0) return "0";
  if (seconds < 1e-6) return `${significant(seconds * 1e9, 3)}${SPACE}ns`;
  if (seconds < 1e-3) return `${significant(seconds * 1e6, 3)}${SPACE}µs`;
  if (seconds < 1) return `${significant(seconds * 1e3, 3)}${SPACE}ms`;
  if (seconds < 100) return `${significant(seconds, 3)}${SPACE}s`;
  return stretch(seconds);
}

/** A stretch of time in whole units: "45 s", "2 min 26 s", "3 h 5 min". @param {number} seconds */
export function stretch(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${SPACE}s`;
  const [large, small, names] = whole < 3600 ? [60, 1, ["min", "s"]] : whole < 86400 ? [3600, 60, ["h", "min"]] : [86400, 3600, ["d", "h"]];
  const rest = Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)}${SPACE}${names[0]}${rest ? ` ${rest}${SPACE}${names[1]}` : ""}`;
}

/** @param {number | null | undefined} perSecond */
export function rate(perSecond) {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return "–";
  return perSecond === 0 ? "0/s" : `${significant(perSecond, perSecond < 10 ? 2 : 3)}/s`;
}

/** @param {number} value */
export function count(value) {
  return Math.round(value).toLocaleString("en");
}

/** @param {number} share of 1 */
export function percent(share) {
  if (share === 0) return `0${SPACE}%`;
  const value = share * 100;
  return `${value < 0.1 ? `<${SPACE}0.1` : value < 10 ? Number(value.toPrecision(2)) : Math.round(value)}${SPACE}%`;
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
