import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { expect, test } from "vitest";
import { modelCommands } from "../../src/cli/commands/model-commands.ts";
import { dense, embedding, gru, loadModel, lstm, sequential } from "../../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-models-"));
const file = (name: string) => join(folder, name);

/** Runs `cellstate …` and returns what it prints. */
async function cellstate(...args: string[]): Promise<string> {
  let said = "";
  const program = new Command().exitOverride();
  for (const command of modelCommands((text) => {
    said += text;
  }))
    program.addCommand(command);
  await program.parseAsync(["node", "cellstate", ...args]);
  return said;
}

test("a model goes through every format and back, and verify finds the same outputs", async () => {
  const model = sequential([
    embedding(9, 3, { inputShape: [5], maskZero: true }),
    lstm(4, { returnSequences: true }),
    gru(3, { resetAfter: false }),
    dense(2, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  await model.save(file("a.keras"));
  for (const name of ["b.h5", "c.safetensors", "tfjs.json", "d.onnx"]) {
    expect(await cellstate("convert", file("a.keras"), file(name))).toMatch(/→ .*: \d+ parameters/);
    expect(await cellstate("verify", file("a.keras"), file(name))).toMatch(/largest difference .* over 8 rows/);
  }
});

test("convert says which endings it writes, before it reads anything", async () => {
  for (const name of ["b.pb", "b", "b.keras.zip"])
    await expect(cellstate("convert", file("none.keras"), file(name))).rejects.toThrow(
      /b(\.\w+)*: expected a name that ends in \.keras, .*\.json \(tfjs\), received another extension\.\n {2}The file extension decides the format: .*b\S*\.keras, for example\.$/,
    );
  await expect(cellstate("convert", file("none.keras"), file("no/b.onnx"))).rejects.toThrow(/mkdir -p/);
});

test("inspect says what a file is, who wrote it, what it holds and where it can go", async () => {
  const model = sequential([embedding(9, 3, { inputShape: [5] }), gru(3, { name: "reader" }), dense(1)]);
  await model.save(file("g.h5"));
  const said = await cellstate("inspect", file("g.h5"));
  expect(said).toContain("legacy HDF5, written by Keras 3.15.1");
  expect(said).toContain("reader (GRU)");
  expect(said).toContain("not compiled");
  expect(said).toContain(".onnx: can be written");
  expect(said).toMatch(/\.json \(tfjs\): cannot: .*layer "reader": expected resetAfter false/);
});

test("verify refuses models that differ, with the difference", async () => {
  const make = (seed: number) => sequential([dense(2, { inputShape: [3] })], { seed });
  await make(1).save(file("one.keras"));
  await make(2).save(file("two.keras"));
  await expect(cellstate("verify", file("one.keras"), file("two.keras"))).rejects.toThrow(
    /verify: expected at most 0.00001, received/,
  );
  await sequential([dense(4, { inputShape: [3] })]).save(file("wide.keras"));
  await expect(cellstate("verify", file("one.keras"), file("wide.keras"))).rejects.toThrow(
    /outputs \[8, 2\] from both, received \[8, 4\]/,
  );
  expect((await loadModel(file("wide.keras"))).countParams()).toBe(16);
  await sequential([embedding(9, 3, { inputShape: [null] }), lstm(2)]).save(file("open.keras"));
  await sequential([embedding(9, 3, { inputShape: [5] }), lstm(2)]).save(file("five.keras"));
  for (const pair of [
    ["open.keras", "five.keras"],
    ["five.keras", "open.keras"],
  ])
    expect(await cellstate("verify", ...pair.map(file), "--tolerance", "9")).toMatch(
      /largest difference .* over 8 rows/,
    );
  await sequential([dense(2, { inputShape: [5] })]).save(file("long.keras"));
  await expect(cellstate("verify", file("one.keras"), file("long.keras"))).rejects.toThrow(
    /verify: expected an input \[\?, 3\] in both, received \[\?, 5\] in the second/,
  );
});

test("convert gives an architecture the weights of a file of PyTorch, and says which module each layer got", async () => {
  const layer = (name: string, units: number) => ({ class_name: "Dense", config: { name, units } });
  const input = { class_name: "InputLayer", config: { name: "x", batch_shape: [null, 2], dtype: "float32" } };
  const config = { name: "net", layers: [input, layer("one", 3), layer("two", 2)] };
  writeFileSync(file("net.json"), JSON.stringify({ class_name: "Sequential", config }));
  const weights = "test/fixtures/torch/two-parts.pt";
  const said = await cellstate("convert", file("net.json"), file("net.keras"), "--weights", weights);
  expect(said).toMatch(
    /net\.keras: 17 parameters\nlayers and the modules they got .*\n {2}one {2}encoder\n {2}two {2}decoder\n$/,
  );
  const model = await loadModel(file("net.keras"));
  const mapped = ["--weights", weights, "--map", "one=encoder, two=decoder"];
  await cellstate("convert", file("net.keras"), file("again.keras"), ...mapped);
  expect((await loadModel(file("again.keras"))).getWeights()).toEqual(model.getWeights());
  await expect(
    cellstate("convert", file("net.json"), file("n.keras"), ...mapped.slice(0, 3), "one=decoder"),
  ).rejects.toThrow(/expected a module that fits dense "one"/);
  await expect(cellstate("convert", file("net.json"), file("n.keras"), "--map", "one=encoder")).rejects.toThrow(
    /--map alone/,
  );
  await model.save(file("net.h5"));
  await expect(
    cellstate("convert", file("net.json"), file("n.keras"), "--weights", file("net.h5"), "--map", "one=encoder"),
  ).rejects.toThrow(/a state_dict of PyTorch for a map/);
});
