import { CellstateError } from "../errors.ts";
import type { NdArray } from "../index.ts";
import type { Compared, Outputs } from "./compared.ts";
import type { LayerRow, StepOutputs } from "./messages.ts";
import type { OpenModel } from "./open-model.ts";
import { traceInput } from "./trace-input.ts";

/** Two models side by side: architecture, weights, and the outputs for the same input. */
export async function compareModels(left: OpenModel, right: OpenModel, input: string): Promise<Compared> {
  const layers = beside(left.about.layers, right.about.layers);
  const [a, b] = [await outputsFor(left, input), await outputsFor(right, input)];
  const problem = [a, b].flatMap((one) => (typeof one === "string" ? [one] : [])).join(" ");
  const listed = (found: Outputs | string) => (typeof found === "string" ? null : found);
  return {
    ...{ name: right.about.name, parameters: right.about.parameters, layers },
    weights: weightsOf(left, right, layers),
    outputs: { left: listed(a), right: listed(b), problem },
  };
}

type Pair = Compared["layers"][number];

/** Layers of the same class beside each other, as many as keep their order (the longest common subsequence). */
function beside(left: readonly LayerRow[], right: readonly LayerRow[]): Pair[] {
  const most = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      most[i][j] =
        left[i].className === right[j].className ? 1 + most[i + 1][j + 1] : Math.max(most[i + 1][j], most[i][j + 1]);
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const both = i < left.length && j < right.length;
    if (both && left[i].className === right[j].className) pairs.push({ left: left[i++], right: right[j++] });
    else if (j >= right.length || (both && most[i + 1][j] >= most[i][j + 1]))
      pairs.push({ left: left[i++], right: null });
    else pairs.push({ left: null, right: right[j++] });
  }
  return pairs;
}

function weightsOf(left: OpenModel, right: OpenModel, layers: readonly Pair[]): Compared["weights"] {
  const named = ({ model }: OpenModel) => {
    const values = model.getWeights();
    return model.weightNames.map((name, k) => ({ name, array: values[k] }));
  };
  const [all, others] = [named(left), named(right)];
  const of = (list: typeof all, layer: string) => list.filter(({ name }) => name.startsWith(`${layer}/`));
  return layers.flatMap((pair) => {
    if (!pair.left || !pair.right) return [];
    const mates = of(others, pair.right.name);
    return of(all, pair.left.name).flatMap(({ name, array }, k) => {
      const mate = mates[k];
      if (!mate) return [];
      const alike = array.shape.join() === mate.array.shape.join();
      const difference = alike ? rms(array.size, (i) => array.data[i] - mate.array.data[i]) : null;
      const [size, other] = [array, mate.array].map((one: NdArray) => rms(one.size, (i) => one.data[i]));
      return [{ name, other: mate.name, shape: array.shape, left: size, right: other, difference }];
    });
  });
}

function rms(count: number, at: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += at(i) ** 2;
  return count > 0 ? Math.sqrt(sum / count) : 0;
}

const mostOutputs = 8;

/** The outputs after all of an input; in words, why the model cannot read it. */
async function outputsFor(open: OpenModel, input: string): Promise<Outputs | string> {
  if (input.trim() === "") return "";
  if (open.about.refusal) return `${open.about.name} cannot be read step by step. ${open.about.refusal}`;
  try {
    return lastOf((await traceInput(open, input)).outputs);
  } catch (error) {
    if (error instanceof CellstateError) return `${open.about.name}: ${error.message}`;
    throw error;
  }
}

function lastOf({ labels, values, words }: StepOutputs): Outputs {
  if (words) return words[words.length - 1].map(({ token, probability }) => [token, probability] as const);
  const row = values.subarray(values.length - labels.length);
  return labels.map((label, k) => [label, row[k]] as const).slice(0, mostOutputs);
}
