/**
 * The script of the cells' frame. The frame is sandboxed: its origin is of nobody, so that nothing in it reaches the site's storage,
 * cookies or pages, and its policy allows no request at all. It starts the worker that runs a cell, and does nothing else.
 */
import type { Start } from "../shared/messages.ts";

addEventListener(
  "message",
  ({ data, ports }: MessageEvent<Start>) => {
    const worker = new Worker(URL.createObjectURL(data.engine));
    worker.onerror = (event) =>
      ports[0].postMessage({ kind: "error", text: event.message || "The engine did not start.", line: null });
    worker.postMessage({ code: data.code, files: data.files }, [...ports]);
  },
  { once: true },
);
parent.postMessage("cellstate-frame", "*");
