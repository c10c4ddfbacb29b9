import {
  anomalyDetector,
  dense,
  forecaster,
  input,
  type LanguageModel,
  type LoadedTask,
  languageModel,
  lstm,
  type Model,
  sequential,
  type TextClassifier,
  textClassifier,
} from "../../index.ts";
import { type InferenceServer, inferenceServer } from "../inference-server.ts";
import type { InferenceServerOptions } from "../options.ts";

/** Small models of several kinds, trained for a moment. */
export interface SmallModels {
  readonly sentiment: TextClassifier;
  readonly writer: LanguageModel;
  readonly numbers: Model;
  readonly tasks: Readonly<Record<string, LoadedTask>>;
}

export async function smallModels(): Promise<SmallModels> {
  const quiet = { epochs: 1, verbose: 0 } as const;
  const sentiment = textClassifier({ units: 4, embedding: 4 });
  const texts = ["good film", "bad film", "so good", "so bad it hurts", "good", "bad"];
  await sentiment.fit(texts, ["yes", "no", "yes", "no", "yes", "no"], quiet);
  const writer = languageModel({ units: [8], embedding: 8 });
  await writer.fit(["the cell keeps what the gate lets in", "the gate keeps the cell", "a cell has a gate"], {
    ...quiet,
    epochs: 3,
  });
  const numbers = sequential([input([null, 2], { name: "steps" }), lstm(4), dense(3, { activation: "softmax" })]);
  const airline = forecaster({ horizon: 2, window: 4, season: 1, units: 4, method: "network" });
  const wave = Array.from({ length: 60 }, (_, t) => Math.sin(t / 4));
  await airline.fit(wave, quiet);
  const pump = anomalyDetector({ window: 4, units: 4 });
  await pump.fit(
    Array.from({ length: 300 }, (_, t) => Math.sin(t / 4) + 0.1 * Math.sin(t * t)),
    quiet,
  );
  const tasks: Record<string, LoadedTask> = {
    sentiment: { kind: "textClassifier", task: sentiment },
    writer: { kind: "languageModel", task: writer },
    airline: { kind: "forecaster", task: airline },
    pump: { kind: "anomalyDetector", task: pump },
  };
  return { sentiment, writer, numbers, tasks };
}

export const smallServer = (
  { tasks, numbers }: SmallModels,
  options: Omit<InferenceServerOptions, "models"> = {},
): InferenceServer => inferenceServer({ models: { ...tasks, numbers }, ...options });

/** Asks with JSON, or with a text as it stands; the answer's status, headers and JSON, or text. */
export async function ask(
  server: InferenceServer,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; said: never; text: string }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const sent = body === undefined ? {} : { method: "POST", body: text };
  const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  const response = await server.fetch(
    new Request(`http://localhost${path}`, { ...sent, headers: { ...type, ...headers } }),
  );
  const answer = await response.text();
  const json = response.headers.get("content-type")?.startsWith("application/json");
  return {
    status: response.status,
    headers: response.headers,
    said: (json ? JSON.parse(answer) : answer) as never,
    text: answer,
  };
}
