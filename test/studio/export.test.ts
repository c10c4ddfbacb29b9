/** Figures and code of the studio without a browser: numbers of files are those of the trace, and the code runs. */
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tell } from "../../src/studio/index.ts";
import type { About, StudioTrace, TrainingState } from "../../src/studio/messages.ts";
import { kerasCode } from "../../studio/src/code/keras.ts";
import { type Shown, shortest } from "../../studio/src/code/shown.ts";
import { typescriptCode } from "../../studio/src/code/typescript.ts";
import { csvOf, type Figure, fileName } from "../../studio/src/figures/figure.ts";
import { stepFigure, sumFigure } from "../../studio/src/figures/of-cell.ts";
import { gateFigure, keptFigure, leftFigure, predictionFigure } from "../../studio/src/figures/of-trace.ts";
import { lossFigure } from "../../studio/src/figures/of-training.ts";
import { labCards } from "../../studio/src/page-labs.ts";
import { asking as asked, bytesOf, codeHome } from "./code-home.ts";

type Any = Tell & { about: About; trace: StudioTrace; training: TrainingState };
const asking = () => {
  const ask = asked();
  return async (kind: string, given: object = {}) => (await ask(kind, given)) as Any;
};
async function opened(name: string) {
  const ask = asking();
  const { about } = await ask("open", { name: `${name}.keras`, bytes: bytesOf(name) });
  return { ask, about };
}
const settings = { lab: "adding", cell: "lstm", units: 5, rate: 0.01, steps: 7, seed: 3, dropout: 0 } as const;
const origin = { model: "sentiment.keras", training: null };

describe("figures", () => {
  const rowsOf = (figure: Figure) => {
    const [columns, ...rows] = csvOf(figure.table)
      .trimEnd()
      .split("\r\n")
      .map((line) => line.split(","));
    return rows.map((row) => Object.fromEntries(columns.map((column, k) => [column, row[k]])));
  };
  const drawn = (figure: Figure) => {
    const svg = figure.svg();
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    return parseHTML(svg).document.querySelector("svg")!;
  };

  test("files have the numbers of the trace, and say the model, the input and what is held", async () => {
    const { ask, about } = await opened("sentiment");
    const clamp = { cell: "lstm", gate: "i", step: 3, unit: 1, value: 0.5 };
    const { trace: traced } = await ask("trace", { input: 'not <b> "good" & dull', clamp, replace: null });
    expect(about.name).toBe(origin.model);
    const [cell] = traced.cells;
    const gate = gateFigure(traced, cell, "f", origin);
    expect(gate.name).toBe("sentiment-lstm-forget-gate");
    const rows = rowsOf(gate);
    expect(rows).toHaveLength(traced.steps.length * cell.units);
    for (const [k, row] of rows.entries()) {
      expect(Math.fround(Number(row.value))).toBeCloseTo(cell.values.f[k], 6);
      expect(row).toMatchObject({
        model: "sentiment.keras",
        step: String(Math.floor(k / cell.units) + 1),
        unit: String((k % cell.units) + 1),
      });
    }
    for (const figure of [
      gate,
      gateFigure(traced, cell, "c", origin),
      keptFigure(traced, cell, "f", origin),
      leftFigure(traced, cell, origin),
      predictionFigure(traced, origin),
      stepFigure(traced, cell, { step: 2, unit: 3 }, origin),
    ]) {
      const text = drawn(figure).textContent!;
      expect(text).toContain("sentiment.keras");
      expect(figure.caption).toContain("input gate of unit 2 of lstm is held at 0.5 at step 4");
      expect(figure.caption).toContain("“not <b>");
      expect(rowsOf(figure).length).toBeGreaterThan(0);
    }
    const paths = [...drawn(gate).querySelectorAll("g g path")];
    expect(paths.length).toBeGreaterThan(3);
  });

  test("a sum's file has its products, others, bias and sum", async () => {
    const { ask } = await opened("sentiment");
    const { trace: traced } = await ask("trace", { input: "the film was not good", clamp: null, replace: null });
    const told = await ask("worked", { input: traced.input, replace: null, cell: "lstm", step: 3, unit: 0 });
    if (told.tell !== "worked") throw new Error(JSON.stringify(told));
    const figure = sumFigure(traced, told.worked, told.worked.gates[0], ({ from, index }) => `${from}${index}`, origin);
    const rows = rowsOf(figure);
    const products = rows.map(({ product }) => Number(product));
    expect(rows.at(-1)!.from).toBe("sum");
    expect(products.slice(0, -1).reduce((a, b) => a + b, 0)).toBeCloseTo(products.at(-1)!, 5);
    expect(drawn(figure).textContent).toContain("bias");
  });

  test("words, series and trainings have figures too; a training's say the seed and its steps", async () => {
    const words = await opened("next-word");
    const written = await words.ask("trace", { input: "what does the", clamp: null, replace: null });
    expect(rowsOf(predictionFigure(written.trace, { model: "next-word.keras", training: null }))[0]).toMatchObject({
      rank: "1",
    });
    drawn(predictionFigure(written.trace, origin));
    const ask = asking();
    const { training } = await ask("train", { ...settings, paused: false });
    const { trace: traced } = await ask("trace", { input: "0.5 1; 0.25 0; 0.75 1", clamp: null, replace: null });
    expect(traced.trainedSteps).toBe(7);
    const made = {
      model: "",
      training: { task: "Adding problem", layer: "LSTM", units: 5, rate: 0.01, seed: 3, step: 7 },
    };
    const losses = lossFigure(training, made);
    expect(losses.caption).toContain("seed 3, after 7 training steps");
    expect(losses.name).toBe("adding-problem-lstm-seed-3-losses");
    expect(rowsOf(losses).at(-1)).toMatchObject({ seed: "3", loss: String(training.loss.at(-1)) });
    drawn(losses);
    drawn(predictionFigure(traced, made));
    drawn(
      lossFigure(
        { ...training, at: new Float64Array(0), loss: new Float64Array(0), validation: new Float64Array(0) },
        made,
      ),
    );
  });

  test("a text in a CSV file stays a text: quotes, lines, formulas", () => {
    const csv = csvOf({
      columns: ["text", "value"],
      rows: [
        ['a "b", c\nd', 0.1],
        ["=1+1", Number.NaN],
        ["-2.5", -2.5],
      ],
    });
    expect(csv).toBe('text,value\r\n"a ""b"", c\nd",0.1\r\n\'=1+1,\r\n-2.5,-2.5\r\n');
    expect(fileName("../Ünï <x>", "f/0")).toBe("ünï-x-f-0");
    expect(fileName("///")).toBe("figure");
  });
});

describe("code of what is on screen", () => {
  let home: Awaited<ReturnType<typeof codeHome>>;
  beforeAll(async () => {
    home = await codeHome();
  }, 120_000);
  afterAll(() => home.end());
  const run = (code: string): string => home.typescript(code);
  const reading = (traced: StudioTrace, step: number | null, sums = false): Shown["read"] => ({
    ...{ traced, cell: traced.cells[0], cellIndex: 0, gate: "f", step, unit: 0, sums },
  });
  const numbersAfter = (said: string, label: string): number[] => {
    const at = said.indexOf(label);
    expect(at, said).toBeGreaterThanOrEqual(0);
    return said
      .slice(at + label.length, said.indexOf("]", at))
      .match(/-?\d+(\.\d+)?(e-?\d+)?/g)!
      .map(Number);
  };

  test.each([
    ["sentiment", "the film was\nnot good", 3],
    ["next-word", "what does the", null],
    ["airline", "112 118 132 129 121 135", 2],
    ["adding", "0.5 1; 0.25 0; 0.75 1", null],
  ] as const)("%s: opened and traced, it has the numbers of the page", async (name, input, step) => {
    const { ask, about } = await opened(name);
    const { trace: traced } = await ask("trace", { input, clamp: null, replace: null });
    const said = run(typescriptCode({ about, training: null, read: reading(traced, step, true) }));
    const [cell] = traced.cells;
    const at = (step ?? traced.steps.length - 1) * cell.units;
    for (const [u, value] of numbersAfter(said, "forget gate").entries())
      expect(value).toBeCloseTo(cell.values.f[at + u], 5);
    if (step !== null) expect(said).toContain("c = f × c₋₁ + i × g");
  });

  test("a gate that is held is held there too", async () => {
    const { ask, about } = await opened("sentiment");
    const clamp = { cell: "lstm", gate: "f", step: 3, unit: null, value: 0.25 };
    const { trace: traced } = await ask("trace", { input: "the film was not good", clamp, replace: null });
    const said = run(typescriptCode({ about, training: null, read: reading(traced, 3) }));
    expect(new Set(numbersAfter(said, "forget gate"))).toEqual(new Set([0.25]));
    const positive = numbersAfter(said, "prediction")[0];
    expect(positive).toBeCloseTo(traced.outputs.values.at(-1)!, 4);
  });

  test.each([
    ["adding", "lstm"],
    ["airline", "gru"],
    ["airline", "simpleRnn"],
  ] as const)("%s, %s: it trains to the same loss", async (lab, cell) => {
    const ask = asking();
    const wanted = { ...settings, lab, cell };
    const { training } = await ask("train", { ...wanted, paused: false });
    const said = run(typescriptCode({ about: null, training: { settings: wanted, steps: 7 }, read: null }));
    const [, loss] = said.match(/loss on rows held out ([\d.e-]+)/)!;
    expect(Number(loss) / training.validation.at(-1)!).toBeCloseTo(1, 4); // the kernels of another backend
  });

  test.each([
    ["pass-fail", "lstm"],
    ["next-value", "gru"],
    ["five-sentences", "lstm"],
    ["four-lines", "simpleRnn"],
  ] as const)("%s, %s: the lab's code trains to the page's loss", async (lab, cell) => {
    const ask = asking();
    const wanted = { ...settings, lab, cell };
    const { training } = await ask("train", { ...wanted, paused: false });
    const said = run(typescriptCode({ about: null, training: { settings: wanted, steps: 7 }, read: null }));
    const [, loss] = said.match(/loss ([\d.e-]+)/)!;
    expect(Number(loss) / training.loss.at(-1)!).toBeCloseTo(1, 4); // the kernels of another backend
  });

  test("every lab has its code in both languages, with the dropout that is set", () => {
    for (const { id } of labCards) {
      const shown = {
        about: null,
        training: { settings: { ...settings, lab: id, dropout: 0.25 }, steps: 7 },
        read: null,
      };
      expect(typescriptCode(shown), id).toMatch(/sequential\(\[.*lstm\(5/);
      expect(kerasCode(shown), id).toContain("keras.layers.LSTM(5");
      const drops = ["text", "faq", "reviews", "imdb", "dialogues"].includes(id);
      expect(
        [typescriptCode(shown), kerasCode(shown)].every((code) => /dropout(=|: )0.25/.test(code)),
        id,
      ).toBe(drops);
    }
  });

  test("Keras's lines name the same layers", async () => {
    const { ask, about } = await opened("sentiment");
    const { trace: traced } = await ask("trace", { input: "the film was not good", clamp: null, replace: null });
    const opens = kerasCode({ about, training: null, read: reading(traced, 3) });
    expect(opens).toContain('load_model("sentiment.keras")');
    expect(opens).toContain("maxlen=60");
    const trains = kerasCode({
      about: null,
      training: { settings: { ...settings, lab: "airline" }, steps: 7 },
      read: null,
    });
    expect(trains).toContain("keras.layers.LSTM(5, return_sequences=True)");
    expect(trains).toContain("keras.layers.Dense(1)");
    expect(trains).toContain("Adam(0.01)");
  });

  test("a number is written in the fewest digits that give it again", () => {
    for (const v of [0.1, 1 / 3, 1e-30, 123456.789, -0.6071068, 0])
      expect(Math.fround(Number(shortest(Math.fround(v))))).toBe(Math.fround(v));
    expect(shortest(Math.fround(0.1))).toBe("0.1");
  });
});
