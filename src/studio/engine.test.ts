import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { trace } from "../explain/index.ts";
import { convLstm2d, dense, loadTextClassifier, lstm, type Model, padSequences, sequential } from "../index.ts";
import { createEngine, type Tell } from "./index.ts";
import { openFile } from "./open-model.ts";
import { readMessage, writeMessage } from "./wire.ts";

const models = join(import.meta.dirname, "../../studio/models");
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(models, `${name}.keras`)));

/** An engine, and every answer it gave. */
function listening() {
  const told: Tell[] = [];
  const engine = createEngine((message) => void told.push(message));
  const ask = async (message: object): Promise<Tell> => {
    await engine.ask(message);
    return told.at(-1)!;
  };
  return { told, ask };
}

test("a message with an unknown option, a wrong value or no known question is refused by name", async () => {
  const { ask } = listening();
  const refused = async (message: object) => {
    const tell = await ask(message);
    return tell.tell === "failed" ? tell.problem : tell.tell;
  };
  expect(await refused({ id: 1, ask: "pause", off: true })).toContain('unknown option "off"');
  expect(await refused({ id: 1, ask: "pause", on: 1 })).toContain("expected true or false, received 1");
  expect(await refused({ id: 1, ask: "undo" })).toContain("one of open, compare, trace");
  expect(await refused({ id: "one", ask: "step" })).toContain("studio: id");
  expect(await refused({ id: 1, ask: "trace", clamp: null, replace: null, input: "x".repeat(20_001) })).toContain(
    "at most 20000 characters",
  );
  expect(await refused({ id: 1, ask: "trace", clamp: null, replace: null, input: "good" })).toContain(
    "expected an open model",
  );
  expect(await refused({ id: 1, ask: "open", name: "a.keras", bytes: Uint8Array.of(1, 2, 3) })).toContain(
    "expected a Keras v3 file",
  );
});

test("the sentiment model hears the negation, and its trace is that of the library", async () => {
  const { ask } = listening();
  const opened = await ask({ id: 1, ask: "open", name: "sentiment.keras", bytes: bytesOf("sentiment") });
  if (opened.tell !== "opened") throw new Error(JSON.stringify(opened));
  expect(opened.about).toMatchObject({ task: "textClassifier", input: "words", labels: ["negative", "positive"] });
  const told = await ask({ id: 2, ask: "trace", clamp: null, replace: null, input: opened.about.example });
  if (told.tell !== "traced") throw new Error(JSON.stringify(told));
  const { steps, cells, outputs } = told.trace;
  expect(steps.map(({ text }) => text)).toEqual(["the", "film", "was", "not", "good"]);
  expect([told.id, told.model]).toEqual([2, 1]);

  const task = await loadTextClassifier(bytesOf("sentiment"));
  const ids = task.tokenizer.textsToSequences(["the film was not good"]);
  const { layers } = await trace(task.model, padSequences(ids, { maxLen: task.length }));
  const { units, values } = cells[0];
  for (const name of ["f", "i", "g", "o", "c", "h"] as const) {
    const all = layers[0][name]!.data;
    expect(values[name]).toEqual(Float32Array.from(all.subarray(all.length - 5 * units)));
  }
  const prefixes = ["the", "the film", "the film was", "the film was not", "the film was not good"];
  const wanted = (await task.predict(prefixes)).map(({ probabilities }) => probabilities.positive);
  wanted.forEach((p, t) => {
    expect(outputs.values[2 * t + 1]).toBeCloseTo(p, 5); // f32, another batch
  });
  expect(wanted.at(-1)).toBeLessThan(0.2);
  expect((await task.predict(["the film was good"]))[0].label).toBe("positive");
});

test("what is left of each step adds up to the cell state, where nothing has a sign", async () => {
  const model = sequential([lstm(3, { inputShape: [null, 1], activation: "relu" }), dense(1)], { seed: 3 });
  const { modelBytes } = await import("../formats/index.ts");
  const open = await openFile("m.keras", await modelBytes(model, "m.keras"), "");
  const { traceInput } = await import("./trace-input.ts");
  const { cells } = await traceInput(open, "1 2 0.5 3");
  const [{ left, values, units }] = cells;
  for (let t = 0; t < 4; t++) {
    const sum = [0, 1, 2, 3].reduce((n, s) => n + left![s * 4 + t], 0);
    const state = values.c.subarray(t * units, (t + 1) * units).reduce((n, c) => n + c, 0);
    expect(sum).toBeCloseTo(state, 4); // f32 gates multiplied in f64
  }
});

test("a gate that is held moves what follows, and nothing before it; a step is worked out with its largest terms", async () => {
  const { ask } = listening();
  await ask({ id: 1, ask: "open", name: "sentiment.keras", bytes: bytesOf("sentiment") });
  const input = "the film was not good";
  const traced = async (clamp: object | null) => {
    const told = await ask({ id: 2, ask: "trace", input, clamp, replace: null });
    if (told.tell !== "traced") throw new Error(JSON.stringify(told));
    return told.trace;
  };
  const before = await traced(null);
  const cell = before.cells[0].name;
  const after = await traced({ cell, gate: "i", step: 3, unit: null, value: 0 });
  const [p, q] = [before, after].map(({ outputs }) => [...outputs.values].filter((_, k) => k % 2 === 1));
  expect(q.slice(0, 3)).toEqual(p.slice(0, 3).map((v) => expect.closeTo(v, 5)));
  expect(q[4]).toBeGreaterThan(0.5); // deaf to "not", it hears "the film was good"
  const refused = await ask({
    id: 3,
    ask: "trace",
    input,
    replace: null,
    clamp: { cell, gate: "i", step: 3, value: 0 },
  });
  expect(refused).toMatchObject({
    tell: "failed",
    problem: expect.stringContaining("{ cell, gate, step, unit, value }"),
  });

  const told = await ask({ id: 4, ask: "worked", input, replace: null, cell, step: 3, unit: 2 });
  if (told.tell !== "worked") throw new Error(JSON.stringify(told));
  const f = told.worked.gates.find(({ name }) => name === "f")!;
  expect([f.terms.length, f.othersCount]).toEqual([5, 16 + 24 - 5]);
  const sum = f.terms.reduce((n, { product }) => n + product, f.others + f.bias);
  expect(f.fromInput + f.fromBefore + f.bias).toBeCloseTo(f.sum, 5);
  expect(sum).toBeCloseTo(f.sum, 10); // f64
  expect(1 / (1 + Math.exp(-f.sum))).toBeCloseTo(before.cells[0].values.f[3 * before.cells[0].units + 2], 5);
});

test("a training is held, goes on step by step, and ends; every report has the numbers of its curve", async () => {
  const { ask, told } = listening();
  const given = { lab: "adding", cell: "gru", units: 4, rate: 0.01, steps: 50, seed: 1, dropout: 0, paused: true };
  const running = ask({ id: 7, ask: "train", ...given });
  const until = async (done: () => boolean) => {
    for (let k = 0; k < 500 && !done(); k++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(done()).toBe(true);
  };
  const state = () => told.flatMap((tell) => ("training" in tell && tell.training ? [tell.training] : [])).at(-1)!;
  await until(() => told.some((tell) => tell.tell === "progress" && tell.training.state === "paused"));
  expect(state()).toMatchObject({ step: 0, state: "paused" });
  await ask({ id: 8, ask: "step" });
  await until(() => state().step === 1 && state().state === "paused");
  await ask({ id: 9, ask: "pause", on: false });
  await running;
  expect(state()).toMatchObject({ step: 50, state: "done" });
  expect(state().loss.length).toBe(state().at.length);
  expect(told.every((tell) => tell.tell !== "progress" || tell.id === 7)).toBe(true);
  const traced = await ask({ id: 10, ask: "trace", clamp: null, replace: null, input: "0.5 1; 0.25 0; 0.25 1" });
  expect(traced.tell).toBe("traced");
  const saved = await ask({ id: 11, ask: "save" });
  expect(saved.tell === "done" && saved.bytes!.length).toBeGreaterThan(1000);
});

test("next words come as a tree, and temperature sharpens them", async () => {
  const { ask } = listening();
  await ask({ id: 1, ask: "open", name: "next-word.keras", bytes: bytesOf("next-word") });
  const write = async (temperature: number) => {
    const told = await ask({ id: 2, ask: "write", prompt: "what does the", top: 3, depth: 2, temperature });
    if (told.tell !== "written") throw new Error(JSON.stringify(told));
    return told.tree;
  };
  const [cold, warm] = [await write(0.3), await write(2)];
  expect(cold.map(({ token }) => token)).toEqual(warm.map(({ token }) => token));
  expect(cold[0].probability).toBeGreaterThan(warm[0].probability);
  expect(cold[0].next!.length).toBe(2);
});

test("a model without recurrence, and one without a sequence, are opened and say why they cannot be read", async () => {
  const { ask } = listening();
  const model = sequential([dense(2, { inputShape: [3] })], { seed: 1 });
  const { modelBytes } = await import("../formats/index.ts");
  const told = await ask({ id: 1, ask: "open", name: "d.keras", bytes: await modelBytes(model, "d.keras") });
  expect(told.tell === "opened" && told.about.refusal).toContain("no recurrent layer");
  const image = await openedBytes(sequential([convLstm2d(2, 2, { inputShape: [2, 4, 4, 1] })], { seed: 1 }));
  expect(image).toContain("is no sequence");

  async function openedBytes(other: Model) {
    const bytes = await modelBytes(other, "c.keras");
    const answer = await ask({ id: 2, ask: "open", name: "c.keras", bytes });
    return answer.tell === "opened" && answer.about.refusal;
  }
});

test("messages go through JSON with their arrays", () => {
  const message = {
    id: 3,
    bytes: Uint8Array.of(0, 255),
    values: { f: Float32Array.of(0.5, -2) },
    at: Float64Array.of(1e-300),
  };
  expect(readMessage(writeMessage(message))).toEqual(message);
  expect(() => readMessage("{")).toThrow("a message as JSON");
});

test("units: lines of different lengths count with their own steps, and correlations are those of their values", async () => {
  const { ask } = listening();
  await ask({ id: 1, ask: "open", name: "sentiment.keras", bytes: bytesOf("sentiment") });
  const texts = ["the film was not good", "a dull film", "!!!", "the acting was great and i liked the end"];
  const told = await ask({ id: 2, ask: "units", texts, cell: null });
  if (told.tell !== "units") throw new Error(JSON.stringify(told));
  const { units, features, lines, size, steps, unread } = told.units;
  expect([told.units.cell, size, steps, unread, lines.length]).toEqual(["lstm", 24, 17, 1, 3]);
  expect(await ask({ id: 8, ask: "units", texts, cell: "lstm" })).toMatchObject({ units: told.units });
  const traced = await ask({ id: 3, ask: "trace", clamp: null, replace: null, input: texts[1] });
  expect(traced.tell === "traced" && traced.trace.cells[0].values.c).toEqual(lines[1].values);

  const at = lines.flatMap((line) => line.steps.map((_, t) => ({ line, t })));
  const correlation = (a: number[], b: number[]) => {
    const mean = (v: number[]) => v.reduce((sum, x) => sum + x, 0) / v.length;
    const [ma, mb] = [mean(a), mean(b)];
    const product = (p: number[], mp: number, q: number[], mq: number) =>
      p.reduce((sum, x, k) => sum + (x - mp) * (q[k] - mq), 0);
    return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb));
  };
  for (const u of [0, 7, 23]) {
    const own = at.map(({ line, t }) => line.values[t * size + u]);
    const negated = at.map(({ line, t }) => Number(line.steps.slice(0, t + 1).some((s) => s.text === "not")));
    expect(units[u].correlations.position).toBeCloseTo(
      correlation(
        own,
        at.map(({ t }) => t),
      ),
      8,
    );
    expect(units[u].correlations["after a negation"]).toBeCloseTo(correlation(own, negated), 8);
    expect(units[u].correlations["length of the word"]).toBeCloseTo(
      correlation(
        own,
        at.map(({ line, t }) => line.steps[t].text.length),
      ),
      8,
    );
  }
  expect(features.map(({ name }) => name)).toHaveLength(5);
  expect(await ask({ id: 4, ask: "units", texts: ["!!!"], cell: "lstm" })).toMatchObject({ tell: "failed" });
  const tooMany = await ask({ id: 5, ask: "units", texts: Array(301).fill("good"), cell: "lstm" });
  expect(tooMany.tell === "failed" && tooMany.problem).toContain("1 to 300 texts");
  await ask({ id: 6, ask: "open", name: "adding.keras", bytes: bytesOf("adding") });
  const numbers = await ask({ id: 7, ask: "units", texts: ["1 2"], cell: null });
  expect(numbers.tell === "failed" && numbers.problem).toContain("a model that reads text");
});
