import type { TrialRecord } from "../../tune/index.ts";

/** A line a trial, its longest training: those that were trained longest first, then by their score. */
export function trialTable(trials: readonly TrialRecord[]): string {
  const longest = new Map<number, TrialRecord>();
  for (const one of trials) {
    const before = longest.get(one.trial.trial);
    if (!before || before.trial.epochs < one.trial.epochs) longest.set(one.trial.trial, one);
  }
  const ranked = [...longest.values()].sort((a, b) => b.trial.epochs - a.trial.epochs || b.score - a.score);
  const rows = ranked.map((one) => [`${one.trial.trial}`, `${one.trial.epochs}`, figuresOf(one), settingsOf(one)]);
  const all = [["trial", "epochs", "held-out rows", "settings"], ...rows];
  const widths = [0, 1, 2].map((k) => Math.max(...all.map((cells) => cells[k].length)));
  return all.map((cells) => cells.map((cell, k) => (k < 3 ? cell.padEnd(widths[k]) : cell)).join("  ")).join("\n");
}

/** Figures of a trial on the rows held out. */
export const figuresOf = ({ figures }: Pick<TrialRecord, "figures">): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join(", ");

const settingsOf = ({ trial }: TrialRecord): string =>
  Object.entries(trial.settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
