import { readdir } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { DataError, problem } from "../../errors.ts";
import { bareFlags } from "./bare-options.ts";

/** Kinds of files that may lie beside a model. */
export type Kept = "tokenizer" | "labels" | "scaler" | "targetScaler";

/**
 * The file beside a model that holds one of these, by its name; null where there is none. Throws DataError where several could
 * be it, and none has the model's name in its own.
 */
export async function fileBeside(model: string, kept: Kept): Promise<string | null> {
  const folder = dirname(model);
  const all = await readdir(folder).catch(() => []);
  const { name, not, ends } = looks[kept];
  const fits = (file: string) => name.test(file) && !not?.test(file) && ends.test(file) && file !== basename(model);
  const found = all.filter(fits).sort();
  const stem = basename(model, extname(model)).toLowerCase();
  const [named, first] = [found.filter((file) => file.toLowerCase().includes(stem)), found[0]];
  if (found.length > 1 && named.length !== 1) {
    const flag = bareFlags[kept];
    throw new DataError(
      problem(model, `one file for ${flag} beside it`, found.join(", "), `Name it: ${flag} ${first}.`),
    );
  }
  const chosen = named[0] ?? first;
  return chosen === undefined ? null : join(folder, chosen);
}

const pickled = "pkl|pickle|p|joblib|save|sav|gz|zip|bin|dump";
const ofTarget = /(target|output|label|(?<![a-z])y)(?![a-z])/i;

const looks: Record<Kept, { name: RegExp; not?: RegExp; ends: RegExp }> = {
  tokenizer: {
    name: /tokeni[sz]er|word_?(to_?)?(index|idx|id|ix)|word2(idx|index|id)|char_?(to_?)?(index|idx|int|indices|ix)|char2(idx|int)|vocab/i,
    not: /config/i, // a tokenizer of another kind
    ends: new RegExp(`\\.(${pickled}|json|txt)$`, "i"),
  },
  labels: {
    name: /label|class(es|_?names|_?ind)|(?<![a-z])tags?(?![a-z])|(?<![a-z])le(?![a-z])|encoder/i,
    not: /scaler|tokeni[sz]er|model/i,
    ends: new RegExp(`\\.(${pickled}|json|txt|npy)$`, "i"),
  },
  scaler: { name: /scaler|minmax|normali[sz]er/i, not: ofTarget, ends: new RegExp(`\\.(${pickled}|json)$`, "i") },
  targetScaler: {
    name: new RegExp(`scaler.*${ofTarget.source}|${ofTarget.source}.*scaler`, "i"),
    ends: new RegExp(`\\.(${pickled}|json)$`, "i"),
  },
};
