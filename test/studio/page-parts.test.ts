/** The studio's page without a browser: links, colours, bins. */
import { describe, expect, test } from "vitest";
import type { RaceState, StudioTrace } from "../../src/studio/messages.ts";
import { binned, binnedSteps, rowOf, unitOf } from "../../studio/src/bins.ts";
import { blueOrange, cividis, limitFor, placeIn } from "../../studio/src/colours.ts";
import { readLink, writeLink } from "../../studio/src/link.ts";
import { partAround, partOf as partOfTrace } from "../../studio/src/part.ts";
import { flowSentence, partOf, raceSentence } from "../../studio/src/race-sentences.ts";
import { holdsAnew } from "../../studio/src/race-settings.ts";

describe("links", () => {
  test("what is written is read again, whatever the text", () => {
    const link = { view: "read", lab: "sentiment", input: 'é & "#=%\n<b>', step: 3, unit: 7, cell: null } as const;
    expect(readLink(writeLink(link))).toEqual({ link, notes: [] });
  });
  test("a stranger's link is read as far as it is sound", () => {
    const { link, notes } = readLink("#v=2&lab=sentiment&view=read&step=1e9&unit=0&cell=-1&x=<img>");
    expect(link).toEqual({ view: "read", lab: "sentiment", input: null, step: null, unit: null, cell: null });
    expect(notes).toHaveLength(5);
    for (let seed = 1; seed < 500; seed++) {
      const noise = Array.from({ length: 40 }, (_, k) =>
        String.fromCharCode(33 + (((seed * (k + 7) * 2654435761) >>> 9) % 94)),
      );
      expect(["start", "train"]).toContain(readLink(`#${noise.join("")}`).link.view);
    }
  });
  test("a race is in its link; what is unsound there is said and is as on the page", () => {
    const race = { task: "recall", length: 120, equal: "parameters", units: 8, seeds: 2, steps: 900, seed: 0 } as const;
    const link = { view: "race", lab: null, input: null, step: null, unit: null, cell: null, race } as const;
    expect(readLink(writeLink(link))).toEqual({ link, notes: [] });
    const { link: unsound, notes } = readLink("#v=1&view=race&length=1000&task=toString&equal=&seeds=1e0&units=8");
    expect(unsound.race).toMatchObject({ length: 50, task: "adding", equal: "units", seeds: 3, units: 8 });
    expect(notes).toHaveLength(4);
    expect(readLink("#v=1&length=120").link.race).toBeUndefined();
  });
  test("an address without a link says nothing", () => {
    expect(readLink("").notes).toEqual([]);
  });
});

describe("colours", () => {
  test("zero is white and its neighbours have their sides, whatever the data", () => {
    const at = (value: number) => [...blueOrange.subarray(placeIn(value, 5) * 4, placeIn(value, 5) * 4 + 3)];
    const [below, zero, above] = [at(-2), at(0), at(2)];
    expect(Math.min(...zero)).toBeGreaterThan(240);
    expect(below[2]).toBeGreaterThan(below[0]);
    expect(above[0]).toBeGreaterThan(above[2]);
  });
  test("cividis grows lighter with the value", () => {
    const light = (place: number) =>
      0.2126 * cividis[place * 4] + 0.7152 * cividis[place * 4 + 1] + 0.0722 * cividis[place * 4 + 2];
    for (let place = 4; place < 256; place += 4) expect(light(place)).toBeGreaterThan(light(place - 4));
  });
  test("a scale is one of few, and not the data's own", () => {
    expect([0.01, 1, 1.01, 4, 70, 1500].map((v) => limitFor(Float32Array.of(0, -v)))).toEqual([
      1, 1, 2, 5, 100, 10_000,
    ]);
  });
});

test("1,024 units become bins of their smallest and largest values", () => {
  const values = Float32Array.from({ length: 2 * 1024 }, (_, k) => k % 1024);
  const bins = binned(values, 1024);
  expect([bins.rows, bins.size]).toEqual([512, 4]);
  expect([...bins.values.subarray(0, 4)]).toEqual([0, 3, 4, 7]);
  expect([...bins.values.subarray(1022)]).toEqual([1020, 1023]);
  expect([rowOf(5, bins), unitOf(3, bins)]).toEqual([2, 4]);
  expect(binned(values, 512).size).toBe(1);
});

test("more steps than columns become bins of their smallest and largest values; fewer stay as they are", () => {
  const values = Float32Array.from({ length: 1000 * 2 }, (_, k) => ((k % 2 === 0 ? k : -k) * 37) % 101);
  expect(binnedSteps(values, 2, 1000)).toEqual({ values, columns: 1000, size: 1 });
  const { values: found, columns, size } = binnedSteps(values, 2, 300);
  expect([columns, size, found.length]).toEqual([286, 7, 572]);
  for (const bin of [0, 70, 142])
    for (const row of [0, 1]) {
      const seen = [...values].filter((_, k) => k % 2 === row).slice(bin * 7, bin * 7 + 7);
      expect(found[bin * 4 + row]).toBe(Math.min(...seen));
      expect(found[bin * 4 + 2 + row]).toBe(Math.max(...seen));
    }
});

test("of a long input the steps around the chosen one are drawn: all of their numbers, and theirs alone", () => {
  expect(partAround(300, 250)).toEqual({ from: 0, count: 300 });
  for (const chosen of [null, 0, 49, 50, 777, 1999]) {
    const { from, count } = partAround(2000, chosen);
    expect(count).toBe(200);
    expect(from).toBeGreaterThanOrEqual(0);
    expect(from + count).toBeLessThanOrEqual(2000);
    const at = (chosen ?? 0) - from;
    expect(at >= Math.min(50, chosen ?? 0) && at < 200).toBe(true);
    if (chosen !== 1999) expect(at).toBeLessThan(150);
  }
  expect(partAround(2000, 777)).toEqual(partAround(2000, 778)); // it stays while one walks
  const steps = Array.from({ length: 400 }, (_, t) => ({ text: `${t}`, known: true }));
  const f = Float32Array.from({ length: 800 }, (_, k) => k);
  const left = Float32Array.from({ length: 400 * 400 }, (_, k) => k);
  const outputs = { labels: ["a", "b", "c"], at: "each", values: Float32Array.from({ length: 1200 }, (_, k) => k) };
  const whole = { steps, cells: [{ units: 2, values: { f }, left }], outputs, before: null } as unknown as StudioTrace;
  const part = partOfTrace(whole, { from: 150, count: 200 });
  expect(part.steps.map(({ text }) => text)).toEqual(Array.from({ length: 200 }, (_, t) => `${150 + t}`));
  expect(part.cells[0].values.f).toEqual(f.slice(300, 700));
  expect(part.cells[0].left![3 * 200 + 7]).toBe(153 * 400 + 157);
  expect([part.outputs.values[0], part.outputs.values.length]).toEqual([450, 600]);
  expect(partOfTrace(whole, { from: 0, count: 400 })).toBe(whole);
});

test("a race and its gradient flow are told in words, by their numbers", () => {
  const losses = (...ends: number[]) => ends.map((end) => Float64Array.of(0.2, end));
  const network = { units: 4, parameters: 10, learningRate: 0.01 };
  const state = {
    state: "done",
    step: 9,
    steps: 9,
    at: Float64Array.of(0, 9),
    baseline: 1 / 6,
    networks: [
      { ...network, cell: "simpleRnn", losses: losses(0.2, 0.016) },
      { ...network, cell: "lstm", losses: losses(0.001, 0.002) },
    ],
  } as const;
  expect(raceSentence(state, 50, "adding")).toBe(
    "Done: step 9 of 9. Who has learned to add the two marked numbers of 50? The simple RNN in 1 of 2 seeds, the LSTM in 2 of 2 seeds.",
  );
  const shares = (...first: number[]) => first.map((share) => Float64Array.of(share, 1));
  const flow = {
    step: 9,
    networks: [
      { cell: "simpleRnn", state: "h", shares: shares(1e-6, 1e-8) },
      { cell: "lstm", state: "c", shares: shares(0.5) },
    ],
  } as const;
  expect(flowSentence(flow)).toMatch(
    /1 × 10⁻⁷ in the simple RNN, 50 % in the LSTM. It vanishes on its way in the simple RNN:/,
  );
  expect([0, 0.02, 3.14, 9.9e-3].map(partOf)).toEqual(["less than 10⁻³⁸", "2 %", "3.1 times as much", "1 × 10⁻²"]);
});

test("a race that is held is looked at, though its last step was told before it was held", () => {
  const at = (state: RaceState["state"], step: number): RaceState => ({
    ...{ state, step, steps: 9, at: new Float64Array(), networks: [], baseline: 1 },
  });
  expect(holdsAnew(at("running", 3), at("paused", 3))).toBe(true); // a step takes longer than the pause between two tellings
  expect(holdsAnew(at("running", 3), at("paused", 4))).toBe(true);
  expect(holdsAnew(at("paused", 3), at("paused", 4))).toBe(true);
  expect(holdsAnew(at("paused", 3), at("paused", 3))).toBe(false);
  expect(holdsAnew(at("paused", 3), at("running", 3))).toBe(false);
  expect(holdsAnew(null, at("paused", 0))).toBe(false);
});
