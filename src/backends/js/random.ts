import { randomBits, uniform } from "../../tensor/random.ts";
import type { Kernel } from "./kernel.ts";

const random: Kernel = (it, bind) => {
  const y = bind.f(it.outputs[0]);
  const stream = it.attrs.stream as number;
  const rate = Math.fround(it.attrs.rate as number);
  const keep = Math.fround(1 / (1 - rate));
  switch (it.attrs.kind) {
    case "uniform":
      return (step, seed) => {
        for (let e = 0; e < y.length; e++) y[e] = uniform(randomBits(seed, step, stream, e));
      };
    case "dropout":
      return (step, seed) => {
        for (let e = 0; e < y.length; e++) y[e] = uniform(randomBits(seed, step, stream, e)) < rate ? 0 : keep;
      };
    default: // normal: two draws a number, Box and Muller 1958; the second from element e + 2^31
      return (step, seed) => {
        for (let e = 0; e < y.length; e++) {
          const u = 1 - uniform(randomBits(seed, step, stream, e));
          const v = uniform(randomBits(seed, step, stream, e + 2 ** 31));
          y[e] = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
        }
      };
  }
};

export const randomKernels: Readonly<Record<string, Kernel>> = { random };
