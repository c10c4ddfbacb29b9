import { FormatError, problem, showShape } from "../../errors.ts";
import { Budget, memoryFor } from "../budget.ts";
import type { Hdf5Numbers } from "../containers/hdf5.ts";
import { PickledObject, type PickleValue, persistentId } from "../containers/pickle-values.ts";
import { decodeNumbers, type SafeTensor } from "../containers/safetensors.ts";
import { storageType } from "./storage-types.ts";
import { innerStorage, type TorchFile } from "./torch-file.ts";

const mostAxes = 64;

/** A view of a storage: where its first element lies, and how many elements on the next of each axis. */
interface View {
  readonly dtype: string;
  readonly size: number; // bytes of an element
  readonly offset: number; // elements
  readonly shape: number[];
  readonly strides: readonly number[];
}

/** A storage: its bytes, and the type of numbers its class says. */
interface Storage {
  readonly bytes: Uint8Array;
  readonly dtype: string;
  readonly size: number;
  readonly littleEndian: boolean;
  readonly start: number; // element of the storage in the file at which this one begins
}

/** Makes tensors of the inert records in a file: `_rebuild_tensor_v2(storage, offset, shape, strides, …)` and its kin. */
export class TensorReader {
  readonly #file: TorchFile;
  readonly #who: string;
  readonly #memory: Budget;
  readonly #storages = new Map<PickleValue, Storage>();
  readonly #tensors = new Map<PickledObject, SafeTensor>();

  constructor(file: TorchFile, who: string, fileBytes: number) {
    this.#file = file;
    this.#who = who;
    this.#memory = new Budget(who, memoryFor(fileBytes, 8), "bytes of tensors");
  }

  /** The tensor that a value is, its numbers decoded when they are asked for; null for another value. Throws FormatError for one that leaves its storage. */
  read(value: PickleValue | undefined): SafeTensor | null {
    if (!(value instanceof PickledObject)) return null;
    const known = this.#tensors.get(value);
    if (known) return known;
    const tensor = this.#made(value);
    if (tensor) this.#tensors.set(value, tensor);
    return tensor;
  }

  #made({ className, args }: PickledObject): SafeTensor | null {
    const name = /^torch\.(?:_utils|_tensor|tensor)\.(_rebuild_\w+)$/.exec(className)?.[1];
    switch (name) {
      case undefined:
        return null;
      case "_rebuild_tensor":
      case "_rebuild_tensor_v2":
        return this.#tensor(args, null);
      case "_rebuild_tensor_v3":
        return this.#tensor(args, args[6]);
      case "_rebuild_parameter":
      case "_rebuild_parameter_with_state":
        return this.read(args[0]);
      case "_rebuild_from_type_v2": {
        const [fn, , inner] = args;
        const own = fn instanceof PickledObject && Array.isArray(inner) && fn.className !== className;
        return own ? this.read(new PickledObject(fn.className, inner, null)) : null;
      }
      default:
        return this.#refused(name, args);
    }
  }

  #tensor([stored, offset, size, stride]: readonly PickleValue[], dtype: PickleValue): SafeTensor {
    const storage = this.#storage(stored);
    const shape = whole(size) ?? this.#fail("a tensor's shape", "another value");
    const strides = whole(stride) ?? this.#fail("a tensor's strides", "another value");
    const said = dtype instanceof PickledObject ? storageType(dtype.className) : null;
    const [type, bytes] = said ?? [storage.dtype, storage.size];
    if (!isWhole(offset)) this.#fail("a tensor's offset of 0 or more", `${offset}`);
    if (strides.length !== shape.length) this.#fail(`${shape.length} strides`, `${strides.length}`);
    const view = { dtype: type, size: bytes, offset: offset + storage.start, shape, strides };
    const last = view.offset + shape.reduce((n, d, axis) => n + (d - 1) * strides[axis], 0);
    const held = Math.floor(storage.bytes.length / bytes);
    if (!shape.includes(0) && !(last < held))
      this.#fail(`a tensor ${showShape(shape)} within ${held} numbers of its storage`, `one up to number ${last + 1}`);
    const decoded = () => this.#decoded(storage, view);
    return {
      dtype: type,
      shape,
      get data() {
        return decoded();
      },
    };
  }

  #storage(value: PickleValue): Storage {
    const known = this.#storages.get(value);
    if (known) return known;
    const storage = this.#opened(value);
    this.#storages.set(value, storage);
    return storage;
  }

  #opened(value: PickleValue): Storage {
    const { className, args } = value instanceof PickledObject ? value : { className: "", args: [] };
    if (className === "torch.storage._load_from_bytes" && args[0] instanceof Uint8Array) {
      const { root, bytes, littleEndian } = innerStorage(args[0], this.#who);
      return { ...this.#typed(root), bytes, littleEndian };
    }
    const { key, ...typed } = this.#typed(value);
    const bytes = this.#file.storage(key) ?? this.#fail(`storage ${key}`, "none");
    return { ...typed, bytes, littleEndian: this.#file.littleEndian };
  }

  /** From a persistent id: ("storage", class, key, device, elements), and the part of it in older files. */
  #typed(value: PickleValue): { key: string; dtype: string; size: number; start: number } {
    const id = value instanceof PickledObject && value.className === persistentId ? value.args[0] : null;
    const [kind, type, key, , , part] = Array.isArray(id) ? id : [];
    const className = type instanceof PickledObject ? type.className : "";
    const [dtype, size] = storageType(className) ?? [];
    if (kind !== "storage" || dtype === undefined || size === undefined)
      return this.#fail("a storage of numbers", className || "another value");
    const start = Array.isArray(part) && typeof part[1] === "number" ? part[1] : 0;
    return { key: String(key), dtype, size, start };
  }

  #decoded({ bytes, littleEndian }: Storage, { dtype, size, offset, shape, strides }: View): Hdf5Numbers {
    const count = shape.reduce((n, d) => n * d, 1);
    this.#memory.take(2 * count * Math.max(4, size));
    const raw = new Uint8Array(count * size);
    if (inRows(shape, strides)) raw.set(bytes.subarray(offset * size, (offset + count) * size));
    else gather(raw, bytes, { size, offset, shape, strides });
    if (!littleEndian && size > 1) for (let at = 0; at < raw.length; at += size) raw.subarray(at, at + size).reverse();
    return decodeNumbers(dtype, raw.buffer) ?? this.#fail("tensors of real numbers", dtype, "Save it as float32.");
  }

  /** A tensor of a kind that is not a plain view: its shape where it is said, and a refusal where its numbers are asked for. */
  #refused(name: string, args: readonly PickleValue[]): SafeTensor | null {
    const kind = /^_rebuild_(\w*?tensor)/.exec(name)?.[1];
    if (!kind) return null;
    const what = kind.replace("qtensor", "quantized tensor").replaceAll("_", " ");
    const refuse = () =>
      this.#fail("dense tensors", `a ${what}`, "In Python: save tensor.dequantize(), .to_dense() or .float().");
    return {
      dtype: what,
      shape: whole(args[2]) ?? [],
      get data() {
        return refuse();
      },
    };
  }

  #fail(expected: string, received: string, next?: string): never {
    throw new FormatError(problem(this.#who, expected, received, next));
  }
}

/** Whole numbers from 0 on; null for another value. */
function whole(value: PickleValue | undefined): number[] | null {
  const inner = value instanceof PickledObject && value.className === "torch.Size" ? value.args[0] : value;
  const list = inner instanceof Int32Array ? Array.from(inner) : inner;
  return Array.isArray(list) && list.length <= mostAxes && list.every(isWhole) ? list : null;
}

const isWhole = (n: PickleValue): n is number => typeof n === "number" && Number.isSafeInteger(n) && n >= 0;

/** Whether the elements lie row after row without a gap. */
function inRows(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis];
  }
  return true;
}

/** Copies elements in row order. */
function gather(to: Uint8Array, from: Uint8Array, { size, offset, shape, strides }: Omit<View, "dtype">): void {
  const index = new Array<number>(shape.length).fill(0);
  let place = offset;
  for (let at = 0; at < to.length; at += size) {
    for (let byte = 0; byte < size; byte++) to[at + byte] = from[place * size + byte];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis];
      if (++index[axis] < shape[axis]) break;
      place -= index[axis] * strides[axis];
      index[axis] = 0;
    }
  }
}
