import { LabelEncoder, OneHotEncoder } from "../../data/index.ts";
import { DataError, FormatError, problem } from "../../errors.ts";
import { readNpy } from "../../formats/index.ts";
import {
  type BundleOptions,
  NdArray,
  type PickleContents,
  readPickle,
  type Scaler,
  scalerFromJson,
  Tokenizer,
} from "../../index.ts";
import { readBytes, readTextFile } from "./read-text-file.ts";

/** Contents of a file that a notebook kept: a Map for what has names, lists, texts, numbers, or an object of a known class. */
async function contentsOf(file: string): Promise<PickleContents> {
  if (/\.npy$/i.test(file)) {
    const { data } = readNpy(await readBytes(file), file);
    return Array.from(data as ArrayLike<unknown>, plain);
  }
  if (/\.txt$/i.test(file)) return linesOf(await readTextFile(file));
  if (!/\.json$/i.test(file)) return readPickle(file);
  const text = await readTextFile(file);
  try {
    const parsed: unknown = JSON.parse(text);
    return plain(typeof parsed === "string" ? JSON.parse(parsed) : parsed); // json.dump(tokenizer.to_json()) encodes it twice
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError(problem(file, "JSON of some depth", "a deeper one"));
    throw new FormatError(problem(file, "JSON", (error as Error).message));
  }
}

/** JSON, NumPy's integers and texts as a pickle has them. */
function plain(value: unknown): PickleContents {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "object" && value !== null && !("transform" in value))
    return new Map(Object.entries(value).map(([name, held]) => [name, plain(held)]));
  return value as PickleContents;
}

/** Lines without their ends; the last one may be empty. */
const linesOf = (text: string): string[] =>
  text
    .replace(/^\ufeff/, "")
    .replace(/\n+$/, "")
    .split("\n");

/** A tokenizer from a pickle of it, its JSON, or a word index: pickled, as JSON, or a word a line, the first of which has id 1. */
export async function readTokenizer(file: string, say: (line: string) => void = () => {}): Promise<Tokenizer> {
  const found = await contentsOf(file);
  if (found instanceof Tokenizer) return found;
  if (found instanceof Map && found.get("class_name") === "Tokenizer")
    return Tokenizer.fromJson(JSON.stringify(objectOf(found)));
  const index = wordIndexIn(found);
  if (index && isImdb(index)) {
    say(`${file}: Keras's word index of IMDb; ids are 3 more, as imdb.load_data gives them, 2 for unknown words`);
    return asImdbCounts(index);
  }
  if (index) return Tokenizer.fromWordIndex(index, splittingFor([...index.keys()]));
  const next = "Read here: a Keras Tokenizer, its JSON, a dict of words and ids, a list of words.";
  throw new FormatError(problem(file, "a tokenizer", nameOf(found), next));
}

/** Words and their ids: a dict either way round, a pair of both, or a list of words. */
function wordIndexIn(found: PickleContents): Map<string, number> | null {
  if (found instanceof Map) {
    const held = found.get("word_index") ?? found.get("word2idx") ?? found.get("tokenizer");
    if (held instanceof Tokenizer) return held.wordIndex;
    if (held instanceof Map) return wordIndexIn(held);
    const pairs = [...found];
    if (pairs.length === 0) return null;
    if (pairs.every(([word, id]) => typeof word === "string" && typeof id === "number"))
      return new Map(pairs as [string, number][]);
    const turned = pairs.map(([id, word]) => [word, Number(id)] as const);
    return turned.every(([word, id]) => typeof word === "string" && Number.isInteger(id))
      ? new Map(turned as [string, number][])
      : null;
  }
  if (!Array.isArray(found) || found.length === 0) return null;
  if (found[0] instanceof Map) return wordIndexIn(found[0]);
  if (!found.every((word) => typeof word === "string")) return null;
  const first = /^(|<pad>|\[pad\]|<padding>)$/i.test(found[0] as string) ? 0 : 1; // padding has a line of its own
  return new Map((found as string[]).map((word, k) => [word, k + first]));
}

/** Keras's word index of the IMDb reviews, whose words have numbers from 1, where `imdb.load_data` has them from 4. */
const isImdb = (index: ReadonlyMap<string, number>): boolean => index.size === 88_584 && index.get("the") === 1;

/** 0 is padding, 1 begins a review, 2 stands for unknown words. */
const asImdbCounts = (index: ReadonlyMap<string, number>): Tokenizer =>
  Tokenizer.fromWordIndex(
    new Map([["<oov>", 2], ...[...index].map(([word, id]): [string, number] => [word, id + 3])]),
    {
      oovToken: "<oov>",
    },
  );

/** The split that gave such words: into characters, with capital letters; and the word for unknown ones. */
function splittingFor(words: readonly string[]) {
  const oovToken = words.find((word) => /^[<[]?(oov|unk|unknown)[>\]]?$/i.test(word));
  const others = words.filter((word) => word !== oovToken && !/^[<[].+[>\]]$/.test(word) && word !== "");
  return {
    charLevel: others.length > 1 && others.every((word) => [...word].length === 1),
    lower: others.every((word) => word === word.toLowerCase()),
    ...(oovToken === undefined ? {} : { oovToken }),
  };
}

/** Class names from an encoder of scikit-learn, a list, a dict either way round, or a line each. */
export async function readLabels(file: string): Promise<NonNullable<BundleOptions["labels"]>> {
  const found = await contentsOf(file);
  if (found instanceof LabelEncoder || found instanceof OneHotEncoder) return found;
  const held = found instanceof Map ? (found.get("classes") ?? found.get("labels") ?? found.get("class_names")) : null;
  if (held instanceof LabelEncoder) return held;
  const list = listIn(held ?? found);
  if (list) return list;
  const next = "Read here: a LabelEncoder, a list of names, a dict of names and numbers, a name a line.";
  throw new FormatError(problem(file, "the names of classes", nameOf(found), next));
}

function listIn(found: PickleContents): (string | number)[] | null {
  if (found instanceof NdArray) return found.rank === 1 ? Array.from(found.data) : null;
  if (Array.isArray(found)) {
    const isName = (v: PickleContents) => typeof v === "string" || typeof v === "number";
    return found.length > 0 && found.every(isName) ? withoutNumbers(found as (string | number)[]) : null;
  }
  if (!(found instanceof Map)) return null;
  const pairs = [...found];
  const [names, numbers] = pairs.every(([, k]) => typeof k === "number")
    ? [pairs.map(([name]) => name), pairs.map(([, k]) => Number(k))]
    : [pairs.map(([, name]) => name), pairs.map(([k]) => Number(k))];
  const whole = numbers.every((k) => Number.isInteger(k) && k >= 0 && k < numbers.length);
  if (!whole || new Set(numbers).size < numbers.length || pairs.length === 0) return null;
  const list: PickleContents[] = Array(numbers.length);
  for (const [i, k] of numbers.entries()) list[k] = names[i];
  return listIn(list);
}

/** `0 cat`, `1 dog`: names behind their numbers. */
function withoutNumbers(list: (string | number)[]): (string | number)[] {
  const counted = list.map((name, k) => new RegExp(`^${k}[\\s:,=]+(\\S.*)$`).exec(String(name))?.[1].trim());
  return list.length > 1 && counted.every((name) => name !== undefined) ? counted : list;
}

/** A scaler from a pickle or joblib of it, from its JSON here, or from numbers by name: mean and scale, min and max. */
export async function readScaler(file: string): Promise<Scaler> {
  const found = await contentsOf(file);
  if (isScaler(found)) return found;
  if (found instanceof Map) {
    const held = found.get("scaler") ?? found.get("scaler_X") ?? found.get("x_scaler");
    if (held !== undefined && isScaler(held)) return held;
    if (found.has("kind")) return scalerFromJson(objectOf(found) as never);
    const numbers = (...names: string[]) => {
      const value = names.map((name) => found.get(name)).find((v) => v !== undefined);
      const list = value instanceof NdArray ? Array.from(value.data) : Array.isArray(value) ? value : [value];
      return list.every((v) => typeof v === "number") ? (list as number[]) : null;
    };
    const [mean, scale] = [numbers("mean", "mean_"), numbers("scale", "scale_", "std", "std_")];
    if (mean && scale) return scalerFromJson({ kind: "standard", center: mean, scale });
    const [least, most] = [numbers("min", "data_min_", "data_min"), numbers("max", "data_max_", "data_max")];
    if (least && most && least.length === most.length)
      return scalerFromJson({ kind: "minMax", center: least, scale: most.map((v, k) => v - least[k] || 1) });
  }
  const next =
    "Read here: MinMaxScaler, StandardScaler, RobustScaler, a Pipeline of them, mean and scale, min and max.";
  throw new DataError(problem(file, "a scaler", nameOf(found), next));
}

const isScaler = (value: PickleContents): value is Scaler =>
  typeof value === "object" && value !== null && "inverse" in value && "transform" in value;

const objectOf = (found: Map<PickleContents, PickleContents>): Record<string, unknown> =>
  Object.fromEntries([...found].map(([name, v]) => [String(name), v instanceof Map ? objectOf(v) : v]));

function nameOf(found: PickleContents): string {
  if (found === null || typeof found !== "object") return `${typeof found}`;
  if (Array.isArray(found)) return "a list";
  if (found instanceof Map) return `a dict of ${[...found.keys()].slice(0, 4).map(String).join(", ")}`;
  return `a ${found.constructor.name}`;
}
