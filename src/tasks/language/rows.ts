import { DataError, invalidOption, option, problem, sentence } from "../../errors.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { nextWordRows } from "../../text/next-word.ts";
import { drawOf, type Shuffle, stepsBefore } from "../../train/fit/batches.ts";
import type { EncodedText } from "./text.ts";

/** Inputs and targets of a model over ids. */
export interface TokenRows {
  readonly x: NdArray;
  readonly y: NdArray;
}

/** Batches of whole lines, every pass in another order. */
interface LineBatches {
  readonly count: number;
  batches(pass: number): Generator<[NdArray, NdArray]>;
}

/** Options of the shuffling of lines. */
export interface LineOrder {
  readonly shuffle: Shuffle;
  readonly seed: number;
  /** Steps that the model had taken before: another training has other orders. Default 0. */
  readonly taken?: number;
  readonly initialEpoch?: number;
}

/**
 * Whole lines, lines of like length together so that little is padding: x [B, T] all ids but the last, y [B, T] all but the
 * first, zeros after them. Lines of more than `steps` targets are cut; each piece begins with the last id of the one before.
 * Their order depends on `order` and pass alone; null: that of the lengths.
 *
 *   [...lineBatches([[1, 5, 6]], 4, 8, null).batches(0)]; // x [[1, 5, 0, 0]], y [[5, 6, 0, 0]]
 */
export function lineBatches(
  lines: EncodedText["rows"],
  steps: number,
  batchSize: number,
  order: LineOrder | null,
): LineBatches {
  const pieces = lines.flatMap((line) =>
    Array.from({ length: Math.ceil((line.length - 1) / steps) }, (_, k) => line.slice(k * steps, (k + 1) * steps + 1)),
  );
  const widths = pieces.map((piece) => roundedWidth(piece.length - 1));
  const count = Math.ceil(pieces.length / batchSize);
  const begun = stepsBefore(order?.taken ?? 0, order?.initialEpoch ?? 0, count);
  return {
    count,
    *batches(pass) {
      const rows = Int32Array.from(pieces.keys());
      const starts = Int32Array.from({ length: count }, (_, k) => k * batchSize);
      const draw = order && drawOf(order.shuffle, pass, begun);
      if (order && draw !== null)
        for (const [k, list] of [rows, starts].entries())
          new Random(order.seed, 4_000_003 + 2 * draw + k).shuffle(list);
      rows.sort((a, b) => widths[a] - widths[b]); // stable: within a width the order stays drawn
      for (const from of starts) {
        const taken = Array.from(rows.subarray(from, from + batchSize));
        const batch = taken.map((row) => pieces[row]);
        yield rectangle(batch, widths[taken.at(-1)!]);
      }
    },
  };
}

/** 4, 6, 8, 12, 16, 24, ...: few widths, as each is a program of its own, and at most half as much again as needed. */
function roundedWidth(steps: number): number {
  let width = 4;
  while (width < steps) width = width % 3 === 0 ? (width / 3) * 4 : (width / 2) * 3;
  return width;
}

function rectangle(lines: EncodedText["rows"], width: number): [NdArray, NdArray] {
  const shape = [lines.length, width];
  const [x, y] = [new Int32Array(lines.length * width), new Int32Array(lines.length * width)];
  for (const [row, line] of lines.entries()) {
    x.set(line.slice(0, -1), row * width);
    y.set(line.slice(1), row * width);
  }
  return [new NdArray(x, shape), new NdArray(y, shape)];
}

/** Every beginning of a line padded before it to `width`: x [N, width], y [N]. */
export function prefixRows(lines: EncodedText["rows"], width: number | undefined): TokenRows {
  return nextWordRows(lines, width === undefined ? {} : { maxLen: width + 1 });
}

/**
 * One long text as `rows` contiguous stretches read side by side, `steps` ids at a time: row k of a batch continues where row k
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

/** Number of batches of `streamBatches`. */
export const streamLength = (ids: readonly number[], rows: number, steps: number): number =>
  Math.ceil(Math.floor((ids.length - 1) / rows) / steps);

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
      sentence`a ${option("batchSize")} from 1 to ${ids.length - 1}, the targets of this text`,
      String(wanted),
      "Give more text.",
    ),
  );
}

/** Splits off the last fraction for validation (or returns the validation data given instead). */
export function splitAt<T>(
  all: readonly T[],
  fraction: number,
  other: readonly T[] | undefined,
): [readonly T[], readonly T[] | undefined] {
  const cut = Math.ceil(all.length * (1 - fraction));
  if (other) return [all, other];
  if (fraction === 0) return [all, undefined];
  if (fraction > 0 && fraction < 1 && cut < all.length) return [all.slice(0, cut), all.slice(cut)];
  const next = "Use a smaller fraction, for example 0.1, or more text.";
  throw new DataError(
    problem(
      "languageModel.fit",
      sentence`a ${option("validationSplit")} that leaves text on both sides`,
      String(fraction),
      next,
    ),
  );
}

/** The number, if it can be one of rows. */
export function wholeBatch(size: number): number {
  if (Number.isInteger(size) && size >= 1) return size;
  throw new DataError(
    invalidOption(
      "languageModel",
      "batchSize",
      sentence`${option("batchSize")} as a whole number above 0`,
      String(size),
    ),
  );
}
