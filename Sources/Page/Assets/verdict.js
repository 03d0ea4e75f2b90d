// Is something wrong, and who is it? One sentence, then why, what it affects and what to do.

import { h } from "./dom.js";
import { clock, count, duration, moment, rate, stretch } from "./format.js";
import { lengthOf } from "./range.js";
import { link } from "./state.js";
import { evidence, traceLinks } from "./evidence.js";
import { nameOf, whoOf } from "./vocabulary.js";

/** @typedef {{side: string | null, component: string | null, instance?: string | null, certainty: string, why: string}} Culprit */

/** @type {Record<string, string>} */
const SURE = { "clear": "clear", "likely": "likely", "not clear": "not clear" };

/** @param {Culprit} culprit @param {any} requests that were slow or failed @param {boolean} hasBaseline without one nothing is known to have changed */
function headline(culprit, requests, hasBaseline) {
  if (/restarted/.test(culprit.why) && culprit.side) return `${capital(whoOf(culprit))} restarted.`;
  if (!culprit.side || culprit.certainty === "not clear") {
    const what = requests?.failed && (!hasBaseline || !isSlow(requests)) ? "Requests fail" : hasBaseline ? "Something changed" : "Something is wrong";
    return `${what}, but the culprit isn’t clear.`;
  }
  return culprit.certainty === "clear" ? `It’s ${whoOf(culprit)}.` : `It’s probably ${whoOf(culprit)}.`;
}

/** The page has links to the traces, where there are any. Options of commands stay whole, names of metrics break at underscores. @param {string} text */
function advice(text) {
  return text.replace(" (GET /api/v1/traces/ID)", "").split(/(--\S+|\S*_\S+)/).map((part) =>
    part.startsWith("--") ? h("span", { class: "unbroken" }, part) : part.includes("_") ? part.split(/(?<=_)/).map((piece) => [piece, h("wbr")]) : part);
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {string} term @param {...import("./dom.js").Child} text */
const fact = (term, ...text) => [h("dt", {}, term), h("dd", {}, text)];

/** "clear" as a badge that says it in words. @param {string} certainty */
export function certaintyBadge(certainty) {
  return h("span", { class: `badge sure-${certainty.replace(" ", "-")}` }, SURE[certainty] ?? certainty);
}

/** More than are slow on any day: one in a hundred. */
const AFFECTED = 0.05;
/** Failures that are no news if there are no more of them: one in a hundred requests. */
const FAILING = 0.01;

/** @param {any} requests */
const isSlow = (requests) => requests.slow > requests.count * AFFECTED;

/** Whether more fail than before. @param {any} requests @param {number} before the share that failed then */
const isFailing = (requests, before) => requests.failed > requests.count * Math.max(FAILING, 2 * before);

/** The verbs that were slow or failed, the most affected first. @param {any} requests @returns {string[]} */
const verbsOf = (requests) => (requests.verbs ?? []).filter((/** @type {any} */ one) => one.slow + one.failed > AFFECTED * one.count).map((/** @type {any} */ one) => one.verb);

/** @param {any} requests @param {boolean} hasBaseline without one nothing is known of how slow they were */
function affected(requests, hasBaseline) {
  if (!requests?.count) return null;
  const verbs = verbsOf(requests);
  const { slow, failed } = requests;
  const of = ` of ${count(requests.count)} requests `;
  const said = !hasBaseline ? `${failed > 0 ? count(failed) : "none"}${of}failed` : slow > 0 ? `${count(slow)}${of}slow${failed > 0 ? `, ${count(failed)} failed` : ""}` : failed > 0 ? `${count(failed)}${of}failed` : `none${of.trimEnd()}`;
  return `${said}${verbs.length ? `: ${verbs.join(", ")}` : ""}${hasBaseline ? "" : " (no baseline yet to compare with)"}`;
}

/** Seconds. @param {string} since @param {string} now */
const elapsed = (since, now) => Math.max(0, (Date.parse(now) - Date.parse(since)) / 1000);

/** Lets the durations of open incidents go on. @param {Element} element @param {string} now */
export function tick(element, now) {
  for (const shown of element.querySelectorAll(".elapsed")) shown.textContent = stretch(elapsed(/** @type {string} */ (shown.getAttribute("data-since")), now));
}

/** What a verdict says, whatever the time. @param {Element} element */
export function saying(element) {
  const copy = /** @type {Element} */ (element.cloneNode(true));
  for (const shown of copy.querySelectorAll(".elapsed")) shown.remove();
  return copy.textContent ?? "";
}

/** Who an incident is about: "etcd in the cluster east". @param {any} incident */
export function aboutOf(incident) {
  const who = incident.culprit?.side && incident.culprit.certainty !== "not clear" ? whoOf(incident.culprit) : "the culprit isn’t clear";
  return `${who}${incident.cluster ? ` in the cluster ${incident.cluster}` : ""}`;
}

/** The incidents that are open besides the one in the headline. @param {any[]} others worst first */
const alsoOpen = (others) => others.length > 0 && h("a", { href: link({ tab: "incidents" }) }, `and ${count(others.length)} more: `, others.slice(0, OTHERS_MAX).map(aboutOf).join("; "), others.length > OTHERS_MAX && "; …");

/** How many further incidents are named. */
const OTHERS_MAX = 3;

/** The verdict on an open incident, or a past one. @param {any} incident @param {string} now @param {any[]} [others] that are open too, worst first */
export function incidentVerdict(incident, now, others = []) {
  const culprit = incident.culprit ?? { side: null, component: null, certainty: "not clear", why: "" };
  const since = incident.started_at ?? incident.opened_at;
  const hasBaseline = !incident.components?.length || incident.components.some((/** @type {any} */ part) => part.baseline_seconds !== null);
  return frame(incident.closed_at ? "past" : "alarm", headline(culprit, incident.requests, hasBaseline), [
    certaintyBadge(culprit.certainty),
    culprit.component && culprit.component !== culprit.side && h("span", {}, "component ", h("b", {}, nameOf(culprit.component))),
    culprit.instance && h("span", {}, "instance ", h("b", {}, culprit.instance)),
    incident.cluster && h("span", {}, "cluster ", h("b", {}, incident.cluster)),
    h("span", {}, `since ${moment(since)} UTC, `, incident.closed_at ? `${stretch(elapsed(since, incident.closed_at))}, over` : h("span", { class: "elapsed", "data-since": since, "aria-live": "off" }, stretch(elapsed(since, now)))),
    alsoOpen(others),
  ], [
    culprit.why && fact("Why", culprit.why),
    affected(incident.requests, hasBaseline) && fact("Affects", affected(incident.requests, hasBaseline)),
    incident.next && fact("Next", advice(incident.next)),
    incident.traces?.length > 0 && fact("Traces", traceLinks(incident.traces)),
  ], evidence(incident.components ?? [], culprit));
}

/**
 * The verdict on any interval.
 * @param {any} answer of `culprit`
 * @param {number} failedBefore the share of requests that failed in its baseline
 * @param {any[]} incidents of which one may have been then, and say what to do
 * @param {boolean} isRecorded whether the spans are those of archives
 */
export function intervalVerdict(answer, failedBefore, incidents, isRecorded) {
  const { culprit, requests } = answer;
  const hasBaseline = answer.baseline_from !== null;
  if (!culprit) return noSpansVerdict(answer, isRecorded);
  if (!culprit.side && !hasBaseline) return noBaselineVerdict(answer, isRecorded);
  const incident = incidents.find((one) => one.culprit?.side === culprit.side && (one.started_at ?? one.opened_at) < answer.to && (one.closed_at ?? answer.to) > answer.from);
  const isQuiet = !culprit.side && !isSlow(requests) && !isFailing(requests, failedBefore);
  return frame(isQuiet ? "quiet" : culprit.side ? "alarm" : "past", isQuiet ? "Nothing stands out." : headline(culprit, requests, hasBaseline), [
    certaintyBadge(culprit.certainty),
    culprit.component && culprit.component !== culprit.side && h("span", {}, "component ", h("b", {}, nameOf(culprit.component))),
    culprit.instance && h("span", {}, "instance ", h("b", {}, culprit.instance)),
    askedInterval(answer),
    hasBaseline && h("span", { class: "muted" }, `compared with ${clock(answer.baseline_from)} – ${clock(answer.baseline_to)}`),
    backLink(isRecorded),
  ], [
    culprit.why && fact("Why", culprit.why),
    answer.note && fact("Note", answer.note),
    affected(requests, hasBaseline) && fact("Affects", affected(requests, hasBaseline)),
    culprit.side && incident?.next && fact("Next", advice(incident.next)),
    answer.traces?.length > 0 && fact("Traces", traceLinks(answer.traces)),
  ], evidence(answer.components ?? [], culprit, "in this interval"));
}

/** What there is nothing to compare with. @param {any} answer of `culprit` @param {boolean} isRecorded */
function noBaselineVerdict(answer, isRecorded) {
  const { requests } = answer;
  return frame("past", "No baseline yet.", [
    askedInterval(answer),
    h("span", {}, "too little was seen before it to compare with"),
    backLink(isRecorded),
  ], [
    answer.note && fact("Note", answer.note),
    requests.count > 0 && fact("Requests", `${count(requests.count)}, ${requests.failed > 0 ? `${count(requests.failed)} failed` : "none failed"}`),
    answer.traces?.length > 0 && fact("Traces", traceLinks(answer.traces)),
  ], evidence(answer.components ?? [], null, "in this interval"));
}

/** What the API gives no verdict on. @param {{from: string, to: string}} answer @param {boolean} isRecorded */
function noSpansVerdict(answer, isRecorded) {
  return frame("past", "No spans in this interval.", [askedInterval(answer), backLink(isRecorded)], [], null);
}

/** @param {{from: string, to: string}} answer */
const askedInterval = (answer) => h("span", {}, `${clock(answer.from)} – ${clock(answer.to)} UTC, ${stretch(lengthOf(answer))}`);

/** @param {boolean} isRecorded */
const backLink = (isRecorded) => h("a", { class: "button", href: link({ from: null, to: null, cell: null }) }, isRecorded ? "Back to the end" : "Back to now");

/** An API server that sends nothing for so long isn't heard; in milliseconds. */
const HEARD = 300_000;

/**
 * Why nobody knows that nothing is wrong; null if everything was heard, and compared.
 * @param {any} status @param {boolean} isRecorded @returns {{title: string, why: string} | null}
 */
function unknown(status, isRecorded) {
  const last = status.last_apiserver_span;
  if (!last) return { title: "No API server sends spans.", why: "what is slow there can’t be seen; faultline doctor says what is missing" };
  if (!isRecorded && Date.parse(status.now) - Date.parse(last) > HEARD) return { title: "No API server is heard.", why: `its last span ended ${moment(last)} UTC; faultline doctor says what is missing` };
  return status.has_baseline ? null : { title: "No baseline yet.", why: "too little was seen to compare with" };
}

/**
 * No incident is open.
 * @param {any} status @param {{count: number, seconds: number, mean: number} | null} traffic and the time that it is of @param {any[]} incidents @param {number} firing
 * @param {boolean} isRecorded
 */
export function quietVerdict(status, traffic, incidents, firing, isRecorded) {
  const [last] = incidents;
  const doubt = unknown(status, isRecorded);
  return frame(doubt ? "past" : "quiet", firing ? `No incident, but ${firing === 1 ? "an alert is firing" : `${firing} alerts are firing`}.` : doubt?.title ?? (isRecorded ? "Nothing was wrong at the end." : "Nothing is wrong."), [
    doubt && h("span", {}, firing ? `${doubt.title.slice(0, -1)}: ${doubt.why}` : doubt.why),
    traffic && h("span", {}, `${rate(traffic.count / traffic.seconds).replace("/s", " requests/s")}, ${duration(traffic.mean)} on average over ${stretch(traffic.seconds)}`),
    firing > 0 && h("a", { href: link({ tab: "alerts" }) }, "see the alerts"),
    last ? h("a", { href: link({ tab: "incidents" }) }, `last incident ${moment(last.closed_at ?? last.opened_at)} UTC`) : h("span", {}, isRecorded ? "no incident" : "no incident so far"),
  ], [], null);
}

/** Nobody answers. @param {string | null} since when somebody last did */
export function lostVerdict(since) {
  return frame("past", "The daemon doesn’t answer.", [h("span", {}, since ? `what is shown is from ${moment(since)} UTC; it is asked again every few seconds` : "it is asked again every few seconds")], [], null);
}

/**
 * A cluster of the URL that nothing has come from.
 * @param {string} cluster @param {string[]} others that there are
 */
export function unknownClusterVerdict(cluster, others) {
  const known = others.map((name) => h("a", { class: "chip", href: link({ cluster: name }) }, name));
  return frame("past", `No spans of the cluster ${cluster}.`, [
    known.length ? h("span", {}, "Clusters with spans:") : h("span", {}, "The spans name no cluster."),
    known,
    h("a", { class: "button", href: link({ cluster: null }) }, "Show all"),
  ], [], null);
}

/** No spans at all. */
export function emptyVerdict() {
  return frame("past", "No spans yet.", [h("span", {}, "Point the tracing of kube-apiserver and etcd at this daemon: OTLP over gRPC or HTTP.")], [], null);
}

/**
 * @param {string} mood @param {string} title @param {import("./dom.js").Child[]} line
 * @param {import("./dom.js").Child[]} facts @param {import("./dom.js").Child} proof
 */
function frame(mood, title, line, facts, proof) {
  return h("div", { class: `verdict ${mood}` },
    h("div", { class: "verdict-text" },
      h("h1", {}, h("span", { class: "sign", "aria-hidden": "true" }, mood === "quiet" ? "✓" : mood === "alarm" ? "!" : "○"), title),
      h("p", { class: "line" }, line),
      facts.flat().some(Boolean) && h("dl", {}, facts)),
    proof);
}
