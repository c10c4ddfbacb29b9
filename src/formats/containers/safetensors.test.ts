import { describe, expect, test } from "vitest";
import { FormatError } from "../../errors.ts";
import * as l from "../../layers/index.ts";
import { sequential } from "../../models/sequential.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { loadModel, loadWeights } from "../load-model.ts";
import { safetensorsBytes } from "../torch/safetensors-model.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

/** A file from its header's text and its numbers. */
function file(header: string, data = new Uint8Array(0), length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}
const entry = (dtype: string, shape: number[], from: number, to: number) =>
  JSON.stringify({ dtype, shape, data_offsets: [from, to] });

describe("the container", () => {
  test("widest numbers come first and then names, aligned, as the reference writer puts them", () => {
    const bytes = writeSafetensors(
      new Map<string, { shape: number[]; data: Float32Array | BigInt64Array | Uint8Array }>([
        ["b", { shape: [1], data: Uint8Array.of(7) }],
        ["z", { shape: [2], data: Float32Array.of(1, 2) }],
        ["a", { shape: [], data: Float32Array.of(3) }],
        ["i", { shape: [0, 3], data: new BigInt64Array(0) }],
      ]),
      new Map([["who", "me"]]),
    );
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd()).toBe(
      '{"__metadata__":{"who":"me"},"i":{"dtype":"I64","shape":[0,3],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"z":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"b":{"dtype":"U8","shape":[1],"data_offsets":[12,13]}}',
    );
    const back = readSafetensors(bytes, "x");
    expect(back.metadata).toEqual(new Map([["who", "me"]]));
    expect(back.tensors.get("z")).toEqual({ dtype: "F32", shape: [2], data: Float32Array.of(1, 2) });
    expect(back.tensors.get("i")!.data.length).toBe(0);
  });

  test("every type of number is read, half floats widened, from a view that is not aligned and from Node's Buffer", () => {
    const data = Uint8Array.of(0x00, 0x3c, 0x80, 0x3f, 1, 0, 0, 0, 0xff, 1); // F16 1, BF16 1, I32 1, I8 -1, BOOL true
    const header = `{"h":${entry("F16", [1], 0, 2)},"b":${entry("BF16", [1], 2, 4)},"i":${entry("I32", [1], 4, 8)},"s":${entry("I8", [1], 8, 9)},"t":${entry("BOOL", [1], 9, 10)}}`;
    const bytes = Buffer.concat([Buffer.of(0), Buffer.from(file(header, data))]).subarray(1);
    const { tensors } = readSafetensors(bytes, "x");
    expect([...tensors.values()].map(({ data }) => data)).toEqual([
      Float32Array.of(1),
      Float32Array.of(1),
      Int32Array.of(1),
      Int8Array.of(-1),
      Uint8Array.of(1),
    ]);
  });

  const eight = new Uint8Array(8);
  const wrong: Record<string, [Uint8Array, RegExp]> = {
    "an end before the header": [Uint8Array.of(1, 2), /8 bytes of header length, received 2 bytes/],
    "a header beyond the limit": [file("{}", eight, 2n ** 60n), /a header of at most 100000000 bytes/],
    "a header beyond the file": [file("{}", eight, 50n), /a header of 50 bytes, received 10 left/],
    "a header that is no object": [file(" {}"), /begins with "\{"/],
    "a name twice": [
      file(`{"a":${entry("U8", [8], 0, 8)},"a":${entry("U8", [8], 0, 8)}}`, eight),
      /every key once, received "a" twice/,
    ],
    "a hole": [file(`{"a":${entry("U8", [4], 4, 8)}}`, eight), /"a" to begin at byte 0.*received byte 4/],
    "an overlap": [
      file(`{"a":${entry("U8", [8], 0, 8)},"b":${entry("U8", [4], 4, 8)}}`, eight),
      /"b" to begin at byte 8/,
    ],
    "numbers left over": [file(`{"a":${entry("U8", [4], 0, 4)}}`, eight), /4 bytes of numbers, received 8/],
    "numbers beyond the file": [
      file(`{"a":${entry("F32", [4], 0, 16)}}`, eight),
      /"a" to end within 8 bytes, received byte 16/,
    ],
    "a size that does not fit": [
      file(`{"a":${entry("F32", [3], 0, 8)}}`, eight),
      /"a": expected 12 bytes for F32 \[3\], received 8/,
    ],
    "a size beyond all numbers": [file(`{"a":${entry("F32", [2 ** 50, 2 ** 50], 0, 8)}}`, eight), /received 8/],
    "an unknown type": [file(`{"a":${entry("C64", [1], 0, 8)}}`, eight), /a dtype of F64.*received C64/],
    "metadata that is not text": [file('{"__metadata__":{"n":1}}'), /texts by name/],
    "offsets backwards": [file(`{"a":${entry("U8", [0], 8, 0)}}`, eight), /received -8/],
  };
  for (const [name, [bytes, message]] of Object.entries(wrong))
    test(`${name} is refused`, () => {
      expect(() => readSafetensors(bytes, "x.safetensors")).toThrow(FormatError);
      expect(() => readSafetensors(bytes, "x.safetensors")).toThrow(message);
      expect(() => readSafetensors(bytes, "x.safetensors")).toThrow(/^x\.safetensors/);
    });
});

const random = new Random(4);
const floats = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => random.uniform(-1, 1)),
});
const at = ({ data, shape }: { data: Float32Array; shape: number[] }, i: number, j: number) => data[i * shape[1] + j];

describe("PyTorch's names", () => {
  test("are written for every layer it has, and come back bit for bit", async () => {
    const model = sequential([
      l.embedding(7, 3, { inputShape: [4], name: "words" }),
      l.bidirectional(l.lstm(2, { returnSequences: true }), { name: "rnn" }),
      l.gru(3, { returnSequences: true, useBias: false, name: "gru" }),
      l.gru(3, { returnSequences: true, resetAfter: false, name: "old" }),
      l.layerNormalization({ name: "norm" }),
      l.simpleRnn(2, { name: "plain" }),
      l.dense(1, { name: "fc" }),
    ]);
    const bytes = safetensorsBytes(model);
    const { tensors } = readSafetensors(bytes, "x");
    expect([...tensors.keys()].sort()).toEqual([
      "fc.bias",
      "fc.weight",
      "gru.weight_hh_l0",
      "gru.weight_ih_l0",
      "norm.bias",
      "norm.weight",
      "old.bias",
      "old.kernel",
      "old.recurrent_kernel",
      ...["bias_hh_l0", "bias_ih_l0", "weight_hh_l0", "weight_ih_l0"].map((name) => `plain.${name}`),
      ...["bias_hh_l0", "bias_ih_l0", "weight_hh_l0", "weight_ih_l0"].flatMap((name) => [
        `rnn.${name}`,
        `rnn.${name}_reverse`,
      ]),
      "words.weight",
    ]);
    expect(tensors.get("rnn.weight_ih_l0")!.shape).toEqual([8, 3]);
    const back = await loadModel(bytes);
    expect(back.getWeights().map((w) => w.data)).toEqual(model.getWeights().map((w) => w.data));
    expect((await back.predict([[1, 2, 3, 4]])).data).toEqual((await model.predict([[1, 2, 3, 4]])).data);
  });

  test("a state_dict of nn.LSTM computes what PyTorch's formulas say", async () => {
    const [D, H] = [3, 2];
    const dict = {
      weight_ih_l0: floats(4 * H, D),
      weight_hh_l0: floats(4 * H, H),
      bias_ih_l0: floats(4 * H),
      bias_hh_l0: floats(4 * H),
    };
    const file = writeSafetensors(new Map(Object.entries(dict).map(([name, t]) => [`encoder.${name}`, t])));
    const model = sequential([l.input([4, D]), l.lstm(H)]);
    await loadWeights(model, file);
    const x = floats(4, D);
    // PyTorch, nn.LSTM: rows i f g o; i = σ(W x + b + W h + b), c = f c + i g, h = o tanh(c).
    let [h, c] = [new Array<number>(H).fill(0), new Array<number>(H).fill(0)];
    for (let t = 0; t < 4; t++) {
      const z = Array.from({ length: 4 * H }, (_, r) => {
        const input = Array.from({ length: D }, (_, k) => at(dict.weight_ih_l0, r, k) * at(x, t, k)).reduce(
          (a, b) => a + b,
        );
        const state = h.map((v, k) => at(dict.weight_hh_l0, r, k) * v).reduce((a, b) => a + b);
        return input + state + dict.bias_ih_l0.data[r] + dict.bias_hh_l0.data[r];
      });
      const s = (v: number) => 1 / (1 + Math.exp(-v));
      c = c.map((v, k) => s(z[H + k]) * v + s(z[k]) * Math.tanh(z[2 * H + k]));
      h = c.map((v, k) => s(z[3 * H + k]) * Math.tanh(v));
    }
    const p = await model.predict(new NdArray(x.data, [1, 4, D]));
    h.forEach((v, k) => void expect(Math.abs(p.data[k] - v)).toBeLessThan(1e-6)); // f32, 4 steps
  });

  test("a state_dict of nn.GRU computes what PyTorch's formulas say", async () => {
    const [D, H] = [3, 2];
    const dict = {
      weight_ih_l0: floats(3 * H, D),
      weight_hh_l0: floats(3 * H, H),
      bias_ih_l0: floats(3 * H),
      bias_hh_l0: floats(3 * H),
    };
    const model = sequential([l.input([4, D]), l.gru(H)]);
    await loadWeights(model, writeSafetensors(new Map(Object.entries(dict))));
    const x = floats(4, D);
    // PyTorch, nn.GRU: rows r z n; n = tanh(W x + b + r (W h + b)), h = (1 - z) n + z h.
    let h = new Array<number>(H).fill(0);
    for (let t = 0; t < 4; t++) {
      const a = Array.from(
        { length: 3 * H },
        (_, r) =>
          dict.bias_ih_l0.data[r] +
          Array.from({ length: D }, (_, k) => at(dict.weight_ih_l0, r, k) * at(x, t, k)).reduce((p, q) => p + q),
      );
      const b = Array.from(
        { length: 3 * H },
        (_, r) => dict.bias_hh_l0.data[r] + h.map((v, k) => at(dict.weight_hh_l0, r, k) * v).reduce((p, q) => p + q),
      );
      const s = (v: number) => 1 / (1 + Math.exp(-v));
      h = h.map((v, k) => {
        const z = s(a[H + k] + b[H + k]);
        return (1 - z) * Math.tanh(a[2 * H + k] + s(a[k] + b[k]) * b[2 * H + k]) + z * v;
      });
    }
    const p = await model.predict(new NdArray(x.data, [1, 4, D]));
    h.forEach((v, k) => void expect(Math.abs(p.data[k] - v)).toBeLessThan(1e-6)); // f32, 4 steps
  });

  test("the layers of a stacked nn.LSTM go to the lstm layers one after another, modules elsewhere by their shapes", async () => {
    const lstm = (k: number, d: number) => [
      [`net.rnn.weight_ih_l${k}`, floats(8, d)], [`net.rnn.weight_hh_l${k}`, floats(8, 2)], [`net.rnn.bias_ih_l${k}`, floats(8)], [`net.rnn.bias_hh_l${k}`, floats(8)],
    ] as const; // biome-ignore format: a table
    const tensors = new Map([
      ...lstm(1, 2),
      ...lstm(0, 2),
      ["net.emb.weight", floats(5, 2)],
      ["net.head.weight", floats(3, 2)],
      ["net.head.bias", floats(3)],
    ]);
    const model = sequential([
      l.embedding(5, 2, { inputShape: [4] }),
      l.lstm(2, { returnSequences: true }),
      l.lstm(2),
      l.dense(3),
    ]);
    await loadWeights(model, writeSafetensors(tensors));
    const [embeddings, first, , , second] = model.getWeights();
    expect([...embeddings.data]).toEqual([...tensors.get("net.emb.weight")!.data]);
    // Column 0 of the kernel is row 0 of PyTorch's matrix.
    const rowOf = (name: string) => [...tensors.get(name)!.data.slice(0, 2)];
    expect([first.data[0], first.data[8]]).toEqual(rowOf("net.rnn.weight_ih_l0"));
    expect([second.data[0], second.data[8]]).toEqual(rowOf("net.rnn.weight_ih_l1"));
  });

  test("kernels under Keras's names, as files of earlier versions have them, are read", async () => {
    const model = sequential([l.input([4, 2]), l.conv1d(3, 2), l.timeDistributed(l.dense(2))]);
    const weights = model.getWeights();
    const names = ["conv1d.kernel", "conv1d.bias", "time_distributed.dense.kernel", "time_distributed.dense.bias"];
    const numbers = weights.map(({ shape }, k) => ({ shape, data: Float32Array.from({ length: weights[k].size }, (_, i) => k + i) })); // biome-ignore format: a list
    await loadWeights(model, writeSafetensors(new Map(names.map((name, k) => [name, numbers[k]]))));
    expect(model.getWeights().map(({ data }) => [...data])).toEqual(numbers.map(({ data }) => [...data]));
  });

  test("modules that could be two layers, and shapes that fit none, are refused with what to do", async () => {
    const model = () => sequential([l.input([2]), l.dense(2), l.dense(2)]);
    const twins = new Map([["a.weight", floats(2, 2)], ["a.bias", floats(2)], ["b.weight", floats(2, 2)], ["b.bias", floats(2)]]); // biome-ignore format: a table
    await expect(loadWeights(model(), writeSafetensors(twins))).rejects.toThrow(
      /one module for dense "dense".*several: "a", "b"[\s\S]*Say which is which: \{ map: \{ "dense": "a" \} \}, or give/,
    );
    const other = new Map([["a.weight", floats(5, 2)]]); // no choice of modules would do
    await expect(loadWeights(model(), writeSafetensors(other))).rejects.toThrow(/received "a" \(weight \[5, 2\]\)/);
    await expect(loadModel(writeSafetensors(other))).rejects.toThrow(
      /weights and an architecture, received weights alone/,
    );
  });
});
