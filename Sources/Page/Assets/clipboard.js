// Copying a trace in others' formats.

import { query } from "./api.js";

/** @param {string} text */
async function copy(text) {
  // Only pages over HTTPS or on localhost have a clipboard; elsewhere the old command still works.
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error("the browser doesn’t let pages copy");
}

/** @param {string} trace @param {"otlp" | "jaeger"} format @returns {Promise<string>} what happened */
export async function copyTrace(trace, format) {
  try {
    const answer = await fetch(`/api/v1/traces/${encodeURIComponent(trace)}${query({ format })}`);
    if (!answer.ok) return `Not copied: ${(await answer.text()).trim().slice(0, 200)}`;
    await copy(await answer.text());
    return "Copied.";
  } catch (error) {
    return `Not copied: ${error instanceof Error ? error.message : error}`;
  }
}
