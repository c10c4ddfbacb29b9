import { DataError, problem } from "../../errors.ts";
import { placeOf, type Table } from "./read-table.ts";

/** Windows over the rows of a long table. */
export interface WindowOptions {
  /** Rows of each. */
  readonly window: number;
  /** Rows from one to the next: default half of `window`. */
  readonly step?: number | undefined;
  /** Label of one whose rows have several. */
  readonly windowLabel?: "majority" | "last" | "single" | undefined;
}

/** A window: its rows, in order, the group they are of, and their label. */
export interface RowWindow {
  readonly rows: readonly number[];
  readonly group: string;
  readonly label: string | null;
}

/**
 * Cuts each group's rows into windows; what is left at the end of a group is too short for one. Throws DataError where no group is as long as
 * a window, and with `windowLabel: "single"` naming the row at which a window's label changes.
 */
export function rowWindows(
  table: Table,
  groups: ReadonlyMap<string, readonly number[]>,
  labels: readonly string[] | null,
  { window, step = Math.max(1, Math.floor(window / 2)), windowLabel = "majority" }: WindowOptions,
): RowWindow[] {
  const found = [...groups].flatMap(([group, steps]) =>
    Array.from({ length: Math.max(0, Math.floor((steps.length - window) / step) + 1) }, (_, k) => {
      const rows = steps.slice(k * step, k * step + window);
      return { rows, group, label: labels && labelOf(table, rows, labels, windowLabel) };
    }),
  );
  if (found.length > 0) return found;
  const longest = Math.max(...[...groups.values()].map((steps) => steps.length));
  const next = `The longest group has ${longest} rows: give a smaller --window.`;
  throw new DataError(problem("--window", "groups of as many rows or more", `${window}`, next));
}

function labelOf(table: Table, rows: readonly number[], labels: readonly string[], how: string): string {
  const last = labels[rows.at(-1)!];
  if (how === "last") return last;
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(labels[row], (counts.get(labels[row]) ?? 0) + 1);
  if (how === "single" && counts.size > 1) {
    const odd = rows.find((row) => labels[row] !== labels[rows[0]])!;
    const expected = `one label in each window, ${JSON.stringify(labels[rows[0]])} from ${placeOf(table, rows[0])} on`;
    const next = "Give --window-label majority or last.";
    throw new DataError(problem(placeOf(table, odd), expected, JSON.stringify(labels[odd]), next));
  }
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}
