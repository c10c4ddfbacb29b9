import { DataError, problem, ShapeError, showShape } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";

/** Options of `movingDigits`. */
export interface MovingDigitsOptions {
  /** Number of clips. */
  count: number;
  /** Frames of a clip. Default 5. */
  frames?: number;
  /** Rows and columns of the square that the digit moves through. Default 32. */
  size?: number;
  /** Pixels of the square from one frame to the next. Default 1. */
  speed?: number;
  /** A pixel of a clip is the mean of so many rows and columns of the square. Default 2: frames of 16 × 16. */
  reduce?: number;
  /** Seed of the draws. Default 1. */
  seed?: number;
}

/** Clips with the two questions they pose. */
export interface MovingDigits {
  /** Pixels from 0 to 1, [count, frames, size / reduce, size / reduce]. */
  readonly clips: NdArray;
  /** The digit that moves. */
  readonly digits: number[];
  /** Its direction: one of eight points of the compass. */
  readonly directions: string[];
}

/** Steps down and to the right, by direction. */
const steps = {
  ...{ north: [-1, 0], northeast: [-1, 1], east: [0, 1], southeast: [1, 1] },
  ...{ south: [1, 0], southwest: [1, -1], west: [0, -1], northwest: [-1, -1] },
} as const;
const names = Object.keys(steps) as (keyof typeof steps)[];

/**
 * Clips of a digit that moves through an empty square in one of eight directions, as Moving MNIST (Srivastava et al. 2015) has two that bounce:
 * the order of the frames says where to. `images` [N, 28, 28] of bytes or of numbers up to 1, `labels` [N], as `readIdx` reads
 * them. What leaves the square is cut off; the middle of the path lies in its middle, give or take three pixels. Throws ShapeError for arrays that do not belong together, DataError for a number that does not fit.
 *
 *   const { clips, digits, directions } = movingDigits(images, labels, { count: 1000 });
 */
export function movingDigits(images: NdArray, labels: NdArray, options: MovingDigitsOptions): MovingDigits {
  const { count, frames = 5, size = 32, speed = 1, reduce = 2, seed = 1 } = options;
  const [N, rows, columns] = images.shape;
  if (images.rank !== 3 || labels.size !== N || N === 0) {
    const found = `${showShape(images.shape)} and ${showShape(labels.shape)}`;
    throw new ShapeError(problem("movingDigits", "images [N, rows, columns] and labels [N]", found));
  }
  for (const [name, value] of Object.entries({ count, frames, size, reduce, pixels: size / reduce }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new DataError(problem(`movingDigits: ${name}`, "a whole number of 1 or more", String(value)));
  if (!Number.isFinite(speed)) throw new DataError(problem("movingDigits: speed", "a finite number", String(speed)));
  const most = images.data.some((v) => v > 1) ? 255 : 1;
  const random = new Random(seed, 7_000_003);
  const below = (n: number) => Math.floor(random.uniform() * n);
  const width = size / reduce;
  const pixels = new Float32Array(count * frames * width * width);
  const [digits, directions]: [number[], string[]] = [[], []];
  for (let k = 0; k < count; k++) {
    const picked = below(N);
    const name = names[below(names.length)];
    const [down, right] = steps[name];
    const [top, left] = [(size - rows) / 2 + below(7) - 3, (size - columns) / 2 + below(7) - 3];
    for (let t = 0; t < frames; t++) {
      const along = speed * (t - (frames - 1) / 2);
      const at = [Math.round(top + down * along), Math.round(left + right * along)] as const;
      const square = new Float32Array(size * size);
      draw(images.row(picked).data, [rows, columns], at, square, size, most);
      reduced(square, size, reduce, pixels.subarray((k * frames + t) * width * width));
    }
    digits.push(labels.data[picked]);
    directions.push(name);
  }
  return { clips: new NdArray(pixels, [count, frames, width, width]), digits, directions };
}

/** An image in a frame of `size` rows and columns, its corner at a place; divided by `most`. */
function draw(
  image: ArrayLike<number>,
  [rows, columns]: readonly [number, number],
  [top, left]: readonly [number, number],
  frame: Float32Array,
  size: number,
  most: number,
): void {
  for (let r = Math.max(0, -top); r < Math.min(rows, size - top); r++)
    for (let c = Math.max(0, -left); c < Math.min(columns, size - left); c++)
      frame[(top + r) * size + left + c] = image[r * columns + c] / most;
}

/** Means of blocks of `reduce` rows and columns of a square. */
function reduced(square: Float32Array, size: number, reduce: number, out: Float32Array): void {
  const width = size / reduce;
  for (let r = 0; r < size; r++)
    for (let c = 0; c < size; c++)
      out[Math.floor(r / reduce) * width + Math.floor(c / reduce)] += square[r * size + c] / reduce ** 2;
}
