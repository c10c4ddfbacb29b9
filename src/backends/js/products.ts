import { sizeOf } from "../../tensor/shape.ts";
import { gemm, transposed } from "./gemm.ts";
import type { Kernel } from "./kernel.ts";

const matmul: Kernel = (it, bind) => {
  const [sa, sb] = it.inputs as [NonNullable<(typeof it.inputs)[0]>, NonNullable<(typeof it.inputs)[0]>];
  const a = bind.f(sa);
  const b = bind.f(sb);
  const y = bind.f(it.outputs[0]);
  const [m, n] = it.outputs[0]!.shape.slice(-2);
  const ta = it.attrs.transposeA === true;
  const tb = it.attrs.transposeB === true;
  const k = sa.shape.at(ta ? -2 : -1)!;
  const batches = m * n === 0 ? 0 : sizeOf(it.outputs[0]!.shape) / (m * n);
  const bStep = sb.shape.length === 2 ? 0 : k * n;
  const bT = tb ? bind.work(k * n) : null; // b [n, k] read as [k, n]
  return () => {
    y.fill(0);
    for (let q = 0; q < batches; q++) {
      if (bT && (q === 0 || bStep > 0)) transposed(n, k, b, q * bStep, k, bT);
      gemm(m, n, k, a, q * m * k, ta ? 1 : k, ta ? m : 1, bT ?? b, bT ? 0 : q * bStep, n, y, q * m * n, n);
    }
  };
};

const linear: Kernel = (it, bind) => {
  const x = bind.f(it.inputs[0]);
  const w = bind.f(it.inputs[1]);
  const b = it.inputs[2] && bind.f(it.inputs[2]);
  const y = bind.f(it.outputs[0]);
  const [d, n] = it.inputs[1]!.shape;
  const rows = n === 0 ? 0 : y.length / n;
  return () => {
    if (b) for (let r = 0; r < rows; r++) y.set(b, r * n);
    else y.fill(0);
    gemm(rows, n, d, x, 0, d, 1, w, 0, n, y, 0, n);
  };
};

export const productKernels: Readonly<Record<string, Kernel>> = { matmul, linear };
