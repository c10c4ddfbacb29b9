import { DataError, problem, showShape } from "../errors.ts";
import {
  type AnyModel,
  type LanguageModel,
  type LoadedTask,
  loadModel,
  loadTask,
  type Model,
  NdArray,
  padSequences,
  taskOf,
} from "../index.ts";
import type { About, LayerRow, Step } from "./messages.ts";

/** A model that is open, and how its input is typed. */
export interface OpenModel {
  readonly model: AnyModel;
  readonly task: LoadedTask | null;
  readonly about: About;
  /** Reads what was typed. Throws DataError in the words of the person who typed it. */
  read(input: string): Reading;
  /** The meaning of the output's numbers. */
  readonly output: OutputMeaning;
}

/** An input as the model takes it. */
export interface Reading {
  /** The steps as they are shown; those before `from` in `x` are padding. */
  readonly steps: readonly Step[];
  readonly x: NdArray;
  readonly from: number;
  /** The input as far as each step, a row each [T, ...], where a model reads shorter inputs padded; null where it does not. */
  readonly prefixes: NdArray | null;
  readonly note: string;
}

/** The meaning of a row of outputs. */
export interface OutputMeaning {
  /** Names of the classes; for a single probability [the other class, this one]. */
  readonly labels: readonly string[] | null;
  /** Words by their ids. */
  readonly words: ReadonlyMap<number, string> | null;
  /** A value of the model in the units of its data. */
  readonly scaled: (value: number) => number;
}

/** A note of our own scripts beside a model, in its assets. */
interface StudioNote {
  example?: string;
  /** y = (value - shift) / scale */
  shift?: number;
  scale?: number;
}

const noteName = "studio.json";

/** Steps of an input at most; the others are left out, and the page says so. */
export const mostSteps = 1000;

/** Opens the bytes of any model file. */
export async function openFile(name: string, bytes: Uint8Array, backend: string): Promise<OpenModel> {
  const model = await loadModel(bytes);
  const task = taskOf(model) === null ? null : await loadTask(model as Model);
  return opened(name, model, task, backend);
}

/** A model of any origin as one that can be read. */
export function opened(name: string, model: AnyModel, task: LoadedTask | null, backend: string): OpenModel {
  const note = studioNote(model);
  const reader = task ? (taskReader(task) ?? bareReader(model, note)) : bareReader(model, note);
  const { layers } = model;
  const rows = layers.map((layer): LayerRow => {
    const node = model.graph().nodes.find((node) => node.name === layer.name);
    const shapes = node?.outputShape ?? [];
    const shape = Array.isArray(shapes[0])
      ? (shapes as number[][]).map(showShape).join(", ")
      : showShape(shapes as never);
    return {
      name: layer.name,
      className: node?.className ?? layer.factory,
      shape,
      parameters: node?.params ?? 0,
      cells: [],
    };
  });
  const { shift = 0, scale = 1 } = note;
  const about: About = {
    name,
    task: task?.kind ?? null,
    input: reader.input,
    refusal: reader.refusal ?? "",
    features: reader.features ?? 0,
    example: note.example ?? reader.example,
    layers: rows,
    parameters: model.countParams(),
    backend,
    writes: task?.kind === "languageModel",
    labels: reader.labels ?? [],
    canSave: true,
  };
  const output = {
    labels: reader.labels ?? null,
    words: reader.words ?? null,
    scaled: (value: number) => value * scale + shift,
  };
  return { model, task, about, read: reader.read, output };
}

interface Reader {
  readonly input: About["input"];
  readonly refusal?: string;
  readonly example: string;
  readonly features?: number;
  readonly labels?: readonly string[];
  readonly words?: ReadonlyMap<number, string>;
  read(input: string): Reading;
}

function taskReader(loaded: LoadedTask): Reader | null {
  if (loaded.kind === "textClassifier" && loaded.task.model.inputs?.length === 1) {
    const { task } = loaded;
    const { tokenizer, length } = task;
    const [labels, padding] = [task.labels.map(String), task.model.inputShape?.[1] ?? null];
    return {
      input: tokenizer.charLevel ? "characters" : "words",
      example: "",
      labels,
      read: (input) => wordReading(input, tokenizer, { most: length, width: padding, begin: [] }),
    };
  }
  if (loaded.kind === "languageModel") return languageReader(loaded.task);
  return null;
}

function languageReader(task: LanguageModel): Reader {
  const { tokenizer, endToken } = task.reading;
  const width = task.model.inputShape?.[1] ?? null;
  const begin = endToken === null ? [] : [endToken];
  return {
    input: tokenizer.charLevel ? "characters" : "words",
    example: "",
    words: tokenizer.indexWord,
    read: (input) => wordReading(input, tokenizer, { most: width ?? mostSteps, width, begin }),
  };
}

interface WordTable {
  readonly charLevel: boolean;
  readonly oovToken?: string | undefined;
  readonly numWords?: number | undefined;
  readonly wordIndex: ReadonlyMap<string, number>;
  textToWords(text: string): string[];
}

/** Words and their ids; unknown ones are shown, and read as the tokenizer reads them: by its unknown word, or not at all. */
function wordReading(
  input: string,
  tokenizer: WordTable,
  { most, width, begin }: { most: number; width: number | null; begin: readonly string[] },
): Reading {
  const words = [...begin, ...tokenizer.textToWords(input.trim())].map((word) => {
    const id = tokenizer.wordIndex.get(word);
    const known = id !== undefined && (tokenizer.numWords === undefined || id < tokenizer.numWords);
    return { text: word, known, id: known ? id : tokenizer.oovToken === undefined ? null : 1 };
  });
  const read = words.filter((word) => word.id !== null);
  if (read.length <= begin.length) {
    const next = words.length > begin.length ? "Try everyday words." : "Type a few words.";
    const found = words.length > begin.length ? "none that it knows" : "none";
    throw new DataError(problem("input", "words that the model knows", found, next));
  }
  const kept = read.slice(-Math.min(most, mostSteps));
  const skipped = [...new Set(words.flatMap((word) => (word.id === null ? [word.text] : [])))];
  const notes = [
    ...(kept.length < read.length ? [`The last ${kept.length} of ${read.length} words are read.`] : []),
    ...(skipped.length > 0 ? [`Unknown to the model and left out: ${skipped.slice(0, 8).join(", ")}.`] : []),
  ];
  const ids = kept.map((word) => word.id!);
  const shown = kept.map(({ text, known }, k) => ({
    text: begin.length > 0 && k === 0 && kept.length === read.length ? "(begin)" : text,
    known,
  }));
  return { ...padded(ids, width), steps: shown, note: notes.join(" ") };
}

const mostPrefixes = 100; // rows that are computed for a picture at most

/** Ids [1, T], padded in front where the model takes one length alone. */
function padded(ids: readonly number[], width: number | null): Pick<Reading, "x" | "from" | "prefixes"> {
  const maxLen = width ?? ids.length;
  const few = ids.length <= mostPrefixes;
  return {
    x: padSequences([[...ids]], { maxLen }),
    from: Math.max(0, maxLen - ids.length),
    prefixes: few
      ? padSequences(
          ids.map((_, t) => ids.slice(0, t + 1)),
          { maxLen },
        )
      : null,
  };
}

/** Reads numbers for a model that came without its preprocessing. */
function bareReader(model: AnyModel, { shift = 0, scale = 1 }: StudioNote): Reader {
  const [place, second] = model.inputs ?? [];
  const shape = place?.shape;
  const none = (refusal: string): Reader => ({
    input: "none",
    refusal,
    example: "",
    read: () => {
      throw new DataError(problem("input", "a model that reads one sequence", refusal));
    },
  });
  if (!shape) return none("The shape of its input is not known.");
  if (second) return none("It has several inputs.");
  const limit = model.idLimit;
  const width = shape[1] ?? null;
  if (shape.length === 2 && limit !== undefined) {
    return {
      input: "ids",
      example: Array.from({ length: Math.min(8, width ?? 8) }, (_, k) => 1 + ((k * 7) % Math.max(1, limit - 1))).join(
        " ",
      ),
      read: (input) => {
        const ids = numbersOf(
          input,
          "id",
          (v) => Number.isInteger(v) && v >= 0 && v < limit,
          `ids from 0 to ${limit - 1}`,
        );
        const kept = ids.slice(-Math.min(width ?? mostSteps, mostSteps));
        const note = kept.length < ids.length ? `The last ${kept.length} of ${ids.length} steps are read.` : "";
        return {
          ...padded(kept, width),
          prefixes: null,
          steps: kept.map((id) => ({ text: String(id), known: true })),
          note,
        };
      },
    };
  }
  const features = shape[2];
  if (shape.length !== 3 || typeof features !== "number")
    return none(`Its input ${showShape(shape)} is no sequence [rows, steps, features].`);
  const count = Math.min(width ?? 12, 60);
  return {
    input: "numbers",
    features,
    example: Array.from({ length: count }, (_, t) =>
      Array.from({ length: features }, (_, d) => (Math.sin(t / 2 + d) * scale + shift).toFixed(2)).join(" "),
    ).join(features === 1 ? " " : "; "),
    read: (input) => {
      const rows =
        features === 1
          ? numbersOf(input, "number", Number.isFinite, "numbers").map((v) => [v])
          : input
              .split(/[;\n]/)
              .filter((part) => part.trim() !== "")
              .map((part) => numbersOf(part, "number", Number.isFinite, "numbers"));
      const wrong = rows.findIndex((row) => row.length !== features);
      if (wrong >= 0) {
        const next = "Separate steps by a semicolon, the numbers of a step by blanks.";
        throw new DataError(problem(`step ${wrong + 1}`, `${features} numbers`, String(rows[wrong].length), next));
      }
      const kept = rows.slice(-Math.min(width ?? mostSteps, mostSteps));
      if (width !== null && kept.length < width)
        throw new DataError(
          problem("input", `${width} steps`, String(kept.length), "The model reads sequences of this length alone."),
        );
      const data = Float32Array.from(kept.flat(), (v) => (v - shift) / scale);
      const note = kept.length < rows.length ? `The last ${kept.length} of ${rows.length} steps are read.` : "";
      const steps = kept.map((row) => ({ text: row.map(short).join(" "), known: true }));
      return { x: new NdArray(data, [1, kept.length, features]), from: 0, prefixes: null, steps, note };
    },
  };
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

function numbersOf(input: string, what: string, fits: (v: number) => boolean, expected: string): number[] {
  const words = input.split(/[\s,;]+/).filter((word) => word !== "");
  if (words.length === 0) throw new DataError(problem("input", expected, "nothing", "Type some, separated by blanks."));
  return words.map((word, k) => {
    const value = Number(word);
    if (!fits(value)) throw new DataError(problem(`${what} ${k + 1}`, expected, JSON.stringify(word.slice(0, 30))));
    return value;
  });
}

/** The note beside a model of ours; what is damaged or foreign counts as none. */
function studioNote({ assets }: AnyModel): StudioNote {
  const bytes = assets.get(noteName);
  if (!bytes || bytes.length > 10_000) return {};
  try {
    const { example, shift, scale } = JSON.parse(new TextDecoder().decode(bytes)) as StudioNote;
    return {
      ...(typeof example === "string" ? { example } : {}),
      ...(typeof shift === "number" && Number.isFinite(shift) ? { shift } : {}),
      ...(typeof scale === "number" && Number.isFinite(scale) && scale !== 0 ? { scale } : {}),
    };
  } catch {
    return {};
  }
}
