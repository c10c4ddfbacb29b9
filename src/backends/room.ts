import { BackendError, problem } from "../errors.ts";
import type { Backend } from "./backend.ts";

/** A backend has no memory left. */
export class OutOfMemory extends BackendError {
  constructor(who: string, wanted: string) {
    const next = "Use a smaller batch, or fewer rows at a time; model.dispose() gives back at once what a model holds.";
    super(problem(who, "memory", `none left for ${wanted}`, next));
  }
}

/** Makes an object that takes memory. Where none is left, dropped objects are collected, and it is tried once more. */
export async function withRoom<T>(backend: Backend, make: () => T): Promise<T> {
  await backend.makeRoom?.(false);
  try {
    return make();
  } catch (error) {
    if (!(error instanceof OutOfMemory) || !backend.makeRoom) throw error;
  }
  await backend.makeRoom(true);
  return make();
}

const step = 128 * 2 ** 20; // bytes

/**
 * A backend's `makeRoom`. A dropped model's memory is given back in a turn of the event loop, after the garbage collector has
 * seen that the model is gone. A program that only awaits predictions gives neither a chance: so whenever `step` more bytes
 * are held, and twice what was held before, one turn is waited for. `collects`: the collector knows nothing of this memory and
 * is called, where it can be.
 */
export function roomMaker(held: () => number, collects: boolean): (now: boolean) => Promise<void> {
  let limit = step;
  return async (now) => {
    if (!now && held() < limit) return;
    if (now || collects) await collect();
    let before: number;
    let turns = 0;
    do {
      before = held();
      await nextTurn();
    } while (++turns < 2 || (turns < 10 && held() < before));
    limit = collects ? Math.max(2 * step, 2 * held()) : held() + step;
  };
}

/** A full collection: on Node and Bun; a page cannot request one. */
async function collect(): Promise<void> {
  type Collector = (now?: boolean) => void;
  const { gc, Bun } = globalThis as { gc?: Collector; Bun?: { gc: Collector } };
  if (gc ?? Bun) return (gc ?? Bun!.gc)(true);
  if (typeof process === "undefined" || !process.versions?.v8) return;
  try {
    const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([import("node:v8"), import("node:vm")]);
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as Collector)();
  } catch {} // a runtime that does not let itself be asked
}

const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
