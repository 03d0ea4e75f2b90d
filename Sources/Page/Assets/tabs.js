// What the interval consisted of: requests, operations, sources, incidents, alerts.

import { ask, rows } from "./api.js";
import { fill, h } from "./dom.js";
import { count } from "./format.js";
import { showAlerts, showIncidents } from "./incidents.js";
import { operations } from "./operations.js";
import { requests } from "./requests.js";
import { sources } from "./sources.js";
import { adjust, current, link } from "./state.js";
import { streams } from "./streams.js";
import { table } from "./table.js";

/** @type {Record<string, any>} */
const TABLES = { requests, operations, streams, sources };
const TABS = ["requests", "operations", "streams", "sources", "incidents", "alerts"];

/** @param {{range: () => any, selection: () => any, cluster: () => string | undefined, now: () => string, newest: () => string | null, incidents: () => any[]}} context */
export function tabs(context) {
  const bar = h("div", { class: "tabs", role: "tablist", "aria-label": "What the interval consisted of" });
  const filter = h("input", { type: "search", placeholder: "Filter", "aria-label": "Filter the rows", oninput: () => adjust({ q: filter.value || null }) });
  const total = h("span", { class: "muted small", role: "status" });
  const panel = h("div", { id: "panel", role: "tabpanel" });
  const element = h("section", { class: "tabbed", "aria-label": "Tables" }, h("div", { class: "tab-bar" }, bar, h("span", { class: "spacing" }), total, filter), panel);
  /** @type {string | null} */
  let shown = null;
  /** The tab that was brought into sight last. @type {string | null} */
  let scrolledTo = null;
  /** @type {any} */
  let grid = null;
  /** @type {any[]} */
  let all = [];

  const tab = () => (TABS.includes(current().tab ?? "") ? /** @type {string} */ (current().tab) : "requests");
  const sorting = () => current().sort ?? TABLES[tab()]?.sort ?? "";

  bar.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    /** @type {any} */ (bar.children[(TABS.indexOf(tab()) + step + TABS.length) % TABS.length]).click();
    chosen().focus();
  });

  const chosen = () => /** @type {HTMLElement} */ (bar.querySelector("[aria-selected=true]"));

  function showBar() {
    const hadFocus = bar.contains(document.activeElement);
    const scrolled = bar.scrollLeft;
    fill(bar, TABS.map((name) => h("a", {
      role: "tab", href: link({ tab: name === "requests" ? null : name, q: null, sort: null }), "aria-selected": String(name === tab()), "aria-controls": "panel", tabindex: name === tab() ? 0 : -1,
    }, TABLES[name]?.label ?? (name === "incidents" ? `Incidents${context.incidents().length ? ` ${context.incidents().length}` : ""}` : "Alerts"))));
    if (hadFocus) chosen().focus();
    bar.scrollLeft = scrolled;
    if (tab() === scrolledTo) return;
    // On a phone the bar is wider than the screen.
    scrolledTo = tab();
    bar.scrollLeft = chosen().offsetLeft - bar.offsetLeft - (bar.clientWidth - chosen().offsetWidth) / 2;
  }

  function showRows() {
    const wanted = (current().q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const matching = wanted.length ? all.filter((row) => {
      const text = TABLES[tab()].text(row).toLowerCase();
      return wanted.every((word) => text.includes(word));
    }) : all;
    total.textContent = `${matching.length === all.length ? "" : `${count(matching.length)} of `}${count(all.length)} ${all.length === 1 ? TABLES[tab()].one : TABLES[tab()].many}`;
    grid.show(matching, sorting(), matching.length < all.length);
  }

  return {
    element,
    /** After a change of state: what is there is shown in the new order. */
    redraw() {
      showBar();
      if (document.activeElement !== filter) filter.value = current().q ?? "";
      const definition = TABLES[tab()];
      filter.hidden = total.hidden = !definition;
      if (tab() !== shown) {
        shown = tab();
        all = [];
        grid = definition && table({
          label: definition.label, empty: definition.empty, columns: definition.columns(context),
          sorted: (key) => adjust({ sort: sorting() === `-${key}` ? key : `-${key}` }),
        });
        fill(panel, grid?.element, definition?.note && h("p", { class: "muted small below" }, definition.note));
        return this.load();
      }
      if (grid) showRows();
    },
    /** Asks again. */
    async load() {
      const asked = tab();
      if (asked === "incidents") {
        const groups = await ask("rules");
        if (asked === tab()) showIncidents(panel, context.incidents(), groups, context.now());
        return;
      }
      if (asked === "alerts") return showAlerts(panel, { from: context.range().from, to: context.range().to }, context.now(), context.cluster());
      const { from, to } = context.range();
      const { resource, parameters, isShown, isOfNow } = TABLES[asked];
      // The chart ends some seconds ago.
      const range = isOfNow && !context.selection() ? {} : { from, to };
      const answer = rows(await ask(resource, { ...range, cluster: context.cluster(), ...parameters }), resource);
      if (asked !== tab()) return;
      all = isShown ? answer.filter(isShown) : answer;
      showRows();
    },
  };
}
