/** The programs on the guides run as they stand there, beside the files they name. Those of the labs and of two guides: labs-pages.test.ts; of servers: test/runtimes/mounts.test.ts. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"; // biome-ignore format: one line
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as explain from "../../src/explain/index.ts";
import { type ProtoField, protoMessage } from "../../src/files/protobuf.ts";
import * as formats from "../../src/formats/index.ts";
import * as main from "../../src/index.ts";
import * as parallel from "../../src/parallel/index.ts";
import * as serve from "../../src/serve/index.ts";
import { printed, programsOf } from "./page-programs.ts";

const { dense, embedding, lstm, NdArray, sequential } = main;
const docs = join(import.meta.dirname, "../../docs");
const folder = mkdtempSync(join(tmpdir(), "cellstate-guides-"));
const file = (name: string) => join(folder, name);
const api = { ...main, ...explain, ...formats, ...parallel, ...serve, readFile, writeFile };
const texts = ["a good film", "a bad film", "so good", "so bad"];
const labels = ["good", "bad", "good", "bad"];
const x = [[[1, 2], [3, 4], [5, 6]], [[2, 1], [0, 1], [1, 0]]]; // biome-ignore format: rows

const reader = (units: number, classes = 2) =>
  sequential([embedding(10, 8, { inputShape: [8] }), lstm(units, { name: "reader" }), dense(classes)], { seed: 1 });
const scaled = (units: number, options: object = {}) =>
  main.customLayer("AttentionLayer", { ...options, config: { units }, forward: (h) => main.ops.mul(h, units) });
/** What the page leaves to its reader: a layer of one's own, made by `new`. */
function MyAttention({ units, ...options }: { units: number }) {
  return scaled(units, options);
}

beforeAll(async () => {
  const projects = join(import.meta.dirname, "../fixtures/projects/sentiment");
  for (const name of ["tokenizer.pickle", "model.h5"]) copyFileSync(join(projects, name), file(name));
  const task = main.textClassifier({ units: 8, seed: 1 });
  await task.fit(texts, labels, { epochs: 1, verbose: 0 });
  await task.save(file("task-of-serve.keras"));
  await reader(8).save(file("sentiment.keras"));
  await reader(8, 3).save(file("old.weights.h5"));
  writeFileSync(file("net.pth"), stateDict());
  writeFileSync(file("lstm.onnx"), lstmGraph());
  const classifier = sequential([embedding(9, 4, { inputShape: [null] }), main.bidirectional(lstm(3)), dense(2)]);
  writeFileSync(file("classifier.onnx"), formats.onnxBytes(classifier));
  await sequential([main.input([3, 2]), scaled(2), dense(1)]).save(file("intent.keras"));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What PyTorch calls the weights of the page's network, smaller. */
function stateDict(): Uint8Array {
  const shapes = { "emb.weight": [10, 4], "fc.weight": [2, 6], "fc.bias": [2] };
  const lstms = ["l0", "l1"].flatMap((l, k) => [
    [`rnn.weight_ih_${l}`, [24, k === 0 ? 4 : 6]],
    [`rnn.weight_hh_${l}`, [24, 6]],
    [`rnn.bias_ih_${l}`, [24]],
    [`rnn.bias_hh_${l}`, [24]],
  ]) as [string, number[]][];
  return formats.writeSafetensors(
    new Map(
      [...Object.entries(shapes), ...lstms].map(([name, shape]) => {
        const size = shape.reduce((n, d) => n * d, 1);
        return [name, { shape, data: Float32Array.from({ length: size }, (_, i) => i / size) }];
      }),
    ),
  );
}

/** One node LSTM of 3 units over 2 features, its weights inputs of the graph. */
function lstmGraph(): Uint8Array {
  const bytes = (fields: readonly ProtoField[]): ProtoField[1] => ({ bytes: protoMessage(fields) });
  const value = (name: string, ...shape: number[]) => {
    const sizes = bytes(shape.map((d): ProtoField => [1, bytes([[1, { int: d }]])]));
    return bytes([[1, { text: name }], [2, bytes([[1, bytes([[1, { int: 1 }], [2, sizes]])]])]]); // biome-ignore format: nested
  };
  const node = bytes([
    ...["X", "W", "R"].map((name): ProtoField => [1, { text: name }]),
    ...["", "Y_h"].map((name): ProtoField => [2, { text: name }]),
    [4, { text: "LSTM" }],
    [5, bytes([[1, { text: "hidden_size" }], [3, { int: 3 }], [20, { int: 2 }]])], // biome-ignore format: an attribute
  ]);
  const inputs: ProtoField[] = [[11, value("X", 4, 1, 2)], [11, value("W", 1, 12, 2)], [11, value("R", 1, 12, 3)]]; // biome-ignore format: a list
  const graph = bytes([[1, node], [2, { text: "g" }], ...inputs, [12, value("Y_h", 1, 1, 3)]]); // biome-ignore format: a graph
  return protoMessage([[1, { int: 8 }], [7, graph], [8, bytes([[2, { int: 17 }]])]]); // biome-ignore format: a model
}

interface Case {
  /** What the page takes as given. */
  given?: () => object;
  /** Sizes made smaller. */
  smaller?: readonly (readonly [string, string])[];
  /** A line more, which prints what the page says. */
  more?: string;
  prints: RegExp | string;
}

const ones = (...shape: number[]) => new NdArray(new Float32Array(shape.reduce((n, d) => n * d, 1)).fill(0.5), shape);
const net = () => {
  const model = sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 1 });
  model.compile({ optimizer: "adam", loss: "mse" });
  return model;
};

/** The programs of each page, in order. */
const cases: Record<string, readonly Case[]> = {
  "errors.md": [
    {
      more: "try { lstm(8, { unitz: 3 }); } catch (error) { console.log(error.code, error.message, error.toJSON()); }",
      prints: /^CELLSTATE_UNKNOWN_OPTION lstm: unknown option "unitz"\.[\s\S]*"who":"lstm","option":"unitz"/,
    },
  ],
  "explain.md": [
    {
      given: () => ({ ids: [[1, 2, 3, 4, 5, 6, 7, 8]] }),
      more: "console.log(f.shape, c.shape, h.shape, mask, left.shape, f.at(0, 3, 7) > 0);",
      prints: /^\[1,8,8\] \[1,8,8\] \[1,8,8\] .*\[8,8\] true$/,
    },
  ],
  "from-your-notebook.md": [
    {
      more: 'console.log((await loadTask("task.keras")).kind);',
      prints: /^\[\{"label":"(good|bad)".*\ntextClassifier$/,
    },
  ],
  "interrupted-training.md": [
    {
      given: () => ({ texts, labels }),
      smaller: [
        ["units: 64", "units: 4"],
        ["callbacks:", "epochs: 2, verbose: 0, callbacks:"],
      ],
      more: "console.log((await sentiment.predict(texts)).length);",
      prints: "4",
    },
  ],
  "many-machines.md": [
    {
      given: () => ({ model: net(), x, y: [1, 0] }),
      smaller: [["epochs: 5", "epochs: 5, verbose: 0"]],
      more: "console.log((await mpi().start()).size);",
      prints: "1", // started without mpirun: test/e2e/mpi.test.ts has several
    },
  ],
  "model-files.md": [
    {
      given: () => ({
        sizes: [
          [1, 2],
          [3, 4],
        ],
      }),
      more: 'console.log((await model.predict({ color: [["red"]], size: [[3, 4]] })).shape);',
      prints: "[1,1]",
    },
    {
      smaller: [
        ["10_000, 64", "10, 4"],
        ["128", "6"],
        ["128", "6"],
      ],
      more: "console.log(map, unused);",
      prints: '{"embedding":"emb","lstm":"rnn","lstm_1":"rnn.l1","dense":"fc"} []',
    },
    {
      given: () => ({ model: reader(8), other: reader(8) }),
      more: "console.log(skipped.length);",
      prints: /^[12]$/, // the head, whose kernel and bias have other sizes
    },
    {
      given: () => ({ x: ones(4, 1, 2), w: ones(1, 12, 2), r: ones(1, 12, 3) }),
      more: "console.log(Y_h.shape);",
      prints: "[1,1,3]",
    },
    {
      more: 'console.log(model.layers.map((layer) => layer.className).join(" "));',
      prints: /^InputLayer Embedding .*Dense$/,
    },
    {
      given: () => ({ model: sequential([lstm(4, { inputShape: [3, 2] }), dense(1)]) }),
      more: 'const { inputs, outputs } = readOnnxGraph(await readFile("step.onnx"), "step.onnx"); console.log([inputs, outputs].map((list) => list.map(({ name }) => name)));',
      prints: /^\[\["\w+","lstm_h","lstm_c"\],\["\w+","lstm_h_next","lstm_c_next"\]\]$/,
    },
    { given: () => ({ MyAttention }), more: "console.log(model.layers.length);", prints: /^[23]$/ },
    {
      more: 'const { layers } = await modelFromJson(JSON.stringify({ class_name: "Sequential", config: { name: "s", layers: [{ class_name: "InputLayer", config: { batch_shape: [null, 2], name: "i" } }, { class_name: "Lambda", config: { name: "twice" } }] } })); console.log(layers.at(-1).name);',
      prints: "twice",
    },
  ],
  "serve.md": [
    {
      smaller: [["sentiment.keras", "task-of-serve.keras"]],
      more: 'const sent = { method: "POST", body: JSON.stringify({ text: "a good film" }), headers: { "content-type": "application/json" } }; const response = await server.fetch(new Request("http://host/models/sentiment/predict", sent)); console.log(response.status, await response.json());',
      prints: /^200 .*"(good|bad)"/,
    },
  ],
};

for (const [page, list] of Object.entries(cases)) {
  const programs = programsOf(readFileSync(join(docs, page), "utf8"));
  test(`${page} has ${list.length} programs`, () => expect(programs).toHaveLength(list.length));
  for (const [i, { given, smaller = [], more = "", prints }] of list.entries())
    test(`program ${i + 1} of ${page}`, async () => {
      let program = `${programs[i]}${more}\n`;
      for (const [from, to] of smaller) {
        expect(program).toContain(from);
        program = program.replace(from, to);
      }
      program = program.replace(/"([\w-]+(?:\.weights)?\.(?:keras|h5|pth|onnx|pickle)|backup)"/g, (_, name) => JSON.stringify(file(name))); // biome-ignore format: one line
      const said = await printed(program, { ...api, ...given?.() });
      if (typeof prints === "string") expect(said).toBe(prints);
      else expect(said).toMatch(prints);
    });
}

test("every guide with programs is run: here, or in another test", () => {
  const elsewhere = ["coming-from.md", "in-your-program.md"]; // labs-pages.test.ts
  const pages = readdirSync(docs).filter(
    (name) => name.endsWith(".md") && programsOf(readFileSync(join(docs, name), "utf8")).length > 0,
  );
  expect(pages.sort()).toEqual([...Object.keys(cases), ...elsewhere].sort());
  expect(existsSync(file("step.onnx"))).toBe(true);
});
