/**
 * Whole models as PyTorch exports them, classic and dynamo, quantized, in half and double precision and with their numbers in other files,
 * give ONNX Runtime's numbers (test/judges/make-onnx-models.py): as a model where every row is apart or all go together, and as a graph.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Chance, changedBytes, fuzzSeeds } from "../../../test/hostile.ts";
import { everyOther } from "../../../test/thorough.ts";
import { FormatError } from "../../errors.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { openModel } from "../model-file.ts";
import { readOnnxGraph } from "./read-graph.ts";

interface Packed {
  name: string;
  type: string;
  shape: number[];
  data: string;
}
interface Exported {
  seed: number;
  kind: string;
  opset: number;
  text: string;
  model: string;
  files: Record<string, string>;
  runs: { inputs: Packed[]; outputs: Packed[] }[];
}
const path = new URL("../../../test/fixtures/onnx-models.json", import.meta.url);
const exported: Exported[] = JSON.parse(readFileSync(path, "utf8"));

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, "base64"));
const numbersOf = ({ data }: Packed) => new Float64Array(bytesOf(data).buffer);
const arrayOf = (array: Packed) =>
  new NdArray((/^float|^double/.test(array.type) ? Float32Array : Int32Array).from(numbersOf(array)), array.shape);
const filesOf = ({ files }: Exported) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [name, bytesOf(text)]));

function expectNear(found: NdArray, wanted: Packed, kind: string): void {
  expect(found.shape).toEqual(wanted.shape);
  const numbers = numbersOf(wanted);
  const scale = numbers.reduce((top, v) => (Number.isFinite(v) ? Math.max(top, Math.abs(v)) : top), 1);
  // Half precision is rounded to 2⁻¹¹ at every step there; f32: sums of some dozens of products in another order, through several layers.
  const most = (kind === "float16" ? 4e-3 : 2e-5) * scale;
  const far = numbers.findIndex((v, k) => !(Math.abs(found.data[k] - v) <= most || Object.is(found.data[k], v)));
  expect(far < 0 ? null : `${wanted.name}[${far}]: ${numbers[far]} wanted, ${found.data[far]} found`).toBeNull();
}

describe("as a graph", () => {
  for (const one of exported)
    test(`${one.kind} ${one.seed}, opset ${one.opset}: ${one.text.slice(0, 100)}`, async () => {
      const files = filesOf(one);
      const graph = readOnnxGraph(files[one.model], one.model, { files });
      for (const { inputs, outputs } of one.runs) {
        const found = await graph.run(Object.fromEntries(inputs.map((array) => [array.name, arrayOf(array)])));
        for (const wanted of outputs) expectNear(found[wanted.name], wanted, one.kind);
      }
    });
});

test("as models, whose rows are apart or go together", async () => {
  const refused: string[] = [];
  const models = everyOther(exported, 3);
  for (const one of models) {
    const files = filesOf(one);
    const beside = async (name: string) => files[name];
    const model = await openModel({ bytes: files[one.model], who: one.model, beside }).catch((e: Error) => e);
    if (model instanceof Error) {
      expect(model).toBeInstanceOf(FormatError);
      expect(model.message).toMatch(/all begin with the batch/);
      refused.push(one.text);
      continue;
    }
    const fixed = model.inputs!.some(({ shape }) => shape[0] !== null);
    for (const { inputs, outputs } of one.runs) {
      const options = model.rowsTogether || fixed ? {} : { batchSize: 2 };
      const xs = inputs.map(arrayOf);
      const found = [await model.predict((xs.length > 1 ? xs : xs[0]) as never, options)].flat() as NdArray[];
      for (const [k, wanted] of outputs.entries()) expectNear(found[k], wanted, one.kind);
    }
  }
  expect(refused.length).toBeLessThan(models.length / 3); // time first, or states [layers, B, H] beside sequences
});

test("onnx: a quantized file or its other files changed are read or refused, and nothing else", async () => {
  const some = exported.filter(({ kind }) => /quantize|external/.test(kind));
  let refused = 0;
  const seeds = fuzzSeeds(60);
  for (const seed of seeds) {
    const chance = new Chance(seed, 9);
    const one = chance.of(some);
    const files = filesOf(one);
    const name = chance.of(Object.keys(files));
    files[name] = Uint8Array.from(changedBytes(files[name], chance));
    const beside = async (file: string) =>
      files[file] ?? Promise.reject(new FormatError(`${one.model}: ${file} is not there`));
    const error = await openModel({ bytes: files[one.model], who: "model.onnx", beside }).then(
      () => null,
      (e: unknown) => e as Error,
    );
    if (error === null) continue;
    refused++;
    if (!(error instanceof FormatError)) throw new Error(`seed ${seed}: ${error.stack}`, { cause: error });
  }
  expect(refused).toBeGreaterThan(seeds.length / 20);
}, 120_000); // ms
