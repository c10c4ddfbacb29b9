/** Files of version 0.1 open in this one, with the same predictions: one file of each kind, and trainings that were interrupted. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { cellstate, run } from "../../src/cli/program.ts";
import * as c from "../../src/index.ts";
import * as multilabel from "../../src/multilabel/index.ts";
import * as tagging from "../../src/tagging/index.ts";
import * as transcribe from "../../src/transcribe/index.ts";
import * as translate from "../../src/translate/index.ts";
import * as video from "../../src/video/index.ts";
import { cases } from "../fixtures/0.1/cases.mjs";
import { tasks as laterTasks } from "../fixtures/0.1-tasks/cases.mjs";

const folder = join(import.meta.dirname, "../fixtures/0.1/");
const expected = JSON.parse(readFileSync(`${folder}expected.json`, "utf8"));
const scratch = mkdtempSync(join(tmpdir(), "cellstate-earlier-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The same words; numbers as near as two backends' f32 are after a dozen steps of training. */
function expectSame(found: unknown, said: unknown): void {
  if (typeof said === "number") expect(found).toBeCloseTo(said, 5);
  else if (typeof said !== "object" || said === null) expect(found).toBe(said);
  else expectSameEntries(found, said);
}
function expectSameEntries(found: unknown, said: object): void {
  expect(Object.keys(found as object)).toEqual(expect.arrayContaining(Object.keys(said)));
  for (const [key, value] of Object.entries(said)) expectSame((found as Record<string, unknown>)[key], value);
}

describe("a model of version 0.1", () => {
  for (const name of ["model.keras", "model.h5", "model.safetensors", "model.onnx", "tfjs/model.json"])
    test(`${name} gives its predictions`, async () => {
      const model = await c.loadModel(`${folder}${name}`);
      expectSame((await model.predict(cases.rows[0])).toArray(), expected.models.predict);
    });

  for (const name of ["model.keras", "model.h5"])
    test(`${name} is trained further to the same losses`, async () => {
      const model = await c.loadModel(`${folder}${name}`);
      expect(model.iterations).toBe(expected.models.iterations);
      const options = { epochs: 2, batchSize: 4, shuffle: false, verbose: 0 } as const;
      const { history } = await model.fit(...cases.rows, options);
      expectSame(history.loss, expected.models.lossesAfter);
    });

  test("its weights file fits the same layers", async () => {
    const model = cases.model(c);
    await c.loadWeights(model, `${folder}model.weights.h5`);
    expectSame((await model.predict(cases.rows[0])).toArray(), expected.models.predict);
  });

  test("its snapshot is trained further to the same losses", async () => {
    const model = cases.model(c);
    await model.restore(readFileSync(`${folder}model.snapshot`));
    const { history } = await model.fit(...cases.rows, { epochs: 2, batchSize: 4, shuffle: false, verbose: 0 });
    expectSame(history.loss, expected.models.lossesAfter);
  });
});

describe("a task of version 0.1", () => {
  for (const [name, { make, fit, open, ask }] of Object.entries(cases.tasks)) {
    test(`${name} gives its answers`, async () => {
      expectSame(await ask(await open(c, `${folder}${name}.keras`)), expected.tasks[name]);
    });
    test(`${name}, interrupted, is trained to the end with the same answers`, async () => {
      const backup = join(scratch, name);
      cpSync(`${folder}${name}.backup`, backup, { recursive: true });
      let batches = 0;
      const count = { onTrainBatchEnd: () => void batches++ };
      const task = make(c);
      await fit(task, { verbose: 0, epochs: 3, callbacks: [c.backupAndRestore(backup, { saveFreq: 2 }), count] });
      expectSame(await ask(task), expected.resumed[name]);
      const restarted = { n: 0 };
      await fit(make(c), { verbose: 0, epochs: 3, callbacks: [{ onTrainBatchEnd: () => void restarted.n++ }] });
      expect(batches).toBeLessThan(restarted.n); // it was resumed, not begun again
    });
  }
});

describe("a task that came after", () => {
  const later = join(import.meta.dirname, "../fixtures/0.1-tasks/");
  const said = JSON.parse(readFileSync(`${later}expected.json`, "utf8"));
  for (const [name, { open, ask }] of Object.entries(laterTasks))
    test(`${name} gives its answers`, async () => {
      const task = await open(
        { ...c, ...tagging, ...transcribe, ...translate, ...video, ...multilabel },
        `${later}${name}.keras`,
      );
      expectSame(await ask(task), said[name]);
    });
});

describe("a command of version 0.1 that was killed", () => {
  for (const [name, { words, ask }] of Object.entries(cases.commands))
    test(`train ${name} --resume ends with the same answers`, async () => {
      const save = join(scratch, `${name}.keras`);
      cpSync(`${folder}${name}.progress`, `${save}.progress`, { recursive: true });
      let said = "";
      const print = (text: string) => {
        said += text;
      };
      const screen = { out: print, err: print, terminal: false, columns: 80, code: 0, input: async function* () {} };
      const argv = ["node", "cellstate", ...words(folder), "--save", save, "--resume"];
      const code = await run(cellstate(screen), argv, screen);
      expect(said).toContain("Epoch 3/");
      expect(said).not.toContain("Epoch 1/");
      expect(code).toBe(0);
      expectSame(await ask(c, save), expected.commands[name]);
    });
});
