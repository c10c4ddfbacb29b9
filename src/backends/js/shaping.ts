import { type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import { broadcastIndex, view } from "./elementwise.ts";
import type { Kernel } from "./kernel.ts";

/** Ops that only move numbers: each builds a list of source places once, and follows it every step. */
const moving =
  (source: (from: Shape, to: Shape, attrs: Record<string, unknown>) => Int32Array): Kernel =>
  (it, bind) => {
    const x = view(bind, it.inputs[0]);
    const y = view(bind, it.outputs[0]);
    const index = source(it.inputs[0]!.shape, it.outputs[0]!.shape, it.attrs);
    return () => {
      for (let i = 0; i < y.length; i++) y[i] = x[index[i]];
    };
  };

const broadcast = moving(broadcastIndex);

const transpose = moving((from, to, { perm }) => {
  const strides = stridesOf(from);
  return walk(
    to,
    (perm as number[]).map((a) => strides[a]),
    0,
  );
});

const slice = moving((from, to, { begin }) => {
  const strides = stridesOf(from);
  return walk(
    to,
    strides,
    (begin as number[]).reduce((sum, b, a) => sum + b * strides[a], 0),
  );
});

const reverse = moving((from, to, { axis }) => {
  const a = axis as number;
  const strides = stridesOf(from);
  return walk(
    to,
    strides.map((s, i) => (i === a ? -s : s)),
    (from[a] - 1) * strides[a],
  );
});

const pad: Kernel = (it, bind) => {
  const x = view(bind, it.inputs[0]);
  const y = view(bind, it.outputs[0]);
  const strides = stridesOf(it.outputs[0]!.shape);
  const begin = it.attrs.begin as number[];
  const index = walk(
    it.inputs[0]!.shape,
    strides,
    begin.reduce((sum, b, a) => sum + b * strides[a], 0),
  );
  return () => {
    y.fill(0);
    for (let i = 0; i < x.length; i++) y[index[i]] = x[i];
  };
};

const concat: Kernel = (it, bind) => {
  const axis = it.attrs.axis as number;
  const out = it.outputs[0]!;
  const y = view(bind, out);
  const inner = sizeOf(out.shape.slice(axis + 1));
  const outer = sizeOf(out.shape.slice(0, axis));
  const row = out.shape[axis] * inner;
  const parts = it.inputs.map((s) => ({ x: view(bind, s), width: s!.shape[axis] * inner }));
  return () => {
    let at = 0;
    for (const { x, width } of parts) {
      for (let o = 0; o < outer; o++) for (let j = 0; j < width; j++) y[o * row + at + j] = x[o * width + j];
      at += width;
    }
  };
};

/** Places visited when `shape` is walked in row-major order with the given strides from `start`. */
function walk(shape: Shape, strides: readonly number[], start: number): Int32Array {
  const index = new Int32Array(sizeOf(shape));
  const at = new Array<number>(shape.length).fill(0);
  let place = start;
  for (let i = 0; i < index.length; i++) {
    index[i] = place;
    for (let a = shape.length - 1; a >= 0; a--) {
      place += strides[a];
      if (++at[a] < shape[a]) break;
      place -= shape[a] * strides[a];
      at[a] = 0;
    }
  }
  return index;
}

const reduce: Kernel = (it, bind) => {
  const x = view(bind, it.inputs[0]);
  const y = view(bind, it.outputs[0]);
  const shape = it.inputs[0]!.shape;
  const axes = it.attrs.axes as number[];
  const kept = shape.map((d, a) => (axes.includes(a) ? 1 : d));
  const to = broadcastIndex(kept, shape);
  const fn = it.attrs.fn as string;
  if (fn === "sum") {
    return () => {
      y.fill(0);
      for (let i = 0; i < x.length; i++) y[to[i]] += x[i];
    };
  }
  const start = fn === "max" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const pick = fn === "max" ? Math.max : Math.min;
  return () => {
    if (y instanceof Int32Array) for (let i = x.length - 1; i >= 0; i--) y[to[i]] = x[i];
    else y.fill(start);
    for (let i = 0; i < x.length; i++) y[to[i]] = pick(y[to[i]], x[i]);
  };
};

const argmax: Kernel = (it, bind) => {
  const x = view(bind, it.inputs[0]);
  const y = bind.i(it.outputs[0]);
  const width = it.inputs[0]!.shape.at(-1)!;
  return () => {
    for (let r = 0; r < y.length; r++) {
      let best = 0;
      for (let j = 1; j < width; j++) if (x[r * width + j] > x[r * width + best]) best = j;
      y[r] = best;
    }
  };
};

const gather: Kernel = (it, bind) => {
  const table = view(bind, it.inputs[0]);
  const ids = bind.i(it.inputs[1]);
  const y = view(bind, it.outputs[0]);
  const width = sizeOf(it.inputs[0]!.shape.slice(1));
  return () => {
    for (let r = 0; r < ids.length; r++) {
      const from = ids[r] * width;
      for (let j = 0; j < width; j++) y[r * width + j] = table[from + j];
    }
  };
};

const gatherBack: Kernel = (it, bind) => {
  const ids = bind.i(it.inputs[0]);
  const dy = bind.f(it.inputs[1]);
  const dtable = bind.f(it.outputs[0]);
  const width = sizeOf(it.outputs[0]!.shape.slice(1));
  const prefix = it.inputs[2] ? bind.i(it.inputs[2]) : new Int32Array(1);
  const time = ids.length / prefix.length;
  const of = { sum: (v: number) => v, squares: (v: number) => v * v, sizes: Math.abs }[it.attrs.of as "sum"];
  return () => {
    dtable.fill(0);
    for (let t = 0; t < Math.max(...prefix); t++) {
      for (let j = 0; j < width; j++) {
        let sum = 0;
        for (let b = 0; b < prefix.length; b++) if (t < prefix[b]) sum += dy[(b * time + t) * width + j];
        dtable[j] += of(sum);
      }
    }
    for (let r = 0; r < ids.length; r++) {
      if (r % time < prefix[Math.floor(r / time)]) continue;
      const to = ids[r] * width;
      for (let j = 0; j < width; j++) dtable[to + j] += of(dy[r * width + j]);
    }
  };
};

const commonPrefix: Kernel = (it, bind) => {
  const ids = bind.i(it.inputs[0]);
  const y = bind.i(it.outputs[0]);
  const time = it.inputs[0]!.shape[1];
  return () => {
    for (let b = 0; b < y.length; b++) {
      let n = 0;
      while (n < time && ids[b * time + n] === 0) n++;
      y[b] = n;
    }
  };
};

const oneHot: Kernel = (it, bind) => {
  const ids = bind.i(it.inputs[0]);
  const y = bind.f(it.outputs[0]);
  const depth = it.attrs.depth as number;
  return () => {
    y.fill(0);
    for (let r = 0; r < ids.length; r++) if (ids[r] >= 0 && ids[r] < depth) y[r * depth + ids[r]] = 1;
  };
};

export const shapingKernels: Readonly<Record<string, Kernel>> = {
  broadcast,
  transpose,
  slice,
  reverse,
  pad,
  concat,
  reduce,
  argmax,
  gather,
  gatherBack,
  commonPrefix,
  oneHot,
};
