/** Every operator on every backend beside ONNX Runtime's numbers (test/judges/make-onnx.py); what is not computed is refused by name. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { presentBackends } from "../../../test/backends.ts";
import { everyOther } from "../../../test/thorough.ts";
import { FormatError } from "../../errors.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { claims, opsets } from "./claims.ts";
import { readOnnx, writeOnnx } from "./proto.ts";
import { readOnnxGraph } from "./read-graph.ts";

interface Saved {
  name: string;
  type: string;
  shape: number[];
  data: (number | string)[];
}
interface Graph {
  about: string;
  model: string;
  inputs: Saved[];
  outputs: Saved[];
}
const graphs: Graph[] = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/onnx-graphs.json", import.meta.url), "utf8"),
);
const backends = (await presentBackends()).map((b) => b.name);
const words: Record<string, number> = { inf: Infinity, "-inf": -Infinity, nan: Number.NaN };
const numbersOf = ({ data }: Saved) => data.map((v) => (typeof v === "number" ? v : words[v]));
const bytesOf = ({ model }: Graph) => Uint8Array.from(Buffer.from(model, "base64"));

async function differences({ inputs, outputs, model, about }: Graph, backend: (typeof backends)[number]) {
  const given = inputs.map(({ name, type, ...array }) => {
    const kind = type.startsWith("float") ? Float32Array : Int32Array;
    return [name, new NdArray(kind.from(numbersOf({ name, type, ...array })), array.shape)];
  });
  const found = await readOnnxGraph(Uint8Array.from(Buffer.from(model, "base64")), about).run(
    Object.fromEntries(given),
    { backend },
  );
  // f32: sums of some dozens of products in another order; half precision is rounded at every step there.
  const part = [...inputs, ...outputs].some(({ type }) => type === "float16") ? 4e-3 : 1e-5;
  return outputs.flatMap((wanted) => {
    const { shape, data } = found[wanted.name];
    expect(shape).toEqual(wanted.shape);
    const numbers = numbersOf(wanted);
    const scale = Math.max(1, ...numbers.filter(Number.isFinite).map(Math.abs));
    return numbers.flatMap((v, k) =>
      Object.is(data[k], v) || Math.abs(data[k] - v) <= part * scale || (Number.isNaN(v) && Number.isNaN(data[k]))
        ? []
        : [`${about}, ${wanted.name}[${k}]: ${v} wanted, ${data[k]} found`],
    );
  });
}

for (const [turn, backend] of backends.entries())
  test(`graphs give ONNX Runtime's numbers on ${backend}`, async () => {
    for (const graph of everyOther(graphs, backends.length, turn))
      expect(await differences(graph, backend), graph.about).toEqual([]);
  });

test("there are graphs of every operator that is read", () => {
  const found = new Set(graphs.flatMap((graph) => readOnnx(bytesOf(graph), "graph").nodes.map(({ op }) => op)));
  const named = (key: string) => key.replace("com.microsoft.", "");
  expect([...claims.keys()].filter((op) => !found.has(named(op)))).toEqual([]);
});

test("docs/model-files.md lists the operators that are read, with the opsets they come with", () => {
  const page = readFileSync(new URL("../../../docs/model-files.md", import.meta.url), "utf8");
  const [, table] = /## From ONNX[\s\S]*?\n((?:\|.*\n)+)/.exec(page)!;
  const rows = table
    .trim()
    .split("\n")
    .slice(2)
    .map((row) => row.split("|")[2]);
  const listed = rows.flatMap((row) => row.split(",").map((entry) => entry.trim()));
  const said = [...claims].map(([op, { since }]) => (since > opsets.from ? `${op} (${since})` : op));
  expect(listed.toSorted()).toEqual(said.toSorted());
});

describe("refused by name", () => {
  const [graph] = graphs.filter(({ about }) => about === "a mean over integers");
  const changed = (change: (model: ReturnType<typeof readOnnx>) => void) => {
    const model = readOnnx(bytesOf(graph), "graph");
    change(model);
    const array = new NdArray(Int32Array.from(numbersOf(graph.inputs[0])), graph.inputs[0].shape);
    return readOnnxGraph(writeOnnx(model), "graph").run({ x0: array });
  };
  const wrong: Record<string, [Parameters<typeof changed>[0], RegExp]> = {
    "an attribute": [
      (m) => m.nodes[0].attributes.set("stride", 2),
      /ReduceMean\): expected the attributes axes, .*"stride"/,
    ],
    "an opset of long ago": [
      (m) => Object.assign(m, { opset: 6 }),
      /expected opset 7 to \d+, received 6[\s\S]*version_converter/,
    ],
    "an opset to come": [(m) => Object.assign(m, { opset: 99 }), /received 99/],
    "an axis that is not there": [(m) => m.nodes[0].attributes.set("axes", [3]), /an axis from -1 to 0, received 3/],
    "an output that is not computed": [
      (m) => void m.nodes[0].outputs.push("more"),
      /the output 1, which is not computed/,
    ],
  };
  for (const [name, [change, message]] of Object.entries(wrong))
    test(name, async () => {
      const error = await changed(change).catch((e: unknown) => e as Error);
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(message);
    });
});
