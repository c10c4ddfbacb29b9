import { FormatError, problem } from "../../errors.ts";
import { decodeItems, fromColumnMajor, storedType } from "./npy-types.ts";
import {
  bytesOf,
  type Fail,
  PickleArray,
  PickleDtype,
  type PickledArray,
  PickledObject,
  PickleFloat,
  PickleGlobal,
  PickleList,
  PickleRecord,
  PickleTuple,
  type PickleValue,
} from "./pickle-values.ts";

const mostNesting = 100;

/** The class of what stands where a value contains itself. */
const loop = "a value that contains this one";

/**
 * Turns what the unpickler built into plain values: every list and array once, however often it is referred to.
 * `budget` bounds the bytes that arrays may decode to, because many arrays can share one string of raw bytes.
 */
export function finish(root: unknown, who: string, budget: number, records = false): PickleValue {
  let left = budget;
  const open = new Set<object>();
  const done = new Map<object, PickleValue>();
  const fail: Fail = (expected, received, next) => {
    throw new FormatError(problem(who, expected, received, next));
  };
  const spend = (bytes: number): void => {
    left -= bytes;
    if (left < 0) fail("arrays in proportion to the file", "many arrays that share their bytes");
  };

  const plain = (value: unknown): PickleValue => {
    if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value as PickleValue;
    if (value instanceof PickleFloat) return value.value;
    const known = done.get(value);
    if (known !== undefined) return known;
    if (open.has(value)) {
      if (records) return new PickledObject(loop, [], null); // a module that knows its trainer, for example
      fail("values that do not contain themselves", "a list or array inside itself");
    }
    if (open.size >= mostNesting) fail(`values nested at most ${mostNesting} deep`, "deeper ones");
    open.add(value);
    const result = convert(value);
    open.delete(value);
    done.set(value, result);
    return result;
  };

  const convert = (value: object): PickleValue => {
    if (value instanceof PickleList) return value.ints ? fitted(value.ints, value.length) : inPlace(value.items);
    if (value instanceof PickleTuple) return inPlace(value.items);
    if (value instanceof PickleArray) return array(value);
    if ("descr" in value && "data" in value) return value as PickledArray; // of a pickle within, as joblib has them
    if (value instanceof Map) return new Map([...value].map(([k, v]) => [plain(k), plain(v)]));
    if (value instanceof PickleRecord)
      return new PickledObject(
        value.className,
        value.args.map(plain),
        stateOf(plain(value.state)),
        value.items && held(plain(value.items)),
      );
    if (records && value instanceof PickleGlobal) return new PickledObject(value.name, [], null);
    if (value instanceof PickleDtype)
      return records ? value.descr : fail("an array or plain values", `a dtype (${value.descr.slice(0, 20)})`);
    fail("an array or plain values", `the global ${(value as PickleGlobal).name}`);
  };

  const inPlace = (items: unknown[]): PickleValue[] => {
    for (let i = 0; i < items.length; i++) items[i] = plain(items[i]);
    return items as PickleValue[];
  };

  const array = ({ state }: PickleArray): PickledArray | PickledObject => {
    if (!state) fail("an array with its content", "one that was never filled");
    const { shape, descr, fortran } = state;
    const count = shape.reduce((n, d) => n * d, 1);
    const type = storedType(descr);
    if (!type && records) return new PickledObject("numpy.ndarray", [descr.slice(0, 40), shape], null);
    if (!type) fail("an array of numbers, strings or objects", `dtype ${JSON.stringify(descr.slice(0, 40))}`);
    if (type.kind === "O") {
      if (!(state.data instanceof PickleList)) fail("a list as content of an object array", "something else");
      if (state.data.length !== count) fail(`${count} objects for shape (${shape})`, `${state.data.length}`);
      spend(8 * count);
      const list = plain(state.data);
      const items = list instanceof Int32Array ? Array.from(list) : (list as PickleValue[]);
      return { shape, descr: "|O", data: items }; // a list is in row order, even of a Fortran array
    }
    const length = typeof state.data === "string" || state.data instanceof Uint8Array ? state.data.length : -1;
    if (length !== count * type.size || (type.size === 0 && count > 0)) {
      fail(`${count * type.size} bytes for shape (${shape}) of ${descr}`, length < 0 ? "no bytes" : `${length}`);
    }
    spend(4 * length);
    const raw = typeof state.data === "string" ? bytesOf(state.data) : (state.data as Uint8Array);
    if (!raw) fail("raw bytes", "text with characters above 255");
    const items = decodeItems(raw, type, who);
    return { shape, descr, data: fortran ? fromColumnMajor(items, shape) : items };
  };

  return plain(root);
}

/** The items of a list or dict of a class of its own. */
const held = (items: PickleValue): PickledObject["items"] =>
  items instanceof Int32Array ? Array.from(items) : (items as PickledObject["items"]);

/** Fields in a dict and in slots, which Python keeps apart, are one dict. */
function stateOf(state: PickleValue): PickleValue {
  if (!Array.isArray(state) || state.length !== 2) return state;
  const [dict, slots] = state;
  const both = [dict, slots].every((part) => part === null || part instanceof Map);
  return both
    ? new Map([...((dict as Map<PickleValue, PickleValue>) ?? []), ...((slots as Map<PickleValue, PickleValue>) ?? [])])
    : state;
}

function fitted(ints: Int32Array, length: number): Int32Array {
  return ints.length === length ? ints : ints.slice(0, length);
}
