// Incidents and alerts, open and past, each with its evidence and rule, and the way to its interval on the chart.

import { ask, rows } from "./api.js";
import { fill, h } from "./dom.js";
import { clock, count, moment, stretch } from "./format.js";
import { evidence, traceLinks } from "./evidence.js";
import { link } from "./state.js";
import { certaintyBadge, incidentVerdict } from "./verdict.js";

/** @param {Record<string, string>} labels */
function labelText(labels) {
  return Object.entries(labels ?? {}).map(([name, value]) => `${name}=${value}`).join(" ");
}

/** An alert's name, and the way to what it means and what to do about it. @param {string} alert @param {string | undefined} runbook */
const runbookLink = (alert, runbook) => runbook ? h("a", { href: runbook, title: "Runbook" }, alert) : alert;

/** @param {any} groups */
const rulesOf = (groups) => rows(groups, "rules").flatMap((group) => group.rules);

/** @param {any[]} rules @param {string} alert */
const runbookOf = (rules, alert) => rules.find((rule) => rule.alert === alert)?.runbook;

/**
 * The rule that an active alert is listed under. Several rules may share a name: a resolved alert's is, of those whose labels it all has, the one
 * with the most of them.
 * @param {any[]} rules @param {any} alert
 */
function ruleOf(rules, alert) {
  const key = (/** @type {any} */ one) => JSON.stringify([one.alert, one.active_at, Object.entries(one.labels).sort()]);
  const listed = rules.find((rule) => rule.alerts.some((/** @type {any} */ one) => key(one) === key(alert)));
  if (listed) return listed;
  const matches = (/** @type {any} */ rule) => Object.entries(rule.labels).every(([name, value]) => String(value).includes("{{") || alert.labels[name] === value);
  const named = rules.filter((rule) => rule.alert === alert.alert && matches(rule));
  const labels = (/** @type {any} */ rule) => Object.keys(rule.labels).length;
  const closest = named.filter((rule) => labels(rule) === Math.max(...named.map(labels)));
  return closest.length === 1 ? closest[0] : undefined;
}

/** @param {any} alert */
const hasEvidence = (alert) => alert.evidence?.components.length > 0 || alert.evidence?.traces.length > 0;

/** @param {string} from @param {string} to */
const interval = (from, to) => h("a", { class: "button", href: link({ from, to }) }, "Show on the chart");

/** The incident that the page was opened for: links in notifications end in its name. @type {string | null} */
let awaited = location.hash.slice(1) || null;

/** @param {Element} element @param {any[]} incidents @param {any} groups of rules @param {string} now */
export function showIncidents(element, incidents, groups, now) {
  if (!incidents.length) return fill(element, h("p", { class: "note" }, "No incidents."));
  const rules = rulesOf(groups);
  fill(element, incidents.map((incident) => {
    const from = incident.started_at ?? incident.opened_at;
    const name = `incident-${incident.id}`;
    return h("article", { class: location.hash === `#${name}` ? "incident named" : "incident", id: name },
      incidentVerdict(incident, now),
      incident.alerts.length > 0 && h("details", {},
        h("summary", {}, `${incident.alerts.length} alert${incident.alerts.length === 1 ? "" : "s"}`),
        h("ul", { class: "plain" }, incident.alerts.map((/** @type {any} */ alert) =>
          h("li", {}, h("b", {}, runbookLink(alert.alert, runbookOf(rules, alert.alert))), " ", h("span", { class: "mono small" }, labelText(alert.labels)), ` fired ${clock(alert.fired_at)}`, alert.resolved_at ? `, resolved ${clock(alert.resolved_at)}` : ", still firing")))),
      interval(from, incident.closed_at ?? now));
  }));
  const named = awaited && document.getElementById(awaited);
  if (!named) return;
  named.scrollIntoView();
  awaited = null;
}

/** @param {Element} element @param {{from: string, to: string}} range @param {string} now @param {string | undefined} cluster */
export async function showAlerts(element, range, now, cluster) {
  // Over a range also those that have resolved.
  const [past, active, groups] = await Promise.all([ask("alerts", { cluster, ...range }), ask("alerts", { cluster }), ask("rules", { cluster })]);
  const rules = rulesOf(groups);
  const pendingLast = rows(active, "alerts").sort((left, right) => Number(left.state === "pending") - Number(right.state === "pending"));
  const list = [...pendingLast, ...rows(past, "alerts").filter((alert) => alert.resolved_at).reverse()];
  if (!list.length) return fill(element, h("p", { class: "note" }, `No alerts in this interval; ${rules.length === 1 ? "the only rule is" : `${count(rules.length)} rules are`} quiet.`));
  fill(element, list.map((alert) => {
    const rule = ruleOf(rules, alert);
    const since = alert.fired_at ?? alert.active_at;
    return h("article", { class: "alert" },
      h("h2", {}, h("span", { class: `badge state-${alert.state}` }, alert.state), runbookLink(alert.alert, runbookOf(rules, alert.alert)), h("span", { class: "mono small muted" }, labelText(alert.labels))),
      h("p", {}, alert.annotations?.summary ?? "", h("span", { class: "muted" }, ` since ${moment(since)} UTC${alert.resolved_at ? `, resolved ${moment(alert.resolved_at)} UTC` : ""}`)),
      alert.evidence?.culprit && h("p", {}, certaintyBadge(alert.evidence.culprit.certainty), " ", alert.evidence.culprit.why),
      rule && h("p", {}, h("code", {}, rule.when), h("span", { class: "muted small" }, rule.over_seconds ? ` over ${stretch(rule.over_seconds)}` : "")),
      // There is none until it fires.
      hasEvidence(alert) && h("details", {}, h("summary", {}, "Evidence"), evidence(alert.evidence.components, alert.evidence.culprit), h("p", {}, traceLinks(alert.evidence.traces))),
      interval(alert.active_at, alert.resolved_at ?? now));
  }));
}
