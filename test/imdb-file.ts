import { writeFileSync } from "node:fs";
import { writeNpy } from "../src/formats/containers/npy.ts";
import { zip } from "../src/formats/containers/zip.ts";

/** An npy member of lists of ranks below 65,536, pickled as Python 2 does. */
export function listsNpy(rows: readonly (readonly number[])[]): Uint8Array {
  const text = (s: string): number[] => [...s].map((c) => c.charCodeAt(0));
  const whole = (n: number): number[] => (n < 256 ? [0x4b, n] : [0x4d, n & 255, n >> 8]);
  const header = `{'descr': '|O', 'fortran_order': False, 'shape': (${rows.length},), }`.padEnd(117);
  return Uint8Array.from([
    ...[0x93, ...text("NUMPY"), 1, 0, 118, 0, ...text(`${header}\n`)],
    ...[0x80, 2, ...text("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00"), 0x85],
    ...[...text("U\x01b"), 0x87, ...text("R(K\x01"), ...whole(rows.length), 0x85],
    ...[...text("cnumpy\ndtype\nU\x02O8K\x00K\x01"), 0x87],
    ...[...text("R(K\x03U\x01|NNNK\x00K\x00K?tb"), 0x89, ...text("](")],
    ...rows.flatMap((row) => [...text("]("), ...row.flatMap(whole), 0x65]),
    ...text("etb."),
  ]);
}

/** The labels of reviews, as they lie in imdb.npz. */
export const labelsNpy = (...values: number[]): Uint8Array =>
  writeNpy({ data: BigInt64Array.from(values, BigInt), shape: [values.length] });

/** Writes an imdb.npz of 160 and 160 made-up reviews of some thirty words: reading the 50,000 takes a second. */
export async function writeMadeUpReviews(path: string): Promise<void> {
  const labels = Array.from({ length: 160 }, (_, i) => i % 2);
  const reviews = (salt: number) =>
    labels.map((label, i) =>
      Array.from({ length: 20 + (i % 23) }, (_, t) => 1 + ((i * 37 + t * t * 11 + salt) % 4500) * 2 + label),
    );
  const part = (name: string, salt: number) =>
    [[`x_${name}.npy`, listsNpy(reviews(salt))] as const, [`y_${name}.npy`, labelsNpy(...labels)] as const] as const;
  writeFileSync(path, await zip([...part("train", 1), ...part("test", 2)]));
}
