import type { LoadedTask, ModelInput, NdArray, Sequence } from "../index.ts";

/** The tasks whose models are explained. */
export const explained = ["textClassifier", "sequenceClassifier", "languageModel", "forecaster", "regressor"] as const;

/** One of them, opened. */
export type ExplainedTask = Extract<LoadedTask, { kind: (typeof explained)[number] }>;

/** A sample as the model reads it, and the prediction that is explained. */
export interface Sample {
  readonly input: ModelInput;
  /** The output that is explained, in words, by its place. */
  named(target: number): string;
  readonly prediction: { readonly text: string; readonly data: unknown };
}

type Of<K extends ExplainedTask["kind"]> = Extract<ExplainedTask, { kind: K }>;
const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;

/** A series so far, of a forecaster. */
export async function seriesSample(
  { task }: Of<"forecaster">,
  series: NdArray,
  columns: readonly string[],
  dates: readonly string[] | null,
): Promise<Sample> {
  const { values } = await task.predict(series, { dates });
  const next = columns[task.learned.targets[0]];
  const data = { target: next, value: values.at(0, 0) };
  const input = task.modelInput(series);
  const steps = dates?.slice(-(input.x as NdArray).shape[1]) ?? null;
  return {
    input: { ...input, steps },
    named: () => `${next} one step ahead, in the network's units`,
    prediction: { text: `${next} after these rows: ${Number(values.at(0, 0).toPrecision(6))}`, data },
  };
}

/** A sequence, of a classifier or a regressor. */
export async function sequenceSample(opened: Of<"sequenceClassifier" | "regressor">, one: Sequence): Promise<Sample> {
  if (opened.kind === "regressor") return numbersOf(opened.task, one as NdArray);
  const [answer] = await opened.task.predict([one]);
  return {
    input: await opened.task.modelInput(one),
    named: classOf(opened.task),
    prediction: { text: `${answer.label}\t${percent(answer.probability)}`, data: answer },
  };
}

/** A text, of a classifier, a regressor or a language model. */
export async function textSample(
  opened: Of<"textClassifier" | "regressor" | "languageModel">,
  text: string,
  say: (line: string) => void,
): Promise<Sample> {
  if (opened.kind === "regressor") return numbersOf(opened.task, text);
  if (opened.kind === "textClassifier") {
    const [answer] = await opened.task.predict([text]);
    return {
      input: opened.task.modelInput(text),
      named: classOf(opened.task),
      prediction: { text: `${answer.label}\t${percent(answer.probability)}`, data: answer },
    };
  }
  const next = await opened.task.predict(text, { top: 3, warn: say });
  const shown = next.map(({ token, probability }) => `${JSON.stringify(token)} ${percent(probability)}`).join(", ");
  const { model, reading } = opened.task;
  const token = (target: number) => reading.tokenizer.indexWord.get(target % model.outputShape!.at(-1)!) ?? "";
  return {
    input: opened.task.modelInput(text),
    named: (target) => `the probability of ${JSON.stringify(token(target))}`,
    prediction: { text: `next: ${shown}`, data: next },
  };
}

/** The class of an output: a single one means the second of two. */
const classOf =
  ({ labels, model }: Pick<Of<"textClassifier" | "sequenceClassifier">["task"], "labels" | "model">) =>
  (target: number): string =>
    `the probability of ${JSON.stringify(labels[model.outputShape?.at(-1) === 1 ? 1 : target])}`;

async function numbersOf(task: Of<"regressor">["task"], one: string | NdArray): Promise<Sample> {
  const found = await (typeof one === "string" ? task.predict([one]) : task.predict([one]));
  const values = Array.from(found.data);
  return {
    input: task.modelInput(one),
    named: () => "the first output, in the network's units",
    prediction: { text: values.map((v) => Number(v.toPrecision(6))).join("\t"), data: { values } },
  };
}
