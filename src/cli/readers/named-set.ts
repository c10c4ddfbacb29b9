import { existsSync } from "node:fs";
import { basename } from "node:path";
import { DataError, problem } from "../../errors.ts";
import { datasets } from "../../index.ts";
import { standardInput, unpackedName } from "./read-text-file.ts";

/** The part of a data set that a command reads where the set has parts. */
export type SetPart = "train" | "test";

/**
 * Files that words name: a word that is no file here but a data set, `imdb-text`, stands for its files, those of the part that is read where
 * it has parts; `ett/ETTh1.csv` for one of them. What is not on this machine is downloaded. One line says which. Throws DataError for a set
 * whose files this command cannot read, or that has several at once.
 */
export async function namedFiles(
  words: readonly string[],
  part: SetPart,
  say: (line: string) => void,
): Promise<string[]> {
  const found: string[] = [];
  for (const word of words) found.push((await fileOfSet(word, part, say)) ?? word);
  return found;
}

async function fileOfSet(word: string, part: SetPart, say: (line: string) => void): Promise<string | null> {
  const [first, ...rest] = word.split("/");
  const name = inWords[first] ?? first;
  const set = datasets.dataSets.find((one) => one.name === name);
  if (!set || word === standardInput || existsSync(word)) return null;
  const names = set.files.map(({ fileName }) => fileName);
  const wanted = rest.length > 0 ? rest.join("/") : oneOf(word, names, part);
  if (!names.includes(wanted)) {
    const next = names.map((one) => `${name}/${one}`).join(", ");
    throw new DataError(problem(word, "a file of the data set", JSON.stringify(wanted), `It has ${next}.`));
  }
  const path = (await datasets.locateDataSet(name)).get(wanted) ?? null;
  if (path === null) await datasets.fetchDataSet(name, { onProgress: () => {} });
  const here = path ?? (await datasets.locateDataSet(name)).get(wanted) ?? null;
  if (here === null)
    throw new DataError(problem(word, "a file that can be kept here", "none", `cellstate datasets where ${name}`));
  say(`${word}: ${basename(here)} of the data set ${name}`);
  return here;
}

/** Sets of numbers whose texts are another set. */
const inWords: Readonly<Record<string, string>> = { imdb: "imdb-text" };

/** The one file of a set that a table, a text or a series can be read from. */
function oneOf(word: string, names: readonly string[], part: SetPart): string {
  const readable = names.filter((one) => /\.(txt|csv|tsv|jsonl|json|npz)$/i.test(unpackedName(one)) && !isExtra(one));
  const own = readable.filter((one) => parts[part].test(one));
  const left = own.length > 0 ? own : readable.length === 1 ? readable : [];
  if (left.length === 1) return left[0];
  const [found, next] =
    readable.length === 0
      ? [
          "none",
          `It has ${names.join(", ")}: cellstate datasets where ${word} says where they are; unpack or convert them.`,
        ]
      : [`${readable.length}`, `Name one: ${readable.map((one) => `${word}/${one}`).join(", ")}.`];
  throw new DataError(problem(word, "one file of the data set that can be read", found, next));
}

const parts: Readonly<Record<SetPart, RegExp>> = { train: /train/i, test: /test/i };

/** Labels beside a text, or a form that is no table. */
const isExtra = (name: string): boolean => /_(act|emotion)_|\.ts\.txt$|^jsb|^Jsb/.test(name);
