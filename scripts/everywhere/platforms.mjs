/** What `npm run platforms` found, beside what was known: a run that ended before all tests were reached stands beside an earlier whole one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { here } from "../platform-nodes.mjs";

/** `before`: what an earlier call returned, `{ NAME: { date, passed, failed, left, again?, ... } }`. */
export function platforms(before = {}) {
  const report = JSON.parse(readFileSync(join(here, "report.json"), "utf8"));
  const found = Object.entries(report).map(([name, { package: made, ...run }]) => {
    const whole = before[name]?.left === 0 && run.left > 0 ? before[name] : null;
    return [name, whole ? { ...whole, again: run, package: made } : { ...run, ...(made ? { package: made } : {}) }];
  });
  return { ...before, ...Object.fromEntries(found) };
}
