import { counted, DataError, invalidOption, option, problem, ShapeError, sentence } from "../../errors.ts";
import type { LoadOptions } from "../../formats/load-model.ts";
import { dense, input } from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { type ArrayLike, NdArray } from "../../tensor/nd-array.ts";
import { callbackList } from "../../train/callbacks/check-callback.ts";
import { earlyStopping } from "../../train/callbacks/index.ts";
import { History } from "../../train/fit/history.ts";
import { pinball } from "../../train/losses/pinball.ts";
import { adam } from "../../train/optimizers/index.ts";
import { flag, from0to1, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { batchFor, epochsFor } from "../shared/defaults.ts";
import { fitFields } from "../shared/fit-fields.ts";
import { inTurn } from "../shared/in-turn.ts";
import type { ModelInput } from "../shared/model-input.ts";
import { ownLayers, recurrentStack } from "../shared/recurrent-stack.ts";
import { openTask, plainOptions, readPlainOptions, saveTask, type TaskSource } from "../shared/task-file.ts";
import { untrained } from "../shared/untrained.ts";
import type { BacktestOptions, BacktestReport } from "./backtest.ts";
import { type BaselineName, baselineNames, baselinesOf } from "./baselines.ts";
import { usesNetwork } from "./candidates/method.ts";
import { lost } from "./differences.ts";
import { evaluateAt, targetNames } from "./evaluate-at.ts";
import { dateList, type ForecasterFitOptions } from "./fit-options.ts";
import type { Levels } from "./intervals.ts";
import { type Learned, learnedData, readLearned } from "./learned.ts";
import { type ForecasterOptions, readForecaster } from "./options.ts";
import { levelsOf, series1, tooShort } from "./parts.ts";
import { forecastLevels, forecastsAt, inUnits, windowsOf } from "./predict-ahead.ts";
import { type ForecastReport, readReport } from "./report.ts";
import { type ForecastResult, showForecast } from "./result.ts";
import { sameMethod } from "./same-method.ts";
import { rowsOf, type Series, seriesOf } from "./series.ts";
import { trainingOf } from "./training.ts";
import { unlikeText, unlikeTraining } from "./unlike-training.ts";
import { every } from "./windows.ts";

/**
 * A series in, its next steps out, beside baseline forecasts. Reads windows of one or several columns,
 * differenced and scaled by what the training split says, with an LSTM of 16 units where nothing else is said.
 *
 *   const airline = forecaster({ horizon: 12, logarithm: true, intervals: "gaussian" });
 *   await airline.fit(series.slice(0, 120));               // [T], or [T, D]
 *   console.log(String(await airline.evaluate(series)));   // on the rows after those: errors, and the baselines'
 *   const { values, low, high } = await airline.predict(series);
 *   await airline.save("airline.keras");
 */
export function forecaster(options: ForecasterOptions = {}): Forecaster {
  return new Forecaster(options);
}

/**
 * A forecaster that `save` wrote, from a path, an address or bytes. Throws FormatError for a model of another task.
 *
 *   const airline = await loadForecaster("airline.keras");
 */
export async function loadForecaster(source: TaskSource, options?: LoadOptions): Promise<Forecaster> {
  return Forecaster.open(source, options);
}

const task = "forecaster";

/** A forecaster; made by `forecaster`. */
export class Forecaster {
  /** The options it was made with. */
  readonly options: ForecasterOptions;
  /** Errors of forecasts and baselines on the validation split; null where there was none. */
  report: ForecastReport | null = null;
  #model: Model | null = null;
  #learned: Learned | null = null;
  readonly #inTurn = inTurn();

  constructor(options: ForecasterOptions = {}) {
    readForecaster(options); // what is wrong is said before there are data
    this.options = options;
  }

  /** The model underneath, for all that a task does not do. Throws DataError before `fit`. */
  get model(): Model {
    return this.#model ?? untrained(`${task}.model`);
  }
  /** Parameters learned from the series, in addition to the weights: window, season, differences, scalers. Throws DataError before `fit`. */
  get learned(): Learned {
    return this.#learned ?? untrained(`${task}.learned`);
  }

  /**
   * Trains on a series [T] or [T, D], oldest row first; from scratch, where not told to `continue`. The last rows are kept to stop by; scalers, season and differences
   * come from the rows before them. A loaded one is trained with the options it was made with, but for `layers` and a `loss` or
   * `optimizer` that is no name, which no file keeps. Rejects with DataError for gaps, and for a series too short for one window and horizon.
   *
   *   await airline.fit(series, { epochs: 100 });
   */
  async fit(series: ArrayLike, options: ForecasterFitOptions = {}): Promise<History> {
    const who = `${task}.fit`;
    const raw = seriesOf(series, who, this.options.columns ?? null);
    const usual = { epochs: epochsFor(raw.rows), batchSize: batchFor(raw.rows) };
    const { callbacks, verbose, signal, write, onNaN, dates, ...given } = readOptions(who, options, {
      epochs: wholeFrom(1)(usual.epochs),
      batchSize: wholeFrom(1)(usual.batchSize),
      validationSplit: orNull(from0to1(0)),
      patience: orNull(wholeFrom(0)(0)),
      dates: dateList,
      continue: flag(false),
      ...fitFields,
    });
    const before = given.continue ? this.learned : null;
    const { calendarFor } = await import("./dates.ts");
    const calendar = dates && calendarFor(dates, raw.rows, this.options.timeZone ?? null, who);
    const read = readForecaster(this.options);
    const { all, learned, rows, validation, trained, later } = trainingOf(
      raw,
      read,
      given.validationSplit,
      calendar,
      who,
      before,
    );
    if (given.patience !== null && !validation) {
      const next = sentence`Give a longer series, or a ${option("validationSplit")} above 0: ${option("patience")} waits for a smaller validation loss.`;
      throw new DataError(invalidOption(who, "patience", "rows for validation", "none", next));
    }
    const [x, y] = rows;
    const quantiles = quantilesOf(learned.intervals, learned.coverage);
    const model = before ? this.model : this.#build(learned.window, learned.columns, y.shape[1] * quantiles.length);
    if (!before || !model.compiled || model.scheduled)
      model.compile({
        optimizer: this.options.optimizer ?? adam({ learningRate: 0.005 }),
        loss: quantiles.length > 1 ? pinball({ quantiles }) : (this.options.loss ?? "mse"),
        backend: this.options.backend,
      });
    const stop = earlyStopping({
      patience: given.patience ?? Math.max(5, Math.round(given.epochs / 8)),
      restoreBestWeights: true,
    });
    const asked = { ...this.options, ...given, continue: before ? true : undefined };
    const same = sameMethod(who, asked, read.method, { series: all.values }, learned.differences, () => {
      const network = { ...read, method: "network" } as const;
      return trainingOf(raw, network, given.validationSplit, calendar, who).learned.differences;
    });
    const trains = read.method === "auto" || read.method === "network";
    const train = () =>
      model.fit(x, y, {
        epochs: given.epochs,
        batchSize: given.batchSize,
        seed: this.options.seed ?? 1,
        callbacks: [same.callback, validation ? stop : {}, ...callbackList(`${who}: callbacks`, callbacks)],
        ...(validation ? { validationData: validation } : {}),
        verbose,
        signal,
        write,
        onNaN,
      });
    const history = trains ? await train() : new History();
    const found = { ...learned, calendar };
    const { methodsFor } = await import("./candidates/methods-for.ts"); // in a page only where something is trained
    const methods = await methodsFor(all, later, { ...read, method: same.method() }, found, calendar, () =>
      forecastLevels(model, found, all, later, learned.horizon),
    );
    const { calibrate } = await import("./calibrate.ts");
    const measured = await calibrate(model, { ...found, ...methods }, all, trained, later);
    this.#model = model; // all at once, so that what this one knows is always of one training
    this.#learned = measured.learned;
    this.report = measured.report;
    return history;
  }

  /**
   * Forecasts from every origin (or every `stride`-th) at or after row `from`, each from what lies before it, beside what
   * happened. `from` is by default the first row that `fit` did not see, so that a longer series gives a test.
   *
   *   const { forecast, baselines, warnings } = await airline.evaluate(series, { from: 120 });
   */
  async evaluate(
    series: ArrayLike,
    options: {
      from?: number;
      stride?: number;
      dates?: readonly string[] | null;
      signal?: AbortSignal | undefined;
    } = {},
  ): Promise<ForecastReport> {
    const who = `${task}.evaluate`;
    const { horizon, rows, logarithm } = this.learned;
    const all = levelsOf(this.#checked(series, who), who, logarithm);
    const { from, stride, dates } = readOptions(who, options, {
      from: orNull(wholeFrom(1)(1)),
      stride: wholeFrom(1)(1),
      dates: dateList,
      signal: fitFields.signal,
    });
    if (dates) await this.#datesAfter(dates, all.rows, horizon, who);
    const origins = this.#originsIn(all, from ?? rows, stride, who);
    return evaluateAt(
      this.learned,
      all,
      origins,
      inUnits(await this.#forecast(all, origins, horizon, options.signal), this.learned),
    );
  }

  /**
   * Forecasts that would have been made at every `stride`-th row from `from` on, each from the rows before it: `origins`, the first row of each
   * forecast, and `values` [origins, horizon, targets]. By default from the first row that `fit` did not see, one after the other. Throws as
   * `evaluate`.
   *
   *   const { origins, values } = await airline.historicalForecasts(series, { from: 120 });
   */
  async historicalForecasts(
    series: ArrayLike,
    options: { from?: number; stride?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<{ origins: readonly number[]; values: NdArray }> {
    const who = `${task}.historicalForecasts`;
    const { horizon, rows, logarithm, targets } = this.learned;
    const all = levelsOf(this.#checked(series, who), who, logarithm);
    const { from, stride } = readOptions(who, options, {
      from: orNull(wholeFrom(1)(1)),
      stride: wholeFrom(1)(horizon),
      signal: fitFields.signal,
    });
    const origins = this.#originsIn(all, from ?? rows, stride, who);
    const { middle } = inUnits(await this.#forecast(all, origins, horizon, options.signal), this.learned);
    return { origins, values: new NdArray(middle, [origins.length, horizon, targets.length]) };
  }

  /**
   * The steps that follow a series: by default as many as the horizon it was trained for; a recursive forecaster can forecast more.
   *
   *   const { values, baselines, warnings } = await airline.predict(series);
   */
  async predict(
    series: ArrayLike,
    options: { horizon?: number; dates?: readonly string[] | null; signal?: AbortSignal | undefined } = {},
  ): Promise<ForecastResult> {
    const who = `${task}.predict`;
    const { horizon, strategy, intervals, logarithm, targets, season } = this.learned;
    const all = levelsOf(this.#checked(series, who), who, logarithm);
    const fields = { horizon: wholeFrom(1)(horizon), dates: dateList, signal: fitFields.signal };
    const { horizon: steps, dates, signal } = readOptions(who, options, fields);
    if (steps > horizon && (strategy === "direct" || intervals !== "none")) {
      const next =
        strategy === "direct"
          ? sentence`Train with ${option("horizon", steps)}, or ${option("strategy", "recursive")}.`
          : sentence`Train with ${option("horizon", steps)}: intervals reach no further.`;
      throw new DataError(problem(`${who}: horizon`, `at most the ${horizon} it was trained for`, `${steps}`, next));
    }
    if (all.rows < this.#needed())
      tooShort(who, all.rows, this.#needed(), "Give a longer series: a forecast reads that many rows.");
    const { middle, interval } = inUnits(await this.#forecast(all, [all.rows], steps, signal), this.learned);
    const shaped = (values: Float64Array) => new NdArray(values, [steps, targets.length]);
    const simple = targets.map((k) => baselinesOf(series1(all, k, logarithm), steps, season));
    const baselines = Object.fromEntries(baselineNames.map((name) => [name, rowsOf(simple.map((s) => s[name]))]));
    const result = {
      dates: dates && (await this.#datesAfter(dates, all.rows, steps, who)),
      values: shaped(middle),
      low: interval && shaped(interval.low),
      high: interval && shaped(interval.high),
      baselines: baselines as Record<BaselineName, NdArray>,
      report: this.report,
      warnings: [
        ...(this.report?.warnings ?? [
          "No validation split: nothing shows yet whether this beats a baseline. See evaluate, backtest.",
        ]),
        ...unlikeText(unlikeTraining(this.learned, all, [all.rows]).size, 1),
      ],
    };
    return { ...result, toString: () => showForecast(result, targetNames(this.learned)) };
  }

  /**
   * Trains from scratch on ever more of the series and evaluates each on the rows that follow (rolling origin, Tashman 2000): no row is
   * forecast by a model that saw it.
   *
   *   const { report, folds } = await forecaster({ horizon: 12 }).backtest(series, { folds: 3 });
   */
  async backtest(series: ArrayLike, options: BacktestOptions & ForecasterFitOptions = {}): Promise<BacktestReport> {
    const { columns = null } = this.options;
    const { backtest } = await import("./backtest.ts");
    const all = seriesOf(series, `${task}.backtest`, columns);
    return backtest(all, this.options.horizon ?? 1, options, () => {
      const one = new Forecaster(this.options);
      return {
        fit: (rows, given) => one.fit(rows, given),
        tested: (rows, from, stride) => one.#tested(rows, from, stride, `${task}.backtest`),
      };
    });
  }

  /** Errors of some origins and the forecasts of others: each made once. */
  async #tested(series: NdArray, from: number, stride: number, who: string) {
    const { horizon, logarithm, targets } = this.learned;
    const all = levelsOf(this.#checked(series, who), who, logarithm);
    const measured = this.#originsIn(all, from, stride, who);
    const shown = this.#originsIn(all, from, horizon, who);
    const origins = [...new Set([...measured, ...shown])].sort((a, b) => a - b);
    const found = inUnits(await this.#forecast(all, origins, horizon), this.learned);
    const { middle } = forecastsAt(found, origins, shown);
    return {
      report: evaluateAt(this.learned, all, measured, forecastsAt(found, origins, measured)),
      values: new NdArray(middle, [shown.length, horizon, targets.length]),
    };
  }

  /** Writes model, scalers and all else a forecast needs as one `.keras` file. */
  async save(path: string | URL): Promise<void> {
    await saveTask(this.model, path, task, {
      ...learnedData(this.learned),
      report: this.report,
      options: plainOptions(this.options),
    });
  }

  /** See `loadForecaster`. */
  static async open(source: TaskSource, options?: LoadOptions): Promise<Forecaster> {
    const { model, data } = await openTask(source, task, options);
    const found = new Forecaster({ ...readPlainOptions(data), backend: options?.backend });
    found.#learned = { ...readLearned(data), calendar: (await import("./dates.ts")).readCalendar(data) };
    found.report = data.report === null ? null : readReport(data.report);
    found.#model = model;
    return found;
  }

  /** Rows at which a forecast begins whose whole horizon is there. Throws DataError where there is none, or too little before the first. */
  #originsIn(all: Series, first: number, stride: number, who: string): number[] {
    const { horizon } = this.learned;
    const least = this.#needed();
    if (first < least) {
      const next = `A forecast reads the ${least} rows before it: give a later row.`;
      throw new DataError(invalidOption(who, "from", sentence`${option("from")}: ${least} or more`, `${first}`, next));
    }
    const origins = every(first, all.rows - horizon, stride);
    if (origins.length === 0) {
      const next = sentence`Give the whole series, with the rows to forecast at its end; or an earlier row: ${option("from", undefined, "{ from }")}.`;
      throw new DataError(
        problem(who, `at least ${first + horizon} rows, ${horizon} of them from row ${first} on`, `${all.rows}`, next),
      );
    }
    return origins;
  }

  /** Rows a forecast reads. */
  #needed(): number {
    const { window, differences } = this.learned;
    return window + lost(differences);
  }

  #build(window: number, features: number, outputs: number): Model {
    const own = this.options.layers;
    const body = own
      ? ownLayers(own, { window, features, outputs }, task)
      : recurrentStack(readForecaster(this.options));
    return sequential([input([window, features]), ...body, dense(outputs)], { seed: this.options.seed ?? 1 });
  }

  /** The dates of the steps after rows that follow the calendar of training. */
  async #datesAfter(dates: readonly string[], rows: number, steps: number, who: string) {
    const { sameCalendar, datesAfter } = await import("./dates.ts");
    const calendar = sameCalendar(this.learned.calendar, dates, rows, this.options.timeZone ?? null, who);
    return datesAfter(calendar, dates, steps);
  }

  /** A series of the columns it was trained on. */
  #checked(given: ArrayLike, who: string): Series {
    const { names, columns } = this.learned;
    const next = "Give the columns it was trained on, in their order.";
    const series = seriesOf(given, who, names, next);
    if (series.values.length === columns) return series;
    throw new ShapeError(problem(who, counted(columns, "column"), `${series.values.length}`, next));
  }

  async #forecast(all: Series, origins: readonly number[], steps: number, signal?: AbortSignal): Promise<Levels> {
    const { model, learned } = this;
    return this.#inTurn(() => forecastLevels(model, learned, all, origins, steps, signal));
  }

  /**
   * The last rows of a series as the model reads them for the forecast after it: differences and scales taken, [1, window, D].
   *
   *   const { x } = airline.modelInput(series);
   *   const { layers } = await trace(airline.model, x);
   */
  modelInput(series: ArrayLike): ModelInput {
    const who = `${task}.modelInput`;
    if (!usesNetwork(this.learned.methods)) {
      const found = [...new Set(this.learned.methods.flat().map(({ name }) => name))].join(", ");
      const next = sentence`Train one with ${option("method", "network")}.`;
      throw new DataError(problem(who, "a forecaster that asks its network", found, next));
    }
    const all = levelsOf(this.#checked(series, who), who, this.learned.logarithm);
    if (all.rows < this.#needed())
      tooShort(who, all.rows, this.#needed(), "Give a longer series: a forecast reads that many rows.");
    return { x: windowsOf(this.learned, all, [all.rows]), steps: null };
  }
}

function quantilesOf(intervals: Learned["intervals"], coverage: number): number[] {
  return intervals === "quantile" ? [(1 - coverage) / 2, 0.5, (1 + coverage) / 2] : [0.5];
}
