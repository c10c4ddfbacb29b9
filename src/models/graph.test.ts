import { expect, test } from "vitest";
import { bidirectional, concatenate, dense, embedding, input, lstm } from "../layers/index.ts";
import { plotModel } from "../plot/index.ts";
import { functional } from "./functional.ts";
import { sequential } from "./sequential.ts";

test("a stack's graph is a chain; a wrapper names what it wraps", () => {
  const model = sequential([input([5, 2]), bidirectional(lstm(3)), dense(1)]);
  const { nodes, edges } = model.graph();
  expect(nodes.map((n) => [n.className, n.outputShape, n.params])).toEqual([
    ["InputLayer", [null, 5, 2], 0],
    ["Bidirectional(LSTM)", [null, 6], 2 * 4 * 3 * (2 + 3 + 1)],
    ["Dense", [null, 1], 7],
  ]);
  expect(edges).toEqual([
    ["input_layer", "bidirectional"],
    ["bidirectional", "dense"],
  ]);
});

test("carried states are no parameters, in the graph and in the summary", () => {
  const model = sequential([input([5, 2], { batchSize: 3 }), lstm(3, { stateful: true })]);
  expect(model.graph().nodes[1].params).toBe(4 * 3 * (2 + 3 + 1));
  const table = model.summary({ print: () => {} });
  expect(table).toMatch(/lstm \(LSTM\) .* 72 │/);
  expect(table).toContain("Total params: 72 ");
  expect(table).toContain("Non-trainable params: 0 ");
});

test("a functional model's graph shows branches and a shared layer once, and plotModel draws it", async () => {
  const [a, b] = [input([4], { dtype: "i32" }), input([4], { dtype: "i32" })];
  const words = embedding(9, 2, { name: "words" });
  const both = concatenate()([lstm(3)(words(a)), lstm(3)(words(b))]);
  const model = functional([a, b], dense(1)(both));
  const { nodes, edges } = model.graph();
  expect(nodes.filter((n) => n.name === "words")).toHaveLength(1);
  expect(edges.filter(([from]) => from === "words")).toHaveLength(2);
  expect(nodes.reduce((n, node) => n + node.params, 0)).toBe(model.countParams());
  const svg = await plotModel(model.graph());
  for (const { name } of nodes) expect(svg).toContain(name);
});

test("the graph of a model without shapes asks for them", () => {
  expect(() => sequential([dense(1)]).graph()).toThrow(/input\(shape\)/);
});
