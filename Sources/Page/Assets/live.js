// The daemon's status as it changes: by server-sent events, and by asking where those don't get through.

import { ask } from "./api.js";

const POLL_SECONDS = 5;

/**
 * @param {{status: (status: any) => void, change: () => void, connected: (how: "live" | "polling" | "lost") => void}} on
 */
export function follow(on) {
  let timer = 0;
  const source = new EventSource("/api/v1/events");
  source.onopen = () => {
    clearInterval(timer);
    timer = 0;
    on.connected("live");
  };
  source.onerror = () => {
    on.connected("lost");
    // Where there are no events the browser doesn't try again.
    if (!timer) timer = setInterval(poll, POLL_SECONDS * 1000);
    poll();
  };
  source.addEventListener("status", (event) => on.status(JSON.parse(event.data)));
  source.addEventListener("incident", () => on.change());
  source.addEventListener("alert", () => on.change());

  async function poll() {
    if (source.readyState === EventSource.OPEN) return;
    try {
      on.status(await ask("status"));
      on.connected("polling");
    } catch {
      on.connected("lost");
    }
  }
}
