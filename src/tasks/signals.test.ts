import { expect, test } from "vitest";
import { thorough } from "../../test/thorough.ts";
import { forecaster, languageModel, sequenceClassifier, textClassifier } from "./index.ts";

const reason = new Error("the page was left");
const rejection = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (e: unknown) => e,
  );
const quiet = { epochs: 1, verbose: 0 } as const;
const gone = () => AbortSignal.abort(reason);
const stays = new AbortController().signal;

test("every task's predict, evaluate and generate reject with the reason of an aborted signal, and answer without", async () => {
  const texts = ["a good film", "a bad film", "good", "bad"];
  const labels = ["g", "b", "g", "b"];
  const text = textClassifier({ units: 2, backend: "js" });
  await text.fit(texts, labels, quiet);
  const sequence = sequenceClassifier({ units: 2, backend: "js" });
  const sequences = [
    [[1], [2]],
    [[2], [1]],
    [[1], [3]],
    [[3], [1]],
  ];
  await sequence.fit(sequences, labels, quiet);
  const series = Array.from({ length: 40 }, (_, t) => Math.sin(t));
  const forecast = forecaster({ units: 2, horizon: 2, window: 4, backend: "js" });
  await forecast.fit(series, quiet);
  const writer = languageModel({ units: 2, backend: "js" });
  await writer.fit(["the cell remembers", "the gate opens"], quiet);
  const write = async (signal: AbortSignal) => {
    for await (const _ of writer.generate("the", { words: 2, signal }));
  };
  const all: ((signal: AbortSignal) => Promise<unknown>)[] = [
    (signal) => text.predict(texts, { signal }),
    (signal) => text.evaluate(texts, labels, { signal }),
    (signal) =>
      text.evaluate(
        texts.map((t, i) => ({ text: t, label: labels[i] })),
        { signal },
      ),
    (signal) => sequence.predict(sequences, { signal }),
    (signal) => sequence.evaluate(sequences, labels, { signal }),
    (signal) => forecast.predict(series, { signal }),
    (signal) => forecast.evaluate(series, { from: 30, signal }),
    (signal) => writer.predict("the", { signal }),
    (signal) => writer.evaluate(["the cell opens"], { signal }),
    write,
  ];
  for (const [k, work] of all.entries()) {
    expect(await rejection(work(gone())), `${k}`).toBe(reason);
    expect(await rejection(work(stays)), `${k}`).toBeNull();
  }
});

test.skipIf(!thorough)(
  "rows are answered in portions with the answers of each alone, and a row that cannot be is named by its place",
  async () => {
    const texts = Array.from({ length: 300 }, (_, i) => `${i % 2 ? "good" : "bad"} film ${i % 7}`);
    const labels = texts.map((_, i) => i % 2);
    const task = textClassifier({ units: 2, backend: "js" });
    await task.fit(texts, labels, quiet);
    const answers = await task.predict(texts);
    expect(answers).toHaveLength(300);
    for (const i of [0, 255, 256, 299]) expect((await task.predict([texts[i]]))[0].label).toBe(answers[i].label);
    expect(await rejection(task.predict(texts.with(270, 5 as never)))).toMatchObject({
      message: expect.stringMatching(/270/),
    });
  },
);
