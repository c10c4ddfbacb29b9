import type { Scaler } from "../../data/scalers.ts";
import { counted, DataError, problem, ShapeError, showShape } from "../../errors.ts";
import type { LoadOptions } from "../../formats/load-model.ts";
import type { Texts } from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import { type ArrayLike, asNdArray, NdArray } from "../../tensor/nd-array.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { padSequences } from "../../text/pad-sequences.ts";
import { Tokenizer } from "../../text/tokenizer.ts";
import { type Bundled, oneHotRows, readBundled, textRows, usualBundled } from "../shared/bundled.ts";
import { type ModelInput, tokensOf } from "../shared/model-input.ts";
import { readScaler } from "../shared/read-scaler.ts";
import { sameLength } from "../shared/same-length.ts";
import { isCount, isText, openTask, readField, saveTask, type TaskSource } from "../shared/task-file.ts";

/** Errors of a regressor, in the units of what it predicts. */
export interface RegressionErrors {
  /** Root mean squared error. */
  readonly rmse: number;
  /** Mean absolute error. */
  readonly mae: number;
  /** 1 − squared error / that of the targets' mean, as scikit-learn's `r2_score`; NaN where the targets do not vary. */
  readonly r2: number;
}

/** The conversion of rows to inputs, and of outputs to numbers. */
interface Learned {
  /** Ids or steps read of each row; 0: all. */
  readonly length: number;
  readonly truncating: "pre" | "post";
  readonly bundled: Bundled;
  /** Of texts; null where sequences are read. */
  readonly tokenizer: Tokenizer | null;
  /** Of the features of sequences; null where texts are read. */
  readonly scaler: Scaler | null;
  /** Of the outputs. */
  readonly outputs: Scaler;
}

const task = "regressor";

/** Numbers of texts or sequences, by a model of another program; made by `bundleTask`. */
export class Regressor {
  /** The model underneath. */
  readonly model: Model;
  readonly #learned: Learned;

  private constructor(model: Model, learned: Learned) {
    this.model = model;
    this.#learned = learned;
  }

  /** The kind of its input. */
  get reads(): "texts" | "sequences" {
    return this.#learned.tokenizer ? "texts" : "sequences";
  }

  /**
   * The numbers of each text, or of each sequence [T, D]: float64 [N, outputs], in the units of the training targets.
   *
   *   const stars = await task.predict(["a film to remember"]);
   */
  async predict(rows: readonly string[] | readonly ArrayLike[]): Promise<NdArray> {
    const who = `${task}.predict`;
    if (!Array.isArray(rows) || rows.length === 0)
      throw new DataError(problem(who, `a list of ${this.reads}`, "none", "Put one in brackets."));
    const inputs = this.#inputs(rows, who);
    const width = sizeOf(this.model.outputShape!.slice(1) as number[]);
    const all = new NdArray(new Float32Array(rows.length * width), [rows.length, width]);
    for (const places of sameLength(this.#lengths(inputs), 256)) {
      const x = this.#encode(places.map((row) => inputs[row]));
      const p = await this.model.predict(x, { batchSize: this.model.fixedBatch ?? 256 });
      for (const [i, row] of places.entries()) all.data.set(p.data.subarray(i * width, (i + 1) * width), row * width);
    }
    return this.#learned.outputs.inverse(all);
  }

  /** The errors on rows whose numbers are known, [N] or [N, outputs]. */
  async evaluate(rows: readonly string[] | readonly ArrayLike[], targets: ArrayLike): Promise<RegressionErrors> {
    const found = Array.from((await this.predict(rows)).data);
    const wanted = asNdArray(targets, { who: `${task}.evaluate` }).data;
    if (wanted.length !== found.length) {
      const next = "Give a number for each output of each row.";
      throw new ShapeError(problem(`${task}.evaluate`, counted(found.length, "target"), `${wanted.length}`, next));
    }
    const count = found.length;
    const mean = (of: (i: number) => number) => found.reduce((sum, _, i) => sum + of(i), 0) / count;
    const middle = mean((i) => wanted[i]);
    const squared = mean((i) => (found[i] - wanted[i]) ** 2);
    const r2 = 1 - squared / mean((i) => (wanted[i] - middle) ** 2);
    const mae = mean((i) => Math.abs(found[i] - wanted[i]));
    return { rmse: Math.sqrt(squared), mae, r2: Number.isFinite(r2) ? r2 : Number.NaN };
  }

  /** A text or a sequence as the model reads it, and the token of each step. */
  modelInput(row: string | ArrayLike): ModelInput {
    const { tokenizer, bundled } = this.#learned;
    const x = this.#encode(this.#inputs([row], `${task}.modelInput`));
    const words = tokenizer !== null && !bundled.asTexts;
    return { x, steps: words ? tokensOf(x as NdArray, tokenizer) : null };
  }

  /** Writes model and preprocessing as one `.keras` file. */
  async save(path: string | URL): Promise<void> {
    const { tokenizer, scaler, outputs, ...plain } = this.#learned;
    const data = { ...plain, scaler: scaler?.toJSON() ?? null, outputs: outputs.toJSON() };
    await saveTask(this.model, path, task, data, tokenizer ? { "tokenizer.json": tokenizer.toJson() } : {});
  }

  /** The regressor that `save` wrote. */
  static async open(source: TaskSource, options?: LoadOptions): Promise<Regressor> {
    const { model, data, file } = await openTask(source, task, options);
    const scaler = (name: string) => readScaler(data, name);
    const texts = data.scaler === null;
    return new Regressor(model, {
      length: readField(data, "length", "a length up to a million", isCount(1_000_000)),
      truncating: readField(data, "truncating", '"pre" or "post"', isText) === "post" ? "post" : "pre",
      bundled: readBundled(data) ?? usualBundled,
      tokenizer: texts ? Tokenizer.fromJson(file("tokenizer.json")) : null,
      scaler: texts ? null : scaler("scaler"),
      outputs: scaler("outputs"),
    });
  }

  /** Each row as the model reads it, before it is padded: a text, its ids, or scaled steps. */
  #inputs(rows: readonly unknown[], who: string): readonly string[] | readonly number[][] | readonly NdArray[] {
    const { tokenizer, scaler, bundled } = this.#learned;
    if (tokenizer) {
      const wrong = rows.findIndex((text) => typeof text !== "string" || text.trim() === "");
      if (wrong >= 0) throw new DataError(problem(who, "a text", "an empty one", "Leave it out.").with({ row: wrong }));
      return bundled.asTexts ? (rows as string[]) : tokenizer.textsToSequences(rows as string[]);
    }
    return rows.map((row, i) => {
      const steps = asNdArray(row as ArrayLike, { who: `${who}: sequence ${i}` });
      const features = this.model.inputShape!.at(-1)!;
      if (steps.rank <= 2 && (steps.shape[1] ?? 1) === features)
        return scaler!.transform(steps.reshape([steps.shape[0], features]));
      throw new ShapeError(problem(`${who}: sequence ${i}`, `[T, ${features}]`, showShape(steps.shape)));
    });
  }

  #lengths(inputs: readonly (string | readonly number[] | NdArray)[]): number[] {
    const { length } = this.#learned;
    return inputs.map((row) => length || (row instanceof NdArray ? row.shape[0] : row.length || 1));
  }

  #encode(inputs: readonly (string | readonly number[] | NdArray)[]): NdArray | Texts {
    const { truncating, bundled, tokenizer } = this.#learned;
    const { padding, paddingValue, oneHot, asTexts } = bundled;
    if (asTexts) return textRows(inputs as string[], this.model);
    const [maxLen] = this.#lengths(inputs);
    const filled = tokenizer ? {} : ({ dtype: "f32", value: paddingValue } as const);
    const padded = padSequences(inputs as number[][] | NdArray[], { maxLen, padding, truncating, ...filled });
    return oneHot ? oneHotRows(padded, this.model.inputShape!.at(-1)!) : padded;
  }
}
