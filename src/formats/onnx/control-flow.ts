import * as ops from "../../ops/index.ts";
import { truth } from "./arithmetic.ts";
import {
  asTensor,
  attribute,
  axisIn,
  holdOperations,
  knownInput,
  knownNumber,
  listOf,
  type OnnxCall,
  type Operator,
  type Operators,
  refused,
  value,
  whole,
} from "./call.ts";
import { joined, reshaped, sliced } from "./moves.ts";
import { dataTypes } from "./types.ts";
import { isKnown, type OnnxTraced } from "./values.ts";

/** Loops and branches: a loop's turns are traced one after the other, so that how many there are must be known. */

const unknown = "Export the model with fixed lengths, or without a loop that ends where the numbers say so.";

/** Turns while a condition holds, at most so many: trip count, condition, what is carried → what is carried, and each turn's results. */
const loop: Operator = (call) => {
  const body = call.within("body");
  const most = call.inputs[0] === undefined ? Number.POSITIVE_INFINITY : knownNumber(call, 0, "a trip count");
  let on = call.inputs[1] === undefined || knownNumber(call, 1, "a condition") !== 0;
  let carried: OnnxTraced[] = call.inputs.slice(2).map((_, k) => value(call, k + 2));
  const count = body.outputs - 1 - carried.length;
  const turns: OnnxTraced[][] = [];
  for (let i = 0; i < most && on; i++) {
    holdOperations(call, 2 * (body.size + 1));
    const [condition, ...results] = body.run(
      [whole([], [i]), whole([], [1]), ...carried],
      [dataTypes.int64, dataTypes.bool, ...call.types.slice(2)],
    );
    if (!isKnown(condition))
      throw refused(call, "a condition that is known before the model runs", "one that depends on the input", unknown);
    on = condition.data[0] !== 0;
    carried = results.slice(0, carried.length);
    turns.push(results.slice(carried.length));
  }
  if (turns.length === 0 && count > 0) throw refused(call, "at least one turn", "none");
  return [
    ...carried,
    ...Array.from({ length: count }, (_, k) =>
      stacked(
        call,
        turns.map((turn) => turn[k]),
        0,
      ),
    ),
  ];
};

/** One value for each turn, along a new axis. */
function stacked(call: OnnxCall, values: readonly OnnxTraced[], axis: number): OnnxTraced {
  const at = axisIn(call, axis, values[0].shape.length + 1);
  const apart = values.map((v) => reshaped(call, v, [...v.shape.slice(0, at), 1, ...v.shape.slice(at)]));
  return joined(call, apart, at);
}

/** One step of each sequence at a time: states, sequences → states, and each step's results. */
const scan: Operator = (call) => {
  if (call.opset < 9) throw refused(call, "opset 9 or later for Scan", `${call.opset}`);
  const body = call.within("body");
  const sequences = attribute(call, "num_scan_inputs", 0);
  const states = call.inputs.length - sequences;
  if (!(sequences > 0 && states >= 0))
    throw refused(call, `num_scan_inputs from 1 to ${call.inputs.length}`, `${sequences}`);
  const each = (name: string, k: number) => listOf(call, name)?.[k] ?? 0;
  const inputs = Array.from({ length: sequences }, (_, k) => {
    const x = value(call, states + k);
    return {
      x,
      axis: axisIn(call, each("scan_input_axes", k), x.shape.length),
      back: each("scan_input_directions", k) === 1,
    };
  });
  const steps = inputs[0].x.shape[inputs[0].axis];
  if (inputs.some(({ x, axis }) => x.shape[axis] !== steps))
    throw refused(call, `sequences of ${steps} steps`, "another number");
  let carried = Array.from({ length: states }, (_, k) => value(call, k));
  const turns: OnnxTraced[][] = [];
  for (let t = 0; t < steps; t++) {
    holdOperations(call, 2 * (body.size + sequences));
    const slices = inputs.map(({ x, axis, back }) => {
      const one = sliced(call, x, axis, { from: back ? steps - 1 - t : t, count: 1 });
      return reshaped(
        call,
        one,
        one.shape.filter((_, i) => i !== axis),
      );
    });
    const results = body.run([...carried, ...slices], call.types);
    carried = results.slice(0, states);
    turns.push(results.slice(states));
  }
  const count = body.outputs - states;
  if (steps === 0 && count > 0) throw refused(call, "at least one step", "none");
  const results = Array.from({ length: count }, (_, k) => {
    const own = turns.map((turn) => turn[k]);
    return stacked(call, each("scan_output_directions", k) === 1 ? own.reverse() : own, each("scan_output_axes", k));
  });
  return [...carried, ...results];
};

/** One of two graphs where the condition is known; otherwise both, and a choice between their results. */
const branch: Operator = (call) => {
  const condition = knownInput(call, 0);
  const run = (name: string) => {
    const graph = call.within(name);
    holdOperations(call, 2 * (graph.size + 1));
    return graph.run([]);
  };
  if (condition) return run(condition.data[0] !== 0 ? "then_branch" : "else_branch");
  const [first, second] = [run("then_branch"), run("else_branch")];
  const on = ops.reshape(truth(call, 0), []);
  return first.map((a, k) => {
    const [x, y] = [asTensor(call, a), asTensor(call, second[k])];
    if (String(x.shape) !== String(y.shape) || x.dtype !== y.dtype)
      throw refused(
        call,
        "branches with results of one shape",
        `[${x.shape}] and [${y.shape}]`,
        "Export the model with one of them.",
      );
    return ops.where(on, x, y);
  });
};

export const controlOperators: Operators = { Loop: loop, Scan: scan, If: branch };
