import { FormatError, problem, showShape } from "../../errors.ts";
import type { LoadOptions } from "../../formats/load-model.ts";
import type { Model } from "../../models/model.ts";
import type { ArrayLike } from "../../tensor/nd-array.ts";
import type { History } from "../../train/fit/history.ts";
import { readOptions } from "../../train/options.ts";
import { dateList } from "../forecast/fit-options.ts";
import { seriesOf } from "../forecast/series.ts";
import { fitFields } from "../shared/fit-fields.ts";
import { inTurn } from "../shared/in-turn.ts";
import type { ModelInput } from "../shared/model-input.ts";
import { openTask, plainOptions, readPlainOptions, saveTask, type TaskSource } from "../shared/task-file.ts";
import { untrained } from "../shared/untrained.ts";
import type { Detection } from "./detection.ts";
import { type FalseAlarms, falseAlarmsField, rowsBetween } from "./false-alarms.ts";
import type { DetectorFitOptions } from "./fit-options.ts";
import type { DetectorLearned } from "./learned.ts";
import { type AnomalyDetectorOptions, readDetector } from "./options.ts";
import { AnomalyStream } from "./stream.ts";

/**
 * Finds what is unusual in a series: learns from rows taken as normal, and gives every other row a score, with a threshold for a rate of false
 * alarms. Columns have a season each (by day or week, as their dates tell), a network forecasts what is left, and a row is as unusual as
 * its error, its errors over some hours, or its deviation from the season is rare.
 *
 *   const detector = anomalyDetector({ falseAlarms: "1 in 4 weeks" });
 *   await detector.fit(normal, { dates });                    // [T], or [T, D]
 *   const { alarms } = await detector.detect(later, { dates: laterDates });
 *   await detector.save("pump.keras");
 */
export function anomalyDetector(options: AnomalyDetectorOptions = {}): AnomalyDetector {
  return new AnomalyDetector(options);
}

/**
 * A detector that `save` wrote, from a path, an address or bytes. Throws FormatError for a model of another task.
 *
 *   const detector = await loadAnomalyDetector("pump.keras");
 */
export async function loadAnomalyDetector(source: TaskSource, options?: LoadOptions): Promise<AnomalyDetector> {
  return AnomalyDetector.open(source, options);
}

const task = "anomalyDetector";

/** A detector of anomalies; made by `anomalyDetector`. */
export class AnomalyDetector {
  /** The options it was made with. */
  readonly options: AnomalyDetectorOptions;
  /** Notes on the rows of the last `fit`, a sentence each: alarms among them, a rate of false alarms beyond their length. */
  notes: readonly string[] = [];
  #model: Model | null = null;
  #learned: DetectorLearned | null = null;
  readonly #inTurn = inTurn();

  constructor(options: AnomalyDetectorOptions = {}) {
    readDetector(options); // what is wrong is said before there are data
    this.options = options;
  }

  /** The model underneath. Throws DataError before `fit`. */
  get model(): Model {
    return this.#model ?? untrained(`${task}.model`);
  }
  /** The usual values: season, levels and tails, in addition to the weights. Throws DataError before `fit`. */
  get learned(): DetectorLearned {
    return this.#learned ?? untrained(`${task}.learned`);
  }

  /**
   * Learns from scratch what is normal in a series [T] or [T, D], oldest row first. Anomalies among the rows do little harm where they are few:
   * medians tell what is usual. Rejects with DataError for gaps, for a series too short, and for a column that does not vary.
   *
   *   await detector.fit(normal, { dates });
   */
  async fit(series: ArrayLike, options: DetectorFitOptions = {}): Promise<History> {
    const who = `${task}.fit`;
    const all = seriesOf(series, who, this.options.columns ?? null);
    const { trainDetector } = await import("./train-detector.ts");
    const { history, ...trained } = await trainDetector(all, this.options, options, who);
    const { detectIn, notesOn } = await import("./detect.ts");
    const threshold = thresholdOf(trained.learned, null, who);
    const found = await detectIn(all, trained, options.dates ?? null, threshold, undefined, who);
    this.#model = trained.model;
    this.#learned = trained.learned;
    this.notes = notesOn(found, trained.learned);
    return history;
  }

  /**
   * Scores of the rows of a series [T] or [T, D], and alarms. Rows follow each other with the step of training; the first `window` rows are only read.
   *
   *   const { scores, threshold, alarms } = await detector.detect(series, { dates });
   */
  async detect(
    series: ArrayLike,
    options: {
      dates?: readonly string[] | null;
      falseAlarms?: FalseAlarms | null;
      signal?: AbortSignal | undefined;
    } = {},
  ): Promise<Detection> {
    const who = `${task}.detect`;
    const { model, learned } = this;
    const { detectIn } = await import("./detect.ts");
    const { rowsFor } = await import("./rows-for.ts");
    const all = rowsFor(learned, series, who);
    const fields = { dates: dateList, falseAlarms: falseAlarmsField, signal: fitFields.signal };
    const { dates, falseAlarms, signal } = readOptions(who, options, fields);
    const threshold = thresholdOf(learned, falseAlarms, who);
    return this.#inTurn(() => detectIn(all, { model, learned }, dates, threshold, signal, who));
  }

  /**
   * Scores rows as they come, one at a time, as `detect` scores them.
   *
   *   const live = detector.stream();
   *   const { alarm } = await live.update(71.3, "2024-03-01T10:05");
   */
  stream(options: { falseAlarms?: FalseAlarms | null } = {}): AnomalyStream {
    const who = `${task}.stream`;
    const { falseAlarms } = readOptions(who, options, { falseAlarms: falseAlarmsField });
    return new AnomalyStream(this.model, this.learned, thresholdOf(this.learned, falseAlarms, who));
  }

  /**
   * The input by which the model scores the last row of a series [T] or [T, D], [1, window, D]: deviations from the season in usual sizes, of the rows
   * before it where it forecasts, of those up to it where it reconstructs. Steps are the dates. Rejects with DataError for fewer rows.
   *
   *   const { x } = await detector.modelInput(series, { dates });
   *   const { layers } = await trace(detector.model, x);
   */
  async modelInput(series: ArrayLike, options: { dates?: readonly string[] | null } = {}): Promise<ModelInput> {
    const who = `${task}.modelInput`;
    const { learned } = this;
    const { dates } = readOptions(who, options, { dates: dateList });
    const [{ windowAtEnd }, { rowsFor }] = await Promise.all([import("./detect.ts"), import("./rows-for.ts")]);
    const all = rowsFor(learned, series, who);
    const x = windowAtEnd(all, learned, dates, who);
    const end = all.rows - (learned.method === "forecast" ? 1 : 0);
    return { x, steps: dates?.slice(end - learned.window, end) ?? null };
  }

  /** Writes model, seasons and all else that scores need as one `.keras` file. */
  async save(path: string | URL): Promise<void> {
    const options = plainOptions(this.options);
    const { learnedData } = await import("./learned.ts");
    await saveTask(this.model, path, task, { ...learnedData(this.learned), notes: this.notes, options });
  }

  /** See `loadAnomalyDetector`. */
  static async open(source: TaskSource, options?: LoadOptions): Promise<AnomalyDetector> {
    const { model, data } = await openTask(source, task, options);
    const found = new AnomalyDetector({ ...readPlainOptions(data), backend: options?.backend });
    const learned = (await import("./learned.ts")).readLearned(data);
    checkInput(model, learned);
    found.#learned = learned;
    found.notes = Array.isArray(data.notes) ? data.notes.filter((note) => typeof note === "string") : [];
    found.#model = model;
    return found;
  }
}

/** A score that is exceeded as often as false alarms are tolerated. */
const thresholdOf = ({ falseAlarms, step }: DetectorLearned, asked: FalseAlarms | null, who: string): number =>
  Math.log10(rowsBetween(asked ?? falseAlarms, step, who));

/** Throws FormatError for a model that does not read the windows that its file speaks of. */
function checkInput({ inputShape }: Model, { window, usual }: DetectorLearned): void {
  if (inputShape?.at(-2) === window && inputShape.at(-1) === usual.length) return;
  const expected = `a model that reads [${window}, ${usual.length}]`;
  const next = "The file is damaged, or was changed by hand.";
  throw new FormatError(problem(`${task}: window`, expected, showShape(inputShape ?? []), next));
}
