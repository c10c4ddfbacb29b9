import { type LoadedTask, NdArray, type NestedInput } from "../../index.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Fields, Schema } from "../http/schema.ts";
import type { ServedModel } from "../served/served-model.ts";
import { answerBodies } from "./answer-bodies.ts";
import { type Ask, ownError, type Route } from "./route.ts";
import { checkInputs, checkRows, checkSteps, oneField } from "./rows-asked.ts";

const sequence: Schema = { type: "array", description: "Steps: [T, D] numbers, or [T] of one feature." };

const row: Schema = {
  type: "object",
  additionalProperties: false,
  properties: {
    text: { type: "string", description: "A text, to classify or to continue." },
    texts: { type: "array", items: { type: "string" }, minItems: 1, description: "Several texts." },
    sequence,
    sequences: { type: "array", minItems: 1, items: sequence, description: "Several sequences." },
    clip: { type: "array", minItems: 1, description: "Frames of pixels: [T, H, W], or [T, H, W, C]." },
    clips: { type: "array", minItems: 1, items: { type: "array" }, description: "Several clips." },
    inputs: { description: "Of a model without a task: an array [N, ...], or one for each input by name." },
    top: { type: "integer", minimum: 1, description: "Of a language model: so many next words. Default 5." },
  },
};

/** `POST /models/{model}/predict`. */
export const predictRoute: Route = {
  method: "POST",
  path: "/models/{model}/predict",
  summary:
    "The class, labels or numbers of texts or sequences, or the next words; the JSON of cellstate predict --json.",
  body: row,
  lines: true,
  queues: true,
  errors: ownError,
  async answer(ask) {
    const served = ask.serving.model(ask.path.model);
    return answerBodies(ask, row, (body, own) => answerTo(served, body, own));
  },
};

/** The answer to one body: an object for a text or a sequence, a list of them for several. */
async function answerTo(served: ServedModel, body: Fields, ask: Ask): Promise<unknown> {
  const { signal, begun, serving } = ask;
  const name = oneField(body, ["text", "texts", "sequence", "sequences", "clip", "clips", "inputs"]);
  if (name === "inputs") return { outputs: await numbersOf(served, body.inputs, ask) };
  if (served.kind === "languageModel") return nextWords(served, body, ask);
  const several = name === "texts" || name === "sequences" || name === "clips";
  const rows = (several ? body[name] : [body[name]]) as readonly unknown[];
  checkRows(rows, serving.limits);
  const opened = served.task("predict", ...classified, "regressor");
  refuseOther(opened, served, name);
  const ready = name.startsWith("text") ? rows : rows.map((one) => arrayOf(one));
  if (!name.startsWith("text")) checkSteps(Math.max(...ready.map((one) => (one as unknown[]).length)), serving.limits);
  const found = await served.rows!.predict(ready, { signal, begun });
  const beside = (i: number) => (name.startsWith("text") ? { text: rows[i] } : {});
  const answers =
    found instanceof NdArray
      ? found.toArray<number[][]>().map((values, i) => ({ ...beside(i), values }))
      : (found as readonly object[]).map((answer, i) => ({ ...beside(i), ...answer }));
  return several ? { predictions: answers } : answers[0];
}

const classified = ["textClassifier", "multiLabelClassifier", "sequenceClassifier", "videoClassifier"] as const;

function refuseOther(opened: LoadedTask, served: ServedModel, name: string): void {
  const reads = readsOf(opened);
  if (name.startsWith(fields[reads])) return;
  const hint = {
    texts: '{"text": "..."}',
    sequences: '{"sequence": [[0.1, 2], [0.3, 4]]}',
    clips: '{"clip": [[[0, 1], [1, 0]]]}',
  };
  throw new HttpProblem(400, `"${served.name}" reads ${reads}: ${hint[reads]}.`);
}

const fields = { texts: "text", sequences: "sequence", clips: "clip" } as const;

function readsOf(opened: LoadedTask): keyof typeof fields {
  if (opened.kind === "videoClassifier") return "clips";
  if (opened.kind === "textClassifier" || opened.kind === "multiLabelClassifier") return "texts";
  return opened.kind === "regressor" && opened.task.reads === "texts" ? "texts" : "sequences";
}

async function nextWords(served: ServedModel, body: Fields, { signal }: Ask): Promise<unknown> {
  const { text } = body;
  if (typeof text !== "string") throw new HttpProblem(400, `"${served.name}" continues a text: {"text": "..."}.`);
  const warnings: string[] = [];
  const top = (body.top as number | undefined) ?? 5;
  const warn = (message: string) => void warnings.push(message);
  const next = await served.writer("predict").predict(text, { top, warn, signal });
  return { text, next };
}

/** The outputs of the model itself, by name where it has several. */
async function numbersOf(served: ServedModel, inputs: unknown, { serving, signal, begun }: Ask): Promise<unknown> {
  const { model } = served;
  if (typeof inputs !== "object" || inputs === null)
    throw new HttpProblem(400, 'Expected numbers in lists as "inputs".');
  checkInputs(model, inputs, serving.limits);
  const x = Array.isArray(inputs) ? inputs : Object.fromEntries(Object.entries(inputs));
  const found = await served.numbers.predict(x as never, { signal, begun });
  if (!Array.isArray(found)) return (found as NdArray).toArray();
  return Object.fromEntries(found.map((a, k) => [model.outputNames[k], a.toArray()]));
}

/** A sequence of JSON as an array. */
function arrayOf(value: unknown): NestedInput {
  if (Array.isArray(value)) return value as NestedInput;
  throw new HttpProblem(400, "Expected a sequence or a clip as a list of steps.");
}
