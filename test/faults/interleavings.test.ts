import { expect, test } from "vitest";
import { interleave } from "../soak/interleavings.mjs";
import { thorough } from "../thorough.ts";

// This file has a worker of its own: the backends are chosen here, with so many threads.
process.env.CELLSTATE_THREADS = "2";

const count = thorough ? 2000 : 60;
const seed = 20261201;

test.each(["native", "wasm"])(
  "%s, two threads: weights written and read at any moment of predictions give each the weights it was asked with",
  async (backend) => {
    const cellstate = await import("../../src/index.ts");
    const { tried, right, wrong } = await interleave(cellstate, { backend, seed, until: (n) => n >= count });
    expect(wrong).toBe(0);
    expect(tried).toBeGreaterThanOrEqual(count);
    expect(right).toBeGreaterThan(count);
  },
  thorough ? 300_000 : 60_000,
);
