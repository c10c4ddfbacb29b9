import { DataError, problem } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";

/** Keys struck together, by MIDI's numbers: 60 is the middle C, a piano has 21 to 108. A rest is []. */
export type Chord = readonly number[];

const [lowest, keys] = [21, 88];

/**
 * Music as numbers: 1 for each key of a piano that sounds, [N, T, 88]. Steps after a piece's end are -1 in every key, so that
 * `masking({ maskValue: -1 })` distinguishes them from rests. Throws DataError for notes no piano has.
 *
 *   pianoRoll([[[60, 64], []], [[60]]]).shape; // [2, 2, 88]
 */
export function pianoRoll(pieces: readonly (readonly Chord[])[]): NdArray {
  const T = Math.max(0, ...pieces.map((piece) => piece.length));
  const roll = new Float32Array(pieces.length * T * keys).fill(-1);
  for (const [n, piece] of pieces.entries()) {
    for (const [t, chord] of piece.entries()) {
      const at = (n * T + t) * keys;
      roll.fill(0, at, at + keys);
      for (const note of chord) roll[at + keyOf(note, `[${n}][${t}]`)] = 1;
    }
  }
  return new NdArray(roll, [pieces.length, T, keys]);
}

/**
 * Inputs and targets for a model that predicts each chord from those before it, both [N, T, 88]: x the pieces
 * after a step of silence, without their last chord; y the pieces. After a piece's end x is -1 and y, which counts no more, 0.
 *
 *   const { x, y } = nextChords([[[60], [64]]]);
 *   y.at(0, 0, 60 - 21); // 1
 *   x.at(0, 1, 60 - 21); // 1
 */
export function nextChords(pieces: readonly (readonly Chord[])[]): { x: NdArray; y: NdArray } {
  const y = pianoRoll(pieces);
  const x = pianoRoll(pieces.map((piece) => [[], ...piece].slice(0, piece.length)));
  return {
    x,
    y: new NdArray(
      Float32Array.from(y.data, (v) => Math.max(v, 0)),
      y.shape,
    ),
  };
}

function keyOf(note: number, place: string): number {
  if (Number.isInteger(note) && note >= lowest && note < lowest + keys) return note - lowest;
  const next = "Notes are MIDI numbers; 60 is the middle C.";
  throw new DataError(problem("pianoRoll", `a note from 21 to 108 in the chord at ${place}`, String(note), next));
}
