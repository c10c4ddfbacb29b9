/** A task's training broken off at any step continues with another object to the same weights, history and file. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  adam,
  backupAndRestore,
  type Callback,
  earlyStopping,
  forecaster,
  type History,
  languageModel,
  sequenceClassifier,
  textClassifier,
} from "../../src/index.ts";
import { cuts } from "../thorough.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-resume-tasks-"));
beforeAll(() => {
  process.env.SOURCE_DATE_EPOCH = "1700000000"; // or the date would be in the file
});
afterAll(() => {
  delete process.env.SOURCE_DATE_EPOCH;
  rmSync(folder, { recursive: true, force: true });
});

interface Fitting {
  callbacks: Callback[];
  verbose: 0;
}
interface Task {
  fit(options: Fitting): Promise<History>;
  save(path: string): Promise<void>;
}

const lines = ["the cell remembers", "the gate opens slowly for the cell", "a gate forgets", "the cell forgets a gate"];
const text = lines.join(" ").repeat(4);
const reviews = Array.from({ length: 24 }, (_, i) => `a ${i % 2 ? "good" : "bad"} film number ${i % 5}`);
const labels = reviews.map((_, i) => (i % 2 ? "good" : "bad"));
const sequences = labels.map((_, i) => Array.from({ length: 2 + (i % 3) }, (_, t) => [i % 2, Math.sin(i + t)]));
const series = Array.from({ length: 48 }, (_, i) => 10 + (i % 4) + i / 10);
const patient = () => earlyStopping({ patience: 1, restoreBestWeights: true });
const words = { units: 6, embedding: 4, dropout: 0.3, recurrentDropout: 0.2 };

const writer = (scheme: "lines" | "stream" | "prefixes", epochs = 3): Task => {
  const task = languageModel({ ...words, scheme, steps: 6 });
  const [raw, validated] = scheme === "stream" ? [text, text.slice(0, 90)] : [lines, lines.slice(1, 3)];
  return {
    fit: ({ callbacks, ...rest }) =>
      task.fit(raw, { ...rest, epochs, batchSize: 2, validationData: validated, callbacks: [patient(), ...callbacks] }),
    save: (path) => task.save(path),
  };
};
const stack = { units: 5, dropout: 0.2, recurrentDropout: 0.2, outputDropout: 0.1 };
const short = { epochs: 4, batchSize: 8, validationSplit: 0.25, patience: 1 };

const tasks: Record<string, () => Task> = {
  "a language model of lines": () => writer("lines"),
  "a language model of a stream, whose states are carried": () => writer("stream"),
  "a language model of prefixes": () => writer("prefixes", 2),
  "a text classifier": () => {
    const task = textClassifier(stack);
    const fit = (options: Fitting) => task.fit(reviews, labels, { ...short, classWeight: "balanced", ...options });
    return { fit, save: (path) => task.save(path) };
  },
  "a sequence classifier": () => {
    const task = sequenceClassifier({ ...stack, bidirectional: true, cell: "gru", pooling: "last" });
    return { fit: (o) => task.fit(sequences, labels, { ...short, ...o }), save: (path) => task.save(path) };
  },
  "a forecaster with Gaussian intervals": () => {
    const task = forecaster({ ...stack, horizon: 2, intervals: "gaussian" });
    return { fit: (options) => task.fit(series, { ...short, ...options }), save: (path) => task.save(path) };
  },
};

for (const [title, make] of Object.entries(tasks)) {
  test(`${title} continues to the same bits`, async () => {
    const path = join(folder, `${title}.keras`);
    const saved = async (task: Task) => {
      await task.save(path);
      return readFileSync(path);
    };
    const options = (more: Callback) => ({
      callbacks: [more, backupAndRestore(join(folder, title), { saveFreq: 2 })],
      verbose: 0 as const,
    });
    const whole = make();
    let steps = 0;
    const { history } = await whole.fit(options({ onTrainBatchEnd: () => void steps++ }));
    const expected = await saved(whole);
    expect(steps).toBeGreaterThan(5);
    for (const at of cuts(steps)) {
      const powerCut: Callback = {
        onTrainBatchEnd(_, __, state) {
          if (state.steps === at) throw new Error("power cut");
        },
      };
      await expect(make().fit(options(powerCut))).rejects.toThrow("power cut");
      const resumed = make();
      expect((await resumed.fit(options({}))).history).toEqual(history);
      expect(await saved(resumed)).toEqual(expected);
    }
  });
}

test("with other options or other data it is said which differ", async () => {
  const backup = backupAndRestore(join(folder, "other"), { deleteCheckpoint: false });
  const callbacks = [backup];
  const fit = (texts = reviews, more: object = {}, options: object = {}) =>
    textClassifier({ units: 4, ...options }).fit(texts, labels, { epochs: 1, verbose: 0, callbacks, ...more });
  await fit();
  await expect(fit(reviews, { epochs: 2 })).rejects.toThrow(
    "textClassifier.fit: expected epochs 1, as in the interrupted training, received epochs 2.\n  Training was interrupted: give the same again",
  );
  await expect(fit(reviews.with(3, "another"), { validationSplit: 0.5 }, { units: 8, cell: "gru" })).rejects.toThrow(
    'expected units 4, validationSplit 0, cell by default, the same rows, as in the interrupted training, received units 8, validationSplit 0.5, cell "gru", other rows.',
  );
  const optimizer = adam({ learningRate: 0.002, beta1: 0.8 });
  await expect(fit(reviews, {}, { optimizer })).rejects.toThrow(
    "expected optimizer by default, as in the interrupted training",
  );
  await fit();
});
