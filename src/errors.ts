/**
 * Stable codes of errors, for programs: `error.code`. docs/errors.md says what each means and what to do. A code is
 * never renamed; new ones may come.
 */
export const errorCodes = [
  "CELLSTATE_UNKNOWN_OPTION",
  "CELLSTATE_INVALID_OPTION",
  "CELLSTATE_INVALID_SHAPE",
  "CELLSTATE_INVALID_DATA",
  "CELLSTATE_INVALID_FILE",
  "CELLSTATE_FILE_NOT_FOUND",
  "CELLSTATE_BACKEND",
  "CELLSTATE_BUSY",
  "CELLSTATE_DISPOSED",
  "CELLSTATE_NOT_COMPILED",
  "CELLSTATE_NOT_FINITE",
] as const;
/** One of `errorCodes`. */
export type ErrorCode = (typeof errorCodes)[number];

/** A mention of an option in a message; each surface writes it its own way: `logarithm: false` in code, `--no-logarithm` as a flag. */
export interface NamedOption {
  /** Absent: words for a program alone, `, or null`, that other surfaces leave out. */
  readonly option?: string;
  /** Absent: the option as such; with `code`, whatever value the reader likes. */
  readonly value?: unknown;
  /** Its form in code, where that is not `option: value`. */
  readonly code?: string;
}

/** A sentence, in parts where it names options. */
export type Words = string | readonly (string | NamedOption)[];

/** Writes the mention of an option for one surface. */
export type OptionWriter = (named: NamedOption) => string;

/** An option in a sentence: `option("horizon", 5)` is `horizon: 5` in code, `--horizon 5` on the command line. */
export const option = (name: string, value?: unknown, code?: string): NamedOption => ({
  option: name,
  ...(value === undefined ? {} : { value }),
  ...(code === undefined ? {} : { code }),
});

/** An option where a program gives it in braces: `{ decimal: "," }`. */
export const braced = (name: string, value: unknown): NamedOption =>
  option(name, value, `{ ${inCode(option(name, value))} }`);

/**
 * A sentence that names options.
 *
 *   sentence`Train with ${option("horizon", 5)}.`; // ["Train with ", { "option": "horizon", "value": 5 }, "."]
 */
export const sentence = (texts: TemplateStringsArray, ...named: readonly (Words | NamedOption | number)[]): Words =>
  texts.flatMap((text, k) => [text, ...partsOf(named[k] ?? "")]).filter((part) => part !== "");

const partsOf = (words: Words | NamedOption | number): readonly (string | NamedOption)[] =>
  typeof words === "object" ? (Array.isArray(words) ? words : [words as NamedOption]) : [String(words)];

/** As a program writes it: `horizon: 5`. */
export const inCode: OptionWriter = ({ option, value, code }) =>
  code ?? (value === undefined ? `${option}` : `${option}: ${showJson(value)}`);

const showJson = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(showJson).join(", ")}]` : JSON.stringify(value);

/** An error as data. Each surface makes a sentence of it: `String(problem)` is that of the API. */
export interface ProblemData<Text = string> {
  /** Absent: that of the error's class. */
  readonly code?: ErrorCode;
  /** The function, layer or file that complains: `lstm "encoder"`. */
  readonly who: string;
  /** The option it is about, by its name in the API. */
  readonly option?: string;
  /** The right value: `x [B, T, 64]`. */
  readonly expected?: Text;
  /** The row of the data where it is expected, from 0. */
  readonly row?: number;
  /** The value received: `[32, 100]`. */
  readonly received?: Text;
  /** The mistake in words, where "expected X, received Y" would say it badly. */
  readonly wrong?: Text;
  /** The name that was probably meant. */
  readonly meant?: string;
  /** Advice: what to do next. */
  readonly next?: Text;
}

/** A problem that can be thrown: `new DataError(problem)`. */
export class Problem {
  readonly data: ProblemData<Words>;

  constructor(data: ProblemData<Words>) {
    this.data = data;
  }
  /** The same with other parts: a code of its own, a file's name in place of a function's. */
  with(parts: Partial<ProblemData<Words>>): Problem {
    return new Problem({ ...this.data, ...parts });
  }
  /** The same under a code of its own. */
  as(code: ErrorCode): Problem {
    return this.with({ code });
  }
  /** In a sentence, options written as the surface writes them. */
  toString(write: OptionWriter = inCode): string {
    const { who, meant, next, code } = this.data;
    const near = meant && (code === "CELLSTATE_UNKNOWN_OPTION" ? write({ option: meant }) : meant);
    return `${who}: ${this.#complaint(write)}.${near ? ` Did you mean "${near}"?` : ""}${next ? `\n  ${say(next, write)}` : ""}`;
  }
  #complaint(write: OptionWriter): string {
    const { option, expected = "", row, received = "", wrong } = this.data;
    if (wrong !== undefined) return say(wrong, write);
    const named =
      option === undefined || partsOf(expected).some((part) => typeof part !== "string" && part.option === option);
    const where = row === undefined ? "" : ` in row ${row}`;
    const about = named ? "" : `${write({ option })}: `;
    return `${about}expected ${say(expected, write)}${where}, received ${say(received, write)}`;
  }
}

const say = (words: Words, write: OptionWriter): string =>
  partsOf(words)
    .map((part) => (typeof part === "string" ? part : write(part)))
    .join("");

/**
 * Every error a user can cause says who complains, what was expected, what arrived, and what to do next.
 *
 *   throw new ShapeError(problem("lstm \"encoder\"", "x [B, T, 64]", "[32, 100]", "Put embedding(vocabulary, 64) before it."));
 *   // ShapeError: lstm "encoder": expected x [B, T, 64], received [32, 100].
 *   //   Put embedding(vocabulary, 64) before it.
 */
export function problem(who: string, expected: Words, received: Words, next?: Words): Problem {
  return new Problem({ who, expected, received, ...(next ? { next } : {}) });
}

/** A problem that is said better outright: `fault("a.csv", "the file is empty", "Give ...")`. */
export const fault = (who: string, wrong: Words, next?: Words): Problem =>
  new Problem({ who, wrong, ...(next ? { next } : {}) });

/**
 * A name that no option has, with the one that was probably meant.
 *
 *   throw new DataError(unknownOption("lstm", "unitz", ["units", "dropout"]));
 *   // DataError: lstm: unknown option "unitz". Did you mean "units"?
 *   //   Options: units, dropout.
 */
export function unknownOption(who: string, name: string, known: readonly string[], hint = ""): Problem {
  const other = elsewhere[name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())] ?? "";
  const meant = known.includes(other) ? other : nearest(name, known);
  return new Problem({
    ...{ code: "CELLSTATE_UNKNOWN_OPTION", who, option: name, wrong: `unknown option ${showValue(name)}` },
    ...(meant ? { meant } : {}),
    next: sentence`Options: ${known.flatMap((one, k) => [k > 0 ? ", " : "", option(one)])}.${hint && ` ${hint}`}`,
  });
}

/** Options of Keras's past, tfjs, PyTorch and brain.js, by their names here. */
const elsewhere: Readonly<Record<string, string>> = {
  batchInputShape: "batchShape",
  bias: "useBias",
  decay: "rho",
  eps: "epsilon",
  iterations: "epochs",
  lr: "learningRate",
  maxLength: "maxLen",
  nbEpoch: "epochs",
  p: "dropout",
  rate: "dropout",
};

/** A value that an option cannot have. The sentence names the option first, unless `expected` does. */
export const invalidOption = (who: string, option: string, expected: Words, received: Words, next?: Words) =>
  problem(who, expected, received, next).with({ code: "CELLSTATE_INVALID_OPTION", option });

/** Any error that Cellstate throws on purpose; anything else is a bug of ours. Its parts can be read, by programs too. */
export class CellstateError extends Error {
  /** The class by its name, for messages. */
  override name = "CellstateError";
  #problem: Problem | null;

  constructor(what: Problem | string, options?: ErrorOptions) {
    super(String(what), options);
    this.#problem = typeof what === "string" ? null : what;
  }

  /** One of `errorCodes`; it stays the same from version to version, where the words of a message may not. */
  get code(): ErrorCode {
    return this.#problem?.data.code ?? this.usualCode;
  }
  protected get usualCode(): ErrorCode {
    return "CELLSTATE_INVALID_DATA";
  }
  /** The error as data: who complains, about which option, what was expected, what arrived, what to do next. */
  toJSON(): ProblemData & { name: string; code: ErrorCode; message: string } {
    const { name, message, code } = this;
    const { expected, received, wrong, next, ...rest } = this.#problem?.data ?? { who: "" };
    const texts = Object.entries({ expected, received, wrong, next }).flatMap(([part, words]) =>
      words === undefined ? [] : [[part, say(words, inCode)]],
    );
    return { ...rest, ...Object.fromEntries(texts), name, code, message };
  }
  /** The message of another surface, which writes the options it names its own way: the command line as flags. */
  messageIn(write: OptionWriter): string {
    return this.#problem ? this.#problem.toString(write) : this.message;
  }
  /** The same error with other parts: the name of a file in place of a function's. */
  retell(parts: Partial<ProblemData>): this {
    this.#problem = this.#problem?.with(parts) ?? null;
    if (this.#problem) this.message = String(this.#problem);
    return this;
  }
}

/** A tensor, layer or argument has the wrong rank, size or type of shape. */
export class ShapeError extends CellstateError {
  /** `"ShapeError"`. */
  override name = "ShapeError";
  protected override get usualCode(): ErrorCode {
    return "CELLSTATE_INVALID_SHAPE";
  }
}

/** The data or an option is wrong: empty, out of range, NaN, unknown name. */
export class DataError extends CellstateError {
  /** `"DataError"`. */
  override name = "DataError";
}

/** A file is not what it claims to be; the message names the file, the place and the reason. */
export class FormatError extends CellstateError {
  /** `"FormatError"`. */
  override name = "FormatError";
  protected override get usualCode(): ErrorCode {
    return "CELLSTATE_INVALID_FILE";
  }
}

/** A backend cannot run here, or cannot run this program. */
export class BackendError extends CellstateError {
  /** `"BackendError"`. */
  override name = "BackendError";
  protected override get usualCode(): ErrorCode {
    return "CELLSTATE_BACKEND";
  }
}

/** `[32, null, 8]` → `"[32, ?, 8]"`, for messages. */
export function showShape(shape: readonly (number | null)[]): string {
  return `[${shape.map((n) => n ?? "?").join(", ")}]`;
}

/** A value of the wrong kind, for messages: `"abc"`, `3n`, `null`, `a list of 2`, `a Map`. Shows whatever it is, and never at length. */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `the function ${value.name || "without a name"}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value[Symbol.toStringTag as never] ?? "typed array"}`;
  if (typeof value !== "object" || value === null) return String(value);
  const name = Object.prototype.toString.call(value).slice(8, -1);
  return name === "Object" ? `an object { ${Object.keys(value).slice(0, 5).join(", ")} }` : `a ${name}`;
}

/** The option a mistyped name most resembles, or undefined: `nearest("adm", ["adam", "sgd"])` → `"adam"`. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 100) return undefined; // no typing mistake is that long, and the search would take minutes
  const scored = known.map((k) => ({ k, d: editDistance(name.toLowerCase(), k.toLowerCase()) }));
  scored.sort((a, b) => a.d - b.d);
  const best = scored[0];
  return best && best.d <= Math.max(2, Math.floor(name.length / 3)) ? best.k : undefined;
}

/** `"Did you mean "adam"? Known: adam, sgd."`: the next step after an unknown name. */
export function suggest(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  return `${guess ? `Did you mean "${guess}"? ` : ""}Known: ${known.join(", ")}.`;
}

/**
 * A number and what it counts, in English.
 *
 *   counted(1, "step"); // "1 step"
 *   counted(3, "step"); // "3 steps"
 */
export const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
