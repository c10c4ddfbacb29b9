import type { Instruction } from "../../program/program.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { gemm, transposed } from "./gemm.ts";
import type { Bind, Floats, Kernel } from "./kernel.ts";

/** An operand of a product, rounded as its precision has it; called before each run. */
function operand(it: Instruction, k: number, bind: Bind): () => Floats {
  const x = bind.f(it.inputs[k]);
  if (it.attrs.precision !== "bfloat16") return () => x;
  const rounded = bind.work(x.length);
  return () => {
    for (let i = 0; i < x.length; i++) rounded[i] = toBfloat16(x[i]);
    return rounded;
  };
}

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);
/** The nearest bfloat16, of two as near the even one; denormals become 0, what is no number stays none. */
function toBfloat16(x: number): number {
  word[0] = x;
  if (Number.isNaN(x)) return x;
  if ((bits[0] & 0x7f800000) === 0) bits[0] &= 0x80000000;
  else bits[0] = (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) & 0xffff0000;
  return word[0];
}

const matmul: Kernel = (it, bind) => {
  const [sa, sb] = it.inputs as [NonNullable<(typeof it.inputs)[0]>, NonNullable<(typeof it.inputs)[0]>];
  const readA = operand(it, 0, bind);
  const readB = operand(it, 1, bind);
  const y = bind.f(it.outputs[0]);
  const [m, n] = it.outputs[0]!.shape.slice(-2);
  const ta = it.attrs.transposeA === true;
  const tb = it.attrs.transposeB === true;
  const k = sa.shape.at(ta ? -2 : -1)!;
  const batches = m * n === 0 ? 0 : sizeOf(it.outputs[0]!.shape) / (m * n);
  const bStep = sb.shape.length === 2 ? 0 : k * n;
  const bT = tb ? bind.work(k * n) : null; // b [n, k] read as [k, n]
  return () => {
    const a = readA();
    const b = readB();
    y.fill(0);
    for (let q = 0; q < batches; q++) {
      if (bT && (q === 0 || bStep > 0)) transposed(n, k, b, q * bStep, k, bT);
      gemm(m, n, k, a, q * m * k, ta ? 1 : k, ta ? m : 1, bT ?? b, bT ? 0 : q * bStep, n, y, q * m * n, n);
    }
  };
};

const linear: Kernel = (it, bind) => {
  const readX = operand(it, 0, bind);
  const readW = operand(it, 1, bind);
  const b = it.inputs[2] && bind.f(it.inputs[2]);
  const y = bind.f(it.outputs[0]);
  const [d, n] = it.inputs[1]!.shape;
  const rows = n === 0 ? 0 : y.length / n;
  return () => {
    if (b) for (let r = 0; r < rows; r++) y.set(b, r * n);
    else y.fill(0);
    gemm(rows, n, d, readX(), 0, d, 1, readW(), 0, n, y, 0, n);
  };
};

export const productKernels: Readonly<Record<string, Kernel>> = { matmul, linear };
