import { decodeItems, itemType, type NumericArray } from "./npy-types.ts";

/** An array inside a pickle. */
export interface PickledArray {
  shape: number[];
  descr: string;
  data: NumericArray | string[] | PickleValue[];
}

/** An object of a class that is not known here, as what it was made of: nothing is imported or called. */
export class PickledObject {
  /** The class, with its module: `sklearn.preprocessing._data.MinMaxScaler`. */
  readonly className: string;
  /** Arguments it was made with. */
  readonly args: readonly PickleValue[];
  /** Its fields by name; what it was filled with, where that is no dict of names. */
  readonly state: PickleValue;
  /** Its items, if its class is a kind of list or dict; else null. */
  readonly items: PickleValue[] | Map<PickleValue, PickleValue> | null;

  constructor(
    className: string,
    args: readonly PickleValue[],
    state: PickleValue,
    items: PickledObject["items"] = null,
  ) {
    this.className = className;
    this.args = args;
    this.state = state;
    this.items = items;
  }

  /** A field by its name; undefined where there is none. */
  field(name: string): PickleValue | undefined {
    return this.state instanceof Map ? this.state.get(name) : undefined;
  }
}

/** A value in a pickle. Lists of 32-bit integers (empty ones too) are Int32Array, other lists and tuples are arrays. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Int32Array
  | PickledArray
  | PickledObject
  | PickleValue[]
  | Map<PickleValue, PickleValue>;

const mostAxes = 64; // as in NumPy 2

/** Throws a FormatError with the file and the byte. */
export type Fail = (expected: string, received: string, next?: string) => never;

/** An object of any class while it is built: its class, what it was made with, what it was filled with. */
export class PickleRecord {
  readonly className: string;
  readonly args: readonly unknown[];
  state: unknown = null;
  /** Items appended or set, of a class that is a kind of list or dict. */
  items: PickleList | Map<unknown, unknown> | null = null;
  constructor(className: string, args: readonly unknown[]) {
    this.className = className;
    this.args = args;
  }
}

/** A Python list while it grows: 32-bit integers in a buffer of their own as long as nothing else was appended. */
export class PickleList {
  ints: Int32Array | undefined = empty;
  items: unknown[] = [];
  length = 0;

  /** Appends `count` integers from `from`, doubling the buffer where one append was not enough. */
  appendInts(from: Int32Array, count: number): void {
    if (!this.ints) {
      for (let i = 0; i < count; i++) this.items.push(from[i]);
    } else {
      this.#reserve(count);
      this.ints.set(from.subarray(0, count), this.length);
    }
    this.length += count;
  }

  append(value: unknown): void {
    if (this.ints && typeof value === "number" && (value | 0) === value) {
      this.#reserve(1);
      this.ints[this.length++] = value;
      return;
    }
    if (this.ints) {
      for (let i = 0; i < this.length; i++) this.items.push(this.ints[i]);
      this.ints = undefined;
    }
    this.items.push(value);
    this.length++;
  }

  #reserve(count: number): void {
    const now = this.ints!;
    if (this.length + count <= now.length) return;
    this.ints = new Int32Array(this.length === 0 ? count : Math.max(this.length + count, 2 * now.length));
    this.ints.set(now.subarray(0, this.length));
  }
}

const empty = new Int32Array(0);

/** The class `numpy.ndarray`, the function that makes one, and so on: the only globals a pickle may name. */
export class PickleGlobal {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A dtype: its letters from REDUCE (`"f4"`), its byte order from BUILD. */
export class PickleDtype {
  letters: string;
  order = "|";
  /** Of times: `[us]`, the unit they are counted in. */
  unit = "";
  constructor(letters: string) {
    this.letters = letters;
  }
  get descr(): string {
    return `${this.order}${this.letters}${this.unit}`;
  }
}

/** An ndarray: empty after REDUCE, filled by BUILD. */
export class PickleArray {
  state: { shape: number[]; descr: string; fortran: boolean; data: unknown } | undefined;
}

/** A float, kept apart from integers so that `[1.0, 2.5]` and `[1.0, 2.0]` give the same type of array. */
export class PickleFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A tuple, kept apart from lists because only a tuple can be an argument. */
export class PickleTuple {
  readonly items: unknown[];
  constructor(items: unknown[]) {
    this.items = items;
  }
}

/** Carries out REDUCE: `_reconstruct(ndarray, …)` an empty array, `dtype("f4", …)` a dtype, `encode(text, "latin1")` bytes. */
export function callGlobal(fn: unknown, args: unknown, fail: Fail): PickleArray | PickleDtype | Uint8Array {
  if (!(fn instanceof PickleGlobal)) fail("a call of a global", show(fn));
  if (!(args instanceof PickleTuple)) fail("a tuple of arguments", show(args));
  const [first, second] = args.items;
  if (fn.name.endsWith("._reconstruct")) {
    if (!(first instanceof PickleGlobal) || first.name !== "numpy.ndarray")
      fail("_reconstruct(ndarray, …)", show(first));
    return new PickleArray();
  }
  if (fn.name === "numpy.dtype") {
    if (typeof first !== "string" || first.length > 20) fail("a dtype by its letters", show(first));
    return new PickleDtype(first);
  }
  if (fn.name !== "_codecs.encode") fail("a call of numpy's _reconstruct or dtype", fn.name);
  const latin1Name = second === "latin1" || second === "latin-1";
  const raw = typeof first === "string" && latin1Name ? bytesOf(first) : undefined;
  return raw ?? fail("latin1 text to encode", show(first));
}

/** The same where any class may stand: dicts and NumPy's numbers become such, everything else an inert record. */
export function callAny(of: unknown, args: unknown, fail: Fail): unknown {
  const fn = memberOf(of);
  if (!(fn instanceof PickleGlobal)) fail("a call of a global", show(fn));
  if (!(args instanceof PickleTuple)) fail("a tuple of arguments", show(args));
  const { items } = args;
  const [first] = items;
  switch (
    fn.name.replace("numpy.core.", "numpy._core.").replace("copy_reg.", "copyreg.").replace("__builtin__.", "builtins.")
  ) {
    case "copyreg._reconstructor":
    case "copyreg.__newobj__":
      return first instanceof PickleGlobal
        ? new PickleRecord(first.name, items.slice(1))
        : fail("a class", show(first));
    case "collections.OrderedDict":
      return first === undefined ? new Map() : mapOf(first, fail);
    case "collections.defaultdict":
    case "collections.Counter":
    case "builtins.dict":
      return first instanceof Map ? first : new Map();
    case "builtins.set": // of protocols 0 to 3
    case "builtins.frozenset":
    case "collections.deque":
      return first instanceof PickleList ? first : new PickleList();
    case "numpy._core.multiarray.scalar":
      return scalar(items, fail);
    case "numpy._core.numeric._frombuffer": {
      const [data, dtype, shape, order] = items;
      const made = new PickleArray();
      fillObject(made, new PickleTuple([1, shape, dtype, order === "F", data]), fail);
      return made;
    }
    case "numpy._core.multiarray._reconstruct":
    case "numpy.dtype":
    case "_codecs.encode":
      return callGlobal(fn, args, fail);
    default:
      if (programs.test(fn.name)) fail("values", `a call of ${fn.name}`, runsPrograms);
      return new PickleRecord(fn.name, items);
  }
}

/** The result of getattr(class, "name"): a function of a class, by its name. */
function memberOf(fn: unknown): unknown {
  if (!(fn instanceof PickleRecord) || !/^(builtins|__builtin__)\.getattr$/.test(fn.className)) return fn;
  const [owner, name] = fn.args;
  return owner instanceof PickleGlobal && typeof name === "string" ? new PickleGlobal(`${owner.name}.${name}`) : fn;
}

/** The class of what stands for a persistent id: a value that lies outside the pickle, named by the id. */
export const persistentId = "persistent id";

/** PyTorch's older form names a class so, ("module", class, file, source); everything else stays the id. */
export function outsideValue(id: unknown): unknown {
  const [kind, made] = id instanceof PickleTuple ? id.items : [];
  return kind === "module" && made instanceof PickleGlobal ? made : new PickleRecord(persistentId, [id]);
}

/** Functions that no library's pickles call: what they are for is running a program or changing files. */
const programs =
  /^(os|posix|nt|subprocess|pty|shutil|socket|runpy|importlib|webbrowser|ctypes)\.|^(builtins|__builtin__)\.(eval|exec|execfile|compile|open|__import__|breakpoint|input)$/;
const runsPrograms = "Python runs that when it opens this file: do not trust it.";

function mapOf(pairs: unknown, fail: Fail): Map<unknown, unknown> {
  const list = pairs instanceof PickleList && !pairs.ints ? pairs.items : pairs instanceof PickleList ? [] : null;
  if (!list) fail("a list of keys and values", show(pairs));
  return new Map(
    list.map((pair): [unknown, unknown] => {
      const items = pair instanceof PickleTuple || pair instanceof PickleList ? pair.items : [];
      return items.length === 2 ? [items[0], items[1]] : fail("a key and its value", show(pair));
    }),
  );
}

/** A number of NumPy's: its dtype and its bytes. */
function scalar([dtype, data]: readonly unknown[], fail: Fail): unknown {
  const type = dtype instanceof PickleDtype ? itemType(dtype.descr) : null;
  const raw = typeof data === "string" ? bytesOf(data) : data;
  if (!type || type.kind === "O" || !(raw instanceof Uint8Array) || raw.length !== type.size)
    fail("a number with its dtype", show(dtype));
  const value = (decodeItems(raw, type, "pickle") as ArrayLike<number | string | bigint>)[0];
  return typeof value === "number" && !Number.isInteger(value)
    ? new PickleFloat(value)
    : Number.isNaN(Number(value))
      ? value
      : Number(value);
}

/** Carries out BUILD: gives a dtype its byte order, an array its (version, shape, dtype, fortran, data). */
export function fillObject(target: unknown, state: unknown, fail: Fail, records = false): void {
  if (target instanceof PickleRecord) {
    target.state = state;
    return;
  }
  const items = state instanceof PickleTuple ? state.items : [];
  if (target instanceof PickleDtype) {
    const [, order, subtype, names, fields, , , , times] = items;
    if (order !== "|" && order !== "<" && order !== ">") fail("a byte order", show(order));
    const plain = subtype === null && names === null && fields === null;
    if (!plain && !records) fail("a plain dtype", "a record dtype");
    if (!plain) target.letters = "record"; // no type of numbers: its arrays stay records
    target.order = order;
    if (/^[Mm]8$/.test(target.letters)) target.unit = unitOf(times);
  } else if (target instanceof PickleArray) {
    const [, shape, dtype, fortran, data] = items;
    const sizes = shape instanceof PickleTuple ? shape.items : undefined;
    if (!sizes || sizes.length > mostAxes || !sizes.every(isSize))
      fail(`a shape of at most ${mostAxes} axes`, show(shape));
    if (!(dtype instanceof PickleDtype)) fail("a dtype", show(dtype));
    if (typeof fortran !== "boolean" && fortran !== 0 && fortran !== 1) fail("a memory order", show(fortran));
    if (target.state) fail("an array filled once", "a second filling");
    target.state = { shape: sizes, descr: dtype.descr, fortran: Boolean(fortran), data };
  } else fail("an array or dtype to fill", show(target));
}

/** `[us]` of the metadata ({}, (b"us", 1, 1, 1)) of a dtype of times; nothing where they are counted otherwise. */
function unitOf(times: unknown): string {
  const [, unit] = times instanceof PickleTuple ? times.items : [];
  const [name, ...counts] = unit instanceof PickleTuple ? unit.items : [];
  const text = name instanceof Uint8Array ? String.fromCharCode(...name.subarray(0, 8)) : name;
  return typeof text === "string" && /^[a-zA-Z]{1,2}$/.test(text) && counts[0] === 1 ? `[${text}]` : "";
}

/** Text of one character a byte as bytes; undefined where a character does not fit in one. */
export function bytesOf(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A value of the unpickler, for messages. */
export function show(value: unknown): string {
  if (value instanceof PickleGlobal) return value.name;
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return value === undefined ? "nothing" : `a ${value.constructor.name.replace("Pickle", "").toLowerCase()}`;
}
