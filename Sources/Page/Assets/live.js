// The daemon's status as it changes: by server-sent events, and by asking where those don't get through.

import { ask } from "./api.js";

const POLL_SECONDS = 5;
/** How often events are tried again meanwhile: after so many polls. */
const RETRY_POLLS = 3;

/**
 * @param {{status: (status: any) => void, change: () => void, connected: (how: "live" | "polling" | "lost") => void}} on
 */
export function follow(on) {
  let timer = 0;
  let polls = 0;
  let source = events();

  function events() {
    const opened = new EventSource("/api/v1/events");
    opened.onopen = () => {
      clearInterval(timer);
      timer = 0;
      on.connected("live");
    };
    opened.onerror = () => {
      on.connected("lost");
      if (!timer) timer = setInterval(poll, POLL_SECONDS * 1000);
      poll();
    };
    opened.addEventListener("status", (event) => on.status(JSON.parse(event.data)));
    opened.addEventListener("incident", () => on.change());
    opened.addEventListener("alert", () => on.change());
    return opened;
  }

  async function poll() {
    if (source.readyState === EventSource.OPEN) return;
    try {
      const status = await ask("status");
      // Events may have come through meanwhile.
      if (source.readyState === EventSource.OPEN) return;
      on.status(status);
      on.connected("polling");
      polls += 1;
      // After an answer that isn't events the browser doesn't try again by itself.
      if (source.readyState === EventSource.CLOSED && polls % RETRY_POLLS === 0) source = events();
    } catch {
      on.connected("lost");
    }
  }
}
