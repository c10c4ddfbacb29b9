import type { About, CellTrace, Given, StudioTrace } from "../../../src/studio/messages.ts";
import type { TrainingSettings } from "../training-settings.ts";

/** What is on screen, as far as code can say it. */
export interface Shown {
  readonly about: About | null;
  /** The training of the page that made the model, and its steps as yet; null: the model came from a file. */
  readonly training: { readonly settings: TrainingSettings; readonly steps: number } | null;
  /** What was read; null where nothing is. */
  readonly read: {
    readonly traced: StudioTrace;
    readonly cell: CellTrace;
    readonly cellIndex: number;
    readonly gate: string;
    /** The chosen step from 0; null: none is. */
    readonly step: number | null;
    readonly unit: number;
    /** Whether the sums of its gates can be worked out. */
    readonly sums: boolean;
    /** Further looks that are open, and the output that they explain (null: the most probable). */
    readonly looks?: { readonly parts: boolean; readonly gradients: boolean; readonly attention: boolean };
  } | null;
}

/** The file that the model lies in, once it is saved by the Model page. */
export const fileOf = ({ about }: Shown): string =>
  (about?.name ?? "model.keras").replace(/(\.[a-z0-9]+)?$/i, ".keras");

/** Rows and steps of the page's training data, as src/studio/training.ts makes them. */
export const addingData = { rows: 4000, steps: 30, heldOut: 200, batch: 32 } as const;
export const airlineData = { months: 24, batch: 16 } as const;

/** A text on one line, short enough for a comment. */
export function comment(text: string): string {
  const line = text.replace(/[\s\p{Cc}\u2028\u2029]+/gu, " ").trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** An array that the model was given: ids without their padding, or numbers step by step. */
export function givenArray({ given, steps }: { given: Given; steps: readonly unknown[] }): {
  ids: boolean;
  length: number;
  from: number;
  values: string;
  /** Whether the padding stands behind the steps. */
  behind: boolean;
} {
  const { shape, values } = given;
  const [, length] = shape;
  const ids = shape.length === 2;
  const count = Math.min(steps.length, length);
  const behind = ids && count < length && values.subarray(count).every((id) => id === 0);
  const from = behind ? 0 : length - count;
  const all = ids ? values.subarray(from, from + count) : values;
  return { ids, length, from, values: Array.from(all, shortest).join(", "), behind };
}

/** A float32 in the fewest digits that give it again. */
export function shortest(value: number): string {
  for (let precision = 6; precision < 9; precision++) {
    const text = Number(value.toPrecision(precision));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}
