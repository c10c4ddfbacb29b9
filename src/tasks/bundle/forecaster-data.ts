import { Scaler } from "../../data/scalers.ts";
import { counted, DataError, option, problem, ShapeError, sentence, suggest } from "../../errors.ts";
import type { BundleOptions, TaskContents } from "./bundle-options.ts";
import type { ModelForm } from "./model-form.ts";
import { scalerFor } from "./parts.ts";

/** A forecaster's file. Throws DataError naming what is missing or does not fit. */
export function forecasterData(form: ModelForm, options: BundleOptions, who: string): TaskContents {
  const { features: columns } = form;
  if (form.reads === "ids")
    throw new ShapeError(
      problem(
        who,
        "a model that reads rows of a series [B, T, D]",
        "one that reads ids of words",
        sentence`Choose the kind that fits: ${option("kind", "textClassifier")}, for example.`,
      ),
    );
  if (form.perStep) {
    const next = "In a program: loadModel(path), then model.predict(x).";
    throw new ShapeError(problem(who, "a forecast of the steps after a window", "a number for each step of it", next));
  }
  const window = windowOf(form, options, who);
  const names = options.columns ?? null;
  if (names && names.length !== columns) {
    const next = sentence`Name those it was trained on, in their order: ${option("columns", undefined, "columns")}.`;
    throw new DataError(problem(who, `${counted(columns, "column")}, as the model reads`, names.join(", "), next));
  }
  const targets = targetsOf(form, options, who);
  const [first, second] = form.outputShape as number[];
  const horizon = second === undefined ? first / targets.length : first;
  if (!Number.isInteger(horizon) || (second !== undefined && second !== targets.length)) {
    const found = second === undefined ? `${first} outputs` : `${first} steps of ${second}`;
    throw new DataError(
      problem(who, `a number for each step and each of ${targets.length} columns`, found, chooseTarget),
    );
  }
  const recursive = horizon === 1 && targets.length === columns && targets.every((k, i) => k === i);
  const inputs = scalerFor(options.scaler, columns, who);
  return {
    data: {
      ...{
        horizon,
        strategy: recursive ? "recursive" : "direct",
        window,
        season: 1,
        differences: [],
        logarithm: false,
      },
      ...{ columns, names, targets, intervals: "none", coverage: 0.9, rows: window },
      inputs: inputs.json,
      outputs: outputScaler(options, inputs.json, targets, horizon, who),
      ...{ scales: [], spreads: [], stretch: [], report: null, options: {}, bundled: true },
    },
    about: [
      `a forecaster: reads ${window} rows of ${names ? names.join(", ") : counted(columns, "column")}`,
      `, ${inputs.about}forecasts ${counted(horizon, "step")}`,
      targets.length < columns ? ` of ${targets.map((k) => names?.[k] ?? `column ${k}`).join(", ")}` : "",
      recursive ? ", further ones from its own forecasts" : "",
    ].join(""),
  };
}

const chooseTarget = sentence`Name what it forecasts: ${option("target", undefined, "target")}.`;

function windowOf({ length }: ModelForm, { window }: BundleOptions, who: string): number {
  if (length !== null && (window === undefined || window === length)) return length;
  if (length !== null) throw new DataError(problem(who, `a window of ${length}, the model's own`, `${window}`));
  if (window !== undefined) return window;
  const next = sentence`The model reads windows of any length: give the notebook's, ${option("window", undefined, "window")}.`;
  throw new DataError(problem(who, "the number of rows that a forecast reads", "none", next));
}

/** Places of the columns that are forecast. */
function targetsOf({ features, outputShape }: ModelForm, { target, columns }: BundleOptions, who: string): number[] {
  const all = Array.from({ length: features }, (_, k) => k);
  if (target === undefined) {
    if (features === 1 || outputShape.at(-1) === features) return all;
    const next = sentence`It reads ${features} columns: say which ones it forecasts, ${option("target", undefined, "target")}.`;
    throw new DataError(problem(who, "the columns that it forecasts", "none", next));
  }
  return (Array.isArray(target) ? target : [target]).map((one: string | number) => {
    const place = typeof one === "number" ? one : (columns?.indexOf(one) ?? -1);
    if (all.includes(place)) return place;
    const next = columns
      ? suggest(String(one), columns)
      : sentence`Name all columns too, in the order of training: ${option("columns", undefined, "columns")}.`;
    throw new DataError(problem(who, "a column that it reads", String(one), next));
  });
}

/** The scaler of what comes out: a number for each step and target. */
function outputScaler(
  { targetScaler }: BundleOptions,
  inputs: { kind: string; center: number[]; scale: number[] },
  targets: readonly number[],
  horizon: number,
  who: string,
) {
  const size = horizon * targets.length;
  if (targetScaler instanceof Scaler && targetScaler.toJSON().center.length === size) return targetScaler.toJSON();
  const own = targetScaler && scalerFor(targetScaler, targets.length, who).json;
  const steps = Array.from({ length: horizon });
  const of = (list: readonly number[], from: readonly number[]) => steps.flatMap(() => from.map((k) => list[k]));
  const places = own ? targets.map((_, k) => k) : targets;
  const { kind, center, scale } = own ?? inputs;
  return { kind, center: of(center, places), scale: of(scale, places) };
}
