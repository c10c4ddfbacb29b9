import { signal } from "@preact/signals";
import type { Asks, RaceState, Tell, TrainingState } from "../../src/studio/messages.ts";
import { readMessage, writeMessage } from "../../src/studio/wire.ts";
import { version } from "../../src/version.ts";
import { startWorker } from "./worker-here.ts";

/** Carries messages to an engine: in a worker, or behind the local server that sent this page. */
interface Carrier {
  send(message: object, transfer: ArrayBuffer[]): void;
}

interface Waiting {
  readonly ask: keyof Asks;
  readonly resolve: (tell: Tell | null) => void;
  readonly hear: { progress?(state: TrainingState): void; opened?(tell: Tell): void; raced?(state: RaceState): void };
}

/** What is wrong where page and engine are of two versions, as a page kept open while the command was updated is; else "". */
export const mismatch = signal("");

const waiting = new Map<number, Waiting>();
const latest = new Map<keyof Asks, number>();
let carrier: Carrier | null = null;
let lastId = 0;

/**
 * Asks the engine. Resolves to its answer, or to null where a later question of the same kind has made it stale. `hear`
 * is told of a training or a race while it runs.
 */
export function ask<K extends keyof Asks>(
  kind: K,
  given: Omit<Asks[K], "id" | "ask">,
  hear: Waiting["hear"] = {},
): Promise<Tell | null> {
  if (!carrier) {
    carrier = connect(heard);
    void greet();
  }
  const id = ++lastId;
  latest.set(kind, id);
  const { bytes, weights } = given as { bytes?: Uint8Array; weights?: Uint8Array };
  return new Promise((resolve) => {
    waiting.set(id, { ask: kind, resolve, hear });
    carrier!.send(
      { id, ask: kind, ...given },
      [bytes, weights].flatMap((one) => (one ? [one.buffer as ArrayBuffer] : [])),
    );
  });
}

/** Compares the engine's version with the page's. */
async function greet(): Promise<void> {
  const tell = await ask("hello", {});
  const engine = tell?.tell === "hello" ? tell.version : null;
  if (tell?.tell === "failed" && !tell.problem.includes("studio: ask")) return; // it did not start, which is said elsewhere
  if (engine === version) return;
  mismatch.value = `This page is of version ${version}, its engine ${engine === null ? "of an earlier one" : `of ${engine}`}: reload the page.`;
}

function heard(tell: Tell): void {
  const asked = waiting.get(tell.id);
  if (!asked) return;
  const stale = latest.get(asked.ask) !== tell.id;
  if (tell.tell === "progress") {
    if (!stale) asked.hear.progress?.(tell.training);
    return;
  }
  if (tell.tell === "raced") {
    if (!stale) asked.hear.raced?.(tell.race);
    return;
  }
  if (asked.ask === "train" && tell.tell === "opened") {
    if (!stale) asked.hear.opened?.(tell);
    return;
  }
  waiting.delete(tell.id);
  asked.resolve(stale ? null : tell);
}

function connect(onTell: (tell: Tell) => void): Carrier {
  const served = document.querySelector('meta[name="cellstate-engine"]');
  return served ? overHttp(onTell) : inWorker(onTell);
}

function inWorker(onTell: (tell: Tell) => void): Carrier {
  const worker = startWorker();
  worker.onmessage = ({ data }: MessageEvent<Tell>) => onTell(data);
  worker.onerror = ({ message }) => failAll(`The engine did not start: ${message}`, onTell);
  return { send: (message, transfer) => worker.postMessage(message, transfer) };
}

function overHttp(onTell: (tell: Tell) => void): Carrier {
  const address = (path: string) => new URL(path + location.search, location.href);
  const events = new EventSource(address("tell"));
  events.onmessage = ({ data }: MessageEvent<string>) => onTell(readMessage(data) as Tell);
  events.onerror = () => failAll("The local server does not answer: is cellstate studio still running?", onTell);
  const open = new Promise<void>((resolve) => {
    events.onopen = () => resolve();
  });
  return {
    async send(message) {
      await open; // an answer needs someone who listens
      await fetch(address("ask"), { method: "POST", body: writeMessage(message) }).catch(() => {});
    },
  };
}

function failAll(problem: string, onTell: (tell: Tell) => void): void {
  for (const id of [...waiting.keys()]) onTell({ id, model: -1, tell: "failed", problem });
}
