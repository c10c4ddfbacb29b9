import { FormatError, problem } from "../../errors.ts";
import { Input } from "../../layers/input.ts";
import type { AnyLayer, CallOptions, SymbolicTensor } from "../../layers/layer.ts";
import type { MaskRules } from "../../layers/masks.ts";
import { Functional } from "../../models/functional.ts";
import { Model } from "../../models/model.ts";
import { isObject, type JsonObject, type JsonValue } from "../json.ts";
import { CarriedMasks } from "./carried-masks.ts";
import { isOperation } from "./operations.ts";

/** The source of a tensor: the layer's name, the index of its call, the index of the result. */
type History = readonly [name: string, node: number, tensor: number];

/** One call of a layer: what it reads, an initial state, the masks it was given (for each input), its training argument. */
interface Call {
  readonly inputs: readonly History[];
  readonly states: readonly History[];
  readonly masks: readonly (History | null | undefined)[];
  readonly attentionMask?: History;
  readonly training: boolean | null;
}

const readsOf = ({ inputs, states, masks, attentionMask }: Call): readonly History[] => [
  ...inputs,
  ...states,
  ...[...masks, attentionMask].filter((mask) => mask !== null && mask !== undefined),
];

const damaged = "The file is damaged: save it again.";
const mostCalls = 100_000;

/**
 * Connects the layers of a functional model as the `inbound_nodes` of its file say, in the dialects of Keras 2 and 3.
 * Masks that Keras 3 spells out although the tensors carry them are left out. Throws FormatError where a node reads what is
 * not there, or what only a cycle could give.
 */
export function readNodes(
  config: JsonObject,
  objects: readonly JsonObject[],
  who: string,
  readLayer: (object: JsonObject) => AnyLayer,
  rules: MaskRules = "keras-3.15",
): { inputs: SymbolicTensor[]; outputs: SymbolicTensor[]; outputKeys: string[] | null } {
  const inputNames = historiesOf(config.input_layers, who, "input_layers");
  const outputNames = historiesOf(config.output_layers, who, "output_layers");
  const calls = readCalls(objects, who);
  const old = objects.some(({ inbound_nodes: nodes }) => Array.isArray(nodes) && Array.isArray(nodes[0]));
  const needed = neededLayers(calls, [...inputNames, ...outputNames], who);
  const byName = new Map<string, Connected>();
  const carried = new CarriedMasks(rules);
  for (const object of objects) {
    const name = nameOf(object);
    if (!needed.has(name)) continue;
    const layer = readLayer(object);
    if (layer instanceof Input)
      byName.set(name, { name, layer, object, calls: [], made: [[layer.tensor]], ...fromZero });
    else byName.set(name, { name, layer, object, calls: calls.get(name)!, made: [], ...fromZero });
  }
  numberModels(byName, outputNames, old);

  const find = ([name, node, tensor]: History, place: string, end = false): SymbolicTensor | undefined => {
    const source = byName.get(name)!;
    const at = node - (end ? source.firstAsEnd : source.first);
    const made = source.made[at];
    if (made === undefined && at < source.calls.length && at >= 0) return undefined;
    const found = made?.[tensor];
    if (!found) throw fail(place, `a result of "${name}"`, `number ${tensor} of its call ${node}, which is not there`);
    return found;
  };

  connectAll([...byName.values()], find, carried, who);
  const known = (h: History) => find(h, who, true)!;
  const keys = isObject(config.output_layers) ? Object.keys(config.output_layers).sort() : null;
  const outputKeys = keys?.length === outputNames.length ? keys : null;
  return { inputs: inputNames.map(known), outputs: outputNames.map(known), outputKeys };
}

type Find = (history: History, place: string) => SymbolicTensor | undefined;

/** Makes every call once its inputs are there: a layer waits for one of them at a time and continues where it stopped. */
function connectAll(entries: readonly Connected[], find: Find, carried: CarriedMasks, who: string): void {
  const waiting = new Map<string, Connected[]>(); // by the call they wait for
  const queue = entries.filter(({ calls }) => calls.length > 0);
  const begun = new Map<Connected, { reads: readonly History[]; given: SymbolicTensor[] }>(); // each one's next call
  let open = queue.length;
  for (let at = 0; at < queue.length; at++) {
    const entry = queue[at];
    const { name, layer, object, calls, made } = entry;
    const place = `${who}, layer "${name}"`;
    for (let next = calls[made.length]; next; next = calls[made.length]) {
      const { reads, given } = begun.get(entry) ?? { reads: readsOf(next), given: [] };
      while (given.length < reads.length) {
        const tensor = find(reads[given.length], place);
        if (!tensor) break;
        given.push(tensor);
      }
      if (given.length < reads.length) {
        begun.set(entry, { reads, given });
        const [source, node] = reads[given.length];
        const key = callKey(source, node);
        if (!waiting.get(key)?.push(entry)) waiting.set(key, [entry]);
        break;
      }
      begun.delete(entry);
      const inputs = given.slice(0, next.inputs.length);
      const states = given.slice(inputs.length, inputs.length + next.states.length);
      let mask = inputs.length + states.length;
      const said = next.masks.map((h) => h && given[mask++]);
      const masks = states.length === 0 && carried.areOwn(inputs, said) ? [] : said;
      const attentionMask = next.attentionMask && given[given.length - 1];
      const outputs = connected(layer, inputs, states, masks, attentionMask, next.training);
      carried.record(object, inputs, masks, outputs);
      made.push(outputs);
      const key = callKey(name, entry.first + made.length - 1);
      for (const other of waiting.get(key) ?? []) queue.push(other);
      waiting.delete(key);
    }
    if (made.length === calls.length) open--;
  }
  if (open === 0) return;
  const names = entries.filter(({ calls, made }) => made.length < calls.length).map(({ name }) => `"${name}"`);
  const circle = `${names.slice(0, 3).join(", ")} in a circle`;
  throw fail(who, "layers that can be computed one after another", circle);
}

const callKey = (name: string, node: number) => `${node} ${name}`;

interface Connected {
  readonly name: string;
  readonly layer: AnyLayer;
  readonly object: JsonObject;
  readonly calls: readonly Call[];
  /** Results of the calls made so far. */
  readonly made: SymbolicTensor[][];
  /** The number of the first call where other layers read from it, and in the lists of inputs and outputs. */
  first: number;
  firstAsEnd: number;
}

const fromZero = { first: 0, firstAsEnd: 0 };

/** A layer's name in the graph; Keras 1 and 2 have it beside the config too. */
export function nameOf(object: JsonObject): string {
  const config = object.config as JsonObject | null | undefined;
  return String(object.name ?? config?.name ?? object.class_name);
}

function readCalls(objects: readonly JsonObject[], who: string): Map<string, Call[]> {
  const calls = new Map<string, Call[]>();
  let count = 0;
  for (const object of objects) {
    const name = nameOf(object);
    if (calls.has(name)) throw fail(who, "every layer's name once", `"${name}" twice`);
    const reads = object.class_name !== "InputLayer" && Array.isArray(object.inbound_nodes);
    const nodes = reads ? (object.inbound_nodes as JsonValue[]) : [];
    count += nodes.length;
    if (count > mostCalls) throw fail(who, `at most ${mostCalls} calls of layers`, "more");
    const place = `${who}, layer "${name}"`;
    const className = String(object.class_name);
    calls.set(
      name,
      nodes.map((node) => readCall(node, className, place, isOperation(object))),
    );
  }
  return calls;
}

/** The layers that outputs are computed from. */
function neededLayers(calls: ReadonlyMap<string, Call[]>, ends: readonly History[], who: string): Set<string> {
  const needed = new Set<string>();
  const waiting = ends.map(([name]) => ({ name, place: who }));
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    const { name, place } = at;
    if (needed.has(name)) continue;
    const own = calls.get(name);
    if (!own) throw fail(place, "a layer of this model", `"${name}"`);
    needed.add(name);
    const inner = `${who}, layer "${name}"`;
    for (const call of own) for (const [source] of readsOf(call)) waiting.push({ name: source, place: inner });
  }
  return needed;
}

/**
 * The calls of a model inside another begin at 1 in Keras 2, which counts its own making as the first; in Keras 3 at 0, but
 * for the lists of inputs and outputs.
 */
function numberModels(byName: ReadonlyMap<string, Connected>, ends: readonly History[], old: boolean): void {
  const all = [...byName.values()].flatMap(({ calls }) => calls.flatMap(readsOf));
  const read = rangeOf(all);
  const asEnd = rangeOf(ends);
  for (const entry of byName.values()) {
    if (!(entry.layer instanceof Model)) continue;
    const begins = (range: Range | undefined, unsure: number) => {
      if (!range || range.lowest === 0) return range ? 0 : unsure;
      return range.highest >= entry.calls.length ? 1 : unsure;
    };
    entry.first = begins(read.get(entry.name), old ? 1 : 0);
    entry.firstAsEnd = begins(asEnd.get(entry.name), old || entry.layer instanceof Functional ? 1 : 0);
  }
}

interface Range {
  readonly lowest: number;
  readonly highest: number;
}

/** The lowest and the highest call of each layer among these. */
function rangeOf(places: readonly History[]): Map<string, Range> {
  const ranges = new Map<string, Range>();
  for (const [name, node] of places) {
    const { lowest, highest } = ranges.get(name) ?? { lowest: node, highest: node };
    ranges.set(name, { lowest: Math.min(lowest, node), highest: Math.max(highest, node) });
  }
  return ranges;
}

function connected(
  layer: AnyLayer,
  inputs: SymbolicTensor[],
  states: SymbolicTensor[],
  masks: Given,
  attentionMask: SymbolicTensor | undefined,
  training: boolean | null,
): SymbolicTensor[] {
  const result = layer(inputs, {
    ...(states.length > 0 ? { initialState: states } : {}),
    ...maskOptions(layer, masks),
    ...(attentionMask ? { attentionMask } : {}),
    ...(training === null ? {} : { training }),
  });
  return Array.isArray(result) ? result : [result as SymbolicTensor];
}

type Given = readonly (SymbolicTensor | null | undefined)[];

/** The masks of a call as options of ours. */
function maskOptions(layer: AnyLayer, masks: Given): CallOptions {
  if (masks.length === 0) return {};
  if (layer.className !== "MultiHeadAttention")
    return { mask: masks.length === 1 ? masks[0] : masks.map((m) => m ?? null) };
  const [, valueMask, keyMask] = masks;
  return { ...(valueMask ? { valueMask } : {}), ...(keyMask ? { keyMask } : {}) };
}

function readCall(node: JsonValue, className: string, place: string, operation: boolean): Call {
  const call = Array.isArray(node) ? readOldCall(node, place) : readNewCall(node, place, operation);
  // A recurrent layer called on a list finds its initial state there.
  if (!recurrent.includes(className) || call.inputs.length === 1) return call;
  return { ...call, inputs: call.inputs.slice(0, 1), states: [...call.inputs.slice(1), ...call.states] };
}

const recurrent = ["LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"];
/** Arguments that are data, in the order of Keras's signatures. */
const dataArguments = ["sequence", "sequences", "inputs", "x", "query", "value", "key"];

/** Keras 3: { args, kwargs } with tensors anywhere inside. */
function readNewCall(node: JsonValue, place: string, operation: boolean): Call {
  if (node === null || typeof node !== "object" || Array.isArray(node)) {
    throw fail(place, "a node", JSON.stringify(node));
  }
  const kwargs = (node.kwargs ?? {}) as JsonObject;
  const data = operation ? Object.keys(kwargs) : dataArguments;
  const inputs = [...tensorsIn(node.args, place), ...data.flatMap((key) => tensorsIn(kwargs[key], place))];
  // Keras 3.15 reads the query's mask off the query, whatever is given.
  const known = [...data, "initial_state", "mask", "query_mask", "value_mask", "key_mask", "attention_mask"];
  const strange = Object.keys(kwargs).find((key) => !known.includes(key) && tensorsIn(kwargs[key], place).length > 0);
  if (strange) {
    const next = "This version cannot run it and loads nothing.";
    throw fail(place, "tensors as data, mask or initial_state", `one as ${strange}`, next);
  }
  if (inputs.length === 0) throw fail(place, "a node that reads a tensor", "one that reads none");
  const tensor = (value: JsonValue | undefined): History | undefined => tensorsIn(value, place)[0];
  const { mask, value_mask, key_mask } = kwargs;
  const states = tensorsIn(kwargs.initial_state, place);
  // Keras 3 writes a training argument for every recurrent layer, and heeds none where a model predicts or is fitted.
  const { training } = isObject(node.cellstate) ? node.cellstate : {};
  const said = typeof training === "boolean" ? training : null;
  if (operation) return { inputs, states: [], masks: [], training: null };
  const attentionMask = tensor(kwargs.attention_mask);
  if (!attentionMask && (kwargs.attention_mask ?? null) !== null) {
    const next = "Make it an input of the model in Keras and save again.";
    throw fail(place, "a tensor as attention_mask", "an array", next);
  }
  if (tensor(value_mask) || tensor(key_mask)) {
    return {
      inputs,
      states,
      attentionMask,
      masks: [undefined, tensor(value_mask), tensor(key_mask)].slice(0, inputs.length),
      training: said,
    };
  }
  const list = Array.isArray(mask) ? mask.map((m) => tensor(m) ?? null) : [tensor(mask)];
  const none = list.every((m) => m === null || m === undefined);
  return { inputs, states, masks: none ? [] : list, attentionMask, training: said };
}

/** Keras 2: [[name, node, tensor, kwargs], …]. */
function readOldCall(node: JsonValue[], place: string): Call {
  const list = typeof node[0] === "string" ? [node] : node; // one input without its list
  const inputs = list.map((entry) => historyOf(entry, place));
  if (inputs.length === 0) throw fail(place, "a node that reads a tensor", "one that reads none");
  const states = list.flatMap((entry) => {
    const kwargs = Array.isArray(entry) ? (entry[3] as JsonObject | null | undefined) : null;
    return kwargs?.initial_state ? historiesOf(kwargs.initial_state, place, "initial_state") : [];
  });
  const [first] = list;
  const kwargs = (Array.isArray(first) ? first[3] : null) as JsonObject | null | undefined;
  const mask = Array.isArray(kwargs?.mask) ? kwargs.mask : null;
  const masks = mask === null ? [] : typeof mask[0] === "string" ? [mask] : mask;
  return {
    inputs,
    states,
    masks: masks.map((m) => (m === null ? null : historyOf(m, place))),
    training: typeof kwargs?.training === "boolean" ? kwargs.training : null,
  };
}

/** All tensors in Keras 3's arguments, in order. */
function tensorsIn(value: JsonValue | undefined, place: string): History[] {
  if (Array.isArray(value)) return value.flatMap((v) => tensorsIn(v, place));
  if (value === null || typeof value !== "object") return [];
  if (value.class_name !== "__keras_tensor__") return byKey(value).flatMap((v) => tensorsIn(v, place));
  return [historyOf((value.config as JsonObject | null)?.keras_history, place)];
}

function historyOf(value: JsonValue | undefined, place: string): History {
  const [name, node, tensor] = Array.isArray(value) ? value : [];
  const whole = (n: JsonValue) => Number.isInteger(n) && (n as number) >= 0;
  if (typeof name === "string" && whole(node) && whole(tensor)) return [name, node as number, tensor as number];
  throw fail(place, "a tensor as [layer, node, index]", JSON.stringify(value)?.slice(0, 60) ?? "nothing");
}

/** Tensors given by name, in the order in which Keras goes through a dictionary. */
const byKey = (value: JsonObject): JsonValue[] =>
  Object.keys(value)
    .sort()
    .map((key) => value[key]);

/** One triple, a list of triples, or triples by name. */
function historiesOf(value: JsonValue | undefined, who: string, place: string): History[] {
  if (Array.isArray(value) && typeof value[0] !== "string") return value.flatMap((v) => historiesOf(v, who, place));
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    const keras3 = tensorsIn(value, `${who}, ${place}`);
    return keras3.length > 0 ? keras3 : byKey(value).flatMap((v) => historiesOf(v, who, place));
  }
  return [historyOf(value, `${who}, ${place}`)];
}

function fail(place: string, expected: string, received: string, next = damaged): FormatError {
  return new FormatError(problem(place, expected, received, next));
}
