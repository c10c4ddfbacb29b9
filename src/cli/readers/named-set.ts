import { existsSync } from "node:fs";
import { basename } from "node:path";
import { DataError, problem } from "../../errors.ts";
import { datasets } from "../../index.ts";
import { standardInput, unpackedName } from "./read-text-file.ts";
import { unpackedPart, unpackedSets } from "./unpacked-set.ts";

/** The part of a data set that a command reads where the set has parts; of a set without one for validation the test part. */
export type SetPart = "train" | "validation" | "test";

/**
 * Files that words name: a word that is no file here but a data set, `imdb-text`, stands for its files, those of the part that is read where
 * it has parts; `ett/ETTh1.csv` for one of them. What is not on this machine is downloaded, what is packed is unpacked into the cache. One
 * line says which. Throws DataError for a set whose files no command reads, or that has several at once.
 */
export async function namedFiles(
  words: readonly string[],
  part: SetPart,
  say: (line: string) => void,
): Promise<string[]> {
  const found: string[] = [];
  for (const word of words) found.push(...((await filesOfSet(word, part, say)) ?? [word]));
  return found;
}

async function filesOfSet(word: string, part: SetPart, say: (line: string) => void): Promise<string[] | null> {
  const [first, ...rest] = word.split("/");
  const name = inWords[first] ?? first;
  const set = datasets.dataSets.find((one) => one.name === name);
  if (!set || word === standardInput || existsSync(word)) return null;
  const names = set.files.map(({ fileName }) => fileName);
  const whole = rest.length === 0;
  if (whole && Object.hasOwn(unpackedSets, name)) {
    const own = part === "train" ? part : "test";
    const path = await unpackedPart(name, await pathsOf(word, name, names), own);
    say(`${word}: ${unpackedSets[name].about(own)}, in ${path}`);
    return [path];
  }
  const wanted = whole ? partOf(word, names, part) : [rest.join("/")];
  const other = wanted.find((one) => !names.includes(one));
  if (other !== undefined) {
    const next = names.map((one) => `${name}/${one}`).join(", ");
    throw new DataError(problem(word, "a file of the data set", JSON.stringify(other), `It has ${next}.`));
  }
  const paths = await pathsOf(word, name, wanted);
  say(`${word}: ${paths.map((path) => basename(path)).join(", ")} of the data set ${name}`);
  return paths;
}

/** Where files of a set are on this machine; they are downloaded if they are not. */
async function pathsOf(word: string, name: string, wanted: readonly string[]): Promise<string[]> {
  const here = await datasets.locateDataSet(name);
  const missing = wanted.some((one) => (here.get(one) ?? null) === null);
  if (missing) await datasets.fetchDataSet(name, { onProgress: () => {} });
  const found = missing ? await datasets.locateDataSet(name) : here;
  return wanted.map((one) => {
    const path = found.get(one) ?? null;
    if (path !== null) return path;
    throw new DataError(problem(word, "a file that can be kept here", "none", `cellstate datasets where ${name}`));
  });
}

/** Sets of numbers whose texts are another set. */
const inWords: Readonly<Record<string, string>> = { imdb: "imdb-text" };

/** The files of a set's part: one that a table, a text, sentences or sequences can be read from, or a text and its translation. */
function partOf(word: string, names: readonly string[], part: SetPart): readonly string[] {
  if (Object.hasOwn(translations, word)) return translations[word][part];
  const readable = names.filter((one) => readableName.test(unpackedName(one)) && !isExtra(one));
  const own = [part, "test" as const].map((one) => readable.filter((name) => parts[one].test(name)));
  const left = part !== "train" && own[0].length === 0 ? own[1] : own[0];
  if (left.length === 1) return left;
  if (left.length === 0 && readable.length === 1) return readable;
  const [found, next] =
    readable.length === 0
      ? [
          "none",
          `It has ${names.join(", ")}: cellstate datasets where ${word} says where they are; unpack or convert them.`,
        ]
      : [`${readable.length}`, `Name one: ${readable.map((one) => `${word}/${one}`).join(", ")}.`];
  throw new DataError(problem(word, "one file of the data set that can be read", found, next));
}

const readableName = /\.(txt|csv|tsv|jsonl|json|npz|iob)$/i;
const parts: Readonly<Record<SetPart, RegExp>> = { train: /train/i, validation: /val/i, test: /test/i };

/** Sets of parallel texts: the files to translate from and to. Another pair is given by its two files. */
const translations: Readonly<Record<string, Readonly<Record<SetPart, readonly string[]>>>> = {
  multi30k: {
    train: ["train.en.gz", "train.de.gz"],
    validation: ["val.en.gz", "val.de.gz"],
    test: ["test_2016_flickr.en.gz", "test_2016_flickr.de.gz"],
  },
};

/** Labels beside a text, or a form that is no table. */
const isExtra = (name: string): boolean => /_(act|emotion)_|^jsb|^Jsb/.test(name);
