/** Figures and code of Race, Units, Write and of the further looks: the code runs, and has the numbers of the page; Keras's too, where it is. */
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kerasCode } from "../../studio/src/code/keras.ts";
import { kerasRace, typescriptRace } from "../../studio/src/code/race.ts";
import type { Shown } from "../../studio/src/code/shown.ts";
import { typescriptCode } from "../../studio/src/code/typescript.ts";
import { kerasUnits, typescriptUnits } from "../../studio/src/code/units.ts";
import { kerasWrite, typescriptWrite } from "../../studio/src/code/write.ts";
import { csvOf, type Figure } from "../../studio/src/figures/figure.ts";
import { attentionFigure, gradientFigure, partsFigure } from "../../studio/src/figures/of-lanes.ts";
import { nextWordsFigure } from "../../studio/src/figures/of-next-words.ts";
import { raceFlowFigure, raceLossFigure } from "../../studio/src/figures/of-race.ts";
import { featuresFigure, lineFigure, unitsFigure } from "../../studio/src/figures/of-units.ts";
import { as, asking, bytesOf, codeHome } from "./code-home.ts";

const judge = process.env.CELLSTATE_JUDGE;
const origin = { model: "sentiment.keras", training: null };
const text = "the film was not good";
const race = { task: "adding", length: 12, equal: "units", units: 4, seeds: 2, steps: 3, seed: 5 } as const;

async function raced(task: "adding" | "recall") {
  const ask = asking();
  const { race: state } = as("done", await ask("race", { ...race, task, paused: false }));
  const { flow } = as("flowed", await ask("flow"));
  return { state: state!, flow };
}
async function opened(name: string) {
  const ask = asking();
  const { about } = as("opened", await ask("open", { name: `${name}.keras`, bytes: bytesOf(name) }));
  return { ask, about, shown: { about, training: null, read: null } satisfies Shown };
}
async function units() {
  const { ask, shown } = await opened("sentiment");
  const texts = ["the film was not good", "a dull film", "the acting was great and i liked the end", "not a good film"];
  return { ask, shown, seen: as("units", await ask("units", { texts, cell: "lstm" })).units };
}
const rowsOf = (figure: Figure) => {
  const [columns, ...rows] = csvOf(figure.table).trimEnd().split("\r\n").map((line) => line.split(",")); // biome-ignore format: one line
  return rows.map((row) => Object.fromEntries(columns.map((column, k) => [column, row[k]])));
};
const drawn = (figure: Figure) => {
  const svg = figure.svg();
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  return parseHTML(svg).document.querySelector("svg")!.textContent!;
};

test("a race's figures have the losses and gradients of every seed, and say task, sizes and seeds", async () => {
  const { state, flow } = await raced("adding");
  const losses = raceLossFigure(state, race);
  expect(losses.caption).toMatch(/adding problem, 12 steps, 4 units\. Seeds 5 to 6, after 3 training steps/);
  expect(drawn(losses)).toContain("simple RNN");
  const rows = rowsOf(losses);
  expect(rows).toHaveLength(3 * 2 * state.at.length);
  const last = rows.filter(({ network, seed }) => network === "LSTM" && seed === "6").at(-1)!;
  expect(Number(last.loss)).toBeCloseTo(state.networks[1].losses[1].at(-1)!, 6);
  const flows = raceFlowFigure(flow, flow, race);
  expect(rowsOf(flows)).toHaveLength(3 * 2 * 12);
  expect(Number(rowsOf(flows).at(-1)!.gradient)).toBe(1);
  expect(drawn(flows)).toContain("GRU");
});

test("figures of the units, of a line, of next words and of the further looks have the engine's numbers", async () => {
  const { ask, seen } = await units();
  const features = rowsOf(featuresFigure(seen, origin));
  expect(features.map(({ feature }) => feature)).toEqual(seen.features.map(({ name }) => name));
  expect(Number(features[0].correlation)).toBeCloseTo(seen.features[0].correlation, 6);
  const every = rowsOf(unitsFigure(seen, origin));
  expect(every).toHaveLength(24);
  expect(Number(every[7]["correlation: position"])).toBeCloseTo(seen.units[7].correlations.position, 6);
  const line = rowsOf(lineFigure(seen, 1, origin));
  expect(Number(line[24 + 3].number)).toBeCloseTo(seen.lines[1].values[24 + 3], 6);
  for (const figure of [featuresFigure(seen, origin), unitsFigure(seen, origin), lineFigure(seen, 1, origin)])
    expect(drawn(figure)).toContain("sentiment.keras");
  expect(seen.factors.groups.flatMap((group) => group.units).sort((a, b) => a - b)).toHaveLength(24);
  expect(seen.probes.map(({ probe, problem }) => probe !== null || problem !== "")).toEqual([true, true]);
  const near = as("near", await ask("nearest", { line: 0, step: 3 })).nearest;
  expect(near[0].distance).toBeLessThanOrEqual(near[1].distance);
  expect(await ask("nearest", { line: 0, step: 30 })).toMatchObject({ tell: "failed" });

  const { trace: traced } = as("traced", await ask("trace", { input: text, clamp: null, replace: null }));
  const parts = as(
    "attributed",
    await ask("attribute", { input: text, replace: null, baseline: "zeros", target: null }),
  ).parts;
  const part = partsFigure(traced, parts, "zeros", origin);
  expect(Number(rowsOf(part)[3].integrated_gradients)).toBeCloseTo(parts.integrated[3], 6);
  expect(drawn(part)).toContain("miss their sum");
  const { gradients } = as("reached", await ask("gradients", { input: text, replace: null, target: null }));
  const flow = gradientFigure(traced, gradients, "lstm", origin);
  expect(Number(rowsOf(flow)[0].gradient_c) / gradients.cells[0].c![0]).toBeCloseTo(1, 6);
  drawn(flow);
  const layer = {
    name: "attention",
    heads: 2,
    queries: 5,
    values: 5,
    weights: new Float32Array(50).fill(0.2),
    aligned: true,
  };
  const attended = attentionFigure(traced, layer, 1, origin);
  expect(rowsOf(attended)).toHaveLength(25);
  expect(drawn(attended)).toContain("head 2 of 2");
  const words = nextWordsFigure(
    [{ token: "a", probability: 0.5, next: [{ token: "b", probability: 0.25 }] }],
    "x",
    1,
    origin,
  );
  expect(rowsOf(words)[1]).toMatchObject({ word: "a", word_after: "b", probability: "0.25" });
  drawn(words);
});

describe("code", () => {
  let home: Awaited<ReturnType<typeof codeHome>>;
  beforeAll(async () => {
    home = await codeHome();
  }, 120_000);
  afterAll(() => home.end());
  const numbersAfter = (said: string, label: string): number[] => {
    const at = said.indexOf(label);
    expect(at, said).toBeGreaterThanOrEqual(0);
    const line = said.slice(at + label.length).split(/\]|\n(?! )/)[0];
    return (line.match(/-?\d+(\.\d+)?(e-?\d+)?/g) ?? []).map(Number);
  };

  test.each(["adding", "recall"] as const)("a race on %s has the page's losses and gradients", async (task) => {
    const { state, flow } = await raced(task);
    const shown = { settings: { ...race, task }, steps: state.step, networks: state.networks };
    const said = home.typescript(typescriptRace(shown)).trim().split("\n");
    expect(said).toHaveLength(12);
    const [losses, shares] = [0, 1].map((odd) =>
      said.filter((_, k) => k % 2 === odd).map((line) => Number(/[\d.e-]+$/.exec(line)![0])),
    );
    const wanted = state.networks.flatMap((network) => network.losses.map((loss) => loss.at(-1)!));
    for (const [k, loss] of losses.entries()) expect(loss / wanted[k]).toBeCloseTo(1, 4); // another backend's kernels
    const first = flow.networks.flatMap((network) => network.shares.map((share) => share[0]));
    for (const [k, share] of shares.entries()) expect(share / first[k]).toBeCloseTo(1, 2);
  });

  test("the units' report is the page's", async () => {
    const { shown, seen } = await units();
    const said = home.typescript(typescriptUnits(shown, { seen }));
    for (const { name, unit, correlation, chance } of seen.features) {
      const [number, found, luck] = numbersAfter(said, `${name}: unit`);
      expect(number).toBe(unit + 1);
      expect(found).toBeCloseTo(correlation, 4);
      expect(luck).toBeCloseTo(chance, 4);
    }
    expect(numbersAfter(said, "factors explain")[0]).toBeCloseTo(seen.factors.explained, 2);
  });

  test("next words have the page's probabilities", async () => {
    const { ask, shown } = await opened("next-word");
    const { tree } = as("written", await ask("write", { prompt: "what does the", top: 8, depth: 1, temperature: 0.7 }));
    const said = home.typescript(typescriptWrite(shown, { prompt: "what does the", temperature: 0.7 })).split("\n");
    for (const [k, { token, probability }] of tree.entries()) {
      expect(said[k].split(" ")[0]).toBe(token);
      expect(Number(said[k].split(" ")[1])).toBeCloseTo(probability, 4);
    }
  });

  test("further looks that are open are in the code, with the page's numbers", async () => {
    const { ask, about } = await opened("sentiment");
    const { trace: traced } = as("traced", await ask("trace", { input: text, clamp: null, replace: null }));
    const looks = { parts: true, gradients: true, attention: false };
    const read = { traced, cell: traced.cells[0], cellIndex: 0, gate: "f", step: null, unit: 0, sums: false, looks };
    const said = home.typescript(typescriptCode({ about, training: null, read }));
    const { parts } = as(
      "attributed",
      await ask("attribute", { input: text, replace: null, baseline: "zeros", target: null }),
    );
    const own = numbersAfter(said, "part of each step").slice(-5);
    for (const [t, part] of own.entries()) expect(part).toBeCloseTo(parts.integrated[t], 4);
  });

  test.skipIf(!judge)("Keras runs the code, and has the page's numbers", { timeout: 600_000 }, async () => {
    const python = (code: string) => home.python(code, judge!);
    const { ask, about, shown } = await opened("sentiment");
    const { trace: traced } = as("traced", await ask("trace", { input: text, clamp: null, replace: null }));
    const read = { traced, cell: traced.cells[0], cellIndex: 0, gate: "f", step: 3, unit: 0, sums: false };
    const gates = numbersAfter(python(kerasCode({ about, training: null, read })), "forget gate");
    for (const [u, f] of gates.entries()) expect(f).toBeCloseTo(traced.cells[0].values.f[3 * 24 + u], 4);
    const { tree } = await (async () => {
      const writer = await opened("next-word");
      const told = await writer.ask("write", { prompt: "what does the", top: 8, depth: 1, temperature: 0.7 });
      const said = python(kerasWrite(writer.shown, { prompt: "what does the", temperature: 0.7 }))
        .trim()
        .split("\n");
      return { tree: as("written", told).tree.map((one, k) => ({ ...one, said: said.at(k - 8)!.split(" ") })) };
    })();
    for (const { token, probability, said } of tree) {
      expect(said[0]).toBe(token);
      expect(Number(said[1])).toBeCloseTo(probability, 3);
    }
    const { seen } = await units();
    expect(python(kerasUnits(shown, { seen }))).toMatch(/length of the word: unit \d+ correlation -?0\.\d+/);
    for (const task of ["adding", "recall"] as const) {
      const { state } = await raced(task);
      const said = python(kerasRace({ settings: { ...race, task }, steps: 2, networks: state.networks }));
      expect(said.match(/loss on rows held out \d/g)).toHaveLength(6);
    }
    const settings = { lab: "adding", cell: "lstm", units: 4, rate: 0.01, steps: 2, seed: 3, dropout: 0 } as const;
    expect(python(kerasCode({ about: null, training: { settings, steps: 2 }, read: null }))).toMatch(
      /loss on rows held out \d/,
    );
  });
});
