import { Budget, memoryFor } from "../budget.ts";
import { latin1, storedType } from "./npy-types.ts";
import { finish } from "./pickle-finish.ts";
import { decimal, littleEndian, PickleMachine } from "./pickle-machine.ts";
import {
  callAny,
  callGlobal,
  type Fail,
  fillObject,
  outsideValue,
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
  ...[0x46, 0x53, 0x56, 0x70, 0x67, 0x8d, 0x8e, 0x96, 0x50, 0x51, 0x8b],
]);
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
export function unpickleRecords(bytes: Uint8Array, who: string, packed?: number): PickleValue {
  return unpickleNext(bytes, who, 0, packed).value;
}

/**
 * The same from a byte on, with the byte behind it: where pickles lie one after another. `packed` is the size of the file that it
 * was unpacked from: a thousand bytes pack into one, and what they may take follows from the file.
 */
export function unpickleNext(
  bytes: Uint8Array,
  who: string,
  start: number,
  packed = bytes.length,
): { value: PickleValue; end: number } {
  const most = Math.min(memoryFor(bytes.length, 96), memoryFor(packed, 256));
  return run(bytes, who, start, new Budget(who, most, "bytes of lists and objects"), true);
}

function run(
  bytes: Uint8Array,
  who: string,
  start: number,
  memory: Budget,
  records: boolean,
): { value: PickleValue; end: number } {
  const machine = new PickleMachine(bytes, who, start, memory);
  const { view, stack, marks, memo } = machine;
  const fail: Fail = machine.fail;
  let encoded = 0; // bytes

  const global = (module: string, name: string): void => {
    const full = `${module}.${name}`;
    if (!records && !globals.has(full))
      fail("plain values and NumPy arrays", `the global ${JSON.stringify(full.slice(0, 80))}`, untrusted);
    machine.push(new PickleGlobal(full));
  };

  /** A call: only text to bytes costs more than its opcode, so what it makes in all is bounded by the file. */
  const reduce = (): void => {
    const args = machine.pop();
    const made = (records ? callAny : callGlobal)(machine.pop(), args, fail);
    if (made instanceof Uint8Array) encoded += made.length;
    if (encoded > bytes.length) fail("each text encoded once", "one encoded many times");
    machine.push(machine.container(made));
  };

  const unknown = (code: number): never =>
    fail("a pickle opcode for plain values", `0x${code.toString(16).padStart(2, "0")}`, untrusted);
  /** One of more than 53 bits, a random seed for example, stays its bytes. */
  const integer = (raw: Uint8Array): void => {
    const value = raw.length > 8 ? undefined : littleEndian(raw);
    const kept = records && (value === undefined || !Number.isSafeInteger(value));
    machine.push(kept ? machine.container(new PickleRecord("builtins.int", [new Uint8Array(raw)])) : whole(value));
  };
  const long = (): number => whole(littleEndian(machine.block(8)));

  /** joblib's wrapper of an array: behind it lie padding and the array's bytes, or a pickle of its objects. */
  const inlineArray = (): void => {
    const wrapper = machine.top();
    if (!(wrapper instanceof PickleRecord) || !wrapper.className.endsWith("numpy_pickle.NumpyArrayWrapper")) return;
    const fields = wrapper.state instanceof Map ? wrapper.state : fail("an array's fields", show(wrapper.state));
    const [shape, dtype, order] = ["shape", "dtype", "order"].map((name) => fields.get(name));
    if (!(dtype instanceof PickleDtype) || !(shape instanceof PickleTuple))
      fail("an array's shape and dtype", show(dtype));
    const made = new PickleArray();
    if (dtype.letters.startsWith("O")) {
      const inner = run(bytes, who, machine.at, memory, true);
      machine.at = inner.end;
      stack[stack.length - 1] = new PickleRecord("joblib object array", [inner.value]);
      return;
    }
    const aligned = fields.get("numpy_array_alignment_bytes");
    if (typeof aligned === "number" && aligned > 0) machine.take(bytes[machine.take(1)]);
    const count = shape.items.reduce<number>((n, d) => n * Number(d), 1);
    const size = storedType(dtype.descr)?.size;
    if (!Number.isSafeInteger(count) || size === undefined) fail("an array of numbers or strings", dtype.descr);
    fillObject(made, new PickleTuple([1, shape, dtype, order === "F", machine.block(count * size)]), fail);
    stack[stack.length - 1] = machine.container(made);
    // What was remembered as the wrapper is the array from now on.
    for (const [key, value] of memo) if (value === wrapper) memo.set(key, made);
  };

  for (;;) {
    machine.op = machine.at;
    if (machine.at >= bytes.length) fail("the pickle's end mark", "the end of the file");
    const code = bytes[machine.at++];
    if (!records && ofObjects.has(code)) unknown(code);
    switch (code) {
      case 0x80: {
        // PROTO
        const version = bytes[machine.take(1)];
        if (version > 5) fail("pickle protocol 2 to 5", `${version}`);
        break;
      }
      case 0x95: // FRAME: only a hint for readers of streams
        machine.take(8);
        break;
      case 0x28: // MARK
        machine.mark();
        break;
      case 0x30: // POP
        machine.pop();
        break;
      case 0x63: // GLOBAL
        global(machine.line(80), machine.line(80));
        break;
      case 0x93: {
        // STACK_GLOBAL
        const name = machine.pop();
        const module = machine.pop();
        if (typeof name !== "string" || typeof module !== "string") fail("a global's name", show(name));
        global(module, name);
        break;
      }
      case 0x29: // EMPTY_TUPLE
        machine.tuple(0);
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        machine.tuple(code - 0x84);
        break;
      case 0x74: // TUPLE
        machine.push(machine.container(new PickleTuple(machine.sinceMark())));
        break;
      case 0x5d: // EMPTY_LIST
        machine.push(machine.container(new PickleList()));
        break;
      case 0x6c: {
        // LIST
        const list = machine.container(new PickleList());
        for (const item of machine.sinceMark()) list.append(item);
        machine.push(list);
        break;
      }
      case 0x61: {
        // APPEND
        const item = machine.pop();
        machine.listOnTop().append(item);
        break;
      }
      case 0x65: {
        // APPENDS
        const items = machine.sinceMark();
        const list = machine.listOnTop();
        for (const item of items) list.append(item);
        break;
      }
      case 0x7d: // EMPTY_DICT
        machine.push(machine.dict());
        break;
      case 0x73: {
        // SETITEM
        const value = machine.pop();
        const key = machine.pop();
        machine.mapOnTop().set(key, value);
        break;
      }
      case 0x75: {
        // SETITEMS
        const items = machine.sinceMark();
        const map = machine.mapOnTop();
        if (items.length % 2) fail("keys and values in pairs", "a key without a value");
        for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
        break;
      }
      case 0x52: // REDUCE
        reduce();
        break;
      case 0x62: {
        // BUILD
        const state = machine.pop();
        if (records && machine.top() instanceof Map) break; // a dict's own fields: a state_dict has its modules' versions
        fillObject(machine.top(), state, fail, records);
        if (records) inlineArray();
        break;
      }
      case 0x81: // NEWOBJ
      case 0x92: {
        // NEWOBJ_EX: the same with named arguments
        const named = code === 0x92 ? machine.pop() : null;
        const args = machine.pop();
        const made = machine.pop();
        if (!records || !(made instanceof PickleGlobal) || !(args instanceof PickleTuple))
          fail("plain values and NumPy arrays", `an object (${show(made)})`, untrusted);
        machine.push(
          machine.container(new PickleRecord(made.name, named === null ? args.items : [...args.items, named])),
        );
        break;
      }
      case 0x8f: // EMPTY_SET
        machine.push(machine.container(new PickleList()));
        break;
      case 0x90: {
        // ADDITEMS
        const items = machine.sinceMark();
        const list = machine.listOnTop();
        for (const item of items) list.append(item);
        break;
      }
      case 0x91: {
        // FROZENSET
        const list = machine.container(new PickleList());
        for (const item of machine.sinceMark()) list.append(item);
        machine.push(list);
        break;
      }
      case 0x64: {
        // DICT
        const items = machine.sinceMark();
        const map = machine.dict();
        for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1]);
        machine.push(map);
        break;
      }
      case 0x31: // POP_MARK
        machine.sinceMark();
        break;
      case 0x32: // DUP
        machine.push(machine.top());
        break;
      case 0x46: // FLOAT
        machine.push(machine.container(new PickleFloat(Number(machine.line(40)))));
        break;
      case 0x53: // STRING, in quotes
        machine.push(machine.line(1 << 16).replace(/^(['"])(.*)\1$/s, "$2"));
        break;
      case 0x56: // UNICODE
        machine.push(
          machine
            .line(1 << 20)
            .replace(/\\u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        );
        break;
      case 0x70: // PUT
        machine.remember(decimal(machine.line(12)) ?? fail("a number to remember by", "another"));
        break;
      case 0x67: // GET
        machine.recall(decimal(machine.line(12)) ?? fail("a number remembered by", "another"));
        break;
      case 0x8d: // BINUNICODE8
        machine.push(machine.utf8(long()));
        break;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        machine.push(new Uint8Array(machine.block(long())));
        break;
      case 0x4b: // BININT1
        machine.push(bytes[machine.take(1)]);
        break;
      case 0x4d: // BININT2
        machine.push(view.getUint16(machine.take(2), true));
        break;
      case 0x4a: // BININT
        machine.push(view.getInt32(machine.take(4), true));
        break;
      case 0x8a: {
        // LONG1
        integer(machine.block(bytes[machine.take(1)]));
        break;
      }
      case 0x8b: // LONG4
        integer(machine.block(view.getUint32(machine.take(4), true)));
        break;
      case 0x51: // BINPERSID
      case 0x50: // PERSID, a line
        machine.push(machine.container(outsideValue(code === 0x51 ? machine.pop() : machine.line(200))));
        break;
      case 0x49: {
        // INT
        const text = machine.line(24);
        machine.push(text === "00" ? false : text === "01" ? true : whole(decimal(text)));
        break;
      }
      case 0x4c: // LONG
        machine.push(whole(decimal(machine.line(24).replace(/L$/, ""))));
        break;
      case 0x47: // BINFLOAT
        machine.push(machine.container(new PickleFloat(view.getFloat64(machine.take(8), false))));
        break;
      case 0x4e: // NONE
        machine.push(null);
        break;
      case 0x88: // NEWTRUE
        machine.push(true);
        break;
      case 0x89: // NEWFALSE
        machine.push(false);
        break;
      case 0x54: // BINSTRING: Python 2 text, one byte a character
        machine.push(latin1(machine.block(view.getUint32(machine.take(4), true))));
        break;
      case 0x55: // SHORT_BINSTRING
        machine.push(latin1(machine.block(bytes[machine.take(1)])));
        break;
      case 0x42: // BINBYTES
        machine.push(new Uint8Array(machine.block(view.getUint32(machine.take(4), true))));
        break;
      case 0x43: // SHORT_BINBYTES
        machine.push(new Uint8Array(machine.block(bytes[machine.take(1)])));
        break;
      case 0x58: // BINUNICODE
        machine.push(machine.utf8(view.getUint32(machine.take(4), true)));
        break;
      case 0x8c: // SHORT_BINUNICODE
        machine.push(machine.utf8(bytes[machine.take(1)]));
        break;
      case 0x71: // BINPUT
        machine.remember(bytes[machine.take(1)]);
        break;
      case 0x72: // LONG_BINPUT
        machine.remember(view.getUint32(machine.take(4), true));
        break;
      case 0x94: // MEMOIZE
        machine.remember(memo.size);
        break;
      case 0x68: // BINGET
        machine.recall(bytes[machine.take(1)]);
        break;
      case 0x6a: // LONG_BINGET
        machine.recall(view.getUint32(machine.take(4), true));
        break;
      case 0x2e: {
        // STOP
        const root = machine.pop();
        if (stack.length > 0 || marks.length > 0) fail("one value at the end", "more on the stack");
        return {
          value: finish(root, who, Math.min(64 * 1024 + 16 * bytes.length, memory.limit), records),
          end: machine.at,
        };
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
