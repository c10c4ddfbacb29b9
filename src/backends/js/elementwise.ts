import { type BinaryFn, binaryFunctions, type UnaryFn, unaryFunctions } from "../../program/functions.ts";
import type { Slot } from "../../program/program.ts";
import { type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import type { Bind, Floats, Kernel } from "./kernel.ts";

type Fn2 = (a: number, b: number) => number;

/** The numbers of a slot, of either dtype. */
export const view = (bind: Bind, slot: Slot | null): Floats | Int32Array =>
  slot!.dtype === "i32" ? bind.i(slot) : bind.f(slot);

const unary: Kernel = (it, bind) => {
  const fn = unaryFunctions[it.attrs.fn as UnaryFn];
  const x = bind.f(it.inputs[0]);
  const y = bind.f(it.outputs[0]);
  return () => {
    for (let i = 0; i < y.length; i++) y[i] = fn(x[i]);
  };
};

const binary: Kernel = (it, bind) => {
  const fn: Fn2 = binaryFunctions[it.attrs.fn as BinaryFn];
  const [a, b] = it.inputs.map((s) => view(bind, s));
  const out = it.outputs[0]!;
  const y = view(bind, out);
  const n = y.length;
  if (a.length === n && b.length === n) {
    return () => {
      for (let i = 0; i < n; i++) y[i] = fn(a[i], b[i]);
    };
  }
  if (a.length === n && b.length === 1) {
    return () => {
      const s = b[0];
      for (let i = 0; i < n; i++) y[i] = fn(a[i], s);
    };
  }
  if (b.length === n && a.length === 1) {
    return () => {
      const s = a[0];
      for (let i = 0; i < n; i++) y[i] = fn(s, b[i]);
    };
  }
  const ia = broadcastIndex(it.inputs[0]!.shape, out.shape);
  const ib = broadcastIndex(it.inputs[1]!.shape, out.shape);
  return () => {
    for (let i = 0; i < n; i++) y[i] = fn(a[ia[i]], b[ib[i]]);
  };
};

const where: Kernel = (it, bind) => {
  const shape = it.outputs[0]!.shape;
  const [c, a, b] = it.inputs.map((s) => view(bind, s));
  const [ic, ia, ib] = it.inputs.map((s) => broadcastIndex(s!.shape, shape));
  const y = view(bind, it.outputs[0]);
  return () => {
    for (let i = 0; i < y.length; i++) y[i] = c[ic[i]] !== 0 ? a[ia[i]] : b[ib[i]];
  };
};

const cast: Kernel = (it, bind) => {
  const from = it.inputs[0]!.dtype === "i32" ? bind.i(it.inputs[0]) : bind.f(it.inputs[0]);
  const to = it.outputs[0]!.dtype === "i32" ? bind.i(it.outputs[0]) : bind.f(it.outputs[0]);
  return () => {
    for (let i = 0; i < to.length; i++) to[i] = from[i];
  };
};

const fill: Kernel = (it, bind) => {
  const y = it.outputs[0]!.dtype === "i32" ? bind.i(it.outputs[0]) : bind.f(it.outputs[0]);
  const value = it.attrs.value as number;
  return () => {
    y.fill(value);
  };
};

/** Copies whole slots: copy, assign. */
const copy: Kernel = (it, bind) => {
  const int = it.inputs[0]!.dtype === "i32";
  const x = int ? bind.i(it.inputs[0]) : bind.f(it.inputs[0]);
  const y = int ? bind.i(it.outputs[0]) : bind.f(it.outputs[0]);
  return () => {
    y.set(x as Floats & Int32Array);
  };
};

const accumulate: Kernel = (it, bind) => {
  const x = bind.f(it.inputs[0]);
  const y = bind.f(it.outputs[0]);
  return () => {
    for (let i = 0; i < y.length; i++) y[i] += x[i];
  };
};

/** For each element of `to`, the element of `from` that it is a copy of. */
export function broadcastIndex(from: Shape, to: Shape): Int32Array {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  const index = new Int32Array(sizeOf(to));
  const at = new Array<number>(to.length).fill(0);
  for (let i = 0; i < index.length; i++) {
    let j = 0;
    for (let a = lead; a < to.length; a++) if (from[a - lead] !== 1) j += at[a] * strides[a - lead];
    index[i] = j;
    for (let a = to.length - 1; a >= 0 && ++at[a] === to[a]; a--) at[a] = 0;
  }
  return index;
}

export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  unary,
  binary,
  where,
  cast,
  fill,
  copy,
  assign: copy,
  accumulate,
};
