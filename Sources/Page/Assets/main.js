// Which view is shown, and when it asks again.

import { areaChart } from "./areachart.js";
import { ask, Failure, rows } from "./api.js";
import { fill, h } from "./dom.js";
import { clock, count, interval, stretch } from "./format.js";
import { kindView } from "./kindview.js";
import { meanOf } from "./legend.js";
import { follow } from "./live.js";
import { lastHour, lengthOf, selected, timeOf } from "./range.js";
import { current, go, onChange } from "./state.js";
import { tabs } from "./tabs.js";
import { traceView } from "./traceview.js";
import { emptyVerdict, incidentVerdict, intervalVerdict, lostVerdict, quietVerdict, saying, tick, unknownClusterVerdict } from "./verdict.js";

const REFRESH_SECONDS = 15;

/** @type {any} */
let status = {};
/** @type {any[]} */
let sources = [];
/** @type {any[]} */
let incidents = [];
/** @type {import("./range.js").Range | null} */
let hour = null;
/** @type {any} */
let components = null;
let connection = "new";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const live = /** @type {HTMLElement} */ (document.getElementById("live"));
const clusters = /** @type {HTMLSelectElement} */ (document.getElementById("cluster"));

/** What times in the address are relative to: the clock, or the end of recorded spans. */
const clockNow = () => Date.parse(status.now ?? "") || Date.now();

const context = {
  selection: () => selected(current(), { first: Math.min(...sources.map((source) => Date.parse(source.first)), clockNow()), now: clockNow() }),
  range: () => context.selection() ?? hour ?? { from: new Date(Date.now() - 3600_000).toISOString(), to: new Date().toISOString() },
  cluster: () => current().cluster,
  /** The end of the newest span of all. @returns {string | null} */
  newest: () => [status.last_span, ...sources.map((source) => source.last)].filter(Boolean).sort((left, right) => Date.parse(right) - Date.parse(left))[0] ?? null,
  now: () => (isRecorded() ? context.newest() : null) ?? new Date(clockNow()).toISOString(),
  incidents: () => (current().cluster ? incidents.filter((incident) => (incident.cluster ?? "") === current().cluster) : incidents),
  choose: {
    choose: (/** @type {string} */ from, /** @type {string} */ to) => go({ from, to, cell: null }),
    clear: () => go({ from: null, to: null, cell: null }),
  },
};

const verdict = h("section", { "aria-label": "Verdict", "aria-live": "polite" });
const chart = areaChart(context.choose);
const tables = tabs(context);
const kind = kindView(context);
const trace = traceView();
const problem = h("p", { class: "problem", role: "alert", hidden: true });
const overview = h("div", {}, verdict, h("section", { "aria-label": "Whose time was it", class: "sheet" }, h("h2", {}, "Whose time ", h("span", { class: "muted small" }, "the mean request by component; drag over an interval to ask about it")), chart.element), tables.element);
fill(main, problem, overview, kind.element, trace.element);

/** Runs a load, and shows what went wrong with it. @param {() => unknown} load */
async function attempt(load) {
  try {
    await load();
    problem.textContent = wrongInterval() ?? "";
    problem.hidden = !problem.textContent;
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
    problem.hidden = false;
  }
}

/** Whether the spans are those of archives, so that nothing changes any more. */
const isRecorded = () => Boolean(status.recorded_from);

/** What every view needs. */
async function basics() {
  const cluster = context.cluster();
  const [seen, had] = await Promise.all([ask("sources"), ask("incidents", { limit: 200 })]);
  sources = rows(seen, "sources");
  incidents = rows(had, "incidents");
  hour = lastHour(status.last_span, cluster ? sources.filter((source) => source.cluster === cluster) : sources, isRecorded());
  showClusters();
}

const clusterNames = () => [...new Set(sources.map((source) => source.cluster).filter(Boolean))].sort();

function showClusters() {
  const names = clusterNames();
  /** @type {HTMLElement} */ (clusters.parentElement).hidden = names.length < 2;
  if (clusters.options.length !== names.length + 1) fill(clusters, h("option", { value: "" }, "all"), names.map((name) => h("option", { value: name }, name)));
  clusters.value = context.cluster() ?? "";
}

/** @returns {Promise<Element>} */
async function newVerdict() {
  const selection = context.selection();
  const cluster = context.cluster();
  const now = await ask("status", { cluster });
  if (!hour) return emptyVerdict();
  if (cluster && !clusterNames().includes(cluster) && !context.incidents().length) return unknownClusterVerdict(cluster, clusterNames());
  if (selection) {
    const answer = await ask("culprit", { ...selection, cluster });
    return intervalVerdict(answer, await failedBefore(answer), context.incidents(), isRecorded());
  }
  if (now.incident) return incidentVerdict(now.incident, context.now(), openBeside(now.incident));
  const firing = rows(await ask("alerts", { cluster }), "alerts").filter((alert) => alert.state === "firing").length;
  const mean = components ? meanOf(components.steps) : null;
  return quietVerdict(now, mean?.count ? { count: mean.count, seconds: coveredOf(components), mean: mean.parts.reduce((sum, part) => sum + part.seconds, 0) } : null, context.incidents(), firing, isRecorded());
}

/** The share of requests that failed in an interval's baseline. @param {any} answer of `culprit` */
async function failedBefore(answer) {
  // It matters only for failures that no verdict explains.
  if (answer.culprit?.side || !answer.requests.failed || !answer.baseline_from) return 0;
  const before = rows(await ask("requests", { from: answer.baseline_from, to: answer.baseline_to, cluster: answer.cluster }), "requests");
  const sum = (/** @type {string} */ field) => before.reduce((total, row) => total + row[field], 0);
  return sum("errors") / Math.max(sum("count"), 1);
}

/** The other open incidents, the worst first. @param {any} incident the one in the headline */
function openBeside(incident) {
  const urgency = (/** @type {any} */ one) => 10 * ["info", "warning", "critical"].indexOf(one.severity) + ["not clear", "likely", "clear"].indexOf(one.culprit?.certainty);
  return context.incidents().filter((one) => !one.closed_at && one.id !== incident.id).sort((left, right) => urgency(right) - urgency(left));
}

/** How many seconds of a chart anything is known of. @param {any} chart */
function coveredOf({ steps, step_seconds: length }) {
  const first = steps.findIndex(isCovered);
  const end = Math.min(Date.parse(steps[0].time) + steps.length * length * 1000, Date.parse(context.now()));
  const known = steps.slice(first).filter(isCovered).length;
  // The last step may have only begun.
  return Math.max((known - 1) * length + Math.max(end - Date.parse(steps.at(-1).time), 1000) / 1000, 1);
}

/** Steps that have left the window say nothing, unless the history knows them. @param {any} step */
const isCovered = (step) => step.count > 0 || step.exact !== false;

let shownVerdict = "";
async function showVerdict() {
  try {
    sayVerdict(await newVerdict());
  } catch (error) {
    // What was said before may no longer be so.
    if (error instanceof Failure && error.status === 0) sayVerdict(lostVerdict(status.now ?? null));
    throw error;
  }
}

/** @param {Element} element */
function sayVerdict(element) {
  document.title = `${element.querySelector("h1")?.lastChild?.textContent ?? ""} Faultline`;
  // Announced, and the focus lost, only if it says something else.
  if (saying(element) === shownVerdict) return;
  shownVerdict = saying(element);
  fill(verdict, element);
}

async function showChart() {
  components = hour && await chartOf(hour);
  markChart();
}

/** Beyond the window the daemon knows only whole minutes. @param {import("./range.js").Range} range */
async function chartOf({ from, to, step }) {
  const chart = await ask("components", { from, to, step: `${step}s`, cluster: context.cluster() });
  if (step % 60 === 0 || chart.steps.every(isCovered)) return chart;
  const minutes = await ask("components", { from, to, step: "1m", cluster: context.cluster() });
  const begin = (/** @type {any} */ one) => Date.parse(one.steps.find(isCovered)?.time ?? to);
  // A minute that has partly left the window is no gain.
  return begin(chart) - begin(minutes) >= 60_000 ? minutes : chart;
}

function markChart() {
  chart.show(components ?? { steps: [], step_seconds: 1 }, { selection: context.selection(), incidents: context.incidents() });
}

/** What is wrong with the interval of the URL; null if nothing is. */
function wrongInterval() {
  const { from, to } = current();
  if ((!from && !to) || context.selection()) return null;
  const wrong = Object.entries({ from, to }).find(([, value]) => value && Number.isNaN(timeOf(value, clockNow())));
  const early = Object.entries({ from, to }).find(([, value]) => value && timeOf(value, clockNow()) < 0);
  if (early) return `${early[0]}=${early[1]} in the address is before 1970; this is the last hour.`;
  if (!wrong) return "from must be before to in the address; this is the last hour.";
  return `${wrong[0]}=${wrong[1]} in the address is not a time: one in RFC 3339, such as 2026-11-23T04:33:00Z, Unix seconds, a duration ago such as -5m, or now; this is the last hour.`;
}

/** Shows the view of the URL. @param {boolean} isRefresh whether to ask about the hour again */
async function show(isRefresh) {
  const state = current();
  const isKind = Boolean(state.request || state.operation);
  overview.hidden = isKind || Boolean(state.trace);
  kind.element.hidden = !isKind || Boolean(state.trace);
  trace.element.hidden = !state.trace;
  if (state.trace) return attempt(() => trace.load(/** @type {string} */ (state.trace)));
  trace.forget();
  if (isRefresh) await attempt(basics);
  if (isKind) return attempt(kind.load);
  if (isRefresh || !components) await attempt(showChart);
  else markChart();
  await attempt(showVerdict);
  await attempt(() => tables.redraw());
  if (isRefresh || asked() !== loadedInterval) {
    loadedInterval = asked();
    await attempt(() => tables.load());
  }
}

let loadedInterval = "";
const asked = () => `${intervalOf()}/${current().cluster}`;

function showLive() {
  if (isRecorded() && connection !== "lost") {
    fill(live, h("span", { class: "dot", "aria-hidden": "true" }), `${count(status.accepted)} recorded spans`,
      h("span", { class: "wide-only" }, ` · ${interval(status.recorded_from, status.last_span)}`));
    return;
  }
  const age = status.last_span ? (Date.now() - Date.parse(status.last_span)) / 1000 : null;
  const words = connection === "live" ? "live" : connection === "polling" ? "asking every few seconds" : "not connected";
  fill(live, h("span", { class: `dot ${connection}`, "aria-hidden": "true" }), words,
    // What was so when it last answered is no longer known.
    connection !== "lost" && status.spans_per_second !== undefined && h("span", { class: "wide-only" }, ` · ${count(status.spans_per_second)} spans/s`),
    age !== null && h("span", { class: "wide-only" }, connection !== "lost" && age < 3600 ? ` · last span ${stretch(Math.max(age, 0))} ago` : ` · last span ${clock(status.last_span)}`));
}

let pending = 0;
/** One refresh at a time, and soon after news. @param {number} seconds */
function refreshSoon(seconds) {
  clearTimeout(pending);
  pending = setTimeout(async () => {
    // A hidden page sends no requests.
    if (!document.hidden) await show(true);
    refreshSoon(REFRESH_SECONDS);
  }, seconds * 1000);
}

clusters.addEventListener("change", () => { components = null; go({ cluster: clusters.value || null }); refreshSoon(0); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) refreshSoon(0); });
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "")) {
    event.preventDefault();
    /** @type {any} */ (document.querySelector("input[type=search]"))?.focus();
  }
});
/** Which view the URL asks for. */
function viewOf() {
  const { request, operation, trace: id } = current();
  return [request, operation, id].join(" ");
}

/** Which interval the URL selects. */
function intervalOf() {
  return `${current().from}/${current().to}`;
}

let lastView = viewOf();
let lastInterval = intervalOf();
onChange((isVisit) => {
  const [view, interval] = [viewOf(), intervalOf()];
  if (isVisit && view !== lastView) {
    scrollTo({ top: 0 });
    main.focus({ preventScroll: true });
    // What selected the interval may be far below, and gone in a moment.
  } else if (isVisit && interval !== lastInterval && !overview.hidden) chart.focus();
  [lastView, lastInterval] = [view, interval];
  show(false);
});

status = await ask("status").catch(() => ({}));
await show(true);
follow({
  status(next) {
    const isNews = ["incident", "last_apiserver_span", "has_baseline"].some((field) => Boolean(status[field]) !== Boolean(next[field]));
    status = next;
    showLive();
    tick(main, context.now());
    if (isNews) refreshSoon(0);
  },
  change: () => refreshSoon(0.3),
  connected(how) {
    const isNews = (connection === "lost") !== (how === "lost");
    connection = how;
    showLive();
    if (isNews) refreshSoon(0);
  },
});
refreshSoon(REFRESH_SECONDS);
