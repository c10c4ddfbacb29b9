import type { Kernel } from "./kernel.ts";

const adam: Kernel = (it, bind) => {
  const [g, lr, iteration] = it.inputs.slice(0, 3).map((s) => bind.f(s));
  const squares = it.inputs[3] ? bind.f(it.inputs[3]) : null;
  const [w, m, v] = it.outputs.map((s) => bind.f(s));
  const { beta1, beta2, epsilon } = it.attrs as { beta1: number; beta2: number; epsilon: number };
  return () => {
    const t = iteration[0];
    const rate = (lr[0] * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
    for (let i = 0; i < w.length; i++) {
      m[i] += (g[i] - m[i]) * (1 - beta1);
      v[i] += ((squares ? squares[i] : g[i] * g[i]) - v[i]) * (1 - beta2);
      w[i] -= (m[i] * rate) / (Math.sqrt(v[i]) + epsilon);
    }
  };
};

const sgd: Kernel = (it, bind) => {
  const [g, lr] = it.inputs.slice(0, 2).map((s) => bind.f(s));
  const w = bind.f(it.outputs[0]);
  const { momentum, nesterov } = it.attrs as { momentum: number; nesterov: boolean };
  const m = it.outputs[1] ? bind.f(it.outputs[1]) : null;
  return () => {
    const rate = lr[0];
    if (!m) for (let i = 0; i < w.length; i++) w[i] -= rate * g[i];
    else {
      for (let i = 0; i < w.length; i++) {
        m[i] = momentum * m[i] - rate * g[i];
        w[i] += nesterov ? momentum * m[i] - rate * g[i] : m[i];
      }
    }
  };
};

export const optimizerKernels: Readonly<Record<string, Kernel>> = { adam, sgd };
