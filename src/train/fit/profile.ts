import type { Executable, ProfileLine } from "../../backends/backend.ts";
import { environment } from "../../backends/choose.ts";

/**
 * With CELLSTATE_PROFILE=1, prints to standard error where the time of a program went: when the returned function is called
 * (the end of a fit, of an evaluation), or at the latest when the process ends.
 */
export function profileAtEnd(name: string, executable: Executable): () => void {
  if (environment("CELLSTATE_PROFILE") !== "1") return () => {};
  let said = false;
  const report = () => {
    if (said) return;
    said = true;
    if (typeof process !== "undefined") process.off?.("exit", report);
    const lines = executable.profile?.();
    console.error(lines ? profileTable(name, lines) : `profile of ${name}: this backend does not measure instructions`);
  };
  if (typeof process !== "undefined") process.once?.("exit", report);
  return report;
}

/**
 * Instructions by the time they took: milliseconds of one run, GFLOP/s, fraction of the peak, the layer. The arithmetic counted is
 * that of the shapes, so padding that was skipped shows as speed.
 *
 *   profileTable("train", executable.profile());
 */
export function profileTable(name: string, lines: readonly ProfileLine[]): string {
  const total = lines.reduce((sum, l) => sum + l.milliseconds, 0);
  const runs = lines.reduce((most, l) => Math.max(most, l.runs), 0);
  if (runs === 0) return `profile of ${name}: it never ran`;
  const slowest = [...lines].sort((a, b) => b.milliseconds - a.milliseconds);
  const shown = slowest.filter((l) => l.milliseconds >= total / 1000);
  const rest = slowest.length - shown.length;
  return [
    `profile of ${name}: ${runs} steps of ${(total / runs).toFixed(3)} ms`,
    "   time       ms  GFLOP/s  of peak  op, from",
    ...shown.map((l) => profileRow(l, total)),
    ...(rest > 0 ? [`${rest} more instructions take less than 0.1 % each`] : []),
  ].join("\n");
}

function profileRow(l: ProfileLine, total: number): string {
  const rate = l.milliseconds > 0 ? (l.flops * l.runs) / l.milliseconds / 1e6 : 0;
  const columns = [
    `${((100 * l.milliseconds) / total).toFixed(1)} %`.padStart(7),
    (l.milliseconds / Math.max(1, l.runs)).toFixed(3).padStart(8),
    rate.toFixed(rate < 10 ? 1 : 0).padStart(8),
    (l.peak > 0 ? `${((100 * rate) / l.peak).toFixed(0)} %` : "-").padStart(8),
  ];
  return `${columns.join(" ")}  ${l.op}, ${l.from}`;
}
