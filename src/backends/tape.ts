import { BackendError, problem, showShape } from "../errors.ts";
import { binaryFunctions, unaryFunctions } from "../program/functions.ts";
import {
  type Attribute,
  type Attributes,
  type Instruction,
  isScanBody,
  type Program,
  regions,
  type ScanBody,
  type Slot,
} from "../program/program.ts";

/**
 * A program as the C++ interpreter reads it: little-endian 32-bit words, described in kernels/README.md. The table below is
 * the only place that knows opcodes and the order of attributes; kernels/tape_ops.h and kernels/cells.h number the ops alike.
 */
export function encodeTape(program: Program): Int32Array {
  const words: number[] = [magic, version, program.instructions.length, program.sizes.feed, regions.length];
  for (const region of regions) {
    const size = program.sizes[region];
    if (size >= 2 ** 32) throw tooLarge(program.name, "fewer than 2^32 numbers at once", `${size} of ${region}`);
    words.push(size);
  }
  for (const it of program.instructions) writeInstruction(words, it);
  return Int32Array.from(words, (w) => w | 0);
}

/** Whether the kernels have this op with these attributes. */
export function tapeSupports(op: string, attrs: Attributes): boolean {
  const entry = table.get(op);
  return entry !== undefined && (entry.only?.(attrs) ?? true);
}

/** The same of the kernels in WASM. */
export const wasmSupports = (op: string, attrs: Attributes): boolean =>
  op !== "chain" && op !== "ctc" && tapeSupports(op, attrs);

/** Name of an opcode, for profiles. */
export const opName = (code: number): string => names[code] ?? `op ${code}`;

const magic = 0x4c535443;
const version = 5;

const unaryFns = Object.keys(unaryFunctions);
const binaryFns = Object.keys(binaryFunctions);
const reduceFns = ["sum", "max", "min"];
const randomKinds = ["uniform", "normal", "dropout"];
const activations = ["linear", "tanh", "sigmoid", "relu", "hardSigmoid", "hardSigmoid2"];

/** One attribute as words. */
type Write = (attrs: Attributes) => number[];
interface Entry {
  readonly write: readonly Write[];
  readonly only?: (attrs: Attributes) => boolean;
}

const oneOf =
  (key: string, names: readonly string[]): Write =>
  (attrs) => [names.indexOf(String(attrs[key]))];
const known = (key: string, names: readonly string[]) => (attrs: Attributes) => names.includes(String(attrs[key]));
const flag =
  (key: string): Write =>
  (attrs) => [attrs[key] === true ? 1 : 0];
const whole =
  (key: string): Write =>
  (attrs) => [Number(attrs[key])];
const list =
  (key: string): Write =>
  (attrs) => {
    const items = attrs[key] as readonly number[];
    return [items.length, ...items];
  };
const real =
  (key: string, of: (n: number) => number = (n) => n): Write =>
  (attrs) => [...new Int32Array(Float32Array.of(of(Number(attrs[key]))).buffer)];
const double =
  (key: string): Write =>
  (attrs) => [...new Int32Array(Float64Array.of(Number(attrs[key])).buffer)];

/** Precision of what products multiply: numbers as they are, or rounded to 8 bits or to bfloat16. */
const precision: Write = (attrs) => [attrs.rounding ? 1 : attrs.precision ? 2 : 0];
const sequence = [flag("reverse"), flag("zeroOutput"), precision];
const shallow = (attrs: Attributes) => attrs.deep !== true && known("activation", activations)(attrs);
const gates: Entry = {
  write: [oneOf("activation", activations), oneOf("recurrentActivation", activations), ...sequence],
  only: (attrs) => shallow(attrs) && known("recurrentActivation", activations)(attrs),
};
/** In the order of kernels/cells.h; each is an op forward and one back. */
const cells: Readonly<Record<string, Entry>> = {
  lstm: gates,
  // The reset gate before the recurrent product (Keras's reset_after = false) runs by its reference.
  gru: { ...gates, only: (attrs) => attrs.resetAfter !== false && gates.only!(attrs) },
  simpleRnn: {
    write: [oneOf("activation", activations), ...sequence],
    only: shallow,
  },
};
const plain: Entry = { write: [] };

const ops: readonly (readonly [string, Entry])[] = [
  ["unary", { write: [oneOf("fn", unaryFns)], only: known("fn", unaryFns) }],
  ["binary", { write: [oneOf("fn", binaryFns)], only: known("fn", binaryFns) }],
  ["where", plain],
  ["cast", plain],
  ["fill", { write: [real("value")] }],
  ["reduce", { write: [oneOf("fn", reduceFns), list("axes"), flag("keepDims")], only: known("fn", reduceFns) }],
  ["argmax", plain],
  ["slice", { write: [list("begin")] }],
  ["pad", { write: [list("begin")] }],
  ["concat", { write: [whole("axis")] }],
  ["transpose", { write: [list("perm")] }],
  ["reverse", { write: [whole("axis")] }],
  ["broadcast", plain],
  ["copy", plain],
  ["gather", plain],
  ["gatherBack", { write: [oneOf("of", ["sum", "squares", "sizes"])] }],
  ["oneHot", plain],
  ["matmul", { write: [flag("transposeA"), flag("transposeB"), precision] }],
  ["linear", { write: [precision] }],
  ["softmax", plain],
  ["logSoftmax", plain],
  ["softmaxBack", plain],
  ["softmaxCrossEntropy", plain],
  ["sparseSoftmaxCrossEntropy", plain],
  ["binaryCrossEntropy", plain],
  ["random", { write: [oneOf("kind", randomKinds), real("rate"), whole("stream")], only: known("kind", randomKinds) }],
  ["assign", plain],
  ["accumulate", plain],
  ["scan", { write: [whole("carries"), whole("sequences"), flag("reverse"), whole("length")] }],
  ...Object.entries(cells).flatMap(([name, entry]) => [[name, entry] as const, [`${name}Back`, entry] as const]),
  ["adam", { write: [double("beta1"), double("beta2"), real("epsilon")] }],
  ["sgd", { write: [real("momentum"), flag("nesterov")] }],
  ["clipByNorm", { write: [real("norm"), list("offsets"), list("sizes")] }],
  ["clipByGlobalNorm", { write: [real("norm")] }],
  ["commonPrefix", plain],
  ["softmaxCrossEntropyBack", plain],
  ["sparseSoftmaxCrossEntropyBack", plain],
  ["linearInt8", { ...plain, only: (attrs) => attrs.deep !== true }],
  ["chain", { write: [list("code"), list("results")] }], // native only, made by native/chains.ts
  ["ctc", { write: [whole("blank")] }], // native only: WASM must stay small
];
const names = ops.map(([name]) => name);
const codes = new Map(names.map((name, code) => [name, code]));
const table = new Map(ops);

function writeInstruction(words: number[], it: Instruction): void {
  const entry = table.get(it.op);
  if (!entry || !tapeSupports(it.op, it.attrs)) {
    const next = "Report this: the graph should have lowered it to smaller ops.";
    throw new BackendError(problem("kernels", "an op they have", `"${it.op}" from ${it.from}`, next));
  }
  for (const slot of [...it.inputs, ...it.outputs])
    if (slot?.shape.some((n) => n >= 2 ** 31)) throw tooLarge(it.from, "sizes below 2^31", showShape(slot.shape));
  const start = words.length;
  words.push(codes.get(it.op)!, 0, it.inputs.length, it.outputs.length, 0);
  for (const slot of it.inputs) writeSlot(words, slot);
  for (const slot of it.outputs) writeSlot(words, slot);
  const before = words.length;
  for (const write of entry.write) words.push(...write(it.attrs));
  words[start + 4] = words.length - before;
  if (it.op === "scan") writeBody(words, it.attrs.body);
  words[start + 1] = words.length - start;
}

/** Sizes are words of 32 bits on the tape: a larger one would be taken for what is left of it. */
const tooLarge = (who: string, expected: string, received: string) =>
  new BackendError(problem(who || "kernels", expected, received, "Use fewer steps, units or rows at a time."));

function writeSlot(words: number[], slot: Slot | null): void {
  if (!slot) {
    words.push(-1, 0, 0, 0, 0);
    return;
  }
  const high = Math.floor(slot.offset / 2 ** 32);
  words.push(regions.indexOf(slot.region), slot.offset - high * 2 ** 32, high, slot.dtype === "i32" ? 1 : 0);
  words.push(slot.shape.length, ...slot.shape);
}

/** Slots of the turn (carries, next carries, slices, results), then the instructions. */
function writeBody(words: number[], attribute: Attribute | undefined): void {
  if (!isScanBody(attribute)) throw new Error("scan without a body");
  const body: ScanBody = attribute;
  for (const slot of [...body.carries, ...body.nextCarries, ...body.slices, ...body.results]) writeSlot(words, slot);
  words.push(body.instructions.length);
  for (const it of body.instructions) writeInstruction(words, it);
}
