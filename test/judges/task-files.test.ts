/** Files of the newer tasks, opened by Keras itself: the same numbers. Skipped with a line where there is no Keras. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Arrays } from "../../src/index.ts";
import { NdArray } from "../../src/index.ts";
import { multiLabelClassifier } from "../../src/multilabel/index.ts";
import { sequenceTagger } from "../../src/tagging/index.ts";
import { sequenceTranscriber } from "../../src/transcribe/index.ts";
import { videoClassifier } from "../../src/video/index.ts";
import { thorough } from "../thorough.ts";

const own = join(import.meta.dirname, "../../build/judges/bin/python"); // as npm run judges makes it
const keras = process.env.CELLSTATE_JUDGE ?? (existsSync(own) ? own : null);
if (thorough && keras === null)
  console.warn("skipped: no Keras; npm run judges makes one, CELLSTATE_JUDGE names another");

/** All files at once: Keras takes its time to load. */
function asked(requests: readonly object[]): number[][][] {
  const env = { ...process.env, KERAS_BACKEND: "tensorflow", TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "" };
  const input = requests.map((one) => `${JSON.stringify(one)}\n`).join("");
  const script = join(import.meta.dirname, "task_files.py");
  const said = execFileSync(keras!, ["-W", "ignore", script], { input, env, stdio: ["pipe", "pipe", "ignore"] });
  const lines = `${said}`.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => {
    const { value, raised } = JSON.parse(line) as { value?: number[][]; raised?: string };
    if (value) return value;
    throw new Error(raised);
  });
}

const folder = mkdtempSync(join(tmpdir(), "cellstate-task-files-"));
const backend = "js" as const;

interface Opened {
  readonly model: { predict(x: Arrays): Promise<unknown> };
  save(path: string): Promise<void>;
}

const tagged = ["boston", "rome"].flatMap((city) =>
  ["to", "from"].map((word) => ({ tokens: [word, city], labels: ["O", "B-city"], intent: word })),
);
const column = (right: boolean) =>
  Array.from({ length: 3 }, (_, t) =>
    Array.from({ length: 6 }, () => Array.from({ length: 6 }, (_, c) => Number(c === (right ? t : 5 - t)))),
  );
const clips = [column(true), column(false), column(true), column(false)];
const sides = ["right", "left", "right", "left"];
const frames = Array.from({ length: 6 }, (_, t) => [t % 2, 1 - (t % 2)]);

const cases: Record<string, () => Promise<{ task: Opened; x: Arrays }>> = {
  async sequenceTagger() {
    const task = sequenceTagger({ units: 4, embedding: 6, charEmbedding: 3, charUnits: 3, backend });
    await task.fit([...tagged, ...tagged], { epochs: 2, verbose: 0 });
    return { task: task as unknown as Opened, x: task.modelInput("to rome").x };
  },
  async sequenceTranscriber() {
    const task = sequenceTranscriber({ units: 5, backend });
    await task.fit(
      [
        { input: frames, transcript: "ab" },
        { input: frames, transcript: "ba" },
      ],
      { epochs: 2, verbose: 0 },
    );
    const data = Float32Array.from({ length: 8 * 2 }, (_, k) => (k < 12 ? Math.sin(k) : -1000));
    return { task, x: new NdArray(data, [1, 8, 2]) };
  },
  async videoClassifier() {
    const task = videoClassifier({ convolution: [3], units: 5, backend });
    await task.fit(clips, sides, { epochs: 2, verbose: 0 });
    return { task, x: task.modelInput(clips[1]).x };
  },
  async "videoClassifier, convLstm2d"() {
    const task = videoClassifier({ cell: "convLstm2d", convolution: [3], units: 2, backend });
    await task.fit(clips, sides, { epochs: 2, verbose: 0 });
    return { task, x: task.modelInput(clips[1]).x };
  },
  async multiLabelClassifier() {
    const task = multiLabelClassifier({ units: 4, embedding: 6, backend });
    const texts = ["sun", "wind", "sun wind", "nothing"];
    await task.fit([...texts, ...texts], [["a"], ["b"], ["a", "b"], [], ["a"], ["b"], ["a", "b"], []], {
      epochs: 2,
      verbose: 0,
    });
    return { task, x: task.modelInput("sun wind").x };
  },
};

test.skipIf(!thorough || keras === null)(
  "Keras opens the file of each task and gives its numbers",
  { timeout: 300_000 },
  async () => {
    const made: { name: string; ours: NdArray[]; request: object }[] = [];
    for (const [name, make] of Object.entries(cases)) {
      const { task, x } = await make();
      const path = join(folder, `${name.replace(/\W+/g, "-")}.keras`);
      await task.save(path);
      const inputs = ((Array.isArray(x) ? x : [x]) as NdArray[]).map(({ data, shape, dtype }) => ({
        ...{ data: Array.from(data), shape, dtype },
      }));
      const ours = [await task.model.predict(x)].flat() as NdArray[];
      made.push({ name, ours, request: { path, inputs } });
    }
    const answers = asked(made.map(({ request }) => request));
    expect(answers).toHaveLength(made.length);
    for (const [n, { name, ours }] of made.entries())
      for (const [k, { data }] of ours.entries()) {
        expect(answers[n][k], name).toHaveLength(data.length);
        const apart = Math.max(...answers[n][k].map((v, i) => Math.abs(v - data[i])));
        expect(apart, `${name}, output ${k}`).toBeLessThan(1e-5); // f32
      }
  },
);
