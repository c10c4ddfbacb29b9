import { LabelEncoder, OneHotEncoder } from "../../data/index.ts";
import { counted } from "../../errors.ts";
import { CellstateError, NdArray, PandasFrame, type PickleContents, readPickle, Tokenizer } from "../../index.ts";
import { isPickle } from "./explain-model.ts";
import { type Explain, type Explanation, few, latin1, typed } from "./explanation.ts";

/** Pickles and joblib files, plain or packed: what they hold, and which option takes it. */
export const explainPickle: Explain = async (source) => {
  const { file, head } = source;
  const packed = (head[0] === 0x1f && head[1] === 0x8b) || (head[0] === 0x78 && ((head[0] << 8) | head[1]) % 31 === 0);
  const older =
    /^(\(?[cdl(]|\(i)[\x20-\x7e]*\n/.test(latin1(head.subarray(0, 200))) && /\.(pkl|pickle|p|joblib|sav)$/i.test(file);
  if (!isPickle(head) && !packed && !older) return null;
  const what = packed ? `a pickle packed by ${head[0] === 0x78 ? "zlib" : "gzip"} (joblib)` : "a Python pickle";
  try {
    return { ...explained(await readPickle(file), file), writer: "Python" };
  } catch (error) {
    if (!(error instanceof CellstateError)) throw error;
    if (packed) return null; // gzip of something else
    const [said, ...next] = error.message.split("\n");
    return { kind: what, lines: [`Not read here: ${said}`, ...next.map((line) => line.trim())] };
  }
};

/** The contents of a pickle, and the option that takes it. */
export function explained(found: PickleContents, file: string): Explanation {
  const name = typed(file);
  const program = (kind: string) => [`await readPickle<${kind}>(${JSON.stringify(file)})`, "in a program"] as const;
  if (found instanceof Tokenizer) return tokenizer(found, file, program("Tokenizer"));
  if (found instanceof LabelEncoder)
    return {
      kind: `a LabelEncoder of ${found.classes.length} classes`,
      lines: [few(found.classes.map(String))],
      next: [
        [`cellstate predict MODEL DATA --labels ${name}`, "names the classes of a model"],
        program("LabelEncoder"),
      ],
    };
  if (found instanceof OneHotEncoder)
    return {
      kind: "a OneHotEncoder",
      next: [
        [`cellstate predict MODEL DATA --labels ${name}`, "names the classes of a model"],
        program("OneHotEncoder"),
      ],
    };
  if (found instanceof PandasFrame)
    return {
      kind: `a table of pandas: ${found.index.length} rows of ${counted(found.names.length, "column")}`,
      lines: found.names.slice(0, 20).map((name) => `${name}: ${few([...found.column(name)].map(String), 3)}`),
      next: [
        program("PandasFrame"),
        ["in Python:", 'frame.to_csv("data.csv", index=False), which every command reads'],
      ],
    };
  if (found instanceof NdArray)
    return { kind: `a NumPy array [${found.shape.join(", ")}]`, next: [program("NdArray")] };
  if (typeof found === "object" && found !== null && "inverse" in found)
    return {
      kind: `a scaler (${(found as { toJSON?(): { kind: string } }).toJSON?.().kind ?? "of columns"})`,
      next: [
        [`cellstate forecast MODEL DATA --scaler ${name}`, "scales the series as in the notebook"],
        program("Scaler"),
      ],
    };
  return plain(found, program("PickleContents"));
}

/** A Keras Tokenizer, whatever file it came in. */
export function tokenizer(found: Tokenizer, file: string, program: readonly [string, string]): Explanation {
  const words = [...found.wordIndex.keys()];
  const { numWords } = found;
  return {
    kind: `a Tokenizer of ${words.length.toLocaleString("en-US")} ${found.charLevel ? "characters" : "words"}`,
    lines: [
      `the most frequent: ${few(words, 10)}`,
      ...(numWords === undefined ? [] : [`of which the first ${numWords - 1} are used (num_words=${numWords})`]),
    ],
    next: [
      [`cellstate predict MODEL "a text" --tokenizer ${typed(file)}`, "numbers the words of a text as in the notebook"],
      program,
    ],
  };
}

function plain(found: PickleContents, program: readonly [string, string]): Explanation {
  if (found instanceof Map) {
    const pairs = [...found];
    const index = pairs.length > 0 && pairs.every(([word, id]) => typeof word === "string" && typeof id === "number");
    const kind = index
      ? `a dict of ${pairs.length} names and numbers: a word index, or the numbers of classes`
      : `a dict of ${pairs.length}`;
    return { kind, lines: [few(pairs.map(([name, value]) => `${name}: ${shown(value)}`))], next: [program] };
  }
  if (Array.isArray(found))
    return { kind: `a list of ${found.length}`, lines: [few(found.map(shown))], next: [program] };
  return { kind: shown(found), next: [program] };
}

/** A value in a few words. */
export function shown(value: PickleContents): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return `a dict of ${value.size}`;
  if (value instanceof NdArray) return `an array [${value.shape.join(", ")}]`;
  return value instanceof Uint8Array ? `${value.length} bytes` : `a ${value.constructor.name}`;
}
