import { type Optimizer, optimizerOf } from "../../index.ts";
import type { TrainOptions } from "./train-options.ts";

/** The given ones among the options of these names: what is absent, not undefined, is chosen by the data. */
export function given<K extends keyof TrainOptions>(o: TrainOptions, ...names: K[]): Pick<TrainOptions, K> {
  return Object.fromEntries(names.filter((name) => o[name] !== undefined).map((name) => [name, o[name]])) as Pick<
    TrainOptions,
    K
  >;
}

/** The optimizer that is named, or Adam where only its rate is; by default the task's. */
export function optimizerFor({ optimizer, learningRate }: TrainOptions): { optimizer?: Optimizer } {
  if (optimizer === undefined && learningRate === undefined) return {};
  return { optimizer: optimizerOf(optimizer ?? "adam", learningRate === undefined ? {} : { learningRate }) };
}
