// Questions to the daemon. Only so many may be under way at once, so they queue here rather than be refused there.

const CONCURRENT = 3;
let active = 0;
/** @type {(() => void)[]} */
const waiting = [];

export class Failure extends Error {
  /** @param {number} status 0 if there was no answer @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @param {Record<string, string | number | null | undefined>} parameters */
export function query(parameters) {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) if (value !== null && value !== undefined) search.set(key, String(value));
  const text = search.toString();
  return text ? `?${text}` : "";
}

/**
 * @param {string} resource below /api/v1
 * @param {Record<string, string | number | null | undefined>} [parameters]
 * @returns {Promise<any>}
 */
export async function ask(resource, parameters = {}) {
  if (active >= CONCURRENT) await new Promise((resolve) => waiting.push(() => resolve(undefined)));
  active += 1;
  try {
    return await fetched(`/api/v1/${resource}${query(parameters)}`);
  } finally {
    active -= 1;
    waiting.shift()?.();
  }
}

/** @param {string} url */
async function fetched(url) {
  for (let attempt = 0; ; attempt += 1) {
    let answer;
    try {
      answer = await fetch(url, { headers: { accept: "application/json" } });
    } catch {
      throw new Failure(0, "The daemon doesn’t answer.");
    }
    if (answer.ok) return answer.json();
    if (answer.status === 429 && attempt < 3) {
      const pause = Number(answer.headers.get("retry-after")) || 1;
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
      continue;
    }
    throw new Failure(answer.status, await reason(answer));
  }
}

/** @param {Response} answer */
async function reason(answer) {
  const text = (await answer.text()).trim();
  try {
    const { error } = JSON.parse(text);
    return typeof error === "string" ? error : text;
  } catch {
    return text || `HTTP ${answer.status}`;
  }
}

/** Rows of an answer, whether it is the list or says the range beside it. @param {any} answer @param {string} name @returns {any[]} */
export function rows(answer, name) {
  return Array.isArray(answer) ? answer : answer?.[name] ?? [];
}
