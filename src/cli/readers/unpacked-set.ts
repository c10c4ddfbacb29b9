import { basename, join } from "node:path";
import { readIdx } from "../../data/index.ts";
import { DataError, problem } from "../../errors.ts";
import { writeNpz } from "../../formats/index.ts";
import { datasets } from "../../index.ts";
import { readBytes } from "./read-text-file.ts";

/** The part of a data set that is made; validation is on the test part. */
type Part = "train" | "test";

/** A data set whose files no command reads as they are. */
interface Unpacked {
  /** The contents of a part, in a line. */
  readonly about: (part: Part) => string;
  /** The name of the file that is read; of recordings, "", the folder. */
  readonly file: (part: Part) => string;
  /** The files of a part, by name, made of those of the set. */
  readonly files: (paths: readonly string[], part: Part) => Promise<Iterable<readonly [string, Uint8Array]>>;
}

/** The sets that are unpacked or converted before they are read. */
export const unpackedSets: Readonly<Record<string, Unpacked>> = {
  fsdd: {
    about: (part) => `recordings ${part === "train" ? "5 to 49" : "0 to 4"} of each speaker and digit`,
    file: () => "",
    async files([zip], part) {
      const wanted = (name: string) => {
        const number = /^\d_\w+_(\d+)\.wav$/.exec(basename(name))?.[1]; // digit, speaker, number: 7_jackson_32.wav
        return number !== undefined && Number(number) < 5 === (part === "test");
      };
      return (await members(zip, wanted)).map(([name, bytes]) => [basename(name), bytes] as const);
    },
  },
  mnist: {
    about: (part) =>
      `the ${part === "train" ? "first four fifths" : "last fifth"} of the digits, a row of pixels a step`,
    file: (part) => `${part}.npz`,
    async files([images, labels], part) {
      const [x, y] = [readIdx(await readBytes(images), images), readIdx(await readBytes(labels), labels)];
      const cut = Math.floor(0.8 * x.shape[0]);
      const own = (all: typeof x) => (part === "train" ? all.slice(0, cut) : all.slice(cut));
      const [pixels, digits] = [own(x), own(y)];
      const arrays = {
        x: { data: Uint8Array.from(pixels.data), shape: pixels.shape },
        y: { data: Int32Array.from(digits.data), shape: digits.shape },
      };
      return [[`${part}.npz`, await writeNpz(arrays)]];
    },
  },
  "fra-eng": {
    about: () => "fra.txt, all pairs",
    file: () => "fra.txt",
    async files([zip]) {
      const [[, text]] = await members(zip, (name) => name === "fra-eng/fra.txt");
      return [["fra.txt", text]];
    },
  },
};

/**
 * The path of a set's part, unpacked once into Cellstate's cache. The folder is named after the files it was made of, so that another copy
 * of the set is unpacked too.
 */
export async function unpackedPart(name: string, paths: readonly string[], part: Part): Promise<string> {
  const { createHash } = await import("node:crypto");
  const { existsSync } = await import("node:fs");
  const { mkdir, mkdtemp, rename, rm, stat, writeFile } = await import("node:fs/promises");
  const { file, files } = unpackedSets[name];
  const seen = await Promise.all(paths.map(async (path) => `${path} ${(await stat(path)).mtimeMs}`));
  const mark = createHash("sha256").update(seen.join("\n")).digest("hex").slice(0, 8);
  const { cache } = await datasets.dataPlaces();
  const folder = join(cache, name, `${part}-${mark}`);
  if (!existsSync(folder)) {
    await mkdir(join(cache, name), { recursive: true });
    const made = await mkdtemp(`${folder}-`); // renamed when it is whole
    for (const [own, bytes] of await files(paths, part)) await writeFile(join(made, own), bytes);
    await rename(made, folder).catch(async (error) => {
      await rm(made, { recursive: true });
      if (!existsSync(folder)) throw error; // otherwise another command was first
    });
  }
  return join(folder, file(part));
}

const largest = 2 ** 28; // bytes of one member

/** Members of a zip file whose names are wanted. */
async function members(zip: string, wanted: (name: string) => boolean): Promise<[string, Uint8Array][]> {
  const { unzipSync } = await import("fflate");
  const found = Object.entries(
    unzipSync(await readBytes(zip), { filter: ({ name, originalSize }) => wanted(name) && originalSize < largest }),
  );
  if (found.length > 0) return found;
  throw new DataError(problem(zip, "the files of the data set", "none of them"));
}
