import { FormatError, problem } from "../../errors.ts";
import { Budget, memoryFor } from "../budget.ts";
import { itemType, latin1 } from "./npy-types.ts";
import {
  callAny,
  callGlobal,
  type Fail,
  fillObject,
  finish,
  PickleArray,
  PickleDtype,
  PickleFloat,
  PickleGlobal,
  PickleList,
  PickleRecord,
  PickleTuple,
  type PickleValue,
  show,
} from "./pickle-values.ts";

const globals = new Set([
  "numpy.core.multiarray._reconstruct",
  "numpy._core.multiarray._reconstruct",
  "numpy.ndarray",
  "numpy.dtype",
  "_codecs.encode",
]);
/** Opcodes that only pickles of objects need, and those of protocols 0 and 5. */
const ofObjects = new Set([
  ...[0x81, 0x92, 0x8f, 0x90, 0x91, 0x64, 0x31, 0x32],
  ...[0x46, 0x53, 0x56, 0x70, 0x67, 0x8d, 0x8e, 0x96],
]);
const mostValues = 32_000_000; // on the stack, counted over the whole pickle
const mostContainers = 4_000_000; // lists, tuples, dicts, arrays
const mostMemo = 4_000_000;
const bytesOfContainer = 160; // of an object and what holds it; as much again for the numbers of a list
const untrusted =
  "A pickle can run programs; only plain values and NumPy arrays are read here. Save the data as .npy numbers.";

/**
 * Reads a pickle (protocols 2 to 4) that holds plain values and NumPy arrays, and nothing else: a pickle is a program,
 * and any global but those NumPy's arrays need is refused. Throws FormatError with the byte.
 * A list of 32-bit integers becomes an Int32Array directly, without an object per number.
 *
 *   unpickle(bytes, "x_train.npy");   // { shape: [25000], descr: "|O", data: [Int32Array, …] }
 */
export function unpickle(
  bytes: Uint8Array,
  who: string,
  start = 0,
  memory = new Budget(who, memoryFor(bytes.length, 96), "bytes of lists and objects"),
): PickleValue {
  return run(bytes, who, start, memory, false).value;
}

/**
 * Reads a pickle (protocols 0 to 5) with objects of any class as inert records of their fields: nothing is imported or called.
 * joblib's arrays, which lie between the opcodes, are read too. Throws FormatError with the byte.
 *
 *   unpickleRecords(bytes, "scaler.pkl"); // PickledObject sklearn.preprocessing._data.MinMaxScaler
 */
export function unpickleRecords(bytes: Uint8Array, who: string): PickleValue {
  const memory = new Budget(who, memoryFor(bytes.length, 96), "bytes of lists and objects");
  return run(bytes, who, 0, memory, true).value;
}

function run(
  bytes: Uint8Array,
  who: string,
  start: number,
  memory: Budget,
  records: boolean,
): { value: PickleValue; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const marks: number[] = [];
  const memo = new Map<number, unknown>();
  let at = start; // byte of the next opcode
  let op = start; // byte of this one, for messages
  let pushed = 0;
  let containers = 0;
  let encoded = 0; // bytes
  let scratch = new Int32Array(1024);

  const fail: Fail = (expected, received, next) => {
    throw new FormatError(problem(`${who}, byte ${op}`, expected, received, next));
  };
  const take = (count: number): number => {
    const from = at;
    if (count > bytes.length - from) fail(`${count} bytes of argument`, `${bytes.length - from} before the end`);
    at += count;
    return from;
  };
  const block = (count: number): Uint8Array => {
    const from = take(count);
    return bytes.subarray(from, from + count);
  };
  const line = (longest: number): string => {
    const end = bytes.subarray(at, at + longest + 1).indexOf(10);
    if (end < 0) fail(`a line of at most ${longest} characters`, "a longer one, or the end");
    const text = latin1(bytes.subarray(at, at + end));
    at += end + 1;
    return text;
  };
  const utf8 = (length: number): string => {
    const raw = block(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
    } catch {
      fail("UTF-8 text", "bytes that are not");
    }
  };
  const push = (value: unknown): void => {
    if (++pushed > mostValues) fail(`at most ${mostValues} values`, "more");
    stack.push(value);
  };
  const container = <T>(value: T): T => {
    if (++containers > mostContainers) fail(`at most ${mostContainers} lists and tuples`, "more");
    memory.take(bytesOfContainer);
    return value;
  };
  const pop = (): unknown => {
    if (stack.length <= (marks.at(-1) ?? 0)) fail("a value on the stack", "an empty stack");
    return stack.pop();
  };
  const top = (): unknown => {
    if (stack.length <= (marks.at(-1) ?? 0)) fail("a value on the stack", "an empty stack");
    return stack[stack.length - 1];
  };
  const sinceMark = (): unknown[] => {
    const mark = marks.pop();
    if (mark === undefined) fail("a mark on the stack", "none");
    return stack.splice(mark);
  };
  const tuple = (count: number): void => {
    const items = new Array<unknown>(count);
    for (let i = count - 1; i >= 0; i--) items[i] = pop();
    push(container(new PickleTuple(items)));
  };
  const listOnTop = (): PickleList => {
    const list = top();
    if (list instanceof PickleList) countNumbers(list);
    return list instanceof PickleList ? list : fail("a list to append to", show(list));
  };
  const mapOnTop = (): Map<unknown, unknown> => {
    const map = top();
    return map instanceof Map ? map : fail("a dict to set items of", show(map));
  };
  const remember = (index: number): void => {
    if (memo.size >= mostMemo) fail(`at most ${mostMemo} remembered values`, "more");
    memo.set(index, top());
  };
  const recall = (index: number): void => {
    if (!memo.has(index)) fail("a value remembered before", `number ${index}`);
    push(memo.get(index));
  };
  const global = (module: string, name: string): void => {
    const full = `${module}.${name}`;
    if (!records && !globals.has(full))
      fail("plain values and NumPy arrays", `the global ${JSON.stringify(full.slice(0, 80))}`, untrusted);
    push(new PickleGlobal(full));
  };

  /** A list's first number brings an array with it. */
  const countNumbers = (list: PickleList): void => {
    if (list.length === 0) memory.take(bytesOfContainer);
  };

  /** The common case in one loop: after a MARK over a list, nothing but small integers up to APPENDS. */
  const appendRun = (list: PickleList): boolean => {
    let p = at;
    let n = 0;
    for (; p + 5 < bytes.length; n++) {
      if (n === scratch.length) {
        const longer = new Int32Array(2 * n);
        longer.set(scratch);
        scratch = longer;
      }
      const code = bytes[p];
      if (code === 0x4b) {
        scratch[n] = bytes[p + 1];
        p += 2;
      } else if (code === 0x4d) {
        scratch[n] = bytes[p + 1] | (bytes[p + 2] << 8);
        p += 3;
      } else if (code === 0x4a) {
        scratch[n] = view.getInt32(p + 1, true);
        p += 5;
      } else break;
    }
    if (bytes[p] !== 0x65) return false;
    countNumbers(list);
    list.appendInts(scratch, n);
    at = p + 1;
    return true;
  };

  /** A call: only text to bytes costs more than its opcode, so what it makes in all is bounded by the file. */
  const reduce = (): void => {
    const args = pop();
    const made = (records ? callAny : callGlobal)(pop(), args, fail);
    if (made instanceof Uint8Array) encoded += made.length;
    if (encoded > bytes.length) fail("each text encoded once", "one encoded many times");
    push(container(made));
  };

  const unknown = (code: number): never =>
    fail("a pickle opcode for plain values", `0x${code.toString(16).padStart(2, "0")}`, untrusted);
  const long = (): number => whole(littleEndian(block(8)));

  /** joblib's wrapper of an array: behind it lie padding and the array's bytes, or a pickle of its objects. */
  const inlineArray = (): void => {
    const wrapper = top();
    if (!(wrapper instanceof PickleRecord) || !wrapper.className.endsWith("numpy_pickle.NumpyArrayWrapper")) return;
    const fields = wrapper.state instanceof Map ? wrapper.state : fail("an array's fields", show(wrapper.state));
    const [shape, dtype, order] = ["shape", "dtype", "order"].map((name) => fields.get(name));
    if (!(dtype instanceof PickleDtype) || !(shape instanceof PickleTuple))
      fail("an array's shape and dtype", show(dtype));
    const made = new PickleArray();
    if (dtype.letters.startsWith("O")) {
      const inner = run(bytes, who, at, memory, true);
      at = inner.end;
      stack[stack.length - 1] = new PickleRecord("joblib object array", [inner.value]);
      return;
    }
    const aligned = fields.get("numpy_array_alignment_bytes");
    if (typeof aligned === "number" && aligned > 0) take(bytes[take(1)]);
    const count = shape.items.reduce<number>((n, d) => n * Number(d), 1);
    const size = itemType(dtype.descr)?.size;
    if (!Number.isSafeInteger(count) || size === undefined) fail("an array of numbers or strings", dtype.descr);
    fillObject(made, new PickleTuple([1, shape, dtype, order === "F", block(count * size)]), fail);
    stack[stack.length - 1] = container(made);
    // What was remembered as the wrapper is the array from now on.
    for (const [key, value] of memo) if (value === wrapper) memo.set(key, made);
  };

  for (;;) {
    op = at;
    if (at >= bytes.length) fail("the pickle's end mark", "the end of the file");
    const code = bytes[at++];
    if (!records && ofObjects.has(code)) unknown(code);
    switch (code) {
      case 0x80: {
        // PROTO
        const version = bytes[take(1)];
        if (version > 5) fail("pickle protocol 2 to 5", `${version}`);
        break;
      }
      case 0x95: // FRAME: only a hint for readers of streams
        take(8);
        break;
      case 0x28: {
        // MARK
        const under = stack.length > (marks.at(-1) ?? 0) ? stack[stack.length - 1] : undefined;
        if (under instanceof PickleList && under.ints && appendRun(under)) break;
        if (marks.length >= mostContainers) fail(`at most ${mostContainers} marks`, "more");
        marks.push(stack.length);
        break;
      }
      case 0x30: // POP
        pop();
        break;
      case 0x63: // GLOBAL
        global(line(80), line(80));
        break;
      case 0x93: {
        // STACK_GLOBAL
        const name = pop();
        const module = pop();
        if (typeof name !== "string" || typeof module !== "string") fail("a global's name", show(name));
        global(module, name);
        break;
      }
      case 0x29: // EMPTY_TUPLE
        tuple(0);
        break;
      case 0x85: // TUPLE1
        tuple(1);
        break;
      case 0x86: // TUPLE2
        tuple(2);
        break;
      case 0x87: // TUPLE3
        tuple(3);
        break;
      case 0x74: // TUPLE
        push(container(new PickleTuple(sinceMark())));
        break;
      case 0x5d: // EMPTY_LIST
        push(container(new PickleList()));
        break;
      case 0x6c: {
        // LIST
        const list = container(new PickleList());
        for (const item of sinceMark()) list.append(item);
        push(list);
        break;
      }
      case 0x61: {
        // APPEND
        const item = pop();
        listOnTop().append(item);
        break;
      }
      case 0x65: {
        // APPENDS
        const items = sinceMark();
        const list = listOnTop();
        for (const item of items) list.append(item);
        break;
      }
      case 0x7d: // EMPTY_DICT
        push(container(new Map()));
        break;
      case 0x73: {
        // SETITEM
        const value = pop();
        const key = pop();
        mapOnTop().set(key, value);
        break;
      }
      case 0x75: {
        // SETITEMS
        const items = sinceMark();
        const map = mapOnTop();
        if (items.length % 2) fail("keys and values in pairs", "a key without a value");
        for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
        break;
      }
      case 0x52: // REDUCE
        reduce();
        break;
      case 0x62: {
        // BUILD
        const state = pop();
        fillObject(top(), state, fail);
        if (records) inlineArray();
        break;
      }
      case 0x81: // NEWOBJ
      case 0x92: {
        // NEWOBJ_EX: the same with named arguments
        const named = bytes[op] === 0x92 ? pop() : null;
        const args = pop();
        const made = pop();
        if (!records || !(made instanceof PickleGlobal) || !(args instanceof PickleTuple))
          fail("plain values and NumPy arrays", `an object (${show(made)})`, untrusted);
        push(container(new PickleRecord(made.name, named === null ? args.items : [...args.items, named])));
        break;
      }
      case 0x8f: // EMPTY_SET
        push(container(new PickleList()));
        break;
      case 0x90: {
        // ADDITEMS
        const items = sinceMark();
        const list = listOnTop();
        for (const item of items) list.append(item);
        break;
      }
      case 0x91: {
        // FROZENSET
        const list = container(new PickleList());
        for (const item of sinceMark()) list.append(item);
        push(list);
        break;
      }
      case 0x64: {
        // DICT
        const items = sinceMark();
        const map = container(new Map());
        for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1]);
        push(map);
        break;
      }
      case 0x31: // POP_MARK
        sinceMark();
        break;
      case 0x32: // DUP
        push(top());
        break;
      case 0x46: // FLOAT
        push(container(new PickleFloat(Number(line(40)))));
        break;
      case 0x53: // STRING, in quotes
        push(line(1 << 16).replace(/^(['"])(.*)\1$/s, "$2"));
        break;
      case 0x56: // UNICODE
        push(
          line(1 << 20).replace(/\\u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        );
        break;
      case 0x70: // PUT
        remember(decimal(line(12)) ?? fail("a number to remember by", "another"));
        break;
      case 0x67: // GET
        recall(decimal(line(12)) ?? fail("a number remembered by", "another"));
        break;
      case 0x8d: // BINUNICODE8
        push(utf8(long()));
        break;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        push(new Uint8Array(block(long())));
        break;
      case 0x4b: // BININT1
        push(bytes[take(1)]);
        break;
      case 0x4d: // BININT2
        push(view.getUint16(take(2), true));
        break;
      case 0x4a: // BININT
        push(view.getInt32(take(4), true));
        break;
      case 0x8a: {
        // LONG1
        const raw = block(bytes[take(1)]);
        push(whole(raw.length > 8 ? undefined : littleEndian(raw)));
        break;
      }
      case 0x49: {
        // INT
        const text = line(24);
        push(text === "00" ? false : text === "01" ? true : whole(decimal(text)));
        break;
      }
      case 0x4c: // LONG
        push(whole(decimal(line(24).replace(/L$/, ""))));
        break;
      case 0x47: // BINFLOAT
        push(container(new PickleFloat(view.getFloat64(take(8), false))));
        break;
      case 0x4e: // NONE
        push(null);
        break;
      case 0x88: // NEWTRUE
        push(true);
        break;
      case 0x89: // NEWFALSE
        push(false);
        break;
      case 0x54: // BINSTRING: Python 2 text, one byte a character
        push(latin1(block(view.getUint32(take(4), true))));
        break;
      case 0x55: // SHORT_BINSTRING
        push(latin1(block(bytes[take(1)])));
        break;
      case 0x42: // BINBYTES
        push(new Uint8Array(block(view.getUint32(take(4), true))));
        break;
      case 0x43: // SHORT_BINBYTES
        push(new Uint8Array(block(bytes[take(1)])));
        break;
      case 0x58: // BINUNICODE
        push(utf8(view.getUint32(take(4), true)));
        break;
      case 0x8c: // SHORT_BINUNICODE
        push(utf8(bytes[take(1)]));
        break;
      case 0x71: // BINPUT
        remember(bytes[take(1)]);
        break;
      case 0x72: // LONG_BINPUT
        remember(view.getUint32(take(4), true));
        break;
      case 0x94: // MEMOIZE
        remember(memo.size);
        break;
      case 0x68: // BINGET
        recall(bytes[take(1)]);
        break;
      case 0x6a: // LONG_BINGET
        recall(view.getUint32(take(4), true));
        break;
      case 0x2e: {
        // STOP
        const root = pop();
        if (stack.length > 0 || marks.length > 0) fail("one value at the end", "more on the stack");
        return { value: finish(root, who, 64 * 1024 + 16 * bytes.length, records), end: at };
      }
      default:
        unknown(code);
    }
  }

  function whole(value: number | undefined): number {
    if (value === undefined || !Number.isSafeInteger(value)) fail("an integer below 2^53", "another");
    return value;
  }
}

function decimal(text: string): number | undefined {
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** Two's complement, at most 8 bytes. */
function littleEndian(raw: Uint8Array): number {
  let value = 0n;
  for (let i = raw.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i]);
  return Number(BigInt.asIntN(8 * raw.length, value));
}
