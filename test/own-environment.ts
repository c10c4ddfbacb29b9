/** Files of tests follow each other in one worker: what one of them sets in the environment ends with it. */
import { afterAll, chai, expect, vi } from "vitest";
import { useModelWriter } from "../src/models/writer.ts";

chai.config.useProxy = false; // guards against misspelled assertions, as TypeScript does, at twice the time of each

useModelWriter(() => import("../src/formats/model-file.ts")); // index.ts says so, which a test of one part does not load

const before = { ...process.env };

afterAll(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

/** Arrays of numbers that are equal are told so in one loop: vitest's own takes a second for 500,000. It compares the others. */
function sameNumbers(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
  if (a instanceof DataView || b instanceof DataView) return undefined;
  const [x, y] = [a, b] as unknown as ArrayLike<unknown>[];
  if (x.length !== y.length) return undefined;
  for (let i = 0; i < x.length; i++) if (!Object.is(x[i], y[i])) return undefined;
  return true;
}
const worker = globalThis as { cellstateEquality?: true };
if (!worker.cellstateEquality) expect.addEqualityTesters([sameNumbers]); // testers stay for all files of a worker
worker.cellstateEquality = true;
