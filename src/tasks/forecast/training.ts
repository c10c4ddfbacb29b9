import { DataError, invalidOption, option, problem, sentence } from "../../errors.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { scalers } from "../shared/scaling.ts";
import { network } from "./candidates/method.ts";
import { difference, lost } from "./differences.ts";
import { growsInPercent } from "./growth.ts";
import type { Learned } from "./learned.ts";
import { placesOf, type readForecaster } from "./options.ts";
import { keptFor, levelsOf, partsOf, scaleOf, series1, tooShort } from "./parts.ts";
import type { SeriesStep } from "./seasons/calendar-seasons.ts";
import { cutRows, rowsOf, type Series } from "./series.ts";
import { largestMoves } from "./unlike-training.ts";
import { correctionsAfter, every, windowsBefore } from "./windows.ts";

/** A series prepared for training, and the parts of it that a forecaster needs later. */
export interface Training {
  /** The series as the model works on it. */
  readonly all: Series;
  readonly learned: Omit<Learned, "calendar">;
  /** Windows [N, window, D] and their targets, [N, steps · targets], scaled. */
  readonly rows: readonly [x: NdArray, y: NdArray];
  /** The same of the validation split; null where there is none. */
  readonly validation: readonly [x: NdArray, y: NdArray] | null;
  /** The origins of whole horizons in the training split, and in the validation split. */
  readonly trained: readonly number[];
  readonly later: readonly number[];
}

/**
 * A series as rows of training: its last rows kept, season, differences and scalers by the rows before them, or those of a training
 * `before`. Throws DataError
 * for one too short for a window and a horizon, and for Gaussian intervals without a validation split.
 */
export function trainingOf(
  raw: Series,
  options: ReturnType<typeof readForecaster>,
  validationSplit: number | null,
  step: SeriesStep | null,
  who: string,
  before: Learned | null = null,
): Training {
  const { season: known, differences: taken, window: length, logarithm: logs } = before ?? options;
  const read = { ...options, season: known, differences: taken, window: length, logarithm: logs };
  const { horizon, strategy, intervals, coverage, columns: names } = read;
  const columns = raw.values.length;
  const targets = placesOf(read.targets, columns, names);
  checkWithin(raw, targets, read, who);
  const fraction = keptFor(raw.rows, horizon, validationSplit);
  const positive = raw.values.every((column) => column.every((v) => v > 0));
  const logarithm = read.logarithm ?? (positive && growsInPercent(cutRows(raw, 0, raw.rows - fraction), targets, step));
  const all = levelsOf(raw, who, logarithm);
  const { training, kept, season, differences, window } = partsOf(all, read, targets, validationSplit, step);
  const scales = targets.map((k) => scaleOf(series1(all, k, logarithm).subarray(0, training), season));
  const steps = strategy === "direct" ? horizon : 1; // that one output holds
  const first = window + lost(differences);
  const origins = every(first, training - steps);
  if (origins.length < 2) tooShort(who, all.rows, first + steps + 1 + kept);
  const byNetwork = read.method === "network" || intervals === "gaussian";
  if (kept === 0 && byNetwork && (intervals === "gaussian" || intervals === "conformal")) {
    const next = sentence`Give a longer series or a ${option("validationSplit")} above 0, or ${option("intervals", "quantile")}.`;
    throw new DataError(
      problem(
        who,
        `a validation split, for ${intervals === "gaussian" ? "Gaussian" : "conformal"} intervals`,
        `${all.rows} rows`,
        next,
      ),
    );
  }
  const changes = rowsOf(all.values.map((column) => difference(column, differences)));
  const inputs = before?.inputs ?? scalers[read.scaler]().fit(changes.slice(0, training - lost(differences)));
  const corrections = (list: readonly number[]) =>
    correctionsAfter(
      targets.map((k) => all.values[k]),
      list,
      differences,
      steps,
    );
  const outputs = before?.outputs ?? scalers[read.scaler]().fit(corrections(origins));
  const scaled = inputs.transform(changes);
  const rowsAt = (list: readonly number[]) => {
    const places = list.map((origin) => origin - lost(differences));
    return [windowsBefore(scaled, places, window), outputs.transform(corrections(list))] as const;
  };
  const heldOut = kept > 0 ? every(training, all.rows - steps) : [];
  const seen = [...origins, ...heldOut].map((origin) => origin - lost(differences));
  return {
    all,
    learned: {
      ...{ horizon, strategy, window, season, differences, logarithm, names, targets, intervals, coverage, scales },
      ...{ min: read.min, max: read.max },
      ...{
        columns,
        rows: all.rows,
        inputs,
        outputs,
        spreads: [],
        stretch: [],
        moves: largestMoves(scaled, window, seen),
      },
      ...{ methods: targets.map(() => [network]), considered: [], comparedAt: 0 },
    },
    rows: rowsAt(origins),
    validation: heldOut.length > 0 ? rowsAt(heldOut) : null,
    trained: every(first, training - horizon),
    later: every(training, all.rows - horizon),
  };
}

/** Throws DataError for a target beyond the bounds it is said to have. */
function checkWithin(
  { values }: Series,
  targets: readonly number[],
  { min, max, columns }: Pick<ReturnType<typeof readForecaster>, "min" | "max" | "columns">,
  who: string,
): void {
  for (const k of targets)
    for (const [t, v] of values[k].entries()) {
      const name = min !== null && v < min ? "min" : max !== null && v > max ? "max" : null;
      if (name === null) continue;
      const bound = name === "min" ? `${min} or more` : `${max} or less`;
      const where = `row ${t}, column ${columns?.[k] ?? k}`;
      const next = sentence`Leave ${option(name)} out, or look at that row.`;
      throw new DataError(invalidOption(who, name, `${bound} in ${where}`, `${v}`, next));
    }
}
