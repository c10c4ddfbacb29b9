import { DataError, problem } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { nextWordRows } from "../text/next-word.ts";
import type { EncodedText } from "./language-model-text.ts";

/** Inputs and targets of a model over ids. */
export interface TokenRows {
  readonly x: NdArray;
  readonly y: NdArray;
}

/**
 * Whole lines, zeros after them: x [N, T] all ids but the last, y [N, T] all but the first. Lines of more than `steps`
 * targets are cut; each piece begins with the last id of the piece before.
 *
 *   lineRows([[1, 5, 6]], 2); // x [[1, 5]], y [[5, 6]]
 */
export function lineRows(lines: EncodedText["rows"], steps: number): TokenRows {
  const pieces = lines.flatMap((line) =>
    Array.from({ length: Math.ceil((line.length - 1) / steps) }, (_, k) => line.slice(k * steps, (k + 1) * steps + 1)),
  );
  const width = pieces.reduce((most, piece) => Math.max(most, piece.length - 1), 0);
  const shape = [pieces.length, width];
  const [x, y] = [new Int32Array(pieces.length * width), new Int32Array(pieces.length * width)];
  for (const [row, piece] of pieces.entries()) {
    x.set(piece.slice(0, -1), row * width);
    y.set(piece.slice(1), row * width);
  }
  return { x: new NdArray(x, shape), y: new NdArray(y, shape) };
}

/** Every beginning of a line padded before it to `width`: x [N, width], y [N]. */
export function prefixRows(lines: EncodedText["rows"], width: number | undefined): TokenRows {
  return nextWordRows(lines, width === undefined ? {} : { maxLen: width + 1 });
}

/**
 * One long text as `rows` contiguous stretches read side by side, `steps` ids at a time: row k of a batch goes on where row k
 * of the batch before ended. At most rows − 1 ids at the end are left over.
 *
 *   [...streamBatches([1, 2, 3, 4, 5], 2, 2)]; // x [[1, 2], [3, 4]], y [[2, 3], [4, 5]]
 */
export function* streamBatches(ids: readonly number[], rows: number, steps: number): Generator<[NdArray, NdArray]> {
  const stretch = Math.floor((ids.length - 1) / rows); // targets in a row
  for (let from = 0; from < stretch; from += steps) {
    const width = Math.min(steps, stretch - from);
    const window = (shift: number) => {
      const data = new Int32Array(rows * width);
      for (let row = 0; row < rows; row++)
        for (let t = 0; t < width; t++) data[row * width + t] = ids[row * stretch + from + t + shift];
      return new NdArray(data, [rows, width]);
    };
    yield [window(0), window(1)];
  }
}

/** The rows a stream is cut into: `wanted`, or as many as leave each a few windows. Throws DataError for too short a text. */
export function streamRows(
  ids: readonly number[],
  steps: number,
  wanted: number | undefined,
  usual: number,
  who: string,
) {
  const rows = wanted ?? Math.max(1, Math.min(usual, Math.floor(ids.length / (4 * steps))));
  if (Number.isInteger(rows) && rows >= 1 && ids.length > rows) return rows;
  throw new DataError(
    problem(
      who,
      `a batchSize from 1 to ${ids.length - 1}, the targets of this text`,
      String(wanted),
      "Give more text.",
    ),
  );
}
