import { add, div, maximum, minimum, mul, pow, sqrt, square, sub } from "../../ops/elementwise.ts";
import { mean } from "../../ops/reduce.ts";
import { reshape, slice } from "../../ops/view.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { above0, flag, from0, to0 } from "../options.ts";
import { type Optimizer, type OptimizerOptions, optimizer, readOptimizer, type Segment } from "./optimizer.ts";
import { perSegment } from "./update.ts";

export interface AdafactorOptions extends OptimizerOptions {
  /** Exponent of the step by which the decay of the second moment approaches 1. Default −0.8. */
  beta2Decay?: number;
  /** Added to squared gradients. Default 1e-30. */
  epsilon1?: number;
  /** Least scale of a weight, by which its learning rate is multiplied. Default 0.001. */
  epsilon2?: number;
  /** Largest root mean square of an update. Default 1. */
  clipThreshold?: number;
  /** A constant learning rate also falls with 1 / √step. Default true. */
  relativeStep?: boolean;
}

/**
 * Adafactor (Shazeer & Stern 2018): the second moment of a matrix from its rows and columns; learning rate 0.001.
 *
 *   model.compile({ optimizer: adafactor({ learningRate: 0.01 }), loss: "mse" });
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer {
  const read = readOptimizer("adafactor", options, 0.001, {
    beta2Decay: to0(-0.8),
    epsilon1: from0(1e-30),
    epsilon2: from0(1e-3),
    clipThreshold: above0(1),
    relativeStep: flag(true),
  });
  const { beta2Decay, epsilon1, epsilon2, clipThreshold, relativeStep } = read;
  return optimizer("Adafactor", read, {
    slots: ["row", "column", "velocity"],
    fileShape: (slot, shape) => (slot === "row" ? rowShape(shape) : slot === "column" ? columnShape(shape) : shape),
    update: ({ gradient, squares, learningRate, iteration: t, weights, slots, segments }) => {
      // Keras takes the smaller of the rate and 1 / √t once for a constant rate, and once more for any: the same number.
      const rho = minimum(learningRate, div(1, sqrt(t)));
      const beta = sub(1, pow(t, beta2Decay));
      const toward = (old: Tensor, now: Tensor) => add(mul(old, beta), mul(now, sub(1, beta)));
      const formula = ([g, g2, w, row, column, v]: Tensor[], { shape }: Segment) => {
        const squared = add(g2, epsilon1);
        const matrix = shape.length >= 2;
        const row2 = matrix ? toward(begin(row, rowShape(shape)), mean(squared, [-1])) : row;
        const column2 = matrix ? toward(begin(column, columnShape(shape)), mean(squared, [-2])) : column;
        const v2 = matrix ? outer(div(row2, mean(row2, [-1], true)), column2) : toward(v, squared);
        const u = div(g, sqrt(v2));
        const length = sqrt(mean(div(g2, v2)));
        const limited = div(u, maximum(div(length, clipThreshold), 1));
        const alpha = mul(maximum(rms(w), epsilon2), rho);
        return [sub(w, mul(limited, alpha)), row2, column2, v2];
      };
      return perSegment([gradient, squares, weights, ...slots], segments, weights, formula);
    },
    config: () => ({
      beta_2_decay: beta2Decay,
      epsilon_1: epsilon1,
      epsilon_2: epsilon2,
      clip_threshold: clipThreshold,
      relative_step: relativeStep,
    }),
  });
}

/** Vectors and numbers have no rows: one unused number in their place. */
const rowShape = (shape: Shape): Shape => (shape.length < 2 ? [] : shape.slice(0, -1));
const columnShape = (shape: Shape): Shape => (shape.length < 2 ? [] : [...shape.slice(0, -2), shape.at(-1)!]);

const rms = (x: Tensor): Tensor => sqrt(mean(square(x)));

/** The first numbers of a part, under a smaller shape. */
function begin(part: Tensor, shape: Shape): Tensor {
  const flat = reshape(part, [sizeOf(part.shape)]);
  return reshape(slice(flat, [0], [sizeOf(shape)]), shape);
}

/** [..., R], [..., C] → [..., R, C] */
const outer = (rows: Tensor, columns: Tensor): Tensor =>
  mul(reshape(rows, [...rows.shape, 1]), reshape(columns, [...columns.shape.slice(0, -1), 1, columns.shape.at(-1)!]));
