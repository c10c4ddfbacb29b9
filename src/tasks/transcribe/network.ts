import {
  type AnyLayer,
  bidirectional,
  conv2d,
  dense,
  dropout,
  flatten,
  input,
  lstm,
  masking,
  maxPooling2d,
  reshape,
  timeDistributed,
} from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { type Learned, padding } from "./learned.ts";
import type { readTranscriber } from "./options.ts";

/**
 * Steps [B, T, window · F] → logits of the blank and the characters [B, T, 1 + alphabet]: convolutions over each step's frames where there
 * are filters, then recurrent layers over the steps (Graves et al. 2006).
 */
export function transcriberNetwork(learned: Learned, options: ReturnType<typeof readTranscriber>): Model {
  const { window, features, alphabet } = learned;
  const layers: AnyLayer[] = [
    input([null, window * features], { name: "frames" }),
    masking({ maskValue: padding, name: "masking" }),
    ...convolutions(learned, options.convolution),
    ...[options.units].flat().map((units) => reader(units, options)),
  ];
  if (options.dropout > 0) layers.push(dropout(options.dropout));
  layers.push(dense(alphabet.length + 1, { name: "characters" }));
  return sequential(layers, { seed: options.seed });
}

function reader(units: number, { dropout, bidirectional: both }: ReturnType<typeof readTranscriber>): AnyLayer {
  const layer = lstm(units, { returnSequences: true, dropout });
  return both ? bidirectional(layer) : layer;
}

/** Each step's patch [window, F] through convolutions, halved behind each while it can be. */
function convolutions({ window, features }: Learned, filters: readonly number[]): AnyLayer[] {
  if (filters.length === 0) return [];
  const layers: AnyLayer[] = [timeDistributed(reshape([window, features, 1]))];
  let size = [window, features];
  for (const count of filters) {
    layers.push(timeDistributed(conv2d(count, 3, { padding: "same", activation: "relu" })));
    const pool = size.map((n) => (n >= 2 ? 2 : 1)) as [number, number];
    layers.push(timeDistributed(maxPooling2d(pool)));
    size = size.map((n, k) => Math.floor(n / pool[k]));
  }
  layers.push(timeDistributed(flatten()));
  return layers;
}
