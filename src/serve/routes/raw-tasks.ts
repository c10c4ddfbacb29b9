import {
  clipSample,
  collectionAnswer,
  detectedSample,
  detectionAnswer,
  type ExplainedTask,
  type Explanation,
  explained,
  explanationAnswer,
  explanationOf,
  forecastAnswer,
  memberSample,
  rowAnswer,
  type Sample,
  sentenceSample,
  sequenceSample,
  seriesSample,
  textSample,
  transcriptSample,
} from "../../answers/index.ts";
import { type AnomalyDetector, asNdArray, type SeriesRecord } from "../../index.ts";
import type { Clip } from "../../video/index.ts";
import type { Answer } from "../http/exchange.ts";
import { HttpProblem, toldOf } from "../http/problem.ts";
import { isLines, readLines } from "../http/read-body.ts";
import type { Fields, Schema } from "../http/schema.ts";
import { line, lineStream, streamed, type Write } from "../http/streams.ts";
import { inputSteps, type ServedModel } from "../served/served-model.ts";
import { inputFields, inputOf } from "./raw-transcribe.ts";
import { type Ask, json, ownError, type RequestLimits, type Route } from "./route.ts";
import { checkSteps, checkTexts, oneField } from "./rows-asked.ts";

const series: Schema = { type: "array", minItems: 1, description: "Rows, oldest first: [T, D], or [T] of one column." };
const dates: Schema = {
  type: "array",
  items: { type: "string" },
  nullable: true,
  description: "The date of each row.",
};

/** `POST /models/{model}/forecast`. */
export const forecastRoute: Route = {
  method: "POST",
  path: "/models/{model}/forecast",
  summary: "The steps that follow a series, beside baselines; the JSON of cellstate forecast --json.",
  body: {
    type: "object",
    required: ["series"],
    additionalProperties: false,
    properties: {
      series: {
        ...series,
        description: "Rows so far, [T, D] or [T]; or of many series [{ id, values, dates, known }].",
      },
      dates,
      horizon: {
        type: "integer",
        minimum: 1,
        maximum: 100_000,
        description: "Steps to forecast. Default: as trained.",
      },
    },
  },
  errors: ownError,
  async answer({ serving, path, body, signal }) {
    const opened = serving.model(path.model).task("forecast", "forecaster", "globalForecaster");
    const horizon = body.horizon === undefined ? {} : { horizon: body.horizon as number };
    if (opened.kind === "globalForecaster") {
      const found = await opened.task.predict(body.series as readonly SeriesRecord[], { ...horizon, signal });
      return json(collectionAnswer(found));
    }
    const { task } = opened;
    const options = { ...horizon, dates: (body.dates as string[] | undefined) ?? null, signal };
    const found = await task.predict(asNdArray(body.series as number[], { who: "series" }), options);
    const names = namesOf(task.learned);
    return json(
      forecastAnswer(
        found,
        task.learned.targets.map((k) => names[k]),
      ),
    );
  },
};

/** Columns by name, or by number from 1. */
const namesOf = ({ names, columns }: { names: readonly string[] | null; columns: number }): readonly string[] =>
  names ?? Array.from({ length: columns }, (_, k) => String(k + 1));

/** `POST /models/{model}/detect`. */
export const detectRoute: Route = {
  method: "POST",
  path: "/models/{model}/detect",
  summary: "The anomalies of a series, or the score of each row of a stream; the JSON of cellstate detect --json.",
  body: {
    type: "object",
    required: ["series"],
    additionalProperties: false,
    properties: {
      series,
      dates,
      falseAlarms: { type: "string", description: 'Tolerated false alarms: "1 in 4 weeks". Default: as trained.' },
    },
  },
  lines: true,
  errors: ownError,
  async answer(ask) {
    const { task } = ask.serving.model(ask.path.model).task("detect", "anomalyDetector");
    if (isLines(ask.request)) return detectLines(ask, task);
    const { body, signal } = ask;
    const falseAlarms = body.falseAlarms as `${number} per day` | undefined;
    const options = {
      dates: (body.dates as string[] | undefined) ?? null,
      signal,
      ...(falseAlarms ? { falseAlarms } : {}),
    };
    const found = await task.detect(asNdArray(body.series as number[], { who: "series" }), options as never);
    return json(detectionAnswer(found, columnsOf(task)));
  },
};

const columnsOf = ({ learned }: AnomalyDetector): readonly string[] =>
  learned.names ?? learned.usual.map((_, k) => String(k + 1));

/** A line for each row: `{ "values": [71.3], "date": "..." }`, or the values alone. */
function detectLines(ask: Ask, task: AnomalyDetector): Answer {
  const work = async (write: Write, signal: AbortSignal) => {
    const live = task.stream();
    const columns = columnsOf(task);
    for await (const given of readLines(ask.request, ask.serving.limits)) {
      signal.throwIfAborted();
      try {
        if ("wrong" in given) throw new HttpProblem(400, given.wrong);
        const { value } = given;
        const { values, date } = (
          Array.isArray(value) || typeof value === "number" ? { values: value } : value
        ) as Fields;
        await write(line(rowAnswer(await live.update(values as number[], date as string), columns)));
      } catch (error) {
        await write(line({ line: given.line, error: toldOf(error).message }));
      }
    }
  };
  return streamed(lineStream, work, (error) => line({ error: toldOf(error).message }), ask.signal);
}

/** `POST /models/{model}/explain`. */
export const explainRoute: Route = {
  method: "POST",
  path: "/models/{model}/explain",
  summary: "The part of each step in one prediction, the gates and the memory; the JSON of cellstate explain --json.",
  body: {
    type: "object",
    additionalProperties: false,
    properties: {
      text: { type: "string" },
      sequence: { type: "array", description: "Steps: [T, D]." },
      clip: { type: "array", minItems: 1, description: "Frames of pixels: [T, H, W], or [T, H, W, C]." },
      ...inputFields,
      at: {
        type: "integer",
        minimum: 1,
        description: "Of a tagger the token, of a transcriber the character, from 1.",
      },
      series,
      dates,
      layer: { type: "string", description: "The recurrent layer to look into. Default: the first." },
      step: { type: "integer", minimum: 0, description: "With unit: work this step out." },
      unit: { type: "integer", minimum: 0 },
      baseline: {
        type: "string",
        enum: ["zeros", "mean"],
        description: "Input that parts are measured from. Default zeros.",
      },
    },
  },
  errors: ownError,
  async answer({ serving, path, body, signal }) {
    const served = serving.model(path.model);
    if (served.translations) return json(await translationOf(served, body, serving.limits, signal));
    const opened = served.task("explain", ...explained) as ExplainedTask;
    const sample = await sampleOf(opened, body, serving.limits);
    const {
      layer,
      step,
      unit,
      baseline = "zeros",
    } = body as {
      layer?: string;
      step?: number;
      unit?: number;
      baseline?: "zeros" | "mean";
    };
    const asked = {
      ...(layer === undefined ? {} : { layer }),
      ...(step === undefined || unit === undefined ? {} : { step, unit }),
    };
    const found = await explanationOf(opened.task.model, sample, asked, baseline, () => {});
    const all: Explanation = { model: served.name, prediction: sample.prediction.text, ...found };
    return json(explanationAnswer(all, sample.prediction.data));
  },
};

/** A translation with the attention that it was written by. */
async function translationOf(
  { translations }: ServedModel,
  { text }: Fields,
  limits: RequestLimits,
  signal: AbortSignal,
): Promise<unknown> {
  if (typeof text !== "string") throw new HttpProblem(400, "It explains a translation: give text.");
  checkTexts([text], limits);
  const [found] = await translations!.ask([text], {}, { signal });
  return found;
}

async function sampleOf(opened: ExplainedTask, body: Fields, limits: RequestLimits): Promise<Sample> {
  const at = body.at === undefined ? null : (body.at as number) - 1;
  if (opened.kind === "sequenceTranscriber") {
    const input = inputOf(oneField(body, ["frames", "samples", "wav"]), body);
    checkSteps(inputSteps(input), limits);
    return transcriptSample(opened, input, at);
  }
  if (opened.kind === "videoClassifier") {
    if (!Array.isArray(body.clip)) throw new HttpProblem(400, "It explains a clip: give clip.");
    checkSteps(body.clip.length, limits);
    return clipSample(opened, body.clip as Clip);
  }
  if (opened.kind === "globalForecaster") {
    const [one] = (body.series ?? []) as SeriesRecord[];
    if (!one) throw new HttpProblem(400, "It explains one series: give series, a list of one.");
    return memberSample(opened, one);
  }
  if (opened.kind === "anomalyDetector") {
    if (!Array.isArray(body.series)) throw new HttpProblem(400, "It explains a row of a series: give series.");
    const rows = asNdArray(body.series as number[], { who: "series" });
    const all = rows.rank === 1 ? rows.reshape([rows.size, 1]) : rows;
    const dates = (body.dates as string[] | undefined) ?? null;
    return detectedSample(opened, { series: all, columns: columnsOf(opened.task), dates }, null);
  }
  if (opened.kind === "forecaster") {
    if (!Array.isArray(body.series))
      throw new HttpProblem(400, "A forecaster explains the series so far: give series.");
    const rows = asNdArray(body.series as number[], { who: "series" });
    return seriesSample(opened, rows, namesOf(opened.task.learned), (body.dates as string[] | undefined) ?? null);
  }
  if (opened.kind === "sequenceClassifier" || (opened.kind === "regressor" && opened.task.reads === "sequences")) {
    if (!Array.isArray(body.sequence)) throw new HttpProblem(400, "It explains a sequence: give sequence.");
    return sequenceSample(opened, asNdArray(body.sequence as number[], { who: "sequence" }));
  }
  if (typeof body.text !== "string") throw new HttpProblem(400, "It explains a text: give text.");
  if (opened.kind === "sequenceTagger") return sentenceSample(opened, body.text, at);
  return textSample(opened, body.text, () => {});
}
