import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import "../../index.ts"; // gives models their writer
import { loadModel } from "../../formats/load-model.ts";
import { Random } from "../../tensor/random.ts";
import { adam } from "../../train/optimizers/index.ts";
import { loadTask } from "../load-task.ts";
import { pairLines, parsePairs } from "./parse-pairs.ts";
import { loadTranslator, translator } from "./translator.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-translator-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const words = { one: "eins", two: "zwei", three: "drei", four: "vier" };
const names = Object.keys(words) as (keyof typeof words)[];

/** Numbers, and the same in German in the opposite order: what comes first must be looked for at the end. */
const random = new Random(7, 0);
const pairs = Array.from({ length: 200 }, () => {
  const said = Array.from({ length: 1 + random.below(3) }, () => names[random.below(4)]);
  const turned = said.toReversed().map((name) => words[name]);
  return [said.join(" "), turned.join(" ")] as const;
});
const small = { units: 24, embedding: 32, pieces: 60, dropout: 0, optimizer: adam({ learningRate: 0.005 }) };

test("a translator learns to turn numbers round, looks where they stand, and a saved one answers the same", async () => {
  const task = translator({ ...small, seed: 2 });
  const held = pairs.slice(180);
  const fit = { epochs: 18, patience: 18, verbose: 0, batchSize: 8, validationData: held } as const;
  const history = await task.fit(pairs.slice(0, 180), fit);
  expect(history.history.val_loss.at(-1)!).toBeLessThan(history.history.val_loss[0]);
  expect(task.split).toEqual({ training: 180, validation: 20 });
  const found = await task.evaluate(held);
  expect(found.exact).toBeGreaterThan(0.7);
  expect(found.precisions[0]).toBeGreaterThan(90);
  const [answer] = await task.translate(["four one two"]);
  expect(answer.text).toBe("zwei eins vier");
  expect(answer.attention).toHaveLength(answer.pieces.length);
  for (const row of answer.attention) {
    expect(row).toHaveLength(answer.sourcePieces.length);
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 4);
  }
  const path = join(folder, "numbers.keras");
  await task.save(path);
  const again = await loadTranslator(path);
  expect(await again.translate(["four one two", "three"])).toEqual(await task.translate(["four one two", "three"]));
  const { kind } = await loadTask(path);
  expect(kind).toBe("translator");
  const [js] = await (await loadTranslator(path, { backend: "js" })).translate(["four one two"], { beams: 1 });
  expect(js.text).toBe("zwei eins vier");
  expect((await loadModel(path)).layers.map(({ className }) => className)).not.toContain("TiedEmbedding");
});

test("the same seed gives the same translator, and a failed fit leaves it as it was", async () => {
  const fit = { epochs: 2, verbose: 0 } as const;
  const [a, b] = [translator({ ...small, seed: 5 }), translator({ ...small, seed: 5 })];
  await a.fit(pairs, fit);
  await b.fit(pairs, fit);
  expect(await a.translate(["one two"])).toEqual(await b.translate(["one two"]));
  const before = await a.translate(["two"]);
  await expect(a.fit([["one", " "]])).rejects.toThrow(/row 0.*target text|target text.*row 0/s);
  expect(await a.translate(["two"])).toEqual(before);
});

test("what cannot be translated or learned from is refused by its row", async () => {
  const task = translator(small);
  await expect(task.translate(["one"])).rejects.toThrow("Call fit first");
  await expect(task.fit([])).rejects.toThrow("at least one pair");
  await expect(task.fit([["one"]] as never)).rejects.toThrow("target text");
  expect(() => translator({ unit: 3 } as never)).toThrow('"units"');
  await task.fit(pairs, { epochs: 1, verbose: 0 });
  await expect(task.translate(["one", ""])).rejects.toThrow("an empty one");
  await expect(task.translate("one" as never)).rejects.toThrow("[text]");
  await expect(task.translate(["one"], { beam: 2 } as never)).rejects.toThrow('"beams"');
  const [{ unknown }] = await task.translate(["one €"]);
  expect(unknown).toEqual(["€"]);
});

test("pairs are read from one text and from two, and what breaks is named with its line", () => {
  expect(parsePairs("a dog\tein Hund\tCC-BY\r\n\na cat\teine Katze\n")).toEqual([
    { source: "a dog", target: "ein Hund" },
    { source: "a cat", target: "eine Katze" },
  ]);
  expect(() => parsePairs("a\tb\nc\n", "p.tsv")).toThrow(/p\.tsv: line 2: .*no tab/);
  expect(() => parsePairs("a\tb\n\tc\n", "p.tsv")).toThrow(/p\.tsv: line 2: .*empty side/);
  expect(() => parsePairs("\n", "p.tsv")).toThrow(/none/);
  expect(pairLines("a\n\nb\n", "x\n\ny\n\n")).toHaveLength(2);
  expect(() => pairLines("a\nb\n", "x\n", ["a.en", "a.de"])).toThrow(
    /a\.de: expected as many lines as a\.en: 2 lines, received 1/,
  );
  expect(() => pairLines("a\nb\n", "x\n \n", ["a.en", "a.de"])).toThrow(/lines/);
  expect(() => pairLines("a\n\nb\n", "x\ny\nz\n", ["a.en", "a.de"])).toThrow(/a\.en: line 2: .*empty side/);
});

test("a file whose pieces do not fit its network is refused", async () => {
  expect(existsSync(join(folder, "numbers.keras"))).toBe(true);
  const model = await loadModel(join(folder, "numbers.keras"));
  const place = "cellstate/task.json";
  const data = JSON.parse(new TextDecoder().decode(model.assets.get(place)!));
  const changed = async (part: object) => {
    const copy = await loadModel(join(folder, "numbers.keras"));
    copy.assets.set(place, new TextEncoder().encode(JSON.stringify({ ...data, ...part })));
    return loadTranslator(copy);
  };
  await expect(changed({ source: { ...data.source, merges: [] } })).rejects.toThrow(/source_vectors/);
  await expect(changed({ target: { characters: 3 } })).rejects.toThrow(/pieces/);
  await expect(changed({ longest: -1 })).rejects.toThrow(/longest/);
});
