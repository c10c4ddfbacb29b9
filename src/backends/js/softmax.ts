import type { Floats, Kernel } from "./kernel.ts";

/** y = softmax of one row; returns max + log Σ exp(x − max). */
function softmaxRow(x: Floats, y: Floats, at: number, width: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let j = at; j < at + width; j++) if (!(x[j] <= top)) top = x[j];
  let total = 0;
  for (let j = at; j < at + width; j++) {
    y[j] = Math.exp(x[j] - top);
    total += y[j];
  }
  for (let j = at; j < at + width; j++) y[j] /= total;
  return top + Math.log(total);
}

const softmax: Kernel = (it, bind) => {
  const x = bind.f(it.inputs[0]);
  const y = bind.f(it.outputs[0]);
  const width = it.inputs[0]!.shape.at(-1)!;
  return () => {
    for (let at = 0; at < x.length; at += width) softmaxRow(x, y, at, width);
  };
};

const softmaxBack: Kernel = (it, bind) => {
  const [y, dy] = it.inputs.map((s) => bind.f(s));
  const dx = bind.f(it.outputs[0]);
  const width = it.inputs[0]!.shape.at(-1)!;
  return () => {
    for (let at = 0; at < y.length; at += width) {
      let dot = 0;
      for (let j = at; j < at + width; j++) dot += dy[j] * y[j];
      for (let j = at; j < at + width; j++) dx[j] = y[j] * (dy[j] - dot);
    }
  };
};

const softmaxCrossEntropy: Kernel = (it, bind) => {
  const [x, targets] = it.inputs.map((s) => bind.f(s));
  const loss = bind.f(it.outputs[0]);
  const width = it.inputs[0]!.shape.at(-1)!;
  const p = bind.work(width);
  return () => {
    for (let r = 0; r < loss.length; r++) {
      const at = r * width;
      const logSum = softmaxRow(x.subarray(at, at + width), p, 0, width);
      let sum = 0;
      for (let j = at; j < at + width; j++) if (targets[j] !== 0) sum += targets[j] * (logSum - x[j]);
      loss[r] = sum;
    }
  };
};

const sparseSoftmaxCrossEntropy: Kernel = (it, bind) => {
  const x = bind.f(it.inputs[0]);
  const labels = bind.i(it.inputs[1]);
  const loss = bind.f(it.outputs[0]);
  const width = it.inputs[0]!.shape.at(-1)!;
  const p = bind.work(width);
  return () => {
    for (let r = 0; r < loss.length; r++) {
      const sum = softmaxRow(x.subarray(r * width, (r + 1) * width), p, 0, width);
      loss[r] = labels[r] >= 0 && labels[r] < width ? sum - x[r * width + labels[r]] : Number.NaN;
    }
  };
};

/** (softmax − targets) dLoss; the result may lie where the logits do. */
const softmaxCrossEntropyBack: Kernel = (it, bind) => {
  const sparse = it.op === "sparseSoftmaxCrossEntropyBack";
  const x = bind.f(it.inputs[0]);
  const targets = sparse ? null : bind.f(it.inputs[1]);
  const labels = sparse ? bind.i(it.inputs[1]) : null;
  const dLoss = bind.f(it.inputs[2]);
  const dx = bind.f(it.outputs[0]);
  const width = it.inputs[0]!.shape.at(-1)!;
  return () => {
    for (let r = 0; r < dLoss.length; r++) {
      softmaxRow(x, dx, r * width, width);
      for (let j = 0; j < width; j++) {
        const target = targets ? targets[r * width + j] : Number(labels![r] === j);
        dx[r * width + j] = (dx[r * width + j] - target) * dLoss[r];
      }
    }
  };
};

const binaryCrossEntropy: Kernel = (it, bind) => {
  const [x, z] = it.inputs.map((s) => bind.f(s));
  const y = bind.f(it.outputs[0]);
  return () => {
    for (let i = 0; i < y.length; i++) y[i] = Math.max(x[i], 0) - x[i] * z[i] + Math.log1p(Math.exp(-Math.abs(x[i])));
  };
};

export const softmaxKernels: Readonly<Record<string, Kernel>> = {
  softmax,
  softmaxBack,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  softmaxCrossEntropyBack,
  sparseSoftmaxCrossEntropyBack: softmaxCrossEntropyBack,
  binaryCrossEntropy,
};
