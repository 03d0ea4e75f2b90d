// Axes.

/** Of long durations, in seconds: minutes, hours and days are no decimal fractions of one another. */
const LONG_STEPS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000];

/** Round durations of an axis from nothing up to at least `max`. @param {number} max seconds @param {number} wanted */
export function ticks(max, wanted = 4) {
  if (!(max > 0)) return [0, 1];
  const rough = max / wanted;
  const long = rough > 30 && LONG_STEPS.find((size) => size >= rough * 0.999);
  if (long) return multiples(long, max);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999) ?? rough;
  return multiples(step, max);
}

/** From nothing up to at least `max`. @param {number} step @param {number} max */
function multiples(step, max) {
  const values = [];
  for (let index = 0; index * step < max + step * 0.999; index += 1) values.push(index * step);
  return values;
}

/** Round times within a range, at most `wanted` or so. @param {number} from milliseconds @param {number} to @param {number} wanted */
export function timeTicks(from, to, wanted) {
  const steps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400].map((seconds) => seconds * 1000);
  const step = steps.find((size) => (to - from) / size <= wanted) ?? 86400_000 * Math.ceil((to - from) / 86400_000 / wanted);
  const values = [];
  for (let time = Math.ceil(from / step) * step; time < to; time += step) values.push(time);
  return values;
}

const LONG_MARKS = [60, 600, 3600, 21_600, 86_400, 604_800];

/** Powers of ten between two durations, from a minute on other round ones; in a narrow range also twice and five times as much. @param {number} lower @param {number} upper seconds */
export function logTicks(lower, upper) {
  const factors = upper / lower > 1000 ? [1] : [1, 2, 5];
  const isWithin = (/** @type {number} */ value) => value >= lower * 0.999 && value <= upper * 1.001;
  const values = [];
  for (let power = Math.floor(Math.log10(lower)); power <= Math.ceil(Math.log10(upper)); power += 1) {
    for (const factor of factors) {
      const value = factor * 10 ** power;
      if (value < 60 && isWithin(value)) values.push(value);
    }
  }
  return [...values, ...LONG_MARKS.filter(isWithin)];
}
