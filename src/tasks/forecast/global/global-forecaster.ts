import { DataError, option, problem, sentence } from "../../../errors.ts";
import type { LoadOptions } from "../../../formats/load-model.ts";
import type { Model } from "../../../models/model.ts";
import { callbackList } from "../../../train/callbacks/check-callback.ts";
import type { History } from "../../../train/fit/history.ts";
import { flag, orNull, readOptions, wholeFrom } from "../../../train/options.ts";
import { fitFields } from "../../shared/fit-fields.ts";
import { inTurn } from "../../shared/in-turn.ts";
import type { ModelInput } from "../../shared/model-input.ts";
import { openTask, plainOptions, readPlainOptions, saveTask, type TaskSource } from "../../shared/task-file.ts";
import { untrained } from "../../shared/untrained.ts";
import type { GlobalBacktestOptions, GlobalBacktestReport } from "./backtest.ts";
import type { GlobalFitOptions } from "./fit-options.ts";
import type { GlobalLearned } from "./learned.ts";
import { type GlobalForecasterOptions, readGlobalForecaster } from "./options.ts";
import type { Member, SeriesRecord } from "./record.ts";
import type { CollectionReport } from "./report.ts";
import type { SeriesForecast, SeriesForecasts } from "./result.ts";

/**
 * One network for any number of series, also for those it was not trained on: an LSTM that reads each series in units of its own changes,
 * with the season before and the columns known beforehand beside it, and forecasts all steps at once. Series are shrunk towards
 * theta, exponential smoothing, a naive forecast or a regression on columns known beforehand, as held-out steps of series of that length show to be good.
 *
 *   const sales = globalForecaster({ horizon: 13, season: 52 });
 *   await sales.fit([{ id: "north", values: north }, { id: "south", values: south }]);
 *   console.log(String(await sales.evaluate(longer)));     // forecasts the last 13 values of each
 *   const [next] = await sales.predict([{ id: "west", values: west }]);
 *   await sales.save("sales.keras");
 */
export function globalForecaster(options: GlobalForecasterOptions = {}): GlobalForecaster {
  return new GlobalForecaster(options);
}

/**
 * A global forecaster that `save` wrote, from a path, an address or bytes. Throws FormatError for a model of another task.
 *
 *   const sales = await loadGlobalForecaster("sales.keras");
 */
export async function loadGlobalForecaster(source: TaskSource, options?: LoadOptions): Promise<GlobalForecaster> {
  return GlobalForecaster.open(source, options);
}

const task = "globalForecaster";

/** A global forecaster; made by `globalForecaster`. */
export class GlobalForecaster {
  /** The options it was made with. */
  readonly options: GlobalForecasterOptions;
  /**
   * Errors on the last steps of the training series, of a network that had not seen them; how far to shrink was chosen by the same steps, so
   * that series not seen may do a little worse. Null where none were held out, and in one that was loaded.
   */
  report: CollectionReport | null = null;
  #model: Model | null = null;
  #learned: GlobalLearned | null = null;
  readonly #inTurn = inTurn();

  constructor(options: GlobalForecasterOptions = {}) {
    readGlobalForecaster(options); // what is wrong is said before there are data
    this.options = options;
  }

  /** The model underneath, for all that a task does not do. Throws DataError before `fit`. */
  get model(): Model {
    return this.#model ?? untrained(`${task}.model`);
  }
  /** Parameters learned from the series, in addition to the weights. Throws DataError before `fit`. */
  get learned(): GlobalLearned {
    return this.#learned ?? untrained(`${task}.learned`);
  }

  /**
   * Trains on series of any lengths, from scratch where not told to `continue`. A first network, which does not see the last values of each series, gives the report and the
   * shrinkage; the one that is kept sees all values, and its History is returned. Rejects with DataError for gaps, for a series without a column
   * that the first one has, and where every series is too short.
   *
   *   await sales.fit(series, { epochs: 8 });
   */
  async fit(series: readonly SeriesRecord[], options: GlobalFitOptions = {}): Promise<History> {
    const who = `${task}.fit`;
    const {
      callbacks,
      continue: goesOn,
      ...given
    } = readOptions(who, options, {
      epochs: orNull(wholeFrom(1)(8)),
      batchSize: orNull(wholeFrom(1)(256)),
      holdOut: flag(true),
      continue: flag(false),
      ...fitFields,
    });
    const list = callbackList(`${who}: callbacks`, callbacks);
    const { trainOnSeries } = await import("./train-network.ts");
    const { model, learned, report, history } = await trainOnSeries(
      series,
      this.options,
      { ...given, callbacks: list },
      goesOn ? { model: this.model, learned: this.learned } : null,
      who,
    );
    if (history.epoch.length === 0) return history; // stopped before the first step
    this.#model = model;
    this.#learned = learned;
    this.report = goesOn ? this.report : report;
    return history;
  }

  /**
   * The steps after each series, seen in training or not; the first `horizon` of those it was trained for. Columns known beforehand reach as
   * far beyond the values as it was trained for.
   *
   *   const [{ id, dates, values }] = await sales.predict([{ id: "west", values: west }]);
   */
  async predict(
    series: readonly SeriesRecord[],
    options: { horizon?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<SeriesForecasts> {
    const who = `${task}.predict`;
    const { model, learned } = this;
    const fields = { horizon: wholeFrom(1)(learned.view.horizon), signal: fitFields.signal };
    const { horizon: steps, signal } = readOptions(who, options, fields);
    if (steps > learned.view.horizon) {
      const next = sentence`Train with ${option("horizon", steps)}.`;
      throw new DataError(
        problem(who, `a horizon up to the ${learned.view.horizon} it was trained for`, `${steps}`, next),
      );
    }
    const members = await this.#members(series, who);
    const [{ forecastsAt, within }, { boundsOf }, { shownForecasts }] = await Promise.all([
      import("./collection.ts"),
      import("./intervals.ts"),
      import("./result.ts"),
    ]);
    const places = members.map((member) => ({ member, at: member.values.length }));
    const values = await this.#inTurn(() => forecastsAt({ model, learned }, places, signal));
    const bounds = (k: number) =>
      learned.intervals && boundsOf(learned.view, learned.intervals, places[k], values[k], within(learned));
    const dated = members.some(({ dates }) => dates !== null) ? await import("../dates.ts") : null;
    const datesOf = (dates: readonly string[] | null, id: string) => {
      if (!dates || !dated) return null;
      const step = dated.sameCalendar(learned.calendar, dates, dates.length, null, `${who}: series ${id}`);
      return dated.datesAfter(step, dates, steps);
    };
    return shownForecasts(
      members.map(({ id, dates }, i): SeriesForecast => {
        const { low = null, high = null } = bounds(i) ?? {};
        const cut = (list: Float64Array | null) => list?.slice(0, steps) ?? null;
        return { id, dates: datesOf(dates, id), values: values[i].slice(0, steps), low: cut(low), high: cut(high) };
      }),
    );
  }

  /**
   * Forecasts the last values of each series, from `origins` rows `stride` steps apart, the last one `horizon` before the end; each from
   * what lies before it. Errors by series, their mean and median, beside those of naive, seasonal naive and theta forecasts; `period` is the
   * season of MASE and Naive2, 1 for none. A series too short for all origins is judged at fewer; one of `horizon` values or fewer is left out.
   *
   *   const { methods, series } = await sales.evaluate(longer, { period: 1 });
   */
  async evaluate(
    series: readonly SeriesRecord[],
    options: { origins?: number; stride?: number; period?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<CollectionReport> {
    const who = `${task}.evaluate`;
    const { model, learned } = this;
    const { horizon, seasons } = learned.view;
    const { period, signal, ...origins } = readOptions(who, options, {
      origins: wholeFrom(1)(1),
      stride: wholeFrom(1)(horizon),
      period: orNull(wholeFrom(1)(1)),
      signal: fitFields.signal,
    });
    const [{ withCalendar }, { evaluateMembers }, { columnsOf, membersOf }] = await Promise.all([
      import("./calendar-columns.ts"),
      import("./collection.ts"),
      import("./record.ts"),
    ]);
    columnsOf(series, who);
    const long = membersOf(series, learned.columns, 0, who).filter(({ values }) => values.length > horizon);
    if (long.some(({ dates }) => dates !== null))
      (await import("../dates.ts")).commonCalendar(long, learned.calendar, who);
    const members = withCalendar(long, learned, 0, who);
    if (members.length === 0) {
      const next = sentence`Give the whole series, with the ${option("horizon")} to forecast at its end.`;
      throw new DataError(problem(who, `a series of more than ${horizon} values`, "none", next));
    }
    const judging = { ...origins, period: period ?? seasons[0] ?? 1 };
    return this.#inTurn(() => evaluateMembers({ model, learned }, members, judging, signal));
  }

  /**
   * Trains on the series without their last `folds` · `horizon` values, forecasts the `horizon` steps after, and again ever nearer to their ends: no
   * value is forecast by a network that saw it. Errors by fold and their means, beside those of naive, seasonal naive and theta forecasts.
   *
   *   const { methods, folds } = await globalForecaster({ horizon: 13 }).backtest(series, { folds: 3 });
   */
  async backtest(
    series: readonly SeriesRecord[],
    options: GlobalBacktestOptions & GlobalFitOptions = {},
  ): Promise<GlobalBacktestReport> {
    const { backtestSeries } = await import("./backtest.ts");
    const { horizon = 1 } = this.options;
    return backtestSeries(series, horizon, options, () => new GlobalForecaster(this.options));
  }

  /**
   * The end of a series as the model reads it for the steps after it: window [1, window, channels], context [1, numbers] and, where something is
   * known beforehand, the steps ahead [1, horizon, columns]. Steps have their dates where the series has some, "" before its first value.
   *
   *   const { x } = await sales.modelInput({ values: west });
   *   const { layers } = await trace(sales.model, x);
   */
  async modelInput(series: SeriesRecord): Promise<ModelInput> {
    const { view } = this.learned;
    const [member] = await this.#members([series], `${task}.modelInput`);
    const { inputsAt } = await import("./collection.ts");
    const { dates, values } = member;
    const first = values.length - view.window;
    const steps = dates && Array.from({ length: view.window }, (_, t) => dates[first + t] ?? "");
    return { x: inputsAt(view, { member, at: values.length }), steps };
  }

  /** Series with the columns of training, checked as far as the steps ahead. */
  async #members(series: readonly SeriesRecord[], who: string): Promise<Member[]> {
    const { learned } = this;
    const [{ withCalendar }, { columnsOf, membersOf }] = await Promise.all([
      import("./calendar-columns.ts"),
      import("./record.ts"),
    ]);
    columnsOf(series, who);
    const { horizon } = learned.view;
    return withCalendar(membersOf(series, learned.columns, horizon, who), learned, horizon, who);
  }

  /** Writes model, scales and all else a forecast needs as one `.keras` file. */
  async save(path: string | URL): Promise<void> {
    await saveTask(this.model, path, task, { ...this.learned, options: plainOptions(this.options) });
  }

  /** See `loadGlobalForecaster`. */
  static async open(source: TaskSource, options?: LoadOptions): Promise<GlobalForecaster> {
    const { model, data } = await openTask(source, task, options);
    const [{ readGlobalLearned }, { readCalendar }] = await Promise.all([
      import("./learned.ts"),
      import("../dates.ts"),
    ]);
    const found = new GlobalForecaster({ ...readPlainOptions(data), backend: options?.backend });
    found.#learned = { ...readGlobalLearned(data), calendar: readCalendar(data) };
    found.#model = model;
    return found;
  }
}
