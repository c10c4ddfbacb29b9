import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { crc32c } from "../../files/crc.ts";
import { dense, input, lstm } from "../../layers/index.ts";
import { sequential } from "../../models/sequential.ts";
import { histogram, histogramSummary, masked, record, scalarSummary } from "./event-file.ts";
import { tensorBoard } from "./tensor-board.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-tensorboard-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The fields of a protocol buffer message: [number, value] with varints and eight-byte values as numbers or bytes. */
function fields(bytes: Uint8Array): [number, number | Uint8Array][] {
  const found: [number, number | Uint8Array][] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const kind = key % 8;
    if (kind === 0) found.push([key >> 3, varint()]);
    else if (kind === 1) {
      found.push([key >> 3, new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0, true)]);
      at += 8;
    } else if (kind === 2) {
      const length = varint();
      if (at + length > bytes.length) throw new Error("a field is longer than its message");
      found.push([key >> 3, bytes.subarray(at, at + length)]);
      at += length;
    } else throw new Error(`kind ${kind} is not written by us`);
  }
  return found;
}

const one = (bytes: Uint8Array, field: number) => fields(bytes).find(([n]) => n === field)?.[1];
const inside = (bytes: Uint8Array, ...path: number[]) => path.reduce((b, field) => one(b, field) as Uint8Array, bytes);
const word = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The records of a TFRecord file; throws where a checksum is not that of its bytes. */
function records(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 8, true)).toBe(masked(crc32c(bytes.subarray(at, at + 8))));
    expect(view.getUint32(at + 12 + length, true)).toBe(masked(crc32c(data)));
    found.push(data);
    at += 16 + length;
  }
  return found;
}

/** [step, tag, value] of every summary in a folder's one event file. */
function events(path: string): [number, string, number | number[]][] {
  const files = readdirSync(path);
  expect(files).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+\.v2$/)]);
  const [head, ...rest] = records(new Uint8Array(readFileSync(join(path, files[0]))));
  expect(word(inside(head, 3))).toBe("brain.Event:2");
  return rest.map((event) => {
    const value = inside(event, 5, 1);
    const tensor = inside(value, 8);
    const plugin = word(inside(value, 9, 1, 1));
    const data = inside(tensor, plugin === "scalars" ? 5 : 4);
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const numbers = Array.from({ length: data.length / 8 }, (_, k) => view.getFloat64(8 * k, true));
    return [one(event, 2) as number, word(inside(value, 1)), plugin === "scalars" ? view.getFloat32(0, true) : numbers];
  });
}

test("crc32c is that of the published vectors (RFC 3720, appendix B.4)", () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(new Uint8Array())).toBe(0);
});

test("a record and its summaries have the bytes that the formats prescribe", () => {
  // written down by hand from the wire format: tag "a", tensor {float, shape {}, 1.5}, metadata {{"scalars"}, scalar}
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  const expected = `0a0161${"420a"}${"0801"}${"1200"}${"2a040000c03f"}${"4a0d"}${"0a09"}${"0a07"}${hex(new TextEncoder().encode("scalars"))}${"2001"}`;
  expect(hex(scalarSummary("a", 1.5))).toBe(expected);
  const framed = record(new Uint8Array());
  expect(hex(framed.subarray(0, 8))).toBe("0000000000000000");
  expect(framed.length).toBe(16);
});

test("a histogram counts every number once, between the least and the greatest", () => {
  const rows = histogram([0, 1, 2, 3, 30, Number.NaN]);
  expect(rows.length).toBe(30);
  expect([rows[0][0], rows[29][1]]).toEqual([0, 30]);
  expect(rows.reduce((n, row) => n + row[2], 0)).toBe(5);
  expect(rows[29][2]).toBe(1);
  expect(histogram([2, 2])).toEqual([[1.5, 2.5, 2]]);
  expect(histogram([])).toEqual([]);
  expect(inside(histogramSummary("empty", []), 9, 1, 1)).toEqual(new TextEncoder().encode("histograms"));
});

test("training writes what Keras writes where Keras writes it", async () => {
  const model = sequential([input([2, 1]), lstm(2), dense(1)], { name: "small" });
  model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"], backend: "js" });
  const x = [
    [[1], [2]],
    [[3], [1]],
    [[0], [1]],
    [[2], [2]],
  ];
  const y = [3, 4, 1, 4];
  const { history } = await model.fit(x, y, {
    epochs: 2,
    batchSize: 1,
    validationSplit: 0.25,
    verbose: 0,
    callbacks: [tensorBoard({ logDir: folder, histogramFreq: 1, updateFreq: 2 })],
  });
  const f = Math.fround;
  const train = events(join(folder, "train"));
  const scalars = (of: string) => train.filter(([, tag]) => tag === of).map(([step, , value]) => [step, value]);
  expect(scalars("epoch_loss")).toEqual(history.loss.map((v, k) => [k, f(v)]));
  expect(scalars("epoch_mae")).toEqual(history.mae.map((v, k) => [k, f(v)]));
  expect(scalars("epoch_learning_rate")).toEqual([
    [0, f(0.001)],
    [1, f(0.001)],
  ]);
  expect(scalars("batch_loss").map(([step]) => step)).toEqual([2, 4, 6]);
  expect(scalars("batch_loss")[2][1]).toBe(f(history.loss[1]));
  const histograms = train.filter(([, tag]) => tag.endsWith("/histogram"));
  expect(histograms.map(([, tag]) => tag).slice(0, 5)).toEqual(
    ["lstm/kernel", "lstm/recurrent_kernel", "lstm/bias", "dense/kernel", "dense/bias"].map((n) => `${n}/histogram`),
  );
  const counts = (histograms[1][2] as number[]).filter((_, k) => k % 3 === 2);
  expect(counts.reduce((a, b) => a + b, 0)).toBe(2 * 8);
  expect(events(join(folder, "validation"))).toEqual([
    [3, "evaluation_loss_vs_iterations", f(history.val_loss[0])],
    [3, "evaluation_mae_vs_iterations", f(history.val_mae[0])],
    [0, "epoch_loss", f(history.val_loss[0])],
    [0, "epoch_mae", f(history.val_mae[0])],
    [6, "evaluation_loss_vs_iterations", f(history.val_loss[1])],
    [6, "evaluation_mae_vs_iterations", f(history.val_mae[1])],
    [1, "epoch_loss", f(history.val_loss[1])],
    [1, "epoch_mae", f(history.val_mae[1])],
  ]);
});
