/** Tasks that search for their answers, and classifiers of clips, over HTTP: what they answer alone and beside others is what they answer in a program. */
import { beforeAll, expect, test } from "vitest";
import { multiLabelClassifier } from "../multilabel/index.ts";
import { ctcSpans, type SequenceTranscriber, sequenceTranscriber } from "../transcribe/index.ts";
import { type Translator, translator } from "../translate/index.ts";
import { videoClassifier } from "../video/index.ts";
import { type InferenceServer, inferenceServer } from "./inference-server.ts";
import { ask } from "./testing/small-server.ts";

let german: Translator;
let letters: SequenceTranscriber;
let server: InferenceServer;
const quiet = { epochs: 1, verbose: 0 } as const;
const lines = { "content-type": "application/x-ndjson" };
const frames = (count: number, from = 0) =>
  Array.from({ length: count }, (_, t) => [Math.sin(t + from), Math.cos(t * 2 + from), 0.1 * t]);
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

beforeAll(async () => {
  german = translator({ units: 8, embedding: 8, pieces: 30, dropout: 0 });
  const words = ["one", "two", "three", "four", "five"];
  const pairs = words.flatMap((a) => words.map((b) => [`${a} ${b}`, `${b} ${a}`] as const));
  await german.fit(pairs, quiet);
  letters = sequenceTranscriber({ units: 4, dropout: 0 });
  await letters.fit(
    ["ab", "ba", "aab", "b"].map((transcript, k) => ({ input: frames(8 + k, k), transcript })),
    { ...quiet, validationSplit: 0 },
  );
  server = inferenceServer({
    models: {
      german: { kind: "translator", task: german },
      letters: { kind: "sequenceTranscriber", task: letters },
    },
    maxTokens: 50,
    maxSteps: 40,
  });
}, 60_000);

test("translations asked at the same time are those of each alone, to the bit", async () => {
  const texts = ["one two", "three", "five four three two one two three four five one two", "two two", "four one five"];
  const alone = [];
  for (const text of texts) alone.push(...(await german.translate([text])));
  const said = alone.map(({ text: translation, logProbability, unknown }, k) => ({
    ...{ text: texts[k], translation, logProbability, unknown },
  }));
  const asked = texts.map((text) => ask(server, "/models/german/translate", { text }));
  expect((await Promise.all(asked)).map((answer) => answer.said)).toEqual(plain(said));
  expect((await ask(server, "/models/german/translate", { texts })).said).toEqual({ predictions: plain(said) });
  const [greedy] = await german.translate(["one two"], { beams: 1, lengthPenalty: 0 });
  const one = await ask(server, "/models/german/translate", { text: "one two", beams: 1, lengthPenalty: 0 });
  expect(one.said).toMatchObject({ logProbability: greedy.logProbability });
  const streamed = await ask(server, "/models/german/translate", '"one two"\n{"txt": 1}\n', lines);
  const answered = streamed.text.trim().split("\n");
  expect(answered.map((line) => JSON.parse(line))).toEqual([plain(said[0]), { line: 2, error: expect.any(String) }]);
});

test("explain of a translator gives the attention, as the command line does", async () => {
  const [found] = await german.translate(["one two"]);
  expect((await ask(server, "/models/german/explain", { text: "one two" })).said).toEqual(plain(found));
});

test("transcripts asked at the same time are those of each alone, of frames, samples and wav files", async () => {
  const inputs = [frames(8), frames(19, 3), frames(9), frames(30)];
  const alone = [];
  for (const input of inputs) alone.push(...(await letters.transcribe([input], { topPaths: 2 })));
  const asked = inputs.map((input) => ask(server, "/models/letters/transcribe", { frames: input, top: 2 }));
  expect((await Promise.all(asked)).map(({ said }) => said)).toEqual(plain(alone));
  const together = await ask(server, "/models/letters/transcribe", { sequences: inputs, top: 2 });
  expect(together.said).toEqual({ predictions: plain(alone) });
  const recording = { samples: [0, 0.5], sampleRate: 8000 };
  for (const body of [recording, { samples: [0.1] }, { wav: "UklGRg==" }, { wav: "%" }])
    expect((await ask(server, "/models/letters/transcribe", body)).status).toBe(400); // it reads frames
});

test("what cannot be translated or transcribed is refused with what was expected", async () => {
  const refused = async (path: string, body: object) => {
    const { status, said } = await ask(server, path, body);
    return [status, (said as { error: { message: string } }).error.message];
  };
  expect(await refused("/models/german/translate", { txt: "a" })).toEqual([400, expect.stringContaining('"text"')]);
  for (const verb of ["translate", "explain"])
    expect(await refused(`/models/german/${verb}`, { text: "a".repeat(201) })).toEqual([
      400,
      expect.stringContaining("200 characters"),
    ]);
  expect(await refused("/models/german/translate", { text: "" })).toEqual([400, expect.any(String)]);
  expect(await refused("/models/german/predict", { text: "a" })).toEqual([
    400,
    expect.stringContaining("translate, explain"),
  ]);
  expect(await refused("/models/letters/transcribe", { frames: frames(41) })).toEqual([
    413,
    expect.stringContaining("40 steps"),
  ]);
  expect(await refused("/models/letters/transcribe", { frames: [[1, 2]] })).toEqual([400, expect.any(String)]);
  expect(await refused("/models/letters/explain", { text: "a" })).toEqual([400, expect.stringContaining("frames")]);
  expect(await refused("/models/letters/explain", { frames: frames(41) })).toEqual([
    413,
    expect.stringContaining("40 steps"),
  ]);
});

test("a text with any number of labels is answered and explained, alone and beside others to the bit", async () => {
  const task = multiLabelClassifier({ units: 4, embedding: 4, thresholds: { sport: 0.4 } });
  const texts = Array.from({ length: 12 }, (_, k) => (k % 2 ? "a goal in the last minute" : "shares fell again"));
  await task.fit(
    texts,
    texts.map((_, k) => (k % 2 ? ["sport"] : k % 3 ? ["money", "news"] : [])),
    quiet,
  );
  const topics = inferenceServer({ models: { topics: { kind: "multiLabelClassifier", task } } });
  const asked = ["a goal", "shares fell again today", "unheard", "the last minute"];
  const wanted = [];
  for (const text of asked) wanted.push({ text, ...(await task.predict([text]))[0] });
  const alone = asked.map((text) => ask(topics, "/models/topics/predict", { text }));
  expect((await Promise.all(alone)).map(({ said }) => said)).toEqual(plain(wanted));
  expect((await ask(topics, "/models/topics/predict", { texts: asked })).said).toEqual({ predictions: plain(wanted) });
  const explained = (await ask(topics, "/models/topics/explain", { text: "a goal" })).said as { prediction: unknown };
  expect(explained.prediction).toEqual(plain((await task.predict(["a goal"]))[0]));
  expect((await ask(topics, "/models/topics/predict", { sequence: [[1]] })).status).toBe(400);
});

test("a transcript is explained by one of its characters", async () => {
  const found = await Promise.all(
    [8, 9, 10, 11].map(async (count) => ({ count, spans: ctcSpans((await letters.logits([frames(count)]))[0]) })),
  );
  for (const { count, spans } of found) {
    const { status, said } = await ask(server, "/models/letters/explain", { frames: frames(count), at: 1 });
    expect(status).toBe(spans.length > 0 ? 200 : 400);
    if (spans.length === 0) continue;
    const { prediction } = said as { prediction: { characters: object[] } };
    expect(prediction.characters).toEqual(
      spans.map(({ label, ...places }) => ({ ...places, character: letters.alphabet[label - 1] })),
    );
  }
});

test("a classifier of clips answers clips", async () => {
  const task = videoClassifier({ units: 4, convolution: [2] });
  const clip = (k: number) =>
    Array.from({ length: 4 }, (_, t) =>
      Array.from({ length: 8 }, (_, y) => Array.from({ length: 8 }, (_, x) => (x === (t + k) % 8 || y === k ? 1 : 0))),
    );
  const clips = Array.from({ length: 8 }, (_, k) => clip(k));
  await task.fit(
    clips,
    clips.map((_, k) => ["a", "b"][k % 2]),
    quiet,
  );
  const moving = inferenceServer({ models: { moving: { kind: "videoClassifier", task } } });
  const wanted = await task.predict(clips.slice(0, 2));
  expect((await ask(moving, "/models/moving/predict", { clips: clips.slice(0, 2) })).said).toEqual({
    predictions: plain(wanted),
  });
  const one = await ask(moving, "/models/moving/predict", { clip: clips[0] });
  expect(one.said).toEqual(plain((await task.predict([clips[0]]))[0]));
  expect((await ask(moving, "/models/moving/predict", { text: "a" })).status).toBe(400);
  const explained = (await ask(moving, "/models/moving/explain", { clip: clips[0] })).said as { steps: unknown[] };
  expect(explained.steps).toHaveLength(4);
  expect((await ask(moving, "/models/moving/explain", { text: "a" })).status).toBe(400);
});
