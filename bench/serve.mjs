// A contestant: a process that answers one line with one line, so that only the one that was asked is at work.
import { createInterface } from "node:readline";
import { difference, readCase } from "./case.mjs";

/**
 * Reads JSON lines: {ask: "open", folder}, {ask: "<task>", times}, {ask: "memory"}. `open(case)` returns the tasks as functions that
 * resolve to milliseconds, `check()` that resolves to the outputs for the first batch, and anything to be told of (`note`).
 */
export async function serve(version, open) {
  const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  answer({ version });
  let tasks = {};
  for await (const line of createInterface({ input: process.stdin })) {
    const { ask, folder, times = 1 } = JSON.parse(line);
    try {
      if (ask === "memory") answer({ bytes: process.resourceUsage().maxRSS * 1024 });
      else if (ask === "open") {
        const given = readCase(folder);
        const { check, more, ...rest } = await open(given);
        tasks = rest;
        answer({
          tasks: Object.keys(rest),
          difference: check ? difference(given.expected, await check()) : null,
          ...more,
        });
      } else {
        let ms = 0;
        for (let k = 0; k < times; k++) ms += await tasks[ask]();
        answer({ ms: ms / times, ...(tasks[ask].note ? { note: tasks[ask].note } : {}) });
      }
    } catch (error) {
      answer({
        fails: String(error?.message ?? error)
          .split("\n")[0]
          .slice(0, 200),
      });
    }
  }
}

/** Milliseconds of one of `times` calls. */
export async function timed(work, times = 1) {
  const from = performance.now();
  for (let k = 0; k < times; k++) await work();
  return (performance.now() - from) / times;
}

export function largest(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

export const wordsAMeasurement = 200;
export const singlesAMeasurement = 20;
