/** A program as a strict project writes it: `public-types.test.ts` compiles it, nobody runs it. */
import {
  type Arrays,
  asNdArray,
  attention,
  type BacktestReport,
  type Batch,
  bidirectional,
  bundleTask,
  type Callback,
  CellstateError,
  type ConfigValue,
  concatenate,
  conv2d,
  convLstm2d,
  customLayer,
  dense,
  embedding,
  type FitOptions,
  findSeasons,
  forecaster,
  functional,
  globalAveragePooling2d,
  gru,
  type History,
  input,
  Layer,
  type Logs,
  languageModel,
  loadModel,
  lstm,
  lstmCell,
  type Model,
  masking,
  type NdArray,
  ops,
  type PartialShape,
  padSequences,
  readPickle,
  rnn,
  type Saved,
  type Tensor,
  type TextPrediction,
  type Tokenizer,
  type TrainingState,
  textClassifier,
  textVectorization,
  textVectorizationLayer,
} from "cellstate";
import { type Calendar, calendarOf, columnNumbers, mfcc, readCsv, type TimeSeries, timeSeries } from "cellstate/data";
import { onnxBytes } from "cellstate/formats";
import { plotHistory } from "cellstate/plot";

/** Exports for others to import: TypeScript must be able to name the types that it infers. */
export const cell = lstmCell(8);
export const task = textClassifier({ units: 8, backend: "js" });
export const writer = languageModel({ units: [16, 16] });
export const scale = customLayer("Scale", {
  build: (shape, addWeight) => ({ gain: addWeight("gain", [shape.at(-1) ?? 1], "ones") }),
  forward: (x, { gain }) => ops.mul(x, gain),
});

class Shift extends Layer {
  readonly className = "Shift";
  readonly factory = "shift";
  readonly by: number;
  constructor(by: number) {
    super({ name: "shift" });
    this.by = by;
  }
  override computeOutputShape(shape: PartialShape): PartialShape {
    return shape;
  }
  override forward(x: Tensor): Tensor {
    return ops.add(x, this.by);
  }
  config(): Record<string, ConfigValue> {
    return { by: this.by };
  }
}

class Watch implements Callback {
  readonly seen: number[] = [];
  onEpochEnd(_epoch: number, logs: Logs, state: TrainingState): void {
    this.seen.push(logs.loss);
    if (state.aborted) state.write("aborted\n");
    state.stopTraining = this.seen.length > 5;
  }
  state(): Saved {
    return { seen: this.seen };
  }
}

export function twoInputs(): Model {
  const words = input([6], { name: "words", dtype: "i32" });
  const speed = input([null, 2], { name: "speed" });
  const read = lstm(8)(embedding(20, 8, { maskZero: true })(words));
  const [, h, c] = lstm(4, { returnState: true })(masking()(speed));
  const joined = concatenate()([read, h, c, rnn(cell)(speed)]);
  return functional([words, speed], dense(1, { activation: "sigmoid" })(new Shift(0)(scale(joined))));
}

export function severalResults() {
  const x = input([5, 2]);
  const [y, h1, c1, h2, c2] = bidirectional(lstm(4, { returnState: true }))(x);
  const [, state] = gru(4, { returnState: true })(x);
  const [found, scores] = attention({ returnAttentionScores: true })([x, x]);
  const [there, back] = bidirectional(lstm(4), { mergeMode: null })(x);
  return functional(x, [y, concatenate()([h1, c1, h2, c2, state]), found, scores, there, back]);
}

/** As a worker gets it: an NdArray that was posted is its numbers and its shape. */
export async function read(path: string, posted: { data: Float32Array; shape: number[] }): Promise<number> {
  const model = await loadModel(path, { backend: "wasm" });
  const p: NdArray = await model.predict(posted);
  const [first] = p.toArray<[[number]]>();
  const [y, states] = await severalResults().predict(asNdArray(posted));
  const { loss } = await model.evaluate(posted, [1]);
  return first[0] + y.at(0, 0) + states.at(0, 0) + loss;
}

export async function train(model: Model, signal?: AbortSignal): Promise<readonly number[]> {
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
  const x: Arrays = [padSequences([[1, 2, 3]], { maxLen: 6 }), [[[0, 0.5]]]];
  const options: FitOptions = { epochs: 2, verbose: 0, signal, callbacks: [new Watch()] };
  const history: History = await model.fit(x, [1], options);
  await model.fit(async function* (): AsyncGenerator<Batch> {
    yield [x, [1]];
  }, options);
  const p: NdArray = await model.predict(x);
  await plotHistory(history.history);
  return [...p.data, ...(history.history["loss"] ?? [])];
}

export async function serve(text: string): Promise<TextPrediction | string> {
  try {
    const table = await readCsv("reviews.csv", { columns: ["review", "label"] });
    await task.fit(
      table.rows.map(([review = ""]) => review),
      table.rows.map(([, label = ""]) => label),
      { epochs: 1 },
    );
    const [answer] = await task.predict([text]);
    return answer ?? "no answer";
  } catch (error) {
    if (error instanceof CellstateError) return error.message;
    throw error;
  }
}

export async function say(prompt: string, signal: AbortSignal): Promise<string> {
  let text = prompt;
  for await (const word of writer.generate(prompt, { words: 20, stop: ["end"], topP: 0.9, seed: 1 })) {
    if (signal.aborted) break;
    text += ` ${word}`;
  }
  return text;
}

export async function forecastOf(path: string): Promise<number | undefined> {
  const sales = columnNumbers(await readCsv(path), ["sales"], { missing: "previous" });
  const months = forecaster({ horizon: 4, season: 12, intervals: "quantile" });
  await months.fit(sales);
  const { values, low, warnings } = await months.predict(sales);
  if (warnings.length > 0) return low?.data[0];
  return values.data[0];
}

export async function convert(path: string): Promise<Uint8Array> {
  return onnxBytes(await loadModel(path));
}

/** A dated series: its calendar, its seasons, a backtest, the dates of a forecast. */
export async function datedForecast(path: string): Promise<readonly (string | null)[]> {
  const series: TimeSeries = timeSeries(await readCsv(path), { missing: "interpolate", timeZone: "Europe/Berlin" });
  const calendar: Calendar | null = calendarOf(series.dates ?? []);
  const [season] = findSeasons(series.values.data);
  const days = forecaster({ horizon: 7, ...(season === undefined ? {} : { season }) });
  const { folds, report }: BacktestReport = await days.backtest(series.values, { folds: 3, epochs: 2 });
  await days.fit(series.values, series.dates ? { dates: series.dates } : {});
  const { dates } = await days.predict(series.values);
  return [calendar?.unit ?? null, `${folds[0]?.from} ${report.origins}`, ...(dates ?? [])];
}

/** What a notebook kept, around its model. */
export async function bundled(model: string, kept: string): Promise<string> {
  const tokenizer = await readPickle<Tokenizer>(kept);
  const made = await bundleTask(model, { tokenizer, labels: ["bad", "good"], padding: "post" });
  if (made.kind !== "textClassifier") return made.about;
  const [answer] = await made.task.predict(["a film to remember"]);
  return String(answer?.label ?? made.about);
}

export async function recorded(samples: Float32Array): Promise<number | undefined> {
  return mfcc(samples, { sampleRate: 16_000 }).at(0, 0);
}

export function images(): Model {
  const frames = input([10, 8, 8, 1]);
  const words = input([1], { dtype: "string" });
  const vectorize = textVectorization({ vocabulary: ["good", "bad"], outputSequenceLength: 4 });
  const ids = textVectorizationLayer(vectorize)(words);
  const seen = globalAveragePooling2d()(conv2d(4, [3, 3])(convLstm2d(4, 3)(frames)));
  return functional([frames, words], dense(1)(concatenate()([seen, lstm(4)(embedding(4, 3)(ids))])));
}
