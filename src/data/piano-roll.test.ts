import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { midiFile, nextChords, pianoRoll } from "./index.ts";

test("a key that sounds is 1, a rest is all zeros, what follows the end is all -1", () => {
  const roll = pianoRoll([[[21, 108], []], [[60]]]);
  const step = (n: number, t: number) => Array.from(roll.data.slice((n * 2 + t) * 88, (n * 2 + t + 1) * 88));
  expect(step(0, 0).flatMap((v, k) => (v === 1 ? [k] : []))).toEqual([0, 87]);
  expect(new Set(step(0, 1))).toEqual(new Set([0]));
  expect(new Set(step(1, 1))).toEqual(new Set([-1]));
});

test("what is read is one step behind what is asked, and as long", () => {
  const { x, y } = nextChords([[[30], [40], [50]], [[60]], []]);
  const notes = (a: typeof x, n: number, t: number) =>
    Array.from({ length: 88 }, (_, k) => k + 21).filter((note) => a.at(n, t, note - 21) === 1);
  expect([0, 1, 2].map((t) => notes(x, 0, t))).toEqual([[], [30], [40]]);
  expect([0, 1, 2].map((t) => notes(y, 0, t))).toEqual([[30], [40], [50]]);
  for (const a of [x, y]) {
    expect(a.shape).toEqual([3, 3, 88]);
    const beyond = a === x ? -1 : 0; // targets are 0 or 1
    expect([a.at(1, 1, 0), a.at(2, 0, 0)]).toEqual([beyond, beyond]);
  }
});

test("a note no piano has is named with its place", () => {
  expect(() => pianoRoll([[[60], [20]]])).toThrow(DataError);
  expect(() => pianoRoll([[[60], [20]]])).toThrow("[0][1], received 20");
});

test("a MIDI file, byte by byte", () => {
  expect(Buffer.from(midiFile([[60, 64], []], { seconds: 0.6 })).toString("hex")).toBe(
    [
      "4d546864 00000006 0000 0001 0060", // MThd, 6 bytes, format 0, one track, 96 ticks a quarter
      "4d54726b 00000023", // MTrk, 35 bytes
      "00 ff5103 0927c0", // 600,000 microseconds a quarter
      "00 903c50 00 904050 60 ff0100 00 803c00 00 804000",
      "60 ff0100 00 ff2f00",
    ]
      .join("")
      .replaceAll(" ", ""),
  );
  expect(() => midiFile([[128]])).toThrow(/received 128\.\n {2}A note is/);
  expect(() => midiFile([], { seconds: 20 })).toThrow(/received 20\.\n {2}Seconds of one chord/);
});
