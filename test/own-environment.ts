/** Files of tests follow each other in one worker: what one of them sets in the environment ends with it. */
import { afterAll, vi } from "vitest";

const before = { ...process.env };

afterAll(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});
