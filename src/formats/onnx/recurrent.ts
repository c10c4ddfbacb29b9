import { FormatError, problem } from "../../errors.ts";
import { joinBytes } from "../../files/protobuf.ts";
import type { AnyLayer, Weight } from "../../layers/layer.ts";
import type { MaskRules } from "../../layers/masks.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { fromKernel, type Gates, splitBiases } from "../gates.ts";
import type { JsonObject } from "../json.ts";
import { savedWeights } from "../keras/paths.ts";
import { gateFunction } from "./activations.ts";
import { type OnnxBuilder, type OnnxMask, once, type Traced, unmasked } from "./builder.ts";
import { spread } from "./masks.ts";
import type { OnnxAttribute } from "./proto.ts";

const operators: Readonly<Record<string, { op: string; gates: Gates }>> = {
  LSTM: { op: "LSTM", gates: 4 },
  GRU: { op: "GRU", gates: 3 },
  SimpleRNN: { op: "RNN", gates: 1 },
};

/** The exporter's functions that a layer uses. */
export interface OnnxContext {
  readonly b: OnnxBuilder;
  readonly who: string;
  /** Whose rules say where masks go. */
  readonly masks: MaskRules;
  read(weight: Weight): NdArray;
  /** For a step model: the state a layer begins with as inputs of the graph, and its state after the step as outputs. */
  readonly step?: {
    begin(layer: AnyLayer, part: string, size: number): string;
    end(layer: AnyLayer, part: string, size: number, value: string): void;
  };
}

/**
 * LSTM, GRU and SimpleRNN, one way or both, as ONNX's LSTM, GRU and RNN. Sequences go in and come out as [B, T, D]; masked
 * ones run compacted with their lengths, so that no loop is needed. Results as Keras: y, and the states with return_state.
 */
export function exportRecurrent(layer: AnyLayer, inputs: readonly Traced[], context: OnnxContext): Traced[] {
  const both = layer.className === "Bidirectional";
  const ways = both ? layer.sublayers : [layer];
  const { b, who } = context;
  const [x, ...given] = inputs;
  const [first] = ways;
  const known = operators[first.className];
  if (!known || ways.some((way) => way.className !== first.className)) {
    throw new FormatError(problem(who, "an lstm, gru or simpleRnn", first.className, "ONNX has no operator for it."));
  }
  const { op, gates } = known;
  const configs = ways.map((way) => way.config() as JsonObject);
  const [config] = configs;
  const units = config.units as number;
  const backwards = config.go_backwards === true;
  const sequences = config.return_sequences === true;
  const zeros = config.zero_output_for_mask === true;
  if (config.stateful === true) {
    const next = "Export a step model, whose states are inputs and outputs: onnxBytes(model, { step: true }).";
    throw new FormatError(problem(who, "a layer that keeps no state between batches", "stateful", next));
  }
  if (both && (backwards || configs[1].go_backwards !== true)) {
    throw new FormatError(problem(who, "a forward and a backward layer", "another pair"));
  }
  if (backwards && sequences && x.mask) {
    throw new FormatError(problem(who, "goBackwards without a mask, or without returnSequences", "all three"));
  }
  const parts = op === "LSTM" ? ["h", "c"] : ["h"];
  const { step } = context;
  if (step && both) {
    throw new FormatError(problem(who, "layers that run forwards in a step model", "a bidirectional one"));
  }
  const ran = once(() => {
    const sides = ways.map((way) => sideOf(way, gates, units, context));
    const states = step ? parts.map((part) => step.begin(layer, part, units)) : given.map((state) => state.full());
    const begin = parts.map((_, p) => {
      const own = states.filter((_, k) => k % parts.length === p); // forward's parts, then backward's
      if (own.length === 0) return "";
      const rows = own.map((state) => b.node("Unsqueeze", [state, b.ints([0])]));
      return rows.length === 1 ? rows[0] : b.node("Concat", rows, { axis: 0 });
    });
    const attributes: Record<string, OnnxAttribute> = {
      hidden_size: units,
      direction: both ? "bidirectional" : backwards ? "reverse" : "forward",
      ...activationAttributes(configs, op, who),
      ...(op === "GRU" ? { linear_before_reset: config.reset_after === false ? 0 : 1 } : {}),
    };
    const stack = (pick: (side: Side) => Float32Array, dims: readonly number[], name: string) =>
      b.tensor(`${layer.name}/${name}`, joined(sides.map(pick)), [sides.length, ...dims]);
    const n = sides[0].inputSize;
    const w = stack((s) => s.w, [gates * units, n], "W");
    const r = stack((s) => s.r, [gates * units, units], "R");
    const bias = sides[0].bias ? stack((s) => s.bias!, [2 * gates * units], "B") : "";
    const time = b.node("Transpose", [x.mask && !step ? x.compact() : x.full()], { perm: [1, 0, 2] });
    const lengths = x.mask && !step ? x.mask.lengths() : "";
    const outputs = b.several(op, trimmed([time, w, r, bias, lengths, ...begin]), attributes, 1 + parts.length);
    if (step)
      parts.forEach((part, p) => {
        step.end(layer, part, units, b.node("Squeeze", [outputs[1 + p], b.ints([0])]));
      });
    return outputs;
  });
  if (step) ran();
  const merge = both ? (layer.config() as JsonObject).merge_mode : "one";
  const batch = x.shape[0];
  // With zeros for masked steps the last output is zeros where the last step that is processed is masked.
  const last = () => (x.mask && !step && zeros ? b.node("Mul", [ran()[1], lastSteps(b, x.mask, configs)]) : ran()[1]);
  const results = sequences
    ? sequenceResults(x, () => ran()[0], merge, units, {
        b,
        backwards,
        zeros,
        step: step !== undefined,
      })
    : mergeWays(b, once(last), merge).map(({ make, wide }) => unmasked([batch, wide * units], make));
  if (config.return_state !== true) return results;
  const states = ways.flatMap((_, k) =>
    parts.map((_, p) => unmasked([batch, units], () => b.node("Gather", [ran()[1 + p], b.ints(k)], { axis: 0 }))),
  );
  return [...results, ...states];
}

/** 1 where the step that each way comes to last is valid, float [ways, B, 1]. */
function lastSteps(b: OnnxBuilder, mask: OnnxMask, configs: readonly JsonObject[]): string {
  const valid = b.node("Cast", [mask.valid()], { to: 1 });
  const columns = configs.map(({ go_backwards: backwards }) => {
    const column = b.node("Gather", [valid, b.ints([backwards === true ? 0 : -1])], { axis: 1 }); // [B, 1]
    return b.node("Unsqueeze", [column, b.ints([0])]);
  });
  return columns.length === 1 ? columns[0] : b.node("Concat", columns, { axis: 0 });
}

interface SequenceOptions {
  b: OnnxBuilder;
  backwards: boolean;
  zeros: boolean;
  step: boolean;
}

/** Y [T, ways, B, H] as Keras has it: [B, T, H], in the order of processing, the two ways merged. */
function sequenceResults(x: Traced, y: () => string, merge: unknown, units: number, o: SequenceOptions): Traced[] {
  const { b } = o;
  const byWay = once(() => b.node("Transpose", [y()], { perm: [1, 2, 0, 3] })); // [ways, B, T, H]
  return mergeWays(b, byWay, merge).map(({ make, wide }) => {
    const shape = [x.shape[0], x.shape[1], wide * units];
    if (x.mask && !o.step) return spread(b, make, x.mask, shape, o.zeros);
    if (!o.backwards) return unmasked(shape, make);
    const lowest = "-9223372036854775808";
    const end = () => b.tensor("constant", BigInt64Array.of(BigInt(lowest)), [1]);
    return unmasked(shape, () => b.node("Slice", [make(), b.ints([-1]), end(), b.ints([1]), b.ints([-1])]));
  });
}

/** [ways, B, …, H] merged over the ways; how many times H wide each result is. */
function mergeWays(b: OnnxBuilder, value: () => string, merge: unknown): { make: () => string; wide: number }[] {
  const way = (k: number) => () => b.node("Gather", [value(), b.ints(k)], { axis: 0 });
  if (merge === "one") return [{ make: way(0), wide: 1 }];
  if (merge === null) return [0, 1].map((k) => ({ make: way(k), wide: 1 }));
  if (merge === "concat") return [{ make: () => b.node("Concat", [way(0)(), way(1)()], { axis: -1 }), wide: 2 }];
  const sum = () => b.node(merge === "mul" ? "Mul" : "Add", [way(0)(), way(1)()]);
  return [{ make: merge === "ave" ? () => b.node("Mul", [sum(), b.number(0.5)]) : sum, wide: 1 }];
}

/** One way's matrices in ONNX's order and layout. */
interface Side {
  inputSize: number;
  w: Float32Array; // [G·H, D]
  r: Float32Array; // [G·H, H]
  bias: Float32Array | null; // [2·G·H]
}

function sideOf(layer: AnyLayer, gates: Gates, units: number, { read }: OnnxContext): Side {
  const [kernel, recurrent, bias] = savedWeights(layer.weights).map((weight) => read(weight));
  const inputSize = kernel.shape[0];
  const split = bias ? splitBiases(Float32Array.from(bias.data), gates, "onnx", units) : null;
  return {
    inputSize,
    w: fromKernel(Float32Array.from(kernel.data), gates, "onnx", units, inputSize),
    r: fromKernel(Float32Array.from(recurrent.data), gates, "onnx", units, units),
    bias: split && joined([split.input, split.state]),
  };
}

function activationAttributes(configs: readonly JsonObject[], op: string, who: string): Record<string, OnnxAttribute> {
  const functions = configs.flatMap(({ activation, recurrent_activation }) => {
    const [gate, own] = [op === "RNN" ? null : gateFunction(recurrent_activation, who), gateFunction(activation, who)];
    return gate ? [gate, own, ...(op === "LSTM" ? [own] : [])] : [own];
  });
  const numbers = (key: "alpha" | "beta") => functions.flatMap((f) => (f[key] === undefined ? [] : [f[key]]));
  const [alpha, beta] = [numbers("alpha"), numbers("beta")];
  return {
    activations: functions.map(({ name }) => name),
    ...(alpha.length > 0 ? { activation_alpha: alpha } : {}),
    ...(beta.length > 0 ? { activation_beta: beta } : {}),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const bytes = joinBytes(parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)));
  return new Float32Array(bytes.buffer);
}

/** Inputs without the empty ones at the end. */
function trimmed(inputs: readonly string[]): string[] {
  let end = inputs.length;
  while (end > 0 && inputs[end - 1] === "") end--;
  return inputs.slice(0, end);
}
