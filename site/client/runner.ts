/**
 * Runs a program in a worker of a sandboxed frame with an opaque origin. The frame is made for one run and taken away after it, and
 * with it whatever the program still does.
 */
import { type GivenFile, readTold, type Start, type Told } from "../shared/messages.ts";
import { inSite } from "./element.ts";

export const mostSeconds = 60;

export type Ending = "done" | "stopped" | "late" | "unreachable";

export interface Run {
  /** Ends it at once. */
  stop(): void;
  readonly ended: Promise<Ending>;
}

const engines = new Map<string, Promise<Blob>>();

/** The engine's script: with plots, which bring 200 kB more, for a program that imports them. */
function engineFor(code: string): Promise<Blob> {
  const path = /["']cellstate\/plot["']/.test(code) ? SITE_ENGINE_PLOTS : SITE_ENGINE;
  const kept = engines.get(path);
  if (kept) return kept;
  const fetched = fetch(inSite(path)).then(async (response) => {
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return new Blob([await response.arrayBuffer()], { type: "text/javascript" });
  });
  fetched.catch(() => engines.delete(path)); // the next run asks again
  engines.set(path, fetched);
  return fetched;
}

/** Fetches the engine before it is needed. */
export const warmUp = (code: string): void => void engineFor(code).catch(() => {});

export function run(code: string, files: readonly GivenFile[], hear: (told: Told) => void): Run {
  const frame = document.createElement("iframe");
  const { port1, port2 } = new MessageChannel();
  let end: (ending: Ending) => void = () => {};
  let over = false;
  const ended = new Promise<Ending>((resolve) => {
    end = (ending) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      removeEventListener("message", begin);
      port1.close();
      frame.remove();
      resolve(ending);
    };
  });
  const timer = setTimeout(() => end("late"), mostSeconds * 1000);
  port1.onmessage = ({ data }) => {
    const told = readTold(data);
    if (over || !told) return;
    hear(told);
    if (told.kind === "done") end("done");
  };
  async function begin({ source, data }: MessageEvent): Promise<void> {
    if (source !== frame.contentWindow || data !== "cellstate-frame") return;
    removeEventListener("message", begin);
    try {
      const start: Start = { engine: await engineFor(code), code, files };
      if (!over) frame.contentWindow?.postMessage(start, "*", [port2]); // its origin has no name; what it gets is no secret
    } catch {
      end("unreachable");
    }
  }
  addEventListener("message", begin);
  frame.setAttribute("sandbox", "allow-scripts");
  frame.setAttribute("referrerpolicy", "no-referrer");
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.title = "A cell's program";
  frame.className = "cell-frame";
  frame.srcdoc = SITE_FRAME;
  document.body.append(frame);
  return { stop: () => end("stopped"), ended };
}
