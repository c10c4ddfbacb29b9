import type { Instruction } from "../../program/program.ts";
import { gemm, transposed } from "./gemm.ts";
import type { Bind, Floats, Kernel } from "./kernel.ts";

type Fn = (x: number) => number;

/** Each activation and its slope, written in terms of its own output. */
export const activations: Readonly<Record<string, { value: Fn; slope: Fn }>> = {
  linear: { value: (x) => x, slope: () => 1 },
  tanh: { value: Math.tanh, slope: (y) => 1 - y * y },
  sigmoid: { value: (x) => 1 / (1 + Math.exp(-x)), slope: (y) => y * (1 - y) },
  relu: { value: (x) => Math.max(x, 0), slope: (y) => (y > 0 ? 1 : 0) },
  hardSigmoid: { value: (x) => Math.min(1, Math.max(0, x / 6 + 0.5)), slope: (y) => (y > 0 && y < 1 ? 1 / 6 : 0) },
  hardSigmoid2: { value: (x) => Math.min(1, Math.max(0, 0.2 * x + 0.5)), slope: (y) => (y > 0 && y < 1 ? 0.2 : 0) },
};

/** Sizes and places in `saved`: gates [T, B, 4H] after activation, then c and h [T + 1, B, H]; step t reads row t, writes t + 1. */
function layout(it: Instruction, first: number) {
  const [batch, time, d] = it.inputs[first]!.shape;
  const h = it.inputs[first + 2]!.shape[0];
  const order = Array.from({ length: time }, (_, k) => (it.attrs.reverse ? time - 1 - k : k));
  const cells = time * batch * 4 * h;
  return {
    batch,
    time,
    d,
    h,
    order,
    cells,
    outputs: cells + (time + 1) * batch * h,
    size: cells + 2 * (time + 1) * batch * h,
  };
}

/** z [B, 4H] += x [B, N] · w [N, 4H], each gate through its own dropout mask where there are masks. */
function addProduct(
  x: Floats,
  xAt: number,
  xRow: number,
  n: number,
  w: Floats,
  drop: Floats | null,
  gates: number,
  z: Floats,
  zAt: number,
  batch: number,
  h: number,
  work: Floats,
) {
  if (!drop) {
    gemm(batch, 4 * h, n, x, xAt, xRow, 1, w, 0, 4 * h, z, zAt, 4 * h);
    return;
  }
  for (let g = 0; g < gates; g++) {
    for (let b = 0; b < batch; b++)
      for (let j = 0; j < n; j++) work[b * n + j] = x[xAt + b * xRow + j] * drop[(g * batch + b) * n + j];
    const width = gates === 1 ? 4 * h : h;
    gemm(batch, width, n, work, 0, n, 1, w, g * h, 4 * h, z, zAt + g * h, 4 * h);
  }
}

const optional = (bind: Bind, slot: Instruction["inputs"][number]) => (slot ? bind.f(slot) : null);

const lstm: Kernel = (it, bind) => {
  const { batch, time, d, h, order, cells, outputs, size } = layout(it, 0);
  const [x, wx, wh] = it.inputs.slice(0, 3).map((s) => bind.f(s));
  const [b, h0, c0, mask, xDrop, hDrop] = it.inputs.slice(3, 9).map((s) => optional(bind, s));
  const [y, last, hT, cT] = it.outputs.slice(0, 4).map((s) => optional(bind, s));
  const saved = it.outputs[4] ? bind.f(it.outputs[4]) : bind.work(size);
  const shown = it.outputs.slice(5).map((s) => optional(bind, s)); // i f g o c, where they were asked for
  const sigma = activations[it.attrs.recurrentActivation as string].value;
  const phi = activations[it.attrs.activation as string].value;
  const work = bind.work(batch * Math.max(d, h));
  const out = bind.work(batch * h); // the output shown at this step: y of the last valid one, or zeros
  const xGates = it.inputs[7] ? it.inputs[7].shape[0] : 1;
  const BH = batch * h;
  return () => {
    saved.fill(0, 0, cells);
    if (h0) saved.set(h0, outputs);
    else saved.fill(0, outputs, outputs + BH);
    if (c0) saved.set(c0, cells);
    else saved.fill(0, cells, cells + BH);
    out.fill(0);
    for (let k = 0; k < time; k++) {
      const t = order[k];
      const z = k * batch * 4 * h;
      const c = cells + k * BH;
      const hAt = outputs + k * BH;
      if (b) for (let r = 0; r < batch; r++) saved.set(b, z + r * 4 * h);
      addProduct(x, t * d, time * d, d, wx, xDrop, xGates, saved, z, batch, h, work);
      addProduct(saved, hAt, h, h, wh, hDrop, 4, saved, z, batch, h, work);
      for (let r = 0; r < batch; r++) {
        const valid = mask?.[r * time + t] !== 0;
        for (let j = 0; j < h; j++) {
          const at = r * h + j;
          const q = z + r * 4 * h + j;
          if (!valid) {
            saved[c + BH + at] = saved[c + at];
            saved[hAt + BH + at] = saved[hAt + at];
            if (it.attrs.zeroOutput) out[at] = 0;
            continue;
          }
          const i = sigma(saved[q]);
          const f = sigma(saved[q + h]);
          const g = phi(saved[q + 2 * h]);
          const o = sigma(saved[q + 3 * h]);
          const next = f * saved[c + at] + i * g;
          saved[q] = i;
          saved[q + h] = f;
          saved[q + 2 * h] = g;
          saved[q + 3 * h] = o;
          saved[c + BH + at] = next;
          saved[hAt + BH + at] = o * phi(next);
          out[at] = saved[hAt + BH + at];
        }
        const at = (r * time + k) * h;
        if (y) for (let j = 0; j < h; j++) y[at + j] = out[r * h + j];
        shown.forEach((values, g) => {
          const from = g < 4 ? z + (4 * r + g) * h : c + BH + r * h;
          if (valid) values?.set(saved.subarray(from, from + h), at);
          else values?.fill(0, at, at + h);
        });
      }
    }
    last?.set(out);
    hT?.set(saved.subarray(outputs + time * BH, outputs + (time + 1) * BH));
    cT?.set(saved.subarray(cells + time * BH, cells + (time + 1) * BH));
  };
};

const lstmBack: Kernel = (it, bind) => {
  const { batch, time, d, h, order, cells, outputs } = layout(it, 4);
  const [dy, dLast, dhT, dcT] = it.inputs.slice(0, 4).map((s) => optional(bind, s));
  const [x, wx, wh] = it.inputs.slice(4, 7).map((s) => bind.f(s));
  const [mask, xDrop, hDrop] = it.inputs.slice(10, 13).map((s) => optional(bind, s));
  const saved = bind.f(it.inputs[14]);
  const [dx, dwx, dwh, db, dh0, dc0] = it.outputs.map((s) => optional(bind, s));
  const sigma = activations[it.attrs.recurrentActivation as string].slope;
  const phi = activations[it.attrs.activation as string];
  const BH = batch * h;
  const dh = bind.work(BH);
  const dc = bind.work(BH);
  const held = bind.work(BH); // gradient of outputs that repeat an earlier one
  const dz = bind.work(batch * 4 * h);
  const wxT = bind.work(4 * h * d);
  const whT = bind.work(4 * h * h);
  const work = bind.work(batch * Math.max(d, h));
  const xGates = it.inputs[11] ? it.inputs[11].shape[0] : 1;

  /** dst += (dz · wᵀ) ∘ mask, gate by gate; dw += (src ∘ mask)ᵀ · dz. */
  const through = (
    dst: Floats | null,
    dstAt: number,
    dstRow: number,
    src: Floats,
    srcAt: number,
    srcRow: number,
    n: number,
    wT: Floats,
    dw: Floats | null,
    drop: Floats | null,
    gates: number,
  ) => {
    if (!drop) {
      if (dst) gemm(batch, n, 4 * h, dz, 0, 4 * h, 1, wT, 0, n, dst, dstAt, dstRow);
      if (dw) gemm(n, 4 * h, batch, src, srcAt, 1, srcRow, dz, 0, 4 * h, dw, 0, 4 * h);
      return;
    }
    const width = gates === 1 ? 4 * h : h;
    for (let g = 0; g < gates; g++) {
      const m = g * batch * n;
      if (dst) {
        work.fill(0);
        gemm(batch, n, width, dz, g * h, 4 * h, 1, wT, g * h * n, n, work, 0, n);
        for (let r = 0; r < batch; r++)
          for (let j = 0; j < n; j++) dst[dstAt + r * dstRow + j] += work[r * n + j] * drop[m + r * n + j];
      }
      if (dw) {
        for (let r = 0; r < batch; r++)
          for (let j = 0; j < n; j++) work[r * n + j] = src[srcAt + r * srcRow + j] * drop[m + r * n + j];
        gemm(n, width, batch, work, 0, 1, n, dz, g * h, 4 * h, dw, g * h, 4 * h);
      }
    }
  };

  return () => {
    transposed(d, 4 * h, wx, 0, 4 * h, wxT);
    transposed(h, 4 * h, wh, 0, 4 * h, whT);
    for (const [to, from] of [
      [dh, dhT],
      [dc, dcT],
      [held, dLast],
    ] as const) {
      if (from) to.set(from);
      else to.fill(0);
    }
    for (const a of [dx, dwx, dwh, db]) a?.fill(0);
    for (let k = time - 1; k >= 0; k--) {
      const t = order[k];
      const z = k * batch * 4 * h;
      const c = cells + k * BH;
      for (let r = 0; r < batch; r++) {
        const valid = mask?.[r * time + t] !== 0;
        for (let j = 0; j < h; j++) {
          const at = r * h + j;
          const q = z + r * 4 * h + j;
          const e = r * 4 * h + j;
          if (!valid) {
            // y repeats the output before it; nothing reaches the gates
            held[at] = it.attrs.zeroOutput ? 0 : held[at] + (dy ? dy[(r * time + k) * h + j] : 0);
            dz[e] = dz[e + h] = dz[e + 2 * h] = dz[e + 3 * h] = 0;
            continue;
          }
          const dhj = dh[at] + held[at] + (dy ? dy[(r * time + k) * h + j] : 0);
          held[at] = 0;
          const i = saved[q];
          const f = saved[q + h];
          const g = saved[q + 2 * h];
          const o = saved[q + 3 * h];
          // forward: h = o ∘ φ(c)
          const a = phi.value(saved[c + BH + at]);
          const dcj = dc[at] + dhj * o * phi.slope(a);
          dz[e + 3 * h] = dhj * a * sigma(o);
          // forward: c = f ∘ c₋₁ + i ∘ g
          dz[e] = dcj * g * sigma(i);
          dz[e + h] = dcj * saved[c + at] * sigma(f);
          dz[e + 2 * h] = dcj * i * phi.slope(g);
          dc[at] = dcj * f;
          dh[at] = 0;
        }
      }
      // forward: z = x · wx + h₋₁ · wh + b
      if (db) for (let r = 0; r < batch; r++) for (let j = 0; j < 4 * h; j++) db[j] += dz[r * 4 * h + j];
      through(dx, t * d, time * d, x, t * d, time * d, d, wxT, dwx, xDrop, xGates);
      through(dh, 0, h, saved, outputs + k * BH, h, h, whT, dwh, hDrop, 4);
    }
    dh0?.set(dh);
    dc0?.set(dc);
  };
};

export const lstmKernels: Readonly<Record<string, Kernel>> = { lstm, lstmBack };
