import { Budget } from "../budget.ts";
import { PickledObject, type PickleValue } from "../containers/pickle-values.ts";
import type { SafeTensor } from "../containers/safetensors.ts";
import { TensorReader } from "./stored-tensors.ts";
import { openTorch } from "./torch-file.ts";

/** The contents of a PyTorch file. */
export interface TorchContents {
  /** Form of the file. */
  kind: string;
  /** The saved object: a state_dict, a whole model, or a checkpoint with others beside it. */
  saved: "state_dict" | "model" | "checkpoint" | "tensor" | "nothing";
  /** Parameters and buffers by name, as `model.state_dict()` has them; numbers are decoded when they are asked for. */
  tensors: Map<string, SafeTensor>;
  /** Where the file holds modules and not only their numbers: each by its name, inert. */
  modules: Map<string, PickledObject>;
  /** Other values of a checkpoint, by name: its epoch, its loss. */
  others: Map<string, PickleValue>;
}

const deepest = 6; // dicts in dicts that are looked through for weights

/**
 * The weights in a file of `torch.save`: a state_dict, a whole model (parameters and buffers of its modules), or a checkpoint's, without its
 * optimizer's. Names of several state_dicts begin with where each lies. Throws FormatError naming the place.
 *
 *   (await readTorch(bytes, "net.pth")).tensors.get("lstm.weight_ih_l0")?.shape; // [512, 64]
 */
export async function readTorch(bytes: Uint8Array, who: string): Promise<TorchContents> {
  const file = await openTorch(bytes, who);
  const work = new Budget(who, 2 ** 22 + 16 * bytes.length, "letters of names");
  const walk = new Walk(new TensorReader(file, who, bytes.length), work);
  const { root } = file;
  const found = { kind: file.kind, modules: walk.modules, others: new Map<string, PickleValue>() };
  if (walk.isTensor(root)) return { ...found, saved: "tensor", tensors: walk.weightsOf(root, "tensor", 0) };
  if (isModule(root)) return { ...found, saved: "model", tensors: walk.weightsOf(root, "", 0) };
  return { ...found, ...walk.container(root) };
}

class Walk {
  readonly #reader: TensorReader;
  readonly #work: Budget;
  readonly modules = new Map<string, PickledObject>();

  constructor(reader: TensorReader, work: Budget) {
    this.#reader = reader;
    this.#work = work;
  }

  isTensor(value: PickleValue): boolean {
    return this.#reader.read(value) !== null;
  }

  /** A state_dict or a checkpoint. */
  container(root: PickleValue): Pick<TorchContents, "saved" | "tensors" | "others"> {
    const own = new Map<string, SafeTensor>();
    const parts: [name: string, value: PickleValue, tensors: Map<string, SafeTensor>][] = [];
    const others = new Map<string, PickleValue>();
    for (const [name, value] of entriesOf(root)) {
      const tensor = this.#reader.read(value);
      const inside = tensor ? new Map() : this.weightsOf(value, "", 1);
      if (tensor) own.set(name, tensor);
      else if ([...inside.values()].some(({ shape }) => shape.length > 0)) parts.push([name, value, inside]);
      else others.set(name, value);
    }
    // A loss beside a state_dict is no weight of it.
    for (const [name, tensor] of parts.length > 0 ? [...own] : [])
      if (tensor.shape.length === 0) {
        own.delete(name);
        others.set(name, Number(tensor.data[0]));
      }
    const saved = parts.length > 0 ? "checkpoint" : own.size > 0 ? "state_dict" : "nothing";
    if (parts.length === 1) return { saved, tensors: new Map([...parts[0][2], ...own]), others };
    this.modules.clear(); // named again, by where each lies
    for (const [name, value] of parts)
      for (const [inner, tensor] of this.weightsOf(value, name, 1)) own.set(inner, tensor);
    return { saved, tensors: own, others };
  }

  /** The tensors in a value by their names, whatever holds them. */
  weightsOf(value: PickleValue, prefix: string, depth: number): Map<string, SafeTensor> {
    const into = new Map<string, SafeTensor>();
    this.#visit(value, prefix, depth, into);
    return into;
  }

  #visit(value: PickleValue, prefix: string, depth: number, into: Map<string, SafeTensor>): void {
    this.#work.take(32 + prefix.length); // what is in several places has a name for each
    const tensor = this.#reader.read(value);
    if (tensor) {
      into.set(prefix, tensor);
      return;
    }
    const below = (name: string) => (prefix === "" ? name : `${prefix}.${name}`);
    if (isModule(value)) {
      this.modules.set(prefix, value);
      for (const [name, held] of stateOf(value)) this.#visit(held, below(name), 0, into);
    } else if (depth < deepest)
      for (const [name, held] of entriesOf(value)) this.#visit(held, below(name), depth + 1, into);
  }
}

/** The entries of a dict, a list or an object, by name; nothing of an optimizer, whose tensors are no weights. */
function entriesOf(value: PickleValue): Iterable<[string, PickleValue]> {
  if (value instanceof PickledObject) {
    if (value.className.startsWith("torch.optim.")) return [];
    return [...entriesOf(value.items), ...entriesOf(value.state)];
  }
  if (value instanceof Map)
    return value.has("param_groups") ? [] : [...value].map(([name, held]) => [String(name), held]);
  return Array.isArray(value) && value.length <= mostItems ? value.map((held, k) => [String(k), held]) : [];
}

const mostItems = 1000; // a longer list is data

function isModule(value: PickleValue): value is PickledObject {
  if (!(value instanceof PickledObject)) return false;
  return isScript(value) || (value.field("_parameters") instanceof Map && value.field("_modules") instanceof Map);
}

const isScript = (object: PickledObject) => object.className.startsWith("__torch__.");

/** A module's parameters, its buffers that are saved, and its modules. */
function stateOf(object: PickledObject): [string, PickleValue][] {
  if (isScript(object)) return namedIn(object.state).filter(([, held]) => held instanceof PickledObject);
  const transient = object.field("_non_persistent_buffers_set");
  const listed = transient instanceof PickledObject ? transient.args[0] : transient;
  const skipped = new Set(Array.isArray(listed) ? listed : []);
  const buffers = namedIn(object.field("_buffers")).filter(([name]) => !skipped.has(name));
  return [...namedIn(object.field("_parameters")), ...buffers, ...namedIn(object.field("_modules"))];
}

const namedIn = (value: PickleValue | undefined): [string, PickleValue][] =>
  value instanceof Map ? [...value].map(([name, held]) => [String(name), held]) : [];
